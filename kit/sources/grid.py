"""Grids: what a table of text and a sheet of a workbook have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.sources import text

if TYPE_CHECKING:
    from kit.sources.cells import Cell


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line (of a sheet: the row) where it begins, its cells, and why it cannot be read.

    Attributes:
        place: the position of the cell at fault; None where the whole row is.
    """

    line: int
    cells: list[Cell]
    fault: str = ""
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of cells.

    Attributes:
        file: the file, with the sheet in brackets where a workbook has several.
        rows: without blank ones.
        encoding: of the text; None for a workbook.
        separator: of the columns; None for a workbook.
        notes: what to say about the encoding.
        answer: whether it is the answer of a platform's API, where a row's line is the number of its record.
    """

    file: str
    rows: list[Row]
    encoding: str | None = None
    separator: str | None = None
    notes: tuple[str, ...] = ()
    answer: bool = False


def of_text(decoded: text.Text, file: str) -> Grid:
    """The grid of a decoded table."""
    mark, above = text.separator(decoded.text)
    body = decoded.text.split("\n", above)[above]
    rows = [
        Row(record.line + above, list(record.cells), record.fault, record.place) for record in text.records(body, mark)
    ]
    return Grid(file, rows, decoded.encoding, mark, (decoded.note,) if decoded.note else ())
