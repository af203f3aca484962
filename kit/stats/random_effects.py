"""What differs between units (months, campaigns) beyond the chance of sampling.

With many recipients every month differs from the next; the question is whether by more than months
usually do.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom, t

from kit.stats.arrays import Floats, floats
from kit.stats.hierarchy import Shrunken
from kit.stats.intervals import critical_z, newcombe
from kit.stats.proportions import chi_square_homogeneity

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

UNITS_LEAST = 4
"""Units from which one can be judged by the others: three are the fewest that have a spread."""


CLOSE = 1e-12
"""A step of this share of the variance, or a smaller one, changes nothing."""


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How much the rates of units differ.

    Attributes:
        mean: the pooled rate [share].
        tau: the standard deviation between units, without sampling [share]; NaN below two units.
        phi: Pearson's overdispersion: 1 is chance alone; NaN where nobody or everybody did it.
        p: of the test that all units have one rate.
        k: units with an n.
    """

    mean: float
    tau: float
    phi: float
    p: float
    k: int


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Each unit against the others, in the order given; NaN where it cannot be judged.

    Attributes:
        expected: the others' mean [share].
        se: the error of predicting this unit by it [share], to first order.
        z: the unit's distance from it in errors, on the arcsine scale.
        p: two-sided.
        low: of the interval in which the others let one expect the unit's own rate, its sampling apart [share].
        high: its other end.
    """

    expected: Floats
    se: Floats
    z: Floats
    p: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Change:
    """Rate of b minus rate of a, in shares, against what units usually differ by.

    Attributes:
        value: the difference.
        low: of the interval with both the sampling and the usual variation.
        high: its other end; a change is one where 0 lies outside.
        usual: the difference that the usual variation alone reaches.
        p: two-sided, of no change beyond sampling and the usual variation.
    """

    value: float
    low: float
    high: float
    usual: float
    p: float


def heterogeneity(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> Heterogeneity:
    """The pooled rate of units, and what remains of their differences after sampling.

    Args:
        count: events, a unit each.
        n: trials, likewise; units with no n do not count.

    Source: Paule & Mandel (1982), doi:10.6028/jres.087.022.
    """
    x, total = _units(count, n)
    valid = np.isfinite(x)
    x, total = x[valid], total[valid]
    if x.size == 0:
        return Heterogeneity(nan, nan, nan, nan, 0)
    test = chi_square_homogeneity(x, total)
    # With half an event more the sampling variance is never 0.
    rate = (x.sum() + 0.5) / (total.sum() + 1)
    tau = sqrt(paule_mandel(x / total, rate * (1 - rate) / total)) if x.size > 1 else nan
    phi = test.statistic / test.df if test.df else nan
    return Heterogeneity(float(x.sum() / total.sum()), tau, phi, test.p, int(x.size))


def leave_one_out(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, *, level: float = 0.95) -> LeaveOneOut:
    """Each unit against what the others predict for it.

    The prediction is the others' random-effects mean; its error is their spread, the mean's error and
    the unit's own sampling. Both are taken on the arcsine scale: there rates of a few per cent, which
    scatter further up than down, are near to normal, and a unit without events has a sampling error too.

    `p` is Student's with k - 2 degrees of freedom, but never below that of the exact test of the unit
    against all units together: with a handful of events the distance alone has too long a tail. All is
    NaN below four units: two others show no spread that could be relied on. Rates below 0.2 % that vary by
    half or more have too long a tail: there more of the flagged are false than the level says.

    Args:
        count: events, a unit each.
        n: trials, likewise; a unit with no n is NaN and no other's judge.
        level: confidence of the interval, 0 to 1.

    Source: Higgins, Thompson & Spiegelhalter (2009), doi:10.1111/j.1467-985X.2008.00552.x; the scale:
    Anscombe (1948), doi:10.1093/biomet/35.3-4.246.
    """
    events, trials = _units(count, n)
    angle, error = np.arcsin(np.sqrt((events + 3 / 8) / (trials + 3 / 4))), 1 / (4 * trials + 2)
    expected, usual = _leave_one_out_prediction(angle, error)
    se = np.hypot(usual, np.sqrt(error))
    z = (angle - expected) / se
    law = t(max(int(np.isfinite(events).sum()) - 2, 1))
    reach = law.isf((1 - level) / 2) * usual
    low, high = (np.sin(np.clip(expected + end, 0, np.pi / 2)) ** 2 for end in (-reach, reach))
    p = np.fmax(2 * law.sf(np.abs(z)), _exact(events, trials))
    return LeaveOneOut(np.sin(expected) ** 2, se * np.sin(2 * expected), z, np.where(np.isnan(z), nan, p), low, high)


def leave_one_out_of(value: ArrayLike | pd.Series, se: ArrayLike | pd.Series) -> Floats:
    """Two-sided p of each value against what the others predict for it, as `leave_one_out` of rates.

    Args:
        value: of units, on a scale where errors are near to normal; NaN: not known.
        se: their standard errors.
    """
    units, error = floats(value), floats(se) ** 2
    expected, usual = _leave_one_out_prediction(units, error)
    law = t(max(int(np.isfinite(units).sum()) - 2, 1))
    return 2 * law.sf(np.abs(units - expected) / np.hypot(usual, np.sqrt(error)))


def leave_one_out_limits(
    value: ArrayLike | pd.Series, se: ArrayLike | pd.Series, *, level: float = 0.9973
) -> tuple[Floats, Floats]:
    """Between which ends the others of a group let one expect each value; NaN: too few of them.

    Args:
        value: of units, as of `leave_one_out_of`.
        se: their standard errors.
        level: how many of such values lie within; as of a chart with limits of three standard deviations.
    """
    units, error = floats(value), floats(se) ** 2
    expected, usual = _leave_one_out_prediction(units, error)
    law = t(max(int(np.isfinite(units).sum()) - 2, 1))
    margin = float(law.ppf(0.5 + level / 2)) * np.hypot(usual, np.sqrt(error))
    return expected - margin, expected + margin


def _leave_one_out_prediction(value: Floats, error: Floats) -> tuple[Floats, Floats]:
    """What the others let one expect of each: their random-effects mean, and its error with their spread.

    Args:
        value: of each unit, on a scale where errors are near to normal; NaN: not known.
        error: its sampling variance.
    """
    expected, usual = np.full(value.shape, nan), np.full(value.shape, nan)
    valid = np.flatnonzero(np.isfinite(value))
    if valid.size >= UNITS_LEAST:
        for unit in valid:
            remaining = valid[valid != unit]
            tau_squared = paule_mandel(value[remaining], error[remaining])
            weight = 1 / (error[remaining] + tau_squared)
            expected[unit] = weight @ value[remaining] / weight.sum()
            usual[unit] = sqrt(tau_squared + 1 / weight.sum())
    return expected, usual


def change(a: tuple[float, float], b: tuple[float, float], *, tau: float, k: int, level: float = 0.95) -> Change:
    """Rate of b minus rate of a, called a change only beyond the usual variation.

    The usual variation of a difference is sqrt(2) tau. It is added in squares to Newcombe's interval,
    both at Student's quantile with k - 1 degrees of freedom, since `tau` is itself estimated.

    Args:
        a: events and trials of the unit that comes first.
        b: events and trials of the unit compared with it.
        tau: the standard deviation between units, of `spread` [share].
        k: the units that `tau` comes from; the interval is NaN below two.
        level: confidence, 0 to 1.
    """
    (x_a, x_b), (n_a, n_b) = _units([a[0], b[0]], [a[1], b[1]])
    quantile = float(t.isf((1 - level) / 2, k - 1)) if k > 1 else nan
    usual = quantile * sqrt(2) * tau
    value = x_b / n_b - x_a / n_a
    low, high = newcombe(x_a, n_a, x_b, n_b, z=quantile)
    low, high = value - np.hypot(value - low, usual), value + np.hypot(high - value, usual)
    pooled = (x_a + x_b) / (n_a + n_b)
    error = sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b) + 2 * tau**2)
    p = 2 * float(t.sf(abs(value) / error, k - 1)) if error > 0 and k > 1 else nan
    return Change(float(value), float(np.maximum(low, -1)), float(np.minimum(high, 1)), usual, p)


def _exact(events: Floats, trials: Floats) -> Floats:
    """Two-sided p of each unit's events, had those of all units been dealt out at random."""
    law = hypergeom(np.nansum(trials), np.nansum(events), trials)
    return np.minimum(2 * np.minimum(law.cdf(events), law.sf(events - 1)), 1)


def _units(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> tuple[Floats, Floats]:
    """Counts and trials, both NaN where they are none."""
    events, trials = np.broadcast_arrays(floats(count), floats(n))
    valid = (trials > 0) & np.isfinite(trials) & (events >= 0) & (events <= trials)
    return np.where(valid, events, nan), np.where(valid, trials, nan)


def paule_mandel(value: Floats, error: Floats, *, lost: int = 1) -> float:
    """Paule and Mandel's: the tau squared at which the weighted squares are what chance expects.

    By Newton's steps from 0. The weighted squares fall with tau squared, and ever slower, so no step goes too far;
    those of statsmodels' `combine_effects` answer 0 where the last one does.

    Args:
        value: of units, on a scale where errors are near to normal.
        error: their sampling variances.
        lost: degrees of freedom that means took: 1; 2 of values about the means of two groups.
    """
    tau_squared = 0.0
    while True:
        weight = 1 / (error + tau_squared)
        squares = (value - weight @ value / weight.sum()) ** 2
        gap = float(weight @ squares) - (value.size - lost)
        step = gap / float(weight**2 @ squares) if squares.any() else 0.0
        if not step > CLOSE * (tau_squared + error.min()):
            return tau_squared
        tau_squared += step


def towards_zero(value: ArrayLike | pd.Series, se: ArrayLike | pd.Series, *, level: float = 0.95) -> Shrunken:
    """Effects drawn towards zero by empirical Bayes; NaN where one is not known, or fewer than four are.

    The spread of the true effects about zero is Paule and Mandel's. That it is itself known from few is not in the
    intervals, so they are hints; `hierarchy.effects` has it in, from ten effects on.

    Args:
        value: of effects.
        se: their standard errors.
        level: confidence, 0 to 1.

    Source: Efron & Morris (1975), doi:10.1080/01621459.1975.10479864; the spread: Paule & Mandel (1982),
    doi:10.6028/jres.087.022.
    """
    d, error = floats(value).reshape(-1), floats(se).reshape(-1)
    valid = np.isfinite(d) & np.isfinite(error) & (error > 0)
    answer = [np.full(d.shape, nan) for _ in range(3)]
    if valid.sum() < UNITS_LEAST:
        return Shrunken(*answer)
    known, noise = d[valid], error[valid] ** 2
    # Each effect and its mirror: their mean is zero, so no degree of freedom is lost.
    spread = paule_mandel(np.concatenate([known, -known]), np.concatenate([noise, noise]), lost=0)
    kept = spread / (spread + noise)
    half = critical_z(level) * np.sqrt(kept * noise)
    for place, one in enumerate((kept * known, kept * known - half, kept * known + half)):
        answer[place][valid] = one
    return Shrunken(*answer)
