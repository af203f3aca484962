"""Campaigns in order, on one mix of audience, and months apart by a known change."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from kit.questions.compare_campaigns import audience_mix, ranking, stand_out

NOW = datetime(2026, 10, 31)


def campaigns(clicked: list[int], n: list[int], **more: object) -> pd.DataFrame:
    size = len(clicked)
    frame = pd.DataFrame({"campaign_id": [f"id{i}" for i in range(size)]})
    frame = frame.assign(campaign_name=[f"campaign {i}" for i in range(size)], delivered=n, sent=n, clicked=clicked)
    return frame.assign(sent_local=pd.date_range("2026-01-05", periods=size, freq="D"), **more)


def ranked(frame: pd.DataFrame, key: str = "click_rate", as_of: datetime = NOW) -> ranking.Ranking:
    return ranking.judge(stand_out.judge(frame, key, as_of=as_of, maturity_days=3))


class TestRanking:
    def test_a_handful_of_mails_does_not_take_the_first_place(self) -> None:
        found = ranked(campaigns([3, 150, 400, 95, 290, 120], [40, 3000, 10_000, 2500, 6000, 3500]))
        assert found.top == "campaign 0"  # 7.5 % of 40
        assert found.rates["campaign_name"].iloc[0] == "campaign 1"
        assert found.overstated > 0.02
        text = found.summary().text
        assert "“campaign 1” ranks first" in text
        assert "“campaign 0” had the best counted rate, but it is probably" in text
        assert found.rates["best"].sum() == pytest.approx(1)

    def test_where_less_is_better_the_lowest_comes_first(self) -> None:
        found = ranked(campaigns([0] * 5, [4000] * 5, unsubscribed=[8, 20, 40, 60, 80]), "unsubscribe_rate")
        assert found.rates["campaign_name"].tolist() == [f"campaign {i}" for i in range(5)]
        assert found.rates["best"].iloc[0] > 0.9
        assert found.rates["expect"].is_monotonic_increasing

    def test_equal_campaigns_have_no_order(self) -> None:
        found = ranked(campaigns([40] * 6, [1000] * 6))
        assert found.rates["expect"].tolist() == pytest.approx([0.04] * 6, abs=1e-4)
        assert (
            "cannot be ranked by “click rate (raw)”: their differences are no larger than chance"
            in found.summary().text
        )
        # Harter (1961): the best of six looks 1.267 errors too good; one is sqrt(0.04 * 0.96 / 1000).
        assert found.luck == pytest.approx(1.26721 * np.sqrt(0.04 * 0.96 / 1000), rel=1e-4)

    def test_young_campaigns_are_left_out_and_three_are_too_few(self) -> None:
        frame = campaigns([40, 50, 60, 300], [1000] * 4)
        found = ranked(frame, as_of=frame["sent_local"].iloc[-1].to_pydatetime())
        assert len(found.rates) == 1
        assert found.summary().text.startswith("Fewer than four campaigns")
        assert found.table().cells() == []
        assert "fewer than four" in found.plot().alt

    def test_sixty_campaigns_are_ranked_by_more_than_their_luck(self, rng: np.random.Generator) -> None:
        # CHECKS C4: the top five have a median size above 500; the error is below half of the raw one.
        n = np.exp(rng.uniform(np.log(50), np.log(20_000), 60)).astype(int)
        true = rng.beta(0.02 * 2200, 0.98 * 2200, 60)
        found = ranked(campaigns(list(rng.binomial(n, true)), list(n))).rates
        truth = found["campaign_id"].map(dict(zip([f"id{i}" for i in range(60)], true, strict=True)))
        assert found["n"].head(5).median() > 500
        raw, shrunk = (np.sqrt(((found[name] - truth) ** 2).mean()) for name in ("value", "expect"))
        assert shrunk < raw / 2


class TestOneMix:
    def parts(self) -> pd.DataFrame:
        # Business clicks 10 %, private 2 %; the first campaign went mostly to the former. Both are equal within.
        rows = [("a", "firm", 900, 90), ("a", "home", 100, 2), ("b", "firm", 100, 10), ("b", "home", 900, 18)]
        frame = pd.DataFrame(rows, columns=["campaign_id", "domain", "delivered", "clicked"])
        return frame.assign(campaign_name=frame["campaign_id"], sent_local=pd.Timestamp("2026-01-01"))

    def test_equal_campaigns_to_different_people_are_equal_on_one_mix(self) -> None:
        found = audience_mix.judge(self.parts(), "click_rate", "domain")
        assert found.rates["value"].tolist() == pytest.approx([0.092, 0.028])
        assert found.rates["standard"].tolist() == pytest.approx([0.06, 0.06])  # (10 % + 2 %) / 2
        assert "On the same audience mix" in found.summary().text

    def test_a_campaign_that_went_to_one_part_only_is_left_out(self) -> None:
        alone = self.parts().iloc[:1].assign(campaign_id="c", campaign_name="c")
        found = audience_mix.judge(pd.concat([self.parts(), alone]), "click_rate", "domain")
        assert found.comparable == 2
        assert "1 campaigns are left out" in found.table().text()

    def test_small_parts_are_taken_together(self) -> None:
        tiny = self.parts().assign(domain=["x", "y", "x", "y"], delivered=10, clicked=1)
        found = audience_mix.judge(pd.concat([self.parts(), tiny]), "click_rate", "domain")
        assert found.mix.index.tolist() == ["firm", "home", "all others"]

    @pytest.mark.parametrize(
        ("parts", "text"),
        [
            (
                ["firm", "firm", "home", "home"],
                (
                    "There are 2 audience groups by domain of the address, and fewer than two campaigns went to all of "
                    "them."
                ),
            ),
            (["firm"] * 4, "is the same for all e-mails"),
            ([None] * 4, "of each campaign's e-mails is unknown"),
        ],
    )
    def test_where_no_mix_is_common_it_is_said(self, parts: list[str | None], text: str) -> None:
        found = audience_mix.judge(self.parts().assign(domain=parts), "click_rate", "domain")
        assert found.comparable == 0
        assert text in found.summary().text
        assert found.table().cells() == []
