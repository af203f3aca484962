"""Headers that are values: questions of a survey, measures of use. A row becomes a record a filled cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit.sources.cells import is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from kit.sources.cells import Cell
    from kit.sources.grid import Row
    from kit.sources.preset import Preset

_TAG = re.compile(r"<[^>]*>")
_SCALE = re.compile(r"(?<![\d.,/-])([01])\s*(?:-|–|—|to|до|\.\.)\s*(\d{1,3})(?![\d.,/-]\d|\d)", re.IGNORECASE)
_LARGEST = 100
"""No scale of answers is longer; larger numbers in a header are a year or an id."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One header that is a value.

    Attributes:
        position: of its column.
        header: as written, without HTML.
        into: the canonical column that its cells go to.
        said: canonical column -> what the header says by itself.
    """

    position: int
    header: str
    into: str
    said: Mapping[str, Any]


def parts(preset: Preset, header: Sequence[str], columns: Collection[str], taken: Collection[int]) -> list[Part]:
    """The headers that the preset knows to be values, in the order of the file.

    None where the file has a column for the value and one for its name: then a row is one record already.

    Args:
        preset: how the file is meant.
        header: the column names.
        columns: the canonical columns that the header gives otherwise.
        taken: the positions of these columns, without the one of the value.
    """
    spread = preset.spread
    if spread is None or {spread.value, spread.name} <= set(columns):
        return []
    found = []
    for position, written in enumerate(header):
        name = " ".join(_TAG.sub(" ", written).split())
        kind = next((one for one in spread.headers if re.search(one["header"], name, re.IGNORECASE)), None)
        if kind is None or position in taken:
            continue
        said = {key: value for key, value in kind.items() if key not in {"header", "into"}}
        into = kind.get("into", spread.value)
        if into == spread.value:
            found.append(Part(position, name, into, {spread.name: name} | _scale(name, preset) | said))
        else:
            found.append(Part(position, name, into, said))
    return found if any(one.into == spread.value for one in found) else []


def settled(
    preset: Preset, known: Sequence[Part], free: Mapping[int, str], rows: Sequence[Row], fits: Callable[[Cell], bool]
) -> tuple[list[Part], list[str]]:
    """The parts after a look at the cells, and what to say about it.

    A question whose cells hold no answer that can be a value is left out; where `numbers` of the preset is set,
    other columns that hold only numbers are values too.

    Args:
        preset: how the file is meant.
        known: what `parts` found.
        free: position -> name of the columns that nothing is made of.
        rows: those of the file, made even.
        fits: whether a cell can be the value.
    """
    spread = preset.spread
    if spread is None or not known:
        return list(known), []
    kept, notes = [], []
    for part in known:
        filled = _filled(rows, part.position) if part.into == spread.value else []
        if filled and not any(map(fits, filled)):
            notes.append(f"column {part.header!r} holds no scores and is not used")
        else:
            kept.append(part)
    if spread.numbers:
        for position, name in free.items():
            filled = _filled(rows, position)
            if filled and all(map(fits, filled)) and not re.search(spread.unless, name, re.IGNORECASE):
                kept.append(Part(position, name, spread.value, {spread.name: name}))
    return sorted(kept, key=lambda part: part.position), notes


def records(
    preset: Preset, known: Sequence[Part], cells: Sequence[Cell]
) -> list[tuple[Part | None, dict[str, Cell], dict[str, Any]]]:
    """For each record of a row: its header, canonical column -> cell, and -> what the header says.

    A text beside the values, like a comment, goes to the value before it. A row without any value is one record
    without one; where there are no such headers, every row is one record and has no header of its own.
    """
    values = [part for part in known if preset.spread and part.into == preset.spread.value]
    if not values:
        return [(None, {}, {})]
    made: dict[Part, dict[str, Cell]] = {}
    for part in known:
        cell = cells[part.position]
        if not is_null(cell):
            raw = made.setdefault(part if part in values else _before(part, values), {})
            raw[part.into] = cell if raw.get(part.into) is None else f"{raw[part.into]} {cell}"
    return [(part, raw, dict(part.said)) for part, raw in (made or {values[0]: {}}).items()]


def _before(part: Part, values: Sequence[Part]) -> Part:
    return max((one for one in values if one.position < part.position), key=lambda one: one.position, default=values[0])


def _filled(rows: Sequence[Row], position: int) -> list[Cell]:
    return [row.cells[position] for row in rows if position < len(row.cells) and not is_null(row.cells[position])]


def _scale(header: str, preset: Preset) -> dict[str, float]:
    """The scale that a question names, like "from 1 to 5"."""
    found = _SCALE.search(header)
    if not found or "scale_max" not in preset.into.names or not 1 < int(found[2]) <= _LARGEST:
        return {}
    return {"scale_min": float(found[1]), "scale_max": float(found[2])}
