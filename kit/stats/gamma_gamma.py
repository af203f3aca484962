"""What a purchase of a person is worth: Gamma-Gamma.

Each purchase varies about the person's own mean, and the means differ between people; a few purchases say little, so
their mean is drawn towards everybody's. It supposes that who buys often spends no more and no less each time:
`correlation` tells how far that holds.

Source: Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025; Colombo & Jiang
(1999), doi:10.1002/(SICI)1520-6653(199922)13:3<2::AID-DIR1>3.0.CO;2-H.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from kit.stats import bg_nbd, likelihood
from kit.stats.arrays import Floats, floats
from kit.stats.bg_nbd import BgNbd, History, Total
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kit.stats.likelihood import Fit


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """A fitted model: purchases ~ Gamma(p, v'), with v' ~ Gamma(q, v).

    Attributes:
        p: shape of one person's purchases.
        q: shape of what differs between people; above 1, or there is no mean.
        v: their scale [money].
        correlation: of number and mean of purchases over people; near 0 is supposed.
        n: people with purchases of known worth.
        fit: the parameters in this order, with their covariance.
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
    """The model of largest likelihood of people's purchases; None where it has no mean or is not found.

    Args:
        count: purchases that the mean is of; rows with none, or whose mean is not above 0, are left out.
        mean: of them [money].
        weights: people a row stands for.
    """
    x, z = floats(count), floats(mean)
    weight = np.ones(x.shape) if weights is None else floats(weights)
    some = (x > 0) & (z > 0) & (weight > 0)
    x, z, weight = x[some], z[some], weight[some]
    if weight.sum() < 2 or np.unique(z).size < 2:
        return None
    scale = float(np.average(z, weights=weight))
    unit = z / scale

    def negative(parameters: Floats) -> float:
        p, q, v = parameters
        px = p * x
        rows = (
            gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v) + (px - 1) * np.log(unit) + px * np.log(x)
        )  # fmt: skip
        return -float(weight @ (rows - (px + q) * np.log(v + x * unit)))

    found = likelihood.maximise(negative, [2.0, 3.0, 1.0])
    if found is None or found.parameters[1] <= 1:
        return None
    p, q, v = map(float, found.parameters)
    moved = likelihood.Fit(np.array([p, q, v * scale]), found.covariance, found.loglik)
    return GammaGamma(p, q, v * scale, _correlation(x, z, weight), int(weight.sum()), moved)


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
    rows = number * second / model.p + square * second - (number * first) ** 2
    spread = float(people.weights @ rows)

    def by_buying(parameters: Floats) -> float:
        return float(people.weights @ (bg_nbd.expected_purchases(often, people, time, parameters=parameters) * first))

    def by_spending(parameters: Floats) -> float:
        return float(people.weights @ (number * _moments(parameters, people.frequency, paid)[0]))

    spread += likelihood.delta_variance(by_buying, often.fit) + likelihood.delta_variance(by_spending, model.fit)
    if not np.isfinite(spread):
        return Total(value, nan, nan)
    half = critical_z(level) * float(np.sqrt(spread))
    return Total(value, max(value - half, 0.0), value + half)


def _moments(parameters: Floats, x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Mean and mean square of a person's own mean, given so many purchases of this mean."""
    p, q, v = parameters
    paid = np.where((x > 0) & (z > 0), x * np.nan_to_num(z), 0.0)
    shape = np.where(paid > 0, p * x, 0.0) + q
    with np.errstate(divide="ignore", invalid="ignore"):
        first = p * (v + paid) / (shape - 1)
        second = np.where(shape > 2, first**2 * (shape - 1) / (shape - 2), inf)
    return first, second


def _correlation(x: Floats, z: Floats, weight: Floats) -> float:
    if np.unique(x).size < 2:
        return nan
    joint = np.cov(x, z, aweights=weight)
    return float(joint[0, 1] / np.sqrt(joint[0, 0] * joint[1, 1]))
