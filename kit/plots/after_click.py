"""The figure of what followed the click: engaged sessions by campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit.plots.picture import BAD, BAND, GOOD, PLAIN, QUIET, Picture, drawing, label, picture
from kit.words.form import share, whole

if TYPE_CHECKING:
    from kit.after_click import AfterClick

MOST = 30
"""Campaigns of one figure; of more, those with the most sessions and those beyond the usual."""

_SIDES = {"better": GOOD, "worse": BAD, "as usual": PLAIN}


def after_click(result: AfterClick) -> Picture:
    """Share of engaged sessions with its interval, over the band within which campaigns usually lie."""
    rows = result.campaigns[result.campaigns["value"].notna()]
    order = rows["verdict"].isin(("better", "worse")) * 1e9 + rows["sessions"].astype(float)
    rows = rows.loc[order.sort_values().index[-MOST:]].sort_values("value", kind="stable")
    with drawing(1.0 + 0.27 * max(len(rows), 2)) as figure:
        axes = figure.subplots()
        spread = result.spread
        if not np.isnan(spread.tau):
            axes.axvspan(
                max(spread.mean - 2 * spread.tau, 0), min(spread.mean + 2 * spread.tau, 1), color=BAND, zorder=0
            )
        for place, row in enumerate(rows.to_dict("records")):
            color = _SIDES.get(row["verdict"], QUIET)
            axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
            axes.plot(row["value"], place, "o" if row["verdict"] in _SIDES else "D", color=color, markersize=5.5)
        names = [f"{label(row['campaign_name'], 26)} ({whole(row['sessions'])})" for row in rows.to_dict("records")]
        axes.set_yticks(range(len(rows)), names, fontsize=9.5)
        axes.set_ylim(-0.8, max(len(rows), 1) - 0.2)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda value, _: share(value, 0))
        axes.set_xlabel("engaged of all sessions (number), 95 % interval\ngrey: where campaigns usually lie")
        axes.grid(visible=False, axis="y")
        told = [f"{row['campaign_name']} {share(row['value'])}" for row in rows.iloc[::-1].to_dict("records")]
        alt = f"Engaged sessions by campaign: {', '.join(told) or 'none known'}."
        return picture(figure, name="after_click", title="Engaged sessions by campaign", alt=alt)
