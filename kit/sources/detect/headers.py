"""Which preset fits a file: by its content, never by its name, and in words that a reader can check."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import zip_longest
from typing import TYPE_CHECKING, Self

from kit.messages import Message, Text, message
from kit.sources.detect import records
from kit.sources.detect.places import Places
from kit.sources.detect.presets import Preset, presets
from kit.sources.detect.words import plain
from kit.sources.text.cells import is_null

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kit.sources.detect.presets import Words
    from kit.sources.detect.words import Unit
    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Grid, Row

ABOVE = 15
"""Rows in which the header is looked for: titles and notes may stand above it."""

LOOKED_AT = 50
"""Rows below a header whose cells are looked at."""

NEAR = 3
"""A header is near a preset when it has so many of its columns, and lacks no more of what it is known by."""

SHOWN = 8
"""Names that a sentence lists before it says "and more"."""

WIDTH = 40
"""Letters of a name that a sentence shows."""

MANY, OFTEN = 6, 3
"""So many rows, at least, in which a text comes so often on average say that it is a kind and no description."""

_AMOUNT = re.compile(
    r"[^\w%]*(?:[a-z]{3}\s?)?[\d.,\s'’\u00a0\u202f]*\d[\d.,\s'’\u00a0\u202f]*(?:%|[^\w\s]|[a-zа-я]{1,4}\.?)?\s*",
    re.IGNORECASE,
)
"""A number with a sign, a share or a currency, or a short unit."""

_DIGIT_OR_AT = re.compile(r"[\d@]")
_NUMBER = re.compile(r"[\d.,:\s+-]*\d[\d.,:\s+-]*")


@dataclass(frozen=True, slots=True)
class Match:
    """A header, and what a preset makes of it.

    Attributes:
        preset: the preset.
        header: the column names as written.
        line: where the header stands; of one in two rows the second.
        begins: where the first row of a header in two rows stands; 0: it has one.
        columns: canonical column -> position in the row.
        beside: plain header -> position of what is read to tell, derive or check something.
        parts: headers that are values themselves.
        implied: canonical column -> value that a header says by itself.
        missing: what the preset needs and the header does not have; empty: it fits.
        notes: choices that the reader should know of.
        units: canonical column -> the unit that its header names.
    """

    preset: Preset
    header: tuple[str, ...]
    line: int
    columns: Mapping[str, int]
    beside: Mapping[str, int]
    parts: tuple[records.Part, ...]
    implied: Mapping[str, object]
    missing: tuple[Lack, ...]
    notes: tuple[Text, ...] = ()
    units: Mapping[str, Unit] = field(default_factory=dict)
    begins: int = 0

    @property
    def unmapped(self) -> tuple[str, ...]:
        """The columns that nothing is made of, without those that the preset leaves out on purpose."""
        return tuple(self.free.values())

    @property
    def free(self) -> dict[int, str]:
        """The same by their position."""
        left_out = {plain(name) for name in self.preset.ignore}
        used = {*self.columns.values(), *self.beside.values(), *(part.position for part in self.parts)}
        return {
            position: name
            for position, name in enumerate(self.header)
            if name and position not in used and plain(name) not in left_out
        }

    @property
    def is_data(self) -> bool:
        """Whether a row that was tried as a header holds numbers or times: then it is hardly one."""
        return any(_NUMBER.fullmatch(name) for name in self.header)

    @property
    def why(self) -> Message:
        """Why the file was taken for this."""
        if self.preset.header:
            return message("its header is the one for which {name} was made", name=self.preset.name)
        places = [*self.columns.values(), *(part.position for part in self.parts)]
        names = listed(self._marks() or [self.header[at] for at in places])
        if self.preset.verified:
            return message("its header has {names}", names=names)
        return message("its header has {names}, recognised by name only", names=names)

    @property
    def needs(self) -> Text:
        """What is missing, in words."""
        return reduce(_then, [lack.text for lack in self.missing]) if self.missing else ""

    def _marks(self) -> Words:
        """The headers that the preset knows a platform by."""
        here = set(map(plain, self.header))
        either = next((names for names in self.preset.recognise.any_of if here.issuperset(map(plain, names))), ())
        return (*self.preset.recognise.headers, *either)


def find(grid: Grid, mappings: Iterable[Preset]) -> Match | list[Match]:
    """The preset that fits a grid; where none does, what comes near, the nearest first.

    A user's mapping comes before the presets of one platform, and these before those of any table.
    """
    tried: list[Match] = []
    candidates = [
        preset
        for preset in (*mappings, *presets())
        if preset.shape == "table" and (preset.recognise.of_platform or preset.header or not grid.answer)
    ]
    for at, row in enumerate(grid.rows[:ABOVE]):
        if row.fault:
            continue
        rows = grid.rows[at + 1 : at + 1 + LOOKED_AT]
        below = rows[0] if rows else None
        header = _written(row)
        matches = [match_header(preset, row, rows, header) for preset in candidates if _looks(preset, grid.file, below)]
        best = _best([fit for fit in matches if not fit.missing])
        if (in_two := _in_two_rows(row, rows, candidates)) and (not best or _rank(in_two) < _rank(best)):
            return in_two
        if best:
            return best
        tried += matches
    return sorted(tried, key=_distance)


def _in_two_rows(row: Row, below: Sequence[Row], candidates: Iterable[Preset]) -> Match | None:
    """The match of a header whose second row goes on with its first, like "Opens" over "unique" and "total"."""
    if not below or below[0].fault:
        return None
    groups, names = _written(row), _written(below[0])
    header, group, goes_on = [], "", False
    for over, name in zip_longest(groups, names, fillvalue=""):
        goes_on |= bool(not over and name and group)
        group = over or (group if name else "")
        header.append(group if not name or name == group else f"{group} {name}".strip())
    if not goes_on or any(_DIGIT_OR_AT.search(name) for name in names):
        return None
    joined = replace(below[0], cells=list(header))
    general = [preset for preset in candidates if not (preset.recognise.of_platform or preset.header)]
    fits = [match for preset in general if not (match := match_header(preset, joined, below[1:])).missing]
    best = _best(fits)
    return best and replace(best, begins=row.line)


def _distance(match: Match) -> tuple[object, ...]:
    return match.is_data, not match.columns, len(match.missing), -len(match.columns), match.line


def passed_over(row: Row, matched: Preset) -> tuple[Text, ...]:
    """The platforms' exports that a header comes near to without being one, and what each would need."""
    tried = [
        match_header(preset, row)
        for preset in presets()
        if preset.shape == "table" and preset.recognise.of_platform and preset.name != matched.name
    ]
    return needing(match for match in tried if match.missing)


def needing(tried: Iterable[Match]) -> tuple[Text, ...]:
    """The nearest of the presets that do not fit, each with what it would need."""
    matches = [match for match in tried if match.missing and len(match.columns) >= NEAR]
    near = sorted(matches, key=lambda match: (len(match.missing), -len(match.columns)))
    return tuple(
        message("{preset}, which needs {missing}", preset=match.preset.name, missing=match.needs)
        for match in near[:2]
        if len(match.missing) <= NEAR
    )


def _best(fits: list[Match]) -> Match | None:
    """The only one of the first rank that fits, or the one that understands the most columns."""
    ranked = sorted(fits, key=_rank)
    if not ranked or (len(ranked) > 1 and _rank(ranked[0]) == _rank(ranked[1])):
        return None
    return ranked[0]


def _rank(match: Match) -> tuple[int, int]:
    of_user, of_platform = bool(match.preset.header), match.preset.recognise.of_platform
    waits = 0 if of_user or of_platform else sum(bool(wait.names) for wait in match.preset.durations.values())
    return (0 if of_user else 1 if of_platform else 2), -len(match.columns) - len(match.parts) - waits


def _looks(preset: Preset, file: str, below: Row | None) -> bool:
    """Whether the row below a header, and the place of the file, are as the preset wants them."""
    cells = [] if below is None else below.cells
    wanted = {int(place.removeprefix("#")) - 1: pattern for place, pattern in preset.recognise.cells.items()}
    fit = all(at < len(cells) and re.search(pattern, str(cells[at] or "")) for at, pattern in wanted.items())
    return fit and bool(re.search(preset.recognise.file, file))


def _written(row: Row) -> Words:
    return tuple(" ".join(str("" if cell is None else cell).split()) for cell in row.cells)


def match_header(preset: Preset, row: Row, below: Sequence[Row] = (), header: Words = ()) -> Match:
    """What a preset makes of a header.

    Args:
        preset: the preset.
        row: the header.
        below: the rows below it, as far as they are looked at; a column is not taken for what its cells cannot be.
        header: its names, where they are known already.
    """
    header = header or _written(row)
    places = Places(preset, header, below)
    claimed: dict[int, str] = {}
    columns: dict[str, int] = {}
    for canonical, names in preset.columns.items():
        free = (place for name in names for place in places.of(name, canonical) if place not in claimed)
        if (position := next(free, None)) is not None:
            claimed[position] = canonical
            columns[canonical] = position
    preset = replace(preset, durations=places.waits(claimed))
    value = preset.spread.value if preset.spread else ""
    parts = records.parts(preset, header, columns, {*columns.values()} - {columns.get(value)})
    if parts:
        columns.pop(value, None)
    beside = {name: places.exact[name] for name in map(plain, _beside(preset)) if name in places.exact}
    implied: dict[str, object] = {}
    for name, values in preset.implies.items():
        places_of_name = set(places.of(name))
        if places_of_name & claimed.keys() or (preset.recognise.of_platform and places_of_name):
            implied = {**values, **implied}
    spread_columns = {preset.spread.value, preset.spread.name} if preset.spread and parts else set()
    told = {name for name, wait in preset.durations.items() if wait.names and not preset.recognise.of_platform}
    told |= {name for name, others in preset.fill.items() if any(plain(other) in places.exact for other in others)}
    missing = _missing(preset, places, {*columns, *implied, *preset.constants, *spread_columns, *told})
    match = Match(preset, header, row.line, columns, beside, tuple(parts), implied, missing)
    if preset.recognise.file and not missing:
        missing = _against(match, below)
        match = replace(match, missing=missing)
    if missing:  # dozens of presets are tried, and one of them reads the file
        return match
    units = {name: unit for name, position in columns.items() if (unit := places.unit(position, name))}
    return replace(match, notes=(*_shared(preset, places, columns), *_duplicates(preset, header, columns)), units=units)


def _beside(preset: Preset) -> list[str]:
    """The names of headers that the preset reads beside its columns."""
    looked_at = [name for field in preset.inferred.values() for rule in field.rules for name in rule if name != "then"]
    durations = [name for duration in preset.durations.values() for name in duration.names]
    several = (*preset.flags.values(), *preset.fill.values(), *preset.joined.values())
    further = [name for names in several for name in names]
    rows = (*preset.keep, *preset.aside, *preset.filled, *preset.lines_of)
    return [
        name for name in (*looked_at, *durations, *further, *preset.moved_by, *rows) if name not in preset.into.names
    ]


@dataclass(frozen=True, slots=True)
class Lack:
    """What a preset needs and a header does not have.

    Attributes:
        text: in words.
        columns: canonical columns, any of which would do.
    """

    text: Text
    columns: Words = ()

    @classmethod
    def of(cls, columns: Words) -> Self:
        """The lack of any of these columns."""
        return cls(reduce(_or, columns), columns)


def _missing(preset: Preset, places: Places, has: set[str]) -> tuple[Lack, ...]:
    if preset.header:
        own_header = {plain(name) for name in preset.header} - {""}
        return () if own_header == set(places.exact) else (Lack(message("its own header")),)
    wanted = preset.recognise
    headers = [Lack(repr(name)) for name in wanted.headers if plain(name) not in places.exact]
    if wanted.any_of and not any(places.exact.keys() >= set(map(plain, names)) for names in wanted.any_of):
        headers.append(Lack(reduce(_or, [listed(map(repr, names)) for names in wanted.any_of])))
    groups = [Lack.of(group) for group in wanted.needs if not has & set(group)]
    unwanted = {position: name for name in reversed(wanted.without) for position in places.of(name)}
    against = [Lack(message("no column {name}", name=repr(name))) for name in unwanted.values()]
    nothing = [] if wanted.of_platform or wanted.needs else [Lack(message("a rule to recognise it"))]
    return (*headers, *groups, *against, *nothing)


def _against(match: Match, below: Sequence[Row]) -> tuple[Lack, ...]:
    """What the columns say against a preset that the name of a file speaks for: a name alone decides nothing.

    An export of a platform has its columns and no others. In any other table, columns of numbers or of people that the
    preset does not know are what the table is about, and so are words that come again and again.
    """
    if match.preset.recognise.of_platform:
        return tuple(Lack(message("no column {name}", name=repr(name))) for name in match.free.values())
    strange = [name for position, name in match.free.items() if _measures(_filled(below, position))]
    lacks = [Lack(message("no column {name}", name=repr(name))) for name in strange]
    texts = [name for name in match.columns if match.preset.into.column(name).type == "text"]
    for name in texts:
        filled = [plain(cell) for cell in _filled(below, match.columns[name])]
        if _measures(filled) or (len(filled) >= MANY and len(set(filled)) <= len(filled) / OFTEN):
            lacks.append(Lack(message("{column} in words that differ from row to row", column=name)))
    return tuple(lacks)


def _filled(rows: Sequence[Row], position: int) -> list[Cell]:
    return [row.cells[position] for row in rows if position < len(row.cells) and not is_null(row.cells[position])]


def _measures(filled: Sequence[Cell]) -> bool:
    """Whether all cells of a column are numbers, shares or amounts, or all are addresses."""
    texts = list(map(str, filled))
    return bool(texts) and (all(map(_AMOUNT.fullmatch, texts)) or all("@" in text for text in texts))


def _shared(preset: Preset, places: Places, columns: Mapping[str, int]) -> list[Text]:
    """Headers that could as well have been another column, which the file has not under a better name."""
    notes = []
    for canonical, position in columns.items():
        alternatives = [
            alternative
            for alternative, names in preset.columns.items()
            if alternative != canonical
            and alternative not in columns
            and any(position in places.of(name, alternative) for name in names)
        ]
        if alternatives:
            notes.append(
                message(
                    "column {name} is read as {column}, not as {alternatives}; if that is wrong, correct it in a "
                    "mapping (kit map)",
                    name=repr(places.header[position]),
                    column=canonical,
                    alternatives=reduce(_or, alternatives),
                )
            )
    return notes


def _duplicates(preset: Preset, header: Sequence[str], columns: Mapping[str, int]) -> list[Text]:
    names = [plain(name) for name in header] if columns else []
    text = (
        message("column {name} occurs {n} times; the last one is used")
        if preset.duplicate_headers == "last"
        else message("column {name} occurs {n} times; the first one is used")
    )
    return [
        replace(text, values={"name": repr(header[position]), "n": str(names.count(names[position]))})
        for position in sorted(set(columns.values()))
        if names.count(names[position]) > 1
    ]


def lacking(near: Sequence[Match]) -> Message:
    """Why a table was not recognised, and how to map it."""
    if not near:
        return message(
            "it has no header. Run `kit map FILE` for a proposed mapping and save it as FILE.map.yaml next to the file"
        )
    nearest = near[0]
    header = listed(nearest.header)
    if fits := [match for match in near if not match.missing]:
        first, second = (match.preset.table for match in sorted(fits, key=_rank)[:2])
        return message(
            "its header {header} fits {first} and {second} equally. Run `kit map FILE` for a proposed mapping and "
            "save it as FILE.map.yaml next to the file",
            header=header,
            first=first,
            second=second,
        )
    if not nearest.columns:
        return message(
            "its header {header} fits no preset and has no known column. Run `kit map FILE` for a proposed mapping "
            "and save it as FILE.map.yaml next to the file",
            header=header,
        )
    return message(
        "its header {header} fits no preset; the nearest is {table}, which needs {missing}. Run `kit map FILE` for "
        "a proposed mapping and save it as FILE.map.yaml next to the file",
        header=header,
        table=nearest.preset.table,
        missing=nearest.needs,
    )


def listed(names: Iterable[str]) -> Text:
    """A few names for a sentence."""
    shown = [name if len(name) <= WIDTH else f"{name[:WIDTH]}…" for name in names if name]
    few = ", ".join(shown[:SHOWN])
    return message("{names} and {n} more", names=few, n=str(len(shown) - SHOWN)) if len(shown) > SHOWN else few


def _or(first: Text, second: Text) -> Text:
    return message("{first} or {second}", first=first, second=second)


def _then(first: Text, second: Text) -> Text:
    return message("{first}; {second}", first=first, second=second)
