"""The chance to come back within a horizon, given how long somebody has been silent: landmark Kaplan-Meier.

Spells run from one occasion to the next; the last one of everybody is open. Spells of one stratum share a curve S, and
the chance given a silence s is 1 - S(s + horizon) / S(s). It is known only as far as enough spells are watched; of a
longer silence the chance at the last known one is an upper bound, as long as the hazard does not rise again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from kit.stats import survival
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

LEAST = 30
"""Spells at risk that a curve needs, and closed ones that a stratum needs to have a curve of its own."""

DRAWS = 200
"""Samples of people; the ends of a 95 % interval then move by about a tenth of its width between seeds."""

SEED = 20_240_229
"""Of the draws: the same data give the same interval."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Spells of people, a row each.

    Attributes:
        stratum: 0, 1 … of each spell.
        days: until the next occasion; of an open one, watched so far.
        closed: whether there was a next one.
        person: number of the person, 0 to `people` - 1.
        people: how many.
    """

    stratum: np.ndarray
    days: Floats
    closed: np.ndarray
    person: np.ndarray
    people: int


@dataclass(frozen=True, slots=True)
class Landmark:
    """The curves, one a group of strata.

    Attributes:
        curves: of those not back yet.
        of_stratum: the place in `curves` of each stratum; strata with few closed spells share one.
        last: of each curve the longest silence whose chance is known [days]; NaN: none is.
        horizon: days ahead.
    """

    curves: tuple[survival.Curve, ...]
    of_stratum: tuple[int, ...]
    last: tuple[float, ...]
    horizon: float


def spells(
    stratum: ArrayLike | pd.Series,
    days: ArrayLike | pd.Series,
    closed: ArrayLike | pd.Series,
    person: ArrayLike | pd.Series,
) -> Spells:
    """Spells, a row each; `person` is any label."""
    _names, codes = np.unique(np.asarray(person), return_inverse=True)
    return Spells(
        np.asarray(stratum, dtype=int),
        floats(days),
        np.asarray(closed, dtype=bool),
        codes,
        int(codes.max(initial=-1)) + 1,
    )


def fit(watched: Spells, *, horizon: float, least: int = LEAST) -> Landmark | None:
    """The curves; None where all strata together have fewer than `least` closed spells, or none is watched long enough.

    Args:
        watched: the spells.
        horizon: days ahead.
        least: spells at risk at silence + horizon, and closed ones of a stratum of its own.

    Source: landmarking, van Houwelingen (2007), doi:10.1111/j.1467-9469.2006.00529.x; Kaplan & Meier (1958).
    """
    of_stratum = _merged(watched, least)
    model = _fit(watched, of_stratum, horizon, least)
    enough = watched.closed.sum() >= least
    return model if enough and not np.isnan(model.last).all() else None


def chance(model: Landmark, stratum: ArrayLike | pd.Series, silent: ArrayLike | pd.Series) -> tuple[Floats, np.ndarray]:
    """The chance to come back within the horizon, and whether it is only an upper bound.

    Args:
        model: fitted.
        stratum: of each person.
        silent: days since the person's last occasion.

    Returns:
        Chances, NaN where the stratum's curve is watched for less than the horizon; and truths.
    """
    codes, waited = np.asarray(stratum, dtype=int), floats(silent)
    value, bounded = np.full(waited.shape, nan), np.zeros(waited.shape, dtype=bool)
    of_curve = np.asarray(model.of_stratum, dtype=int)[codes] if codes.size else codes
    for place, (curve, last) in enumerate(zip(model.curves, model.last, strict=True)):
        mine = of_curve == place
        known = np.minimum(waited[mine], last)
        value[mine] = _back(_still(curve, known), _still(curve, known + model.horizon), known)
        bounded[mine] = waited[mine] > last
    return value, bounded


def resampled(
    watched: Spells,
    model: Landmark,
    stratum: ArrayLike | pd.Series,
    silent: ArrayLike | pd.Series,
    *,
    least: int = LEAST,
    draws: int = DRAWS,
) -> Floats:
    """The chances of `chance` by curves of people drawn again, a row a draw.

    Args:
        watched: what `model` was fitted to.
        model: its strata are kept, and its known silences.
        stratum: of each person.
        silent: days.
        least: as for `fit`.
        draws: how many.

    Source: bootstrap of whole people, Efron & Tibshirani (1993), doi:10.1201/9780429246593.
    """
    rng = np.random.default_rng(SEED)
    group = np.asarray(model.of_stratum, dtype=int)[watched.stratum]
    codes, waited = np.asarray(stratum, dtype=int), floats(silent)
    asked, back = np.unique(np.stack([np.asarray(model.of_stratum)[codes], waited]), axis=1, return_inverse=True)
    parts = []
    for place in range(len(model.curves)):
        mine = group == place
        times, at = np.unique(watched.days[mine], return_inverse=True)
        parts.append((times, at, watched.closed[mine], watched.person[mine]))
    rows = np.full((draws, waited.size), nan)
    for row in rows:
        drawn = np.bincount(rng.integers(0, watched.people, watched.people), minlength=watched.people)
        value = np.full(asked.shape[1], nan)
        for place, (times, at, closed, person) in enumerate(parts):
            weight = drawn[person]
            ends = np.bincount(at, weight, minlength=times.size)
            gone = np.bincount(at[closed], weight[closed], minlength=times.size)
            at_risk = np.cumsum(ends[::-1])[::-1]
            still = np.concatenate([[1.0], np.cumprod(1 - gone / np.maximum(at_risk, 1))])
            enough = times[at_risk >= least]
            last = min(model.last[place], float(enough[-1]) - model.horizon) if enough.size else nan
            mine = asked[0] == place
            known = np.minimum(asked[1][mine], last if last >= 0 else nan)
            later, now = (still[np.searchsorted(times, known + ahead, side="right")] for ahead in (model.horizon, 0.0))
            value[mine] = _back(now, later, known)
        row[:] = value[back.ravel()]
    return rows


def _merged(watched: Spells, least: int) -> tuple[int, ...]:
    """The group of each stratum: one with fewer than `least` closed spells goes with its neighbour."""
    groups = [[code] for code in range(int(watched.stratum.max(initial=0)) + 1)]

    def closed(group: list[int]) -> int:
        return int(watched.closed[np.isin(watched.stratum, group)].sum())

    while len(groups) > 1 and min(map(closed, groups)) < least:
        few = min(range(len(groups)), key=lambda at: closed(groups[at]))
        other = max(few, 1)
        groups[other - 1 : other + 1] = [groups[other - 1] + groups[other]]
    return tuple(at for at, group in enumerate(groups) for _code in group)


def _fit(watched: Spells, of_stratum: tuple[int, ...], horizon: float, least: int) -> Landmark:
    group = np.asarray(of_stratum, dtype=int)[watched.stratum] if watched.stratum.size else watched.stratum
    curves, last = [], []
    for place in range(max(of_stratum) + 1):
        mine = group == place
        curve = survival.kaplan_meier(watched.days[mine], watched.closed[mine])
        enough = curve.times[curve.at_risk >= least]
        end = float(enough[-1]) - horizon if enough.size else nan
        curves.append(curve)
        last.append(end if end >= 0 else nan)
    return Landmark(tuple(curves), of_stratum, tuple(last), horizon)


def _back(now: Floats, later: Floats, silent: Floats) -> Floats:
    """The share of those still away `now` who are back `later`; NaN where the silence is not known."""
    return 1 - np.divide(later, now, out=np.full(now.shape, nan), where=~np.isnan(silent))


def _still(curve: survival.Curve, days: Floats) -> Floats:
    place = np.searchsorted(curve.times, days, side="right")
    return np.concatenate([[1.0], curve.value])[place]
