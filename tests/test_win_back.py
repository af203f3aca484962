"""Win-back by assignment: published lifts, and what the page says where nothing can be known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kit.errors import UsageError
from kit.questions.sales_cycle.holdout import VERSIONS
from kit.questions.win_back import regained, second_life, targeting, tried
from kit.questions.win_back.tried import Asked

if TYPE_CHECKING:
    from pathlib import Path

DAY = pd.Timestamp("2026-03-01")
UNTIL = pd.Timestamp("2026-06-30")
NOBODY = (
    pd.DataFrame(columns=["contact_key", *tried.ATTRIBUTES]),
    pd.DataFrame(columns=["contact_key", "day", "reason"]).astype({"day": "datetime64[us]"}),
)
"""Nothing is known of people beside their orders, and nobody gave a reason."""


def people(arms: pd.Series, held: str = "holdout", **versions: pd.Series) -> pd.DataFrame:
    """The people of one test, a person an arm."""
    frame = pd.DataFrame({"arm": arms.to_numpy(), "contact_key": [f"p{n:06d}" for n in range(len(arms))]})
    frame = frame.assign(experiment="test", since=DAY, crossed=False, is_holdout=frame["arm"] == held)
    return frame.assign(**{name: versions.get(name, pd.Series([None] * len(arms))) for name in VERSIONS})


def judged(
    test: pd.DataFrame, bought: pd.DataFrame, asked: Asked | None = None, until: pd.Timestamp = UNTIL
) -> regained.Regained:
    about = pd.DataFrame(columns=["contact_key", *tried.ATTRIBUTES])
    reasons = pd.DataFrame(columns=["contact_key", "day", "reason"]).astype({"day": "datetime64[us]"})
    return regained.judge(tried.judge(test, bought, about, reasons, until, asked or Asked(who="all")))


def bought(keys: pd.Series, days: int = 5, worth: float = 10.0) -> pd.DataFrame:
    return pd.DataFrame({"contact_key": keys, "day": DAY + pd.Timedelta(days=days), "worth": worth})


@pytest.mark.parametrize(("arm", "name"), [("mens", "Mens"), ("womens", "Womens")])
@pytest.mark.parametrize(("what", "answer"), [("visit", "visit_lift_pp"), ("conversion", "conv_lift_pp")])
def test_the_lifts_of_hillstrom_are_the_published_ones(
    hillstrom: pd.DataFrame, shared: Path, arm: str, name: str, what: str, answer: str
) -> None:
    told = json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))["hillstrom"]
    test = people(hillstrom["arm"], held="none")
    found = judged(test, bought(test.loc[hillstrom[what] == 1, "contact_key"]), Asked(who="all", shares=(1, 1, 1)))
    row = found.arms.set_index("level").loc[arm]
    assert row["difference"] * 100 == pytest.approx(told[answer][name], abs=0.001)
    assert row["value"] == pytest.approx(told[what][name], abs=1e-6)
    assert row["n"] == told["n"][name]
    assert row["decision"] == "more"
    assert found.tried.split_p == pytest.approx(told["srm_p"], abs=0.001)
    assert str(found).startswith("Mail brought people back")


@pytest.fixture(scope="session")
def hillstrom(shared: Path) -> pd.DataFrame:
    """The e-mail challenge of 2008: 64,000 people, three arms by lot."""
    frame = pd.read_csv(shared / "datasets" / "hillstrom.csv")
    arms = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": "none"}
    return frame.assign(arm=frame["segment"].map(arms))


def drawn(rng: np.random.Generator, rates: dict[str, float], n: int = 1000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A test with n people an arm, who come back at these rates, and what they bought."""
    test = people(pd.Series(np.repeat(list(rates), n)))
    came = rng.random(len(test)) < test["arm"].map(rates).to_numpy()
    return test, bought(test.loc[came, "contact_key"])


def test_without_people_left_out_no_effect_is_shown() -> None:
    rng = np.random.default_rng(1)
    test, orders = drawn(rng, {"ten percent": 0.2, "twenty percent": 0.2})
    found = judged(test.assign(is_holdout=False), orders)
    assert "not known: everybody is in one group" in str(found)
    assert found.windows.empty
    assert set(found.arms["decision"]) == {"shown alone"}
    assert found.arms["difference"].isna().all()
    found = judged(test.iloc[:0], orders)
    assert "not known: no file says who got no mail" in str(found)


def test_arms_that_were_not_drawn_as_planned_show_no_effect() -> None:
    rng = np.random.default_rng(2)
    test, orders = drawn(rng, {"holdout": 0.1, "mail": 0.2})
    assert judged(test, orders, Asked(who="all", shares=(0.5, 0.5))).tried.problem == ""
    broken = judged(test, orders, Asked(who="all", shares=(0.1, 0.9)))
    assert "not drawn as planned" in str(broken)
    assert broken.windows.empty
    with pytest.raises(UsageError, match="no shares"):
        tried.planned("half")


def test_who_was_mailed_because_they_buy_is_no_test() -> None:
    """Arms by what people had done before: the balance says so, whatever the shares are."""
    rng = np.random.default_rng(3)
    test, _orders = drawn(rng, {"holdout": 0.1, "mail": 0.1})
    buyers = rng.random(len(test)) < np.where(test["arm"] == "mail", 0.6, 0.3)
    before = bought(test.loc[buyers, "contact_key"], days=-40)
    found = judged(test, before)
    assert found.tried.balance_p < 0.001
    assert "not drawn as planned" in str(found)


def test_purchases_that_only_came_earlier_are_called_so() -> None:
    rng = np.random.default_rng(4)
    test = people(pd.Series(np.repeat(["holdout", "mail"], 2000)))
    back = test[rng.random(len(test)) < 0.3]
    later = np.where(back["arm"] == "mail", 10, 100)
    orders = bought(back["contact_key"]).assign(day=DAY + pd.to_timedelta(later, unit="D"))
    found = judged(test, orders, Asked(who="all", days=30), until=DAY + pd.Timedelta(days=200))
    row = found.windows.set_index("days")["difference_low"]
    assert row[30] > 0
    assert row[180] < 0
    assert "purchases may only have come earlier" in str(found)


def test_only_those_followed_for_a_window_are_in_it() -> None:
    test = people(pd.Series(["holdout", "mail"] * 50))
    late = test.assign(since=[DAY, DAY, DAY + pd.Timedelta(days=90), DAY + pd.Timedelta(days=90)] * 25)
    found = judged(late, bought(test["contact_key"].iloc[:0]))
    assert found.windows.set_index("days")["n"].to_dict() == {30: 50, 60: 25, 90: 25}


def test_versions_and_reasons_by_offers_stand_apart() -> None:
    rng = np.random.default_rng(5)
    offer = pd.Series(np.repeat([None, "10 %", "none"], 1000), dtype=object)
    test = people(pd.Series(np.repeat(["holdout", "a", "b"], 1000)), offer=offer)
    rate = np.select([offer == "10 %", offer == "none"], [0.25, 0.1], 0.1)
    came = bought(test.loc[rng.random(3000) < rate, "contact_key"])
    reasons = pd.DataFrame({"contact_key": test["contact_key"], "day": DAY - pd.Timedelta(days=9), "reason": "price"})
    about = pd.DataFrame(columns=["contact_key", *tried.ATTRIBUTES])
    found = regained.judge(tried.judge(test, came, about, reasons.iloc[::2], UNTIL, Asked(who="all")))
    rows = found.arms[found.arms["factor"] == "offer"].set_index("level")["decision"]
    assert rows.to_dict() == {"10 %": "more", "none": "not decided"}
    assert found.between["offer"] < 0.001
    crossed = found.groups[found.groups["attribute"] == "reason_offer"]
    assert crossed["level"].tolist() == ["price|10 %", "price|none", "unknown|10 %", "unknown|none"]
    assert "Price, 10 %" in found.groups_table().text()
    assert found.differs.keys() == {"reason"}


def test_a_reason_given_after_the_assignment_is_not_looked_at() -> None:
    test = people(pd.Series(["holdout", "mail"] * 20))
    reasons = pd.DataFrame({"contact_key": test["contact_key"], "day": DAY + pd.Timedelta(days=3), "reason": "price"})
    about = pd.DataFrame(columns=["contact_key", *tried.ATTRIBUTES])
    empty = bought(test["contact_key"].iloc[:0])
    found = tried.judge(test, empty, about, reasons, UNTIL, Asked(who="all"))
    assert set(found.people["reason"]) == {"unknown"}


def test_writing_by_lift_brings_more_than_by_risk_on_hillstrom(hillstrom: pd.DataFrame) -> None:
    women = hillstrom[hillstrom["arm"] != "mens"].reset_index(drop=True)
    x = women[["recency", "history", "mens", "womens", "newbie"]].astype(float)
    x["history"] = np.log(x["history"])
    keys = pd.Series([f"h{n}" for n in women.index])
    held = (women["arm"] == "none").to_numpy()
    found = targeting.judge(keys, x, (women["visit"] == 1).to_numpy(), held)
    at = found.lifts.set_index(["rule", "share"])["difference"]
    # DEFINITIONS, one split: the first 30 % by lift +7.0 points, by risk +5.5, by likelihood +3.3, everybody +4.6.
    assert at["lift", 0.3] == pytest.approx(0.070, abs=0.01)
    assert at["risk", 0.3] == pytest.approx(0.055, abs=0.01)
    assert at["likely", 0.3] == pytest.approx(0.033, abs=0.01)
    assert at["lift", 0.3] > at["risk", 0.3] > at["likely", 0.3]
    # Everybody: the published lift, whatever the rule.
    assert [at[rule, 1.0] for rule in targeting.RULES] == pytest.approx([0.04523] * 3, abs=1e-5)
    assert str(found).startswith("Write first to those of whom the most lift is expected")
    # Uplift at k by its definition, as scikit-uplift has it ("overall"): means of the first k with mail less without.
    row = found.lifts.query("rule == 'lift' and share == 0.3").iloc[0]
    assert row["difference"] == pytest.approx(row["x"] / row["n"] - row["held_x"] / row["held_n"])
    assert row["n"] + row["held_n"] == pytest.approx(0.3 * len(women), abs=5)


def test_a_mail_that_works_alike_for_all_puts_nobody_first() -> None:
    rng = np.random.default_rng(6)
    n = 4000
    x, held = pd.DataFrame(rng.normal(size=(n, 3))), rng.random(n) < 0.5
    came = rng.random(n) < 0.1 + 0.05 * ~held
    found = targeting.judge(pd.Series([f"k{k}" for k in range(n)]), x, came, held)
    assert str(found).startswith("It is not seen that the mail works better for some")
    few = targeting.judge(pd.Series([f"k{k}" for k in range(60)]), x[:60], came[:60], held[:60])
    assert "must have come back" in str(few)
    assert few.lifts.empty


def test_profit_is_margin_by_assignment_less_costs() -> None:
    rng = np.random.default_rng(8)
    test = people(pd.Series(np.repeat(["holdout", "mail"], 3000)))
    came = test[rng.random(len(test)) < np.where(test["arm"] == "mail", 0.3, 0.1)]
    found = tried.judge(test, bought(came["contact_key"], worth=100.0), *NOBODY, UNTIL, Asked(who="all"))
    life = second_life.judge(found, 0.5, np.nan, costs=(10.0, 1.0), currency="EUR")
    row = life.money.set_index("days").loc[90]
    back = came["arm"].value_counts() / 3000
    # By hand: half of 100 for each who came, less 10 for each of them with mail, less 1 for each written to.
    assert row["margin"] == pytest.approx(50 * (back["mail"] - back["holdout"]))
    assert row["profit"] == pytest.approx(40 * back["mail"] - 50 * back["holdout"] - 1)
    assert str(life).startswith("Win-back earned")
    assert "EUR" in str(life)
    assert "money.margin is not set" in str(second_life.judge(found, None, np.nan))


def test_second_life_ends_with_a_silence() -> None:
    test = people(pd.Series(["mail"] * 40 + ["holdout"] * 40))
    back = test["contact_key"][:40]
    # All 40 come back on day 5; half of them come again 50 days later, and nobody after that.
    orders = pd.concat([bought(back), bought(back[:20], days=55)], ignore_index=True)
    found = tried.judge(test, orders, *NOBODY, DAY + pd.Timedelta(days=364), Asked(who="all"))
    lives = second_life.judge(found, 0.5, 100.0).lives.set_index("side")
    assert lives.index.tolist() == ["mail"]
    # By hand: silent for 100 days on day 100 after the return, or on day 150.
    assert lives.loc["mail", "value"] == 1
    assert lives.loc["mail", "median"] == 100
    months = 40 * 360 / second_life.MONTH
    assert lives.loc["mail", "monthly"] == pytest.approx(60 * 10 * 0.5 / months)


def test_of_several_tests_the_one_with_most_people_of_both_sides_is_read() -> None:
    large = people(pd.Series(["mail"] * 990 + ["holdout"] * 10)).assign(experiment="large")
    even = people(pd.Series(["mail"] * 100 + ["holdout"] * 100)).assign(experiment="even")
    found = judged(pd.concat([large, even], ignore_index=True), bought(even["contact_key"][:30]))
    assert (found.tried.experiment, found.tried.assigned) == ("even", 200)
    named = judged(pd.concat([large, even]), bought(even["contact_key"]), Asked(experiment="large", who="all"))
    assert named.tried.assigned == 1000


def test_the_offer_that_works_for_a_reason_is_named() -> None:
    arms = pd.Series(["mail"] * 400 + ["holdout"] * 200)
    offers = pd.Series(["discount", "check"] * 200 + [None] * 200)
    test = people(arms, offer=offers)
    about = pd.DataFrame(columns=["contact_key", *tried.ATTRIBUTES])
    given = pd.DataFrame({"contact_key": test["contact_key"], "day": DAY - pd.Timedelta(days=9)})
    given["reason"] = ["price", "price", "service", "service"] * 150
    # Who left for the price comes with a discount, who left for the service with a check; nobody else.
    match = ((given["reason"] == "price") & (offers == "discount")) | (
        (given["reason"] == "service") & (offers == "check")
    )
    came = bought(test.loc[match & (test.index % 8 < 4), "contact_key"])
    found = regained.judge(tried.judge(test, came, about, given, UNTIL, Asked(who="all")))
    assert found.offers.set_index("reason")["best"].to_dict() == {"price": "discount", "service": "check"}
    assert (found.offers["p"] < 0.001).all()
    text = str(found.by_version_summary())
    assert "Who left for “Price” came back with “discount”: +50.0 points more than with “check”." in text
    assert "No difference over all people is seen by: Offer." in text
    # A cell of fewer than 30 people has no row.
    few = regained.judge(tried.judge(test.head(40), came, about, given, UNTIL, Asked(who="all")))
    assert few.offers.empty
