"""Trends and chart limits against R and published charts, and by their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import oracle

from kit.errors import UsageError
from kit.stats.trend import logistic_trend, p_prime_chart, quasi_binomial

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator


def crowder(inputs: dict[str, Any]) -> np.ndarray:
    a, b = (np.array(inputs[name]) for name in ("factor1", "factor2"))
    return np.column_stack([np.ones(a.size), a, b, a * b])


def test_the_regression_is_that_of_r(shared: Path) -> None:
    case = oracle(shared, "crowder_quasi")
    regression = quasi_binomial(case.inputs["x"], case.inputs["n"], crowder(case.inputs))
    assert list(regression.coef) == pytest.approx(case.expected["coef"], rel=1e-6)
    assert list(regression.se) == pytest.approx(case.expected["se_quasi"], rel=1e-6)
    assert regression.phi == case.near("phi")


def test_the_form_that_hides_overdispersion_is_refused(shared: Path) -> None:
    case = oracle(shared, "quasi_two_column_trap")
    x, n = np.array(case.inputs["x"]), np.array(case.inputs["n"])
    design = crowder(case.inputs)
    assert quasi_binomial(x, n, design).phi == case.near("phi")
    with pytest.raises(UsageError, match="one column of events and one of trials"):
        quasi_binomial(np.column_stack([x, n - x]), n, design)
    with pytest.raises(UsageError, match="more rows than columns"):
        quasi_binomial(x[:4], n[:4], design[:4])


def test_a_planted_slope_is_found(rng: Generator) -> None:
    when, n = np.arange(24), np.full(24, 50_000)
    line = logistic_trend(rng.binomial(n, 0.20 + 0.002 * when), n, when)
    assert line.low < 0.002 < line.high
    assert line.p < 1e-6
    assert (line.begin, line.end) == (pytest.approx(0.2, abs=0.005), pytest.approx(0.246, abs=0.005))


COUNTS = st.lists(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=30)


@settings(max_examples=50)
@given(COUNTS)
def test_neither_fails_on_valid_counts(rows: list[tuple[int, int]]) -> None:
    x, n = np.array(rows, dtype=float).reshape(-1, 2).T
    line, limits = logistic_trend(x, n, np.arange(x.size)), p_prime_chart(x, n)
    assert not np.isfinite(line.step) or (x.size >= 12 and 0 < x.sum() < n.sum())
    if np.isfinite(line.step):
        assert line.low <= line.step <= line.high
    if np.isfinite(limits.wide):
        assert ((limits.low <= limits.center) & (limits.center <= limits.high)).all()


def test_a_line_without_an_end_has_no_trend() -> None:
    assert np.isnan(logistic_trend([0] * 6 + [100] * 6, [100] * 12, range(12)).step)


@pytest.mark.parametrize("turned", [1, -1])
def test_events_of_one_end_alone_are_tested_without_a_slope(turned: int) -> None:
    line = logistic_trend(([0] * 11 + [5])[::turned], [10_000] * 12, range(12))
    assert (line.begin, line.end)[::turned] == (0, 0.0005)
    assert np.isnan([line.step, line.low, line.high]).all()
    # By hand for rare events: chi-square 3 * 11 / 13 * 5 over an overdispersion of 5, so t = 1.593 with 11 degrees.
    assert (line.phi, line.p) == (pytest.approx(5, rel=1e-3), pytest.approx(0.1394, abs=2e-4))


def test_equal_rates_have_no_trend_and_the_errors_of_counting() -> None:
    line = logistic_trend([50] * 12, [1000] * 12, range(12))
    assert (line.step, line.p) == (pytest.approx(0, abs=1e-12), pytest.approx(1))
    # By hand: the error of a mean's slope is sqrt(p q / n / sum of squared times), 143 for twelve months.
    assert line.high == pytest.approx(2.228 * np.sqrt(0.05 * 0.95 / 1000 / 143), rel=1e-3)


def test_without_overdispersion_the_limits_are_the_published(shared: Path) -> None:
    case = oracle(shared, "montgomery_p_chart")
    limits = p_prime_chart(case.inputs["x"], case.inputs["n"])
    reach = (limits.high[0] - limits.center) / limits.wide
    plain = [limits.center, limits.center + reach, limits.center - reach]
    assert plain == case.near("cl", "ucl", "lcl")


def test_a_rate_that_wanders_by_nature_stays_within_its_limits(rng: Generator) -> None:
    n = np.full(20, 200_000)
    x = rng.binomial(n, rng.normal(0.25, 0.01, 20))
    limits = p_prime_chart(x, n)
    counting = 3 * np.sqrt(0.25 * 0.75 / 200_000)
    assert (np.abs(x / n - limits.center) > counting).sum() >= 10  # a plain p chart would call half of them out
    assert ((limits.low <= x / n) & (x / n <= limits.high)).all()


def test_a_gap_has_no_limits_and_few_points_no_trend() -> None:
    limits = p_prime_chart([10, 0, 20, 15], [100, 0, 100, 100])
    np.testing.assert_array_equal(np.isnan(limits.low), [False, True, False, False])
    assert np.isnan(logistic_trend([10] * 11, [100] * 11, range(11)).step)
    assert np.isnan(p_prime_chart([1], [2]).center)
