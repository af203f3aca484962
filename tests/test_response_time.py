"""Notebook 10: planted response times are recovered, the naive figure is off as it says, each source answers alone."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import kit
from kit.questions.requirements import answerable
from kit.questions.response_time import contacts, groups, months, queue, waits
from tests import exports, small
from tests.letters import letter, mbox, takeout

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = 400 if os.environ.get("KIT_SIMULATE") else 100
END = pd.Timestamp("2026-03-31 23:59")
MEDIAN, SPREAD, BUSY = 300.0, 1.0, 0.6


def world(seed: int, n: int = 400, days: int = 60) -> pd.DataFrame:
    """Requests of which half are answered within MEDIAN minutes, some days busier; those at the end still wait."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, days, n)
    asked = END.floor("D") - pd.to_timedelta(day, "D") + pd.to_timedelta(rng.uniform(0, 1439, n), "min")
    takes = MEDIAN * np.exp(rng.normal(0, BUSY, days)[day] + rng.normal(0, SPREAD, n))
    # a quarter is closed at some time if it was not answered before
    closes = np.where(rng.random(n) < 0.25, rng.uniform(60, 900, n), np.inf)
    open_for = (END - asked) / pd.Timedelta("1min")
    ends = np.minimum(np.minimum(takes, closes), open_for)
    state = np.where(takes <= ends, "answered", np.where(closes <= ends, "closed", "open"))
    return pd.DataFrame(
        {
            "request": [f"ticket:{number}" for number in range(n)],
            "message_id": pd.Series(
                np.where(state == "open", [f"T{number}" for number in range(n)], None), dtype="str"
            ),
            "channel": "help desk",
            "first": True,
            "asked_local": asked,
            "ended_local": asked + pd.to_timedelta(ends, "min"),
            "state": state,
            "minutes": ends,
            "working": np.nan,
            "outside": False,
            "mailbox": pd.Series(rng.choice(["Support", "Sales"], n), dtype="str"),
            "agent": pd.Series(np.where(state == "answered", "Agent 1", None), dtype="str"),
            "segment": pd.Series([None] * n, dtype="str"),
        }
    )


def naive_of_the_law(n: int = 400_000) -> float:
    """The median of the answered only that the planted law has."""
    rng = np.random.default_rng(99)
    takes = MEDIAN * np.exp(rng.normal(0, np.hypot(BUSY, SPREAD), n))
    closes = np.where(rng.random(n) < 0.25, rng.uniform(60, 900, n), np.inf)
    return float(np.median(takes[takes <= np.minimum(closes, rng.uniform(0, 60 * 1440, n))]))


def test_planted_medians_are_recovered_and_the_naive_one_is_off_as_it_says() -> None:
    held = too_short = 0
    values, naive = [], []
    for seed in range(SEEDS):
        row = waits.judge(world(seed).assign(agent=pd.Series(dtype="str"))).headline
        assert row is not None
        held += row["low"] <= MEDIAN <= row["high"]
        assert row["naive_off"] == pytest.approx(row["naive"] - row["value"])
        too_short += row["naive"] < row["value"]
        values.append(row["value"])
        naive.append(row["naive"])
    assert held >= 0.89 * SEEDS
    assert too_short >= 0.97 * SEEDS
    error = np.std(values) / np.sqrt(SEEDS)
    assert abs(np.mean(values) - MEDIAN) < 0.03 * MEDIAN + 3 * error
    off = naive_of_the_law() - MEDIAN
    assert off < -0.1 * MEDIAN
    assert abs(np.mean(naive) - np.mean(values) - off) < 0.03 * MEDIAN


def test_the_figures_of_a_few_requests_are_those_by_hand() -> None:
    turns = world(0).head(4).assign(
        minutes=[10.0, 20.0, 30.0, 40.0], state=["answered", "closed", "answered", "open"],
        asked_local=pd.date_range("2026-03-02", periods=4),
        agent=pd.Series(["Agent 1", None, "Agent 2", None], dtype="str"),
    )  # fmt: skip
    result = waits.judge(turns, 25.0)
    row = result.headline
    assert row is not None
    # 1 of 4 at 10, then 1 of the 2 that are left at 30: 3/4, 3/8
    assert (row["value"], row["within"], row["naive"], row["naive_within"]) == (30, 0.25, 20, 0.5)
    assert (row["n"], row["answered"], row["closed"], row["open"]) == (4, 2, 1, 1)
    assert np.isnan(row["p90"])
    text = str(result)
    assert "Half of 4 first requests were answered within 30 min (calendar time)." in text
    assert "Without those still waiting it would be 20 min, which is 10 min too short." in text
    assert "set service.hours in kit.toml" in " ".join(map(str, result.table().notes))
    assert "half within 30 min" in result.plot().alt


def test_what_open_ones_do_is_said() -> None:
    turns = world(0).head(5).assign(
        minutes=[10.0, 20.0, 30.0, 15.0, 15.0], state=["answered", "answered", "answered", "open", "open"],
        asked_local=pd.date_range("2026-03-02", periods=5), agent=pd.Series(["Agent 1"] * 3 + [None] * 2, dtype="str"),
    )  # fmt: skip
    row = waits.judge(turns).headline
    assert row is not None
    # 4/5, then of the two left half at 20: 2/5; were the open ones never answered the third of five would come at 30
    assert (row["value"], row["never"]) == (20, 30)
    assert "If the 2 open requests were never answered, half would wait 30 min instead of 20 min" in str(
        waits.judge(turns).hard_summary()
    )
    late = waits.judge(turns.assign(minutes=[10.0, 20.0, 30.0, 900.0, 900.0]))  # open longer than any answer took
    assert "Even if the 2 open requests were never answered, half would be answered within 30 min" in str(
        late.hard_summary()
    )


def test_outside_of_hours_is_in_calendar_time_only() -> None:
    turns = world(1).assign(working=lambda frame: frame["minutes"] / 4)
    turns.loc[turns.index[:30], ["working", "outside"]] = [0.0, True]
    rates = waits.judge(turns, 60.0).rates.set_index(["what", "clock"])
    assert rates.loc[("first", "minutes"), "n"] - rates.loc[("first", "working"), "n"] == 30
    assert np.isnan(rates.loc[("first", "minutes"), "within"])  # the promise is of working time
    assert rates.loc[("first", "working"), "within"] > 0.2


def test_a_slow_inbox_is_found_and_none_where_none_is() -> None:
    found = 0
    for seed in range(20):
        turns = world(seed)
        found += "later" in set(groups.judge(turns).rates["verdict"])
        slow = turns["mailbox"] == "Sales"
        slower = turns.assign(minutes=turns["minutes"].where(~slow, turns["minutes"] * 4))
        rates = groups.judge(slower).rates.set_index(["trait", "group"])
        assert rates.loc[("mailbox", "Sales"), "verdict"] == "later"
        assert rates.loc[("mailbox", "Sales"), "difference"] < 0
    assert found <= 4  # of 20 pages at 5 %


def test_themes_are_one_more_way_to_group() -> None:
    turns = world(2)
    themes = {name: "invoice" if number % 2 else "repair" for number, name in enumerate(turns["request"])}
    rates = groups.judge(turns.assign(theme=turns["request"].map(themes))).rates
    assert rates.loc[rates["trait"] == "theme", "group"].tolist() == ["invoice", "repair"]
    assert set(rates.loc[rates["trait"] == "theme", "n"]) == {200}
    unplaced = groups.judge(turns, hours_known=False).rates
    assert not unplaced["trait"].isin(["hour", "weekday"]).any()


def test_the_theme_is_that_of_the_first_message_of_a_request(tmp_path: Path) -> None:
    asked = [
        letter(f"Please send the invoice, number {n}.\n", Message_ID=f"<q{n}@x>", From=f"p{n}@example.org")
        for n in range(25)
    ]
    later = [
        letter("I am still waiting for a reply.\n", Message_ID=f"<w{n}@x>", From=f"p{n}@example.org",
               In_Reply_To=f"<q{n}@x>", Date="Wed, 04 Mar 2026 10:00:00 +0300")
        for n in range(25)
    ]  # fmt: skip
    exports.write(tmp_path, "all.mbox", mbox([*asked, *later]))
    exports.write(tmp_path, "kit.toml", f'{TOML}[messages]\nengine = "words"\n')
    result = groups.compare(kit.open(tmp_path))
    (theme,) = result.rates[result.rates["trait"] == "theme"].to_dict("records")
    assert (theme["group"], theme["n"]) == ("Invoices and documents", 25)
    assert "Themes come from the first message of a request only" in " ".join(map(str, result.table().notes))


def test_who_waits_stands_in_the_list_longest_first_with_an_id() -> None:
    turns = world(3, days=3)
    turns.loc[turns["state"] == "open", "message_id"] = "abc@mail.example.com"
    result = queue.judge(turns, 240.0)
    assert len(result.requests) == (turns["state"] == "open").sum() > 3
    assert result.requests["asked_local"].is_monotonic_increasing
    assert set(result.requests["id"]) == {"abc(at)mail.example.com"}
    assert (result.requests["late"] == (result.requests["minutes"] > 240)).all()
    assert f"{result.requests['late'].sum()} of them" in str(result)
    assert len(result.table().data()["rows"]) == len(result.requests)
    assert len(result.table().cells()) <= queue.SHOWN


def test_months_hold_what_was_asked_in_them_and_who_waited_at_their_end() -> None:
    turns = world(4)
    result = months.judge(turns, END.to_pydatetime())
    rates = result.rates.set_index("month")
    assert rates["n"].sum() == len(turns)
    assert rates.loc["2026-03", "waiting"] == (turns["state"] == "open").sum()
    end = pd.Timestamp("2026-02-28 23:59:59.999999")
    late = (turns["asked_local"] <= end) & ((turns["ended_local"] > end) | (turns["state"] == "open"))
    assert rates.loc["2026-02", "waiting"] == late.sum()
    text = str(result.summary())
    assert "Half of the first requests of Mar 2026" in text
    assert "There are too few months to say whether this changed." in text


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1.0, "There is no visible lasting change in 8 months."), (4.0, "The time to the first response rose"),
     (0.25, "The time to the first response fell")],
)  # fmt: skip
def test_a_lasting_change_is_dated_and_told_from_chance(factor: float, verdict: str) -> None:
    turns = world(11, n=1600, days=240)
    since = turns["asked_local"] >= "2026-01-01"
    result = months.judge(turns.assign(minutes=turns["minutes"].where(~since, turns["minutes"] * factor)), END)
    assert verdict in str(result.summary())
    assert verdict in result.plot().alt
    if factor != 1:
        assert (result.change["first"], result.change["month"], result.change["last"]) == ("2026-01",) * 3
        assert result.change["effect"] == pytest.approx(factor, rel=0.35)
        assert "in Jan 2026." in str(result.summary())


def test_a_single_month_apart_is_no_lasting_change_and_is_named() -> None:
    turns = world(11, n=1600, days=240)
    latest = turns["asked_local"] >= "2026-03-01"
    result = months.judge(turns.assign(minutes=turns["minutes"].where(~latest, turns["minutes"] * 6)), END)
    assert not result.changed
    assert result.rates.loc[result.rates["apart"], "month"].tolist() == ["2026-03"]
    assert "Single months that differ from the rest of their period: Mar 2026" in " ".join(
        map(str, result.table().notes)
    )


def person(key: str, account: str | None, **values: Any) -> dict[str, Any]:
    usual = {"mailbox": "support", "received": 10, "sent": 8, "last": pd.Timestamp("2026-03-01")}
    return {"contact_key": key, "account": account} | usual | {
        "theirs": 4, "theirs_answered": 3, "ours": 2, "ours_answered": 1,
    } | values  # fmt: skip


def test_a_week_without_a_connected_inbox_is_missing_and_not_empty() -> None:
    mondays = pd.date_range("2026-01-05", periods=8, freq="7D")
    weeks = pd.DataFrame({"mailbox": "support", "week": mondays.delete([3, 4]), "n": 20, "bounced": 0})
    quiet = pd.DataFrame({"mailbox": "press", "week": mondays.delete([3, 4]), "n": 1, "bounced": 0})
    boxes = contacts.connected(pd.concat([weeks, quiet])).set_index("mailbox")
    assert boxes["weeks"].tolist() == [8, 8]
    assert boxes["missing"].to_dict() == {"support": 2, "press": 0}  # one mail a week: none is no surprise
    people = pd.DataFrame([person("a", "firm.example"), person("b", "firm.example"), person("c", None)])
    result = contacts.judge(people, weeks, END.to_pydatetime())
    everybody, private, firm = result.accounts.to_dict("records")
    assert (everybody["account"], private["account"], firm["account"]) == ("all", "private", "firm.example")
    assert firm["received_month"] == 20 / 42 * 30  # six weeks, not eight
    assert (firm["ours"], firm["theirs"]) == (6 / 8, 2 / 4)
    assert everybody["silent_days"] == pytest.approx(30.999, abs=0.01)
    assert "2 weeks without any message in an inbox are treated as missing" in " ".join(map(str, result.table().notes))


TOML = (
    'own_domains = ["example.com"]\ntime_zone = "UTC"\n[service]\nhours = ["Mon-Fri 09:00-17:00"]\npromised_hours = 2\n'
)


def box() -> list[bytes]:
    """Thirty customers on weekdays at ten, answered an hour later but for the last."""
    messages = []
    for number in range(30):
        asked = datetime(2026, 3, 2, 10) + timedelta(days=number // 5 * 7 + number % 5)
        one = {
            "Message_ID": f"<q{number}@x>",
            "From": f"p{number}@example.org",
            "Date": f"{asked:%a, %d %b %Y %H:%M} +0000",
        }
        messages.append(letter(f"question {number}\n", **one))
        if number < 29:
            answer = {"Message_ID": f"<a{number}@x>", "In_Reply_To": f"<q{number}@x>", "From": "garage@example.com"}
            when = f"{asked + timedelta(hours=1):%a, %d %b %Y %H:%M} +0000"
            messages.append(letter(f"answer {number}\n", To=f"p{number}@example.org", Date=when, **answer))
    return messages


def desk() -> str:
    lines = ["Message ID,Conversation ID,Direction,Inbox,Message Date,Author,Contact handle"]
    for number in range(30):
        asked = datetime(2026, 3, 2, 10) + timedelta(days=number // 5 * 7 + number % 5)
        lines.append(f"q{number},c{number},Inbound,Support,{asked},,p{number}@example.org")
        if number < 29:
            lines.append(
                f"a{number},c{number},Outbound,Support,{asked + timedelta(hours=1)},anna,p{number}@example.org"
            )
    return "\n".join(lines) + "\n"


def zendesk() -> str:
    lines = ["Id,Requester,Requester email,Submitter,Assignee,Group,Created at,Solved at,First reply time in minutes"]
    for number in range(30):
        asked = datetime(2026, 3, 2, 10) + timedelta(days=number // 5 * 7 + number % 5)
        took = 60 if number < 29 else ""
        lines.append(f"{number},P,p{number}@example.org,P,Anna Example,Support,{asked},,{took}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Takeout.mbox", takeout([letter(Message_ID="<0@x>", From="a@example.com", To="b@example.com"), *box()])),
        ("all.mbox", mbox(box())),
        ("messages.csv", desk()),
        ("tickets.csv", zendesk()),
    ],
    ids=["gmail", "mbox", "front", "zendesk"],
)
def test_each_source_answers_the_page_alone(tmp_path: Path, name: str, content: Any) -> None:
    exports.write(tmp_path, name, content)
    exports.write(tmp_path, "kit.toml", TOML)
    data = kit.open(tmp_path)
    reasons = answerable(data).set_index("notebook")["reason"]
    assert reasons["10_response_time"] is None
    row = waits.measure(data).headline
    assert row is not None
    assert (row["clock"], row["n"], row["answered"], row["open"], row["value"]) == ("working", 30, 29, 1, 60)
    assert row["within"] == pytest.approx(1, abs=1e-9)
    (waiting,) = queue.waiting(data).requests.to_dict("records")
    assert waiting["id"] == {"T": "q29(at)x", "a": "q29(at)x", "m": "q29", "t": "29"}[name[0]]
    shown = str(queue.waiting(data).table().text()) + str(groups.compare(data).table().text())
    assert "anna" not in shown.lower()
    assert ("Agent 1" in shown) == (name != "none")


def test_mail_and_its_ticket_count_once(tmp_path: Path) -> None:
    exports.write(tmp_path, "all.mbox", mbox(box()))
    exports.write(tmp_path, "tickets.csv", zendesk())
    exports.write(tmp_path, "kit.toml", TOML)
    row = waits.measure(kit.open(tmp_path)).headline
    assert row is not None
    assert row["n"] == 30


def test_a_ticket_closed_without_an_answer_leaves_at_closing(tmp_path: Path) -> None:
    header = ["Ticket ID", "Email", "Created at", "First response at", "Resolved at"]
    rows = [
        [1, "a@example.org", "2026-03-02 10:00", "2026-03-02 11:00", "2026-03-03 10:00"],
        [2, "b@example.org", "2026-03-02 10:00", "", "2026-03-02 12:00"],
        [3, "c@example.org", "2026-03-02 10:00", "", ""],
    ]
    small.table(tmp_path, "tickets.csv", header, rows)
    exports.write(tmp_path, "kit.toml", 'time_zone = "UTC"\nas_of = 2026-03-05T10:00:00\n')
    turns = kit.counts.responses(kit.open(tmp_path)).sort_values("request")
    assert turns[["state", "minutes"]].to_numpy().tolist() == [["answered", 60.0], ["closed", 120.0], ["open", 4320.0]]


def test_clocks_that_change_make_no_hour(tmp_path: Path) -> None:
    rows = [[1, "a@example.org", "2026-03-28 12:00", "2026-03-29 12:00"]]
    small.table(tmp_path, "tickets.csv", ["Ticket ID", "Email", "Created at", "First response at"], rows)
    exports.write(tmp_path, "kit.toml", 'time_zone = "Europe/Berlin"\n')
    assert kit.counts.responses(kit.open(tmp_path))["minutes"].tolist() == [23 * 60]


def test_nobody_who_asks_is_said_everywhere() -> None:
    nobody = pd.DataFrame(columns=list(world(0)))
    assert "it is unknown how fast customers are answered" in str(waits.judge(nobody))
    assert waits.judge(nobody).plot().alt.endswith("your files contain no requests.")
    assert "No group is large enough" in str(groups.judge(nobody))
    assert str(queue.judge(nobody)) == "No customer is waiting for an answer."
    assert "It is unknown how fast customers were answered" in str(months.judge(nobody, None))
    empty = contacts.judge(
        pd.DataFrame(columns=["contact_key"]), pd.DataFrame(columns=["mailbox", "week", "n", "bounced"]), None
    )
    assert "It is unknown who writes with us" in str(empty)
