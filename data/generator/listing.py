"""The firm's list of contacts: who is on it, who twice, who should not be, and a source that brings bad addresses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from generator import table
from generator.clock import AS_OF, DAY, HOUR, unix
from generator.desk import iso
from generator.people import SOURCES, dice, pick
from generator.truth import ListTruth

if TYPE_CHECKING:
    from pathlib import Path

    from generator.people import Person
    from generator.story import Story

HEADER = (
    "Email", "Status", "Opted in at", "Source", "Language", "Segment", "Unsubscribed at", "Unsubscribe reason",
    "Cleaned at",
)  # fmt: skip

BAD_SOURCE = "prize draw"
DRAWN = unix("2025-11-01 00:00"), unix("2026-05-01 00:00")
"""When people could join by the prize draw."""
OF_BOUNCED, OF_LEFT, OF_STAYED = 0.8, 0.4, 0.14
"""Shares of those who joined then that came by it: of addresses given back since, of people who left, of all others."""

ROLES = ("info@corp.example.net", "sales@fleet.example.org", "office@corp.example.net", "reception@fleet.example.org",
         "buh@corp.example.net", "support@fleet.example.org")  # fmt: skip
MISTYPED = ("mial.example.com", "mai.example.com", "imbox.example.org", "inboxx.example.org", "pots.example.net",
            "hone.example.com")  # fmt: skip
"""Domains one slip away from large ones of the list."""
SECOND = 6
"""People who joined a second time with another spelling of their address."""
NEW_FROM = AS_OF - 6 * DAY
"""The addresses above joined since, after the last bulk mail but one [Unix s]."""


def write(path: Path, story: Story) -> tuple[dict[str, int], int, ListTruth | None]:
    """Write the list; its people by status, how many stand on it twice since they signed up again, and its faults."""
    members = [one for one in (*story.people, *story.held) if one.joined <= AS_OF]
    rng, drawn = dice(story.seed, "contacts twice"), _by_the_draw(story, members)
    rows: list[tuple[str, ...]] = []
    twice: list[tuple[str, ...]] = []
    for one in members:
        status = "cleaned" if one.cleaned is not None else "unsubscribed" if one.left is not None else "subscribed"
        reason = "complaint" if one.complained else ""
        known_of = (BAD_SOURCE if one.email in drawn else one.source, one.language, one.segment)
        ends = (_iso(one.left), reason, _iso(one.cleaned))
        rows.append((one.email, status, iso(one.joined), *known_of, *ends))
        if rng.random() < story.world.twice:
            again = iso(min(one.joined + rng.randint(1, 300) * DAY, AS_OF))
            twice.append((one.email.title(), status, again, *known_of, *ends))
    added, truth = _doubtful(story, members, drawn) if story.faults else ([], None)
    table.write(path, HEADER, [*rows, *added, *twice])
    return dict(sorted(Counter(row[1] for row in [*rows, *added]).items())), len(twice), truth


def _by_the_draw(story: Story, known: list[Person]) -> set[str]:
    """Who joined by the prize draw: more of those whose addresses were bad."""
    rng = dice(story.seed, "prize draw")
    drawn = set()
    for one in known:
        share = OF_BOUNCED if one.cleaned is not None else OF_LEFT if one.left is not None else OF_STAYED
        if rng.random() < share and DRAWN[0] <= one.joined < DRAWN[1]:
            drawn.add(one.email)
    return drawn if story.faults else set()


def _doubtful(story: Story, known: list[Person], drawn: set[str]) -> tuple[list[tuple[str, ...]], ListTruth]:
    """Rows of addresses that joined last and should be checked."""
    rng = dice(story.seed, "doubtful addresses")
    mistyped = [f"c{90_001 + place}@{domain}" for place, domain in enumerate(MISTYPED)]
    able = [one for one in known if one.subscribed(AS_OF) and one.segment != "corporate"]
    second = ["+auto@".join(one.email.split("@")) for one in rng.sample(able, SECOND)]
    rows = []
    for email in (*ROLES, *mistyped, *second):
        joined = NEW_FROM + rng.randrange(5 * DAY) // HOUR * HOUR
        rows.append((email, "subscribed", iso(joined), pick(rng, SOURCES), "ru", "new", "", "", ""))
    bounced = sum(one.cleaned is not None for one in known if one.email in drawn)
    return rows, ListTruth(BAD_SOURCE, len(drawn), bounced, ROLES, tuple(mistyped), tuple(second))


def _iso(moment: int | None) -> str:
    return "" if moment is None else iso(moment)
