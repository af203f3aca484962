"""Records that stand on several rows: an order with a row for each thing in it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kit.sources.preset import Preset

BESIDE = "another row of the same record is left out"
"""Why a row goes that could have been read: a record without its first row would be half a record."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it stands, what tells which record it belongs to, and its values."""

    line: int
    key: tuple[str, ...] | None
    record: dict[str, Any]


def merged(
    preset: Preset, lines: Sequence[Line], left_out: Collection[tuple[str, ...]]
) -> tuple[list[tuple[int, dict[str, Any]]], list[int], list[str]]:
    """A record of each group of rows with the same key: of each column the first value that is there.

    A column of `adds` that differs within any record of the file is a line's own and is added up; one that never
    differs is the record's, repeated, and counts once.

    Args:
        preset: how the file is meant.
        lines: the rows that could be read.
        left_out: the keys of rows that could not.

    Returns:
        The first line and the values of each record; the lines that go with a row that was left out; notes.
    """
    groups: defaultdict[object, list[Line]] = defaultdict(list)
    orphans = []
    for one in lines:
        if one.key in left_out:
            orphans.append(one.line)
        else:
            groups[one.key or one.line].append(one)
    several = [group for group in groups.values() if len(group) > 1]
    by_line = {name for name in preset.adds for group in several if len(set(_said(group, name))) > 1}
    made = [(group[0].line, _one(group, by_line)) for group in groups.values()]
    notes = []
    if several:
        notes.append(
            f"{sum(map(len, groups.values()))} rows are {len(groups)} records of {preset.table}: "
            f"{len(several)} of them stand on several rows"
        )
    for name in preset.adds:
        repeated = [group for group in several if len(_said(group, name)) > 1]
        if repeated and name in by_line:
            notes.append(f"{name} differs between the rows of one record: it is taken as each row's own and added up")
        elif repeated:
            notes.append(f"{name} is the same on all rows of a record, and counted once")
    return made, orphans, notes


def _one(group: Sequence[Line], by_line: Collection[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for one in group:
        values = {**one.record, **{name: value for name, value in values.items() if value is not None}}
    return values | {name: math.fsum(_said(group, name)) for name in by_line if _said(group, name)}


def _said(group: Sequence[Line], name: str) -> list[float]:
    return [one.record[name] for one in group if one.record.get(name) is not None]
