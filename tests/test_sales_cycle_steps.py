"""The sales cycle: small ways worked out by hand, and the sample against what was planted in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small

import kit
from kit.errors import UsageError
from kit.questions.sales_cycle import cohorts, groups, sequences, stages, steps
from kit.questions.sales_cycle.ways import durations

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
CONTACTS = ["Email", "Opted in at", "Source"]
ACTIONS = ["Email", "Action", "Date"]
ORDERS = ["Order ID", "Email", "Created at", "Total", "Currency", "Status"]
DEALS = ["Deal ID", "Email", "Stage", "Amount", "Created at", "Closed at"]


def world(
    folder: Path,
    *,
    joined: Sequence[tuple[str, str]] = (),
    did: Sequence[tuple[str, str, str]] = (),
    bought: Sequence[tuple[str, str] | tuple[str, str, str]] = (),
    deals: Sequence[tuple[str, str, str, str]] = (),
    more: Sequence[str] = (),
) -> kit.store.Data:
    """An export as of 2026-06-30; who joined when, did what when, bought when, had which deal."""
    small.settings(folder, 'time_zone = "UTC"', "as_of = 2026-06-30T12:00:00", *more)
    if joined:
        small.table(folder, "contacts.csv", CONTACTS, [(f"{who}@example.com", at, "form") for who, at in joined])
    if did:
        small.table(folder, "did.csv", ACTIONS, [(f"{who}@example.com", what, at) for who, what, at in did])
    if bought:
        rows = [(n, f"{who}@example.com", at, 10, "EUR", *more) for n, (who, at, *more) in enumerate(bought)]
        small.table(folder, "orders.csv", ORDERS, [(*row, "paid")[:6] for row in rows])
    if deals:
        rows = [(n, f"{who}@example.com", stage, 5, a, z) for n, (who, stage, a, z) in enumerate(deals)]
        small.table(folder, "deals.csv", DEALS, rows)
    return kit.open(folder)


def one(told: pd.DataFrame, step: str) -> dict[str, Any]:
    (row,) = told[told["step"] == step].to_dict("records")
    return row


class TestStages:
    def test_days_are_begun_ones_until_the_next_stage_and_whole_ones_while_it_is_open(self, tmp_path: Path) -> None:
        data = world(
            tmp_path,
            joined=[("a", "2026-01-01 12:00:00"), ("b", "2026-01-03 13:00:00")],
            did=[("a", "booking", "2026-01-02 13:00")],
            bought=[("a", "2026-01-05 13:00:00")],
        )
        told = durations(data)
        first = told[told["step"] == "contact → lead"]
        # a: 25 hours, the second day begun; b: 177 days and 23 hours without a lead
        assert first[["days", "reached", "n"]].to_numpy().tolist() == [[2, True, 1], [177, False, 1]]
        assert one(told, "lead → customer")["days"] == 3
        assert told[told["step"] == "contact → customer"]["days"].tolist() == [5, 177]  # 97 hours
        assert not told["early"].any()

    def test_who_is_first_seen_later_has_skipped_the_stage_and_passed_it_then(self, tmp_path: Path) -> None:
        data = world(
            tmp_path,
            joined=[("a", "2026-01-01 12:00:00"), ("b", "2026-01-01 12:00:00")],
            did=[("b", "lead", "2026-01-02 12:00"), ("a", "lead", "2026-03-01 12:00")],
            bought=[("a", "2026-01-11 12:00:00")],
        )
        told = durations(data)
        lead = told[told["step"] == "contact → lead"]
        assert lead[["days", "reached"]].to_numpy().tolist() == [[1, True], [10, True]]
        bought = told[told["step"] == "lead → customer"].set_index("reached")
        assert (bought.loc[True, "days"], bought.loc[True, "skipped"], bought.loc[False, "skipped"]) == (0, True, False)

    def test_who_comes_back_counts_by_the_first_time(self, tmp_path: Path) -> None:
        data = world(
            tmp_path,
            joined=[("a", "2026-01-01 12:00:00")],
            did=[("a", "booking", "2026-02-10 12:00"), ("a", "lead", "2026-01-21 12:00")],
            bought=[("a", "2026-05-01 12:00:00"), ("a", "2026-01-31 12:00:00")],
        )
        told = durations(data)
        assert told["n"].tolist() == [1, 1, 1]
        assert told["days"].tolist() == [20, 10, 30]

    def test_a_cancelled_order_and_a_lost_or_open_deal_make_no_customer(self, tmp_path: Path) -> None:
        data = world(
            tmp_path,
            joined=[(who, "2026-01-01 12:00:00") for who in "abcd"],
            bought=[("a", "2026-01-11 12:00:00", "cancelled"), ("b", "2026-01-02 12:00:00", "paid")],
            deals=[
                ("b", "Lost", "2026-01-02 12:00:00", "2026-01-04 12:00:00"),
                ("c", "Won", "2026-01-03 12:00:00", "2026-01-08 12:00:00"),
                ("d", "Open", "2026-01-03 12:00:00", "2026-08-01 12:00:00"),
            ],
        )
        told = durations(data)
        assert one(told[told["reached"] & (told["days"] == 7)], "contact → customer")["n"] == 1  # c, won
        assert told[(told["step"] == "contact → customer") & told["reached"]]["n"].sum() == 2  # c and b
        assert told[(told["step"] == "contact → lead") & told["reached"]]["n"].sum() == 3

    def test_who_acts_before_joining_was_first_seen_then(self, tmp_path: Path) -> None:
        data = world(
            tmp_path, joined=[("a", "2026-01-20 12:00:00")], did=[("a", "lead", "2026-01-05 12:00")],
            bought=[("a", "2026-01-25 12:00:00")],
        )  # fmt: skip
        told = durations(data)
        assert one(told, "contact → lead")["days"] == 0
        assert told["cohort"].unique().tolist() == ["2026-01"]
        assert one(told, "contact → customer")["days"] == 20

    def test_what_happens_after_the_export_has_not_happened(self, tmp_path: Path) -> None:
        data = world(
            tmp_path, joined=[("a", "2026-06-01 12:00:00")], did=[("a", "lead", "2026-07-05 12:00")],
            bought=[("b", "2026-06-05 12:00:00")],
        )  # fmt: skip
        told = durations(data, ["contact", "customer"])
        assert sorted(told[["days", "reached"]].to_numpy().tolist()) == [[0, True], [29, False]]

    def test_people_from_before_a_stage_was_recorded_are_early(self, tmp_path: Path) -> None:
        data = world(
            tmp_path,
            joined=[("a", "2025-01-01 12:00:00"), ("b", "2026-01-20 12:00:00")],
            did=[("a", "lead", "2026-01-15 12:00")],
            bought=[("b", "2026-01-25 12:00:00"), ("a", "2026-02-01 12:00:00")],
        )
        told = durations(data)
        assert told.loc[told["cohort"] == "2025-01", "early"].all()
        result = steps.judge(told, days=90)
        assert result.early == 1
        assert result.rates["entered"].tolist() == [1, 1, 1]

    def test_a_stage_that_nothing_tells_of_is_left_out_and_not_0(self, tmp_path: Path) -> None:
        data = world(tmp_path, joined=[("a", "2026-01-01 12:00:00")], bought=[("a", "2026-01-03 12:00:00")])
        sources = stages.sources(data)
        assert sources[["stage", "what", "people"]].to_numpy().tolist() == [
            ["contact", "joined the list", 1], ["lead", "nothing", 0], ["customer", "order", 1],
        ]  # fmt: skip
        assert durations(data)["step"].unique().tolist() == ["contact → customer"]
        assert "There is no data on lead" in stages.read(data).table().text()
        assert stages.read(data).summary().text == "Recorded stages: contact and customer."

    def test_another_stage_is_the_action_of_its_name(self, tmp_path: Path) -> None:
        data = world(
            tmp_path,
            joined=[("a", "2026-01-01 12:00:00")],
            did=[("a", "demo", "2026-01-04 12:00")],
            bought=[("a", "2026-01-08 12:00:00")],
            more=["[funnel]", 'stages = ["contact", "Demo", "customer"]'],
        )
        assert durations(data)[["step", "days"]].to_numpy().tolist() == [
            ["contact → demo", 3], ["demo → customer", 4], ["contact → customer", 7],
        ]  # fmt: skip
        with pytest.raises(UsageError, match="'trial' is neither a stage nor an action in this data"):
            durations(data, ["contact", "trial"])
        with pytest.raises(UsageError, match=r"contact cannot be used\. Name two or more stages"):
            durations(data, ["contact"])

    def test_the_period_is_that_of_beginning_the_step(self, tmp_path: Path) -> None:
        world(
            tmp_path,
            joined=[("a", "2026-01-01 12:00:00"), ("b", "2026-02-01 12:00:00")],
            did=[("a", "lead", "2026-02-15 12:00"), ("b", "lead", "2026-03-15 12:00")],
            bought=[("a", "2026-01-15 12:00:00")],
        )
        told = durations(kit.open(tmp_path, "2026-02"))
        assert told[["step", "n"]].to_numpy().tolist() == [["contact → lead", 1], ["contact → customer", 1]]


NOON = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())


def mailed(folder: Path, *events: dict[str, Any]) -> None:
    small.log(folder, events)


def auto(person: int, day: int, name: str) -> dict[str, Any]:
    more = {"mc_stats": "automation", "mc_auto_id": name, "mc_auto_name": name}
    told = small.event("delivered", person, campaign=name, at=NOON + day * small.DAY, **more)
    return {key: value for key, value in told.items() if not key.startswith("singlesend")}


class TestMail:
    def test_a_mail_brings_who_acts_within_its_window_and_never_who_acted_before(self, tmp_path: Path) -> None:
        # B15: p1 books after the mail, p2 before it, p3 after the window of 7 days
        mailed(tmp_path, *(small.event("delivered", n, at=NOON) for n in (1, 2, 3)))
        at = {"p1": "2026-03-05 12:00", "p2": "2026-03-01 11:00", "p3": "2026-03-09 12:00"}
        data = world(
            tmp_path,
            joined=[(who, "2026-03-01 06:00:00") for who in at],
            did=[(who, "booking", when) for who, when in at.items()],
            bought=[("p2", "2026-03-20 12:00:00")],
        )
        told = durations(data, by="mail")
        lead = told[told["step"] == "lead → customer"].groupby("group")["n"].sum()
        assert lead.to_dict() == {"Name of c1": 1, "no e-mail before the step": 2}

    def test_the_clock_of_a_sequence_starts_with_its_first_mail_within_the_stage(self, tmp_path: Path) -> None:
        # p1: welcomed on day 10, leads on day 15; p2: leads before the mail; p3: welcomed twice, never a lead
        mailed(tmp_path, auto(1, 10, "Welcome"), auto(2, 10, "Welcome"), auto(3, 4, "Welcome"), auto(3, 9, "Welcome"))
        data = world(
            tmp_path,
            joined=[(f"p{n}", "2026-03-01 12:00:00") for n in (1, 2, 3)],
            did=[("p1", "lead", "2026-03-16 12:00"), ("p2", "lead", "2026-03-06 12:00")],
            bought=[("p2", "2026-03-31 12:00:00")],
        )
        told = durations(data, by="sequence")
        first = told[told["step"] == "contact → lead"]
        # p3 from 5 March to 30 June: 117 days
        assert sorted(first[["days", "reached"]].to_numpy().tolist()) == [[5, True], [117, False]]
        assert one(told, "lead → customer")["days"] == 20  # p2, from 11 to 31 March
        assert set(told["step"]) == {"contact → lead", "lead → customer"}
        assert sequences.judge(told, days=90).rates["entered"].tolist() == [2, 1]

    def test_without_a_time_zone_nobody_was_brought_by_a_mail(self, tmp_path: Path) -> None:
        mailed(tmp_path, small.event("delivered", 1, at=NOON), auto(1, 1, "Welcome"))
        world(tmp_path, joined=[("p1", "2026-03-01 06:00:00")], did=[("p1", "lead", "2026-03-04 12:00")])
        small.settings(tmp_path, "as_of = 2026-06-30T12:00:00")
        data = kit.open(tmp_path)
        assert durations(data, by="mail")["group"].unique().tolist() == ["not known"]
        after = durations(data, by="sequence")
        assert after.empty
        assert sequences.judge(after, days=90).summary().numbers == {"sequences": 0}

    def test_without_a_joining_date_the_first_mail_counts(self, tmp_path: Path) -> None:
        mailed(tmp_path, small.event("delivered", 1, at=NOON), small.event("delivered", 1, at=NOON + 9, campaign="c2"))
        data = world(tmp_path, bought=[("p1", "2026-03-04 12:00:00")])
        sources = stages.sources(data).set_index("what")
        assert sources.loc["first e-mail, joining date not in the export", "people"] == 1
        told = durations(data, ["contact", "customer"])
        assert told["days"].tolist() == [3]
        assert told["early"].tolist() == [True]  # in the log's first month: perhaps on the list for long


def told(rows: Sequence[tuple[int, bool, bool, int]], **more: Any) -> pd.DataFrame:
    """One step's histogram: days, reached, mature, n."""
    frame = pd.DataFrame(rows, columns=["days", "reached", "mature", "n"])
    frame = frame.assign(step="a → b", start="a", end="b", group="all", cohort="2026-01", skipped=False, early=False)
    return frame.assign(**more)


class TestFollow:
    def test_the_plain_rate_is_of_mature_people_only(self) -> None:
        rows = [
            (10, True, True, 20),
            (100, True, True, 5),
            (200, False, True, 75),
            (5, True, False, 30),
            (9, False, False, 40),
        ]
        row = steps.judge(told(rows), days=90).rates.iloc[0]
        # Those within 90 days of those followed for 90: 20 of 20 + 5 + 75; Wilson, by hand with z = 1.959964
        assert (row["n"], row["passed"], row["value"], row["open"], row["entered"]) == (100, 20, 0.2, 40, 170)
        assert (row["low"], row["high"]) == pytest.approx((0.133367, 0.288829), abs=1e-6)
        assert row["half"] == 10

    def test_the_lagged_rate_by_hand(self) -> None:
        # 10 people: 2 pass on day 1, 4 are lost sight of on day 2, 1 passes on day 3, 3 are open on day 5
        rows = [(1, True, False, 2), (2, False, False, 4), (3, True, False, 1), (5, False, True, 3)]
        row = steps.judge(told(rows), days=4).rates.iloc[0]
        assert row["lagged"] == pytest.approx(1 - 8 / 10 * 3 / 4)  # at risk: 10 on day 1, 4 on day 3
        assert row["at_risk"] == 3
        assert pd.isna(row["median"])
        assert row["lagged_low"] < row["lagged"] < row["lagged_high"]

    def test_beyond_what_anybody_was_followed_for_nothing_is_known(self) -> None:
        result = steps.judge(told([(10, True, False, 3), (20, False, False, 4)]), days=90)
        row = result.rates.iloc[0]
        assert (row["n"], row["few"]) == (0, True)
        assert pd.isna(row[["value", "low", "high", "lagged", "lagged_low", "lagged_high"]].astype(float)).all()
        assert result.summary().text.startswith("Conversion cannot be calculated yet")
        assert "not observed for so long" in result.table().text()

    def test_where_everybody_came_before_the_stages_are_recorded_that_is_the_reason(self) -> None:
        text = steps.judge(told([(10, True, True, 1200)], early=True), days=90).summary().text
        assert text.endswith("all 1,200 people were first seen before all stages were recorded.")

    def test_the_median_is_told_with_its_interval_or_not_reached(self) -> None:
        rows = [(day, True, True, 10) for day in range(1, 33)] + [(100, False, True, 80)]
        row = steps.judge(told(rows), days=90).rates.iloc[0]
        assert row["median"] == 20  # 200 of 400 have passed by then
        assert row["median_low"] < 20 < row["median_high"]

    def test_steps_multiply_to_the_whole_on_the_same_people_only(self) -> None:
        paths = pd.DataFrame(
            {
                "group": "all",
                "cohort": "2026-01",
                "passed": [0, 1, 2],
                "late": False,
                "waited": [200, 200, None],
                "early": False,
                "n": [60, 25, 15],
            }
        )
        both = pd.concat([told([(1, True, True, 1)]), told([(1, True, True, 1)], step="b → c", start="b", end="c")])
        passed = steps.judge(both, paths, days=90).passed
        assert passed[["stage", "n", "began"]].to_numpy().tolist() == [
            ["a", 100, 100],
            ["b", 40, 100],
            ["c", 15, 100],
        ]
        assert passed["value"].tolist() == pytest.approx([1, 0.4, 0.4 * 15 / 40])

    def test_late_is_not_lost(self) -> None:
        # Of 200: 100 pass on day 10, 40 on day 120, 20 on day 200; 40 are open on day 400.
        rows = [(10, True, True, 100), (120, True, True, 40), (200, True, True, 20), (400, False, True, 40)]
        paths = pd.DataFrame(
            {
                "group": "all",
                "passed": [1, 0, 0, 0],
                "late": [False, True, False, False],
                "waited": [None, None, 150, 300],
                "early": False,
                "n": [100, 40, 30, 30],
            }
        )
        result = steps.judge(told(rows), paths, days=90)
        row = result.late.iloc[0]
        assert (row["missed"], row["came"], row["waiting"], row["until"]) == (100, 40, 60, 400)
        # S(150) = 60 / 200, S(400) = 40 / 200: a third of the 30 who have waited 150 days will come; of the others none
        assert (row["value"], row["stays"]) == pytest.approx((10, 50))
        # variance: 30 x 1/3 x 2/3, and that of the curve, (30 x 2/3)² x 20 / (60 x 40)
        reach = 1.959964 * (30 * 2 / 9 + 400 * 20 / 2400) ** 0.5
        assert (row["low"], row["high"]) == pytest.approx((10 - reach, 10 + reach), abs=1e-4)
        text = result.summary().text
        assert "40 of them came later, 10 (4 to 16) more will probably come, and 50 probably will not." in text
        assert "lost" not in text

    def test_what_nobody_was_followed_for_cannot_be_told(self) -> None:
        paths = pd.DataFrame(
            {"group": "all", "passed": [0, 1], "late": False, "waited": [100, None], "early": False, "n": [9, 3]}
        )
        result = steps.judge(told([(10, True, True, 3), (100, False, True, 9)]), paths, days=90)
        assert "the other 9 cannot be judged yet" in result.summary().text
        assert result.late_table().text()

    def test_groups_are_compared_within_the_days_and_small_ones_marked(self) -> None:
        slow, fast = [(80, True, True, 20), (200, False, True, 80)], [(5, True, True, 60), (200, False, True, 40)]
        few = [(5, True, True, 9)]
        frame = pd.concat([told(slow, group="slow"), told(fast, group="fast"), told(few, group="few")])
        result = groups.judge(frame, days=90, by="segment")
        assert result.rates.set_index("group")["few"].to_dict() == {"fast": False, "few": True, "slow": False}
        assert (result.differences["groups"][0], result.differences["p"][0] < 1e-6) == (2, True)
        assert groups.judge(frame, days=4, by="segment").differences["p"].isna().all()  # nobody has passed by then
        sentence = result.summary().text
        assert "60.0% of “fast” and 20.0% of “slow”" in sentence
        assert "not chosen at random" in sentence

    def test_nothing_gives_nothing(self) -> None:
        result, apart = steps.judge(told([]), days=90), groups.judge(told([]), days=90, by="mail")
        assert result.rates.empty
        for shown in (
            result.table(),
            result.passed_table(),
            result.late_table(),
            apart.table(),
            cohorts.judge(told([]), days=90).table(),
        ):
            assert shown.text()
        for picture in (result.plot(), result.lags_plot(), apart.plot()):
            assert "othing to draw" in picture.svg
        assert result.summary().text.startswith("Conversion cannot be calculated")


@pytest.fixture(scope="module")
def export() -> kit.store.Data:
    return kit.open(ROOT / "data/sample")


class TestSample:
    def test_its_steps_are_the_planted_ones(self, export: kit.store.Data) -> None:
        truth = json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))["business"]["funnel"]
        result = steps.judge(durations(export), steps.paths(export), days=truth["days"])
        found = result.rates[["step", "n", "passed"]].to_numpy().tolist()
        assert found == [[one["step"], one["people"], one["passed"]] for one in truth["steps"]]
        assert (result.passed["began"] == result.passed["n"].iloc[0]).all()
        late = result.late
        assert (late["came"] + late["waiting"]).tolist() == late["missed"].tolist()
        assert late["missed"].tolist() == (-result.passed["n"].diff().dropna()).tolist()

    @pytest.mark.parametrize("by", ["segment", "opt_in_source", "language", "mail"])
    def test_its_groups_add_up_to_all(self, export: kit.store.Data, by: str) -> None:
        keys = ["step", "early"]
        sums = [durations(export, by=how).groupby(keys)["n"].sum() for how in ("", by)]
        assert sums[0].equals(sums[1])

    def test_where_people_joined_decides_who_asks_and_not_who_buys(self, export: kit.store.Data) -> None:
        p = groups.compare(export, by="opt_in_source", days=90).differences.set_index("step")["p"]
        assert p["contact → lead"] < 0.01  # asks: 6 % to 30 % by source, as planted
        assert p["lead → customer"] > 0.01

    def test_a_goal_is_called_no_profit_and_a_sequence_no_effect(self, export: kit.store.Data) -> None:
        result = steps.follow(export, days=90)
        assert "is a goal, but not yet a sale or profit" in result.summary().text
        assert "show no effect" in sequences.follow(export, days=90).summary().text


def test_a_way_that_cannot_be_asked_is_said(tmp_path: Path) -> None:
    data = world(tmp_path, joined=[("a", "2026-01-01 12:00:00")])
    assert durations(data).empty
    assert steps.paths(data).empty
    with pytest.raises(UsageError, match="people cannot be grouped by 'colour'"):
        durations(data, by="colour")
    with pytest.raises(UsageError, match="a step takes at least one day, not 0"):
        durations(data, days=0)
