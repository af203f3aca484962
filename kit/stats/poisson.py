"""Events over time: how often, and whether more often than before."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest, chi2

from kit.stats.arrays import floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class RateInterval:
    """Events for each unit of time, with the exact interval; NaN where no time has passed."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RateRatio:
    """How many times as often b happens as a, with the exact interval; NaN where it cannot be told.

    Attributes:
        value: the ratio of the two rates; NaN where a never happened.
        low: of its interval.
        high: its other end; infinite where a never happened.
        p: two-sided, of one rate.
    """

    value: float
    low: float
    high: float
    p: float


def rate_interval(count: float, time: float, *, level: float = 0.95) -> RateInterval:
    """Events for each unit of time.

    Args:
        count: events; need not be whole, for what overdispersion leaves of them.
        time: in which they happened, or mails, or whatever it is set against.
        level: confidence, 0 to 1.

    Source: Garwood (1936), doi:10.1093/biomet/28.3-4.437.
    """
    if not (time > 0 and count >= 0):
        return RateInterval(nan, nan, nan)
    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return RateInterval(count / time, low / time, float(chi2.isf(tail, 2 * (count + 1))) / 2 / time)


def rate_ratio(a: tuple[float, float], b: tuple[float, float], *, spread: float = 1, level: float = 0.95) -> RateRatio:
    """How many times as often b happens as a, given how often both happened together.

    Args:
        a: events and the time in which they happened.
        b: the same of the other.
        spread: by how much the counts vary beyond chance, of `overdispersion`; the events count for so many fewer.
        level: confidence, 0 to 1.

    Source: Przyborowski & Wilenski (1940), doi:10.1093/biomet/31.3-4.313: given their sum, the events of b are
    binomial.
    """
    (x_a, t_a), (x_b, t_b) = a, b
    if not (t_a > 0 and t_b > 0 and x_a >= 0 and x_b >= 0 and x_a + x_b > 0 and spread > 0):
        return RateRatio(nan, nan, nan, nan)
    n_a, n_b = (round(x / max(spread, 1)) for x in (x_a, x_b))
    if not n_a + n_b:
        return RateRatio(nan, nan, nan, nan)
    test = binomtest(n_b, n_a + n_b, t_b / (t_a + t_b))
    ends = test.proportion_ci(level)
    low, high = (end / (1 - end) * t_a / t_b if end < 1 else np.inf for end in (ends.low, ends.high))
    return RateRatio((x_b / t_b) / (x_a / t_a) if x_a else nan, float(low), float(high), float(test.pvalue))


def overdispersion(counts: ArrayLike | pd.Series, group: ArrayLike | pd.Series | None = None) -> float:
    """How much counts of equal times vary beyond chance, at least 1; NaN with fewer than two of them.

    Args:
        counts: events, a day or week each.
        group: what each belongs to, if groups may differ in their mean; the variation is that within groups.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, 6.2.3.
    """
    x = floats(counts).reshape(-1)
    names, place = np.unique(np.zeros(x.size) if group is None else np.asarray(group), return_inverse=True)
    mean = np.bincount(place, weights=x, minlength=names.size) / np.maximum(np.bincount(place), 1)
    fit, free = mean[place], x.size - names.size
    if free < 1 or not np.isfinite(x).all() or not fit.sum() > 0:
        return nan
    positive = fit > 0
    return max(float(((x[positive] - fit[positive]) ** 2 / fit[positive]).sum() / free), 1.0)
