"""When people react and when mail is sent: hours from their own delivery, cells with their n, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import small
from small import DAY, NOON, event

import kit
from kit import counts
from kit.questions.find_problems import groups
from kit.questions.months import send_time, time_to_react

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data

HOUR = 3600
PHONE = "Mozilla/5.0 (Linux; Android 14) Gmail"


class TestPace:
    """Ten mails, the second half delivered a day later; the campaign starts on 1 January at noon."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> Data:
        small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-01-10T12:00:00")
        late = {n: NOON + (DAY if n >= 5 else 0) for n in range(10)}
        events = [event("delivered", n, at=at) for n, at in late.items()]
        events += [event("open", n, at=late[n] + 40 * 60, useragent=PHONE) for n in range(6)]  # within the hour
        events += [event("open", 1, at=late[1] + 90 * HOUR, useragent=PHONE)]  # again: not the first
        events += [event("open", 6, at=late[6] + 30 * HOUR, useragent=PHONE)]
        events += [event("open", 7, at=late[7] + 200 * HOUR, useragent=PHONE)]  # after the week
        events += [event("click", 6, at=late[6] + 31 * HOUR, url="https://example.com/")]
        events += [event("click", 5, at=late[5] + 2 * HOUR, url="https://example.com/")]
        events += [event("click", 4, at=late[4] + 2 * HOUR, url="https://example.com/unsubscribe")]
        young = [event("delivered", n, campaign="c2", at=NOON + 8 * DAY) for n in range(9)]
        young += [event("open", n, campaign="c2", at=NOON + 8 * DAY + 60, useragent=PHONE) for n in range(9)]
        small.log(tmp_path, events + young)
        return kit.open(tmp_path)

    def test_hours_are_those_since_the_persons_own_delivery(self, data: Data) -> None:
        got = counts.reactions(data)
        assert got[["what", "hour", "people"]].to_numpy().tolist() == [
            ["click", 2, 1],
            ["click", 31, 1],
            ["opening", 0, 6],  # the fifth, delivered a day after the campaign's start, among them
            ["opening", 30, 1],
        ]
        assert set(got["mails"]) == {10}  # those of c2 were not followed for a week

    def test_the_curve_has_its_n(self, data: Data) -> None:
        result = time_to_react.measure(data)
        reached = result.reached.set_index("what")
        assert reached.loc["opening", ["n", "half", "nine"]].tolist() == [7, 1, 31]
        assert result.table().cells()[0] == [
            "1 hour",
            "85.7% (42.1–99.6)",
            "0.00% (0.00–84.19)",
        ]  # Clopper-Pearson
        assert result.summary().text == (
            "Half of the opens in the first week come within 1 hour of delivery, nine in ten within 31 hours (7 "
            "opens). Half of the clicks come within 3 hours of delivery, nine in ten within 32 hours (2 "
            "clicks)."
        )
        assert "opens by people within 24 h 86%" in result.plot().alt

    def test_without_a_log_it_is_not_known(self, tmp_path: Path) -> None:
        small.mailchimp(tmp_path, [{}])
        result = time_to_react.measure(kit.open(tmp_path))
        assert result.summary().text == "It is unknown how soon people react: your files contain no event log."
        assert result.table().cells() == []
        assert result.table().notes == ()  # no "of 0 mails that were followed"
        assert result.plot().svg


class TestWeek:
    def sent(self, *cells: tuple[int, int, int, int]) -> pd.DataFrame:
        """Campaigns of 1,000 mails: weekday, hour, how many of them, clickers of each."""
        rows = [(weekday, hour, clicked) for weekday, hour, many, clicked in cells for _ in range(many)]
        frame = pd.DataFrame(rows, columns=["weekday", "hour", "clicked"])
        return frame.assign(campaign_id=[f"c{n}" for n in range(len(frame))], delivered=1000)

    def test_a_cell_with_few_campaigns_is_grey(self) -> None:
        result = send_time.judge(self.sent((1, 10, 3, 50), (1, 11, 2, 60), (3, 10, 3, 90)))
        names = ["weekday", "part", "campaigns", "numerator", "n", "large"]
        assert result.cells[names].to_numpy().tolist() == [
            [1, 9, 5, 3 * 50 + 2 * 60, 5000, True],
            [3, 9, 3, 270, 3000, False],
        ]
        assert [row[-1] for row in result.table().cells()] == ["yes", "too little data"]
        alt = result.plot().alt
        assert "Tuesday 09–12 5.4% of 5,000, Thursday 09–12 9.0% of 3,000 (too few)" in alt
        assert "No hour is called the best" in result.summary().text

    def test_hours_are_on_the_firms_clock_and_refused_without_one(self, tmp_path: Path) -> None:
        header = ["Campaign", "Date", "Sent", "Delivered", "Clicked"]
        small.table(tmp_path, "a.csv", header, [["one", "2026-01-05 10:30", 100, 100, 5]])
        data = kit.open(tmp_path)
        result = send_time.by_weekday(data)
        assert result.cells.empty
        text = result.summary().text
        assert text == (
            "It is unknown which hours of the week work better: hours are not judged, because the time zone is "
            "unknown; set time_zone in kit.toml."
        )
        assert "the time zone is unknown" in result.plot().alt
        assert "the time zone is unknown" in result.table().text()
        small.settings(tmp_path, 'time_zone = "Europe/Moscow"')
        row = send_time.count(kit.open(tmp_path)).iloc[0]
        assert (row["weekday"], row["hour"]) == (0, 10)  # 5 January 2026 is a Monday
        text = send_time.by_weekday(kit.open(tmp_path)).summary().text
        assert text.startswith("E-mails went out in 1 part of the week")

    def test_what_is_dated_without_a_time_of_day_went_out_at_no_hour(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "Europe/Moscow"')
        header = ["Campaign", "Date", "Sent", "Delivered", "Clicked"]
        small.table(tmp_path, "a.csv", header, [["one", "2026-01-05", 100, 100, 5]])
        small.table(tmp_path, "b.csv", ["Month", *header[2:]], [["02.2026", 100, 100, 5]])
        data = kit.open(tmp_path)
        assert send_time.count(data).empty
        assert groups.hours(data).empty
        text = send_time.by_weekday(data).summary().text
        assert text == ("It is unknown which hours of the week work better: no campaign has a time of sending.")
