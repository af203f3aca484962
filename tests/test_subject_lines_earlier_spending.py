"""Money with earlier spending taken into account: the published campaign, and people of a log."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import small
from oracles import oracle
from small import DAY, NOON, event

import kit
from kit import counts
from kit.counts.variants import SPENT
from kit.questions.subject_lines import earlier_spending

if TYPE_CHECKING:
    from pathlib import Path

ARMS = {"No E-Mail": "A none", "Mens E-Mail": "B mens", "Womens E-Mail": "C womens"}


def hillstrom(shared: Path) -> pd.DataFrame:
    """The MineThatData challenge: a row an arm, spending in the two weeks after and the year before."""
    with (shared / "datasets/hillstrom.csv").open(encoding="utf-8", newline="") as file:
        rows = [(ARMS[row["segment"]], float(row["spend"]), float(row["history"])) for row in csv.DictReader(file)]
    people = pd.DataFrame(rows, columns=["variant", "revenue", "before"]).assign(n=1)
    people["revenue_squares"], people["before_squares"] = people["revenue"] ** 2, people["before"] ** 2
    people["products"] = people["revenue"] * people["before"]
    return people.groupby("variant", as_index=False).sum().assign(campaign_id="h")


NAMES = pd.DataFrame({"campaign_id": ["h"], "campaign_name": ["Hillstrom"], "sent_local": [pd.Timestamp("2008-03-20")]})


def test_spend_of_the_published_campaign_by_welch_and_adjusted(shared: Path) -> None:
    found = earlier_spending.judge(hillstrom(shared), NAMES, currency="USD")
    mens, womens, _women_against_men = found.tests.to_dict("records")
    case = oracle(shared, "hillstrom_cuped")
    told = [mens[name] for name in ("theta", "adjusted", "adjusted_low", "adjusted_high", "adjusted_p")]
    assert told == case.near("theta", "diff", "low", "high", "p")
    welch = oracle(shared, "hillstrom_spend_welch_mens_none")
    assert [mens["difference"], mens["low"], mens["high"]] == welch.near("diff", "low", "high")
    # CHECKS E16: spend .770 (.485 to 1.055) and .424 (.169 to .680); STATISTICS: the variance gained is 0.04 %.
    assert [womens["difference"], womens["low"], womens["high"]] == pytest.approx([0.424, 0.169, 0.680], abs=5e-4)
    assert mens["gained"] == pytest.approx(0.0004, abs=5e-5)
    assert womens["gained"] < 0.001
    assert "They remove at most 0.06% of the random variation" in found.summary().text
    assert "0.77 USD (0.48 USD to 1.05 USD)" in found.table().text()


def test_what_people_spent_before_comes_from_orders_before_the_mail(tmp_path: Path) -> None:
    """By hand: person 1 (A) spent 30 before and 40 after, person 2 (B) 50 in the year before and 7 after the window."""
    people = {1: "A", 2: "B", 3: "A", 4: "B"}
    small.log(tmp_path, [event("delivered", person, variant=arm) for person, arm in people.items()])

    def day(days: int) -> str:
        return pd.Timestamp(NOON + days * DAY, unit="s").strftime("%Y-%m-%d %H:%M")

    rows = [
        (1, day(-20), 30),
        (1, day(2), 40),
        (2, day(-300), 50),
        (2, day(-500), 900),
        (2, day(30), 7),
        (3, day(1), 5),
    ]
    header = ["order_id", "email", "date", "total", "currency"]
    told = [(f"o{n}", f"p{person}@example.com", when, worth, "EUR") for n, (person, when, worth) in enumerate(rows)]
    small.table(tmp_path, "orders.csv", header, told)
    small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-06-01T00:00:00")
    data = kit.open(tmp_path)
    found = counts.spent(data).set_index("variant")
    assert found["n"].tolist() == [2, 2]
    assert found["revenue"].tolist() == [45, 0]
    assert found["before"].tolist() == [30, 50]
    assert found["products"].tolist() == [1200, 0]
    table = earlier_spending.judge(
        counts.spent(data), counts.messages(data, ["campaign_id", "campaign_name", "sent_local"])
    )
    assert np.isnan(table.tests["gained"].iloc[0])  # nobody of B bought: no spread, nothing to compare


def test_without_orders_it_is_said() -> None:
    none = earlier_spending.judge(pd.DataFrame(columns=SPENT), NAMES)
    assert "cannot be taken into account" in none.summary().text
    assert "no event log and orders that show" in none.table().text()


def test_what_is_gained_is_told() -> None:
    frame = pd.DataFrame([[None] * 13 + [0.5, 1.0]], columns=[*earlier_spending.COLUMNS]).astype({"gained": float})
    assert (
        "removes up to 50% of the random variation, as if a test had 100% more messages"
        in earlier_spending.EarlierSpending(frame).summary().text
    )
