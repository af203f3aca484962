"""Mail: mailboxes, folders and archives to `mails`; nothing of its form stops the reading."""

from __future__ import annotations

import gzip
import shutil
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kit import sources
from kit.settings import Settings
from kit.sources.mail import mailbox, parse
from kit.store import open_data
from tests import exports
from tests.letters import ANNA, OURS, letter, mbox, one, read, takeout

if TYPE_CHECKING:
    from pathlib import Path


def test_takeout_by_hand(shared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shared / "formats" / "gmail_takeout", tmp_path / "takeout")
    (folder / "PROVENANCE").unlink()
    (plain, packed), table = read(folder)
    assert (plain.preset, plain.rows_kept) == ("gmail_takeout", 2)
    assert packed.file == "takeout-unit.zip [Takeout/Mail/All mail Including Spam and Trash.mbox]"
    assert (packed.rows_read, packed.rows_kept, packed.rows_repeated) == (2, 0, 2)  # the same two messages
    assert table["message_id"].tolist() == ["1@mail.example.com", "2@mail.example.com"]
    assert table["thread_id"].tolist() == ["1801307885802627215", "1737090252177686981"]
    assert table["labels"].tolist() == ["Inbox,Unread", "Trash"]
    # 08:37:46 -0500 and -0700, by the messages' own clocks, whatever the separators say
    times = [pd.Timestamp("2024-06-08 13:37:46Z"), pd.Timestamp("2024-06-08 15:37:46Z")]
    assert table["sent_at"].tolist() == times
    assert table["body_text"].tolist() == ["Message 1", "Message 2"]
    assert table["direction"].tolist() == ["internal", "internal"]  # noreply@example.com to user1@example.com


def test_real_messages_by_hand(shared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shared / "formats" / "eml", tmp_path / "eml")
    (folder / "PROVENANCE").unlink()
    (log,), table = read(folder)
    assert (log.file, log.preset, log.rows_kept) == ("*.eml", "eml", 4)
    rows = {row["source_file"]: row for row in table.to_dict("records")}
    assert rows["kolab_1.eml"]["body_text"] == "eeea"  # base64 of ZWVlYQ==
    assert rows["kolab_1.eml"]["to_domains"] == "kolab.org domain.tld"
    assert (rows["kolab_2.eml"]["body_text"], rows["kolab_2.eml"]["has_attachment"]) == ("eee", True)
    assert rows["kolab_2.eml"]["sent_at"] == pd.Timestamp("2012-08-10 13:18:31Z")  # its weekday is wrong
    bulk = rows["newsletter_headers_redacted.eml"]
    assert bulk["subject"] == "Быстрее вкладывайте в золото!"
    assert (bulk["is_bulk"], bulk["sent_at"]) == (True, pd.Timestamp("2017-07-15 09:18:41Z"))  # 12:18:41 +0300 (MSK)
    assert bulk["body_text"] == "Профиль\nlink"
    assert bulk["defects"] == "invalid multipart content transfer encoding"
    broken = rows["malformed_nested_same_boundary.eml"]
    assert (broken["body_text"], broken["has_attachment"]) == ("--Sent from my iPhone", True)
    assert broken["defects"] == "start boundary not found"
    assert broken["received_at"] == pd.Timestamp("2016-05-24 12:30:11Z")  # the topmost of four


def test_lines_that_begin_with_from_split_no_message_of_takeout(tmp_path: Path) -> None:
    body = "Hello,\n\nFrom Monday on we are open.\nFrom anna@example.org Tue Mar  3 07:00:05 2026\nBye\n"
    raw = takeout([letter(body), letter(Message_ID="<m2@example.org>")])
    (log,), table = read(exports.write(tmp_path, "All mail.mbox", raw))
    assert (log.preset, log.rows_kept) == ("gmail_takeout", 2)
    assert table["body_text"][0].splitlines() == body.strip().splitlines()


def test_a_plain_mailbox_splits_after_a_blank_line_only_and_unescapes(tmp_path: Path) -> None:
    body = (
        "Hello,\nFrom anna@example.org Tue Mar  3 07:00:05 2026\n>From Monday on\n>>From the beginning\n\nFrom now on\n"
    )
    raw = mbox([letter(body), letter(Message_ID="<m2@example.org>")])
    (log,), table = read(exports.write(tmp_path, "Inbox", raw))
    assert (log.preset, log.rows_kept) == ("mbox", 2)
    said = table["body_text"][0].splitlines()
    assert said[1:] == [
        "From anna@example.org Tue Mar  3 07:00:05 2026",
        "From Monday on",
        ">From the beginning",
        "",
        "From now on",
    ]
    assert table["labels"].tolist() == ["Inbox", "Inbox"]


@pytest.mark.parametrize(
    "separator",
    [
        "From - Tue Mar 03 07:00:05 2026",
        "From anna@example.org  Tue Mar  3 10:00:05 2026 +0300",
        "From anna at example.org Tue Mar  3 07:00 2026",
        "From MAILER-DAEMON Tue Mar  3 07:00:05 MSK 2026",
    ],
)
def test_separators_of_the_usual_programs(tmp_path: Path, separator: str) -> None:
    raw = mbox([letter(), letter(Message_ID="<m2@example.org>")], separator)
    (log,), _ = read(exports.write(tmp_path, "a.mbox", raw))
    assert (log.preset, log.rows_kept) == ("mbox", 2)


def test_without_own_domains_the_direction_is_asked_for(tmp_path: Path) -> None:
    (log,), table = read(exports.write(tmp_path, "a.mbox", takeout([letter(Delivered_To="g@example.com")])), Settings())
    assert table["direction"].tolist() == [None]
    assert table["contact_key"].tolist() == [None]
    assert log.notes == (
        (
            "it is unknown who wrote to whom; set own_domains or own_addresses in kit.toml; most messages were "
            "delivered to example.com"
        ),
    )


def test_a_message_counts_once_over_all_files(tmp_path: Path) -> None:
    nameless = letter(Message_ID=None)
    folder = tmp_path / "mail"
    (folder / "saved").mkdir(parents=True)
    exports.write(folder, "a.mbox", mbox([letter(), nameless, letter("other words", Message_ID=None)]))
    exports.write(folder, "b.mbox", takeout([letter(), nameless]))
    exports.write(folder / "saved", "1.eml", letter())
    logs, table = read(folder)
    assert [(log.file, log.rows_read, log.rows_kept, log.rows_repeated) for log in logs] == [
        ("a.mbox", 3, 3, 0),
        ("b.mbox", 2, 0, 2),
        ("saved/1.eml", 1, 0, 1),
    ]
    assert len(table) == 3
    second = len(takeout([letter()]))
    assert "messages without a Message-ID, so that replies to them cannot be found: 2" in logs[0].notes
    assert logs[1].rejections[1].reason == f"at byte {second}: the same message was already read; it counts once"


def test_what_is_no_message_is_left_out_with_its_place_and_the_rest_is_read(tmp_path: Path) -> None:
    raw = mbox([letter(), b"no header here\nat all\n", letter(Message_ID="<m2@example.org>")])
    (log,), table = read(exports.write(tmp_path, "a.mbox", raw))
    place = len(mbox([letter()]))
    assert (log.rows_read, log.rows_kept, len(table)) == (3, 2, 2)
    assert [one.reason for one in log.rejections] == [f"at byte {place}: it has no message header"]


def test_what_the_parser_cannot_take_apart_is_left_out_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(parse, "_body", broken)
    (log,), _ = read(exports.write(tmp_path, "a.mbox", mbox([letter()])))
    assert [one.reason for one in log.rejections] == ["at byte 0: its parts cannot be read (RecursionError)"]
    assert str(log.error) == "a.mbox: none of its messages can be read. Export it again."


def test_deeply_nested_and_never_closed_parts_are_kept(tmp_path: Path) -> None:
    deep = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(90))
    row = one(tmp_path, letter(deep + "--b90\n\nhello\n", Content_Type="multipart/mixed; boundary=b0"))
    assert row["defects"] == "close boundary not found"
    assert row["body_text"] == "hello"


def test_three_thousand_files_are_one_line_of_the_log_each_folder(tmp_path: Path) -> None:
    for folder in ("inbox", "sent"):
        (tmp_path / "mail" / folder).mkdir(parents=True)
        for number in range(20):
            said = letter(Message_ID=f"<{folder}{number}@example.org>")
            exports.write(tmp_path / "mail" / folder, f"{number}.eml", said)
    exports.write(tmp_path / "mail" / "inbox", "bad.eml", letter(Message_ID="<inbox7@example.org>"))
    logs, table = read(tmp_path / "mail")
    assert [(log.file, log.rows_read, log.rows_kept) for log in logs] == [
        ("inbox/*.eml", 21, 20),
        ("sent/*.eml", 20, 20),
    ]
    assert [one.file for one in logs[0].rejections] == ["inbox/bad.eml"]
    assert table["labels"].value_counts().to_dict() == {"inbox": 20, "sent": 20}


def test_maildir_with_its_folders_and_without_what_was_never_delivered(tmp_path: Path) -> None:
    for number, place in enumerate(("cur", "new", "tmp", ".Sent/cur", ".Sent.2026/new")):
        (tmp_path / "Maildir" / place).mkdir(parents=True)
        said = letter(Message_ID=f"<{number}@example.org>")
        exports.write(tmp_path / "Maildir" / place, f"177252000{number}.M1P2.host:2,S", said)
    logs, table = read(tmp_path)
    assert dict(zip(table["message_id"], table["labels"], strict=True)) == {
        "0@example.org": "Maildir",
        "1@example.org": "Maildir",
        "3@example.org": "Sent",
        "4@example.org": "Sent.2026",
    }
    assert sorted(log.rows_kept for log in logs) == [1, 1, 2]
    (left,) = [log for log in sources.read(tmp_path, OURS).files if log.status == "ignored"]
    assert left.why == "it is in the tmp folder of a Maildir: its delivery was never finished"


def test_an_archive_of_mail_says_what_else_is_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("Takeout/Mail/Входящие.mbox", takeout([letter()]))
        archive.writestr("Takeout/saved/1.eml", letter(Message_ID="<2@example.org>"))
        archive.writestr("Takeout/saved/2.eml", letter(Message_ID="<3@example.org>"))
        archive.writestr("Takeout/Calendar/work.ics", "BEGIN:VCALENDAR")
    logs, table = read(tmp_path / "t.zip")
    assert [(log.file, log.rows_kept) for log in logs] == [
        ("t.zip [Takeout/Mail/Входящие.mbox]", 1),
        ("t.zip [Takeout/saved/*.eml]", 2),
    ]
    assert logs[0].notes == ("files in the archive that are not e-mail and were not read: work.ics",)
    assert table["labels"].tolist() == ["Входящие", "saved", "saved"]


def test_a_packed_mailbox_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    packed = gzip.compress(mbox([letter(), letter("x" * 100 + "\n" + "yz" * 5000, Message_ID="<m2@example.org>")]))
    (log,), table = read(exports.write(tmp_path, "a.mbox.gz", packed[: len(packed) - 12]))
    assert table["message_id"][0] == "m1@example.org"
    assert log.rejections[-1].reason == "the rest of it cannot be read: the packed file is cut off"


def test_outlook_csv_is_read_for_what_it_has(tmp_path: Path) -> None:
    header = (
        '"Subject","Body","From: (Name)","From: (Address)","From: (Type)","To: (Name)","To: (Address)","To: (Type)",'
        '"CC: (Name)","CC: (Address)","CC: (Type)","BCC: (Name)","BCC: (Address)","BCC: (Type)","Billing Information",'
        '"Categories","Importance","Mileage","Sensitivity"'
    )  # FORMATS 6.2, as seen
    rows = (
        (
            '"Заказ","Добрый день,\r\n\r\nгде мой заказ?","Anna","anna@example.org","SMTP","G","garage@example.com",'
            '"SMTP",,,,,,,,"VIP;Tyres",Normal,,Normal'
        ),
        '"Re: Заказ","Готов","Boss","/O=ORG/OU=X/CN=BOSS","EX","Anna","anna@example.org","SMTP",,,,,,,,,Normal,,Normal',
    )
    text = "\r\n".join([header, *rows, ""])
    for encoding in ("cp1251", "utf-8", "cp866"):
        loaded = sources.read(exports.write(tmp_path, f"{encoding}.csv", text, encoding), OURS)
        (log,) = loaded.files
        table = loaded.tables["mails"].astype(object)
        assert (log.preset, log.rows_read, log.rows_kept, log.unmapped) == ("outlook_csv", 2, 2, ())
        assert table["subject"].tolist() == ["Заказ", "Re: Заказ"]
        assert table["body_text"][0] == "Добрый день,\n\nгде мой заказ?"
        assert (table["direction"][0], table["contact_key"][0], table["labels"][0]) == ("in", ANNA, "VIP,Tyres")
        assert pd.isna(table.loc[1, ["direction", "from_key", "sent_at", "thread_id"]]).all()
        assert any(
            str(note).startswith("this kind of export has no dates, Message-IDs or threads") for note in log.notes
        )
        assert "1 sender is known only by an Exchange name, which is not an address" in log.notes


def test_the_store_holds_mail_of_every_kind(tmp_path: Path) -> None:
    exports.write(tmp_path, "kit.toml", 'own_domains = ["example.com"]\n')
    exports.write(tmp_path, "a.mbox", takeout([letter()]))
    exports.write(tmp_path, "b.csv", "Subject,Body,From: (Address),To: (Address)\nx,y,anna@example.org,g@example.com\n")
    data = open_data(tmp_path)
    assert sorted(data.table("mails")["source"]) == ["gmail_takeout", "outlook_csv"]
    assert {log.file: log.rows_kept for log in data.files if log.preset} == {"a.mbox": 1, "b.csv": 1}


def test_a_mailbox_twice_as_large_needs_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "ROWS", 50)
    monkeypatch.setattr(mailbox, "BLOCK", 1 << 16)
    peaks = []
    for size in (400, 400, 1600):  # the first reading pays for what is loaded once
        said = [letter("word " * 1000 + "\n", Message_ID=f"<{size}.{n}@example.org>") for n in range(size)]
        path = exports.write(tmp_path, f"{size}.mbox", mbox(said))
        found = sources.read(path, OURS).mail
        del said
        tracemalloc.start()
        mailbox.project(found, tmp_path, OURS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] * 1.5  # four times the messages; what grows is 8 bytes of memory of each
