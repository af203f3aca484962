"""Waiting times of which some have not ended: those still open count for as long as they have waited.

The interval is computed here: with `freq_weights`, `SurvfuncRight` of statsmodels 0.15 gives the error of
the log of the curve for that of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t
from statsmodels.duration.survfunc import SurvfuncRight

from kit.errors import UsageError
from kit.messages import _
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

ROUNDING = 1e-12
"""What a product of many fractions may be off by [share]."""


@dataclass(frozen=True, slots=True)
class MedianResponseTime:
    """How long people wait, those still waiting included; None is "not reached".

    Attributes:
        median: minutes within which half are answered.
        low: of its interval.
        high: its other end.
        p90: minutes within which 90 % are answered.
        n: all.
        open: of them not answered.
    """

    median: float | None
    low: float | None
    high: float | None
    p90: float | None
    n: int
    open: int


def median_response_time(
    minutes: ArrayLike | pd.Series,
    answered: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    days: ArrayLike | pd.Series | None = None,
    people: ArrayLike | pd.Series | None = None,
    level: float = 0.95,
) -> MedianResponseTime:
    """The median wait with its interval, and the wait of the slowest tenth, by Kaplan and Meier.

    Requests of one day wait alike: on a busy day all are slow. With their days the interval has those in it (and their
    people, where one asks several times); as if each request were alone it holds .60 to .81 instead of .95.

    Args:
        minutes: until the answer, or until now where there is none yet.
        answered: whether there is one.
        weights: how many each row stands for; 1 where not given.
        days: a number for the day of each; None: each request is alone.
        people: a number for the person of each; None: each is another's.
        level: confidence, 0 to 1.

    Raises:
        UsageError: a time or answer that is missing, a time below 0, a weight that is no count.

    Source: Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; the interval by Brookmeyer &
    Crowley (1982), doi:10.2307/2530286, on the scale of log(-log); clusters: Williams (1995),
    doi:10.2307/2533345, and Cameron, Gelbach and Miller (2011), doi:10.1198/jbes.2010.07136.
    """
    time, event, weight, kept = _rows(minutes, answered, weights)
    curve = SurvfuncRight(time, event, freq_weights=weight)
    times, still = floats(curve.surv_times), floats(curve.surv_prob)
    at_risk, ended = floats(curve.n_risk), floats(curve.n_events)

    # The distance of the curve from one half, in standard errors; once all have ended there is no error.
    distance = np.full(still.shape, np.inf)
    remaining = still > 0
    greenwood = np.cumsum(ended[remaining] / (at_risk[remaining] * (at_risk[remaining] - ended[remaining])))
    depth = -np.log(still[remaining])
    variance, df = greenwood, np.inf
    if days is not None and len(greenwood):
        day = np.asarray(days)[kept]
        person = np.arange(time.size) if people is None else np.asarray(people)[kept]
        steps = (times[remaining], ended[remaining] / at_risk[remaining] ** 2, at_risk[remaining])
        median = max(int((still[remaining] > 0.5).sum()) - 1, 0)
        clustered, df = _clustered(time, event, weight, steps, day, person, median)
        variance = np.maximum(greenwood, clustered)
    distance[remaining] = (np.log(depth) - log(log(2))) * depth / np.sqrt(variance)
    z = t.isf((1 - level) / 2, df) if df > 0 else np.inf
    return MedianResponseTime(
        _first(times, still <= 0.5 + ROUNDING),
        _first(times, distance >= -z),
        _first(times, distance > z),
        _first(times, still <= 0.1 + ROUNDING),
        int(weight.sum()),
        int(weight[~event].sum()),
    )


def _clustered(
    time: Floats,
    event: np.ndarray,
    weight: Floats,
    steps: tuple[Floats, Floats, Floats],
    day: np.ndarray,
    person: np.ndarray,
    median: int,
) -> tuple[Floats, int]:
    """The variance of the log of the curve at its times with days and people as clusters, and its degrees of freedom.

    What people add to days is taken from the median.
    """
    times, falls, at_risk = steps
    hazard, last = np.cumsum(falls), times.size - 1
    place = np.minimum(np.searchsorted(times, time), times.size)
    ends = event & (place <= last)
    jump = np.where(ends, 1 / at_risk[np.minimum(place, last)], 0.0)
    passed = jump - hazard[np.minimum(place, last)]
    squares, days = np.zeros(times.size), _clusters(day)
    for rows in days:
        gone = np.bincount(place[rows], weight[rows] * passed[rows], times.size + 1)[:-1]
        left = np.bincount(place[rows], weight[rows], times.size + 1)[:-1]
        waiting = weight[rows].sum() - np.cumsum(left)
        squares += (np.cumsum(gone) - hazard * waiting) ** 2
    squares *= len(days) / max(len(days) - 1, 1)
    each = weight * np.where(place <= median, passed, -hazard[median])
    codes = [np.unique(key, return_inverse=True)[1].ravel() for key in (day, person)]
    by_person, by_both = (
        sum(float(each[rows].sum()) ** 2 for rows in _clusters(key))
        for key in (codes[1], codes[0] * (codes[1].max() + 1) + codes[1])
    )
    added = max(by_person - by_both, 0.0) / squares[median] if squares[median] > 0 else 0.0
    return squares * (1 + added), len(days) - 1


def _clusters(keys: np.ndarray) -> list[np.ndarray]:
    """The rows of each cluster."""
    order = np.argsort(keys, kind="stable")
    _key, begins = np.unique(keys[order], return_index=True)
    return np.split(order, begins[1:])


def _rows(
    minutes: ArrayLike | pd.Series, answered: ArrayLike | pd.Series, weights: ArrayLike | pd.Series | None
) -> tuple[Floats, np.ndarray, Floats, np.ndarray]:
    """The rows that stand for at least one, each known, and which they are."""
    time, event = floats(minutes), floats(answered)
    weight = np.ones(time.shape) if weights is None else floats(weights)
    valid = np.isfinite(time) & (time >= 0) & np.isin(event, (0, 1)) & (weight >= 0) & (weight % 1 == 0)
    if not valid.all():
        invalid = np.count_nonzero(~valid)
        raise UsageError(
            _("{invalid} waiting times have no minutes from 0, no yes or no, or no whole weight", invalid=invalid)
        )
    counted = weight > 0
    return time[counted], event[counted] == 1, weight[counted], counted


def _first(times: Floats, reached: np.ndarray) -> float | None:
    """The first time at which it is reached, None where it never is."""
    return float(times[reached.argmax()]) if reached.any() else None
