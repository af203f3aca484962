"""Which cells of a row make which column, where that is more than one header a column."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING

from kit.sources.detect.headers import plain
from kit.sources.detect.presets import MOVES
from kit.sources.text.cells import is_null

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.sources.detect.presets import Preset
    from kit.sources.text.cells import Cell


def cells_of(preset: Preset, raw: Mapping[str, Cell], beside: Mapping[str, Cell]) -> dict[str, Cell]:
    """Canonical column -> cell of one row, after `joined` and `moved` of the preset.

    Args:
        preset: how the file is meant.
        raw: canonical column -> the cell under its header.
        beside: plain header -> cell, of what the preset looks at beside its columns.
    """
    cells = dict(raw)
    for name, headers in preset.joined.items():
        for header in headers:
            cells[name] = _together(cells.get(name), beside.get(plain(header)))
    for rule in preset.moved:
        if rule["from"] in cells and _fits(rule, beside):
            cell = cells.pop(rule["from"])
            cells |= {rule["to"]: cell} if rule["to"] else {}
    return cells


def _together(first: Cell, second: Cell) -> Cell:
    """Two cells as one: a day with its hour, a name with what tells it from others of the same name."""
    if is_null(first) or is_null(second):
        return first
    if isinstance(first, datetime) and isinstance(second, time):
        return datetime.combine(first, second)
    if isinstance(first, datetime):
        return f"{first:%Y-%m-%d} {second}"
    return f"{first} {second}"


def _fits(rule: Mapping[str, str], beside: Mapping[str, Cell]) -> bool:
    """Whether the cells of a row are as a rule wants them."""
    return all(
        re.search(pattern, plain(beside.get(plain(header))), re.IGNORECASE)
        for header, pattern in rule.items()
        if header not in MOVES
    )
