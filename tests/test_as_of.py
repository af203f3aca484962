"""The moment up to which the data knows: the latest time of all, but for a slip of the pen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import kit
from kit import counts
from kit.counts import log
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
    assert [note for note in data.notes if note.startswith("contacts.csv: opted_in_at 2062-04-01 is far later")]


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


DELIVERED = [f"2026-03-02T10:00:{second:02d}Z" for second in range(10)]


def log_of(folder: Path, last: str) -> None:
    """A log of ten mails of 2 March, opened within the hour, that goes on to 12 March; and one opening more."""
    sends = [(f"p{n}@example.com", "delivered", at) for n, at in enumerate(DELIVERED)]
    opened = [(f"p{n}@example.com", "opened", "2026-03-02T11:00:00Z") for n in range(4)]
    later = [("p9@example.com", "opened", "2026-03-12T11:00:00Z"), ("p8@example.com", "opened", last)]
    rows = [[person, what, at, "c1"] for person, what, at in (*sends, *opened, *later)]
    small.table(folder, "log.csv", ["Email", "Event", "Occurred at", "Campaign ID"], rows)
    mapping = """\
table: events
header: [Email, Event, Occurred at, Campaign ID]
columns: {email: Email, event_type: Event, occurred_at: Occurred at, source_campaign_id: Campaign ID}
values: {event_type: {delivered: [delivered], open: [opened]}}
"""
    (folder / "log.csv.map.yaml").write_text(mapping)


@pytest.mark.parametrize("last", ["2026-03-12T12:00:00Z", "2062-03-12T12:00:00Z"])
def test_a_slip_in_a_log_moves_no_window(last: str, tmp_path: Path) -> None:
    log_of(tmp_path, last)
    small.table(
        tmp_path, "orders.csv", ["Order ID", "Email", "Order date", "Total"],
        [[str(n), f"p{n}@example.com", f"2026-03-0{3 + n} 10:00", "20"] for n in range(6)],
    )  # fmt: skip
    (tmp_path / "kit.toml").write_text('time_zone = "UTC"\ncurrency = "EUR"\n')
    data = kit.open(tmp_path)
    assert data.as_of == datetime(2026, 3, 12, 12 if last.startswith("2026") else 11)
    events, taken = data.expression("events"), log.actions(data)
    assert log.known_until(data, events).to_pyarrow().as_py() == data.as_of.replace(tzinfo=UTC)
    assert log.followed_until(data).to_pyarrow().as_py() == datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert taken.count().to_pyarrow().as_py() == 6


def test_a_slip_in_an_order_makes_no_mail_old_enough(tmp_path: Path) -> None:
    log_of(tmp_path, "2026-03-12T12:00:00Z")
    dates = ["2026-03-03 10:00", "2026-03-04 10:00", "2026-03-05 10:00", "2026-03-06 10:00", "2062-03-05 10:00"]
    rows = [[str(n), f"p{n}@example.com", date, "20"] for n, date in enumerate(dates)]
    small.table(tmp_path, "orders.csv", ["Order ID", "Email", "Order date", "Total"], rows)
    (tmp_path / "kit.toml").write_text('time_zone = "UTC"\ncurrency = "EUR"\n')
    mail = counts.messages(kit.open(tmp_path), ["campaign_id"], window_days=7)
    assert mail["converted"].isna().all()  # known up to 6 March only: the week after 2 March is not over
