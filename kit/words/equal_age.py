"""Words of young campaigns beside the others at their age."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.show.formats import known, named, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Table
from kit.words.compare import comparison_table

if TYPE_CHECKING:
    from kit.equal_age import EqualAge

_SAID = {
    "better": "better than the others were at that age",
    "worse": "worse than the others were at that age",
    "as usual": "as the others were at that age",
    "too few": "too few to judge",
    "unknown": "not judged",
}


def equal_age(result: EqualAge) -> Summary:
    """How young campaigns do at their age, and how much of a week's reactions has come by then."""
    if not result.hours:
        return Summary("equal_age", "No campaign of an event log is too young to be judged as it stands.")
    told = [
        f"{named(row['campaign_name'])}: {with_interval(row['value'], row['low'], row['high'])} of "
        f"{whole(row['n'])}, {_SAID[row['verdict']]}"
        for row in result.young.to_dict("records")
    ]
    text = f"{result.compared.kpi.title} within {whole(result.hours)} h of each person's delivery. {'; '.join(told)}."
    if known(result.seen):
        low, high = share(result.low), share(result.high)
        text += f" By then {share(result.seen)} ({low} to {high}) of a week's {_WHAT[result.compared.kpi.numerator]} have come."
    numbers = {"hours": result.hours, "young": len(result.young), "seen": result.seen}
    return Summary("equal_age", text, numbers)


_WHAT = {"opened": "openings by people", "clicked": "clicks by people", "clicked_human": "clicks by people"}


def equal_age_table(result: EqualAge) -> Table:
    """All campaigns at the age of the youngest."""
    table = comparison_table(result.compared)
    title = f"Campaigns {whole(result.hours)} h after each person's own delivery" if result.hours else "At equal age"
    empty = "no campaign of an event log is too young."
    return Table("equal_age", title, table.frame, table.columns, table.notes if result.hours else (), empty)
