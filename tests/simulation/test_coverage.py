"""How often the intervals hold the truth (S6 by enumeration, S7, S8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs
from scipy.stats import binom

from kit.stats import intervals, proportions

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

P = np.geomspace(0.001, 0.3, 31)


@pytest.mark.parametrize("n", [50, 300, 1000, 5000, 25_000, 100_000])
def test_one_rate_is_covered_by_enumeration(n: int, bars: Bars) -> None:
    x = np.arange(n + 1)
    covered = {}
    for method in ("wilson", "exact", "auto"):
        low, high = proportions.proportion_interval(x, n, method=method)
        covered[method] = np.array([binom.pmf(x[(low <= p) & (p <= high)], n, p).sum() for p in P])
    bars.least("S6", f"mean coverage, Wilson, n {n}", covered["wilson"].mean(), 0.94)
    bars.least("S6", f"least coverage, exact, n {n}", covered["exact"].min(), 0.95 - 1e-9)
    # Wilson alone falls to 0.84 near n p = 0.18; with the exact interval for few events it must not.
    bars.least("S6", f"least coverage, as chosen, n {n}", covered["auto"].min(), 0.91)
    bars.least("S6", f"mean coverage, as chosen, n {n}", covered["auto"].mean(), 0.945)


@pytest.mark.parametrize("sizes", [(50, 50), (500, 500), (18_000, 2_000), (100_000, 100_000)])
def test_differences_are_covered(sizes: tuple[int, int], rng: Generator, bars: Bars) -> None:
    many, z = runs(100_000), intervals.critical_z(0.95)
    means = []
    for p_a in (0.001, 0.005, 0.02, 0.1, 0.3):
        for gain in (1.0, 1.1, 1.5):
            x_a, x_b = rng.binomial(sizes[0], p_a, many), rng.binomial(sizes[1], p_a * gain, many)
            low, high = intervals.newcombe(x_a, sizes[0], x_b, sizes[1], z=z)
            means.append(np.mean((low <= p_a * (gain - 1)) & (p_a * (gain - 1) <= high)))
    bars.least("S7", f"least coverage of a difference, {sizes[0]} and {sizes[1]}", min(means), 0.94, n=many)


@pytest.mark.parametrize(("n_a", "n_b", "p_a"), [(1000, 1000, 0.003), (5000, 5000, 0.02), (9000, 1000, 0.01)])
def test_lifts_are_covered(n_a: int, n_b: int, p_a: float, rng: Generator, bars: Bars) -> None:
    many = runs(20_000)
    for gain in (1.0, 1.5):
        x_a, x_b = rng.binomial(n_a, p_a, many), rng.binomial(n_b, p_a * gain, many)
        ratios = [proportions.lift(int(a), n_a, int(b), n_b) for a, b in zip(x_a, x_b, strict=True) if a or b]
        covered = float(np.mean([one.low <= gain - 1 <= one.high for one in ratios]))
        what = f"coverage of a lift of {gain - 1:g}, {n_a} and {n_b}, rate {p_a:g}"
        bars.least("S8", what, covered, 0.94, n=many)
