"""Notebook 12: months, days and users of product use, campaign mail and people of an account, as signals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kit
from kit.questions.customer_health import accounts, churn, growth, score, signals, touches
from kit.questions.customer_health.signals import SIGNALS
from kit.settings import Settings
from tests.account_weeks import grid, points

ROOT = Path(__file__).parents[1]
TOML = 'time_zone = "Europe/Berlin"\nas_of = 2026-10-20T23:00:00\nown_domains = ["software.example.org"]\n'


def months(form: str, *, without: tuple[int, ...] = ()) -> list[str]:
    """21 months of 12 accounts: all alike, x1 falls to a third from July on, x2 is in no row since then."""
    rows = ["Account ID,Month,Active users,Logins,Seats"]
    for number, month in enumerate(pd.period_range("2025-01", "2026-09", freq="M")):
        when = f"{month.end_time:%Y-%m-%d}" if form == "last" else month.strftime(form)
        late = month >= pd.Period("2026-07")
        for account in range(12 if number not in without else 2):
            if not (account == 2 and late):
                users, logins = (2, 30) if account == 1 and late else (8, 90)
                rows.append(f"x{account},{when},{users},{logins},10")
    return rows


def opened(folder: Path, rows: list[str], name: str = "usage.csv") -> kit.store.Data:
    (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "kit.toml").write_text(TOML, encoding="utf-8")
    return kit.open(folder)


def of(scores: score.Scores, signal: str, account: str) -> pd.Series:
    """A signal of an account by day."""
    code = list(scores.weeks.accounts).index(account)
    return pd.Series(scores.measured[signal][code], index=scores.weeks.dates)


class TestMonths:
    @pytest.mark.parametrize("form", ["%Y-%m", "%b %Y", "%Y-%m-01", "last"])
    def test_a_month_is_known_at_its_end(self, tmp_path: Path, form: str) -> None:
        rows = touches.touches(opened(tmp_path, months(form)))
        days = pd.to_datetime(np.sort(rows["day"].unique()), unit="D")
        assert list(days) == list(pd.date_range("2025-01-31", "2026-09-30", freq="ME"))
        assert set(rows["kind"]) == {"use", "users", "licences"}

    def test_the_latest_month_is_against_the_three_before(self, tmp_path: Path) -> None:
        scores = score.measure(opened(tmp_path, months("%Y-%m")))
        trend = of(scores, "use_trend", "x1")
        # evenings are Tuesdays; July ended on a Friday, and moves nothing before
        assert trend["2026-07-28"] == pytest.approx(1)
        assert trend["2026-08-04"] == pytest.approx(30 / 90)
        assert trend["2026-09-01"] == pytest.approx(30 / ((90 + 90 + 30) / 3))
        assert trend["2026-10-06"] == pytest.approx(30 / ((90 + 30 + 30) / 3))
        assert of(scores, "use_trend", "x0")["2025-07-01":].tolist() == pytest.approx([1] * 69)
        gone = of(scores, "use_trend", "x2")  # in no row of a month that others have: it stopped
        assert gone["2026-07-28"] == pytest.approx(1)
        assert gone["2026-08-04"] == gone["2026-10-20"] == 0
        share = of(scores, "licence_use", "x1")
        assert (share["2026-07-28"], share["2026-08-04"]) == pytest.approx((0.8, 0.2))
        assert "the latest whole month counts from its last day" in " ".join(map(str, scores.signals_table().notes))

    def test_a_month_that_is_not_over_says_nothing(self, tmp_path: Path) -> None:
        rows = months("%Y-%m") + [f"x{account},2026-10,1,5,10" for account in range(12)]
        before = score.measure(opened(tmp_path, months("%Y-%m")))
        (tmp_path / "partial").mkdir()
        after = score.measure(opened(tmp_path / "partial", rows))
        np.testing.assert_array_equal(before.score, after.score)

    def test_a_month_of_which_most_rows_are_missing_is_no_fall(self, tmp_path: Path) -> None:
        trend = of(score.measure(opened(tmp_path, months("%Y-%m", without=(17,)))), "use_trend", "x5")
        assert trend["2026-07-07"] == pytest.approx(1)  # June has two accounts only: May's value stays
        assert trend["2026-08-04":"2026-10-20"].tolist() == pytest.approx([1] * 12)

    def test_a_file_that_ended_goes_stale(self, tmp_path: Path) -> None:
        rows = [row for row in months("%Y-%m") if row[row.find(",") + 1 :] < "2026-06" or row.startswith("Account")]
        trend = of(score.measure(opened(tmp_path, rows)), "use_trend", "x0")
        assert trend["2026-06-02":"2026-07-21"].notna().all()  # the month of May, for four weeks and four more
        assert trend["2026-07-28":].isna().all()

    def test_months_beside_days_are_not_taken_for_days(self, tmp_path: Path) -> None:
        rows = ["Account ID,Date,Metric,Value"]
        for day in pd.date_range("2026-03-01", "2026-09-30"):
            rows += [f"x{account},{day:%Y-%m-%d},DAU,{3 - account}" for account in range(3)]
            if day.day == 1:
                rows += [f"x{account},{day:%Y-%m-%d},MAU,12" for account in range(3)]
        data = opened(tmp_path, rows)
        found = touches.touches(data).groupby("kind")["day"].agg(["min", "max"])
        known = found.map(lambda day: str(pd.Timestamp(day, unit="D").date()))
        assert known.loc["monthly_users"].tolist() == ["2026-03-31", "2026-09-30"]
        assert known.loc["daily_users"].tolist() == ["2026-03-01", "2026-09-30"]
        assert known.loc["use_day"].tolist() == ["2026-03-01", "2026-09-30"]
        stickiness = of(score.measure(data), "stickiness", "x0")
        assert stickiness.dropna().iloc[-1] == pytest.approx(3 / 12)

    def test_files_of_days_and_of_months_are_not_added_up(self, tmp_path: Path) -> None:
        opened(tmp_path, months("%Y-%m"), "monthly.csv")
        days = [f"x0,{day:%Y-%m-%d},3" for day in pd.date_range("2026-01-01", "2026-09-30")]
        rows = touches.touches(opened(tmp_path, ["Account ID,Date,Logins", *days], "daily.csv"))
        assert set(rows.query("kind == 'use'")["value"]) == {3.0}  # of logins the daily file is kept alone
        assert set(rows.query("kind == 'licences'")["value"]) == {10.0}


class TestUse:
    def test_days_and_months_of_users_are_no_sum(self) -> None:
        table = pd.DataFrame(
            [("Logins", 90, 1), ("DAU", 90, 1), ("MAU", 3, 28), ("Seats", 90, 1), ("Exports", 9, 1)],
            columns=["metric", "n", "covered"],
        )
        assert touches.measures(table) == {
            "use": ["Logins"], "users": ["MAU"], "licences": ["Seats"], "daily_users": ["DAU"],
            "monthly_users": ["MAU"],
        }  # fmt: skip
        assert touches.measures(table.query("metric == 'DAU'")) == {"use": ["DAU"], "users": ["DAU"]}

    def test_a_row_of_no_use_is_no_sign_of_a_customer(self) -> None:
        use = np.full((2, 20), 5.0)
        use[1, 8:] = 0.0
        silent = signals.silent_days(grid(2, 20, use=points(use)))
        assert silent[0, -1] == 0
        assert silent[1, -1] == 7 * 12

    def test_growth_of_months_does_not_hang_on_how_many_a_quarter_holds(self, tmp_path: Path) -> None:
        rows = ["Account ID,Month,Logins"]
        rows += [f"x{n},{month},{90}" for n in range(12) for month in pd.period_range("2025-01", "2026-09", freq="M")]
        rising = growth.use_rising(score.measure(opened(tmp_path, rows)).weeks)
        assert rising[np.isfinite(rising)].tolist() == pytest.approx([1] * int(np.isfinite(rising).sum()))
        assert np.isfinite(rising[:, -20:-3]).all()


class TestMail:
    def test_the_page_of_the_sample_shows_every_group_of_signals(self, scored: score.Scores) -> None:
        assert {SIGNALS[key].group for key in scored.counted} == set(signals.GROUPS)
        mail = {"mail_opened", "mail_clicked", "unsubscribed", "reply_rate", "contact_days", "touches"}
        assert mail <= set(scored.counted)
        here = scored.customers[:, -1]
        assert all(np.isfinite(scored.measured[key][here, -1]).mean() > 0.7 for key in mail - {"reply_rate"})

    def test_opens_of_people_are_as_planted_and_machines_open_nothing(self, software_truth: dict[str, Any]) -> None:
        rows = touches.touches(kit.open(ROOT / "data/software")).groupby("kind")["value"].sum()
        lines = pd.read_json(ROOT / "data/software/newsletter.ndjson.gz", lines=True)
        assert rows["mail"] == (lines["event"] == "delivered").sum()
        assert rows["mail_opened"] == ((lines["event"] == "open") & (lines["sg_machine_open"] == 0)).sum()
        opened, usual = rows["mail_opened"] / rows["mail_trackable"], software_truth["readers"][0]
        assert 0.8 * usual < opened < usual  # a part is in trouble, and reads less

    def test_who_is_in_trouble_reads_less_and_unsubscribes(
        self, scored: score.Scores, software_truth: dict[str, Any]
    ) -> None:
        names, gone = list(scored.weeks.accounts), pd.to_datetime(pd.Series(software_truth["left"]))
        before, usual = [], []
        for name, day in gone.items():
            week = int(np.searchsorted(scored.weeks.days, (day - pd.Timestamp(0)).days)) - 1
            value = scored.measured["mail_opened"][names.index(str(name)), week]
            (before if software_truth["signs"][str(name)] >= 12 else usual).append(value)
        assert np.nanmean(before) < 0.7 * np.nanmean(usual)
        left = pd.Series(scored.weeks.touches["unsubscribed"]["account"]).value_counts()
        assert {names[code]: n for code, n in left.items()} == software_truth["unsubscribed"]


class TestRollUp:
    """Mail of a contact reaches its account by id, by address and by a firm's own domain; free mail joins nobody."""

    def scores(self, folder: Path) -> pd.Series:
        payments = ["id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email"]
        for month in range(1, 10):
            payments += [
                f"ch_{month}{n},2026-0{month}-03 09:00,50,0,eur,Paid,cus_{n},{email}"
                for n, email in enumerate(("ann@one.example.com", "bob@gmail.com", "cy@two.example.com"))
            ]
        (folder / "payments.csv").write_text("\n".join(payments) + "\n", encoding="utf-8")
        usage = ["Account ID,Week,Logins"]
        usage += [f"cus_0,{day:%Y-%m-%d},9" for day in pd.date_range("2026-01-05", "2026-09-28", freq="7D")]
        (folder / "usage.csv").write_text("\n".join(usage) + "\n", encoding="utf-8")
        people = ["ann@one.example.com", "other@one.example.com", "bob@gmail.com", "stranger@gmail.com"]
        visits = ["Email,Event,Time", *(f"{email},Download,2026-09-1{n} 10:00" for n, email in enumerate(people))]
        data = opened(folder, visits, "visits.csv")
        people_of = touches.people(data)
        owner = accounts.resolve(people_of, data.settings["health.accounts"])
        rows = touches.touches(data).query("kind == 'touch'").merge(owner, on="who")
        return rows.groupby("account")["value"].sum()

    def test_by_address_by_domain_and_by_id(self, tmp_path: Path) -> None:
        found = self.scores(tmp_path)
        assert found["cus_0"] == 2  # ann by her address, her colleague by the firm's domain
        assert found["cus_1"] == 1  # bob by his address alone: gmail.com is no firm
        assert found.sum() == 4
        assert len(found) == 3  # the stranger at gmail.com is an account of its own
        scores = score.measure(kit.open(tmp_path))
        code = list(scores.weeks.accounts).index("cus_0")  # use by id, payments by id and address
        assert {"use", "charge", "touch"} <= {
            kind for kind, rows in scores.weeks.touches.items() if code in rows["account"]
        }


def test_use_that_stopped_by_months_is_leaving(tmp_path: Path) -> None:
    scores = score.measure(opened(tmp_path, months("%Y-%m")), churned="usage")
    day = scores.churn.day[list(scores.weeks.accounts).index("x2")]
    assert pd.Timestamp(day, unit="D") == pd.Timestamp("2026-07-01")
    assert np.isfinite(scores.churn.day).sum() == 1
    assert churn.find(scores.weeks, "usage").n == 1
    assert Settings()["health.coverage"] == 0.5


class TestLoaded:
    """A row that reached the system later than the day it is about was not known before."""

    def rows(self, late: dict[str, str]) -> list[str]:
        days = pd.date_range("2026-01-05", "2026-08-31", freq="7D")
        return ["Account ID,Week,Logins,Loaded At"] + [
            f"x{account},{day:%Y-%m-%d},{9 if day < pd.Timestamp('2026-06-01') else 2},"
            f"{late.get(f'{day:%Y-%m-%d}', f'{day + pd.Timedelta(days=7):%Y-%m-%d}')} 03:00"
            for account in range(3)
            for day in days
        ]  # fmt: skip

    def test_a_late_row_moves_no_earlier_evening(self, tmp_path: Path) -> None:
        late = dict.fromkeys(("2026-06-01", "2026-06-08"), "2026-07-15")
        scores = score.measure(opened(tmp_path, self.rows(late)))
        code = list(scores.weeks.accounts).index("x0")
        use = pd.Series(scores.weeks.week_sums("use")[code], index=scores.weeks.dates)
        assert use[:"2026-06-16"].tolist()[-2:] == [0, 0]  # the weeks of 1 and 8 June were not there yet
        assert use["2026-07-21"] == 3 * 2  # they came with the week of 6 July
        days = touches.touches(kit.open(tmp_path)).query("kind == 'use'")["day"]
        assert pd.Timestamp(days.max(), unit="D") == pd.Timestamp("2026-09-07")

    def test_what_had_ended_when_it_was_loaded_was_never_open(self, tmp_path: Path) -> None:
        tickets = ["Ticket ID,Email,Created at,Resolved at,Loaded At"]
        tickets += [
            f"T{n},p{n}@one.example.com,2026-0{n}-02 10:00,2026-0{n}-20 10:00,2026-0{n}-03" for n in range(1, 9)
        ]
        tickets += ["T99,p9@one.example.com,2026-03-02 10:00,2026-03-20 10:00,2026-05-01"]
        scores = score.measure(opened(tmp_path, tickets, "tickets.csv"))
        code = list(scores.weeks.accounts).index("one.example.com")
        requests = pd.Series(scores.weeks.standing("open_ticket", counted=True)[code], index=scores.weeks.dates)
        assert requests["2026-03-10"] == 1  # T3, but T99 is not known yet
        assert requests["2026-05-12"] == 1  # T5; T99 had ended
        assert (requests >= 0).all()

    def test_an_export_that_repeats_an_older_one_with_new_days_of_loading_counts_once(self, tmp_path: Path) -> None:
        days = pd.date_range("2026-01-05", "2026-08-31", freq="7D")
        use = [f"x{n},{day:%Y-%m-%d},{30 + 7 * n + day.day_of_year}" for n in range(9) for day in days]
        header = "Account ID,Week,Logins,Loaded At"
        opened(tmp_path, [header, *(f"{row},2026-09-10 03:00" for row in use)], "a.csv")
        data = opened(tmp_path, [header, *(f"{row},2026-09-20 03:00" for row in use)], "b.csv")
        rows = touches.touches(data).query("kind == 'use'")
        assert rows["value"].sum() == sum(int(row.split(",")[2]) for row in use)
        assert set(pd.to_datetime(rows["day"], unit="D")) == {pd.Timestamp("2026-09-10")}
