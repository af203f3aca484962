"""The problem finder on made-up counts whose faults are known: one rule after the other, and all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kit.errors import UsageError
from kit.questions.find_problems import findings, frequency, rules
from kit.stats import proportions, stratified, student_effects

if TYPE_CHECKING:
    from kit.questions.find_problems.findings import Findings

PAGES = 60
RARE = PAGES * (0.05 + 3 * np.sqrt(0.05 * 0.95 / PAGES))
"""So many of 60 pages may name something false: 5 % and three Monte Carlo errors."""


def mails(rng: np.random.Generator, many: int = 40, n: int = 1500) -> pd.DataFrame:
    names = {"campaign_id": [f"id{i}" for i in range(many)], "campaign_name": [f"campaign {i}" for i in range(many)]}
    opened = rng.binomial(n, 0.3, many)
    counted = {"sent": n, "delivered": n, "opened": opened, "clicked": rng.binomial(opened, 0.15)}
    return pd.DataFrame(names | counted).assign(unsubscribed=rng.binomial(n, 0.004, many))


def counted(rng: np.random.Generator, groups: int = 24) -> dict[str, pd.DataFrame]:
    names = [chr(ord("A") + i) for i in range(groups)]
    lists = pd.DataFrame({"list_name": names, "sent": 8000, "bounced_hard": rng.binomial(8000, 0.008, groups)})
    domains = pd.DataFrame({"domain": [f"d{i}.example.com" for i in range(groups)], "month": "2026-05", "sent": 900})
    return {"campaign": mails(rng), "list": lists, "domain": domains.assign(bounced=rng.binomial(900, 0.015, groups))}


def named(found: Findings) -> set[tuple[str, str]]:
    return set(zip(found.areas["rule"], found.areas["name"], strict=True))


def skipped(found: Findings) -> dict[str, str]:
    return dict(zip(found.skipped["rule"], found.skipped["reason"], strict=True))


def parts(frame: pd.DataFrame, part: str, **levels: tuple[int, int]) -> pd.DataFrame:
    """Each campaign in its levels, with n and events of each."""
    frames = [frame.assign(**{part: name, "sent": n, "delivered": n, "x": x}) for name, (n, x) in levels.items()]
    return pd.concat(frames, ignore_index=True)


class TestAgainstOthers:
    def test_each_planted_fault_is_found_with_its_cause(self, rng: np.random.Generator) -> None:
        told = counted(rng)
        frame = told["campaign"].astype({"opened": int, "clicked": int})
        frame.loc[5, ["opened", "clicked"]] = [225, 34]  # opens and clicks halved, clicks per open as usual
        frame.loc[11, "clicked"] = 15  # opens as usual, clicks per open a fifth
        frame.loc[17, "unsubscribed"] = 60
        told["campaign"] = frame
        told["list"].loc[2, "bounced_hard"] = 600
        told["domain"].loc[3, "bounced"] = 300
        result = findings.judge(told)
        assert named(result) == {
            ("low_opens", "campaign 5"),
            ("low_clicks", "campaign 11"),
            ("many_unsubscribes", "campaign 17"),
            ("bounces_list", "C"),
            ("bounces_domain", "d3.example.com · 2026-05"),
        }
        assert (result.areas["low"] * result.areas["high"] > 0).all()  # no interval of a finding holds zero
        assert (result.areas["rate_low"] < result.areas["value"]).all()

    def test_among_few_groups_that_differ_none_is_a_problem_however_far_out(self, rng: np.random.Generator) -> None:
        told = counted(rng, groups=5)
        told["list"]["bounced_hard"] = [40, 60, 600, 90, 130]
        told["domain"]["bounced"] = [8, 12, 17, 90, 25]
        result = findings.judge(told)
        assert result.areas.empty
        assert set(result.extremes["name"][:2]) == {"C", "d3.example.com · 2026-05"}
        assert "but perhaps normal for this sender: “C”" in result.extremes_summary().text

    def test_a_campaign_far_out_is_ordinary_where_others_lie_far_out_too(self, rng: np.random.Generator) -> None:
        frame = mails(rng, 60)
        frame.loc[5, "opened"] = 225
        assert named(findings.judge({"campaign": frame})) == {("low_opens", "campaign 5")}
        frame.loc[11:20, "opened"] = [290, 620, 310, 640, 300, 650, 280, 630, 610, 320]
        result = findings.judge({"campaign": frame})
        assert result.areas.empty
        row = result.extremes.iloc[0]
        assert (row["rule"], row["name"]) == ("low_opens", "campaign 5")
        assert row["usual_low"] < 0.3 < row["usual_high"]
        assert row["value"] < row["usual_low"]
        assert "campaign 5" in result.extremes_table().text()
        assert "Perhaps normal: campaign 5: open rate (raw) 15.0%" in result.plot().alt

    def test_a_year_without_anything_far_out_has_no_extreme(self, rng: np.random.Generator) -> None:
        frame = mails(rng).assign(opened=450, clicked=60, unsubscribed=6)
        result = findings.judge({"campaign": frame})
        assert result.extremes.empty
        assert result.extremes_summary().text == "Apart from the problem areas, nothing is outside the usual range."

    def test_where_nothing_is_wrong_little_is_found(self, rng: np.random.Generator) -> None:
        pages = [findings.judge(counted(rng)) for _ in range(PAGES)]
        assert sum(len(page.areas) > 0 for page in pages) <= RARE
        assert all(page.checked > 100 for page in pages)

    def test_the_domain_with_the_most_bounces_too_many_comes_first_not_the_highest_rate(
        self, rng: np.random.Generator
    ) -> None:
        told = counted(rng)
        names = pd.DataFrame({"domain": [f"d{i}.example.com" for i in range(80)], "month": "2026-05"})
        sent, bounced = [900] * 78 + [20_000, 200], [*rng.binomial(900, 0.015, 78), 4_000, 120]
        told["domain"] = names.assign(sent=sent, bounced=bounced)
        found = findings.judge(told).areas
        assert found["name"].str.partition(".")[0].tolist() == ["d78", "d79"]
        assert found["value"].tolist() == [0.2, 0.6]

    def test_only_what_the_question_asks_for_is_named_and_the_rest_is_the_yardstick(
        self, rng: np.random.Generator
    ) -> None:
        frame = mails(rng)
        frame.loc[[5, 20], "opened"] = 200
        frame["asked"] = frame.index == 5
        result = findings.judge({"campaign": frame})
        assert named(result) == {("low_opens", "campaign 5")}
        assert result.areas["expected"].iloc[0] == pytest.approx(0.3, abs=0.02)
        assert result.checked == 3  # three rates of the one campaign

    def test_the_answers_of_the_servers_stand_beside_the_bounces(self, rng: np.random.Generator) -> None:
        told = counted(rng)
        told["domain"].loc[3, "bounced"] = 300
        refused = {"list_name": None, "domain": "d3.example.com", "month": "2026-05"}
        told["answers"] = pd.DataFrame([refused | {"answer": "554 blocked", "mails": 290}])
        result = findings.judge(told)
        assert result.areas["answers"].tolist() == ["554 blocked (290)"]
        assert "554 blocked (290)" in result.remedies_table().text()


class TestAgainstLimits:
    # B14: 0 of 500 and 0 of 3,900; 5 of 500 lies above both limits, 60 of 30,000 above the first.
    @pytest.mark.parametrize(
        ("complained", "n", "verdict"),
        [
            (0, 500, "can't be judged"),
            (0, 3_900, "below 0.10%"),
            (5, 500, "above 0.30%"),
            (60, 30_000, "above 0.10%"),
        ],
    )
    def test_the_verdict_is_the_interval_against_gmails_limits(self, complained: int, n: int, verdict: str) -> None:
        month = pd.DataFrame({"month": ["2026-05"], "sent": n, "delivered": n, "complained": complained})
        result = findings.judge({"month": month})
        assert result.limits["verdict"].tolist() == [verdict]
        assert named(result) == ({("complaints", "2026-05")} if verdict.startswith("above") else set())

    def test_the_exact_p_value_of_a_limit(self) -> None:
        # P(X >= 5), X binomial of 500 at 0.001: R 1 - pbinom(4, 500, 0.001) = 0.0001697
        assert proportions.binomial_test_greater([5], [500], 0.001)[0] == pytest.approx(0.0001697, rel=2e-3)
        assert np.isnan(proportions.binomial_test_greater([0], [0], 0.001)).all()

    def test_months_are_judged_each_and_shown_together(self) -> None:
        month = pd.DataFrame({"month": ["2026-05", "2026-06"], "sent": 2_500, "delivered": 2_500, "complained": 0})
        result = findings.judge({"month": month})
        assert result.limits[["name", "verdict"]].to_numpy().tolist() == [
            ["2026-05", "can't be judged"],
            ["2026-06", "can't be judged"],
            ["all months", "below 0.10%"],
        ]
        assert result.checked == 2

    def test_machines_that_open_are_a_caution_and_no_problem_of_the_mail(self) -> None:
        month = pd.DataFrame({"month": ["2026-05"], "sent": 900, "opened": 400, "opened_machine": 240})
        result = findings.judge({"question": month})
        assert result.areas.empty
        assert result.cautions["rule"].tolist() == ["machine_opens"]
        assert "Do not read the raw open rate as the number of people who read" in result.cautions_summary().text

    def test_few_machines_or_none_known_are_told_apart(self) -> None:
        month = pd.DataFrame({"month": ["2026-05"], "sent": 900, "opened": 400, "opened_machine": 4})
        assert "You can use the open rate" in findings.judge({"question": month}).cautions_summary().text
        assert (
            "We cannot see whether people or machines opened"
            in findings.judge({"question": month.assign(opened_machine=None)}).cautions_summary().text
        )


class TestWithin:
    def test_who_gets_much_mail_is_set_against_others_of_the_same_campaign(self, rng: np.random.Generator) -> None:
        frame = parts(mails(rng, 20), "pressure", **{"1": (2_000, 4), "3 or more": (1_000, 12)})
        result = findings.judge({"pressure": frame.assign(unsubscribed=frame["x"])})
        assert named(result) == {("frequency", "people with 3 or more e-mails in a week")}
        assert result.areas[["value", "expected"]].iloc[0].tolist() == pytest.approx([0.012, 0.002])
        assert "this does not prove a cause" in result.remedies_table().text()

    def test_campaigns_that_differ_are_no_difference_of_the_group(self, rng: np.random.Generator) -> None:
        # The busy campaigns are the annoying ones: pooled the group leaves more, inside each campaign it does not.
        quiet = parts(mails(rng, 10), "pressure", **{"1": (2_700, 5), "3 or more": (300, 1)})
        loud = mails(rng, 10).assign(campaign_id=[f"loud{i}" for i in range(10)])
        loud = parts(loud, "pressure", **{"1": (300, 6), "3 or more": (2_700, 54)})
        frame = pd.concat([quiet, loud], ignore_index=True)
        result = findings.judge({"pressure": frame.assign(unsubscribed=frame["x"])})
        assert result.checked == 1
        assert result.areas.empty

    def test_the_sum_over_strata_is_mantel_and_haenszels(self) -> None:
        # Two strata by hand: 6 of 20 against 4 of 30, 9 of 40 against 8 of 40:
        # weights 20*30/50 = 12 and 40*40/80 = 20; (12 * 1/6 + 20 * 1/40) / 32 = 0.078125
        cells = ([6, 4, 9, 8], [20, 30, 40, 40], [1, 0, 1, 0])
        told = stratified.mantel_haenszel_clustered(*cells, strata=[1, 1, 2, 2], clusters=["a", "b", "c", "d"])
        assert np.isnan(told.difference)  # two clusters on a side tell no error
        told = stratified.mantel_haenszel_clustered(
            *([*one, *one] for one in cells), strata=[1, 1, 2, 2, 3, 3, 4, 4], clusters=list("abcdefgh")
        )
        assert told.difference == pytest.approx(0.078125)
        assert told.low < told.difference < told.high

    def test_an_hour_without_a_time_zone_is_refused_by_name(self, rng: np.random.Generator) -> None:
        hours = pd.DataFrame(columns=[*rules.UNITS["hour"].columns, "sent", "delivered", "clicked"])
        assert "time zone" in skipped(findings.judge({"campaign": mails(rng), "hour": hours}))["hour"]

    def test_a_bad_hour_is_found_inside_its_months(self, rng: np.random.Generator) -> None:
        frame = mails(rng, 60).assign(list_name="A", month=[f"2026-{i // 10 + 1:02}" for i in range(60)])
        frame["part"] = np.where(frame.index % 2 == 0, "9 to 12 h", "18 to 22 h")
        frame["clicked"] = rng.binomial(1500, np.where(frame["part"] == "18 to 22 h", 0.015, 0.045))
        assert named(findings.judge({"hour": frame})) == {("hour", "e-mails sent between 18:00 and 22:00")}


class TestRelation:
    def test_a_segment_that_always_clicks_less_is_no_problem_but_one_that_suddenly_does(
        self, rng: np.random.Generator
    ) -> None:
        frame = parts(mails(rng, 30), "segment", regular=(8_000, 400), new=(4_000, 80))
        frame["clicked_human"] = rng.binomial(frame["delivered"], np.where(frame["segment"] == "new", 0.02, 0.05))
        frame.loc[37, "clicked_human"] = 4  # campaign 7 to the new ones: 4 of 4,000 instead of 80
        assert named(findings.judge({"segment": frame})) == {("segment_clicks", "campaign 7 · new")}

    def test_what_is_expected_of_a_part_follows_from_the_rest_of_its_campaign(self) -> None:
        # Everywhere the part clicks twice as often as the rest, whatever the campaign and however large the part.
        rest, part = np.array([0.1, 0.2, 0.05, 0.1, 0.3]), np.array([1, 2, 4, 2, 1]) * 50_000
        told = student_effects.leave_one_out_ratios((2 * rest * part, part), (rest * 100_000, [100_000] * 5))
        assert told.expected == pytest.approx(2 * rest, rel=5e-3)
        assert (told.low < 2 * rest).all()
        assert (told.high > 2 * rest).all()
        assert (told.p > 0.5).all()

    def test_one_segment_alone_relates_to_nothing(self, rng: np.random.Generator) -> None:
        frame = parts(mails(rng, 30), "segment", regular=(2_000, 100)).assign(clicked_human=100)
        assert "several segments" in skipped(findings.judge({"segment": frame}))["segment_clicks"]


class TestOverTime:
    def lists(self, rng: np.random.Generator, rate: np.ndarray) -> pd.DataFrame:
        months = pd.period_range("2025-11", periods=len(rate), freq="M").strftime("%Y-%m")
        frame = pd.DataFrame({"list_name": "A", "month": months, "sent": 20_000})
        return frame.assign(bounced_hard=rng.binomial(20_000, rate))

    def test_a_list_that_dies_slowly_is_found(self, rng: np.random.Generator) -> None:
        result = findings.judge({"list by month": self.lists(rng, np.linspace(0.004, 0.012, 14))})
        assert named(result) == {("rising_bounces", "A")}
        row = result.areas.iloc[0]
        assert (row["expected"], row["value"]) == pytest.approx((0.004, 0.012), rel=0.25)

    def test_one_that_gets_better_is_none(self, rng: np.random.Generator) -> None:
        assert findings.judge({"list by month": self.lists(rng, np.linspace(0.012, 0.004, 14))}).areas.empty

    def test_fewer_than_twelve_months_are_no_trend(self, rng: np.random.Generator) -> None:
        told = findings.judge({"list by month": self.lists(rng, np.linspace(0.004, 0.012, 11))})
        assert skipped(told)["rising_bounces"] == "fewer than 12 months have data on this rate"


class TestWhatIsSaid:
    def test_each_rule_without_data_is_named(self, rng: np.random.Generator) -> None:
        told = counted(rng)
        told["domain"] = told["domain"].assign(domain=None)
        result = findings.judge(told)
        applied = {"low_opens", "low_clicks", "many_unsubscribes", "bounces_list"}
        assert set(result.skipped["rule"]) == set(rules.RULES) - applied
        assert skipped(result)["bounces_domain"] == "no event log contains domains"
        assert len(result.skipped_table().cells()) == len(rules.RULES) - len(applied)

    def test_without_any_mail_nothing_is_said(self) -> None:
        result = findings.judge({})
        assert result.summary().text == "There are too few e-mails to look for problems."
        assert (result.checked, len(result.skipped)) == (0, len(rules.RULES))
        assert "nothing to draw" in result.plot().alt
        assert "nothing to draw" in result.complaints_plot().alt

    def test_a_rule_explains_itself(self) -> None:
        text = rules.explain("complaints")
        assert "complained / delivered" in text
        assert "0.10% or 0.30%" in text
        with pytest.raises(UsageError, match=r"Did you mean 'complaints'\?"):
            rules.explain("complaint")

    def test_the_table_of_rules_has_every_rule(self) -> None:
        assert [row[0] for row in rules.table().cells()] == list(rules.RULES)


class TestFrequency:
    def pressure(self, unsubscribed: int, received: int) -> pd.DataFrame:
        row = {"days": 28, "level": "5 to 8", "people": 900, "mails": 10_000}
        return pd.DataFrame([row | {"unsubscribed": unsubscribed, "received": received}])

    def test_two_in_a_thousand_at_eight_mails_a_month_is_17_5_per_cent_a_year(self) -> None:
        # C11: eight mails a month for twelve months, 0.998 to the 96th is 0.8251
        assert float(frequency.yearly_share(0.002, 8)) == pytest.approx(0.175, abs=0.003)
        # eight in a month of 30.44 days are 7.36 in 28 days, so 73,600 for 10,000 mails
        told = frequency.judge(self.pressure(20, 73_600))
        assert told.yearly == pytest.approx(0.175, abs=0.003)
        assert (
            "0.20% of the people unsubscribe at each e-mail. At 8.0 e-mails a month, 17.5% (11.7–25.7) unsubscribe "
            "within a year."
        ) in told.summary().text

    def test_double_the_mail_at_one_rate_changes_the_person_and_not_the_mail(self) -> None:
        once, twice = (frequency.judge(self.pressure(20, received)) for received in (36_800, 73_600))
        assert once.overall == twice.overall
        assert 1 - twice.yearly == pytest.approx((1 - once.yearly) ** 2)

    def test_without_a_log_it_says_so(self) -> None:
        told = frequency.judge(self.pressure(0, 0).iloc[:0])
        assert told.summary().text == (
            "We cannot see whether more e-mails make people unsubscribe: no event log "
            "contains both messages per person and unsubscribes."
        )
        assert "nothing to draw" in told.plot().alt
