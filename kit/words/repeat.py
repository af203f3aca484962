"""Words of repeat purchase: who comes back, and how soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.judging import PEOPLE
from kit.show.formats import known, p_value, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.repeat import Back

RATES = {
    "repeated": "Bought twice or more in the window",
    "repeated_days": "… on two days or more",
    "returning": "“Returning customers”: bought in the window, and twice or more ever",
}

NONE = "no order or visit of a person is known."


def repeat_table(rates: pd.DataFrame, counted: pd.DataFrame) -> Table:
    """The repeat rates of the window, each called what it is."""
    columns = (
        Column("rate", "Of the buyers of the window", RATES.__getitem__),
        Column("numerator", "People", whole, unit="people", number=True),
        Column("n", "Of", whole, unit="people", number=True),
        Column("value", "Share", _interval, unit="share", number=True, whole_row=True),
    )
    notes = ["The brackets are 95 % intervals of counting error."]
    if len(counted):
        row = counted.iloc[0]
        first, last = (pd.Timestamp(row[name]).strftime("%Y-%m-%d") for name in ("first_day", "last_day"))
        notes.insert(0, f"The window is {first} to {last}; a longer one has a higher rate by itself.")
        notes.append(
            "“Returning customers” looks back over the whole log: it rises as the log gets older, whoever comes."
        )
        if row["nameless"]:
            notes.append(f"{whole(row['nameless'])} orders name nobody and are in no rate.")
    frame = rates if len(counted) else rates.iloc[:0]
    return Table("repeat_rates", "How many buy again", frame, columns, tuple(notes), NONE)


def back_table(result: Back) -> Table:
    """The share who came again within so many days of the first time."""
    columns = (
        Column("days", "Within days", whole, unit="days", number=True),
        Column("value", "Came again", _interval, unit="share", number=True, whole_row=True),
        Column("at_risk", "Followed so long", whole, unit="people", number=True),
        Column("naive", "Came so far, of all", share, unit="share", number=True),
    )
    notes = (
        "Who has not come yet counts for as long as was watched (Kaplan-Meier); “–” is beyond what anybody was.",
        "Followed so long: people who had not come again by then and were still watched.",
        "Came so far, of all: too low while people are young, shown for comparison.",
    )
    frame = result.shares if result.n else result.shares.iloc[:0]
    return Table("back", "How soon people come a second time", frame, columns, notes, NONE)


def back_cohorts_table(result: Back) -> Table:
    """The share who came again, by the quarter of the first time."""
    columns = (
        Column("cohort", "First time in", lambda value: f"{value[:4]} {value[4:]}"),
        Column("n", "People", whole, unit="people", number=True),
        Column("value", f"Came again within {result.days} days", _interval, unit="share", number=True, whole_row=True),
        Column("followed", "Days that all were followed", whole, unit="days", number=True),
    )
    notes = [f"Quarters of fewer than {PEOPLE} people are left out. “–”: nobody was followed for so long."]
    if known(result.alike.p):
        verdict = "are not seen to differ" if result.alike.p >= 0.05 else "do not come back alike"
        notes.append(f"By the log-rank test the quarters {verdict} ({p_value(result.alike.p)}).")
    notes.append("The first time is the first in these files: in the earliest quarters old customers count as new.")
    return Table("back_cohorts", "Do later customers come back as well?", result.cohorts, columns, tuple(notes), NONE)


def back(result: Back) -> Summary:
    """How many come again within the days that were asked for."""
    row = result.shares[result.shares["days"] == result.days].iloc[0]
    numbers: dict[str, Any] = {"days": result.days, "n": result.n, "came": result.came, "value": row["value"]}
    if not result.n:
        return Summary("back", f"Who comes back is not known: {NONE}", numbers)
    if not known(row["value"]):
        text = (
            f"How many of {whole(result.n)} people come again within {result.days} days is not known: nobody was "
            f"followed for so long (the longest {whole(result.curve.end)} days)."
        )
        return Summary("back", text, numbers)
    half = (
        f"half have come again after {whole(result.median)} days"
        if result.median is not None
        else "half is not reached in the time watched"
    )
    text = (
        f"Of {whole(result.n)} people {with_interval(row['value'], row['low'], row['high'])} come again within "
        f"{result.days} days of the first time; {half}."
    )
    return Summary("back", text, numbers, headline=True, weight=45)


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])
