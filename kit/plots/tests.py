"""The figure of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter

from kit import metrics
from kit.show.axes import MOST
from kit.show.formats import MINUS, money, points
from kit.show.picture import BAD, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, picture

if TYPE_CHECKING:
    import pandas as pd


def tests(verdicts: pd.DataFrame, *, currency: str = "") -> Picture:  # noqa: PT028  tests of subject lines, no test of code
    """The difference of each test with its interval; right of zero the second variant is higher."""
    rate = verdicts.empty or metrics.find(str(verdicts["kpi"].iloc[0])).unit == "share"
    form, unit = (points, "percentage points") if rate else (money(currency), currency or "money")
    rows = verdicts[verdicts["difference"].notna()].tail(MOST).iloc[::-1]
    with drawing(1.1 + 0.42 * max(len(rows), 1)) as axes:
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
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, rate=rate)))
        axes.set_xlabel(f"second minus first, {unit}, with its interval")
        axes.grid(visible=False, axis="y")
        told = [
            f"{row['campaign_name']} {form(row['difference'])}{' points' if rate else ''}, {row['decision']}"
            for row in rows.to_dict("records")
        ]
        alt = f"Tests: {'; '.join(told) or 'none'}."
        return picture(axes, name="tests", title="Difference of each test", alt=alt)


def _tick(value: float, *, rate: bool) -> str:
    if not value:
        return "0"
    return points(value, 0) if rate else f"{value:+,.4g}".replace("-", MINUS)
