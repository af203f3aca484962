"""The tiles of the first page: the latest whole month of each KPI, beside what is usual."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from kit.questions.months import rates, service_months, tiles

AS_OF = datetime(2026, 7, 20)


def mail(opened: list[int], *, begin: str = "2025-01") -> rates.Months:
    months = pd.period_range(begin, periods=len(opened), freq="M").strftime("%Y-%m")
    history = pd.DataFrame({"month": months, "campaigns": 4, "delivered": 10_000, "opened": opened})
    return rates.judge(history, ["open_rate"])


def service(waits: list[float]) -> service_months.ServiceMonths:
    months = pd.period_range("2025-01", periods=len(waits), freq="M").strftime("%Y-%m")
    frame = pd.DataFrame({"month": months, "kpi": "response_time", "n": 200, "value": waits, "complete": True})
    frame = frame.assign(low=frame["value"] * 0.8, high=frame["value"] * 1.25, scaled=np.log(frame["value"]), se=0.11)
    changes = pd.DataFrame([service_months.level_change("response_time", frame)]).assign(found=lambda x: x["p"] < 0.05)
    since = changes["month"].iloc[0] if changes["found"].any() else ""
    return service_months.ServiceMonths(frame.assign(since=since, p=np.nan), changes, "")


NO_SERVICE = service_months.judge(pd.DataFrame({"month": [], "minutes": [], "answered": []}), {}, as_of=None)
USUAL = [2000, 2040, 1980, 2010, 2030, 1990, 2000, 2050, 1970, 2020, 2005, 2015, 1995, 2025, 2010, 1985, 2000, 2020]


@pytest.mark.parametrize(("last", "word"), [(2010, "usual"), (2900, "high"), (1200, "low")])
def test_the_word_is_that_of_the_range_in_which_months_usually_lie(last: int, word: str) -> None:
    found = tiles.judge(mail([*USUAL[:-1], last]), NO_SERVICE, ["open_rate"], as_of=AS_OF).tiles
    assert found[["kpi", "month", "word"]].iloc[0].tolist() == ["open_rate", "2026-06", word]


def test_a_month_that_the_data_cuts_is_not_the_latest() -> None:
    found = tiles.judge(mail([*USUAL, 100]), NO_SERVICE, ["open_rate"], as_of=AS_OF).tiles.iloc[0]
    assert (found["month"], found["value"]) == ("2026-06", pytest.approx(0.202))


def test_the_changes_are_those_from_the_month_and_the_year_before() -> None:
    months = mail(USUAL)
    found = tiles.judge(months, NO_SERVICE, ["open_rate"], as_of=AS_OF).tiles.iloc[0]
    assert found["before"] == pytest.approx(0.202 - 0.200)
    assert found["year"] == pytest.approx(0.202 - 0.199)
    assert found["year_low"] < found["year"] < found["year_high"]
    page = months.rates.iloc[-1]  # one value has one value on all pages
    assert (
        found[["before", "before_low", "before_high"]].tolist()
        == page[["change", "change_low", "change_high"]].tolist()
    )


def test_few_months_are_not_judged_and_a_year_before_is_not_invented() -> None:
    found = tiles.judge(mail(USUAL[:3], begin="2026-04"), NO_SERVICE, ["open_rate"], as_of=AS_OF)
    assert found.tiles["word"].tolist() == ["open"]
    assert np.isnan(found.tiles["year"].iloc[0])
    assert "too few months to judge" in found.html()


def test_a_change_of_the_service_is_told_with_its_month() -> None:
    waits = [520.0, 540, 500, 530, 515, 525, 535, 510, 240, 250, 235, 245, 238, 242]
    found = tiles.judge(mail([]), service(waits), ["response_time"], as_of=AS_OF)
    assert found.tiles[["word", "since"]].iloc[0].tolist() == ["better", "2025-09"]
    assert "better since Sep 2025" in found.html()
    assert found.tiles["before"].iloc[0] == pytest.approx(242 / 238 - 1)


def test_a_gap_stays_a_gap_and_the_goal_comes_first() -> None:
    months = mail(USUAL)
    months.rates.loc[months.rates["month"] == "2025-06", "value"] = np.nan
    found = tiles.judge(months, service([500.0] * 4), ["response_time", "open_rate"], as_of=AS_OF)
    assert found.tiles["kpi"].tolist() == ["response_time", "open_rate"]
    drawn = re.findall(r'<polyline points="([^"]+)"', found.html())
    assert [len(line.split()) for line in drawn] == [4, 5, 12]


def test_a_change_of_the_service_holds_what_its_months_vary_beside_their_errors() -> None:
    waits = [520.0, 380, 700, 450, 610, 540, 350, 720, 500, 640, 420, 560]
    months = service(waits)
    alike = tiles.judge(mail([]), months, ["response_time"], as_of=AS_OF).tiles.iloc[0]
    errors_only = 2 * service_months.Z * 0.11 * np.sqrt(2)  # of a difference of logarithms whose errors are 0.11
    assert np.log1p(alike["before_high"]) - np.log1p(alike["before_low"]) > errors_only * 1.2


def test_a_tile_says_by_which_range_its_word_goes() -> None:
    found = tiles.judge(mail(USUAL), NO_SERVICE, ["open_rate"], as_of=AS_OF)
    (tile,) = found.written()
    low, high = found.tiles[["usual_low", "usual_high"]].iloc[0] * 100
    assert tile["usual"] == f"usually {low:.1f}–{high:.1f}"
    assert tile["usual"] in found.html()
