"""The figure of segments: each trait's levels with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.counts.traits import TRAITS
from kit.show.formats import share
from kit.show.picture import BAD, GOOD, INK, PLAIN, QUIET, Picture, drawing, label, picture

if TYPE_CHECKING:
    from kit.segments import Segments


def segments(result: Segments) -> Picture:
    """Levels under their trait; a filled dot differs from the others of its trait, a diamond is too small."""
    rates = result.rates[result.rates["value"].notna()]
    money = result.kpi.kind == "mean"
    good = {"higher": GOOD, "lower": BAD} if result.kpi.better == "higher" else {"higher": BAD, "lower": GOOD}
    names = list(dict.fromkeys(rates["trait"]))
    with drawing(1.0 + 0.27 * max(len(rates) + len(names), 3)) as axes:
        ticks: list[tuple[int, str, bool]] = []
        place = 0
        for name in names:
            ticks.append((place, TRAITS[name].title, True))
            place -= 1
            for row in rates[rates["trait"] == name].to_dict("records"):
                few = row["verdict"] in ("too few", "unknown")
                color = QUIET if few else good.get(row["verdict"], PLAIN)
                axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.6)
                axes.plot(row["value"], place, "D" if few else "o", color=color, markersize=5.5)
                ticks.append((place, label(row["level"]), False))
                place -= 1
        axes.set_yticks([at for at, _, _ in ticks], [text for _, text, _ in ticks], fontsize=9.5)
        for tick, (_, _, is_title) in zip(axes.get_yticklabels(), ticks, strict=True):
            tick.set_fontweight("bold" if is_title else "normal")
            tick.set_color(INK)
        axes.set_ylim(place + 0.2, 0.8)
        axes.set_xlim(left=min(0, rates["low"].min()) if money else 0)
        axes.xaxis.set_major_formatter("{x:,.0f}" if money else lambda value, _: share(value, 0))
        axes.set_xlabel(f"{result.kpi.name}, 95 % interval, the person as the unit")
        axes.grid(visible=False, axis="y")
        told = [
            f"{TRAITS[row['trait']].title} {row['level']} {row['value']:,.2f}"
            if money
            else f"{TRAITS[row['trait']].title} {row['level']} {share(row['value'])}"
            for row in rates.to_dict("records")
        ]
        alt = f"{result.kpi.title} by trait: {'; '.join(told) or 'none known'}."
        return picture(axes, name="segments", title=f"{result.kpi.title} by trait", alt=alt)
