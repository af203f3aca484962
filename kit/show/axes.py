"""What several figures draw alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import PercentFormatter

from kit.messages import _
from kit.show.formats import commas, month, with_ends
from kit.show.picture import BAD, GOOD

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST = 40
"""Rows of one figure; of more, those that say most are drawn and the title says so."""


def intervals(axes: Axes, place: pd.Series, own: pd.DataFrame, *, color: str) -> None:
    """Values with their intervals; a line joins neighbours, and not what lies beyond a gap."""
    axes.vlines(place, own["low"], own["high"], color=color, linewidth=1.8)
    for _place, run in own["value"].groupby((place.diff() != 1).cumsum().to_numpy()):
        axes.plot(place[run.index], run, "o-", color=color, markersize=4.5, linewidth=1, alpha=0.9)


def direction_color(better: str, sign: int) -> str:
    """The colour of a move up (1) or down (-1) of a KPI of which the `better` is "higher" or "lower"."""
    return GOOD if (sign > 0) == (better == "higher") else BAD


def month_axis(axes: Axes, names: list[str]) -> None:
    """Months along the axis."""
    step = max(1, -(-len(names) // 8))  # at most eight names, so that they are read on a phone
    shown = range(0, len(names), step)
    axes.set_xticks(list(shown), [month(names[n]).replace(" ", "\n") for n in shown])
    axes.set_xlim(-0.6, max(len(names), 1) - 0.4)


def span(values: list[float]) -> tuple[float, float]:
    """From zero where the values reach down towards it; else just around them, within 0 and 100 %."""
    low, high = min(values), max(values)
    room = (high - low) * 0.12 or 0.01
    return (0, high + room) if low < high / 3 else (max(low - room, 0), min(high + room, 1))


def percent(highest: float) -> PercentFormatter:
    """Per cent with as many digits as the highest needs."""
    return PercentFormatter(1, decimals=0 if highest >= 0.05 else 1 if highest >= 0.005 else 2)


def series(names: Any, values: Any, form: Any) -> str:
    """Months and their values in words."""
    return ", ".join(f"{month(name)} {form(value)}" for name, value in zip(names, values, strict=True)) or _("none")


def series_with_ends(rates: pd.DataFrame, form: Any) -> str:
    """Months with their values and intervals in words; of `rates` month, value, low, high."""
    return commas(
        [
            f"{month(row['month'])} {with_ends(form(row['value']), row['low'], row['high'], form)}"
            for row in rates.to_dict("records")
        ]
    ) or _("none")
