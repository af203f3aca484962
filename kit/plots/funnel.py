"""Figures of the sales cycle: how many come how far, how long it takes, and for which groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit.show.formats import share, whole
from kit.show.picture import BAND, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, nothing, picture

if TYPE_CHECKING:
    from kit.funnel import Funnel

COLORS = (PLAIN, GOOD, "#b7791f", "#7a4fa0", QUIET)
"""Of the steps, in their order."""

MOST = 12
"""Groups of one figure, the largest."""


def funnel(result: Funnel) -> Picture:
    """The same people from stage to stage, with the interval of the share that came so far."""
    title = "The same people through all stages"
    own = result.passed[result.passed["group"] == "all"] if len(result.passed) else result.passed
    if own.empty:
        return nothing("funnel", title, "nobody was followed for long enough")
    rows = own.to_dict("records")
    with drawing(0.9 + 0.5 * len(rows)) as axes:
        for place, row in enumerate(rows):
            axes.barh(-place, row["value"], height=0.62, color=PLAIN if place else QUIET, alpha=0.85)
            if place:
                axes.plot([row["low"], row["high"]], [-place, -place], color=INK, linewidth=1.6)
            axes.text(
                max(row["value"], row["high"] if place else 0) + 0.015,
                -place,
                f"{share(row['value'])}, {whole(row['n'])}" if place else f"{whole(row['n'])} people",
                va="center",
            )
        axes.set_yticks([-place for place in range(len(rows))], [label(row["stage"]) for row in rows])
        axes.set_xlim(0, 1.22)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.xaxis.set_major_formatter(lambda value, _: share(value, 0))
        axes.set_xlabel(f"of those who began, each step within {result.days} days, 95 % interval")
        axes.grid(visible=False, axis="y")
        told = [f"{row['stage']} {whole(row['n'])} ({share(row['value'])})" for row in rows]
        return picture(axes, name="funnel", title=title, alt=f"People by stage: {', '.join(told)}.")


def lags(result: Funnel) -> Picture:
    """By days, the share of all who entered a step that has passed it, with its band (1 - Kaplan-Meier)."""
    title = "How long a step takes"
    drawn = [(step, curve) for (step, group), curve in result.curves.items() if group == "all" and curve.n]
    if not drawn:
        return nothing("lags", title, "nobody is on the way")
    with drawing(3.4) as axes:
        told = []
        for (step, curve), color in zip(drawn, COLORS, strict=False):
            within = curve.times <= result.days
            times = np.concatenate([[0.0], curve.times[within], [min(float(result.days), curve.end)]])
            lines = [
                np.concatenate([[start], 1 - values[within], 1 - values[within][-1:]]) if within.any() else [start] * 2
                for start, values in ((0.0, curve.value), (0.0, curve.low), (0.0, curve.high))
            ]
            axes.fill_between(times, lines[2], lines[1], step="post", color=color, alpha=0.18, linewidth=0)
            axes.step(
                times, lines[0], where="post", color=color, linewidth=2, label=f"{label(step)} ({whole(curve.n)})"
            )
            reached = 1 - curve.at(min(float(result.days), curve.end))[0]
            told.append(f"{step} {share(reached)} by day {times[-1]:.0f}")
        axes.set_xlim(0, result.days)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: share(value, 0))
        axes.set_xlabel("days since entering the step's first stage")
        axes.set_ylabel("passed, of all who entered")
        axes.grid(visible=False, axis="x")
        axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(-0.02, 1.0), borderpad=0.2, fontsize=10)
        return picture(axes, name="lags", title=title, alt=f"{title}: {'; '.join(told)}.")


def funnel_groups(result: Funnel) -> Picture:
    """Each step's groups with their intervals; a diamond has too few people to be judged."""
    title = "Conversion by group"
    steps = result.steps[result.steps["lagged"].notna()]
    sizes = steps.groupby("group")["entered"].max().sort_values(ascending=False, kind="stable")
    steps = steps[steps["group"].isin(sizes.index[:MOST])]
    if steps.empty:
        return nothing("funnel_groups", title, "no group was followed for long enough")
    names = list(dict.fromkeys(steps["step"]))
    with drawing(1.0 + 0.27 * (len(steps) + len(names))) as axes:
        ticks: list[tuple[float, str, bool]] = []
        place = 0.0
        for name in names:
            ticks.append((place, name, True))
            place -= 1
            for row in steps[steps["step"] == name].to_dict("records"):
                color = QUIET if row["few"] else PLAIN
                axes.plot([row["lagged_low"], row["lagged_high"]], [place, place], color=color, linewidth=1.6)
                axes.plot(row["lagged"], place, "D" if row["few"] else "o", color=color, markersize=5.5)
                ticks.append((place, f"{label(row['group'], 26)} ({whole(row['entered'])})", False))
                place -= 1
            axes.axhspan(place + 0.5, place + 0.52, color=BAND)
        axes.set_yticks([at for at, _, _ in ticks], [text for _, text, _ in ticks], fontsize=9.5)
        for tick, (_, _, is_title) in zip(axes.get_yticklabels(), ticks, strict=True):
            tick.set_fontweight("bold" if is_title else "normal")
        axes.set_ylim(place + 0.2, 0.8)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: share(value, 0))
        axes.set_xlabel(f"passed by day {result.days} (people who entered),\n95 % interval")
        axes.grid(visible=False, axis="y")
        more = len(sizes) - MOST
        said = [f"{row['step']} {row['group']} {share(row['lagged'])}" for row in steps.to_dict("records")]
        left = f"; {more} smaller groups are not drawn" if more > 0 else ""
        return picture(axes, name="funnel_groups", title=title, alt=f"{title}: {'; '.join(said)}{left}.")
