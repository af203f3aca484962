"""Counts for setting the service before a known change against the service since: scores and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count

if TYPE_CHECKING:
    from kit.store import Data


@count("surveys", unfiltered=scope.NO_CAMPAIGN)
def scores(data: Data) -> pd.DataFrame:
    """Satisfaction scores by month of answering: month, score [0 to 1, as far up its scale], n [answers]."""
    surveys = scope.rows(data, "surveys")
    if surveys is None:
        return pd.DataFrame(columns=["month", "score", "n"])
    scored = surveys.filter((_.survey_type == "csat") & _.score.notnull() & _.responded_local.notnull())
    scored = scored.filter(_.scale_max > _.scale_min).mutate(
        month=_.responded_local.strftime("%Y-%m"), score=(_.score - _.scale_min) / (_.scale_max - _.scale_min)
    )
    return scored.group_by("month", "score").agg(n=_.count()).order_by("month", "score").to_pandas()


@count("tickets", unfiltered=scope.NO_CAMPAIGN)
def requests(data: Data) -> pd.DataFrame:
    """Requests by day of coming in, quiet days with 0: month, day, n [requests]."""
    tickets = scope.history(data, "tickets")
    if tickets is None:
        return pd.DataFrame(columns=["month", "day", "n"])
    dated = tickets.filter(_.created_local.notnull()).mutate(day=_.created_local.strftime("%Y-%m-%d"))
    by_day = dated.group_by("day").agg(n=_.count()).to_pandas().set_index("day")["n"]
    if by_day.empty:
        return pd.DataFrame(columns=["month", "day", "n"])
    days = pd.date_range(by_day.index.min(), by_day.index.max(), freq="D").strftime("%Y-%m-%d")
    frame = by_day.reindex(days, fill_value=0).rename_axis("day").reset_index()
    frame.insert(0, "month", frame["day"].str[:7])
    return frame[scope.inside(data, frame["day"])].reset_index(drop=True)
