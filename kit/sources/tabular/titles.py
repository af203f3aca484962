"""What stands above a header: titles, and the days that a report is of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kit.messages import Text, message, message_n
from kit.sources.detect.headers import plain
from kit.sources.text.cells import CellError, is_null
from kit.sources.text.times import Clock
from kit.tables import WEB

if TYPE_CHECKING:
    from kit.sources.detect.headers import Match
    from kit.sources.text.grid import Grid, Row

PERIOD = ("period_start", "period_end")

_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}")
"""A day that can be read in one way: the day first, where points part it."""


def unread(grid: Grid, match: Match) -> list[Text]:
    """What stands above the header and is more than a title."""
    lost = [row.line for row in _above(grid, match) if sum(map(bool, map(plain, row.cells))) > 1]
    if not lost:
        return []
    if len(lost) == 1:
        return [message("line {line} is above the header and is not read", line=str(lost[0]))]
    n = len(lost)
    return [
        message_n(
            "{n} line is above the header and is not read",
            "{n} lines are above the header and are not read",
            n,
            n=str(n),
        )
    ]


def period(grid: Grid, match: Match) -> dict[str, Any]:
    """The days that a title says of a report of visits whose rows have none: its first and last day."""
    if match.preset.into is not WEB or PERIOD[0] in match.columns:
        return {}
    clock = Clock(zone=None, day_first=True)
    for row in _above(grid, match):
        named = _DAY.findall(" ".join(str(cell) for cell in row.cells if not is_null(cell)))
        if len(named) == len(PERIOD):
            try:
                first, last = (clock.read(day).local for day in named)
            except CellError:
                continue
            return dict(zip(PERIOD, (first, last), strict=True)) if first <= last else {}
    return {}


def _above(grid: Grid, match: Match) -> list[Row]:
    return [row for row in grid.rows if row.line < (match.begins or match.line)]
