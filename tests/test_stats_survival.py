"""How many are still there: R's numbers, statsmodels' where it has them, and what nobody knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

from kit.errors import UsageError
from kit.stats import proportions, survival

if TYPE_CHECKING:
    from pathlib import Path

TIMES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(1, 4), st.integers(0, 29)), min_size=1, max_size=30
)
"""Days, cause (0: not ended), people, entry."""


def columns(rows: list[tuple[int, int, int, int]]) -> tuple[np.ndarray, ...]:
    time, cause, weight, entry = np.array(rows).T
    return time, cause, weight, np.minimum(entry, np.maximum(time - 1, 0))


def test_curve_and_log_rank_are_rs(shared: Path) -> None:
    published = json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))["survdiff_R"]
    curve = survival.kaplan_meier(published["ti1"], published["st1"])
    assert curve.value == pytest.approx(published["S1"], abs=1e-7)
    group = [1] * len(published["ti1"]) + [2] * len(published["ti2"])
    test = survival.logrank(published["ti1"] + published["ti2"], published["st1"] + published["st2"], group)
    assert (test.statistic, test.df, test.p) == pytest.approx((published["chi2"], 1, published["p"]), abs=1e-5)


@given(TIMES)
def test_curve_is_statsmodels_with_late_entry_and_weights_are_people(rows: list[tuple[int, int, int, int]]) -> None:
    time, cause, weight, entry = columns(rows)
    late = entry > 0
    curve = survival.kaplan_meier(time, cause > 0, weight, entry=entry)
    many = np.repeat(np.arange(len(rows)), weight)
    # statsmodels has no late entry at time 0: who was there from the outset enters a little before it.
    oracle = SurvfuncRight(time[many] + 1, (cause > 0)[many] * 1, entry=np.where(late, entry + 1, 0)[many])
    for day, value in zip(oracle.surv_times, oracle.surv_prob, strict=True):
        assert curve.at(day - 1)[0] == pytest.approx(value, abs=1e-9)


@given(TIMES)
def test_causes_are_statsmodels_and_add_up_to_what_is_missing(rows: list[tuple[int, int, int, int]]) -> None:
    time, cause, weight, _ = columns(rows)
    curves = survival.cumulative_incidence(time, cause, weight, kinds=3)
    still = survival.kaplan_meier(time, cause > 0, weight)
    assert sum(one.value for one in curves) == pytest.approx(1 - still.value, abs=1e-9)
    many = np.repeat(np.arange(len(rows)), weight)
    with np.errstate(all="ignore"):  # its standard error divides by nobody where all have left
        oracle = CumIncidenceRight(time[many], cause[many])
    for curve, value in zip(curves, oracle.cinc, strict=False):
        assert curve.value == pytest.approx(value, abs=1e-9)


def test_variance_of_a_cause_is_that_of_statsmodels(rng: np.random.Generator) -> None:
    time, cause = rng.integers(1, 60, 400), rng.integers(0, 3, 400)
    with np.errstate(all="ignore"):
        oracle = CumIncidenceRight(time, cause)
    for curve, error in zip(survival.cumulative_incidence(time, cause, kinds=2), oracle.cinc_se, strict=True):
        middle = curve.value.size // 2
        share = curve.value[middle]
        people = share * (1 - share) / error[middle] ** 2
        assert (curve.low[middle], curve.high[middle]) == pytest.approx(
            [float(end) for end in proportions.proportion_interval(share * people, people)]
        )


@given(TIMES)
def test_log_rank_is_statsmodels(rows: list[tuple[int, int, int, int]]) -> None:
    time, cause, weight, _ = columns(rows)
    group = np.arange(len(rows)) % 2
    test = survival.logrank(time, cause > 0, group, weight)
    if not np.isnan(test.p):
        many = np.repeat(np.arange(len(rows)), weight)
        statistic, _p = survdiff(time[many], (cause > 0)[many] * 1, group[many])
        assert test.statistic == pytest.approx(statistic, abs=1e-7)


@pytest.mark.parametrize(("left", "people"), [(0, 10), (3, 10), (40, 200), (10, 10)])
def test_with_everybody_followed_the_interval_is_that_of_a_rate(left: int, people: int) -> None:
    curve = survival.kaplan_meier([5] * left + [9] * (people - left), [1] * left + [0] * (people - left))
    value, low, high = curve.at(8 if left < people else 5)
    assert value == pytest.approx(1 - left / people)
    assert (low, high) == pytest.approx([float(end) for end in proportions.proportion_interval(people - left, people)])


def test_as_many_go_as_were_expected_to(rng: np.random.Generator) -> None:
    held = []
    for _ in range(400):
        followed = rng.uniform(0, 420, 300)
        times = np.ceil(rng.weibull(0.7, 300) * 300)
        gone = times <= followed
        curve = survival.kaplan_meier(np.where(gone, times, np.floor(followed)), gone)
        waiting = ~gone & (followed >= 180)
        value, low, high, until = survival.still_to_go(curve, np.floor(followed[waiting]), np.ones(waiting.sum()))
        assert low <= value <= high <= waiting.sum()
        held.append(low <= np.count_nonzero(times[waiting] <= until) <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 400))


def test_beyond_the_longest_watch_nothing_is_known() -> None:
    curve = survival.kaplan_meier([3, 5, 5], [1, 0, 0])
    assert curve.end == 5
    assert np.isnan(curve.at(6)).all()
    assert curve.at(2)[0] == 1
    assert curve.reaches(0.5) is None
    assert curve.reaches(0.7) == 3


def test_a_day_before_anybody_left_is_not_certain() -> None:
    value, low, high = survival.kaplan_meier([10] * 20 + [3] * 5, [1] * 20 + [0] * 5).at(5)
    assert (value, high) == (1, 1)
    assert low == pytest.approx(float(proportions.proportion_interval(20, 20)[0]))


def test_who_comes_late_is_at_risk_from_then_on() -> None:
    # By hand: at day 2 one of two people leaves; at day 8 one of two, the late one among them.
    curve = survival.kaplan_meier([2, 8, 9], [1, 1, 0], entry=[0, 0, 5])
    assert curve.value == pytest.approx([0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("time", "ended", "entry"), [([5], [1], [5]), ([-1], [1], [0]), ([np.nan], [1], [0]), ([5], [2], [0])]
)
def test_what_cannot_be_is_refused(time: list[float], ended: list[int], entry: list[float]) -> None:
    with pytest.raises(UsageError, match="1 rows have no time of 0 or more"):
        survival.kaplan_meier(time, ended, entry=entry)


def test_nobody_gives_no_number() -> None:
    assert np.isnan(survival.kaplan_meier([], []).at(0)).all()
    assert np.isnan(survival.logrank([], [], []).p)
    assert np.isnan(survival.logrank([1, 2], [0, 0], ["a", "b"]).p)
