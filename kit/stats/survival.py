"""How many are still there after so long, where some have only been watched for a while.

Who has not left counts for as long as was watched, who was first watched later (`entry`) counts from then on. Beyond
the longest watch nothing is known, and NaN is the answer. The sums are taken here: with weights, statsmodels 0.15
gives the error of the logarithm for that of the curve, and none for causes; it knows no late entry for causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from kit.errors import UsageError
from kit.messages import _
from kit.stats import proportions
from kit.stats.arrays import Floats, floats
from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

TINY = 1e-12
"""Below this a variance is rounding [share²]."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A share over time, as steps; the interval is of each moment by itself.

    Attributes:
        times: when somebody left or was last watched, rising.
        value: the share from then on: still there, or gone by one cause.
        low: of its interval.
        high: its other end.
        at_risk: watched and still there until then [people].
        start: the share at the outset: 1 where it is of those still there, 0 where of those gone.
        n: people.
        events: of them gone (by this cause).
    """

    times: Floats
    value: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    start: float
    n: int
    events: int

    @property
    def end(self) -> float:
        """The longest that anybody was watched; NaN with nobody."""
        return float(self.times[-1]) if self.times.size else nan

    def at(self, time: float, *, level: float = 0.95) -> tuple[float, float, float]:
        """Value, low and high at this time; NaN beyond what anybody was watched for.

        Before anybody has left, the interval is that of none among those watched so long.
        """
        if not time <= self.end:
            return nan, nan, nan
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place >= 0 and self.value[place] != self.start:
            return float(self.value[place]), float(self.low[place]), float(self.high[place])
        there = self.at_risk[np.searchsorted(self.times, time)]
        low, high = proportions.proportion_interval(there * self.start, there, level=level)
        return self.start, float(low), float(high)

    def reaches(self, share: float) -> float | None:
        """The first time at which this share is reached; None where it never is ("not reached")."""
        reached = self.value <= share + TINY if self.start else self.value >= share - TINY
        return float(self.times[reached.argmax()]) if reached.any() else None


@dataclass(frozen=True, slots=True)
class Logrank:
    """Log-rank test that groups leave alike; p is NaN with fewer than two groups or nobody gone."""

    statistic: float
    df: int
    p: float


def kaplan_meier(
    time: ArrayLike | pd.Series,
    ended: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    entry: ArrayLike | pd.Series | None = None,
    level: float = 0.95,
) -> Curve:
    """The share still there, by Kaplan and Meier.

    Args:
        time: until the end, or as long as was watched.
        ended: whether it has ended.
        weights: people a row stands for; 1 where not given.
        entry: time from which the row was watched; 0 is from the outset, as where not given.
        level: confidence, 0 to 1.

    Raises:
        UsageError: a time or end that is missing, a weight that is no count, a watch that begins at or after its end.

    Source: Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; Greenwood's variance as an effective number of
    people (Rothman 1978, doi:10.1016/0021-9681(78)90043-7), with the interval of a plain rate for so many.
    """
    table = _table(time, ended, weights, entry)
    gone = table.gone.sum(axis=0)
    survival = np.cumprod(1 - gone / table.at_risk)
    variance = survival**2 * np.cumsum(_over(gone, table.at_risk * (table.at_risk - gone)))
    return _curve(table, survival, variance, int(gone.sum()), start=1.0, level=level)


def still_to_go(
    curve: Curve,
    waited: ArrayLike | pd.Series,
    people: ArrayLike | pd.Series,
    *,
    least: int = 30,
    level: float = 0.95,
) -> tuple[float, float, float, float]:
    """How many of those who are still there will have gone by the latest time that enough people were watched for.

    Args:
        curve: what `kaplan_meier` returned, of those still there.
        waited: how long each row has been there already, in the curve's unit.
        people: how many of them.
        least: people at risk that the curve needs for the latest time.
        level: confidence, 0 to 1.

    Returns:
        The number expected, the ends of its prediction interval, and the latest time; who has waited for longer is
        expected to stay. NaN where no time has so many at risk.

    Source: the chance to go given the wait, 1 - S(end) / S(waited), summed; its variance is that of the number itself
    and, as all share one curve, Greenwood's increments after each one's wait, by the delta method (Klein &
    Moeschberger 2003, Survival Analysis, 4.2).
    """
    enough = curve.at_risk >= least
    if not enough.any():
        return nan, nan, nan, nan
    until = float(curve.times[enough][-1])
    length, n = floats(waited), floats(people)
    place = np.searchsorted(curve.times, length, side="right") - 1
    survived = np.where(place >= 0, curve.value[place], curve.start)
    last = curve.value[enough][-1]
    stays = np.where(length >= until, 1.0, last / np.where(survived > 0, survived, 1.0))
    before = np.concatenate([[curve.start], curve.value[:-1]])
    gone = curve.at_risk * (1 - np.divide(curve.value, before, out=np.ones_like(before), where=before > 0))
    steps = np.where(curve.times <= until, _over(gone, curve.at_risk * (curve.at_risk - gone)), 0.0)
    weight = (n * stays * (length < until)) @ (length[:, None] < curve.times[None, :])
    spread = np.sqrt((n * stays * (1 - stays)).sum() + (steps * weight**2).sum())
    value, reach = float((n * (1 - stays)).sum()), critical_z(level) * float(spread)
    return value, max(value - reach, 0.0), min(value + reach, float(n.sum())), until


def cumulative_incidence(
    time: ArrayLike | pd.Series,
    cause: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    kinds: int,
    entry: ArrayLike | pd.Series | None = None,
    level: float = 0.95,
) -> list[Curve]:
    """The share gone by each cause, the others standing beside it (cumulative incidence); the shares add.

    Args:
        time: until the end, or as long as was watched.
        cause: 1 to `kinds`; 0 where it has not ended.
        weights: people a row stands for; 1 where not given.
        kinds: how many causes there are.
        entry: time from which the row was watched; 0 is from the outset.
        level: confidence, 0 to 1.

    Raises:
        UsageError: as for `still`.

    Source: Aalen & Johansen (1978), Scand. J. Statist. 5, 141-150; variance by the delta method (Gaynor et al. 1993,
    doi:10.1080/01621459.1993.10476289); interval as for `still`.
    """
    table = _table(time, cause, weights, entry, kinds=kinds)
    gone, n = table.gone.sum(axis=0), table.at_risk
    before = np.concatenate([[1.0], np.cumprod(1 - gone / n)[:-1]]) if n.size else n
    all_ends = _over(gone, n * (n - gone))
    curves = []
    for of_cause in table.gone:
        share = np.cumsum(before * of_cause / n)
        steps = before * of_cause / n**2
        variance = (
            share**2 * np.cumsum(all_ends)
            - 2 * share * np.cumsum(share * all_ends)
            + np.cumsum(share**2 * all_ends)
            + np.cumsum(before * steps * (n - of_cause) / n)
            - 2 * share * np.cumsum(steps)
            + 2 * np.cumsum(share * steps)
        )
        curves.append(_curve(table, share, variance, int(of_cause.sum()), start=0.0, level=level))
    return curves


def logrank(
    time: ArrayLike | pd.Series,
    ended: ArrayLike | pd.Series,
    group: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None = None,
    *,
    entry: ArrayLike | pd.Series | None = None,
) -> Logrank:
    """Whether groups leave alike, by the log-rank test; arguments and errors as for `still`.

    Source: Mantel (1966), Cancer Chemother. Rep. 50, 163-170; Peto & Peto (1972), doi:10.2307/2344317.
    """
    names, codes = np.unique(np.asarray(group), return_inverse=True)
    parts = _table(time, ended, weights, entry, group=codes, groups=len(names))
    gone, at_risk = parts.gone, parts.by_group
    total, events = at_risk.sum(axis=0), gone.sum(axis=0)
    at_events = (total > 0) & (events > 0)
    total, events, at_risk, gone = total[at_events], events[at_events], at_risk[:, at_events], gone[:, at_events]
    surplus = (gone - at_risk * events / total).sum(axis=1)
    spread = events * (total - events) / total**2 * _over(np.ones(total.shape), total - 1)
    variance = np.diag((at_risk * total * spread).sum(axis=1)) - (at_risk * spread) @ at_risk.T
    observed = at_risk.sum(axis=1) > 0
    df = int(observed.sum()) - 1
    if df < 1 or not variance.any():
        return Logrank(nan, max(df, 0), nan)
    surplus, variance = surplus[observed][1:], variance[observed][:, observed][1:, 1:]
    statistic = float(surplus @ np.linalg.pinv(variance) @ surplus)
    return Logrank(statistic, df, float(chi2.sf(statistic, df)))


@dataclass(frozen=True, slots=True)
class _Table:
    """At each time: people at risk in all and by group, and those gone by cause (or by group)."""

    times: Floats
    at_risk: Floats
    gone: Floats
    by_group: Floats
    n: int


def _table(
    time: ArrayLike | pd.Series,
    cause: ArrayLike | pd.Series,
    weights: ArrayLike | pd.Series | None,
    entry: ArrayLike | pd.Series | None,
    *,
    kinds: int = 1,
    group: np.ndarray | None = None,
    groups: int = 1,
) -> _Table:
    end, why = floats(time), floats(cause)
    weight = np.ones(end.shape) if weights is None else floats(weights)
    begin = np.zeros(end.shape) if entry is None else floats(entry)
    # Who was watched from the outset is at risk at time 0 too.
    begin = np.where(begin <= 0, -np.inf, begin)
    valid = np.isfinite(end) & (end >= 0) & np.isin(why, range(kinds + 1)) & (weight >= 0) & (weight % 1 == 0)
    valid &= begin < end
    if not valid.all():
        invalid = np.count_nonzero(~valid)
        raise UsageError(
            _(
                "{invalid} rows have no time of 0 or more, no known end, no whole-number weight, or a late start of "
                "observation",
                invalid=invalid,
            )
        )
    codes = np.zeros(end.shape, dtype=int) if group is None else group
    counted = weight > 0
    end, why, weight, begin, codes = end[counted], why[counted], weight[counted], begin[counted], codes[counted]
    times, place = np.unique(end, return_inverse=True)
    by_group, gone = np.zeros((groups, times.size)), np.zeros((max(kinds, groups), times.size))
    for code in range(groups):
        mine = codes == code
        still_in = _reaching(times, end[mine], weight[mine])
        not_yet = _reaching(times, begin[mine], weight[mine])  # those who come at this time or later
        by_group[code] = still_in - not_yet
    ended = why > 0
    row = codes if groups > 1 else why.astype(int) - 1
    np.add.at(gone, (row[ended], place[ended]), weight[ended])
    return _Table(times, by_group.sum(axis=0), gone, by_group, int(weight.sum()))


def _reaching(times: Floats, moments: Floats, weight: Floats) -> Floats:
    """At each time, the weight of moments at it or later."""
    order = np.argsort(moments)
    before = np.concatenate([[0.0], np.cumsum(weight[order])])
    return weight.sum() - before[np.searchsorted(moments[order], times, side="left")]


def _curve(table: _Table, value: Floats, variance: Floats, events: int, *, start: float, level: float) -> Curve:
    """The interval as that of a rate of so many people as the variance amounts to."""
    value = np.clip(value, 0, 1)
    alone = value * (1 - value)
    people = np.where((variance > TINY) & (alone > 0), alone / np.maximum(variance, TINY), table.at_risk)
    low, high = proportions.proportion_interval(value * people, people, level=level)
    return Curve(table.times, value, low, high, table.at_risk, start, table.n, events)


def _over(above: Floats, below: Floats) -> Floats:
    """The quotient, 0 where nothing is below: once all have ended there is no further variance."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)
