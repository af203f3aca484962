"""Whether a file is an event log, by the events of its first lines."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from kit.sources.lines import first_event
from kit.sources.preset import Preset, presets

if TYPE_CHECKING:
    from kit.sources.keys import Words

LINES = 50
"""Lines that are looked at: a few broken ones at the beginning hide no log."""


def event_log(head: bytes) -> tuple[Preset, str] | None:
    """The preset of an event log and why it was taken for it, or None.

    Where several fit, the one that finds the most of its marks.

    Args:
        head: the first bytes of the file, unpacked; the last line may be cut.
    """
    logs = [preset for preset in presets() if preset.shape == "events"]
    text = head.decode("utf-8-sig", errors="replace")
    for line in (*text.split("\n")[:LINES], text):
        whole = first_event(line)
        found = [(preset, marks) for preset in logs if (marks := _marks(preset, whole[0] if whole else _form(line)))]
        if found:
            preset, marks = max(found, key=lambda one: len(one[1]))
            return preset, f"its lines are JSON events with {', '.join(marks)}"
    return None


def _form(line: str) -> dict[str, Any]:
    return dict(parse_qsl(line.strip().lstrip("?"))) if "=" in line and not line.lstrip().startswith(("{", "[")) else {}


def _marks(preset: Preset, top: dict[str, Any]) -> list[str]:
    """The fields by which an event is known as one of a preset; none where something is missing."""
    outer = event = top
    for step in preset.unwrap:
        outer, event = event, _inside(event, step)
    wanted = preset.recognise
    has = {
        name: _value(outer, name[1:]) if name.startswith("/") else _value(event, name)
        for name in (*wanted.fields, *wanted.any_field, *wanted.where)
    }
    some = not wanted.any_field or any(has[name] is not None for name in wanted.any_field)
    fits = all(re.search(pattern, str(has[name] or "")) for name, pattern in wanted.where.items())
    if not (some and fits and all(has[name] is not None for name in wanted.fields)):
        return []
    return list(dict.fromkeys(name.lstrip("/") for name, value in has.items() if value is not None))


def _inside(event: dict[str, Any], step: Words) -> dict[str, Any]:
    for name in step:
        value = _value(event, name.replace(".*", ""))
        if isinstance(value, str) and value[:1] in ("{", "["):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        while isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            return value
    return event


def _value(event: Any, name: str) -> Any:
    """What a dotted name leads to; of a list on the way the first entry."""
    for step in name.split("."):
        while isinstance(event, list) and event:
            event = event[0]
        if not isinstance(event, dict):
            return None
        event = event.get(step)
    return event
