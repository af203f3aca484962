"""Rates compared within strata, by Mantel and Haenszel: two arms of a test, or a group and the others.

Pooled over strata of different rates, two arms that do not share their mix can come out the wrong way round
(Simpson). What is compared within strata cannot. Where mails of one cluster (a campaign) are alike beyond chance,
the error is taken from how clusters differ, and never below that of counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2, t

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


CLUSTERS_LEAST = 4
"""Clusters on either side from which they show how much they differ."""


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
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


@dataclass(frozen=True, slots=True)
class MantelHaenszelClustered:
    """The group against the others of its strata; NaN where it cannot be told.

    Attributes:
        events: events of the group, in strata that have others too.
        n: trials of the group, likewise.
        difference: Mantel and Haenszel's common difference of rates, the group's minus the others' [share].
        low: of its interval.
        high: its other end.
        p: two-sided, of no difference.
        k: clusters on the side that has fewer.
    """

    events: float
    n: float
    difference: float
    low: float
    high: float
    p: float
    k: int


def mantel_haenszel(
    x_a: ArrayLike | pd.Series,
    n_a: ArrayLike | pd.Series,
    x_b: ArrayLike | pd.Series,
    n_b: ArrayLike | pd.Series,
    *,
    level: float = 0.95,
) -> MantelHaenszel:
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
    x_a, n_a, x_b, n_b = (floats(values).reshape(-1) for values in (x_a, n_a, x_b, n_b))
    complete = (n_a > 0) & (n_b > 0) & (x_a >= 0) & (x_b >= 0) & (x_a <= n_a) & (x_b <= n_b) & np.isfinite(n_a + n_b)
    x_a, n_a, x_b, n_b = (values[complete] for values in (x_a, n_a, x_b, n_b))
    z = critical_z(level)
    odds = _odds(x_a, n_a, x_b, n_b, z)
    return MantelHaenszel(
        *_difference(x_a, n_a, x_b, n_b, z),
        *odds,
        *_null(x_a, n_a, x_b, n_b),
        *_uneven(x_a, n_a, x_b, n_b, odds[0]),
        int(complete.sum()),
    )


def mantel_haenszel_clustered(
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    inside: ArrayLike | pd.Series,
    *,
    strata: Sequence[object] | pd.Series,
    clusters: Sequence[object] | pd.Series,
    level: float = 0.95,
) -> MantelHaenszelClustered:
    """Compare a group with the others within strata.

    The statistic is Mantel and Haenszel's sum over strata of seen minus expected. Its variance is the larger of
    the hypergeometric one and that of the sums over clusters; Student's with the smaller side's clusters less one.

    Args:
        count: events, a cell each; a cell lies in one stratum and one cluster, inside the group or outside.
        n: trials, likewise.
        inside: whether the cell is the group's.
        strata: what must be alike, a label a cell.
        clusters: what is alike beyond chance, a label a cell.
        level: confidence of the interval, 0 to 1.

    Source: Mantel and Haenszel (1959), doi:10.1093/jnci/22.4.719; the variance over clusters: Liang (1985),
    doi:10.1093/biomet/72.3.678.
    """
    cells = pd.DataFrame(
        {
            "x": floats(count),
            "n": floats(n),
            "z": np.asarray(inside, dtype=float),
            "stratum": np.asarray(strata, dtype=object),
            "cluster": np.asarray(clusters, dtype=object),
        }
    )
    cells = cells[(cells["n"] > 0) & cells["x"].between(0, cells["n"])]
    by_stratum = cells.assign(m=cells["n"] * cells["z"]).groupby("stratum")
    cells["trials"], cells["events"] = by_stratum["n"].transform("sum"), by_stratum["x"].transform("sum")
    cells["mean"] = by_stratum["m"].transform("sum") / cells["trials"]
    cells = cells[(cells["mean"] > 0) & (cells["mean"] < 1)]
    group = cells["z"] == 1
    k = min(cells.loc[group, "cluster"].nunique(), cells.loc[~group, "cluster"].nunique())
    of, trials = float(cells.loc[group, "x"].sum()), float(cells.loc[group, "n"].sum())
    if k < CLUSTERS_LEAST:
        return MantelHaenszelClustered(of, trials, nan, nan, nan, nan, k)
    rate = cells["events"] / cells["trials"]
    score = (cells["z"] - cells["mean"]) * (cells["x"] - cells["n"] * rate)
    weight = cells["n"] * cells["z"] * (1 - cells["mean"])
    chance = weight * rate * (1 - rate) * cells["trials"] / (cells["trials"] - 1).clip(lower=1)
    alike = score.groupby(cells["cluster"]).sum()
    error = sqrt(max(float(chance.sum()), float((alike**2).sum())))
    if not error > 0:
        return MantelHaenszelClustered(of, trials, nan, nan, nan, nan, k)
    total, law = float(weight.sum()), t(k - 1)
    value, half = float(score.sum()) / total, float(law.isf((1 - level) / 2)) * error / total
    p = 2 * float(law.sf(abs(float(score.sum())) / error))
    return MantelHaenszelClustered(of, trials, value, max(value - half, -1.0), min(value + half, 1.0), p, k)


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
    informative = (events > 0) & (events < n_a + n_b)
    x_b, n_a, n_b, events = x_b[informative], n_a[informative], n_b[informative], events[informative]
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
