"""Tables of KPIs with a row a KPI and a column a month or week, turned so that each month or week is a row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kit.messages import message
from kit.sources.detect.headers import ABOVE, Match, find
from kit.sources.tabular.no_data import TOTALS
from kit.sources.text import times
from kit.sources.text.cells import CellError, is_null, number
from kit.sources.text.grid import Row
from kit.tables import CAMPAIGN_STATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Grid

PERIODS = 2
"""Columns called like a month or a week, at least."""

MONTHS = message("its columns are months and its rows are rates, so each month is read as a row")
WEEKS = message("its columns are weeks and its rows are rates, so each week is read as a row")
COUNTED = message("its columns are periods and its rows are counts, so each period is read as a row")


def turned(grid: Grid) -> Grid:
    """The grid with a row a period, where all its columns but the first are months or weeks, and its rows are KPIs.

    Per cent alone are rates. Where there are other numbers, the rows must be called like columns of campaigns.
    """
    at = next((at for at, row in enumerate(grid.rows[:ABOVE]) if not row.fault and _is_of_periods(row.cells)), None)
    if at is None:
        return grid
    header, rows = (
        grid.rows[at],
        [row for row in grid.rows[at + 1 :] if not is_null(row.cells[0] if row.cells else None)],
    )
    width = len(header.cells)
    filled = [cell for row in rows for cell in row.cells[1:width] if not is_null(cell)]
    if not filled or not all(map(_is_number, filled)):
        return grid
    columns = [place for place, cell in enumerate(header.cells) if place and not is_null(cell)]
    periods = [str(header.cells[place]) for place in columns if not _is_total(header.cells[place])]
    name = (
        "Campaign" if not all(map(times.has_year, periods)) else "Week" if any(map(times.is_week, periods)) else "Month"
    )
    kpis = Row(header.line, [name, *(row.cells[0] for row in rows)])
    by_period = [
        Row(header.line + place, [header.cells[place], *(_at(row, place) for row in rows)]) for place in columns
    ]
    only_rates = all(str(cell).rstrip().endswith("%") for cell in filled)
    note = COUNTED if not only_rates else WEEKS if any(map(times.is_week, periods)) else MONTHS
    other = replace(grid, rows=[kpis, *by_period], notes=(*grid.notes, note))
    return other if only_rates or _is_of_campaigns(other) else grid


def _is_of_periods(cells: Sequence[Cell]) -> bool:
    """Whether all names but the first are months or weeks, or their total."""
    names = [str(cell) for cell in cells[1:] if not is_null(cell)]
    periods = [name for name in names if not _is_total(name)]
    return len(periods) >= PERIODS and (all(map(times.is_month, periods)) or all(map(times.is_week, periods)))


def _is_total(cell: Cell) -> bool:
    return str(cell).strip().casefold().rstrip(":") in TOTALS


def _is_number(cell: Cell) -> bool:
    if str(cell).rstrip().endswith("%"):
        return True
    try:
        return number(cell) is not None
    except CellError:
        return False


def _at(row: Row, place: int) -> Cell:
    return row.cells[place] if place < len(row.cells) else None


def _is_of_campaigns(grid: Grid) -> bool:
    match = find(grid, ())
    return isinstance(match, Match) and match.preset.into is CAMPAIGN_STATS
