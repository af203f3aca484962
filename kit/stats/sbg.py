"""How many of those who subscribed will still be there after so many periods: shifted beta-geometric.

Each person has a chance of their own to leave in a period, the same in every one; that the rate of staying rises with
time comes from those who leave easily leaving first. It fits where leaving is seen.

Source: Fader & Hardie (2007), How to project customer retention, doi:10.1002/dir.20074; (2010),
doi:10.1287/mksc.1080.0482, on the discounted expected residual lifetime.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, hyp2f1
from scipy.stats import norm

from kit.errors import UsageError
from kit.stats import likelihood
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kit.stats.likelihood import Fit


@dataclass(frozen=True, slots=True)
class Sbg:
    """A fitted model: chances of leaving in a period ~ Beta(alpha, beta).

    Attributes:
        alpha: of the chances.
        beta: of them.
        n: people.
        leavers: of them gone.
        fit: the parameters in this order, with their covariance.
    """

    alpha: float
    beta: float
    n: int
    leavers: int
    fit: Fit


def fit(
    period: ArrayLike | pd.Series,
    left: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    entry: ArrayLike | pd.Series | None = None,
) -> Sbg | None:
    """The model of largest likelihood; None where nobody left or the search does not end.

    Args:
        period: in which the person left, from 1; or how many whole ones the person has stayed.
        left: whether the person left.
        weights: people a row stands for.
        entry: whole periods that the person had stayed before being watched.

    Raises:
        UsageError: a period below 1 in which somebody left, one that was not watched, a missing number.
    """
    t, gone = floats(period), floats(left)
    weight = np.ones(t.shape) if weights is None else floats(weights)
    begin = np.zeros(t.shape) if entry is None else floats(entry)
    good = (t - gone >= begin) & (begin >= 0) & np.isin(gone, (0, 1)) & (weight >= 0)
    if not good.all():
        raise UsageError(f"{np.count_nonzero(~good)} rows end before they were watched for a period")
    if not (weight @ gone) > 0:
        return None

    def negative(parameters: Floats) -> float:
        a, b = parameters
        ended = betaln(a + 1, b + t - 1)
        stayed = betaln(a, b + t)
        return -float(weight @ (np.where(gone == 1, ended, stayed) - betaln(a, b + begin)))

    found = likelihood.maximise(negative, [1.0, 4.0])
    if found is None:
        return None
    a, b = map(float, found.parameters)
    return Sbg(a, b, int(weight.sum()), int(weight @ gone), found)


def survival(
    model: Sbg, period: ArrayLike, *, after: ArrayLike = 0, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """The share still there after so many periods, of those there after `after`: value, low and high.

    The interval is how well the model is known, on the scale of log(-log).
    """
    until, since = np.broadcast_arrays(floats(period), floats(after))
    value = np.asarray(_survival(model.fit.parameters, until, since))
    low, high = np.array(value), np.array(value)
    z = float(norm.isf((1 - level) / 2))
    for place in np.ndindex(value.shape):
        if 0 < value[place] < 1:
            spread = likelihood.delta_variance(
                lambda parameters, here=place: float(_depth(parameters, until[here], since[here])), model.fit
            )
            middle, half = np.log(-np.log(value[place])), z * np.sqrt(spread)
            low[place], high[place] = np.exp(-np.exp(middle + half)), np.exp(-np.exp(middle - half))
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
    spread = float(weight @ (share * (1 - share)))
    spread += likelihood.delta_variance(lambda told: float(weight @ _survival(told, until, since)), model.fit)
    value, half = float(weight @ share), float(norm.isf((1 - level) / 2)) * np.sqrt(spread)
    return value, max(value - half, 0.0), min(value + half, float(weight.sum()))


def discounted_expected_residual_lifetime(model: Sbg, period: float, *, discount: float) -> float:
    """Renewals still to come of a person about to decide the `period`-th, each worth less by `discount` a period.

    Discounted expected residual lifetime; without a discount it may be infinite.
    """
    b = model.beta + period
    a = model.alpha + b
    return float((b - 1) / (a - 1) * hyp2f1(1, b, a, 1 / (1 + discount)))


def _survival(parameters: Floats, until: Floats, since: Floats) -> Floats:
    a, b = parameters
    return np.exp(betaln(a, b + until) - betaln(a, b + since))


def _depth(parameters: Floats, until: Floats, since: Floats) -> Floats:
    return np.log(-np.log(_survival(parameters, until, since)))
