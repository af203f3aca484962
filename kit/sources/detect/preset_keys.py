"""The keys of presets that hold keys of their own, and how YAML becomes the values that they declare.

What a key means stands in `presets/README.md`; what it may hold is the type that it declares here. A new key is a
field here or of `presets.Preset` and a line there; only a new kind of value is a new entry of `_KINDS`.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from kit.errors import InputError, nearest
from kit.sources.text.cells import Decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

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


def built(kind: type, raw: Any, path: Path, where: str = "") -> Any:
    """The keys of a mapping as an instance of `kind`.

    Args:
        kind: a dataclass whose types `_KINDS` knows.
        raw: what the YAML holds there.
        path: the file, for errors.
        where: the key that holds them; empty at the top.

    Raises:
        InputError: an unknown key, or a value of the wrong kind.
    """
    known = {one.name: one for one in dataclasses.fields(kind)}
    if not isinstance(raw, dict):
        raise bad(path, "it holds one value and should hold keys", where, f"Known: {', '.join(known)}.")
    made: dict[str, Any] = {}
    for key, value in raw.items():
        place = f"{where}.{key}".lstrip(".")
        if key not in known:
            raise bad(path, "is no key of a preset", place, nearest(str(key), known))
        try:
            made[key] = _KINDS[str(known[key].type)](value, path, place)
        except (TypeError, ValueError, AttributeError) as error:
            raise bad(path, f"{value!r} does not fit here", place, "See kit/sources/presets/README.md.") from error
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
    return lambda value, path, where: built(kind, value, path, where)


def _field(value: Any, path: Path, where: str) -> Field:
    return built(Field, value if isinstance(value, dict) else {"names": value}, path, where)


_KINDS: dict[str, Callable[..., Any]] = {
    "str": _text,
    "Pattern": _pattern,
    "bool": _flag,
    "bool | None": _flag,
    "str | None": _text,
    "Words": _words,
    "tuple[Words, ...]": lambda value, *_: tuple(_words(one) for one in value),
    "Shape": _one_of(*get_args(Shape)),
    "Decimal": _one_of(*get_args(Decimal)),
    "Zone": _one_of(*get_args(Zone)),
    "Unit": _one_of(*get_args(Unit)),
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
    "Twice": _one_of(*get_args(Twice)),
    "Digest": _one_of(*get_args(Digest)),
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


def bad(path: Path, problem: str, column: str, hint: str) -> InputError:
    """An error of a preset: its file, the key and what to do."""
    return InputError(problem, file=path.name, column=column or None, hint=hint)
