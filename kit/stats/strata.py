"""Two arms in several strata: their common difference, and whether it is the same in all.

Pooled over strata of different rates, two arms that do not share their mix can come out the wrong way round
(Simpson). What is compared within strata cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import quantile

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Stratified:
    """Arm b against arm a, compared within strata; NaN where it cannot be told.

    Attributes:
        difference: Mantel and Haenszel's common difference of rates, b minus a [share].
        low: of its interval.
        high: its other end.
        odds: the common odds ratio, b over a.
        odds_low: of its interval.
        odds_high: its other end.
        statistic: Cochran, Mantel and Haenszel's chi-square with one degree of freedom.
        p: of no difference in any stratum.
        uneven: Breslow and Day's chi-square with Tarone's correction.
        uneven_p: of one odds ratio in all strata.
        k: strata with both arms.
    """

    difference: float
    low: float
    high: float
    odds: float
    odds_low: float
    odds_high: float
    statistic: float
    p: float
    uneven: float
    uneven_p: float
    k: int


def compare(
    x_a: ArrayLike | pd.Series,
    n_a: ArrayLike | pd.Series,
    x_b: ArrayLike | pd.Series,
    n_b: ArrayLike | pd.Series,
    *,
    level: float = 0.95,
) -> Stratified:
    """Arm b against arm a over strata; those that lack an arm or a count do not count.

    Written out here: `StratifiedTable` of statsmodels 0.15 divides by zero where a stratum has nobody, where
    all odds are equal, and where an arm has no event at all.

    Args:
        x_a: events of a, a stratum each.
        n_a: trials of a.
        x_b: events of b.
        n_b: trials of b.
        level: confidence of the intervals, 0 to 1.

    Source: Mantel & Haenszel (1959), doi:10.1093/jnci/22.4.719; the variances: Sato (1989), jstor.org/stable/2531770,
    of the difference, Robins, Breslow & Greenland (1986), doi:10.2307/2531052, of the odds ratio; Tarone (1985),
    doi:10.1093/biomet/72.1.91.
    """
    x_a, n_a, x_b, n_b = (floats(one).reshape(-1) for one in (x_a, n_a, x_b, n_b))
    known = (n_a > 0) & (n_b > 0) & (x_a >= 0) & (x_b >= 0) & (x_a <= n_a) & (x_b <= n_b) & np.isfinite(n_a + n_b)
    x_a, n_a, x_b, n_b = (one[known] for one in (x_a, n_a, x_b, n_b))
    z = quantile(level)
    odds = _odds(x_a, n_a, x_b, n_b, z)
    return Stratified(
        *_difference(x_a, n_a, x_b, n_b, z),
        *odds,
        *_null(x_a, n_a, x_b, n_b),
        *_uneven(x_a, n_a, x_b, n_b, odds[0]),
        int(known.sum()),
    )


def _difference(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats, z: float) -> tuple[float, float, float]:
    if not x_a.size:
        return nan, nan, nan
    total = n_a + n_b
    weight = n_a * n_b / total
    value = float((weight * (x_b / n_b - x_a / n_a)).sum() / weight.sum())
    tilt = (n_b**2 * x_a - n_a**2 * x_b + n_a * n_b * (n_a - n_b) / 2) / total**2
    spread = (x_b * (n_a - x_a) + x_a * (n_b - x_b)) / (2 * total)
    half = z * sqrt(max(float(value * tilt.sum() + spread.sum()), 0)) / float(weight.sum())
    return value, max(value - half, -1.0), min(value + half, 1.0)


def _odds(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats, z: float) -> tuple[float, float, float]:
    total = n_a + n_b
    more, less = x_b * (n_a - x_a) / total, x_a * (n_b - x_b) / total
    r, s = float(more.sum()), float(less.sum())
    if not (r > 0 and s > 0):
        return nan, nan, nan
    p, q = (x_b + n_a - x_a) / total, (x_a + n_b - x_b) / total
    variance = (p @ more) / (2 * r**2) + (p @ less + q @ more) / (2 * r * s) + (q @ less) / (2 * s**2)
    half = z * sqrt(variance)
    return r / s, exp(log(r / s) - half), exp(log(r / s) + half)


def _null(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> tuple[float, float]:
    total, events = n_a + n_b, x_a + x_b
    variance = float((n_a * n_b * (events / total) * (1 - events / total) / np.maximum(total - 1, 1)).sum())
    if not variance > 0:
        return nan, nan
    statistic = float((x_b - events * n_b / total).sum()) ** 2 / variance
    return statistic, float(chi2.sf(statistic, 1))


def _uneven(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats, odds: float) -> tuple[float, float]:
    """Strata where nobody or everybody did it say nothing of the odds ratio."""
    events = x_a + x_b
    some = (events > 0) & (events < n_a + n_b)
    x_b, n_a, n_b, events = x_b[some], n_a[some], n_b[some], events[some]
    if np.isnan(odds) or x_b.size < 2:
        return nan, nan
    # The events of b that its stratum would have at the common odds ratio: a root of a quadratic, in the form
    # that does not cancel and has a limit where the ratio is 1.
    middle = n_a - events + odds * (n_b + events)
    root = np.sqrt(np.maximum(middle**2 - 4 * (odds - 1) * odds * n_b * events, 0))
    expected = 2 * odds * n_b * events / (middle + root)
    cells = (expected, events - expected, n_b - expected, n_a - events + expected)
    if min(float(cell.min()) for cell in cells) <= 0:
        return nan, nan
    variance = 1 / np.add.reduce([1 / cell for cell in cells])
    apart = x_b - expected
    statistic = float((apart**2 / variance).sum() - apart.sum() ** 2 / variance.sum())
    statistic = max(statistic, 0.0)
    return statistic, float(chi2.sf(statistic, x_b.size - 1))
