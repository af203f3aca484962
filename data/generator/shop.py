"""The shop's orders: people buy of their own accord, after a visit, and because of a mail.

What a person buys of their own accord does not depend on mail, so that the difference between the arms of the
holdout is what the mail caused. A first order is followed by others at a rate of the person's own, until the person
stays away (Batislam, Denizel & Filiztekin 2007, doi:10.1016/j.ijresmar.2006.12.005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator import table
from generator.clock import AS_OF, DAY, HOUR, awake, local
from generator.people import dice
from generator.story import HELD_FROM, YEAR
from generator.truth import OrderTruth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from generator.people import Person
    from generator.story import Story

FIRST_A_YEAR = 0.10
"""First orders of their own accord, of people on the list."""
RATE_SHAPE, RATE_MEAN = 0.9, 1.2
"""Gamma distribution of the orders that follow [a person and year]."""
AWAY = (1.0, 3.0)
"""Beta distribution of the chance to stay away after an order, the first one too."""
AFTER_VISIT, AFTER_VISIT_DAYS = 0.20, 4.0
"""Share of bookings that an order follows, and the mean wait for it [days]."""
OF_READERS, OF_CLICKERS, MAIL_DAYS = 0.08, 0.20, 1.5
"""Shares of bulk mail read and clicked that cause an order, and the mean wait for it [days]; none after 7 days."""
VALUE, BETWEEN, WITHIN = 7.6, 0.5, 0.6
"""Logarithm of the amount [RUB]: its mean, and its standard deviations between and within people."""
REFUNDED, CANCELLED, ANONYMOUS = 0.05, 0.02, 0.03
HEADER = ("Order ID", "Email", "Created at", "Total", "Refunded amount", "Currency", "Status")


@dataclass(slots=True)
class Order:
    """One order.

    Attributes:
        at: when, by the shop's clock [Unix s].
        won: when bulk mail brought it, or brought the person's first order, which this one follows [Unix s];
            None for one of the person's own accord.
        known: the shop knows whose it is.
        goes_on: whether the person will order again of their own accord after it; None: another order says so.
    """

    person: Person
    at: int
    won: int | None = None
    total: float = 0.0
    refunded: float = 0.0
    status: str = "paid"
    known: bool = True
    goes_on: bool | None = None

    @property
    def kept(self) -> bool:
        """Whether it is a sale: neither cancelled nor given back whole."""
        return self.status not in {"cancelled", "refunded"}

    @property
    def net(self) -> float:
        """What remains of it [RUB]."""
        return 0.0 if self.status == "cancelled" else self.total - self.refunded


def sell(story: Story, *, effect: float = 1.0) -> list[Order]:
    """All orders since people joined the list, in order of time.

    Args:
        story: what else happened.
        effect: how much more often than planned bulk mail causes an order; 0 for never.
    """
    orders = [order for person in (*story.people, *story.held) for order in _of_own_accord(story, person)]
    first: dict[str, int] = {}
    for order in orders:
        first[order.person.email] = min(order.at, first.get(order.person.email, order.at))
    for person, at, by_mail in sorted(_occasions(story, effect), key=lambda one: (one[1], one[0].email)):
        won = at if by_mail else None
        orders.append(Order(person, at, won))
        if at < first.get(person.email, AS_OF):
            first[person.email] = at
            later, goes_on = again(dice(story.seed, f"won {person.email}"), at)
            orders += [Order(person, again, won) for again in later]
            orders[-1].goes_on = goes_on
    for order in orders:
        order.at -= story.world.behind
    orders.sort(key=lambda one: (one.at, one.person.email))
    price(dice(story.seed, "order values"), orders)
    return orders


def _of_own_accord(story: Story, person: Person) -> list[Order]:
    rng = dice(story.seed, f"orders {person.email}")
    at = awake(rng, person.joined + int(rng.expovariate(1) * YEAR / FIRST_A_YEAR))
    if at > AS_OF:
        return []
    later, goes_on = again(rng, at)
    orders = [Order(person, moment) for moment in (at, *later)]
    orders[-1].goes_on = goes_on
    return orders


def again(rng: Random, at: int) -> tuple[list[int], bool]:
    """The orders that follow a first one up to AS_OF [Unix s], and whether another one is to come."""
    orders: list[int] = []
    rate = max(rng.gammavariate(RATE_SHAPE, RATE_MEAN / RATE_SHAPE), 1e-6)
    away = rng.betavariate(*AWAY)
    while rng.random() >= away:
        at += int(rng.expovariate(1) * YEAR / rate)
        if at > AS_OF:
            return orders, True
        at = awake(rng, at)
        orders.append(at)
    return orders, False


def _occasions(story: Story, effect: float) -> Iterator[tuple[Person, int, bool]]:
    """Person, time [Unix s] and whether by bulk mail, of orders that a visit or a mail brings."""
    rng = dice(story.seed, "orders after visits")
    for booking in story.bookings:
        at = booking.at + 2 * HOUR + int(rng.expovariate(1) * AFTER_VISIT_DAYS * DAY)
        if rng.random() < AFTER_VISIT * (effect if booking.bulk else 1) and at <= AS_OF:
            yield booking.person, awake(rng, at), booking.bulk
    rng = dice(story.seed, "orders after mail")
    messages = [message for send in story.campaigns for message in send.messages]
    for message in (*messages, *story.early):
        clicked = any(not click.scanner for click in message.clicks)
        at = awake(rng, message.sent + HOUR + int(rng.expovariate(1) * MAIL_DAYS * DAY))
        wanted = rng.random() < effect * (OF_CLICKERS if clicked else OF_READERS if message.read else 0)
        if wanted and at <= min(message.sent + 7 * DAY, AS_OF):
            yield message.person, at, True


def price(rng: Random, orders: list[Order]) -> None:
    """Give orders their amounts, and some of them a refund, an end or nobody that the shop knows."""
    usual: dict[str, float] = {}
    for order in orders:
        level = usual.setdefault(order.person.email, rng.gauss(VALUE, BETWEEN))
        order.total = round(rng.lognormvariate(level, WITHIN), -1)
        chance = rng.random()
        if chance < CANCELLED:
            order.status = "cancelled"
        elif chance < CANCELLED + REFUNDED:
            whole = rng.random() < 0.6
            order.refunded = order.total if whole else order.total / 2
            order.status = "refunded" if whole else "partially refunded"
        order.known = rng.random() >= ANONYMOUS


def write(path: Path, orders: list[Order]) -> None:
    """The shop's export."""
    rows = [
        (
            f"A{10_001 + number}",
            one.person.email if one.known else "",
            f"{local(one.at):%Y-%m-%d %H:%M:%S}",
            f"{one.total:.2f}",
            f"{one.refunded:.2f}",
            "RUB",
            one.status,
        )
        for number, one in enumerate(orders)
    ]
    table.write(path, HEADER, rows)


def followed(orders: list[Order]) -> list[Order]:
    """The orders by which the arms of the holdout are compared: known people's, not cancelled, since HELD_FROM."""
    return [one for one in orders if one.known and one.status != "cancelled" and one.at >= HELD_FROM]


def truth(orders: list[Order]) -> OrderTruth:
    """What was planted in all of them."""
    sold = [one for one in orders if one.status != "cancelled"]
    return OrderTruth(
        rows=len(orders),
        cancelled=len(orders) - len(sold),
        refunded=sum(one.refunded > 0 for one in orders),
        anonymous=sum(not one.known for one in orders),
        won=sum(one.won is not None for one in orders),
        customers=len({one.person.email for one in sold if one.known}),
        revenue=round(sum(one.net for one in orders), 2),
        rate=(RATE_SHAPE, RATE_MEAN),
        away=AWAY,
        gone=sorted(
            {one.person.email for one in sold if one.known and one.goes_on is False}
            - {one.person.email for one in orders if one.goes_on}
        ),
    )
