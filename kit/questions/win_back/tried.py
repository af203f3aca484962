"""Whom a win-back test tried: its people as they stood on the day on which they were assigned, and what they did since.

Everybody counts in the arm they were drawn for, whether mail came or not. Nothing that happened after the assignment
decides who is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.counts import scope
from kit.errors import UsageError, nearest
from kit.judging import LEVEL
from kit.messages import _, message
from kit.questions.lapsed import groups, leaving, states
from kit.questions.retention.occasions import last_day
from kit.questions.sales_cycle import holdout
from kit.show.formats import commas
from kit.stats import proportions

if TYPE_CHECKING:
    from kit.messages import Message
    from kit.store import Data

WINDOWS = (30, 60, 90, 180, 365)
"""Days after the assignment in which people are looked for; beside them the one that was chosen."""

LIMITS = (0.1, 0.25)
"""Chances to come back up to which a person has lapsed, or is at risk."""

WHO = ("lapsed", "all")
"""Of a test those who had lapsed on the day of the assignment, or everybody."""

ATTRIBUTES = {name: groups.ATTRIBUTES[name] for name in ("language", "country", "segment", "opt_in_source", "domain")}
"""What contacts tell of people, and mail does not change."""

STRATA = {
    "recency": message("Days of silence"),
    "frequency": message("Orders before"),
    "money": message("Money an order"),
}
"""Groups by what people had done before the assignment."""

PARTS = 3
"""Recency and money are cut into so many parts of equal numbers of people."""

PEOPLE = [
    "contact_key", "arm", "is_holdout", "first_day", *holdout.VERSIONS, "state", "silent", "occasions", "worth",
    "chance", *STRATA, *ATTRIBUTES, "reason",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a test.

    Attributes:
        experiment: the test; "" for the one that decides best: with most people of both sides.
        who: of WHO.
        days: the window that decides.
        shares: the planned shares of the arms in the order of their names; () where they are not known.
        what: people come back for: "order" or "visit".
        limits: of the chance to come back: lapsed and at risk.
    """

    experiment: str = ""
    who: str = "lapsed"
    days: int = 90
    shares: tuple[float, ...] = ()
    what: str = "order"
    limits: tuple[float, float] = LIMITS


@dataclass(frozen=True, slots=True)
class Tried:
    """The people of one test.

    Attributes:
        experiment: its name; "" where its file names none, or there is no test.
        who: of WHO.
        what: people come back for: "order" or "visit".
        days: the chosen window.
        until: the day up to which the data knows.
        people: PEOPLE, a row a person: first_day [the first whole day in the arm], state [of lapsed.STATES; "none": no
            order before], silent [days], occasions, worth [money before], chance [to come back within `days`], reason.
        bought: contact_key, day, worth, after [days since first_day, from 0], of these people since the assignment.
        split_p: of the planned shares; NaN: none are known.
        balance_p: of arms over groups by what people had done before; NaN: too few.
        by_themselves: lapsed people `days` before the end of the data, of them those who came back since whatever was
            done, their share and its interval; NaN: not known.
        crossed: people in two arms of the test, who are left out.
        assigned: people of the test, whoever is looked at.
        mailed: whether an arm that gets no mail is known.
        problem: why no effect can be shown; "" where it can.
        limits: of the chance to come back: lapsed and at risk.
    """

    experiment: str
    who: str
    what: str
    days: int
    until: pd.Timestamp
    people: pd.DataFrame
    bought: pd.DataFrame
    split_p: float = np.nan
    balance_p: float = np.nan
    by_themselves: tuple[int, int, float, float, float] = (0, 0, np.nan, np.nan, np.nan)
    crossed: int = 0
    assigned: int = 0
    problem: str | Message = ""
    limits: tuple[float, float] = LIMITS

    @property
    def held(self) -> pd.Series:
        """Whether each person stands in the arm without mail."""
        return self.people["is_holdout"].fillna(value=False).astype(bool)

    def followed(self, days: int) -> pd.Series:
        """Whether each person was followed for so many days."""
        return (self.until - self.people["first_day"]).dt.days >= days - 1

    def within(self, days: int) -> pd.DataFrame:
        """What each person did in so many days, in the order of `people`: orders [days with any], worth."""
        rows = self.bought[self.bought["after"] < days]
        sums = rows.groupby("contact_key").agg(orders=("day", "size"), worth=("worth", lambda w: w.sum(skipna=False)))
        return sums.reindex(self.people["contact_key"]).fillna({"orders": 0, "worth": 0.0}).reset_index(drop=True)


def measure(
    data: Data,
    *,
    experiment: str = "",
    who: str = "lapsed",
    days: int = 90,
    split: str = "",
    what: str = "order",
    limits: tuple[float, float] = LIMITS,
) -> Tried:
    """The people of a win-back test on the day of their assignment, and what they did since.

    Args:
        data: what `kit.open` returned; a period does not narrow it.
        experiment: the test; "" for the one that decides best: with most people of both sides.
        who: of WHO.
        days: the window that decides.
        split: the planned shares of the arms in the order of their names, like "0.1, 0.9"; "" where they are not known.
        what: people come back for: "order", or "visit" for orders and appointments.
        limits: of the chance to come back: lapsed and at risk.

    Raises:
        UsageError: there is no such test or circle, days are none, or the shares are no shares.

    Source: guide 4; by assignment (intention to treat), Hollis & Campbell (1999), doi:10.1136/bmj.319.7211.670.
    """
    check_who(who)
    if days <= 0:
        raise UsageError(_("days: {days} must be above 0.", days=str(days)))
    shares, bought, people = planned(split), states.purchases(data, what), assigned(data)
    reasons = leaving.reasons_of(data) if len(people) else pd.DataFrame(columns=leaving.GIVEN)
    until = pd.Timestamp(last_day(data)) if data.as_of is not None else pd.Timestamp("NaT")
    about = groups.attributes(data) if len(people) else pd.DataFrame(columns=["contact_key", *ATTRIBUTES])
    tried = judge(people, bought, about, reasons, until, Asked(experiment, who, days, shares, what, limits))
    return replace(tried, limits=limits)


@scope.count("assignments", whole="a test is one, whatever the period", unfiltered=scope.NO_CAMPAIGN)
def assigned(data: Data) -> pd.DataFrame:
    """The people of every test: experiment, contact_key, arm, is_holdout, since, crossed, and holdout.VERSIONS."""
    columns = ["experiment", "contact_key", "arm", "is_holdout", "since", "crossed", *holdout.VERSIONS]
    people = holdout.assigned_people(data)
    if people is None:
        return pd.DataFrame(columns=columns)
    frame = people.order_by("experiment", "contact_key").to_pandas()[columns]
    return frame.astype({"since": "datetime64[us]"})


def check_who(who: str) -> None:
    """Hold a word to WHO.

    Raises:
        UsageError: it is no circle of people.
    """
    if who not in WHO:
        raise UsageError(_("who: {word} is no circle. {hint}", word=repr(who), hint=nearest(who, WHO)))


def planned(split: str) -> tuple[float, ...]:
    """The shares that are written like "0.1, 0.9".

    Raises:
        UsageError: one is no share.
    """
    try:
        shares = tuple(float(part) for part in split.replace(";", ",").split(",") if part.strip())
    except ValueError:
        shares = (-1.0,)
    if any(not 0 < part < 100 for part in shares):
        raise UsageError(_("split: {split} are no shares. Write them like 0.1, 0.9.", split=repr(split)))
    return shares


def judge(
    people: pd.DataFrame,
    bought: pd.DataFrame,
    about: pd.DataFrame,
    reasons: pd.DataFrame,
    until: pd.Timestamp,
    asked: Asked = Asked(),
) -> Tried:
    """The people of one test.

    Args:
        people: what `assigned` returned.
        bought: what `lapsed.states.purchases` returned.
        about: what `lapsed.groups.attributes` returned.
        reasons: contact_key, day, reason: as given.
        until: the day up to which the data knows.
        asked: what is asked.

    Raises:
        UsageError: there is no such test, or as many shares as arms are not planned.
    """
    experiment, who, days, what = asked.experiment, asked.who, asked.days, asked.what
    names = people.loc[~people["crossed"].astype(bool), "experiment"].value_counts()
    if experiment and experiment not in names.index:
        hint = nearest(experiment, names.index)
        raise UsageError(_("There is no control group test named {name}. {hint}", name=repr(experiment), hint=hint))
    came = by_themselves(bought, until, days=days, limits=asked.limits)
    empty = pd.DataFrame(columns=PEOPLE).astype({"first_day": "datetime64[us]"})
    nothing = pd.DataFrame(columns=["contact_key", "day", "worth", "after"])
    if names.empty:
        reason = message("no file says who got no mail")
        return Tried("", who, what, days, until, empty, nothing, by_themselves=came, problem=reason)
    tests = []
    for name in [experiment] if experiment else sorted(names.index, key=lambda one: (-names[one], one)):
        test = people[people["experiment"] == name]
        alone = test[~test["crossed"].astype(bool)]
        dated = alone["since"].notna().all() and not pd.isna(until)
        placed = _placed(alone, bought, about, reasons, asked) if dated else None
        tests.append((name, test, alone, placed))
    # of equal tests the first: the one with most people
    name, test, alone, placed = max(tests, key=lambda one: _both_sides(one[3], who))
    crossed = len(test) - len(alone)
    if placed is None:
        reason = message("the file does not show when people were assigned")
        return Tried(name, who, what, days, until, empty, nothing, by_themselves=came, crossed=crossed, problem=reason)
    sizes = alone["arm"].value_counts().sort_index()
    split_p = proportions.sample_ratio_test(sizes, asked.shares).p if asked.shares else np.nan
    strata = placed["state"] + placed["frequency"].astype(str)
    balance = _balance(placed, strata)
    kept = _parts(_circle(placed, who).sort_values("contact_key", ignore_index=True))[PEOPLE]
    since = bought.merge(kept[["contact_key", "first_day"]], on="contact_key")
    since = since[(since["day"] >= since["first_day"]) & (since["day"] <= until)]
    since = since.assign(after=(since["day"] - since["first_day"]).dt.days).drop(columns="first_day")
    return Tried(
        name, who, what, days, until, kept, since.reset_index(drop=True), split_p, balance, came,
        crossed=crossed, assigned=len(alone), problem=_why(kept, split_p, balance),
    )  # fmt: skip


def _placed(
    alone: pd.DataFrame, bought: pd.DataFrame, about: pd.DataFrame, reasons: pd.DataFrame, asked: Asked
) -> pd.DataFrame:
    """The people of one test with everything that was known of them before."""
    began = alone["since"].dt.normalize()
    first_day = began + pd.to_timedelta((alone["since"] > began).astype(int), unit="D")
    placed = _as_assigned(alone.assign(first_day=first_day), bought, asked.days, asked.limits)
    placed = placed.merge(about[["contact_key", *ATTRIBUTES]], on="contact_key", how="left")
    return placed.assign(reason=last_reason(placed, reasons))


def _circle(placed: pd.DataFrame, who: str) -> pd.DataFrame:
    return placed if who == "all" else placed[placed["state"] == "lapsed"]


def _both_sides(placed: pd.DataFrame | None, who: str) -> float:
    """By how much a test decides: half of the harmonic mean of its people with mail and without."""
    if placed is None:
        return -1.0
    sides = _circle(placed, who)["is_holdout"].dropna().astype(bool)
    held, mailed = int(sides.sum()), int((~sides).sum())
    return held * mailed / (held + mailed) if held and mailed else 0.0


def by_themselves(
    bought: pd.DataFrame, until: pd.Timestamp, *, days: int, limits: tuple[float, float] = LIMITS
) -> tuple[int, int, float, float, float]:
    """How many had lapsed so many days before the end, how many came back since, their share and its interval."""
    if bought.empty or pd.isna(until):
        return 0, 0, np.nan, np.nan, np.nan
    then = until - pd.Timedelta(days=days)
    people, _model, _draws = states.at(bought, then, days=days, limits=limits, resampled=False)
    gone = people.loc[people["state"] == "lapsed", "contact_key"]
    back = int(gone.isin(bought.loc[(bought["day"] > then) & (bought["day"] <= until), "contact_key"]).sum())
    low, high = map(float, proportions.proportion_interval(back, len(gone), level=LEVEL))
    return len(gone), back, back / len(gone) if len(gone) else np.nan, low, high


BROKEN = 0.001
"""Below this p the arms were not drawn as planned, and no effect is shown (Fabijan et al. 2019)."""


def _why(kept: pd.DataFrame, split_p: float, balance_p: float) -> str | Message:
    if kept.empty:
        return message("nobody of the test had surely lapsed on the day of the assignment")
    arms = kept.drop_duplicates("arm").set_index("arm")["is_holdout"]
    if arms.isna().any():
        return message("no arm is known to get no mail: {arms}", arms=commas(sorted(map(str, arms.index))))
    if arms.astype(bool).all() or not arms.astype(bool).any():
        return message("everybody is in one group; a test needs a group with e-mails and one without")
    if split_p < BROKEN or balance_p < BROKEN:
        return message("the arms were not drawn as planned (sample ratio)")
    return ""


def _as_assigned(test: pd.DataFrame, bought: pd.DataFrame, days: int, limits: tuple[float, float]) -> pd.DataFrame:
    """The people with state, silent, occasions, worth and chance of the day before their first one in the arm."""
    parts = []
    for begin in sorted(test["first_day"].unique()):
        before, _model, _draws = states.at(
            bought, pd.Timestamp(begin) - pd.Timedelta(days=1), days=days, limits=limits, resampled=False
        )
        now = test[test["first_day"] == begin]
        parts.append(now.merge(before[["contact_key", *KNOWN]], on="contact_key", how="left"))
    frame = pd.concat(parts, ignore_index=True)
    frame["state"] = frame["state"].astype(object).fillna("none")
    frame["occasions"] = frame["occasions"].fillna(0).astype(int)
    frame["frequency"] = frame["occasions"].clip(upper=3).map({0: "0", 1: "1", 2: "2", 3: "3+"})
    return frame


KNOWN = ["state", "silent", "occasions", "worth", "chance"]


def _parts(kept: pd.DataFrame) -> pd.DataFrame:
    """The people with recency and money as thirds of those looked at."""
    spent = kept["worth"].astype(float) / kept["occasions"].where(kept["occasions"] > 0)
    for name, values in (("recency", kept["silent"].astype(float)), ("money", spent)):
        numbers = values.dropna()
        limits = np.unique(np.quantile(numbers, np.arange(1, PARTS) / PARTS)) if len(numbers) else np.array([])
        place = np.searchsorted(limits, values, side="left")
        words = [part_of(limits, int(at)) for at in place]
        kept = kept.assign(**{name: pd.Series(words, index=kept.index, dtype=object).where(values.notna())})
    return kept


def part_of(limits: np.ndarray, place: int) -> str:
    """A part of numbers by its ends, the upper one in it: up to 120, 121–300, from 301."""
    ends = [round(float(limit)) for limit in limits]
    if not ends:
        return "all"
    if place == 0:
        return f"≤ {ends[0]}"
    return f"> {ends[-1]}" if place >= len(ends) else f"{ends[place - 1]}–{ends[place]}"


def _balance(placed: pd.DataFrame, strata: pd.Series) -> float:
    """The p of the share of the holdout over groups by what people had done before; NaN: no holdout, or too few."""
    assigned_known = placed["is_holdout"].notna()
    held = placed.loc[assigned_known, "is_holdout"].astype(int).groupby(strata[assigned_known]).agg(["sum", "size"])
    common = held["sum"].sum() / max(held["size"].sum(), 1)
    large = held["size"] * min(common, 1 - common) >= 5
    if not large.any():
        return np.nan
    rows = [*held[large].itertuples(index=False), *([held[~large].sum()] if (~large).any() else [])]
    table = pd.DataFrame([tuple(row) for row in rows], columns=["sum", "size"])
    return proportions.chi_square_homogeneity(table["sum"], table["size"]).p


def last_reason(placed: pd.DataFrame, reasons: pd.DataFrame) -> pd.Series:
    """The last reason that each gave before the assignment; "unknown": none."""
    both = reasons[["contact_key", "day", "reason"]].merge(placed[["contact_key", "first_day"]], on="contact_key")
    before = both[both["day"] < both["first_day"]].sort_values(["contact_key", "day", "reason"])
    last = before.drop_duplicates("contact_key", keep="last").set_index("contact_key")["reason"]
    return placed["contact_key"].map(last).astype(object).fillna("unknown")
