"""Files that say again what another one says: byte for byte, packed and unpacked, or row for row."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kit.messages import Text, message
from kit.sources.detect.headers import listed, plain
from kit.sources.frames import LINE, UNREAD
from kit.sources.text.packed import Packed
from kit.tables import CAMPAIGN_STATS, CONTACTS, DEALS, EVENTS, ORDERS, ORIGIN, TICKETS, WEB

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.sources.file_log import FileLog, Read

SETTLED = frozenset({CAMPAIGN_STATS.name, CONTACTS.name, EVENTS.name, ORDERS.name, DEALS.name, TICKETS.name, WEB.name})
"""Tables whose rows the store tells apart, by ids, names or days: what stands there twice is settled there."""

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


def of_content(paths: Iterable[Path]) -> dict[Path, Path]:
    """Files whose content, unpacked, another one earlier in the order has; empty ones are not compared."""
    sizes: defaultdict[int, list[Path]] = defaultdict(list)
    for path in paths:
        sizes[_size(path)].append(path)
    duplicates: dict[Path, Path] = {}
    for size, alike in sizes.items():
        first: dict[bytes, Path] = {}
        for path in alike if size and len(alike) > 1 else []:
            digest = _digest(path)
            if digest and first.setdefault(digest, path) is not path:
                duplicates[path] = first[digest]
    return duplicates


class Rows:
    """The rows of the files so far, to know a file that has the same in another form."""

    def __init__(self) -> None:
        self._files: defaultdict[bytes, list[Read]] = defaultdict(list)

    def before(self, read: Read) -> tuple[str | None, Text]:
        """The earlier file that says the same in every cell, else what to say of one that does in all that is read.

        Two rows that agree in what is read and in nothing else may be two things: the rent of two branches.

        Returns:
            The file, or None; a note, or nothing.
        """
        frames = {name: frame for name, frame in read.tables.items() if len(frame)}
        if not frames:
            return None, ""
        digest = hashlib.sha256()
        for name, frame in sorted(frames.items()):
            values = frame.drop(columns=[*(column.name for column in ORIGIN), LINE, UNREAD], errors="ignore")
            digest.update(name.encode() + _sorted(values))
        candidates = self._files[digest.digest()]
        columns = _unread_columns(read) if candidates else {}
        note: Text = ""
        for other in candidates:
            file, other_columns = other.log.file, _unread_columns(other)
            differ = [name for name in {**other_columns, **columns} if other_columns.get(name) != columns.get(name)]
            if not differ:
                return file, ""
            note = message(
                "its rows are the same as in {file} in everything that is read, but differ in {columns}. Both "
                "count; if one is a copy, remove it",
                file=file,
                columns=listed(map(repr, differ)),
            )
        candidates.append(read)
        return None, "" if SETTLED.issuperset(frames) else note


def _unread_columns(read: Read) -> dict[str, bytes]:
    """What a file says in the columns that are not read: their names, and their cells in any order of the rows."""
    columns = {name: b"" for name in map(plain, read.log.header) if name}
    if read.raw is not None:
        columns |= {plain(name): _sorted(read.raw[[name]]) for name in read.raw.columns if name != LINE}
    return columns


def _sorted(frame: pd.DataFrame) -> bytes:
    return pd.util.hash_pandas_object(frame, index=False).sort_values().to_numpy().tobytes()


def passed_over(log: FileLog, why: Text) -> FileLog:
    """The log of a file that another one makes superfluous."""
    return replace(
        log,
        status="ignored",
        why=why,
        rows_read=0,
        rows_kept=0,
        rows_repeated=0,
        rows_set_aside=0,
        notes=(),
        rejections=(),
        cells=(),
    )


def _size(path: Path) -> int:
    """The length of the content; of a packed file by what it says of itself, else 0."""
    if not isinstance(path, Path):  # in an archive
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
