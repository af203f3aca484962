"""Words of segments: for whom it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.counts.traits import TRAITS
from kit.segments import BUYERS
from kit.show.formats import MINUS, known, listing, points, share, span, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.segments import Segments


def segments_table(result: Segments) -> Table:
    """Levels of each trait with their rate, and how far they are from the other levels."""
    money = result.kpi.kind == "mean"
    unit, apart = ("money", "Apart from the others") if money else ("share", "Apart from the others (points)")
    columns = (
        Column("trait", "Trait", lambda name: TRAITS[name].title),
        Column("level", "Level"),
        Column("people", "People", whole, unit="people", number=True),
        Column("n", f"Mails {result.kpi.denominator}", whole, unit="mails", number=True),
        Column("value", result.kpi.title, _amount if money else _interval, unit=unit, number=True, whole_row=True),
        Column("difference", apart, _amount_apart if money else _difference, unit=unit, number=True, whole_row=True),
        Column("verdict", "Verdict"),
    )
    judged = int(result.rates["p"].notna().sum())
    notes = (
        "The person is the unit: the brackets are wider than those of as many independent mails.",
        f"{whole(judged)} comparisons; false ones are held to 5 % of those flagged.",
        *(f"{TRAITS[name].title}: {TRAITS[name].meaning}." for name in dict.fromkeys(result.rates["trait"])),
    )
    if money:
        notes += (
            "Sold after the mail, whoever would have bought anyway included; mail younger than the window is left out.",
            f"Too few: the money amounts to that of fewer than {BUYERS} equal buyers.",
        )
    return Table("segments", f"{result.kpi.title} by trait", result.rates, columns, notes, _nothing(result))


def unknown_table(result: Segments) -> Table:
    """How much mail each trait knows of; known and unknown add up to the total."""
    frame = result.traits.assign(total=result.total, told=result.total - result.traits["unknown"])
    columns = (
        Column("trait", "Trait", lambda name: TRAITS[name].title),
        Column("told", "Mails of known level", whole, unit="mails", number=True),
        Column("unknown", "Not known", whole, unit="mails", number=True),
        Column("total", "In all", whole, unit="mails", number=True),
    )
    young = " and mail younger than the window for sales," if result.kpi.kind == "mean" else ""
    notes = (f"Not known: mail that only totals tell of,{young} and people of whom the contacts do not say it.",)
    return Table("segments_unknown", "How much mail this page knows of", frame, columns, notes, _NO_LOG)


def segments(result: Segments) -> Summary:
    """Which levels react otherwise than the rest, the furthest first."""
    found = result.rates[result.rates["verdict"].isin(("higher", "lower"))]
    found = found.sort_values("difference", key=abs, ascending=False)
    judged = int(result.rates["p"].notna().sum())
    numbers = {"kpi": result.kpi.key, "judged": judged, "found": len(found)}
    title = result.kpi.name
    if not judged:
        return Summary("segments_found", f"No group of people can be judged by “{title}”.", numbers)
    if found.empty:
        text = f"By “{title}” none of {whole(judged)} groups of people is seen to differ from the others of its trait."
        return Summary("segments_found", text, numbers, headline=True, weight=25)
    told = [
        f"{TRAITS[row['trait']].name} “{row['level']}” "
        + (
            f"{row['value']:,.2f} ({_signed(row['difference'])})"
            if result.kpi.kind == "mean"
            else f"{share(row['value'])} ({points(row['difference'])} points)"
        )
        for row in found.head(3).to_dict("records")
    ]
    text = (
        f"By “{title}” {whole(len(found))} of {whole(judged)} groups of people differ from the others of their trait, "
        f"the furthest {listing(told)}."
    )
    return Summary("segments_found", text, numbers, headline=True, weight=35)


def _nothing(result: Segments) -> str:
    return "no log names people, or nothing tells what they bought." if result.kpi.kind == "mean" else _NO_LOG


_NO_LOG = "no log names people."


def _signed(amount: float) -> str:
    return f"{amount:+,.2f}".replace("-", MINUS)


def _amount(row: Any) -> str:
    if not known(row["low"]):
        return f"{row['value']:,.2f} (no interval)"
    return f"{row['value']:,.2f} ({row['low']:,.2f} to {row['high']:,.2f})".replace("-", MINUS)


def _amount_apart(row: Any) -> str:
    if row["verdict"] in ("too few", "unknown"):
        return "–"
    ends = f"{_signed(row['difference_low'])} to {_signed(row['difference_high'])}"
    return f"{_signed(row['difference'])} ({ends})"


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _difference(row: Any) -> str:
    if row["verdict"] in ("too few", "unknown"):
        return "–"
    return f"{points(row['difference'])} ({span(row['difference_low'], row['difference_high'])})"
