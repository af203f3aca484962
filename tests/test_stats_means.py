"""Means from sums against scipy on the values themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kit.stats.means import mean


@given(st.lists(st.integers(0, 500), min_size=2, max_size=60), st.sampled_from([0.8, 0.95]))
def test_interval_is_that_of_the_values(values: list[int], level: float) -> None:
    x = np.array(values, dtype=float)
    found = mean(x.sum(), (x**2).sum(), x.size, level=level)
    if np.ptp(x) == 0:
        assert np.isnan(found).all()
    else:
        expected = stats.ttest_1samp(x, 0).confidence_interval(level)
        assert found == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


def test_interval_of_hillstroms_spend_is_by_hand() -> None:
    # MineThatData challenge, men's arm: mean 1.42262, sd 17.7541, so 1.42262 ± 1.96007 * 17.7541 / sqrt(n)
    found = mean(30311.69, 6759024.4973, 21307)
    assert found == pytest.approx((1.18423, 1.66102), abs=2e-4)


def test_interval_is_vectorised_and_missing_where_it_cannot_be() -> None:
    low, high = mean(
        pd.Series([10, 10, 10, 0, 5, None]),
        pd.Series([30, None, 100, 0, 25, 30]),
        pd.Series([5, 5, 1, 1000, 1, 5], dtype="Int64"),
    )
    np.testing.assert_array_equal(np.isnan(low), [False, True, True, True, True, True])
    assert low[0] < 2 < high[0]


def test_values_that_are_all_the_same_show_no_spread() -> None:
    for value, n in ((0.0, 1000), (0.1, 3), (19.99, 10**6)):
        low, high = mean(value * n, value**2 * n, n)
        assert np.isnan([low, high]).all()
