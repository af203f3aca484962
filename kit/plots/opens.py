"""The figure of people and machines: openings between their bounds, and clicks at three strengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator, PercentFormatter

from kit.show.formats import known, month, share
from kit.show.picture import BAND, GOOD, PLAIN, QUIET, Picture, panels, picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from kit.opens import Opens

_STRENGTHS = {"raw": (QUIET, "raw"), "strict": (PLAIN, "without scanners"), "strictest": (GOOD, "without doubted ones")}
_BESIDE = {"raw": -0.16, "strict": 0.0, "strictest": 0.16}
"""The strengths stand side by side, so that equal ones are all seen [months]."""


def openers(result: Opens) -> Picture:
    """By month: what the platform counts, the bounds and the estimate of openings by people; clicks below."""
    rates = result.rates[result.rates["raw"].notna()].reset_index(drop=True)
    names = list(rates["month"])
    with panels(5.2) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _openings(above, rates)
        _clicks(below, result.clicks[result.clicks["month"].isin(names)], names)
        step = max(1, -(-len(names) // 8))  # at most eight names, so that they are read on a phone
        shown = range(0, len(names), step)
        below.set_xticks(list(shown), [month(names[n]).replace(" ", "\n") for n in shown])
        below.set_xlim(-0.6, max(len(names), 1) - 0.4)
        told = [
            f"{month(row['month'])} between {share(row['bound_low'], 0)} and {share(row['bound_high'], 0)}"
            + (f", estimate {share(row['estimate'])}" if known(row["estimate"]) else ", no estimate")
            for row in rates.to_dict("records")
        ]
        alt = f"Openings by people: {'; '.join(told) or 'not known'}."
        return picture(figure, name="openers", title="Openings and clicks by people", alt=alt)


def _openings(axes: Axes, rates: pd.DataFrame) -> None:
    height = rates["bound_high"] - rates["bound_low"]
    axes.bar(rates.index, height, 0.62, bottom=rates["bound_low"], color=BAND, label="people: somewhere here", zorder=1)
    axes.plot(rates.index, rates["raw"], "_", color=QUIET, markersize=16, markeredgewidth=2, label="platform counts")
    found = rates[rates["estimate"].notna()]
    axes.vlines(found.index, found["estimate_low"], found["estimate_high"], color=PLAIN, linewidth=2)
    axes.plot(found.index, found["estimate"], "o", color=PLAIN, markersize=5, label="people: estimate")
    axes.set_title("Opened, of delivered", pad=24)
    axes.set_ylim(bottom=0)
    _finish(axes)


def _clicks(axes: Axes, clicks: pd.DataFrame, names: list[str]) -> None:
    for strength, (color, name) in _STRENGTHS.items():
        own = clicks[(clicks["strength"] == strength) & clicks["value"].notna()]
        place = own["month"].map(names.index).astype(float) + _BESIDE[strength]
        axes.vlines(place, own["low"], own["high"], color=color, linewidth=1.6)
        axes.plot(place, own["value"], "o", color=color, markersize=4.5, label=name)
    axes.set_title("Clicked, of delivered", pad=24)
    axes.set_ylim(bottom=0)
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if axes.get_ylim()[1] >= 0.04 else 1))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.grid(visible=False, axis="x")
    handles, _labels = axes.get_legend_handles_labels()
    axes.legend(
        frameon=False,
        ncols=len(handles),
        loc="lower left",
        bbox_to_anchor=(-0.01, 0.99),
        borderpad=0,
        handletextpad=0.3,
        columnspacing=1.1,
        handlelength=1.2,
        fontsize=9.5,
    )
