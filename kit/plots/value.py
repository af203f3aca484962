"""The figure of customer value: what was expected of groups of customers, and what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.show.formats import whole
from kit.show.picture import INK, PLAIN, Picture, drawing, nothing, picture

if TYPE_CHECKING:
    from kit.value import Check


def value_bands(result: Check) -> Picture:
    """Purchases expected of each group of customers beside those they made in the days held back."""
    title = f"Purchases in the {result.days} days held back, by group of customers"
    table = result.bands
    if table.empty:
        return nothing("value_bands", title, result.reason)
    with drawing(3.2) as axes:
        axes.vlines(table["band"], table["low"], table["high"], color=PLAIN, linewidth=1.8)
        axes.plot(table["band"], table["observed"], "o", color=PLAIN, markersize=5.5, label="made")
        axes.plot(table["band"], table["expected"], "D", color=INK, markersize=5, label="expected", fillstyle="none")
        axes.legend(loc="upper left", frameon=False, fontsize=9.5)
        axes.set_ylim(bottom=0)
        axes.set_xticks(list(table["band"]), [f"{whole(row.band)}\n({whole(row.n)})" for row in table.itertuples()])
        axes.set_xlabel("group of customers, the least expected first (number)")
        axes.set_ylabel("purchases a customer")
        axes.grid(visible=False, axis="x")
        told = [f"group {whole(row.band)} {row.expected:.2f} and {row.observed:.2f}" for row in table.itertuples()]
        return picture(
            axes, name="value_bands", title=title, alt=f"{title}, expected and made by each: {', '.join(told)}."
        )
