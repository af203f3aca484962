"""Rates over time: where they are heading, and the limits of a chart, neither blinded by large numbers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit
from scipy.stats import t
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from kit.errors import UsageError
from kit.messages import _
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

POINTS_LEAST = 12
"""Points in time from which a trend or the limits of a chart are told."""

MOVING = 1.128
"""The mean distance of two neighbours from a normal law, in its standard deviations."""

LIMITS = 3
"""Standard deviations from the centre to the limits of a chart (Shewhart)."""


CERTAIN = 1e-6
"""Distance from 0 or 1 below which a fitted rate is a certainty, and its log odds have no end."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression of grouped counts.

    Attributes:
        coef: coefficients, log odds; NaN where a coefficient has no end, as if nobody did it in a group.
        counting: their errors by counting alone.
        phi: Pearson's overdispersion; 1 is chance alone.
        df: degrees of freedom of the residuals.
    """

    coef: Floats
    counting: Floats
    phi: float
    df: int

    @property
    def se(self) -> Floats:
        """The errors with the overdispersion in them."""
        return self.counting * sqrt(self.phi)


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a rate is heading.

    Attributes:
        begin: the fitted rate at the first point [share].
        end: the fitted rate at the last [share].
        step: change from one unit of time to the next, in the middle [share].
        low: of its interval.
        high: its other end.
        p: two-sided, of no trend.
        phi: overdispersion around the line.
    """

    begin: float
    end: float
    step: float
    low: float
    high: float
    p: float
    phi: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Limits between which a rate without a special cause lies.

    Attributes:
        center: the pooled rate [share].
        wide: how many times wider than by counting alone the limits are.
        low: lower limit of each point [share].
        high: upper limit of each point [share].
    """

    center: float
    wide: float
    low: Floats
    high: Floats


def quasi_binomial(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, design: ArrayLike) -> Fit:
    """Logistic regression whose errors carry what the counts vary beyond chance.

    Shares go in with n as their weight. The other form, two columns of events and non-events, makes
    statsmodels 0.15 answer an overdispersion that is too small by the factor n, so it is refused.

    Args:
        count: events, a unit each.
        n: trials, likewise.
        design: a row a unit, a column a coefficient, the constant among them.

    Raises:
        UsageError: the counts are no single column, or there are not more units than coefficients.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, 4.5.
    """
    x, total, columns = floats(count), floats(n), floats(design)
    if x.ndim != 1 or total.shape != x.shape:
        raise UsageError(_("the counts of a regression must be one column of events and one of trials"))
    if columns.ndim != 2 or len(columns) != x.size or x.size <= columns.shape[1]:
        raise UsageError(_("a regression needs one row of the design per count, and more rows than columns"))
    with warnings.catch_warnings():
        # It is also said of rates that all lie on the line; those without an end are told by their fit below.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fitted = GLM(x / total, columns, Binomial(), var_weights=total).fit(scale="X2")
    if (np.abs(floats(fitted.fittedvalues) - 0.5) > 0.5 - CERTAIN).all():
        unknown = np.full(columns.shape[1], nan)
        return Fit(unknown, unknown, nan, x.size - columns.shape[1])
    counting = np.sqrt(np.diag(fitted.normalized_cov_params))
    return Fit(floats(fitted.params), floats(counting), float(fitted.scale), int(fitted.df_resid))


def logistic_trend(
    count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, time: ArrayLike | pd.Series, *, level: float = 0.95
) -> Trend:
    """The line through rates over time, on the scale of log odds.

    Its errors are never below those of chance. NaN with fewer than twelve points, and where nobody or
    everybody did it. Where all events lie at one end (nobody in any month but the last), the slope has no end: then
    `begin` and `end` are the rates themselves, the step is NaN, and p is that of the score test, which needs no slope.

    Args:
        count: events, a point in time each.
        n: trials, likewise; points with no n do not count.
        time: of each point, in the unit that `step` shall have.
        level: confidence of the interval, 0 to 1.

    Source: as for `quasi_binomial`; the score test: Armitage (1955), doi:10.2307/3001775.
    """
    x, total, when = np.broadcast_arrays(floats(count), floats(n), floats(time))
    valid = (total > 0) & np.isfinite(x) & np.isfinite(when)
    x, total, when = x[valid], total[valid], when[valid]
    if x.size < POINTS_LEAST or x.sum() in (0, total.sum()):
        return Trend(nan, nan, nan, nan, nan, nan, nan)
    with_events, without = when[x > 0], when[x < total]
    if with_events.min() >= without.max() or with_events.max() <= without.min():
        begin, end = (float(x[place] / total[place]) for place in (when.argmin(), when.argmax()))
        return Trend(begin, end, nan, nan, nan, *_score_test(x, total, when))
    middle = when.mean()
    fit = quasi_binomial(x, total, np.column_stack([np.ones(x.size), when - middle]))
    slope, se = float(fit.coef[1]), float(fit.counting[1]) * sqrt(max(fit.phi, 1))
    ends = expit(fit.coef[0] + slope * (np.array([when.min(), middle, when.max()]) - middle))
    share = float(ends[1] * (1 - ends[1]))
    half = float(t.isf((1 - level) / 2, fit.df)) * se
    p = 2 * float(t.sf(abs(slope) / se, fit.df))
    steps = (slope * share, (slope - half) * share, (slope + half) * share)
    return Trend(float(ends[0]), float(ends[2]), *steps, p, fit.phi)


def _score_test(x: Floats, total: Floats, when: Floats) -> tuple[float, float]:
    """The p-value of no trend, two-sided, and the overdispersion about one rate."""
    rate, df = x.sum() / total.sum(), x.size - 1
    apart = when - total @ when / total.sum()
    phi = float(((x - total * rate) ** 2 / total).sum() / (rate * (1 - rate)) / df)
    error = sqrt(float(rate * (1 - rate) * (total @ apart**2)) * max(phi, 1))
    return 2 * float(t.sf(abs(float(apart @ x)) / error, df)), phi


def p_prime_chart(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> Chart:
    """The p' chart: limits as wide as neighbours in time differ, not as counting alone would have them.

    Args:
        count: events, a point in time each, in order.
        n: trials, likewise; a point with no n has no limits.

    Source: Laney (2002), doi:10.1081/QEN-120006708.
    """
    x, total = np.broadcast_arrays(floats(count), floats(n))
    valid = (total > 0) & np.isfinite(x)
    low, high = np.full(x.shape, nan), np.full(x.shape, nan)
    if valid.sum() < 2:
        return Chart(nan, nan, low, high)
    center = float(x[valid].sum() / total[valid].sum())
    error = np.sqrt(center * (1 - center) / total[valid])
    if center in (0, 1):
        return Chart(center, nan, low, high)
    wide = float(np.abs(np.diff((x[valid] / total[valid] - center) / error)).mean() / MOVING)
    low[valid] = np.maximum(center - LIMITS * wide * error, 0)
    high[valid] = np.minimum(center + LIMITS * wide * error, 1)
    return Chart(center, wide, low, high)
