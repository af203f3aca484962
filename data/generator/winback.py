"""Customers of years ago, and the mail that was to bring them back: who got which, who none, and what it caused.

Everything has sources of chance of its own, so that nothing else of the firm moves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator import shop, table
from generator.clock import AS_OF, DAY, awake, local, unix
from generator.people import dice, pick
from generator.shop import Order
from generator.truth import LiftTruth, WinBackTruth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.people import Person
    from generator.story import Story

FORMER_UNTIL = unix("2025-01-01 00:00")
"""Who joined before and bought nothing since is given an order before this moment."""

EXPERIMENT = "Возврат 2026"
ASSIGNED, FIRST_DAY = unix("2026-05-04 10:00"), unix("2026-05-05 00:00")
SILENT_DAYS = 300
"""The firm writes to customers who ordered nothing for so long."""
HELD_SHARE = 0.4
ARMS = ("письмо", "контрольная группа")
OFFERS = ("скидка 15 %", "бесплатная диагностика")
SUBJECTS = ("Диагностика вашей машины за 40 минут", "Мы скучаем")
CALLS = ("Записаться", "Позвонить")
REASONS = {"Цена": 0.25, "Ожидание": 0.20, "Больше не нужно": 0.10, "": 0.45}
"""Why customers stay away, as the firm wrote it down; mostly it does not know."""
BROUGHT = {"Цена": (0.34, 0.0), "Ожидание": (0.0, 0.30), "Больше не нужно": (0.0, 0.0), "": (0.12, 0.12)}
"""Chance that the mail brings somebody back, by the reason and by OFFERS."""
OF_SUBJECT = (2.0, 0.0)
"""Factors of the chance, by SUBJECTS; the call to action changes nothing."""
OF_SEGMENT = {"new": 0.2, "regular": 1.45, "corporate": 1.0}
"""Factors by segment: new customers hardly come back."""
LONG_DAYS, OF_SILENCE = 600, (1.5, 0.6)
"""Factors for people silent for fewer days than that, and for the others."""
BACK_DAYS, AGAIN, AGAIN_DAYS = 14.0, 0.35, 60.0
"""Mean days until a brought person orders; share of them who order again, and the mean days until then."""
DAYS = 90
"""The window by which the mail is judged."""
HEADER = (
    "Email", "Эксперимент", "Группа", "Дата назначения", "Предложение", "Тема письма", "Призыв", "Причина ухода",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """One person of the test; no mail where `arm` is the second of ARMS."""

    person: Person
    arm: str
    reason: str
    offer: str = ""
    subject: str = ""
    call: str = ""


def former(story: Story, orders: list[Order]) -> list[Order]:
    """Orders of customers of years ago, from among people on the list who have none."""
    bought = {one.person.email for one in orders}
    former_orders: list[Order] = []
    for person in (*story.people, *story.held):
        if person.email in bought or person.joined >= FORMER_UNTIL:
            continue
        rng = dice(story.seed, f"former customer {person.email}")
        at = awake(rng, int(person.joined + rng.random() * (FORMER_UNTIL - DAY - person.joined)))
        later, goes_on = shop.again(rng, at)
        mine = [Order(person, moment) for moment in (at, *later)]
        mine[-1].goes_on = goes_on
        former_orders += mine
    shop.price(dice(story.seed, "values of former customers"), former_orders)
    return former_orders


def bring_back(story: Story, orders: list[Order]) -> tuple[list[Tried], list[Order]]:
    """The test of the win-back mail, and the orders that it caused.

    Args:
        story: what else happened.
        orders: all others.
    """
    rng = dice(story.seed, "win-back")
    last: dict[str, int] = {}
    for one in orders:
        if one.known and one.status != "cancelled" and one.at < ASSIGNED:
            last[one.person.email] = max(one.at, last.get(one.person.email, 0))
    silent = ASSIGNED - SILENT_DAYS * DAY
    people = [one for one in story.people if one.subscribed(ASSIGNED) and last.get(one.email, AS_OF) < silent]
    rng.shuffle(people)
    held = round(HELD_SHARE * len(people))
    tried, caused = [], list[Order]()
    for place, person in enumerate(people):
        reason = pick(rng, REASONS)
        offer, subject, call = (rng.randrange(2) for _ in range(3))
        chance = BROUGHT[reason][offer] * OF_SUBJECT[subject] * OF_SEGMENT[person.segment]
        chance *= OF_SILENCE[last[person.email] < ASSIGNED - LONG_DAYS * DAY]
        back = rng.random() < chance
        at = awake(rng, ASSIGNED + DAY + int(min(rng.expovariate(1) * BACK_DAYS, DAYS - 3) * DAY))
        again = awake(rng, at + DAY + int(rng.expovariate(1) * AGAIN_DAYS * DAY))
        goes_on = rng.random() < AGAIN
        if place < held:
            tried.append(Tried(person, ARMS[1], reason))
            continue
        tried.append(Tried(person, ARMS[0], reason, OFFERS[offer], SUBJECTS[subject], CALLS[call]))
        if back:
            caused.append(Order(person, at, at))
            if goes_on and again <= AS_OF:
                caused.append(Order(person, again, at))
    shop.price(dice(story.seed, "values of the brought back"), caused)
    return tried, caused


def write(path: Path, tried: list[Tried]) -> None:
    """Write who got which mail, and who none."""
    assigned = f"{local(ASSIGNED):%Y-%m-%d %H:%M:%S}"
    rows = [(one.person.email, EXPERIMENT, one.arm, assigned, one.offer, one.subject, one.call, one.reason)
            for one in tried]  # fmt: skip
    table.write(path, HEADER, sorted(rows))


def truth(tried: list[Tried], orders: list[Order], caused: list[Order]) -> WinBackTruth:
    """What the mail caused: people with mail who came within DAYS and would not have come by themselves.

    Args:
        tried: people of the test.
        orders: all orders that the mail did not cause.
        caused: those that it did.
    """
    alone, brought = _came(orders), _came(caused)
    mailed = [one for one in tried if one.arm == ARMS[0]]
    held = [one for one in tried if one.arm == ARMS[1]]

    def by(level: Callable[[Tried], str]) -> dict[str, LiftTruth]:
        parts: dict[str, list[str]] = defaultdict(list)
        for one in mailed:
            parts[level(one)].append(one.person.email)
        return {
            name: LiftTruth(len(emails), sum(one in brought and one not in alone for one in emails))
            for name, emails in sorted(parts.items())
        }

    return WinBackTruth(
        experiment=EXPERIMENT,
        assigned_local=f"{local(ASSIGNED):%Y-%m-%d %H:%M:%S}",
        days=DAYS,
        held=LiftTruth(len(held), sum(one.person.email in alone for one in held)),
        mailed=by(lambda one: one.arm)[ARMS[0]],
        offers=by(lambda one: one.offer),
        subjects=by(lambda one: one.subject),
        calls=by(lambda one: one.call),
        segments=by(lambda one: one.person.segment),
        reasons=by(lambda one: one.reason),
        reason_offers=by(lambda one: f"{one.reason}|{one.offer}"),
        null=(SUBJECTS[1], *(f"{reason}|{offer}" for reason, chances in BROUGHT.items()
                             for offer, chance in zip(OFFERS, chances, strict=True) if not chance)),
    )  # fmt: skip


def _came(orders: list[Order]) -> set[str]:
    """Who has an order in the window that the export tells of."""
    end = FIRST_DAY + DAYS * DAY
    return {one.person.email for one in orders if one.known and one.status != "cancelled" and FIRST_DAY <= one.at < end}
