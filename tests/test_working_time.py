"""Working time: the vendors' worked examples, and random pairs against a walk through every minute."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kit.counts.working_time import WorkingTime
from kit.errors import SettingsError
from kit.settings import load
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

MONDAY = datetime(2026, 3, 2)


def days(begin: int, end: int, weekdays: range = range(7)) -> WorkingTime:
    return WorkingTime(tuple((weekday, begin * 60, end * 60) for weekday in weekdays))


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


# (hours, asked, answered) of the worked examples that vendors publish; the minutes stand in the reference material
EXAMPLES = {
    "timetoreply_0830_0915_9to17": (days(9, 17), at(8, 30), at(9, 15)),
    "emailanalytics_0700_0805_8to17": (days(8, 17), at(7), at(8, 5)),
    "emailanalytics_1600_1827_8to17": (days(8, 17), at(16), at(18, 27)),
    "keeping_1800_next0800_from7": (days(7, 18), at(18), at(8, day=1)),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_vendors_are_reproduced(shared: Path, name: str) -> None:
    published = json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))["business_minutes"]
    hours, asked, answered = EXAMPLES[name]
    assert hours.minutes([asked], [answered]).tolist() == [published[name]]


def test_asked_and_answered_after_hours_has_no_working_time() -> None:
    hours = days(8, 17)
    asked, answered = [at(18)], [at(18, 27)]
    assert hours.minutes(asked, answered).tolist() == [0]
    assert not hours.at_work(asked)[0]
    assert not hours.at_work(answered)[0]
    assert (answered[0] - asked[0]).total_seconds() / 60 == 27


SHIFTS = (
    *((weekday, 9 * 60, 13 * 60) for weekday in range(5)),
    *((weekday, 14 * 60, 18 * 60 + 30) for weekday in range(4)),
    (5, 10 * 60, 14 * 60),
)
HOLIDAYS = frozenset({date(2026, 3, 9), date(2026, 3, 14), date(2026, 4, 3)})


def walked(asked: datetime, answered: datetime) -> float:
    """Seconds of work, one by one whole minute and the parts at both ends, in minutes."""
    seconds = 0.0
    begin = asked
    while begin < answered:
        end = min(begin.replace(second=0, microsecond=0) + timedelta(minutes=1), answered)
        minute = begin.hour * 60 + begin.minute
        if begin.date() not in HOLIDAYS and any(
            begin.weekday() == day and first <= minute < last for day, first, last in SHIFTS
        ):
            seconds += (end - begin).total_seconds()
        begin = end
    return seconds / 60


def test_a_thousand_random_pairs_are_as_a_walk_through_every_minute() -> None:
    rng = Random(20)  # noqa: S311  no secret
    pairs = []
    for _ in range(1000):
        asked = MONDAY + timedelta(seconds=rng.randrange(40 * 86400))
        pairs.append((asked, asked + timedelta(seconds=int(rng.expovariate(1 / 40_000)))))
    hours = WorkingTime(SHIFTS, HOLIDAYS)
    minutes = hours.minutes([asked for asked, _ in pairs], [answered for _, answered in pairs])
    assert minutes == pytest.approx([walked(*pair) for pair in pairs], abs=1e-6)
    assert 0.2 < np.mean(minutes == 0) < 0.7
    assert minutes.max() > 600


def test_a_team_elsewhere_works_on_its_own_clock() -> None:
    hours = days(9, 17).hours
    moscow, berlin = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
    # 10:00 in Moscow is 08:00 in Berlin in March, so an hour passes before the team is there
    assert WorkingTime(hours, firm=moscow, team=berlin).minutes([at(10)], [at(11, 30)]).tolist() == [30]
    assert WorkingTime(hours, firm=moscow).minutes([at(10)], [at(11, 30)]).tolist() == [90]


def test_an_unknown_moment_has_no_working_time() -> None:
    assert np.isnan(days(9, 17).minutes([at(9), np.datetime64("NaT")], [np.datetime64("NaT"), at(10)])).all()
    assert np.isnan(WorkingTime(()).minutes([at(9)], [at(10)])).all()
    assert not WorkingTime(())


def test_hours_are_read_from_kit_toml(tmp_path: Path) -> None:
    parts = '"Mon-Thu 09:00-18:30", "Fri 9:00–13:00", "Sat - Mon 00:00-24:00"'
    text = f"[service]\nhours = [{parts}]\nholidays = [2026-12-25]\n"
    exports.write(tmp_path, "kit.toml", text)
    hours = WorkingTime.of(load(tmp_path))
    assert set(hours.hours) == {
        *((day, 540, 1110) for day in range(4)), (4, 540, 780), (5, 0, 1440), (6, 0, 1440), (0, 0, 1440),
    }  # fmt: skip
    assert hours.holidays == {date(2026, 12, 25)}


@pytest.mark.parametrize(
    "wrong", ["09:00-18:00", "Mon 18:00-09:00", "Mon 09:00-24:30", "Xyz 09:00-10:00", "Mon 09:70-10:00"]
)
def test_hours_that_are_none_are_named(tmp_path: Path, wrong: str) -> None:
    exports.write(tmp_path, "kit.toml", f'[service]\nhours = ["{wrong}"]\n')
    with pytest.raises(SettingsError, match=r"service\.hours.*is not a list of hours of the week"):
        load(tmp_path)
