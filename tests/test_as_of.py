"""The moment up to which the data knows: the latest time of all, but for a slip of the pen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

import kit
from tests import small

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGNS = ["Campaign", "Date", "Sent", "Delivered", "Opened"]
CONTACTS = ["Email", "Status", "Opted in at"]


def campaigns(folder: Path, dates: list[str]) -> None:
    small.table(
        folder, "campaigns.csv", CAMPAIGNS, [[f"News {n}", date, 100 + n, 99, 30] for n, date in enumerate(dates)]
    )


def contacts(folder: Path, dates: list[str]) -> None:
    rows = [[f"p{n}@example.com", "subscribed", date] for n, date in enumerate(dates)]
    small.table(folder, "contacts.csv", CONTACTS, rows)


def test_a_mistyped_year_is_named_and_moves_nothing(tmp_path: Path) -> None:
    campaigns(tmp_path, [f"2026-0{n}-05 10:00" for n in range(1, 7)])
    contacts(tmp_path, ["2025-01-01", "2025-02-01", "2062-04-01", "2025-05-01", "2025-06-01"])
    data = kit.open(tmp_path)
    assert data.as_of == datetime(2026, 6, 5, 10)
    assert [note for note in data.notes if note.startswith("contacts.csv: opted_in_at 2062-04-01 lies far ahead")]


@pytest.mark.parametrize("slip", ["2031-02-03", "2099-02-03"])
def test_a_time_far_after_all_others_of_its_column_is_a_slip_whatever_the_clock_says(tmp_path: Path, slip: str) -> None:
    campaigns(tmp_path, [*(f"2017-0{n}-05" for n in range(1, 7)), slip])
    data = kit.open(tmp_path)
    assert data.as_of == datetime(2017, 6, 5)
    assert f"sent_local {slip}" in " ".join(data.notes)


def test_a_send_that_is_planned_does_not_set_the_moment(tmp_path: Path) -> None:
    campaigns(tmp_path, ["2026-01-05", "2026-02-05", "2099-01-05"])  # two and a plan: too few to be far from each other
    assert kit.open(tmp_path).as_of == datetime(2026, 2, 5)


def test_old_contacts_and_one_new_campaign_are_no_slip(tmp_path: Path) -> None:
    campaigns(tmp_path, ["2026-02-05"])
    contacts(tmp_path, [f"2014-0{n}-01" for n in range(1, 8)])
    data = kit.open(tmp_path)
    assert (data.as_of, data.notes) == (datetime(2026, 2, 5), ())


def test_several_late_times_are_no_slip(tmp_path: Path) -> None:
    campaigns(tmp_path, [*(f"2014-0{n}-05" for n in range(1, 7)), "2026-01-05", "2026-02-05"])
    assert kit.open(tmp_path).as_of == datetime(2026, 2, 5)


def test_where_all_times_are_ahead_the_clock_is_wrong(tmp_path: Path) -> None:
    campaigns(tmp_path, ["2090-01-05", "2090-02-05", "2090-03-05"])
    data = kit.open(tmp_path)
    assert (data.as_of, data.notes) == (datetime(2090, 3, 5), ())


def test_the_reference_of_a_mistyped_year(shared: Path, tmp_path: Path) -> None:
    for file in (shared / "attack" / "typo_year_moves_as_of" / "in").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert kit.open(tmp_path).as_of == datetime(2026, 6, 5, 10)
