"""How often people do a thing that each does with a chance of their own: beta-binomial, and how long they rest from it.

Each person has a chance of their own to do it at any time, drawn from Beta(alpha, beta). After so many times with so
many of them done a person's chance is known better, and the times until the next one are beta-geometric. With m the
mean chance and phi what people differ by: alpha = m / phi, beta = (1 - m) / phi. Two edges are laws of their own: phi
at 0, all people alike (binomial), and phi infinite, where some do it every time and the others never.

Source: Skellam (1948), jstor.org/stable/2983779; the posterior as in Fader, Hardie & Shang (2010),
doi:10.1287/mksc.1100.0580, of people who do not stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isinf, log
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, xlog1py, xlogy

from kit.errors import UsageError
from kit.messages import _
from kit.stats import likelihood
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

_EDGES = ({1: 0.0}, {1: inf})
"""Of the odds of doing it and phi."""


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """A fitted model: chances of people ~ Beta(alpha, beta).

    Attributes:
        mean: the mean chance.
        phi: what people differ by, 1 / (alpha + beta): 0 where all are alike, infinite where it is always or never.
        n: people.
    """

    mean: float
    phi: float
    n: int

    @property
    def cv(self) -> float:
        """The coefficient of variation of people's chances."""
        spread = 1.0 if isinf(self.phi) else self.phi / (1 + self.phi)
        return float(np.sqrt((1 - self.mean) / self.mean * spread))


def fit(
    done: ArrayLike | pd.Series, times: ArrayLike | pd.Series, weights: ArrayLike | pd.Series | None = None
) -> BetaBinomial | None:
    """The model of largest likelihood; None where nobody did it, or everybody always.

    Args:
        done: how often each did it.
        times: of so many.
        weights: people a row stands for.

    Raises:
        UsageError: more done than there were times.
    """
    k, n = floats(done), floats(times)
    weight = np.ones(k.shape) if weights is None else floats(weights)
    if (wrong := (k > n) | (k < 0)).any():
        raise UsageError(_("{n} rows have more actions than opportunities", n=np.count_nonzero(wrong)))
    events, total = float(weight @ k), float(weight @ n)
    if not 0 < events < total:
        return None

    def loglik(parameters: Floats) -> float:
        odds, phi = parameters
        m = odds / (1 + odds)
        if phi == 0:
            parts = xlogy(k, m) + xlog1py(n - k, -m)
        elif isinf(phi):
            parts = np.where(n == 0, 0.0, np.where(k == 0, log(1 - m), np.where(k == n, log(m), -inf)))
        else:
            parts = betaln(m / phi + k, (1 - m) / phi + n - k) - betaln(m / phi, (1 - m) / phi)
        return float(weight[weight > 0] @ parts[weight > 0])

    odds = events / (total - events)
    fitted = likelihood.maximise(loglik, [(odds, 0.1), (odds, 1e-3)], edges=_EDGES)
    if fitted is None:
        return None
    odds, phi = map(float, fitted.parameters)
    return BetaBinomial(odds / (1 + odds), phi, int(weight.sum()))


def rest_chance(model: BetaBinomial, further: ArrayLike, *, done: ArrayLike = 0, times: ArrayLike = 0) -> Floats:
    """The chance that somebody who did it so often of so many times does it at none of so many further times.

    Args:
        model: fitted.
        further: times.
        done: how often the person did it before.
        times: of so many.
    """
    more, k, n = np.broadcast_arrays(floats(further), floats(done), floats(times))
    if model.phi == 0:
        return (1 - model.mean) ** more
    if isinf(model.phi):
        unknown = np.where(n == 0, 1 - model.mean, np.where(k > 0, 0.0, 1.0))
        return np.where(more > 0, unknown, 1.0)
    alpha, beta = model.mean / model.phi + k, (1 - model.mean) / model.phi + n - k
    return np.exp(betaln(alpha, beta + more) - betaln(alpha, beta))
