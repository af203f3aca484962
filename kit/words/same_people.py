"""Words of the same people in several campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import known, listing, named, points, share, span, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.same_people import SamePeople

_WHY = {
    "kpi": "it is not told person by person, or who did it got no further mail",
    "totals": "no event log tells of these campaigns, and totals know no people",
    "nobody": "nobody is seen to have got all of these campaigns",
}


def same_people(result: SamePeople) -> Summary:
    """Whether the campaigns differ among the people who got all of them, and which did better."""
    title = result.kpi.title
    names = [named(name) for name in result.rates["campaign_name"]]
    numbers: dict[str, Any] = {"people": result.people, "campaigns": len(names), "p": result.several.p}
    if result.why:
        text = f"“{title}” of the same people cannot be compared: {_WHY[result.why]}."
        return Summary("same_people", text, numbers)
    told = [
        f"{named(row['name_b'])} {points(row['value'])} points ({span(row['low'], row['high'])}) against "
        f"{named(row['name_a'])}"
        for row in result.pairs.to_dict("records")
        if row["decision"] in ("a", "b")
    ]
    numbers["decided"] = len(told)
    all_of = "both" if len(names) == 2 else "all of"
    start = f"{whole(result.people)} people got {all_of} {listing(names)}. By “{result.kpi.name}” "
    if told:
        return Summary("same_people", f"{start}they differ: {listing(told)}.", numbers, headline=True, weight=28)
    changed = int(result.pairs[["only_a", "only_b"]].sum(axis=1).max())
    text = (
        f"{start}which did better with them is not decided: at most {whole(changed)} reacted to one of two and not to "
        "the other, and only they can tell."
    )
    return Summary("same_people", text, numbers)


def same_people_table(result: SamePeople) -> Table:
    """Each pair of campaigns with the people who reacted to one alone."""
    value = dict(zip(result.rates["campaign_name"], result.rates["value"], strict=True))
    frame = result.pairs.assign(
        value_a=result.pairs["name_a"].map(value),
        value_b=result.pairs["name_b"].map(value),
    )
    columns = (
        Column("name_a", "First"),
        Column("name_b", "Second"),
        Column("value_a", "Of them, first", share, unit="share", number=True),
        Column("value_b", "Second", share, unit="share", number=True),
        Column("only_a", "First alone", whole, unit="people", number=True),
        Column("only_b", "Second alone", whole, unit="people", number=True),
        Column("value", "Difference (points)", _difference, unit="share", number=True, whole_row=True),
        Column("decision", "Verdict", _DECISIONS.__getitem__),
    )
    notes = (
        f"{result.kpi.title} among the {whole(result.people)} people who got all of them.",
        "Only who reacted to one alone can tell (McNemar); the verdicts are held to 5 % over all pairs (Holm).",
    )
    frame, notes = (frame.iloc[:0], ()) if result.why else (frame, notes)
    empty = f"{_WHY[result.why]}." if result.why else "no two campaigns."
    return Table("same_people", "The same people, campaign against campaign", frame, columns, notes, empty)


_DECISIONS = {
    "a": "the first did better",
    "b": "the second did better",
    "not decided": "not decided",
    "unknown": "cannot be estimated",
}


def _difference(row: Any) -> str:
    if not known(row["value"]):
        return "–"
    return f"{points(row['value'])} ({span(row['low'], row['high'])})"
