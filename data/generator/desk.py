"""Requests to the service: the help desk's tickets, and since June the messages of its shared inbox.

The team answers on working days (`clock`); what a request waits depends on the day, on who answers and on chance.
Since IMPROVES_FROM the requests by e-mail come into a shared inbox, which exports a row a message; the tickets hold
those of the other channels from then on, so that no request stands in two files.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from generator import table, writing
from generator.clock import AS_OF, DAY, HOUR, START, after_work, awake, local, unix
from generator.people import dice, pick
from generator.truth import DeskTruth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from generator.people import Person
    from generator.story import Story

A_YEAR = 0.16
"""Requests of one person."""
BEFORE, SINCE = 4.0, 1.5
"""Medians of the first answer [working hours]."""
IMPROVES_FROM = "2026-06-01 00:00"
SPREAD = 0.8
"""Standard deviation of the logarithm of the wait, of requests of one day and colleague."""
TEAM = {"anna": 0.8, "igor": 1.0, "maria": 1.25}
"""Who answers, a third of the requests each, and how much longer than the middle one it takes."""
FORGOTTEN, SETTLED = 0.03, 0.02
"""Shares of requests that nobody answers, and that are closed without an answer."""
SOLVED = 6.0
"""Median from the answer to the end [working hours]."""
CHANNELS = {"email": 0.5, "phone": 0.2, "chat": 0.2, "web form": 0.1}
CROWDED = 4.0
"""No day brings more than so many times the usual number of requests."""
FRONT = (
    "Message ID", "Conversation ID", "Direction", "Status", "Inbox", "Message Date", "Response time", "Assignee",
    "Contact handle", "Subject", "Extract", "Tags", "Autoreply",
)  # fmt: skip
INBOX, OTHER_INBOX = "Сервис", "Запчасти"
ACKNOWLEDGED, TWICE_ASKED, THANKED, IN_BOTH = 0.25, 0.15, 0.35, 0.05
"""Shares of conversations with a machine's receipt, a second message before the answer, and thanks after it; and of
messages that lie in two inboxes."""
EXTRACT = 140
"""Letters of a message that the export shows."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        answered: when it is answered [Unix s], also where that is after AS_OF; None for never.
        closed: when it is closed [Unix s]; None for never.
        agent: who answers it.
    """

    person: Person
    at: int
    channel: str
    agent: str
    answered: int | None
    closed: int | None

    @property
    def settled(self) -> bool:
        """Closed without an answer."""
        return self.answered is None and self.closed is not None


def wait(story: Story, rng: Random, asked: int) -> tuple[str, int]:
    """Who answers a request of this moment, and when [Unix s]."""
    day = dice(story.seed, f"pace {local(asked):%Y-%m-%d}")
    agent = rng.choice(list(TEAM))
    usual = SINCE if asked >= unix(IMPROVES_FROM) else BEFORE
    hours = usual * TEAM[agent] * story.world.pace(day) * rng.lognormvariate(0, SPREAD)
    return agent, after_work(asked, hours * HOUR)


def requests(story: Story) -> list[Request]:
    """All of them, in order of time."""
    rng = dice(story.seed, "tickets")
    asked = sorted(
        ((at, one.email, one) for one in story.people for at in _moments(story, rng, one)), key=lambda x: x[:2]
    )
    return [_request(story, rng, person, at) for at, _, person in asked]


def _moments(story: Story, rng: Random, person: Person) -> Iterator[int]:
    """Moments at which the person asks; more of them on busy days."""
    at = max(START, person.joined)
    while (at := at + int(rng.expovariate(1) * 365 * DAY / A_YEAR / CROWDED)) <= AS_OF:
        rush = story.world.rush(dice(story.seed, f"rush {local(at):%Y-%m-%d}"))
        if rng.random() < rush / CROWDED and (waking := awake(rng, at)) <= AS_OF:
            yield waking


def _request(story: Story, rng: Random, person: Person, at: int) -> Request:
    channel = pick(rng, CHANNELS)
    agent, answered = wait(story, rng, at)
    chance = rng.random()
    if chance < FORGOTTEN:
        return Request(person, at, channel, agent, None, None)
    if chance < FORGOTTEN + SETTLED:
        return Request(person, at, channel, agent, None, at + rng.randint(1, 5) * DAY)
    return Request(person, at, channel, agent, answered, after_work(answered, SOLVED * HOUR * rng.lognormvariate(0, 1)))


def write(folder: Path, story: Story) -> DeskTruth:
    """Write the tickets and the messages of the shared inbox; the truth of both."""
    everything = requests(story)
    written = [one for one in everything if one.channel == "email" and one.at >= unix(IMPROVES_FROM)]
    others = [one for one in everything if one not in written]
    rows = [
        (f"T{5001 + number}", one.person.email, iso(one.at), _past(one.answered), _past(one.closed), one.channel)
        for number, one in enumerate(others)
    ]
    table.write(
        folder / "tickets.csv",
        ("Ticket ID", "Email", "Created at", "First response at", "Resolved at", "Channel"),
        rows,
    )
    meanings = _front(folder / "shared_inbox_messages.csv", story, written)
    medians = [
        median(((one.answered or AS_OF * 2) - one.at) / HOUR for one in part if not one.settled) if part else 0.0
        for part in (
            [one for one in everything if one.at < unix(IMPROVES_FROM)],
            [one for one in everything if one.at >= unix(IMPROVES_FROM)],
        )
    ]
    return DeskTruth(
        requests=len(everything),
        conversations=len(written),
        messages=len(meanings),
        unanswered=sum(not _past(one.answered) for one in everything),
        settled=sum(one.settled and (one.closed or 0) <= AS_OF for one in everything),
        improves_from=IMPROVES_FROM,
        working_hours=(BEFORE, SINCE),
        hours=(round(medians[0], 3), round(medians[1], 3)),
        team=TEAM,
        meanings={identity: meaning for identity, meaning in meanings.items() if meaning},
    )


def _front(path: Path, story: Story, asked: list[Request]) -> dict[str, str]:
    """Write a row a message and inbox; what every message means, "" for those of the service."""
    rng = dice(story.seed, "shared inbox")
    rows: list[tuple[object, ...]] = []
    meanings: dict[str, str] = {}
    for number, one in enumerate(asked):
        conversation = f"cnv_{number + 1:04x}"
        status = (
            "archived"
            if one.closed is not None and one.closed <= AS_OF
            else "assigned"
            if _past(one.answered)
            else "unassigned"
        )
        purpose = writing.wanted(rng, faster=True)
        first = writing.request(rng, one.person.language, purpose)
        for turn, (at, way, text, by, meaning) in enumerate(_turns(rng, one, first)):
            identity = f"msg_{number + 1:04x}{turn}"
            meanings[identity] = meaning
            waited = at - one.at if way == "Outbound" and by else ""
            extract = " ".join(text.split())[:EXTRACT]
            who = one.agent if _past(one.answered) else ""
            whole = (status, INBOX, iso(at), waited, who, one.person.email, first.about, extract)
            row = (
                identity,
                conversation,
                way,
                *whole,
                purpose.partition(".")[2],
                "No" if by or way == "Inbound" else "Yes",
            )
            rows.append(row)
            if rng.random() < IN_BOTH:
                rows.append((*row[:4], OTHER_INBOX, *row[5:]))
    table.write(path, FRONT, rows)
    return meanings


def _turns(rng: Random, one: Request, first: writing.Text) -> list[tuple[int, str, str, str, str]]:
    """The messages of a conversation: when, which way, its text, by whom of the team, and what it means."""
    language = one.person.language
    turns = [(one.at, "Inbound", first.body, "", first.meaning)]
    if rng.random() < ACKNOWLEDGED:
        turns.append((one.at + rng.randint(2, 20), "Outbound", writing.words(language)["replies"]["ack"], "", ""))
    asked_again = one.at + rng.randint(20, 400) * 60
    if rng.random() < TWICE_ASKED and (one.answered is None or asked_again < one.answered):
        turns.append((asked_again, "Inbound", writing.reply(rng, language, "again"), "", ""))
    if one.answered is not None:
        turns.append((one.answered, "Outbound", writing.reply(rng, language, "answer"), one.agent, ""))
        if rng.random() < THANKED:
            thanked = awake(rng, one.answered + rng.randint(10, 900) * 60)
            turns.append((thanked, "Inbound", writing.reply(rng, language, "thanks"), "", ""))
    return [turn for turn in turns if turn[0] <= AS_OF]


def iso(moment: int) -> str:
    """As the firm's systems write a moment."""
    return f"{local(moment):%Y-%m-%d %H:%M:%S}"


def _past(moment: int | None) -> str:
    """The same; empty for what is still to come, or never does."""
    return iso(moment) if moment is not None and moment <= AS_OF else ""
