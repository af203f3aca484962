"""Figures of campaigns beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.show.axes import MOST, percent, span
from kit.show.formats import listing, share, whole
from kit.show.picture import BAD, BAND, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, picture

if TYPE_CHECKING:
    from kit.compare import Comparison, Ranking

FIRST = 20
"""Campaigns of the ranking that are drawn: nobody chooses from further down."""

_SIDES = {"better": GOOD, "worse": BAD, "as usual": PLAIN}


def comparison(result: Comparison) -> Picture:
    """Campaigns with their intervals over the band within which they usually lie, the best on top."""
    rows = result.rates[result.rates["value"].notna()].sort_values("sent_local", kind="stable")
    drawn = rows[rows["verdict"].isin(("better", "worse"))]
    drawn = pd.concat([drawn, rows.drop(drawn.index).tail(max(MOST - len(drawn), 0))])
    drawn = drawn.sort_values("value", kind="stable").tail(MOST)
    left = len(rows) - len(drawn)
    with drawing(1.0 + 0.27 * max(len(drawn), 2)) as axes:
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
        axes.xaxis.set_major_formatter(percent(drawn["high"].max() if len(drawn) else 1))
        axes.set_xlabel(f"{result.kpi.name}, 95 % interval\ngrey: where campaigns usually lie")
        axes.grid(visible=False, axis="y")
        title = f"Campaigns by {result.kpi.name}" + (f" ({left} as usual not drawn)" if left else "")
        flagged = [
            f"{row['campaign_name']} {row['verdict']}"
            for row in drawn.to_dict("records")
            if row["verdict"] in ("better", "worse")
        ]
        alt = (
            f"{title}: {whole(len(drawn))} from {share(drawn['value'].min())} to {share(drawn['value'].max())}; "
            f"beyond the usual: {listing(flagged) or 'none'}."
            if len(drawn)
            else f"{title}: none known."
        )
        return picture(axes, name="comparison", title=title, alt=alt)


def ranking(result: Ranking) -> Picture:
    """What may be expected of each campaign, with its interval, beside what was counted; the best on top."""
    rows = result.rates.head(FIRST) if result.regret == result.regret else result.rates.iloc[:0]
    drawn = rows.iloc[::-1].reset_index(drop=True)
    with drawing(1.1 + 0.27 * max(len(drawn), 2)) as axes:
        mean = result.prior.mean if len(drawn) else 0.0
        axes.axvline(mean, color=INK, linewidth=1)
        axes.hlines(drawn.index, drawn["value"], drawn["expect"], color=QUIET, linewidth=1, linestyle=":")
        axes.hlines(drawn.index, drawn["expect_low"], drawn["expect_high"], color=PLAIN, linewidth=1.6)
        axes.plot(drawn["value"], drawn.index, "o", color=INK, fillstyle="none", markersize=5.5)
        axes.plot(drawn["expect"], drawn.index, "o", color=PLAIN, markersize=5.5)
        axes.set_yticks(range(len(drawn)), [label(name) for name in drawn["campaign_name"]], fontsize=9.5)
        axes.set_ylim(-0.8, max(len(drawn), 1) - 0.2)
        low, high = span([mean, *drawn["value"], *drawn["expect_low"], *drawn["expect_high"]])
        axes.set_xlim(low, high)
        axes.xaxis.set_major_formatter(percent(high - low))
        axes.set_xlabel(f"{result.kpi.name}; dot: to be expected, 95 % interval\nring: as counted; line: usual")
        axes.grid(visible=False, axis="y")
        left = len(result.rates) - len(rows)
        title = "What to expect of each campaign" + (f" (the first {whole(len(rows))})" if len(rows) and left else "")
        told = [
            f"{row['campaign_name']} {share(row['expect'])}, counted {share(row['value'])}"
            for row in rows.to_dict("records")
        ]
        alt = f"{title}: {'; '.join(told) or 'fewer than four campaigns can be ranked'}."
        return picture(axes, name="ranking", title=title, alt=alt)
