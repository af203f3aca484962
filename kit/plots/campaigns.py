"""Figures of what came in, what the volume can measure and how fast the service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter, NullFormatter

from kit import metrics
from kit.show.axes import intervals, month_axis, series
from kit.show.formats import minutes, whole
from kit.show.picture import BAD, BAND, GOOD, INK, PLAIN, QUIET, Picture, drawing, nothing, picture

if TYPE_CHECKING:
    from kit.volume import Volume


def volume(result: Volume) -> Picture:
    """What each KPI needs on each side against what a campaign, a month and a year have."""
    rows = result.rates[result.rates["needed"].notna()].iloc[::-1]
    with drawing(1.2 + 0.38 * max(len(rows), 1)) as axes:
        for place, row in enumerate(rows.to_dict("records")):
            has = [row["n_campaign"], row["n_month"], 12 * row["n_month"]]
            axes.plot([has[0], has[2]], [place, place], color=BAND, linewidth=9, solid_capstyle="butt", zorder=1)
            axes.plot(has, [place] * 3, "|", color=QUIET, markersize=11, markeredgewidth=1.6)
            reached = row["needed"] <= has[2]
            axes.plot(
                row["needed"],
                place,
                "o",
                color=GOOD if row["needed"] <= has[0] else PLAIN if reached else BAD,
            )
            if place == len(rows) - 1:
                for x, name in zip(has, ("campaign", "month", "year"), strict=True):
                    axes.annotate(
                        name,
                        (x, place),
                        (0, 9),
                        textcoords="offset points",
                        ha="center",
                        fontsize=9,
                        color=INK,
                    )
        axes.set_yticks(range(len(rows)), [metrics.find(key).title for key in rows["kpi"]])
        axes.set_ylim(-0.6, max(len(rows), 1) - 0.1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: whole(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("mails (logarithmic)\ndot: needed on each side; bar: from one campaign to a year")
        axes.grid(visible=False, axis="y")
        told = [
            f"{metrics.find(row['kpi']).title} needs {whole(row['needed'])}: {row['verdict']}"
            for row in rows.iloc[::-1].to_dict("records")
        ]
        alt = f"What the volume can measure: {'; '.join(told)}."
        return picture(axes, name="volume", title="What this volume can measure", alt=alt)


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
