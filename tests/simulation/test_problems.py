"""A year of mail with four faults planted, and without any: what the problem finder names (C10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs

from kit.questions.find_problems import findings

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

RUNS = runs(400)

MAILINGS = 104
"""Two a week; month, list and hour are dealt out at random."""

DOMAINS = np.array([0.30, 0.22, 0.15, 0.11, 0.08, 0.06, 0.05, 0.03])
SEGMENTS = np.array([0.2, 0.4, 0.25, 0.15])
READS, CLICKS = np.array([1.2, 1.0, 0.95, 0.85]), np.array([1.5, 1.0, 0.8, 0.6])
"""What segments usually are to each other."""

PACE = np.array([[0.3, 0.3, 0.4], [0.7, 0.22, 0.08], [0.7, 0.22, 0.08], [0.8, 0.17, 0.03]])
"""For each segment the shares of people with one, two, three or more mails in the week."""

LEVELS, YEARS = ("1", "2", "3 or more"), ("under 3 months", "3 to 12 months", "over a year")
PARTS = ("9 to 12 h", "12 to 15 h", "18 to 22 h")

SUBJECT, OFFER, OFTEN, BLOCKED = 0.65, 0.35, 4.0, 0.25
"""The faults: on openings, on clicks for an opening, on leaving; the share that the domain gives back."""


def varied(rng: Generator, mean: float, rho: float, shape: int | tuple[int, ...] = MAILINGS) -> np.ndarray:
    """Rates that differ from unit to unit as much as real ones do."""
    prior = 1 / rho - 1
    return rng.beta(mean * prior, (1 - mean) * prior, shape)


def year(rng: Generator, *, faults: bool) -> tuple[dict[str, pd.DataFrame], set[tuple[str, str]]]:
    """The counts that the rules need, and the findings that they should come to."""
    month = np.sort(rng.integers(0, 12, MAILINGS))
    subject, offer = rng.choice(MAILINGS, 2, replace=False)
    sent = np.maximum(rng.lognormal(np.log(4000), 0.4, MAILINGS), 1000).astype(int)
    sent[[subject, offer]] = 4000
    blocked = (2, int(month[rng.integers(MAILINGS)]))

    by_domain = rng.multinomial(sent, DOMAINS)
    hard, soft = varied(rng, 0.005, 0.0005, (12, 8))[month], varied(rng, 0.01, 0.001, (12, 8))[month]
    if faults:
        soft[month == blocked[1], blocked[0]] = BLOCKED
    dead, full = rng.binomial(by_domain, hard), rng.binomial(by_domain, soft)
    delivered = sent - (dead + full).sum(axis=1)

    opens, clicks = varied(rng, 0.25, 0.001), varied(rng, 0.12, 0.002)
    leaves = varied(rng, 0.002, 0.0001)[:, None, None] * np.ones((1, 1, 3))
    if faults:
        opens[subject], clicks[offer] = 0.25 * SUBJECT, 0.12 * OFFER
        leaves[:, :, 2] *= OFTEN
    people = rng.multinomial(delivered, (SEGMENTS[:, None] * PACE).ravel()).reshape(MAILINGS, 4, 3)
    opened = rng.binomial(people, opens[:, None, None] * READS[None, :, None])
    clicked = rng.binomial(opened, clicks[:, None, None] * CLICKS[None, :, None])
    left = rng.binomial(people, np.minimum(leaves, 1))

    known = pd.DataFrame(
        {"campaign_id": [f"c{n}" for n in range(MAILINGS)], "campaign_name": [f"mail {n}" for n in range(MAILINGS)]}
    )
    known["month"] = [f"2026-{one + 1:02}" for one in month]
    known["list_name"] = rng.choice(["A", "B", "C", "D", "E"], MAILINGS)
    mails = known.assign(sent=sent, delivered=delivered, bounced_hard=dead.sum(axis=1))
    mails = mails.assign(opened=opened.sum(axis=(1, 2)), clicked=clicked.sum(axis=(1, 2)))
    mails = mails.assign(unsubscribed=left.sum(axis=(1, 2)), complained=rng.binomial(delivered, 0.0002))
    sums = ["sent", "delivered", "bounced_hard", "complained"]
    sessions = rng.binomial(mails["clicked"], 0.8)
    counted = {
        "campaign": mails,
        "list": mails.groupby("list_name", as_index=False)[sums].sum(),
        "month": mails.groupby("month", as_index=False)[sums].sum(),
        "list by month": mails.groupby(["list_name", "month"], as_index=False)[sums].sum(),
        "question": mails.assign(opened_machine=rng.binomial(mails["opened"], 0.05)),
        "domain": by_month(known, by_domain, bounced=dead + full),
        "segment": spread(known, "segment", list("abcd"), delivered=people.sum(2), clicked_human=clicked.sum(2)),
        "pressure": spread(known, "pressure", LEVELS, delivered=people.sum(1), unsubscribed=left.sum(1)),
        "tenure": tenures(rng, known, sent, dead.sum(axis=1)),
        "hour": mails.assign(part=rng.choice(PARTS, MAILINGS)),
        "engagement": engagement(rng),
        "page": mails.assign(
            sessions=sessions, arrivals=sessions + mails["clicked"], engaged_sessions=rng.binomial(sessions, 0.6)
        ),
    }
    planted = {
        ("low_opens", f"mail {subject}"),
        ("low_clicks", f"mail {offer}"),
        ("frequency", "people with 3 or more mails in a week"),
        ("bounces_domain", f"d{blocked[0]}.example.com · 2026-{blocked[1] + 1:02}"),
    }
    return counted, planted if faults else set()


def spread(known: pd.DataFrame, part: str, levels: list[str] | tuple[str, ...], **counts: np.ndarray) -> pd.DataFrame:
    """A row a campaign and level; the first count stands for what was sent too."""
    frames = [
        known.assign(**{part: level, **{name: values[:, n] for name, values in counts.items()}})
        for n, level in enumerate(levels)
    ]
    frame = pd.concat(frames, ignore_index=True)
    return frame if "sent" in frame else frame.assign(sent=frame[next(iter(counts))])


def by_month(known: pd.DataFrame, sent: np.ndarray, bounced: np.ndarray) -> pd.DataFrame:
    names = [f"d{n}.example.com" for n in range(len(DOMAINS))]
    frame = spread(known, "domain", names, sent=sent, bounced=bounced)
    return frame.groupby(["domain", "month"], as_index=False)[["sent", "bounced"]].sum()


def tenures(rng: Generator, known: pd.DataFrame, sent: np.ndarray, dead: np.ndarray) -> pd.DataFrame:
    mix = np.array([0.15, 0.3, 0.55])
    gone = rng.multinomial(dead, mix)
    return spread(known, "tenure", YEARS, sent=gone + rng.multinomial(sent - dead, mix), bounced_hard=gone)


def engagement(rng: Generator) -> pd.DataFrame:
    judged = np.full(12, 20_000)
    active = rng.binomial(judged, varied(rng, 0.3, 0.001, 12))
    months = [f"2026-{one + 1:02}" for one in range(12)]
    return pd.DataFrame({"month": months, "active": active, "judged": judged, "sent": judged})


def test_the_planted_faults_are_found_and_no_other(bars: Bars) -> None:
    hits: dict[str, int] = {}
    extra = 0
    for seed in range(RUNS):
        counted, planted = year(np.random.default_rng(seed), faults=True)
        result = findings.judge(counted)
        # All rules are at work; only a year in which each list pauses for a month has no trend of twelve.
        assert set(result.skipped["rule"]) <= {"rising_bounces"}
        found = set(zip(result.areas["rule"], result.areas["name"], strict=True))
        for rule, name in planted:
            hits[rule] = hits.get(rule, 0) + ((rule, name) in found)
        extra += bool(found - planted)
    bars.least("C10", "of four planted faults found", sum(hits.values()) / (4 * RUNS), 0.90, n=4 * RUNS)
    for rule, seen in hits.items():
        bars.told("C10", f"of planted faults found, {rule}", seen / RUNS, n=RUNS)
    bars.most("C10", "years with four faults in which a fifth is named", extra / RUNS, 0.05, n=RUNS)


def test_where_nothing_is_wrong_nothing_is_named(bars: Bars) -> None:
    named = 0
    for seed in range(RUNS):
        counted, _none = year(np.random.default_rng(10_000 + seed), faults=False)
        named += len(findings.judge(counted).areas) > 0
    bars.most("C10", "years without a fault in which one is named", named / RUNS, 0.05, n=RUNS)
