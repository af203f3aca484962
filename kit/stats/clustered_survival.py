"""Waiting times of which some have not ended, where those of one day, or with one person, go up and down together.

A busy day delays everybody who wrote on it, and who answers slowly does so all week: a thousand requests of twenty days
say less than a thousand. The curve is Kaplan and Meier's; its error is taken from the sums over clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student

from kit.errors import UsageError
from kit.messages import _
from kit.stats import proportions
from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

GRID = 32
"""Times between which the end of an interval is looked for, before it is pinned down."""

ROUNDING = 1e-12
"""What a product of many fractions may be off by [share]."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the ends of its interval; NaN where it is not reached, or not known."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClusteredCurve:
    """How many still wait after a time.

    Attributes:
        times: when somebody was answered, rising.
        waiting: the share that waits on, from then.
        n: all.
        answered: of them those who were.
        clusters: of the first kind (days).
        spread: how many times the variance of the curve, where half are answered, exceeds that without clusters.
    """

    times: Floats
    waiting: Floats
    n: int
    answered: int
    clusters: int
    spread: float
    _rows: _Rows
    _critical: float

    @property
    def answered_times(self) -> Floats:
        """The waits of those who were answered, rising."""
        return self._rows.minutes[self._rows.event]

    def quantile(self, share: float) -> Estimate:
        """The time within which a share is answered.

        Source: Brookmeyer & Crowley (1982), doi:10.2307/2530286, on the scale of log(-log).
        """
        reached = self.waiting <= 1 - share + ROUNDING
        value = float(self.times[reached.argmax()]) if reached.any() else nan
        if self.clusters < 2:
            return Estimate(value, nan, nan)
        grid = np.unique(np.linspace(0, self.times.size - 1, GRID).astype(int)) if self.times.size else np.zeros(0, int)
        distances = np.array([self._distance(int(place), share) for place in grid])
        ends = [self._first(share, end, grid, distances) for end in (-self._critical, self._critical)]
        return Estimate(value, *ends)

    def within(self, time: float) -> Estimate:
        """The share that is answered within a time; NaN beyond the longest that anybody was watched for."""
        ended = bool(self.times.size) and self.waiting[-1] <= ROUNDING  # then later, too, nobody waits
        if not (time <= self._rows.longest or ended):
            return Estimate(nan, nan, nan)
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        waiting = float(self.waiting[place]) if place >= 0 else 1.0
        if self.clusters < 2:
            return Estimate(1 - waiting, nan, nan)
        if not ROUNDING < waiting < 1 - ROUNDING:
            people = self.n / max(self.spread, 1)
            low, high = proportions.proportion_interval((1 - waiting) * people, people)
            return Estimate(1 - waiting, float(low), float(high))
        power = np.exp(self._critical * self._rows.error(time) / -log(waiting))
        return Estimate(1 - waiting, 1 - waiting ** (1 / power), 1 - waiting**power)

    def log_error(self, time: float) -> float:
        """The error of the logarithm of the curve at a time."""
        return self._rows.error(time)

    def _first(self, share: float, critical: float, grid: np.ndarray, distances: Floats) -> float:
        """The first time at which the curve lies so many errors beyond a share; NaN where it never does."""
        beyond = distances > critical
        if not beyond.any():
            return nan
        place = int(beyond.argmax())
        low, high = int(grid[max(place - 1, 0)]), int(grid[place])
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._distance(middle, share) > critical else (middle, high)
        return float(self.times[high])

    def _distance(self, place: int, share: float) -> float:
        """How far the curve lies beyond a share, in errors."""
        waiting = float(self.waiting[place])
        if waiting <= ROUNDING:
            return inf
        depth = -log(waiting)
        return (log(depth) - log(-log(1 - share))) * depth / self._rows.error(float(self.times[place]))


def kaplan_meier_clustered(
    time: ArrayLike, ended: ArrayLike, clusters: Sequence[ArrayLike], *, level: float = 0.95
) -> ClusteredCurve:
    """How many still wait after a time, with the error that clusters leave.

    Args:
        time: until the end, or as long as was watched.
        ended: whether it has ended.
        clusters: one or two kinds of them: for each row the code of its cluster, below 0 where it has none and
            stands for itself. The first kind gives the degrees of freedom.
        level: confidence, 0 to 1.

    Raises:
        UsageError: a time or end that is missing, a time below 0.

    Source: Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; the error by sums of influences over clusters,
    Ying & Wei (1994), doi:10.1006/jmva.1994.1030; of two kinds by Cameron, Gelbach & Miller (2011),
    doi:10.1198/jbes.2010.07136, and never below that of one kind or of none.
    """
    minutes, event = floats(time), floats(ended)
    valid = np.isfinite(minutes) & (minutes >= 0) & np.isin(event, (0, 1))
    if not valid.all():
        raise UsageError(
            _("{n} response times are missing or below 0, or have no outcome (yes or no)", n=int((~valid).sum()))
        )
    rows = _Rows.of(minutes, event == 1, [_codes(kind) for kind in clusters])
    number = int(rows.clusters[0].max()) + 1 if minutes.size and rows.clusters else 0
    critical = float(student.isf((1 - level) / 2, number - 1)) if number > 1 else nan
    spread = nan
    half = int(np.searchsorted(-rows.waiting, -0.5))
    if number > 1 and rows.times.size:
        at = float(rows.times[min(half, rows.times.size - 1)])
        alone = rows.error(at, alone=True)
        spread = (rows.error(at) / alone) ** 2 if alone > 0 else nan
    return ClusteredCurve(rows.times, rows.waiting, minutes.size, int(rows.event.sum()), number, spread, rows, critical)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The waits, in order, with what the error at any time is made of."""

    minutes: Floats
    event: np.ndarray
    until: np.ndarray
    clusters: list[np.ndarray]
    both: np.ndarray | None
    times: Floats
    waiting: Floats
    own: Floats
    hazard: Floats

    @classmethod
    def of(cls, minutes: Floats, event: np.ndarray, clusters: list[np.ndarray]) -> _Rows:
        order = np.argsort(minutes, kind="stable")
        minutes, event = minutes[order], event[order]
        times, ended = np.unique(minutes[event], return_counts=True)
        at_risk = minutes.size - np.searchsorted(minutes, times, side="left")
        waiting = floats(np.cumprod(1 - ended / at_risk))
        own = np.zeros(minutes.size)
        own[event] = 1 / at_risk[np.searchsorted(times, minutes[event])]
        until = np.searchsorted(times, minutes, side="right") - 1
        kinds = [kind[order] for kind in clusters]
        both = None
        if len(kinds) > 1:
            both = np.unique(kinds[0] * (int(kinds[1].max(initial=0)) + 1) + kinds[1], return_inverse=True)[1]
        hazard = np.concatenate([np.cumsum(ended / at_risk**2), [0.0]])  # the last is for who left before anybody ended
        return cls(minutes, event, until, kinds, both, times, waiting, own, hazard)

    @property
    def longest(self) -> float:
        return float(self.minutes[-1]) if self.minutes.size else nan

    def error(self, time: float, *, alone: bool = False) -> float:
        """Of the logarithm of the curve at a time; `alone`: without clusters."""
        last = int(np.searchsorted(self.times, time, side="right")) - 1
        if last < 0:
            return 0.0
        influence = np.where(self.until <= last, self.own, 0.0) - self.hazard[np.minimum(self.until, last)]
        single = float(influence @ influence)
        if alone or not self.clusters:
            return sqrt(single)
        sums = [_squares(influence, kind) for kind in self.clusters]
        variance = sums[0] if self.both is None else sum(sums) - _squares(influence, self.both)
        return sqrt(max(variance, sums[0], single))


def _squares(influence: Floats, codes: np.ndarray) -> float:
    sums = np.bincount(codes, weights=influence)
    groups = sums.size
    return float(sums @ sums) * groups / max(groups - 1, 1)


def _codes(kind: ArrayLike) -> np.ndarray:
    """Codes from 0 without gaps; each row without a cluster is one by itself."""
    codes = np.asarray(kind, dtype=np.int64).copy()
    lone = codes < 0
    codes[lone] = codes.max(initial=-1) + 1 + np.arange(int(lone.sum()))
    return np.unique(codes, return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two groups at one time: how many points more of b are answered than of a; p is two-sided, NaN: not judged."""

    difference: float
    p: float


def compare_within(a: ClusteredCurve, b: ClusteredCurve, time: float) -> Comparison:
    """Whether two groups differ in the share that is answered within a time.

    Source: Klein, Logan, Harhoff & Andersen (2007), doi:10.1002/sim.2864: a fixed time, on the scale of log(-log).
    """
    shares = [curve.within(time).value for curve in (a, b)]
    waiting = [1 - share for share in shares]
    if min(a.clusters, b.clusters) < 2 or not all(ROUNDING < left < 1 - ROUNDING for left in waiting):
        return Comparison(shares[1] - shares[0], nan)
    depths = [-log(left) for left in waiting]
    errors = [curve.log_error(time) / depth for curve, depth in zip((a, b), depths, strict=True)]
    distance = abs(log(depths[1]) - log(depths[0])) / sqrt(errors[0] ** 2 + errors[1] ** 2)
    df = min(a.clusters, b.clusters) - 1
    return Comparison(shares[1] - shares[0], 2 * float(student.sf(distance, df)))
