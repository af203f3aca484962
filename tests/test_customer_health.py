"""Notebook 12: vendors' arithmetic, nothing of later days in a score, alerts that noise and settings do not raise."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import kit
from kit.errors import InputError, SettingsError, UsageError
from kit.questions.customer_health import (
    accounts,
    alerts,
    backtest,
    card,
    change,
    churn,
    growth,
    lead,
    lists,
    score,
    signals,
    snapshots,
    touches,
    weeks,
)  # fmt: skip
from kit.questions.requirements import answerable
from kit.report.check import start
from kit.report.page import as_csv
from kit.settings import Settings, read
from kit.stats import logistic, roc
from tests.account_weeks import accounts_by_mood, grid, points, without_later

ROOT = Path(__file__).parents[1]
SEEDS = 100
SAID: dict[str, Any] = {
    "health.weights": {"licence_use": 3.0, "failed_payments": 1.0, "touches": 0.5}
    | dict.fromkeys(("use_trend", "spend_trend", "unpaid_days"), 0.0),
    "health.red": 50.0,
    "health.anchors": {"licence_use": (0.2, 0.9), "failed_payments": (4.0, 0.0), "touches": (0.0, 10.0)},
}
SETTINGS = Settings(values=SAID)


def back_tested(world: weeks.Weeks) -> tuple[score.Scores, backtest.Backtest]:
    scores = score.judge(world, SETTINGS)
    return scores, backtest.check(scores)


class TestArithmetic:
    def test_a_component_is_straight_between_its_anchors(self) -> None:
        # Natero, Define health criteria: 0 at 7 min, 100 at 30 min, 18 min are 48; beyond the ends 0 and 100
        assert score.component(np.array([18.0, 5, 35]), (7, 30)).round() == pytest.approx([48, 0, 100])
        assert score.component(np.array([18.0, 5, 35]), (30, 7)).round() == pytest.approx([52, 100, 0])  # inverted

    def test_a_score_is_the_weighted_mean_of_its_components(self) -> None:
        def mean(parts: list[float], weights: list[float]) -> float:
            return float(score.weighted(np.array(parts)[:, None], np.array(weights)[:, None])[0])

        # Natero, Calculation of account health score: two components are means of metrics, rounded
        engagement, usage = mean([76, 65], [1, 1]), mean([81, 65, 90], [1, 1, 1])
        assert (engagement, usage) == (70.5, pytest.approx(78.67, abs=0.01))  # it rounds them to 71 and 78
        assert round(mean([83, 71, 78, 54], [7, 5, 8, 3])) == 75
        # Planhat, How health is calculated: a group of 10, 5, 5, 5
        assert mean([10, 5, 5, 5], [1, 1, 1, 1]) == 6.25
        # Totango, Managing your customer's health: 5 good at 100, 3 average at 60, 2 poor at 40
        assert mean([100, 60, 40], [5, 3, 2]) == 76

    @pytest.mark.parametrize(("policy", "expected"), [("renormalise", 75), ("neutral", 65), ("zero", 45)])
    def test_what_stands_for_a_missing_component_changes_the_score(self, policy: str, expected: float) -> None:
        # the same customer with 60 % of the weight known, at 75 (DEFINITIONS: missing data)
        parts, weight = np.array([[75.0], [np.nan]]), np.array([[0.6], [0.4]])
        assert score.weighted(parts, weight, policy)[0] == pytest.approx(expected)
        world = grid(1, 20, users=points(np.full((1, 20), 15.0)), licences=points(np.full((1, 20), 20.0)))
        settings = Settings(values={
            "health.weights": {"licence_use": 0.6, "nps": 0.4}, "health.anchors": {"licence_use": (0.0, 1.0)},
            "health.missing": policy,
        })  # fmt: skip
        scores = score.judge(world, settings)
        assert scores.score[0, -1] == pytest.approx(expected, abs=0.01)
        assert scores.coverage[0, -1] == pytest.approx(0.6)

    def test_below_the_coverage_no_score_is_shown(self) -> None:
        world = grid(1, 20, users=points(np.full((1, 20), 15.0)), licences=points(np.full((1, 20), 20.0)))
        settings = Settings(values={"health.weights": {"licence_use": 0.4, "nps": 0.6}})
        scores = score.judge(world, settings)
        assert np.isnan(scores.score).all()
        assert scores.frame["colour"].tolist() == ["unknown"]
        assert "No score is shown for 1 account" in str(scores)

    def test_the_edges_of_a_colour_belong_to_the_better_one(self) -> None:
        config = score.Config({}, {})
        assert [config.colour(value) for value in (39.99, 40, 69.99, 70, np.nan)] == [
            "red", "yellow", "yellow", "green", "unknown",
        ]  # fmt: skip


class TestAccounts:
    def resolved(self, rows: list[tuple[Any, ...]], kind: str = "firm") -> list[Any]:
        frame = pd.DataFrame(rows, columns=["id", "contact_key", "domain"]).assign(who=range(len(rows)))
        return accounts.resolve(frame, kind)["account"].tolist()

    def test_ids_addresses_and_domains_join_and_free_mail_does_not(self) -> None:
        rows = [
            ("customer:c1", "ann", "one.example"),
            (None, "bob", "one.example"),
            (None, "cy", "gmail.com"),
            (None, "dee", "gmail.com"),
            ("customer:c2", "dee", "gmail.com"),
            (None, None, "one.example"),
        ]
        names = self.resolved(rows)
        assert names[:2] == ["c1", "c1"]
        assert names[3] == names[4] == "c2"
        assert names[2] not in ("c1", "c2")
        assert self.resolved(rows, "id")[:2] == ["c1", pytest.approx(np.nan, nan_ok=True)]
        assert self.resolved(rows, "address")[1] != "c1"

    def test_one_id_in_two_tables_is_one_account(self) -> None:
        rows = [("account:x1", None, None), ("customer:x1", "ann", None), ("account:x2", None, None),
                ("customer:x2", "bob", None)]  # fmt: skip
        assert self.resolved(rows) == ["x1", "x1", "x2", "x2"]

    def test_ids_that_differ_in_a_digit_are_different_people(self, tmp_path: Path) -> None:
        lines = [f"ch_{n},2026-03-0{1 + n % 9},5,0,eur,Paid,cus_{n},cus_{n}@c{n}.example.com" for n in range(100, 300)]
        header = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email"
        (tmp_path / "payments.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        people = touches.people(kit.open(tmp_path))
        assert people["who"].nunique() == len(people) == 200
        assert accounts.resolve(people)["account"].nunique() == 200

    def test_an_agency_and_a_large_domain_join_nothing(self) -> None:
        agency = [(f"customer:c{number}", "agent", None) for number in range(accounts.IDS_OF_AN_ADDRESS)]
        assert len(set(self.resolved(agency))) == len(agency)
        people = [(None, f"p{number}", "provider.example") for number in range(accounts.PEOPLE_OF_A_DOMAIN)]
        assert len(set(self.resolved(people))) == len(people)


class TestNothingOfLaterDays:
    @pytest.mark.parametrize("cut", [10, 27])
    def test_a_score_of_a_day_is_the_same_without_what_came_later(self, scored: score.Scores, cut: int) -> None:
        world = scored.weeks
        shorter = without_later(world, cut)
        before = signals.of(shorter)
        assert len(before) > 10
        for key, value in before.items():
            np.testing.assert_array_equal(value, scored.measured[key][:, :-cut], err_msg=key)

    def test_the_training_snapshots_end_before_the_later_ones_begin(self, scored: score.Scores) -> None:
        earlier, later = snapshots.halves(scored, gap=14, horizon=90)
        days = scored.weeks.days
        assert days[earlier.week].max() + 14 + 90 < days[later.week].min()
        moved = replace(scored.churn, day=np.where(scored.churn.day > days[earlier.week].max() + 104, 1e9,
                                                   scored.churn.day))  # fmt: skip
        assert (snapshots.halves(replace(scored, churn=moved), gap=14, horizon=90)[0].left == earlier.left).all()

    def test_a_week_of_use_is_known_at_its_end(self, tmp_path: Path) -> None:
        lines = ["Account ID,Week,Logins", *(f"x1,2026-0{month}-02,{month}" for month in (2, 3))]
        lines += [f"x1,2026-02-{day:02},5" for day in (9, 16, 23)]
        (tmp_path / "usage.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        rows = touches.touches(kit.open(tmp_path))
        assert pd.to_datetime(rows["day"], unit="D").max() == pd.Timestamp("2026-03-08")


class TestContributions:
    def test_they_add_up_to_the_change_whatever_came_or_went(self, scored: score.Scores) -> None:
        code = np.arange(len(scored.weeks.accounts))
        for first, last in ((30, 60), (60, 100), (90, 103)):
            parts = change.contributions(scored, code, np.full(code.size, first), np.full(code.size, last))
            moved = scored.score[:, last].astype(float) - scored.score[:, first]
            known = ~np.isnan(moved)
            assert known.sum() > 30
            np.testing.assert_allclose(parts[known].sum(axis=1), moved[known], atol=1e-3)

    def test_a_changed_configuration_stands_apart(self, tmp_path: Path) -> None:
        (tmp_path / "old.toml").write_text("[health]\nweights = {licence_use = 1.0, touches = 9.0}\n", encoding="utf-8")
        (tmp_path / "kit.toml").write_text("", encoding="utf-8")
        settings = Settings(tmp_path / "kit.toml", SAID | {"health.before": "old.toml"})
        changes = change.explain(score.judge(accounts_by_mood(1, 100), settings))
        rows = changes.accounts.dropna()
        assert (rows["configuration"].abs() > 1).any()
        parts = changes.contributions.loc[rows.index].sum(axis=1)
        np.testing.assert_allclose(parts, rows["change"], atol=1e-3)
        assert "The new settings alone move" in str(changes)
        assert "Due to settings" in changes.table().html()


class TestAlerts:
    def raised(self, values: np.ndarray, **said: Any) -> np.ndarray:
        settings = Settings(values={"health.red": 50.0} | {f"health.{name}": value for name, value in said.items()})
        shape = values.shape
        return alerts.run(values, np.ones(shape, bool), np.zeros(shape, bool), settings)[0]

    def test_they_begin_persist_end_and_pause_by_rule(self) -> None:
        line = [60, 49, 60, 49, 49, 49, 55, 49, 58, 49, 49, 49, 49, 49, 49, 60]
        begun = np.flatnonzero(self.raised(np.array([line], float), weeks_red=2)[0])
        # not after one week; after two; 55 is no end (58 is); then none in the four weeks after
        assert begun.tolist() == [4, 13]
        assert not self.raised(np.full((1, 10), 45.0)).any()  # never known to be better: no crossing

    def test_noise_raises_at_most_one_in_two_account_years(self) -> None:
        # DEFINITIONS: noise of sd 6, AR 0.5, 500 accounts, 52 weeks, cut 50: about 1,007 naive crossings against 230
        rng = np.random.default_rng(5)
        noise = np.zeros((500, 52))
        noise[:, 0] = rng.normal(0, 6, 500)
        for week in range(1, 52):
            noise[:, week] = 0.5 * noise[:, week - 1] + rng.normal(0, 6 * np.sqrt(0.75), 500)
        values = 60 + noise
        naive = ((values[:, 1:] < 50) & (values[:, :-1] >= 50)).sum()
        assert 900 < naive < 1150
        assert self.raised(values, weeks_red=2).sum() / 500 <= 0.5
        assert self.raised(values).sum() / 500 <= 0.25

    def test_signals_of_pure_noise_raise_few_alerts(self) -> None:
        rng = np.random.default_rng(6)
        shape = (400, 104)
        world = grid(
            400, 104, users=points(rng.binomial(20, 0.6, shape) * 1.0), licences=points(np.full(shape, 20.0)),
            use=points(rng.poisson(40, shape) * 1.0), ticket=points(np.where(rng.random(shape) < 0.1, 1.0, np.nan)),
            touch=points(np.where(rng.random(shape) < 0.3, 1.0, np.nan)), charge=points(np.full(shape, 10.0)),
        )  # fmt: skip
        found = alerts.find(score.judge(world, Settings()))
        assert found.years > 700
        assert len(found.alerts) / found.years <= 0.5

    def test_a_changed_configuration_raises_none(self) -> None:
        rng = np.random.default_rng(7)
        level = rng.uniform(0.1, 1, (200, 1)) * np.ones((1, 80))
        world = grid(200, 80, users=points(level * 20), licences=points(np.full((200, 80), 20.0)),
                     use=points(level * 9), touch=points(np.where(level > 0.5, 1.0, np.nan)))  # fmt: skip
        red = set()
        for seed in range(8):
            draw = np.random.default_rng(seed)
            weights = {"licence_use": float(draw.uniform(1, 3)), "touches": float(draw.uniform(0, 1)), "use_trend": 0.1}
            anchors = {"licence_use": (0.0, float(draw.uniform(0.3, 1))), "touches": (0.0, float(draw.uniform(1, 14)))}
            said = {"health.weights": weights, "health.anchors": anchors, "health.red": float(draw.uniform(30, 60))}
            scores = score.judge(world, Settings(values=said))
            red.add(int((scores.frame["colour"] == "red").sum()))
            assert alerts.find(scores).now.empty
        assert len(red) > 4  # the configurations do differ in whom they call red

    def test_an_outage_of_a_source_raises_none(self) -> None:
        rng = np.random.default_rng(8)
        shape = (200, 80)
        use = rng.normal(0.6, 0.02, (200, 1)) * 20 * np.ones(shape)
        use[:, 60:63] = np.nan
        world = grid(
            200, 80, users=points(use), licences=points(np.where(np.isnan(use), np.nan, 20.0)), use=points(use)
        )
        assert world.dark("usage")[60:63].all()
        assert not world.dark("usage")[10:60].any()
        scores = score.judge(world, Settings(values={"health.anchors": {"licence_use": (0.0, 1.0),
                                                                        "use_trend": (0.4, 1.1)}}))  # fmt: skip
        assert not alerts.find(scores).alerts.shape[0]

    def test_outcomes_come_back_and_a_random_part_is_held_back(self, tmp_path: Path) -> None:
        scores = score.judge(accounts_by_mood(3), Settings(values=SAID | {"health.hold_back": 0.3, "health.red": 55.0}))
        found = alerts.find(scores)
        assert 0.15 < found.alerts["held_back"].mean() < 0.45
        assert {"all", "held back"} == set(found.kept["group"])
        assert "Difference from the control group in the share that left: " in str(found.outcomes_summary())
        given = found.alerts[["account", "raised_on"]].assign(acted_on="")
        given.loc[::2, "acted_on"] = "2026-01-05"
        given.to_csv(tmp_path / "given.csv", index=False)
        again = alerts.find(scores, outcomes=str(tmp_path / "given.csv"))
        acted = again.kept.set_index("group")
        assert acted.loc["acted", "n"] == (again.alerts["acted_on"].eq("2026-01-05")
                                           & again.alerts["outcome"].ne("unknown")).sum()  # fmt: skip
        (tmp_path / "wrong.csv").write_text("account\nx\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"wrong.csv, column 'raised_on': is missing"):
            alerts.find(scores, outcomes=str(tmp_path / "wrong.csv"))


class TestBacktest:
    def test_planted_auc_drivers_and_lead_time_are_recovered(self) -> None:
        large = [back_tested(accounts_by_mood(9_000 + part, 4_000)) for part in range(2)]
        auc = np.mean([result.ranks["value"].iloc[0] for _, result in large])
        slopes = np.mean([result.drivers["fitted"] for _, result in large], axis=0)
        leads = pd.concat([lead.spells(scores)["lead"] for scores, _ in large])
        median, missed = leads[leads > 0].median(), (leads == 0).mean()
        assert auc > 0.65
        held = np.zeros(6)  # score, three signals, median and missed of the lead time
        for seed in range(SEEDS):
            scores, result = back_tested(accounts_by_mood(seed))
            row, drivers = result.ranks.iloc[0], result.drivers.set_index("signal")
            early = lead.measure(scores).summary().numbers
            share = snapshots.clustered_share(lead.spells(scores)["lead"].to_numpy() == 0, np.arange(early["n"]))
            held += [
                row["low"] <= auc <= row["high"],
                *((result.drivers["fitted_low"] <= slopes) & (slopes <= result.drivers["fitted_high"])),
                early["median_low"] <= median <= early["median_high"], share["low"] <= missed <= share["high"],
            ]  # fmt: skip
            assert drivers.loc["licence_use", "fitted"] < 0
        assert (held >= 0.89 * SEEDS).all(), held

    def test_a_score_that_foretells_nothing_is_said_to(self) -> None:
        verdicts = [back_tested(accounts_by_mood(100 + seed, 200, drive=0.0))[1] for seed in range(4)]
        assert sum(result.predicts for result in verdicts) <= 1
        none = next(result for result in verdicts if not result.predicts)
        assert "No, the score does not predict who leaves" in str(none)
        made = lists.make(back_tested(accounts_by_mood(100, 200, drive=0.0))[0], none)
        assert made.risk["chance"].isna().all()
        assert "No chance is shown" in made.risk_table().html()

    def test_precision_recall_and_lead_are_those_by_hand(self) -> None:
        scores, result = back_tested(accounts_by_mood(4))
        later = snapshots.halves(scores, gap=14, horizon=90)[1]
        red = scores.score[later.account, later.week] < 50
        day, at = scores.churn.day[later.account], scores.weeks.days[later.week]
        left = (day > at + 14) & (day <= at + 104)
        row = result.colours.set_index("colour").loc["red"]
        assert (row["n"], row["value"], row["recall"]) == (red.sum(), left[red].mean(), left[red].sum() / left.sum())
        spells = lead.spells(scores).set_index("account")["lead"]
        for code in list(spells.index)[:20]:
            gone, spell = scores.churn.day[code], 0.0
            for week in range(scores.weeks.n - 1, -1, -1):
                if scores.weeks.days[week] >= gone:
                    continue
                if not scores.score[code, week] < 50:
                    break
                spell = gone - scores.weeks.days[week]
            assert spells[code] == spell


class TestStatistics:
    def test_the_regression_is_that_of_statsmodels(self, rng: np.random.Generator) -> None:
        cluster = np.repeat(np.arange(60), 5)
        x = rng.normal(size=(300, 2)) + rng.normal(size=60)[cluster][:, None]
        y = rng.random(300) < 1 / (1 + np.exp(1 - x[:, 0]))
        fit = logistic.fit(x, y, cluster, ridge=0.0)
        model = sm.GLM(y * 1.0, sm.add_constant(x), family=sm.families.Binomial())
        other = model.fit(cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False})
        assert fit is not None
        np.testing.assert_allclose([fit.intercept, *fit.slope], other.params, rtol=1e-6)
        scale = np.sqrt(60 / 59)
        np.testing.assert_allclose((fit.high - fit.low) / 2 / 1.959964, other.bse[1:] * scale, rtol=1e-5)
        assert logistic.fit(x, np.zeros(300), cluster) is None

    def test_the_area_of_clusters_of_one_is_the_plain_one(self, rng: np.random.Generator) -> None:
        y = rng.random(200) < 0.3
        x = rng.normal(size=200) + y
        areas = roc.clustered_aucs(np.vstack([x, -x]), y, np.arange(200))
        plain = roc.auc(x, y)
        assert float(areas.interval(0).value) == pytest.approx(plain.value)
        assert areas.interval(0).low == pytest.approx(plain.low, abs=0.02)
        assert areas.difference(0, 1).value == pytest.approx(2 * plain.value - 1)
        # the same rows twice are not more accounts
        twice = roc.clustered_aucs([np.r_[x, x]], np.r_[y, y], np.r_[np.arange(200), np.arange(200)])
        assert twice.interval(0).low == pytest.approx(areas.interval(0).low, abs=0.02)


class TestSample:
    def test_who_left_is_found_and_who_shows_signs_is_low(
        self, scored: score.Scores, software_truth: dict[str, Any]
    ) -> None:
        gone = pd.Series(pd.to_datetime(scored.churn.day, unit="D"), index=scored.weeks.accounts).dropna()
        left = pd.to_datetime(pd.Series(software_truth["left"]))
        assert scored.churn.way == "billing"
        last = left[left <= pd.Timestamp("2026-10-01")]  # a payment that is due later may still come
        assert set(last.index) <= set(gone.index)
        assert ((gone[last.index] - last).dt.days.abs() <= 9).mean() > 0.9
        frame = scored.frame.set_index("account")
        soon = frame.loc[[name for name in software_truth["soon"] if name in frame.index], "score"]
        assert soon.median() < frame["score"].quantile(0.25)

    def test_the_back_test_finds_what_was_planted(self, scored: score.Scores, software_truth: dict[str, Any]) -> None:
        result = backtest.check(scored)
        assert result.predicts
        drivers = result.drivers.set_index("signal")
        assert (drivers.loc[software_truth["drivers"][:3], "low"] > 0.5).all()
        silent = {name for name, signs in software_truth["signs"].items() if signs == 0}
        names = scored.weeks.accounts[lead.spells(scored).query("lead > 0")["account"].to_numpy(int)]
        assert not silent & set(names)  # who left without any sign was not red

    def test_the_card_of_an_account_tells_its_own(self, scored: score.Scores, software_truth: dict[str, Any]) -> None:
        name = next(name for name in software_truth["soon"] if name in set(scored.frame["account"]))
        own = card.of(scored, name)
        assert str(own).startswith(f"{name} is ")
        history = scored.score[list(scored.weeks.accounts).index(name)]
        assert own.components["contribution"].sum() == pytest.approx(history[-1] - history[-5], abs=1e-3)
        assert name in own.plot().alt
        with pytest.raises(UsageError, match="there is no account 'nobody'"):
            card.of(scored, "nobody")


class TestParts:
    def of(self, folder: Path, *names: str) -> kit.store.Data:
        for name in (*names, "kit.toml"):
            shutil.copy(ROOT / "data/software" / name, folder)
        return kit.open(folder)

    def test_payments_and_requests_alone_give_a_score_with_its_coverage(self, tmp_path: Path) -> None:
        data = self.of(tmp_path, "payments.csv", "tickets.csv")
        assert answerable(data).set_index("notebook")["reason"]["12_customer_health"] is None
        scores = score.measure(data)
        assert scores.frame["score"].notna().mean() > 0.9
        assert scores.frame["coverage"].between(0.5, 1).mean() > 0.9
        assert "None of your files contains data on: Product usage" in " ".join(map(str, scores.signals_table().notes))
        assert backtest.check(scores).reason == ""

    def test_use_alone_says_what_it_cannot(self, tmp_path: Path) -> None:
        scores = score.measure(self.of(tmp_path, "usage.csv"))
        assert set(scores.measured) == {"use_trend", "licence_use"}
        result = backtest.check(scores)
        assert "The score cannot be tested: no customer is known to have left." in str(result)
        assert "it is not known whether the alerts were right" in str(alerts.find(scores).outcomes_summary())
        assert lists.make(scores, result).risk["loss"].isna().all()
        by_use = score.measure(kit.open(tmp_path), churned="usage")
        assert by_use.churn.n > 20
        with pytest.raises(UsageError, match="churn: 'use' is not a known value"):
            churn.find(scores.weeks, "use")

    def test_a_signal_that_is_none_is_named(self, scored: score.Scores) -> None:
        for key, value in (("weights", {"use_tend": 1.0}), ("anchors", {"use_tend": (0.0, 1.0)})):
            with pytest.raises(SettingsError, match="'use_tend' is not a signal"):
                scored.under(Settings(values={f"health.{key}": value}))
        with pytest.raises(SettingsError, match="is not one of renormalise, neutral, zero"):
            scored.under(Settings(values={"health.missing": "drop"}))


class TestSettings:
    def test_kit_check_init_begins_with_every_weight_and_anchor(self, tmp_path: Path, scored: score.Scores) -> None:
        (tmp_path / "visits.csv").write_text("Email,Event,Time\na@example.com,Download,2026-01-02 10:00\n")
        path, _likeliest = start(tmp_path)
        lines = path.read_text(encoding="utf-8").splitlines()
        begin = lines.index("# [health.weights]")
        for key, signal in signals.SIGNALS.items():
            assert f"# {key} = {signal.weight}  # {signal.title}" in lines[begin:]
        kept = [line.removeprefix("# ") for line in lines[begin:] if line]
        (tmp_path / "mine.toml").write_text("\n".join(kept) + "\n", encoding="utf-8")
        mine = read(tmp_path / "mine.toml")
        assert mine["health.weights"] == {key: signal.weight for key, signal in signals.SIGNALS.items()}
        assert mine["health.anchors"] == {key: signal.anchors for key, signal in signals.SIGNALS.items()}
        config = score.configure(mine, scored.measured, scored.customers)
        assert {key: config.weights[key] for key in scored.measured} == {
            key: scored.config.weights[key] for key in scored.measured
        }
        assert config.suggested == ()

    def test_a_new_account_has_its_own_weights_and_their_end_raises_no_alert(self) -> None:
        shape = (20, 60)
        use = np.where(np.arange(60)[None, :] >= np.r_[np.zeros(10), np.full(10, 40)][:, None], 18.0, np.nan)
        visits = np.zeros(shape) + np.where(np.arange(60) % 13 == 0, 1.0, np.nan)
        world = grid(20, 60, users=points(use), use=points(use), licences=points(use / use * 20), touch=points(visits))
        world = replace(world, started=np.where(np.arange(20) < 10, world.days[0], world.days[40]))
        said: dict[str, Any] = {
            "health.weights": {"licence_use": 0.0, "use_trend": 0.0, "touches": 1.0},
            "health.onboarding": {"licence_use": 1.0, "touches": 0.0}, "health.onboarding_days": 90,
            "health.anchors": {"licence_use": (0.0, 1.0), "touches": (0.0, 10.0)}, "health.weeks_red": 1,
        }  # fmt: skip
        scores = score.judge(world, Settings(values=said))
        young = (scores.weeks.age >= 28) & (scores.weeks.age < 90)
        old = scores.weeks.age >= 91 + 7
        assert scores.score[young] == pytest.approx(90)  # 18 of 20 licences
        assert (scores.score[old] < 40).all()
        assert scores.frame["stage"].tolist().count("established") == 20
        assert alerts.find(scores).alerts.empty  # the stage ended; nothing happened to the customer

    def test_any_subset_of_the_tables_gives_a_score_and_names_what_is_absent(self, scored: score.Scores) -> None:
        world = scored.weeks
        tables = sorted({weeks.KIND_TABLES[kind] for kind in world.touches})
        assert len(tables) == 8
        for subset in [[table] for table in tables] + [[one for one in tables if one != table] for table in tables]:
            kept = {kind: rows for kind, rows in world.touches.items() if weeks.KIND_TABLES[kind] in subset}
            scores = score.judge(replace(world, touches=kept), Settings())
            groups = {signals.SIGNALS[key].group for key in scores.measured}
            absent = [str(title) for group, title in signals.GROUPS.items() if group not in groups]
            notes = " ".join(map(str, scores.signals_table().notes))
            assert all(title in notes for title in absent)
            assert ("usage" in groups) == ("usage" in subset)
            known = scores.score[scores.customers]
            assert ((known[np.isfinite(known)] >= 0) & (known[np.isfinite(known)] <= 100)).all()
            assert len(scores.frame) == int(scores.customers[:, -1].sum())
            assert str(backtest.check(scores))
            assert str(growth.check(scores))
            assert str(alerts.find(scores))


class TestCrm:
    def test_the_csv_of_alerts_is_a_list_of_tasks_and_comes_back_as_outcomes(
        self, scored: score.Scores, tmp_path: Path
    ) -> None:
        found = alerts.find(scored)
        path = tmp_path / "alerts.csv"
        path.write_text(as_csv(found.table().data()), encoding="utf-8-sig", newline="")
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert list(rows.columns) == [
            "account", "raised_on", "score", "signal", "reason", "owner", "action", "due_on", "held_back", "acted_on",
        ]  # fmt: skip
        assert len(rows) == len(found.now) > 0
        assert set(rows["account"]) <= set(scored.weeks.accounts)  # the ids of the exports
        assert all(rows[name].str.fullmatch(r"\d{4}-\d\d-\d\d").all() for name in ("raised_on", "due_on"))
        assert ((pd.to_datetime(rows["due_on"]) - pd.to_datetime(rows["raised_on"])).dt.days == 7).all()
        assert rows["owner"].isin(["Sales desk 1", "Sales desk 2", "Sales desk 3"]).all()
        assert (rows[["reason", "action"]] != "").all(axis=None)
        rows["acted_on"] = "2026-10-31"
        rows.to_csv(path, index=False)
        given = alerts.find(scored, outcomes=str(path)).alerts
        assert (given["acted_on"].eq("2026-10-31") == given["open"]).all()
