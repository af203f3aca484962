"""The figure of the month table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from kit import metrics
from kit.show.axes import direction_color, intervals, month_axis, percent, series, span
from kit.show.formats import share
from kit.show.picture import BAND, INK, PLAIN, QUIET, Picture, nothing, panels, picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from kit.months import Months


def months(result: Months) -> Picture:
    """Each KPI by month with its interval, over the band within which months usually lie.

    Months that the question leaves out are drawn in grey: they are the yardstick.
    """
    known = result.rates[result.rates["value"].notna()]
    kpis = [key for key in dict.fromkeys(result.rates["kpi"]) if (known["kpi"] == key).any()]
    names = list(dict.fromkeys(result.rates["month"]))
    if not kpis:
        return nothing("months", "KPIs by month", "no rate is known for any month")
    with panels(0.5 + 1.55 * max(len(kpis), 1)) as figure:
        grid = figure.subplots(max(len(kpis), 1), 1, sharex=True, squeeze=False)[:, 0]
        for axes, key in zip(grid, kpis, strict=False):
            own = known[known["kpi"] == key]
            place = own["month"].map(names.index)
            for _, era in own.groupby(own["month"] >= result.change if result.change else own["kpi"]):
                _band(axes, era["month"].map(names.index), era)
            usually = [*own["usual_low"].dropna(), *own["usual_high"].dropna()]
            if not own["asked"].all():
                intervals(axes, place, own, color=QUIET)
            intervals(axes, place[own["asked"]], own[own["asked"]], color=PLAIN)
            for verdict, color in (
                ("up", direction_color(metrics.find(key).better, 1)),
                ("down", direction_color(metrics.find(key).better, -1)),
            ):
                moved = own[own["verdict"] == verdict]
                axes.plot(moved["month"].map(names.index), moved["value"], "o", color=color, markersize=8)
            axes.set_title(metrics.find(key).title)
            axes.yaxis.set_major_formatter(percent(own["high"].max() - own["low"].min()))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.set_ylim(*span([*own["low"], *own["high"], *usually]))
            axes.grid(visible=False, axis="x")
            if result.change in names:
                axes.axvline(names.index(result.change) - 0.5, color=INK, linewidth=1, linestyle="--")
        month_axis(grid[-1], names)
        told = [f"{metrics.find(key).title}: {_of(known[known['asked']], key)}" for key in kpis]
        alt = "By month. " + ". ".join(told) + "."
        return picture(figure, name="months", title="KPIs by month", alt=alt)


def _band(axes: Axes, place: pd.Series, era: pd.DataFrame) -> None:
    """The limits of each month, as wide as its place on the axis."""
    for at, low, high in zip(place, era["usual_low"], era["usual_high"], strict=True):
        axes.fill_between([at - 0.5, at + 0.5], low, high, color=BAND, linewidth=0, zorder=0)


def _of(known: pd.DataFrame, key: str) -> str:
    own = known[known["kpi"] == key]
    return series(own["month"], own["value"], share)
