"""Those lapsed today by the past test's lift, and subject lines among the lapsed by the log's versions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit.questions.lapsed import leaving
from kit.questions.win_back import lapsed_subjects, lapsed_today, targeting, tried

if TYPE_CHECKING:
    from pathlib import Path

N = 4000
UNTIL = pd.Timestamp("2026-06-30")


def people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Lapsed people with everything that is known of them; their segment alone says whom the mail moves."""
    return pd.DataFrame({
        "contact_key": [f"k{number:05d}" for number in range(n)], "silent": rng.integers(300, 900, n),
        "occasions": rng.integers(1, 4, n), "worth": rng.uniform(10, 100, n), "chance": rng.uniform(0.01, 0.09, n),
        "language": "en", "country": None, "segment": rng.choice(["old", "new"], n), "opt_in_source": None,
        "domain": None, "reason": "unknown",
    })  # fmt: skip


def a_test(rng: np.random.Generator, lift: dict[str, float]) -> tuple[Any, targeting.Targeting]:
    """A test in which a tenth comes back without mail, and with it more by segment."""
    frame, held = people(rng, N), rng.random(N) < 0.5
    came = rng.random(N) < 0.1 + np.where(held, 0, frame["segment"].map(lift))
    done = pd.DataFrame({"orders": came.astype(int), "worth": 0.0})
    test = SimpleNamespace(
        people=frame, days=90, held=pd.Series(held), problem="", until=UNTIL,
        followed=lambda _days: pd.Series(data=True, index=frame.index), within=lambda _days: done,
    )  # fmt: skip
    return test, targeting.measure(test)


def test_today_comes_first_whom_the_mail_of_the_test_moved() -> None:
    rng = np.random.default_rng(3)
    test, first = a_test(rng, {"old": 0.2, "new": 0.0})
    gone = people(rng, 500)
    gone.loc[:9, "silent"] = 30  # like nobody in the test: there all had been silent for 300 days
    gone.loc[10:14, "segment"] = "unheard of"
    today = lapsed_today.judge(gone, test, first, None)  # type: ignore[arg-type]
    by = today.parts.set_index("part")
    placed = today.people.merge(gone[["contact_key", "segment"]], on="contact_key").set_index("contact_key")
    assert by.loc["beyond", "n"] == 15
    assert placed.loc[gone["contact_key"][:15], "part"].eq("beyond").all()
    assert placed.loc[placed["part"] == "first", "segment"].eq("old").all()
    # What a part is worth is counted in the test: 20 points where the mail moves, less where both kinds are.
    assert by.loc["first", "low"] < 0.2 < by.loc["first", "high"]
    assert by.loc["others", "difference"] < by.loc["first", "difference"]
    assert placed["place"].dropna().sort_values().tolist() == list(range(1, 486))
    assert str(today).startswith("Of 500 lapsed customers whom you may e-mail, write to ")
    assert "15 are like nobody in the test." in str(today)


def test_a_test_that_moves_all_alike_says_nothing_of_today() -> None:
    rng = np.random.default_rng(4)
    test, first = a_test(rng, {"old": 0.1, "new": 0.1})
    today = lapsed_today.judge(people(rng, 50), test, first, None)  # type: ignore[arg-type]
    assert "is unknown: the test does not show that its mail works better for some" in str(today)
    assert set(today.people["part"]) == {"unknown"}
    assert today.parts.empty


def test_the_list_of_today_is_written_with_hashes(tmp_path: Path) -> None:
    data = kit.open(tmp_path_with_contacts(tmp_path / "data"))
    frame = pd.DataFrame([("k1", "first", 1, 400, 1, "price"), ("k2", "beyond", np.nan, 20, 2, "unknown")],
                         columns=lapsed_today.PEOPLE)  # fmt: skip
    parts = pd.DataFrame([("first", 1, 0.2, 0.1, 0.3)], columns=lapsed_today.TABLE)
    path = lapsed_today.LapsedToday(frame, parts, "", data).write(str(tmp_path / "lists"))
    assert path is not None
    rows = pd.read_csv(path)
    assert rows.columns.tolist() == ["person", "part", "place", "silent", "occasions", "reason", "lift_in_test"]
    assert not set(rows["person"]) & {"k1", "k2"}
    assert rows["place"].fillna(0).tolist() == [1, 0]
    assert rows["lift_in_test"].fillna(0).tolist() == [0.2, 0]


def tmp_path_with_contacts(folder: Path) -> Path:
    folder.mkdir()
    small.table(
        folder, "contacts.csv", ("Email", "Status", "Opted in at"), [("a@example.com", "subscribed", "2025-01-01")]
    )
    return folder


# Subject lines


def of_versions(rates: dict[str, float], n: int, *, uneven: bool = False) -> lapsed_subjects.LapsedSubjects:
    """One mail with versions to n people each, who had ordered once, long ago; hundreds before never came again."""
    rng = np.random.default_rng(5)
    sent = UNTIL - pd.Timedelta(days=100)
    keys = [f"k{number}" for number in range(2 * n)]
    versions = np.array(["A"] * (n + n // 2 * uneven) + ["B"] * (n - n // 2 * uneven))
    mails = pd.DataFrame({"campaign_id": "c", "variant": versions, "contact_key": keys, "day": sent})
    first = pd.DataFrame({"contact_key": keys, "day": sent - pd.Timedelta(days=500), "worth": 10.0})
    # others show that after 90 days of silence hardly anybody returns
    others = [f"o{number}" for number in range(600)]
    old = pd.DataFrame({"contact_key": others, "day": UNTIL - pd.Timedelta(days=1200), "worth": 10.0})
    soon = old.head(60).assign(day=UNTIL - pd.Timedelta(days=1190))
    came = mails[rng.random(2 * n) < mails["variant"].map(rates)].assign(worth=10.0)
    back = came[["contact_key", "day", "worth"]].assign(day=sent + pd.Timedelta(days=20))
    bought = pd.concat([first, old, soon, back], ignore_index=True).sort_values(
        ["contact_key", "day"], ignore_index=True
    )
    arms = pd.DataFrame(
        {"campaign_id": "c", "variant": ["A", "B"], "line": ["Old line", "New line"], "campaign_name": "Test"}
    )
    asked = tried.Tried("", "lapsed", "order", 90, UNTIL, pd.DataFrame(), pd.DataFrame())
    return lapsed_subjects.judge(mails, bought, arms, asked)


def test_the_line_that_brings_more_of_the_lapsed_back_is_named() -> None:
    found = of_versions({"A": 0.05, "B": 0.2}, 400)
    row = found.tests.iloc[0]
    assert (row["n_a"], row["n_b"], row["decision"]) == (400, 400, "b")
    assert row["low"] < 0.15 < row["high"]
    assert "came back after “New line” and" in str(found)


@pytest.mark.parametrize(("uneven", "n", "decision"), [(True, 400, "split broken"), (False, 20, "too few")])
def test_versions_that_cannot_be_compared_are_not(n: int, decision: str, *, uneven: bool) -> None:
    found = of_versions({"A": 0.05, "B": 0.2}, n, uneven=uneven)
    assert found.tests["decision"].tolist() == [decision]
    assert str(found).startswith("Too few lapsed customers came back")


def test_lines_that_change_nothing_are_seldom_told_apart() -> None:
    found = of_versions({"A": 0.1, "B": 0.1}, 400)
    assert found.tests["decision"].tolist() == ["not decided"]
    assert "No subject line brought clearly more" in str(found)


# Reasons in the file of a test


@pytest.mark.parametrize(
    ("noted", "reason"),
    [("Price", "price"), ("Цена", "price"), ("Ожидание", "service"), ("service", "service"), ("Качество", "product"),
     ("Больше не нужно", "need gone"), ("переехал", "moved"), ("Прочее", "other")],
)  # fmt: skip
def test_a_reason_noted_in_a_word_is_read(noted: str, reason: str) -> None:
    assert leaving.coded(noted, "") == reason


def test_a_reason_of_a_tests_file_was_known_the_day_before(tmp_path: Path) -> None:
    header = ("Email", "Experiment", "Arm", "Assigned at", "Reason for leaving")
    rows = [("a@example.com", "back", "mail", "2026-03-02 10:00", "Price"),
            ("b@example.com", "back", "holdout", "2026-03-02 10:00", "")]  # fmt: skip
    small.table(tmp_path, "test.csv", header, rows)
    given = leaving.reasons_of(kit.open(tmp_path))
    assert given[["day", "origin", "reason"]].to_numpy().tolist() == [[pd.Timestamp("2026-03-01"), "test", "price"]]
