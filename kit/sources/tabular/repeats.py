"""Rows of one file that are there again: a block that was pasted twice, and what tells two equal rows apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.messages import Text, message
from kit.sources.detect.headers import plain
from kit.sources.file_log import Rejection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Row

ENOUGH = 5
"""Different cells that some column besides the dates must have for equal blocks of rows to be copies.

Two branches may pay the same rent month by month; that they agree in five different amounts, people or numbers, in
the same order, is no chance.
"""


def copies(rows: Sequence[Row], dates: Collection[int] = ()) -> dict[int, int]:
    """The rows of a table that is nothing but one block of rows, several times one below the other.

    Args:
        rows: those under the header that can be records.
        dates: the positions of their dates.

    Returns:
        Line -> the line that it copies; empty where the table is no such block.
    """
    size = next((size for size in range(ENOUGH, len(rows) // 2 + 1) if _is_block(rows, size)), 0)
    cells = (row.cells for row in rows[:size])
    columns = [column for place, column in enumerate(zip(*cells, strict=False)) if place not in dates]
    if not tells_enough(columns):
        return {}
    return {row.line: rows[number % size].line for number, row in enumerate(rows) if number >= size}


def pasted(copied: Mapping[int, int]) -> list[Text]:
    """What to say of a table with these copies."""
    if not copied:
        return []
    rows = len(set(copied.values()))
    return [
        message(
            "the same {rows} rows appear {times} times, one block below the other; they count once",
            rows=str(rows),
            times=str(len(copied) // rows + 1),
        )
    ]


def rejections(file: str, repeated: Mapping[int, int]) -> list[Rejection]:
    """Why lines that say the same as an earlier one, which is given with them, are no records."""
    return [
        Rejection(file, line, None, message("it has the same content as line {line}", line=str(first)))
        for line, first in repeated.items()
    ]


def equal(rows: Iterable[Row]) -> set[int]:
    """The lines that say in every cell what an earlier one says."""
    seen: set[tuple[str, ...]] = set()
    lines = set()
    for row in rows:
        cells = tuple(map(_text, row.cells))
        lines |= {row.line} if cells in seen else set()
        seen.add(cells)
    return lines


def _is_block(rows: Sequence[Row], size: int) -> bool:
    """Whether all rows are the first ones, over and over."""
    if len(rows) % size or rows[size].cells != rows[0].cells:
        return False
    return all(row.cells == rows[number % size].cells for number, row in enumerate(rows))


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
