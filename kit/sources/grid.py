"""Grids: what a table of text and a sheet of a workbook have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.sources import text

if TYPE_CHECKING:
    from kit.sources.cells import Cell


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line (of a sheet: the row) where it begins, its cells, and why it cannot be read."""

    line: int
    cells: list[Cell]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of cells.

    Attributes:
        file: the file, with the sheet in brackets where a workbook has several.
        rows: without blank ones.
        encoding: of the text; None for a workbook.
        separator: of the columns; None for a workbook.
        notes: what to say about the encoding.
    """

    file: str
    rows: list[Row]
    encoding: str | None = None
    separator: str | None = None
    notes: tuple[str, ...] = ()


def of_text(decoded: text.Text, file: str) -> Grid:
    """The grid of a decoded table."""
    mark, above = text.separator(decoded.text)
    body = decoded.text.split("\n", above)[above]
    rows = [Row(record.line + above, list(record.cells), record.fault) for record in text.records(body, mark)]
    return Grid(file, rows, decoded.encoding, mark, (decoded.note,) if decoded.note else ())
