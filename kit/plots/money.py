"""The figure of money: what was sold after clicks beside what mail alone brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import known
from kit.show.picture import GOOD, INK, PLAIN, Picture, drawing, nothing, picture

if TYPE_CHECKING:
    from kit.money import Attribution, Effect

_TITLE = "Sold after clicks, and brought by mail alone"


def returns(sold: Attribution, effect: Effect | None, currency: str) -> Picture:
    """Revenue by window after the click, and the holdout's own answer, each with its interval."""
    if not sold.orders:
        return nothing("returns", _TITLE, "no sales are known for this time")
    rows: list[tuple[str, dict[Any, Any], str]] = [
        (f"up to {row['days']} d after a click", row, PLAIN)
        for row in sold.windows.to_dict("records")
        if known(row["revenue"])
    ]
    if effect is not None and not effect.problem:
        own: dict[Any, Any] = {
            name: getattr(effect.revenue, name) * effect.treated for name in ("value", "low", "high")
        }
        rows.append(("beyond the holdout", own | {"revenue": own["value"]}, GOOD))
    if not rows:
        return nothing("returns", _TITLE, sold.problem)
    with drawing(1.0 + 0.36 * len(rows)) as axes:
        axes.axvline(0, color=INK, linewidth=1)
        for place, (_, row, color) in enumerate(reversed(rows)):
            if known(row["low"]):
                axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2)
            axes.plot(row["revenue"], place, "o" if known(row["low"]) else "D", color=color, markersize=6.5)
        axes.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace("-", "\N{MINUS SIGN}"))
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel(
            f"revenue, net of refunds [{currency}], 95 % interval\n(diamond: too few buyers for an interval)"
        )
        axes.grid(visible=False, axis="y")
        told = ", ".join(f"{name} {row['revenue']:,.0f}" for name, row, _ in rows)
        return picture(axes, name="returns", title=_TITLE, alt=f"Revenue in {currency}: {told}.")
