"""Rates and effects drawn towards what the others are: what is left of a good result next time.

The best of many looks better than it is, the more so the smaller it is. Empirical Bayes takes the
spread of all of them as what is known beforehand of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isinf, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import quad
from scipy.special import betainc, betaln, xlog1py, xlogy
from scipy.stats import beta, norm

from kit.stats import likelihood
from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z
from kit.stats.proportions import proportion_interval

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

UNITS_LEAST = 4
"""Units from which the spread of all says anything of one."""

EFFECTS_LEAST = 5
"""Past tests from which their spread says anything of one."""

NODES = 4000
"""Points at which the law of the best is taken: a hundred within the narrowest of usual posteriors."""


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """What is known of a rate before its own counts: Beta(a, b); a and b are infinite where all are alike.

    Attributes:
        mean: the usual rate [share].
        size: a + b, the trials that it weighs as much as.
    """

    mean: float
    size: float

    @property
    def sd(self) -> float:
        """How much rates differ [share]."""
        return sqrt(self.mean * (1 - self.mean) / (self.size + 1))


@dataclass(frozen=True, slots=True)
class Shrunken:
    """Rates drawn towards the prior, in the order given; NaN where counts are none.

    Attributes:
        value: posterior mean [share].
        low: of its interval.
        high: its other end.
        best: the chance of being the highest (or lowest).
        regret: the rate that is lost on average by choosing the one whose mean is best [share].
    """

    value: Floats
    low: Floats
    high: Floats
    best: Floats
    regret: float


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects drawn towards zero, in the order given; NaN with fewer than five.

    Attributes:
        value: what to expect of each.
        low: of its interval.
        high: its other end.
        tau: the standard deviation of the true effects.
    """

    value: Floats
    low: Floats
    high: Floats
    tau: float


def beta_binomial_prior(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> BetaPrior:
    """The beta law that rates of units come from, by maximum likelihood of the beta-binomial.

    Where they differ by no more than chance (the binomial law of one rate explains them within `likelihood.GAIN`),
    and where nobody or everybody did it, all are taken to be alike: `size` is infinite and `mean` the pooled rate.
    A prior weighs at least one trial. NaN without any unit.

    Source: Casella (1985), doi:10.1080/00031305.1985.10479400.
    """
    x, total = _valid_units(count, n)
    if x.size == 0:
        return BetaPrior(nan, nan)
    pooled = float(x.sum() / total.sum())
    if x.size < 2 or pooled in (0, 1):
        return BetaPrior(pooled, inf)

    def loglik(parameters: Floats) -> float:
        odds, spread = parameters
        mean = odds / (1 + odds)
        if spread == 0:
            return float((xlogy(x, mean) + xlog1py(total - x, -mean)).sum())
        a, b = mean / spread, (1 - mean) / spread
        return float((betaln(x + a, total - x + b) - betaln(a, b)).sum())

    odds = pooled / (1 - pooled)
    starts = [(odds, 1 / 30), (odds, 1 / 3000)]
    fitted = likelihood.maximise(loglik, starts, edges=({1: 0.0},))
    if fitted is None or fitted.parameters[1] > 1:
        fitted = likelihood.maximise(lambda parameters: loglik(np.append(parameters, 1.0)), [(odds,)])
    odds, spread = map(float, (*fitted.parameters, 1.0)[:2]) if fitted else (odds, 0.0)
    return BetaPrior(odds / (1 + odds), 1 / spread) if spread else BetaPrior(pooled, inf)


def shrink_rates(
    count: ArrayLike | pd.Series,
    n: ArrayLike | pd.Series,
    prior: BetaPrior,
    *,
    level: float = 0.95,
    lowest: bool,
) -> Shrunken:
    """Each rate drawn towards the prior, and which of them is likely the best.

    Where the prior says that all are alike each is the pooled rate with its interval, and each as likely
    the best as any other. The interval takes the prior as known: of 40 units it holds 2 to 4 points less
    than its level.

    Args:
        count: events, a unit each.
        n: trials, likewise.
        prior: of `beta_binomial_prior`.
        level: confidence, 0 to 1.
        lowest: whether the lowest rate is the best.
    """
    events, trials = np.broadcast_arrays(floats(count), floats(n))
    valid = _valid(events, trials)
    value, low, high, best = (np.full(events.shape, nan) for _ in range(4))
    x, total = events[valid], trials[valid]
    if isinf(prior.size):
        value[valid], best[valid] = prior.mean, 1 / max(x.size, 1)
        ends = proportion_interval(x.sum(), total.sum(), level=level)
        low[valid], high[valid] = (float(end) for end in ends)
        return Shrunken(value, low, high, best, 0.0)
    a = prior.mean * prior.size + x
    b = (1 - prior.mean) * prior.size + total - x
    value[valid] = a / (a + b)
    # Of a very skewed law even the mean may lie outside: an interval holds its value.
    low[valid] = np.minimum(beta.ppf((1 - level) / 2, a, b), value[valid])
    high[valid] = np.maximum(beta.isf((1 - level) / 2, a, b), value[valid])
    best[valid], regret = _best(b, a) if lowest else _best(a, b)
    return Shrunken(value, low, high, best, regret)


def shrink_effects(effect: ArrayLike | pd.Series, se: ArrayLike | pd.Series, *, level: float = 0.95) -> Effects:
    """Effects drawn towards zero by how much all of them differ from it beyond chance.

    Towards zero, not towards their mean: which of two arms is called the second is a matter of taste, and
    the answer for one must be the mirror of that for the other.

    Args:
        effect: of past tests.
        se: their standard errors.
        level: confidence, 0 to 1.

    Source: Efron & Morris (1975), doi:10.1080/01621459.1975.10479864; tau squared by moments.
    """
    d, error = floats(effect), floats(se)
    valid = np.isfinite(d) & np.isfinite(error) & (error > 0)
    value, low, high = (np.full(d.shape, nan) for _ in range(3))
    if valid.sum() < EFFECTS_LEAST:
        return Effects(value, low, high, nan)
    variance = error[valid] ** 2
    tau_squared = max(float(np.mean(d[valid] ** 2 - variance)), 0.0)
    weight = tau_squared / (tau_squared + variance)
    value[valid] = weight * d[valid]
    half = critical_z(level) * np.sqrt(weight * variance)
    low[valid], high[valid] = value[valid] - half, value[valid] + half
    return Effects(value, low, high, sqrt(tau_squared))


def expected_maximum(k: int) -> float:
    """By how many standard errors the best of k equal ones is expected to look better than they are.

    Source: Harter (1961), doi:10.1093/biomet/48.1-2.151.
    """
    if k < 2:
        return 0.0
    return quad(lambda z: z * k * norm.pdf(z) * norm.cdf(z) ** (k - 1), -10, 10, epsabs=1e-10)[0]


def _best(a: Floats, b: Floats) -> tuple[Floats, float]:
    """The chance of each Beta(a, b) to be the highest, and what the one of the best mean falls short of it."""
    edges = np.linspace(beta.ppf(1e-9, a, b).min(), beta.isf(1e-9, a, b).max(), NODES + 1)
    below = betainc(a[:, None], b[:, None], edges)
    below[:, 0], below[:, -1] = 0, 1
    middle = np.log(np.maximum((below[:, :-1] + below[:, 1:]) / 2, 1e-300))
    chance = (np.diff(below, axis=1) * np.exp(middle.sum(axis=0) - middle)).sum(axis=1)
    law = np.diff(np.exp(np.log(np.maximum(below, 1e-300)).sum(axis=0)))
    highest = float(law @ ((edges[:-1] + edges[1:]) / 2) / law.sum())
    return chance / chance.sum(), max(highest - float((a / (a + b)).max()), 0.0)


def _valid(events: Floats, trials: Floats) -> np.ndarray:
    return (trials > 0) & np.isfinite(trials) & (events >= 0) & (events <= trials)


def _valid_units(count: ArrayLike | pd.Series, n: ArrayLike | pd.Series) -> tuple[Floats, Floats]:
    events, trials = np.broadcast_arrays(floats(count), floats(n))
    valid = _valid(events, trials)
    return events[valid], trials[valid]
