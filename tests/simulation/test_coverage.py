"""How often the intervals hold the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binom

from kit.stats import intervals, rates

if TYPE_CHECKING:
    from numpy.random import Generator

pytestmark = pytest.mark.slow

P = np.geomspace(0.001, 0.3, 31)


@pytest.mark.parametrize("n", [50, 300, 1000, 5000, 25_000, 100_000])
def test_one_rate_is_covered_by_enumeration(n: int) -> None:
    x = np.arange(n + 1)
    covered = {}
    for method in ("wilson", "exact", "auto"):
        low, high = rates.share(x, n, method=method)
        covered[method] = np.array([binom.pmf(x[(low <= p) & (p <= high)], n, p).sum() for p in P])
    assert covered["wilson"].mean() >= 0.94
    assert covered["exact"].min() >= 0.95 - 1e-9
    # Wilson alone falls to 0.84 near n p = 0.18; with the exact interval for few events it must not.
    assert covered["auto"].min() >= 0.91
    assert covered["auto"].mean() >= 0.945


@pytest.mark.parametrize("sizes", [(50, 50), (500, 500), (18_000, 2_000), (100_000, 100_000)])
def test_differences_are_covered(sizes: tuple[int, int], rng: Generator) -> None:
    runs, z = 10_000, intervals.quantile(0.95)
    means = []
    for p_a in (0.001, 0.005, 0.02, 0.1, 0.3):
        for gain in (1.0, 1.1, 1.5):
            x_a, x_b = rng.binomial(sizes[0], p_a, runs), rng.binomial(sizes[1], p_a * gain, runs)
            low, high = intervals.newcombe(x_a, sizes[0], x_b, sizes[1], z=z)
            means.append(np.mean((low <= p_a * (gain - 1)) & (p_a * (gain - 1) <= high)))
    assert min(means) >= 0.94 - 3 * np.sqrt(0.94 * 0.06 / runs)


@pytest.mark.parametrize(("n_a", "n_b", "p_a"), [(1000, 1000, 0.003), (5000, 5000, 0.02), (9000, 1000, 0.01)])
def test_lifts_are_covered(n_a: int, n_b: int, p_a: float, rng: Generator) -> None:
    runs = 2_000
    for gain in (1.0, 1.5):
        x_a, x_b = rng.binomial(n_a, p_a, runs), rng.binomial(n_b, p_a * gain, runs)
        found = [rates.lift(int(a), n_a, int(b), n_b) for a, b in zip(x_a, x_b, strict=True) if a or b]
        covered = np.mean([one.low <= gain - 1 <= one.high for one in found])
        assert covered >= 0.94 - 3 * np.sqrt(0.94 * 0.06 / runs)


def test_equal_arms_differ_in_one_of_twenty(rng: Generator) -> None:
    runs = 4_000
    for p, n in ((0.2, 500), (0.02, 5_000)):
        x = rng.binomial(n, p, (runs, 2))
        rejected = np.mean([rates.difference(int(a), n, int(b), n).p < 0.05 for a, b in x])
        assert rejected <= 0.055 + 3 * np.sqrt(0.05 * 0.95 / runs)
