"""Which files are mail: mailboxes in one file, folders of messages, Maildirs, archives, Outlook's own."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.sources import text
from kit.sources.log import FileLog, MailBox, MailPart
from kit.sources.packed import Packed
from kit.sources.preset import Preset, presets
from kit.sources.recognise import listed
from kit.tables import MAILS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

HEAD = 1 << 16
"""Bytes that tell what a file is."""

MAILDIR = ("cur", "new", "tmp")
"""The folders of a Maildir; what lies in the last was never delivered."""

DAMAGES = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading raises at a broken, cut or locked archive, or at a file that cannot be opened."""

_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):|[ \t]")
_BOM = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_OFFICE = frozenset({"[Content_Types].xml", "mimetype"})
_OLE = b"\xd0\xcf\x11\xe0"
_MSG = "__properties_version1.0".encode("utf-16-le")
_PST = b"!BDN"


@dataclass(frozen=True, slots=True)
class Found:
    """What of a folder is mail.

    Attributes:
        boxes: to be read by `mailbox.project`.
        logs: of files that are mail and cannot be read, or are left out on purpose.
        paths: all files that are in one of these.
    """

    boxes: tuple[MailBox, ...]
    logs: tuple[FileLog, ...]
    paths: frozenset[Path]


def find(paths: Mapping[Path, str]) -> Found:
    """The mail among files.

    Args:
        paths: each file and its name, relative to the folder.
    """
    search = _Search()
    taken = frozenset(path for path, name in paths.items() if search.take(path, name))
    return Found((*search.boxes, *search.folders()), tuple(search.logs), taken)


class _Search:
    """Gathers mailboxes; messages of one folder are together."""

    def __init__(self) -> None:
        self.boxes: list[MailBox] = []
        self.logs: list[FileLog] = []
        self._letters: defaultdict[tuple[str, str], list[MailPart]] = defaultdict(list)

    def take(self, path: Path, name: str) -> bool:
        """Whether a file is mail; it is gathered then."""
        try:
            head = text.unpacked(path, HEAD)
        except InputError:  # whoever reads the file says so
            return False
        if head.startswith(_PST):
            self.logs.append(_unread(name, *_PST_SAID))
        elif head.startswith(_ZIP):
            inside = _archive(path, name)
            self.boxes += inside
            return bool(inside)
        elif preset := mbox(head):
            part = MailPart(path, name, labels=PurePosixPath(name).name.removesuffix(".gz").removesuffix(".mbox"))
            self.boxes.append(MailBox(name, preset.name, _SEPARATED, (part,)))
        elif head.startswith(_OLE) and _MSG in path.read_bytes():
            self._letters[_folder(name), "msg"].append(MailPart(path, name, labels=_label(name)))
        elif is_letter(head):
            self._letter(path, name)
        else:
            return False
        return True

    def folders(self) -> Iterator[MailBox]:
        """The messages that were gathered, by folder; those that nothing here reads are told in `logs`."""
        for (folder, kind), parts in self._letters.items():
            name = _together(folder, parts)
            if kind == "msg" and find_spec("extract_msg") is None:
                self.logs.append(_unread(name, *_MSG_SAID))
            else:
                why = "Outlook's own messages, read by extract-msg" if kind == "msg" else "each file is one message"
                yield MailBox(name, "eml", why, tuple(parts))

    def _letter(self, path: Path, name: str) -> None:
        if path.parent.name == "tmp" and any((path.parents[1] / one).is_dir() for one in MAILDIR[:2]):
            self.logs.append(FileLog(name, "ignored", "it lies in tmp of a Maildir: its delivery was never finished"))
        else:
            self._letters[_folder(name), "eml"].append(MailPart(path, name, labels=_label(name)))


def mbox(head: bytes) -> Preset | None:
    """The preset whose separator a file begins with, or None."""
    if not head.startswith(b"From "):
        return None
    line = b"\n" + head.split(b"\n", 1)[0]
    fits = (one for one in presets() if one.recognise.separator and separator(one).match(line))
    return next(fits, None)


def separator(preset: Preset) -> re.Pattern[bytes]:
    """The pattern of a line that begins a message; a blank line before it is a line feed at its front."""
    return re.compile(preset.recognise.separator.encode())


def is_letter(head: bytes) -> bool:
    """Whether a file is one message: headers to the first blank line, and among them one that only mail has."""
    names: set[str] = set()
    whole = head[: head.rfind(b"\n") + 1] if len(head) >= HEAD else head
    for line in whole.removeprefix(_BOM).splitlines():
        if not line.strip():
            break
        found = _HEADER.match(line)
        if not found or (found[1] is None and not names):
            return False
        if found[1]:
            names.add(found[1].decode().lower())
    marks = {name.lower() for one in presets() if one.shape == "mailbox" for name in one.recognise.any_field}
    return len(names) > 1 and not marks.isdisjoint(names)


@contextmanager
def opened(part: MailPart) -> Iterator[Callable[[int], bytes]]:
    """How to read on in a part: unpacked, and from inside its archive."""
    if part.inside:
        with zipfile.ZipFile(part.path) as archive, archive.open(part.inside) as stream:
            yield stream.read
    elif _is_msg(part.path):
        yield io.BytesIO(_converted(part.path)).read
    else:
        with Packed(part.path) as stream:
            yield stream.read
            if stream.cut:
                raise EOFError("the packed file is cut off")


def _archive(path: Path, name: str) -> list[MailBox]:
    """The mailboxes of an archive, and its messages, together by folder."""
    boxes: list[MailBox] = []
    folders: defaultdict[str, list[MailPart]] = defaultdict(list)
    others: list[str] = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one.filename for one in archive.infolist() if not one.is_dir()]
            if not _OFFICE.isdisjoint(members):
                return []
            for member in members:
                with archive.open(member) as stream:
                    head = stream.read(HEAD)
                shown = f"{name} [{member}]"
                if preset := mbox(head):
                    label = PurePosixPath(member).name.removesuffix(".mbox")
                    boxes.append(MailBox(shown, preset.name, _SEPARATED, (MailPart(path, shown, member, label),)))
                elif is_letter(head):
                    folders[_folder(member)].append(MailPart(path, shown, member, _label(member)))
                else:
                    others.append(PurePosixPath(member).name)
    except DAMAGES:  # what is no archive of mail, or cannot be opened, is told by the next reader
        return []
    for folder, parts in folders.items():
        inside = _together(folder, [MailPart(part.path, part.inside) for part in parts])
        boxes.append(MailBox(f"{name} [{inside}]", "eml", "each file in the archive is one message", tuple(parts)))
    if others and boxes:
        said = f"{len(others)} other files in the archive are no mail and are not read: {listed(others)}"
        first = boxes[0]
        boxes[0] = MailBox(first.file, first.preset, first.why, first.parts, (said,))
    return boxes


def _folder(name: str) -> str:
    """The folder that a message stands in; the parts of a Maildir are one."""
    parent = PurePosixPath(name).parent
    return str(parent.parent if parent.name in MAILDIR else parent)


def _label(name: str) -> str:
    """The folder's own name, as programs show it; none for the folder that was given to read."""
    return PurePosixPath(_folder(name)).name.lstrip(".")


def _together(folder: str, parts: list[MailPart]) -> str:
    """How a log calls the messages of a folder: one by its name, more by what their names share."""
    if len(parts) == 1:
        return parts[0].file
    ends = {PurePosixPath(part.file).suffix for part in parts}
    return str(PurePosixPath(folder) / f"*{ends.pop() if len(ends) == 1 else ''}")


def _is_msg(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_OLE)) == _OLE


def _converted(path: Path) -> bytes:
    extract_msg = import_module("extract_msg")  # an extra: only who has it gets here
    try:
        with extract_msg.openMsg(path) as message:
            return message.asEmailMessage().as_bytes()
    except extract_msg.exceptions.ExMsgBaseException as error:
        raise OSError(str(error)) from error


def _unread(name: str, problem: str, mend: str) -> FileLog:
    error = InputError(problem, file=name, mend=mend)
    return FileLog(name, "unreadable", problem, table=MAILS.name, error=error)


_SEPARATED = "it begins with a separator of messages"
_PST_SAID = (
    "it is an Outlook mailbox (PST), which needs a program of its own",
    "Unpack it with `readpst -e -o mail FILE` (Debian: pst-utils), or export it as EML, and read that folder.",
)
_MSG_SAID = (
    "it is an Outlook message (MSG), which the extra `msg` reads",
    "Run `pip install -e '.[msg]'`, or save the messages as EML.",
)
