"""What no table took of a file: kept beside the tables, or read from the log or mailbox itself when asked for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pandas as pd

from kit.errors import UsageError, nearest
from kit.messages import _
from kit.sources.detect.folder import files, names, unfolded
from kit.sources.detect.presets import named
from kit.sources.frames import without
from kit.sources.logs.lines import Lines
from kit.sources.mail import mail_files, mailbox, parse
from kit.sources.mail.archives import DAMAGES, PartOpener
from kit.sources.text.packed import location
from kit.store import build
from kit.tables import EVENTS, MAILS

if TYPE_CHECKING:
    from pathlib import Path

    from kit.sources.detect.presets import Preset
    from kit.sources.file_log import MailBox
    from kit.store import Data

FIELDS = "fields"
"""The column that holds the fields of an event, or the headers of a message, that no table took."""

_FORM = re.compile(r"\??[A-Za-z][\w.-]*=")


def of(data: Data, file: str) -> pd.DataFrame:
    """What no table took of one file; `Data.raw` says in which form.

    Raises:
        UsageError: no such file, or a log that is no longer where it was read.
    """
    log = next((log for log in data.files if log.file == file), None)
    if log is None:
        raise UsageError(
            _("{file}: no such file was read. {hint}", file=file, hint=nearest(file, [log.file for log in data.files]))
        )
    kept = build.raw(data.path)
    if file in kept:
        return pd.read_parquet(kept[file])
    preset = named(log.preset) if log.preset else None
    if log.status == "read" and preset and preset.shape == EVENTS.name:
        return _of_log(*_place(data, file), preset)
    if log.status == "read" and preset and log.table == MAILS.name and not log.header:
        return _of_box(_box(data, file), preset)
    return pd.DataFrame({"line": pd.Series(dtype="Int64")})


def _place(data: Data, file: str) -> tuple[Path, str]:
    target = data.target
    if target is not None and target.exists():
        with unfolded(names(files(target)[0], target).items()) as (inside, _unreadable):
            for path, name in inside.items():
                if name == file:
                    return location(path)
    raise UsageError(_("{file}: the log is no longer where it was read, and the store has no copy of it.", file=file))


def _of_log(path: Path, inside: str, preset: Preset) -> pd.DataFrame:
    mapped = {name for field in preset.fields.values() for name in field.names} | set(preset.times.field)
    lines: list[int] = []
    fields: list[str] = []
    for batch in Lines(path, inside):
        (block,) = batch.to_pylist()
        for number, line in enumerate(block["block"].split("\n"), start=block["first"]):
            for event in _events(line, preset):
                if unmapped := without(event, mapped):
                    lines.append(number)
                    fields.append(json.dumps(unmapped, ensure_ascii=False))
    return pd.DataFrame({"line": pd.Series(lines, dtype="Int64"), FIELDS: pd.Series(fields, dtype="str")})


def _events(line: str, preset: Preset) -> list[dict[str, Any]]:
    line = line.strip(" ,\t\r")
    if preset.form and _FORM.match(line):
        return [dict(reversed(parse_qsl(line.lstrip("?"), keep_blank_values=True)))]  # the first of a name counts
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):  # a line that is no event is named among the rejections
        return []
    return [event for event in (content if isinstance(content, list) else [content]) if isinstance(event, dict)]


def _box(data: Data, file: str) -> MailBox:
    target = data.target
    if target is not None and target.exists():
        for box in mail_files.find(names(files(target)[0], target)).boxes:
            if box.file == file:
                return box
    raise UsageError(
        _("{file}: the mail file is no longer where it was read, and the store has no copy of it.", file=file)
    )


def _of_box(box: MailBox, preset: Preset) -> pd.DataFrame:
    mapped = {name.lower() for names in preset.columns.values() for name in names}
    rows: list[tuple[str, int | None, str]] = []
    with PartOpener() as opener:
        for part in box.parts:
            try:
                with opener.opened(part) as read:
                    for offset, _, header in mailbox.cut(read, preset):
                        if unmapped := parse.unused(header, mapped):
                            rows.append((part.file, offset, json.dumps(unmapped, ensure_ascii=False)))
            except (*DAMAGES, *parse.FAULTS):  # it is named among the rejections
                continue
    frame = pd.DataFrame(rows, columns=["message", "byte", FIELDS])
    return frame.astype({"message": "str", "byte": "Int64", FIELDS: "str"})
