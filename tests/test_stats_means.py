"""Means from sums against scipy on the values themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle
from scipy import stats

from kit.stats.means import sample_size, student_interval, welch

if TYPE_CHECKING:
    from pathlib import Path


@given(st.lists(st.integers(0, 500), min_size=2, max_size=60), st.sampled_from([0.8, 0.95]))
def test_interval_is_that_of_the_values(values: list[int], level: float) -> None:
    x = np.array(values, dtype=float)
    interval = student_interval(x.sum(), (x**2).sum(), x.size, level=level)
    if np.ptp(x) == 0:
        assert np.isnan(interval).all()
    else:
        expected = stats.ttest_1samp(x, 0).confidence_interval(level)
        assert interval == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


def test_interval_of_hillstroms_spend_is_by_hand() -> None:
    # MineThatData challenge, men's arm: mean 1.42262, sd 17.7541, so 1.42262 ± 1.96007 * 17.7541 / sqrt(n)
    interval = student_interval(30311.69, 6759024.4973, 21307)
    assert interval == pytest.approx((1.18423, 1.66102), abs=2e-4)


def test_interval_is_vectorised_and_missing_where_it_cannot_be() -> None:
    low, high = student_interval(
        pd.Series([10, 10, 10, 0, 5, None]),
        pd.Series([30, None, 100, 0, 25, 30]),
        pd.Series([5, 5, 1, 1000, 1, 5], dtype="Int64"),
    )
    np.testing.assert_array_equal(np.isnan(low), [False, True, True, True, True, True])
    assert low[0] < 2 < high[0]


def test_values_that_are_all_the_same_show_no_spread() -> None:
    for value, n in ((0.0, 1000), (0.1, 3), (19.99, 10**6)):
        low, high = student_interval(value * n, value**2 * n, n)
        assert np.isnan([low, high]).all()


@pytest.mark.parametrize("key", ["hillstrom_spend_welch_mens_none", "hillstrom_spend_welch_mens_womens"])
def test_the_difference_is_the_published(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    b, a = (case.inputs["summary"][name] for name in case.inputs["arms"])
    difference = welch(*([a[name], b[name]] for name in ("sum", "sumsq", "n")))
    assert [difference.value, difference.low, difference.high, difference.df, difference.p] == case.near(
        "diff", "low", "high", "df", "p"
    )


def test_the_difference_is_the_published_in_other_suites(shared: Path) -> None:
    case = oracle(shared, "gb_welch_abs")
    a, b = case.inputs["a"], case.inputs["b"]
    difference = welch(*([a[name], b[name]] for name in ("sum", "sumsq", "n")))
    assert [difference.value, difference.low, difference.high, difference.p] == case.near("est", "low", "high", "p")
    case = oracle(shared, "tt_mean_orders")
    n, average, spread = (np.array(case.inputs[name]) for name in ("n", "mean", "var"))
    difference = welch(n * average, (n - 1) * spread + n * average**2, n)
    assert [difference.value, difference.low, difference.high, difference.p] == case.near("diff", "low", "high", "p")
    case = oracle(shared, "welch_sleep")
    x, y = (np.array(case.inputs[name]) for name in ("x", "y"))
    difference = welch([y.sum(), x.sum()], [y @ y, x @ x], [y.size, x.size])
    assert [difference.df, difference.p] == case.near("df", "p")
    assert (difference.low, difference.high) == pytest.approx(case.expected["ci"], rel=1e-9)


def test_a_difference_without_any_spread_is_not_estimable() -> None:
    assert np.isnan(welch([0, 50], [0, 900], [100, 100]).value)
    assert np.isnan(welch([1, np.nan], [1, 2], [3, 3]).p)


def test_sample_size_of_means_is_that_of_rates() -> None:
    # 20 % against 22 % with the variance of 21 %: 6,510 by the exact formula for rates (R power.prop.test).
    size = sample_size(0.02, 0.21 * 0.79)
    assert size == pytest.approx(6510, rel=0.001)
    assert sample_size(0, 1) is None
    assert sample_size(float("nan"), 1) is None
