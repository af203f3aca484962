"""Presets: what is particular to one source, as data. `presets/README.md` explains every key.

A preset computes nothing. A user's mapping (`FILE.map.yaml`) is a preset with one more key, the
header that it was made for, and goes through the same checks: what a key may hold is the type of its field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

import yaml

from kit.errors import InputError, nearest
from kit.messages import Text, message
from kit.sources.text.cells import Decimal  # noqa: TC001  the types of fields are looked up
from kit.tables import (
    ACTIONS,
    ASSIGNMENTS,
    BILLING,
    CAMPAIGN_STATS,
    CONTACTS,
    CONVERSIONS,
    COSTS,
    DEALS,
    DMARC,
    EVENT_TYPES,
    EVENTS,
    LINK_STATS,
    MAILS,
    ORDERS,
    POSTMASTER,
    SURVEYS,
    TICKET_MESSAGES,
    TICKETS,
    USAGE,
    WEB,
)

if TYPE_CHECKING:
    from kit.tables import Table

FOLDER = Path(__file__).parents[1] / "presets"
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
        TICKET_MESSAGES,
        SURVEYS,
        COSTS,
        ACTIONS,
        ASSIGNMENTS,
        USAGE,
        WEB,
        DMARC,
        POSTMASTER,
        LINK_STATS,
        EVENTS,
    )
}
"""The tables that a table of text can become."""

ONLY: dict[str, tuple[str, ...]] = {
    "table": (
        "joined", "moved", "keep", "aside", "filled", "duplicate_headers", "lines_of", "adds", "adds_up", "earliest",
        "by_month", "from_rate", "sums", "second_header", "spread", "states", "flags", "totals",
    ),
    "sections": ("variants", "left_out", "latest", "links"),
    "events": ("types", "fields", "form", "unwrap", "each", "skip", "gives_way"),
}  # fmt: skip
"""Keys that one shape alone has; under another they would be said and never heard."""

MOVES = ("from", "to")
"""The keys of a rule of `moved` that are no headers."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one of the C library reads all presets in a tenth of the time."""

_SEE = message("See kit/sources/presets/README.md.")
_AFRESH = message("To start again, run `kit map FILE > FILE.map.yaml`.")

Shape = Literal["table", "sections", "events", "analytics", "mailbox"]
Zone = Literal["setting", "utc"]
Unit = Literal["s", "ms", "us", "iso", "auto"]
Digest = Literal["", "md5"]
Words = tuple[str, ...]
"""A list of texts; a single one may stand without brackets."""

Pattern = Annotated[str, re.compile]
"""A regular expression."""


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


@dataclass(frozen=True)
class Field:
    """How one column of an event is made; `only` and the first rule or name that fits decide."""

    names: Words = ()
    extract: Words = ()
    unless: Pattern = ""
    only: Words = ()
    values: Mapping[str, Words] = field(default_factory=dict)
    rules: tuple[Mapping[str, Pattern], ...] = ()
    otherwise: str | None = None

    @cached_property
    def looked_at(self) -> Words:
        """The columns and headers that the rules look at."""
        return tuple(dict.fromkeys(key for rule in self.rules for key in rule if key != "then"))

    void: Pattern = ""
    join: str | None = None


@dataclass(frozen=True, slots=True)
class Duration:
    """A wait that a file says instead of the time at its end, or beside it (`checked`)."""

    since: str
    seconds: Words = ()
    minutes: Words = ()
    hours: Words = ()
    days: Words = ()
    checked: bool = False

    @property
    def names(self) -> Words:
        """The headers that it may stand under."""
        return (*self.minutes, *self.hours, *self.seconds, *self.days)

    def unit(self, name: str) -> timedelta:
        """What one of the numbers under a header is."""
        units = {"seconds": self.seconds, "minutes": self.minutes, "hours": self.hours, "days": self.days}
        return timedelta(**{unit: 1 for unit, names in units.items() if name in names})


@dataclass(frozen=True, slots=True)
class Spread:
    """Headers that are themselves values: each filled cell below them is a row of its own."""

    value: str
    headers: tuple[Mapping[str, Any], ...]
    name: str = ""
    numbers: bool = False
    unless: Pattern = ""


NOTHING, AS_WRITTEN = Recognise(), Times()


@dataclass(frozen=True, slots=True)
class Preset:
    """One source. The keys are explained in presets/README.md."""

    name: str
    shape: Shape
    table: str
    title: str = ""
    gives: str = ""
    recognise: Recognise = NOTHING
    vendor: str = ""
    verified: bool = True
    header: Words = ()
    like: str = ""
    times: Times = AS_WRITTEN

    # Tables and sections: which cell becomes which column, and what is said beside the cells.
    columns: Mapping[str, Words] = field(default_factory=dict)
    ignore: Words = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    implies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fill: Mapping[str, Words] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    nulls: Mapping[str, Words] = field(default_factory=dict)
    answers: Mapping[str, tuple[tuple[Words, ...], ...]] = field(default_factory=dict)
    inferred: Mapping[str, Field] = field(default_factory=dict)
    durations: Mapping[str, Duration] = field(default_factory=dict)
    decimal: Decimal = "auto"
    file_name: str = ""
    path: Mapping[str, Pattern] = field(default_factory=dict)

    # Tables: which cells make a column, and which rows a record.
    joined: Mapping[str, Words] = field(default_factory=dict)
    moved: tuple[Mapping[str, Pattern], ...] = ()
    keep: Mapping[str, Words] = field(default_factory=dict)
    aside: Mapping[str, Words] = field(default_factory=dict)
    filled: Words = ()
    duplicate_headers: Literal["first", "last"] = "first"
    lines_of: Words = ()
    adds: Words = ()
    adds_up: Literal["aside", "keep"] = "aside"
    earliest: Mapping[str, Words] = field(default_factory=dict)
    by_month: bool = False
    from_rate: Mapping[str, str] = field(default_factory=dict)
    sums: Mapping[str, Words] = field(default_factory=dict)
    second_header: bool = False
    spread: Spread | None = None

    # Tables of people, which become events.
    person_is: Digest = ""
    joins: str = ""
    states: Mapping[str, Words] = field(default_factory=dict)
    flags: Mapping[str, Words] = field(default_factory=dict)
    totals: Mapping[str, str] = field(default_factory=dict)

    # Sections.
    variants: Pattern = ""
    left_out: Pattern = ""
    latest: Words = ()
    links: Links | None = None

    # Event logs.
    types: Mapping[str, Words] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    form: bool = False
    unwrap: tuple[Words, ...] = ()
    each: Words = ()
    skip: tuple[Mapping[str, Pattern], ...] = ()
    gives_way: Mapping[str, Words] = field(default_factory=dict)

    @property
    def into(self) -> Table:
        """The canonical table that a row becomes."""
        return MAILS if self.shape == "mailbox" else READABLE[self.table]

    @property
    def moved_by(self) -> Words:
        """The headers that the rules of `moved` look at."""
        return tuple(name for rule in self.moved for name in rule if name not in MOVES)

    @property
    def tables(self) -> str:
        """The names of the tables that it feeds, for the log."""
        beside = [LINK_STATS.name] if self.links else [TICKETS.name] if self.into is TICKET_MESSAGES else []
        return ", ".join([self.table, *beside])


@cache
def presets() -> tuple[Preset, ...]:
    """The presets of the package, in the order of their names."""
    return tuple(load(path) for path in sorted(FOLDER.glob("*.yaml")))


def named(name: str) -> Preset | None:
    """The preset of the package with this name, or None: then it is a user's mapping."""
    return next((preset for preset in presets() if preset.name == name), None)


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
        raw = yaml.load(path.read_text(encoding="utf-8-sig"), _LOADER)  # noqa: S506  it is a safe one
    except (yaml.YAMLError, ValueError, RecursionError, OSError) as error:
        raise _bad(path, message("it is not YAML"), "", _AFRESH) from error
    if not isinstance(raw, dict):
        raise _bad(path, message("it has no keys"), "", _AFRESH)
    preset = _parsed(Preset, {"name": name, "shape": "table"} | _like(raw, path) | raw, path)
    _check(preset, path)
    return preset


def _like(raw: dict[str, Any], path: Path) -> dict[str, Any]:
    """What a mapping takes from the preset that it names under `like`, besides its columns."""
    if "like" not in raw:
        return {}
    other = FOLDER / f"{raw['like']}.yaml"
    if not other.is_file():
        hint = nearest(str(raw["like"]), [preset.name for preset in presets()])
        raise _bad(path, message("{name} is not a preset", name=repr(raw["like"])), "like", hint)
    like = yaml.load(other.read_text(encoding="utf-8"), _LOADER)  # noqa: S506  it is a safe one
    like = {key: setting for key, setting in like.items() if key not in {"title", "gives", "columns"}}
    like["recognise"] = {key: setting for key, setting in like["recognise"].items() if key != "file"}
    return like | {"constants": {**like.get("constants", {}), **(raw.pop("constants", None) or {})}}


def _parsed(kind: Any, raw: Any, path: Path, where: str = "") -> Any:
    """What YAML holds as an instance of a dataclass, by the types of its fields.

    Args:
        kind: the dataclass.
        raw: what the YAML holds there.
        path: the file, for errors.
        where: the key that holds it; empty at the top.

    Raises:
        InputError: an unknown key, one that is missing, or a value of the wrong kind.
    """
    if kind is Field and not isinstance(raw, dict):
        raw = {"names": raw}
    types = _types(kind)
    if not isinstance(raw, dict):
        known = message("Known: {names}.", names=", ".join(types))
        raise _bad(path, message("it has one value where keys are expected"), where, known)
    values: dict[str, Any] = {}
    for key, value in raw.items():
        place = f"{where}.{key}".lstrip(".")
        if key not in types:
            raise _bad(path, message("a preset has no such key"), place, nearest(str(key), types))
        try:
            values[key] = _value(types[key], value, path, place)
        except (TypeError, ValueError, AttributeError, KeyError, re.error) as error:
            raise _bad(path, message("{value} does not fit here", value=repr(value)), place, _SEE) from error
    for key in fields(kind):
        if key.name not in values and key.default is key.default_factory is MISSING:
            raise _bad(path, message("is missing"), f"{where}.{key.name}".lstrip("."), _SEE)
    return kind(**values)


def _value(kind: Any, raw: Any, path: Path, where: str) -> Any:
    """One value by its type; what does not fit raises TypeError or ValueError."""
    if is_dataclass(kind):
        return _parsed(kind, raw, path, where)
    if kind == Words:
        if raw is None or isinstance(raw, dict):
            raise TypeError
        return tuple(map(str, raw if isinstance(raw, list) else [raw]))
    of = get_args(kind)
    if get_origin(kind) is Annotated:
        of[1](_value(of[0], raw, path, where))
    elif get_origin(kind) is Mapping:
        return {str(key): _value(of[1], value, path, f"{where}.{key}") for key, value in raw.items()}
    elif get_origin(kind) is tuple:
        return tuple(_value(of[0], value, path, where) for value in raw)
    elif get_origin(kind) is UnionType:
        return _value(of[0], raw, path, where)
    elif kind is not Any and (raw not in of if of else not isinstance(raw, kind)):
        raise TypeError
    return raw


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _bad(path: Path, problem: Text, column: str, hint: Text) -> InputError:
    """An error of a preset: its file, the key and what to do."""
    return InputError(problem, file=path.name, column=column or None, hint=hint)


def _check(preset: Preset, path: Path) -> None:
    """Whether the columns that a preset names are there."""
    for shape, keys in ONLY.items():
        for key in keys if shape != preset.shape else ():
            if getattr(preset, key) not in (None, False, "", (), {}, "first", "aside"):
                problem = message(
                    "this key needs the shape {shape}, but the shape here is {own_shape}",
                    shape=repr(shape),
                    own_shape=repr(preset.shape),
                )
                raise _bad(path, problem, key, message("Remove it."))
    if preset.shape == "events":
        return
    if preset.table not in (READABLE if preset.shape != "mailbox" else {MAILS.name}):
        problem = message("{name} is not a table into which a file can be read", name=repr(preset.table))
        raise _bad(path, problem, "table", nearest(preset.table, READABLE))
    columns = fillable(preset.into)
    for key in (
        "columns",
        "constants",
        "values",
        "aliases",
        "fill",
        "nulls",
        "answers",
        "inferred",
        "durations",
        "joined",
        "adds",
        "earliest",
        "from_rate",
        "sums",
        "path",
    ):
        for name in getattr(preset, key):
            if name not in columns:
                problem = message("{name} is not a column of {table}", name=repr(name), table=preset.table)
                raise _bad(path, problem, key, nearest(name, columns))
    kinds = {
        *preset.states,
        *preset.flags,
        *preset.totals,
        *(kind for implied in preset.states.values() for kind in implied),
    }
    for kind in kinds - {*EVENT_TYPES}:
        problem = message("{name} is not an event type", name=repr(kind))
        raise _bad(path, problem, "states", nearest(kind, EVENT_TYPES))
    if preset.header and not preset.columns:
        hint = message("State under `columns` what each header means.")
        raise _bad(path, message("it maps no column"), "columns", hint)


def fillable(table: Table) -> dict[str, Text]:
    """The columns that a file can fill, with their meaning; those that the kit makes itself are left out."""
    made_here = {"source", "source_file", "vendor", "contact_key", "delivered_is_derived", "line", "domain"}
    made_here |= {"campaign_id", "precedence"}
    columns = {
        column.name: column.meaning
        for column in table.columns
        if column.name not in made_here and column.type != "time"
    }
    if "contact_key" in table.names:
        columns["email"] = message("the person's address")
    if table is EVENTS:
        columns["occurred_at"] = message("when it happened")
    if table in (EVENTS, ORDERS):
        columns["person"] = message("the platform's or seller's id of a person without an address")
    return columns
