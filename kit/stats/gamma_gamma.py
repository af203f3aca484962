"""What a purchase of a person is worth: Gamma-Gamma.

Each purchase varies about the person's own mean, and the means differ between people; a few purchases say little, so
their mean is drawn towards everybody's. It supposes that who buys often spends no more and no less each time:
`correlation` tells how far that holds.

Fitted are w = p v / q, 1 / p and 1 / q. Two edges are laws of their own: 1 / p at 0, where each person always pays the
same, and 1 / q at 0, where people do not differ.

Source: Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025; Colombo & Jiang
(1999), doi:10.1002/(SICI)1520-6653(199922)13:3<2::AID-DIR1>3.0.CO;2-H.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, gammaln

from kit.stats import bg_nbd, likelihood
from kit.stats.arrays import Floats, floats
from kit.stats.bg_nbd import BgNbd, History, Total
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kit.stats.likelihood import Fit


_EDGES = ({1: 0.0}, {2: 0.0})
"""Of w, 1 / p and 1 / q."""


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """A fitted model: purchases ~ Gamma(p, v'), with v' ~ Gamma(q, v).

    Attributes:
        p: shape of one person's purchases; infinite where each person always pays the same.
        q: shape of what differs between people; above 1, or there is no mean; infinite where they do not differ.
        v: their scale [money]; 0 and infinite there.
        correlation: of number and mean of purchases over people; near 0 is supposed.
        n: people with purchases of known worth.
        fit: w, 1 / p and 1 / q, with their covariance.
    """

    p: float
    q: float
    v: float
    correlation: float
    n: int
    fit: Fit


def fit(
    count: ArrayLike | pd.Series, mean: ArrayLike | pd.Series, weights: ArrayLike | pd.Series | None = None
) -> GammaGamma | None:
    """The model of largest likelihood of people's purchases; None where it has no mean or the likelihood no top.

    An edge is taken where it explains the data within `likelihood.GAIN` of the best.

    Args:
        count: purchases that the mean is of; rows with none, or whose mean is not above 0, are left out.
        mean: of them [money].
        weights: people a row stands for.
    """
    x, z = floats(count), floats(mean)
    weight = np.ones(x.shape) if weights is None else floats(weights)
    paid = (x > 0) & (z > 0) & (weight > 0)
    x, z, weight = x[paid], z[paid], weight[paid]
    if weight.sum() < 2 or np.unique(z).size < 2:
        return None
    scale = float(np.average(z, weights=weight))
    unit = z / scale

    def loglik(parameters: Floats) -> float:
        return float(weight @ _loglik(parameters, x, unit))

    fitted = likelihood.maximise(loglik, [(2 / 3, 1 / 2, 1 / 3)], edges=_EDGES)
    if fitted is None or fitted.parameters[2] >= 1:
        return None
    units = np.array([scale, 1, 1])
    inside = tuple(place * units for place in fitted.inside)
    fitted = likelihood.Fit(fitted.parameters * units, fitted.covariance, fitted.loglik, inside)
    w, one_p, one_q = map(float, fitted.parameters)
    p, q = (1 / part if part else inf for part in (one_p, one_q))
    v = w * one_p * q if one_q else inf
    return GammaGamma(p, q, v, _correlation(x, z, weight), int(weight.sum()), fitted)


def expected_spend(model: GammaGamma, count: ArrayLike | pd.Series, mean: ArrayLike | pd.Series) -> Floats:
    """What a purchase of each person is expected to be worth; everybody's mean for who has none."""
    return _moments(model.fit.parameters, floats(count), floats(mean))[0]


def total_spend(
    often: BgNbd, model: GammaGamma, people: History, mean: ArrayLike | pd.Series, time: float, *, level: float = 0.95
) -> Total:
    """What all these people will spend within this time from now, with a prediction interval.

    It holds the spread of number and worth of purchases and how well both models are known; not that times change.
    The ends are not known where the model gives the worth of a purchase no variance (q + p * count at most 2).
    """
    paid = floats(mean)
    number, square = bg_nbd.purchase_moments(often, people, time)
    first, second = _moments(model.fit.parameters, people.frequency, paid)
    value = float(people.weights @ (number * first))
    rows = number * second * model.fit.parameters[1] + square * second - (number * first) ** 2
    chance = float(people.weights @ rows)

    def by_buying(parameters: Floats) -> float:
        return float(people.weights @ (bg_nbd.expected_purchases(often, people, time, parameters=parameters) * first))

    def by_spending(parameters: Floats) -> float:
        return float(people.weights @ (number * _moments(parameters, people.frequency, paid)[0]))

    if not np.isfinite(chance):
        return Total(value, nan, nan)
    variances = (likelihood.delta_variance(by_buying, often.fit), likelihood.delta_variance(by_spending, model.fit))
    below, above = (chance + buying + spending for buying, spending in zip(*variances, strict=True))
    z = critical_z(level)
    return Total(value, max(value - z * sqrt(below), 0.0), value + z * sqrt(above))


def _loglik(parameters: Floats, x: Floats, z: Floats) -> Floats:
    w, one_p, one_q = parameters
    if one_q == 0:
        return x / one_p * np.log(x * z / one_p / w) - gammaln(x / one_p) - np.log(z) - x * z / one_p / w
    if one_p == 0:
        return (np.log(w / one_q / z) - w / z) / one_q - gammaln(1 / one_q) - np.log(z)
    ratio = x * z * one_q / (w * one_p)
    rows = -np.log1p(1 / ratio) * x / one_p - np.log1p(ratio) / one_q - np.log(z)
    return rows - betaln(x / one_p, 1 / one_q)


def _moments(parameters: Floats, x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Mean and mean square of a person's own mean, given so many purchases of this mean."""
    w, one_p, one_q = parameters
    paid = (x > 0) & (z > 0)
    x, z = np.where(paid, x, 0.0), np.where(paid, z, 0.0)
    # (v p + p x z) / (p x + q - 1), written without what is infinite at an edge.
    shape = np.where(paid, x * one_q + one_p - one_p * one_q, 1 - one_q)
    first = np.where(paid, one_p * w + one_q * x * z, w) / shape
    less = shape - np.where(paid, one_p, 1) * one_q
    with np.errstate(divide="ignore"):
        second = np.where(less > 0, first**2 * shape / np.maximum(less, 0), inf)
    return first, second


def _correlation(x: Floats, z: Floats, weight: Floats) -> float:
    if np.unique(x).size < 2:
        return nan
    joint = np.cov(x, z, aweights=weight)
    return float(joint[0, 1] / np.sqrt(joint[0, 0] * joint[1, 1]))
