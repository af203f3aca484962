"""Small made-up exports, written row by row, for tests that know the answer."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NOON = 1_767_268_800
"""2026-01-01 12:00 UTC, in seconds."""

DAY = 86_400


def event(kind: str, person: int, *, campaign: str = "c1", at: int = NOON, **more: Any) -> dict[str, Any]:
    """One SendGrid event of one message: person `person` of campaign `campaign`."""
    raw = {
        "email": f"p{person}@example.com",
        "timestamp": at,
        "event": kind,
        "sg_event_id": f"{campaign}-{person}-{kind}-{at}-{more.get('url', '')}",
        "sg_message_id": f"{campaign}x{person}.recvd",
        "singlesend_id": campaign,
        "singlesend_name": f"Name of {campaign}",
    }
    return raw | more


def log(folder: Path, events: Iterable[dict[str, Any]], name: str = "log.ndjson") -> Path:
    """A SendGrid log of these events."""
    path = folder / name
    path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return path


def table(folder: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """A CSV of these rows."""
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def settings(folder: Path, *lines: str) -> Path:
    """A kit.toml of these lines."""
    path = folder / "kit.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


MAILCHIMP = [
    "Title",
    "Subject",
    "Audience",
    "Send Date",
    "Send Weekday",
    "Total Recipients",
    "Successful Deliveries",
    "Soft Bounces",
    "Hard Bounces",
    "Total Bounces",
    "Times Forwarded",
    "Forwarded Opens",
    "Unique Opens",
    "Open Rate",
    "Total Opens",
    "Unique Clicks",
    "Click Rate",
    "Total Clicks",
    "Unsubscribes",
    "Abuse Complaints",
    "Times Liked on Facebook",
    "Folder Id",
    "Unique Id",
    "Total Orders",
    "Total Gross Sales",
    "Total Revenue",
]
"""The header of Mailchimp's campaigns export since lists were called audiences."""


def mailchimp(folder: Path, rows: Iterable[dict[str, Any]], name: str = "campaigns.csv") -> Path:
    """A campaigns export; each row gives what differs from an ordinary campaign to 100 people."""
    usual = {
        "Title": "A campaign", "Subject": "Hello", "Audience": "All", "Send Date": "Jan 01, 2026 12:00 pm",
        "Send Weekday": "Thursday", "Total Recipients": 100, "Successful Deliveries": 98, "Soft Bounces": 1,
        "Hard Bounces": 1, "Total Bounces": 2, "Unique Opens": 30, "Total Opens": 40, "Unique Clicks": 5,
        "Total Clicks": 7, "Unsubscribes": 1, "Unique Id": "00000000aa",
    }  # fmt: skip
    lines = [[(usual | row).get(column, 0) for column in MAILCHIMP] for row in rows]
    return table(folder, name, MAILCHIMP, lines)
