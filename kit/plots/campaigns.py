"""Figures of guide 1. Each answers its question at a glance and shows intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, PercentFormatter

from kit import kpi as registry
from kit.plots.picture import BAD, BAND, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, picture
from kit.words.form import minutes, month, points, share, whole
from kit.words.shown import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.compare import Comparison
    from kit.months import Months
    from kit.problems import Findings
    from kit.volume import Volume

MOST = 40
"""Rows of one figure; of more, those that say most are drawn and the title says so."""

_KINDS = {"bulk": PLAIN, "automated": "#9db8d6", "no campaign": QUIET}
_SIDES = {"better": GOOD, "worse": BAD, "as usual": PLAIN}


def coverage(counts: pd.DataFrame) -> Picture:
    """Mails sent by month and kind; `counts` is `counts.messages(data, ["month", "kind"], kind="")`."""
    wide = counts.pivot_table(index="month", columns="kind", values="sent", aggfunc="sum").astype(float)
    if len(wide):
        wide = wide.reindex(pd.period_range(wide.index.min(), wide.index.max(), freq="M").strftime("%Y-%m")).fillna(0)
    kinds = [kind for kind in _KINDS if kind in wide]
    with drawing(2.6) as figure:
        axes = figure.subplots()
        bottom = np.zeros(len(wide))
        for kind in kinds:
            axes.bar(range(len(wide)), wide[kind], bottom=bottom, color=_KINDS[kind], width=0.7, label=kind)
            bottom += wide[kind].to_numpy()
        axes.set_ylabel("mails sent")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: whole(value)))
        axes.grid(visible=False, axis="x")
        _month_axis(axes, list(wide.index))
        if len(kinds) > 1:
            axes.legend(frameon=False, ncols=len(kinds), loc="lower left", bbox_to_anchor=(0, 1))
        title = "Mails sent by month"
        alt = f"{title}: {_series(wide.index, bottom, whole)}."
        return picture(figure, name="coverage", title=title, alt=alt)


def months(result: Months) -> Picture:
    """Each KPI by month with its interval, over the band within which months usually lie."""
    known = result.rates[result.rates["value"].notna()]
    kpis = [key for key in dict.fromkeys(result.rates["kpi"]) if (known["kpi"] == key).any()]
    names = list(dict.fromkeys(result.rates["month"]))
    usual = result.usual.set_index("kpi")
    with drawing(0.5 + 1.55 * max(len(kpis), 1)) as figure:
        grid = figure.subplots(max(len(kpis), 1), 1, sharex=True, squeeze=False)[:, 0]
        for axes, key in zip(grid, kpis, strict=False):
            own = known[known["kpi"] == key]
            place = own["month"].map(names.index)
            mean, tau = (float(usual[name][key]) for name in ("mean", "tau"))
            usually = [] if np.isnan(tau) else [mean - 2 * tau, mean + 2 * tau]
            if usually:
                axes.axhspan(*usually, color=BAND, zorder=0)
            _intervals(axes, place, own, color=PLAIN)
            for verdict, color in (("up", _towards(key, 1)), ("down", _towards(key, -1))):
                moved = own[own["verdict"] == verdict]
                axes.plot(moved["month"].map(names.index), moved["value"], "o", color=color, markersize=8)
            axes.set_title(registry.find(key).title)
            axes.yaxis.set_major_formatter(_percent(own["high"].max() - own["low"].min()))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.set_ylim(*_range([*own["low"], *own["high"], *usually]))
            axes.grid(visible=False, axis="x")
        _month_axis(grid[-1], names)
        told = [f"{registry.find(key).title}: {_of(known, key)}" for key in kpis]
        alt = "By month. " + ". ".join(told) + "."
        return picture(figure, name="months", title="KPIs by month", alt=alt)


def comparison(result: Comparison) -> Picture:
    """Campaigns with their intervals over the band within which they usually lie, the best on top."""
    rows = result.rates[result.rates["value"].notna()].sort_values("sent_local", kind="stable")
    drawn = rows[rows["verdict"].isin(("better", "worse"))]
    drawn = pd.concat([drawn, rows.drop(drawn.index).tail(max(MOST - len(drawn), 0))])
    drawn = drawn.sort_values("value", kind="stable").tail(MOST)
    left = len(rows) - len(drawn)
    with drawing(1.0 + 0.27 * max(len(drawn), 2)) as figure:
        axes = figure.subplots()
        spread = result.spread
        if spread.tau == spread.tau:
            axes.axvspan(max(spread.mean - 2 * spread.tau, 0), spread.mean + 2 * spread.tau, color=BAND, zorder=0)
        for place, row in enumerate(drawn.to_dict("records")):
            color = _SIDES.get(row["verdict"], QUIET)
            axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
            axes.plot(row["value"], place, "o" if row["verdict"] in _SIDES else "D", color=color, markersize=5.5)
        axes.set_yticks(range(len(drawn)), [label(name) for name in drawn["campaign_name"]], fontsize=9.5)
        axes.set_ylim(-0.8, len(drawn) - 0.2)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(_percent(drawn["high"].max() if len(drawn) else 1))
        axes.set_xlabel(f"{result.kpi.title.lower()}, 95 % interval\ngrey: where campaigns usually lie")
        axes.grid(visible=False, axis="y")
        title = f"Campaigns by {result.kpi.title.lower()}" + (f" ({left} as usual not drawn)" if left else "")
        flagged = [
            f"{row['campaign_name']} {row['verdict']}"
            for row in drawn.to_dict("records")
            if row["verdict"] in ("better", "worse")
        ]
        alt = (
            f"{title}: {whole(len(drawn))} from {share(drawn['value'].min())} to {share(drawn['value'].max())}; "
            f"beyond the usual: {listed(flagged) or 'none'}."
            if len(drawn)
            else f"{title}: none known."
        )
        return picture(figure, name="comparison", title=title, alt=alt)


def findings(result: Findings) -> Picture:
    """Each finding as a multiple of what was expected, with its interval; 1 is as usual."""
    rows = result.found.head(MOST).iloc[::-1]
    with drawing(1.1 + 0.5 * max(len(rows), 1)) as figure:
        axes = figure.subplots()
        axes.axvline(1, color=INK, linewidth=1)
        for place, row in enumerate(rows.to_dict("records")):
            ends = [max((row["expected"] + row[name]) / row["expected"], 0.02) for name in ("low", "high")]
            times = max(row["value"] / row["expected"], 0.02)
            axes.plot(ends, [place, place], color=BAD, linewidth=2)
            axes.plot(times, place, "o", color=BAD, markersize=8)
        names = [f"{label(row['name'])}\n{registry.find(row['kpi']).title.lower()}" for row in rows.to_dict("records")]
        axes.set_yticks(range(len(rows)), names, fontsize=9.5)
        axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
        axes.set_xlabel("times the expected rate, 95 % interval")
        axes.grid(visible=False, axis="y")
        told = [
            f"{row['name']}: {registry.find(row['kpi']).title.lower()} "
            f"{share(row['value'])} instead of {share(row['expected'])}"
            for row in result.found.to_dict("records")
        ]
        alt = f"Problem areas: {'; '.join(told) or 'none'}."
        return picture(figure, name="problems", title="Problem areas", alt=alt)


def tests(verdicts: pd.DataFrame) -> Picture:
    """The difference of each test with its interval; right of zero the second variant is higher."""
    rows = verdicts[verdicts["difference"].notna()].tail(MOST).iloc[::-1]
    with drawing(1.1 + 0.42 * max(len(rows), 1)) as figure:
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=1)
        for place, row in enumerate(rows.to_dict("records")):
            broken = row["decision"] == "split broken"
            color = QUIET if broken else {"a": BAD, "b": GOOD}.get(row["decision"], PLAIN)
            style: dict[str, Any] = {"linestyle": ":"} if broken else {}
            axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2, **style)
            axes.plot(row["difference"], place, "x" if broken else "o", color=color, markersize=7)
        names = [
            f"{label(row['campaign_name'])}{' (split broken)' if row['decision'] == 'split broken' else ''}"
            for row in rows.to_dict("records")
        ]
        axes.set_yticks(range(len(rows)), names, fontsize=9.5)
        axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: points(value, 0) if value else "0"))
        axes.set_xlabel("second minus first, percentage points, 95 % interval")
        axes.grid(visible=False, axis="y")
        told = [
            f"{row['campaign_name']} {points(row['difference'])} points, {row['decision']}"
            for row in rows.to_dict("records")
        ]
        alt = f"Tests: {'; '.join(told) or 'none'}."
        return picture(figure, name="tests", title="Difference of each test", alt=alt)


def volume(result: Volume) -> Picture:
    """What each KPI needs on each side against what a campaign, a month and a year have."""
    rows = result.rates[result.rates["needed"].notna()].iloc[::-1]
    with drawing(1.2 + 0.38 * max(len(rows), 1)) as figure:
        axes = figure.subplots()
        for place, row in enumerate(rows.to_dict("records")):
            has = [row["n_campaign"], row["n_month"], 12 * row["n_month"]]
            axes.plot([has[0], has[2]], [place, place], color=BAND, linewidth=9, solid_capstyle="butt", zorder=1)
            axes.plot(has, [place] * 3, "|", color=QUIET, markersize=11, markeredgewidth=1.6)
            reached = row["needed"] <= has[2]
            axes.plot(
                row["needed"],
                place,
                "o",
                color=GOOD if row["needed"] <= has[0] else PLAIN if reached else BAD,
            )
            if place == len(rows) - 1:
                for x, name in zip(has, ("campaign", "month", "year"), strict=True):
                    axes.annotate(
                        name,
                        (x, place),
                        (0, 9),
                        textcoords="offset points",
                        ha="center",
                        fontsize=9,
                        color=INK,
                    )
        axes.set_yticks(range(len(rows)), [registry.find(key).title for key in rows["kpi"]])
        axes.set_ylim(-0.6, max(len(rows), 1) - 0.1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: whole(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("mails (logarithmic)\ndot: needed on each side; bar: from one campaign to a year")
        axes.grid(visible=False, axis="y")
        told = [
            f"{registry.find(row['kpi']).title} needs {whole(row['needed'])}: {row['verdict']}"
            for row in rows.iloc[::-1].to_dict("records")
        ]
        alt = f"What the volume can measure: {'; '.join(told)}."
        return picture(figure, name="volume", title="What this volume can measure", alt=alt)


def waiting(values: pd.DataFrame) -> Picture:
    """Median time to the first answer by month with its interval; `values` is `kpi.waiting(…, by=["month"])`."""
    known = values[values["value"].notna()]
    with drawing(2.6) as figure:
        axes = figure.subplots()
        names = list(known["month"])
        _intervals(axes, pd.Series(range(len(names))), _hours(known), color=PLAIN)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("hours (median)")
        axes.grid(visible=False, axis="x")
        _month_axis(axes, names)
        alt = f"Median time to the first answer by month: {_series(names, known['value'], minutes)}."
        return picture(figure, name="waiting", title="Time to the first answer", alt=alt)


def _hours(known: pd.DataFrame) -> pd.DataFrame:
    return known[["value", "low", "high"]] / 60


def _intervals(axes: Axes, place: pd.Series, own: pd.DataFrame, *, color: str) -> None:
    axes.vlines(place, own["low"], own["high"], color=color, linewidth=1.8)
    axes.plot(place, own["value"], "o-", color=color, markersize=4.5, linewidth=1, alpha=0.9)


def _towards(key: str, sign: int) -> str:
    return GOOD if (sign > 0) == (registry.find(key).better == "higher") else BAD


def _month_axis(axes: Axes, names: list[str]) -> None:
    step = max(1, -(-len(names) // 8))  # at most eight names, so that they are read on a phone
    shown = range(0, len(names), step)
    axes.set_xticks(list(shown), [month(names[n]).replace(" ", "\n") for n in shown])
    axes.set_xlim(-0.6, max(len(names), 1) - 0.4)


def _range(values: list[float]) -> tuple[float, float]:
    """From zero where the values reach down towards it; else just around them, within 0 and 100 %."""
    low, high = min(values), max(values)
    room = (high - low) * 0.12 or 0.01
    return (0, high + room) if low < high / 3 else (max(low - room, 0), min(high + room, 1))


def _percent(highest: float) -> PercentFormatter:
    return PercentFormatter(1, decimals=0 if highest >= 0.05 else 1 if highest >= 0.005 else 2)


def _of(known: pd.DataFrame, key: str) -> str:
    own = known[known["kpi"] == key]
    return _series(own["month"], own["value"], share)


def _series(names: Any, values: Any, form: Any) -> str:
    return ", ".join(f"{month(name)} {form(value)}" for name, value in zip(names, values, strict=True)) or "none"
