"""Waiting times of which some have not ended: those still open count for as long as they have waited.

The interval is computed here: with `freq_weights`, `SurvfuncRight` of statsmodels 0.15 gives the error of
the log of the curve for that of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm
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
    level: float = 0.95,
) -> MedianResponseTime:
    """The median wait with its interval, and the wait of the slowest tenth, by Kaplan and Meier.

    Args:
        minutes: until the answer, or until now where there is none yet.
        answered: whether there is one.
        weights: how many each row stands for; 1 where not given.
        level: confidence, 0 to 1.

    Raises:
        UsageError: a time or answer that is missing, a time below 0, a weight that is no count.

    Source: Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; the interval by Brookmeyer &
    Crowley (1982), doi:10.2307/2530286, on the scale of log(-log).
    """
    time, event, weight = _rows(minutes, answered, weights)
    curve = SurvfuncRight(time, event, freq_weights=weight)
    times, still = floats(curve.surv_times), floats(curve.surv_prob)
    at_risk, ended = floats(curve.n_risk), floats(curve.n_events)

    # The distance of the curve from one half, in standard errors; once all have ended there is no error.
    distance = np.full(still.shape, np.inf)
    remaining = still > 0
    greenwood = np.cumsum(ended[remaining] / (at_risk[remaining] * (at_risk[remaining] - ended[remaining])))
    depth = -np.log(still[remaining])
    distance[remaining] = (np.log(depth) - log(log(2))) * depth / np.sqrt(greenwood)
    z = norm.isf((1 - level) / 2)
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
) -> tuple[Floats, np.ndarray, Floats]:
    """The rows that stand for at least one, each known."""
    time, event = floats(minutes), floats(answered)
    weight = np.ones(time.shape) if weights is None else floats(weights)
    valid = np.isfinite(time) & (time >= 0) & np.isin(event, (0, 1)) & (weight >= 0) & (weight % 1 == 0)
    if not valid.all():
        invalid = np.count_nonzero(~valid)
        raise UsageError(
            _("{invalid} waiting times have no minutes from 0, no yes or no, or no whole weight", invalid=invalid)
        )
    counted = weight > 0
    return time[counted], event[counted] == 1, weight[counted]


def _first(times: Floats, reached: np.ndarray) -> float | None:
    """The first time at which it is reached, None where it never is."""
    return float(times[reached.argmax()]) if reached.any() else None
