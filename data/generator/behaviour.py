"""What becomes of one mail to one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from generator.clock import AS_OF, DAY, HOUR, awake
from generator.truth import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from generator.people import Person
    from generator.worlds import World

DEFERRED, DEFERRED_FOR = 0.004, 240
"""Share of delivered mail that the other server takes only later, and how much later [s]."""
READ_AGAIN = 0.22
"""Share of readings that are followed by another one."""
MACHINE_OPENS = 0.97
"""Share of delivered mail that a prefetching client opens."""
SEEN_BESIDES = 0.35
"""Share of a prefetching person's readings that the log shows as an opening of their own."""
READ_HALF, QUICK_HALF = 5 * HOUR, 240
"""Half of the readings happen within this time [s]; of people who read within minutes."""
BOT_SOONEST, BOT_LATEST = 20, 600
"""When a gateway clicks that looks like a person [s after delivery]."""
ACT_MEAN = 1.5 * DAY
"""Mean time from reading to booking [s]; who has not booked after 7 days does not."""
LINKS = ("book", "offer", "prices", "social", "unsubscribe")
CONTENT = {0: 0.62, 1: 0.24, 2: 0.14}
"""Which link a person clicks first."""
UNSUBSCRIBE = LINKS.index("unsubscribe")
HAMMERED = LINKS.index("social")


@dataclass(frozen=True, slots=True)
class Odds:
    """What an average person does with one mail; shares from 0 to 1.

    Attributes:
        read: of delivered.
        click: of read, as are `unsubscribe` and `complain`.
        act_clicked: of those who clicked, what the mail asks for; `act_read`: of those who only read.
        hard: of sent, as are `soft` and `block`.
    """

    read: float = 0.24
    click: float = 0.148
    unsubscribe: float = 0.0104
    complain: float = 0.00125
    act_clicked: float = 0.25
    act_read: float = 0.022
    hard: float = 0.008
    soft: float = 0.007
    block: float = 0.0


class Opening(NamedTuple):
    """One opening [Unix s]."""

    at: int
    machine: bool


class Click(NamedTuple):
    """One click [Unix s] on one of LINKS; disguised: by a machine that looks like a person."""

    at: int
    link: int
    scanner: bool
    disguised: bool = False


@dataclass(slots=True)
class Message:
    """One mail to one person and what came of it; times in Unix s.

    Attributes:
        sent: when the other server took it or refused it.
        dropped: never tried, because the address had been given back before.
    """

    person: Person
    variant: str
    sent: int
    bounce: str = ""
    deferred: bool = False
    dropped: bool = False
    openings: list[Opening] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    read: bool = False
    unsubscribed: int | None = None
    complained: int | None = None
    acted: int | None = None

    @property
    def delivered(self) -> bool:
        """Accepted by the other server."""
        return not self.bounce and not self.dropped

    @property
    def handed_on(self) -> int:
        """When it was first tried."""
        return self.sent - DEFERRED_FOR * self.deferred


def receive(rng: Random, message: Message, odds: Odds, world: World, *, hammering: bool) -> None:
    """Let the mail arrive: bounce or reach its machines and its person.

    Args:
        rng: the source of chance.
        message: filled in place.
        odds: of an average person.
        world: how often gateways look like people, and picture proxies come back at once.
        hammering: scanners come back to one link many times.
    """
    chance = rng.random()
    for kind, share in (("hard", odds.hard), ("soft", odds.soft), ("block", odds.block)):
        if chance < share:
            message.bounce = kind
            return
        chance -= share
    if rng.random() < DEFERRED:
        message.deferred = True
        message.sent += DEFERRED_FOR
    _machines(rng, message, hammering=hammering, bot_clicks=world.bot_clicks)
    if rng.random() < min(0.95, odds.read * message.person.keen):
        _reads(rng, message, odds)
    _bursts(rng, message, world.bursts)
    message.openings = [one for one in message.openings if one.at <= AS_OF]
    message.clicks = [one for one in message.clicks if one.at <= AS_OF]


def _machines(rng: Random, message: Message, *, hammering: bool, bot_clicks: float) -> None:
    if message.person.prefetches and rng.random() < MACHINE_OPENS:
        message.openings.append(Opening(message.sent + 5 + int(rng.lognormvariate(4.0, 1.2)), machine=True))
    if message.person.scanned:
        message.clicks += [Click(message.sent + rng.randint(1, 4), link, scanner=True) for link in range(len(LINKS))]
        if hammering:
            again = rng.randint(5, 40)
            message.clicks += [Click(message.sent + rng.randint(10, 600), HAMMERED, scanner=True) for _ in range(again)]
    if message.person.bot and rng.random() < bot_clicks:
        first = message.sent + rng.randint(BOT_SOONEST, BOT_LATEST - 60)
        for at in (first, first + rng.randint(15, 60))[: rng.randint(1, 2)]:
            message.clicks.append(Click(at, _link(rng), scanner=True, disguised=True))


def _bursts(rng: Random, message: Message, share: float) -> None:
    """Picture proxies fetch several times within seconds, and what they say of themselves stays the same."""
    if not share or not (message.person.prefetches or "ImageProxy" in message.person.agent):
        return
    for opening in tuple(message.openings):
        if rng.random() < share:
            again = [opening.at + rng.randint(0, 9) for _ in range(rng.randint(2, 6))]
            message.openings += [Opening(at, opening.machine) for at in again]
    message.openings.sort()


def _reads(rng: Random, message: Message, odds: Odds) -> None:
    half = QUICK_HALF if message.person.quick else READ_HALF
    at = awake(rng, message.sent + 60 + int(rng.expovariate(1) * half / 0.6931))  # ln 2: the median
    if at > AS_OF:
        return
    message.read = True
    if not message.person.prefetches or rng.random() < SEEN_BESIDES:
        message.openings.append(Opening(at, machine=False))
        later = at
        while rng.random() < READ_AGAIN:
            later = awake(rng, later + 60 + int(rng.expovariate(1) * DAY))
            message.openings.append(Opening(later, machine=False))
    clicks = rng.random() < min(0.95, odds.click * message.person.clicky)
    if clicks:
        first = at + rng.randint(8, 400)
        message.clicks.append(Click(first, _link(rng), scanner=False))
        if rng.random() < 0.2:
            message.clicks.append(Click(first + rng.randint(20, 600), _link(rng), scanner=False))
    if rng.random() < (odds.act_clicked if clicks else odds.act_read):
        delay = 300 + int(rng.expovariate(1) * ACT_MEAN)
        booked = awake(rng, at + delay) // 60 * 60
        message.acted = booked if booked <= min(message.sent + 7 * DAY, AS_OF) else None
    if rng.random() < odds.unsubscribe:
        message.unsubscribed = min(at + rng.randint(10, 120), AS_OF)
        message.clicks.append(Click(message.unsubscribed - 5, UNSUBSCRIBE, scanner=False))
    if rng.random() < odds.complain:
        message.complained = min(at + rng.randint(10, 60), AS_OF)


def _link(rng: Random) -> int:
    return rng.choices(list(CONTENT), weights=list(CONTENT.values()))[0]


def tally(messages: Iterable[Message]) -> Totals:
    """The totals of a send, as an honest platform would count them."""
    sent = [one for one in messages if not one.dropped]
    arrived = [one for one in sent if one.delivered]
    opened = [one for one in arrived if one.openings]
    clicks = [click for one in arrived for click in one.clicks]
    return Totals(
        sent=len(sent),
        delivered=len(arrived),
        bounced_hard=sum(one.bounce == "hard" for one in sent),
        bounced_soft=sum(one.bounce in {"soft", "block"} for one in sent),
        opened=len(opened),
        opened_machine=sum(all(opening.machine for opening in one.openings) for one in opened),
        opens_total=sum(len(one.openings) for one in opened),
        clicked=sum(any(click.link != UNSUBSCRIBE for click in one.clicks) for one in arrived),
        clicks_total=sum(click.link != UNSUBSCRIBE for click in clicks),
        clicks_unsubscribe=sum(click.link == UNSUBSCRIBE for click in clicks),
        unsubscribed=sum(one.unsubscribed is not None for one in arrived),
        complained=sum(one.complained is not None for one in arrived),
        read=sum(one.read for one in arrived),
        clicked_human=sum(
            any(not click.scanner and click.link != UNSUBSCRIBE for click in one.clicks) for one in arrived
        ),
        clicks_scanner=sum(click.scanner for click in clicks),
        acted=sum(one.acted is not None for one in arrived),
    )
