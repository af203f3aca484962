"""Tables of rates with a row a KPI and a column a month, turned so that each month is a row as in other tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kit.messages import message
from kit.sources.text import times
from kit.sources.text.cells import is_null
from kit.sources.text.grid import Row

if TYPE_CHECKING:
    from kit.sources.text.grid import Grid

MONTHS = 2
"""Columns called like a month, at least."""

TURNED = message("its columns are months and its rows are rates, so each month is read as a row")


def turned(grid: Grid) -> Grid:
    """The grid with a row a month, where all its columns but the first are months and its cells are per cent."""
    header, rows = (grid.rows[0].cells, grid.rows[1:]) if grid.rows else ([], [])
    names = [str(cell) for cell in header[1:] if not is_null(cell)]
    filled = [cell for row in rows for cell in row.cells[1:] if not is_null(cell)]
    is_table = (
        len(names) >= MONTHS and all(map(times.is_month, names)) and all(len(row.cells) == len(header) for row in rows)
    )
    if not (is_table and filled and all(str(cell).rstrip().endswith("%") for cell in filled)):
        return grid
    months = [Row(at + 1, [cell, *(row.cells[at] for row in rows)]) for at, cell in enumerate(header) if at]
    dated = all(map(times.month, names))
    kpis = Row(1, ["Month" if dated else "Campaign", *(row.cells[0] for row in rows)])
    return replace(grid, rows=[kpis, *months], notes=(*grid.notes, TURNED))
