"""From the lines of a log to its events, as SQL: forms, arrays, wrappings and lists of recipients."""

# ruff: noqa: S608  a query is built of the preset's words, and every word goes through `literal`

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.sources.text import DAMAGED

if TYPE_CHECKING:
    from kit.sources.keys import Words
    from kit.sources.preset import Preset

LINES = "kit_lines"
"""The relation that holds the text: the number of the first line of a block, and the block."""

NO_UTF8, NO_JSON, NO_EVENT = "the line is no UTF-8", "the line is no JSON", "it is one value, and no event"


def literal(said: str) -> str:
    """A text as an SQL literal."""
    return "'" + said.replace("'", "''") + "'"


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
    SELECT first + generate_subscripts(lines, 1) - 1 AS line, unnest(lines) AS said
    FROM (SELECT first, string_split(block, chr(10)) AS lines FROM {LINES})
), lines AS (
    SELECT line, said, CASE WHEN json_valid(said) THEN said ELSE {_mended(preset)} END AS json
    FROM numbered WHERE CASE WHEN strlen(said) > {_SHORT} THEN true ELSE trim(said, {_BLANKS}) NOT IN ('', '[', ']') END
), events AS (
    SELECT line, said, unnest(parts) AS part, generate_subscripts(parts, 1) AS place
    FROM (SELECT line, said, {_parts(preset)} AS parts FROM lines)
)
SELECT line, place, {_PIECES if _deep(preset) else _PLAIN},
    CASE WHEN event IS NULL THEN
            CASE WHEN starts_with(said, '{DAMAGED}') THEN '{NO_UTF8}' ELSE '{NO_JSON}' END
        WHEN NOT starts_with(event, '{{') THEN '{NO_EVENT}' END AS fault
FROM events"""


_BLANKS = "' ,' || chr(9) || chr(13)"  # a comma at the end: an array that is written over lines
_SHORT = 8  # bytes; to look at the ends of every line would take as long as to read all of it
_PLAIN = "part AS top, part AS event, NULL::VARCHAR AS entry, 1 AS of"
_PIECES = "part.top AS top, part.event AS event, part.entry AS entry, part.of AS of"


def _deep(preset: Preset) -> bool:
    return bool(preset.unwrap or preset.each)


def _mended(preset: Preset) -> str:
    """What is no JSON by itself, and can be: the parts of an array over lines, or a form."""
    bare = f"trim(said, {_BLANKS})"
    tried = " ".join(
        f"WHEN {holds} AND json_valid({part}) THEN {part}"
        for holds, part in (
            (f"ends_with({bare}, '}}')", bare),
            (f"starts_with({bare}, '[{{')", f"substr({bare}, 2)"),
            (f"ends_with({bare}, '}}]')", f"left({bare}, -1)"),
        )
    )
    form = f"WHEN regexp_matches({bare}, '^\\??[A-Za-z][\\w.-]*=') THEN {_FORM}" if preset.form else ""
    return f"CASE {tried} {form} END"


_FORM = """'{' || array_to_string(list_transform(
    string_split(ltrim(trim(said, ' ' || chr(9) || chr(13)), '?'), '&'), lambda pair:
    to_json(url_decode(split_part(pair, '=', 1))) || ':' ||
    to_json(url_decode(replace(substr(pair, length(split_part(pair, '=', 1)) + 2), '+', ' ')))), ',') || '}'"""
"""Fields as a browser sends them, `a=1&b=x%20y`, as JSON; the first of several fields of one name is read."""


def _parts(preset: Preset) -> str:
    """The list of the events of a line; a line that is no JSON is one, which is NULL."""
    bare = f"ltrim(json, {_BLANKS})"
    parts = f"""CASE WHEN starts_with(json, '{{') THEN [json] WHEN starts_with({bare}, '[') THEN {_listed("json")}
        ELSE [{bare}] END"""
    if not _deep(preset):
        return parts
    for step in preset.unwrap[:-1]:
        parts = f"flatten(list_transform({parts}, lambda v: coalesce({_inside('v', step)}, [v])))"
    last = _inside("top", preset.unwrap[-1]) if preset.unwrap else "NULL"
    wrapped = f"list_transform(coalesce({last}, [top]), lambda event: {{'top': top, 'event': event}})"
    parts = f"flatten(list_transform({parts}, lambda top: {wrapped}))"
    entries = [f"nullif(json_extract(one.event, {_entries(name)})::VARCHAR[], [])" for name in preset.each]
    entries = f"coalesce({', '.join([*entries, '[NULL]::VARCHAR[]'])})"
    made = "{'top': one.top, 'event': one.event, 'entry': entry, 'of': len(entries)}"
    each = f"list_transform([{entries}], lambda entries: list_transform(entries, lambda entry: {made}))[1]"
    return f"flatten(list_transform({parts}, lambda one: {each}))"


def _inside(value: str, step: Words) -> str:
    """The list of what lies inside a value: an object, the objects of a list, or JSON that stands as a text."""
    found = []
    for name in step:
        if "*" in name.split("."):
            found.append(f"nullif(json_extract({value}, {_path(name)})::VARCHAR[], [])")
            continue
        text = f"json_extract_string({value}, {pointer(name)})"
        # an engine that looks at every branch must find valid JSON in each
        valid = f"CASE WHEN json_valid({text}) THEN {text} END"
        found.append(
            f"CASE WHEN starts_with(ltrim({valid}), '[') THEN {_listed(valid)} "
            f"WHEN starts_with(ltrim({valid}), '{{') THEN [trim({valid}, {_BLANKS} || chr(10))] END"
        )
    return f"coalesce({', '.join([*found, 'NULL'])})"


def _listed(json: str) -> str:
    return f"from_json({json}, '[\"JSON\"]')::VARCHAR[]"


def _entries(name: str) -> str:
    return _path(f"{name}.*")


def _path(name: str) -> str:
    """A dotted name as a JSON path, `*` for every entry of a list."""
    return literal("$" + "".join("[*]" if step == "*" else f'."{step}"' for step in name.split(".")))
