"""A preset of an event log as one query: from numbered lines to canonical events.

Forms, arrays, wrappings and lists of recipients are taken apart first (`unfolded`).
"""

# ruff: noqa: S608  a query is built of the preset's words, and every word goes through `literal`

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages import message
from kit.sources.detect.presets import Field
from kit.sources.text.addresses import KEY_LENGTH, normalised_sql
from kit.sources.text.cells import CellError, NoDataError
from kit.sources.text.encodings import DAMAGED
from kit.sources.text.times import WRITE_TIME
from kit.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset, Words

LINES = "kit_lines"
"""The relation that holds the text: the number of the first line of a block, and the block."""

NO_UTF8, NO_JSON, NO_EVENT, NO_TIME, SKIPPED = "no_utf8", "no_json", "no_event", "no_time", "skipped"
"""What is wrong with a line; the last two are followed by a colon and what they are about."""

_BLANKS = "' ,' || chr(9) || chr(13)"  # a comma at the end: an array that is written over lines
_SHORT = 8  # bytes; to look at the ends of every line would take as long as to read all of it
_PLAIN = "part AS top, part AS event, NULL::VARCHAR AS entry, 1 AS of"
_PIECES = "part.top AS top, part.event AS event, part.entry AS entry, part.of AS of"

_FORM = """'{' || array_to_string(list_transform(
    string_split(ltrim(trim(text, ' ' || chr(9) || chr(13)), '?'), '&'), lambda pair:
    to_json(url_decode(split_part(pair, '=', 1))) || ':' ||
    to_json(url_decode(replace(substr(pair, length(split_part(pair, '=', 1)) + 2), '+', ' ')))), ',') || '}'"""
"""Fields as a browser sends them, `a=1&b=x%20y`, as JSON; the first of several fields of one name is read."""

EARLIEST, LATEST = 631_152_000, 4_133_980_800
"""1990 and 2101 in Unix seconds: a time outside is in another unit, or none."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}
_NAMES = ("address", "source_campaign_id", "campaign_name", "variant")
"""Columns that people fill: here lists are looked into and blanks taken away, which would cost too much everywhere."""

_MADE_HERE = ("source", "source_file", "line", "event_type", "occurred_at", "contact_key", "domain")


SKIPS = {
    "incoming": message("it is about an incoming e-mail"),
    "connection": message("it is about the connection, not about an e-mail"),
    "test": message("it is a connection test, not about an e-mail"),
    "no_spam": message("it reports that the e-mail is not spam"),
    "domain": message("it reports a block by a domain, not an e-mail"),
}
"""Why an event is none of ours, by the word of a preset's `skip`."""


def fault_error(fault: str, *, is_last: bool) -> CellError:
    """What the `fault` of a projected line says, and what to do.

    Args:
        fault: as the query writes it.
        is_last: whether it is the last line, which a file that is cut off breaks.
    """
    kind, _, detail = fault.partition(":")
    if kind == NO_UTF8:
        return CellError(message("the line is not UTF-8"), message("Export the file again."))
    if kind == NO_JSON:
        cut = message("the line is not JSON; perhaps the file is cut off here")
        return CellError(cut if is_last else message("the line is not JSON"), message("Export the log again."))
    if kind == NO_TIME:
        return CellError(message("{cell} is not a time", cell=f"'{detail}'"), WRITE_TIME)
    if kind == SKIPPED:
        return NoDataError(SKIPS[detail])
    return CellError(message("it is a single value, not an event"))


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def pointer(name: str) -> str:
    """A dotted name as a JSON pointer, in SQL; no name is the whole."""
    return literal("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in name.split(".") if step) or "$")


def unfolded(preset: Preset) -> str:
    """The query for events: line, place in it, top, event, entry, of (entries of the same event), fault.

    `top` is what the event was wrapped in, or the event itself; `entry` is the recipient's own part
    of an event about several. All three are JSON as text.
    """
    return f"""
WITH numbered AS (
    SELECT first + generate_subscripts(lines, 1) - 1 AS line, unnest(lines) AS text
    FROM (SELECT first, string_split(block, chr(10)) AS lines FROM {LINES})
), lines AS (
    SELECT line, text, CASE WHEN json_valid(text) THEN text ELSE {_repaired(preset)} END AS json
    FROM numbered WHERE CASE WHEN strlen(text) > {_SHORT} THEN true ELSE trim(text, {_BLANKS}) NOT IN ('', '[', ']') END
), events AS (
    SELECT line, text, unnest(parts) AS part, generate_subscripts(parts, 1) AS place
    FROM (SELECT line, text, {_parts(preset)} AS parts FROM lines)
)
SELECT line, place, {_PIECES if _deep(preset) else _PLAIN},
    CASE WHEN event IS NULL THEN
            CASE WHEN starts_with(text, '{DAMAGED}') THEN '{NO_UTF8}' ELSE '{NO_JSON}' END
        WHEN NOT starts_with(event, '{{') THEN '{NO_EVENT}' END AS fault
FROM events"""


def _deep(preset: Preset) -> bool:
    return bool(preset.unwrap or preset.each)


def _repaired(preset: Preset) -> str:
    """What is no JSON by itself, and can be: the parts of an array over lines, or a form."""
    trimmed = f"trim(text, {_BLANKS})"
    tried = " ".join(
        f"WHEN {holds} AND json_valid({part}) THEN {part}"
        for holds, part in (
            (f"ends_with({trimmed}, '}}')", trimmed),
            (f"starts_with({trimmed}, '[{{')", f"substr({trimmed}, 2)"),
            (f"ends_with({trimmed}, '}}]')", f"left({trimmed}, -1)"),
        )
    )
    form = f"WHEN regexp_matches({trimmed}, '^\\??[A-Za-z][\\w.-]*=') THEN {_FORM}" if preset.form else ""
    return f"CASE {tried} {form} END"


def _parts(preset: Preset) -> str:
    """The list of the events of a line; a line that is no JSON is one, which is NULL."""
    trimmed = f"ltrim(json, {_BLANKS})"
    parts = f"""CASE WHEN starts_with(json, '{{') THEN [json] WHEN starts_with({trimmed}, '[') THEN {_listed("json")}
        ELSE [{trimmed}] END"""
    if not _deep(preset):
        return parts
    for step in preset.unwrap[:-1]:
        parts = f"flatten(list_transform({parts}, lambda v: coalesce({_inside('v', step)}, [v])))"
    last = _inside("top", preset.unwrap[-1]) if preset.unwrap else "NULL"
    wrapped = f"list_transform(coalesce({last}, [top]), lambda event: {{'top': top, 'event': event}})"
    parts = f"flatten(list_transform({parts}, lambda top: {wrapped}))"
    entries = [f"nullif(json_extract(event.event, {_entries(name)})::VARCHAR[], [])" for name in preset.each]
    entries = f"coalesce({', '.join([*entries, '[NULL]::VARCHAR[]'])})"
    entry = "{'top': event.top, 'event': event.event, 'entry': entry, 'of': len(entries)}"
    each = f"list_transform([{entries}], lambda entries: list_transform(entries, lambda entry: {entry}))[1]"
    return f"flatten(list_transform({parts}, lambda event: {each}))"


def _inside(value: str, step: Words) -> str:
    """The list of what lies inside a value: an object, the objects of a list, or JSON that stands as a text."""
    candidates = []
    for name in step:
        if "*" in name.split("."):
            candidates.append(f"nullif(json_extract({value}, {_path(name)})::VARCHAR[], [])")
            continue
        text = f"json_extract_string({value}, {pointer(name)})"
        # an engine that looks at every branch must find valid JSON in each
        valid = f"CASE WHEN json_valid({text}) THEN {text} END"
        candidates.append(
            f"CASE WHEN starts_with(ltrim({valid}), '[') THEN {_listed(valid)} "
            f"WHEN starts_with(ltrim({valid}), '{{') THEN [trim({valid}, {_BLANKS} || chr(10))] END"
        )
    return f"coalesce({', '.join([*candidates, 'NULL'])})"


def _listed(json: str) -> str:
    return f"from_json({json}, '[\"JSON\"]')::VARCHAR[]"


def _entries(name: str) -> str:
    return _path(f"{name}.*")


def _path(name: str) -> str:
    """A dotted name as a JSON path, `*` for every entry of a list."""
    return literal("$" + "".join("[*]" if step == "*" else f'."{step}"' for step in name.split(".")))


def projection(preset: Preset, file: str, settings: Settings) -> str:
    """The query from numbered lines to events.

    Beside the columns of `tables.EVENTS` it gives `ordinal` (line and place in it), `kind` (the vendor's
    word), `of` (recipients of the same event), `fault` (why it is none of ours) and `key` (`identity`).
    Each step of it is a projection over the one before: the engine computes a step's columns once, but what
    stands twice within one of them twice.
    """
    fields = {**preset.fields}
    if settings["events.campaign"]:
        override = Field(names=settings["events.campaign"])
        fields |= {"source_campaign_id": override, "campaign_name": override}
    if settings["events.variant"]:
        fields["variant"] = Field(names=settings["events.variant"])
    picked = _Picked()
    texts = {name: _field_text(name, field, preset, picked) for name, field in fields.items()}
    texts |= {"time": f"coalesce({', '.join([*map(picked.value, preset.times.field), 'NULL'])})"}
    words = {word: literal(name) for name, words in preset.types.items() for word in words}
    event_type = _ruled(fields["type"], picked, _case("m_type", words, "'unknown'"))
    columns = {name: "NULL::VARCHAR" for name in EVENTS.names if name not in _MADE_HERE}
    columns |= {name: _column(name, fields[name], picked) for name in columns if name in fields}
    if "machine_rule" not in fields and "is_machine" in fields:
        rule = literal(", ".join(fields["is_machine"].names))
        columns["machine_rule"] = f"CASE WHEN {columns['is_machine']} IS NOT NULL THEN {rule} END"
    columns["is_machine"] = f"try_cast({columns['is_machine']} AS BOOLEAN)"
    skips = " ".join(
        f"WHEN {_matched(rule, picked)} THEN {literal(f'{SKIPPED}:' + rule['then'])}" for rule in preset.skip
    )
    return f"""
WITH unfolded AS ({unfolded(preset)}
), picked AS (
    SELECT line, place, of, fault, {picked.lists} FROM unfolded
), valued AS (
    SELECT *, {picked.values} FROM picked
), single AS (
    SELECT *, {picked.singles} FROM valued
), made AS (
    SELECT *, {", ".join(f"{column} AS m_{name}" for name, column in texts.items())} FROM single
), typed AS (
    SELECT *, {event_type} AS event_type, {_time("m_time", preset)} AS occurred_at,
        {_nonempty(normalised_sql("m_address"))} AS address
    FROM made
), projected AS (
    SELECT line, (line << 32) + place AS ordinal, m_type AS kind, of, event_type, occurred_at,
        left(sha256(address), {KEY_LENGTH}) AS contact_key,
        CASE WHEN contains(address, '@') THEN nullif(split_part(address, '@', -1), '') END AS domain,
        {", ".join(f"{column} AS {name}" for name, column in columns.items())},
        CASE WHEN fault IS NOT NULL THEN fault {skips}
            WHEN m_time IS NOT NULL AND occurred_at IS NULL THEN '{NO_TIME}:' || m_time
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
        columns = []
        for value in self._single:
            first = _nonempty(f"trim(json_extract_string(CASE WHEN json_valid({value}) THEN {value} END, '/0'))")
            entry = f"CASE WHEN json_valid({value}) THEN {first} ELSE {value} END"
            columns.append(f"CASE WHEN starts_with({value}, '[') THEN {entry} ELSE {value} END AS s{value[1:]}")
        return ", ".join(columns or ["1 AS single"])

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


def _field_text(name: str, field: Field, preset: Preset, picked: _Picked) -> str:
    """The SQL for what the first of a field's names says."""
    pick = picked.single if preset.form or name in _NAMES else picked.value
    texts = [_meant(pick(text), field) for text in field.names]
    if name in _NAMES:
        texts = [_nonempty(f"trim({text})") for text in texts]
    if field.join is not None:
        return _nonempty(f"concat_ws({literal(field.join)}, {', '.join(texts)})")
    first = f"coalesce({', '.join([*texts, 'NULL'])})"
    return f"lower({first})" if field.values else first


def _meant(value: str, field: Field) -> str:
    """One field's text without what means nothing, or the part of it that is meant."""
    if field.void:
        value = f"CASE WHEN NOT regexp_matches({value}, {literal(field.void)}) THEN {value} END"
    if not field.extract:
        return value
    parts = ", ".join(_nonempty(f"regexp_extract({value}, {literal(pattern)}, 1)") for pattern in field.extract)
    part = _nonempty(f"concat_ws('.', {parts})") if len(field.extract) > 1 else parts
    if field.unless:
        return f"CASE WHEN NOT regexp_matches({value}, {literal(field.unless)}) THEN {part} END"
    return f"coalesce({part}, {value})"


def _nonempty(text: str) -> str:
    """A text, NULL where it is empty; `nullif` alone computes the text twice, and what is in it again twice."""
    return f"list_transform([{text}], lambda text: nullif(text, ''))[1]"


def _column(name: str, field: Field, picked: _Picked) -> str:
    """The SQL for one column, out of what its field says."""
    value = f"m_{name}"
    if field.unless:
        value = f"coalesce({', '.join([value, *map(picked.value, field.names)])})"
    otherwise = "NULL" if field.otherwise is None else literal(field.otherwise)
    if field.values:
        value = _case(
            value, {word.lower(): literal(to) for to, words in field.values.items() for word in words}, otherwise
        )
    if field.rules:
        value = _ruled(field, picked, value if field.names else otherwise)
    if field.only:
        value = f"CASE WHEN event_type IN ({', '.join(map(literal, field.only))}) THEN {value} END"
    return value


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


def _case(value: str, words: Mapping[str, str], otherwise: str) -> str:
    """Each word by its meaning, in SQL."""
    return (
        f"CASE {value} {' '.join(f'WHEN {literal(word)} THEN {to}' for word, to in words.items())} ELSE {otherwise} END"
    )


def _time(value: str, preset: Preset) -> str:
    """The SQL for an instant; what is no time, or has no zone and the preset knows none, is NULL."""
    unit, utc = preset.times.unit, preset.times.zone == "utc"
    readings = [_unix(value, _PER_SECOND[reading]) for reading in ("s", "ms", "us") if unit in (reading, "auto")]
    if unit in ("iso", "auto"):
        zoned = f"regexp_matches({value}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND regexp_matches({value}, '[T ].*:')"
        without_zone = f"WHEN regexp_matches({value}, '^[0-9-]+[T ][0-9:.]+$') THEN {value} || '+00'" if utc else ""
        readings.append(f"try_cast(CASE WHEN {zoned} THEN {value} {without_zone} END AS TIMESTAMPTZ)")
    if preset.times.formats and utc:
        formats = ", ".join(map(literal, preset.times.formats))
        readings.append(f"timezone('UTC', try_strptime({value}, [{formats}]))")
    return f"coalesce({', '.join(readings)})"


def _unix(value: str, per_second: int) -> str:
    seconds = f"try_cast({value} AS DOUBLE) / {per_second}"
    return f"CASE WHEN {seconds} BETWEEN {EARLIEST} AND {LATEST} THEN to_timestamp({seconds}) END"
