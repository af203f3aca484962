"""Files and folders of this machine: what the system says about one becomes a message with place, cause and hint."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from errno import EACCES, EEXIST, EISDIR, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from kit.errors import InputError, UsageError
from kit.messages import Text, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME_ANOTHER = message("Choose a folder with write permission and free space.")
WRITE_CACHE = message("Set KIT_CACHE to a folder with write permission and free space.")

CAUSES = {
    EACCES: message("permission denied"),
    EEXIST: message("file exists"),
    EISDIR: message("is a directory"),
    ENAMETOOLONG: message("file name too long"),
    ENOENT: message("no such file or directory"),
    ENOSPC: message("no space left on device"),
    ENOTDIR: message("not a directory"),
    EPERM: message("operation not permitted"),
    EROFS: message("read-only file system"),
}
"""What the system says most often, in the reader's language; the rest stays in the system's own."""

ABANDONED = 24 * 3600
"""Seconds after which a draft is nobody's any more, whatever process has the number of its maker now."""

_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_DRAFT = re.compile(r"(?:draft|\.(?:new|old))-(\d+)(?:-|$)")


class OutputError(InputError, UsageError):
    """A place to write to that cannot be written; nothing has been done then."""


def printable(name: str) -> str:
    """A name as a terminal may show it: signs that it obeys, and ends of lines, are written as their codes."""
    return _OBEYED.sub(lambda sign: sign[0].encode("unicode_escape").decode(), name)


def unreachable(error: OSError, place: Path | None = None, hint: Text = "") -> InputError:
    """The message for an error of the system.

    Args:
        error: what the system said.
        place: the file or folder, where the error does not name it.
        hint: what to do, as a full sentence.
    """
    where = place if error.filename is None else error.filename
    return InputError(cause(error), file=None if where is None else printable(str(where)), hint=hint)


def cause(error: OSError) -> Text:
    """What the system said, in a few words, like "no space left on device"."""
    if error.errno in CAUSES:
        return CAUSES[error.errno]
    return (os.strerror(error.errno) if error.errno else str(error)).lower()


def from_notebook(path: Path) -> Path:
    """A relative path as seen from the notebook that asks, where that differs from the working folder.

    papermill and VS Code may run a notebook in another folder than its own; a path that is not there counts from here.
    """
    if path.is_absolute():
        return path
    book = getattr(sys.modules.get("__main__"), "__vsc_ipynb_file__", "") or _papermill_input()
    there = Path(book).parent / path
    return there if book and there.exists() else path


def _papermill_input() -> str:
    """The notebook that papermill runs, where this process is its kernel; "" elsewhere."""
    with suppress(psutil.Error):
        parent = psutil.Process(os.getppid())
        words = iter(parent.cmdline())
        if any(Path(word).stem == "papermill" for word in words):
            book = next((word for word in words if word.endswith(".ipynb")), "")
            return str(Path(parent.cwd(), book)) if book else ""
    return ""


@contextmanager
def reaching(place: Path, hint: Text) -> Iterator[None]:
    """Turn an error of the system within the `with` into its message."""
    try:
        yield
    except OSError as error:
        raise unreachable(error, place, hint) from error


def try_name(path: Path, words: str) -> None:
    """Refuse a path that programs which read UTF-8 cannot name.

    Args:
        path: a file or folder.
        words: how it was named, like "--out DIR", for the message.

    Raises:
        OutputError: bytes of it are no UTF-8.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError as error:
        raise OutputError(
            message("its path contains bytes that are not UTF-8"), file=words, hint=message("Use letters in its name.")
        ) from error


def try_exchange(out: Path, words: str) -> None:
    """Refuse a folder that `replacing` could not put in its place; finish what a former run left there.

    Raises:
        OutputError: nothing can be written beside it, or it is where a disk begins.
    """
    out = out.resolve()
    try_folder(out.parent, words)
    if out.is_mount():
        raise OutputError(
            message("it is the root of a disk and cannot be replaced"),
            file=words,
            hint=message("Choose a folder inside it."),
        )
    with reaching(out, NAME_ANOTHER):
        recover(out)


def try_folder(folder: Path, words: str) -> None:
    """Refuse a folder that cannot be made or written; it is left as it is.

    Args:
        folder: where files are to be written.
        words: how it was named, like "--out DIR", for the message.

    Raises:
        OutputError: nothing can be written there.
    """
    try_name(folder, words)
    try:
        there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
        TemporaryFile(dir=there).close()
    except OSError as error:
        raise OutputError(cause(error), file=words, hint=NAME_ANOTHER) from error


def draft_name(stem: str) -> str:
    """A name for a draft that no other run chooses: by the number of this process, `sweep` knows whether it lives."""
    return f"{stem}-{os.getpid()}-{uuid4().hex[:8]}"


def sweep(paths: Iterable[Path]) -> None:
    """Remove the drafts of runs that were killed: their process is gone, or they are days old."""
    for path in paths:
        with suppress(OSError):  # another process sweeps, too
            if _is_abandoned(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_abandoned(path: Path) -> bool:
    maker = _DRAFT.search(path.name)
    lives = maker is not None and int(maker[1]) != os.getpid() and psutil.pid_exists(int(maker[1]))
    is_named = maker is not None and not lives
    return is_named or time.time() - path.stat().st_mtime > ABANDONED


def write_new(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file that is not there yet, whole or not at all.

    Args:
        path: the file, in a folder that is there.
        content: of the file.
        mode: who may read it, less what the system's mask takes away.

    Raises:
        FileExistsError: it is there by now, and stays as it is.
        OSError: it cannot be written.
    """
    draft = path.with_name(draft_name(f".{path.name}.new"))
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)  # which nothing that is there is replaced by
        except OSError:
            if path.exists():
                raise FileExistsError(EEXIST, os.strerror(EEXIST), str(path)) from None
            draft.rename(path)  # a disk without hard links
    finally:
        draft.unlink(missing_ok=True)


def recover(out: Path) -> None:
    """Finish what a run left that was killed: put the former folder back where there is none, and remove drafts.

    Args:
        out: a folder that `replacing` writes.
    """
    out = out.resolve()
    former = sorted(out.parent.glob(f".{_escaped(out.name)}.old-*"), key=lambda path: path.stat().st_mtime)
    if former and not out.exists() and _is_abandoned(former[-1]):
        former.pop().rename(out)
    sweep([*former, *out.parent.glob(f".{_escaped(out.name)}.new-*")])


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder to write into, which takes the place of `out` once all of it is written.

    A run that is killed in between leaves the former folder, beside its place or in it; `recover` puts it back.
    """
    out = out.resolve()
    draft, former = (out.with_name(draft_name(f".{out.name}.{kind}")) for kind in ("new", "old"))
    try:
        with reaching(out, NAME_ANOTHER):
            draft.mkdir(parents=True)
            yield draft
            if out.exists():
                out.rename(former)
            draft.rename(out)
    finally:
        if former.exists() and not out.exists():
            former.rename(out)
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
