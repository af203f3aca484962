"""Words of when: how soon people react, and what went out at which hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit import metrics
from kit.judging import CAMPAIGNS
from kit.show.formats import MARGIN_OF_ERROR, counted, known, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.timing import HOURS, PART

if TYPE_CHECKING:
    from typing import Any

    from kit.timing import Pace, Week

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_ZONE = "hours are not judged: no time zone is known. Set time_zone in kit.toml."


def pace_table(result: Pace) -> Table:
    """The share of the week's openings and clicks that came within some hours of the person's own delivery."""
    told = result.curve[result.curve["hour"].isin(HOURS)]
    wide = pd.DataFrame({"hour": list(HOURS)})
    columns = [Column("hour", "Within", _hours, unit="h", number=True)]
    for what, title in (("opening", "Openings by people"), ("click", "Clicks by people")):
        own = told[told["what"] == what]
        for name in ("value", "low", "high", "people"):
            wide[what if name == "value" else f"{what}_{name}"] = own[name].to_numpy()
        n = own["n"].max()
        columns.append(
            Column(what, f"{title} (of {whole(n)})", _interval(what), unit="share", number=True, whole_row=True)
        )
    notes = (
        (
            f"From each person's own delivery, of {whole(result.mails)} mails that were followed for a week; the first "
            "opening and the first click of each, of those that came within the week."
        ),
        "A machine's openings and a scanner's clicks are left out where the log tells them.",
        MARGIN_OF_ERROR,
    )
    frame = wide if result.mails else wide.iloc[:0]
    notes = notes if result.mails else ()
    return Table("pace", "How soon people react", frame, tuple(columns), notes, "no event log was read.")


def pace(result: Pace) -> Summary:
    """How soon half and nine in ten react."""
    found = result.reached.set_index("what")
    if not result.mails or not found["n"].any():
        return Summary("pace", "How soon people react is not known: no event log tells it.")
    told = [
        f"half of the week's {what}s come within {_hours(row['half'])} of delivery, nine in ten within "
        f"{_hours(row['nine'])} ({whole(row['n'])} {what}s)"
        for what, row in found.iterrows()
        if row["n"]
    ]
    text = "; ".join(told)
    numbers = {f"{what}_{name}": row[name] for what, row in found.iterrows() for name in ("half", "nine", "n")}
    return Summary("pace", f"{text[0].upper()}{text[1:]}.", numbers)


def week_table(result: Week, *, zone: bool) -> Table:
    """The rate by weekday and part of the day, each cell with its campaigns and mails.

    Args:
        result: of `timing.week`.
        zone: whether the firm's time zone is known.
    """
    frame = result.cells.sort_values(["weekday", "part"], ignore_index=True)
    columns = (
        Column("weekday", "Sent on", lambda day: DAYS[int(day)]),
        Column("part", "At", part),
        Column("campaigns", "Campaigns", whole, number=True),
        Column("n", f"Mails {result.kpi.denominator}", whole, unit="mails", number=True),
        Column("value", result.kpi.title, _cell, unit="share", number=True, whole_row=True),
        Column("large", "Enough to look at?", lambda large: "yes" if large else "too few"),
    )
    notes = (
        (
            f"Too few: fewer than {CAMPAIGNS} campaigns, so that the hour cannot be told from the campaign, "
            "or too few mails."
        ),
        MARGIN_OF_ERROR,
        *metrics.raw_note([result.kpi.key]),
    )
    empty = "no campaign has a time of sending." if zone else NO_ZONE
    return Table("week", f"{result.kpi.title} by weekday and hour of sending", frame, columns, notes, empty)


def week(result: Week, *, zone: bool) -> Summary:
    """What the week's hours can say; never which is best.

    Args:
        result: of `timing.week`.
        zone: whether the firm's time zone is known.
    """
    cells, large = result.cells, result.large
    numbers = {"cells": len(cells), "large": len(large)}
    if not zone:
        return Summary("week", f"{NO_ZONE[0].upper()}{NO_ZONE[1:]}", numbers)
    if cells.empty:
        return Summary("week", "No campaign has a time of sending.", numbers)
    text = (
        f"Mail went out in {counted(len(cells), 'part')} of the week; {whole(len(large))} of them had at least "
        f"{CAMPAIGNS} campaigns and mails enough"
    )
    if len(large) >= 2:
        text += f": from {share(large['value'].min())} to {share(large['value'].max())}"
    text += (
        ". No hour is called the best: what went out when was not drawn by lot, so a difference may be the campaign's. "
        "To know, send the same mail to two random halves at two hours (06)."
    )
    return Summary("week", text, numbers)


def part(hour: Any) -> str:
    """A part of the day: 09–12."""
    return f"{int(hour):02d}–{int(hour) + PART:02d}"


def _hours(value: Any) -> str:
    value = float(value)
    if value == 1:
        return "1 hour"
    return (
        f"{value:.0f} hours" if value <= 48 else f"{value / 24:.0f} days" if value % 24 == 0 else f"{value:.0f} hours"
    )


def _interval(what: str) -> Any:
    return lambda row: with_interval(row[what], row[f"{what}_low"], row[f"{what}_high"])


def _cell(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"]) if known(row["value"]) else "–"
