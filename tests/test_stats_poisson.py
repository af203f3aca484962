"""Events over time against R and scipy."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle

from kit.stats import poisson

if TYPE_CHECKING:
    from pathlib import Path


def test_rates_are_those_of_r(shared: Path) -> None:
    case = oracle(shared, "poisson_137")
    interval = poisson.rate_interval(case.inputs["x"], case.inputs["t"])
    assert list(astuple(interval)) == case.near("rate", "low", "high")
    case = oracle(shared, "poisson_zero")
    assert poisson.rate_interval(case.inputs["x"], case.inputs["t"]).high == case.near("upper")


def test_the_ratio_is_that_of_r() -> None:
    # R ?poisson.test: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)): 1.971488 (0.8584264 to 4.2772659), p = 0.07967
    ratio = poisson.rate_ratio((21, 3011), (11, 800))
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((1.971488, 0.8584264, 4.2772659), rel=1e-6)
    assert ratio.p == pytest.approx(0.07967, abs=5e-6)


def test_rare_events_of_equal_numbers_of_mails_are_as_published(shared: Path) -> None:
    case = oracle(shared, "unsub_5_1_4000")
    ratio = poisson.rate_ratio(*((case.inputs[x], case.inputs[n]) for x, n in (("x0", "n0"), ("x1", "n1"))))
    assert [ratio.value, ratio.p] == case.near("poisson_ratio", "poisson_exact_p")
    assert [ratio.low, ratio.high] == pytest.approx(case.expected["poisson_ratio_ci"], rel=1e-6)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_swapping_turns_the_ratio_over(x_a: int, x_b: int, t_a: float, t_b: float) -> None:
    ratio, back = poisson.rate_ratio((x_a, t_a), (x_b, t_b)), poisson.rate_ratio((x_b, t_b), (x_a, t_a))
    if x_a + x_b == 0:
        assert np.isnan(astuple(ratio)).all()
        return
    assert 0 <= ratio.low <= ratio.high
    assert ratio.p == pytest.approx(back.p, abs=1e-6)
    if x_a and x_b:
        assert ratio.low <= ratio.value <= ratio.high
        assert ratio.low == pytest.approx(1 / back.high, rel=1e-6)


def test_what_varies_more_says_less() -> None:
    plain, wide = poisson.rate_ratio((300, 100), (360, 100)), poisson.rate_ratio((300, 100), (360, 100), spread=4)
    assert plain.value == wide.value
    assert wide.low < plain.low < plain.high < wide.high


def test_overdispersion_is_by_hand() -> None:
    assert poisson.overdispersion([2, 4, 6]) == 1  # 8 / 4 / 2: as much as chance has
    assert poisson.overdispersion([0, 10, 20]) == 10  # 200 / 10 / 2
    assert poisson.overdispersion([0, 20, 100, 120], [0, 0, 1, 1]) == pytest.approx((20 + 200 / 110) / 2)
    assert np.isnan(poisson.overdispersion([5]))
    assert np.isnan(poisson.overdispersion([0, 0]))


def test_no_time_and_no_events_are_not_estimable() -> None:
    assert np.isnan(astuple(poisson.rate_interval(3, 0))).all()
    assert np.isnan(astuple(poisson.rate_ratio((0, 1), (0, 1)))).all()
    assert np.isnan(poisson.rate_ratio((0, 5), (3, 5)).value)
    assert poisson.rate_ratio((0, 5), (3, 5)).high == np.inf
