"""The same people in several campaigns: counted from a log, refused from totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import small
from small import DAY, NOON, event
from tiny import export

import kit
from kit import counts
from kit.questions.compare_campaigns import same_people, stand_out

if TYPE_CHECKING:
    from pathlib import Path

CLICKED = {"c1": {1, 2, 3}, "c2": {3, 4, 5, 6, 7, 8, 9, 10, 11}, "c3": {3}}
GOT = {"c1": range(60), "c2": range(50), "c3": range(40, 60)}
"""By hand: 50 got c1 and c2; 1 and 2 clicked the first alone, 8 the second alone, 3 both."""


def logged(folder: Path) -> kit.Data:
    folder.mkdir()
    events = []
    for number, (campaign, people) in enumerate(GOT.items()):
        at = NOON + number * 7 * DAY
        for person in people:
            events.append(event("delivered", person, campaign=campaign, at=at))
            if person in CLICKED[campaign]:
                url = "https://example.com/a"
                events.append(event("click", person, campaign=campaign, at=at + 3600, url=url))
    small.log(folder, events)
    small.settings(folder, 'time_zone = "UTC"', "as_of = 2026-03-01T00:00:00")
    return kit.open(folder)


def compared(data: kit.Data, key: str = "click_rate") -> stand_out.StandOut:
    counted = counts.messages(data, ["campaign_id", "campaign_name", "subject", "list_name", "sent_local"])
    return stand_out.judge(counted, key, as_of=data.as_of, maturity_days=3)


def test_people_are_counted_by_what_they_did(tmp_path: Path) -> None:
    data = logged(tmp_path / "log")
    result = compared(data)
    ids = same_people.choose(result, a="Name of c1", b="Name of c2")
    patterns = counts.same_people(data, ids, "clicked")
    told = {tuple(bool(row[name]) for name in ids): row["people"] for row in patterns.to_dict("records")}
    assert told == {(False, False): 39, (False, True): 8, (True, False): 2, (True, True): 1}
    found = same_people.judge(patterns, result)
    pair = found.pairs.iloc[0]
    assert (pair["only_a"], pair["only_b"], pair["test"]) == (2, 8, "McNemar, exact")
    # By hand: mid-p of 2 in 10: 2 (1 + 10 + 45) / 1024 - 45 / 1024.
    assert pair["p"] == pytest.approx((2 * 56 - 45) / 1024)
    assert pair["value"] == pytest.approx(6 / 50)
    text = found.summary().text
    assert text.startswith("50 people received both “Name of c1” and “Name of c2”.")
    assert "Only people who reacted to one campaign and not the other count: at most 10." in text


def test_where_the_same_people_differ_it_is_said(tmp_path: Path) -> None:
    result = compared(logged(tmp_path / "log"))
    ids = same_people.choose(result, a="Name of c1", b="Name of c2")
    patterns = pd.DataFrame({ids[0]: [0, 1, 0, 1], ids[1]: [0, 0, 1, 1], "people": [570, 86, 150, 794]})
    found = same_people.judge(patterns, result)
    assert found.pairs["decision"].tolist() == ["b"]
    assert (
        "differs among them: “Name of c2”: +4.0 points (+2.1 to +5.9) compared with “Name of c1”"
        in found.summary().text
    )
    assert "the second did better" in found.table().text()


def test_without_names_the_latest_are_taken_and_nobody_in_all_is_said(tmp_path: Path) -> None:
    data = logged(tmp_path / "log")
    result = compared(data)
    ids = same_people.choose(result)
    assert len(ids) == 3
    found = same_people.judge(counts.same_people(data, ids, "clicked"), result)
    assert found.people == 10  # 40 to 49 got all three
    assert len(found.pairs) == 3
    assert np.isnan(found.several.p)  # none of them reacted to any


def test_totals_know_no_people_and_say_so(tmp_path: Path) -> None:
    data = kit.open(export(tmp_path / "totals"))
    result = compared(data)
    found = same_people.judge(counts.same_people(data, same_people.choose(result), "clicked"), result)
    assert found.summary().text.endswith(
        "no event log contains these campaigns, and totals do not show individual people."
    )
    assert "totals do not show individual people" in found.table().text()


def test_what_is_told_of_no_person_is_not_compared(tmp_path: Path) -> None:
    data = logged(tmp_path / "log")
    result = compared(data, "click_to_open_rate")
    found = same_people.judge(counts.same_people(data, same_people.choose(result), result.kpi.numerator), result)
    assert "the data do not show it person by person" in found.summary().text


@pytest.mark.parametrize("key", ["unsubscribe_rate", "complaint_rate"])
def test_who_leaves_gets_no_second_mail_so_leaving_is_not_compared(tmp_path: Path, key: str) -> None:
    # Of those who got both, nobody can have left by the first: the later campaign would always seem worse.
    data = logged(tmp_path / "log")
    result = compared(data, key)
    found = same_people.judge(counts.same_people(data, same_people.choose(result), result.kpi.numerator), result)
    assert found.why == "kpi"
    assert found.pairs.empty
    assert "those who did it received no further e-mails" in found.summary().text
