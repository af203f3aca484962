"""Who has lapsed: published figures, by hand, and what the page says of what is not known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cdnow
import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit.errors import UsageError
from kit.questions.lapsed import groups, leaving, permission, states
from kit.stats import landmark

ROOT = Path(__file__).parents[1]
CONTACTS = ("Email", "Status", "Opted in at", "Confirmed at", "Consent purpose", "Unsubscribed at", "Cleaned at")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_chances_of_cdnow_are_the_published_ones(shared: Path, tmp_path: Path, place: int) -> None:
    answers = json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))["lapsed_landmark_km_cdnow"]
    whole = states.purchases(cdnow.opened(shared, tmp_path))
    begin = pd.Timestamp(answers["dates"][place])
    people, model, _draws = states.at(whole, begin, days=answers["H"], limits=(0.1, 0.25))
    end = begin + pd.Timedelta(days=answers["H"])
    came = whole.loc[(whole["day"] > begin) & (whole["day"] <= end), "contact_key"]
    assert model is not None
    assert people["chance"].mean() == pytest.approx(answers["sample_all_pred"][place], abs=0.001)
    assert people["contact_key"].isin(came).mean() == pytest.approx(answers["sample_all_obs"][place], abs=0.001)


def test_an_order_file_alone_answers_and_the_last_days_check_it(shared: Path, tmp_path: Path) -> None:
    data = cdnow.opened(shared, tmp_path)
    found = states.measure(data)
    check = found.checks[found.checks["state"] == states.ALL].iloc[-1]
    # Buying was falling, which the check says.
    assert check["high"] < check["expected_low"]
    assert str(found.check_summary()).startswith("Fewer customers come back than before")
    assert found.states["n"].sum() == found.customers == 2357
    assert (found.people.loc[found.people["state"] == "lapsed", "chance"] <= 0.1).all()
    assert "whether" not in str(groups.measure(data, found).table().text())
    assert "none of your files gives a reason" in str(leaving.measure(data, found))
    standing = permission.measure(data, found)
    assert "not known who may be e-mailed: none of your files contains contacts" in str(standing)
    assert "no event log" in str(standing.sends_summary())


def test_a_rule_that_holds_over_all_and_not_for_the_lapsed_says_so(shared: Path, tmp_path: Path) -> None:
    found = states.measure(cdnow.opened(shared, tmp_path))
    held = {"until": found.until, "n": 1000, "expected": 0.2, "expected_low": 0.18, "expected_high": 0.22}
    held |= {"returned": 200, "value": 0.2, "low": 0.176, "high": 0.226}
    for returned, says in ((60, False), (110, True)):  # of 1,000 of whom 6 % were expected
        row = held | {"expected": 0.06, "returned": returned, "value": returned / 1000}
        checks = pd.DataFrame([held | {"state": states.ALL}, row | {"state": "lapsed"}])
        text = str(replace(found, checks=checks).check_summary())
        assert text.startswith("Over all customers, the rule was right")
        assert ("11.0% (9.2–13.1) came back, while 6.0% were expected" in text) is says
        assert ("includes people who come back by themselves" in text) is says


def test_the_chance_is_a_ratio_of_two_points_of_the_curve() -> None:
    # 100 people: 20 come back on day 10, 20 on day 30, 60 are watched until day 50.
    days, closed = np.repeat([10, 30, 50], [20, 20, 60]), np.repeat([True, True, False], [20, 20, 60])
    watched = landmark.spells(np.zeros(100), days, closed, np.arange(100))
    model = landmark.fit(watched, horizon=20)
    assert model is not None
    assert model.last == (30,)  # until day 50, 20 ahead of it, 30 or more are watched
    value, bounded = landmark.chance(model, [0, 0, 0, 0], [0, 10, 30, 45])
    # By hand: S is 1, 0.8 from day 10, 0.6 from day 30.
    assert value == pytest.approx([1 - 0.8, 1 - 0.6 / 0.8, 0, 0])
    assert bounded.tolist() == [False, False, False, True]
    draws = landmark.resampled(watched, model, [0], [0])
    assert draws.std() == pytest.approx(np.sqrt(0.2 * 0.8 / 100), rel=0.15)
    assert (draws == landmark.resampled(watched, model, [0], [0])).all()


def test_a_stratum_with_few_returns_shares_the_curve_of_its_neighbour() -> None:
    stratum = np.repeat([0, 1, 2], [100, 100, 20])
    watched = landmark.spells(stratum, np.full(220, 5), np.tile([True, False], 110), np.arange(220))
    model = landmark.fit(watched, horizon=2)
    assert model is not None
    assert model.of_stratum == (0, 1, 1)
    assert landmark.fit(landmark.spells([0] * 40, [5] * 40, [True] * 20 + [False] * 20, range(40)), horizon=2) is None


def bought(rows: list[tuple[str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["contact_key", "day"])
    return frame.assign(day=pd.to_datetime(frame["day"]), worth=10.0).sort_values(["contact_key", "day"])


def firm() -> pd.DataFrame:
    """200 people who come monthly, and 100 who came once, each a day after the other."""
    rng = np.random.default_rng(5)
    rows = []
    for person in range(300):
        day = pd.Timestamp("2025-01-01") + pd.Timedelta(days=int(rng.integers(0, 90)))
        rows.append((f"p{person:03d}", str(day.date())))
        while person < 200 and (day := day + pd.Timedelta(days=int(rng.integers(20, 40)))) < pd.Timestamp("2026-01-01"):
            rows.append((f"p{person:03d}", str(day.date())))
    return bought(rows)


def test_who_keeps_silent_among_those_who_come_monthly_has_lapsed() -> None:
    found = states.judge(firm(), pd.Timestamp("2025-12-31").date(), days=30)
    state = found.people.set_index("contact_key")["state"]
    # Nobody of those who come keeps silent for 70 days, so of a silence of some weeks only a bound is known.
    assert set(state[state.index < "p200"]) <= {"active", "long silent"}
    assert (state[state.index < "p200"] == "active").any()
    assert set(state[state.index >= "p200"]) <= {"lapsed", "long silent"}
    assert (found.people["chance"].between(0, 1)).all()
    moves = groups.judge(found, pd.DataFrame(columns=["contact_key", *groups.ATTRIBUTES])).moves
    assert moves["n"].sum() == len(found.before)


def test_what_stands_before_silence_is_found_and_nothing_else() -> None:
    orders = firm()
    found = states.judge(orders, pd.Timestamp("2025-12-31").date(), days=30)
    last = found.people.set_index("contact_key")["last"]
    watched = leaving.of_spells(orders, found)
    rng = np.random.default_rng(7)
    # Of the silent three in ten had a refund a day after, of the others one in twenty; a request has everybody alike.
    refunded = [k for k in last.index if rng.random() < (0.3 if k >= "p200" else 0.05)]
    start = watched.set_index("contact_key")["start"]
    events = pd.DataFrame(
        [(k, start.get(k, last[k]) + pd.Timedelta(days=1), "refund") for k in refunded]
        + [(k, start.get(k, last[k]) + pd.Timedelta(days=1), "ticket") for k in last.index if rng.random() < 0.3],
        columns=leaving.EVENT_COLUMNS,
    )
    told = leaving.judge(found, watched.assign(stratum="all"), events, pd.DataFrame(columns=leaving.GIVEN))
    decision = told.stopped.set_index("kind")["decision"]
    assert decision["refund"] == "more often"
    assert decision["ticket"] == "as usual"
    assert "A refund" in str(told)
    assert "a hint, not proof" in str(told)


def test_reasons_are_coded_by_words_and_themes() -> None:
    assert leaving.coded("We moved to another town", "") == "moved"
    assert leaving.coded("Продал машину", "price") == "need gone"
    assert leaving.coded("Слишком дорого", "price") == "price"
    assert leaving.coded("…", "") == "other"


@pytest.fixture
def lists(tmp_path: Path) -> kit.store.Data:
    """Seven people, each with a standing of their own; the first two get mails at three times."""
    rows = [
        ("p1@example.com", "subscribed", "2025-12-01 09:00", "2025-12-02 09:00", "newsletter", "", ""),
        ("p2@example.com", "unsubscribed", "2025-12-01 09:00", "", "", "2026-01-03 09:00", ""),
        ("p3@example.com", "cleaned", "2025-12-01 09:00", "", "", "", "2026-01-05 09:00"),
        ("p4@example.com", "unconfirmed", "2025-12-01 09:00", "", "", "", ""),
        ("p5@example.com", "subscribed", "2025-12-01 09:00", "", "Invoices and service", "", ""),
        ("p6@example.com", "subscribed", "", "", "", "", ""),
        ("p8@example.com", "subscribed", "2026-01-04 09:00", "", "", "", ""),
    ]
    small.table(tmp_path, "contacts.csv", CONTACTS, rows)
    orders = [(f"o{n}", f"p{n}@example.com", "2025-12-20", 5, "EUR") for n in range(1, 8)]
    small.table(tmp_path, "orders.csv", cdnow.HEADER, orders)
    sends = [(1, 0), (2, 0), (2, 4), (4, 0), (7, 0), (8, 0), (8, 5)]
    small.log(
        tmp_path,
        [
            small.event("delivered", person, campaign=f"c{day}", at=small.NOON + day * small.DAY)
            for person, day in sends
        ],
    )
    small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2026-01-31T12:00:00")
    return kit.open(tmp_path)


def test_each_person_has_the_first_standing_that_holds(lists: kit.store.Data) -> None:
    found = permission.measure(lists, states.measure(lists))
    expected = {"allowed": 1, "unsubscribe": 1, "bounce": 1, "unconfirmed": 1, "other purpose": 1, "no date": 1}
    customers = found.who[found.who["who"] == "customers"].set_index("standing")["n"]
    assert customers.to_dict() == expected | {"no record": 1}
    listed = found.who[found.who["who"] == "listed"].set_index("standing")["n"]
    assert listed.to_dict() == expected | {"allowed": 2}
    record = found.consent.set_index("what")["n"]
    assert record.to_dict() == {"consented": 2, "source": 0, "purpose": 1, "proof": 1}


def test_mails_without_a_consent_valid_on_that_day_are_counted(lists: kit.store.Data) -> None:
    sent = permission.sends(lists).set_index("kind")["mails"]
    # By hand: p2 a day after unsubscribing, p4 never confirmed, p7 on no list, p8 once before joining.
    assert sent.to_dict() == {"before": 1, "withdrawn": 1, "unconfirmed": 1, "no record": 1, "all": 7}


def test_a_list_holds_hashes_unless_addresses_are_asked_for(lists: kit.store.Data, tmp_path: Path) -> None:
    found = states.measure(lists)
    # With seven people nobody's chance is known; the list takes whoever is called lapsed.
    gone = states.measure(lists).people.assign(state="lapsed")
    standing = permission.judge(found, permission.standings(lists), permission.sends(lists)).people.assign(
        state="lapsed"
    )
    frame = gone[["contact_key"]].merge(standing[["contact_key", "standing"]], on="contact_key")
    from kit.store import lists as files  # noqa: PLC0415

    out = tmp_path.parent / f"{tmp_path.name}-lists"
    hashed = files.write(frame, lists, str(out / "a"), "lapsed.csv")
    named = files.write(frame, lists, str(out / "b"), "lapsed.csv", addresses=True)
    assert hashed is not None
    assert named is not None
    assert "@" not in hashed.read_text(encoding="utf-8")
    assert "p1@example.com" in named.read_text(encoding="utf-8")
    assert files.write(frame, lists, "", "lapsed.csv") is None
    for folder, why in (
        ("a", "not a full path"),
        (str(out / "a"), "already"),
        (str(tmp_path / "x"), "folder of exports"),
    ):
        with pytest.raises(UsageError, match=why):
            files.write(frame, lists, folder, "lapsed.csv")


def test_of_too_few_people_nothing_is_said(lists: kit.store.Data) -> None:
    found = states.measure(lists)
    assert set(found.people["state"]) == {"not known"}
    assert str(found).startswith("It is not known who has lapsed")
    assert found.plot().alt.endswith("followed for long enough.")
    with pytest.raises(UsageError, match="rising order"):
        states.measure(lists, lapsed=0.3)
