"""What mail lies in: plain and packed files, ZIP and tar archives, Outlook's own; opened one part after the other."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, cast

from kit.messages import _
from kit.sources.text.packed import Packed, swollen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path
    from types import TracebackType

    from kit.sources.file_log import MailPart

DAMAGES = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)
"""What reading raises at a broken, cut or locked archive, or at a file that cannot be opened."""

OLE = b"\xd0\xcf\x11\xe0"
"""How Outlook's own messages begin, and other files of old Office programs."""

_ZIP = b"PK\x03\x04"
_TAR, _TAR_AT = b"ustar", 257


def is_archive(head: bytes) -> bool:
    """Whether an unpacked beginning is that of a ZIP or tar archive."""
    return head.startswith(_ZIP) or is_tar(head)


def is_tar(head: bytes) -> bool:
    """Whether an unpacked beginning is that of a tar archive."""
    return head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR


class PartOpener:
    """Opens parts; an archive stays open from one of its parts to the next. To be used in a `with`.

    A tar archive can only be read forwards: its parts are to be opened in their order.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._archive: zipfile.ZipFile | _Tar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def heads(self, path: Path, size: int) -> Generator[tuple[str, bytes]]:
        """The files in an archive: their names and first bytes.

        Raises:
            OSError: an archive that unpacks to more than any export; others of DAMAGES.
        """
        archive = self._opened(path)
        if isinstance(archive, _Tar):
            yield from ((name, read(size)) for name, read in archive)
            return
        for info in archive.infolist():
            if swollen(info.file_size, info.compress_size):
                raise OSError(_("unpacked, it is far larger than any export"))
            if not info.is_dir():
                with archive.open(info) as stream:
                    yield info.filename, stream.read(size)

    @contextmanager
    def opened(self, part: MailPart) -> Iterator[Callable[[int], bytes]]:
        """How to read on in a part: unpacked, and from inside its archive.

        Raises:
            OSError: and others of DAMAGES.
        """
        if part.inside:
            archive = self._opened(part.path)
            if isinstance(archive, _Tar):
                yield archive.member(part.inside)
                return
            with archive.open(part.inside) as stream:
                yield stream.read
        elif _is_ole(part.path):
            yield io.BytesIO(_converted(part.path)).read
        else:
            with Packed(part.path) as stream:
                yield stream.read
                if stream.cut:
                    raise EOFError(_("the packed file is cut off"))

    def _opened(self, path: Path) -> zipfile.ZipFile | _Tar:
        if self._archive is None or self._path != path:
            self._close()
            with path.open("rb") as file:
                is_zip = file.read(len(_ZIP)) == _ZIP
            self._archive, self._path = zipfile.ZipFile(path) if is_zip else _Tar(path), path
        return self._archive

    def _close(self) -> None:
        if self._archive:
            self._archive.close()
        self._archive = None


class _Tar:
    """A tar archive, packed or not, from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        with ExitStack() as files:
            self._packed = files.enter_context(Packed(path))
            self._tar = files.enter_context(tarfile.open(fileobj=cast("Any", self._packed), mode="r|"))
            self._files = files.pop_all()
        self._remaining = iter(self)

    def __iter__(self) -> Iterator[tuple[str, Callable[[int], bytes]]]:
        for member in self._tar:
            stream = self._tar.extractfile(member) if member.isfile() else None
            if stream:
                yield member.name, stream.read
        if self._packed.cut or self._packed.swollen:
            raise EOFError(_("the archive is cut off"))

    def member(self, name: str) -> Callable[[int], bytes]:
        for member, read in self._remaining:
            if member == name:
                return read
        raise EOFError(_("the archive no longer contains it"))

    def close(self) -> None:
        self._files.close()


def _is_ole(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(OLE)) == OLE


def _converted(path: Path) -> bytes:
    extract_msg = import_module("extract_msg")  # an extra: only who has it gets here
    try:
        with extract_msg.openMsg(path) as message:
            return message.asEmailMessage().as_bytes()
    except extract_msg.exceptions.ExMsgBaseException as error:
        raise OSError(str(error)) from error
