"""Figures of what came in, what the volume can measure and how fast the service answers."""

from __future__ import annotations

import pandas as pd

from kit.show.axes import intervals, month_axis, series
from kit.show.formats import minutes
from kit.show.picture import PLAIN, Picture, drawing, nothing, picture


def waiting(values: pd.DataFrame) -> Picture:
    """Median time to the first answer by month with its interval; `values` is `kpi.waiting(…, by=["month"])`."""
    known = values[values["value"].notna()].reset_index(drop=True)
    if known.empty:
        return nothing("waiting", "Time to the first answer", "no requests came in")
    with drawing(2.6) as axes:
        names = list(known["month"])
        intervals(axes, pd.Series(range(len(names))), _hours(known), color=PLAIN)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("hours (median)")
        axes.grid(visible=False, axis="x")
        month_axis(axes, names)
        alt = f"Median time to the first answer by month: {series(names, known['value'], minutes)}."
        return picture(axes, name="waiting", title="Time to the first answer", alt=alt)


def _hours(known: pd.DataFrame) -> pd.DataFrame:
    return known[["value", "low", "high"]] / 60
