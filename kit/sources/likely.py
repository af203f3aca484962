"""Which table a header that no preset knows most likely is: by its words, and by what its cells hold.

Only proposals are made of it (`kit map`); a file is never read by what is likely.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from kit.sources import cells
from kit.sources.recognise import Match, find
from kit.sources.times import AmbiguousDayError, Clock
from kit.tables import CAMPAIGN_STATS, CONTACTS, CONVERSIONS, ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kit.sources.cells import Cell
    from kit.sources.grid import Grid

LOOKED_AT = 100
"""Rows whose cells are looked at."""

MOSTLY = 0.8
"""Share of a column's filled cells that must be of a kind."""

ACTIONS = {
    "appointment": r"book|appointment|reserv|visit|slot|service|schedul|запис|услуг|визит|мастер|приём|прием|брон",
    "review": r"review|stars|отзыв",
    "lead": r"\blead|request|inquiry|enquiry|callback|заявк|обращен|\bлид",
}
"""What people do: signs of it in the words of a header."""

BESIDES = {CAMPAIGN_STATS.name: ("sent_local",)}
"""What a table can do without, and hardly ever does."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What the cells of a table hold.

    Attributes:
        dated: the columns of times, by position.
        paid: the columns of numbers that may be amounts.
        addressed: the columns of addresses.
        comes_again: whether a person stands on several rows.
        action: what its rows seem to be that people do; empty where nothing says it.
    """

    dated: tuple[int, ...]
    paid: tuple[int, ...]
    addressed: tuple[int, ...]
    comes_again: bool
    action: str


def best(grid: Grid) -> Match | None:
    """What a table most likely is; None where it has no header."""
    found = find(replace(grid, answer=False), [])
    if isinstance(found, Match):
        return found
    known = [one for one in found if not one.preset.recognise.of_platform]
    return min(known, key=lambda one: _unlikely(one, grid), default=None)


def filled(match: Match, grid: Grid) -> tuple[dict[str, int], dict[str, str]]:
    """The columns of a proposal by position, and its constants: those of the header, and what only the cells tell.

    A column is taken by its cells where the table needs one of this kind and just one is there.
    """
    seen = looks(grid, match)
    columns, constants = dict(match.columns), {}
    needed = {name for group in match.preset.recognise.needs if not columns.keys() & set(group) for name in group[:1]}
    needed |= set(BESIDES.get(match.preset.table, ())) - columns.keys()
    for name in sorted(needed):
        column = "email" if name == "email" else match.preset.into.column(name)
        places: tuple[int, ...] = ()
        if column == "email":
            places = seen.addressed
        elif column.type in {"local", "date"}:
            places = seen.dated
        elif column.type == "float":
            places = seen.paid
        free = [place for place in places if place not in columns.values()]
        if len(free) == 1:
            columns[name] = free[0]
        elif name == "action" and seen.action:
            constants[name] = seen.action
    if "email" not in columns and "contact_key" in match.preset.into.names and len(seen.addressed) == 1:
        columns |= {"email": seen.addressed[0]} if seen.addressed[0] not in columns.values() else {}
    return columns, constants


def looks(grid: Grid, match: Match) -> Looks:
    """What the cells below a header hold."""
    rows = [row.cells for row in grid.rows if row.line > match.line and not row.fault][:LOOKED_AT]
    columns = [[cell for row in rows if place < len(row) and not cells.is_null(cell := row[place])]
               for place in range(len(match.header))]  # fmt: skip
    dated = tuple(place for place, column in enumerate(columns) if _mostly(_is_time, column))
    addressed = tuple(place for place, column in enumerate(columns) if _mostly(lambda cell: "@" in str(cell), column))
    paid = tuple(
        place
        for place, column in enumerate(columns)
        if place not in dated and _mostly(_is_amount, column) and not _is_numbering(column)
    )
    people = Counter(str(cell).casefold() for place in addressed[:1] for cell in columns[place])
    words = " ".join(match.header).casefold()
    action = next((name for name, signs in ACTIONS.items() if re.search(signs, words)), "")
    return Looks(dated, paid, addressed, any(number > 1 for number in people.values()), action)


def _unlikely(one: Match, grid: Grid) -> tuple[object, ...]:
    """How much speaks against a table: first what the cells say, then what neither header nor cells give it."""
    seen, table = looks(grid, one), one.preset.table
    columns, constants = filled(one, grid)
    lacks = sum({*columns, *constants}.isdisjoint(group) for group in one.preset.recognise.needs)
    against = 0
    if table == CONTACTS.name:
        against = bool(seen.dated) and bool(seen.action or seen.comes_again or seen.paid)
    elif table == CONVERSIONS.name:
        against = -bool(seen.dated and seen.action)
    elif table == ORDERS.name:
        against = not (seen.dated and seen.paid)
    return (one.is_data, not columns, int(against), lacks, len(one.missing), -len(one.columns), one.line)


def _mostly(fits: Callable[[Cell], bool], column: Sequence[Cell]) -> bool:
    return bool(column) and sum(map(fits, column)) >= MOSTLY * len(column)


def _is_time(cell: Cell) -> bool:
    try:
        Clock(zone=None).read(cell)
    except AmbiguousDayError:
        return True
    except ValueError:
        return False
    return True


def _is_numbering(column: Sequence[Cell]) -> bool:
    """Whether several cells are 1, 2, 3 …, or all the same."""
    said = sorted({str(cell) for cell in column}, key=lambda one: (len(one), one))
    return len(column) > 1 and all(a.isdecimal() and b.isdecimal() and int(b) == int(a) + 1 for a, b in pairwise(said))


def _is_amount(cell: Cell) -> bool:
    try:
        return cells.money(cell)[0] is not None
    except ValueError:
        return False
