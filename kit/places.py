"""Files and folders of this machine: what the system says about one becomes a message with place, cause and hint."""

from __future__ import annotations

import os
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from kit.errors import InputError, UsageError
from kit.messages import Text, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


NAME_ANOTHER = message("Name a folder that can be written and has room.")
WRITE_CACHE = message("Set KIT_CACHE to a folder that can be written and has room.")


class OutputError(InputError, UsageError):
    """A place to write to that cannot be written; nothing has been done then."""


def unreachable(error: OSError, place: Path | None = None, hint: Text = "") -> InputError:
    """The message for an error of the system.

    Args:
        error: what the system said.
        place: the file or folder, where the error does not name it.
        hint: what to do, as a full sentence.
    """
    where = place if error.filename is None else error.filename
    return InputError(cause(error), file=None if where is None else str(where), hint=hint)


def cause(error: OSError) -> str:
    """What the system said, in a few words, like "no space left on device"."""
    return (os.strerror(error.errno) if error.errno else str(error)).lower()


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
            message("its path holds bytes that are no UTF-8"), file=words, hint=message("Name it with letters.")
        ) from error


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
