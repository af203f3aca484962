"""Words of subscriber retention: who stays on the list, by what people leave, who has gone silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.judging import PEOPLE
from kit.retention import CAUSES, OWN_WISH
from kit.show.formats import MINUS, known, month, p_value, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.retention import Periods, Projection, Silent, Staying

TITLES = {
    "still there": "Still there",
    "unsubscribe": "Unsubscribed",
    "complaint": "Complained",
    "bounce": "Bounced",
    "sunset": "Taken off by us",
    "not known": "Cause not known",
}


def list_table(result: Periods) -> Table:
    """The list by month or quarter: size, growth, retention and churn."""
    told = [cause for cause in CAUSES if len(result.table) and result.table[cause].any()]
    columns = (
        Column("period", result.every.title(), _period),
        Column("start", "At the start", whole, unit="people", number=True),
        Column("joined", "Joined", whole, unit="people", number=True),
        Column("left", "Left", whole, unit="people", number=True),
        Column("net", "Net", _signed, unit="people", number=True),
        Column("end", "At the end", whole, unit="people", number=True),
        Column("value", "Retention", _interval, unit="share", number=True, whole_row=True),
        Column("churn", "Transparent churn", _churn, unit="share", number=True, whole_row=True),
        *(Column(cause, TITLES[cause], whole, unit="people", number=True) for cause in told),
    )
    notes = [
        "Retention: of those there at the start, the share still there at the end; who joined meanwhile is in neither.",
        "Transparent churn: unsubscribed, complained or bounced, of those at the start; what the firm took off is not.",
        "The causes are of those at the start too; “Left” is everybody who left, of those who joined meanwhile also.",
    ]
    unseen = [TITLES[cause].lower() for cause in OWN_WISH if cause not in told]
    if len(result.table) and unseen:
        notes.append(
            f"Nobody is recorded as having {' or '.join(unseen)}; if the files do not tell it, churn lacks it."
        )
    if pd.notna(result.since):
        notes.append(
            f"“–”: not over yet, or begun before {result.since:%Y-%m-%d}, the day from which leaving is recorded."
        )
    return Table(
        "list", f"The list by {result.every}", result.table, columns, (*notes, *_left_out(result)), f"{result.reason}."
    )


def list_growth(result: Periods) -> Summary:
    """Retention of the last whole period, and where the list's size goes."""
    whole_ones = result.table[result.table["value"].notna()]
    if whole_ones.empty:
        why = result.reason or f"no whole {result.every} lies in the time in which leaving is recorded"
        return Summary("list_growth", f"Retention of the list is not known: {why}.", {"reason": why})
    row = whole_ones.iloc[-1]
    grown = int(row["net"])
    text = (
        f"In {_period(row['period'])} {with_interval(row['value'], row['low'], row['high'])} of {whole(row['start'])} "
        f"subscribers stayed; {whole(row['joined'])} joined and {whole(row['left'])} left, so the list "
        + (f"{'grew' if grown > 0 else 'shrank'} by {whole(abs(grown))}" if grown else "kept its size")
        + f" to {whole(row['end'])}."
    )
    numbers = {name: row[name] for name in ("period", "start", "joined", "left", "net", "end", "stayed", "value")}
    return Summary("list_growth", text, numbers, headline=True, weight=55 if grown < 0 else 30)


def staying_table(result: Staying) -> Table:
    """The share still there and gone by each cause, so many days after joining."""
    states = ["still there", *result.gone]
    wide = pd.DataFrame({"days": list(dict.fromkeys(result.shares["days"]))})
    columns = [Column("days", "Days after joining", whole, unit="days", number=True)]
    for state in states:
        own = result.shares[result.shares["state"] == state].set_index("days")
        wide[[state, f"{state}_low", f"{state}_high"]] = own.loc[wide["days"], ["value", "low", "high"]].to_numpy()
        columns.append(Column(state, TITLES[state], _of(state), unit="share", number=True, whole_row=True))
    notes = [
        "The causes add up to what is missing (cumulative incidence). “–” is beyond what anybody was watched for.",
        "The brackets take people to leave one by one; one mail that drives many off makes them too narrow.",
    ]
    if pd.notna(result.since) and not result.reason:
        notes.append(
            f"Leaving is recorded from {result.since:%Y-%m-%d}; who joined before is watched from that day. "
            f"{whole(result.before)} had left before and are in no count."
        )
    frame = wide.iloc[:0] if result.reason else wide
    return Table(
        "staying", "How long people stay", frame, tuple(columns), (*notes, *_left_out(result)), f"{result.reason}."
    )


def still_listed(people: int) -> Summary:
    """Whether log and contacts agree on who left."""
    numbers = {"still_listed": people}
    if not people:
        return Summary("still_listed", "Nobody who left by the log stands as subscribed in the contacts.", numbers)
    text = (
        f"{whole(people)} people unsubscribed, complained or bounced for good by the log, and the contacts have them "
        "as subscribed. They count as there, so retention is too high unless they came back: export the contacts anew."
    )
    return Summary("still_listed", text, numbers, headline=True, weight=40)


def staying_sources_table(result: Staying) -> Table:
    """The share still there, by how people joined."""
    columns = (
        Column("source", "Joined by"),
        Column("n", "People", whole, unit="people", number=True),
        Column("left", "Left", whole, unit="people", number=True),
        Column("value", f"Still there after {result.days} days", _interval, unit="share", number=True, whole_row=True),
    )
    notes = [f"Sources of fewer than {PEOPLE} people watched from joining are left out."]
    if known(result.alike.p):
        verdict = "are not seen to leave differently" if result.alike.p >= 0.05 else "leave differently"
        notes.append(f"By the log-rank test people of these sources {verdict} ({p_value(result.alike.p)}).")
    return Table(
        "staying_sources", "Who joined how, and stays", result.sources, columns, tuple(notes), "no source is told."
    )


def staying(result: Staying) -> Summary:
    """How many are still there a year after joining, or as far as is known."""
    if result.reason:
        return Summary("staying", f"How long people stay is not known: {result.reason}.", {"reason": result.reason})
    there = result.shares[(result.shares["state"] == "still there") & result.shares["value"].notna()]
    row = there[there["days"] <= 365].iloc[-1] if (there["days"] <= 365).any() else None
    if row is None:
        text = f"How long people stay is not known yet: the longest watch is {whole(result.curve.end)} days."
        return Summary("staying", text, {"end": result.curve.end})
    causes = result.shares[(result.shares["days"] == row["days"]) & (result.shares["state"] != "still there")]
    worst = causes.sort_values("value").iloc[-1]
    half = (
        "half is not reached in the time watched"
        if result.median is None
        else f"half have left after {whole(result.median)} days"
    )
    text = (
        f"{with_interval(row['value'], row['low'], row['high'])} of subscribers are still there {whole(row['days'])} "
        f"days after joining; most of the others {_VERBS[worst['state']]} ({share(worst['value'])}); {half}."
    )
    return Summary("staying", text, {"days": row["days"], "value": row["value"]}, headline=True, weight=35)


def silence(result: Silent) -> Summary:
    """How many give no sign, where their mails were enough to tell."""
    numbers: dict[str, Any] = {"people": result.people, "silent": result.silent, "undecided": result.undecided}
    if result.reason:
        text = f"Who has gone silent is not known: {result.reason}."
        if result.undecided:
            text += f" {whole(result.undecided)} of {whole(result.people)} gave no sign in the last {result.days} days."
        return Summary("silence", text, numbers)
    text = (
        f"Of {whole(result.people)} people on the list through the last {result.days} days, {whole(result.silent)} "
        f"({with_interval(result.value, result.low, result.high)}) are silent beyond chance: {whole(result.needed)} "
        f"mails or more without a click, an order or a booking, where {share(result.click)} of mails are clicked. "
        f"{whole(result.undecided)} more gave no sign but got fewer mails: were they all gone, it would be "
        f"{share(result.most)}."
    )
    return Summary("silence", text, numbers | {"needed": result.needed}, headline=True, weight=25)


def projection_table(result: Projection) -> Table:
    """The share still there by the model, beside what was seen."""
    columns = (
        Column("month", "Months after joining", whole, unit="months", number=True),
        Column("value", "Still there, projected", _interval, unit="share", number=True, whole_row=True),
        Column("seen", "Still there, as watched", share, unit="share", number=True),
    )
    notes = (
        "The brackets tell how well the model is known, not that people may come to behave otherwise.",
        "“–” is beyond what anybody was watched for.",
    )
    if known(result.remaining):
        further = f"Who joins now stays {whole(result.remaining)} months more by the model"
        notes += (f"{further}, if a month counts a tenth less for each year that it is ahead.",)
    frame = result.ahead[result.ahead["month"].isin((1, 3, 6, 12, 18, 24, 36, 48, 60))]
    return Table("projection", "How many will stay", frame, columns, notes, f"{result.reason}.")


def projection_check_table(result: Projection) -> Table:
    """The model of what went before, against the months held back."""
    columns = (
        Column("month", "Month held back", whole, unit="months", number=True),
        Column("n", "There before", whole, unit="people", number=True),
        Column("expected", "Expected still there", _expected, unit="people", number=True, whole_row=True),
        Column("observed", "Still there", whole, unit="people", number=True),
    )
    notes = ("The brackets are 95 % prediction intervals, if times stay as they were.",)
    return Table(
        "projection_check", "The last months, held back", result.check, columns, notes, f"{_unchecked(result)}."
    )


def projection(result: Projection) -> Summary:
    """What the model says of a year, and whether it held the last time."""
    if result.reason:
        return Summary("projection", f"Nothing is projected: {result.reason}.", {"reason": result.reason})
    last = result.ahead.iloc[-1]
    text = (
        f"By the model {with_interval(last['value'], last['low'], last['high'])} of those who join will be there after "
        f"{whole(last['month'])} months. "
    )
    numbers: dict[str, Any] = {"month": last["month"], "value": last["value"]}
    if result.check.empty:
        return Summary("projection", text + f"It could not be checked: {result.unchecked}.", numbers)
    row = result.check.iloc[-1]
    inside = row["low"] <= row["observed"] <= row["high"]
    text += (
        f"Fitted without the last {whole(row['month'])} months it expected {_expected(row)} of {whole(row['n'])} still "
        f"there; {whole(row['observed'])} were, "
        + (
            "as expected."
            if inside
            else "which is beyond it: times have changed or the model does not fit, so take the projection with care."
        )
    )
    numbers |= {"expected": row["expected"], "observed": row["observed"], "inside": bool(inside)}
    return Summary("projection", text, numbers, headline=True, weight=20 if inside else 40)


_VERBS = {
    "unsubscribe": "unsubscribed",
    "complaint": "complained",
    "bounce": "bounced",
    "sunset": "were taken off by the firm",
    "not known": "left by what is not known",
}


def _left_out(result: Periods | Staying) -> list[str]:
    notes = []
    if result.undated:
        notes.append(f"Left, nobody knows when: {whole(result.undated)}; in no count.")
    if result.dateless:
        notes.append(f"Without a date of joining: {whole(result.dateless)}; in no count.")
    return notes


def _unchecked(result: Projection) -> str:
    return result.reason or result.unchecked


def _expected(row: Any) -> str:
    return f"{whole(row['expected'])} ({whole(row['low'])}–{whole(row['high'])})"


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _churn(row: Any) -> str:
    return with_interval(row["churn"], row["churn_low"], row["churn_high"])


def _of(state: str) -> Any:
    return lambda row: with_interval(row[state], row[f"{state}_low"], row[f"{state}_high"])


def _period(name: str) -> str:
    """2026Q3 as 2026 Q3, 2026-03 as Mar 2026."""
    return f"{name[:4]} {name[4:]}" if "Q" in name else month(name)


def _signed(value: Any) -> str:
    return f"{round(float(value)):+,}".replace("-", MINUS)
