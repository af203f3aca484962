"""Which files are mail: mailboxes in one file, folders of messages, Maildirs, archives, Outlook's and Apple's own."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.messages import Text, message
from kit.sources.detect.folder import MAILDIR
from kit.sources.detect.headers import listed
from kit.sources.detect.presets import Preset, presets
from kit.sources.file_log import FileLog, MailBox, MailPart
from kit.sources.mail import archives
from kit.sources.mail.decoding import folder_name
from kit.sources.text import encodings
from kit.sources.text.encodings import readable
from kit.tables import MAILS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HEAD = 1 << 16
"""Bytes that tell what a file is."""

BOM = b"\xef\xbb\xbf"
"""The mark that some editors put before UTF-8."""

_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):|[ \t]")
_LENGTH = re.compile(rb"(\d{1,10})[ \t]*\r?\n")
_OFFICE = frozenset({"[Content_Types].xml", "mimetype"})
_OLM = "com.microsoft.__Messages/"
_MSG = "__properties_version1.0".encode("utf-16-le")
_PST = b"!BDN"

_SEPARATED = message("it begins with a separator of messages")
_OUTLOOK = message("Outlook messages, read by extract-msg")
_SINGLE = message("each file is one message")
_SINGLE_INSIDE = message("each file in the archive is one message")
_PST_UNREAD = (
    message("it is an Outlook mailbox (PST), which needs a separate program"),
    message("Unpack it with `readpst -e -o mail FILE` (Debian: pst-utils), or export it as EML, and read that folder."),
)
_OLM_UNREAD = (
    message("it is an archive of Outlook for Mac (OLM), which the kit cannot read"),
    message("In Outlook for Mac, drag the folders into the Finder; each becomes an .mbox file. Read those files."),
)
_MSG_UNREAD = (
    message("it is an Outlook message (MSG), which needs the extra `msg`"),
    message("Run `pip install -e '.[msg]'`, or save the messages as EML."),
)


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
    claimed = frozenset(path for path, name in paths.items() if search.take(path, name))
    return Found((*search.boxes, *search.folders()), tuple(search.logs), claimed)


class _Search:
    """Gathers mailboxes; messages of one folder are together."""

    def __init__(self) -> None:
        self.boxes: list[MailBox] = []
        self.logs: list[FileLog] = []
        self._letters: defaultdict[tuple[str, str], list[MailPart]] = defaultdict(list)

    def take(self, path: Path, name: str) -> bool:
        """Whether a file is mail; it is gathered then."""
        try:
            head = encodings.unpacked(path, HEAD)
            is_message = head.startswith(archives.OLE) and _MSG in encodings.unpacked(path)
        except InputError:  # whoever reads the file says so
            return False
        if head.startswith(_PST):
            self.logs.append(_unread(name, *_PST_UNREAD))
        elif archives.is_archive(head):
            return self._archive(path, name)
        elif preset := mbox(head):
            self.boxes.append(MailBox(name, preset.name, _SEPARATED, (MailPart(path, name, labels=_box_label(name)),)))
        elif is_message:
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
                self.logs.append(_unread(name, *_MSG_UNREAD))
            else:
                why = _OUTLOOK if kind == "msg" else _SINGLE
                yield MailBox(name, "eml", why, tuple(parts))

    def _archive(self, path: Path, name: str) -> bool:
        """Whether an archive holds mail: its mailboxes, and its messages, together by folder."""
        boxes: list[MailBox] = []
        folders: defaultdict[str, list[MailPart]] = defaultdict(list)
        others: list[str] = []
        try:
            with archives.PartOpener() as opener, closing(opener.heads(path, HEAD)) as heads:
                for member, head in heads:
                    member_name = readable(member)
                    shown = f"{name} [{member_name}]"
                    if member in _OFFICE:
                        return False
                    if _OLM in member:
                        self.logs.append(_unread(name, *_OLM_UNREAD))
                        return True
                    if preset := mbox(head):
                        part = MailPart(path, shown, member, _box_label(member_name))
                        boxes.append(MailBox(shown, preset.name, _SEPARATED, (part,)))
                    elif is_letter(head):
                        folders[_folder(member_name)].append(MailPart(path, shown, member, _label(member_name)))
                    else:
                        others.append(PurePosixPath(member_name).name)
        except archives.DAMAGES:  # what is no archive of mail, or cannot be opened, is told by the next reader
            return False
        for folder, parts in folders.items():
            inside = _together(folder, [MailPart(part.path, readable(part.inside)) for part in parts])
            boxes.append(MailBox(f"{name} [{inside}]", "eml", _SINGLE_INSIDE, tuple(parts)))
        if others and boxes:
            note = message("files in the archive that are not e-mail and were not read: {files}", files=listed(others))
            boxes[0] = replace(boxes[0], notes=(note,))
        self.boxes += boxes
        return bool(boxes)

    def _letter(self, path: Path, name: str) -> None:
        if path.parent.name == "tmp" and any((path.parents[1] / sibling).is_dir() for sibling in MAILDIR[:2]):
            self.logs.append(
                FileLog(
                    name, "ignored", message("it is in the tmp folder of a Maildir: its delivery was never finished")
                )
            )
        else:
            self._letters[_folder(name), "eml"].append(MailPart(path, name, labels=_label(name)))


def mbox(head: bytes) -> Preset | None:
    """The preset whose separator a file begins with, or None."""
    head = head.removeprefix(BOM)
    if not head.startswith(b"From "):
        return None
    line = b"\n" + head.split(b"\n", 1)[0]
    fits = (preset for preset in presets() if preset.recognise.separator and separator(preset).match(line))
    return next(fits, None)


def separator(preset: Preset) -> re.Pattern[bytes]:
    """The pattern of a line that begins a message; a blank line before it is a line feed at its front."""
    return re.compile(preset.recognise.separator.encode())


def is_letter(head: bytes) -> bool:
    """Whether a file is one message: headers to the first blank line, and among them one that only mail has."""
    names: set[str] = set()
    whole = head[: head.rfind(b"\n") + 1] if len(head) >= HEAD else head
    whole = whole.removeprefix(BOM)
    before = _LENGTH.match(whole)
    for line in whole[before.end() if before else 0 :].splitlines():
        if not line.strip():
            break
        header = _HEADER.match(line)
        if not header or (header[1] is None and not names):
            return False
        if header[1]:
            names.add(header[1].decode().lower())
    marks = {name.lower() for preset in presets() if preset.shape == "mailbox" for name in preset.recognise.any_field}
    return len(names) > 1 and not marks.isdisjoint(names)


def plain_message(raw: bytes) -> bytes:
    """A message without the mark of UTF-8, and what Apple Mail puts round it (EMLX): length and properties."""
    raw = raw.removeprefix(BOM)
    length = _LENGTH.match(raw)
    return raw[length.end() : length.end() + int(length[1])] if length else raw


def _folder(name: str) -> str:
    """The folder that a message stands in; the parts of a Maildir are one."""
    parent = PurePosixPath(name).parent
    return str(parent.parent if parent.name in MAILDIR else parent)


def _label(name: str) -> str:
    """The folder's own name, as programs show it; none for the folder that was given to read."""
    folder = PurePosixPath(_folder(name))
    apples = (parent for parent in (folder, *folder.parents) if parent.suffix == ".mbox")  # what it keeps messages in
    return folder_name(next((parent.stem for parent in apples), folder.name.lstrip(".")))


def _box_label(name: str) -> str:
    """The name of a mailbox in one file; Apple Mail exports one as `mbox` in a folder of its name."""
    path = PurePosixPath(name)
    named = path.parent if path.name == "mbox" and path.parent.suffix == ".mbox" else path
    return folder_name(named.name.removesuffix(".gz").removesuffix(".mbox"))


def _together(folder: str, parts: list[MailPart]) -> str:
    """How a log calls the messages of a folder: one by its name, more by what their names share."""
    if len(parts) == 1:
        return parts[0].file
    ends = {PurePosixPath(part.file).suffix for part in parts}
    return str(PurePosixPath(folder) / f"*{ends.pop() if len(ends) == 1 else ''}")


def _unread(name: str, problem: Text, hint: Text) -> FileLog:
    error = InputError(problem, file=name, hint=hint)
    return FileLog(name, "unreadable", problem, table=MAILS.name, error=error)
