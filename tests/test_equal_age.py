"""Equal age: young campaigns beside what the others had brought by then, arms from each person's own delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small

import kit
from kit import counts
from kit.questions.compare_campaigns import equal_age, stand_out
from kit.questions.months import time_to_react
from kit.questions.subject_lines import verdicts

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600
AGENT = "Mozilla/5.0 (X11; Linux) Firefox/130"


def mailing(name: str, at: int, clicks: dict[int, int], people: int = 200) -> list[dict]:
    """A campaign delivered person by person over an hour; `clicks` maps a person to seconds after their delivery."""
    events = []
    for person in range(people):
        delivered = at + person * 18
        events.append(small.event("delivered", person, campaign=name, at=delivered))
        if person in clicks:
            more = {"url": "https://shop.example.com/a", "useragent": AGENT}
            events.append(small.event("click", person, campaign=name, at=delivered + clicks[person], **more))
    return events


def data(folder: Path) -> kit.store.Data:
    """Five old campaigns with 20 clicks in the first ten hours and 20 later, and one of 24 h with 20 clicks."""
    soon = {person: 660 + person * 60 for person in range(20)}
    late = dict.fromkeys(range(20, 40), 100 * HOUR)
    events = [event for n in range(5) for event in mailing(f"old{n}", small.NOON + n * small.DAY, soon | late)]
    start = small.NOON + 30 * small.DAY
    events += mailing("young", start, soon)
    small.log(folder, events)
    small.settings(
        folder, 'time_zone = "UTC"', "as_of = 2026-02-01T13:00:00"
    )  # 25 h after the first, 24 h after the last
    return kit.open(folder)


def test_all_campaigns_are_counted_at_the_age_of_the_youngest(tmp_path: Path) -> None:
    opened = data(tmp_path)
    ages = counts.ages(opened)
    assert ages.set_index("campaign_name")["hours"]["Name of young"] == 24
    age = equal_age.common_age(ages, maturity_days=3)
    assert age == 24
    at = counts.at_age(opened, ["campaign_id", "campaign_name", "sent_local"], hours=age)
    assert at["clicked"].tolist() == [20] * 6  # what came after a hundred hours is in none
    assert at.set_index("campaign_name")["delivered"]["Name of old0"] == 200
    assert counts.messages(opened, ["campaign_id"])["clicked"].sum() == 5 * 40 + 20


def test_a_mail_not_followed_for_so_long_is_in_no_count(tmp_path: Path) -> None:
    at = counts.at_age(data(tmp_path), ["campaign_name"], hours=25).set_index("campaign_name")
    assert at["delivered"]["Name of young"] == 1  # only the first was delivered 25 hours before the end
    assert at["delivered"]["Name of old4"] == 200


def test_without_hours_each_campaign_has_its_own_a_week_at_most(tmp_path: Path) -> None:
    at = counts.at_age(data(tmp_path), ["campaign_name"]).set_index("campaign_name")
    assert at["hours"].to_dict() == {f"Name of old{n}": 168 for n in range(5)} | {"Name of young": 24}
    assert at["clicked"]["Name of old0"] == 40


def test_a_young_campaign_is_judged_at_its_age_and_not_by_its_total(tmp_path: Path) -> None:
    opened = data(tmp_path)
    whole = stand_out.judge(
        counts.messages(opened, ["campaign_id", "campaign_name", "sent_local"]),
        "click_rate",
        as_of=opened.as_of,
        maturity_days=3,
    )
    assert whole.rates.set_index("campaign_name")["verdict"]["Name of young"] == "too young"
    ages = counts.ages(opened)
    at = counts.at_age(opened, ["campaign_id", "campaign_name", "sent_local"], hours=24)
    pace = time_to_react.measure(opened)
    told = equal_age.judge(at, "click_rate", ages, pace, maturity_days=3)
    assert told.young["verdict"].tolist() == ["as usual"]
    assert told.reacted == pytest.approx(0.5)  # of the old ones' 40 clicks 20 came within 24 hours
    assert "like the others at that age" in told.summary().text


def test_arms_are_read_at_one_age_and_their_split_by_all_that_was_sent(tmp_path: Path) -> None:
    readers = dict.fromkeys([person for person in range(200) if person % 4 < 2], 60 * HOUR)
    events = mailing("test", small.NOON, readers)
    for event in events:  # even people got A, two days before odd people got B
        person = int(event["email"][1:].split("@")[0])
        event["ab_group"] = "AB"[person % 2]
        event["timestamp"] += person % 2 * 2 * small.DAY
    end = small.NOON + 4 * small.DAY + HOUR
    small.log(tmp_path, [event for event in events if event["timestamp"] <= end])
    small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-01-05T13:00:00", "[events]", 'variant = "ab_group"')
    opened = kit.open(tmp_path)
    columns = ["campaign_id", "campaign_name", "sent_local", "variant"]
    told = counts.messages(opened, columns)
    assert told.set_index("variant")["clicked"].to_dict() == {"A": 50, "B": 0}  # B's readers click only after the end
    assert verdicts.judge(told, "click_rate").verdicts["decision"].tolist() == ["a"]
    aged = counts.at_age(opened, columns)
    assert set(aged["hours"]) == {48}
    assert aged.set_index("variant")["sent"].to_dict() == {"A": 100, "B": 100}
    assert aged["clicked"].tolist() == [0, 0]
    assert verdicts.judge(aged, "click_rate").verdicts["decision"].tolist() == ["not decided"]


def test_nothing_young_and_no_log_are_said(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{"Unique Id": f"00000000a{n}", "Title": f"No {n}"} for n in range(5)])
    opened = kit.open(tmp_path)
    ages = counts.ages(opened)
    at = counts.at_age(opened, ["campaign_id", "campaign_name", "sent_local"], hours=0)
    told = equal_age.judge(at, "click_rate", ages, time_to_react.measure(opened), maturity_days=3)
    assert told.hours == 0
    assert "No campaign in your event log is too recent" in told.summary().text
    assert told.table().frame.empty
