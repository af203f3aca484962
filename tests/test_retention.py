"""Who comes back and who stays: by hand, by identities, and what the page says of what is not known."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path

import cdnow
import numpy as np
import pandas as pd
import pytest
import small
from hypothesis import given
from hypothesis import strategies as st

import kit
from kit.errors import UsageError
from kit.questions.retention import list_growth, projection, reasons, repeat_purchase, silence, staying, subscribers
from kit.stats import proportions

ROOT = Path(__file__).parents[1]
SINCE, UNTIL = pd.Timestamp("2025-01-01"), pd.Timestamp("2026-03-31")

DAYS = st.dates(SINCE.date(), UNTIL.date())
PEOPLE = st.lists(
    st.tuples(DAYS, st.none() | DAYS, st.sampled_from(subscribers.CAUSES), st.integers(1, 5)), min_size=1, max_size=25
)


def people(rows: list[tuple], *, since: pd.Timestamp | None = SINCE, source: str = "form") -> pd.DataFrame:
    """Rows joined, left, cause, n as `subscribers.count` gives them."""
    table = pd.DataFrame(rows, columns=["joined", "left", "cause", "n"])
    days = {name: pd.to_datetime(table[name]) for name in ("joined", "left")}
    table = table.assign(**days, undated=False, opt_in_source=source, since=since, until=UNTIL)
    return table.assign(cause=table["cause"].where(table["left"].notna(), ""))


def leaving(rng: np.random.Generator, size: int, chance: float, *, joined: str = "2025-01-01") -> pd.DataFrame:
    """People who joined over 300 days and leave each day by the same chance."""
    start = pd.Timestamp(joined) + pd.to_timedelta(rng.integers(0, 300, size), unit="D")
    left = start + pd.to_timedelta(rng.geometric(chance, size), unit="D")
    cause = rng.choice(["unsubscribe", "bounce"], size)
    rows = zip(start, left.where(left <= UNTIL), cause, np.ones(size, dtype=int), strict=True)
    return people(list(rows))


# Who comes back


def test_repeat_rates_of_cdnow_are_called_what_they_are(shared: Path, tmp_path: Path) -> None:
    data = cdnow.opened(shared, tmp_path, period="1997-10..1997-12")
    result = repeat_purchase.measure(data)
    rates = result.rates.set_index("rate")
    # Counted by hand in pandas over the file: 404 buyers, 162 with two orders, 157 on two days; one old cohort, so
    # each of them had bought before.
    assert rates["numerator"].to_dict() == {"repeated": 162, "repeated_days": 157, "returning": 404}
    assert rates.loc["returning", "value"] == 1
    assert "rises as the data gets older" in result.rates_table().text()


def test_kaplan_meier_holds_the_truth_that_the_naive_share_misses(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    later = repeat_purchase.count_returns(cdnow.opened(shared, tmp_path / "all"))
    returned = later["returned"] & (later["days"] <= 160)
    truth = later.loc[returned, "n"].sum() / later["n"].sum()
    found = repeat_purchase.measure(cdnow.opened(shared, tmp_path, as_of="1997-06-30"), days=160)
    row = found.shares.set_index("days").loc[160]
    assert row["naive"] < row["low"] < truth < row["high"]
    assert np.isnan(found.shares.set_index("days").loc[365, "value"])
    assert found.cohorts.loc[0, "cohort"] == "1997Q1"


def test_visits_are_orders_and_appointments_by_day(tmp_path: Path) -> None:
    header = ["Email", "Action", "Date", "Value"]
    rows = [("a@example.com", "appointment", "2026-01-05 10:00", 10), ("a@example.com", "review", "2026-01-09", 0)]
    small.table(tmp_path, "conversions.csv", header, rows)
    orders = [("o1", "a@example.com", "2026-02-05", 5, "EUR"), ("o2", "b@example.com", "2026-02-06", 5, "EUR")]
    small.table(tmp_path, "orders.csv", cdnow.HEADER, orders)
    small.settings(tmp_path, "as_of = 2026-02-28T23:59:00", 'time_zone = "Europe/Berlin"')
    data = kit.open(tmp_path)
    window, returns = repeat_purchase.count_window, repeat_purchase.count_returns
    assert window(data, "visit")[["buyers", "repeated"]].to_numpy().tolist() == [[2, 1]]
    assert window(data)[["buyers", "repeated"]].to_numpy().tolist() == [[2, 0]]
    # By hand: a on 5 January, again after 31 days; b on 6 February, 22 days until the end.
    assert returns(data, "visit")[["days", "returned", "n"]].to_numpy().tolist() == [[31, True, 1], [22, False, 1]]
    with pytest.raises(UsageError, match=r"returning customers cannot be counted by 'visits'\. Did you mean 'visit'"):
        repeat_purchase.measure(data, what="visits")


def test_nobody_followed_so_long_is_not_known() -> None:
    returns = pd.DataFrame({"cohort": ["2026-01"], "days": [20], "returned": [False], "n": [50]})
    nobody = pd.DataFrame(columns=repeat_purchase.WINDOW)
    found = repeat_purchase.judge(nobody, returns, days=90)
    assert found.summary().text == (
        "How many of 50 people come back within 90 days is not known yet. Nobody was observed for so long (the "
        "longest: 20 days)."
    )
    assert found.median is None
    assert "nobody came back" in found.plot().alt


# Who stays subscribed


def export(folder: Path) -> kit.store.Data:
    header = ["Email", "Status", "Opted in at", "Source", "Unsubscribed at", "Unsubscribe reason"]
    rows = [
        ("p1@example.com", "subscribed", "2025-12-01", "form", "", ""),
        ("p2@example.com", "unsubscribed", "2025-12-01", "form", "2026-01-20", "too many mails"),
        ("p3@example.com", "unsubscribed", "2025-12-01", "form", "2026-02-02", "Sunset: inactive for a year"),
        ("p4@example.com", "cleaned", "2025-12-01", "shop", "", ""),
        ("p5@example.com", "unsubscribed", "2025-12-05", "shop", "", ""),
        ("p6@example.com", "unsubscribed", "2025-12-05", "shop", "2026-01-03", ""),
        ("p7@example.com", "subscribed", "2026-01-10", "shop", "2025-11-10", "came back"),
        ("p8@example.com", "unconfirmed", "2026-01-10", "shop", "", ""),
        ("p9@example.com", "subscribed", "", "shop", "", ""),
        ("p10@example.com", "unsubscribed", "2025-12-05", "shop", "2026-01-09", "Marked as spam"),
    ]
    small.table(folder, "contacts.csv", header, rows)
    events = [small.event("delivered", n) for n in (1, 6)] + [
        small.event("bounce", 4, type="bounce", status="5.1.1"), small.event("spamreport", 6),
        small.event("click", 1, url="https://example.com", at=small.NOON + 3600),
    ]  # fmt: skip
    small.log(folder, events)
    small.settings(folder, "as_of = 2026-02-28T23:59:00", 'time_zone = "Europe/Berlin"')
    return kit.open(folder)


def test_leaving_has_a_day_and_a_cause(tmp_path: Path) -> None:
    found = subscribers.count(export(tmp_path))
    assert found["n"].sum() == 9  # p8 never confirmed
    # The mails of 1 January date p4's bounce and p6's complaint, which came before p6 unsubscribed.
    left = found.dropna(subset="left").assign(left=lambda frame: frame["left"].dt.strftime("%m-%d"))
    assert sorted(left[["left", "cause"]].itertuples(index=False, name=None)) == [
        ("01-01", "bounce"), ("01-01", "complaint"), ("01-09", "complaint"), ("01-20", "unsubscribe"),
        ("02-02", "sunset"),
    ]  # fmt: skip
    assert found.loc[found["undated"], "n"].sum() == 1  # p5
    assert found.loc[found["joined"].isna(), "n"].sum() == 1  # p9
    assert set(found["since"]) == {pd.Timestamp("2026-01-01")}


def test_the_list_by_hand(tmp_path: Path) -> None:
    found = list_growth.measure(export(tmp_path))
    assert (found.undated, found.dateless) == (1, 1)
    names = ["period", "start", "joined", "left", "end", "net", "stayed", "sunset"]
    # January: p1 to p4, p6 and p10 are there; p7 joins; p2, p4, p6 and p10 leave.
    # February: p1, p3 and p7 are there; p3 is taken off.
    assert found.periods[names].to_numpy().tolist() == [
        ["2026-01", 6, 1, 4, 3, -3, 2, 0], ["2026-02", 3, 0, 1, 2, -1, 2, 1],
    ]  # fmt: skip
    assert found.periods["value"].tolist() == pytest.approx([2 / 6, 2 / 3])
    assert found.periods["churn"].tolist() == pytest.approx([4 / 6, 0])
    assert "Removed by us" in found.table().text()
    assert found.summary().text.endswith("so the list shrank by 1 to 2.")


def test_the_retention_planted_in_the_sample_is_found() -> None:
    planted = json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))["business"]["retention"]
    result = list_growth.measure(kit.open(ROOT / "data/sample"))
    found = result.periods.set_index("period")
    assert {month: [found.loc[month, "start"], found.loc[month, "stayed"]] for month in planted["months"]} == (
        planted["months"]
    )
    # One of them left before joining, by its dates: nobody knows when.
    assert found.loc["2025-09":"2026-10", "joined"].sum() + result.undated == planted["joined"]


@given(PEOPLE, st.sampled_from(["month", "quarter"]))
def test_net_is_the_difference_of_sizes_and_every_count_adds_up(rows: list[tuple], every: str) -> None:  # B22
    table = people([(joined, left and max(joined, left), cause, n) for joined, left, cause, n in rows])
    found = list_growth.judge(table, every=every).periods
    if found.empty:
        assert table["left"].isna().all()
        return
    assert (found["end"] - found["start"]).tolist() == found["net"].tolist()
    assert found["start"].tolist()[1:] == found["end"].tolist()[:-1]
    assert (found["start"] - found["stayed"]).tolist() == found[list(subscribers.CAUSES)].sum(axis=1).tolist()
    assert found["joined"].sum() == table["n"].sum()
    known = found[found["value"].notna()]
    assert ((known["low"] <= known["value"]) & (known["value"] <= known["high"])).all()


def test_new_people_never_stand_above_the_line() -> None:
    before = [("2025-01-05", "2025-02-10", "unsubscribe", 20), ("2025-01-05", None, "", 80)]
    few, many = (
        list_growth.judge(people([*before, ("2025-02-03", None, "", n)])).periods.set_index("period") for n in (1, 5000)
    )
    assert few.loc["2025-02", "value"] == many.loc["2025-02", "value"] == 0.8


def test_a_period_that_is_not_over_or_not_recorded_has_no_rate() -> None:
    rows = [("2024-06-01", None, "", 50), ("2025-03-01", "2025-06-01", "bounce", 50)]
    late = people(rows, since=pd.Timestamp("2025-05-15")).assign(until=pd.Timestamp("2025-08-10"))
    table = list_growth.judge(late).periods.set_index("period")["value"]
    assert table.isna().to_dict() == {"2025-05": True, "2025-06": False, "2025-07": False, "2025-08": True}


def test_who_joined_before_the_log_is_watched_from_its_beginning(rng: np.random.Generator) -> None:
    told = leaving(rng, 4000, 0.004, joined="2024-06-01")
    seen = told.assign(since=pd.Timestamp("2025-01-01"))
    seen = seen[~(seen["left"] < seen["since"])]  # whom the log cannot know
    found = staying.judge(seen)
    row = found.shares[(found.shares["days"] == 180) & (found.shares["state"] == "still there")].iloc[0]
    assert row["low"] < 0.996**180 < row["high"]
    # Without late entry those who had left by then are missing, and the share is far too high.
    naive = staying.judge(seen.assign(since=pd.Timestamp("2024-01-01"))).shares
    assert naive[(naive["days"] == 180) & (naive["state"] == "still there")]["low"].iloc[0] > 0.996**180


def test_causes_add_up_to_what_is_missing(rng: np.random.Generator) -> None:
    found = staying.judge(leaving(rng, 1500, 0.003))
    for _, own in found.shares.dropna().groupby("days"):
        assert own["value"].sum() == pytest.approx(1)
    assert set(found.gone) == {"unsubscribe", "bounce"}
    assert "Bounced" in found.table().text()
    assert found.plot().alt.startswith("Left the list, by cause and days since joining: 30 days")


def test_sources_that_leave_otherwise_are_told(rng: np.random.Generator) -> None:
    both = pd.concat([leaving(rng, 800, 0.002).assign(opt_in_source="counter"), leaving(rng, 800, 0.006)])
    found = staying.judge(both)
    assert found.alike.p < 1e-6
    values = found.sources.set_index("source")["value"]
    assert values["counter"] > values["form"]
    assert "do not leave alike (log-rank test, p below 0.001)" in found.sources_table().text()


def test_projections_hold_on_months_held_back(rng: np.random.Generator) -> None:
    """Of 40 lists left at one rate, where the likelihood is flat: 95 % less three Monte Carlo errors."""
    inside, covered, words_hold = [], [], []
    for _ in range(40):
        found = projection.judge(leaving(rng, 1500, 0.002))
        check = found.check
        inside.append((check["low"] <= check["observed"]) & (check["observed"] <= check["high"]))
        row = found.ahead.set_index("month").loc[12]
        covered.append(row["low"] < 0.998 ** (12 * subscribers.MONTH) < row["high"])
        text = found.summary().text
        words_hold.append("The model passed its check." in text and text.endswith(" stayed."))
    least = 0.95 - 3 * np.sqrt(0.95 * 0.05 / 40)
    assert pd.concat(inside, axis=1).mean(axis=1).min() >= least
    assert np.mean(covered) >= least
    assert words_hold == [bool(months.iloc[-1]) for months in inside]


def test_a_month_that_is_not_over_does_not_make_leaving_faster(rng: np.random.Generator) -> None:
    # Counted with the last month of each person, in which only those who left show, the share after six months came
    # out 2.3 points lower than the truth.
    told = [projection.judge(leaving(rng, 6000, 0.004, joined="2025-05-01")) for _ in range(3)]
    seen = np.mean([one.ahead.set_index("month").loc[6, "value"] for one in told])
    assert seen == pytest.approx(0.996 ** (6 * subscribers.MONTH), abs=0.012)


def test_a_change_of_times_is_told(rng: np.random.Generator) -> None:
    told = leaving(rng, 3000, 0.001)
    # Since October half of those still there were driven off.
    gone = told["left"].isna() & (rng.random(len(told)) < 0.5)
    told = told.assign(
        left=told["left"].mask(gone, pd.Timestamp("2025-12-15")), cause=told["cause"].mask(gone, "bounce")
    )
    assert projection.judge(told).summary().text.endswith("do not rely on the forecast.")


def test_silence_needs_enough_mails() -> None:
    # As a coin that shows heads once in five times gives them, and so nothing to differ by: 0.8**13 = 0.055,
    # 0.8**14 = 0.044, so 14 mails are needed.
    rows = [(10, k > 0, k, 0, 0, round(1e4 * comb(10, k) * 0.2**k * 0.8 ** (10 - k))) for k in range(11)]
    counted = pd.DataFrame([*rows, (13, False, 0, 0, 0, 30), (14, False, 0, 0, 0, 10)], columns=silence.COUNTS)
    found = silence.judge(counted, days=90)
    assert found.model is not None
    assert found.model.phi < 0.01
    assert (found.silent, found.judged) == (10, 10)
    assert found.undecided == rows[0][-1] + 30
    assert (found.value, found.most) == pytest.approx((10 / found.people, (found.undecided + 10) / found.people))
    fewer = silence.judge(counted[counted["mails"] < 14], days=90)
    assert np.isnan(fewer.value)
    assert "nobody got enough messages" in fewer.summary().text


def test_who_clicked_before_is_silent_sooner_than_who_never_did() -> None:
    # People differ: of 600 a third click four of ten mails, the others never clicked; through 12 mails both are silent.
    rows = [(10, True, 4, 10, 4, 200), (10, False, 0, 10, 0, 400), (12, False, 0, 10, 4, 7), (12, False, 0, 10, 0, 9)]
    found = silence.judge(pd.DataFrame(rows, columns=silence.COUNTS), days=90)
    assert (found.silent, found.undecided) == (7, 409)
    assert "people differ in this" in found.summary().text


def test_silence_is_counted_of_those_on_the_list_all_the_time(tmp_path: Path) -> None:
    # p1 clicked; p7 joined within the window, the others left.
    assert silence.count(export(tmp_path), days=80).to_numpy().tolist() == [[1, True, 1, 0, 0, 1]]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (people([]), "none of your files contains contacts"),
        (
            people([(None, None, "", 9), ("2025-02-01", "2025-03-01", "bounce", 3)]),
            "most contacts have no date of joining",
        ),
        (
            people([("2025-02-01", None, "", 90)]),
            "nobody is recorded as having left: the contacts may contain only current subscribers",
        ),
        (
            people([("2025-02-01", "2025-03-01", "bounce", 9), ("2024-02-01", None, "", 90)]),
            "at least 30 people who joined while departures were recorded are needed; the data has 9",
        ),
        (
            people([("2025-02-01", "2025-03-01", "bounce", 9), ("2025-02-01", None, "", 90)]),
            "at least 30 people who left are needed; the data has 9",
        ),
    ],
)
def test_what_is_not_known_says_why(table: pd.DataFrame, reason: str) -> None:
    found, ahead = staying.judge(table), projection.judge(table)
    assert (found.reason, ahead.reason) == (reason, reason)
    assert found.summary().text == f"How long people stay subscribed is not known: {reason}."
    assert ahead.summary().text == f"There is no forecast: {reason}."
    assert reason in found.table().text()
    for result in (found, ahead, list_growth.judge(table)):
        assert result.plot().svg.startswith("<svg")


def test_months_after_the_data_are_not_known() -> None:
    found = list_growth.judge(people([("2025-01-05", "2025-02-10", "bounce", 20)]), months=("2027-01", "2027-03"))
    assert found.summary().text == (
        "List retention is not known: the data contains none of these months."
    )  # fmt: skip


def test_no_period_of_another_length() -> None:
    with pytest.raises(UsageError, match="'week' is not a period length"):
        list_growth.judge(people([]), every="week")


def test_who_left_by_the_log_and_is_still_listed_is_told(tmp_path: Path) -> None:
    small.log(
        tmp_path, [small.event("delivered", n) for n in range(4)] + [small.event("unsubscribe", n) for n in (1, 2)]
    )
    rows = [["p1@example.com", "subscribed"], ["p2@example.com", "unsubscribed"], ["p3@example.com", "subscribed"]]
    small.table(tmp_path, "contacts.csv", ["Email", "Status"], rows)
    found = list_growth.measure(kit.open(tmp_path))
    assert found.still_listed == 1
    assert "1 person unsubscribed" in found.still_listed_summary().text
    assert list_growth.judge(people([])).still_listed_summary().headline is False


def people_who_left(folder: Path, words: list[str]) -> Path:
    rows = [
        [f"p{n}@example.com", "unsubscribed", f"2026-01-{n % 28 + 1:02d}", f"2026-03-{n % 28 + 1:02d}", reason]
        for n, reason in enumerate(words)
    ]
    rows += [[f"b{n}@example.com", "cleaned", "2026-01-05", "2026-03-05", "550 no such user"] for n in range(5)]
    rows += [[f"s{n}@example.com", "subscribed", "2026-01-05", "", ""] for n in range(9)]
    small.table(
        folder, "contacts.csv", ["Email", "Status", "Opted in at", "Unsubscribed at", "Unsubscribe reason"], rows
    )
    return folder


def test_reasons_for_unsubscribing_are_shown_and_no_words_of_one_person(tmp_path: Path) -> None:
    one = ["Call Anna Example at +49 30 1234567", "my boss Bob", "bob@example.com asked"]
    words = ["Too many mails"] * 12 + ["too many mails "] * 3 + ["No longer relevant"] * 5 + one
    data = kit.open(people_who_left(tmp_path, [*words, *[""] * 7]))
    found = reasons.measure(data)
    rows = found.reasons
    assert rows["reason"].tolist() == ["too many mails", "no longer relevant", None]
    assert rows["n"].tolist() == [15, 5, 3]
    assert rows["value"].tolist() == pytest.approx([15 / 23, 5 / 23, 3 / 23])
    low, high = proportions.proportion_interval(rows["n"], 23)
    assert (rows["low"].tolist(), rows["high"].tolist()) == (list(low), list(high))
    assert (found.given, found.silent) == (23, 7)
    said = f"{found.table().text()} {found.table().data()} {found.summary().text}"
    assert "23 of 30 people who unsubscribed gave a reason" in said
    for word in ("anna", "bob", "1234567", "550"):
        assert word not in said.casefold()


def test_reasons_of_nobody_are_no_table_of_zeros(tmp_path: Path) -> None:
    found = reasons.measure(kit.open(people_who_left(tmp_path, ["", ""])))
    assert (len(found.reasons), found.given, found.silent) == (0, 0, 2)
    assert found.summary().text == "None of your files contains reasons for unsubscribing."
