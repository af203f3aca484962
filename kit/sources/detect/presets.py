"""Presets: what is particular to one source, as data. `presets/README.md` explains every key.

A preset computes nothing. A user's mapping (`FILE.map.yaml`) is a preset with one more key, the
header that it was made for, and goes through the same checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kit.errors import nearest
from kit.sources.detect.preset_keys import Recognise, Times, bad, built
from kit.tables import (
    ASSIGNMENTS,
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
    from collections.abc import Mapping

    from kit.sources.detect.preset_keys import Digest, Duration, Field, Links, Pattern, Shape, Spread, Twice, Words
    from kit.sources.text.cells import Decimal
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
        SURVEYS,
        COSTS,
        ASSIGNMENTS,
        USAGE,
        WEB,
        LINK_STATS,
        EVENTS,
    )
}
"""The tables that a table of text can become."""

ONLY: dict[str, Words] = {
    "table": (
        "keep", "twice", "lines_of", "adds", "second_header", "spread", "states", "flags", "totals",
    ),
    "sections": ("variants", "left_out", "latest", "links"),
    "events": ("types", "fields", "form", "unwrap", "each", "skip", "gives_way"),
}  # fmt: skip
"""Keys that one shape alone has; under another they would be said and never heard."""

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
    told: Mapping[str, Field] = field(default_factory=dict)
    durations: Mapping[str, Duration] = field(default_factory=dict)
    decimal: Decimal = "auto"
    file_name: str = ""
    path: Mapping[str, Pattern] = field(default_factory=dict)

    # Tables: which rows are a record.
    keep: Mapping[str, Words] = field(default_factory=dict)
    twice: Twice = "first"
    lines_of: Words = ()
    adds: Words = ()
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
        raise bad(path, "it is no YAML", "", "Write `kit map FILE > FILE.map.yaml` to start afresh.") from error
    if not isinstance(raw, dict):
        raise bad(path, "it has no keys", "", "Write `kit map FILE > FILE.map.yaml` to start afresh.")
    made = built(Preset, {"name": name, "shape": "table"} | raw, path)
    _check(made, path)
    return made


def _check(made: Preset, path: Path) -> None:
    """Whether the columns that a preset names are there."""
    for shape, keys in ONLY.items():
        for key in keys if shape != made.shape else ():
            if getattr(made, key) not in (None, False, "", (), {}, "first"):
                raise bad(
                    path, f"is a key of the shape {shape!r}, and this one is {made.shape!r}", key, "Leave it out."
                )
    if made.shape == "events":
        return
    if made.table not in (READABLE if made.shape != "mailbox" else {MAILS.name}):
        raise bad(path, f"{made.table!r} is no table that a file can become", "table", nearest(made.table, READABLE))
    known = fillable(made.into)
    for key in (
        "columns",
        "constants",
        "values",
        "aliases",
        "fill",
        "nulls",
        "answers",
        "told",
        "durations",
        "adds",
        "path",
    ):
        for name in getattr(made, key):
            if name not in known:
                raise bad(path, f"{name!r} is no column of {made.table}", key, nearest(name, known))
    kinds = {*made.states, *made.flags, *made.totals, *(one for implied in made.states.values() for one in implied)}
    for one in kinds - {*EVENT_TYPES}:
        raise bad(path, f"{one!r} is no event type", "states", nearest(one, EVENT_TYPES))
    if made.header and not made.columns:
        raise bad(path, "it maps no column", "columns", "Write under `columns` which header is what.")


def fillable(table: Table) -> dict[str, str]:
    """The columns that a file can fill, with their meaning; those that the kit makes itself are left out."""
    made_here = {"source", "source_file", "vendor", "contact_key", "delivered_is_derived", "line", "domain"}
    made_here |= {"campaign_id", "precedence"}
    known = {one.name: one.meaning for one in table.columns if one.name not in made_here and one.type != "time"}
    if "contact_key" in table.names:
        known["email"] = "the person's address"
    if table is EVENTS:
        known |= {
            "occurred_at": "when it happened",
            "person": "the platform's id of a person whose address is not there",
        }
    return known
