"""Files as bytes, plain or packed with gzip; a packed file that is cut off is read as far as it goes."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

RATIO = 250
"""How much larger than packed an export may be: logs reach 30 to 100, a bomb a thousand."""

FREE = 64 << 20
"""Bytes up to which the ratio does not matter."""

CUT = "the file is cut off: its packed end is missing; what stands before is read"

_GZIP = b"\x1f\x8b"
_DAMAGES = (EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_PART = 1 << 20  # bytes asked for at a time


class Packed:
    """A file that is open for reading, unpacked where it is packed; to be used in a `with`.

    Attributes:
        cut: whether the packed stream ended before its end, or broke.
        swollen: whether it unpacks to more than an export can; then nothing more is read of it.
    """

    def __init__(self, path: Path) -> None:
        self.cut = False
        self.swollen = False
        try:
            self._file = path.open("rb")
        except _DAMAGES as error:
            raise OSError("the archive is damaged") from error
        try:
            self._packed = self._file.read(len(_GZIP)) == _GZIP
        except _DAMAGES as error:
            self._file.close()
            raise OSError("the archive is damaged") from error
        self._file.seek(0)
        self._stream = gzip.GzipFile(fileobj=self._file) if self._packed else self._file
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()
        self._file.close()

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
