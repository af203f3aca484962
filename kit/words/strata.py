"""Words of tests read part by part of the audience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.counts.traits import TRAITS
from kit.show.formats import known, listing, named, points, share, span, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.strata import Strata

_READINGS = {
    "same": "no part is seen to differ",
    "uneven": "differs from part to part",
    "misleads": "the pooled rates mislead",
    "broken": "split is broken: not read",
    "unknown": "cannot be told",
}


def strata(result: Strata) -> Summary:
    """Whether the tests say the same of every part, and where the pooled rates mislead."""
    part = _part(result.part)
    rows = result.tests
    told = rows[~rows["reading"].isin(("unknown", "broken"))]
    numbers: dict[str, Any] = {name: int((rows["reading"] == name).sum()) for name in _READINGS}
    if told.empty:
        why = "it is told of rates only" if result.kpi.kind != "rate" else "no log tells it of the people of a test"
        text = f"Tests cannot be read by {part}: {why}."
        return Summary("strata", text, numbers)
    wrong = [_misleads(row) for row in told[told["reading"] == "misleads"].to_dict("records")]
    if wrong:
        return Summary("strata", " ".join(wrong), numbers, headline=True, weight=75)
    uneven = told[told["reading"] == "uneven"]
    if len(uneven):
        names = listing([named(name) for name in dict.fromkeys(uneven["campaign_name"])])
        text = f"By {part} the difference is not one for all in {names}: read it part by part, and test each anew."
        return Summary("strata", text, numbers, headline=True, weight=45)
    moved = (told["difference"] - told["pooled"]).abs().max()
    one = len(told) == 1
    text = (
        f"In {'the test' if one else f'all {whole(len(told))} tests'} that can be read by {part} no part is seen to "
        f"differ from the others, and the mix of the arms moves {'it' if one else 'none'} by more than "
        f"{points(moved, 2).lstrip('+')} points."
    )
    return Summary("strata", text, numbers)


def _misleads(row: Mapping[Any, Any]) -> str:
    side = "higher" if row["difference"] > 0 else "lower"
    within = f"{points(row['difference'], 2)} points ({span(row['low'], row['high'], 2)})"
    pooled = f"{points(row['pooled'], 2)} points"
    return (
        f"{named(row['campaign_name'])}: the pooled rates mislead. Put together, {row['b']} is {pooled} from "
        f"{row['a']}; within the parts it is {within}, {side}. The arms did not go to the same "
        "mix: go by the difference within parts, and find out why the split changed."
    )


def strata_table(result: Strata) -> Table:
    """Each test: the pooled difference, the one within parts, and whether it is one for all."""
    columns = (
        Column("campaign_name", "Test"),
        Column("b", "Arms", lambda row: f"{row['b']} minus {row['a']}", whole_row=True),
        Column("parts", "Parts", whole, number=True),
        Column("pooled", "All together (points)", lambda value: points(value, 1), unit="share", number=True),
        Column("difference", "Within parts (points)", _difference, unit="share", number=True, whole_row=True),
        Column("uneven_p", "One for all: p", lambda value: f"{value:.2f}", number=True),
        Column("reading", "Reading", _READINGS.__getitem__),
    )
    notes = (
        f"Parts by {_part(result.part)}. Within parts: Mantel and Haenszel's common difference with its interval.",
        "One for all: Breslow and Day's test of one odds ratio (Tarone), adjusted for the number of tests (Holm).",
    )
    notes = notes if len(result.tests) else ()
    empty = "no log tells the parts of a test."
    return Table("strata", f"Tests by {_part(result.part)}", result.tests, columns, notes, empty)


def parts_table(result: Strata) -> Table:
    """Each part of each test."""
    columns = (
        Column("campaign_name", "Test"),
        Column("part", "Part"),
        Column("n_a", "Mails", lambda row: f"{whole(row['n_a'])} – {whole(row['n_b'])}", number=True, whole_row=True),
        Column("value_a", "First", share, unit="share", number=True),
        Column("value_b", "Second", share, unit="share", number=True),
        Column("difference", "Difference (points)", _difference, unit="share", number=True, whole_row=True),
        Column("p", "p (Holm)", lambda value: "< 0.001" if value < 0.001 else f"{value:.3f}", number=True),
    )
    notes = ("p: over the parts of a test; “–”: too few to judge.",)
    title = f"{result.kpi.title} of each part"
    notes = notes if len(result.rates) else ()
    return Table("strata_parts", title, result.rates, columns, notes, "no log tells the parts of a test.")


def _part(name: str) -> str:
    return TRAITS[name].name if name in TRAITS else name.replace("_", " ")


def _difference(row: Any) -> str:
    if not known(row["difference"]):
        return "–"
    return f"{points(row['difference'])} ({span(row['low'], row['high'])})"
