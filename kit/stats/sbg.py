"""How many of those who subscribed will still be there after so many periods: shifted beta-geometric.

Each person has a chance of their own to leave in a period, the same in every one; that the rate of staying rises with
time comes from those who leave easily leaving first. It fits where leaving is seen.

The chance to leave in period t of those still there is m / (1 + (t - 1) phi), with m the mean chance of all and phi
what people differ by: alpha = m / phi, beta = (1 - m) / phi. Three edges of it are laws of their own: phi at 0, where
all leave at one rate (geometric); phi infinite, where some leave in the first period and the others never; and m at 1,
where nobody stays a period.

Source: Fader & Hardie (2007), How to project customer retention, doi:10.1002/dir.20074; (2010),
doi:10.1287/mksc.1080.0482, on the discounted expected residual lifetime.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isinf, log, log1p, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, xlog1py, xlogy

from kit.errors import UsageError
from kit.messages import _
from kit.stats import likelihood
from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kit.stats.likelihood import Fit


NOTHING = 1e-12
"""Worth of a renewal from which on those to come are left out."""

_EDGES = ({0: 0.0, 1: 0.0}, {1: 0.0}, {1: inf})
"""Of the odds of staying and phi, fewest parameters first."""


@dataclass(frozen=True, slots=True)
class Sbg:
    """A fitted model: chances of leaving in a period ~ Beta(alpha, beta).

    Attributes:
        alpha: of the chances; infinite where all leave at one rate, 0 where some leave at once and the others never.
        beta: of them; likewise.
        first: the chance to leave in the first period, alpha / (alpha + beta).
        n: people.
        leavers: of them gone.
        fit: odds of staying in the first period and phi, with their covariance.
    """

    alpha: float
    beta: float
    first: float
    n: int
    leavers: int
    fit: Fit


def fit(
    period: ArrayLike | pd.Series,
    ended: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    entry: ArrayLike | pd.Series | None = None,
) -> Sbg | None:
    """The model of largest likelihood; None where nobody left or the likelihood has no top.

    An edge is taken where it explains the data within `likelihood.GAIN` of the best.

    Args:
        period: in which the person left, from 1; or how many whole ones the person has stayed.
        ended: whether the person left then.
        weights: people a row stands for.
        entry: whole periods that the person had stayed before being watched.

    Raises:
        UsageError: a period below 1 in which somebody left, one that was not watched, a missing number.
    """
    last, gone = floats(period), floats(ended)
    weight = np.ones(last.shape) if weights is None else floats(weights)
    begin = np.zeros(last.shape) if entry is None else floats(entry)
    valid = (last - gone >= begin) & (begin >= 0) & np.isin(gone, (0, 1)) & (weight >= 0)
    if not valid.all():
        raise UsageError(_("{n} rows end before one period was observed", n=np.count_nonzero(~valid)))
    if not (weight @ gone) > 0:
        return None
    periods = np.arange(1, last.max() + 1)
    leavers = np.array([weight @ ((gone == 1) & (last == t)) for t in periods])
    at_risk = np.array([weight @ ((begin < t) & (last >= t)) for t in periods])

    def loglik(parameters: Floats) -> float:
        odds, phi = parameters
        chance = 1 / ((1 + odds) * (1 + np.multiply(periods - 1, phi, where=periods > 1, out=np.zeros(periods.shape))))
        return float((xlogy(leavers, chance) + xlog1py(at_risk - leavers, -chance)).sum())

    odds = max(float(at_risk.sum() / leavers.sum()) - 1, 0.1)
    fitted = likelihood.maximise(loglik, [(odds, 1 / periods.size)], edges=_EDGES)
    if fitted is None:
        return None
    odds, phi = map(float, fitted.parameters)
    first = 1 / (1 + odds)
    alpha, beta = (first / phi, (1 - first) / phi) if phi else (inf, inf)
    return Sbg(alpha, beta, first, int(weight.sum()), int(weight @ gone), fitted)


def survival(
    model: Sbg, period: ArrayLike, *, after: ArrayLike = 0, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """The share still there after so many periods, of those there after `after`: value, low and high.

    The interval is how well the model is known, on the scale of log(-log).
    """
    until, since = np.broadcast_arrays(floats(period), floats(after))
    value = np.asarray(_survival(model.fit.parameters, until, since))
    low, high = np.array(value), np.array(value)
    z = critical_z(level)
    for place in np.ndindex(value.shape):
        if 0 < value[place] < 1:
            # The deeper on this scale the fewer are still there.
            shallower, deeper = likelihood.delta_variance(
                lambda parameters, place=place: float(_depth(parameters, until[place], since[place])), model.fit
            )
            middle = np.log(-np.log(value[place]))
            low[place] = np.exp(-np.exp(middle + z * np.sqrt(deeper)))
            high[place] = np.exp(-np.exp(middle - z * np.sqrt(shallower)))
    return value, low, high


def total_retained(
    model: Sbg, period: ArrayLike, after: ArrayLike, weights: ArrayLike, *, level: float = 0.95
) -> tuple[float, float, float]:
    """How many of people will still be there, with a prediction interval: value, low, high.

    Args:
        model: fitted.
        period: whole periods after which it is asked.
        after: whole periods that they have stayed.
        weights: people a row.
        level: confidence.
    """
    until, since, weight = floats(period), floats(after), floats(weights)
    share = _survival(model.fit.parameters, until, since)
    chance = float(weight @ (share * (1 - share)))
    below, above = likelihood.delta_variance(
        lambda parameters: float(weight @ _survival(parameters, until, since)), model.fit
    )
    value, z = float(weight @ share), critical_z(level)
    low, high = value - z * sqrt(chance + below), value + z * sqrt(chance + above)
    return value, max(low, 0.0), min(high, float(weight.sum()))


def discounted_expected_residual_lifetime(model: Sbg, period: float, *, discount: float) -> float:
    """Renewals still to come of a person about to decide the `period`-th, each worth less by `discount` a period.

    Discounted expected residual lifetime; without a discount it may be infinite.
    """
    if discount == 0 and model.alpha <= 1:
        return inf
    if isinf(model.alpha):
        return (1 - model.first) / (1 - (1 - model.first) / (1 + discount))
    if model.alpha == 0:
        return (1 - model.first if period == 1 else 1.0) * (1 + 1 / discount)
    if discount == 0:
        return (model.beta + period - 1) / (model.alpha - 1)
    # Summed: hyp2f1 of scipy 1.17 is NaN where people differ little.
    ahead = np.arange(1.0, ceil(log(NOTHING) / -log1p(discount)) + 1)
    share = _survival(model.fit.parameters, floats(period - 1 + ahead), np.full(ahead.shape, period - 1.0))
    return float(share @ (1 + discount) ** (1 - ahead))


def _survival(parameters: Floats, until: Floats, since: Floats) -> Floats:
    odds, phi = parameters
    stay = odds / (1 + odds)
    if phi == 0:
        return stay ** (until - since)
    if isinf(phi):
        return np.where((since == 0) & (until > 0), stay, 1.0)
    a, b = 1 / (1 + odds) / phi, stay / phi
    return np.exp(betaln(a, b + until) - betaln(a, b + since))


def _depth(parameters: Floats, until: Floats, since: Floats) -> Floats:
    return np.log(-np.log(_survival(parameters, until, since)))
