"""Deduplication of sessions in several reports: no day counts twice, and what is set aside is said by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.messages import message
from kit.sources.reports.analytics import DIMENSIONS
from kit.tables import WEB

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = pd.Timestamp.min
"""The day of a report that names none: it meets only others that name none."""

MEASURES = [column.name for column in WEB.columns if column.type in {"int", "float"}]
"""What a report may tell of its sessions."""

_DAY = pd.Timedelta(days=1)

SAME = message("{again} of its {rows} rows are also in {others}, for the same days; they are counted once")
LESS = message(
    "{others} has the same sessions and more about where they came from; {again} of its {rows} rows are not counted"
)
OVERLAP = message(
    "its days {days} overlap with those of {others}, so it is unknown which sessions are in both. {again} of its "
    "{rows} rows are not counted. Export periods that do not overlap"
)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The rows of one file about one period.

    Attributes:
        file: the file.
        site: the property that it measured; empty where the file does not say.
        start: the first day; `UNKNOWN` where the file does not say.
        end: the last day.
        dimensions: those that the file has.
        rows: their labels.
    """

    file: str
    site: str
    start: pd.Timestamp
    end: pd.Timestamp
    dimensions: tuple[str, ...]
    rows: tuple[int, ...]

    @property
    def is_day(self) -> bool:
        """Whether it is one day's."""
        return self.start == self.end

    @property
    def days(self) -> int:
        """How many days it covers; one where that is not known."""
        return int((self.end - self.start) / _DAY) + 1

    def meets(self, other: Piece) -> bool:
        """Whether both can hold the same session."""
        if self.site and other.site and self.site != other.site:
            return False
        return self.start <= other.end and other.start <= self.end

    def same_days(self, other: Piece) -> bool:
        """Whether both are of the same period."""
        return (self.start, self.end) == (other.start, other.end)


def sessions(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int], dict[str, str]]:
    """The rows of `web` that count.

    Reports that name campaigns come first, then those of more days, then those of shorter periods, of more
    dimensions, of more measures, of more sessions. What meets them is counted only as far as it is about other rows of
    the same days.

    Args:
        frame: rows of `tables.WEB`, of all files.

    Returns:
        The rows that count; file -> number of its rows that do not; file -> why.
    """
    frame = frame.reset_index(drop=True)
    keys = [tuple(row) for row in frame[list(DIMENSIONS)].fillna("").to_numpy().tolist()]
    counted: list[Piece] = []
    duplicates: dict[str, list[int]] = defaultdict(list)
    causes: dict[str, dict[str, Any]] = {}
    for piece in _ranked(frame):
        rivals = [other for other in counted if piece.meets(other)]
        if not rivals:
            counted.append(piece)
            continue
        same_days = all(map(piece.same_days, rivals))
        if same_days and all(other.dimensions == piece.dimensions for other in rivals):
            counted_keys = {keys[row] for other in rivals for row in other.rows}
            duplicate_rows, reason = [row for row in piece.rows if keys[row] in counted_keys], SAME
            new_rows = tuple(row for row in piece.rows if keys[row] not in counted_keys)
            counted.append(Piece(piece.file, piece.site, piece.start, piece.end, piece.dimensions, new_rows))
        else:
            duplicate_rows, reason = list(piece.rows), LESS if same_days else OVERLAP
        if duplicate_rows:
            duplicates[piece.file] += duplicate_rows
            cause = causes.setdefault(piece.file, {"reason": reason, "others": {}, "pieces": []})
            cause["reason"] = OVERLAP if OVERLAP in (reason, cause["reason"]) else reason
            cause["others"] |= dict.fromkeys(other.file for other in rivals)
            cause["pieces"].append(piece)
    sizes = Counter(frame["source_file"])
    reasons = {
        file: replace(
            cause["reason"],
            values={
                "again": len(duplicates[file]),
                "rows": sizes[file],
                "others": ", ".join(cause["others"]),
                "days": _days(cause["pieces"]),
            },
        )
        for file, cause in causes.items()
    }
    kept = frame.drop(index=[row for rows in duplicates.values() for row in rows]).reset_index(drop=True)
    return kept, {file: len(rows) for file, rows in duplicates.items()}, reasons


def _ranked(frame: pd.DataFrame) -> Iterator[Piece]:
    """The pieces of each file, the days of one together, in the order of precedence."""
    units: dict[tuple[str, str, bool], list[Piece]] = defaultdict(list)
    dimensions = {
        str(file): tuple(name for name in DIMENSIONS if rows[name].notna().any())
        for file, rows in frame.groupby("source_file")
    }
    by = [frame["source_file"], frame["property"].fillna(""), frame["period_start"], frame["period_end"]]
    grouped: Any = frame.groupby(by, dropna=False, sort=False)
    for (file, site, start, end), rows in grouped:
        days = (UNKNOWN, UNKNOWN) if pd.isna(start) or pd.isna(end) else (start, end)
        piece = Piece(file, site, *days, dimensions[file], tuple(rows.index))
        units[file, site, piece.is_day].append(piece)

    def precedence(pieces: list[Piece]) -> tuple[Any, ...]:
        names = pieces[0].dimensions
        rows = frame.loc[[row for piece in pieces for row in piece.rows]]
        measures = int(rows[MEASURES].notna().any().sum())
        covers = sum(piece.days for piece in pieces)
        return (
            "utm_campaign" not in names,
            -covers,
            -len(pieces),
            -len(names),
            -measures,
            -int(rows["sessions"].sum()),
            pieces[0].file,
        )

    for unit in sorted(units.values(), key=precedence):
        yield from sorted(unit, key=lambda piece: (-piece.days, str(piece.start)))


def _days(pieces: list[Piece]) -> str:
    start, end = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
    return "(it names none)" if start == UNKNOWN else f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"
