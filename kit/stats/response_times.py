"""Waiting times of which some have not ended: those still open count for as long as they have waited.

The interval is computed here: with `freq_weights`, `SurvfuncRight` of statsmodels 0.15 gives the error of
the log of the curve for that of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, log
from typing import TYPE_CHECKING

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from kit.errors import UsageError
from kit.messages import _
from kit.stats.arrays import Floats, floats
from kit.stats.clustered_survival import kaplan_meier_clustered
from kit.stats.intervals import critical_z

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
    Crowley (1982), doi:10.2307/2530286, on the scale of log(-log); clusters: `kaplan_meier_clustered`.
    """
    time, event, weight, kept = _rows(minutes, answered, weights)
    if days is not None:
        times = weight.astype(int)
        kinds = [np.repeat(np.asarray(key)[kept], times) for key in (days, people) if key is not None]
        waits = kaplan_meier_clustered(np.repeat(time, times), np.repeat(event, times), kinds, level=level)
        median, p90 = waits.quantile(0.5), waits.quantile(0.9)
        value, low, high, slow = (
            None if isnan(end) else end for end in (median.value, median.low, median.high, p90.value)
        )
        return MedianResponseTime(value, low, high, slow, waits.n, waits.n - waits.answered)
    curve = SurvfuncRight(time, event, freq_weights=weight)
    times, still = floats(curve.surv_times), floats(curve.surv_prob)
    at_risk, ended = floats(curve.n_risk), floats(curve.n_events)

    # The distance of the curve from one half, in standard errors; once all have ended there is no error.
    distance = np.full(still.shape, np.inf)
    remaining = still > 0
    greenwood = np.cumsum(ended[remaining] / (at_risk[remaining] * (at_risk[remaining] - ended[remaining])))
    depth = -np.log(still[remaining])
    distance[remaining] = (np.log(depth) - log(log(2))) * depth / np.sqrt(greenwood)
    z = critical_z(level)
    return MedianResponseTime(
        _first(times, still <= 0.5 + ROUNDING),
        _first(times, distance >= -z),
        _first(times, distance > z),
        _first(times, still <= 0.1 + ROUNDING),
        int(weight.sum()),
        int(weight[~event].sum()),
    )


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
            _(
                "{invalid} response times have no valid minutes (0 or more), no yes or no, or no whole weight",
                invalid=invalid,
            )
        )
    counted = weight > 0
    return time[counted], event[counted] == 1, weight[counted], counted


def _first(times: Floats, reached: np.ndarray) -> float | None:
    """The first time at which it is reached, None where it never is."""
    return float(times[reached.argmax()]) if reached.any() else None
