"""Notebook 12: who is ready to buy more, and whether the rule named those who did."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kit
from generator import software
from kit.questions.customer_health import backtest, growth, lists, score, signals, weeks
from kit.settings import Settings
from tests.account_weeks import grid, points, without_later

ROOT = Path(__file__).parents[1]
SEEDS = 20 if os.environ.get("KIT_SIMULATE") else 2
HEAVY = ("messages.csv", "newsletter.ndjson.gz", "visits.csv")
"""Exports that the rule does not look at."""


def teams(n: int, seed: int, *, drive: float = 1.0, w: int = 120) -> weeks.Weeks:
    """Accounts of 20 seats, a third of whose teams grow until they buy 10 more; of drive 0 buying has no reason."""
    rng = np.random.default_rng(seed)
    users, seats = np.zeros((n, w)), np.full((n, w), 20.0)
    for account in range(n):
        level, has, due = rng.uniform(0.5, 0.8) * 20, 20.0, -1
        grows = account % 3 == 0
        for week in range(w):
            level = min(level * (1.015 if grows else 1.0), 0.96 * has)
            wants = grows and drive > 0 and level >= 0.9 * has
            if due < 0 and wants:
                due = week + int(rng.integers(4, 10))
            if week == due or (drive == 0 and rng.random() < 0.01):
                has, due = has + 10, -1
            users[account, week], seats[account, week] = level + rng.normal(0, 0.3), has
    return grid(n, w, users=points(users), use=points(users * 4), licences=points(seats))


class TestRule:
    """Eight accounts of 20 seats over 40 weeks."""

    def named(self, settings: Settings | None = None) -> list[int]:
        users = np.full((8, 40), 18.0)
        users[[0, 3, 4, 5, 6, 7], :27] = 16.0  # these rise by an eighth, use of all licences from 80 % to 90 %
        users[2] = 19.4
        users[7] *= 0.8
        unpaid = np.full((8, 40), np.nan)
        unpaid[3, 38] = 1
        urgent = np.full((8, 40), np.nan)
        urgent[6, 35:38] = urgent[7, 5] = 1
        world = grid(8, 40, users=points(users), use=points(users), licences=points(np.full((8, 40), 20.0)),
                     failed=points(unpaid), charge=points(np.where(np.arange(40) % 4 == 0, 9.0, np.full((8, 1), np.nan))
                                                         + np.zeros((8, 1))), urgent=points(urgent))  # fmt: skip
        day = world.days[30]
        account, value = np.array([4, 4, 5, 5]), np.array([10.0, 6.0, 9.0, 8.0])
        world.touches["nps"] = {"account": account, "day": np.full(4, day), "until": np.full(4, day + 365),
                                "value": value}  # fmt: skip
        found = growth.rule(score.judge(world, settings or Settings()), np.array([39]))
        return np.flatnonzero(found.named[:, 0]).tolist()

    def test_each_condition_counts(self) -> None:
        # 1 does not rise; 3 has not paid; 4 has a detractor beside a promoter; 6 urgent requests; 7 free licences
        assert self.named() == [0, 2, 5]

    def test_anchors_of_kit_toml_say_what_is_low(self) -> None:
        said: dict[str, Any] = {"health.anchors": {"licence_use": (0.9, 1.2)}}
        assert self.named(Settings(values=said)) == []


class TestPast:
    def test_what_became_of_the_named_is_counted_by_hand(self) -> None:
        world = teams(60, 1)
        scores = score.judge(world, Settings())
        found = growth.check(scores, horizon=90)
        n, grew = {True: 0, False: 0}, {True: 0, False: 0}
        seats = world.week_sums("licences")
        for evening in range(world.n - 1 - 12, 3, -4):
            rule = growth.rule(scores, np.array([evening]))
            for account in np.flatnonzero(rule.asked[:, 0]):
                of = bool(rule.named[account, 0])
                n[of] += 1
                grew[of] += bool(seats[account, evening + 12] >= 1.1 * seats[account, evening])
        named, others = found.rates.to_dict("records")
        assert (named["n"], named["happened"], others["n"], others["happened"]) == (n[True], grew[True], n[False],
                                                                                   grew[False])  # fmt: skip
        assert named["value"] == grew[True] / n[True]
        assert "In the past this list found growth" in str(found)

    def test_a_rule_that_finds_nothing_is_said_to(self) -> None:
        found = [growth.check(score.judge(teams(60, seed, drive=0.0), Settings())) for seed in range(4)]
        assert sum("found growth" in str(one) for one in found) <= 1
        assert any("It is not known whether this list finds growth" in str(one) for one in found)

    def test_without_licences_higher_payments_are_growth(self) -> None:
        world = teams(60, 2)
        paid = np.where(np.arange(world.n)[None, :] % 4 == 0, world.week_sums("licences"), np.nan)
        account, week, value = points(paid)
        touches = {"use": world.touches["use"], "charge": {
            "account": account, "day": world.days[week], "until": week * 0, "value": value}}  # fmt: skip
        found = growth.check(score.judge(replace(world, touches=touches), Settings()))
        assert (found.way, found.reason) == ("billing", "")
        named, others = found.rates.to_dict("records")
        assert named["value"] > 2 * others["value"]
        alone = growth.check(score.judge(replace(world, touches={"use": world.touches["use"]}), Settings()))
        assert "no file shows licences or regular payments" in str(alone)
        assert alone.rates.empty

    def test_few_that_were_named_judge_nothing(self) -> None:
        found = growth.check(score.judge(teams(12, 3), Settings()))
        assert "It is not known how good this list is: the list would have named 4 accounts" in str(found)

    @pytest.mark.parametrize("cut", [9, 26])
    def test_the_rule_of_an_evening_knows_nothing_later(self, scored: score.Scores, cut: int) -> None:
        world = scored.weeks
        shorter = without_later(world, cut)
        known = replace(scored, weeks=shorter, measured=signals.of(shorter), customers=scored.customers[:, :-cut])
        column = np.array([world.n - 1 - cut])
        before, now = growth.rule(known, column), growth.rule(scored, column)
        np.testing.assert_array_equal(before.named, now.named)
        assert before.named.any()


class TestSample:
    def test_growing_teams_are_named_and_a_high_score_is_none(
        self, scored: score.Scores, software_truth: dict[str, Any]
    ) -> None:
        listed = set(lists.make(scored, backtest.check(scored)).expansion["account"])
        assert len(listed & set(software_truth["ready"])) >= 0.7 * len(software_truth["ready"])
        assert len(listed & set(software_truth["growing"])) >= 0.7 * len(listed)
        assert not listed - set(software_truth["growing"]) - set(software_truth["full"])
        assert set(scored.frame.query("colour == 'green'")["account"]) - listed
        found = growth.check(scored)
        named, others = found.rates.to_dict("records")
        assert named["low"] > 5 * others["value"]
        bought = {name for name, days in software_truth["bought"].items() if days}
        assert found.rates["recall"].iloc[0] > 0.6
        assert len(bought) >= len(software_truth["growing"]) / 2

    def test_of_planted_growers_most_are_named_over_seeds(self, tmp_path: Path) -> None:
        ready = named = found = grows = none = 0
        for seed in range(1, SEEDS + 1):
            folder = tmp_path / str(seed)
            planted = software.write(folder, seed=seed)
            for name in HEAVY:
                (folder / name).unlink()
            scores = score.measure(kit.open(folder))
            rule = growth.rule(scores, np.array([scores.weeks.n - 1])).named[:, 0]
            listed = set(scores.weeks.accounts[rule])
            ready, found = ready + len(planted.ready), found + len(listed & set(planted.ready))
            named, grows = named + len(listed), grows + len(listed & set(planted.growing))
            none += len(listed - set(planted.growing) - set(planted.full))
            assert "In the past this list found growth" in str(growth.check(scores))
        assert found >= 0.75 * ready  # 163 of 192 over seeds 1 to 20
        assert grows >= 0.75 * named  # 231 of 265; the others fill their seats and want no more
        assert none <= 0.05 * named  # 0
