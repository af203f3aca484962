"""What no table took of a file: kept beside the tables, or read from the event log itself when asked for."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.errors import UsageError, nearest
from kit.sources.folder import files, unfolded
from kit.sources.packed import Packed
from kit.sources.preset import named
from kit.sources.raw import without
from kit.store import build
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kit.sources.preset import Preset
    from kit.store import Data

_BLOCK = 1 << 22  # bytes read at a time

FIELDS = "fields"
"""The column that holds an event's unknown fields."""


def of(data: Data, file: str) -> pd.DataFrame:
    """What no table took of one file; `Data.raw` says in which form.

    Raises:
        UsageError: no such file, or a log that is no longer where it was read.
    """
    log = next((one for one in data.files if one.file == file), None)
    if log is None:
        raise UsageError(f"{file}: no such file was read. {nearest(file, [one.file for one in data.files])}")
    kept = build.raw(data.path)
    if file in kept:
        return pd.read_parquet(kept[file])
    preset = named(log.preset) if log.preset else None
    if log.status == "read" and preset and preset.shape == EVENTS.name:
        return _of_log(_found(data, file), preset)
    return pd.DataFrame({"line": pd.Series(dtype="Int64")})


def _found(data: Data, file: str) -> Path:
    target = data.target
    if target is not None and target.exists():
        base = target if target.is_dir() else target.parent
        inside, _ = unfolded((path, path.relative_to(base).as_posix()) for path in files(target)[0])
        for path, name in inside.items():
            if name == file:
                return path
    raise UsageError(f"{file}: the log is no longer where it was read, and the store holds no copy of it.")


def _of_log(path: Path, preset: Preset) -> pd.DataFrame:
    known = {name for field in preset.fields.values() for name in field.names} | set(preset.times.field)
    lines: list[int] = []
    fields: list[str] = []
    for number, said in enumerate(_lines(path), start=1):
        for event in _events(said):
            if rest := without(event, known):
                lines.append(number)
                fields.append(json.dumps(rest, ensure_ascii=False))
    return pd.DataFrame({"line": pd.Series(lines, dtype="Int64"), FIELDS: pd.Series(fields, dtype="str")})


def _lines(path: Path) -> Iterator[bytes]:
    rest = b""
    with Packed(path) as stream:
        while block := stream.read(_BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
    yield rest


def _events(said: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(said.strip().removeprefix(codecs.BOM_UTF8).rstrip(b","))
    except (ValueError, RecursionError):  # a line that is no event is named among the rejections
        return []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
