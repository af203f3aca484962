"""A small firm that every count has something to say of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import small
from small import DAY, event

import generator

if TYPE_CHECKING:
    from pathlib import Path

MARCH = 1_772_359_200
"""2026-03-01 10:00 UTC, in seconds."""


def write(place: Path) -> Path:
    """Write its exports into a folder, which is returned."""
    generator.write(place, contacts=900)
    events = [event("processed", person, campaign="odd", at=MARCH - 40 * DAY) for person in range(40)]
    events += [event("bounce", person, campaign="odd", at=MARCH - 40 * DAY, type="bounce") for person in range(2)]
    events += [event("delivered", person, campaign="odd", at=MARCH - 40 * DAY) for person in range(2, 40)]
    events += [event("open", 1, campaign="odd", at=MARCH - 39 * DAY)]
    events += [event("delivered", person, campaign="even", at=MARCH - 30 * DAY) for person in range(20)]
    events += [event("dropped", 50, campaign="odd", at=MARCH - 39 * DAY, reason="Bounced Address")]
    small.log(place, events, "odd.ndjson")
    rows = [["Name of odd", "2026-01-20", 45, 3]]
    small.table(place, "odd.csv", ["Campaign", "Date", "Sent", "Opened"], rows)
    return place
