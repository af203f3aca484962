"""Rows that sum up a month, a week or a quarter, beside rows that tell of the same days one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.messages import message
from kit.sources.text import times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.messages import Text
    from kit.sources.text.times import Days


def without_doubled(exported: pd.DataFrame, logged: pd.DataFrame | None) -> tuple[pd.DataFrame, list[Text]]:
    """The statements without sums of days of which others tell, and what to say of it.

    Campaigns that are told one by one come before every sum. Of sums that share days, the longest that are no more
    than a month stay: weeks lie across the ends of months.

    Args:
        exported: `campaign_stats` as read.
        logged: the campaigns of logs: sent_local; None without logs.
    """
    sums = _sums(exported)
    single = pd.to_datetime(exported["sent_local"])[~exported.index.isin([*sums])]
    if logged is not None:
        single = pd.concat([single, pd.to_datetime(logged["sent_local"])])
    days = {moment.date() for moment in single.dropna()}
    doubled = [row for row, (first, last) in sums.items() if any(first <= day <= last for day in days)]
    sharing = _sharing({row: span for row, span in sums.items() if row not in doubled})
    notes: list[Text] = [
        message(
            "{file}: sums of months, weeks or quarters whose campaigns are exported one by one are not used: {n}",
            file=file,
            n=n,
        )
        for file, n in _by_file(exported, doubled)
    ]
    notes += [
        message(
            "{file}: weeks, months or quarters that share days with those of other rows, so they are not used: {n}",
            file=file,
            n=n,
        )
        for file, n in _by_file(exported, sharing)
    ]
    return exported.drop(index=[*doubled, *sharing]).reset_index(drop=True), notes


def _sums(exported: pd.DataFrame) -> dict[int, Days]:
    """The rows that are called by their days and by nothing else, with these days."""
    is_bare = exported["source_campaign_id"].isna() & exported["subject"].isna() & exported["campaign_name"].notna()
    bare = exported[is_bare]
    days_of: dict[int, Days] = {}
    for row, name, sent in zip(bare.index, bare["campaign_name"], pd.to_datetime(bare["sent_local"]), strict=True):
        days = times.days(str(name))
        if days and (pd.isna(sent) or days[0] == sent.date()):
            days_of[row] = days
    return days_of


def _sharing(sums: Mapping[int, Days]) -> list[int]:
    """The sums that share days with another one that is not of the very same days, and give way to it."""
    kept: set[Days] = set()
    given_way: list[int] = []
    for row, span in sorted(sums.items(), key=lambda item: _order(item[1])):
        if any(span != other and span[0] <= other[1] and other[0] <= span[1] for other in kept):
            given_way.append(row)
        else:
            kept.add(span)
    return sorted(given_way)


def _order(span: Days) -> tuple[bool, int]:
    """Months before weeks before quarters: the longest first, of those that are no longer than a month."""
    length = (span[1] - span[0]).days
    return length > times.LONGEST_MONTH, -length


def _by_file(exported: pd.DataFrame, rows: Sequence[int]) -> list[tuple[str, int]]:
    return [(str(file), len(group)) for file, group in exported.loc[[*rows]].groupby("source_file")]
