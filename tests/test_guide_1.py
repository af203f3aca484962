"""The analyses of its steps on made-up counts whose answer is known."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from kit.errors import UsageError
from kit.questions.choose_kpis import volume
from kit.questions.compare_campaigns import stand_out
from kit.questions.subject_lines import verdicts
from kit.stats import proportions

NOW = datetime(2026, 10, 31)


def campaigns(clicked: list[int], n: list[int] | int = 1000, **more: object) -> pd.DataFrame:
    size = len(clicked)
    frame = pd.DataFrame({"campaign_id": [f"id{i}" for i in range(size)]})
    return frame.assign(
        campaign_name=[f"campaign {i}" for i in range(size)],
        sent_local=pd.date_range("2026-01-05", periods=size, freq="7D"),
        delivered=n,
        sent=n,
        clicked=clicked,
        **more,
    )


class TestCompare:
    def test_forty_equal_campaigns_do_not_stand_out(self, rng: np.random.Generator) -> None:
        # 100 pages of 40 equal campaigns: at most 5 % + 3 Monte Carlo errors of them flag any.
        flagged = 0
        for _ in range(100):
            result = stand_out.judge(
                campaigns(list(rng.binomial(1000, 0.04, 40))), "click_rate", as_of=NOW, maturity_days=3
            )
            flagged += result.rates["verdict"].isin(("better", "worse")).any()
        assert flagged <= 100 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 100))

    def test_one_that_does_is_named(self, rng: np.random.Generator) -> None:
        clicked = [*rng.binomial(3000, 0.04, 20), 30]
        result = stand_out.judge(campaigns(clicked, 3000), "click_rate", as_of=NOW, maturity_days=3)
        assert result.rates["verdict"].tolist() == ["as usual"] * 20 + ["worse"]
        assert "“campaign 20” did worse" in result.summary().text

    def test_worse_means_more_where_less_is_better(self, rng: np.random.Generator) -> None:
        frame = campaigns([0] * 21, 3000, unsubscribed=[*rng.binomial(3000, 0.01, 20), 120])
        result = stand_out.judge(frame, "unsubscribe_rate", as_of=NOW, maturity_days=3)
        assert result.rates["verdict"].iloc[-1] == "worse"

    def test_a_small_campaign_is_shown_and_not_judged(self) -> None:
        frame = campaigns([40, 42, 38, 41, 5], [1000, 1000, 1000, 1000, 20])
        verdicts = stand_out.judge(frame, "click_rate", as_of=NOW, maturity_days=3).rates["verdict"]
        assert verdicts.tolist() == ["as usual"] * 4 + ["too few"]

    def test_a_young_campaign_is_shown_and_not_judged(self) -> None:
        frame = campaigns([40, 42, 38, 41, 2])
        as_of = frame["sent_local"].iloc[-1].to_pydatetime() + pd.Timedelta(hours=3)
        verdicts = stand_out.judge(frame, "click_rate", as_of=as_of, maturity_days=3).rates["verdict"]
        assert verdicts.tolist() == ["as usual"] * 4 + ["too young"]

    def test_three_campaigns_cannot_tell_what_is_usual(self) -> None:
        result = stand_out.judge(campaigns([10, 40, 90]), "click_rate", as_of=NOW, maturity_days=3)
        assert set(result.rates["verdict"]) == {"unknown"}


def arms(*sizes: tuple[int, int], name: str = "test") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "campaign_id": name, "campaign_name": name, "sent_local": pd.Timestamp("2026-03-01"),
            "variant": list("ABCDEFGH"[: len(sizes)]), "sent": [n for _, n in sizes],
            "delivered": [n for _, n in sizes], "opened": [x for x, _ in sizes],
        }
    )  # fmt: skip


class TestSubjectLines:
    @pytest.mark.parametrize(
        ("a", "b", "decision", "p"),
        [
            # CHECKS C5: figures of published tests, p by R's prop.test without correction.
            ((3541, 20421), (3560, 20421), "not decided", 0.80),
            ((1100, 5000), (1200, 5000), "b", 0.017),
            ((1200, 5000), (1100, 5000), "a", 0.017),
            ((75, 500), (70, 500), "not decided", 0.65),
            ((1000, 5000), (1100, 5200), "not decided", None),  # a split of p = 0.048 is not withheld
            ((1000, 5000), (1400, 5500), "split broken", None),  # a split of p = 1e-6 is
        ],
    )
    def test_the_verdict_follows_the_rule(self, a: tuple, b: tuple, decision: str, p: float | None) -> None:
        row = verdicts.judge(arms(a, b), "open_rate").verdicts.iloc[0]
        assert row["decision"] == decision
        if p is not None:
            assert row["p"] == pytest.approx(p, abs=0.005)

    def test_an_empty_arm_is_unknown(self) -> None:
        assert verdicts.judge(arms((0, 0), (5, 10)), "open_rate").verdicts.iloc[0]["decision"] == "unknown"

    def test_an_undecided_test_says_how_many_more(self) -> None:
        # 20 % against 22 %: 6,510 an arm (CHECKS: numbers worth printing; R's power.prop.test).
        text = verdicts.judge(arms((100, 500), (105, 500)), "open_rate").summary().text
        assert "not decided" in text
        assert "To see a lift of 10%, each version needs 6,510, 6,010 more than it had." in text

    def test_a_planned_split_is_not_a_broken_one(self) -> None:
        frame = arms((80, 400), (300, 1600))
        assert verdicts.judge(frame, "open_rate").verdicts.iloc[0]["decision"] == "split broken"
        assert verdicts.judge(frame, "open_rate", shares=[0.2, 0.8]).verdicts.iloc[0]["decision"] == "not decided"

    def test_eight_equal_lines_seldom_have_a_winner(self, rng: np.random.Generator) -> None:
        # 60 tests of 8 equal lines: Holm holds any false winner to 5 % + 3 Monte Carlo errors.
        wins = 0
        for _ in range(60):
            frame = arms(*((int(x), 2000) for x in rng.binomial(2000, 0.2, 8)))
            wins += verdicts.judge(frame, "open_rate").verdicts["decision"].isin(("a", "b")).any()
        assert wins <= 60 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 60))

    def test_campaigns_without_variants_are_no_tests(self) -> None:
        frame = arms((10, 100), (12, 100)).assign(variant=None)
        assert verdicts.judge(frame, "open_rate").verdicts.empty

    def test_shares_that_do_not_fit_are_said(self) -> None:
        with pytest.raises(UsageError, match=r"split: 3 shares are given, but 'test' has 2 versions\."):
            verdicts.judge(arms((10, 100), (12, 100)), "open_rate", shares=[0.2, 0.4, 0.4])


class TestVolume:
    def test_the_span_follows_from_the_mails_needed(self) -> None:
        by_campaign = campaigns([50] * 12, 1000, opened=[400] * 12, unsubscribed=[2] * 12)
        by_month = by_campaign.assign(delivered=4000, clicked=200, opened=1600, unsubscribed=8)
        got = volume.judge(by_campaign, by_month, ["open_rate", "click_rate", "unsubscribe_rate"])
        assert got.rates["verdict"].tolist() == ["each campaign", "a quarter", "not at this volume"]
        # 5 % against 6 %: 8,158 on each side by R's power.prop.test; the fall to 4 % needs fewer, 6,745 (CHECKS).
        assert got.rates["needed"].iloc[1] == 8158
        assert got.rates["n"].tolist() == [12_000, 12_000, 12_000]

    def test_its_tables_are_narrow_and_say_out_of_how_many(self) -> None:
        frame = campaigns([50] * 12, 1000)
        got = volume.judge(frame, frame, ["click_rate"])
        shown = got.table()
        assert [column.title for column in shown.columns] == [
            "KPI", "Now", "Out of", "Needed per side", "Can be compared",
        ]  # fmt: skip
        assert shown.cells() == [["Click rate (raw)", "5.0% (4.6–5.4)", "12,000", "8,158", "year by year"]]
        assert "up or down" in shown.text()
        assert "Raw: as counted by the platform" in shown.text()
        seen = got.rates["sees_campaign"].iloc[0]
        assert proportions.sample_size(0.05, 0.05 + seen - 1e-9) == 1001  # the smallest change that 1,000 show
        assert got.smallest_changes_table().cells()[0][1:3] == ["1,000", "3.1"]

    def test_a_high_rate_is_judged_by_what_is_left_of_it(self) -> None:
        frame = campaigns([0] * 12, 1000).assign(delivered=980, bounced=20)
        got = volume.judge(frame, frame, ["delivery_rate", "bounce_rate"]).rates
        assert got["needed"].iloc[0] == got["needed"].iloc[1]
