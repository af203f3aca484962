"""Waiting times against R's example, statsmodels and plain order statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import oracle
from statsmodels.duration.survfunc import SurvfuncRight

from kit.errors import UsageError
from kit.stats.response_times import MedianResponseTime, median_response_time

if TYPE_CHECKING:
    from pathlib import Path

WAITS = st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(1, 5)), min_size=1, max_size=40)

# R survival, aml: maintained, then not (Miller 1997).
AML = (
    ([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]),
    ([5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45], [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]),
)


def test_medians_are_the_published(shared: Path) -> None:
    case = oracle(shared, "km_aml")
    time, status, group = (np.array(case.inputs[name]) for name in ("time", "status", "group"))
    medians = [
        median_response_time(time[group == one], status[group == one]).median for one in ("Maintained", "Nonmaintained")
    ]
    assert medians == case.near("median")


@pytest.mark.parametrize(("group", "median", "still_open"), [(AML[0], 31, 4), (AML[1], 23, 1)])
def test_medians_are_those_of_r(group: tuple[list[int], list[int]], median: int, still_open: int) -> None:
    waits = median_response_time(*group)
    assert (waits.median, waits.open, waits.n) == (median, still_open, len(group[0]))


@pytest.mark.parametrize("group", AML)
def test_interval_is_that_of_statsmodels(group: tuple[list[int], list[int]]) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):  # statsmodels takes the log of 0 at the end
        low, high = SurvfuncRight(*group).quantile_ci(0.5)
    waits = median_response_time(*group)
    assert (waits.low, waits.high or np.inf) == (low, high)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=50))
def test_with_all_answered_the_quantiles_are_order_statistics(minutes: list[int]) -> None:
    waits = median_response_time(minutes, np.ones(len(minutes)))
    assert waits.median == np.quantile(minutes, 0.5, method="inverted_cdf")
    assert waits.p90 == np.quantile(minutes, 0.9, method="inverted_cdf")
    assert waits.open == 0


@given(WAITS)
def test_a_weight_stands_for_as_many_rows(rows: list[tuple[int, bool, int]]) -> None:
    minutes, answered, weights = zip(*rows, strict=True)
    one_each = median_response_time(np.repeat(minutes, weights), np.repeat(answered, weights))
    assert median_response_time(minutes, answered, weights) == one_each
    assert median_response_time([*minutes, 7], [*answered, True], [*weights, 0]) == one_each


@given(WAITS)
def test_the_median_lies_in_its_interval_and_below_p90(rows: list[tuple[int, bool, int]]) -> None:
    waits = median_response_time(*zip(*rows, strict=True))
    end = np.inf
    if waits.median is not None:
        assert waits.low is not None
        assert waits.low <= waits.median <= (waits.high or end)
        assert waits.median <= (end if waits.p90 is None else waits.p90)


@given(WAITS)
def test_an_open_one_that_is_left_out_would_shorten_the_wait(rows: list[tuple[int, bool, int]]) -> None:
    answered_only = [row for row in rows if row[1]]
    if answered_only:
        naive = median_response_time(*zip(*answered_only, strict=True)).median
        waits = median_response_time(*zip(*rows, strict=True)).median
        assert naive is not None
        assert waits is None or naive <= waits


def test_what_most_still_wait_for_is_not_reached() -> None:
    assert median_response_time([1, 9, 9], [1, 0, 0]) == MedianResponseTime(None, 1, None, None, n=3, open=2)
    assert median_response_time([5, 6], [0, 0]) == MedianResponseTime(None, None, None, None, n=2, open=2)
    assert median_response_time([], []) == MedianResponseTime(None, None, None, None, n=0, open=0)


def test_a_curve_that_jumps_across_the_half_has_its_interval_there() -> None:
    waits = median_response_time([10, 60, 120], [1, 1, 1], [100, 100_000, 100])
    assert (waits.low, waits.median, waits.high) == (60, 60, 60)


@pytest.mark.parametrize(
    ("minutes", "answered", "weights"),
    [
        ([1, -2], [1, 1], None),
        ([1, None], [1, 1], None),
        ([1, 2], [1, None], None),
        ([1, 2], [1, 1], [1, 0.5]),
        ([1, 2], [1, 1], [1, None]),
    ],
)
def test_a_wait_that_is_none_is_refused(minutes: list[Any], answered: list[Any], weights: Any) -> None:
    with pytest.raises(UsageError, match=r"^1 response times have no valid minutes"):
        median_response_time(minutes, answered, weights)
