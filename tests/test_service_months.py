"""The service by month: a change that nobody pointed at, the latest complete month, and requests closed unanswered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit import counts, metrics
from kit.questions.choose_kpis import service
from kit.questions.months import response_time, service_months, seven
from kit.show.formats import minutes, month

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def sample() -> kit.Data:
    return kit.open(ROOT / "data/sample")


class TestSample:
    def test_the_change_of_june_is_found_without_being_told(self, sample: kit.Data) -> None:
        result = service_months.by_month(sample)
        found = {row["kpi"]: row for row in result.found}
        assert list(found) == ["response_time"]
        change = found["response_time"]
        assert change["first"] <= "2026-06" <= change["last"]  # data/generator: answers come sooner from June on
        assert change["after"] < change["before"]
        assert result.summary().text.startswith(
            f"Response time fell from {minutes(change['before'])} in an average month to {minutes(change['after'])}; "
        )
        assert result.summary().headline

    def test_page_one_says_now_and_not_the_mean_of_a_year_and_a_half(self, sample: kit.Data) -> None:
        text = service.measure(sample).summary().text
        now = service_months.by_month(sample).latest("response_time")
        assert now is not None
        assert now["month"] == "2026-10"
        change = now["change"]
        assert text.startswith(f"In Oct 2026, half of the requests were answered within {minutes(now['value'])} (")
        assert f"Before {month(change['first'])} it took {minutes(change['before'])}" in text
        overall = metrics.response_time(counts.waits(sample))["value"].item()
        assert change["after"] < overall < change["before"]
        assert minutes(overall) not in text

    def test_its_months_are_those_of_the_other_tables(self, sample: kit.Data) -> None:
        months = service_months.by_month(sample).months
        answers = counts.answers(sample)
        shares = (answers["satisfied"] / answers["answered"].where(answers["answered"] > 0)).set_axis(answers["month"])
        satisfied = months[months["kpi"] == "satisfaction"].set_index("month")["value"]
        assert satisfied.to_dict() == pytest.approx(shares.dropna().to_dict())
        mail = metrics.values(counts.messages(sample, ["month"]), ["revenue_per_mail"], by=["month"]).set_index("month")
        money = months[months["kpi"] == "revenue_per_mail"].set_index("month")
        assert money["value"].to_dict() == pytest.approx(mail["value"].dropna().to_dict())
        assert money["n"].to_dict() == mail.loc[money.index, "n"].to_dict()
        table = seven.by_month(sample)
        for kpi in ("response_time", "satisfaction"):
            ends = ["value", "low", "high"]
            of_kpi = months[months["kpi"] == kpi].set_index("month")[ends]
            shown = table.figures[table.figures["kpi"] == kpi]
            assert shown.set_index("month")[ends].equals(of_kpi.rename_axis("month"))

    def test_repeat_visits_count_only_months_whose_past_and_future_are_known(self, sample: kit.Data) -> None:
        months = service_months.by_month(sample).months
        visits = months[months["kpi"] == "repeat_visit_rate"]
        # bookings are known from September 2025 on and the data end in October 2026: 180 days after, 180 before
        assert visits["month"].tolist() == ["2026-03", "2026-04"]


class TestMonths:
    def waits(self, rng: np.random.Generator, factors: list[float]) -> pd.DataFrame:
        rows = [
            (f"2025-{month:02d}", f"2025-{month:02d}-{day:02d}", f"{month}-{day}-{one}", wait, True, False, 1)
            for month, factor in enumerate(factors, start=1)
            for day in range(1, 21)
            for one, wait in enumerate(factor * 300 * np.exp(rng.normal(0, 0.3) + rng.normal(0, 0.5, 4)))
        ]
        return pd.DataFrame(rows, columns=["month", "day", "person", "minutes", "answered", "closed", "n"])

    def test_one_bad_month_is_named_apart_and_is_no_change(self, rng: np.random.Generator) -> None:
        result = service_months.judge(self.waits(rng, [1, 1, 1, 1, 4, 1, 1, 1, 1, 1]), {}, as_of=None)
        assert result.found == []
        assert (
            "Single months that differ from the rest of their period: response time in May 2025"
            in result.table().text()
        )

    def test_a_month_that_still_runs_is_neither_judged_nor_now(self, rng: np.random.Generator) -> None:
        waits = self.waits(rng, [1] * 8)
        result = service_months.judge(waits, {}, as_of=pd.Timestamp("2025-08-20 12:00"))
        latest = result.latest("response_time")
        assert latest is not None
        assert latest["month"] == "2025-07"
        assert result.changes["months"].item() == 7
        whole = service_months.judge(waits, {}, as_of=pd.Timestamp("2025-08-31 23:59"))
        assert (whole.latest("response_time") or {})["month"] == "2025-08"

    def test_five_months_are_too_few(self, rng: np.random.Generator) -> None:
        result = service_months.judge(self.waits(rng, [1, 1, 3, 3, 3]), {}, as_of=None)
        assert (
            "too few months to say whether the service changed: at least one figure needs six complete months"
            in result.summary().text
        )
        assert result.table().cells()[0][-1] == "too few months"

    def test_without_a_service_it_says_so(self, tmp_path: Path) -> None:
        small.mailchimp(tmp_path, [{}])
        result = service_months.by_month(kit.open(tmp_path))
        assert "too few months to say whether the service changed" in result.summary().text
        assert "no service figure is available by month" in result.table().text()
        assert "nothing to draw" in result.plot().alt


def test_a_request_closed_without_an_answer_leaves_at_its_closing(tmp_path: Path) -> None:
    small.settings(tmp_path, "as_of = 2026-02-28T23:59:00")
    header = ["Ticket ID", "Created at", "First response at", "Solved at"]
    rows = [
        ["1", "2026-01-05 10:00:00", "2026-01-05 11:00:00", "2026-01-05 12:00:00"],
        ["2", "2026-01-06 10:00:00", "", "2026-01-06 10:30:00"],  # closed after half an hour, never answered
        ["3", "2026-01-07 10:00:00", "", "2026-01-07 10:20:00"],
        ["4", "2026-01-08 10:00:00", "2026-01-08 12:00:00", ""],
        ["5", "2026-01-09 10:00:00", "", ""],  # still waits
    ]
    small.table(tmp_path, "tickets.csv", header, rows)
    data = kit.open(tmp_path)
    waits = counts.waits(data).sort_values("day")
    assert waits["minutes"].tolist()[:4] == [60, 30, 20, 120]
    assert waits["closed"].tolist() == [False, True, True, False, False]
    times = response_time.by_month(data)
    # By hand: at 60 min three are left of five (two left before), so 2/3 still wait; at 120 of two one: 1/3.
    assert times.rates[["n", "open", "closed", "value"]].to_numpy().tolist() == [[5, 1, 2, 120]]
    assert "closed without an answer counts as waiting only until it was closed" in times.table().text()
