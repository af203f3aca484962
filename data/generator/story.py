"""Fourteen months of the firm, event after event: who got what, when, and what came of it."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVar

from generator import plan
from generator.behaviour import Message, Odds, receive
from generator.clock import AS_OF, DAY, HOUR, START, awake, local, unix
from generator.people import CORPORATE_SHARE, VISITS, Person, dice, invent
from generator.plan import Automation, Campaign
from generator.worlds import ALIKE, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

SCALE = 6000
"""The plan's sizes are for so many contacts."""
PACE = 2.5
"""Messages handed over in a second."""
YEAR = 365 * DAY
REMIND_AFTER = 335 * DAY
HELD_FROM = plan.SENDGRID_FROM
"""From here on a part of the people, chosen by chance, gets no bulk mail [Unix s]."""
HELD = 1 / 8
"""People held out, for each of the others."""
UNASKED_REVIEWS = 0.015
"""Share of visits reviewed without being asked."""


Plan = TypeVar("Plan", Campaign, Automation)


@dataclass(slots=True)
class Send(Generic[Plan]):
    """One campaign or automation with its messages.

    Attributes:
        odds: of each variant; one for a mail without a test.
    """

    id: str
    name: str
    plan: Plan
    odds: tuple[Odds, ...]
    messages: list[Message] = field(default_factory=list)

    def of(self, variant: str) -> list[Message]:
        """The messages of one variant."""
        return [message for message in self.messages if message.variant == variant]


@dataclass(frozen=True, slots=True)
class Action:
    """A booking or a review [Unix s], whether a mail brought it, and whether that was bulk mail."""

    person: Person
    at: int
    caused: bool
    bulk: bool = False


@dataclass(slots=True)
class Story:
    """Everything that happened.

    Attributes:
        people: who may get bulk mail.
        held: who was chosen by chance to get none from HELD_FROM on.
        early: the bulk mail that these got before.
        world: how campaigns and people vary.
        faults: whether the planted ones are there.
    """

    seed: int
    people: list[Person]
    held: list[Person] = field(default_factory=list)
    early: list[Message] = field(default_factory=list)
    campaigns: list[Send[Campaign]] = field(default_factory=list)
    automations: dict[str, Send[Automation]] = field(default_factory=dict)
    bookings: list[Action] = field(default_factory=list)
    reviews: list[Action] = field(default_factory=list)
    visits: list[tuple[Person, int]] = field(default_factory=list)
    world: World = ALIKE
    faults: bool = True

    def booked_within(self, messages: list[Message], days: int) -> int:
        """Delivered messages whose person booked within so many days, for whatever reason."""
        times = defaultdict(list)
        for booking in self.bookings:
            times[booking.person.email].append(booking.at)
        return sum(
            bisect_right(when, one.handed_on + days * DAY) > bisect_right(when, one.handed_on)
            for one in messages
            if one.delivered and (when := times.get(one.person.email))
        )


def tell(seed: int, contacts: int, *, world: World = ALIKE, faults: bool = True) -> Story:
    """Let everything happen, in order of time."""
    people = invent(seed, contacts, world=world)
    story = _told(Story(seed, people, world=world, faults=faults), dice(seed, "story"), plan.CAMPAIGNS)
    _hold_out(story, contacts)
    for actions in (story.bookings, story.reviews):
        actions.sort(key=lambda action: (action.at, action.person.email))
    return story


def _hold_out(story: Story, contacts: int) -> None:
    """Add the people of the holdout: they live as all the others do, and get bulk mail until HELD_FROM only.

    Their earlier bulk mail is in no export: it went out through a platform that exports totals, which leave them out.
    """
    people = invent(story.seed, round(contacts * HELD), part="held out", first=contacts, world=story.world)
    early = [campaign for campaign in plan.CAMPAIGNS if unix(campaign.at) < HELD_FROM]
    alone = Story(story.seed, people, world=story.world, faults=story.faults)
    lived = _told(alone, dice(story.seed, "story of the held out"), early)
    story.held = [one for one in people if one.joined <= HELD_FROM]
    kept = {one.email for one in story.held}
    story.bookings += [one for one in lived.bookings if one.person.email in kept]
    story.reviews += [one for one in lived.reviews if one.person.email in kept]
    story.early = [one for send in lived.campaigns for one in send.messages if one.person.email in kept]
    for key, send in lived.automations.items():
        story.automations[key].messages += [one for one in send.messages if one.person.email in kept]


def _told(story: Story, rng: Random, campaigns: Sequence[Campaign]) -> Story:
    for number, automation in enumerate(plan.AUTOMATIONS):
        identity = f"{rng.getrandbits(32):08x}-{number + 1:04x}-4a00-8a00-{rng.getrandbits(48):012x}"
        story.automations[automation.key] = Send(identity, automation.name, automation, (automation.odds,))
    _Teller(story, rng).run(campaigns)
    return story


class _Teller:
    """The queue of what happens next."""

    def __init__(self, story: Story, rng: Random) -> None:
        self.story = story
        self.rng = rng
        self.queue: list[tuple[int, int, Callable[[int], None]]] = []
        self.turn = count()
        self.months: dict[str, float] = defaultdict(lambda: story.world.deviation(rng) * plan.SPREAD_MONTH)

    def run(self, campaigns: Sequence[Campaign]) -> None:
        """Until the exports were taken."""
        for campaign in campaigns:
            self._later(unix(campaign.at), partial(self._campaign, campaign))
        for person in self.story.people:
            self._organic(person)
        while self.queue:
            at, _, step = heapq.heappop(self.queue)
            step(at)

    def _later(self, at: int, step: Callable[[int], None]) -> None:
        if at <= AS_OF:
            heapq.heappush(self.queue, (at, next(self.turn), step))

    def _organic(self, person: Person) -> None:
        """Bookings that no mail brings; they begin a year early, for the reminders."""
        at = max(START - YEAR, person.joined - 30 * DAY)
        while at <= AS_OF:
            at += int(self.rng.expovariate(1) * YEAR / VISITS[person.segment])
            booked = awake(self.rng, at) // 60 * 60
            self._later(booked, partial(self._booking, person, caused=False))

    def _campaign(self, campaign: Campaign, at: int) -> None:
        world, faults = self.story.world, self.story.faults
        usual = plan.odds(self.rng, campaign, self.months[campaign.at[:7]], world=world, faults=faults)
        usual = replace(usual, read=usual.read * world.weeks((at - START) / YEAR))
        half = campaign.lift / 2
        odds = (usual,)
        if campaign.is_test:
            odds = (replace(usual, read=usual.read - half), replace(usual, read=usual.read + half))
        identity = f"{self.rng.getrandbits(40):010x}"
        if campaign.sendgrid:
            identity = f"{identity[:8]}-5c1d-11f0-9a2e-{self.rng.getrandbits(48):012x}"
        send = Send(identity, campaign.name, campaign, odds)
        people = self._recipients(campaign, at)
        first = round(len(people) * campaign.split) if campaign.is_test else len(people)
        for place, person in enumerate(people):
            message = Message(person, "AB"[place >= first] if campaign.is_test else "", at)
            message.sent = at + int(self.rng.random() * len(people) / PACE)
            self._deliver(message, odds[message.variant == "B"], hammering=campaign.hammered)
            send.messages.append(message)
            if message.acted is not None:
                self._later(message.acted, partial(self._booking, person, caused=True, bulk=True))
        self.story.campaigns.append(send)

    def _recipients(self, campaign: Campaign, at: int) -> list[Person]:
        """A random part of the list, of which corporate people are always the same share."""
        if campaign.again:
            return [one.person for one in self.story.campaigns[-1].messages if one.person.subscribed(at)]
        able = [one for one in self.story.people if one.language == campaign.language and one.subscribed(at)]
        size = max(8, round(campaign.size * len(self.story.people) / SCALE))
        corporate = [one for one in able if one.segment == "corporate"]
        others = [one for one in able if one.segment != "corporate"]
        chosen = self.rng.sample(corporate, min(round(size * CORPORATE_SHARE), len(corporate)))
        chosen += self.rng.sample(others, min(size - len(chosen), len(others)))
        self.rng.shuffle(chosen)
        return chosen

    def _deliver(self, message: Message, odds: Odds, *, hammering: bool = False) -> None:
        person = message.person
        blocked = self.story.faults and person.domain == plan.BLOCK_DOMAIN
        if blocked and f"{local(message.sent):%Y-%m}" == plan.BLOCK_MONTH:
            odds = replace(odds, **plan.BLOCK)
        receive(self.rng, message, odds, self.story.world, hammering=hammering)
        if message.bounce == "hard":
            person.cleaned = message.sent
        gone = [when for when in (message.unsubscribed, message.complained, person.left) if when is not None]
        person.left = min(gone, default=None)
        person.complained |= person.left is not None and person.left == message.complained

    def _booking(self, person: Person, at: int, *, caused: bool, bulk: bool = False) -> None:
        if at >= START:
            self.story.bookings.append(Action(person, at, caused, bulk))
        self._later(at + self.rng.randint(5, 60), partial(self._automated, plan.CONFIRMATION, person))
        day = at + self.rng.randint(1, 9) * DAY
        visited = day - (local(day).hour - self.rng.randint(9, 19)) * HOUR
        self._later(visited, partial(self._visit, person))

    def _visit(self, person: Person, at: int) -> None:
        if at >= START:
            self.story.visits.append((person, at))
            if self.rng.random() < UNASKED_REVIEWS:
                self._later(at + self.rng.randint(2, 200) * HOUR, partial(self._review, person, caused=False))
        self._later(at + DAY, partial(self._automated, plan.REVIEW_REQUEST, person))
        self._later(at + REMIND_AFTER, partial(self._automated, plan.REMINDER, person))

    def _review(self, person: Person, at: int, *, caused: bool) -> None:
        self.story.reviews.append(Action(person, at, caused))

    def _automated(self, automation: Automation, person: Person, at: int) -> None:
        if at < START:
            return
        message = Message(person, "", at)
        if person.cleaned is not None and person.cleaned < at:
            message.dropped = True
        else:
            self._deliver(message, automation.odds)
        self.story.automations[automation.key].messages.append(message)
        if message.acted is not None:
            act = self._review if automation.action == "review" else self._booking
            self._later(message.acted, partial(act, person, caused=True))
