"""The accounts of the made-up software firm: who leaves, who is in trouble for a time, and who buys more seats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

GROWS, FULL, WHIM = 0.3, 0.15, 0.0012
"""Of accounts that stay without trouble: whose team grows; that fill their seats and want no more; and the chance a
week that any account buys seats for a reason that nothing shows."""

PACE = (0.008, 0.02)
"""By how much a growing team grows a week."""

WANTS, WAITS = 0.9, (4, 13)
"""Share of seats used at which a growing team wants more, and the weeks until it has bought them."""

MORE = 1.4
"""How many seats are bought, for each that there is."""

NEXT = timedelta(weeks=13)
"""Who buys within so much after the exports is ready to buy at their end."""

WEEK = timedelta(weeks=1)


@dataclass
class Account:
    """One account.

    Attributes:
        id: the payment system's.
        people: addresses.
        start: first day as a customer.
        end: the day after its last paid month; None: it stays.
        trouble: first day of its signs, and the day after the last; None: it shows none.
        kind: "growing", "full" or "usual".
        seats: seats it has, and the day from which it has them; the first ones at the start.
        expected: users in each week, before trouble and chance.
        owner: who looks after it.
    """

    id: str
    people: list[str]
    start: date
    end: date | None
    trouble: tuple[date, date] | None
    kind: str
    owner: str
    seats: list[tuple[date, int]] = field(default_factory=list)
    expected: dict[date, float] = field(default_factory=dict)

    def worse(self, day: date) -> float:
        """How deep in trouble it is on a day, 0 to 1."""
        if self.trouble is None or not self.trouble[0] <= day < self.trouble[1]:
            return 0.0
        return min(1.0, 0.4 + (day - self.trouble[0]) / timedelta(weeks=8))

    def here(self, day: date) -> bool:
        """Whether it is a customer."""
        return self.start <= day and (self.end is None or day < self.end)

    def licences(self, day: date) -> int:
        """How many seats it has."""
        return next((n for begin, n in reversed(self.seats) if begin <= day), self.seats[0][1])

    @property
    def weeks(self) -> list[date]:
        """The Mondays of the exports on which it is a customer."""
        return [day for day in mondays(LAST) if self.here(day)]

    @property
    def bought(self) -> list[date]:
        """The days on which it bought more seats."""
        return [day for day, _n in self.seats[1:]]


def mondays(last: date) -> list[date]:
    """Each Monday from the first week on."""
    return [FIRST + WEEK * week for week in range((last - FIRST).days // 7 + 1)]


def month(day: date, months: int) -> date:
    """The same day so many months later; of short months the 28th."""
    year, later = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, later + 1, min(day.day, 28))


def account(rng: Random, number: int) -> Account:
    """One account, with its life."""
    name = f"c{1001 + number}"
    domain = f"{name}.example.com" if rng.random() < 0.9 else "mail.example.net"
    people = [f"{name}-{place + 1}@{domain}" for place in range(rng.choice((1, 2, 2, 3)))]
    span = (LAST - FIRST).days
    start = FIRST + timedelta(days=rng.choice((0, 0, int(rng.random() * span * 0.8))) + rng.randrange(24))
    start = start.replace(day=min(start.day, 28))
    end, trouble = None, None
    if rng.random() < LEAVES:
        end = month(start, rng.randrange(3, 24))
        if rng.random() >= WITHOUT_SIGN:
            trouble = (end - timedelta(weeks=rng.randint(*LEAD)), end)
        if end > LAST + SOON:
            end, trouble = None, None
    elif rng.random() < DIPS:
        begin = start + timedelta(days=int(rng.random() * (LAST - start).days))
        trouble = (begin, begin + timedelta(weeks=rng.randint(3, 6)))
    draw = rng.random() if end is None and trouble is None else 1.0
    kind = "growing" if draw < GROWS else "full" if draw < GROWS + FULL else "usual"
    customer = Account(f"cus_{name}", people, start, end, trouble, kind, f"Sales desk {rng.randint(1, 3)}")
    _grow(customer, rng, rng.choice((5, 10, 10, 20, 40)))
    return customer


def _grow(one: Account, rng: Random, seats: int) -> None:
    """The seats and the expected users of each week; a growing team's until some weeks after the exports."""
    one.seats.append((one.start, seats))
    share = {"growing": rng.uniform(0.6, 0.85), "full": rng.gauss(0.9, 0.03), "usual": rng.gauss(0.6, 0.1)}[one.kind]
    users = seats * min(max(share, 0.3), 0.97)
    pace, due = exp(rng.uniform(*PACE)) if one.kind == "growing" else 1.0, None
    for day in mondays(LAST + NEXT + WEEK):
        if not one.here(day):
            continue
        if one.kind == "growing" and due is None and users >= WANTS * seats:
            due = day + WEEK * rng.randint(*WAITS)
        whim = one.kind != "growing" and day <= LAST and rng.random() < WHIM
        if whim or due == day:
            more = -(-int(seats * MORE + 0.5) // 5) * 5
            users *= more / seats if whim else 1.0
            seats, due = more, None
            one.seats.append((day, seats))
        users = min(users * pace, 0.97 * seats)
        one.expected[day] = users
