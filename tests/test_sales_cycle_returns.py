"""What came back for what was spent: two returns, costs that are not known, and verdicts that hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kit.errors import UsageError
from kit.questions.sales_cycle import attribution, costs, returns
from kit.questions.sales_cycle.holdout import Effect, Holdout, chosen, judge
from kit.stats import bootstrap


def cost(amount: float, **more: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [{"kind": "people", "amount": amount, "hours": 0.0, "unpriced": 0, "undated": 0, "currency": "EUR"} | more]
    )


def sold(revenue: float, currency: str = "") -> attribution.Attribution:
    windows = pd.DataFrame(
        {"days": [7], "orders": [1], "buyers": [1], "revenue": [revenue], "low": [revenue / 2], "high": [revenue * 2]}
    )
    return attribution.Attribution(windows, 1, revenue, 0, 0, 100, currency)


def figures(returned: returns.Returns, basis: str) -> dict[str, float]:
    table = returned.figures[returned.figures["basis"] == basis]
    return dict(zip(table["figure"], table["value"], strict=True))


def test_revenue_a_unit_of_cost_and_profit_over_cost_are_two_numbers() -> None:
    # 1,000 sold at a margin of 40 % for 250 spent: 4.0 a unit of cost; (400 - 250) / 250 = 60 %.
    returned = returns.judge(cost(250), sold(1000), None, margin=0.4)
    assert figures(returned, "attributed") == {
        "revenue": 1000,
        "revenue per unit of cost": 4,
        "profit": 150,
        "ROI": pytest.approx(0.6),
    }
    own = returned.figures.set_index(["basis", "figure"]).loc[("attributed", "ROI")]
    assert (own["low"], own["high"]) == (pytest.approx(-0.2), pytest.approx(2.2))
    assert all(np.isnan(value) for value in figures(returned, "incremental").values())


@pytest.mark.parametrize(
    ("table", "word"),
    [
        (cost(0), "are 0"),
        (cost(5, unpriced=2), "no amount"),
        (cost(5, undated=1), "no period"),
        (cost(5, currency=None), "currencies"),
        (cost(5).iloc[:0], "none of your files"),
    ],
)
def test_a_cost_that_is_0_or_unknown_gives_no_ratio_and_the_reason(table: pd.DataFrame, word: str) -> None:
    own = returns.judge(table, sold(1000), None, margin=0.4).figures.set_index(["basis", "figure"])
    for figure in ("revenue per unit of cost", "ROI"):
        assert np.isnan(own.loc[("attributed", figure), "value"])
        assert word in str(own.loc[("attributed", figure), "reason"])
    assert own.loc[("attributed", "revenue"), "value"] == 1000


def test_costs_of_all_mail_are_not_set_against_sales_of_some() -> None:
    own = returns.judge(cost(250), sold(1000), None, margin=0.4, narrowed=True).figures
    assert own["value"].notna().sum() == 1  # the revenue alone
    assert own["reason"].astype(str).str.contains("covers only some campaigns, but the costs cover all e-mails").any()


def test_without_a_margin_there_is_no_profit() -> None:
    own = figures(returns.judge(cost(250), sold(1000), None, margin=None), "attributed")
    assert own["revenue per unit of cost"] == 4
    assert np.isnan(own["ROI"])
    assert np.isnan(own["profit"])


def test_what_a_person_brought_by_mail_alone_cost_has_no_upper_end_where_there_may_be_none() -> None:
    arms = pd.DataFrame(
        {
            "experiment": "",
            "arm": ["holdout", "mail"],
            "is_holdout": [True, False],
            "assigned": pd.Timestamp("2026-01-01"),
        }
        | {"persons": [1000, 9000], "crossed": 0, "mailed": [0, 9000]}
    )
    sales = pd.DataFrame(
        {"experiment": "", "arm": ["holdout"] * 100 + ["mail"] * 990, "after": True, "orders": 1, "revenue": 10.0}
    )
    (effect,) = judge(arms, sales)
    entered = pd.DataFrame({"stage": ["lead", "customer"], "people": [90, 30], "late": [4, None]})
    each = costs.judge(returns.judge(cost(900), sold(1, "EUR"), effect, margin=None), entered)
    own = each.people.set_index("what")
    assert own.loc["lead", "value"] == 10
    assert own.loc["customer", "value"] == 30
    extra = own.loc["buyer brought by e-mail alone"]
    assert extra["value"] == pytest.approx(900 / (9000 * 0.01))
    assert extra["high"] == np.inf
    assert each.people["what"].tolist() == ["buyer brought by e-mail alone", "lead", "customer"]
    text = each.summary().text
    assert text.startswith("A buyer won by e-mail alone cost 10.00 EUR (3.53 to no upper limit).")
    assert (
        "E-mail costs 10.00 EUR per lead and 30.00 EUR per customer. All new leads and customers are counted, with "
        "and without e-mails." in text
    )
    assert "There was one new customer for 3.0 leads" in text
    assert "4 leads of this time became customers later" in each.summary().text


def effect_of(low: float, high: float) -> Effect:
    """An effect of 4 a person with this interval, 1,000 people with mail."""
    told, none = bootstrap.BootstrapInterval(4.0, low, high), bootstrap.BootstrapInterval(0.0, np.nan, np.nan)
    arms = pd.DataFrame({"persons": [70, 10], "crossed": [5, 0]})
    return Effect("autumn", arms, 1000, bootstrap.BootstrapInterval(0.02, 0.01, 0.03), told, none)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (3.0, 5.0, "E-mail pays: ROI measured against the group that got no e-mail is +60% (+20 to +100)"),
        (-1.0, 9.0, "not decided yet whether e-mail pays"),
        (-2.0, 2.0, "does not pay"),
    ],
)
def test_mail_pays_only_where_the_holdouts_whole_interval_does(low: float, high: float, verdict: str) -> None:
    # 4 a person, 1,000 people and a margin of 40 % are 1,600 for 1,000 spent.
    returned = returns.judge(cost(1000), sold(5000, "EUR"), effect_of(low, high), margin=0.4)
    assert verdict in returned.summary().text
    assert "+100%" in returned.summary().text  # by clicks: (2,000 - 1,000) / 1,000
    # 100 people were reached, 85 were drawn for an arm.
    assert "At least 15 of 100 people who got e-mails are in no group of the test" in returned.table().text()


def test_a_test_is_chosen_by_name_and_a_misspelt_one_is_named() -> None:
    assert chosen([]) is None
    assert chosen([effect_of(1, 2)], "autumn").experiment == "autumn"
    with pytest.raises(UsageError, match="autumn"):
        chosen([effect_of(1, 2)], "autum")


def test_arms_that_differ_before_the_test_are_told_as_what_chance_may_do() -> None:
    told = effect_of(3.0, 5.0)
    apart = dataclasses.replace(told, before=bootstrap.BootstrapInterval(2.0, 0.5, 3.5))
    assert "before" not in Holdout((told,), told, sold(1, "EUR")).summary().text
    assert "Chance alone does this in one test of twenty" in Holdout((apart,), apart, sold(1, "EUR")).summary().text
