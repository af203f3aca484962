"""The figure of tests read part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter

from kit.show.axes import MOST
from kit.show.formats import known, points
from kit.show.picture import INK, PLAIN, QUIET, Picture, drawing, label, nothing, picture

if TYPE_CHECKING:
    from kit.strata import Strata


def strata(result: Strata) -> Picture:
    """The difference in each part of each test; the diamond is the common one, the ring what pooling makes of it."""
    title = "Difference of each test, part by part"
    tests = result.tests[~result.tests["reading"].isin(("unknown", "broken"))]
    if tests.empty:
        return nothing("strata", title, "no test is told part by part")
    ticks: list[tuple[int, str, bool]] = []
    with drawing(1.3 + 0.27 * min(len(tests) + len(result.rates), MOST)) as axes:
        axes.axvline(0, color=INK, linewidth=1)
        place, told = 0, []
        for test in tests.to_dict("records"):
            own = result.rates[(result.rates["campaign_id"] == test["campaign_id"]) & (result.rates["b"] == test["b"])]
            if -place + len(own) >= MOST:
                break
            axes.plot([test["low"], test["high"]], [place, place], color=INK, linewidth=2.4)
            axes.plot(test["difference"], place, "D", color=INK, markersize=6)
            axes.plot(test["pooled"], place, "o", mfc="none", mec=INK, markersize=11)
            ticks.append((place, label(test["campaign_name"]), True))
            told.append(f"{test['campaign_name']} {points(test['difference'])} points within parts")
            place -= 1
            for row in own.to_dict("records"):
                color = PLAIN if known(row["p"]) else QUIET
                axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
                axes.plot(row["difference"], place, "o", color=color, markersize=5.5)
                ticks.append((place, label(row["part"]), False))
                place -= 1
        axes.set_yticks([at for at, _, _ in ticks], [text for _, text, _ in ticks], fontsize=9.5)
        for tick, (_, _, is_title) in zip(axes.get_yticklabels(), ticks, strict=True):
            tick.set_fontweight("bold" if is_title else "normal")
            tick.set_color(INK)
        axes.set_ylim(place + 0.3, 0.7)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: points(value, 0) if value else "0"))
        axes.set_xlabel("second minus first, percentage points, 95 % interval")
        axes.grid(visible=False, axis="y")
        return picture(axes, name="strata", title=title, alt=f"Tests part by part: {'; '.join(told)}.")
