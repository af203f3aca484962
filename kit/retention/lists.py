"""The list by month or quarter: size, growth, retention and churn."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal

import pandas as pd

from kit.errors import UsageError, nearest
from kit.judging import LEVEL
from kit.retention.people import CAUSES, OWN_WISH, told, why_none
from kit.stats import proportions

EVERY = {"month": "M", "quarter": "Q"}
"""Lengths of a period, with what pandas calls them."""

_PERIOD = ["period", "start", "joined", "left", "end", "net", "stayed", "value", "low", "high"]
_CHURN = ["churn", "churn_low", "churn_high"]


@dataclass(frozen=True, slots=True)
class Periods:
    """The list by month or quarter.

    Attributes:
        every: "month" or "quarter".
        table: a row a period: period, start [people], joined, left [in it], end, net [end - start = joined - left],
            stayed [of start, still there at the end], value, low, high [retention: stayed / start], a column a cause
            [of start, gone by it], churn, churn_low, churn_high [unsubscribe, complaint and bounce / start; what the
            firm took off is not in it]. Retention is NaN for a period that is not over, or from before leaving was
            recorded.
        undated: people who left, nobody knows when; in no count.
        dateless: people whose joining nobody dated; in no count.
        since: day from which leaving is recorded; NaT: never.
        reason: why there is no table; "" where there is one.
    """

    every: str
    table: pd.DataFrame
    undated: int
    dateless: int
    since: pd.Timestamp
    reason: str = ""


def periods(
    people: pd.DataFrame,
    *,
    every: Literal["month", "quarter"] = "month",
    months: tuple[str, str] | None = None,
    level: float = LEVEL,
) -> Periods:
    """Sizes, growth, retention and churn of the list by month or quarter.

    Args:
        people: what `counts.subscribers` returned.
        every: the length of a period.
        months: first and last month to tell of; None: from the first day of recorded leaving on.
        level: confidence.

    Raises:
        UsageError: `every` is no length of a period.

    Source: guide 2: (still there at the end among those at the start) / start. Opt-ins never stand above the line.
    """
    known(every)
    dated, undated, dateless, since = told(people)
    reason = why_none(people, dated)
    none = pd.DataFrame(columns=[*_PERIOD, *CAUSES, *_CHURN])
    if reason:
        return Periods(every, none, undated, dateless, since, reason)
    until = people["until"].iloc[0]
    first = pd.Period(months[0], "M").start_time if months else since if pd.notna(since) else dated["joined"].min()
    last = min(pd.Period(months[1], "M").end_time, until) if months else until
    rows = [_period(dated, span, since, until) for span in pd.period_range(first, last, freq=EVERY[every])]
    if not rows:
        return Periods(every, none, undated, dateless, since, "the data holds none of these months")
    table = pd.DataFrame(rows)
    low, high = proportions.proportion_interval(
        table["stayed"].where(table["value"].notna()), table["start"], level=level
    )
    churned = table[list(OWN_WISH)].sum(axis=1).where(table["value"].notna())
    churn_low, churn_high = proportions.proportion_interval(churned, table["start"], level=level)
    table = table.assign(low=low, high=high, churn=churned / table["start"], churn_low=churn_low, churn_high=churn_high)
    return Periods(every, table[[*_PERIOD, *CAUSES, *_CHURN]], undated, dateless, since)


def known(every: str) -> None:
    """Hold a word to EVERY.

    Raises:
        UsageError: it is no length of a period.
    """
    if every not in EVERY:
        raise UsageError(f"every: {every!r} is no length of a period. {nearest(every, EVERY)}")


def _period(known: pd.DataFrame, span: pd.Period, since: pd.Timestamp, until: pd.Timestamp) -> dict[str, object]:
    begin, end = span.start_time.normalize(), span.end_time.normalize()
    n, left = known["n"], known["left"]
    there = (known["joined"] < begin) & ~(left < begin)
    out = left.between(begin, end)
    start, joined, gone = (int(n[some].sum()) for some in (there, known["joined"].between(begin, end), out))
    causes = {cause: int(n[there & out & (known["cause"] == cause)].sum()) for cause in CAUSES}
    stayed = int(n[there & ~out].sum())
    # Of a period that is not over nobody knows yet; of one before leaving was recorded nobody will.
    whole = start > 0 and end <= until and pd.notna(since) and begin >= since
    return {
        "period": str(span), "start": start, "joined": joined, "left": gone, "end": start + joined - gone,
        "net": joined - gone, "stayed": stayed, "value": stayed / start if whole else nan, **causes,
    }  # fmt: skip
