"""Mails of one person, arms of unlike age, programs that open by themselves (S15, S17, S18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs
from scipy.stats import norm
from test_opens import simulated

from kit.questions.months import opens
from kit.stats import cluster_robust, paired, proportions

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

ICC, RATE, MAILS = 0.15, 0.2, 6
PEOPLE = 3_000


def chances(rng: Generator, people: int) -> np.ndarray:
    """Each one's own chance to click; two mails of a person are alike by ICC."""
    size = 1 / ICC - 1
    return rng.beta(RATE * size, (1 - RATE) * size, people)


@pytest.mark.parametrize("people", [100, PEOPLE])
def test_mails_to_one_person_are_not_so_many_people(people: int, rng: Generator, bars: Bars) -> None:
    many = runs(10_000)
    did = np.array([rng.binomial(MAILS, chances(rng, people)).reshape(2, -1) for _ in range(many)]).astype(float)
    k = np.full((many, 2), people / 2)
    x, n = did.sum(axis=2), k * MAILS
    rates = cluster_robust.clustered_rates(k, x, n, squares=((did**2).sum(axis=2), k * MAILS**2, x * MAILS))
    gap = rates.value[:, 1] - rates.value[:, 0]
    false = np.mean(2 * norm.sf(np.abs(gap) / np.hypot(rates.se[:, 0], rates.se[:, 1])) < 0.05)
    pooled = x.sum(axis=1) / n.sum(axis=1)
    naive = np.mean(2 * norm.sf(np.abs(gap) / np.sqrt(4 * pooled * (1 - pooled) / (people * MAILS / 2) / 2)) < 0.05)
    bars.near("S15", f"false differences, {people} people with {MAILS} mails", false, 0.05, within=0.01, n=many)
    bars.told("S15", f"the same, mails taken as people, {people}", naive, n=many)


def test_the_same_people_asked_twice(rng: Generator, bars: Bars) -> None:
    many = runs(10_000)
    false = 0
    for _ in range(many):
        p = chances(rng, PEOPLE)
        a, b = rng.random((2, PEOPLE)) < p
        false += paired.mcnemar(int((a & ~b).sum()), int((~a & b).sum()), PEOPLE).p < 0.05
    bars.near(
        "S15", "false differences between two mails to the same 3000 people", false / many, 0.05, within=0.01, n=many
    )


@pytest.mark.parametrize(("lag", "look"), [(10, 2), (10, 24), (30, 2), (30, 4), (30, 24)])
def test_arms_at_one_age_differ_by_chance_alone(lag: int, look: int, rng: Generator, bars: Bars) -> None:
    many, n, median = runs(4_000), 20_000, 6.0
    wall = aligned = 0
    for _ in range(many):
        hours = rng.lognormal(np.log(median), 1.5, (2, n))
        reads = rng.random((2, n)) < RATE
        late = look - lag / 60
        a, b, a_then = (int((reads[arm] & (hours[arm] <= age)).sum()) for arm, age in ((0, look), (1, late), (0, late)))
        wall += proportions.proportion_difference(a, n, b, n).p < 0.05
        aligned += proportions.proportion_difference(a_then, n, b, n).p < 0.05
    bars.most("S17", f"false winners at one age, sent {lag} min apart, after {look} h", aligned / many, 0.06, n=many)
    bars.told("S17", f"the same by the wall clock, {lag} min apart, after {look} h", wall / many, n=many)


@pytest.mark.parametrize("m", [0.3, 0.5, 0.6])
def test_prefetching_is_bounded_and_the_estimate_unbiased(m: float, rng: Generator, bars: Bars) -> None:
    many = runs(4_000)
    shares, reading = m + np.array([-0.2, 0, 0.2]), np.array([0.1, 0.2, 0.35])
    for shift in (-0.08, 0.0, 0.1):
        counted = simulated(rng, many, shares, reading, shift)
        sums = counted.groupby("run")[["truth", "delivered"]].sum()
        truth = sums["truth"] / sums["delivered"]
        rates = opens.judge(counted, by=["run"]).rates.set_index("run")
        inside = ((rates["bound_low"] <= truth) & (truth <= rates["bound_high"])).mean()
        what = f"{m:.0%} prefetch and read by {shift:+.2f} more"
        bars.least("S18", f"bounds hold the truth, {what}", inside, 1.0, n=many)
        bias = float((rates["estimate"] - truth).mean())
        if shift:
            bars.near("S18", f"bias of the estimate, its assumption broken, {what}", bias, -shift * m, within=0.01)
        else:
            bars.most("S18", f"bias of the estimate, {what}", abs(bias), 0.01)
