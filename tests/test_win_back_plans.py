"""The next win-back mail: a lot that can be drawn again, files that are read back, lines and what the past says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit import metrics
from kit.errors import UsageError
from kit.questions.win_back import at_hand, frequency, plans, subject_traits, tried
from kit.stats import random_effects

if TYPE_CHECKING:
    from pathlib import Path

KEYS = pd.Series([f"k{n:05d}" for n in range(20_000)])
CONTACTS = ("Email", "Status", "Opted in at")


def test_the_lot_follows_from_seed_test_and_person_alone() -> None:
    first = plans.lot(KEYS, seed=1, experiment="a")
    assert (plans.lot(KEYS[::-1], seed=1, experiment="a")[::-1] == first).all()
    assert (plans.lot(KEYS[5:9], seed=1, experiment="a") == first[5:9]).all()  # whoever else is on the list
    others = [plans.lot(KEYS, seed=2, experiment="a"), plans.lot(KEYS, seed=1, experiment="b")]
    for other in others:
        assert abs(np.corrcoef(first, other)[0, 1]) < 4 / np.sqrt(len(KEYS))
    # Even over ten parts: chi-square with 9 degrees of freedom is below 27.9 in 999 of 1,000.
    counted = np.histogram(first, bins=10, range=(0, 1))[0]
    assert ((counted - 2000) ** 2 / 2000).sum() < 27.9


@pytest.fixture
def shop(tmp_path: Path) -> kit.store.Data:
    """400 customers who bought once or twice over two years; the last ten unsubscribed."""
    rng = np.random.default_rng(31)
    orders, people = [], []
    for person in range(400):
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(rng.integers(0, 500)))
        orders.append((f"o{person}", f"p{person}@example.com", f"{day:%Y-%m-%d}", 50, "EUR"))
        if rng.random() < 0.4:
            again = day + pd.Timedelta(days=int(rng.exponential(60)) + 1)
            orders.append((f"r{person}", f"p{person}@example.com", f"{again:%Y-%m-%d}", 40, "EUR"))
        status = "unsubscribed" if person >= 390 else "subscribed"
        people.append((f"p{person}@example.com", status, "2023-12-01 09:00"))
    small.table(tmp_path, "orders.csv", ["Order ID", "Email", "Created at", "Total", "Currency"], orders)
    small.table(tmp_path, "contacts.csv", CONTACTS, people)
    small.settings(tmp_path, 'time_zone = "UTC"', "as_of = 2025-12-31T12:00:00")
    return kit.open(tmp_path)


def test_a_plan_is_drawn_written_and_read_back_as_the_assignment(shop: kit.store.Data, tmp_path: Path) -> None:
    now = tried.measure(shop)
    assert "no file says who got no mail" in str(now.problem)
    plan = plans.win_back(shop, now, seed=7, subjects="A line | Another", offers="10 % | none")
    again = plans.win_back(shop, now, seed=7, subjects="A line | Another", offers="10 % | none")
    assert plan.people.equals(again.people)
    assert not plan.people["arm"].equals(plans.win_back(shop, now, seed=8, subjects="A line | Another").people["arm"])
    assert plan.arms["arm"].tolist() == ["holdout", "version A", "version B", "version C", "version D"]
    n = plan.arms["n"].sum()
    assert plan.arms["n"][0] == pytest.approx(0.2 * n, abs=3 * np.sqrt(0.16 * n))
    assert plan.refused > 0  # who unsubscribed is in no arm
    out = tmp_path.parent / f"{tmp_path.name}-plan"
    hashed = plan.write(str(out / "a"))
    assert hashed is not None
    assert "@" not in hashed.read_text(encoding="utf-8")
    named = plan.write(str(out / "b"), addresses=True)
    assert named is not None
    exports = tmp_path.parent / f"{tmp_path.name}-later"
    exports.mkdir()
    for file in (named, *tmp_path.glob("*.csv")):
        (exports / file.name).write_bytes(file.read_bytes())
    small.settings(exports, 'time_zone = "UTC"', "as_of = 2026-06-30T12:00:00")
    read = tried.assigned(kit.open(exports)).set_index("contact_key").sort_index()
    drawn = plan.people.set_index("contact_key").sort_index()
    assert read["arm"].tolist() == drawn["arm"].tolist()
    assert read["is_holdout"].tolist() == (drawn["arm"] == "holdout").tolist()
    assert read["offer"].fillna("").tolist() == drawn["offer"].fillna("").tolist()
    assert set(drawn["offer"].dropna()) == {"10 %", "without"}
    assert read["subject"].fillna("").tolist() == drawn["subject_line"].fillna("").tolist()
    assert set(read["since"]) == {pd.Timestamp("2026-01-01")}
    held = at_hand.measure(shop, plan).facts.set_index("fact")["n"]
    assert held["order"] == held["times"] == n
    assert held["name"] == 0


def test_paces_and_hours_are_levels(shop: kit.store.Data) -> None:
    pace = plans.pace(shop, frequency.measure(shop), paces="2, 1")
    assert pace.people["mails_per_week"].value_counts().sum() == 390
    assert set(pace.people["mails_per_week"]) == {1.0, 2.0}
    assert "the usual share is unknown" in str(pace)
    for wrong in ("2", "one, two", "0, 1", ""):
        with pytest.raises(UsageError, match="no two levels"):
            plans.levels(wrong)
    now = tried.measure(shop)
    with pytest.raises(UsageError, match="no share"):
        plans.win_back(shop, now, without=1.0)
    with pytest.raises(UsageError, match="are more than 12"):
        plans.win_back(shop, now, subjects="a|b|c|d|e", offers="1|2|3")


@pytest.mark.parametrize(
    ("line", "traits"),
    [
        ("Your autumn car check takes 40 minutes", {"short", "concrete", "personal", "call"}),
        ("We miss you", {"short", "emotion", "personal"}),
        ("Только до пятницы: скидка 20 % первым 50 клиентам", {"short", "concrete", "limited_time", "limited_number",
                                                              "audience"}),
        ("Достали обогреватель? Проверьте шнур", {"short", "question", "call"}),
        ("仅限今天:您的优惠", {"short", "personal", "limited_time"}),
        ("A subject line that goes on and on and says what nobody wants to know", set()),
    ],
)  # fmt: skip
def test_lines_are_read_by_words(line: str, traits: set[str]) -> None:
    assert {name for name, has in subject_traits.read(line).items() if has} == traits


def test_what_the_past_says_is_drawn_towards_no_difference() -> None:
    rng = np.random.default_rng(32)
    rows = []
    for number in range(60):
        line = ["What is new", "What is new?", "Book now", "Only 5 left"][number % 4]
        own = 0.03 * np.exp(rng.normal(0, 0.3))
        rows.append((f"c{number}", None, pd.Timestamp("2026-01-01"), line, rng.binomial(1000, own), 1000.0))
    for number in range(8):
        for variant, line, rate in (("A", "What is new", 0.03), ("B", "What is new?", 0.05)):
            clicked = rng.binomial(3000, rate)
            rows.append((f"t{number}", variant, pd.Timestamp("2026-02-01"), line, clicked, 3000.0))
    sent = pd.DataFrame(rows, columns=subject_traits.SENT)
    found = subject_traits.judge(["Book now?"], sent, metrics.find("click_rate"))
    campaigns = found.past[found.past["basis"] == "campaigns"].set_index("trait")
    kept = campaigns.dropna(subset="hint")
    assert (kept["hint"].abs() <= kept["difference"].abs() + 1e-12).all()
    tests = found.past[found.past["basis"] == "tests"].set_index("trait")
    assert tests.loc["question", "n"] == 8
    assert tests.loc["question", "low"] < 0.02 < tests.loc["question", "high"]
    assert found.lines["met"].tolist() == [3]
    assert "Book now?" in str(found)


def test_effects_are_drawn_towards_zero_by_hand() -> None:
    # Differences 3, -3, 1, -1 with errors 1: the sum of squares 20 over 1 + t is 4 at t = 4, so 4/5 of each are kept.
    drawn = random_effects.towards_zero([3, -3, 1, -1], [1, 1, 1, 1])
    assert drawn.value == pytest.approx([2.4, -2.4, 0.8, -0.8])
    assert drawn.high - drawn.value == pytest.approx([1.959964 * np.sqrt(0.8)] * 4, rel=1e-5)
    quiet = random_effects.towards_zero([0.5, -0.5, 0.5, -0.5], [1, 1, 1, 1])
    assert quiet.value == pytest.approx([0, 0, 0, 0])  # no more than chance
    assert np.isnan(random_effects.towards_zero([1, 2, 3], [1, 1, 1]).value).all()
