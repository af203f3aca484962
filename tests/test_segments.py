"""Segments: the person is the unit, traits know only the past, and parts and unknown add up to the whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import small
from oracles import oracle
from small import DAY, NOON, event

import kit
from kit import counts
from kit.questions.segments import programs
from kit.questions.segments.levels import count, judge
from kit.stats import cluster_robust, proportions

if TYPE_CHECKING:
    from pathlib import Path


def levels(groups: dict[str, np.ndarray]) -> pd.DataFrame:
    """Groups of people, each an array of (events, mails) a person."""
    rows = []
    for name, people in groups.items():
        x, m = people[:, 0], people[:, 1]
        rows.append(
            {
                "trait": "segment",
                "level": name,
                "people": len(people),
                "mails": m.sum(),
                "numerator": x.sum(),
                "n": m.sum(),
            }
            | {"numerator_squares": (x * x).sum(), "n_squares": (m * m).sum(), "products": (x * m).sum()}
        )
    return pd.DataFrame(rows)


def people(rng: np.random.Generator, number: int, *, mails: int, rate: float, spread: float) -> np.ndarray:
    """People whose own rates differ: beta with this mean and intra-class correlation."""
    total = 1 / spread - 1
    own = rng.beta(rate * total, (1 - rate) * total, number)
    return np.column_stack([rng.binomial(mails, own), np.full(number, mails)])


def test_people_who_get_several_mails_do_not_make_false_findings(rng: np.random.Generator) -> None:
    # 300 A/A pages, four mails to each of 2 x 1,500 people, correlation 0.15: 5 % + 3 Monte Carlo errors; counted as
    # independent mails it is about twice as many.
    flagged = naive = 0
    for _ in range(300):
        groups = {name: people(rng, 1500, mails=4, rate=0.1, spread=0.15) for name in "ab"}
        table = levels(groups)
        flagged += judge(table, "click_rate", total=12_000).rates["verdict"].isin(("higher", "lower")).any()
        naive += (
            proportions.proportion_difference(*table.loc[0, ["numerator", "n"]], *table.loc[1, ["numerator", "n"]]).p
            < 0.05
        )
    bar = 300 * (0.05 + 3 * math.sqrt(0.05 * 0.95 / 300))
    assert flagged <= bar
    assert naive > 300 * 0.07


def test_the_interval_covers_the_rate_of_people(rng: np.random.Generator) -> None:
    covered = 0
    for _ in range(300):
        table = levels({"a": people(rng, 400, mails=6, rate=0.05, spread=0.2)})
        row = judge(table, "click_rate", total=2400).rates.iloc[0]
        covered += row["low"] <= 0.05 <= row["high"]
    assert covered >= 300 * (0.95 - 3 * math.sqrt(0.05 * 0.95 / 300))


def test_one_mail_a_person_is_the_ordinary_interval() -> None:
    x = np.array([1] * 30 + [0] * 270)
    table = levels({"a": np.column_stack([x, np.ones(300, int)])})
    row = judge(table, "click_rate", total=300).rates.iloc[0]
    low, high = proportions.proportion_interval(30, 300)
    assert (row["low"], row["high"]) == pytest.approx((float(low), float(high)), rel=0.01)


def test_a_ratio_of_amounts_is_the_published_one(shared: Path) -> None:
    case = oracle(shared, "tt_ratio")
    arms = [case.inputs["control"], case.inputs["treatment"]]
    n, x, m = (np.array(one, dtype=float) for one in zip(*[_sums(arm) for arm in arms], strict=True))
    spread = {
        name: np.array([arm[kind][pair] for arm in arms]) * (n - 1)
        for name, kind, pair in (("xx", "var", "orders"), ("mm", "var", "sessions"), ("xm", "cov", "orders|sessions"))
    }
    squares = (spread["xx"] + x**2 / n, spread["mm"] + m**2 / n, spread["xm"] + x * m / n)
    found = cluster_robust.clustered_mean_difference(n, x, m, squares=squares)
    assert [found.value, found.low, found.high, found.p] == case.near("diff", "low", "high", "p")
    each = cluster_robust.clustered_means(n, x, m, squares=squares)
    assert list(each.value) == case.near("control", "treatment")


def _sums(arm: dict[str, Any]) -> tuple[float, float, float]:
    return arm["n"], arm["n"] * arm["mean"]["orders"], arm["n"] * arm["mean"]["sessions"]


def spending(rng: np.random.Generator, number: int, *, mails: int, rate: float) -> np.ndarray:
    """People who buy after some of their mails or none; who buys does it again more often."""
    own = rng.beta(rate * 9, (1 - rate) * 9, number)
    bought = rng.binomial(mails, own)
    worth = np.array([rng.lognormal(3, 0.7, times).sum() for times in bought])
    return np.column_stack([worth, np.full(number, mails)])


def test_money_of_people_alike_makes_no_finding(rng: np.random.Generator) -> None:
    flagged = 0
    for _ in range(200):
        table = levels({name: spending(rng, size, mails=4, rate=0.03) for name, size in (("a", 700), ("b", 2500))})
        found = judge(table, "revenue_per_mail", total=12_800).rates
        assert (found["verdict"] != "too few").all()
        flagged += found["verdict"].isin(("higher", "lower")).any()
    assert flagged <= 200 * (0.05 + 3 * math.sqrt(0.05 * 0.95 / 200))


def test_more_money_is_told_and_few_buyers_are_not_judged(rng: np.random.Generator) -> None:
    groups = {"a": spending(rng, 2500, mails=4, rate=0.06), "b": spending(rng, 2500, mails=4, rate=0.03)}
    result = judge(levels(groups), "revenue_per_mail", total=20_000)
    assert result.rates.set_index("level")["verdict"].to_dict() == {"a": "higher", "b": "lower"}
    assert "of 2 groups of people differ" in result.summary().text
    assert "points" not in result.summary().text + result.table().text()
    assert result.plot().alt.startswith("Revenue per mail by trait: Segment a ")
    few = judge(levels(groups | {"c": spending(rng, 60, mails=4, rate=0.06)}), "revenue_per_mail", total=0)
    assert few.rates.set_index("level").loc["c", "verdict"] == "too few"


def test_money_is_of_mail_older_than_the_window(data: kit.store.Data, tmp_path: Path) -> None:
    assert count(data, "revenue", "delivered", traits=["segment"]).empty  # nothing tells of sales
    header = ["Order ID", "Email", "Created at", "Total", "Currency"]
    moment = f"{pd.Timestamp(NOON + 2 * DAY, unit='s'):%Y-%m-%d %H:%M}"
    small.table(tmp_path, "orders.csv", header, [["o1", "p0@example.com", moment, 40, "EUR"]])
    small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-01-17T12:00:00")
    sold = kit.open(tmp_path)
    got = count(sold, "revenue", "delivered", traits=["segment"]).set_index("level")
    # Mails of 1, 8, 15 and 22 January, the window is 7 days: the first two are old enough.
    assert got.loc["new", ["people", "n", "numerator", "numerator_squares", "products"]].tolist() == [
        2,
        4,
        40,
        1600,
        80,
    ]
    assert got.loc["regular", ["people", "n", "numerator"]].tolist() == [2, 4, 0]


def test_groups_without_mail_or_events_answer() -> None:
    empty = cluster_robust.clustered_rates([0, 5], [0, 0], [0, 5], squares=([0, 0], [0, 5], [0, 0]))
    assert math.isnan(empty.value[0])
    assert empty.value[1] == 0
    assert 0 < empty.high[1] < 1


@pytest.fixture
def data(tmp_path: Path) -> kit.store.Data:
    """Four weekly mails to six people, of whom contacts know four; person 1 clicks the second mail only."""
    small.settings(tmp_path, 'time_zone = "UTC"')
    sends = [
        event("delivered", who, campaign=f"c{week}", at=NOON + 7 * week * DAY) for week in range(4) for who in range(6)
    ]
    small.log(tmp_path, [*sends, event("click", 1, campaign="c1", at=NOON + 7 * DAY + 60, url="https://example.com/")])
    header = ["Email", "Status", "Opted in at", "Segment"]
    rows = [
        [f"p{who}@example.com", "subscribed", "2025-12-20 00:00:00", "new" if who < 2 else "regular"]
        for who in range(4)
    ]
    small.table(tmp_path, "contacts.csv", header, rows)
    header = ["Campaign", "Date", "Sent", "Delivered", "Clicked"]
    small.table(tmp_path, "old.csv", header, [["before the log", "2025-11-05", 100, 98, 4]])
    return kit.open(tmp_path)


@pytest.mark.parametrize("trait", sorted(counts.TRAITS))
def test_levels_and_unknown_add_up_to_the_whole(data: kit.store.Data, trait: str) -> None:
    whole = counts.messages(data, [])["delivered"].iloc[0]
    assert whole == 24 + 98
    assert counts.messages(data, [trait])["delivered"].sum() == whole
    result = judge(count(data, "clicked", "delivered", traits=[trait]), "click_rate", total=whole)
    known = result.rates["n"].sum()
    assert known + (result.traits["unknown"].iloc[0] if len(result.traits) else whole) == whole


def test_a_segment_has_its_people_and_mails(data: kit.store.Data) -> None:
    got = count(data, "clicked", "delivered", traits=["segment"]).set_index("level")
    assert got.loc["new", ["people", "n", "numerator"]].tolist() == [2, 8, 1]
    assert got.loc["regular", ["people", "n", "numerator"]].tolist() == [2, 8, 0]


def test_engagement_knows_only_what_came_before_the_mail(data: kit.store.Data) -> None:
    # Person 1 clicked mail c1: active for c2 and c3, and not for c1 itself.
    got = counts.messages(data, ["engagement", "campaign_id"])
    active = got[got["engagement"] == "active"]
    assert active["campaign_id"].str[-2:].tolist() == ["c2", "c3"]
    assert active["delivered"].tolist() == [1, 1]
    assert got.loc[got["engagement"] == "silent", "delivered"].sum() == 5  # after three mails, at c3


def test_pressure_counts_the_mails_of_the_week(tmp_path: Path) -> None:
    small.settings(tmp_path, 'time_zone = "UTC"')
    days = (0, 1, 2, 20)
    small.log(tmp_path, [event("delivered", 1, campaign=f"c{day}", at=NOON + day * DAY) for day in days])
    got = counts.messages(kit.open(tmp_path), ["pressure"]).set_index("pressure")["delivered"]
    assert got.to_dict() == {"1": 2, "2": 1, "3 or more": 1}


def test_tenure_counts_from_joining(data: kit.store.Data) -> None:
    got = counts.messages(data, ["tenure"])
    assert got["tenure"].tolist()[0] == "under 3 months"
    assert got["delivered"].tolist() == [16, 8 + 98]


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
TABLET = "Mozilla/5.0 (Linux; Android 14; SM-X200) AppleWebKit/537.36 (KHTML) Chrome/127.0.0.0 Safari/537.36"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML) Chrome/128.0 Safari/537.36 Edg/128.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def test_who_is_opened_by_apples_proxy_uses_an_unknown_program(tmp_path: Path) -> None:
    small.settings(tmp_path, 'time_zone = "UTC"')
    sends = [event("delivered", who, campaign=name) for name in ("c0", "c1") for who in range(7)]
    opens = [
        *(event("open", who, campaign="c0", at=NOON + 60, useragent="Mozilla/5.0") for who in range(4)),
        event("open", 3, campaign="c1", at=NOON + DAY, useragent=IPHONE),  # prefetched, and read once
        event("open", 4, campaign="c0", at=NOON + DAY, useragent=GMAIL),
        event("open", 5, campaign="c0", at=NOON + DAY, useragent=EDGE),
        event("open", 5, campaign="c1", at=NOON + DAY, useragent=TABLET),
    ]
    link = {"url": "https://example.com/"}
    clicks = [
        event("click", 5, campaign="c1", at=NOON + DAY, useragent=TABLET, **link),
        event("click", 6, campaign="c1", at=NOON + 1, useragent="MailGateway link check", **link),
    ]
    small.log(tmp_path, [*sends, *opens, *clicks])
    result = programs.split(kit.open(tmp_path))
    people = result.rows.set_index(["reaction", "kind", "name"])[["people", "n", "mails"]].T.to_dict("list")
    assert people == {
        ("clicked", "device", "tablet"): [1, 1, 1],
        ("clicked", "program", "Chrome"): [1, 1, 1],
        ("opened", "device", "unknown"): [4, 6, 5],
        ("opened", "device", "computer"): [1, 6, 1],
        ("opened", "device", "phone"): [1, 6, 1],
        ("opened", "device", "tablet"): [1, 6, 1],
        ("opened", "program", "unknown"): [3, 6, 4],
        ("opened", "program", "Apple Mail or an app"): [1, 6, 1],
        ("opened", "program", "Chrome"): [1, 6, 1],
        ("opened", "program", "Edge"): [1, 6, 1],
        ("opened", "program", "Gmail"): [1, 6, 1],
    }
    assert (
        "For 50.0% (11.8–88.2) of those whose e-mail was opened, the program is unknown (n = 6)"
        in result.summary().text
    )
    unnamed = tmp_path / "unnamed"
    unnamed.mkdir()
    small.log(unnamed, [*sends, event("open", 5, campaign="c1", at=NOON + DAY)])
    assert "no event log contains them" in programs.split(kit.open(unnamed)).summary().text
