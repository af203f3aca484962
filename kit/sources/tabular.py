"""The reader of tables: a header, a row a record, whatever the separator or workbook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.errors import InputError
from kit.sources import checks, frames
from kit.sources.conform import CellError, Conformer, DayError
from kit.sources.log import FileLog, Rejection
from kit.sources.recognise import Match, find, lacking, plain
from kit.tables import CAMPAIGN_STATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from kit.settings import Settings
    from kit.sources.grid import Grid, Row
    from kit.sources.preset import Preset

TOTALS = frozenset({"total", "totals", "grand total", "итого", "всего", "итог"})
"""First cells of a row that adds up the others; it would be counted twice."""


@dataclass(frozen=True, slots=True)
class Read:
    """One file's log and the frames that came of it, by the table's name."""

    log: FileLog
    tables: dict[str, pd.DataFrame]


def read(grid: Grid, mappings: Iterable[Preset], settings: Settings) -> Read:
    """Read one grid by the preset that fits it.

    Args:
        grid: the cells.
        mappings: the user's own presets.
        settings: the folder's kit.toml.
    """
    found = find(grid, mappings)
    if isinstance(found, Match):
        return _read(grid, found, settings)
    header = found[0].header if found else ()
    log = FileLog(
        grid.file, "unrecognised", lacking(found), encoding=grid.encoding, separator=grid.separator, header=header
    )
    return Read(log, {})


def _read(grid: Grid, found: Match, settings: Settings) -> Read:
    preset = found.preset
    log = FileLog(
        grid.file,
        "read",
        found.why,
        preset=preset.name,
        table=preset.tables,
        encoding=grid.encoding,
        separator=grid.separator,
        header=found.header,
        unmapped=found.unmapped,
    )
    conformer = Conformer(preset, settings)
    kept: list[tuple[int, dict[str, Any]]] = []
    rejections: list[Rejection] = []
    rows = [row for row in grid.rows if row.line > found.line]
    for row in rows:
        if fault := _fault(row, found, last=rows[-1]):
            rejections.append(Rejection(grid.file, row.line, None, fault))
            continue
        try:
            raw = {name: row.cells[position] for name, position in found.columns.items()}
            kept.append((row.line, conformer.row(raw, found.implied)))
        except DayError as error:
            return Read(
                replace(log, status="unreadable", error=undecided(error, grid.file, row.line, _written(error, found))),
                {},
            )
        except CellError as error:
            rejections.append(Rejection(grid.file, row.line, _written(error, found), str(error)))
    notes = [*grid.notes, *found.notes, *conformer.notes()]
    if preset.into is CAMPAIGN_STATS:
        notes += checks.campaigns(kept)
    log = replace(
        log,
        status="read" if rows else "empty",
        rows_read=len(rows),
        rows_kept=len(kept),
        notes=tuple(notes),
        rejections=tuple(rejections),
        error=None if rows else _no_rows(grid.file, found.line),
    )
    return Read(log, {preset.table: frames.frame(preset.into, origin(preset, grid.file, kept))})


def origin(preset: Preset, file: str, rows: Iterable[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows with the columns that say where they come from."""
    told = {"source": preset.name, "source_file": file, "vendor": preset.vendor or None}
    return [row | told for _, row in rows]


def undecided(error: DayError, file: str, line: int, column: str | None) -> InputError:
    """A date that reads as two: the one thing that a file cannot be read without."""
    return InputError(
        str(error), file=file, line=line, column=column, mend="Say day_first = true or false in kit.toml."
    )


def _written(error: CellError, found: Match) -> str | None:
    """The column of an error as the file calls it; the canonical name where the file has none."""
    position = found.columns.get(error.column)
    return error.column if position is None else found.header[position]


def _fault(row: Row, found: Match, *, last: Row) -> str:
    """Why a row cannot be a record of this header; empty where it can. Short rows are made even."""
    if row.fault:
        return row.fault
    width = len(found.header)
    needed = max(position for position, name in enumerate(found.header) if name) + 1
    if len(row.cells) < needed:
        cut = "; the file may be cut off here, export it again" if row is last else ""
        return f"it has {len(row.cells)} cells and the header has {needed}{cut}"
    if any(plain(cell) for cell in row.cells[width:]):
        return f"it has {len(row.cells)} cells and the header has {needed}"
    row.cells.extend([None] * (width - len(row.cells)))
    if next((plain(cell) for cell in row.cells if plain(cell)), "") in TOTALS:
        return "it adds up the other rows"
    return ""


def _no_rows(file: str, line: int) -> InputError:
    return InputError("it has a header and no rows", file=file, line=line, mend="Export it again if rows are expected.")
