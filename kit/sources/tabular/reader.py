"""The reader of tables: a header, a row a record, whatever the separator or workbook."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from datetime import datetime, time
from functools import partial
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kit.errors import InputError
from kit.messages import Text, message
from kit.sources import frames
from kit.sources.detect import mappings as mappings_of
from kit.sources.detect import records
from kit.sources.detect import words as words_of
from kit.sources.detect.headers import ABOVE, Match, find, lacking, match_header, needing, passed_over, plain
from kit.sources.detect.presets import READABLE
from kit.sources.file_log import FileLog, Read, Rejection, kept_without
from kit.sources.tabular import no_data, odd_cells, recipients, repeats, titles, totals
from kit.sources.tabular.cell_rules import cells_of
from kit.sources.tabular.columns import Columns
from kit.sources.tabular.conform import Conformer
from kit.sources.tabular.table_rules import FINISH
from kit.sources.text.cells import CellError, NoDataError, is_null, is_rounded
from kit.sources.text.times import AmbiguousDayError
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    import pandas as pd

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset
    from kit.sources.text.grid import Grid, Row

WHOLE_ANSWER = frozenset({"response", "open-ended response"})
"""Second halves of a header that name no choice: the cell is the answer."""


FEW_WORDS = 3
"""Words of a cell, at most, that still are the name of a channel and no sentence about it."""

BLOCK = 50_000
"""Records that are made a frame at a time: as frames they take a tenth of the memory."""


def read(grid: Grid, mappings: Iterable[Preset], settings: Settings) -> Read:
    """Read one grid by the preset that fits it.

    Args:
        grid: the cells.
        mappings: the user's own presets.
        settings: the folder's kit.toml.
    """
    match = find(grid, mappings)
    if isinstance(match, Match):
        return _read(grid, match, settings)
    match = mappings_of.nearest(match, grid)
    header = match[0].header if match else ()
    log = FileLog(
        grid.file,
        "unrecognised",
        lacking(match),
        encoding=grid.encoding,
        separator=grid.separator,
        header=header,
        passed_over=needing(near for near in match[1:] if near.preset.name != match[0].preset.name),
        notes=(
            *grid.notes,
            *(
                message("line {line}: {reason}", line=str(row.line), reason=row.fault.reason)
                for row in grid.rows[:ABOVE]
                if row.fault
            ),
        ),
    )
    return Read(log, {})


def _without(rows: list[Row], lines: AbstractSet[int]) -> list[Row]:
    return [row for row in rows if row.line not in lines]


def _read(grid: Grid, match: Match, settings: Settings) -> Read:
    preset = match.preset
    match = _with_second_header(grid, match) if preset.second_header else match
    rows = [row for row in grid.rows if row.line > match.line]
    faults, copies = _left_out(rows, match, settings)
    whole = _without(rows, faults.keys() | copies.keys())
    conformer = Conformer(preset, settings, match.units, Columns(preset.into, match.columns, whole, match.header))
    value = preset.spread.value if preset.spread else ""
    parts, part_notes = records.settled(
        preset, match.parts, match.free, whole, lambda cell: conformer.is_score(value, cell)
    )
    match = replace(match, parts=tuple(parts))
    log = FileLog(
        grid.file,
        "read",
        match.why,
        preset=preset.name,
        table=preset.tables,
        encoding=grid.encoding,
        separator=grid.separator,
        header=match.header,
        unmapped=match.unmapped,
        passed_over=() if preset.recognise.of_platform or preset.header else passed_over(_header(grid, match), preset),
    )
    match = replace(match, implied={**titles.period(grid, match), **match.implied})
    used = {*match.columns.values(), *match.beside.values(), *(part.position for part in match.parts)}

    located = partial(_located, whole, match, used, grid.file)
    lines: list[records.Line] = []
    blocks: list[pd.DataFrame] = []
    rejections = [
        Rejection.of(grid.file, row.line, _at(row, match), faults[row.line]) for row in rows if row.line in faults
    ]
    left_out = {key for row in rows if row.line in faults and (key := _key(row, match, None))}
    cells: list[Rejection] = []
    key: tuple[str, ...] | None = None
    for row in whole:
        key = _key(row, match, key)
        if len(lines) >= BLOCK and _stands_alone(match):
            blocks.append(located(preset.table, [(line.line, line.record) for line in lines]))
            lines = []
        try:
            row_records, unread = _records(row, match, conformer)
            lines += [records.Line(row.line, _shared(key, record, match), record) for record in row_records]
            cells += [kept_without(Rejection.of(grid.file, row.line, *cell)) for cell in unread]
        except AmbiguousDayError as error:
            return Read(
                replace(
                    log, status="unreadable", error=undecided(error, grid.file, row.line, _column_of(error, match))
                ),
                {},
            )
        except CellError as error:
            rejections.append(Rejection.of(grid.file, row.line, _column_of(error, match), error))
            left_out |= {key} if key else set()
    lines, sums = no_data.without_total_of_all(lines, match)
    kept, without, merged = totals.by_record(preset, lines, left_out, repeats.equal(whole) if preset.lines_of else ())
    rejections += [Rejection.of(grid.file, line, None, error) for line, error in {**sums, **without}.items()]
    notes = [*grid.notes, *titles.unread(grid, match), *match.notes, *part_notes, *repeats.pasted(copies), *merged]
    repeated: dict[int, int] = {}
    tables = {preset.table: kept}
    if preset.joins:
        tables = {recipients.DETAILS: kept}
    elif preset.into is EVENTS:
        tables, repeated, event_notes = recipients.events(kept, match, {row.line: row.cells for row in whole}, settings)
        notes += event_notes if rows else [message("it contains no people")]
        notes += _no_campaign(preset, grid.file) if rows else []
    repeated |= copies
    rejections += repeats.rejections(grid.file, repeated)
    notes += conformer.notes()
    notes += odd_cells.notes(
        [row for row in whole if row.line not in sums], match, is_open=grid.is_open, last=rows[-1:]
    )
    notes += [*totals.complete(preset, kept), *FINISH.get(preset.table, _nothing)(kept)]
    log = replace(
        log,
        status="read" if rows or preset.into is EVENTS else "empty",
        rows_read=len(rows),
        rows_kept=len(rows) - len(rejections),
        rows_repeated=len(repeated),
        rows_set_aside=sum(rejection.is_set_aside for rejection in rejections),
        notes=tuple(notes),
        rejections=tuple(sorted(rejections, key=lambda rejection: rejection.line or 0)),
        cells=tuple(cells),
        error=None if rows or preset.into is EVENTS else _no_rows(grid.file, match.line),
    )
    return Read(
        log,
        {name: frames.together([*blocks, located(name, numbered)]) for name, numbered in tables.items()},
        frames.of_table(rows, match.header, used, {rejection.line for rejection in (*rejections, *cells)}),
    )


def _stands_alone(match: Match) -> bool:
    """Whether no other row has a part in the record of a row: then it need not be kept in hand until the last one."""
    preset = match.preset
    together = preset.lines_of or preset.by_month or preset.from_rate or preset.sums or preset.joins
    return not (together or preset.into is EVENTS or preset.table in FINISH or no_data.counts(match))


def _located(
    whole: Sequence[Row], match: Match, used: set[int], file: str, table: str, numbered: Sequence[totals.Numbered]
) -> pd.DataFrame:
    """The canonical frame of records; of the rows that they come from, what nothing is made of is remembered."""
    lines = [line for line, _ in numbered]
    first, last = (bisect_left(whole, line, key=_line) for line in (min(lines, default=0), max(lines, default=-1) + 1))
    unread = repeats.unread(whole[first:last], match.header, used)
    return frames.located(READABLE.get(table, EVENTS), origin(match.preset, file, numbered), lines, unread)


def _line(row: Row) -> int:
    return row.line


def _dates(match: Match) -> set[int]:
    """The positions of the columns that are read as moments or days."""
    into = match.preset.into
    return {
        place
        for name, place in match.columns.items()
        if name in into.names and into.column(name).type in ("time", "local", "date")
    }


def _left_out(rows: Sequence[Row], match: Match, settings: Settings) -> tuple[dict[int, CellError], dict[int, int]]:
    """The rows that are no record, or cannot be one, with why; and those of a block that was pasted again."""
    faults = {row.line: fault for row in rows if (fault := _fault(row, match, last=rows[-1]) or _aside(row, match))}
    faults |= no_data.below_another_header([row for row in rows if row.line not in faults], match)
    faults |= no_data.obvious([row for row in rows if row.line not in faults], match)
    whole = [row for row in rows if row.line not in faults]
    copies = repeats.copies(whole, _dates(match))
    single = [row for row in whole if row.line not in copies]
    conformer = Conformer(match.preset, settings, columns=Columns(match.preset.into, match.columns, single))
    return {**faults, **no_data.adding_up(single, match, conformer)}, copies


def _records(row: Row, match: Match, conformer: Conformer) -> tuple[list[dict[str, Any]], list[tuple[str, CellError]]]:
    """The records of one row: one, or one for each filled header that is a value; and its cells that stay empty."""
    beside = {name: row.cells[position] for name, position in match.beside.items()}
    raw = cells_of(match.preset, {name: row.cells[position] for name, position in match.columns.items()}, beside)
    row_records, unread = [], []
    for part, cells, constants in records.records(match.preset, match.parts, row.cells):
        try:
            row_records.append(conformer.row(raw | cells, {**match.implied, **constants}, beside))
            unread += [(_named(name, match), error) for name, error in conformer.unread.items()]
        except CellError as error:
            if part and error.column == part.into:
                error.column = part.header
            raise
    return row_records, unread


def _key(row: Row, match: Match, before: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What tells which record a row belongs to: the columns of `lines_of`, or the row above where it says nothing.

    None where the first of them is empty: then the row is a record of its own.
    """
    places = {**match.columns, **match.beside}
    positions = [
        places[name] for name in (*match.preset.lines_of, *map(plain, match.preset.lines_of)) if name in places
    ]
    if not positions or max(places.values()) >= len(row.cells):
        return None
    if all(is_null(row.cells[position]) for position in places.values()):
        return before
    key = tuple(plain(row.cells[position]) for position in dict.fromkeys(positions))
    return key if key[0] and not is_rounded(row.cells[positions[0]]) else None


def _shared(key: tuple[str, ...] | None, record: dict[str, Any], match: Match) -> tuple[str, ...] | None:
    """The key of a row whose record may stand on other rows too; None where no id says so, and no time of day."""
    first, *others = match.preset.lines_of or ("",)
    if first not in match.preset.into.names or record.get(first) is not None:
        return key
    moments = [record[name] for name in others if isinstance(record.get(name), datetime)]
    return key if any(moment.time() != time.min for moment in moments) else None


def _with_second_header(grid: Grid, match: Match) -> Match:
    """The header with the row below it, where that is its second half: choices under their question."""
    below = next((row for row in grid.rows if row.line > match.line), None)
    if below is None or plain(below.cells[0]):
        return match
    names, question = [], ""
    for name, choice in zip_longest(match.header, map(plain, below.cells), fillvalue=""):
        question = name or question
        names.append(question if not choice or choice in WHOLE_ANSWER else f"{question} {choice}")
    return replace(match_header(match.preset, replace(below, cells=list(names))), begins=match.line)


def _no_campaign(preset: Preset, file: str) -> list[Text]:
    """What to say of a list whose campaign only its path could name."""
    if not preset.path or any(re.search(pattern, file) for pattern in preset.path.values()):
        return []
    return [message("its rows have no campaign; put the campaign's id into the name of the file or of its folder")]


def _nothing(_: object) -> list[Text]:
    return []


def origin(preset: Preset, file: str, rows: Iterable[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows with the columns that say where they come from."""
    # what one platform's lists and logs tell of a message is one message, whichever preset read it
    source = f"{preset.vendor}_events" if preset.into is EVENTS and preset.vendor else preset.name
    columns = {"source": source, "source_file": file, "vendor": preset.vendor or None}
    if preset.file_name:
        named = PurePosixPath(file.removesuffix(".gz")).stem
        return [row | columns | {preset.file_name: row.get(preset.file_name) or named} for _, row in rows]
    by_path = {name: part[1] for name, pattern in preset.path.items() if (part := re.search(pattern, file))}
    columns |= by_path
    return [row | columns for _, row in rows]


def undecided(error: AmbiguousDayError, file: str, line: int, column: str | None) -> InputError:
    """A date that reads as two: the one thing that a file cannot be read without."""
    return InputError(error.reason, file=file, line=line, column=column, hint=error.hint, setting="day_first")


def _column_of(error: CellError, match: Match) -> str:
    """The column of an error as the file calls it; the canonical name where the file has none."""
    return _named(error.column, match)


def _named(column: str, match: Match) -> str:
    position = match.columns.get(column)
    return column if position is None else match.header[position]


def _header(grid: Grid, match: Match) -> Row:
    return next(row for row in grid.rows if row.line == match.line)


def _at(row: Row, match: Match) -> str | None:
    """The column of the cell at fault, where one is."""
    return match.header[row.place] if row.place is not None and row.place < len(match.header) else None


def _fault(row: Row, match: Match, *, last: Row) -> CellError | None:
    """Why a row cannot be a record of this header; None where it can. Short rows are made even."""
    if row.fault:
        return row.fault
    width = len(match.header)
    needed = max(position for position, name in enumerate(match.header) if name) + 1
    if len(row.cells) < needed:
        if sum(map(bool, map(plain, row.cells))) == 1 and no_data.is_note(row.cells[0]):
            return NoDataError(message("it is a note: {cell}", cell=repr(str(row.cells[0]))))
        return wrong_width(row, needed, is_last=row is last)
    if any(plain(cell) for cell in row.cells[width:]):
        return wrong_width(row, needed)
    row.cells.extend([None] * (width - len(row.cells)))
    return None


def wrong_width(row: Row, needed: int, *, is_last: bool = False) -> CellError:
    """Why a row with more or fewer cells than the header is left out."""
    n, needs = str(len(row.cells)), str(needed)
    if is_last:
        return CellError(
            message(
                "it has {n} cells, but the header has {needed}. Perhaps the file is cut off here; export it again",
                n=n,
                needed=needs,
            )
        )
    reason = message("it has {n} cells, but the header has {needed}", n=n, needed=needs)
    return CellError(reason, message("Put cells that contain the separator in quotes."))


def _aside(row: Row, match: Match) -> CellError | None:
    """Why a row is no record of this table, by the columns of `keep`, `aside` and `filled`; None where it is."""
    for name in match.preset.filled:
        place = match.beside.get(plain(name))
        if place is not None and is_null(row.cells[place]):
            return NoDataError(message("its {column} is empty, so it is set aside", column=name))
    named = [(name, words, True) for name, words in match.preset.keep.items()]
    named += [(name, words, False) for name, words in match.preset.aside.items()]
    for name, words, is_kept in named:
        place = match.beside.get(plain(name))
        cell = None if place is None else row.cells[place]
        is_named = plain(cell) in map(plain, words) or (not is_kept and _is_kind_of(str(cell), words))
        if plain(cell) and is_named != is_kept:
            reason = message("its {column} is {word}, so it is set aside", column=name, word=repr(str(cell)))
            return NoDataError(reason)
    return None


def _is_kind_of(cell: str, kinds: Iterable[str]) -> bool:
    """Whether a few words name one of these kinds and add to it, like "Web push notification", and not mail too."""
    stems = words_of.of(cell).stems
    return (
        1 < len(stems) <= FEW_WORDS and "email" not in stems and any(words_of.of(kind).stems <= stems for kind in kinds)
    )


def _no_rows(file: str, line: int) -> InputError:
    return InputError(
        message("it has a header and no rows"),
        file=file,
        line=line,
        hint=message("Export it again if it should have rows."),
    )
