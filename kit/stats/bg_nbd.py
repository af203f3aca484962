"""How often people who bought will buy again: models that tell a pause from a farewell.

A person buys at a rate of their own until they stop, unseen. In BG/NBD a person may stop after any purchase but the
first, so every one-time buyer is alive for certain; in MBG/NBD after the first too. Time is in any unit, the same
throughout; a purchase is a person and day.

Source: Fader, Hardie & Lee (2005), doi:10.1287/mksc.1040.0098 (BG/NBD); Batislam, Denizel & Filiztekin (2007),
doi:10.1016/j.ijresmar.2006.12.005 (MBG/NBD). Means are sums of P(X >= k), that is of I(t / (alpha + t); k, r) times
B(a, b + k - 1) / B(a, b): the published 2F1 is not finite where people hardly differ in stopping.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import betainc, betaln, gammaln

from kit.errors import UsageError
from kit.stats import likelihood
from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kit.stats.likelihood import Fit

Kind = Literal["mbg", "bg"]

TAIL = 1e-7
"""Chance of so many purchases or more, from which the rest is left out of mean and variance."""


@dataclass(frozen=True, slots=True)
class History:
    """What is known of people, a row those alike: arrays of one length.

    Attributes:
        frequency: purchases after the first.
        recency: time from the first to the last.
        age: time from the first until now.
        weights: people.
    """

    frequency: Floats
    recency: Floats
    age: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class BgNbd:
    """A fitted model: rates of buying ~ Gamma(r, alpha), chances of stopping ~ Beta(a, b).

    Attributes:
        kind: "mbg" or "bg".
        r: shape of the rates.
        alpha: their inverse scale [time].
        a: of the chances of stopping after a purchase.
        b: of them.
        loglik: logarithm of the likelihood.
        n: people.
        fit: the parameters in this order, with their covariance.
    """

    kind: Kind
    r: float
    alpha: float
    a: float
    b: float
    loglik: float
    n: int
    fit: Fit


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over people in the time to come, with the interval within which it will lie."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """Each different number once, and where each row has it: of many people few numbers differ."""

    counts: Floats
    count: np.ndarray
    lasts: Floats
    last: np.ndarray
    ages: Floats
    age: np.ndarray


def history(
    frequency: ArrayLike | pd.Series,
    recency: ArrayLike | pd.Series,
    age: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
) -> History:
    """The rows as numbers.

    Raises:
        UsageError: a purchase before the first or after now, one that has no time, a missing number.
    """
    x, last, until = floats(frequency), floats(recency), floats(age)
    weight = np.ones(x.shape) if weights is None else floats(weights)
    good = (x >= 0) & (last >= 0) & (last <= until) & (weight >= 0) & ((x > 0) == (last > 0))
    if not good.all():
        raise UsageError(f"{np.count_nonzero(~good)} rows are no history of purchases: 0 <= recency <= age is needed")
    return History(x, last, until, weight)


def fit(people: History, *, kind: Kind = "mbg") -> BgNbd | None:
    """The model of largest likelihood; None where nobody bought again or the search does not end."""
    x, weight = people.frequency, people.weights
    scale = float(np.average(people.age, weights=weight)) if weight.sum() else 0.0
    if not scale > 0 or not (x * weight).sum() > 0:
        return None
    seen = _Seen(*np.unique(x, return_inverse=True), *np.unique(people.recency / scale, return_inverse=True),
                 *np.unique(people.age / scale, return_inverse=True))  # fmt: skip

    def negative(parameters: Floats) -> float:
        return -float(weight @ _loglik(parameters, seen, kind))

    found = likelihood.maximise(negative, [1.0, 0.25, 1.0, 1.0])
    if found is None:
        return None
    r, alpha, a, b = map(float, found.parameters)
    moved = likelihood.Fit(np.array([r, alpha * scale, a, b]), found.covariance, found.loglik)
    loglik = found.loglik - float(weight @ x) * float(np.log(scale))
    return BgNbd(kind, r, alpha * scale, a, b, loglik, int(weight.sum()), moved)


def expected_purchases_new_customer(model: BgNbd, time: ArrayLike, *, parameters: Floats | None = None) -> Floats:
    """Purchases after the first that a new customer makes within this time.

    Args:
        model: fitted.
        time: from the first purchase.
        parameters: others than the model's own, to see what hangs on them.
    """
    r, alpha, a, b = (model.r, model.alpha, model.a, model.b) if parameters is None else parameters
    first = b / (a + b) if model.kind == "mbg" else 1.0
    return first * _counts(r, alpha, a, b + (model.kind == "mbg"), floats(time))[0]


def new_customer_interval(model: BgNbd, time: float, *, level: float = 0.95) -> Total:
    """The same with the interval of how well the model is known, not of what one person does."""
    value = expected_purchases_new_customer(model, time).item()
    error = likelihood.delta_variance(
        lambda told: float(np.log(expected_purchases_new_customer(model, time, parameters=told).item())), model.fit
    )
    spread = float(np.exp(critical_z(level) * np.sqrt(error)))
    return Total(value, value / spread, value * spread)


def expected_purchases(model: BgNbd, people: History, time: float, *, parameters: Floats | None = None) -> Floats:
    """Purchases that each of these people will make within this time from now [a row each].

    Args:
        model: fitted.
        people: what is known of them.
        time: from now.
        parameters: others than the model's own, to see what hangs on them.
    """
    told = model.fit.parameters if parameters is None else parameters
    return _alive(told, people, model.kind) * _next(told, people, model.kind, time)[0]


def probability_alive(model: BgNbd, people: History) -> Floats:
    """The chance that each of these people has not stopped; under BG/NBD it is 1 for every one-time buyer.

    It is no ranking of customers: of those who bought in CDNOW's next 39 weeks BG/NBD's chance puts a random one above
    a random other in 32 % of pairs, worse than a coin.
    """
    return _alive(model.fit.parameters, people, model.kind)


def probability_of_n_purchases(model: BgNbd, count: ArrayLike, time: ArrayLike) -> Floats:
    """The chance that a new customer buys again exactly so many times within this time."""
    k, t = np.broadcast_arrays(floats(count), floats(time))
    b = model.b + (model.kind == "mbg")
    first = model.b / (model.a + model.b) if model.kind == "mbg" else 1.0

    def from_on(least: Floats) -> Floats:
        above = _exceeds(model.r, model.alpha, model.a, b, t, np.maximum(least, 1))
        return np.where(least < 1, 1.0, first * above)

    return from_on(k) - from_on(k + 1)


def total_purchases(model: BgNbd, people: History, time: float, *, level: float = 0.95) -> Total:
    """The purchases of all these people within this time from now, with a prediction interval.

    It holds the spread of what people do and how well the model is known; not that times may change.
    """
    mean, square = purchase_moments(model, people, time)
    spread = float(people.weights @ (square - mean**2))
    spread += likelihood.delta_variance(
        lambda told: float(people.weights @ expected_purchases(model, people, time, parameters=told)), model.fit
    )
    value = float(people.weights @ mean)
    half = critical_z(level) * float(np.sqrt(spread))
    return Total(value, max(value - half, 0.0), value + half)


def purchase_moments(model: BgNbd, people: History, time: float) -> tuple[Floats, Floats]:
    """Mean and mean square of each one's purchases within this time from now."""
    here = probability_alive(model, people)
    mean, square = _next(model.fit.parameters, people, model.kind, time)
    return here * mean, here * square


def _loglik(parameters: Floats, people: _Seen, kind: Kind) -> Floats:
    r, alpha, a, b = parameters
    x = people.counts
    more = x + (kind == "mbg")
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    stayed = betaln(a, b + more) + common
    left = np.where(more > 0, betaln(a + 1, b + np.maximum(more, 1) - 1) + common, -np.inf)
    own, power = people.count, (r + x)[people.count]
    until, last = np.log(alpha + people.ages)[people.age], np.log(alpha + people.lasts)[people.last]
    return np.logaddexp(stayed[own] - power * until, left[own] - power * last)


def _next(parameters: Floats, people: History, kind: Kind, time: float) -> tuple[Floats, Floats]:
    """Mean and mean square of the purchases to come of those still alive; the last purchase tells no more of them."""
    r, alpha, a, b = parameters
    each, own = np.unique(people.frequency + 1j * people.age, return_inverse=True)
    x, age = each.real, each.imag
    mean, square = _counts(r + x, alpha + age, float(a), b + x + (kind == "mbg"), time)
    return mean[own], square[own]


def _alive(parameters: Floats, people: History, kind: Kind) -> Floats:
    r, alpha, a, b = parameters
    more = people.frequency + (kind == "mbg")
    ratio = (r + people.frequency) * np.log((alpha + people.age) / (alpha + people.recency))
    with np.errstate(over="ignore"):
        gone = np.where(more > 0, a / (b + np.maximum(more, 1) - 1) * np.exp(ratio), 0.0)
    return 1 / (1 + gone)


def _counts(
    r: Floats | float, alpha: Floats | float, a: float, b: Floats | float, time: Floats | float
) -> tuple[Floats, Floats]:
    """Mean and mean square of the purchases of somebody alive, under BG/NBD: sums over k of P(X >= k)."""
    told = np.broadcast_arrays(*(np.atleast_1d(np.asarray(one, dtype=float)) for one in (r, alpha, b, time)))
    shape, scale, stay, until = (one.ravel() for one in told)
    mean, square = np.zeros(shape.shape), np.zeros(shape.shape)
    rows, k = np.arange(shape.size), 1
    while rows.size:
        chances = _exceeds(shape[rows], scale[rows], a, stay[rows], until[rows], float(k))
        mean[rows] += chances
        square[rows] += (2 * k - 1) * chances
        rows, k = rows[chances > TAIL], k + 1
    return mean.reshape(told[0].shape), square.reshape(told[0].shape)


def _exceeds(
    r: Floats | float, alpha: Floats | float, a: float, b: Floats | float, time: Floats | float, count: Floats | float
) -> Floats:
    """The chance of so many purchases or more, from 1: not stopped after those before, and as many in time."""
    bought = betainc(count, r, time / (alpha + time))
    return np.exp(betaln(a, b + count - 1) - betaln(a, b)) * bought
