"""Units that vary with heavy tails: how far out is one, where a few always lie far from the others?

Campaigns do not always differ by the normal law: now and then one is far out without any fault. Against a normal law
each such campaign seems impossible. Here the units follow a normal law or Student's with three degrees of freedom, the
fewest with a variance; beforehand either is as likely, then the units say how far each is to be believed. Many that
keep close together speak for the normal law, and one far from them is no ordinary one; a second far one speaks for
heavy tails, under which the first is perhaps ordinary. What the far tail says then holds where effects are normal,
where some units are more variable than others, and where tails are as heavy as that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logsumexp, ndtr
from scipy.stats import binom

from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z
from kit.stats.random_effects import UNITS_LEAST

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

NO_SCALE = 0.1
"""Below this part of the typical sampling error one scale is as likely as another; above it, one order of magnitude."""

LEAST = 1e-300
"""A likelihood below this is taken for it."""

_ERRORS = np.linspace(-7, 7, 15)
"""Places about each unit, in its sampling errors, at which all likelihoods are taken."""
_PLACES = (250, 3, 1500)
"""Of all units together: so many, or so many for each unit, and never more."""
_MEANS = np.linspace(-4, 4, 7)
"""Values of the common mean, in its errors."""
_SCALES = (32, 4, 100)
"""Values of the scale of the effects: at least so many, or one for so many units, and never more."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Each unit against what the others let one expect of it, in the order given; NaN where it cannot be judged.

    Attributes:
        expected: the median that the others predict [share].
        low: of the interval in which the others let one expect the unit's own rate, its sampling apart [share].
        high: its other end.
        p: two-sided, of counts as far out or farther.
    """

    expected: Floats
    low: Floats
    high: Floats
    p: Floats


def leave_one_out(
    count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, *, offset: ArrayLike | pd.Series = 0.0, level: float = 0.95
) -> Prediction:
    """Each unit against the posterior predictive distribution that the others give it.

    The counts are binomial; the units follow one of two laws about a common mean. The mean has a flat prior, the
    scale one that is flat in its logarithm. `p` is twice the smaller tail of the unit's counts, averaged over what the
    other units leave possible of law, mean, scale and the unit's own effect: so it is exact where units do not differ,
    and cannot be small where there are few units. Effects add to the share, or with an offset to the odds: so no unit
    is far away without end because nobody did it. All is NaN below four units.

    Args:
        count: events, a unit each.
        n: trials, likewise; a unit with no n is NaN and no other's judge.
        offset: known part of a unit's log odds.
        level: confidence of the interval, 0 to 1.

    Source: Marshall & Spiegelhalter (2007), doi:10.1214/07-BA218, on predicting a unit from the others; Lee & Thompson
    (2008), doi:10.1002/sim.2897, and Baker & Jackson (2008), doi:10.1007/s10729-007-9041-8, on Student's effects.
    """
    events, trials, known = np.broadcast_arrays(floats(count), floats(n), floats(offset))
    valid = (trials > 0) & (events >= 0) & (events <= trials) & np.isfinite(trials + known)
    expected, low, high, p = (np.full(events.shape, np.nan) for _ in range(4))
    if valid.sum() < UNITS_LEAST:
        return Prediction(expected, low, high, p)
    x, total, shift = events[valid][:, None], trials[valid][:, None], known[valid][:, None]
    estimate = np.log((x + 0.5) / (total - x + 0.5)) - shift
    error = np.sqrt(1 / (x + 0.5) + 1 / (total - x + 0.5))
    places = np.unique(estimate + error * _ERRORS)
    fewest, of_unit, most = _PLACES
    many = min(max(fewest, of_unit * len(x)), most)
    places = np.interp(np.linspace(0, places.size - 1, many), np.arange(places.size), places)
    odds = places + shift
    likelihood = -x * np.logaddexp(0, -odds) - (total - x) * np.logaddexp(0, odds)
    likelihood = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    scale = np.exp if shift.any() else expit
    slope = scale(estimate) * (1 if shift.any() else expit(-estimate))
    law = _predicted(scale(places), likelihood, scale(estimate)[:, 0], (error * slope)[:, 0])
    counted = binom.cdf(x, total, expit(odds)), binom.sf(x - 1, total, expit(odds))
    p[valid] = np.minimum(2 * np.minimum(*((law * tail).sum(axis=1) for tail in counted)), 1)
    upto = law.cumsum(axis=1)
    middles = np.append((places[1:] + places[:-1]) / 2, places[-1])
    for quantile, ends in ((0.5, expected), ((1 - level) / 2, low), ((1 + level) / 2, high)):
        ends[valid] = expit([np.interp(quantile, row, middles) for row in upto] + shift[:, 0])
    return Prediction(expected, low, high, p)


def leave_one_out_ratios(
    inside: tuple[ArrayLike, ArrayLike], outside: tuple[ArrayLike, ArrayLike], *, level: float = 0.95
) -> Prediction:
    """A part's rate against the rest of its unit, set against what this relation is in the other units.

    A segment may always click half as often as the others; what stands out is a unit where it clicks a tenth as often.
    Given the events of both sides, the part's are binomial: so what happens to the whole unit cancels out, and p needs
    no error of the rest. The interval has it.

    Args:
        inside: events and trials of the part, a unit each.
        outside: events and trials of the rest of the same units.
        level: confidence of the interval, 0 to 1.

    Source: Przyborowski & Wilenski (1940), doi:10.1093/biomet/31.3-4.313, on two Poisson rates given their sum.
    """
    (x, n), (y, m) = (tuple(map(floats, side)) for side in (inside, outside))
    with np.errstate(divide="ignore", invalid="ignore"):
        told = leave_one_out(x, x + y, offset=np.log(n / m), level=level)
        likely, low, high = (ends / (1 - ends) * y / n for ends in (told.expected, told.low, told.high))
        counting = critical_z(level) / np.sqrt(y)
        low = likely * np.exp(-np.hypot(np.log(likely / low), counting))
        high = likely * np.exp(np.hypot(np.log(high / likely), counting))
    likely, low, high = (np.minimum(ends, 1) for ends in (likely, low, high))
    return replace(told, expected=likely, low=low, high=high)


def _predicted(places: Floats, likelihood: Floats, estimate: Floats, error: Floats) -> Floats:
    """For each unit what the others let one expect of it: a probability a place.

    Args:
        places: of the effects, in order, on the scale on which they follow one of the laws.
        likelihood: a row a unit, a column a place.
        estimate: of each unit.
        error: its sampling error.
    """
    typical = float(np.median(error))
    fewest, units, most = _SCALES
    many = min(max(fewest, estimate.size // units), most)
    scales = np.geomspace(0.05 * typical, np.ptp(estimate) + typical, many)[:, None]
    precision = 1 / (scales**2 + error**2)
    middle = np.array([_weighted_median(estimate, weight) for weight in np.sqrt(precision)])[:, None]
    of_middle = 1.25 / np.sqrt(precision.sum(axis=1, keepdims=True))
    means = (middle + of_middle * _MEANS)[:, :, None]
    edges = np.concatenate([[-np.inf], (places[1:] + places[:-1]) / 2, [np.inf]])
    z = (edges - means) / scales[:, :, None]
    effects = np.concatenate([np.diff(law(z)).reshape(-1, places.size) for law in (ndtr, student)])
    density = 1 / (scales[:, 0] + NO_SCALE * typical)
    prior = np.tile(np.repeat(np.log(np.gradient(scales[:, 0]) * density * of_middle[:, 0]), _MEANS.size), 2)
    of_unit = np.log(np.maximum(likelihood @ effects.T, LEAST))
    others = prior + of_unit.sum(axis=0) - of_unit
    return np.exp(others - logsumexp(others, axis=1, keepdims=True)) @ effects


def student(z: Floats) -> Floats:
    """Student's distribution function with three degrees of freedom, several times faster than for any number."""
    angle = np.arctan(z / sqrt(3))
    return 0.5 + (angle + np.sin(2 * angle) / 2) / pi


def _weighted_median(ordered: Floats, weight: Floats) -> float:
    order = np.argsort(ordered)
    upto = weight[order].cumsum()
    return float(ordered[order][np.searchsorted(upto, upto[-1] / 2)])
