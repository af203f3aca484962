"""Figures of what followed the click: engaged sessions by campaign, and the links themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit.show.axes import percent
from kit.show.formats import share, whole
from kit.show.picture import BAD, BAND, GOOD, PLAIN, QUIET, Picture, drawing, label, nothing, picture

if TYPE_CHECKING:
    import pandas as pd

    from kit.after_click import AfterClick

MOST = 30
"""Campaigns of one figure; of more, those with the most sessions and those beyond the usual."""

LINKS = 15
"""Links of one figure."""

_SIDES = {"better": GOOD, "worse": BAD, "as usual": PLAIN}


def after_click(result: AfterClick) -> Picture:
    """Share of engaged sessions with its interval, over the band within which campaigns usually lie."""
    rows = result.campaigns[result.campaigns["value"].notna()]
    order = rows["verdict"].isin(("better", "worse")) * 1e9 + rows["sessions"].astype(float)
    rows = rows.loc[order.sort_values().index[-MOST:]].sort_values("value", kind="stable")
    with drawing(1.0 + 0.27 * max(len(rows), 2)) as axes:
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
        return picture(axes, name="after_click", title="Engaged sessions by campaign", alt=alt)


def links(ranked: pd.DataFrame) -> Picture:
    """The share of mails in which each link was followed, with its interval; hollow: without scanners."""
    known = ranked[ranked["value"].notna()]
    title = "Which links were followed"
    if known.empty:
        return nothing("links", title, "no report or log lists links")
    rows = known.head(LINKS).iloc[::-1].to_dict("records")
    with drawing(1.0 + 0.3 * max(len(rows), 2)) as axes:
        for place, row in enumerate(rows):
            axes.plot([row["low"], row["high"]], [place, place], color=PLAIN, linewidth=1.6)
            axes.plot(row["value"], place, "o", color=PLAIN, markersize=5.5)
            axes.plot(row["value_human"], place, "o", color=PLAIN, markerfacecolor="white", markersize=5.5)
        axes.set_yticks(range(len(rows)), [label(_short(row["link"]), 28) for row in rows], fontsize=9.5)
        axes.set_ylim(-0.8, len(rows) - 0.2)
        most = max(row["high"] for row in rows)
        axes.set_xlim(-0.02 * most, 1.05 * most)
        axes.xaxis.set_major_formatter(percent(most))
        hollow = "\nhollow: without scanners, where a log tells" if known["value_human"].notna().any() else ""
        axes.set_xlabel(f"people who clicked it, of delivered mails, 95 % interval{hollow}")
        axes.grid(visible=False, axis="y")
        told = [f"{row['link']} {share(row['value'])}" for row in rows[::-1]]
        return picture(axes, name="links", title=title, alt=f"{title}: {', '.join(told)}.")


def _short(link: str) -> str:
    """A link without its scheme: from its end, where links of one site differ."""
    bare = link.split("://", 1)[-1].rstrip("/")
    return bare if len(bare) <= 28 else f"…{bare[-27:]}"
