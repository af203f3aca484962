"""The software firm's newsletter, in SendGrid's event log: who is in trouble reads less, and machines open too."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from generator.people import AGENTS, PREFETCHER
from generator.subscribers import AS_OF, FIRST, month

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from generator.subscribers import Account

READ, LOST = 0.45, 0.8
"""Share of newsletters that a person opens, and the part of it that the deepest trouble takes."""

CLICKED = 0.3
"""Share of the opened ones in which a link is clicked."""

MACHINES = 0.35
"""Share of people whose mail is opened by a machine, and never seen to be opened by themselves."""

LEAVES, LEAVES_IN_TROUBLE = 0.002, 0.05
"""Chance that a newsletter is unsubscribed from, and what the deepest trouble adds."""

ZONE = ZoneInfo("Europe/Berlin")


def write(folder: Path, firm: list[Account], rng: Random) -> dict[str, int]:
    """Write the log of one newsletter a month; returns how many people of each account unsubscribed."""
    machines = {email for one in firm for email in one.people if rng.random() < MACHINES}
    agents = {email: rng.choice(AGENTS) for one in firm for email in one.people}
    gone: dict[str, str] = {}
    lines = []
    for number in range(24):
        day = month(FIRST.replace(day=12), number)
        sent = datetime(day.year, day.month, day.day, 10, tzinfo=ZONE)
        for one in firm:
            for email in one.people:
                if email in gone or not one.here(day):
                    continue
                events = list(_events(one, sent, rng, machine=email in machines))
                if events[-1][1]["event"] == "unsubscribe":
                    gone[email] = one.id
                for turn, (at, what) in enumerate(events):
                    identity = f"{number:02x}{int(email[1:5]):04x}{email[6]}"
                    agent = {"useragent": PREFETCHER if what.get("sg_machine_open") else agents[email]}
                    event = {
                        "email": email,
                        "timestamp": int(at.astimezone(UTC).timestamp()),
                        **what,
                        "sg_event_id": f"{identity}e{turn}",
                        "sg_message_id": f"{identity}.filter0001.1.0",
                        "singlesend_id": f"news-{number + 1:02}",
                        "singlesend_name": f"Product news {day:%Y-%m}",
                    }
                    if what["event"] in ("open", "click"):
                        event |= agent
                    if at.replace(tzinfo=None) <= AS_OF:
                        lines.append((event["timestamp"], identity, turn, json.dumps(event, separators=(",", ":"))))
    text = "".join(f"{line}\n" for *_order, line in sorted(lines))
    # no name and no time inside, so that the same events give the same bytes
    (folder / "newsletter.ndjson.gz").write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    return {one.id: n for one in firm if (n := list(gone.values()).count(one.id))}


def _events(one: Account, sent: datetime, rng: Random, *, machine: bool) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """What happened to one person's copy, in order."""
    at = sent + timedelta(seconds=rng.randint(5, 300))
    yield at, {"event": "delivered"}
    worse = one.worse(sent.date())
    reads = rng.random() < READ * (1 - LOST * worse)
    if machine:
        yield at + timedelta(seconds=rng.randint(1, 60)), {"event": "open", "sg_machine_open": True}
    if reads:
        at += timedelta(minutes=rng.randint(6, 3000))
        if not machine:
            yield at, {"event": "open", "sg_machine_open": False}
        if rng.random() < CLICKED:
            url = f"https://software.example.org/{rng.choice(('news', 'reports', 'prices'))}"
            yield at + timedelta(seconds=rng.randint(20, 200)), {"event": "click", "url": url}
    if rng.random() < LEAVES + LEAVES_IN_TROUBLE * worse:
        yield at + timedelta(minutes=rng.randint(5, 60)), {"event": "unsubscribe"}
