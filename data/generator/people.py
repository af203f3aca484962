"""The made-up customers: addresses, segments and reading habits."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from generator.clock import AS_OF, DAY, START
from generator.worlds import ALIKE, World

if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAINS = {
    "mail.example.com": 0.34,
    "inbox.example.org": 0.25,
    "post.example.net": 0.18,
    "home.example.com": 0.14,
    "web.example.org": 0.09,
}
CORPORATE_DOMAINS = {"corp.example.net": 0.6, "fleet.example.org": 0.4}
CORPORATE_SHARE = 0.015
PREFETCHING_SHARE = 0.40
ENGLISH_SHARE = 0.12
JOINED_BEFORE_SHARE = 0.75
"""Share of people on the list before the exports begin."""

SOURCES = {"site form": 0.45, "service counter": 0.35, "phone": 0.12, "partner event": 0.08}
HABITS = {"new": 0.95, "regular": 1.03, "corporate": 0.90}
"""How much more or less than the average a segment reads."""
VISITS = {"new": 0.24, "regular": 0.42, "corporate": 0.80}
"""Bookings a year that no mail caused."""

PREFETCHER = "Mozilla/5.0"
"""What the picture proxy of a prefetching mail client says of itself."""
AGENTS = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"),
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    ("Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Mobile Safari/537.36"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.1.0",
)
BOT_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"
"""The browser that half of the gateways that click like people have to themselves; the others have the commonest."""
APPLE_AGENTS = (
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
)


@dataclass(slots=True)
class Person:
    """One person on the list.

    Attributes:
        keen: how much more or less than the average this person reads; 1 is the average.
        clicky: how much more or less than the average this person clicks, having read; 1 is the average.
        prefetches: a machine opens this person's mail.
        scanned: a scanner clicks every link in this person's mail.
        bot: the program of a gateway that clicks in this person's mail as a person would; "" where none does.
        quick: reads within minutes, if at all.
        left: when the person unsubscribed or complained [Unix s].
        complained: left by a complaint.
        cleaned: when the address was given back for good [Unix s].
    """

    email: str
    domain: str
    segment: str
    language: str
    source: str
    joined: int
    keen: float
    clicky: float
    prefetches: bool
    scanned: bool
    agent: str
    ip: str
    bot: str = ""
    quick: bool = False
    left: int | None = None
    complained: bool = False
    cleaned: int | None = None

    def subscribed(self, moment: int) -> bool:
        """May get bulk mail at this moment."""
        gone = [when for when in (self.left, self.cleaned) if when is not None]
        return self.joined <= moment and all(moment < when for when in gone)


def dice(seed: int, part: str) -> Random:
    """A source of chance of its own for each part, so that a change in one leaves the others alone."""
    return Random(f"{seed}:{part}")  # noqa: S311  a simulation, no secret


def pick(rng: Random, shares: Mapping[str, float]) -> str:
    """One of the keys, by its share."""
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def invent(seed: int, contacts: int, *, part: str = "people", first: int = 0, world: World = ALIKE) -> list[Person]:
    """So many people; the shares of prefetching and corporate people are exact.

    Args:
        seed: the same seed and part give the same people.
        contacts: how many.
        part: the source of chance.
        first: how many are there already, so that no two have one address.
        world: how much people differ.
    """
    rng = dice(seed, part)
    numbers = list(range(contacts))
    rng.shuffle(numbers)
    corporate = set(numbers[: max(2, round(contacts * CORPORATE_SHARE))])
    others = [number for number in numbers if number not in corporate]
    prefetching = set(others[: round(contacts * PREFETCHING_SHARE)])
    return [
        _person(rng, first + number, world, corporate=number in corporate, prefetches=number in prefetching)
        for number in range(contacts)
    ]


def _person(rng: Random, number: int, world: World, *, corporate: bool, prefetches: bool) -> Person:
    segment = "corporate" if corporate else ("new" if rng.random() < 0.35 else "regular")
    domain = pick(rng, CORPORATE_DOMAINS if corporate else DOMAINS)
    before = rng.random() < JOINED_BEFORE_SHARE
    joined = START - int(rng.random() * 1100 * DAY) if before else int(START + rng.random() * (AS_OF - START))
    person = Person(
        email=f"c{number + 1:05d}@{domain}",
        domain=domain,
        segment=segment,
        language="en" if rng.random() < ENGLISH_SHARE else "ru",
        source=pick(rng, SOURCES),
        joined=joined,
        keen=_keen(rng, world) * HABITS[segment],
        clicky=world.propensity(rng),
        prefetches=prefetches,
        scanned=corporate,
        agent=rng.choice(APPLE_AGENTS if prefetches else AGENTS),
        ip=f"198.51.100.{number % 250 + 1}",
    )
    if world.bots and not corporate and rng.random() < world.bots:
        person.bot = rng.choice((BOT_AGENT, AGENTS[0]))
    person.quick = world.quick > 0 and rng.random() < world.quick
    if before and rng.random() < 0.04:
        person.left = int(joined + rng.random() * (START - joined))
    return person


def _keen(rng: Random, world: World) -> float:
    return rng.betavariate(3, 9.5) / 0.24 if world.person_cv is None else world.propensity(rng)  # 0.24: its mean
