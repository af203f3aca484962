"""What a customer is worth: CDNOW's numbers, the check on days held back, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cdnow
import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit import counts
from kit.errors import UsageError
from kit.questions.retention import backtest, customer_value, purchases
from kit.stats import bg_nbd, roc

if TYPE_CHECKING:
    from pathlib import Path

HELD_BACK = 273
"""Days from 1997-09-30 to 1998-06-30: the 39 weeks of the hold-out."""


@pytest.fixture(scope="module")
def earlier(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return purchases.count(cdnow.opened(shared, tmp_path_factory.mktemp("cdnow")), held_back=HELD_BACK)


@pytest.fixture(scope="module")
def check(earlier: pd.DataFrame) -> backtest.Backtest:
    return backtest.judge(earlier, days=HELD_BACK, currencies=("USD",))


def test_one_occasion_a_person_and_day_is_the_published_summary(earlier: pd.DataFrame, shared: Path) -> None:  # E8
    case = json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))["cdnow_rfm_39w"]
    n, again = earlier["n"], earlier[earlier["frequency"] > 0]
    assert n.sum() == case["customers"]
    assert again["n"].sum() == case["repeaters"]
    assert (earlier["frequency"] * n).sum() == case["repeat_tx"]
    assert (earlier["later"] * n).sum() == case["holdout_tx_39w"]
    mean = np.repeat((again["worth"] / again["frequency"]).to_numpy(), again["n"])
    seen = [mean.mean(), mean.std(ddof=1), mean.min(), np.median(mean), mean.max()]
    wanted = [case["monetary_mean"], case["std"], case["min"], case["median"], case["max"]]
    # Given as whole numbers, the median cut off: 27.4975.
    assert seen == pytest.approx(wanted, abs=0.5)


def test_orders_find_the_buyers_as_published(earlier: pd.DataFrame, shared: Path) -> None:  # E9
    case = json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))["auc_cdnow_next39w"]
    people = bg_nbd.history(earlier["frequency"], earlier["recency"], earlier["age"], earlier["n"])
    bought = earlier["later"] > 0
    bg, mbg = bg_nbd.fit(people, kind="bg"), bg_nbd.fit(people, kind="mbg")
    seen = {
        "bg_palive": bg_nbd.probability_alive(bg, people),
        "mbg_palive": bg_nbd.probability_alive(mbg, people),
        "bg_expected": bg_nbd.expected_purchases(bg, people, HELD_BACK),
        "recency_gap": earlier["recency"] - earlier["age"],
        "frequency": earlier["frequency"],
    }
    for name, score in seen.items():
        assert roc.auc(score, bought, earlier["n"]).value == pytest.approx(case[name], abs=2e-3), name


def test_bg_nbds_chance_of_being_alive_ranks_nobody(earlier: pd.DataFrame) -> None:  # E9
    with pytest.raises(
        UsageError, match="everybody who bought once has a chance of 1 of being active, so it ranks nobody"
    ):
        backtest.judge(earlier, days=HELD_BACK, kind="bg", by="alive")
    with pytest.raises(UsageError, match="customers cannot be ranked by 'palive'"):
        backtest.judge(earlier, days=HELD_BACK, by="palive")


def test_no_ranking_of_the_page_is_by_it(check: backtest.Backtest) -> None:
    assert [name for name in check.rankings["by"] if "alive" in name] == ["chance of being alive by MBG/NBD"]


def test_the_check_sets_what_happened_beside_what_was_expected(check: backtest.Backtest) -> None:
    totals = check.totals[check.totals["what"] == "purchases"].set_index("kind")
    assert set(totals["observed"]) == {1882}  # E8
    # Those weeks held more than either model expects, and the page says so.
    assert (totals["observed"] > totals["high"]).all()
    drift = totals.loc["mbg", "observed"] / totals.loc["mbg", "expected"] - 1
    assert totals.loc["mbg", "drift"] == pytest.approx(drift)
    assert (
        f"{drift:.1%} more than expected. Either conditions changed or the model does not fit" in check.summary().text
    )
    assert check.bands["n"].sum() == check.customers == 2357
    assert (check.bands["n"] * check.bands["observed"]).sum() == pytest.approx(1882)
    assert check.bands["expected"].is_monotonic_increasing
    assert "held back" in check.plot().alt


def test_bands_may_be_of_mbg_nbds_chance(earlier: pd.DataFrame) -> None:
    assert backtest.judge(earlier, days=HELD_BACK, by="alive").bands["n"].sum() == 2357


def test_everybody_is_expected_to_buy_and_pay_something(shared: Path, tmp_path: Path) -> None:
    data = cdnow.opened(shared, tmp_path)
    found = customer_value.judge(purchases.count(data), days=180, currencies=counts.currencies(data))
    assert (found.customers, found.repeaters) == (2357, 1139)  # distinct days, counted by hand in pandas
    own = found.each
    row = found.models.set_index("kind").loc["mbg"]
    assert (own["n"] * own["expected"]).sum() == pytest.approx(row["value"])
    assert (own["n"] * own["worth"]).sum() == pytest.approx(found.total.value)
    assert row["low"] < row["value"] < row["high"]
    assert found.fit[["observed", "mbg", "bg"]].sum().tolist() == pytest.approx([2357] * 3)
    text = found.summary().text
    assert text.startswith("2,357 customers are expected to make ")
    assert "more purchases within 180 days; 1,139 have already bought again." in text
    assert "USD" in text


def history(people: int, again: int = 0) -> pd.DataFrame:
    rows = [(0, 0, 100, 0.0, 0, 0.0, people - again)] + ([(1, 30, 100, 20.0, 0, 0.0, again)] if again else [])
    return pd.DataFrame(rows, columns=["frequency", "recency", "age", "worth", "later", "later_worth", "n"])


def test_a_log_no_longer_than_what_is_held_back_is_not_said_to_be_without_buyers() -> None:
    nobody = history(0).iloc[:0]
    assert customer_value.judge(nobody, days=30).reason == "nobody bought"
    check = backtest.judge(nobody, days=180)
    assert str(check.reason).startswith("the data has no purchases before the last 180 days, which are held back")
    assert str(check.reason) in check.bands_table().text()


@pytest.mark.parametrize(
    ("counted", "days", "reason"),
    [
        (history(499), 30, "at least 500 customers are needed; the data has 499"),
        (history(600, 50), 201, "a forecast for 201 days needs 101 days of history; the data has 100"),
        (history(600), 30, "no purchase model could be fitted: too few people bought again"),
    ],
)
def test_what_cannot_be_told_says_why(counted: pd.DataFrame, days: int, reason: str) -> None:
    found, check = customer_value.judge(counted, days=days), backtest.judge(counted, days=days)
    assert (found.reason, check.reason) == (reason, reason)
    assert found.total is None
    assert found.summary().text == f"What a customer is worth is not known: {reason}."
    assert check.summary().text == f"The models could not be checked: {reason}."
    for table in (found.table(), found.fit_table(), check.bands_table()):
        assert reason in table.text()


def test_amounts_of_several_currencies_are_not_added(tmp_path: Path) -> None:
    rows = [
        ("o1", "a@example.com", "2026-01-01", 10, "EUR"),
        ("o2", "a@example.com", "2026-02-01", 10, "USD"),
    ]
    small.table(tmp_path, "orders.csv", cdnow.HEADER, rows)
    data = kit.open(tmp_path)
    counted = purchases.count(data)
    assert counted["worth"].isna().all()
    assert counts.currencies(data) == ("EUR", "USD")
    more = pd.concat([history(600, 300), counted.assign(n=1)])
    found = customer_value.judge(more, days=30, currencies=("EUR", "USD"))
    assert (found.total, found.moneyless) == (
        None, "orders are in EUR, USD, and amounts in different currencies are not added up",
    )  # fmt: skip
    assert "EUR, USD" in found.summary().text


def test_money_is_net_of_refunds_and_without_cancelled_orders(tmp_path: Path) -> None:
    header = ["Order ID", "Email", "Created at", "Total", "Refunded amount", "Currency", "Status"]
    rows = [
        ("o1", "a@example.com", "2026-01-01 10:00", 10, 0, "EUR", "paid"),
        ("o2", "a@example.com", "2026-02-01 10:00", 50, 20, "EUR", "partially refunded"),
        ("o3", "a@example.com", "2026-02-01 19:00", 7, 0, "EUR", "paid"),
        ("o4", "a@example.com", "2026-03-01 10:00", 90, 0, "EUR", "cancelled"),
        ("o5", "", "2026-02-01 10:00", 90, 0, "EUR", "paid"),
        ("o6", "b@example.com", "2026-03-05 10:00", 1, 0, "EUR", "paid"),
    ]
    small.table(tmp_path, "orders.csv", header, rows)
    small.settings(tmp_path, "as_of = 2026-03-31T23:59:00")
    data = kit.open(tmp_path)
    # By hand: a came on 1 Jan and 1 Feb (two orders, 50 - 20 + 7), b on 5 March.
    assert purchases.count(data)[["frequency", "recency", "age", "worth", "n"]].to_numpy().tolist() == [
        [0, 0, 26, 0, 1], [1, 31, 89, 37, 1],
    ]  # fmt: skip
    back = purchases.count(data, held_back=58)  # up to 1 February
    assert back[["frequency", "worth", "later", "later_worth", "n"]].to_numpy().tolist() == [[1, 37, 0, 0, 1]]
    assert purchases.count(data, held_back=59)[["frequency", "later", "later_worth"]].to_numpy().tolist() == [
        [0, 1, 37]
    ]
