"""Rates that wander by nature: trends, chart limits, and money that is mostly zero (S16, S20)."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs

from kit.stats import means, trend

if TYPE_CHECKING:
    from pathlib import Path

    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("points", [12, 24])
@pytest.mark.parametrize("n", [10_000, 1_000_000])
@pytest.mark.parametrize("rho", [1e-4, 1e-3])
def test_a_wander_is_no_trend(points: int, n: int, rho: float, rng: Generator, bars: Bars) -> None:
    many, when, size = runs(4_000), np.arange(points), 1 / rho - 1
    total = np.full(points, n)
    lines = [
        trend.logistic_trend(rng.binomial(total, rng.beta(0.2 * size, 0.8 * size, points)), total, when).p
        for _ in range(many)
    ]
    what = f"false trends, {points} months of {n}, rho {rho:g}"
    bars.most("S16", what, float(np.mean(np.array(lines) < 0.05)), 0.08, n=many)


@pytest.mark.parametrize("n", [10_000, 200_000])
def test_a_wander_stays_within_the_limits(n: int, rng: Generator, bars: Bars) -> None:
    many, points, size = runs(4_000), 20, 1 / 1e-3 - 1
    total = np.full(points, n)
    out, plain = [], []
    for _ in range(many):
        x = rng.binomial(total, rng.beta(0.2 * size, 0.8 * size, points))
        limits = trend.p_prime_chart(x, total)
        out.append(((x / total < limits.low) | (x / total > limits.high)).any())
        counting = 3 * np.sqrt(limits.center * (1 - limits.center) / total)
        plain.append((np.abs(x / total - limits.center) > counting).any())
    bars.most("S16", f"charts of 20 months of {n} with a false alarm", float(np.mean(out)), 0.1, n=many)
    bars.told("S16", f"the same of a plain p chart, {n}", float(np.mean(plain)), n=many)


@pytest.mark.parametrize("n", [500, 2_000, 20_000])
def test_money_that_is_mostly_zero(n: int, shared: Path, rng: Generator, bars: Bars) -> None:
    with (shared / "datasets/hillstrom.csv").open(encoding="utf-8", newline="") as file:
        spend = np.array([float(row["spend"]) for row in csv.DictReader(file)])
    many = runs(4_000)
    p = []
    for _ in range(many):
        x = rng.choice(spend, (2, n))
        p.append(means.welch(x.sum(axis=1), (x**2).sum(axis=1), [n, n]).p)
    false = float(np.mean(np.array(p) < 0.05))
    what = f"false winners in Hillstrom's spend, {n} an arm"
    if n < 2_000:
        bars.told("S20", what, false, n=many)
    else:
        bars.near("S20", what, false, 0.05, within=0.01, n=many)
