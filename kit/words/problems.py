"""Words of the problem finder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.problems import RULES
from kit.show.formats import known, named, points, share, span, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.problems import Findings, Frequency

MOST = 6
"""Findings that the sentence names; the table has all."""

AGAINST = {"limit": "against a limit of", "trend": "after"}
"""How the expected rate is told, by kind of reference; else "instead of"."""


def finding_table(result: Findings) -> Table:
    """The findings: where, how large, beyond what, how many mails."""
    frame = _with_rules(result.found)
    columns = (
        Column("name", "Where"),
        Column("sign", "What is seen"),
        Column("value", "Rate", _rate, unit="share", number=True, whole_row=True),
        Column("n", "Of", _of, number=True, whole_row=True),
        Column("expected", "Expected", share, unit="share", number=True),
        Column("size", "Beyond it (points)", _size, unit="share", number=True, whole_row=True),
        Column("p", "p", _p, number=True),
        Column("mails", "Mails", whole, unit="mails", number=True),
    )
    young = "campaign is" if result.young == 1 else "campaigns are"
    notes = (
        f"{whole(result.checked)} comparisons were made; the chance that any false one is named is held to 5 % (Holm).",
        "Expected: what the other groups of the whole history let one expect; of a trend its beginning.",
        "The brackets of what is beyond hold counting error and the usual variation together.",
        *([f"{whole(result.young)} {young} too young to be judged and left out."] if result.young else []),
    )
    return Table("problems", "Problem areas", frame, columns, notes, "no group lies beyond the usual variation.")


def remedy_table(result: Findings) -> Table:
    """For each finding the likely cause, what to try, and the rule that found it."""
    frame = _with_rules(result.found)
    columns = [
        Column("name", "Where"),
        Column("sign", "What is seen"),
        Column("cause", "Likely cause"),
        Column("next_step", "What to try"),
        Column("answers", "What the other servers answered", lambda text: text or "–"),
        Column("rule", "Rule"),
    ]
    if not frame["answers"].astype(bool).any():
        columns = [column for column in columns if column.name != "answers"]
    notes = [f"{row['name']}: {row['warning']}." for row in frame.to_dict("records") if row["warning"]]
    notes = ("A cause is likely, not proven: change one thing, and let the next mail tell.", *notes)
    frame = frame[[column.name for column in columns]]
    return Table("remedies", "What to try", frame, tuple(columns), notes, "nothing to mend was found.")


def skipped_rules(result: Findings) -> Table:
    """The rules that could not be applied, and why."""
    columns = (
        Column("rule", "Rule", lambda key: f"{RULES[key].sign}, by {RULES[key].unit}"),
        Column("reason", "Why it could not be applied"),
    )
    return Table(
        "rules_skipped",
        "Rules that could not be applied",
        result.skipped,
        columns,
        empty="every rule was applied.",
    )


def rules_table() -> Table:
    """Every rule of the registry: what it looks at, when it speaks, and what that usually means."""
    rows = [
        {"rule": rule.key, "sign": rule.sign, "rate": rule.measure.title, "unit": rule.unit, "when": rule.when}
        | {"cause": rule.cause}
        for rule in RULES.values()
    ]
    columns = (
        Column("rule", "Rule"),
        Column("sign", "Symptom"),
        Column("rate", "Rate"),
        Column("unit", "By"),
        Column("when", "When"),
        Column("cause", "Likely cause"),
    )
    return Table("rules", "What is looked for", pd.DataFrame(rows), columns)


def findings(result: Findings) -> Summary:
    """The worst problems, in one sentence."""
    numbers: dict[str, Any] = {"checked": result.checked, "found": len(result.found)}
    if result.checked == 0:
        return Summary("problems_found", "There is too little mail to look for problems.", numbers)
    if result.found.empty:
        text = f"No problem area: none of {whole(result.checked)} comparisons lies beyond the usual variation."
        return Summary("problems_found", text, numbers, headline=True, weight=50)
    told = [
        f"{named(row['name'])}: {RULES[row['rule']].sign} ({share(row['value'])} "
        f"{AGAINST.get(RULES[row['rule']].kind, 'instead of')} {share(row['expected'])}, {whole(row['mails'])} mails)"
        for row in result.found.head(MOST).to_dict("records")
    ]
    many = "One problem area" if len(result.found) == 1 else f"{whole(len(result.found))} problem areas"
    largest = f", the {len(told)} largest" if len(result.found) > len(told) else ""
    text = f"{many} among {whole(result.checked)} comparisons{largest}: {'; '.join(told)}."
    return Summary("problems_found", text, numbers, headline=True, weight=90)


def cautions(result: Findings) -> Summary:
    """What says how to read the page: rates that must not be used."""
    numbers: dict[str, Any] = {"cautions": len(result.cautions)}
    if result.cautions.empty:
        text = "Machines make so few of the openings that the open rate may be used."
        if "machine_opens" in set(result.skipped["rule"]):
            text = "Whether people or machines opened is not known: the open rate is an upper bound."
        return Summary("problems_cautions", text, numbers)
    told = [
        f"{RULES[row['rule']].sign.capitalize()}: {_rate(row)} of {whole(row['n'])} were made by machines only; "
        f"{RULES[row['rule']].next_step}."
        for row in result.cautions.to_dict("records")
    ]
    return Summary("problems_cautions", " ".join(told), numbers, headline=True, weight=45)


def limits_table(result: Findings) -> Table:
    """Groups against fixed limits: complaints by month against Gmail's."""
    frame = result.limits.assign(title=[RULES[key].measure.title for key in result.limits["rule"]])
    columns = (
        Column("title", "What"),
        Column("name", "Where"),
        Column("value", "Rate", _rate, unit="share", number=True, whole_row=True),
        Column("n", "Of", _of, number=True, whole_row=True),
        Column("verdict", "Verdict"),
    )
    notes = (
        "Gmail asks for less than 0.10 % and never 0.30 % of complaints; it counts mail in the inbox, in Postmaster.",
        "The verdict is the whole interval against the limit; where it straddles it, nothing can be said.",
    )
    return Table("limits", "Against fixed limits", frame, columns, notes, "no complaints are known.")


def frequency_table(result: Frequency) -> Table:
    """Unsubscribes a mail and a person, by mails received."""
    columns = (
        Column("days", "Days up to the mail", whole, unit="days", number=True),
        Column("level", "Mails in them"),
        Column("mails", "Mails", whole, unit="mails", number=True),
        Column("people", "People", whole, unit="people", number=True),
        Column("unsubscribed", "Left", whole, unit="people", number=True),
        Column("value", "Left a mail", _interval, unit="share", number=True, whole_row=True),
        Column("monthly", "Mails a month at this pace", lambda value: f"{value:.1f}", number=True),
        Column("month", "Left a month", share, unit="share", number=True),
        Column("year", "Left a year", share, unit="share", number=True),
    )
    notes = (
        "Targeted, not causal: who gets more mail was chosen. What a pace does is told by one given at random.",
        "A month and a year: one who keeps getting so many mails, each with this chance of leaving.",
    )
    return Table(
        "frequency", "Leaving, by mails received", result.levels, columns, notes, "no event log tells who got how many."
    )


def frequency(result: Frequency) -> Summary:
    """The share that leaves at a mail, and what it comes to in a year."""
    numbers = {"overall": result.overall, "yearly": result.yearly, "monthly": result.monthly}
    if not known(result.overall):
        return Summary("frequency_year", "No event log tells who got how many mails.", numbers)
    text = (
        f"{share(result.overall)} leave at a mail; at {result.monthly:.1f} mails a month that is "
        f"{share(result.yearly)} of the people in a year. Targeted, not causal."
    )
    return Summary("frequency_year", text, numbers)


def not_sent_table(frame: pd.DataFrame) -> Table:
    """Mail that the platform did not send; `frame` is `counts.not_sent(data)`."""
    columns = (
        Column("reason", "Reason, as the platform says it"),
        Column("mails", "Mails", whole, unit="mails", number=True),
        Column("people", "People", whole, unit="people", number=True),
    )
    notes = ("These mails are neither sent nor bounced: no rate has them below the line.",)
    return Table("not_sent", "Never sent", frame, columns, notes, "the log tells of no mail that was held back.")


def _with_rules(found: pd.DataFrame) -> pd.DataFrame:
    own = {name: [getattr(RULES[key], name) for key in found["rule"]] for name in _OF_RULE}
    return found.assign(**own)


_OF_RULE = ("sign", "cause", "next_step", "warning")


def _rate(row: Mapping[Any, Any]) -> str:
    return with_interval(row["value"], row["rate_low"], row["rate_high"])


def _interval(row: Mapping[Any, Any]) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _of(row: Mapping[Any, Any]) -> str:
    return f"{whole(row['numerator'])} of {whole(row['n'])}"


def _size(row: Mapping[Any, Any]) -> str:
    return f"{points(row['size'])} ({span(row['low'], row['high'])})"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"
