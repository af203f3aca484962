"""Figures of the problem finder: the findings, complaints against the limits, leaving by pace, published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter

from kit import metrics
from kit.problems import RULES
from kit.show.axes import MOST, percent
from kit.show.formats import month, share, whole
from kit.show.picture import BAD, BAND, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, nothing, panels, picture

if TYPE_CHECKING:
    from kit.benchmarks import Benchmarks
    from kit.problems import Findings, Frequency

LEAST_TIMES = 0.02
"""What is drawn for a rate of zero, which a logarithmic axis does not have."""


def findings(result: Findings) -> Picture:
    """Each finding as a multiple of what was expected, with its interval; 1 is as usual."""
    rows = result.found.head(MOST).iloc[::-1]
    if rows.empty:
        return nothing("problems", "Problem areas", "no group lies beyond the usual")
    with drawing(1.1 + 0.5 * len(rows)) as axes:
        axes.axvline(1, color=INK, linewidth=1)
        for place, row in enumerate(rows.to_dict("records")):
            ends = [max((row["expected"] + row[name]) / row["expected"], LEAST_TIMES) for name in ("low", "high")]
            times = max(row["value"] / row["expected"], LEAST_TIMES)
            axes.plot(ends, [place, place], color=BAD, linewidth=2)
            axes.plot(times, place, "o", color=BAD, markersize=8)
        names = [
            f"{label(row['name'])}\n{RULES[row['rule']].measure.name}, n = {whole(row['n'])}"
            for row in rows.to_dict("records")
        ]
        axes.set_yticks(range(len(rows)), names, fontsize=9.5)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(_times))
        axes.set_xlabel("times the expected rate, 95 % interval")
        axes.grid(visible=False, axis="y")
        told = [
            f"{row['name']}: {RULES[row['rule']].measure.name} "
            f"{share(row['value'])} instead of {share(row['expected'])}"
            for row in result.found.to_dict("records")
        ]
        return picture(axes, name="problems", title="Problem areas", alt=f"Problem areas: {'; '.join(told)}.")


def _times(value: float, _place: object) -> str:
    return f"{value:g}×" if value >= 1 else f"1/{1 / value:g}×"


def complaints(result: Findings) -> Picture:
    """Complaint rates with their intervals against Gmail's two limits."""
    title = "Complaints against Gmail's limits"
    rows = result.limits[result.limits["rule"] == "complaints"].tail(MOST).iloc[::-1]
    if rows.empty:
        return nothing("complaints", title, "no complaints are known")
    limits = RULES["complaints"].limits
    with drawing(1.1 + 0.27 * len(rows)) as axes:
        for limit in limits:
            axes.axvline(limit, color=BAD, linewidth=1, linestyle="--")
        for place, row in enumerate(rows.to_dict("records")):
            said = row["verdict"].split()[0]
            color = {"below": GOOD, "above": BAD}.get(said, QUIET)
            axes.plot([row["rate_low"], row["rate_high"]], [place, place], color=color, linewidth=2)
            axes.plot(row["value"], place, "o", color=color, markersize=6)
        names = [f"{_month(row['name'])} ({whole(row['n'])})" for row in rows.to_dict("records")]
        axes.set_yticks(range(len(rows)), names, fontsize=9.5)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_xlim(0, max(*rows["rate_high"], limits[-1]) * 1.08)
        axes.xaxis.set_major_formatter(percent(0.001))
        axes.set_xlabel("complained of delivered (number), 95 % interval\ngreen: below 0.10 %; grey: can't be judged")
        axes.grid(visible=False, axis="y")
        told = [
            f"{_month(row['name'])} {share(row['value'])}, {row['verdict']}"
            for row in rows.iloc[::-1].to_dict("records")
        ]
        return picture(axes, name="complaints", title=title, alt=f"{title}: {'; '.join(told)}.")


def _month(name: str) -> str:
    return month(name) if name[:4].isdigit() else name


def frequency(result: Frequency) -> Picture:
    """The share that leaves at a mail, by how many mails came in the days before it."""
    title = "Leaving, by mails received"
    rows = result.levels[result.levels["mails"] > 0].iloc[::-1].reset_index(drop=True)
    if rows.empty:
        return nothing("frequency", title, "no event log tells who got how many mails")
    with drawing(1.2 + 0.34 * len(rows)) as axes:
        axes.axvline(result.overall, color=INK, linewidth=1)
        # An interval wider than a few times the others would press them together; its end is beyond the edge.
        edge = max(6 * result.overall, 1.5 * rows["value"].max())
        for place, row in enumerate(rows.to_dict("records")):
            axes.plot([row["low"], min(row["high"], edge)], [place, place], color=PLAIN, linewidth=2)
            axes.plot(row["value"], place, "o", color=PLAIN, markersize=7)
            if row["high"] > edge:
                axes.plot(edge, place, ">", color=PLAIN, markersize=6, clip_on=False)
        names = [f"{row['level']} in {row['days']} days ({whole(row['mails'])})" for row in rows.to_dict("records")]
        axes.set_yticks(range(len(rows)), names, fontsize=9.5)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlim(0, edge)
        axes.xaxis.set_major_formatter(percent(float(edge)))
        axes.set_xlabel("left the list at a mail, 95 % interval; line: all mails\nmails in the days up to it (number)")
        axes.grid(visible=False, axis="y")
        told = [
            f"{row['level']} in {row['days']} days {share(row['value'])}" for row in rows.iloc[::-1].to_dict("records")
        ]
        return picture(axes, name="frequency", title=title, alt=f"{title}: {'; '.join(told)}.")


def benchmarks(result: Benchmarks) -> Picture:
    """Each own rate with its interval, over the published figures; hollow ones are no threshold."""
    title = "Beside published figures"
    kpis = result.rates.dropna(subset="value").to_dict("records")
    if not kpis:
        return nothing("benchmarks", title, "no rate is known")
    with panels(0.5 + 0.85 * len(kpis)) as figure:
        rows_of_axes = figure.subplots(len(kpis), 1, squeeze=False)[:, 0]
        for axes, row in zip(rows_of_axes, kpis, strict=True):
            known = result.published[result.published["kpi"] == row["kpi"]]
            used = known["why"] == ""
            if row["figures"] > 1:
                axes.axvspan(row["lowest"], row["highest"], color=BAND, zorder=0)
            axes.plot(known.loc[~used, "value"], [0] * int((~used).sum()), "o", color=QUIET, mfc="none", markersize=6)
            axes.plot(known.loc[used, "value"], [0] * int(used.sum()), "o", color=QUIET, markersize=6)
            outside = row["verdict"] in ("below the spread", "above the spread")
            axes.plot([row["low"], row["high"]], [1, 1], color=BAD if outside else PLAIN, linewidth=2)
            axes.plot(row["value"], 1, "o", color=BAD if outside else PLAIN, markersize=7)
            axes.set_yticks([0, 1], ["published", f"own ({whole(row['n'])})"], fontsize=9.5)
            axes.set_ylim(-0.7, 1.7)
            highest = max([row["high"], *known["value"]])
            axes.set_xlim(0, highest * 1.06)
            axes.xaxis.set_major_formatter(percent(highest))
            axes.set_title(metrics.find(row["kpi"]).title, fontsize=10)
            axes.grid(visible=False, axis="y")
        told = [f"{metrics.find(row['kpi']).name} {share(row['value'])}, {row['verdict']}" for row in kpis]
        return picture(figure, name="benchmarks", title=title, alt=f"{title}: {'; '.join(told)}.")
