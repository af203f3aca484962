"""Who is not through a step in time: how many came late, will probably still come, and will not. (guide 2)"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.judging import PEOPLE
from kit.messages import message
from kit.metrics import Figure
from kit.questions.sales_cycle.stages import PERSON
from kit.show.formats import UNKNOWN, known, whole, with_ends
from kit.show.table import Column, Table
from kit.stats import survival

if TYPE_CHECKING:
    from kit.messages import Message
    from kit.stats.survival import Curve

COLUMNS = ["stage", "missed", "came", "waiting", "value", "low", "high", "until", "stays"]

STILL_TO_GO = "Klein & Moeschberger (2003), Survival Analysis, 4.2; Kaplan & Meier (1958)"

FIGURES = (
    Figure(
        "stage_late", message("People not in time, and what became of them"),
        message("people who completed every earlier step in time but not this one; those of them who completed it "
                "later"),
        message("a person observed for the days of every step"), "guide 2",
        ("late.missed", "late.came", "funnel.missed", "funnel.came"),
        window=message("late: until as_of"),
    ),
    Figure(
        "stage_to_come", message("Will probably come"),
        message("sum over the people who have not come yet of 1 - S(until) / S(waited)"), PERSON, STILL_TO_GO,
        ("late.value", "late.until", "late.stays", "funnel.to_come"),
        window=message("until: the longest time for which 30 or more people were observed"),
        interval=message("95 %, of the number who will come: chance and the uncertainty of the curve"),
        edge=message("people who have waited longer count as “probably will not come”"),
    ),
)  # fmt: skip


def judge(counts: pd.DataFrame, curves: dict[str, Curve], steps: pd.DataFrame) -> pd.DataFrame:
    """What became of those who did not pass a step in time.

    Args:
        counts: what `steps.paths` returned, without people who were first seen too early.
        curves: step -> the share still before its end, by days.
        steps: the steps in their order: step, start, end; the one from the first stage to the last is left out.

    Returns:
        A row a step: stage [that it leads to], missed, came [people: not in time; of them later], waiting [not there
        yet], value, low, high [of these, people who will probably come], until [days from entering the step; NaN: not
        known], stays [waiting - value].
    """
    rows = []
    for place, step in enumerate(steps[["step", "end"]].to_dict("records")[: steps["end"].nunique()]):
        missed = counts[counts["passed"] == place]
        waiting = missed[~missed["late"].astype(bool)]
        n, still = int(missed["n"].sum()), int(waiting["n"].sum())
        value, low, high, until = (0.0, 0.0, 0.0, nan)
        if still:
            value, low, high, until = survival.still_to_go(
                curves[step["step"]], waiting["waited"], waiting["n"], least=PEOPLE
            )
        rows.append((step["end"], n, n - still, still, value, low, high, until, still - value))
    return pd.DataFrame(rows, columns=COLUMNS)


def sentence(row: dict[Any, Any], began: int, days: int) -> Message:
    """What became of those of the same people who did not pass one step in time."""
    values = {"stage": row["stage"], "n": whole(row["missed"]), "began": whole(began), "days": whole(days)}
    values |= {"came": whole(row["came"]), "waiting": whole(row["waiting"])}
    if not known(row["value"]):
        return message(
            "The largest drop-off is before “{stage}”: {n} of {began} people observed all the way did not get there "
            "within {days} days. {came} of them came later; the other {waiting} cannot be judged yet.",
            **values,
        )
    return message(
        "The largest drop-off is before “{stage}”: {n} of {began} people observed all the way did not get there "
        "within {days} days. {came} of them came later, {to_come} more will probably come, and {stays} probably "
        "will not.",
        **values, to_come=expected(row), stays=whole(round(row["stays"])),
    )  # fmt: skip


def table(rows: pd.DataFrame) -> Table:
    """Who was not in time, by step."""
    columns = (
        Column("stage", message("Stage")),
        Column("missed", message("Not in time"), whole, unit="people", number=True),
        Column("came", message("Came later"), whole, unit="people", number=True),
        Column("value", message("Will probably come"), expected, unit="people", number=True, whole_row=True),
        Column("until", message("Within"), _days, unit="days", number=True),
        Column("stays", message("Probably will not come"), _people, unit="people", number=True),
    )
    notes = (
        message(
            "Late is not lost. Will probably come: the number expected of those not there yet, given how long each "
            "has waited. It covers the time up to the day under “Within”. Beyond that nothing can be estimated, as "
            "too few people were observed for longer."
        ),
        message("The brackets contain the number who will come 95 times out of 100."),
    )
    return Table(
        "late",
        message("People not in time, and what became of them"),
        rows,
        columns,
        notes,
        message("nobody was late."),
    )


def expected(row: Any) -> str:
    """The number of people who will probably come, with its interval."""
    if not known(row["value"]):
        return UNKNOWN
    return with_ends(whole(round(row["value"])), row["low"], row["high"], lambda end: whole(round(end)))


def _people(value: Any) -> str:
    return whole(round(value)) if known(value) else UNKNOWN


def _days(value: Any) -> str:
    return whole(value) if known(value) else UNKNOWN
