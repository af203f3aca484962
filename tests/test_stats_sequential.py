"""Bounds of planned looks and intervals for any look against published constants, and by their properties."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle
from scipy.stats import norm

from kit.errors import UsageError
from kit.stats import sequential

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("key", ["peek_2", "peek_5", "peek_10", "peek_20"])
def test_peeking_is_the_published(shared: Path, key: str) -> None:
    case = oracle(shared, key)
    assert sequential.peeking_error(case.inputs["looks"]) == case.near("type1")


def test_peeking_is_that_of_armitage() -> None:  # Armitage, McPherson & Rowe (1969), table 2
    assert [sequential.peeking_error(k) for k in (1, 2, 3, 4, 5, 10, 20)] == pytest.approx(
        [0.05, 0.083, 0.107, 0.126, 0.142, 0.193, 0.248], abs=6e-4
    )


def test_pococks_constants_cross_in_one_of_twenty(shared: Path) -> None:
    case = oracle(shared, "pocock_constants")
    for looks, bound in zip(case.inputs["K"], case.expected["c"], strict=True):
        crossed = sequential.crossing_probability(np.arange(1, looks + 1) / looks, [bound] * looks)
        assert crossed == pytest.approx(0.05, abs=1e-4)  # the constants have three digits


def test_bounds_are_the_published(shared: Path) -> None:
    case = oracle(shared, "group_sequential_5looks")
    time = np.array(case.inputs["t"])
    bounds = sequential.spending_bounds(time, case.inputs["alpha"] * time ** case.inputs["phi"])
    assert list(2 * norm.sf(bounds)) == case.near("adjusted_alpha")


def test_early_looks_ask_for_much_as_obrien_and_fleming() -> None:
    # Reboussin et al. (2000), doi:10.1016/S0197-2456(00)00057-X: five looks, their function 1, two-sided 5 %.
    time = np.arange(1, 6) / 5
    bounds = sequential.spending_bounds(time, sequential.alpha_spending(time))
    assert bounds == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)
    assert sequential.nominal_level(time[:2]) == pytest.approx(2 * norm.sf(3.3569), rel=1e-3)


TIMES = st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True).map(lambda n: np.sort(n) / 100)


@settings(max_examples=40)
@given(TIMES)
def test_what_is_spent_is_what_is_crossed_wherever_the_looks_are(time: np.ndarray) -> None:
    spending = sequential.alpha_spending(time)
    assert sequential.crossing_probability(time, sequential.spending_bounds(time, spending)) == pytest.approx(
        spending[-1], abs=1e-6
    )


def test_one_look_at_the_end_is_the_plain_test() -> None:
    assert sequential.nominal_level([1.0]) == pytest.approx(0.05)
    assert sequential.alpha_spending([1.0, 0.0])[0] == pytest.approx(0.05)
    assert sequential.alpha_spending([0.0])[0] == pytest.approx(0)


@pytest.mark.parametrize("time", [[], [0.0, 0.5], [0.5, 0.5], [0.5, 1.2]])
def test_looks_that_are_none_are_refused(time: list[float]) -> None:
    with pytest.raises(UsageError, match=r"^looks must be increasing shares of the plan"):
        sequential.spending_bounds(time, [0.01] * len(time))


def test_the_width_for_any_time_is_the_published(shared: Path) -> None:
    case = oracle(shared, "hillstrom_seq_visit")
    (x_a, n_a, x_b, n_b) = (case.inputs[name] for name in ("x0", "n0", "x1", "n1"))
    a, b = x_a / n_a, x_b / n_b
    half = sequential.confidence_sequence(n_a + n_b, tuned=5000) * sqrt(a * (1 - a) / n_a + b * (1 - b) / n_b)
    assert [b - a, b - a - half, b - a + half] == case.near("est", "low", "high")


def test_the_width_for_any_time_is_the_published_of_a_lift(shared: Path) -> None:
    case = oracle(shared, "gb_seq_prop")
    (x_a, n_a, x_b, n_b) = (case.inputs[name] for name in ("x0", "n0", "x1", "n1"))
    a, b = x_a / n_a, x_b / n_b
    se = sqrt(b * (1 - b) / n_b / a**2 + b**2 * a * (1 - a) / n_a / a**4)  # delta method
    half = sequential.confidence_sequence(n_a + n_b, tuned=case.inputs["tuning"]) * se
    assert [b / a - 1, b / a - 1 - half, b / a - 1 + half] == case.near("est", "low", "high")


def test_any_time_asks_for_more_than_one_look_and_least_where_it_is_tuned() -> None:
    n = np.geomspace(100, 10**6, 60)
    widths = np.array([sequential.confidence_sequence(size, tuned=10_000) for size in n])
    assert (widths > norm.isf(0.025)).all()
    assert n[widths.argmin()] == pytest.approx(10_000, rel=0.5)
