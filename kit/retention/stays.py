"""How long people stay on the list, from joining, and by what they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kit.judging import LEVEL, PEOPLE
from kit.retention.people import CAUSES, told, watched_days, why_no_curve, why_none
from kit.stats import survival

if TYPE_CHECKING:
    from kit.stats.survival import Curve, Logrank

MILESTONES = (30, 90, 180, 365, 730)
"""Days after joining at which the share still there is told."""


@dataclass(frozen=True, slots=True)
class Staying:
    """How long people stay on the list, from joining.

    Attributes:
        curve: the share still there.
        gone: cause -> share gone by it; they add up to what is missing.
        shares: a row a milestone and cause ("still there" first): days, state, value, low, high.
        sources: a row a source of joining: source, n, left, value, low, high [still there after `days`].
        alike: whether people of different sources leave alike.
        days: of the comparison of sources.
        median: days until half have left; None: not reached.
        before: people who had left before leaving was recorded; in no count.
        undated: people who left, nobody knows when; in no count.
        dateless: people whose joining nobody dated; in no count.
        since: day from which leaving is recorded.
        reason: why there is no curve; "" where there is one.
    """

    curve: Curve
    gone: dict[str, Curve]
    shares: pd.DataFrame
    sources: pd.DataFrame
    alike: Logrank
    days: int
    median: float | None
    before: int
    undated: int
    dateless: int
    since: pd.Timestamp
    reason: str = ""


def staying(people: pd.DataFrame, *, days: int = 180, level: float = LEVEL) -> Staying:
    """How long people stay from joining, and by what they leave.

    Args:
        people: what `counts.subscribers` returned.
        days: after which sources of joining are compared.
        level: confidence.

    Source: guide 2; Kaplan & Meier (1958); cumulative incidence, Aalen & Johansen (1978); log-rank, Mantel (1966).
    """
    dated, undated, dateless, since = told(people)
    watched, before = watched_days(dated)
    reason = why_none(people, dated) or why_no_curve(watched)
    if reason:
        watched = watched.iloc[:0]
    rows_of = {"weights": watched["n"], "entry": watched["entry"]}
    curve = survival.kaplan_meier(watched["days"], watched["cause"] != "", **rows_of, level=level)
    code = watched["cause"].map({"": 0} | {name: n for n, name in enumerate(CAUSES, 1)})
    found = survival.cumulative_incidence(watched["days"], code, kinds=len(CAUSES), **rows_of, level=level)
    gone = {name: own for name, own in zip(CAUSES, found, strict=True) if own.events}
    shares = [
        (day, state, *one.at(day, level=level))
        for day in MILESTONES
        for state, one in {"still there": curve, **gone}.items()
    ]
    named = watched[watched["opt_in_source"].notna()]
    rows = []
    for source, own in named.groupby("opt_in_source"):
        part = survival.kaplan_meier(own["days"], own["cause"] != "", own["n"], entry=own["entry"], level=level)
        if own.loc[own["entry"] == 0, "n"].sum() >= PEOPLE:
            rows.append((source, part.n, part.events, *part.at(days, level=level)))
    sources = pd.DataFrame(rows, columns=["source", "n", "left", "value", "low", "high"])
    named = named[named["opt_in_source"].isin(sources["source"])]
    alike = survival.logrank(
        named["days"], named["cause"] != "", named["opt_in_source"].astype(str), named["n"], entry=named["entry"]
    )
    table = pd.DataFrame(shares, columns=["days", "state", "value", "low", "high"])
    return Staying(
        curve, gone, table, sources, alike, days, curve.reaches(0.5), before, undated, dateless, since, reason
    )
