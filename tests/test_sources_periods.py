"""Reports of web analytics whose days are the same, or overlap: no session counts twice, and what is left is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kit
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path


def report(
    folder: Path, name: str, days: tuple[str, str], table: str, site: str = "https://garage.example.com/"
) -> None:
    start, end = (day.replace("-", "") for day in days)
    exports.write(folder, name, f"# Property: {site}\n# Start date: {start}\n# End date: {end}\n{table}")


MARCH, SPRING = ("2026-03-01", "2026-03-31"), ("2026-03-15", "2026-04-15")
BY_CAMPAIGN = "Session campaign,Sessions\na,10\nb,5\n"


def once(folder: Path) -> tuple[int, dict[str, tuple[str, ...]]]:
    """All sessions that count, and what the logs of files say."""
    data = kit.open(folder)
    for log in data.files:
        assert log.rows_read == log.rows_kept + log.rows_left_out
    assert sum(log.rows_kept for log in data.files) == len(data.table("web"))
    return int(data.table("web")["sessions"].sum()), {log.file: log.notes for log in data.files}


def test_two_reports_of_the_same_days_are_one(tmp_path: Path) -> None:
    report(tmp_path, "a.csv", MARCH, BY_CAMPAIGN)
    report(tmp_path, "later.csv", MARCH, "Session campaign,Sessions,Engaged sessions\na,10,4\nb,6,2\nc,1,0\n")
    total, notes = once(tmp_path)
    assert total == 17  # 10 + 6 + 1: of what both tell, the report that knows of more sessions
    assert notes["a.csv"][-1] == "2 of its 2 rows are also in later.csv, for the same days; they are counted once"


def test_rows_that_only_one_report_of_the_same_days_has_are_added(tmp_path: Path) -> None:
    report(tmp_path, "a.csv", MARCH, BY_CAMPAIGN)
    report(tmp_path, "rest.csv", MARCH, "Session campaign,Sessions\nb,5\nc,2\n")
    assert once(tmp_path)[0] == 17


def test_a_report_that_tells_less_of_the_same_days_is_set_aside_by_name(tmp_path: Path) -> None:
    report(tmp_path, "a.csv", MARCH, BY_CAMPAIGN)
    report(tmp_path, "channels.csv", MARCH, "Session default channel group,Sessions\nEmail,15\nDirect,9\n")
    total, notes = once(tmp_path)
    assert total == 15
    assert notes["channels.csv"][-1] == (
        "a.csv has the same sessions and more about where they came from; 2 of its 2 rows are not counted"
    )


def test_reports_whose_days_overlap_are_never_added(tmp_path: Path) -> None:
    report(tmp_path, "a.csv", MARCH, BY_CAMPAIGN)
    report(tmp_path, "b.csv", SPRING, "Session campaign,Sessions\na,7\n")
    report(tmp_path, "may.csv", ("2026-05-01", "2026-05-31"), "Session campaign,Sessions\na,1\n")
    total, notes = once(tmp_path)
    assert total == 8  # 32 days of b and all of May; nobody can tell which of March's sessions b holds
    assert notes["a.csv"][-1] == (
        "its days 2026-03-01 to 2026-03-31 overlap with those of b.csv, so it is unknown which sessions are in "
        "both. 2 of its 2 rows are not counted. Export periods that do not overlap"
    )


def test_reports_by_day_overlap_without_loss(tmp_path: Path) -> None:
    table = "Date,Session campaign,Sessions\n20260330,a,1\n20260331,a,2\n{}20260401,a,4\n"
    report(tmp_path, "a.csv", MARCH, table.format("").replace("20260401,a,4\n", ""))
    report(tmp_path, "b.csv", SPRING, table.format(""))
    assert once(tmp_path)[0] == 7  # 30 and 31 March once, and 1 April


def test_two_sites_of_one_firm_are_added(tmp_path: Path) -> None:
    report(tmp_path, "a.csv", MARCH, BY_CAMPAIGN)
    report(tmp_path, "b.csv", MARCH, BY_CAMPAIGN, "https://shop.example.com/")
    total, notes = once(tmp_path)
    assert (total, set(notes.values())) == (30, {()})


def test_a_year_by_channel_does_not_hide_the_months_by_campaign(tmp_path: Path) -> None:
    report(tmp_path, "march.csv", MARCH, BY_CAMPAIGN)
    report(tmp_path, "april.csv", ("2026-04-01", "2026-04-30"), BY_CAMPAIGN)
    report(tmp_path, "year.csv", ("2026-01-01", "2026-12-31"), "Session default channel group,Sessions\nEmail,400\n")
    assert once(tmp_path)[0] == 30
