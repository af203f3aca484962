"""Figures of people who come back and people who stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit.show.axes import percent, span
from kit.show.formats import share, whole
from kit.show.picture import BAD, BAND, GOOD, INK, PLAIN, QUIET, Picture, drawing, nothing, panels, picture
from kit.words.retention import TITLES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from kit.repeat import Back
    from kit.retention import Periods, Projection, Staying

CAUSE_COLORS = {
    "unsubscribe": PLAIN,
    "complaint": BAD,
    "bounce": "#b9862f",
    "sunset": QUIET,
    "not known": BAND,
}
"""Each told apart by lightness too."""

PERIODS = 24
"""Months or quarters of one figure, the last ones."""


def back(result: Back) -> Picture:
    """The share who came a second time, by days since the first, with its interval."""
    title = "Came again, by days since the first time"
    curve = result.curve
    if not curve.events:
        return nothing("back", title, "nobody came again")
    with drawing(3.2) as axes:
        some = curve.at_risk >= max(10, 0.02 * curve.n)  # fewer tell nothing, and their steps draw the eye
        _steps(axes, curve.times[some], 1 - curve.value[some], 1 - curve.high[some], 1 - curve.low[some])
        axes.axvline(result.days, color=INK, linewidth=1, linestyle="--")
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.yaxis.set_major_formatter(percent(1))
        axes.set_xlabel(f"days since the first time; dashed: {result.days} days")
        told = [f"{whole(day)} days {share(value)}" for day, value in _known(result.shares, "days")]
        return picture(axes, name="back", title=title, alt=f"{title}: {', '.join(told) or 'not known'}.")


def list_growth(result: Periods) -> Picture:
    """Retention with its interval above, who joined and left below."""
    title = f"The list by {result.every}"
    table = result.table.tail(PERIODS).reset_index(drop=True)
    if table.empty:
        return nothing("list", title, result.reason or "no period is known")
    with panels(4.4) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True)
        known = table[table["value"].notna()]
        upper.vlines(known.index, known["low"], known["high"], color=PLAIN, linewidth=1.8)
        upper.plot(known.index, known["value"], "o", color=PLAIN, markersize=4.5)
        upper.set_title("Retention")
        if len(known):
            upper.set_ylim(*span([*known["low"], *known["high"]]))
            upper.yaxis.set_major_formatter(percent(known["high"].max() - known["low"].min()))
        lower.bar(table.index, table["joined"], color=GOOD, width=0.7)
        lower.bar(table.index, -table["left"], color=BAD, width=0.7)
        lower.plot(table.index, table["net"], "D", color=INK, markerfacecolor="white", markersize=4.5)
        lower.axhline(0, color=INK, linewidth=0.8)
        lower.set_title("Joined, left, and net (diamond)")
        lower.yaxis.set_major_formatter(lambda value, _: whole(abs(value)))
        step = max(1, -(-len(table) // 6))
        shown = range(0, len(table), step)
        lower.set_xticks(list(shown), [_period(table["period"].iloc[place]) for place in shown])
        for axes in (upper, lower):
            axes.grid(visible=False, axis="x")
        told = [f"{period} {share(value)}" for period, value in _known(table, "period")]
        alt = f"{title}. Retention: {', '.join(told) or 'not known'}. Net growth in all {whole(table['net'].sum())}."
        return picture(figure, name="list", title=title, alt=alt)


def staying(result: Staying) -> Picture:
    """The share gone by each cause, one above the other, by days since joining."""
    title = "Gone from the list, by cause and days since joining"
    if result.reason or not result.gone:
        return nothing("staying", title, result.reason or "nobody left")
    with drawing(3.4) as axes:
        times, base = result.curve.times, np.zeros(result.curve.times.size)
        for cause, curve in result.gone.items():
            top = base + curve.value
            axes.fill_between(
                times, base, top, step="post", color=CAUSE_COLORS[cause], linewidth=0, label=TITLES[cause]
            )
            base = top
        axes.legend(loc="upper left", frameon=False, fontsize=9.5)
        axes.set_ylim(0, base[-1] * 1.05)
        axes.set_xlim(0, times[-1])
        axes.yaxis.set_major_formatter(percent(base[-1]))
        axes.set_xlabel("days since joining")
        own = result.shares[(result.shares["state"] == "still there")]
        told = [f"{whole(day)} days {share(1 - value)}" for day, value in _known(own, "days")]
        return picture(axes, name="staying", title=title, alt=f"{title}: in all {', '.join(told) or 'not known'}.")


def projection(result: Projection) -> Picture:
    """The share still there by the model, with its interval, and as watched."""
    title = "Still there, by months since joining"
    table = result.ahead
    if table.empty:
        return nothing("projection", title, result.reason)
    with drawing(3.2) as axes:
        axes.fill_between(table["month"], table["low"], table["high"], color=BAND, linewidth=0)
        axes.plot(table["month"], table["value"], color=PLAIN, label="projected")
        axes.plot(table["month"], table["seen"], "o", color=INK, markersize=4, label="as watched")
        axes.legend(loc="lower left", frameon=False, fontsize=9.5)
        lowest = min(table["low"].min(), table["seen"].min())
        axes.set_ylim(*span([lowest, 1.0]))
        axes.yaxis.set_major_formatter(percent(1 - lowest))
        axes.set_xlabel("months since joining; grey: how well the model is known")
        some = table[table["month"].isin((1, 6, 12, 24))]
        told = [f"{whole(month)} months {share(value)}" for month, value in _known(some, "month")]
        return picture(axes, name="projection", title=title, alt=f"{title}, projected: {', '.join(told)}.")


def _steps(axes: Axes, times: np.ndarray, value: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    axes.fill_between(times, low, high, step="post", color=BAND, linewidth=0)
    axes.step(times, value, where="post", color=PLAIN)


def _known(table: pd.DataFrame, at: str) -> list[tuple[object, float]]:
    own = table[table["value"].notna()]
    return list(zip(own[at], own["value"], strict=True))


def _period(name: str) -> str:
    """2026-03 or 2026Q1 in two lines."""
    return f"{name[4:].lstrip('-')}\n{name[:4]}"
