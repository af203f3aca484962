"""Notebook 00: files with what became of them, notes, mail by month; a folder without any campaign has its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import small

import kit
from kit.questions import requirements
from kit.questions.check_the_export import answerable, disagreements, files, mail_by_month
from kit.questions.notebooks import NOTEBOOKS, load
from kit.report.quality import unread

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "<script>alert('x')</script> & \"$5\" ☀"


def test_what_a_file_could_have_been_and_what_to_do_is_said(tmp_path: Path) -> None:
    small.table(tmp_path, "a.csv", ["Campaign", "Date", "Sent", "Opened"], [["one", "03/04/2026", 100, 20]])
    (tmp_path / "b.txt").write_text("nothing that is known\n", encoding="utf-8")
    data = kit.open(tmp_path)
    unread = files.check(data).unread_table().frame.set_index("file")
    assert "day_first" in unread.loc["a.csv", "hint"]
    assert not unread.loc["a.csv", "why"].startswith("a.csv")
    assert set(files.check(data).recognised_table().frame.columns) == {"file", "preset", "why", "passed_over"}


def test_a_note_says_what_it_is_about(tmp_path: Path) -> None:
    head = "Order ID,Email,Date,Total\n"
    (tmp_path / "jan.csv").write_text(f"{head}1,a@example.com,2026-01-05,10\n", encoding="utf-8")
    (tmp_path / "feb.csv").write_text(f"{head}1,a@example.com,2026-01-05,10\n2,b@example.com,2026-02-06,20\n")
    about = disagreements.find(kit.open(tmp_path)).notes.set_index("about")["note"]
    assert about["orders"].startswith("1 row is in several files")
    assert "campaigns" not in about


def test_a_subject_with_markup_is_shown_as_text(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{"Subject": f"TEST {NASTY}", "Total Recipients": 2}, {"Unique Id": "00000000ab"}])
    html = disagreements.find(kit.open(tmp_path)).tests_table().html().replace("<wbr>", "")
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;$5&quot; ☀" in html


def test_what_came_in_is_said_with_what_was_lost(tmp_path: Path) -> None:
    header = ["Campaign", "Date", "Sent", "Opened"]
    small.table(tmp_path, "a.csv", header, [["one", "2026-01-05", 100, 20], ["two", "soon", 100, 2]])
    (tmp_path / "notes.txt").write_text("nothing that is known\n", encoding="utf-8")
    data = kit.open(tmp_path)
    assert kit.arrived(data).text == (
        f"{tmp_path.name}: 1 of 2 files read, 1 of 2 rows kept, 1 rejected (50.0%), 1 campaign; "
        "data up to 2026-01-05 00:00 (time zone unknown, times as written). "
        "Rates are based on sent e-mails: your files do not contain the number delivered."
    )
    assert files.check(data).summary().headline
    assert files.check(data).unread_table().frame["file"].tolist() == ["notes.txt"]
    (rejected,) = files.check(data).rejections_table().frame.to_dict("records")
    assert (rejected["file"], rejected["line"], rejected["column"]) == ("a.csv", 3, "Date")


def test_a_folder_without_campaigns_has_every_section(tmp_path: Path) -> None:
    small.settings(tmp_path, 'time_zone = "Europe/Berlin"')
    small.table(
        tmp_path, "orders.csv", ["Order ID", "Email", "Date", "Total"], [["1", "a@example.com", "2026-01-05", 20]]
    )
    data = kit.open(tmp_path)
    sources, mail = disagreements.find(data), mail_by_month.count(data)
    assert files.check(data).summary().text == "1 of 1 file was read. 1 row was read and not rejected."
    assert [len(table.frame) for table in (sources.table(), sources.tests_table(), mail.table())] == [0, 0, 0]
    assert mail.plot().alt == "E-mails sent by month: nothing to draw, your files contain no month with e-mails."
    assert mail.summary().text == "Your files contain no month with e-mails."
    questions = answerable.check(data).questions.set_index("notebook")["reason"]
    assert questions["02_months"] == "none of your files contains a report of campaigns or a log of e-mails sent"
    assert questions[["00_check_the_export", "09_retention"]].isna().all()


def test_rows_set_aside_have_their_own_count_and_are_no_loss(tmp_path: Path) -> None:
    header = ["Campaign", "Date", "Sent", "Opened"]
    small.table(
        tmp_path,
        "a.csv",
        header,
        [["one", "2026-01-05", 100, 20], ["two", "2026-02-05", 50, 5], ["Total", "", 150, 25]],
    )
    data = kit.open(tmp_path)
    (log,) = data.files
    assert (log.rows_read, log.rows_kept, log.rows_set_aside, log.rows_repeated, log.rows_rejected) == (3, 2, 1, 0, 0)
    assert [(row.line, row.is_set_aside) for row in log.rejections] == [(4, True)]
    assert "1 set aside" in kit.arrived(data).text
    assert files.check(data).files.loc[0, ["rows_kept", "rows_set_aside", "rows_rejected"]].tolist() == [2, 1, 0]
    assert files.check(data).rejections_table().frame["line"].tolist() == [4]
    assert unread(data.files) == {}  # what makes the exit status 1


def test_events_that_are_none_of_ours_are_set_aside(tmp_path: Path) -> None:
    lines = [
        '{"RecordType": "Delivery", "Recipient": "a@example.com", "DeliveredAt": "2026-01-05 09:00Z"}',
        '{"RecordType": "Inbound", "MessageID": "m2", "From": "a@example.com"}',
        '{"RecordType": "Delivery", "MessageID": "m3", "Recipient": "b@example.com", "DeliveredAt": "soon"}',
    ]
    (tmp_path / "hooks.ndjson").write_text("\n".join(lines), encoding="utf-8")
    (log,) = kit.open(tmp_path).files
    assert (log.rows_read, log.rows_kept, log.rows_set_aside, log.rows_rejected) == (3, 1, 1, 1)


def test_a_reason_names_what_the_files_lack_in_a_readers_words(tmp_path: Path) -> None:
    small.settings(tmp_path, 'time_zone = "Europe/Berlin"')
    small.table(tmp_path, "orders.csv", ["Order ID", "Date", "Total"], [["1", "2026-01-05", 20]])
    reasons = answerable.check(kit.open(tmp_path)).questions.set_index("notebook")["reason"]
    assert reasons["13_lapsed"] == (
        "orders came without the customer's address or number; "
        "none of your files contains conversions such as appointments"
    )
    needs = [need for book in load(NOTEBOOKS) for need in book.requires.get("any", [])]
    assert {column for need in needs for column in need.get("columns", [])} <= set(requirements.FACTS)
