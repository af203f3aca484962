"""People of the list in time: who can be placed in it, and from when on each was watched."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kit.judging import PEOPLE

OWN_WISH = ("unsubscribe", "complaint", "bounce")
"""Causes of transparent churn; what the firm takes off itself is none."""

CAUSES = (*OWN_WISH, "sunset", "not known")
"""As `counts.subscribers` has them."""

MONTH = 30.4375
"""Days of a mean month."""


def told(people: pd.DataFrame) -> tuple[pd.DataFrame, int, int, Any]:
    """The rows that can be placed in time, and how many people cannot."""
    days = {name: pd.to_datetime(people[name]) for name in ("joined", "left", "since", "until")}
    people = people.assign(**days, n=people["n"].astype("int64"))
    undated = people["undated"].astype(bool)
    dateless = people["joined"].isna() & ~undated
    since = people["since"].iloc[0] if len(people) else pd.NaT
    return (
        people[~undated & ~dateless],
        int(people.loc[undated, "n"].sum()),
        int(people.loc[dateless, "n"].sum()),
        since,
    )


def why_none(people: pd.DataFrame, known: pd.DataFrame) -> str:
    """Why nothing can be said of these people, of whom so many can be placed in time; "" where it can."""
    if people.empty:
        return "no file holds contacts"
    if known.empty or known["n"].sum() < people["n"].sum() / 2:
        return "most contacts have no date of joining"
    if not (people["cause"] != "").any():
        return "nobody is recorded as having left: the contacts may hold only those still there"
    return ""


def why_no_curve(watched: pd.DataFrame) -> str:
    """Why these people, as `watched_days` has them, make no curve; "" where they do."""
    fresh, left = watched.loc[watched["entry"] == 0, "n"].sum(), watched.loc[watched["cause"] != "", "n"].sum()
    if fresh < PEOPLE:
        return f"{PEOPLE} people who joined while leaving was recorded are needed, there are {fresh}"
    return f"{PEOPLE} people who left are needed, there are {left}" if left < PEOPLE else ""


def watched_days(known: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Days from joining to leaving or now, and from when on they were watched; and how many never were."""
    until, since = known["until"], known["since"]
    days = (known["left"].fillna(until) - known["joined"]).dt.days
    entry = (since - known["joined"]).dt.days.clip(lower=0).fillna(0)
    some = (entry == 0) | (days > entry)
    gone = (known["left"] <= since) & ~some
    return known.assign(days=days, entry=entry)[some], int(known.loc[gone, "n"].sum())
