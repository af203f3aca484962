"""The CRM's deals: who asks for an estimate, and who of them becomes a customer after weeks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator import table
from generator.clock import AS_OF, DAY, awake, local
from generator.people import dice
from generator.truth import DealTruth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generator.people import Person
    from generator.story import Story

ASKS = {"site form": 0.22, "service counter": 0.10, "phone": 0.30, "partner event": 0.06}
"""Share of people who ask for an estimate at all, by where they joined."""
CORPORATE_ASKS = 0.6
ASKS_AFTER = (12.0, 1.1)
"""From joining to the estimate: median [days] and standard deviation of the logarithm."""
WON, WON_AFTER = 0.45, (18.0, 0.7)
LOST, LOST_AFTER = 0.35, (25.0, 0.7)
"""Shares of estimates that are won and lost, and the times that it takes; the rest stays open."""
VALUE = (9.6, 0.6)
"""Mean and standard deviation of the logarithm of the amount [RUB]."""
WORKS = ("Кузовной ремонт", "Ремонт двигателя", "Замена компрессора", "Обслуживание парка")
HEADER = ("Deal ID", "Deal name", "Email", "Stage", "Amount", "Currency", "Created at", "Closed at")


@dataclass(frozen=True, slots=True)
class Deal:
    """One estimate, from its opening to its end [Unix s]; `closed` is None while it is open."""

    person: Person
    opened: int
    closed: int | None
    stage: str
    amount: float


def deals(story: Story) -> list[Deal]:
    """All estimates since people joined, in order of opening."""
    made = [one for person in (*story.people, *story.held) for one in _of(story.seed, person)]
    return sorted(made, key=lambda one: (one.opened, one.person.email))


def _of(seed: int, person: Person) -> Iterator[Deal]:
    rng = dice(seed, f"deals {person.email}")

    def after(moment: int, median: float, spread: float) -> int:
        return awake(rng, moment + int(median * DAY * rng.lognormvariate(0, spread)))

    if rng.random() >= (CORPORATE_ASKS if person.segment == "corporate" else ASKS[person.source]):
        return
    opened = after(person.joined, *ASKS_AFTER)
    if opened > AS_OF:
        return
    amount, chance = round(rng.lognormvariate(*VALUE), -2), rng.random()
    won, lost = after(opened, *WON_AFTER), after(opened, *LOST_AFTER)
    if chance < WON and won <= AS_OF:
        yield Deal(person, opened, won, "Won", amount)
    elif WON <= chance < WON + LOST and lost <= AS_OF:
        yield Deal(person, opened, lost, "Lost", amount)
    else:
        yield Deal(person, opened, None, "Estimate sent" if rng.random() < 0.7 else "Negotiation", amount)


def write(path: Path, made: list[Deal]) -> None:
    """The CRM's export."""
    rows = [
        (
            700_001 + number,
            WORKS[number % len(WORKS)],
            one.person.email,
            one.stage,
            f"{one.amount:.2f}",
            "RUB",
            _iso(one.opened),
            "" if one.closed is None else _iso(one.closed),
        )
        for number, one in enumerate(made)
    ]
    table.write(path, HEADER, rows)


def truth(made: list[Deal]) -> DealTruth:
    """What came of them."""
    ends = Counter(one.stage if one.closed else "" for one in made)
    return DealTruth(ends["Won"], ends["Lost"], ends[""], sum(one.amount for one in made if one.stage == "Won"))


def _iso(moment: int) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M:%S}"
