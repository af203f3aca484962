"""Pace of mail: what was targeted is called so, and what was drawn at random gives the true slope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import small
from scipy.special import expit

import kit
from kit.errors import UsageError
from kit.questions.win_back import frequency

if TYPE_CHECKING:
    from pathlib import Path

TRUE = 0.42
"""Log odds of leaving for one e-mail a week more, in the made-up world (DEFINITIONS: a targeted curve is inverted)."""

FOND = 0.6
"""How much less the fonder leave, in log odds for one standard deviation."""

WEEKS = 8


def world(rng: np.random.Generator, *, targeted: bool, n: int = 20_000) -> pd.DataFrame:
    """People who differ in how fond they are of the firm; the fond get more mail where it is targeted."""
    fond = rng.normal(0, 1, n)
    pace = np.clip(np.round(1.5 + fond), 0, 4) if targeted else rng.integers(1, 5, n).astype(float)
    left = rng.random(n) < expit(-3.5 + TRUE * pace - FOND * fond)
    clicked, orders = rng.random(n) < expit(-2 + fond), rng.poisson(np.exp(-2 + 0.5 * fond))
    keys = [f"p{k}" for k in range(n)]
    frame = pd.DataFrame({"contact_key": keys, "mails": pace * WEEKS, "later": pace * WEEKS, "left": left})
    return frame.assign(
        complained=left & (rng.random(n) < 0.1), clicked=clicked, orders=orders.astype(float), pace=pace
    )


def empty() -> pd.DataFrame:
    return pd.DataFrame(columns=[*frequency.DONE, "pace", "experiment"])


def test_targeted_pace_raises_the_banner_and_shows_no_slope() -> None:
    people = world(np.random.default_rng(11), targeted=True)
    found = frequency.judge(people[frequency.DONE], empty(), weeks=WEEKS)
    shares = found.groups["value"]
    # The curve is inverted: who gets more leaves less, though each e-mail drives people away.
    assert shares.iloc[-1] < shares.iloc[0]
    assert str(found).startswith("Targeted, not causal")
    assert np.isnan(found.slope).all()
    assert "targeted, not causal" in str(found.table().title)
    assert "Targeted, not causal" in found.table().text()
    assert "targeted, not causal" in found.plot().title
    for word in ("optimal", "optimum", "should send"):
        assert word not in f"{found} {found.table().text()} {found.plot().alt}"


def test_random_pace_recovers_the_slope() -> None:
    rng = np.random.default_rng(12)
    slopes = []
    for _run in range(20):
        drawn = world(rng, targeted=False, n=4000).assign(experiment="pace")
        found = frequency.judge(empty()[frequency.DONE], drawn, weeks=WEEKS)
        slopes.append(found.slope)
        assert str(found).startswith("More mail drives people away")
    value, low, high = np.transpose(slopes)
    # 95 % of 20 less three Monte Carlo errors: 16. People differ beside their pace, which draws the mean a little to 0.
    assert ((low <= TRUE) & (high >= TRUE)).sum() >= 16
    assert value.mean() == pytest.approx(TRUE, abs=0.05)
    assert "Targeted" not in found.table().text()


def test_a_random_pace_without_effect_is_not_decided() -> None:
    rng = np.random.default_rng(13)
    drawn = world(rng, targeted=False, n=4000).assign(experiment="pace")
    drawn["left"] = rng.random(len(drawn)) < 0.05
    found = frequency.judge(empty()[frequency.DONE], drawn, weeks=WEEKS)
    assert str(found).startswith("Whether more mail drives people away is not decided")


def firm(folder: Path, *, test: bool) -> kit.store.Data:
    """Six people: two with an e-mail in either half, one who left in the first half, and three with none before."""
    at = small.NOON
    events = [small.event("delivered", person, campaign=f"c{day}", at=at + day * small.DAY)
              for day in (10, 70) for person in (1, 2, 3)]  # fmt: skip
    events += [small.event("unsubscribe", 3, campaign="c10", at=at + 11 * small.DAY)]
    events += [small.event("unsubscribe", 2, campaign="c70", at=at + 71 * small.DAY)]
    events += [small.event("delivered", person, campaign="c75", at=at + 75 * small.DAY) for person in (4, 5, 6)]
    small.log(folder, events)
    small.table(folder, "orders.csv", ["Order ID", "Email", "Created at", "Total", "Currency"],
                [("o1", "p1@example.com", "2026-03-20 10:00", 5, "EUR")])  # fmt: skip
    if test:
        rows = [(f"p{n}@example.com", "Pace", ("holdout", "one", "two")[n % 3], "2026-02-01", ("", 1, 2)[n % 3])
                for n in range(1, 7)]  # fmt: skip
        small.table(folder, "arms.csv", ["Email", "Experiment", "Arm", "Assigned at", "E-mails per week"], rows)
    small.settings(folder, 'time_zone = "UTC"', "as_of = 2026-04-02T12:00:00")
    return kit.open(folder)


def test_who_left_before_is_in_no_group_and_what_comes_after_is_counted(tmp_path: Path) -> None:
    found = frequency.observed(firm(tmp_path, test=False), weeks=6).set_index("contact_key")
    # By hand, without contacts: p1 and p2 were mailed in the first half; p3 had left; the others got mail later only.
    assert len(found) == 5
    assert sorted(found["mails"]) == [0, 0, 0, 1, 1]
    assert found["left"].sum() == 1
    assert found.loc[found["orders"] > 0, "mails"].tolist() == [1]
    with pytest.raises(UsageError, match="not above 0"):
        frequency.measure(firm(tmp_path, test=False), weeks=0)


def test_a_file_that_names_paces_makes_the_curve_a_test(tmp_path: Path) -> None:
    drawn = frequency.randomised(firm(tmp_path, test=True), weeks=8)
    assert sorted(drawn["pace"]) == [0, 0, 1, 1, 2, 2]
    assert drawn["later"].sum() == 6  # the mails of day 70 and 75, to whom they went
    found = frequency.measure(firm(tmp_path, test=True), weeks=8)
    assert found.is_random
    assert found.experiment == "Pace"
