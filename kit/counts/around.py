"""Counts for setting the service before a known change against the service since: scores and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

if TYPE_CHECKING:
    from kit.store import Data


def scores(data: Data) -> pd.DataFrame:
    """Satisfaction scores by month of answering: month, score [0 to 1, as far up its scale], n [answers]."""
    surveys = data.expression("surveys")
    if surveys is None:
        return pd.DataFrame(columns=["month", "score", "n"])
    told = surveys.filter((_.survey_type == "csat") & _.score.notnull() & _.responded_local.notnull())
    told = told.filter(_.scale_max > _.scale_min).mutate(
        month=_.responded_local.strftime("%Y-%m"), score=(_.score - _.scale_min) / (_.scale_max - _.scale_min)
    )
    if data.months is not None:
        told = told.filter(_.month.between(*data.months))
    return told.group_by("month", "score").agg(n=_.count()).order_by("month", "score").to_pandas()


def requests(data: Data) -> pd.DataFrame:
    """Requests by day of coming in, quiet days with 0: month, day, n [requests]."""
    tickets = data.expression("tickets")
    if tickets is None:
        return pd.DataFrame(columns=["month", "day", "n"])
    told = tickets.filter(_.created_local.notnull()).mutate(day=_.created_local.strftime("%Y-%m-%d"))
    counted = told.group_by("day").agg(n=_.count()).to_pandas().set_index("day")["n"]
    if counted.empty:
        return pd.DataFrame(columns=["month", "day", "n"])
    days = pd.date_range(counted.index.min(), counted.index.max(), freq="D").strftime("%Y-%m-%d")
    frame = counted.reindex(days, fill_value=0).rename_axis("day").reset_index()
    frame.insert(0, "month", frame["day"].str[:7])
    if data.months is not None:
        frame = frame[frame["month"].between(*data.months)]
    return frame.reset_index(drop=True)
