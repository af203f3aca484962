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
from kit.messages import Text, message
from kit.settings import FILE as SETTINGS_FILE
from kit.sources import duplicate_files, frames
from kit.sources.detect import folder, mappings, signatures
from kit.sources.detect.folder import candidates
from kit.sources.detect.presets import MAPPING, Preset, named
from kit.sources.detect.signatures import event_log
from kit.sources.file_log import EventFile, FileLog, Loaded, MailBox, Read, Rejection, Stamp, changed, tidy
from kit.sources.mail import mail_files, outlook
from kit.sources.reports import analytics, bigquery, dmarc, sections
from kit.sources.tabular import rates, reader, recipients
from kit.sources.text import encodings, grid, html_tables, packed, workbook

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kit.settings import Settings
    from kit.store.engine import Engine

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


_NOT_READ = message("it cannot be read")
_HIDDEN = message("the sheet is hidden in its workbook and is not read; show it there if its rows count")
_EXPORT_AGAIN = message("Export it again.")


class _EmptyFileError(InputError):
    """A file of no bytes, or of blanks."""


def read(target: Path, settings: Settings, engine: Engine | None = None) -> Loaded:
    """Read a folder, or one file, as far as it can be read.

    Args:
        target: a folder, read with all folders in it, or a single file.
        settings: the folder's kit.toml.
        engine: what reads Google Analytics' export of BigQuery, which is Parquet; None: it is left unread.

    Returns:
        A log of every file, the canonical tables, the event logs for `events.project`, and the mailboxes
        for `mailbox.project`.

    Raises:
        UsageError: there is no such folder or file.
    """
    paths, unread = folder.files(target)
    names = folder.names((path for path in paths if path.name != SETTINGS_FILE), target)
    mapping_names = {path: name for path, name in names.items() if name.endswith(MAPPING)}
    user_presets, logs = mappings.read(mapping_names.items())
    mail = mail_files.find({path: name for path, name in names.items() if path not in mapping_names})
    logs += mail.logs
    logs += [FileLog(box.file, "read", box.why, preset=box.preset, table="mails") for box in mail.boxes]
    others = {path: name for path, name in names.items() if path not in mail.paths}
    sessions, session_paths = bigquery.read(others, settings, engine)
    claimed = {*mapping_names, *mail.paths, *session_paths}
    logs += unread
    gathered = _Gathered(logs)
    for web in sessions:
        gathered.add(web)
    with folder.unfolded([(path, name) for path, name in names.items() if path not in claimed]) as (files, unreadable):
        logs += unreadable
        duplicates = duplicate_files.of_content(files)
        for path, name in files.items():
            if path in duplicates:
                original = files[duplicates[path]]
                why = message("it has the same content as {file}", file=original)
                logs.append(duplicate_files.passed_over(FileLog(name, "ignored", ""), why))
            else:
                gathered.read(path, name, user_presets, settings)
    tables, logs = recipients.with_details(gathered.together(), logs)
    tables = recipients.linked(tables)
    sorted_logs = tuple(sorted(map(tidy, logs), key=lambda log: log.file))
    return Loaded(sorted_logs, tables, tuple(gathered.events), mail.boxes, gathered.raw)


class _Gathered:
    """What the files of a folder hold, one after the other.

    Args:
        logs: the log of each file, added to.
    """

    def __init__(self, logs: list[FileLog]) -> None:
        self.logs = logs
        self.events: list[EventFile] = []
        self.raw: dict[str, pd.DataFrame] = {}
        self._parts: defaultdict[str, list[pd.DataFrame]] = defaultdict(list)
        self._rows = duplicate_files.Rows()

    def read(self, path: Path, name: str, user_presets: list[Preset], settings: Settings) -> None:
        """Read a file, unless it changes meanwhile, and take what it holds."""
        lies, inside = packed.location(path)
        stamp = Stamp.of(lies)
        parts = _file(path, name, user_presets, settings)
        if stamp and not stamp.holds:
            parts = [Read(FileLog(name, "unreadable", _NOT_READ, error=changed(name)), {})]
        for part in parts:
            if isinstance(part, EventFile):
                self.events.append(replace(part, path=lies, inside=inside, stamp=stamp))
                self.logs.append(FileLog(name, "read", part.why, preset=part.preset, table="events"))
            else:
                self.add_unless_repeated(part)

    def add(self, part: Read) -> None:
        """Take the rows of a file, or of one sheet of it."""
        self.logs.append(part.log)
        self.raw |= {part.log.file: part.raw} if part.raw is not None else {}
        for table, frame in part.tables.items():
            self._parts[table].append(frame)

    def add_unless_repeated(self, part: Read) -> None:
        """Take them, unless an earlier file has the same."""
        original, note = self._rows.before(part)
        if original:
            why = message("it has the same rows as {file}", file=original)
            self.logs.append(duplicate_files.passed_over(part.log, why))
        else:
            self.add(replace(part, log=replace(part.log, notes=(*part.log.notes, note))) if note else part)

    def together(self) -> dict[str, pd.DataFrame]:
        """The frames of each table below each other."""
        return {table: frames.together(parts) for table, parts in self._parts.items()}


def propose(path: Path) -> str:
    """A mapping to start from, as YAML; see `mappings.propose`.

    Raises:
        InputError: the file is no table, or one that is read in a way of its own and needs no mapping.
    """
    head = encodings.unpacked(path, _HEAD)
    log = event_log(head)
    known = log[0].name if log else ""
    if not log and not signatures.may_be_workbook(head) and not head.lstrip(_BLANK + b"[").startswith(b"{"):
        table = grid.of_text(encodings.decode(encodings.whole(path)[0]), path.name)
        report = sections.recognised(table) or analytics.recognised(table)
        messages = outlook.recognised(table)
        known = report[0].name if report else messages.preset.name if messages else ""
    if known:
        problem = message("it is read as {preset}, and needs no mapping", preset=known)
        raise InputError(problem, file=path.name, hint=message("`kit check` shows what is read."))
    return mappings.propose(path)


def is_report(source: str) -> bool:
    """Whether rows of this source (a preset's name) are a report of one campaign, not an export of many."""
    preset = named(source)
    return preset is not None and preset.shape == "sections"


def _file(path: Path, name: str, mappings: list[Preset], settings: Settings) -> list[Read] | list[EventFile]:
    """What one file says; what stops it is in its log and stops no other."""
    try:
        head = encodings.unpacked(path, _HEAD)
        log = event_log(head)
        if log:
            preset, why = log
            return [EventFile(path, name, preset.name, why)]
        if not head.strip(_BLANK):
            raise _EmptyFileError(message("it is empty"), file=name, hint=_EXPORT_AGAIN)
        if head.lstrip(_BLANK + b"[").startswith(b"{"):
            return [_answer(encodings.unpacked(path, _ANSWER), name, mappings, settings)]
        if (kind := signatures.left_out(head)) and not signatures.may_be_workbook(head):
            return [_unknown(name, kind)]
        raw, cut = encodings.whole(path)
        if workbook.is_workbook(raw):
            sheets = workbook.read(raw, name)
            if not sheets:
                raise _EmptyFileError(message("the workbook has no sheet with data"), file=name, hint=_EXPORT_AGAIN)
            return [_grid(sheet, mappings, settings) for sheet in sheets]
        return _text(raw, name, mappings, settings, (packed.CUT,) if cut else ())
    except InputError as error:
        error.file = name
        status = "empty" if isinstance(error, _EmptyFileError) else "unreadable"
        return [Read(FileLog(name, status, _NOT_READ, error=error), {})]


def _text(raw: bytes, name: str, mappings: list[Preset], settings: Settings, notes: tuple[Text, ...]) -> list[Read]:
    if dmarc.recognised(raw[:_HEAD]):
        return [_grid(dmarc.table(raw, name), mappings, settings)]
    if kind := signatures.left_out(raw[:_HEAD]):
        return [_unknown(name, kind)]
    decoded = encodings.decode(raw)
    beginning = decoded.text[:_HEAD]
    if beginning.count("\0") > max(_STRAY_NULS, len(beginning) // 100):
        return [_unknown(name, message("it is neither a text file nor a workbook"))]
    if pages := html_tables.of_page(decoded, name):
        return [_grid(replace(page, notes=(*notes, *page.notes)), mappings, settings) for page in pages]
    table = grid.of_text(decoded, name)
    table = replace(table, notes=(*notes, *table.notes))
    report = sections.recognised(table)
    if report:
        return [sections.read(table, *report, settings)]
    return [_grid(table, mappings, settings)]


def _grid(table: grid.Grid, mappings: list[Preset], settings: Settings) -> Read:
    if table.is_hidden:
        return Read(FileLog(table.file, "ignored", _HIDDEN), {})
    table = grid.unfolded(table)
    if report := analytics.recognised(table):
        return analytics.read(table, *report, settings)
    if messages := outlook.recognised(table):
        return outlook.read(table, messages, settings)
    return reader.read(rates.turned(table), mappings, settings)


def _answer(raw: bytes, name: str, mappings: list[Preset], settings: Settings) -> Read:
    """The answer of an API: of the tables that it can be, the first that a preset knows."""
    for answer in grid.of_json(raw, name):
        part = reader.read(answer, mappings, settings)
        if part.log.status != "unrecognised":
            return part
    why = message(
        "it is JSON, but none of its first lines is an event that a preset recognises; `kit map FILE` proposes a "
        "mapping"
    )
    return _unknown(name, why)


def _unknown(name: str, why: Text) -> Read:
    return Read(FileLog(name, "unrecognised", why), {})
