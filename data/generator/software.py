"""A made-up software firm with subscriptions: its accounts' use, payments, requests, answers, deals and messages.

Of the accounts that leave some show it for weeks before, and some show nothing at all; some that stay have a dip.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from math import exp
from typing import TYPE_CHECKING

from generator import table
from generator.people import dice

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

FIRST, LAST = date(2024, 11, 4), date(2026, 10, 25)
"""Mondays and Sundays of the first and last week of use."""

AS_OF = datetime(2026, 10, 31, 23, 59)

LEAVES, WITHOUT_SIGN, DIPS = 0.5, 0.2, 0.15
"""Of all accounts: that leave within the two years; of those: without any sign; of those that stay: that have a dip."""

LEAD = (8, 18)
"""Weeks of signs before leaving, at least and at most."""

SOON = timedelta(weeks=8)
"""Who leaves within so much after the exports shows its signs in them."""

ANSWERS = {"good": (8, 9, 9, 10, 10), "usual": (6, 7, 8, 8, 9), "bad": (1, 3, 4, 5, 6)}
OWNERS = ("Sales desk 1", "Sales desk 2", "Sales desk 3")

GOOD = (
    ("Question about reports", "Hello, thank you for the quick help last week. How do I share a report with a client?"),
    ("New colleague", "Hi, a new colleague starts on Monday. Could you add a seat, please? We like the new editor."),
)
BAD = (
    ("Still not working", "The export has failed again and nobody answers. This is very disappointing, we lose hours."),
    ("Problem with import", "The import is broken since the update, we are really unhappy with how slow support is."),
)
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
        drivers: signals that a leaving account shows, and one that a growing account shows.
        growing: accounts that fill their licences and recommend the firm.
    """

    accounts: int
    left: dict[str, str]
    signs: dict[str, int]
    soon: tuple[str, ...]
    dips: tuple[str, ...]
    drivers: tuple[str, ...]
    growing: tuple[str, ...]

    def to_json(self) -> str:
        """The same as JSON, keys in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


@dataclass
class _Account:
    id: str
    people: list[str]
    start: date
    end: date | None
    trouble: tuple[date, date] | None
    growing: bool
    licences: int
    price: int
    owner: str

    def worse(self, day: date) -> float:
        """How deep in trouble it is on a day, 0 to 1."""
        if self.trouble is None or not self.trouble[0] <= day < self.trouble[1]:
            return 0.0
        return min(1.0, 0.4 + (day - self.trouble[0]) / timedelta(weeks=8))

    def here(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


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
    firm = [_account(rng, number) for number in range(accounts)]
    _usage(folder, firm, dice(seed, "usage"))
    _payments(folder, firm, dice(seed, "payments"))
    _tickets(folder, firm, dice(seed, "tickets"))
    _nps(folder, firm, dice(seed, "nps"))
    _deals(folder, firm, dice(seed, "deals"))
    _messages(folder, firm, dice(seed, "messages"))
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
        growing=tuple(one.id for one in firm if one.growing),
    )


def _account(rng: Random, number: int) -> _Account:
    name = f"c{1001 + number}"
    domain = f"{name}.example.com" if rng.random() < 0.9 else "mail.example.net"
    people = [f"{name}-{place + 1}@{domain}" for place in range(rng.choice((1, 2, 2, 3)))]
    span = (LAST - FIRST).days
    start = FIRST + timedelta(days=rng.choice((0, 0, int(rng.random() * span * 0.8))) + rng.randrange(24))
    start = start.replace(day=min(start.day, 28))
    end, trouble = None, None
    if rng.random() < LEAVES:
        months = rng.randrange(3, 24)
        end = _month(start, months)
        if rng.random() >= WITHOUT_SIGN:
            trouble = (end - timedelta(weeks=rng.randint(*LEAD)), end)
        if end > LAST + SOON:
            end, trouble = None, None
    elif rng.random() < DIPS:
        begin = start + timedelta(days=int(rng.random() * (LAST - start).days))
        trouble = (begin, begin + timedelta(weeks=rng.randint(3, 6)))
    licences = rng.choice((5, 10, 10, 20, 40))
    growing = end is None and trouble is None and rng.random() < 0.15
    return _Account(f"cus_{name}", people, start, end, trouble, growing, licences, 12 * licences, rng.choice(OWNERS))


def _month(day: date, months: int) -> date:
    """The same day so many months later; of short months the 28th."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))


def _weeks(one: _Account) -> list[date]:
    days = [FIRST + timedelta(weeks=week) for week in range(((LAST - FIRST).days + 1) // 7)]
    return [day for day in days if one.here(day)]


def _usage(folder: Path, firm: list[_Account], rng: Random) -> None:
    rows = []
    for one in firm:
        part = rng.gauss(0.9 if one.growing else 0.62, 0.04 if one.growing else 0.1)
        for day in _weeks(one):
            active = part * (1 - 0.65 * one.worse(day)) + rng.gauss(0, 0.05)
            users = min(max(round(one.licences * active), 0), one.licences)
            rows.append((one.id, f"{day}", round(users * exp(rng.gauss(1.5, 0.15))), users, one.licences))
    rows.sort(key=lambda row: (row[1], row[0]))
    table.write(folder / "usage.csv", ("Account ID", "Week", "Logins", "Active users", "Licences"), rows)


def _payments(folder: Path, firm: list[_Account], rng: Random) -> None:
    rows = []
    for one in firm:
        for month in range(25):
            day = _month(one.start, month)
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
            (f"ch_{10001 + number}", f"{at:%Y-%m-%d %H:%M}", f"{one.price}.00", "0.00", "eur", status, one.id,
             one.people[0])
            for number, (at, one, status) in enumerate(rows)
        ],
    )  # fmt: skip


def _days(one: _Account, rng: Random, usual: float, trouble: float) -> list[datetime]:
    """Moments of a working day, so many a week as usual, and so many more in trouble."""
    moments = []
    for week in _weeks(one):
        rate = usual + trouble * one.worse(week)
        while rng.random() < rate:
            day = week + timedelta(days=rng.randrange(5))
            moments.append(datetime(day.year, day.month, day.day, rng.randrange(8, 17), rng.randrange(60)))
            rate -= 1
    return sorted(moments)


def _tickets(folder: Path, firm: list[_Account], rng: Random) -> None:
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


def _nps(folder: Path, firm: list[_Account], rng: Random) -> None:
    rows = []
    for wave in range(8):
        sent = datetime(2025, 1, 20, 11) + timedelta(weeks=13 * wave)
        for one in firm:
            for email in one.people:
                if sent > AS_OF or not one.here(sent.date()) or rng.random() > 0.35:
                    continue
                at = sent + timedelta(hours=rng.uniform(1, 100))
                kind = "bad" if one.worse(at.date()) else "good" if one.growing else "usual"
                rows.append((email, f"{sent:%Y-%m-%d %H:%M:%S}", _until(at), rng.choice(ANSWERS[kind]), 0, 10))
    table.write(folder / "nps.csv", ("Email", "Invited at", "Responded at", "NPS", "Scale min", "Scale max"), rows)


def _deals(folder: Path, firm: list[_Account], rng: Random) -> None:
    rows = []
    for one in firm:
        won = datetime(one.start.year, one.start.month, one.start.day, 15)
        rows.append((won - timedelta(days=rng.randint(10, 60)), one, "Subscription", "Closed Won", won))
        if one.growing or rng.random() < 0.1:
            at = AS_OF - timedelta(days=rng.randint(5, 90))
            if one.here(at.date()):
                rows.append((at, one, "More seats", "Negotiation", None))
        if one.trouble and rng.random() < 0.4:
            at = datetime(one.trouble[0].year, one.trouble[0].month, one.trouble[0].day, 12)
            rows.append((at - timedelta(days=30), one, "More seats", "Closed Lost", at))
    rows.sort(key=lambda row: (row[0], row[1].id))
    header = ("Deal ID", "Deal Name", "Email", "Deal Stage", "Amount", "Currency", "Deal Owner", "Create Date",
              "Close Date")  # fmt: skip
    table.write(
        folder / "deals.csv",
        header,
        [
            (f"{800001 + number}", name, one.people[0], stage, f"{one.price * 12}.00", "EUR", one.owner,
             f"{at:%Y-%m-%d %H:%M:%S}", f"{closed:%Y-%m-%d %H:%M:%S}" if closed else "")
            for number, (at, one, name, stage, closed) in enumerate(rows)
        ],
    )  # fmt: skip


def _messages(folder: Path, firm: list[_Account], rng: Random) -> None:
    rows = []
    for one in firm:
        for at in _days(one, rng, 0.05, 0.12):
            subject, text = rng.choice(BAD if rng.random() < one.worse(at.date()) else GOOD)
            rows.append((at, one, rng.choice(one.people), subject, text))
    rows.sort(key=lambda row: (row[0], row[1].id))
    lines = []
    for number, (at, one, email, subject, text) in enumerate(rows):
        head = (f"cnv_{number + 1:04}", "archived", "Support")
        parts = (("Inbound", at, "", text), ("Outbound", at + timedelta(hours=rng.uniform(0.5, 20)), one.owner, ANSWER))
        for direction, moment, agent, words in parts:
            if moment <= AS_OF:
                lines.append((f"msg_{len(lines) + 1:05}", head[0], direction, head[1], head[2],
                              f"{moment:%Y-%m-%d %H:%M:%S}", agent.lower(), email, subject, words, "No"))  # fmt: skip
    header = ("Message ID", "Conversation ID", "Direction", "Status", "Inbox", "Message Date", "Assignee",
              "Contact handle", "Subject", "Extract", "Autoreply")  # fmt: skip
    table.write(folder / "messages.csv", header, lines)
