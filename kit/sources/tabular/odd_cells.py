"""Cells unlike all others of their column: what shifted cells, or a file that was cut off, leave behind.

Such a row can be read and may be right, so that it is kept; only its reader knows, and is told where to look.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit.messages import Text, message, message_n
from kit.sources.tabular.conform import FREE_TEXT
from kit.sources.text.cells import is_null

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.sources.detect.headers import Match
    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Row

OTHERS = 10
"""Rows that must all agree before a single one is unlike them."""

FEW = 3
"""Cells that show how a column is written, at least."""

NAMED = 5
"""Lines that a note names; all are counted."""

LATEST = 1_000
"""Rows before the last one that it is compared with."""

_FIGURES = re.compile(r"[\d\s.,:%/+-]+")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")


def notes(rows: Sequence[Row], match: Match, last: Sequence[Row], *, is_open: bool) -> list[Text]:
    """What to say of such cells.

    Args:
        rows: those that are kept.
        match: the header and its preset.
        last: the last row of the file, kept or not.
        is_open: whether the text ends without a line break.
    """
    return [*shifted(rows, match), *(cut_off(rows, match) if is_open and rows[-1:] == last != [] else [])]


def shifted(rows: Sequence[Row], match: Match) -> list[Text]:
    """What to say of rows that alone are empty, or hold words for figures, where all others agree.

    That one cell alone is lacking is common, but for the last one, which a shift pushes out of the table.
    """
    signs: dict[int, list[int]] = {}
    few = len(rows) <= OTHERS
    named = [place for place, name in enumerate(match.header) if name] if few else sorted({*match.columns.values()})
    for place in named if len(rows) >= FEW else []:
        if (line := _odd(rows, place)) is not None:
            signs.setdefault(line, []).append(place)
    if few:
        signs = {line: places for line, places in signs.items() if _moved(rows, line, places)}
    titles = {match.columns[name] for name in FREE_TEXT if name in match.columns}
    last = max((at for at, name in enumerate(match.header) if name), default=0)
    lone = {row.line: row for row in rows if len(signs.get(row.line, ())) == 1}
    gaps = {line for line, row in lone.items() if signs[line] != [last] and _kind(row.cells[signs[line][0]]) == "empty"}
    found = {
        line: [match.header[place] for place in places]
        for line, places in sorted(signs.items())
        if line not in gaps and not titles.issuperset(places)
    }
    if not found:
        return []
    lines = [f"{line} ({', '.join(map(repr, names))})" for line, names in found.items()][:NAMED]
    return [
        message_n(
            "{n} row may be shifted: it is empty or of another kind where all other rows agree (line {lines})",
            "{n} rows may be shifted: they are empty or of another kind where all other rows agree (lines {lines})",
            len(found), n=str(len(found)), lines=", ".join([*lines, *(["…"] if len(found) > NAMED else [])]),
        )
    ]  # fmt: skip


def _moved(rows: Sequence[Row], line: int, places: Sequence[int]) -> bool:
    """Whether a row has a gap where all others are filled, and further on a figure where none of them has one."""
    row = next(row for row in rows if row.line == line)
    gaps = [place for place in places if _kind(row.cells[place]) == "empty"]
    return bool(gaps) and any(_kind(row.cells[place]) == "figures" for place in places if place > gaps[0])


def cut_off(rows: Sequence[Row], match: Match) -> list[Text]:
    """What to say of the last row of a text without a line break at its end, where its last cell is unlike others."""
    *others, last = rows[-LATEST - 1 :]
    place = max((at for at, cell in enumerate(last.cells) if cell is not None), default=-1)
    column = [str(cell).strip() for row in others if not is_null(cell := row.cells[place])]
    name = match.header[place] if 0 <= place < len(match.header) else ""
    if not name or len(column) < FEW or not _is_part(str(last.cells[place]).strip(), column, len(others)):
        return []
    return [
        message(
            "the file ends on line {line} without a line break, and {column} there differs from all other rows. "
            "Perhaps the file is cut off here; export it again",
            line=str(last.line), column=repr(name),
        )
    ]  # fmt: skip


def _odd(rows: Sequence[Row], place: int) -> int | None:
    """The line of the only row whose cell in a column is of another kind than all others."""
    first: dict[str, int] = {}
    again: set[str] = set()
    for row in rows:
        kind = _kind(row.cells[place])
        if kind in again:
            continue
        if kind in first:
            again.add(kind)
        first.setdefault(kind, row.line)
        if len(again) > 1 or len(first) > 2:
            return None
    return next((line for kind, line in first.items() if len(first) > 1 and kind not in again), None)


def _kind(cell: Cell) -> str:
    if cell is None or cell == "":
        return "empty"
    if not isinstance(cell, str):
        return "figures"
    return "figures" if _FIGURES.fullmatch(cell) else "empty" if is_null(cell) else "words"


def _is_part(cell: str, column: Sequence[str], rows: int) -> bool:
    """Whether a cell looks like the beginning of one of its column: a word, a date or an amount that is not whole."""
    if is_null(cell):
        return len(column) == rows >= OTHERS
    if not _DIGITS.search(cell):
        known = set(column)
        is_word = 2 * len(known) <= len(column) and cell not in known
        return is_word and any(other.startswith(cell) for other in known)
    lengths = {len(other) for other in column}
    is_short = len(lengths) == 1 and len(cell) < min(lengths)
    shapes = set(map(_shape, column))
    return (is_short and (len(column) >= OTHERS or not cell.isdecimal())) or (
        len(shapes) <= 2 and _shape(cell) not in shapes
    )


def _shape(cell: str) -> str:
    """How a cell is written: runs of digits and of letters as one sign; behind a mark the digits count."""
    digits = re.search(r"(?<=[^\w])\d+$", cell)
    begin = cell[: digits.start()] if digits else cell
    return _LETTERS.sub("a", _DIGITS.sub("9", begin)) + ("9" * len(digits[0]) if digits else "")
