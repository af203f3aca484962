"""A made-up software firm with subscriptions: its accounts' use, payments, requests, answers, deals, mail and visits.

Of the accounts that leave some show it for weeks before, and some show nothing at all; some that stay have a dip. Some
teams grow and buy more seats when those that they have are full; some fill their seats and buy none.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import exp
from typing import TYPE_CHECKING

from generator import software_mail, table
from generator.people import dice
from generator.subscribers import AS_OF, LAST, NEXT, account, month

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from generator.subscribers import Account

PRICE = 12
"""Of a seat a month [EUR]."""

VISITS = ("Page view", "Download", "Webinar", "Review")
ANSWERS = {"good": (8, 9, 9, 10, 10), "usual": (6, 7, 8, 8, 9), "bad": (1, 3, 4, 5, 6)}

GOOD = (
    ("Question about reports", "Hello, thank you for the quick help last week. How do I share a report with a client?"),
    ("New colleague", "Hi, a new colleague starts on Monday. Could you add a seat, please? We like the new editor."),
)
BAD = (
    ("Still not working", "The export has failed again and nobody answers. This is very disappointing, we lose hours."),
    ("Problem with import", "The import is broken since the update, we are really unhappy with how slow support is."),
)
ASKED = "Hello, how is the work with our product going, and what are you planning for the next months?"
ANSWER = "Hello, thank you for writing. I have looked into it and will come back to you with the details today."

SETTINGS = """\
# What no export says.
time_zone = "Europe/Berlin"
currency = "EUR"
as_of = 2026-10-31T23:59:00
own_domains = ["software.example.org"]

[health]
owner = "Sales desk 1"
shared_domains = ["mail.example.net"]
"""


@dataclass(frozen=True, slots=True)
class SoftwareTruth:
    """What was planted.

    Attributes:
        accounts: all of them.
        left: account -> the day after its last paid month.
        signs: account that left -> weeks for which it showed signs before; 0: none.
        soon: accounts that show signs at the end of the exports, and leave after it.
        dips: accounts that stay and had a dip.
        drivers: signals that a leaving account shows.
        growing: accounts whose team grows.
        full: accounts that fill their seats and want no more.
        bought: account -> the days on which it bought more seats, where it did.
        ready: growing account -> the day after the exports on which it buys more seats.
        readers: share of newsletters that a person opens who has no trouble, and who has the deepest.
        unsubscribed: account -> its people who unsubscribed.
    """

    accounts: int
    left: dict[str, str]
    signs: dict[str, int]
    soon: tuple[str, ...]
    dips: tuple[str, ...]
    drivers: tuple[str, ...]
    growing: tuple[str, ...]
    full: tuple[str, ...]
    bought: dict[str, list[str]]
    ready: dict[str, str]
    readers: tuple[float, float]
    unsubscribed: dict[str, int]

    def to_json(self) -> str:
        """The same as JSON, keys in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


def write(folder: Path, *, seed: int = 2026, accounts: int = 160) -> SoftwareTruth:
    """Write the exports of two years into a folder.

    Args:
        folder: made where there is none; files of the same names are replaced.
        seed: the same seed gives the same files.
        accounts: how many there were in the two years.

    Returns:
        What was planted; it is not written among the exports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = dice(seed, "accounts")
    firm = [account(rng, number) for number in range(accounts)]
    _usage(folder, firm, dice(seed, "usage"))
    _payments(folder, firm, dice(seed, "payments"))
    _tickets(folder, firm, dice(seed, "tickets"))
    _nps(folder, firm, dice(seed, "nps"))
    _deals(folder, firm, dice(seed, "deals"))
    _messages(folder, firm, dice(seed, "messages"))
    _visits(folder, firm, dice(seed, "visits"))
    unsubscribed = software_mail.write(folder, firm, dice(seed, "newsletter"))
    (folder / "kit.toml").write_text(SETTINGS, encoding="utf-8")
    left = [one for one in firm if one.end is not None and one.end <= LAST]
    soon = [one for one in firm if one.end is not None and one.end > LAST]
    return SoftwareTruth(
        accounts=accounts,
        left={one.id: f"{one.end}" for one in left},
        signs={one.id: (one.trouble[1] - one.trouble[0]).days // 7 if one.trouble else 0 for one in left},
        soon=tuple(one.id for one in soon if one.trouble),
        dips=tuple(one.id for one in firm if one.end is None and one.trouble),
        drivers=("use_trend", "licence_use", "open_tickets", "unpaid_days"),
        growing=tuple(one.id for one in firm if one.kind == "growing"),
        full=tuple(one.id for one in firm if one.kind == "full"),
        bought={one.id: days for one in firm if (days := [f"{day}" for day in one.bought if day <= LAST])},
        ready={
            one.id: f"{one.bought[-1]}"
            for one in firm
            if one.kind == "growing" and one.bought and LAST < one.bought[-1] <= LAST + NEXT
        },
        readers=(software_mail.READ, software_mail.READ * (1 - software_mail.LOST)),
        unsubscribed=unsubscribed,
    )


def _usage(folder: Path, firm: list[Account], rng: Random) -> None:
    rows = []
    for one in firm:
        for day in one.weeks:
            seats = one.licences(day)
            active = one.expected[day] * (1 - 0.65 * one.worse(day)) + seats * rng.gauss(0, 0.05)
            users = min(max(round(active), 0), seats)
            rows.append((one.id, f"{day}", round(users * exp(rng.gauss(1.5, 0.15))), users, seats))
    rows.sort(key=lambda row: (row[1], row[0]))
    table.write(folder / "usage.csv", ("Account ID", "Week", "Logins", "Active users", "Licences"), rows)


def _payments(folder: Path, firm: list[Account], rng: Random) -> None:
    rows = []
    for one in firm:
        for number in range(25):
            day = month(one.start, number)
            if day > AS_OF.date() or not one.here(day):
                break
            at = datetime(day.year, day.month, day.day, 6, rng.randrange(60))
            if rng.random() < (0.5 * one.worse(day) if one.worse(day) else 0.015):
                rows.append((at, one, "Failed"))
                at += timedelta(days=rng.randint(2, 9))
            if at <= AS_OF:
                rows.append((at, one, "Paid"))
    rows.sort(key=lambda row: (row[0], row[1].id))
    header = ("id", "Created (UTC)", "Amount", "Amount Refunded", "Currency", "Status", "Customer ID", "Customer Email")
    table.write(
        folder / "payments.csv",
        header,
        [
            (f"ch_{10001 + number}", f"{at:%Y-%m-%d %H:%M}", f"{PRICE * one.licences(at.date())}.00", "0.00", "eur",
             status, one.id, one.people[0])
            for number, (at, one, status) in enumerate(rows)
        ],
    )  # fmt: skip


def _days(one: Account, rng: Random, usual: float, trouble: float) -> list[datetime]:
    """Moments of a working day, so many a week as usual, and so many more in trouble."""
    moments = []
    for week in one.weeks:
        rate = usual + trouble * one.worse(week)
        while rng.random() < rate:
            day = week + timedelta(days=rng.randrange(5))
            moments.append(datetime(day.year, day.month, day.day, rng.randrange(8, 17), rng.randrange(60)))
            rate -= 1
    return sorted(moments)


def _tickets(folder: Path, firm: list[Account], rng: Random) -> None:
    rows = []
    for one in firm:
        for at in _days(one, rng, 0.07, 0.5):
            bad = one.worse(at.date()) > 0
            answered = at + timedelta(hours=rng.lognormvariate(1.0, 0.8))
            solved = answered + timedelta(hours=rng.lognormvariate(5.5 if bad else 2.5, 0.8))
            urgent = rng.random() < (0.5 if bad else 0.1)
            rows.append((at, rng.choice(one.people), answered, solved, "High" if urgent else "Normal"))
    rows.sort(key=lambda row: (row[0], row[1]))
    table.write(
        folder / "tickets.csv",
        ("Ticket ID", "Email", "Created at", "First response at", "Resolved at", "Priority"),
        [
            (f"S{5001 + number}", email, *(_until(at) for at in (created, answered, solved)), priority)
            for number, (created, email, answered, solved, priority) in enumerate(rows)
        ],
    )


def _until(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at <= AS_OF else ""


def _nps(folder: Path, firm: list[Account], rng: Random) -> None:
    rows = []
    content = {one.id: one.kind == "growing" or (one.kind == "full" and rng.random() < 0.5) for one in firm}
    for wave in range(8):
        sent = datetime(2025, 1, 20, 11) + timedelta(weeks=13 * wave)
        for one in firm:
            for email in one.people:
                if sent > AS_OF or not one.here(sent.date()) or rng.random() > 0.35:
                    continue
                at = sent + timedelta(hours=rng.uniform(1, 100))
                kind = "bad" if one.worse(at.date()) else "good" if content[one.id] else "usual"
                rows.append((email, f"{sent:%Y-%m-%d %H:%M:%S}", _until(at), rng.choice(ANSWERS[kind]), 0, 10))
    table.write(folder / "nps.csv", ("Email", "Invited at", "Responded at", "NPS", "Scale min", "Scale max"), rows)


def _deals(folder: Path, firm: list[Account], rng: Random) -> None:
    rows = []
    for one in firm:
        won = datetime(one.start.year, one.start.month, one.start.day, 15)
        rows.append(
            (won - timedelta(days=rng.randint(10, 60)), one, "Subscription", "Closed Won", won, one.seats[0][1])
        )
        before = one.seats[0][1]
        for day, seats in one.seats[1:]:
            at = datetime(day.year, day.month, day.day, 12)
            begun = at - timedelta(days=rng.randint(10, 40))
            if begun <= AS_OF:
                stage = ("Closed Won", at) if at <= AS_OF else ("Negotiation", None)
                rows.append((begun, one, "More seats", *stage, seats - before))
            before = seats
        if rng.random() < 0.1:
            at = AS_OF - timedelta(days=rng.randint(5, 90))
            if one.here(at.date()):
                rows.append((at, one, "More seats", "Negotiation", None, 5))
        if one.trouble and rng.random() < 0.4:
            at = datetime(one.trouble[0].year, one.trouble[0].month, one.trouble[0].day, 12)
            rows.append((at - timedelta(days=30), one, "More seats", "Closed Lost", at, 5))
    rows.sort(key=lambda row: (row[0], row[1].id))
    header = ("Deal ID", "Deal Name", "Email", "Deal Stage", "Amount", "Currency", "Deal Owner", "Create Date",
              "Close Date")  # fmt: skip
    table.write(
        folder / "deals.csv",
        header,
        [
            (f"{800001 + number}", name, one.people[0], stage, f"{12 * PRICE * seats}.00", "EUR", one.owner,
             f"{at:%Y-%m-%d %H:%M:%S}", f"{closed:%Y-%m-%d %H:%M:%S}" if closed else "")
            for number, (at, one, name, stage, closed, seats) in enumerate(rows)
        ],
    )  # fmt: skip


def _messages(folder: Path, firm: list[Account], rng: Random) -> None:
    rows = []
    for one in firm:
        for at in _days(one, rng, 0.05, 0.12):
            subject, text = rng.choice(BAD if rng.random() < one.worse(at.date()) else GOOD)
            answered = at + timedelta(hours=rng.uniform(0.5, 20))
            rows.append(
                (at, one, rng.choice(one.people), subject, (("Inbound", at, text), ("Outbound", answered, ANSWER)))
            )
        for at in _days(one, rng, 0.04, 0.0):
            parts = [("Outbound", at, ASKED)]
            if rng.random() < 0.75 * (1 - 0.8 * one.worse(at.date())):
                parts.append(("Inbound", at + timedelta(hours=rng.uniform(1, 90)), GOOD[0][1]))
            rows.append((at, one, rng.choice(one.people), "Your plans for the next months", tuple(parts)))
    rows.sort(key=lambda row: (row[0], row[1].id))
    lines = []
    for number, (_at, one, email, subject, parts) in enumerate(rows):
        head = (f"cnv_{number + 1:04}", "archived", "Support")
        for direction, moment, words in parts:
            if moment <= AS_OF:
                agent = one.owner.lower() if direction == "Outbound" else ""
                lines.append((f"msg_{len(lines) + 1:05}", head[0], direction, head[1], head[2],
                              f"{moment:%Y-%m-%d %H:%M:%S}", agent, email, subject, words, "No"))  # fmt: skip
    header = ("Message ID", "Conversation ID", "Direction", "Status", "Inbox", "Message Date", "Assignee",
              "Contact handle", "Subject", "Extract", "Autoreply")  # fmt: skip
    table.write(folder / "messages.csv", header, lines)


def _visits(folder: Path, firm: list[Account], rng: Random) -> None:
    """What people did on the website: pages read, files loaded, reviews and seminars."""
    rows = []
    for one in firm:
        rows += [
            (rng.choice(one.people), rng.choices(VISITS, (6, 2, 1, 1))[0], f"{at:%Y-%m-%d %H:%M:%S}")
            for at in _days(one, rng, 0.25, -0.2)
        ]
    rows.sort(key=lambda row: (row[2], row[0]))
    table.write(folder / "visits.csv", ("Email", "Event", "Time"), rows)
