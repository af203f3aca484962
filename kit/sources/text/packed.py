"""Files as bytes, plain, packed with gzip or in ZIP archives, within limits that a bomb does not pass.

A packed file that is cut off is read as far as it goes; what is in an archive is read where it lies.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from kit.errors import InputError
from kit.messages import message
from kit.places import printable

if TYPE_CHECKING:
    from io import BufferedReader
    from types import TracebackType

RATIO = 250
"""How much larger than packed an export may be: logs reach 30 to 100, a bomb a thousand."""

FREE = 64 << 20
"""Bytes up to which the ratio does not matter."""

CUT = message("the file is cut off: the end of the archive is missing; what comes before it is read")

_GZIP = b"\x1f\x8b"
_DAMAGES = (EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_PART = 1 << 20  # bytes asked for at a time

MEMBERS = 2_000
"""Files that an archive may hold: a year of exports of a large account has some hundreds."""

LARGEST = 4 << 30
"""Bytes that an archive may hold in all; logs in it are streamed, tables have a limit of their own."""

DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What the standard library raises at a broken, locked or exotic archive."""

_ZIP = b"PK\x03\x04"
_WORKBOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")  # .xlsx, .xlsb, .ods
_DOCUMENTS = ("[Content_Types].xml", "META-INF/container.xml", "META-INF/MANIFEST.MF")
_PART = 1 << 20
_BEGINNING = 1 << 24  # bytes of a broken archive in which the names of its parts are looked for
_UNPACK = message("Unpack it and read the folder.")
_LOCKED = 1  # the bit of an encrypted member


class Packed:
    """A file that is open for reading, unpacked where it is packed; to be used in a `with`.

    Args:
        path: the file.
        inside: its name in there, where `path` is a ZIP archive.

    Attributes:
        cut: whether the packed stream ended before its end, or broke.
        swollen: whether it unpacks to more than an export can; then nothing more is read of it.
    """

    def __init__(self, path: Path, inside: str = "") -> None:
        self.cut = False
        self.swollen = False
        with ExitStack() as files:
            try:
                place = files.enter_context(zipfile.ZipFile(path)).open(inside) if inside else path.open("rb")
                self._file = files.enter_context(cast("BufferedReader", place))
                self._packed = self._file.read(len(_GZIP)) == _GZIP
                self._file.seek(0)
            except (KeyError, *_DAMAGES) as error:
                raise OSError("the archive is damaged") from error
            self._stream = files.enter_context(gzip.GzipFile(fileobj=self._file)) if self._packed else self._file
            self._files = files.pop_all()
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._files.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer, and in the end none, where there are no more."""
        parts: list[bytes] = []
        wanted = size
        try:
            # `read` would lose what it has unpacked so far when the stream breaks
            while wanted and not self.swollen and (part := self._stream.read1(min(wanted, _PART))):
                parts.append(part)
                wanted -= len(part)
                self._read += len(part)
                self.swollen = self._packed and swollen(self._read, self._file.tell())
        except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zlib.error):
            self.cut = True
        return b"".join(parts)


def swollen(size: int, packed: int) -> bool:
    """Whether so many bytes out of so many packed ones are more than any export gives."""
    return size > FREE and size > RATIO * packed


def is_archive(raw: bytes) -> bool:
    """Whether the bytes begin as a ZIP archive, of whatever."""
    return raw.startswith(_ZIP)


def is_workbook(raw: bytes) -> bool:
    """Whether an archive is a workbook; a damaged one is where it names the parts of one."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            return not set(_WORKBOOKS).isdisjoint(book.namelist())
    except DAMAGES:
        return any(part.encode() in raw for part in _WORKBOOKS)


def of_exports(path: Path) -> bool:
    """Whether a file is an archive whose members are files of the user's: no workbook, document or program.

    Raises:
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        if not is_archive(file.read(len(_ZIP))):
            return False
        try:
            with zipfile.ZipFile(file) as book:
                return {*_WORKBOOKS, *_DOCUMENTS}.isdisjoint(book.namelist())
        except DAMAGES:
            file.seek(0)
            beginning = file.read(_BEGINNING)
            return not any(part.encode() in beginning for part in (*_WORKBOOKS, *_DOCUMENTS))


def members(path: Path, name: str, archives: ExitStack) -> list[tuple[Path, str]]:
    """The files in an archive of exports, without hidden ones, each with the archive's name before its own.

    Args:
        path: the archive.
        name: what it is called in the log.
        archives: closes the archive, in the end; its files open and read as others do until then.

    Raises:
        InputError: damaged, locked, too many files, too large, or packed more tightly than any export.
    """
    try:
        book = archives.enter_context(zipfile.ZipFile(path))
    except DAMAGES as error:
        raise InputError(
            message("the archive is damaged"), file=name, hint=message("Create or download it again.")
        ) from error
    inside = [info for info in book.infolist() if not info.is_dir() and not _hidden(info.filename)]
    if len(inside) > MEMBERS:
        problem = message(
            "the archive contains {n} files, but at most {most} are read from one archive", n=len(inside), most=MEMBERS
        )
        raise InputError(problem, file=name, hint=_UNPACK)
    check(book, inside, name)
    return [
        (cast("Path", zipfile.Path(book, info.filename)), f"{name}/{printable(info.filename)}")
        for info in sorted(inside, key=lambda info: info.filename)
    ]


def location(path: Path) -> tuple[Path, str]:
    """Where a file lies: itself and nothing, or its archive and its name in there."""
    return (path, "") if isinstance(path, Path) else (Path(str(path.root.filename)), path.at)


def check(book: zipfile.ZipFile, inside: list[zipfile.ZipInfo], name: str, largest: int = LARGEST) -> None:
    """Refuse an archive that is locked or holds more than `largest` bytes, or more than it can honestly.

    Raises:
        InputError: it does.
    """
    size, packed = sum(info.file_size for info in inside), sum(info.compress_size for info in inside)
    if any(info.flag_bits & _LOCKED for info in inside):
        raise InputError(message("the archive is protected by a password"), file=name, hint=_UNPACK)
    if size > largest:
        problem = message(
            "the archive contains {n} GB, but at most {most} GB are read",
            n=f"{size / (1 << 30):,.1f}",
            most=f"{largest / (1 << 30):,.1f}",
        )
        raise InputError(problem, file=name, hint=message("Unpack it and remove everything that is not an export."))
    if swollen(size, packed):
        raise _bomb(name)
    places = sorted((info.header_offset, info.compress_size) for info in book.infolist())
    if any(start + length > after for (start, length), (after, _) in pairwise(places)):  # one part told many times
        raise _bomb(name)


def measure(book: zipfile.ZipFile, name: str, largest: int) -> None:
    """Unpack a whole archive once and keep nothing: for readers that believe no limit of the archive.

    Raises:
        InputError: it unpacks to more than `largest` bytes, or to more than any export does.
    """
    size = 0
    for info in book.infolist():
        info.file_size = largest + 1  # what it says of itself is not believed
        with book.open(info) as part:
            while piece := part.read(_PART):
                size += len(piece)
                if size > largest or swollen(size, info.compress_size):
                    raise _bomb(name)


def _bomb(name: str) -> InputError:
    return InputError(
        message("unpacked, it is far larger than any export, and it is not read"),
        file=name,
        hint=message("Export it again; if it is correct, unpack it and read its contents."),
    )


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "~$", "__MACOSX")) for part in name.split("/"))
