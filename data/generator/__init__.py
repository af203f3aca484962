"""A made-up service centre for household appliances and cars, as the exports that its platforms would give.

Everything is drawn from one seed, so that the same seed gives the same files; and what was planted is
told, so that an analysis can be held to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import analytics, business, mailchimp, plan, receivers, sendgrid
from generator.behaviour import tally
from generator.clock import AS_OF, DAY, local, unix
from generator.story import Send, Story, tell
from generator.truth import BlockTruth, BusinessTruth, SendTruth, TestTruth, Truth
from generator.worlds import ALIKE, MODERATE, World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from generator.people import Person
    from generator.plan import Automation, Campaign

__all__ = ["BusinessTruth", "Truth", "write", "write_business"]

YOUNG = 3 * DAY
"""A campaign younger than this at the time of the exports is not judged [s] (conversions.maturity_days)."""


def write_business(
    folder: Path, *, seed: int = 2026, contacts: int = 6000, effect: float = 1.0, world: World = ALIKE
) -> BusinessTruth:
    """Write the firm's own files only: no mail logs, so that a hundred of them are soon made.

    Arguments as for `write`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return business.write(folder, tell(seed, contacts, world=world), effect=effect)


def write(
    folder: Path,
    *,
    seed: int = 2026,
    contacts: int = 6000,
    effect: float = 1.0,
    world: World = MODERATE,
    faults: bool = True,
) -> Truth:
    """Write the exports of fourteen months into a folder; orders and deals since people joined.

    Args:
        folder: made where there is none; files of the same names are replaced.
        seed: the same seed gives the same files.
        contacts: people that may get mail; the sizes of campaigns grow with it. An eighth more, without those who
            joined late, is held out.
        effect: how much more often than planned bulk mail causes an order; 0 for never.
        world: how campaigns, people, days and clocks vary.
        faults: whether the planted ones are there: weak mail, a domain that blocks, a page that does not load, a source
            of bad addresses; customers of years ago, a test of win-back mail and a log of changes.

    Returns:
        What was planted; it is not written among the exports.
    """
    folder.mkdir(parents=True, exist_ok=True)
    story = tell(seed, contacts, world=world, faults=faults)
    tests = mailchimp.write(folder / "mailchimp", story)
    log = sendgrid.write(folder, story)
    return Truth(
        seed=seed,
        world=world.name,
        as_of=f"{local(AS_OF):%Y-%m-%d %H:%M}",
        campaigns=tuple(_campaign(story, send) for send in story.campaigns),
        automations=tuple(_automation(story, send) for send in story.automations.values()),
        tests=tuple(_test(send) for send in story.campaigns if send.plan.is_test),
        block=_block(story),
        test_sends=tests,
        corrections=tuple(send.id for send in story.campaigns if send.plan.again),
        young=tuple(send.id for send in story.campaigns if AS_OF - unix(send.plan.at) < YOUNG),
        log=log,
        business=business.write(folder, story, effect=effect, lapsed=faults),
        web=analytics.write(folder / "analytics", story),
        receivers=receivers.write(folder / "receivers", seed),
        prefetching=_addresses(one for one in (*story.people, *story.held) if one.prefetches),
        scanned=_addresses(one for one in (*story.people, *story.held) if one.scanned),
        bots=_addresses(one for one in (*story.people, *story.held) if one.bot),
    )


def _campaign(story: Story, send: Send[Campaign]) -> SendTruth:
    read = sum(odds.read for odds in send.odds) / len(send.odds)
    return SendTruth(
        source_campaign_id=send.id,
        name=send.name,
        subjects=send.plan.subjects,
        platform="sendgrid" if send.plan.sendgrid else "mailchimp",
        kind="ab_test" if send.plan.is_test else "regular",
        sent_local=send.plan.at,
        read_rate=round(read, 5),
        click_rate=round(read * send.odds[0].click, 5),
        totals=tally(send.messages),
        booked_within_7_days=story.booked_within(send.messages, days=7),
        problem=send.plan.problem if story.faults else "",
    )


def _automation(story: Story, send: Send[Automation]) -> SendTruth:
    odds = send.plan.odds
    return SendTruth(
        source_campaign_id=send.id,
        name=send.name,
        subjects=(),
        platform="sendgrid",
        kind="automation",
        sent_local="",
        read_rate=odds.read,
        click_rate=round(odds.read * odds.click, 5),
        totals=tally(send.messages),
        booked_within_7_days=story.booked_within(send.messages, days=7),
        problem="",
    )


def _test(send: Send[Campaign]) -> TestTruth:
    a, b = send.odds
    better = "" if send.plan.lift == 0 else "B" if send.plan.lift > 0 else "A"
    return TestTruth(
        source_campaign_id=send.id,
        read_rates=(round(a.read, 5), round(b.read, 5)),
        better=better,
        planned=(0.5, 0.5),
        broken=send.plan.split != 0.5,
        variants=(tally(send.of("A")), tally(send.of("B"))),
    )


def _block(story: Story) -> BlockTruth:
    sends = (*story.campaigns, *story.automations.values())
    hit = [
        message
        for send in sends
        for message in send.messages
        if message.person.domain == plan.BLOCK_DOMAIN
        and not message.dropped
        and f"{local(message.handed_on):%Y-%m}" == plan.BLOCK_MONTH
    ]
    refused = sum(plan.BLOCK.values()) if story.faults else plan.USUAL.hard
    return BlockTruth(
        month=plan.BLOCK_MONTH,
        domain=plan.BLOCK_DOMAIN,
        bounce_rate=round(refused + plan.USUAL.soft, 5),
        sent=len(hit),
        bounced=sum(bool(message.bounce) for message in hit),
    )


def _addresses(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(one.email for one in people)
