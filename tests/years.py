"""A year of mail as the counts that the problem finder takes, in each world of the generator: clean, or with faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from generator.worlds import HEAVY, TIMES, VARIABLE

if TYPE_CHECKING:
    from numpy.random import Generator

    from generator.worlds import World

DOMAINS = np.array([0.30, 0.22, 0.15, 0.11, 0.08, 0.06, 0.05, 0.03])
SEGMENTS = np.array([0.2, 0.4, 0.25, 0.15])
READS, CLICKS = np.array([1.2, 1.0, 0.95, 0.85]), np.array([1.5, 1.0, 0.8, 0.6])
"""What segments usually are to each other."""

PACE = np.array([[0.3, 0.3, 0.4], [0.7, 0.22, 0.08], [0.7, 0.22, 0.08], [0.8, 0.17, 0.03]])
"""For each segment the shares of people with one, two, three or more mails in the week."""

LEVELS, YEARS = ("1", "2", "3 or more"), ("under 3 months", "3 to 12 months", "over a year")
PARTS = ("9 to 12 h", "12 to 15 h", "18 to 22 h")
TRACKABLE = 0.6
"""Share of people whose program loads pictures only when they read."""

PEOPLE = 20_000
"""On the list, where people differ; each mailing goes to some of them."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails how often and to how many; month, list and hour are dealt out at random.

    Where people are told from machines, their reactions are judged, openings by those whose program tells them.
    """

    name: str
    mailings: int
    median: int
    told: bool = False


LARGE, SMALL = Sender("104 mailings of 4,000", 104, 4000), Sender("46 mailings of 900", 46, 900)
TOLD = Sender("104 mailings of 4,000, people told from machines", 104, 4000, told=True)


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong in a year: factors on opens, clicks for an open, leaving; the share that a domain gives back."""

    subject: float = 0.65
    offer: float = 0.35
    often: float = 4.0
    blocked: float = 0.25


def varied(rng: Generator, world: World, mean: float, rho: float, shape: int | tuple[int, ...]) -> np.ndarray:
    """Rates that differ from unit to unit as much as real ones do, by the law of the world."""
    if world.effects == "normal":
        prior = 1 / rho - 1
        return rng.beta(mean * prior, (1 - mean) * prior, shape)
    deviation = rng.standard_normal(shape)
    if world.effects == "heavy":
        deviation /= np.sqrt(rng.chisquare(HEAVY, shape) / HEAVY) * np.sqrt(HEAVY / (HEAVY - 2))
    else:
        deviation *= np.where(rng.random(shape) < VARIABLE, TIMES, 1)
    return np.clip(mean + deviation * np.sqrt(mean * (1 - mean) * rho), mean / 20, 1 - mean / 20)


def year(
    rng: Generator, world: World, faults: Faults | None, sender: Sender = LARGE
) -> tuple[dict[str, pd.DataFrame], set[tuple[str, str]]]:
    """The counts that the rules need, and the findings that they should come to."""
    many = sender.mailings
    month = np.sort(rng.integers(0, 12, many))
    subject, offer = rng.choice(many, 2, replace=False)
    sent = np.clip(rng.lognormal(np.log(sender.median), 0.4, many), sender.median / 4, PEOPLE).astype(int)
    sent[[subject, offer]] = sender.median
    blocked = (2, int(month[rng.integers(many)]))

    by_domain = rng.multinomial(sent, DOMAINS)
    hard = varied(rng, world, 0.005, 0.0005, (12, 8))[month]
    soft = varied(rng, world, 0.01, 0.001, (12, 8))[month]
    if faults:
        soft[month == blocked[1], blocked[0]] = faults.blocked
    dead, full = rng.binomial(by_domain, hard), rng.binomial(by_domain, soft)
    delivered = sent - (dead + full).sum(axis=1)

    weeks = 1 + world.season * np.sin(2 * np.pi * month / 12)
    opens, clicks = varied(rng, world, 0.25, 0.001, many) * weeks, varied(rng, world, 0.12, 0.002, many)
    leaves = varied(rng, world, 0.002, 0.0001, many)[:, None] * np.ones(3)
    if faults:
        opens[subject], clicks[offer] = 0.25 * faults.subject, 0.12 * faults.offer
        leaves[:, 2] *= faults.often
    react = _alike if world.person_cv is None else _people
    (people, opened, clicked, left), tracked = react(rng, world, delivered, (opens, clicks, leaves), told=sender.told)

    known = pd.DataFrame(
        {"campaign_id": [f"c{n}" for n in range(many)], "campaign_name": [f"mail {n}" for n in range(many)]}
    )
    known["month"] = [f"2026-{one + 1:02}" for one in month]
    known["list_name"] = rng.choice(["A", "B", "C", "D", "E"], many)
    mails = known.assign(sent=sent, delivered=delivered, bounced_hard=dead.sum(axis=1))
    mails = mails.assign(opened=opened.sum(axis=(1, 2)), clicked=clicked.sum(axis=(1, 2)))
    mails = mails.assign(unsubscribed=left.sum(axis=(1, 2)), complained=rng.binomial(delivered, 0.0002))
    if sender.told:
        mails = mails.assign(clicked_human=mails["clicked"])
        mails[["delivered_trackable", "opened_trackable", "clicked_trackable"]] = tracked
    sums = ["sent", "delivered", "bounced_hard", "complained"]
    sessions = rng.binomial(mails["clicked"], 0.8)
    counted = {
        "campaign": mails,
        "list": mails.groupby("list_name", as_index=False)[sums].sum(),
        "month": mails.groupby("month", as_index=False)[sums].sum(),
        "list by month": mails.groupby(["list_name", "month"], as_index=False)[sums].sum(),
        "question": mails.assign(opened_machine=rng.binomial(mails["opened"], 0.05)),
        "domain": _by_month(known, by_domain, bounced=dead + full),
        "segment": _spread(known, "segment", list("abcd"), delivered=people.sum(2), clicked_human=clicked.sum(2)),
        "pressure": _spread(known, "pressure", LEVELS, delivered=people.sum(1), unsubscribed=left.sum(1)),
        "tenure": _tenures(rng, known, sent, dead.sum(axis=1)),
        "hour": mails.assign(part=rng.choice(PARTS, many)),
        "engagement": _engagement(rng, world),
        "page": mails.assign(
            sessions=sessions,
            arrivals=sessions + mails["clicked"],
            engaged_sessions=rng.binomial(sessions, 0.6),
            told=sender.told,
        ),
    }
    planted = {
        ("low_opens", f"mail {subject}"),
        ("low_clicks", f"mail {offer}"),
        ("frequency", "people with 3 or more e-mails in a week"),
        ("bounces_domain", f"d{blocked[0]}.example.com · 2026-{blocked[1] + 1:02}"),
    }
    return counted, planted if faults else set()


Rates = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of opens, clicks for an open, and leaving by mails in the week: of each mailing."""

Reactions = tuple[list[np.ndarray], np.ndarray]
"""Mails, opens, clicks and leavers by mailing, segment and mails in the week; of people whose program tells openings
the first three by mailing."""


def _alike(rng: Generator, _world: World, delivered: np.ndarray, rates: Rates, *, told: bool) -> Reactions:
    """Reactions where all people of a segment are alike."""
    opens, clicks, leaves = rates
    people = rng.multinomial(delivered, (SEGMENTS[:, None] * PACE).ravel()).reshape(-1, 4, 3)
    opened = rng.binomial(people, np.minimum(opens[:, None, None] * READS[None, :, None], 1))
    clicked = rng.binomial(opened, np.minimum(clicks[:, None, None] * CLICKS[None, :, None], 1))
    left = rng.binomial(people, np.minimum(leaves[:, None, :], 1))
    steps = [one.sum(axis=(1, 2)) for one in (people, opened, clicked)]
    apart = np.column_stack([steps[0] - steps[1], steps[1] - steps[2], steps[2]])
    tracked = rng.binomial(apart, TRACKABLE)[:, ::-1].cumsum(axis=1)[:, ::-1] if told else apart
    return [people, opened, clicked, left], tracked


def _people(rng: Generator, world: World, delivered: np.ndarray, rates: Rates, *, told: bool) -> Reactions:
    """Likewise, person by person, each with propensities of their own that stay the same all year."""
    opens, clicks, leaves = rates
    segment = rng.choice(4, PEOPLE, p=SEGMENTS)
    reads, clicky, leaving = (propensities(rng, world, PEOPLE) for _ in range(3))
    tracks = rng.random(PEOPLE) < TRACKABLE if told else np.ones(PEOPLE, bool)
    counts, tracked = np.zeros((4, delivered.size, 12)), np.zeros((delivered.size, 3), int)
    for mailing, many in enumerate(delivered):
        who = rng.permutation(PEOPLE)[:many]
        of = segment[who]
        cell = of * 3 + (rng.random(many)[:, None] > PACE[of].cumsum(axis=1)[:, :2]).sum(axis=1)
        opened = rng.random(many) < np.minimum(opens[mailing] * READS[of] * reads[who], 0.95)
        clicked = opened & (rng.random(many) < np.minimum(clicks[mailing] * CLICKS[of] * clicky[who], 0.95))
        left = rng.random(many) < np.minimum(leaves[mailing][cell % 3] * leaving[who], 0.95)
        for number, did in enumerate((np.ones(many), opened, clicked, left)):
            counts[number, mailing] = np.bincount(cell, did, 12)
        tracked[mailing] = [tracks[who].sum(), opened[tracks[who]].sum(), clicked[tracks[who]].sum()]
    return list(counts.astype(int).reshape(4, -1, 4, 3)), tracked


def propensities(rng: Generator, world: World, many: int) -> np.ndarray:
    """How much more or less than the average each does it; 1 is the average."""
    return np.ones(many) if world.person_cv is None else rng.gamma(world.person_cv**-2, world.person_cv**2, many)


def _spread(known: pd.DataFrame, part: str, levels: list[str] | tuple[str, ...], **counts: np.ndarray) -> pd.DataFrame:
    """A row a campaign and level; the first count stands for what was sent too."""
    frames = [
        known.assign(**{part: level, **{name: values[:, n] for name, values in counts.items()}})
        for n, level in enumerate(levels)
    ]
    frame = pd.concat(frames, ignore_index=True)
    return frame if "sent" in frame else frame.assign(sent=frame[next(iter(counts))])


def _by_month(known: pd.DataFrame, sent: np.ndarray, bounced: np.ndarray) -> pd.DataFrame:
    names = [f"d{n}.example.com" for n in range(len(DOMAINS))]
    frame = _spread(known, "domain", names, sent=sent, bounced=bounced)
    return frame.groupby(["domain", "month"], as_index=False)[["sent", "bounced"]].sum()


def _tenures(rng: Generator, known: pd.DataFrame, sent: np.ndarray, dead: np.ndarray) -> pd.DataFrame:
    mix = np.array([0.15, 0.3, 0.55])
    gone = rng.multinomial(dead, mix)
    return _spread(known, "tenure", YEARS, sent=gone + rng.multinomial(sent - dead, mix), bounced_hard=gone)


def _engagement(rng: Generator, world: World) -> pd.DataFrame:
    """Active receivers by month; where people differ, those who clicked in the three months before."""
    judged = np.full(12, PEOPLE)
    rate = varied(rng, world, 0.3, 0.001, 12)
    if world.person_cv is None:
        active = rng.binomial(judged, rate)
    else:
        monthly = np.outer(propensities(rng, world, PEOPLE), varied(rng, world, 0.2, 0.001, 14))
        clicked = rng.random((PEOPLE, 14)) < -np.expm1(-monthly)
        active = (clicked[:, :-2] | clicked[:, 1:-1] | clicked[:, 2:]).sum(axis=0)
    months = [f"2026-{one + 1:02}" for one in range(12)]
    return pd.DataFrame({"month": months, "active": active, "judged": judged, "sent": judged})
