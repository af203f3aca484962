"""Tests of subject lines: plans, looks, money, what to expect of a winner; and a published campaign."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small
from oracles import oracle
from small import DAY, NOON, event

import kit
from kit import counts
from kit.errors import UsageError
from kit.questions.subject_lines import earlier_spending, gains, peeking, plans, sample_size, verdicts

ROOT = Path(__file__).parents[1]


def arms(*sizes: tuple[int, int], name: str = "test", **more: Any) -> pd.DataFrame:
    n = [n for _, n in sizes]
    frame = pd.DataFrame({"variant": list("ABCDEFGH"[: len(sizes)]), "sent": n, "delivered": n})
    return frame.assign(
        campaign_id=name,
        campaign_name=name,
        sent_local=pd.Timestamp("2026-03-01"),
        opened=[x for x, _ in sizes],
        **more,
    )


def said(tests: verdicts.Tests) -> str:
    return tests.summary().text


class TestPlan:
    def test_before_the_planned_number_there_is_no_verdict(self) -> None:
        # CHECKS C7: "too early: 41 % of planned n" and no p-value.
        found = verdicts.judge(arms((205, 2050), (500, 2050)), "open_rate", plan=plans.plan(5000))
        row = found.verdicts.iloc[0]
        assert row["decision"] == "too early"
        assert row[["p", "difference", "low", "high", "higher"]].isna().all()
        assert said(found).startswith("“test”: too early: 41% of the planned number.")

    def test_at_the_planned_number_it_is_the_plain_test(self) -> None:
        frame = arms((1100, 5000), (1200, 5000))
        plain = verdicts.judge(frame, "open_rate")
        planned = verdicts.judge(frame, "open_rate", plan=plans.plan(5000))
        pd.testing.assert_frame_equal(plain.verdicts.drop(columns="part"), planned.verdicts.drop(columns="part"))

    @pytest.mark.parametrize(
        ("opened", "decision"),
        [((400, 470), "go on"), ((400, 520), "b")],  # z = 2.7 and 4.5
    )
    def test_an_early_look_asks_for_more(self, opened: tuple[int, int], decision: str) -> None:
        frame = arms(*((x, 2050) for x in opened))
        assert verdicts.judge(frame, "open_rate").verdicts.iloc[0]["decision"] == "b"
        found = verdicts.judge(frame, "open_rate", plan=plans.plan(5000, "2 of 4"))
        assert found.verdicts.iloc[0]["decision"] == decision
        assert (
            0.0005 < found.verdicts.iloc[0]["bar"] < 0.003
        )  # between those of a quarter (z = 4.33) and of half of the plan
        if decision == "go on":
            assert "(look 2 of 4, at 41% of the planned number)" in said(found)

    # The bounds of four looks are z = 4.333, 2.963, 2.359, 2.014 (R ldbounds, its function 1).
    def test_the_last_look_has_nearly_all_of_the_error(self) -> None:
        frame = arms((1100, 5000), (1200, 5000))
        found = verdicts.judge(frame, "open_rate", plan=plans.plan(5000, "4 of 4")).verdicts.iloc[0]
        assert found["bar"] == pytest.approx(0.0440, abs=1e-4)
        half = verdicts.judge(frame, "open_rate", plan=plans.plan(10_000, "2 of 4")).verdicts.iloc[0]
        assert half["bar"] == pytest.approx(0.00305, abs=1e-5)
        assert found["decision"] == "b"
        early = verdicts.judge(frame, "open_rate", plan=plans.plan(6000, "4 of 4")).verdicts.iloc[0]
        assert early["decision"] == "too early"

    @pytest.mark.parametrize(
        ("n", "look", "message"),
        [
            (5000, "5 of 4", "look: 4 looks were planned, so look 5 does not exist. Judge only at the planned looks."),
            (5000, "0 of 4", "look: 4 looks were planned, so look 0 does not exist. Judge only at the planned looks."),
            (0, "2 of 4", "look: looks divide a planned number of messages. Set this number as plan."),
            (5000, "often", 'look: \'often\' cannot be used. Write it like "2 of 4", or "any time".'),
            (-5, "", "plan: -5 messages per version cannot be planned."),
        ],
    )
    def test_what_is_no_plan_is_refused(self, n: int, look: str, message: str) -> None:
        with pytest.raises(UsageError) as raised:
            plans.plan(n, look)
        assert str(raised.value) == message

    def test_any_time_has_a_wider_interval_and_no_p(self) -> None:
        frame = arms((1100, 5000), (1200, 5000))
        plain = verdicts.judge(frame, "open_rate").verdicts.iloc[0]
        found = verdicts.judge(frame, "open_rate", plan=plans.plan(5000, "any time")).verdicts.iloc[0]
        assert found["high"] - found["low"] > 1.3 * (plain["high"] - plain["low"])
        assert (found["decision"], np.isnan(found["p"])) == ("go on", True)
        assert (
            verdicts.judge(arms((1000, 5000), (1200, 5000)), "open_rate", plan=plans.plan(0, "any time")).verdicts.iloc[
                0
            ]["decision"]
            == "b"
        )

    def test_any_time_is_withheld_of_a_handful(self) -> None:
        found = verdicts.judge(arms((4, 5000), (90, 5000)), "open_rate", plan=plans.plan(0, "any time"))
        assert found.verdicts.iloc[0]["decision"] == "too few"
        assert "fewer than 5 people in one of the versions reacted" in said(found)

    def test_a_young_test_is_judged_and_marked(self) -> None:
        frame = arms((1100, 5000), (1300, 5000))
        found = verdicts.judge(frame, "open_rate", as_of=datetime(2026, 3, 2), maturity_days=3)
        assert found.verdicts.iloc[0]["decision"] == "b"
        assert said(found).endswith(
            "It is too recent: the subject line that is faster now may not be the better one in the end."
        )
        old = verdicts.judge(frame, "open_rate", as_of=datetime(2026, 3, 5), maturity_days=3)
        assert "young" not in said(old)

    def test_every_decision_has_words_and_a_picture(self) -> None:
        frame = arms((1100, 5000), (1200, 5000))
        for stated in (
            plans.plan(0),
            plans.plan(9000),
            plans.plan(9000, "1 of 3"),
            plans.plan(0, "any time"),
        ):
            found = verdicts.judge(frame, "open_rate", plan=stated)
            assert found.verdicts.iloc[0]["decision"] in {"b", "too early", "go on"}
            assert found.words_table().cells()[0][0].startswith("“test”: ")
            assert found.plot().alt.startswith("Tests: ")


class TestExpectation:
    def judged(self, gains: list[int]) -> verdicts.Tests:
        frames = [arms((1000, 5000), (1000 + gain, 5000), name=f"t{i}") for i, gain in enumerate(gains)]
        return verdicts.judge(pd.concat(frames), "open_rate")

    def test_a_winner_is_expected_to_keep_less_than_was_measured(self) -> None:
        found = self.judged([150, 10, -40, 30, -20, 15, 5, -10, 20, 0])
        won = found.verdicts.iloc[0]
        assert won["decision"] == "b"
        assert 0 < won["expect"] < won["difference"] == pytest.approx(0.03)
        assert won["expect_low"] < won["expect"] < won["expect_high"]
        assert f"Of the +3.0 points measured, +{100 * won['expect']:.1f} usually remain in such tests (" in said(found)

    def test_with_fewer_than_ten_tests_it_is_said_that_it_cannot_be_told(self) -> None:
        found = self.judged([150, 10, -40, 30, 20, -15, 5, 10, 0])
        assert found.verdicts["expect"].isna().all()
        assert "usually remain" not in said(found)
        assert "with fewer than ten tests it is not known by how much" in found.table().text()

    def test_a_winner_among_many_tests_has_to_be_clearer(self) -> None:
        alone = self.judged([95])
        assert alone.verdicts["decision"].tolist() == ["b"]  # p = 0.02
        among = self.judged([95, 10, -40, 30, 20, -15, 5])
        assert among.verdicts["decision"].tolist() == ["ahead", *["not decided"] * 6]
        assert "Of 7 tests, none is decided, 1 has one line ahead, 6 undecided." in said(among)
        assert "is ahead of A by" in among.words_table().text()
        assert "test it again" in among.words_table().text()
        assert "if all subject lines were equally good, 5 % of such pages would name a winner" in among.table().text()

    def test_the_chance_is_that_of_the_better_side(self) -> None:
        frame = arms((0, 5000), (0, 5000), unsubscribed=[40, 20])
        found = verdicts.judge(frame, "unsubscribe_rate")
        assert found.verdicts.iloc[0]["higher"] < 0.01
        assert found.verdicts.iloc[0]["decision"] == "b"
        assert "over 99%" in found.table().text()


class TestSizes:
    def test_sizes_are_the_published(self) -> None:
        # 20 % against 21, 22 and 24 %: R's power.prop.test gives 25,583, 6,510 and 1,683 an arm.
        frame = pd.DataFrame({"opened": [200, 400], "delivered": [1000, 2000]})
        found = sample_size.judge(frame, "open_rate")
        assert found.needed["needed"].tolist() == [25583, 6510, 1683]
        assert found.arm == 750
        assert "6,510" in found.table().text()

    def test_an_unknown_rate_has_no_sizes(self) -> None:
        frame = pd.DataFrame({"opened": [None], "delivered": [1000]}, dtype="Float64")
        assert "the current rate is not known" in sample_size.judge(frame, "open_rate").table().text()

    def test_peeking_is_told_as_published(self) -> None:  # Armitage, McPherson & Rowe (1969)
        assert peeking.false_winners().summary().text == (
            "Two equal subject lines show a false “winner” in 5% of tests with one look, 8% with 2, 14% with 5, "
            "19% with 10, 25% with 20 looks."
        )


def hillstrom(shared: Path) -> pd.DataFrame:
    """Arms of the MineThatData challenge: no mail, men's, women's."""
    names = {"No E-Mail": "A none", "Mens E-Mail": "B mens", "Womens E-Mail": "C womens"}
    with (shared / "datasets/hillstrom.csv").open(encoding="utf-8", newline="") as file:
        rows = [(names[row["segment"]], int(row["visit"]), float(row["spend"])) for row in csv.DictReader(file)]
    people = pd.DataFrame(rows, columns=["variant", "opened", "revenue"])
    people = people.assign(revenue_squares=people["revenue"] ** 2, sent=1, delivered=1)
    found = people.groupby("variant", as_index=False).sum()
    return found.assign(campaign_id="h", campaign_name="Hillstrom", sent_local=pd.Timestamp("2008-03-20"))


class TestHillstrom:
    # Hillstrom (2008), MineThatData e-mail challenge: published table, lifts and split.

    def test_the_arms_are_those_that_the_printed_shares_imply(self, shared: Path) -> None:
        found, case = hillstrom(shared).set_index("variant"), oracle(shared, "hillstrom_counts").expected
        for arm, name in (("A none", "none"), ("B mens", "mens"), ("C womens", "womens")):
            assert [found.loc[arm, one] for one in ("sent", "opened")] == [
                case[name]["n"],
                case[name]["visit"],
            ]

    def test_the_table_of_arms(self, shared: Path) -> None:
        found = hillstrom(shared)
        case = oracle(shared, "hillstrom_counts_raw").expected  # men's, women's, none
        assert found["sent"].tolist() == [case["n"][n] for n in (2, 0, 1)] == [21306, 21307, 21387]
        assert found["opened"].tolist() == [case["visit"][n] for n in (2, 0, 1)] == [2262, 3894, 3238]
        assert found["revenue"].tolist() == pytest.approx([case["spend"][n] for n in (2, 0, 1)], abs=0.005)

    def test_visits_split_and_verdicts(self, shared: Path) -> None:
        found = verdicts.judge(hillstrom(shared), "open_rate")
        assert found.verdicts["split_p"].iloc[0] == oracle(shared, "hillstrom_srm").near("p")
        assert found.verdicts["difference"].tolist() == pytest.approx([0.07659, 0.04523, -0.03136], abs=1e-5)
        assert [found.verdicts["value_a"].iloc[0], *found.verdicts["value_b"].iloc[:2]] == pytest.approx(
            [0.106167, 0.182757, 0.1514], abs=5e-7
        )
        assert found.verdicts["decision"].tolist() == ["b", "b", "a"]  # men's beats women's too

    def test_spend_by_welch(self, shared: Path) -> None:
        found = verdicts.judge(hillstrom(shared), "revenue_per_mail")
        case = oracle(shared, "hillstrom_spend_welch_mens_none")
        row = found.verdicts.iloc[0]
        assert [row["difference"], row["low"], row["high"]] == case.near("diff", "low", "high")
        assert row["p"] == pytest.approx(3 * case.expected["p"], rel=1e-3)  # Holm: the clearest of three
        assert found.verdicts["difference"].iloc[1] == pytest.approx(0.4244, abs=5e-5)
        assert [found.verdicts["low"].iloc[1], found.verdicts["high"].iloc[1]] == pytest.approx(
            [0.169, 0.680], abs=5e-4
        )
        assert found.verdicts["decision"].tolist()[:2] == ["b", "b"]

    def test_lifts_of_conversion(self, shared: Path) -> None:
        case = oracle(shared, "hillstrom_lifts")
        none, mens, womens = (case.inputs[name] for name in ("none", "mens", "womens"))
        frame = arms(*((one["conv"], one["n"]) for one in (none, mens, womens)))
        found = verdicts.judge(frame, "open_rate")
        assert found.verdicts["lift"].tolist()[:2] == case.near("mens", "womens")
        assert found.verdicts["difference"].tolist()[:2] == pytest.approx(
            [0.006805, 0.003111], abs=5e-7
        )  # published: 0.68, 0.31 points


class TestArms:
    def test_arms_are_named_by_their_lines(self) -> None:
        frame = arms((1000, 5000), (1200, 5000)).assign(line=["Old line", "New line?"])
        found = verdicts.judge(frame, "open_rate")
        assert "B “New line?” is better than A “Old line”" in said(found)
        assert "A “Old line” – B “New line?”" in found.table().text()

    def test_without_lines_they_are_letters(self) -> None:
        found = verdicts.judge(arms((1000, 5000), (1200, 5000)), "open_rate")
        assert "B is better than A" in said(found)
        assert found.table().cells()[0][1] == "A – B"

    def test_a_kpi_that_does_not_decide_gives_hints(self) -> None:
        found = verdicts.judge(arms((1000, 5000), (1200, 5000)), "open_rate")
        assert "Hint" in replace(found, decides=False).table().text()
        assert "is a hint for the next test, not a verdict" in replace(found, decides=False).table().text()
        assert "hint" not in found.table().text()

    def test_of_several_variants_the_correction_is_told(self) -> None:
        frame = arms((1000, 5000), (1010, 5000), (1200, 5000), revenue=[5e3, 6e3, 5e3], revenue_squares=[9e5] * 3)
        for kpi in ("open_rate", "revenue_per_mail"):
            found = verdicts.judge(frame, kpi)
            assert found.verdicts[["a", "b"]].to_numpy().tolist() == [["A", "B"], ["A", "C"], ["B", "C"]]
            assert "(Holm)" in found.table().text()
            assert "each two of them are compared" in found.table().text()
        assert verdicts.judge(frame, "open_rate").verdicts["decision"].tolist() == ["not decided", "b", "b"]
        assert said(verdicts.judge(frame, "open_rate")).startswith("Of 3 comparisons, 2 are decided, 1 undecided.")

    def test_clicks_over_openings_are_no_drawn_comparison(self) -> None:
        frame = arms((1000, 5000), (1200, 5000), clicked=[100, 110])
        text = verdicts.judge(frame, "click_to_open_rate").table().text()
        assert "The people who opened are not a random sample" in text

    def test_what_rounds_to_nothing_has_no_sign(self) -> None:
        frame = arms((0, 20_000_000), (0, 20_000_000), clicked=[10_000_000, 9_999_999])
        text = verdicts.judge(frame, "click_rate").table().text()
        assert "−0.00" not in text
        assert "+0.00" not in text

    def test_lines_come_from_reports_and_from_one_field(self) -> None:
        data = kit.open(ROOT / "data/sample")
        counted = counts.messages(data, ["campaign_id", "campaign_name", "sent_local", "variant"])
        found = counts.lines(data, counted).dropna(subset="variant").set_index(["campaign_name", "variant"])["line"]
        # data/sample/mailchimp/ab_report_2026-02-05.csv; data/sample/mailings_2026.csv: "A: … | B: …"
        assert found["Февраль: тест темы", "A"] == "Два часа, и машина готова"
        assert found["Апрель: тест темы", "B"] == "Ваша машина готова к дачному сезону?"
        assert found.notna().all()


class TestMoney:
    def test_the_figure_of_money_is_in_money(self) -> None:
        frame = arms((0, 700), (0, 700), revenue=[500.0, 900.0], revenue_squares=[30000.0, 90000.0])
        drawn = replace(verdicts.judge(frame, "revenue_per_mail"), currency="EUR").plot()
        assert "0.57 EUR" in drawn.alt
        assert "points" not in drawn.alt

    def test_a_thin_test_of_money_is_warned_of(self) -> None:
        frame = arms((0, 700), (0, 700), revenue=[500.0, 900.0], revenue_squares=[30000.0, 90000.0])
        found = replace(verdicts.judge(frame, "revenue_per_mail"), currency="EUR")
        text = found.table().text()
        assert "With fewer than 2,000 messages in a version, a single large order can turn the result." in text
        assert "0.71 EUR" in text

    def test_without_squares_it_is_unknown(self) -> None:
        frame = arms((0, 700), (0, 700), revenue=[500.0, 900.0])
        assert verdicts.judge(frame, "revenue_per_mail").verdicts.iloc[0]["decision"] == "unknown"

    def test_a_waiting_time_decides_no_test(self) -> None:
        with pytest.raises(UsageError, match="response_time"):
            verdicts.judge(arms((1, 5), (2, 5)), "response_time")


class TestAssignment:
    def follow_up(self, tmp_path: Path) -> kit.store.Data:
        """By hand: line A is followed by 1 order of 10, line B by 3, each after a mail that its click set off."""
        arms_of = {person: "A" if person <= 20 else "B" for person in range(1, 41)}
        mails = [event("delivered", person, variant=arm) for person, arm in arms_of.items()]
        buyers = [1, 21, 22, 23]
        mails += [event("delivered", person, campaign="reminder", at=NOON + DAY) for person in buyers[1:]]
        small.log(tmp_path, mails)
        when = pd.Timestamp(NOON + 2 * DAY, unit="s").strftime("%Y-%m-%d %H:%M")
        orders = [(f"o{person}", f"p{person}@example.com", when, 10, "EUR") for person in buyers]
        small.table(tmp_path, "orders.csv", ["order_id", "email", "date", "total", "currency"], orders)
        small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-06-01T00:00:00")
        return kit.open(tmp_path)

    def test_a_mail_that_a_click_set_off_takes_no_outcome_from_its_line(self, tmp_path: Path) -> None:
        data = self.follow_up(tmp_path)
        row = verdicts.compare(data, kpi="revenue_per_mail").verdicts.iloc[0]
        assert (row["value_a"], row["value_b"]) == (10 / 20, 30 / 20)
        spent = counts.spent(data).set_index("variant")["revenue"]
        assert spent.to_dict() == {"A": 10, "B": 30}
        table = verdicts.compare(data, kpi="revenue_per_mail").table().text()
        assert "whichever e-mail caused it" in table
        assert earlier_spending.adjust(data).tests["difference"].iloc[0] == pytest.approx(1.0)

    def test_campaigns_side_by_side_still_add_up(self, tmp_path: Path) -> None:
        data = self.follow_up(tmp_path)
        by_campaign = counts.messages(data, ["campaign_name"]).set_index("campaign_name")["revenue"]
        assert by_campaign.to_dict() == {"Name of c1": 10, "Name of reminder": 30}
        assert counts.messages(data, [])["revenue"].iloc[0] == 40


class TestAllTests:
    def together(self, more: list[int]) -> gains.AllTests:
        frames = [arms((1000, 5000), (1000 + gain, 5000), name=f"t{i}") for i, gain in enumerate(more)]
        return gains.judge(verdicts.judge(pd.concat(frames), "open_rate"), 130_200)

    def test_few_tests_tell_how_often_a_line_wins_and_no_more(self) -> None:
        found = self.together([200, 10, -20])
        row = found.together.iloc[0]
        assert (row["read"], row["won"], row["needed"]) == (3, 1, 6510)  # R's power.prop.test, 20 against 22 %
        assert row["a_year"] == 10
        assert np.isnan(row["total"])
        assert found.summary().text == (
            "A subject line won in 1 of 3 tests that can be judged: 33.3% (0.8–90.6). With fewer than ten tests, the "
            "winners' total gain cannot be estimated. A winner is usually overstated. A year's messages are "
            "enough for 10 tests that would see a lift of 10%."
        )

    def test_the_winners_bring_less_together_than_they_measured(self) -> None:
        found = self.together([220, -200, 10, -20, 5, 15, -10, 0, 25, -5])
        row = found.together.iloc[0]
        assert row["won"] == 2
        assert 0 < row["total_low"] < row["total"] < row["total_high"]
        assert row["total"] < (220 + 200) / 5000  # measured
        assert "The winners together bring +" in found.summary().text
        assert found.table().cells()[0][3].endswith(")")

    def test_tests_of_three_lines_are_left_out_and_none_is_said(self) -> None:
        frame = arms((1000, 5000), (1010, 5000), (1200, 5000))
        found = gains.judge(verdicts.judge(frame, "open_rate"), np.nan)
        assert found.summary().text == "No test of two subject lines can be judged here."
        assert found.table().cells() == []
