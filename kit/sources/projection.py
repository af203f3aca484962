"""A preset of an event log as one query: from numbered lines to canonical events."""

# ruff: noqa: S608  a query is built of the preset's words, and every word goes through `literal`

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.sources.address import contact_key_sql, normalised_sql
from kit.sources.preset import Field, Preset
from kit.tables import EVENTS

if TYPE_CHECKING:
    from kit.settings import Settings

LINES = "kit_lines"
"""The relation that holds the lines: line, text, damaged."""

EARLIEST, LATEST = 631_152_000, 4_133_980_800
"""1990 and 2101 in Unix seconds: a time outside is in another unit, or none."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}
_MADE_HERE = ("source", "source_file", "line", "event_type", "occurred_at", "contact_key", "domain", "machine_rule")


def projection(preset: Preset, file: str, settings: Settings) -> str:
    """The query from numbered lines to events, each with its place, its key and what is wrong with it."""
    fields = {**preset.fields}
    if settings["events.campaign"]:
        said = Field(names=settings["events.campaign"])
        fields |= {"source_campaign_id": said, "campaign_name": said}
    if settings["events.variant"]:
        fields["variant"] = Field(names=settings["events.variant"])
    picked = _Picked()
    raw_time = picked.value(preset.times.field)
    kind = picked.first(fields["type"].names)
    address = normalised_sql(picked.first(fields["address"].names))
    columns = {
        name: _column(fields[name], picked) if name in fields else "NULL"
        for name in EVENTS.names
        if name not in _MADE_HERE
    }
    kinds = _case(kind, {word: name for name, words in preset.types.items() for word in words}, "'unknown'")
    machine = literal(", ".join(fields["is_machine"].names)) if "is_machine" in fields else "NULL"
    return f"""
WITH lines AS (
    SELECT line, damaged, text, NOT damaged AND json_valid(text) AS valid FROM {LINES}
    WHERE length(text) > 2 OR trim(text, ' []' || chr(13)) <> ''
), single AS (
    SELECT line, damaged, valid, unnest(events) AS event, unnest(range(len(events))) AS place
    FROM (SELECT *, CASE WHEN valid AND starts_with(ltrim(text), '[')
        THEN from_json(text, '["JSON"]')::VARCHAR[] ELSE [text] END AS events FROM lines)
), picked AS (
    SELECT line, damaged, valid, place,
        CASE WHEN valid THEN json_extract_string(event, {picked.paths}) ELSE [] END AS f
    FROM single
), typed AS (
    SELECT *, {kind} AS kind, {kinds} AS event_type, {raw_time} AS raw_time,
        {_time(raw_time, preset.times.unit)} AS occurred_at, nullif({address}, '') AS address
    FROM picked
), keyed AS (
    SELECT *, {contact_key_sql("address")} AS contact_key FROM typed
), projected AS (
    SELECT line, place, kind, raw_time, event_type, occurred_at, contact_key,
        nullif(regexp_extract(address, '@([^@]+)$', 1), '') AS domain,
        {", ".join(f"{made} AS {name}" for name, made in columns.items() if name != "is_machine")},
        try_cast({columns["is_machine"]} AS BOOLEAN) AS is_machine,
        CASE WHEN damaged THEN 'the line is no UTF-8' WHEN NOT valid THEN 'the line is no JSON'
            WHEN kind IS NULL THEN {literal(f"it has no {' or '.join(fields['type'].names)}, which says what happened")}
            WHEN raw_time IS NOT NULL AND occurred_at IS NULL THEN '''' || raw_time || ''' is no time'
        END AS fault
    FROM keyed
)
SELECT *, {literal(preset.name)} AS source, {literal(file)} AS source_file, (line << 32) + place AS ordinal,
    CASE WHEN is_machine IS NOT NULL THEN {machine} END AS machine_rule,
    md5_number({_KEY}) AS key
FROM projected"""


_KEY = """concat_ws(chr(31), event_type, coalesce(bounce_class, ''), CASE
        WHEN event_id IS NOT NULL THEN concat_ws(chr(31), 'id', event_id)
        WHEN coalesce(message_id, contact_key) IS NOT NULL AND occurred_at IS NOT NULL
        THEN concat_ws(chr(31), 'at', coalesce(message_id, contact_key), epoch_us(occurred_at), coalesce(link_url, ''))
        ELSE concat_ws(chr(31), 'line', line, place) END)"""
"""By what a retried delivery is known. The kind of a bounce belongs to it: SendGrid's documentation
shows two bounces of different kinds under one id."""


class _Picked:
    """The fields that a projection takes out of an event, all in one pass over its text."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    @property
    def paths(self) -> str:
        """The list of paths, as SQL."""
        return f"[{', '.join(map(literal, self._places))}]"

    def value(self, name: str, inside: str = "") -> str:
        """The SQL for one field's text; blank is NULL. A dot leads into an object."""
        steps = [step.replace("~", "~0").replace("/", "~1") for step in name.split(".")]
        pointer = "/" + "/".join(steps) + inside
        place = self._places.setdefault(pointer, len(self._places) + 1)
        return f"nullif(trim(f[{place}]), '')"

    def single(self, name: str) -> str:
        """The SQL for a field that holds a text, or a list whose first text is meant."""
        return f"coalesce({self.value(name, '/0')}, nullif({self.value(name)}, '[]'))"

    def first(self, names: tuple[str, ...]) -> str:
        """The SQL for the first of several fields that says something."""
        return f"coalesce({', '.join([*map(self.single, names), 'NULL'])})"


def _column(field: Field, picked: _Picked) -> str:
    """The SQL for one column, from its description in the preset."""
    made = picked.first(field.names)
    if field.extract:
        parts = [_extracted(picked.single(name), field) for name in field.names]
        made = f"coalesce({', '.join(parts)}, {made})"
    other = "NULL" if field.other is None else literal(field.other)
    if field.values:
        made = _case(
            f"lower({made})", {word.lower(): to for to, words in field.values.items() for word in words}, other
        )
    if field.rules:
        rules = " ".join(
            f"WHEN {' AND '.join(_matches(picked, name, pattern) for name, pattern in rule.items() if name != 'then')} "
            f"THEN {literal(rule['then'])}"
            for rule in field.rules
        )
        made = f"CASE {rules} ELSE {other} END"
    if field.per_recipient:
        made = f"concat_ws(':', {made}, CASE WHEN {made} IS NOT NULL THEN contact_key END)"
        made = f"nullif({made}, '')"
    if field.only:
        made = f"CASE WHEN event_type IN ({', '.join(map(literal, field.only))}) THEN {made} END"
    return made


def _extracted(value: str, field: Field) -> str:
    found = f"nullif(regexp_extract({value}, {literal(field.extract)}, 1), '')"
    return f"CASE WHEN NOT regexp_matches({value}, {literal(field.unless)}) THEN {found} END" if field.unless else found


def _matches(picked: _Picked, name: str, pattern: str) -> str:
    return f"coalesce(regexp_matches({picked.single(name)}, {literal(pattern)}), false)"


def _case(value: str, words: dict[str, str], other: str) -> str:
    return f"CASE {value} {' '.join(f'WHEN {literal(a)} THEN {literal(b)}' for a, b in words.items())} ELSE {other} END"


def _time(value: str, unit: str) -> str:
    """The SQL for an instant; what is no time, or has no zone, is NULL."""
    if unit == "iso":
        zoned = f"regexp_matches({value}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
        return f"try_cast(CASE WHEN {zoned} THEN {value} END AS TIMESTAMPTZ)"
    seconds = f"try_cast({value} AS DOUBLE) / {_PER_SECOND[unit]}"
    return f"CASE WHEN {seconds} BETWEEN {EARLIEST} AND {LATEST} THEN to_timestamp({seconds}) END"


def literal(said: str) -> str:
    """A text as an SQL literal."""
    return "'" + said.replace("'", "''") + "'"
