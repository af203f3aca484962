"""Sources: which file is what, and what it says, as canonical tables.

One reader a shape (`tabular`, `sections`, `events`), one preset a source: a YAML file in
`presets/`, explained in `presets/README.md`. What is read is known by its content, never by its
name. Nothing is dropped silently: for every file, rows read = rows kept + rows rejected, each
rejected one with its reason.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from kit.errors import InputError, UsageError
from kit.settings import FILE as SETTINGS_FILE
from kit.sources import frames, grid, mapping, sections, tabular, text, workbook
from kit.sources.log import EventFile, FileLog, Loaded, Rejection
from kit.sources.mapping import propose
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
    "Rejection",
    "candidates",
    "is_report",
    "propose",
    "read",
]

_HEAD = 1 << 16  # bytes that tell what a file is
_BLANK = b"\0\r\n\t \xef\xbb\xbf\xff\xfe"
_STRAY_NULS = 10  # a damaged text may hold a few NUL bytes; other files are full of them


class _EmptyFileError(InputError):
    """A file of no bytes, or of blanks."""


def read(target: Path, settings: Settings) -> Loaded:
    """Read a folder, or one file, as far as it can be read.

    Args:
        target: a folder, read with all folders in it, or a single file.
        settings: the folder's kit.toml.

    Returns:
        A log of every file, the canonical tables, and the event logs for `events.project`.

    Raises:
        UsageError: there is no such folder or file.
    """
    base = target if target.is_dir() else target.parent
    paths = {path: path.relative_to(base).as_posix() for path in candidates(target)}
    maps = {path: name for path, name in paths.items() if name.endswith(MAPPING)}
    mappings, files = mapping.read(maps.items())
    again = _copies([path for path in paths if path not in maps])
    parts: defaultdict[str, list[pd.DataFrame]] = defaultdict(list)
    logs: list[EventFile] = []
    for path, name in paths.items():
        if path in maps or path.name == SETTINGS_FILE:
            continue
        if path in again:
            files.append(FileLog(name, "ignored", f"it has the same content as {paths[again[path]]}"))
            continue
        for one in _file(path, name, mappings, settings):
            if isinstance(one, EventFile):
                logs.append(one)
                files.append(FileLog(name, "read", one.why, preset=one.preset, table="events"))
                continue
            files.append(one.log)
            for table, made in one.tables.items():
                parts[table].append(made)
    tables = {name: frames.together(made) for name, made in parts.items()}
    return Loaded(tuple(sorted(files, key=lambda log: log.file)), tables, tuple(logs))


def candidates(target: Path) -> list[Path]:
    """The files that decide what is read, sorted: exports, mappings and kit.toml, without hidden ones.

    Raises:
        UsageError: there is no such folder or file.
    """
    if target.is_file():
        beside = (target, target.with_name(target.name + MAPPING), target.with_name(SETTINGS_FILE))
        return [path for path in beside if path.is_file()]
    if not target.is_dir():
        raise UsageError(f"There is no folder or file {str(target)!r}.")
    return sorted(
        path
        for path in target.rglob("*")
        if path.is_file() and not any(part.startswith((".", "~$")) for part in path.relative_to(target).parts)
    )


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
        if head.lstrip(_BLANK).startswith((b"{", b"[{")):
            return [_unknown(name, "it is JSON, and no line of its beginning is an event that a preset knows")]
        raw = text.unpacked(path)
        if workbook.is_workbook(raw):
            sheets = workbook.read(raw, name)
            if not sheets:
                raise _EmptyFileError("the workbook has no filled sheet", file=name, mend="Export it again.")
            return [tabular.read(sheet, mappings, settings) for sheet in sheets]
        return [_text(raw, name, mappings, settings)]
    except InputError as error:
        error.file = name
        status = "empty" if isinstance(error, _EmptyFileError) else "unreadable"
        return [tabular.Read(FileLog(name, status, "it cannot be read", error=error), {})]


def _text(raw: bytes, name: str, mappings: list[Preset], settings: Settings) -> tabular.Read:
    if workbook.is_archive(raw):
        return _unknown(name, "it is an archive; unpack it and read what is in it")
    decoded = text.decode(raw)
    beginning = decoded.text[:_HEAD]
    if beginning.count("\0") > max(_STRAY_NULS, len(beginning) // 100):
        return _unknown(name, "it is no text and no workbook")
    table = grid.of_text(decoded, name)
    report = sections.recognised(table)
    if report:
        return sections.read(table, *report, settings)
    return tabular.read(table, mappings, settings)


def _unknown(name: str, why: str) -> tabular.Read:
    return tabular.Read(FileLog(name, "unrecognised", why), {})


def _copies(paths: list[Path]) -> dict[Path, Path]:
    """Files whose content another one, earlier in the order, already has; empty ones are not compared."""
    sizes: defaultdict[int, list[Path]] = defaultdict(list)
    for path in paths:
        sizes[path.stat().st_size].append(path)
    again: dict[Path, Path] = {}
    for size, alike in sizes.items():
        first: dict[bytes, Path] = {}
        for path in alike if size and len(alike) > 1 else []:
            digest = _digest(path)
            if digest and first.setdefault(digest, path) != path:
                again[path] = first[digest]
    return again


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:  # whoever reads the file says so
        return b""
