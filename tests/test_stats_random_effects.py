"""Spread, outliers and changes against statsmodels, published tests and their properties."""

from __future__ import annotations

from dataclasses import astuple
from math import isnan, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle
from scipy.stats import t
from statsmodels.stats.meta_analysis import combine_effects

from kit.stats import intervals
from kit.stats.random_effects import change, heterogeneity, leave_one_out

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator

# Crowder (1978), seeds germinated of those sown, in BUGS volume I.
CROWDER_X = [10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3]
CROWDER_N = [39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7]

UNITS = st.lists(
    st.integers(1, 10**7).flatmap(
        lambda n: st.tuples(st.one_of(st.integers(0, n), st.integers(0, min(n, 8)), st.just(n)), st.just(n))
    ),
    max_size=12,
)


def test_spread_of_crowders_seeds_is_that_of_statsmodels() -> None:
    spread = heterogeneity(CROWDER_X, CROWDER_N)
    x, n = np.array(CROWDER_X), np.array(CROWDER_N)
    rate = (x.sum() + 0.5) / (n.sum() + 1)
    combined = combine_effects(x / n, rate * (1 - rate) / n, method_re="iterated")
    assert spread.tau**2 == pytest.approx(combined.tau2, rel=1e-5)
    fit = sm.GLM(x / n, np.ones(n.size), sm.families.Binomial(), var_weights=n).fit(scale="X2")
    assert spread.phi == pytest.approx(fit.scale)
    assert (spread.mean, spread.k) == (pytest.approx(x.sum() / n.sum()), 21)


def test_spreads_p_is_the_published(shared: Path) -> None:
    case = oracle(shared, "kgroups_smokers")
    assert heterogeneity(case.inputs["x"], case.inputs["n"]).p == case.near("p")


def test_spread_finds_the_planted(rng: Generator) -> None:
    n = np.full(400, 20_000)
    spread = heterogeneity(rng.binomial(n, rng.normal(0.2, 0.01, n.size)), n)
    assert spread.tau == pytest.approx(0.01, rel=0.1)  # three Monte Carlo errors: 3 / sqrt(2 * 400)
    assert spread.phi == pytest.approx(1 + 20_000 * 0.01**2 / 0.16, rel=0.25)


def test_spread_of_equal_rates_is_none() -> None:
    spread = heterogeneity([10, 20, 30], [100, 200, 300])
    assert (spread.mean, spread.tau, spread.phi, spread.p) == pytest.approx((0.1, 0, 0, 1))


@pytest.mark.parametrize(
    ("x", "n", "expected"),
    [
        ([], [], (np.nan, np.nan, np.nan, np.nan, 0)),
        ([0], [0], (np.nan, np.nan, np.nan, np.nan, 0)),
        ([3, 0], [10, 0], (0.3, np.nan, np.nan, np.nan, 1)),
        ([0, 0, 0], [10, 20, 30], (0, 0, np.nan, np.nan, 3)),
        ([10, 20], [10, 20], (1, 0, np.nan, np.nan, 2)),
    ],
)
def test_spread_of_too_little_says_so(x: list[int], n: list[int], expected: tuple[float, ...]) -> None:
    assert astuple(heterogeneity(x, n)) == pytest.approx(expected, nan_ok=True)


@given(UNITS)
def test_neither_fails_on_valid_counts(units: list[tuple[int, int]]) -> None:
    x, n = [one[0] for one in units], [one[1] for one in units]
    spread, each = heterogeneity(x, n), leave_one_out(x, n)
    assert spread.k == len(units)
    assert isnan(spread.tau) == (len(units) < 2)
    for values in astuple(each):
        assert np.isfinite(values).all() if len(units) >= 4 else np.isnan(values).all()
    assert not len(units) >= 4 or ((each.p >= 0) & (each.p <= 1)).all()


def test_outliers_are_the_prediction_of_the_others_by_statsmodels() -> None:
    predictions = leave_one_out(CROWDER_X, CROWDER_N)
    angle = np.arcsin(np.sqrt((np.array(CROWDER_X) + 0.375) / (np.array(CROWDER_N) + 0.75)))
    error = 1 / (4 * np.array(CROWDER_N) + 2)
    for unit in (0, 6, 12):
        combined = combine_effects(np.delete(angle, unit), np.delete(error, unit), method_re="iterated")
        se = sqrt(combined.tau2 + combined.var_eff_w_re + error[unit])
        z = (angle[unit] - combined.mean_effect_re) / se
        assert predictions.z[unit] == pytest.approx(z, rel=1e-4)
        assert predictions.p[unit] == pytest.approx(2 * t.sf(abs(z), 19), rel=1e-4)
        assert predictions.expected[unit] == pytest.approx(np.sin(combined.mean_effect_re) ** 2, rel=1e-5)
        step = se / 1000  # in shares, by differences
        ends = np.sin(combined.mean_effect_re + np.array([-step, step])) ** 2
        assert predictions.se[unit] == pytest.approx(np.ptp(ends) * 500, rel=1e-4)


def test_a_unit_apart_is_found_and_the_order_is_kept() -> None:
    x, n = np.array([200, 210, 190, 400, 205, 195, 0]), np.array([1000] * 6 + [0])
    predictions = leave_one_out(x, n)
    assert np.nanargmin(predictions.p) == 3
    assert predictions.p[3] < 0.001
    assert (predictions.p[[0, 1, 2, 4, 5]] > 0.5).all()
    assert np.isnan(predictions.p[6])
    turned = leave_one_out(pd.Series(x[::-1]), pd.Series(n[::-1]))
    np.testing.assert_allclose(turned.z[::-1], predictions.z)


def test_one_event_among_units_without_any_is_no_outlier() -> None:
    predictions = leave_one_out([0] * 9 + [1], [20_000] * 9 + [1_000])
    assert predictions.p[9] > 0.01  # Fisher's is 0.0055, one-sided: 1,000 of all 181,000


def test_the_interval_of_a_unit_is_where_the_others_lie_whatever_its_own_size() -> None:
    small, large = (
        leave_one_out([50, 60, 55, 45, x], [1000, 1000, 1000, 1000, n]) for x, n in ((5, 100), (5000, 100_000))
    )
    assert (small.low[4], small.high[4]) == (large.low[4], large.high[4])
    assert (small.low < small.expected).all()
    assert (small.expected < small.high).all()
    narrow = leave_one_out([50, 60, 55, 45, 5], [1000, 1000, 1000, 1000, 100], level=0.5)
    assert (narrow.low > small.low).all()
    assert (narrow.high < small.high).all()


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_too_few_units_do_not_judge_each_other(k: int) -> None:
    assert np.isnan(leave_one_out([5] * k, [10] * k).p).all()


@pytest.mark.parametrize("tau", [0, 0.003, 0.05])
def test_a_change_is_beyond_sampling_and_the_usual(tau: float) -> None:
    difference = change((200, 1000), (260, 1000), tau=tau, k=12)
    quantile = t.isf(0.025, 11)
    assert difference.usual == pytest.approx(quantile * sqrt(2) * tau)
    assert (
        difference.low <= difference.value - difference.usual <= difference.value + difference.usual <= difference.high
    )
    low, high = intervals.newcombe(200, 1000, 260, 1000, z=float(quantile))
    assert difference.value - difference.low == pytest.approx(np.hypot(difference.value - low, difference.usual))
    assert difference.high - difference.value == pytest.approx(np.hypot(high - difference.value, difference.usual))


def test_a_changes_p_is_that_of_the_pooled_test_with_the_usual_variation() -> None:
    # By hand: pooled 0.23, error sqrt(0.23 * 0.77 * 2 / 1000 + 2 * 0.01²) = 0.023546
    difference = change((200, 1000), (260, 1000), tau=0.01, k=12)
    assert difference.p == pytest.approx(2 * t.sf(0.06 / 0.023546, 11), rel=1e-3)
    assert isnan(change((0, 1000), (0, 1000), tau=0, k=12).p)


def test_more_mail_cannot_make_a_usual_difference_a_change() -> None:
    differences = [change((20 * m, 100 * m), (21 * m, 100 * m), tau=0.01, k=12) for m in (1, 100, 10_000)]
    assert all(one.low < 0 < one.high for one in differences)
    assert change((20 * 10_000, 10**6), (21 * 10_000, 10**6), tau=0.001, k=12).low > 0


@given(UNITS.filter(lambda units: len(units) > 1), st.floats(0, 0.5), st.integers(2, 60))
def test_a_change_turned_round_is_its_mirror(units: list[tuple[int, int]], tau: float, k: int) -> None:
    a, b = units[:2]
    difference, back = change(a, b, tau=tau, k=k), change(b, a, tau=tau, k=k)
    assert -1 <= difference.low <= difference.value <= difference.high <= 1
    assert astuple(difference)[:3] == pytest.approx((-back.value, -back.high, -back.low), abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "tau", "k"),
    [
        ((0, 0), (1, 5), 0.1, 9),
        ((1, 5), (2, 5), np.nan, 9),
        ((1, 5), (2, 5), 0.1, 1),
        ((6, 5), (2, 5), 0.1, 9),
    ],
)
def test_a_change_that_cannot_be_judged_has_no_interval(
    a: tuple[int, int], b: tuple[int, int], tau: float, k: int
) -> None:
    difference = change(a, b, tau=tau, k=k)
    assert np.isnan([difference.low, difference.high, difference.p]).all()
