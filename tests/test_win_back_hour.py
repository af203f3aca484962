"""Hours of sending: chance is taken off, thin cells are grey, and clocks are the people's own where a country tells."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import small

import kit
from kit.questions.win_back import send_hour

if TYPE_CHECKING:
    from pathlib import Path

MONDAY = pd.Timestamp("2026-03-02")
NO_WAITS = pd.DataFrame(columns=send_hour.WAITS)


def sent(rng: np.random.Generator, rates: dict[int, float], campaigns: int, n: int = 1500) -> pd.DataFrame:
    """Campaigns on Monday at these hours, whose own rates vary by a fifth."""
    rows = []
    for hour, rate in rates.items():
        own = rate * np.exp(rng.normal(0, 0.2, campaigns))
        for number, clicked in enumerate(rng.binomial(n, own)):
            at = MONDAY + pd.Timedelta(days=7 * number, hours=hour)
            rows.append((f"c{hour}-{number}", "regular", None, at, n, clicked))
    return pd.DataFrame(rows, columns=send_hour.SENDINGS)


def test_hours_that_are_alike_are_drawn_together() -> None:
    rng = np.random.default_rng(21)
    raw, pooled, inside, cells = [], [], 0, 0
    for _run in range(10):
        found = send_hour.judge(sent(rng, dict.fromkeys(range(0, 24, 3), 0.03), 5), NO_WAITS).cells
        found = found[found["segment"] == send_hour.ALL]
        raw.append(found["value"].std())
        pooled.append(found["pooled"].std())
        inside += int(((found["pooled_low"] <= 0.0306) & (found["pooled_high"] >= 0.0306)).sum())  # mean of a lognormal
        cells += len(found)
    assert np.mean(pooled) < 0.6 * np.mean(raw)
    assert inside / cells >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / cells)


def test_an_hour_that_is_truly_better_stays_apart() -> None:
    rng = np.random.default_rng(22)
    rates = dict.fromkeys(range(0, 24, 3), 0.03) | {12: 0.06}
    found = send_hour.judge(sent(rng, rates, 20), NO_WAITS)
    cells = found.cells[found.cells["segment"] == send_hour.ALL].set_index("part")
    assert cells["pooled"].idxmax() == 12
    assert cells.loc[12, "pooled_low"] > cells.drop(12)["pooled"].max()
    assert "No hour is called the best" in str(found)


def test_thin_cells_are_too_few_and_close_to_the_others() -> None:
    rng = np.random.default_rng(23)
    mails = sent(rng, dict.fromkeys(range(0, 24, 3), 0.03), 6)
    lucky = pd.DataFrame([("lucky", "regular", None, MONDAY + pd.Timedelta(days=1), 40, 6)], columns=send_hour.SENDINGS)
    found = send_hour.judge(pd.concat([mails, lucky], ignore_index=True), NO_WAITS)
    cell = found.cells[(found.cells["weekday"] == 1) & (found.cells["segment"] == send_hour.ALL)].iloc[0]
    assert cell["value"] == 6 / 40
    assert not cell["large"]
    assert cell["pooled"] < 0.06
    assert "(too few)" in found.plot().alt
    assert set(found.cells["segment"]) == {send_hour.ALL, "regular"}


def test_the_clock_is_the_persons_where_the_country_has_one_time() -> None:
    assert send_hour.zone_of("gb") == ZoneInfo("Europe/London")
    assert send_hour.zone_of("DE") is not None  # two names, one time
    assert send_hour.zone_of("US") is None
    assert send_hour.zone_of("nowhere") is None
    row = ("c", None, None, MONDAY + pd.Timedelta(hours=10), 100, 5)
    mails = pd.DataFrame([row, ("c", None, "JP", *row[3:])], columns=send_hour.SENDINGS)
    found = send_hour.judge(mails, NO_WAITS, ZoneInfo("Europe/Berlin"))
    assert sorted(found.cells["part"]) == [9, 18]  # 11 o'clock in Berlin, 19 in Tokyo
    assert found.own == 0.5


def test_waits_are_kaplan_meier_by_hand() -> None:
    # 100 clicks in hour 1 and 100 in hour 10 of 1,000 mails, of which 300 were followed for 5 hours only.
    rows = [(6, 0, True, 100), (6, 9, True, 100), (6, 5, False, 300), (6, 168, False, 500)]
    found = send_hour.judge(pd.DataFrame(columns=send_hour.SENDINGS), pd.DataFrame(rows, columns=send_hour.WAITS))
    row = found.waits[found.waits["part"] == 6].iloc[0]
    assert row["value"] == 1 - 0.9 * (1 - 100 / 600)
    assert (row["half"], row["nine"]) == (10, 10)
    assert row["n"] == 1000


def test_clicks_after_three_days_do_not_count(tmp_path: Path) -> None:
    events = [small.event("delivered", person) for person in range(4)]
    for person, hours in ((0, 2), (1, 71), (2, 90)):
        events.append(small.event("click", person, at=small.NOON + 3600 * hours, url="https://example.com/a"))
    small.log(tmp_path, [*events, small.event("delivered", 9, campaign="late", at=small.NOON + 9 * small.DAY)])
    small.settings(tmp_path, 'time_zone = "UTC"')
    data = kit.open(tmp_path)
    counted = send_hour.sendings(data)
    assert counted["clicked"].tolist() == [2]
    assert counted["n"].tolist() == [4]  # the late one was not followed for so long
    assert send_hour.waits(data)["n"].sum() == 4  # what ended with the log was not followed at all


def test_without_a_zone_hours_are_not_judged(tmp_path: Path) -> None:
    small.log(tmp_path, [small.event("delivered", person) for person in range(4)])
    found = send_hour.measure(kit.open(tmp_path))
    assert "not known" in str(found)
    assert found.cells.empty
