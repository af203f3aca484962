"""Surveys: satisfaction after every second visit, and four times a year whether people would recommend the firm.

Both are better since the service answers sooner, and comments tell of the same themes as mail does.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from generator import table, writing
from generator.clock import AS_OF, DAY, HOUR, awake, unix
from generator.desk import IMPROVES_FROM, iso
from generator.people import dice, pick
from generator.truth import SurveyTruth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from random import Random

    from generator.story import Story

INVITED, ANSWERED = 0.5, 0.36
SCORES = {"1": 0.05, "2": 0.07, "3": 0.16, "4": 0.36, "5": 0.36}
SCORES_SINCE = {"1": 0.03, "2": 0.04, "3": 0.10, "4": 0.35, "5": 0.48}
COMMENTED = 0.3
WAVES = ("2025-11-17 11:00", "2026-02-16 11:00", "2026-05-18 11:00", "2026-08-17 11:00", "2026-10-19 11:00")
ASKED, RECOMMENDED = 0.06, 0.24
"""Shares of the list that a wave asks, and of those who answer it."""
LIKELY = dict(zip(map(str, range(11)), (2, 1, 2, 3, 3, 8, 8, 15, 22, 18, 18), strict=True))
LIKELY_SINCE = dict(zip(map(str, range(11)), (1, 1, 1, 2, 2, 5, 6, 13, 22, 22, 25), strict=True))
THEMES = {"waiting": 0.4, "quality": 0.25, "price": 0.2, "staff": 0.15}
THEMES_SINCE = {"waiting": 0.15, "quality": 0.35, "price": 0.3, "staff": 0.2}
"""What people who complain write about; those who praise write of each as often."""


def write(folder: Path, story: Story) -> SurveyTruth:
    """Write both surveys; how many were asked and answered, and what the comments are about."""
    after_visits, recommending = _satisfaction(folder / "survey.csv", story), _recommending(folder / "nps.csv", story)
    themes = Counter(after_visits[2] + recommending[2])
    return SurveyTruth(
        csat=after_visits[:2],
        nps=recommending[:2],
        satisfied=(_satisfied(SCORES), _satisfied(SCORES_SINCE)),
        net=(_net(LIKELY), _net(LIKELY_SINCE)),
        comments=dict(sorted(themes.items())),
    )


def _satisfied(shares: Mapping[str, float]) -> float:
    """Fours and fives, of all."""
    return round(shares["4"] + shares["5"], 4)


def _net(shares: Mapping[str, float]) -> float:
    """Promoters minus detractors, of all."""
    return round((shares["9"] + shares["10"] - sum(shares[str(score)] for score in range(7))) / sum(shares.values()), 4)


def _satisfaction(path: Path, story: Story) -> tuple[int, int, list[str]]:
    rng = dice(story.seed, "survey")
    asked = [(person, visited + 2 * HOUR) for person, visited in story.visits if rng.random() < INVITED]
    asked = [one for one in asked if one[1] <= AS_OF]
    rows, themes = [], list[str]()
    for person, at in asked:
        replied = awake(rng, at + int(rng.expovariate(1) * DAY))
        score = text = ""
        if rng.random() < ANSWERED and replied <= AS_OF:
            score = pick(rng, SCORES_SINCE if at >= unix(IMPROVES_FROM) else SCORES)
            text = _comment(rng, themes, person.language, at, 2 * int(score) - 6)
        rows.append((person.email, iso(at), iso(replied) if score else "", score, 1, 5, text))
    return _table(path, "CSAT", rows, themes)


def _recommending(path: Path, story: Story) -> tuple[int, int, list[str]]:
    rng = dice(story.seed, "recommending")
    rows, themes = [], list[str]()
    for wave in WAVES:
        at = unix(wave)
        able = [one for one in story.people if one.subscribed(at)]
        for person in rng.sample(able, round(ASKED * len(able))):
            replied = awake(rng, at + int(rng.expovariate(1) * 2 * DAY))
            score = text = ""
            if rng.random() < RECOMMENDED and replied <= AS_OF:
                score = pick(rng, LIKELY_SINCE if at >= unix(IMPROVES_FROM) else LIKELY)
                text = _comment(rng, themes, person.language, at, int(score) - 7)
            rows.append((person.email, iso(at), iso(replied) if score else "", score, 0, 10, text))
    return _table(path, "NPS", rows, themes)


def _comment(rng: Random, themes: list[str], language: str, at: int, warmth: int) -> str:
    """What somebody adds, if anything: below 0 a complaint, above praise, by chance between them."""
    if rng.random() >= COMMENTED:
        return ""
    complains = warmth < 0 or (warmth == 0 and rng.random() < 0.5)
    shares = THEMES_SINCE if at >= unix(IMPROVES_FROM) else THEMES
    theme = pick(rng, shares) if complains else rng.choice(list(THEMES))
    tone = "negative" if complains else "positive"
    themes.append(f"{theme} {tone}")
    return writing.comment(rng, language, theme, tone)


def _table(path: Path, score: str, rows: list[tuple[object, ...]], themes: list[str]) -> tuple[int, int, list[str]]:
    rows.sort(key=lambda row: (str(row[1]), str(row[0])))
    table.write(path, ("Email", "Invited at", "Responded at", score, "Scale min", "Scale max", "Comment"), rows)
    return len(rows), sum(bool(row[3]) for row in rows), themes
