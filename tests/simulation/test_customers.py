"""Planted truths of retention and value, and how often the 95 % intervals hold them (guide 2).

100 samples with seeds fixed beforehand: at least 89 of them (95 less three Monte Carlo errors) must hold the truth.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs
from scipy.special import betaln
from scipy.stats import gamma
from years import propensities

from generator.worlds import ALIKE, PEOPLE
from kit.questions.retention import list_growth, repeat_purchase, staying
from kit.stats import bg_nbd, gamma_gamma, sbg, survival

if TYPE_CHECKING:
    from collections.abc import Callable

    from bars import Bars
    from numpy.random import Generator

    from generator.worlds import World

pytestmark = pytest.mark.slow

SEED = 913910
"""With the number of the sample; drawn anew and fixed before the full run."""

UNTIL = pd.Timestamp("2026-03-31")


def mean_over(world: World, figure: Callable[[np.ndarray], np.ndarray]) -> float:
    """The mean of a figure over people, by how much more or less than the average each does it."""
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    keen = (
        np.ones(1) if world.person_cv is None else gamma.ppf(quantiles, world.person_cv**-2, scale=world.person_cv**2)
    )
    return float(np.mean(figure(keen)))


def held(bars: Bars, what: str, covers: Callable[[Generator], bool]) -> None:
    """The share of samples whose interval holds the truth; SEED and n for sample n."""
    many = runs(100)
    share = float(np.mean([covers(np.random.default_rng([SEED, seed])) for seed in range(many)]))
    bars.least("G1", f"95 % intervals of {what} that hold the truth", share, 0.95, n=many)


@pytest.mark.parametrize(
    ("people", "chance", "world"), [(300, 0.3, ALIKE), (2_000, 0.05, ALIKE), (300, 0.3, PEOPLE), (2_000, 0.05, PEOPLE)]
)
def test_a_repeat_rate(people: int, chance: float, world: World, bars: Bars) -> None:
    truth = mean_over(world, lambda keen: np.minimum(chance * keen, 1))

    def covers(rng: Generator) -> bool:
        again = rng.random(people) < chance * propensities(rng, world, people)
        row = pd.DataFrame({"buyers": [people], "repeated": [again.sum()]})
        found = repeat_purchase.repeat_rates(row.assign(repeated_days=row["repeated"], returning=row["repeated"])).iloc[
            0
        ]
        return bool(found["low"] <= truth <= found["high"])

    held(bars, f"a repeat rate of {truth:.3f}, {people} buyers, world {world.name}", covers)


@pytest.mark.parametrize(
    ("people", "mean", "world"),
    [(300, 400.0, ALIKE), (2_000, 2_000.0, ALIKE), (300, 400.0, PEOPLE), (2_000, 2_000.0, PEOPLE)],
)
def test_the_share_who_come_again(people: int, mean: float, world: World, bars: Bars) -> None:
    truth = mean_over(world, lambda keen: 1 - np.exp(-90 * keen / mean))

    def covers(rng: Generator) -> bool:
        watched = rng.integers(1, 365, people)  # first times all over a year
        back = np.ceil(rng.exponential(mean, people) / propensities(rng, world, people)).clip(max=10**6).astype(int)
        counted = pd.DataFrame(
            {"cohort": "2026-01", "days": np.minimum(back, watched), "returned": back <= watched, "n": 1}
        )
        nobody = pd.DataFrame(columns=repeat_purchase.WINDOW)
        row = repeat_purchase.judge(nobody, counted, days=90).shares.set_index("days").loc[90]
        return bool(row["low"] <= truth <= row["high"])

    held(bars, f"the share who come again within 90 days ({truth:.3f}), {people} people, world {world.name}", covers)


def subscribers(rng: Generator, size: int, chances: dict[str, float], world: World = ALIKE) -> pd.DataFrame:
    """A list of 600 days whose log begins after 200: people leave each day by these causes."""
    joined = pd.Timestamp("2024-08-08") + pd.to_timedelta(rng.integers(0, 600, size), unit="D")
    total = sum(chances.values())
    chance = np.clip(total * propensities(rng, world, size), 1e-6, 1)
    left = joined + pd.to_timedelta(np.minimum(rng.geometric(chance), 100_000), unit="D")
    cause = rng.choice(list(chances), size, p=np.array(list(chances.values())) / total)
    since = pd.Timestamp("2025-02-24")
    table = pd.DataFrame({"joined": joined, "left": left.where(left <= UNTIL), "cause": cause, "n": 1})
    table["cause"] = table["cause"].where(table["left"].notna(), "")
    return table.assign(undated=False, opt_in_source="form", since=since, until=UNTIL)[~(left < since)]


@pytest.mark.parametrize("size", [1_000, 5_000])
def test_retention_over_a_quarter(size: int, bars: Bars) -> None:
    daily = 0.001
    truth = (1 - daily) ** 92  # July to September 2025

    def covers(rng: Generator) -> bool:
        table = list_growth.judge(subscribers(rng, size, {"unsubscribe": daily}), every="quarter").periods
        row = table.set_index("period").loc["2025Q3"]
        return bool(row["low"] <= truth <= row["high"])

    held(bars, f"retention over a quarter, {size} joined, world alike", covers)


@pytest.mark.parametrize(("size", "world"), [(1_000, ALIKE), (5_000, ALIKE), (5_000, PEOPLE)])
def test_survival_and_causes_with_late_entry(size: int, world: World, bars: Bars) -> None:
    chances = {"unsubscribe": 0.001, "complaint": 0.0001, "bounce": 0.0005}
    gone = sum(chances.values())
    there = mean_over(world, lambda keen: (1 - np.minimum(gone * keen, 1)) ** 180)
    truth = {"still there": there} | {name: (1 - there) * own / gone for name, own in chances.items()}
    hits_of: dict[str, list[bool]] = {name: [] for name in truth}
    many = runs(100)
    for seed in range(many):
        found = staying.judge(subscribers(np.random.default_rng([SEED, seed]), size, chances, world)).shares
        own = found[found["days"] == 180].set_index("state")
        for name, share in truth.items():
            # A cause that nobody left by has no row: none seen, none told.
            if name in own.index:
                hits_of[name].append(bool(own.loc[name, "low"] <= share <= own.loc[name, "high"]))
    for name, hits in hits_of.items():
        what = f"95 % intervals after 180 days, {name}, {size} joined, world {world.name}"
        bars.least("G1", what, float(np.mean(hits)), 0.95, n=len(hits))


@pytest.mark.parametrize(
    ("size", "alpha", "beta"),
    [(1_000, 0.8, 8), (5_000, 0.8, 8), (3_000, 5.8, 94.2), (3_000, 17.4, 282.6), (5_000, 5.8e6, 94.2e6)],
)
def test_projected_retention(size: int, alpha: float, beta: float, bars: Bars) -> None:
    # Each person's own chance of leaving in a month ~ Beta, in the last case all alike; twelve months seen, the 24th
    # asked.
    truth = exp(betaln(alpha, beta + 24) - betaln(alpha, beta))

    def covers(rng: Generator) -> bool:
        chance = rng.beta(alpha, beta, size)
        month = rng.geometric(np.maximum(chance, 1e-9))
        watched = rng.integers(1, 13, size)
        ended = month <= watched
        model = sbg.fit(np.where(ended, month, watched), ended)
        assert model is not None
        _, low, high = sbg.survival(model, 24)
        return bool(low <= truth <= high)

    held(bars, f"the share projected for month 24, {size} people who leave by Beta({alpha:g}, {beta:g})", covers)


CUSTOMERS: dict[str, Callable[[Generator], tuple[float, float]]] = {
    "rates and chances of their own": lambda rng: (rng.gamma(0.8, 1 / 60), rng.beta(0.7, 2.5)),
    "one rate": lambda rng: (1 / 80, rng.beta(0.7, 2.5)),
    "nobody stops": lambda rng: (rng.gamma(0.8, 1 / 60), 0.0),
    "at once or never": lambda rng: (rng.gamma(0.8, 1 / 60), float(rng.random() < 0.3)),
}
"""Rate of buying and chance of stopping of a person."""


def buyers(rng: Generator, size: int, until: int, *, ahead: int, law: str) -> tuple[np.ndarray, ...]:
    """MBG/NBD by its story: frequency, recency, age, mean paid, later purchases and their money."""
    age = rng.integers(until // 3, until, size)
    rows = np.zeros((size, 6))
    for n in range(size):
        rate, stop = CUSTOMERS[law](rng)
        scale = rng.gamma(4.0, 1 / 60)  # v' of Gamma-Gamma: a purchase ~ Gamma(p, 1 / v')
        now, times, last, paid, later, later_paid = 0.0, 0, 0.0, 0.0, 0, 0.0
        alive = rng.random() >= stop
        while alive:
            now += rng.exponential(1 / rate)
            worth = rng.gamma(6.0, 1 / scale)
            if now <= age[n]:
                times, last, paid = times + 1, now, paid + worth
            elif now <= age[n] + ahead:
                later, later_paid = later + 1, later_paid + worth
            else:
                break
            alive = rng.random() >= stop
        rows[n] = times, last, age[n], paid, later, later_paid
    return tuple(rows.T)


@pytest.mark.parametrize("law", CUSTOMERS)
def test_purchases_and_money_to_come(law: str, bars: Bars) -> None:
    many, ahead = runs(100), 180
    often, worth = [], []
    for seed in range(many):
        times, last, age, paid, later, money = buyers(
            np.random.default_rng([SEED, seed]), 1_000, 700, ahead=ahead, law=law
        )
        people = bg_nbd.history(times, last, age)
        mean = np.divide(paid, times, out=np.full(times.shape, np.nan), where=times > 0)
        model, spend = bg_nbd.fit(people), gamma_gamma.fit(times, np.nan_to_num(mean))
        assert model is not None
        assert spend is not None
        total, sums = (
            bg_nbd.total_purchases(model, people, ahead),
            gamma_gamma.total_spend(model, spend, people, mean, ahead),
        )
        often.append(total.low <= later.sum() <= total.high)
        worth.append(sums.low <= money.sum() <= sums.high)
    bars.least(
        "G2",
        f"95 % prediction intervals of purchases in 180 days, 1,000 customers, {law}",
        float(np.mean(often)),
        0.95,
        n=many,
    )
    bars.least("G2", f"the same of their money, {law}", float(np.mean(worth)), 0.95, n=many)


def test_groups_that_leave_alike_are_seldom_told_apart(bars: Bars) -> None:
    many = runs(6_000)  # of the first 1,000 .073 are told apart
    p = []
    for seed in range(many):
        rng = np.random.default_rng([SEED, seed])
        time, watched = rng.geometric(0.01, 300), rng.integers(1, 200, 300)
        p.append(survival.logrank(np.minimum(time, watched), time <= watched, rng.integers(0, 4, 300)).p)
    bars.near(
        "G3", "log-rank of four groups that leave alike, p below 0.05", float(np.mean(np.array(p) < 0.05)), 0.05, n=many
    )
