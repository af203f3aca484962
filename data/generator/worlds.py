"""In what the made-up business can differ from a tidy one: how campaigns, people, weeks, days and clocks vary.

A simulation names the world that it ran in. The sample is of the world `moderate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, pi, sin, sqrt
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

HEAVY, LESS_HEAVY = 3, 6
"""Degrees of freedom of Student's law, where a few campaigns lie far from the others."""
VARIABLE, TIMES = 0.1, 3.0
"""Share of the units that are so many times as variable as the others."""


@dataclass(frozen=True, slots=True)
class World:
    """How units and people differ.

    Attributes:
        name: as a simulation tells it.
        effects: the law of what units differ by: normal; heavy, Student's with the same variance; mixed, normal with
            a tenth of the units three times as variable.
        person_cv: coefficient of variation of people's propensity to read, and again of that to click when they
            have read; None for a mild one, which has readers but no clickers.
        season: how much reading rises and falls with the weeks of a year [share].
        bots: share of people whose gateway clicks as people do: a browser, 20 to 600 s after delivery, one link or two.
        bot_clicks: share of a person's mails that such a gateway clicks.
        quick: share of people who read within minutes, if at all.
        degrees: of freedom of Student's law, where effects are heavy.
        busy: coefficient of variation of the requests to the service of one day.
        day_sd: standard deviation of the logarithm of what one day does to its requests' waits.
        twice: share of contacts that the list holds twice.
        behind: how much the shop's clock is behind that of the log [s].
        bursts: share of openings after which the picture proxy fetches the pictures several times.
    """

    name: str
    effects: Literal["normal", "heavy", "mixed"] = "normal"
    person_cv: float | None = None
    season: float = 0.0
    bots: float = 0.0
    bot_clicks: float = 0.95
    quick: float = 0.0
    degrees: int = HEAVY
    busy: float = 0.0
    day_sd: float = 0.0
    twice: float = 0.0
    behind: int = 0
    bursts: float = 0.0

    def deviation(self, rng: Random) -> float:
        """What one unit differs by, in standard deviations of an ordinary unit."""
        normal = rng.gauss(0, 1)
        if self.effects == "heavy":
            few = self.degrees
            return normal / sqrt(rng.gammavariate(few / 2, 2) / few) / sqrt(few / (few - 2))
        if self.effects == "mixed":
            return normal * (TIMES if rng.random() < VARIABLE else 1)
        return normal

    def propensity(self, rng: Random) -> float:
        """How much more or less than the average one person does it; 1 is the average."""
        return 1.0 if self.person_cv is None else rng.gammavariate(self.person_cv**-2, self.person_cv**2)

    def rush(self, rng: Random) -> float:
        """How many more or fewer requests than the average one day brings; 1 is the average."""
        return rng.gammavariate(self.busy**-2, self.busy**2) if self.busy else 1.0

    def pace(self, rng: Random) -> float:
        """By which factor the requests of one day wait longer; its median is 1."""
        return exp(rng.gauss(0, self.day_sd))

    def weeks(self, year_share: float) -> float:
        """What the season does to reading at this share of the year: a factor."""
        return 1 + self.season * sin(2 * pi * year_share)


ALIKE = World("alike")
HEAVY_TAILS = World("heavy tails", effects="heavy")
MIXED_VARIANCES = World("mixed variances", effects="mixed")
PEOPLE = World("people", person_cv=1.25, season=0.1)
BOTS = World("bots that look like people", person_cv=1.25, bots=0.02, quick=0.1)
"""Not among WORLDS: only clicks are otherwise."""
SELDOM_BOTS = World("bots that click now and then", person_cv=1.25, bots=0.02, bot_clicks=0.3, quick=0.1)
MODERATE = World(
    "moderate",
    effects="heavy",
    degrees=LESS_HEAVY,
    person_cv=0.8,
    season=0.06,
    busy=0.6,
    day_sd=0.35,
    twice=0.01,
    behind=180,
    bursts=0.04,
    bots=0.003,
    quick=0.05,
)
"""Some of everything; clicks of one mail, which need reading, vary between people by a cv of 1.3."""
WORLDS = (ALIKE, HEAVY_TAILS, MIXED_VARIANCES, PEOPLE)
