"""What people do without the mail, beside what they do after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import small
from small import DAY, event

import kit
from kit import counts, metrics
from kit.questions.compare_campaigns import every_campaign
from kit.questions.months import rates, seven

if TYPE_CHECKING:
    from pathlib import Path

SENT = 1_772_359_200
"""2026-03-01 10:00 UTC, in seconds."""


def export(place: Path) -> kit.store.Data:
    """Ten mails of one campaign and day, of which one is too young to be followed; who acted how many days from it."""
    small.settings(place, 'time_zone = "UTC"', "as_of = 2026-03-20T10:00:00", 'goal = "appointments"')
    events = [event("delivered", person, campaign="odd", at=SENT) for person in range(9)]
    events.append(event("delivered", 9, campaign="odd", at=SENT + 10 * DAY))
    small.log(place, events)
    acted = {0: -8, 1: -6, 2: -1, 3: 1, 4: 7, 5: 8, 6: 14, 7: 15, 9: -2}
    whose = {person: event("open", person)["email"] for person in acted}
    rows = [
        (whose[person], "appointment", f"{pd.Timestamp(SENT + days * DAY, unit='s')}") for person, days in acted.items()
    ]
    rows.append((whose[1], "review", f"{pd.Timestamp(SENT + 9 * DAY, unit='s')}"))
    small.table(place, "did.csv", ["Email", "Action", "Date"], rows)
    return kit.open(place)


def test_the_windows_before_and_after_are_counted_by_hand(tmp_path: Path) -> None:
    data = export(tmp_path)
    row = counts.base_rate(data, action="appointment").iloc[0]
    # Within 7 days before: people 1 and 2; later than 7 and up to 14 days after: 5 and 6. Person 9's mail is too young.
    assert row[["days", "mails", "before", "later"]].tolist() == [7, 9, 2, 2]
    assert counts.base_rate(data).iloc[0]["later"] == 3  # any action: the review of person 1


def test_the_conversion_rate_stands_beside_what_comes_anyway(tmp_path: Path) -> None:
    data = export(tmp_path)
    for result in (rates.by_month(data), seven.by_month(data), every_campaign.count_all(data)):
        text = result.table().text()
        assert "Of 9 of these e-mails, 22.2% (" in text
        assert "had the same action by the same person in the 7 days before." in text


def test_where_nothing_can_be_joined_nothing_is_said(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{}])
    data = kit.open(tmp_path)
    base = counts.base_rate(data)
    assert base.empty
    assert metrics.base_rate_note(["conversion_rate"], base) == []
    assert "act without e-mails" not in rates.by_month(data).table().text()
