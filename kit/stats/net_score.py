"""The net promoter score: the share of promoters less that of detractors."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

from kit.stats.intervals import critical_z


@dataclass(frozen=True, slots=True)
class NetScore:
    """Promoters less detractors, of all answers, with its interval; NaN without answers."""

    value: float
    low: float
    high: float


def net_score(promoters: float, detractors: float, n: float, *, level: float = 0.95) -> NetScore:
    """The net score of answers in three classes.

    Args:
        promoters: answers of 9 and 10.
        detractors: answers of 0 to 6.
        n: all answers.
        level: of the interval.

    Returns:
        Score and interval, from -1 to 1: Wald's with three answers added, of which three quarters are promoters, three
        quarters detractors and the others between them, so that few answers, or equal ones, are not too sure.

    Source: Rocks (2016), Interval estimation for the net promoter score, doi:10.1080/00031305.2016.1158124.
    """
    if not n:
        return NetScore(nan, nan, nan)
    up, down, total = promoters + 0.75, detractors + 0.75, n + 3
    centre = (up - down) / total
    half = critical_z(level) * sqrt(max((up + down) / total - centre**2, 0) / total)
    return NetScore((promoters - detractors) / n, max(centre - half, -1.0), min(centre + half, 1.0))
