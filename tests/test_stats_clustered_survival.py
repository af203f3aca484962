"""Kaplan and Meier with clusters: without any it is the plain curve, with them it holds the truth."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from kit.errors import UsageError
from kit.stats.clustered_survival import compare_within, kaplan_meier_clustered
from kit.stats.response_times import median_response_time

LONE = -1


def lone(n: int) -> np.ndarray:
    return np.full(n, LONE)


def waits(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    time, watched = rng.lognormal(5, 1, n), rng.uniform(10, 4000, n)
    return np.minimum(time, watched).round(1), time <= watched


@pytest.mark.parametrize("seed", range(4))
def test_without_clusters_it_is_the_plain_curve(seed: int) -> None:
    time, ended = waits(seed)
    plain, curve = median_response_time(time, ended), kaplan_meier_clustered(time, ended, [lone(time.size)])
    median, p90 = curve.quantile(0.5), curve.quantile(0.9)
    assert (median.value, p90.value) == (plain.median, plain.p90)
    assert plain.low is not None
    assert plain.high is not None
    # each row by itself is the robust form of Greenwood's variance: near it, and never the same
    assert median.low == pytest.approx(plain.low, rel=0.05)
    assert median.high == pytest.approx(plain.high, rel=0.05)
    assert curve.spread == pytest.approx(1, abs=0.01)
    assert curve.within(100).value == 1 - curve.waiting[np.searchsorted(curve.times, 100, side="right") - 1]


def test_the_error_of_a_share_without_censoring_is_the_binomial_one() -> None:
    rng = np.random.default_rng(3)
    time = rng.exponential(10, 500)
    curve = kaplan_meier_clustered(time, np.ones(500), [lone(500)])
    share = float((time <= 10).mean())
    within = curve.within(10)
    assert within.value == pytest.approx(share)
    # log(-log) of a binomial share, by the delta method and 500/499 for so many rows
    error = sqrt(share / (1 - share) / 500 * 500 / 499) / -log(1 - share)
    bounds = sorted(1 - (1 - share) ** np.exp(sign * 1.9647 * error) for sign in (-1, 1))
    assert (within.low, within.high) == pytest.approx(bounds, abs=2e-4)


def test_twice_each_row_as_one_cluster_is_as_good_as_once() -> None:
    time, ended = waits(7)
    once = kaplan_meier_clustered(time, ended, [lone(time.size)])
    pairs = np.tile(np.arange(time.size), 2)
    twice = kaplan_meier_clustered(np.tile(time, 2), np.tile(ended, 2), [pairs])
    assert twice.spread == pytest.approx(2, abs=0.01)
    for share in (0.5, 0.9):
        assert twice.quantile(share).value == once.quantile(share).value
        assert twice.quantile(share).low == pytest.approx(once.quantile(share).low, rel=1e-3)


DAYS, BUSY = 60, 0.7


def busy(seed: int, n: int = 480) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Waits of days of which some are busy, followed for different lengths; the median is exp(5)."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, DAYS, n)
    time = np.exp(5 + rng.normal(0, BUSY, DAYS)[day] + rng.normal(0, 1, n))
    watched = rng.uniform(30, 3000, n)
    return np.minimum(time, watched), time <= watched, day


def test_intervals_hold_the_truth_where_days_are_busy() -> None:
    truth = np.exp(5)
    held, alone = 0, 0
    for seed in range(100):
        time, ended, day = busy(seed)
        median = kaplan_meier_clustered(time, ended, [day]).quantile(0.5)
        held += median.low <= truth <= median.high
        plain = kaplan_meier_clustered(time, ended, [lone(time.size)]).quantile(0.5)
        alone += plain.low <= truth <= plain.high
    assert held >= 89  # of 100: 95 less three Monte Carlo errors
    assert alone < 80


def test_one_cluster_or_nobody_gives_no_interval() -> None:
    curve = kaplan_meier_clustered([1.0, 2.0, 3.0], [1, 1, 0], [[4, 4, 4]])
    assert (curve.quantile(0.5).value, curve.clusters) == (2, 1)
    assert np.isnan([curve.quantile(0.5).low, curve.within(2.5).high]).all()
    assert np.isnan(curve.quantile(0.9).value)
    assert np.isnan(curve.within(4).value)
    nobody = kaplan_meier_clustered([], [], [[]])
    assert np.isnan([nobody.quantile(0.5).value, nobody.within(1).value]).all()


def test_none_answered_has_an_end_all_the_same() -> None:
    curve = kaplan_meier_clustered([10.0] * 30, [0] * 29 + [1], [np.arange(30)])
    within = curve.within(5)
    assert within.value == within.low == 0
    assert 0.05 < within.high < 0.2


def test_what_is_no_wait_is_refused() -> None:
    for time, ended in (([-1.0], [1]), ([np.nan], [1]), ([1.0], [2])):
        with pytest.raises(UsageError, match="1 response times are missing or below 0"):
            kaplan_meier_clustered(time, ended, [[0]])


def test_groups_differ_where_one_is_slower_and_seldom_where_none_is() -> None:
    false = 0
    for seed in range(60):
        (a_time, a_ended, a_day), (b_time, b_ended, b_day) = busy(seed), busy(1000 + seed)
        a = kaplan_meier_clustered(a_time, a_ended, [a_day])
        false += compare_within(a, kaplan_meier_clustered(b_time, b_ended, [b_day]), 150).p < 0.05
        slower = compare_within(a, kaplan_meier_clustered(b_time * 3, b_ended, [b_day]), 150)
        assert (slower.difference < 0, slower.p < 0.05) == (True, True)
    assert false <= 8  # of 60 at 5 %: 3, and three Monte Carlo errors
