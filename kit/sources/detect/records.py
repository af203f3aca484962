"""Which rows make a record: headers that are values make several of one, lines of an order one of several."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kit import tables
from kit.messages import message, message_n
from kit.sources.text.cells import CellError, NoDataError, is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from kit.messages import Text
    from kit.sources.detect.presets import Preset
    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Row

_TAG = re.compile(r"<[^>]*>")
_SCALE = re.compile(r"(?<![\d.,/-])([01])\s*(?:-|–|—|to|до|\.\.)\s*(\d{1,3})(?![\d.,/-]\d|\d)", re.IGNORECASE)
_LARGEST = 100
"""No scale of answers is longer; larger numbers in a header are a year or an id."""

BESIDE = message("another row of the same record is left out")
"""Why a row goes that could have been read: a record without its first row would be half a record."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One header that is a value.

    Attributes:
        position: of its column.
        header: as written, without HTML.
        into: the canonical column that its cells go to.
        constants: canonical column -> what the header says by itself.
    """

    position: int
    header: str
    into: str
    constants: Mapping[str, Any]


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def parts(preset: Preset, header: Sequence[str], columns: Collection[str], claimed: Collection[int]) -> list[Part]:
    """The headers that the preset knows to be values, in the order of the file.

    None where the file has a column for the value and one for its name: then a row is one record already.

    Args:
        preset: how the file is meant.
        header: the column names.
        columns: the canonical columns that the header gives otherwise.
        claimed: the positions of these columns, without the one of the value.
    """
    spread = preset.spread
    if spread is None or {spread.value, spread.name} <= set(columns):
        return []
    found_parts = []
    known = _any_of(tuple(part["header"] for part in spread.headers))
    for position, written in enumerate(header):
        if position in claimed:
            continue
        name = " ".join(_TAG.sub(" ", written.replace("_", " ")).split())
        if not known.search(name):
            continue
        kind = next(part for part in spread.headers if re.search(part["header"], name, re.IGNORECASE))
        constants = {key: value for key, value in kind.items() if key not in {"header", "into"}}
        into = kind.get("into", spread.value)
        if into == spread.value:
            found_parts.append(Part(position, name, into, {spread.name: name} | _scale(name, preset) | constants))
        else:
            found_parts.append(Part(position, name, into, constants))
    return found_parts if any(part.into == spread.value for part in found_parts) else []


def settled(
    preset: Preset,
    value_parts: Sequence[Part],
    free: Mapping[int, str],
    rows: Sequence[Row],
    fits: Callable[[Cell], bool],
) -> tuple[list[Part], list[Text]]:
    """The parts after a look at the cells, and what to say about it.

    A question whose cells hold no answer that can be a value is left out; where `numbers` of the preset is set,
    other columns that hold only numbers are values too.

    Args:
        preset: how the file is meant.
        value_parts: what `parts` found.
        free: position -> name of the columns that nothing is made of.
        rows: those of the file, made even.
        fits: whether a cell can be the value.
    """
    spread = preset.spread
    if spread is None or not value_parts:
        return list(value_parts), []
    kept, notes = [], []
    for part in value_parts:
        filled = _filled(rows, part.position) if part.into == spread.value else []
        if filled and not any(map(fits, filled)):
            notes.append(message("column {name} contains no scores and is not used", name=repr(part.header)))
        else:
            kept.append(part)
    if spread.numbers:
        for position, name in free.items():
            filled = _filled(rows, position)
            if filled and all(map(fits, filled)) and not re.search(spread.unless, name, re.IGNORECASE):
                kept.append(Part(position, name, spread.value, {spread.name: name}))
    return sorted(kept, key=lambda part: part.position), notes


def records(
    preset: Preset, value_parts: Sequence[Part], cells: Sequence[Cell]
) -> list[tuple[Part | None, dict[str, Cell], dict[str, Any]]]:
    """For each record of a row: its header, canonical column -> cell, and -> what the header says.

    A text beside the values, like a comment, goes to the value before it. A row without any value is one record
    without one; where there are no such headers, every row is one record and has no header of its own.
    """
    values = [part for part in value_parts if preset.spread and part.into == preset.spread.value]
    if not values:
        return [(None, {}, {})]
    by_part: dict[Part, dict[str, Cell]] = {}
    for part in value_parts:
        cell = cells[part.position]
        if not is_null(cell):
            raw = by_part.setdefault(part if part in values else _before(part, values), {})
            raw[part.into] = cell if raw.get(part.into) is None else f"{raw[part.into]} {cell}"
    return [(part, raw, dict(part.constants)) for part, raw in (by_part or {values[0]: {}}).items()]


def _before(part: Part, values: Sequence[Part]) -> Part:
    return max(
        (value for value in values if value.position < part.position),
        key=lambda value: value.position,
        default=values[0],
    )


def _filled(rows: Sequence[Row], position: int) -> list[Cell]:
    return [row.cells[position] for row in rows if position < len(row.cells) and not is_null(row.cells[position])]


def _scale(header: str, preset: Preset) -> dict[str, float]:
    """The scale that a question names, like "from 1 to 5"."""
    scale = _SCALE.search(header)
    if not scale or "scale_max" not in preset.into.names or not 1 < int(scale[2]) <= _LARGEST:
        return {}
    return {"scale_min": float(scale[1]), "scale_max": float(scale[2])}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it stands, what tells which record it belongs to, and its values."""

    line: int
    key: tuple[str, ...] | None
    record: dict[str, Any]


def merged(
    preset: Preset, lines: Sequence[Line], left_out: Collection[tuple[str, ...]], equal: Collection[int]
) -> tuple[list[tuple[int, dict[str, Any]]], dict[int, CellError], list[Text]]:
    """A record of each group of rows with the same key: of each column the first value that is there.

    A column of `adds` that differs within any record of the file is a line's own and is added up; one that never
    differs is the record's, repeated, and counts once. Of a time of `earliest` the earliest counts.

    Args:
        preset: how the file is meant.
        lines: the rows that could be read.
        left_out: the keys of rows that could not.
        equal: the lines that say in every cell what an earlier one says.

    Returns:
        The first line and the values of each record; the lines that make none, with the reason; notes.
    """
    groups: defaultdict[object, list[Line]] = defaultdict(list)
    without: dict[int, CellError] = {}
    for row in lines:
        if row.key in left_out:
            without[row.line] = CellError(BESIDE)
        else:
            groups[row.key or row.line].append(row)
    for name in list(preset.earliest)[:1]:
        timeless = {key for key, group in groups.items() if not any(row.record.get(name) for row in group)}
        reason = message("no row of its record has {column}, so it is set aside", column=name)
        without |= {row.line: NoDataError(reason) for key in timeless for row in groups.pop(key)}
    several = [group for group in groups.values() if len(group) > 1]
    by_line = {name for name in preset.adds for group in several if len(set(_amounts(group, name))) > 1}
    merged_rows = [(group[0].line, _record(preset, group, by_line)) for group in groups.values()]
    notes: list[Text] = []
    if several:
        notes.append(
            message(
                "{table}: {n} rows form {records} records; {several} of them take up several rows",
                n=str(sum(map(len, groups.values()))),
                records=str(len(groups)),
                table=tables.records(preset.table),
                several=str(len(several)),
            )
        )
    for name in preset.adds:
        repeated = [group for group in several if len(_amounts(group, name)) > 1]
        if repeated and name in by_line:
            notes.append(
                message(
                    "{name} differs between the rows of one record, so the values of the rows are added up",
                    name=name,
                )
            )
        elif repeated:
            notes.append(message("{name} is the same on all rows of a record and is counted once", name=name))
    if by_line and (n := sum(row.line in equal for group in several for row in group)):
        notes.append(
            message_n(
                "{n} of its rows is identical to another row of its record. Both count; if it is a copy, remove it",
                "{n} of its rows are identical to other rows of their records. All count; if they are copies, "
                "remove them",
                n, n=str(n),
            )
        )  # fmt: skip
    return merged_rows, without, notes


def _record(preset: Preset, group: Sequence[Line], by_line: Collection[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in group:
        values = {**row.record, **{name: value for name, value in values.items() if value is not None}}
    for name, others in preset.earliest.items():
        floor = max((values[other] for other in others if values.get(other)), default=None)
        values[name] = min(
            (moment for moment in _amounts(group, name) if floor is None or moment >= floor), default=None
        )
    return values | {name: math.fsum(_amounts(group, name)) for name in by_line if _amounts(group, name)}


def _amounts(group: Sequence[Line], name: str) -> list[Any]:
    return [row.record[name] for row in group if row.record.get(name) is not None]
