"""Presets: what is particular to one source, as data. `presets/README.md` explains every key.

A preset computes nothing. A user's mapping (`FILE.map.yaml`) is a preset with one more key, the
header that it was made for, and goes through the same checks.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from kit.errors import InputError, nearest
from kit.tables import (
    BILLING,
    CAMPAIGN_STATS,
    CONTACTS,
    CONVERSIONS,
    COSTS,
    DEALS,
    EVENT_TYPES,
    EVENTS,
    LINK_STATS,
    MAILS,
    ORDERS,
    SURVEYS,
    TICKETS,
    USAGE,
    WEB,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.sources.cells import Decimal
    from kit.tables import Table

FOLDER = Path(__file__).with_name("presets")
MAPPING = ".map.yaml"
"""How the name of a user's mapping ends."""

READABLE = {
    table.name: table
    for table in (
        CAMPAIGN_STATS,
        CONTACTS,
        CONVERSIONS,
        ORDERS,
        DEALS,
        BILLING,
        TICKETS,
        SURVEYS,
        COSTS,
        USAGE,
        WEB,
        LINK_STATS,
        EVENTS,
    )
}
"""The tables that a table of text can become."""

Shape = Literal["table", "sections", "events", "analytics", "mailbox"]
Zone = Literal["setting", "utc"]
Unit = Literal["s", "ms", "us", "iso", "auto"]
Twice = Literal["first", "last"]
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


@dataclass(frozen=True, slots=True)
class Preset:
    """One source. The keys are explained in presets/README.md."""

    name: str
    shape: Shape
    table: str
    recognise: Recognise = Recognise()
    vendor: str = ""
    verified: bool = True
    header: Words = ()
    columns: Mapping[str, Words] = field(default_factory=dict)
    ignore: Words = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    implies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fill: Mapping[str, Words] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    nulls: Mapping[str, Words] = field(default_factory=dict)
    answers: Mapping[str, tuple[tuple[Words, ...], ...]] = field(default_factory=dict)
    told: Mapping[str, Field] = field(default_factory=dict)
    durations: Mapping[str, Duration] = field(default_factory=dict)
    lines_of: Words = ()
    adds: Words = ()
    second_header: bool = False
    spread: Spread | None = None
    keep: Mapping[str, Words] = field(default_factory=dict)
    twice: Twice = "first"
    file_name: str = ""
    states: Mapping[str, Words] = field(default_factory=dict)
    flags: Mapping[str, Words] = field(default_factory=dict)
    totals: Mapping[str, str] = field(default_factory=dict)
    decimal: Decimal = "auto"
    times: Times = Times()
    variants: Pattern = ""
    left_out: Pattern = ""
    latest: Words = ()
    links: Links | None = None
    types: Mapping[str, Words] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    form: bool = False
    unwrap: tuple[Words, ...] = ()
    each: Words = ()
    skip: tuple[Mapping[str, str], ...] = ()
    gives_way: Mapping[str, Words] = field(default_factory=dict)

    @property
    def into(self) -> Table:
        """The canonical table that a row becomes."""
        return MAILS if self.shape == "mailbox" else READABLE[self.table]

    @property
    def tables(self) -> str:
        """The names of the tables that it feeds, for the log."""
        return f"{self.table}, {LINK_STATS.name}" if self.links else self.table


@cache
def presets() -> tuple[Preset, ...]:
    """The presets of the package, in the order of their names."""
    return tuple(load(path) for path in sorted(FOLDER.glob("*.yaml")))


def named(name: str) -> Preset | None:
    """The preset of the package with this name, or None: then it is a user's mapping."""
    return next((one for one in presets() if one.name == name), None)


def load(path: Path, name: str = "") -> Preset:
    """The preset of a YAML file.

    Args:
        path: the file.
        name: what to call it; else the file's name without its end.

    Raises:
        InputError: no YAML, an unknown key, column or table, a value of the wrong kind.
    """
    name = name or path.name.removesuffix(".yaml")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise _bad(path, "it is no YAML", "", "Write `kit map FILE > FILE.map.yaml` to start afresh.") from error
    if not isinstance(raw, dict):
        raise _bad(path, "it has no keys", "", "Write `kit map FILE > FILE.map.yaml` to start afresh.")
    made = _built(Preset, {"name": name, "shape": "table"} | raw, path, "")
    _check(made, path)
    return made


def _built(kind: type, raw: Any, path: Path, where: str) -> Any:
    known = {one.name: one for one in dataclasses.fields(kind)}
    if not isinstance(raw, dict):
        raise _bad(path, "it holds one value and should hold keys", where, f"Known: {', '.join(known)}.")
    made: dict[str, Any] = {}
    for key, value in raw.items():
        place = f"{where}.{key}".lstrip(".")
        if key not in known:
            raise _bad(path, "is no key of a preset", place, nearest(str(key), known))
        try:
            made[key] = _KINDS[str(known[key].type)](value, path, place)
        except (TypeError, ValueError, AttributeError) as error:
            raise _bad(path, f"{value!r} does not fit here", place, "See kit/sources/presets/README.md.") from error
    return kind(**made)


def _words(value: Any, *_: object) -> Words:
    if value is None or isinstance(value, dict):
        raise TypeError
    return tuple(str(one) for one in (value if isinstance(value, list) else [value]))


def _text(value: Any, *_: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _pattern(value: Any, *_: object) -> str:
    return re.compile(_text(value)).pattern


def _flag(value: Any, *_: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _one_of(*allowed: str) -> Callable[..., str]:
    def fits(value: Any, *_: object) -> str:
        if value not in allowed:
            raise ValueError
        return value

    return fits


def _each(inside: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    def fits(value: Any, path: Path, where: str) -> dict[str, Any]:
        return {str(key): inside(one, path, f"{where}.{key}") for key, one in value.items()}

    return fits


def _keys(kind: type) -> Callable[..., Any]:
    return lambda value, path, where: _built(kind, value, path, where)


def _field(value: Any, path: Path, where: str) -> Field:
    return _built(Field, value if isinstance(value, dict) else {"names": value}, path, where)


_KINDS: dict[str, Callable[..., Any]] = {
    "str": _text,
    "Pattern": _pattern,
    "bool": _flag,
    "bool | None": _flag,
    "str | None": _text,
    "Words": _words,
    "tuple[Words, ...]": lambda value, *_: tuple(_words(one) for one in value),
    "Shape": _one_of("table", "sections", "events", "analytics", "mailbox"),
    "Decimal": _one_of("auto", "point", "comma"),
    "Zone": _one_of("setting", "utc"),
    "Unit": _one_of("s", "ms", "us", "iso", "auto"),
    "Mapping[str, Any]": lambda value, *_: dict(value),
    "Mapping[str, Words]": _each(_words),
    "Mapping[str, Mapping[str, Any]]": _each(lambda value, *_: dict(value)),
    "Mapping[str, Mapping[str, Words]]": _each(_each(_words)),
    "Mapping[str, Field]": _each(_field),
    "tuple[Mapping[str, str], ...]": lambda value, *_: tuple(
        {str(key): _pattern(one) for key, one in rule.items()} for rule in value
    ),
    "Recognise": _keys(Recognise),
    "Times": _keys(Times),
    "Links | None": _keys(Links),
    "Twice": _one_of("first", "last"),
    "Mapping[str, str]": _each(_text),
    "Mapping[str, Pattern]": _each(_pattern),
    "Spread | None": _keys(Spread),
    "Mapping[str, Duration]": _each(_keys(Duration)),
    "Mapping[str, tuple[tuple[Words, ...], ...]]": _each(
        lambda value, *_: tuple(tuple(_words(one) for one in scale) for scale in value)
    ),
    "tuple[Mapping[str, Any], ...]": lambda value, *_: tuple(
        {**one, "header": _pattern(one.get("header"))} for one in value
    ),
}
"""The kinds of values that presets hold, by the type that the dataclass declares."""


def _check(made: Preset, path: Path) -> None:
    """Whether the columns that a preset names are there."""
    if made.shape == "events":
        return
    if made.table not in (READABLE if made.shape != "mailbox" else {MAILS.name}):
        raise _bad(path, f"{made.table!r} is no table that a file can become", "table", nearest(made.table, READABLE))
    known = fillable(made.into)
    for key in ("columns", "constants", "values", "aliases", "fill", "nulls", "answers", "told", "durations", "adds"):
        for name in getattr(made, key):
            if name not in known:
                raise _bad(path, f"{name!r} is no column of {made.table}", key, nearest(name, known))
    kinds = {*made.states, *made.flags, *made.totals, *(one for implied in made.states.values() for one in implied)}
    for one in kinds - {*EVENT_TYPES}:
        raise _bad(path, f"{one!r} is no event type", "states", nearest(one, EVENT_TYPES))
    if made.header and not made.columns:
        raise _bad(path, "it maps no column", "columns", "Write under `columns` which header is what.")


def fillable(table: Table) -> dict[str, str]:
    """The columns that a file can fill, with their meaning; those that the kit makes itself are left out."""
    made_here = {"source", "source_file", "vendor", "contact_key", "delivered_is_derived", "line", "domain"}
    known = {one.name: one.meaning for one in table.columns if one.name not in made_here and one.type != "time"}
    if "contact_key" in table.names:
        known["email"] = "the person's address"
    if table is EVENTS:
        known |= {
            "occurred_at": "when it happened",
            "person": "the platform's id of a person whose address is not there",
        }
    return known


def _bad(path: Path, problem: str, column: str, mend: str) -> InputError:
    return InputError(problem, file=path.name, column=column or None, mend=mend)
