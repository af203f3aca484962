"""What came of the planted sales cycle and of the list, counted in the story itself and not in its exports."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from generator import crm
from generator.clock import AS_OF, DAY, START, unix
from generator.money import months
from generator.truth import FunnelTruth, RetentionTruth, StepTruth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.crm import Deal
    from generator.shop import Order
    from generator.story import Story

DAYS = 90
"""A step counts within so many days, as kit.toml's funnel.days has it."""
STEPS = {"contact → lead": (0, 1), "lead → customer": (1, 2), "contact → customer": (0, 2)}


def funnel(story: Story, deals: list[Deal], orders: list[Order]) -> FunnelTruth:
    """The steps of all who were first seen since the exports begin: bookings are not known from before."""
    bought = _first((one.person.email, one.at) for one in orders if one.known and one.kept)
    won = _first((one.person.email, one.closed) for one in deals if one.stage == "Won" and one.closed is not None)
    asked = _first((one.person.email, one.opened) for one in deals)
    booked = _first((one.person.email, one.at) for one in story.bookings)
    ways = []
    for person in (*story.people, *story.held):
        customer = min(bought[person.email], won[person.email])
        lead = min(asked[person.email], booked[person.email], customer)
        contact = min(person.joined, lead)
        if START <= contact <= AS_OF:
            ways.append((contact, lead, customer))
    steps = []
    for step, (begin, end) in STEPS.items():
        followed = [way for way in ways if way[begin] + DAYS * DAY <= AS_OF]
        passed = sum(way[end] - way[begin] <= DAYS * DAY for way in followed)
        steps.append(StepTruth(step, len(followed), passed))
    return FunnelTruth(DAYS, crm.ASKS, crm.ASKS_AFTER[0], crm.WON, crm.WON_AFTER[0], tuple(steps))


def retention(story: Story, *, added: int = 0) -> RetentionTruth:
    """Who stayed subscribed, and why the others left; so many more joined last, after the last month began."""
    people = [one for one in (*story.people, *story.held) if one.joined <= AS_OF]
    starts = [unix(f"{month}-01 00:00") for month in months()]
    kept = {}
    for month, start, end in zip(months(), starts, [*starts[1:], AS_OF], strict=True):
        there = [one for one in people if one.subscribed(start)]
        kept[month] = len(there), sum(one.subscribed(end) for one in there)
    causes: Counter[str] = Counter()
    for one in people:
        bounced = one.cleaned is not None and (one.left is None or one.cleaned < one.left)
        at = one.cleaned if bounced else one.left
        if at is not None and at >= max(START, one.joined):
            causes["bounced" if bounced else "complained" if one.complained else "unsubscribed"] += 1
    return RetentionTruth(kept, dict(sorted(causes.items())), sum(one.joined >= START for one in people) + added)


def _first(actions: Iterable[tuple[str, int]]) -> defaultdict[str, float]:
    """The first action of each address [Unix s]; infinity for those who did nothing."""
    found: defaultdict[str, float] = defaultdict(lambda: float("inf"))
    for email, at in actions:
        found[email] = min(at, found[email])
    return found
