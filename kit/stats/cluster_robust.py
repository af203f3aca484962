"""Rates of mails whose people got several of them: the person is the unit, not the mail.

Mails to one person are alike. Counted as if they were independent they seem to say more than they do: four mails to
each person of an A/A test reject at 11 % instead of 5 %. From sums over people the ratio of means has its variance by
the delta method; what it says of the mails is their design effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2, norm, t

from kit.stats import means, proportions
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class ClusterRobust:
    """Rates of groups with the person as the unit, in the order given; NaN where a group has no mail.

    Attributes:
        value: sum over sum [share].
        low: of the interval.
        high: its other end.
        design_effect: how many mails say as much as one independent one; at least 1.
        se: standard error of `value` [share].
    """

    value: Floats
    low: Floats
    high: Floats
    design_effect: Floats
    se: Floats


def clustered_rates(
    people: ArrayLike | pd.Series,
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    *,
    squares: tuple[ArrayLike, ArrayLike, ArrayLike],
    level: float = 0.95,
) -> ClusterRobust:
    """The rate of each group and its interval, from sums over its people.

    The interval is that of `proportions.proportion_interval` for as many mails as the design effect leaves: so it
    holds for few events too, where the delta method's own does not.

    Args:
        people: how many, a group each.
        count: events of all people.
        n: mails of all people.
        squares: sums over people of events², mails², events x mails.
        level: confidence, 0 to 1.

    Source: Deng, Knoblich and Lu (2018), doi:10.1145/3219819.3219919; Korn and Graubard (1998), Survey
    Methodology 24, 193-201, on intervals by the effective sample size.
    """
    k, x, m = (floats(values) for values in (people, count, n))
    xx, mm, xm = (floats(values) for values in squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(m > 0, x / m, np.nan)
        spread = (xx - 2 * value * xm + value**2 * mm) / m**2 * k / np.maximum(k - 1, 1)
        alone = value * (1 - value) / m
        effect = np.where(alone > 0, np.maximum(spread / alone, 1), 1.0)
        # Half an event either way, so that a group where nobody or everybody did it has an error too.
        near = (x + 0.5) / (m + 1)
        se = np.sqrt(near * (1 - near) / m * effect)
    low, high = proportions.proportion_interval(x / effect, m / effect, level=level)
    return ClusterRobust(
        value, low, high, np.where(np.isnan(value), np.nan, effect), np.where(np.isnan(value), np.nan, se)
    )


def clustered_means(
    people: ArrayLike | pd.Series,
    total: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    *,
    squares: tuple[ArrayLike, ArrayLike, ArrayLike],
    level: float = 0.95,
) -> ClusterRobust:
    """The amount a mail of each group, as `ratio` but of money: without a design effect, and in its unit.

    NaN ends where a group has fewer than two people or one amount a mail: no spread was seen.
    """
    value, spread, df = _delta(people, total, n, squares)
    half = t.isf((1 - level) / 2, df) * np.sqrt(spread)
    return ClusterRobust(value, value - half, value + half, np.full(value.shape, np.nan), np.sqrt(spread))


def clustered_mean_difference(
    people: ArrayLike,
    total: ArrayLike,
    n: ArrayLike,
    *,
    squares: tuple[ArrayLike, ArrayLike, ArrayLike],
    level: float = 0.95,
) -> means.Welch:
    """The amount a mail of the second group less that of the first, by Welch's test; arguments as for `amounts`.

    Source: Deng, Knoblich and Lu (2018), doi:10.1145/3219819.3219919; Welch (1947), doi:10.1093/biomet/34.1-2.28.
    """
    value, spread, free = _delta(people, total, n, squares)
    gap, parts = float(value[1] - value[0]), spread
    if not (np.isfinite(parts).all() and (parts > 0).any()):
        return means.Welch(*[float("nan")] * 6)
    se = float(np.sqrt(parts.sum()))
    df = float(parts.sum() ** 2 / (parts**2 / free).sum())
    half = float(t.isf((1 - level) / 2, df)) * se
    return means.Welch(gap, gap - half, gap + half, 2 * float(t.sf(abs(gap) / se, df)), se, df)


def _delta(
    people: ArrayLike | pd.Series,
    total: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    squares: tuple[ArrayLike, ArrayLike, ArrayLike],
) -> tuple[Floats, Floats, Floats]:
    """The ratios of sums over people, their variances by the delta method and their degrees of freedom."""
    k, x, m = (floats(values) for values in (people, total, n))
    xx, mm, xm = (floats(values) for values in squares)
    estimable = (k >= 2) & (m > 0)
    size, mails = np.where(estimable, k, np.nan), np.where(m > 0, m, np.nan)
    value = x / mails
    spread = (xx - 2 * value * xm + value**2 * mm) / mails**2 * size / (size - 1)
    # What rounding leaves of equal values is no variance.
    return value, np.where(spread > 1e-12 * value**2, spread, np.nan), size - 1


def two_way(
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    sums: Sequence[tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]],
    *,
    share: bool,
    level: float = 0.95,
) -> ClusterRobust:
    """Ratios of groups whose units are alike by person and by day: a busy day is one piece of luck, not fifty.

    The variances by days and by persons are added and that by both at once is taken off; it is never below any of its
    parts, nor, of a share, below that of single units. The interval has Student's quantile by the fewer clusters.

    Args:
        count: events or amounts, a group each.
        n: what they are out of.
        sums: by day, by person, by both: of each group the number of clusters and the sums over them of count², n² and
            count x n.
        share: whether it is a share, whose interval is by the effective number of units; else Student's of a mean.
        level: confidence, 0 to 1.

    Source: Cameron, Gelbach and Miller (2011), doi:10.1198/jbes.2010.07136; Korn and Graubard (1998), Survey
    Methodology 24, 193-201.
    """
    x, m = floats(count), floats(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(m > 0, x / m, np.nan)
        parts = []
        for clusters, xx, mm, xm in sums:
            k = floats(clusters)
            spread = (floats(xx) - 2 * value * floats(xm) + value**2 * floats(mm)) / m**2
            parts.append(np.where(k > 1, spread * k / (k - 1), np.nan))
        by_day, by_person, by_both = parts
        variance = np.fmax(np.fmax(by_day, by_person), by_day + by_person - by_both)
        df = np.minimum(*(floats(clusters) for clusters, *_sums in sums[:2])) - 1
        quantile = t.isf((1 - level) / 2, np.where(df > 0, df, np.nan))
        if not share:
            se = np.sqrt(np.where(variance > 1e-12 * value**2, variance, np.nan))
            return ClusterRobust(value, value - quantile * se, value + quantile * se, np.full(m.shape, np.nan), se)
        alone = value * (1 - value) / m
        effect = np.where(alone > 0, np.fmax(variance / alone, 1), 1.0)
        wider = effect * (quantile / norm.isf((1 - level) / 2)) ** 2
        near = (x + 0.5) / (m + 1)
        se = np.sqrt(near * (1 - near) / m * effect)
    low, high = proportions.proportion_interval(x / wider, m / wider, level=level)
    return ClusterRobust(value, low, high, np.where(np.isnan(value), np.nan, effect), se)


def versus_others(rates: ClusterRobust, n: ArrayLike | pd.Series) -> tuple[Floats, Floats, Floats]:
    """Each group's rate minus that of the other groups together: difference, standard error and two-sided p.

    Args:
        rates: of groups of different people.
        n: their mails, by which the others are weighted.
    """
    m = floats(n)
    usable = np.isfinite(rates.value) & (m > 0)
    value, error, p = (np.full(m.shape, np.nan) for _ in range(3))
    for group in np.flatnonzero(usable):
        compared = usable.copy()
        compared[group] = False
        if not compared.any():
            continue
        share = m[compared] / m[compared].sum()
        value[group] = rates.value[group] - share @ rates.value[compared]
        error[group] = np.sqrt(rates.se[group] ** 2 + share**2 @ rates.se[compared] ** 2)
        p[group] = 2 * norm.sf(abs(value[group]) / error[group]) if error[group] > 0 else np.nan
    return value, error, p


def homogeneity_test(rates: ClusterRobust) -> float:
    """The p-value of the groups having one rate: chi-square of the rates about their precision-weighted mean."""
    usable = np.isfinite(rates.value) & (rates.se > 0)
    value, weight = rates.value[usable], 1 / rates.se[usable] ** 2
    if value.size < 2:
        return float("nan")
    return float(chi2.sf(weight @ (value - weight @ value / weight.sum()) ** 2, value.size - 1))
