"""What `kit check` says, and the report that may be sent: nothing that a cell says is in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kit import cli
from kit.report.check import check
from kit.report.problem import report, shape
from kit.store import open_data
from tests import exports, small

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = "Zwiebelkuchen"
"""A word that no header, no preset and no message has."""


def plant(folder: Path) -> None:
    """Exports with the secret in every cell, above the header, in names of files, sheets and keys of data."""
    row = ",".join(f"{PLANTED}{n}" for n in range(6))
    rows = [
        f"{PLANTED},2026-01-05,100,30,{PLANTED},{PLANTED}@example.com",
        f"{PLANTED},2026-02-05,9,2,,x@{PLANTED}.com",
    ]
    lines = [f"Report for {PLANTED}", "", "Kampagne,Versendet am,Menge,Leute,Ort,Wer", row, *rows, ""]
    exports.write(folder, f"{PLANTED}.csv", "\n".join(lines))
    exports.write(folder, f"headless {PLANTED}.csv", f"{PLANTED}@example.com,17\n{PLANTED}x@example.com,18\n")
    exports.write(folder, "words.csv", f"{PLANTED} a,{PLANTED} b\n{PLANTED} c,{PLANTED} d\n{PLANTED} e,{PLANTED} f\n")
    table = "Campaign,Subject,Date,Sent,Opened,{0}@example.com\n{0},{0},2026-01-05,100,{0},1\n{0},{0},{0},100,3,{0}\n"
    exports.write(folder, f"read {PLANTED}.csv", table.format(PLANTED))
    exports.write(
        folder, "people.csv", f"Email,Status,Opted in at\n{PLANTED}@example.com,{PLANTED},2026-01-05\n{PLANTED},,\n"
    )
    report = exports.REPORT.replace("Brake check", PLANTED).replace("Are your brakes ready?", PLANTED)
    exports.write(folder, "report.csv", report.replace("garage", PLANTED).replace("/brakes", f"/{PLANTED}"))
    exports.workbook(
        folder, "book.xlsx", {PLANTED: [["Order ID", "Email", "Date", "Total"], [PLANTED, PLANTED, PLANTED, PLANTED]]}
    )
    small.log(folder, [small.event("open", 1, email=f"{PLANTED}@example.com", url=PLANTED, singlesend_name=PLANTED),
                       small.event(PLANTED, 1, at=PLANTED)], f"{PLANTED}.ndjson")  # fmt: skip
    exports.write(folder, "other.json", json.dumps([{"what": PLANTED, "who": {f"{PLANTED}@example.com": PLANTED}}]))
    exports.write(
        folder, f"{PLANTED}.csv.map.yaml", f"header: [a]\ntable: orders\ncolumns: {{total: {PLANTED}, {PLANTED}: x}}\n"
    )


def test_nothing_that_a_cell_says_is_in_the_report(tmp_path: Path) -> None:
    (tmp_path / PLANTED).mkdir()
    plant(tmp_path / PLANTED)
    said = report(open_data(tmp_path / PLANTED))
    assert PLANTED.casefold() not in said.casefold()
    assert "example.com" not in said
    assert str(tmp_path) not in said
    for header in ("Kampagne", "Versendet am", "Menge", "Subject", "Order ID", "Opted in at", "singlesend_name"):
        assert header in said


def test_a_report_says_what_a_preset_needs(tmp_path: Path) -> None:
    exports.write(
        tmp_path, "a.csv", "Kampagne;Versendet am;Menge;Wer\nErnte;21.01.2026 10:22;1 100;a@example.com\n", "cp1252"
    )
    said = report(open_data(tmp_path))
    assert "header on line 1, 4 columns" in said
    assert "1. Kampagne: aaa (100%); 5 to 5 characters; 0% empty; 1 different of 1" in said
    assert "2. Versendet am: 99.99.9999 99:99 (100%)" in said
    assert "3. Menge: 9 999 (100%)" in said
    assert "4. Wer: a@aaa.aaa (100%)" in said
    assert "columns by ';'" in said
    assert said.startswith("Problem report of the e-mail analysis kit 0.2.0, Python 3.")


def test_a_shape_says_the_form_alone() -> None:
    assert [shape(one) for one in ("2026-11-03 09:15", "anna@example.com", "Весна 26", "x" * 99, "", 12.5)] == [
        "9999-99-99 99:99", "aaa@aaa.aaa", "яяя 99", "text", "", "99.9",
    ]  # fmt: skip


def test_the_report_goes_to_a_new_file_or_to_the_terminal(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", exports.MONTHS)
    shown = CliRunner().invoke(cli.main, ["check", str(tmp_path), "--report"], catch_exceptions=False)
    assert shown.stdout.startswith("Problem report")
    out = tmp_path.parent / "report.txt"
    words = ["check", str(tmp_path), "--report", str(out)]
    assert CliRunner().invoke(cli.main, words, catch_exceptions=False).stdout == f"{out}\n"
    assert out.read_text(encoding="utf-8") == shown.stdout
    again = CliRunner().invoke(cli.main, words, catch_exceptions=False)
    assert (again.exit_code, again.stderr) == (2, f"kit: --report {out} already exists and was not changed.\n")


ORDERS = "Order ID,Email,Date,Total\n1,a@example.com,2026-01-05 10:00,12\n"
ASKED = [
    ({"a.csv": exports.MONTHS}, "", ["time_zone"]),
    ({"a.csv": ORDERS}, "", ["time_zone", "currency"]),
    ({"a.csv": ORDERS}, 'time_zone = "Europe/Berlin"\ncurrency = "EUR"\n', []),
    ({"a.csv": ORDERS.replace("2026-01-05", "05/01/2026")}, 'time_zone = "Europe/Berlin"\n', ["day_first"]),
]


@pytest.mark.parametrize(("files", "settings", "keys"), ASKED)
def test_what_the_data_needs_is_asked_for_by_name(
    tmp_path: Path, files: dict[str, str], settings: str, keys: list[str]
) -> None:
    for name, content in files.items():
        exports.write(tmp_path, name, content)
    exports.write(tmp_path, "kit.toml", settings)
    found = check(tmp_path)
    assert list(found.asked) == keys
    assert ("Please set in kit.toml" in found.as_text()) is bool(keys)


def test_a_mailbox_needs_to_know_whose_it_is(tmp_path: Path) -> None:
    head = "From: a@example.com\nTo: b@example.org\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n"
    exports.write(tmp_path, "a.eml", f"{head}Subject: x\n\nx\n")
    assert "own_domains" in check(tmp_path).asked


def test_a_file_says_what_it_is_and_what_it_was_not(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Title,Subject,Total Recipients,Unique Opens,Colour\nA,B,100,30,red\n")
    said = check(tmp_path).as_text()
    assert "campaign_stats → campaign_stats  1 = 1 + 0" in said
    assert "    does not match mailchimp_campaigns, which needs 'Send Date'" in said
    assert "    format: utf-8, columns separated by ','" in said
    assert "    not used: Colour" in said


def test_many_columns_and_long_ones_never_flood(tmp_path: Path) -> None:
    names = ",".join(f"{'z' * 200}{n}" for n in range(300))
    exports.write(tmp_path, "a.csv", f"Campaign,Sent,Opened,{names}\nA,{'9' * 5000},1,{',' * 299}\n")
    lines = check(tmp_path).as_text().splitlines()
    assert max(map(len, lines)) < 1500
    assert any(line.endswith("… and 280 more") for line in lines)


def test_signs_that_a_terminal_obeys_are_not_shown(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Campaign,Sent,\x1b[2J\u202eevil\nA,\x1b[31m,1\n")
    said = check(tmp_path).as_text()
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_rows_that_are_lost_make_the_exit_status_1_and_rows_said_twice_do_not(tmp_path: Path) -> None:
    exports.write(tmp_path, "a.csv", "Campaign,Sent,Opened\nA,1,1\nTotal,1,1\n")
    assert CliRunner().invoke(cli.main, ["check", str(tmp_path)]).exit_code == 0
    exports.write(tmp_path, "a.csv", "Campaign,Sent,Opened\nA,1,1\nB,-1,\nC,-2,\n")
    assert check(tmp_path).unread == {
        "a.csv": (
            "a.csv, line 3, column 'Sent': '-1' is negative, but a count never is. Write the intended "
            "number, or leave the cell empty. And 1 more rows."
        )
    }
    assert CliRunner().invoke(cli.main, ["check", str(tmp_path)]).exit_code == 1
