"""Mail as programs keep it: Takeout's archives, folders of servers, Apple's and Outlook's own; files that change."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from contextlib import nullcontext
from email import message_from_bytes
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from kit import sources
from kit.sources.mail import mailbox
from kit.store import open_data
from tests import exports
from tests.letters import BODY, OURS, letter, mbox, read, takeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def test_a_thread_id_of_broken_bytes_stops_nothing(tmp_path: Path) -> None:
    raw = takeout([letter()]).replace(b"X-GM-THRID: 9", b"X-GM-THRID: \x8d9")
    (log,), table = read(exports.write(tmp_path, "a.mbox", raw))
    assert (log.rows_kept, table["thread_id"][0][1:3]) == (1, "90")


def test_takeout_as_tgz_is_read_where_it_lies(tmp_path: Path) -> None:
    members = {
        "Takeout/Mail/Входящие.mbox": takeout([letter()]),
        "Takeout/saved/1.eml": letter(Message_ID="<2@example.org>"),
        "Takeout/other/2.eml": letter(Message_ID="<3@example.org>"),
        "Takeout/saved/3.eml": letter(Message_ID="<4@example.org>"),
        "Takeout/Calendar/work.ics": b"BEGIN:VCALENDAR",
    }
    raw = tarred(tmp_path / "t.tgz", members)
    logs, table = read(tmp_path / "t.tgz")
    assert [(log.file, log.rows_kept) for log in logs] == [
        ("t.tgz [Takeout/Mail/Входящие.mbox]", 1),
        ("t.tgz [Takeout/saved/*.eml]", 2),
        ("t.tgz [Takeout/other/2.eml]", 1),
    ]
    assert logs[0].notes == ("files in the archive that are not e-mail and were not read: work.ics",)
    assert table["labels"].tolist() == ["Входящие", "saved", "saved", "other"]
    (tmp_path / "t.tgz").write_bytes(raw[:-40])
    assert [log.status for log in sources.read(tmp_path / "t.tgz", OURS).files] != ["read"]


def tarred(path: Path, members: dict[str, bytes]) -> bytes:
    """A packed tar archive; its bytes."""
    with tarfile.open(path, "w:gz") as archive:
        for name, raw in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(raw)
            archive.addfile(about, io.BytesIO(raw))
    return path.read_bytes()


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        (".&BBIERQQ+BDQETwRJBDgENQ-", "Входящие"),  # by Python's utf-16-be and base64, "," for "/"
        (".A&-B", "A&B"),  # RFC 3501, 5.1.3
        (".&U,BTFw-", "台北"),  # the same chapter's example
        (".R&D-team", "R&D-team"),
        (".Q&A", "Q&A"),
    ],
)
def test_folder_names_are_read_as_programs_show_them(tmp_path: Path, folder: str, label: str) -> None:
    exports.write(tmp_path, f"Maildir/{folder}/cur/1772520000.M1P2.host:2,S", letter())
    assert read(tmp_path)[1]["labels"].tolist() == [label]


def test_apple_mails_own_files_are_read(tmp_path: Path) -> None:
    said = letter(f"{BODY}last line\n")
    raw = f"{len(said)}      \n".encode() + said + b'<?xml version="1.0"?>\n<plist><dict/></plist>\n'
    exports.write(tmp_path, "V10/INBOX.mbox/1F-2A/Data/Messages/12.emlx", raw)
    exports.write(tmp_path, "Old post.mbox/mbox", mbox([letter(Message_ID="<2@example.org>")]))
    logs, table = read(tmp_path)
    assert [(log.preset, log.rows_kept) for log in logs] == [("mbox", 1), ("eml", 1)]
    assert table["body_text"].tolist() == [BODY.strip(), f"{BODY}last line"]
    assert table["labels"].tolist() == ["Old post", "INBOX"]


def test_an_archive_of_outlook_for_mac_says_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.olm", "w") as archive:
        archive.writestr("Accounts/a@example.com/com.microsoft.__Messages/Inbox/message_00000.xml", "<emails/>")
    (log,) = sources.read(tmp_path, OURS).files
    assert (log.status, str(log.error)) == (
        "unreadable",
        (
            "a.olm: it is an archive of Outlook for Mac (OLM), which the kit cannot read. In Outlook for Mac, "
            "drag the folders into the Finder; each becomes an .mbox file. Read those files."
        ),
    )


def test_a_mailbox_that_changes_while_it_is_read_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exports.write(tmp_path, "a.mbox", mbox([letter()]))
    exports.write(tmp_path, "b.mbox", mbox([letter(), letter(Message_ID="<2@example.org>")]))
    monkeypatch.setattr(mailbox, "cut", growing(path))
    data = open_data(tmp_path)
    lost, held = data.files
    assert (lost.status, lost.rows_kept, str(lost.error)) == (
        "unreadable",
        0,
        (
            "a.mbox: it changed while it was read, and is not used. Run the kit again when no program is writing to "
            "the file."
        ),
    )
    assert (held.rows_kept, held.rows_repeated) == (2, 0)  # what stands in the other, too, is not taken for known
    assert sorted(data.table("mails")["source_file"]) == ["b.mbox", "b.mbox"]


def growing(path: Path) -> Callable[..., Iterator[tuple[int | None, bytes, bytes]]]:
    """Like `mailbox.cut`, while another program writes to a file of the folder."""
    cut = mailbox.cut

    def grow(*told: Any) -> Iterator[tuple[int | None, bytes, bytes]]:
        for message in cut(*told):
            with path.open("ab") as file:
                file.write(b"\n")
            yield message

    return grow


def test_of_a_folder_of_messages_only_the_one_that_changes_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exports.write(tmp_path, "a.eml", letter())
    exports.write(tmp_path, "b.eml", letter(Message_ID="<2@example.org>"))
    monkeypatch.setattr(mailbox, "cut", growing(path))
    (log,), table = read(tmp_path)
    assert (log.status, log.rows_read, log.rows_kept) == ("read", 2, 1)
    assert [(one.file, one.reason) for one in log.rejections] == [
        ("a.eml", "it changed while it was read, and is not used")
    ]
    assert table["source_file"].tolist() == ["b.eml"]


def test_outlooks_own_messages_are_read_where_the_extra_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Exception):  # noqa: N818  the name is of the extra's
        pass

    def opened(path: Path) -> Any:
        if path.name == "b.msg":
            raise Broken("no stream")
        return nullcontext(SimpleNamespace(asEmailMessage=lambda: message_from_bytes(letter())))

    extra = ModuleType("extract_msg")
    extra.__spec__ = ModuleSpec("extract_msg", None)
    vars(extra).update(openMsg=opened, exceptions=SimpleNamespace(ExMsgBaseException=Broken))
    monkeypatch.setitem(sys.modules, "extract_msg", extra)
    mark = "__properties_version1.0".encode("utf-16-le")
    for name in ("a.msg", "b.msg"):
        exports.write(tmp_path, name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + mark)
    (log,), table = read(tmp_path)
    assert (log.file, log.rows_read, log.rows_kept) == ("*.msg", 2, 1)
    assert table["body_text"].tolist() == [BODY.strip()]
    assert [one.reason for one in log.rejections] == ["the rest of it cannot be read: no stream"]


def test_outlooks_own_files_are_named_with_what_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "extract_msg", None)
    mark = "__properties_version1.0".encode("utf-16-le")
    exports.write(tmp_path, "a.pst", b"!BDN" + bytes(600))
    exports.write(tmp_path, "b.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + mark)
    pst, msg = sources.read(tmp_path, OURS).files
    assert (pst.status, msg.status) == ("unreadable", "unreadable")
    assert str(pst.error) == (
        "a.pst: it is an Outlook mailbox (PST), which needs a separate program. "
        "Unpack it with `readpst -e -o mail FILE` (Debian: pst-utils), or export it as EML, and read that folder."
    )
    assert str(msg.error) == (
        "b.msg: it is an Outlook message (MSG), which needs the extra `msg`. "
        "Run `pip install -e '.[msg]'`, or save the messages as EML."
    )
