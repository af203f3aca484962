"""Effects and rates drawn towards what the others are, by full Bayes: what is left of a good result next time.

The best of many looks better than it is, the more so the less is known of it. How much units truly differ is itself
known from a few units only, and a rare large one is no surprise. So every usual value and every spread, with light
tails (normal; of rates beta) and with heavy ones (t with 3 degrees of freedom), is weighed by how well it explains all
units; what follows for one unit is averaged over them. An interval of such a law stays true of the unit that looked
best: looking for it changes none.

Source: flat in the spread: Gelman (2006), doi:10.1214/06-BA117A; selection: Dawid (1994), doi:10.1214/lnms/1215463797.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit, xlog1py, xlogy
from scipy.stats import beta, norm

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

UNITS_LEAST = 4
"""Units from which the spread of all says anything of one."""

EFFECTS_LEAST = 10
"""Past tests from which their spread says anything of one."""

SPREADS, CENTRES = 25, 9
"""Values at which the spread and the usual value are taken."""

HEAVY = 3
"""Degrees of freedom of the heavy tail."""

_COMMON, _OWN = 200, norm.cdf(np.linspace(-5, 5, 31))
"""Points between all units, and quantiles of each unit's own law, at which the truth is taken."""


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Units drawn towards the others, in the order given; NaN where nothing is known of one, or too few are known.

    Attributes:
        value: posterior mean.
        low: of its interval.
        high: its other end.
    """

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rates drawn towards the usual one, and which of them is likely the best; NaN as for `Shrunken`.

    Attributes:
        value: posterior median [share]: a heavy tail that cannot be ruled out does not lift it.
        low: of its interval.
        high: its other end.
        best: the chance of being the highest (or lowest).
        regret: the rate that is lost on average by choosing the one whose value is best [share].
        usual: the rate at the centre of all [share].
        spread: how much log odds differ beyond chance: the median of their scale.
    """

    value: Floats
    low: Floats
    high: Floats
    best: Floats
    regret: float
    usual: float
    spread: float


@dataclass(frozen=True, slots=True)
class _Laws:
    """What follows from a likelihood and hypotheses.

    Attributes:
        truth: the points, rising.
        weight: of each hypothesis.
        given: the law of each unit under each hypothesis, as likelihood [units x points] and prior
            [hypotheses x points].
        law: of each unit over all hypotheses [units x points].
    """

    truth: Floats
    weight: Floats
    given: tuple[Floats, Floats]
    law: Floats


def effects(effect: ArrayLike | pd.Series, se: ArrayLike | pd.Series, *, level: float = 0.95) -> Shrunken:
    """Effects of past tests drawn towards zero; NaN with fewer than ten.

    Towards zero, not towards their mean: which of two arms is called the second is a matter of taste, and
    the answer for one must be the mirror of that for the other.

    Args:
        effect: of past tests.
        se: their standard errors.
        level: confidence, 0 to 1.
    """
    d, error, valid = _tests(effect, se)
    if valid.sum() < EFFECTS_LEAST:
        return Shrunken(*(np.full(d.shape, nan) for _ in range(3)))
    found = _of_effects(d[valid], error[valid])
    ends = _quantiles(found, (1 - level) / 2, (1 + level) / 2)
    return Shrunken(*(_placed(valid, one) for one in (found.law @ found.truth, *ends)))


def total(
    effect: ArrayLike | pd.Series, se: ArrayLike | pd.Series, direction: ArrayLike | pd.Series, *, level: float = 0.95
) -> tuple[float, float, float]:
    """The sum of some of the true effects, with its interval; NaN with fewer than ten past tests.

    Args:
        effect: of all past tests.
        se: their standard errors.
        direction: 1 or -1 for an effect that is added or subtracted, 0 for one that is left out.
        level: confidence, 0 to 1.
    """
    d, error, valid = _tests(effect, se)
    if valid.sum() < EFFECTS_LEAST:
        return nan, nan, nan
    found, sign = _of_effects(d[valid], error[valid]), floats(direction)[valid]
    likelihood, prior = found.given
    mass = likelihood @ prior.T
    first, second = ((likelihood * found.truth**power) @ prior.T / mass for power in (1, 2))
    middle, sd = sign @ first, np.sqrt(sign**2 @ (second - first**2))
    # Given the spread, effects are independent and their sum is nearly normal.
    points = np.linspace((middle - 6 * sd).min(), (middle + 6 * sd).max(), 2001)
    below = norm.cdf((points[:, None] - middle) / np.maximum(sd, 1e-12)) @ found.weight
    low, high = np.interp([(1 - level) / 2, (1 + level) / 2], below, points)
    return float(middle @ found.weight), float(low), float(high)


def rates(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series, *, lowest: bool, level: float = 0.95) -> Ranked:
    """Rates drawn towards the usual one, on the scale of log odds; NaN with fewer than four units.

    Args:
        count: events, a unit each.
        n: trials, likewise.
        lowest: whether the lowest rate is the best.
        level: confidence, 0 to 1.
    """
    x, trials = np.broadcast_arrays(floats(count), floats(n))
    valid = (trials > 0) & np.isfinite(trials) & (x >= 0) & (x <= trials)
    if valid.sum() < UNITS_LEAST:
        none = np.full(x.shape, nan)
        return Ranked(none, none, none, none, nan, nan, nan)
    yes, no = x[valid], trials[valid] - x[valid]
    own = logit(np.clip(beta.ppf(_OWN[:, None], yes + 0.5, no + 0.5), 1e-9, 1 - 1e-9))
    middle = logit((yes.sum() + 0.5) / (yes.sum() + no.sum() + 1))
    apart = logit((yes + 0.5) / (yes + no + 1)) - middle
    noise = 1 / (yes + 0.5) + 1 / (no + 0.5)
    largest = 2 * sqrt(float(np.mean(apart**2))) + 1e-6
    reach = 3 * sqrt(float(1 / (1 / (noise + largest**2 / 4)).sum()))
    truth = _points(own)
    loglik = xlogy(yes[:, None], expit(truth)) + xlog1py(no[:, None], -expit(truth))
    centres, spreads = middle + np.linspace(-reach, reach, CENTRES), np.linspace(0, largest, SPREADS + 1)[1:]
    usual = expit(centres)[:, None, None]
    size = 1 / (usual * (1 - usual) * spreads[:, None] ** 2)  # of the beta law whose log odds are spread so
    light = size * (usual * truth - np.logaddexp(0, truth))
    found = _laws(loglik, truth, light, _heavy(truth, centres, spreads))
    share = expit(found.truth)
    low, value, high = (expit(end) for end in _quantiles(found, (1 - level) / 2, 0.5, (1 + level) / 2))
    best, extreme = _best(found.law[:, ::-1] if lowest else found.law, share[::-1] if lowest else share)
    chosen = found.law[value.argmin() if lowest else value.argmax()] @ share
    marginal = found.weight.reshape(2, CENTRES, SPREADS)
    middle = float(marginal.sum(axis=(0, 2)) @ expit(centres))
    spread = float(np.interp(0.5, marginal.sum(axis=(0, 1)).cumsum(), spreads))
    value, low, high, best = (_placed(valid, one) for one in (value, low, high, best))
    return Ranked(value, low, high, best, abs(extreme - float(chosen)), middle, spread)


def _tests(effect: ArrayLike | pd.Series, se: ArrayLike | pd.Series) -> tuple[Floats, Floats, np.ndarray]:
    d, error = floats(effect), floats(se)
    return d, error, np.isfinite(d) & np.isfinite(error) & (error > 0)


def _of_effects(d: Floats, error: Floats) -> _Laws:
    own = norm.ppf(_OWN[:, None], d, error)
    positive = _points(np.abs(own))
    truth = np.concatenate([-positive[::-1], positive])  # the mirror of the effects has the mirror of the points
    largest = 2 * sqrt(float(np.mean(d**2))) + 1e-9
    loglik = -(((d[:, None] - truth) / error[:, None]) ** 2) / 2
    spreads = np.linspace(0, largest, SPREADS + 1)[1:]
    light = -((truth / spreads[:, None]) ** 2) / 2
    return _laws(loglik, truth, light, _heavy(truth, np.zeros(1), spreads))


def _points(own: Floats) -> Floats:
    """Where the truth may lie: close together where any unit's own law is narrow."""
    return np.unique(np.concatenate([np.linspace(own.min(), own.max(), _COMMON), own.ravel()]))


def _heavy(truth: Floats, centres: Floats, spreads: Floats) -> Floats:
    """The logarithm of the heavy-tailed law around each centre, with each spread."""
    return -(HEAVY + 1) / 2 * np.log1p(((truth - centres[:, None, None]) / spreads[:, None]) ** 2 / HEAVY)


def _laws(loglik: Floats, truth: Floats, *logprior: Floats) -> _Laws:
    """Each logprior: [… x points]; hypotheses in the order given, then of its axes."""
    stacked = np.concatenate([one.reshape(-1, truth.size) for one in logprior])
    prior = np.exp(stacked - stacked.max(axis=1, keepdims=True)) * np.gradient(truth)
    prior /= prior.sum(axis=1, keepdims=True)
    likelihood = np.exp(loglik - loglik.max(axis=1, keepdims=True))
    mass = np.maximum(likelihood @ prior.T, 1e-300)
    evidence = np.log(mass).sum(axis=0)
    weight = np.exp(evidence - evidence.max())
    weight /= weight.sum()
    law = likelihood * ((weight / mass) @ prior)
    return _Laws(truth, weight, (likelihood, prior), law / law.sum(axis=1, keepdims=True))


def _quantiles(found: _Laws, *shares: float) -> Floats:
    below = found.law.cumsum(axis=1) - found.law / 2
    return np.array([np.interp(shares, one, found.truth) for one in below]).T


def _best(law: Floats, points: Floats) -> tuple[Floats, float]:
    """The chance of each unit to be the last of the points, and where the last of all lies on average."""
    below = law.cumsum(axis=1) - law / 2
    others = np.log(np.maximum(below, 1e-300))
    chance = (law * np.exp(others.sum(axis=0) - others)).sum(axis=1)
    highest = np.diff(np.exp(np.log(np.maximum(law.cumsum(axis=1), 1e-300)).sum(axis=0)), prepend=0.0)
    return chance / chance.sum(), float(highest @ points)


def _placed(valid: np.ndarray, known: Floats) -> Floats:
    placed = np.full(valid.shape, nan)
    placed[valid] = known
    return placed
