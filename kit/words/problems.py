"""Words of the problem finder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import problems
from kit.words.form import named, points, share, span, whole
from kit.words.shown import Column, Sentence, Table

if TYPE_CHECKING:
    from kit.problems import Findings

_SYMPTOMS = {symptom.key: symptom for symptom in problems.SYMPTOMS}


def finding_table(result: Findings) -> Table:
    """The findings: where, how large, how many mails, by which rule, and what to try."""
    frame = result.found.assign(
        cause=result.found["symptom"].map({key: symptom.cause for key, symptom in _SYMPTOMS.items()}),
        next_step=result.found["symptom"].map({key: symptom.next_step for key, symptom in _SYMPTOMS.items()}),
    )
    columns = (
        Column("name", "Where"),
        Column("symptom", "What is seen", lambda key: _SYMPTOMS[key].sign),
        Column("value", "Rate", share, unit="share", number=True),
        Column("expected", "Expected", share, unit="share", number=True),
        Column("size", "Beyond it (points)", _size, unit="share", number=True, whole_row=True),
        Column("mails", "Mails", whole, unit="mails", number=True),
        Column("cause", "Likely cause"),
        Column("next_step", "What to try"),
    )
    notes = (
        f"{whole(result.checked)} groups were checked; false ones are held to 5 % of those named.",
        "Expected: what the other groups let one expect.",
        "The brackets hold counting error and the usual variation together.",
        "A cause is likely, not proven: the next mail can tell.",
    )
    return Table("problems", "Problem areas", frame, columns, notes, "no group lies beyond the usual variation.")


def _size(row: dict[str, Any]) -> str:
    return f"{points(row['size'])} ({span(row['low'], row['high'])})"


def skipped_rules(result: Findings) -> Table:
    """The rules that could not be applied, and why."""
    columns = (
        Column("symptom", "Rule", lambda key: f"{_SYMPTOMS[key].sign}, by {_SYMPTOMS[key].unit}"),
        Column("reason", "Why it could not be applied"),
    )
    return Table(
        "rules_skipped",
        "Rules that could not be applied",
        result.skipped,
        columns,
        empty="every rule was applied.",
    )


def findings(result: Findings) -> Sentence:
    """The worst problem, in one sentence."""
    numbers: dict[str, Any] = {"checked": result.checked, "found": len(result.found)}
    if result.checked == 0:
        return Sentence("problems_found", "There is too little mail to look for problems.", numbers)
    if result.found.empty:
        text = f"No problem area: none of {whole(result.checked)} groups lies beyond the usual variation."
        return Sentence("problems_found", text, numbers, headline=True, weight=50)
    told = [
        f"{named(row['name'])}: {_SYMPTOMS[row['symptom']].sign} ({share(row['value'])} instead of "
        f"{share(row['expected'])}, {whole(row['mails'])} mails)"
        for row in result.found.head(4).to_dict("records")
    ]
    many = "One problem area" if len(result.found) == 1 else f"{whole(len(result.found))} problem areas"
    text = f"{many} among {whole(result.checked)} groups checked: {'; '.join(told)}."
    return Sentence("problems_found", text, numbers, headline=True, weight=90)
