"""The keys of presets that hold keys of their own: how a source is known, its times, fields, links, waits.

What a key means stands in `presets/README.md`; what it may hold is the type that it declares here, and `parsed`
reads it by that type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = Literal["table", "sections", "events", "analytics", "mailbox"]
Zone = Literal["setting", "utc"]
Unit = Literal["s", "ms", "us", "iso", "auto"]
Twice = Literal["first", "last"]
Digest = Literal["", "md5"]
Words = tuple[str, ...]
Pattern = str


@dataclass(frozen=True, slots=True)
class Recognise:
    """How a source is known, by content alone; every key that is set must hold."""

    headers: Words = ()
    any_of: tuple[Words, ...] = ()
    cells: Mapping[str, Pattern] = field(default_factory=dict)
    file: Pattern = ""
    without: Words = ()
    needs: tuple[Words, ...] = ()
    first_line: Words = ()
    section: Pattern = ""
    separator: Pattern = ""
    fields: Words = ()
    any_field: Words = ()
    where: Mapping[str, Pattern] = field(default_factory=dict)

    @property
    def of_platform(self) -> bool:
        """Whether it knows one platform's export, and not any table by the names of its columns."""
        return bool(self.headers or self.any_of or self.cells)


@dataclass(frozen=True, slots=True)
class Times:
    """How times are written and meant."""

    formats: Words = ()
    zone: Zone = "setting"
    day_first: bool | None = None
    field: Words = ()
    unit: Unit = "s"


@dataclass(frozen=True, slots=True)
class Links:
    """The table of links in a sectioned report."""

    section: Pattern
    columns: Mapping[str, Words]
    campaign_id: Words = ()


@dataclass(frozen=True, slots=True)
class Field:
    """How one column of an event is made; `only` and the first rule or name that fits decide."""

    names: Words = ()
    extract: Words = ()
    unless: Pattern = ""
    only: Words = ()
    values: Mapping[str, Words] = field(default_factory=dict)
    rules: tuple[Mapping[str, str], ...] = ()
    other: str | None = None
    void: Pattern = ""
    join: str | None = None


@dataclass(frozen=True, slots=True)
class Duration:
    """A wait that a file says instead of the time at its end, or beside it (`checked`)."""

    since: str
    minutes: Words = ()
    hours: Words = ()
    checked: bool = False

    @property
    def names(self) -> Words:
        """The headers that it may stand under."""
        return (*self.minutes, *self.hours)


@dataclass(frozen=True, slots=True)
class Spread:
    """Headers that are themselves values: each filled cell below them is a row of its own."""

    value: str
    headers: tuple[Mapping[str, Any], ...]
    name: str = ""
    numbers: bool = False
    unless: Pattern = ""
