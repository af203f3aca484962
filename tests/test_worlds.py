"""The worlds of the generator: units vary as their law says, people as their coefficient of variation says."""

from __future__ import annotations

from random import Random
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

import numpy as np
import pytest
from years import Faults, varied, year

import generator
from generator import worlds
from generator.people import AGENTS, BOT_AGENT
from generator.story import tell
from generator.worlds import ALIKE, HEAVY_TAILS, MIXED_VARIANCES, PEOPLE, WORLDS, World

if TYPE_CHECKING:
    from pathlib import Path

DRAWS = 40_000


@pytest.mark.parametrize(
    ("world", "median", "beyond"),
    [
        (ALIKE, 0.6745, 6.3e-5),  # R qnorm(0.75); beyond four standard deviations: 2 * pnorm(-4)
        (HEAVY_TAILS, 0.4416, 6.2e-3),  # R qt(0.75, 3) / sqrt(3); 2 * pt(-4 * sqrt(3), 3)
        (MIXED_VARIANCES, 0.7295, 1.83e-2),  # R 0.9 * 2 * pnorm(-4) + 0.1 * 2 * pnorm(-4 / 3)
    ],
)
def test_units_differ_by_the_law_of_their_world(world: World, median: float, beyond: float) -> None:
    rng = Random(5)  # noqa: S311  a simulation, no secret
    drawn = np.array([world.deviation(rng) for _ in range(DRAWS)])
    assert np.median(np.abs(drawn)) == pytest.approx(median, rel=0.02)
    assert (np.abs(drawn) > 4).mean() == pytest.approx(beyond, abs=3 * np.sqrt(beyond / DRAWS))


def test_people_differ_by_their_coefficient_of_variation_and_average_one() -> None:
    rng = Random(6)  # noqa: S311  a simulation, no secret
    drawn = [PEOPLE.propensity(rng) for _ in range(DRAWS)]
    assert fmean(drawn) == pytest.approx(1, abs=0.02)
    assert pstdev(drawn) / fmean(drawn) == pytest.approx(1.25, rel=0.05)
    assert {ALIKE.propensity(rng) for _ in range(3)} == {1.0}


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_made_year_has_the_rates_of_every_world_and_names_its_faults(world: World) -> None:
    counted, planted = year(np.random.default_rng(1), world, Faults())
    mails = counted["campaign"]
    assert mails["opened"].sum() / mails["delivered"].sum() == pytest.approx(0.25, rel=0.1)
    assert mails["clicked"].sum() / mails["opened"].sum() == pytest.approx(0.12, rel=0.2)
    assert len(planted) == 4
    assert year(np.random.default_rng(1), world, None)[1] == set()


def test_rates_of_a_heavy_world_have_the_variance_of_the_tidy_one() -> None:
    rng = np.random.default_rng(2)
    tidy, heavy = (varied(rng, world, 0.25, 0.001, DRAWS) for world in (ALIKE, HEAVY_TAILS))
    assert tidy.std() == pytest.approx(np.sqrt(0.25 * 0.75 * 0.001), rel=0.02)
    assert heavy.std() == pytest.approx(tidy.std(), rel=0.25)
    assert np.median(np.abs(heavy - 0.25)) < 0.8 * np.median(np.abs(tidy - 0.25))


def test_a_clean_business_has_no_planted_fault(tmp_path: Path) -> None:
    truth = generator.write(tmp_path, seed=3, contacts=400, world=worlds.PEOPLE, faults=False)
    assert {one.problem for one in truth.campaigns} == {""}
    assert truth.web.broken_page == ""
    assert truth.block.bounce_rate == pytest.approx(0.015)


def test_bots_of_a_world_click_like_people_and_people_read_within_minutes() -> None:
    story = tell(11, 300, world=worlds.BOTS, faults=False)
    messages = [one for send in story.campaigns for one in send.messages if one.delivered]
    behind = [one for one in messages if one.person.bot]
    clicks = [(click.at - one.sent, click) for one in behind for click in one.clicks if click.disguised]
    assert {click.scanner for _after, click in clicks} == {True}
    assert all(20 <= after <= 600 for after, _click in clicks)
    clicked = [any(click.disguised for click in one.clicks) for one in behind]
    assert fmean(clicked) == pytest.approx(0.95, abs=0.05)
    assert not any(click.disguised for one in messages if not one.person.bot for click in one.clicks)
    assert {one.person.bot for one in behind} <= {BOT_AGENT, AGENTS[0]}
    assert 0.05 < fmean(one.quick for one in story.people) < 0.15
