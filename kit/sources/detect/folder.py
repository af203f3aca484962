"""What lies in a folder: the files to read, and what could be mistaken for one and cannot be read."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import InputError, UsageError
from kit.messages import Text, _, message
from kit.settings import FILE as SETTINGS_FILE
from kit.sources.detect.presets import MAPPING
from kit.sources.file_log import FileLog
from kit.sources.text import packed
from kit.sources.text.encodings import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NOT_READ = message("it cannot be read")


def names(paths: Iterable[Path], target: Path) -> dict[Path, str]:
    """What each file is called, each by a name of its own: its place in the folder.

    Args:
        paths: the files.
        target: the folder, or the single file.
    """
    base = target if target.is_dir() else target.parent
    named: dict[Path, str] = {}
    for path in paths:
        name = _name(path, base)
        copies = sum(earlier == name for earlier in named.values()) if name != path.relative_to(base).as_posix() else 0
        named[path] = f"{name} ({copies + 1})" if copies else name
    return named


def _name(path: Path, base: Path) -> str:
    return readable(path.relative_to(base).as_posix())


def candidates(target: Path) -> list[Path]:
    """The files that decide what is read, sorted: exports, mappings and kit.toml, without hidden ones.

    Raises:
        UsageError: there is no such folder or file.
    """
    return files(target)[0]


def files(target: Path) -> tuple[list[Path], list[FileLog]]:
    """The files that decide what is read, sorted, and a log for each thing that nobody can read.

    Hidden files are left out; links to folders are not followed.

    Raises:
        UsageError: there is no such folder or file.
    """
    if target.is_file():
        beside = (target, target.with_name(target.name + MAPPING), target.with_name(SETTINGS_FILE))
        return [path for path in beside if path.is_file()], []
    if not target.is_dir():
        raise UsageError(_("There is no folder or file {name}.", name=repr(str(target))))
    paths: list[Path] = []
    unreadable: list[FileLog] = []
    closed: list[OSError] = []
    for here, folders, names in os.walk(target, onerror=closed.append):
        links = [Path(here) / name for name in folders if (Path(here) / name).is_symlink()]
        unreadable += [_folder_link(_name(path, target)) for path in links if not _hidden(path, target)]
        for path in (Path(here) / name for name in names):
            if _hidden(path, target):
                continue
            if strange := _strange(path):
                unreadable.append(_log(_name(path, target), strange, message("Put the file itself here.")))
            else:
                paths.append(path)
    for error in closed:
        name = _name(Path(error.filename or target), target)
        unreadable.append(
            _log(
                name,
                error.strerror.lower() if error.strerror else message("cannot be opened"),
                message("Check the folder and its read permissions."),
            )
        )
    return sorted(paths), unreadable


@contextmanager
def unfolded(paths: Iterable[tuple[Path, str]]) -> Iterator[tuple[dict[Path, str], list[FileLog]]]:
    """The files and, in place of each archive of exports, what is in it; a log for each archive that is unreadable.

    The archives are open, and what is in them can be read, within the `with`.

    Args:
        paths: each file's path, and its name relative to the folder.
    """
    files: dict[Path, str] = {}
    unreadable: list[FileLog] = []
    with ExitStack() as archives:
        for path, name in paths:
            if not _of_exports(path):
                files[path] = name
                continue
            try:
                members = packed.members(path, name, archives)
            except InputError as error:
                unreadable.append(FileLog(name, "unreadable", _NOT_READ, error=error))
                continue
            files |= dict(members)
            if not members:
                error = InputError(
                    message("the archive is empty"), file=name, hint=message("Create or download it again.")
                )
                unreadable.append(FileLog(name, "empty", _NOT_READ, error=error))
        yield files, unreadable


def _of_exports(path: Path) -> bool:
    try:
        return packed.of_exports(path)
    except OSError:  # whoever reads the file says so
        return False


def _strange(path: Path) -> Text:
    """Why something that is listed among the files is none; empty where it is one."""
    try:
        if path.is_file():
            return ""
    except OSError:  # whoever reads the file says so
        return ""
    if path.is_symlink():
        return message("it is a link that leads nowhere or in a circle")
    return message("it is not a file")


def _hidden(path: Path, target: Path) -> bool:
    """Whether a path is hidden, or in a hidden folder; the folders of a Maildir only look so."""
    parts = path.relative_to(target).parts
    if len(parts) > 2 and parts[-2] in MAILDIR:
        parts = (*parts[:-3], parts[-1])
    return any(part.startswith((".", "~$")) for part in parts)


def _folder_link(name: str) -> FileLog:
    return FileLog(
        name,
        "unrecognised",
        message("it is a link to a folder, and links are not followed; copy the files here or use that folder"),
    )


def _log(name: str, problem: Text, hint: Text) -> FileLog:
    return FileLog(name, "unreadable", _NOT_READ, error=InputError(problem, file=name, hint=hint))


MAILDIR = ("cur", "new", "tmp")
"""The folders of a Maildir; what lies in the last was never delivered."""
