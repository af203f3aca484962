"""A preset of an event log as one query: from numbered lines to canonical events."""

# ruff: noqa: S608  a query is built of the preset's words, and every word goes through `literal`

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.sources.address import KEY_LENGTH, normalised_sql
from kit.sources.keys import Field
from kit.sources.unfold import literal, pointer, unfolded
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.settings import Settings
    from kit.sources.preset import Preset

EARLIEST, LATEST = 631_152_000, 4_133_980_800
"""1990 and 2101 in Unix seconds: a time outside is in another unit, or none."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}
_NAMES = ("address", "source_campaign_id", "campaign_name", "variant")
"""Columns that people fill: here lists are looked into and blanks taken away, which would cost too much everywhere."""

_MADE_HERE = ("source", "source_file", "line", "event_type", "occurred_at", "contact_key", "domain")


def projection(preset: Preset, file: str, settings: Settings) -> str:
    """The query from numbered lines to events.

    Beside the columns of `tables.EVENTS` it gives `ordinal` (line and place in it), `kind` (the vendor's
    word), `of` (recipients of the same event), `fault` (why it is none of ours) and `key` (`identity`).
    Each step of it is a projection over the one before: the engine computes a step's columns once, but what
    stands twice within one of them twice.
    """
    fields = {**preset.fields}
    if settings["events.campaign"]:
        said = Field(names=settings["events.campaign"])
        fields |= {"source_campaign_id": said, "campaign_name": said}
    if settings["events.variant"]:
        fields["variant"] = Field(names=settings["events.variant"])
    picked = _Picked()
    made = {name: _said(name, field, preset, picked) for name, field in fields.items()}
    made |= {"time": f"coalesce({', '.join([*map(picked.value, preset.times.field), 'NULL'])})"}
    words = {word: literal(name) for name, words in preset.types.items() for word in words}
    event_type = _ruled(fields["type"], picked, _case("m_type", words, "'unknown'"))
    columns = {name: "NULL::VARCHAR" for name in EVENTS.names if name not in _MADE_HERE}
    columns |= {name: _column(name, fields[name], picked) for name in columns if name in fields}
    if "machine_rule" not in fields and "is_machine" in fields:
        rule = literal(", ".join(fields["is_machine"].names))
        columns["machine_rule"] = f"CASE WHEN {columns['is_machine']} IS NOT NULL THEN {rule} END"
    columns["is_machine"] = f"try_cast({columns['is_machine']} AS BOOLEAN)"
    skips = " ".join(f"WHEN {_matched(rule, picked)} THEN {literal(rule['then'])}" for rule in preset.skip)
    return f"""
WITH unfolded AS ({unfolded(preset)}
), picked AS (
    SELECT line, place, of, fault, {picked.lists} FROM unfolded
), valued AS (
    SELECT *, {picked.values} FROM picked
), single AS (
    SELECT *, {picked.singles} FROM valued
), made AS (
    SELECT *, {", ".join(f"{one} AS m_{name}" for name, one in made.items())} FROM single
), typed AS (
    SELECT *, {event_type} AS event_type, {_time("m_time", preset)} AS occurred_at,
        {_some(normalised_sql("m_address"))} AS address
    FROM made
), projected AS (
    SELECT line, (line << 32) + place AS ordinal, m_type AS kind, of, event_type, occurred_at,
        left(sha256(address), {KEY_LENGTH}) AS contact_key,
        CASE WHEN contains(address, '@') THEN nullif(split_part(address, '@', -1), '') END AS domain,
        {", ".join(f"{one} AS {name}" for name, one in columns.items())},
        CASE WHEN fault IS NOT NULL THEN fault {skips}
            WHEN m_time IS NOT NULL AND occurred_at IS NULL THEN '''' || m_time || ''' is no time'
        END AS fault
    FROM typed
)
SELECT *, {literal(preset.name)} AS source, {literal(file)} AS source_file, {identity()} AS key FROM projected"""


def identity() -> str:
    """The SQL for what a retried delivery is known by, out of canonical columns; NULL where nothing tells.

    The vendor's id with the kind of event; without one the message (or the campaign), kind, time and
    link. The person belongs to it, because an event about several has one id; the class of a bounce too:
    SendGrid's documentation shows two bounces of different kinds under one id.

    It is a hash of 64 bits: that any two of ten million different events share one has a chance of 3 in a
    million (the birthday bound, n^2 / 2^65); 128 bits would cost twice the memory and three times the work.
    """
    mail = "coalesce(message_id, source_campaign_id, campaign_name, contact_key)"
    event = "event_type, bounce_class, contact_key"
    return f"""CASE WHEN event_id IS NOT NULL THEN hash('id', event_id, {event})
        WHEN {mail} IS NOT NULL AND occurred_at IS NOT NULL
        THEN hash('at', {mail}, occurred_at, link_url, {event}) END"""


class _Picked:
    """The fields that a projection takes out of an event, all in one pass over its text.

    A name that begins with `/` is looked for in what the event was wrapped in, one that begins with `@` in
    the recipient's own part; a dot leads into an object.
    """

    _PARTS: Mapping[str, str] = {"/": "top", "@": "entry", "": "event"}

    def __init__(self) -> None:
        self._places: dict[str, dict[str, int]] = {part: {} for part in self._PARTS.values()}
        self._single: dict[str, None] = {}

    @property
    def lists(self) -> str:
        """The lists of the fields' texts, as columns."""
        return ", ".join(
            f"json_extract_string({part}, [{', '.join(places)}]) AS of_{part}"
            for part, places in self._places.items()
            if places
        )

    @property
    def values(self) -> str:
        """The texts out of the lists, as columns; empty is NULL."""
        return ", ".join(
            f"nullif(of_{part}[{place}], '') AS v_{part}_{place}"
            for part, places in self._places.items()
            for place in places.values()
        )

    @property
    def singles(self) -> str:
        """The texts of which only one is meant, as columns: of a list, also one written as a text, the first."""
        made = []
        for value in self._single:
            first = _some(f"trim(json_extract_string(CASE WHEN json_valid({value}) THEN {value} END, '/0'))")
            entry = f"CASE WHEN json_valid({value}) THEN {first} ELSE {value} END"
            made.append(f"CASE WHEN starts_with({value}, '[') THEN {entry} ELSE {value} END AS s{value[1:]}")
        return ", ".join(made or ["1 AS single"])

    def value(self, name: str) -> str:
        """The column of one field's text, of a list or an object as JSON."""
        mark = name[0] if name[0] in "/@" else ""
        places = self._places[self._PARTS[mark]]
        place = places.setdefault(pointer(name.removeprefix(mark)), len(places) + 1)
        return f"v_{self._PARTS[mark]}_{place}"

    def single(self, name: str) -> str:
        """The column of one field's only text."""
        value = self.value(name)
        self._single[value] = None
        return f"s{value[1:]}"


def _said(name: str, field: Field, preset: Preset, picked: _Picked) -> str:
    """The SQL for what the first of a field's names says."""
    pick = picked.single if preset.form or name in _NAMES else picked.value
    said = [_meant(pick(one), field) for one in field.names]
    if name in _NAMES:
        said = [_some(f"trim({one})") for one in said]
    if field.join is not None:
        return _some(f"concat_ws({literal(field.join)}, {', '.join(said)})")
    made = f"coalesce({', '.join([*said, 'NULL'])})"
    return f"lower({made})" if field.values else made


def _meant(value: str, field: Field) -> str:
    """One field's text without what means nothing, or the part of it that is meant."""
    if field.void:
        value = f"CASE WHEN NOT regexp_matches({value}, {literal(field.void)}) THEN {value} END"
    if not field.extract:
        return value
    parts = ", ".join(_some(f"regexp_extract({value}, {literal(one)}, 1)") for one in field.extract)
    found = _some(f"concat_ws('.', {parts})") if len(field.extract) > 1 else parts
    if field.unless:
        return f"CASE WHEN NOT regexp_matches({value}, {literal(field.unless)}) THEN {found} END"
    return f"coalesce({found}, {value})"


def _some(text: str) -> str:
    """A text, NULL where it is empty; `nullif` alone computes the text twice, and what is in it again twice."""
    return f"list_transform([{text}], lambda said: nullif(said, ''))[1]"


def _column(name: str, field: Field, picked: _Picked) -> str:
    """The SQL for one column, out of what its field says."""
    made = f"m_{name}"
    if field.unless:
        made = f"coalesce({', '.join([made, *map(picked.value, field.names)])})"
    other = "NULL" if field.other is None else literal(field.other)
    if field.values:
        made = _case(made, {word.lower(): literal(to) for to, words in field.values.items() for word in words}, other)
    if field.rules:
        made = _ruled(field, picked, made if field.names else other)
    if field.only:
        made = f"CASE WHEN event_type IN ({', '.join(map(literal, field.only))}) THEN {made} END"
    return made


def _ruled(field: Field, picked: _Picked, otherwise: str) -> str:
    """What the first rule gives whose patterns all match; none: `otherwise`."""
    if not field.rules:
        return otherwise
    rules = " ".join(f"WHEN {_matched(rule, picked)} THEN {literal(rule['then'])}" for rule in field.rules)
    return f"CASE {rules} ELSE {otherwise} END"


def _matched(rule: Mapping[str, str], picked: _Picked) -> str:
    tests = (
        f"coalesce(regexp_matches({picked.value(name)}, {literal(pattern)}), false)"
        for name, pattern in rule.items()
        if name != "then"
    )
    return " AND ".join(tests)


def _case(value: str, words: Mapping[str, str], other: str) -> str:
    """Each word by its meaning, in SQL."""
    return f"CASE {value} {' '.join(f'WHEN {literal(word)} THEN {to}' for word, to in words.items())} ELSE {other} END"


def _time(value: str, preset: Preset) -> str:
    """The SQL for an instant; what is no time, or has no zone and the preset knows none, is NULL."""
    unit, utc = preset.times.unit, preset.times.zone == "utc"
    found = [_unix(value, _PER_SECOND[one]) for one in ("s", "ms", "us") if unit in (one, "auto")]
    if unit in ("iso", "auto"):
        zoned = f"regexp_matches({value}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND regexp_matches({value}, '[T ].*:')"
        bare = f"WHEN regexp_matches({value}, '^[0-9-]+[T ][0-9:.]+$') THEN {value} || '+00'" if utc else ""
        found.append(f"try_cast(CASE WHEN {zoned} THEN {value} {bare} END AS TIMESTAMPTZ)")
    if preset.times.formats and utc:
        formats = ", ".join(map(literal, preset.times.formats))
        found.append(f"timezone('UTC', try_strptime({value}, [{formats}]))")
    return f"coalesce({', '.join(found)})"


def _unix(value: str, per_second: int) -> str:
    seconds = f"try_cast({value} AS DOUBLE) / {per_second}"
    return f"CASE WHEN {seconds} BETWEEN {EARLIEST} AND {LATEST} THEN to_timestamp({seconds}) END"
