"""Figures of when: how soon people react, and what went out at which hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from kit.show.formats import share, whole
from kit.show.picture import BAND, INK, PLAIN, QUIET, Picture, drawing, nothing, picture
from kit.timing import HOURS
from kit.words.timing import DAYS, NO_ZONE, part

if TYPE_CHECKING:
    from kit.timing import Pace, Week

_LINES = {"opening": (QUIET, "openings by people"), "click": (PLAIN, "clicks by people")}
_SHADES = LinearSegmentedColormap.from_list("rates", ["#dbe6f2", PLAIN])


def pace(result: Pace) -> Picture:
    """The share of the week's openings and clicks that came within so many hours of the person's own delivery."""
    title = "How soon people react"
    known = result.curve[result.curve["value"].notna()]
    if known.empty:
        return nothing("pace", title, "no event log tells it")
    with drawing(2.9) as axes:
        for what, (color, name) in _LINES.items():
            own = known[known["what"] == what]
            if len(own):
                axes.fill_between(own["hour"], own["low"], own["high"], color=color, alpha=0.2, linewidth=0)
                axes.plot(own["hour"], own["value"], color=color, label=f"{name}, {whole(own['n'].iloc[0])}")
        axes.set_xscale("log")
        axes.set_xticks(HOURS, [f"{hour} h" if hour < 48 else f"{hour // 24} d" for hour in HOURS])
        axes.minorticks_off()
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(lambda value, _: share(value, 0))
        axes.set_xlabel("after the person's own delivery (logarithmic)")
        axes.legend(frameon=False, loc="lower right")
        told = [
            f"{_LINES[what][1]} within {hour} h {share(value, 0)}"
            for what, hour, value in zip(known["what"], known["hour"], known["value"], strict=True)
            if hour in HOURS
        ]
        return picture(axes, name="pace", title=title, alt=f"{title}: {', '.join(told)}.")


def week(result: Week, *, zone: bool) -> Picture:
    """The rate by weekday and part of the day of sending; cells with too few campaigns or mails are grey."""
    title = f"{result.kpi.title} by weekday and hour of sending"
    cells = result.cells[result.cells["value"].notna()]
    if cells.empty:
        return nothing("week", title, "no campaign has a time of sending" if zone else NO_ZONE.rstrip("."))
    days = list(range(int(cells["weekday"].min()), int(cells["weekday"].max()) + 1))
    parts = sorted(cells["part"].unique())
    large = cells[cells["large"]]["value"]
    most = large.max() if len(large) and large.max() > 0 else 1.0  # shades from 0, so that little looks like little
    with drawing(1.1 + 0.55 * len(days)) as axes:
        for row in cells.to_dict("records"):
            x, y = parts.index(row["part"]), days.index(int(row["weekday"]))
            shade = row["value"] / most
            color = _SHADES(shade) if row["large"] else BAND
            axes.add_patch(Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, color=color, linewidth=0))
            text = "white" if row["large"] and shade > 0.6 else INK if row["large"] else QUIET
            axes.text(x, y - 0.16, share(row["value"]), ha="center", va="center", color=text, fontsize=10)
            axes.text(x, y + 0.22, whole(row["n"]), ha="center", va="center", color=text, fontsize=8)
        axes.set_xlim(-0.6, len(parts) - 0.4)
        axes.set_ylim(len(days) - 0.4, -0.6)
        axes.set_xticks(range(len(parts)), [part(hour) for hour in parts])
        axes.set_yticks(range(len(days)), [DAYS[day] for day in days])
        axes.grid(visible=False)
        axes.set_xlabel("hour of sending; below the rate: mails\ngrey: too few campaigns or mails")
        told = [
            f"{DAYS[int(row['weekday'])]} {part(row['part'])} {share(row['value'])} of {whole(row['n'])}"
            + ("" if row["large"] else " (too few)")
            for row in cells.to_dict("records")
        ]
        return picture(axes, name="week", title=title, alt=f"{title}: {', '.join(told)}.")
