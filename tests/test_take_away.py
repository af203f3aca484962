"""What can be taken from a report: the workbook, the mail, the people behind a finding (CHECKS: B23)."""

from __future__ import annotations

import csv
import email
import email.policy
from typing import TYPE_CHECKING

import openpyxl
import pytest
import small
import tiny
from click.testing import CliRunner

from kit import report
from kit.cli import main
from kit.errors import UsageError
from kit.report import people

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [["=1+1", -3], ["+49 30 for anna@example.com", 0.25], ["\x07bell", None], ["x" * 40_000, 1_000_000]]
TITLES = "import kit\nfrom kit.questions import months\nexport = kit.open(data, period, where)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("made")
    tiny.notebook(
        base / "notebooks" / "02_months.ipynb",
        TITLES,
        "months.tiles.now(export)",
        "months.rates.by_month(export).table()",
        tiny.table(ROWS, "text", "number", name="a/b: [c]"),
        tiny.table(ROWS, "text", "number", name="a/b: [c]"),
        tiny.sentence("A finding for <b>anna@example.com</b>.", headline=True, weight=9, next_step="Do this."),
        question="How do they move?",
    )
    built = report.build(
        tiny.export(base / "exports"), base / "out", notebooks=base / "notebooks", forms=["xlsx", "eml"]
    )
    assert built.taken == (base / "out" / "report.xlsx", base / "out" / "report.eml")
    return base


def test_the_workbook_has_a_cover_and_a_sheet_a_table(made: Path) -> None:
    book = openpyxl.load_workbook(made / "out" / "report.xlsx")
    assert book.sheetnames == ["Cover", "02 KPIs by month of sending", "02 a b c", "02 a b c (2)"]
    cover = [[cell for cell in row if cell is not None] for row in book["Cover"].iter_rows(values_only=True)]
    assert ["period", "all months"] in cover
    assert ["data up to", "2026-09-02 10:00"] in cover
    assert ["campaigns.csv", "mailchimp_campaigns", "read", 3, 3, 0, 0, 0] in cover
    assert ["02 a b c", "a/b: [c]", "How do they move?"] in cover
    assert book["Cover"]["A9"].hyperlink.location == "'02 KPIs by month of sending'!A1"


def test_numbers_are_numbers_and_no_text_is_a_formula(made: Path) -> None:
    book = openpyxl.load_workbook(made / "out" / "report.xlsx")
    months = book["02 KPIs by month of sending"]
    head = [cell.value for cell in months[4]]
    opened = months.cell(5, head.index("Open rate (raw)") + 1)
    assert (opened.value, opened.number_format) == (0.2, "0.0%")
    texts = [row[0] for row in book["02 a b c"].iter_rows(min_row=5, max_row=8)]
    assert [cell.data_type for cell in texts] == ["s"] * 4
    assert [cell.value for cell in texts[:3]] == ["=1+1", "+49 30 for •••@example.com", "bell"]
    assert len(texts[3].value) == 32_767
    assert [row[1].value for row in book["02 a b c"].iter_rows(min_row=5, max_row=8)] == [-3, 0.25, None, 1_000_000]
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_mail_is_a_draft_with_its_pictures_inside(made: Path) -> None:
    mail = email.message_from_bytes((made / "out" / "report.eml").read_bytes(), policy=email.policy.default)
    assert (mail["X-Unsent"], mail["From"], mail["To"]) == ("1", None, None)
    assert mail["Subject"] == "Report: exports, data up to 2026-09-02 10:00"
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds[:4] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"]
    html = mail.get_body(("html",)).get_content()
    pictures = {part["Content-ID"].strip("<>"): part for part in mail.walk() if part.get_content_type() == "image/png"}
    assert pictures
    for name, part in pictures.items():
        assert f'src="cid:{name}"' in html
        assert len(part.get_content()) < 10_000
    assert "A finding for &lt;b&gt;•••@example.com&lt;/b&gt;. Do this." in html
    assert "A finding for <b>•••@example.com</b>. Do this." in mail.get_body(("plain",)).get_content()
    for banned in ("<script", "http://", "https://", "<style"):
        assert banned not in html


def test_a_report_with_them_is_still_one_that_can_be_replaced(made: Path) -> None:
    before = (made / "out" / "report.eml").read_bytes()
    report.build(made / "exports", made / "out", notebooks=made / "notebooks", forms=["eml"])
    assert (made / "out" / "report.eml").read_bytes() == before
    assert not (made / "out" / "report.xlsx").exists()


def test_the_people_behind_a_finding_are_as_many_as_it_counts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    events = [small.event("processed", person) for person in range(30)]
    events += [small.event("bounce", person, type="bounce", status="5.1.1") for person in range(4)]
    events += [small.event("delivered", person) for person in range(4, 30)]
    small.log(tmp_path / "in", events)
    path, n = people.write("hard_bounces", tmp_path / "in", tmp_path / "out", {})
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert n == len(rows) == sum(int(row["messages"]) for row in rows) == 4
    assert not any("@" in cell for row in rows for cell in row.values())
    with pytest.raises(UsageError, match="already exists"):
        people.write("hard_bounces", tmp_path / "in", tmp_path / "out", {})
    with pytest.raises(UsageError, match="Did you mean"):
        people.write("hard_bounce", tmp_path / "in", tmp_path / "out", {})
    listed = CliRunner().invoke(main, ["people"])
    assert listed.output.splitlines()[0] == "lapsed         lapsed customers; those who may be e-mailed come first"
    assert [line.split()[0] for line in listed.output.splitlines()] == list(people.FINDINGS)
