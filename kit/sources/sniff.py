"""Whether a file is an event log, by the events of its first lines."""

from __future__ import annotations

import json
from typing import Any

from kit.sources.preset import Preset, presets

LINES = 50
"""Lines that are looked at: a few broken ones at the beginning hide no log."""


def event_log(head: bytes) -> tuple[Preset, str] | None:
    """The preset of an event log and why it was taken for it, or None.

    Args:
        head: the first bytes of the file, unpacked; the last line may be cut.
    """
    logs = [preset for preset in presets() if preset.shape == "events"]
    for line in head.decode("utf-8-sig", errors="replace").split("\n")[:LINES]:
        event = _first_event(line)
        for preset in logs:
            wanted = preset.recognise
            marks = [name for name in (*wanted.fields, *wanted.any_field) if name in event]
            if set(wanted.fields) <= set(marks) and not set(wanted.any_field).isdisjoint(marks):
                return preset, f"its lines are JSON events with {', '.join(marks)}"
    return None


def _first_event(line: str) -> dict[str, Any]:
    """The first object of a line, which may be an array and may be cut behind it."""
    try:
        event, _ = json.JSONDecoder().raw_decode(line.lstrip("[ \t"))
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
