"""How often people who bought will buy again: models that tell a pause from a farewell.

A person buys at a rate of their own until they stop, unseen. In BG/NBD a person may stop after any purchase but the
first, so every one-time buyer is alive for certain; in MBG/NBD after the first too. Time is in any unit, the same
throughout; a purchase is a person and day.

Rates ~ Gamma of mean `rate` and squared coefficient of variation `omega` (r = 1 / omega); chances of stopping ~ Beta
of odds `odds` and a spread `psi` (a + b = 1 / psi). Each has edges that are laws of their own: all buy at one rate
(omega at 0), nobody stops (odds at 0), all stop with one chance (psi at 0), some stop at the first chance and the
others never (psi infinite), everybody stops at the first chance (odds infinite).

Source: Fader, Hardie & Lee (2005), doi:10.1287/mksc.1040.0098 (BG/NBD); Batislam, Denizel & Filiztekin (2007),
doi:10.1016/j.ijresmar.2006.12.005 (MBG/NBD). Means are sums of P(X >= k), that is of I(t / (alpha + t); k, r) times
B(a, b + k - 1) / B(a, b): the published 2F1 is not finite where people hardly differ in stopping.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isinf, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import betainc, gammainc

from kit.errors import UsageError
from kit.messages import _
from kit.stats import likelihood
from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kit.stats.likelihood import Fit

Kind = Literal["mbg", "bg"]

TAIL = 1e-7
"""Chance of so many purchases or more, from which on they are left out of mean and variance."""

_STARTS = ((1.0, 1.0, 1.0, 0.5), (1.0, 0.3, 0.1, 0.5))
"""Of the search: rate in units of the pooled one, omega, odds, psi."""

_RATE, _OMEGA, _ODDS, _PSI = range(4)

_EDGES = (
    {_OMEGA: 0.0, _ODDS: 0.0, _PSI: 0.0},
    {_OMEGA: 0.0, _ODDS: inf, _PSI: 0.0},
    {_ODDS: 0.0, _PSI: 0.0},
    {_ODDS: inf, _PSI: 0.0},
    {_OMEGA: 0.0, _PSI: 0.0},
    {_OMEGA: 0.0, _PSI: inf},
    {_PSI: 0.0},
    {_PSI: inf},
    {_OMEGA: 0.0},
)
"""Fewest free parameters first; where nobody or everybody stops, psi is nothing."""


@dataclass(frozen=True, slots=True)
class History:
    """What people did, a row those alike: arrays of one length.

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
        r: shape of the rates; infinite where all buy at one rate.
        alpha: their inverse scale [time]; likewise.
        a: of the chances of stopping after a purchase; infinite, as b, where all stop with one chance, 0 where nobody
            stops or, as b, where people stop at the first chance or never.
        b: of them.
        loglik: logarithm of the likelihood.
        n: people.
        fit: rate, omega, odds and psi, with their covariance.
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
class _Unique:
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
    valid = (x >= 0) & (last >= 0) & (last <= until) & (weight >= 0) & ((x > 0) == (last > 0))
    if not valid.all():
        raise UsageError(
            _("{n} rows are not a purchase history: 0 <= recency <= age is required", n=np.count_nonzero(~valid))
        )
    return History(x, last, until, weight)


def fit(people: History, *, kind: Kind = "mbg") -> BgNbd | None:
    """The model of largest likelihood; None where nobody bought again or the likelihood has no top.

    An edge is taken where it explains the data within `likelihood.GAIN` of the best.
    """
    x, weight = people.frequency, people.weights
    bought = float(weight @ x)
    if not bought > 0:
        return None
    pooled = bought / float(weight @ people.age)
    unique = _Unique(
        *np.unique(x, return_inverse=True),
        *np.unique(people.recency * pooled, return_inverse=True),
        *np.unique(people.age * pooled, return_inverse=True),
    )

    def loglik(parameters: Floats) -> float:
        return float(weight @ _loglik(parameters, unique, kind))

    fitted = likelihood.maximise(loglik, _STARTS, edges=_EDGES)
    if fitted is None:
        return None
    scale = np.array([pooled, 1, 1, 1])
    fitted = likelihood.Fit(
        fitted.parameters * scale,
        fitted.covariance,
        fitted.loglik + bought * float(np.log(pooled)),
        tuple(inside * scale for inside in fitted.inside),
    )
    return BgNbd(kind, *_classical(fitted.parameters), fitted.loglik, int(weight.sum()), fitted)


def expected_purchases_new_customer(model: BgNbd, time: ArrayLike, *, parameters: Floats | None = None) -> Floats:
    """Purchases after the first that a new customer makes within this time.

    Args:
        model: fitted.
        time: from the first purchase.
        parameters: others than the model's own, to see what hangs on them.
    """
    rate, omega, odds, psi = model.fit.parameters if parameters is None else parameters
    stop, first = _chance(odds), 1.0
    if model.kind == "mbg":
        first, (stop, psi) = 1 - stop, _survived(stop, psi, np.array(1.0))
    return first * _counts(rate, omega, stop, psi, floats(time))[0]


def new_customer_interval(model: BgNbd, time: float, *, level: float = 0.95) -> Total:
    """The same with the interval of how well the model is known, not of what one person does."""
    value = expected_purchases_new_customer(model, time).item()
    below, above = likelihood.delta_variance(
        lambda parameters: float(np.log(expected_purchases_new_customer(model, time, parameters=parameters).item())),
        model.fit,
    )
    z = critical_z(level)
    return Total(value, value * float(np.exp(-z * sqrt(below))), value * float(np.exp(z * sqrt(above))))


def expected_purchases(model: BgNbd, people: History, time: float, *, parameters: Floats | None = None) -> Floats:
    """Purchases that each of these people will make within this time from now [a row each].

    Args:
        model: fitted.
        people: what they did until now.
        time: from now.
        parameters: others than the model's own, to see what hangs on them.
    """
    taken = model.fit.parameters if parameters is None else parameters
    return _alive(taken, people, model.kind) * _next(taken, people, model.kind, time)[0]


def probability_alive(model: BgNbd, people: History) -> Floats:
    """The chance that each of these people has not stopped; under BG/NBD it is 1 for every one-time buyer.

    It is no ranking of customers: of those who bought in CDNOW's next 39 weeks BG/NBD's chance puts a random one above
    a random other in 32 % of pairs, worse than a coin.
    """
    return _alive(model.fit.parameters, people, model.kind)


def probability_of_n_purchases(model: BgNbd, count: ArrayLike, time: ArrayLike) -> Floats:
    """The chance that a new customer buys again exactly so many times within this time."""
    k, t = np.broadcast_arrays(floats(count), floats(time))
    rate, omega, odds, psi = model.fit.parameters
    chain = np.exp(_stays(_chance(odds), psi, int(k.max(initial=0)) + 2))
    shift = int(model.kind == "mbg")

    def at_least(least: Floats) -> Floats:
        number = np.maximum(least, 1)
        still_there = chain[number.astype(int) - 1 + shift]
        return np.where(least < 1, 1.0, still_there * _arrived(rate, omega, t, number))

    return at_least(k) - at_least(k + 1)


def total_purchases(model: BgNbd, people: History, time: float, *, level: float = 0.95) -> Total:
    """The purchases of all these people within this time from now, with a prediction interval.

    It holds the spread of what people do and how well the model is known; not that times may change.
    """
    mean, square = purchase_moments(model, people, time)
    chance = float(people.weights @ (square - mean**2))
    below, above = likelihood.delta_variance(
        lambda parameters: float(people.weights @ expected_purchases(model, people, time, parameters=parameters)),
        model.fit,
    )
    value, z = float(people.weights @ mean), critical_z(level)
    return Total(value, max(value - z * sqrt(chance + below), 0.0), value + z * sqrt(chance + above))


def purchase_moments(model: BgNbd, people: History, time: float) -> tuple[Floats, Floats]:
    """Mean and mean square of each one's purchases within this time from now."""
    alive = probability_alive(model, people)
    mean, square = _next(model.fit.parameters, people, model.kind, time)
    return alive * mean, alive * square


def _classical(parameters: Floats) -> tuple[float, float, float, float]:
    """r, alpha, a and b."""
    rate, omega, odds, psi = map(float, parameters)
    stop = _chance(odds)
    r, alpha = (1 / omega, 1 / (omega * rate)) if omega else (inf, inf)
    if stop in (0, 1):
        return r, alpha, float(stop and inf), float((1 - stop) and inf)
    return r, alpha, stop / psi if psi else inf, (1 - stop) / psi if psi else inf


def _loglik(parameters: Floats, people: _Unique, kind: Kind) -> Floats:
    rate, omega, odds, psi = parameters
    stop, x = _chance(odds), people.counts.astype(int)
    more = x + (kind == "mbg")
    stays = _stays(stop, psi, int(more.max()) + 1)
    grown = np.concatenate([[0.0], np.cumsum(np.log1p(omega * np.arange(x.max())))])[x] + x * np.log(rate)
    stayed = grown + stays[more]
    last_stop = np.log(_stop(stop, psi, np.maximum(more, 1) - 1.0))
    gone = np.where(more > 0, grown + stays[np.maximum(more, 1) - 1] + last_stop, -np.inf)
    row = people.count
    until, last = (
        _exposure(rate, omega, x[row], times, place)
        for times, place in ((people.ages, people.age), (people.lasts, people.last))
    )
    return np.logaddexp(stayed[row] - until, gone[row] - last)


def _exposure(rate: float, omega: float, x: Floats, times: Floats, place: np.ndarray) -> Floats:
    """(r + x) log(1 + t / alpha), at the time of each row, with its limit rate * t where all buy at one rate."""
    logs = np.log1p(omega * rate * times)
    return (logs / omega if omega else rate * times)[place] + x * logs[place]


def _next(parameters: Floats, people: History, kind: Kind, time: float) -> tuple[Floats, Floats]:
    """Mean and mean square of the purchases to come of those still alive; the last purchase tells no more of them."""
    rate, omega, odds, psi = parameters
    unique, place = np.unique(people.frequency + 1j * people.age, return_inverse=True)
    x, age = unique.real, unique.imag
    grown = rate * (1 + omega * x) / (1 + omega * rate * age)
    stop, psi = _survived(_chance(odds), psi, x + (kind == "mbg"))
    mean, square = _counts(grown, omega / (1 + omega * x), stop, psi, time)
    return mean[place], square[place]


def _alive(parameters: Floats, people: History, kind: Kind) -> Floats:
    rate, omega, odds, psi = parameters
    x = people.frequency
    more, rows = x + (kind == "mbg"), np.arange(x.size)
    stop = _stop(_chance(odds), psi, np.maximum(more, 1) - 1)
    ratio = _exposure(rate, omega, x, people.age, rows) - _exposure(rate, omega, x, people.recency, rows)
    with np.errstate(over="ignore", divide="ignore"):
        gone = np.where(more > 0, stop / (1 - stop) * np.exp(ratio), 0.0)
    return 1 / (1 + gone)


def _counts(
    rate: Floats | float, omega: Floats | float, stop: Floats | float, psi: Floats | float, time: Floats | float
) -> tuple[Floats, Floats]:
    """Mean and mean square of the purchases of somebody alive, under BG/NBD: sums over k of P(X >= k)."""
    given = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(part, dtype=float)) for part in (rate, omega, stop, psi, time))
    )
    rate, omega, stop, psi, until = (part.ravel() for part in given)
    mean, square, there = (np.full(until.shape, start) for start in (0.0, 0.0, 1.0))
    rows, k = np.arange(until.size), 1
    while rows.size:
        chances = there[rows] * _arrived(rate[rows], omega[rows], until[rows], float(k))
        mean[rows] += chances
        square[rows] += (2 * k - 1) * chances
        there[rows] *= 1 - _stop(stop[rows], psi[rows], float(k - 1))
        rows, k = rows[chances > TAIL], k + 1
    return mean.reshape(given[0].shape), square.reshape(given[0].shape)


def _arrived(rate: Floats | float, omega: Floats | float, time: Floats | float, count: Floats | float) -> Floats:
    """The chance of so many purchases or more, from 1, within this time of somebody who does not stop."""
    grown = np.multiply(omega, rate) * time
    if not np.any(omega):
        return gammainc(count, np.multiply(rate, time))
    return betainc(count, 1 / np.asarray(omega), grown / (1 + grown))


def _chance(odds: float) -> float:
    return 1.0 if isinf(odds) else float(odds / (1 + odds))


def _stop(stop: Floats | float, psi: Floats | float, survived: Floats | float) -> Floats:
    """The chance to stop of those who have not, so many times."""
    with np.errstate(invalid="ignore"):
        return stop / (1 + np.where(np.equal(survived, 0), 0.0, np.multiply(survived, psi)))


def _survived(stop: float, psi: float, survived: Floats) -> tuple[Floats, Floats]:
    """The mean chance of stopping, and its psi, of those who have not stopped so many times."""
    with np.errstate(divide="ignore"):
        return _stop(stop, psi, survived), 1 / (1 / np.float64(psi) + survived)


def _stays(stop: float, psi: float, size: int) -> Floats:
    """The logarithm of the chance not to stop 0, 1, 2 … times in a row."""
    with np.errstate(divide="ignore"):
        return np.concatenate([[0.0], np.cumsum(np.log1p(-_stop(stop, psi, np.arange(float(size)))))])
