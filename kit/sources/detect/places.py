"""Where a header has the columns of a preset: by their names, by what the words mean, and by what the cells can be.

The presets of one platform and a user's mapping know their columns by name alone. Those of any table know them by their
words too, in any order, language and unit, and take no column whose cells are of another kind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from kit.sources.detect import words
from kit.sources.detect.presets import Duration, named
from kit.sources.detect.words import MONEY, PIECES, TIMES, Words, plain
from kit.sources.text import cells
from kit.sources.text.addresses import with_signs
from kit.sources.text.cells import AmbiguousMarkError, CellError, is_null
from kit.sources.text.times import EVER, AmbiguousDayError, Clock, days, month

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from kit.sources.detect.presets import Preset
    from kit.sources.detect.words import Unit
    from kit.sources.text.cells import Cell
    from kit.sources.text.grid import Row

KIND = 2
"""Filled cells that must say the same before a name is not believed: one may be a slip."""

SCORES = frozenset({"score", "csat"})
"""Columns whose cells may be words of a scale."""

QUANTITY = frozenset({"count"})
"""What a header means that says how many pieces a line is about, and nothing more."""

_EARLIEST = 20_000
"""The smallest number that can be a time: days since 1900, as workbooks count, in 1954."""


class Places:
    """Where the columns of a header are.

    Args:
        preset: what calls them by names.
        header: the column names as written.
        below: the rows below it, as far as they are looked at.

    Attributes:
        header: the column names as written.
        exact: plain header -> position.
    """

    def __init__(self, preset: Preset, header: Sequence[str], below: Sequence[Row]) -> None:
        self.header = header
        self._preset = preset
        self._below = below
        self._is_general = not (preset.recognise.of_platform or preset.header)
        self._named = _exact(tuple(header), is_last=preset.duplicate_headers == "last")
        self.exact = dict(self._named)
        self._positions: dict[str, dict[frozenset[str], list[int]]] = {}
        if preset.recognise.cells:  # a layout by position: the names of its columns are not known
            self.exact |= {f"#{position}": position - 1 for position in range(1, len(header) + 1)}

    def of(self, name: str, canonical: str = "") -> Iterator[int]:
        """The positions of what a preset calls so, the one of this very name first.

        Args:
            name: a name of the preset.
            canonical: the column that it is; then its unit and its cells must be such, too.
        """
        position = self.exact.get(plain(name))
        if position is not None and self._can_be(position, canonical):
            yield position
        if not self._is_general:
            return
        kind = self._type(canonical)
        wanted = _typed(name, kind)
        for other in self._others(kind).get(wanted.stems, ()):
            unit = _typed(self.header[other], kind).unit
            if not canonical or self._has_unit(unit, wanted.unit, canonical):
                yield from [other] if self._can_be(other, canonical) else []

    def unit(self, position: int, canonical: str) -> Unit | None:
        """The unit that a header names, where the column's cells need one."""
        if self._preset.recognise.of_platform:
            return None
        unit = words.of(self.header[position]).unit
        return unit if unit and unit.kind != PIECES and self._has_unit(unit, None, canonical) else None

    def waits(self, claimed: Collection[int]) -> dict[str, Duration]:
        """The waits that the preset knows, under the headers that this file has for them."""
        if self._preset.recognise.of_platform:
            return dict(self._preset.durations)
        found: dict[str, Duration] = {}
        for name, duration in self._preset.durations.items():
            meant = {words.of(known).stems for known in (*duration.names, *self._preset.columns.get(name, ()))}
            here: dict[str, list[str]] = {unit: [] for unit in TIMES}
            for position in self.exact.values():
                words_here = words.of(self.header[position])
                if position not in claimed and words_here.stems in meant and words_here.unit:
                    here.get(words_here.unit.kind, []).append(self.header[position])
            found[name] = Duration(duration.since, *map(tuple, here.values()), checked=duration.checked)
        return found

    def _others(self, kind: str) -> dict[frozenset[str], list[int]]:
        """The positions of the headers that the preset has no name for, by what their words mean."""
        if kind not in self._positions:
            known = _names(self._preset.name)
            found: defaultdict[frozenset[str], list[int]] = defaultdict(list)
            for name, position in self._named.items():
                if name not in known:
                    found[_typed(self.header[position], kind).stems].append(position)
            self._positions[kind] = found
        return self._positions[kind]

    def _has_unit(self, unit: Unit | None, wanted: Unit | None, canonical: str) -> bool:
        """Whether a header's unit is one that the column can have, or that its name in the preset has."""
        if unit is None or wanted is not None:
            return _family(unit) == _family(wanted)
        if canonical not in self._preset.into.names:
            return False
        column = self._preset.into.column(canonical)
        family = MONEY if column.unit.startswith(MONEY) else "time" if column.unit == "h" else "none"
        return _family(unit) == (PIECES if column.type == "int" else family)

    def _type(self, canonical: str) -> str:
        return self._preset.into.column(canonical).type if canonical in self._preset.into.names else ""

    def _can_be(self, position: int, canonical: str) -> bool:
        """Whether the cells of a column can be what its name says: not all of another kind."""
        if not canonical or not self._is_general:
            return True
        filled = [
            row.cells[position]
            for row in self._below
            if not row.fault and position < len(row.cells) and not is_null(row.cells[position])
        ]
        if canonical == "event_type":
            return self._tells_events(filled)
        kind = self._type(canonical)
        is_count = kind in {"local", "date"} and self._counts(position)
        if is_count or len(filled) < KIND:
            return not is_count or (bool(filled) and all(map(_is_time, filled)))
        if canonical == "email" or self._is_another(canonical, position, filled):
            return canonical == "email" and self._holds_addresses(filled)
        if kind in {"int", "float", "local", "date"} and canonical not in SCORES:
            other = _is_time if kind in {"int", "float"} else _is_no_time
            return any(map(_has_digits, filled)) and not all(map(other, filled))
        is_word = canonical in self._preset.values or canonical in _looked_at(self._preset.name)
        return not is_word or any(map(_has_letters, filled)) or all(map(_is_code, filled))

    def _is_another(self, canonical: str, position: int, filled: Sequence[Cell]) -> bool:
        """Whether the cells are those of another column: events of mail for actions, times for scores."""
        if canonical == "action":
            return sum(map(words.is_of_mail, map(str, filled))) > len(filled) / 2
        if canonical == "total":
            return self._is_of_one_piece(position)
        return canonical in SCORES and all(map(_is_time, filled))

    def _holds_addresses(self, filled: Sequence[Cell]) -> bool:
        is_list = not self._preset.into.column("contact_key").nullable
        return any(map(_has_at if is_list else _has_letters, filled))

    def _tells_events(self, filled: Sequence[Cell]) -> bool:
        """Whether most of the cells are words for events of mail."""
        event_names = _events(self._preset.name)
        return sum(plain(cell) in event_names for cell in filled) > len(filled) / 2

    def _is_of_one_piece(self, position: int) -> bool:
        """Whether a price is that of one piece, because a column beside it says how many there are."""
        if "price" not in words.of(self.header[position]).stems or "total" in words.of(self.header[position]).stems:
            return False
        pieces = next((at for at, name in enumerate(self.header) if words.of(name).stems == QUANTITY), None)
        if pieces is None:
            return False
        numbers = {str(row.cells[pieces]).strip().removesuffix(".0") for row in self._below if pieces < len(row.cells)}
        return bool(numbers - {"1", "", "None"})

    def _counts(self, position: int) -> bool:
        """Whether a header is a name of a count as well: then only its cells can make it a time."""
        here = _typed(self.header[position], "int").stems
        names = (names for canonical, names in self._preset.columns.items() if self._type(canonical) == "int")
        return any(_typed(name, "int").stems == here for name in chain.from_iterable(names))


@lru_cache(maxsize=32)
def _exact(header: tuple[str, ...], *, is_last: bool) -> dict[str, int]:
    """Plain header -> its first or last position."""
    places = enumerate(map(plain, header))
    found = {name: position for position, name in (places if is_last else reversed([*places]))}
    return {name: found[name] for name in sorted(found, key=found.__getitem__) if name}


@cache
def _names(preset: str) -> frozenset[str]:
    """The names, made plain, that a preset of the package has for its columns."""
    found = named(preset)
    return frozenset(plain(name) for names in (found.columns.values() if found else ()) for name in names)


@cache
def _looked_at(preset: str) -> frozenset[str]:
    """What the rules of a preset of the package look at."""
    found = named(preset)
    return frozenset(
        key for field in (found.inferred.values() if found else ()) for rule in field.rules for key in rule
    )


@cache
def _events(preset: str) -> frozenset[str]:
    """The words, made plain, that a preset of the package has for events."""
    found = named(preset)
    events = found.values.get("event_type", {}) if found else {}
    return frozenset(plain(word) for spellings in events.values() for word in spellings)


@lru_cache(maxsize=1 << 16)
def _typed(name: str, kind: str) -> Words:
    return words.of(name).of_type(kind)


def _family(unit: Unit | None) -> str:
    return "" if unit is None else "time" if unit.kind in TIMES else unit.kind


def _has_at(cell: Cell) -> bool:
    return "@" in with_signs(str(cell))


def _has_letters(cell: Cell) -> bool:
    return any(map(str.isalpha, str(cell))) or _has_at(cell)


def _has_digits(cell: Cell) -> bool:
    return any(map(str.isdigit, str(cell)))


def _is_code(cell: Cell) -> bool:
    """Whether a number can be one of a few codes for words, as 0 and 1 are, and is no amount."""
    return str(cell).removesuffix(".0") in set("0123456789")


def _is_time(cell: Cell) -> bool:
    if isinstance(cell, int | float) or (re.fullmatch(r"[\d.,\s]*", str(cell)) and str(cell).count(".") < 2):
        return False
    try:
        Clock(zone=None).read(cell)
    except AmbiguousDayError:
        return True
    except CellError:
        return False
    return True


def _is_no_time(cell: Cell) -> bool:
    """Whether a cell is a number too small for a time, a share or an amount; 01.2026 is a month."""
    if month(str(cell)):
        return False
    if days(str(cell)) == EVER:  # a week or a quarter of no year
        return True
    try:
        number = cells.money(cell)[0]
    except AmbiguousMarkError:
        return True
    except CellError:
        return str(cell).endswith("%")
    return number is not None and number < _EARLIEST and cells.clock(cell) is None
