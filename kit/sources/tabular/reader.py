"""The reader of tables: a header, a row a record, whatever the separator or workbook."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kit.errors import InputError
from kit.sources import frames
from kit.sources.detect import records
from kit.sources.detect.headers import ABOVE, Match, find, lacking, match, needing, passed_over, plain
from kit.sources.detect.presets import READABLE
from kit.sources.file_log import FileLog, Read, Rejection, kept_without
from kit.sources.tabular import recipients
from kit.sources.tabular.conform import Conformer
from kit.sources.tabular.table_rules import FINISH
from kit.sources.text.cells import CellError, is_null
from kit.sources.text.times import AmbiguousDayError
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset
    from kit.sources.text.grid import Grid, Row

TOTALS = frozenset({"total", "totals", "grand total", "итого", "всего", "итог"})
"""First cells of a row that adds up the others; it would be counted twice."""

ADDS_UP = "it adds up the other rows"

WHOLE_ANSWER = frozenset({"response", "open-ended response"})
"""Second halves of a header that name no choice: the cell is the answer."""


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
        grid.file,
        "unrecognised",
        lacking(found),
        encoding=grid.encoding,
        separator=grid.separator,
        header=header,
        passed_over=needing(one for one in found[1:] if one.preset.name != found[0].preset.name),
        notes=(*grid.notes, *(f"line {row.line}: {row.fault}" for row in grid.rows[:ABOVE] if row.fault)),
    )
    return Read(log, {})


def _read(grid: Grid, found: Match, settings: Settings) -> Read:
    preset = found.preset
    above = _above(grid, found)
    if preset.second_header:
        found = _joined(grid, found)
    conformer = Conformer(preset, settings)
    rows = [row for row in grid.rows if row.line > found.line]
    faults = {row.line: fault for row in rows if (fault := _fault(row, found, last=rows[-1]) or _aside(row, found))}
    whole = [row for row in rows if row.line not in faults]
    value = preset.spread.value if preset.spread else ""
    parts, said = records.settled(preset, found.parts, found.free, whole, lambda cell: conformer.is_score(value, cell))
    found = replace(found, parts=tuple(parts))
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
        passed_over=() if preset.recognise.of_platform or preset.header else passed_over(_header(grid, found), preset),
    )
    lines: list[records.Line] = []
    rejections = [
        Rejection.of(grid.file, row.line, _at(row, found), faults[row.line]) for row in rows if row.line in faults
    ]
    left_out = {key for row in rows if row.line in faults and (key := _key(row, found, None))}
    cells: list[Rejection] = []
    key: tuple[str, ...] | None = None
    for row in whole:
        key = _key(row, found, key)
        try:
            made, unread = _records(row, found, conformer)
            lines += [records.Line(row.line, key, one) for one in made]
            cells += [kept_without(Rejection.of(grid.file, row.line, *one)) for one in unread]
        except AmbiguousDayError as error:
            return Read(
                replace(log, status="unreadable", error=undecided(error, grid.file, row.line, _written(error, found))),
                {},
            )
        except CellError as error:
            rejections.append(Rejection.of(grid.file, row.line, _written(error, found), error))
            left_out |= {key} if key else set()
    kept = [(one.line, one.record) for one in lines]
    notes = [*grid.notes, *above, *found.notes, *said]
    if preset.lines_of:
        kept, orphans, merged = records.merged(preset, lines, left_out)
        rejections += [Rejection(grid.file, line, None, records.BESIDE) for line in orphans]
        notes += merged
    again: dict[int, int] = {}
    made = {preset.table: kept}
    if preset.joins:
        made = {recipients.DETAILS: kept}
    elif preset.into is EVENTS:
        made, again, told = recipients.events(kept, found, {row.line: row.cells for row in whole}, settings)
        rejections += [
            Rejection(grid.file, line, None, f"it says what line {first} says") for line, first in again.items()
        ]
        notes += told if rows else ["it lists nobody"]
        notes += _no_campaign(preset, grid.file) if rows else []
    notes += conformer.notes()
    notes += FINISH.get(preset.table, _nothing)(kept)
    log = replace(
        log,
        status="read" if rows or preset.into is EVENTS else "empty",
        rows_read=len(rows),
        rows_kept=len(rows) - len(rejections),
        rows_repeated=len(again) + sum(one.reason == ADDS_UP for one in rejections),
        notes=tuple(notes),
        rejections=tuple(sorted(rejections, key=lambda one: one.line or 0)),
        cells=tuple(cells),
        error=None if rows or preset.into is EVENTS else _no_rows(grid.file, found.line),
    )
    used = {*found.columns.values(), *found.beside.values(), *(part.position for part in found.parts)}
    return Read(
        log,
        {name: frames.frame(READABLE.get(name, EVENTS), origin(preset, grid.file, one)) for name, one in made.items()},
        frames.of_table(rows, found.header, used, {one.line for one in (*rejections, *cells)}),
    )


def _records(row: Row, found: Match, conformer: Conformer) -> tuple[list[dict[str, Any]], list[tuple[str, CellError]]]:
    """The records of one row: one, or one for each filled header that is a value; and its cells that stay empty."""
    raw = {name: row.cells[position] for name, position in found.columns.items()}
    beside = {name: row.cells[position] for name, position in found.beside.items()}
    made, unread = [], []
    for part, cells, said in records.records(found.preset, found.parts, row.cells):
        try:
            made.append(conformer.row(raw | cells, {**found.implied, **said}, beside))
            unread += [(_named(name, found), error) for name, error in conformer.unread.items()]
        except CellError as error:
            if part and error.column == part.into:
                error.column = part.header
            raise
    return made, unread


def _key(row: Row, found: Match, before: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What tells which record a row belongs to: the columns of `lines_of`, or the row above where it says nothing.

    None where the first of them is empty: then the row is a record of its own.
    """
    places = {**found.columns, **found.beside}
    known = [places[name] for name in (*found.preset.lines_of, *map(plain, found.preset.lines_of)) if name in places]
    if not known or max(places.values()) >= len(row.cells):
        return None
    if all(is_null(row.cells[position]) for position in places.values()):
        return before
    key = tuple(plain(row.cells[position]) for position in dict.fromkeys(known))
    return key if key[0] else None


def _joined(grid: Grid, found: Match) -> Match:
    """The header with the row below it, where that is its second half: choices under their question."""
    below = next((row for row in grid.rows if row.line > found.line), None)
    if below is None or plain(below.cells[0]):
        return found
    names, question = [], ""
    for name, choice in zip_longest(found.header, map(plain, below.cells), fillvalue=""):
        question = name or question
        names.append(question if not choice or choice in WHOLE_ANSWER else f"{question} {choice}")
    return match(found.preset, replace(below, cells=list(names)))


def _no_campaign(preset: Preset, file: str) -> list[str]:
    """What to say of a list whose campaign only its path could name."""
    if not preset.path or any(re.search(pattern, file) for pattern in preset.path.values()):
        return []
    return ["its rows name no campaign; put the campaign's id into the name of the file or of its folder"]


def _nothing(_: object) -> list[str]:
    return []


def origin(preset: Preset, file: str, rows: Iterable[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows with the columns that say where they come from."""
    # what one platform's lists and logs tell of a message is one message, whichever preset read it
    source = f"{preset.vendor}_events" if preset.into is EVENTS and preset.vendor else preset.name
    told = {"source": source, "source_file": file, "vendor": preset.vendor or None}
    if preset.file_name:
        named = PurePosixPath(file.removesuffix(".gz")).stem
        return [row | told | {preset.file_name: row.get(preset.file_name) or named} for _, row in rows]
    lies = {name: found[1] for name, pattern in preset.path.items() if (found := re.search(pattern, file))}
    told |= lies
    return [row | told for _, row in rows]


def undecided(error: AmbiguousDayError, file: str, line: int, column: str | None) -> InputError:
    """A date that reads as two: the one thing that a file cannot be read without."""
    return InputError(error.reason, file=file, line=line, column=column, hint=error.hint, setting="day_first")


def _written(error: CellError, found: Match) -> str:
    """The column of an error as the file calls it; the canonical name where the file has none."""
    return _named(error.column, found)


def _named(column: str, found: Match) -> str:
    position = found.columns.get(column)
    return column if position is None else found.header[position]


def _header(grid: Grid, found: Match) -> Row:
    return next(row for row in grid.rows if row.line == found.line)


def _at(row: Row, found: Match) -> str | None:
    """The column of the cell at fault, where one is."""
    return found.header[row.place] if row.place is not None and row.place < len(found.header) else None


def _above(grid: Grid, found: Match) -> list[str]:
    """What stands above the header and is more than a title."""
    lost = [row.line for row in grid.rows if row.line < found.line and sum(map(bool, map(plain, row.cells))) > 1]
    lines = f"line {lost[0]} stands" if len(lost) == 1 else f"{len(lost)} lines stand"
    return [f"{lines} above the header and {'is' if len(lost) == 1 else 'are'} not read"] if lost else []


def _fault(row: Row, found: Match, *, last: Row) -> CellError | None:
    """Why a row cannot be a record of this header; None where it can. Short rows are made even."""
    if row.fault:
        return row.fault
    width = len(found.header)
    needed = max(position for position, name in enumerate(found.header) if name) + 1
    if len(row.cells) < needed:
        return wrong_width(row, needed, is_last=row is last)
    if any(plain(cell) for cell in row.cells[width:]):
        return wrong_width(row, needed)
    row.cells.extend([None] * (width - len(row.cells)))
    if next((plain(cell) for cell in row.cells if plain(cell)), "") in TOTALS:
        return CellError(ADDS_UP)
    return None


def wrong_width(row: Row, needed: int, *, is_last: bool = False) -> CellError:
    """Why a row with more or fewer cells than the header is left out."""
    reason = f"it has {len(row.cells)} cells and the header has {needed}"
    if is_last:
        return CellError(f"{reason}; the file may be cut off here, export it again")
    return CellError(reason, "Put cells that hold the separator in quotes.")


def _aside(row: Row, found: Match) -> CellError | None:
    """Why a row is no record of this table, by the columns of `keep`; None where it is."""
    for name, words in found.preset.keep.items():
        place = found.beside.get(plain(name))
        said = None if place is None else row.cells[place]
        if plain(said) and plain(said) not in map(plain, words):
            return CellError(f"its {name} is {str(said)!r}: it is set aside")
    return None


def _no_rows(file: str, line: int) -> InputError:
    return InputError("it has a header and no rows", file=file, line=line, hint="Export it again if rows are expected.")
