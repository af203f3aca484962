"""Which preset fits a file: by its content, never by its name, and in words that a reader can check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.sources.preset import Preset, presets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kit.sources.cells import Cell
    from kit.sources.grid import Grid, Row

ABOVE = 15
"""Rows in which the header is looked for: titles and notes may stand above it."""

SHOWN = 8
"""Names that a sentence lists before it says "and more"."""

WIDTH = 40
"""Letters of a name that a sentence shows."""

_UNIT = re.compile(r",?\s*\(?\b(шт|чел|pcs)\b\.?\)?$")
_PERCENT = re.compile(r",?\s*\(?%\)?$")


@dataclass(frozen=True, slots=True)
class Match:
    """A header, and what a preset makes of it.

    Attributes:
        preset: the preset.
        header: the column names as written.
        line: where the header stands.
        columns: canonical column -> position in the row.
        implied: canonical column -> value that a header says by itself.
        missing: what the preset needs and the header does not have; empty: it fits.
        notes: choices that the reader should know of.
    """

    preset: Preset
    header: tuple[str, ...]
    line: int
    columns: Mapping[str, int]
    implied: Mapping[str, object]
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def unmapped(self) -> tuple[str, ...]:
        """The columns that nothing is made of, without those that the preset leaves out on purpose."""
        left_out = {plain(name) for name in self.preset.ignore}
        used = set(self.columns.values())
        return tuple(
            name
            for position, name in enumerate(self.header)
            if name and position not in used and plain(name) not in left_out
        )

    @property
    def why(self) -> str:
        """Why the file was taken for this."""
        if self.preset.header:
            return f"its header is the one that {self.preset.name} was made for"
        by = self.preset.recognise.headers or [self.header[at] for at in self.columns.values()]
        names = "" if self.preset.verified else ", taken by their names alone"
        return f"its header has {listed(by)}{names}"


def plain(name: Cell) -> str:
    """A header without what people write differently: case, blanks, marks, units, e-mail and email."""
    said = " ".join(str("" if name is None else name).replace("_", " ").split()).strip("\"'*: ").casefold()
    said = _PERCENT.sub(" %", said.replace("ё", "е").replace("e-mail", "email"))
    return _UNIT.sub("", said).strip()


def find(grid: Grid, mappings: Iterable[Preset]) -> Match | list[Match]:
    """The preset that fits a grid; where none does, what comes near, the nearest first.

    A user's mapping comes before the presets of one platform, and these before those of any table.
    """
    tried: list[Match] = []
    for row in grid.rows[:ABOVE]:
        if row.fault:
            continue
        here = [match(one, row) for one in (*mappings, *presets()) if one.shape == "table"]
        if best := _best([one for one in here if not one.missing]):
            return best
        tried += here
    return sorted(tried, key=lambda one: (len(one.missing), -len(one.columns), one.line))


def _best(fits: list[Match]) -> Match | None:
    """The only one of the first rank that fits, or the one that understands the most columns."""
    ranked = sorted(fits, key=_rank)
    if not ranked or (len(ranked) > 1 and _rank(ranked[0]) == _rank(ranked[1])):
        return None
    return ranked[0]


def _rank(one: Match) -> tuple[int, int]:
    of_user, of_platform = bool(one.preset.header), bool(one.preset.recognise.headers)
    return (0 if of_user else 1 if of_platform else 2), -len(one.columns)


def match(preset: Preset, row: Row) -> Match:
    """What a preset makes of a header."""
    header = tuple(" ".join(str("" if cell is None else cell).split()) for cell in row.cells)
    places: dict[str, int] = {}
    for position, name in enumerate(header):
        places.setdefault(plain(name), position)
    places.pop("", None)
    claimed: dict[int, str] = {}
    columns: dict[str, int] = {}
    for canonical, names in preset.columns.items():
        free = (places[plain(name)] for name in names if places.get(plain(name)) not in {None, *claimed})
        if (position := next(free, None)) is not None:
            claimed[position] = canonical
            columns[canonical] = position
    implied: dict[str, object] = {}
    for name, said in preset.implies.items():
        if places.get(plain(name)) in claimed:
            implied = {**said, **implied}
    missing = _missing(preset, places, {*columns, *implied, *preset.constants})
    notes = (*_shared(preset, header, columns), *_twice(header, columns))
    return Match(preset, header, row.line, columns, implied, missing, notes)


def _missing(preset: Preset, places: Mapping[str, int], has: set[str]) -> tuple[str, ...]:
    if preset.header:
        same = {plain(name) for name in preset.header} - {""}
        return () if same == set(places) else ("its own header",)
    wanted = preset.recognise
    headers = [repr(name) for name in wanted.headers if plain(name) not in places]
    groups = [" or ".join(group) for group in wanted.needs if not has & set(group)]
    against = [f"no column {name!r}" for name in wanted.without if plain(name) in places]
    nothing = [] if wanted.headers or wanted.needs else ["a rule to know it by"]
    return (*headers, *groups, *against, *nothing)


def _shared(preset: Preset, header: Sequence[str], columns: Mapping[str, int]) -> list[str]:
    """Headers that could as well have been another column, which the file has not under a better name."""
    said = []
    for canonical, position in columns.items():
        others = [
            other
            for other, names in preset.columns.items()
            if other != canonical and other not in columns and plain(header[position]) in map(plain, names)
        ]
        if others:
            said.append(
                f"column {header[position]!r} is taken as {canonical}, not as {' or '.join(others)}; "
                "if that is wrong, say so in a mapping (kit map)"
            )
    return said


def _twice(header: Sequence[str], columns: Mapping[str, int]) -> list[str]:
    names = [plain(name) for name in header]
    return [
        f"column {header[position]!r} stands {names.count(names[position])} times; the first is taken"
        for position in sorted(set(columns.values()))
        if names.count(names[position]) > 1
    ]


def lacking(near: Sequence[Match]) -> str:
    """Why a table was not recognised, and how to map it."""
    mend = "`kit map FILE` proposes a mapping; saved as FILE.map.yaml beside the file it is used"
    if not near:
        return f"it has no header; {mend}"
    header = near[0].header
    fits = [one for one in near if not one.missing]
    if fits:
        both = " and ".join(one.preset.table for one in sorted(fits, key=_rank)[:2])
        return f"its header {listed(header)} fits {both} alike; {mend}"
    nearest = near[0]
    if not nearest.columns:
        return f"its header {listed(header)} fits no preset and names no column that is known; {mend}"
    return (
        f"its header {listed(header)} fits no preset; "
        f"{nearest.preset.table} comes nearest and needs {'; '.join(nearest.missing)}; {mend}"
    )


def listed(names: Iterable[str]) -> str:
    """A few names for a sentence."""
    known = [name if len(name) <= WIDTH else f"{name[:WIDTH]}…" for name in names if name]
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more
