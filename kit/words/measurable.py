"""Words of tests on openings, and of what machines hide of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import known, named, points, share, span, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from kit.measurable import Measurable


def measurable(result: Measurable) -> Summary:
    """How much of the tests is measurable, and how many mails the rest costs."""
    told = result.tests[result.tests["value_a"].notna()]
    numbers: dict[str, Any] = {"tests": len(told)}
    if told.empty:
        text = (
            "How much of a test on openings is measurable is not known: the exports do not tell machines from people. "
            "A difference seen is a difference; one hidden by machines is not seen."
        )
        return Summary("measurable", text, numbers)
    row = told.iloc[-1]
    numbers |= {name: row[name] for name in ("trackable", "machines", "needed_all", "needed_measurable")}
    text = (
        f"In {named(row['campaign_name'])}, the latest test, {share(row['trackable'], 0)} of the mail is measurable "
        f"and {share(row['machines'], 0)} is opened by programs. Among the measurable {row['b']} is "
        f"{points(row['difference'])} points ({span(row['low'], row['high'])}) from {row['a']}."
    )
    if known(row["needed_all"]) and known(row["needed_measurable"]):
        text += (
            f" To see a lift of {share(result.lift, 0)} in people's openings takes {whole(row['needed_all'])} mails an "
            f"arm if all openings are counted, {whole(row['needed_measurable'])} if the measurable are."
        )
    return Summary("measurable", text, numbers)


def measurable_table(result: Measurable) -> Table:
    """Each test: the raw rates, and the arms among the people whose program tells."""
    columns = (
        Column("campaign_name", "Test"),
        Column("raw_a", "Raw", _raw, number=True, whole_row=True),
        Column("trackable", "Measurable", lambda value: share(value, 0), unit="share", number=True),
        Column("machines", "Opened by programs", lambda value: share(value, 0), unit="share", number=True),
        Column("value_a", "Measurable: first", share, unit="share", number=True),
        Column("value_b", "Second", share, unit="share", number=True),
        Column("difference", "Difference (points)", _difference, unit="share", number=True, whole_row=True),
        Column("needed_all", "Mails an arm, all", whole, unit="mails", number=True),
        Column("needed_measurable", "… measurable alone", whole, unit="mails", number=True),
    )
    notes = (
        "Measurable: to people whose program was seen, in their other mails, to load pictures only when they read.",
        f"Mails an arm: delivered, for a lift of {share(result.lift, 0)} in people's openings, four times in five.",
    )
    title = "Tests on openings among the people who can be measured"
    empty = "no log tells of the arms of a test."
    return Table("measurable", title, result.tests, columns, notes, empty)


def dilution(frame: pd.DataFrame) -> Summary:
    """What machines cost a test on openings; `frame` is what `measurable.dilution` returns."""
    rows = frame[frame["needed"].notna()].to_dict("records")
    numbers = {f"share_{round(100 * row['share'])}": row["needed"] for row in rows}
    if len(rows) < 2:
        return Summary("dilution", "What machines cost a test on openings cannot be told from this rate.", numbers)
    first, *rest = rows
    told = ", ".join(f"{whole(row['needed'])} with {share(row['share'], 0)}" for row in rest)
    text = (
        f"If people open {share(first['raw'], 0)} and no machine does, a test needs {whole(first['needed'])} mails "
        f"an arm; {told} of the mail opened by machines."
    )
    return Summary("dilution", text, numbers)


def _raw(row: Any) -> str:
    return f"{share(row['raw_a'])} – {share(row['raw_b'])}"


def _difference(row: Any) -> str:
    if not known(row["difference"]):
        return "–"
    return f"{points(row['difference'])} ({span(row['low'], row['high'])})"
