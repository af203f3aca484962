"""What several figures draw alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.ticker import FuncFormatter

from kit.messages import _
from kit.show.formats import commas, day, month, share, with_ends
from kit.show.picture import BAD, GOOD, INK
from kit.show.svg import hover

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

DAYS = 120
"""Up to which an axis names days, and not months."""

MOST = 40
"""Rows of one figure; of more, those that say most are drawn and the title says so."""


def intervals(axes: Axes, place: pd.Series, own: pd.DataFrame, *, color: str, texts: pd.Series | None = None) -> None:
    """Values with their intervals, and what they say; a line joins neighbours, and not what lies beyond a gap."""
    axes.vlines(place, own["low"], own["high"], color=color, linewidth=1.8)
    for _place, run in own["value"].groupby((place.diff() != 1).cumsum().to_numpy()):
        line = axes.plot(place[run.index], run, "o-", color=color, markersize=4.5, linewidth=1, alpha=0.9)
        if texts is not None:
            hover(line, texts[run.index])


def date_axis(axes: Axes) -> None:
    """Days along the axis, as readers write them; months where it spans more than a few."""
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))
    if high - low > DAYS:
        axes.xaxis.set_major_formatter(lambda at, _place: month(f"{num2date(at):%Y-%m}").replace(" ", "\n"))
    else:
        axes.xaxis.set_major_formatter(lambda at, _place: day(num2date(at)))


def direction_color(better: str, sign: int) -> str:
    """The colour of a move up (1) or down (-1) of a KPI of which the `better` is "higher" or "lower"."""
    return GOOD if (sign > 0) == (better == "higher") else BAD


def month_axis(axes: Axes, names: list[str]) -> None:
    """Months along the axis."""
    step = max(1, -(-len(names) // 8))  # at most eight names, so that they are read on a phone
    shown = range(0, len(names), step)
    axes.set_xticks(list(shown), [month(names[n]).replace(" ", "\n") for n in shown])
    axes.set_xlim(-0.6, max(len(names), 1) - 0.4)


def mark_actions(axes: Axes, names: list[str], log: pd.DataFrame) -> None:
    """The days of a log of actions along an axis of months: a dotted line with its number; those of a month are one.

    Args:
        axes: where months stand in the order of `names`.
        names: the months.
        log: number, day.
    """
    for name, rows in log.groupby(log["day"].dt.strftime("%Y-%m")):
        if name not in names:
            continue
        first, last, moment = rows["number"].iloc[0], rows["number"].iloc[-1], rows["day"].iloc[0]
        place = names.index(str(name)) - 0.5 + (moment.day - 1) / moment.days_in_month
        axes.axvline(place, color=INK, linewidth=0.9, linestyle=":")
        number = str(first) if first == last else f"{first}–{last}"
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8}
        axes.text(place, 0.97, number, transform=axes.get_xaxis_transform(), ha="center", va="top", bbox=box)


def marked(log: pd.DataFrame | None) -> list[str]:
    """What `mark_actions` marks, in words; none where there is no action."""
    if log is None or log.empty:
        return []
    days = [f"{number} ({day(moment)})" for number, moment in zip(log["number"], log["day"], strict=True)]
    return [_("Marked with numbers, the days of what was changed: {days}.", days=commas(days))]


def span(values: list[float]) -> tuple[float, float]:
    """From zero where the values reach down towards it; else just around them, within 0 and 100 %."""
    low, high = min(values), max(values)
    room = (high - low) * 0.12 or 0.01
    return (0, high + room) if low < high / 3 else (max(low - room, 0), min(high + room, 1))


def percent(highest: float) -> FuncFormatter:
    """Per cent with as many digits as the highest needs."""
    digits = 0 if highest >= 0.05 else 1 if highest >= 0.005 else 2
    return FuncFormatter(lambda value, _place: share(value, digits))


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
