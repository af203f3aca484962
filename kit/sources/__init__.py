"""Sources: which file is what, and what it says, as canonical tables.

One reader a shape (`tabular`, `sections`, `events`, `analytics`, `mailbox`), one preset a source: a YAML file in
`presets/`, explained in `presets/README.md`. What is read is known by its content, never by its
name. Nothing is dropped silently: for every file, rows read = rows kept + rows rejected, each
rejected one with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.settings import FILE as SETTINGS_FILE
from kit.sources import (
    analytics,
    api,
    bigquery,
    boxes,
    copies,
    details,
    folder,
    frames,
    grid,
    magic,
    mapping,
    outlook,
    people,
    sections,
    tabular,
    text,
    workbook,
)
from kit.sources.folder import Stamp, candidates
from kit.sources.log import EventFile, FileLog, Loaded, MailBox, Rejection
from kit.sources.mapping import propose
from kit.sources.mends import tidy
from kit.sources.packed import CUT
from kit.sources.preset import MAPPING, Preset, named
from kit.sources.sniff import event_log

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.settings import Settings

__all__ = [
    "EventFile",
    "FileLog",
    "Loaded",
    "MailBox",
    "Rejection",
    "candidates",
    "is_report",
    "propose",
    "read",
]

_HEAD = 1 << 16  # bytes that tell what a file is
_ANSWER = 1 << 28  # bytes of the largest answer of an API; what is larger is a log
_BLANK = b"\0\r\n\t \xef\xbb\xbf\xff\xfe"
_STRAY_NULS = 10  # a damaged text may hold a few NUL bytes; other files are full of them


_NOT_READ = "it cannot be read"


class _EmptyFileError(InputError):
    """A file of no bytes, or of blanks."""


def read(target: Path, settings: Settings) -> Loaded:
    """Read a folder, or one file, as far as it can be read.

    Args:
        target: a folder, read with all folders in it, or a single file.
        settings: the folder's kit.toml.

    Returns:
        A log of every file, the canonical tables, the event logs for `events.project`, and the mailboxes
        for `mailbox.project`.

    Raises:
        UsageError: there is no such folder or file.
    """
    base = target if target.is_dir() else target.parent
    found, odd = folder.files(target)
    paths = {path: path.relative_to(base).as_posix() for path in found}
    maps = {path: name for path, name in paths.items() if name.endswith(MAPPING)}
    mappings, files = mapping.read(maps.items())
    mail = boxes.find({path: name for path, name in paths.items() if path not in maps})
    files += mail.logs
    files += [FileLog(box.file, "read", box.why, preset=box.preset, table="mails") for box in mail.boxes]
    sessions, of_web = bigquery.read({path: name for path, name in paths.items() if path not in mail.paths}, settings)
    taken = {*maps, *mail.paths, *of_web}
    others = [one for one in paths.items() if one[0] not in taken and one[0].name != SETTINGS_FILE]
    inside, shut = folder.unfolded(others)
    files += [*odd, *shut]
    again, rows = copies.of_content(inside), copies.Rows()
    parts: defaultdict[str, list[pd.DataFrame]] = defaultdict(list)
    raw: dict[str, pd.DataFrame] = {}
    logs: list[EventFile] = []
    for one in sessions:
        files.append(one.log)
        for table, made in one.tables.items():
            parts[table].append(made)
    for path, name in inside.items():
        if path in again:
            files.append(copies.passed_over(FileLog(name, "ignored", ""), inside[again[path]], "content"))
            continue
        stamp = Stamp.of(path)
        done = _file(path, name, mappings, settings)
        if stamp and not stamp.holds:
            done = [tabular.Read(FileLog(name, "unreadable", _NOT_READ, error=folder.changed(name)), {})]
        for one in done:
            if isinstance(one, EventFile):
                logs.append(replace(one, stamp=stamp))
                files.append(FileLog(name, "read", one.why, preset=one.preset, table="events"))
                continue
            before, like = rows.before(one)
            if before:
                files.append(copies.passed_over(one.log, before, "rows"))
                continue
            files.append(replace(one.log, notes=(*one.log.notes, like)) if like else one.log)
            raw |= {one.log.file: one.raw} if one.raw is not None else {}
            for table, made in one.tables.items():
                parts[table].append(made)
    tables, files = details.joined({name: frames.together(made) for name, made in parts.items()}, files)
    tables = people.met(tables)
    told = tuple(sorted(map(tidy, files), key=lambda log: log.file))
    return Loaded(told, tables, tuple(logs), mail.boxes, raw)


def is_report(source: str) -> bool:
    """Whether rows of this source (a preset's name) are a report of one campaign, not an export of many."""
    preset = named(source)
    return preset is not None and preset.shape == "sections"


def _file(path: Path, name: str, mappings: list[Preset], settings: Settings) -> list[tabular.Read] | list[EventFile]:
    """What one file says; what stops it is in its log and stops no other."""
    try:
        head = text.unpacked(path, _HEAD)
        log = event_log(head)
        if log:
            preset, why = log
            return [EventFile(path, name, preset.name, why)]
        if not head.strip(_BLANK):
            raise _EmptyFileError("it is empty", file=name, mend="Export it again.")
        if head.lstrip(_BLANK + b"[").startswith(b"{"):
            return [_answer(text.unpacked(path, _ANSWER), name, mappings, settings)]
        if (other := magic.left_out(head)) and not magic.may_be_workbook(head):
            return [_unknown(name, other)]
        raw, cut = text.whole(path)
        if workbook.is_workbook(raw):
            sheets = workbook.read(raw, name)
            if not sheets:
                raise _EmptyFileError("the workbook has no filled sheet", file=name, mend="Export it again.")
            return [_grid(sheet, mappings, settings) for sheet in sheets]
        return [_text(raw, name, mappings, settings, (CUT,) if cut else ())]
    except InputError as error:
        error.file = name
        status = "empty" if isinstance(error, _EmptyFileError) else "unreadable"
        return [tabular.Read(FileLog(name, status, _NOT_READ, error=error), {})]


def _text(raw: bytes, name: str, mappings: list[Preset], settings: Settings, notes: tuple[str, ...]) -> tabular.Read:
    if other := magic.left_out(raw[:_HEAD]):
        return _unknown(name, other)
    decoded = text.decode(raw)
    beginning = decoded.text[:_HEAD]
    if beginning.count("\0") > max(_STRAY_NULS, len(beginning) // 100):
        return _unknown(name, "it is no text and no workbook")
    table = grid.of_text(decoded, name)
    table = replace(table, notes=(*notes, *table.notes))
    report = sections.recognised(table)
    if report:
        return sections.read(table, *report, settings)
    return _grid(table, mappings, settings)


def _grid(table: grid.Grid, mappings: list[Preset], settings: Settings) -> tabular.Read:
    if report := analytics.recognised(table):
        return analytics.read(table, *report, settings)
    if messages := outlook.recognised(table):
        return outlook.read(table, messages, settings)
    return tabular.read(table, mappings, settings)


def _answer(raw: bytes, name: str, mappings: list[Preset], settings: Settings) -> tabular.Read:
    """The answer of an API: of the tables that it can be, the first that a preset knows."""
    for answer in api.grids(raw, name):
        done = tabular.read(answer, mappings, settings)
        if done.log.status != "unrecognised":
            return done
    why = "it is JSON, and no line of its beginning is an event that a preset knows"
    return _unknown(name, f"{why}; `kit map FILE` proposes a mapping")


def _unknown(name: str, why: str) -> tabular.Read:
    return tabular.Read(FileLog(name, "unrecognised", why), {})
