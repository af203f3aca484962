"""A small firm that every count has something to say of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import small
from small import DAY, event

import generator
from tests import exports
from tests.letters import letter, mbox

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
    ours = "garage@service.example.com"
    asked = letter("?", To=ours, Date="Tue, 20 Jan 2026 10:00:00 +0000", Message_ID="<1@example.org>")
    again = letter(
        "!", To=ours, Date="Tue, 03 Mar 2026 10:00:00 +0000", Message_ID="<2@example.org>", Subject="Another"
    )
    answer = {"From": ours, "To": "anna@example.org", "In_Reply_To": "<2@example.org>"}
    written = letter("Yes", Date="Tue, 03 Mar 2026 12:00:00 +0000", Message_ID="<3@example.com>", **answer)
    exports.write(place, "inbox.mbox", mbox([asked, again, written]))
    exports.write(place, "Sent.mbox", mbox([written]))
    small.table(place, "rates.csv", ["Month", "Open rate"], [["2024-03", "21 %"], ["2024-04", "23 %"]])
    changed = [["2026-02-02", "Texts of answers"], ["2026-03-02", "Subject lines"]]
    small.table(place, "actions.csv", ["Date", "What was changed"], changed)
    small.table(place, "odd.csv", ["Campaign", "Date", "Sent", "Opened"], rows)
    return place
