"""Why a rate changed: a moved mix is told as mix, moved rates as rates, and chance as neither (S40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs

from kit.judging import ALPHA
from kit.questions.months import rates, why
from kit.stats import decomposition, multiplicity

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

SEED = 61127
"""Drawn anew and fixed before the full run."""

RUNS = runs(200)
PEOPLE, MAILS = 4_000, 2
"""People a month, and mails to each."""

USUAL = np.array([0.5, 0.3, 0.2])
"""Shares of the segments."""

OPEN = np.array([0.15, 0.30, 0.45])
"""Open rates of the segments."""

MIXED, RAISED = np.array([0.3, 0.3, 0.4]), OPEN + 0.08
"""The planted changes: of the mix, and of each segment's rate."""

ALIKE, BETWEEN = 4.0, 0.01
"""How alike a person's mails are (beta's sum), and the spread between months [share]."""


def month(rng: Generator, name: str, mix: np.ndarray, rate: np.ndarray) -> pd.DataFrame:
    """A row a person: month, segment, delivered, opened; mails to one person are alike, months differ a little."""
    segment = rng.choice(3, PEOPLE, p=mix)
    level = np.clip(rate + rng.normal(0, BETWEEN), 0.01, 0.99)[segment]
    own = rng.beta(level * ALIKE, (1 - level) * ALIKE)
    return pd.DataFrame(
        {"month": name, "segment": segment.astype(str), "delivered": MAILS, "opened": rng.binomial(MAILS, own)}
    )


def verdict(rng: Generator, mix: np.ndarray, rate: np.ndarray) -> tuple[bool, bool]:
    """Whether the last of nine months is put down to the mix, and to the rates."""
    names = pd.period_range("2026-01", periods=9, freq="M").strftime("%Y-%m").tolist()
    people = pd.concat([month(rng, name, USUAL, OPEN) for name in names[:-1]] + [month(rng, names[-1], mix, rate)])
    history = people.groupby(["month", "segment"], as_index=False)[["delivered", "opened"]].sum()
    series = rates.judge(history.groupby("month", as_index=False)[["delivered", "opened"]].sum(), ["open_rate"]).rates
    split = why.split(history, "open_rate", "segment", (names[-2], names[-1]))
    assert split is not None
    last = people[people["month"].isin(names[-2:])]
    at = (last["month"] == names[-1]).astype(int).to_numpy(), last["segment"].astype(int).to_numpy()
    mails, opened = last["delivered"].to_numpy(), last["opened"].to_numpy()
    squares = []
    for moves in (split.parts.mix_influence, split.parts.rate_influence):  # each person is another in each month
        moved = mails * moves[at[0], 0, at[1]] + opened * moves[at[0], 1, at[1]]
        squares.append(float((moved**2).sum()))
    row = why.judge(split, (squares[0], squares[1]), series)
    p = multiplicity.adjust([row["mix_p"], row["rate_p"]], "holm")
    assert row["mix"] + row["rate"] == pytest.approx(row["change"])
    return bool(p[0] < ALPHA), bool(p[1] < ALPHA)


@pytest.mark.parametrize(
    ("world", "mix", "rate"),
    [("chance", USUAL, OPEN), ("another mix", MIXED, OPEN), ("other rates", USUAL, RAISED)],
    ids=["chance", "mix", "rates"],
)
def test_a_change_is_put_down_to_what_was_planted(
    world: str, mix: np.ndarray, rate: np.ndarray, rng: Generator, bars: Bars
) -> None:
    verdicts = np.array([verdict(rng, mix, rate) for _ in range(RUNS)])
    by_mix, by_rate = verdicts.mean(axis=0)
    if world == "chance":
        bars.most(
            "S40", "a change by chance put down to mix or rates", float(verdicts.any(axis=1).mean()), 0.05, n=RUNS
        )
    elif world == "another mix":
        bars.least("S40", "another mix told as mix", float(by_mix), 0.95, n=RUNS)
        bars.most("S40", "another mix told as rates", float(by_rate), 0.05, n=RUNS)
    else:
        bars.least("S40", "other rates told as rates", float(by_rate), 0.95, n=RUNS)
        bars.most("S40", "other rates told as mix", float(by_mix), 0.05, n=RUNS)


def test_the_variance_of_a_part_is_that_of_its_repetitions(rng: Generator, bars: Bars) -> None:
    many = RUNS
    held = []
    for _ in range(many):
        before, now = rng.multinomial(PEOPLE, USUAL), rng.multinomial(PEOPLE, MIXED)
        trials = np.array([before, now], dtype=float)
        events = rng.binomial(trials.astype(int), [OPEN, OPEN])
        parts = decomposition.kitagawa(events, trials)
        squares = decomposition.independent_squares(events, trials, parts.mix_influence)
        interval = decomposition.part(parts.mix, squares)
        held.append(interval.low <= (MIXED - USUAL) @ OPEN <= interval.high)
    bars.least("S40", "coverage of the mix", float(np.mean(held)), 0.95, n=many)
