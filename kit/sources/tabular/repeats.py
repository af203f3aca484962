"""Rows of one file that are there again: a block that was pasted twice, and what tells two equal rows apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.sources.detect.headers import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from kit.sources.detect.headers import Match
    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Row

ENOUGH = 5
"""Different cells that some column besides the dates must have for equal blocks of rows to be copies.

Two branches may pay the same rent month by month; that they agree in five different amounts, people or numbers, in
the same order, is no chance.
"""

_MOMENTS = frozenset({"time", "local", "date"})


def copies(rows: Sequence[Row], match: Match) -> dict[int, int]:
    """The rows of a table that is nothing but one block of rows, several times one below the other.

    Args:
        rows: those under the header that can be records.
        match: the header, to know its dates.

    Returns:
        Line -> the line that it copies; empty where the table is no such block.
    """
    size = next((size for size in range(ENOUGH, len(rows) // 2 + 1) if _is_block(rows, size)), 0)
    dates = {place for name, place in match.columns.items() if _is_moment(match, name)}
    columns = [column for place, column in enumerate(zip(*(row.cells for row in rows[:size]), strict=False))
               if place not in dates]  # fmt: skip
    if not size or not tells_enough(columns):
        return {}
    return {row.line: rows[number % size].line for number, row in enumerate(rows) if number >= size}


def _is_block(rows: Sequence[Row], size: int) -> bool:
    """Whether all rows are the first ones, over and over."""
    if len(rows) % size or rows[size].cells != rows[0].cells:
        return False
    return all(row.cells == rows[number % size].cells for number, row in enumerate(rows))


def _is_moment(match: Match, name: str) -> bool:
    into = match.preset.into
    return name in into.names and into.column(name).type in _MOMENTS


def tells_enough(columns: Iterable[Iterable[Any]]) -> bool:
    """Whether equal rows of these cells, a column each, can be nothing but copies."""
    return any(len(set(map(str, column))) >= ENOUGH for column in columns)


def unread(rows: Iterable[Row], header: Sequence[str], used: Collection[int]) -> dict[int, int]:
    """Line -> a hash of the cells of which nothing is made, whatever the order of the columns."""
    places = sorted((plain(name), place) for place, name in enumerate(header) if name and place not in used)
    return {
        row.line: hash(tuple((name, _text(row.cells[place])) for name, place in places if _text(row.cells[place])))
        for row in rows
    }


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()
