"""Files as bytes, plain or packed with gzip; a packed file that is cut off is read as far as it goes."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_GZIP = b"\x1f\x8b"
_PART = 1 << 20  # bytes asked for at a time


class Packed:
    """A file that is open for reading, unpacked where it is packed; to be used in a `with`.

    Attributes:
        cut: whether the packed stream ended before its end, or broke.
    """

    def __init__(self, path: Path) -> None:
        self.cut = False
        self._file = path.open("rb")
        packed = self._file.read(len(_GZIP)) == _GZIP
        self._file.seek(0)
        self._stream = gzip.GzipFile(fileobj=self._file) if packed else self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer, and in the end none, where there are no more."""
        parts: list[bytes] = []
        wanted = size
        try:
            # `read` would lose what it has unpacked so far when the stream breaks
            while wanted and (part := self._stream.read1(min(wanted, _PART))):
                parts.append(part)
                wanted -= len(part)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.cut = True
        return b"".join(parts)
