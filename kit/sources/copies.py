"""Files that say again what another one says: byte for byte, packed and unpacked, or row for row."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kit.sources.packed import Packed
from kit.sources.recognise import plain
from kit.tables import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.sources.log import FileLog
    from kit.sources.tabular import Read

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


def of_content(paths: Iterable[Path]) -> dict[Path, Path]:
    """Files whose content, unpacked, another one earlier in the order has; empty ones are not compared."""
    sizes: defaultdict[int, list[Path]] = defaultdict(list)
    for path in paths:
        sizes[_size(path)].append(path)
    again: dict[Path, Path] = {}
    for size, alike in sizes.items():
        first: dict[bytes, Path] = {}
        for path in alike if size and len(alike) > 1 else []:
            digest = _digest(path)
            if digest and first.setdefault(digest, path) is not path:
                again[path] = first[digest]
    return again


class Rows:
    """The rows of the files so far, to know a file that has the same in another form."""

    def __init__(self) -> None:
        self._files: dict[bytes, str] = {}

    def before(self, read: Read) -> str | None:
        """The earlier file that has the same columns and, once read, the same rows; None where none has."""
        frames = {name: frame for name, frame in read.tables.items() if len(frame)}
        if not frames:
            return None
        digest = hashlib.sha256(repr(sorted(map(plain, read.log.header))).encode())
        for name, frame in sorted(frames.items()):
            own = frame.drop(columns=[column.name for column in ORIGIN], errors="ignore")
            rows = pd.util.hash_pandas_object(own, index=False).sort_values()
            digest.update(name.encode() + rows.to_numpy().tobytes())
        first = self._files.setdefault(digest.digest(), read.log.file)
        return None if first == read.log.file else first


def passed_over(log: FileLog, before: str, same: str) -> FileLog:
    """The log of a file that another one makes superfluous."""
    return replace(
        log,
        status="ignored",
        why=f"it has the same {same} as {before}",
        rows_read=0,
        rows_kept=0,
        rows_repeated=0,
        notes=(),
        rejections=(),
    )


def _size(path: Path) -> int:
    """The length of the content; of a packed file by what it says of itself, else 0."""
    if not isinstance(path, Path):
        return path.root.getinfo(path.at).file_size
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if size < 8 or file.read(2) != _GZIP:
                return size
            file.seek(-4, 2)
            return int.from_bytes(file.read(4), "little")
    except OSError:  # whoever reads the file says so
        return 0


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with Packed(path) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
            return b"" if file.cut or file.swollen else digest.digest()
    except OSError:  # whoever reads the file says so
        return b""
