"""A change of level that nobody pointed at: a published series, all orders by hand, and what is no change."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import ttest_ind
from statsmodels.datasets import nile

from kit.stats import changepoint, cluster_robust, response_times


def test_the_nile_falls_in_1899() -> None:  # Cobb (1978), doi:10.1093/biomet/65.2.243: 28 years of 1098, 72 of 850
    flow = nile.load_pandas().data
    shift = changepoint.level_shift(flow["volume"], np.zeros(100))
    assert flow["year"].iloc[shift.at] == 1899
    assert (shift.before, shift.since) == pytest.approx((1097.75, 849.97), abs=0.01)
    assert shift.at - 6 <= shift.at_low <= shift.at <= shift.at_high <= shift.at + 6
    assert shift.p == 1 / changepoint.ORDERS


def test_p_is_the_share_of_orders_that_part_as_well() -> None:
    y = np.array([3.0, 1.0, 2.0, 7.0, 9.0, 8.0])

    def most(order: np.ndarray) -> float:
        total = ((order - order.mean()) ** 2).sum()
        splits = [
            total - sum(((side - side.mean()) ** 2).sum() for side in (order[:k], order[k:])) for k in range(2, 5)
        ]
        return max(splits)

    by_hand = np.mean([most(np.array(order)) >= most(y) - 1e-9 for order in permutations(y)])
    shift = changepoint.level_shift(y, np.zeros(6))
    assert shift.at == 3
    assert shift.p == pytest.approx(by_hand)
    assert (shift.before, shift.since, shift.value) == pytest.approx((2, 8, 6))


def test_a_known_place_of_points_without_error_is_the_test_of_student() -> None:
    before, since = [3.1, 2.4, 2.9, 3.6, 2.2], [4.0, 3.3, 4.4]
    shift = changepoint.known_shift((before, [1e-9] * 5), (since, [1e-9] * 3))
    student = ttest_ind(since, before)
    interval = student.confidence_interval()
    assert (shift.value, shift.low, shift.high, shift.p) == pytest.approx(
        (np.mean(since) - np.mean(before), interval.low, interval.high, student.pvalue), rel=1e-5
    )
    assert shift.at == 5


def test_a_known_place_has_the_levels_of_the_place_that_is_found() -> None:
    y, se = np.array([3.0, 1.0, 2.0, 7.0, 9.0, 8.0]), np.full(6, 0.3)
    found, given = changepoint.level_shift(y, se), changepoint.known_shift((y[:3], se[:3]), (y[3:], se[3:]))
    names = ("before", "before_low", "before_high", "since", "since_low", "since_high", "value", "low", "high")
    assert [getattr(given, name) for name in names] == pytest.approx([getattr(found, name) for name in names])


def test_points_without_a_value_say_nothing_of_a_known_place() -> None:
    few = changepoint.known_shift(([1.0, 2.0, np.nan], [0.1, 0.1, 0.1]), ([3.0, 4.0], [0.1, np.nan]))
    assert few.at == -1
    assert np.isnan(few.p)


def test_one_spike_is_no_change_of_level() -> None:
    y = [10, 11, 9, 10, 30, 10, 11, 9, 10, 11, 10, 9]
    assert changepoint.level_shift(y, [1] * 12).p > 0.2


def test_points_without_a_value_are_passed_over_and_few_have_no_change() -> None:
    y = [1, 1.1, np.nan, 0.9, 5, 5.2, 4.9, 5.1]
    shift = changepoint.level_shift(y, [0.1] * 8)
    assert shift.at == 4
    assert changepoint.level_shift([1, 2, 3], [1, 1, 1]).at == -1


def test_the_interval_holds_what_the_median_of_busy_days_is(rng: np.random.Generator) -> None:
    held, alone = 0, 0
    for _ in range(200):
        day = rng.integers(0, 22, 70)
        wait = 300 * np.exp(rng.normal(0, 1, 22)[day] + rng.normal(0, 0.8, 70))
        clustered = response_times.median_response_time(wait, np.ones(70), days=day)
        plain = response_times.median_response_time(wait, np.ones(70))
        held += (clustered.low or 0) <= 300 <= (clustered.high or np.inf)
        alone += (plain.low or 0) <= 300 <= (plain.high or np.inf)
    assert held >= 200 * (0.95 - 3 * np.sqrt(0.95 * 0.05 / 200))
    assert alone < held


def test_days_that_are_all_different_change_nothing_but_the_quantile() -> None:
    minutes, answered = np.arange(1.0, 41), np.arange(40) % 5 > 0
    plain = response_times.median_response_time(minutes, answered)
    each = response_times.median_response_time(minutes, answered, days=np.arange(40), people=np.arange(40))
    assert (each.median, each.p90, each.n, each.open) == (plain.median, plain.p90, plain.n, plain.open)
    assert each.low is not None
    assert plain.low is not None
    assert 0 <= plain.low - each.low <= 1  # Student's quantile of 39 instead of the normal one


def test_people_who_ask_on_several_days_widen_the_interval(rng: np.random.Generator) -> None:
    person, day = np.repeat(np.arange(12), 6), np.tile(np.arange(6), 12)
    wait = np.exp(rng.normal(0, 2, 12)[person] + rng.normal(0, 0.1, 72))
    by_day = response_times.median_response_time(wait, np.ones(72), days=day)
    both = response_times.median_response_time(wait, np.ones(72), days=day, people=person)
    assert (both.low or 0) < (by_day.low or 0)
    assert (both.high or np.inf) > (by_day.high or np.inf)


def test_two_way_is_the_sum_of_both_less_what_is_counted_twice() -> None:
    # four units: days 0 0 1 1, people 0 1 0 1, events 1 1 0 1; by hand: value 3/4, residuals .25 .25 -.75 .25
    day, person, both = (2, 5, 8, 6), (2, 5, 8, 6), (4, 3, 4, 3)
    found = cluster_robust.two_way([3], [4], [tuple([x] for x in part) for part in (day, person, both)], share=False)  # type: ignore[arg-type]
    one = (0.5**2 + 0.5**2) / 16 * 2
    assert found.se[0] ** 2 == pytest.approx(2 * one - (3 * 0.25**2 + 0.75**2) / 16 * 4 / 3)
