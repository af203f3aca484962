"""Words of people and machines: openings between their bounds, clicks at three strengths, what rules found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import opens
from kit.show.formats import known, month, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from kit.opens import Opens

_TITLES = {"month": "Month", "campaign_name": "Campaign", "list_name": "List", "subject": "Subject"}
_WHY_NONE = {
    "no machine information": "the export does not tell machines from people",
    "machine information for a part": "machines are told from people for a part of the mail only",
    "too few trackable": "too few people are trackable",
    "outside the bounds": "it would lie outside the bounds, so what it takes for granted is wrong",
}
_STRENGTHS = {
    "raw": "Click rate (raw)",
    "strict": "… without what a strict rule names",
    "strictest": "… without what any rule doubts",
}


def openers_table(result: Opens) -> Table:
    """What the platform counts, the bounds of what people opened, and the estimate with its interval."""
    columns = (
        *(_group(name) for name in result.by),
        Column("delivered", "Mails delivered", whole, unit="mails", number=True),
        Column("raw", "The platform counts", _interval("raw"), unit="share", number=True, whole_row=True),
        Column("bound_low", "Opened by people: between", _bounds, unit="share", number=True, whole_row=True),
        Column("estimate", "Estimate", _estimate, unit="share", number=True, whole_row=True),
        Column("trackable", "Trackable", lambda value: share(value, 0), unit="share", number=True),
        Column("prefetching", "Prefetching", lambda value: share(value, 0), unit="share", number=True),
        Column("unknown", "Unknown", lambda value: share(value, 0), unit="share", number=True),
    )
    bases = set(result.rates["basis"])
    notes = [
        "Between: mails that surely a person opened or clicked, up to all openings; each end with its sampling error."
    ]
    if opens.BASES[0] in bases:
        notes.append(f"Estimate: from trackable people alone; it takes for granted that {result.assumption}.")
    notes.append(
        "Trackable, prefetching, unknown: mail to people whose program was seen, in their other mails, to load "
        "pictures only when they read, to load them by itself, or too seldom to tell."
    )
    if bases & set(opens.BASES[1:3]):
        notes.append(
            "Where machines are not told apart the lower end is all who clicked; clicks of scanners may be among them."
        )
    return Table("openers", "How much mail people opened", result.rates, columns, tuple(notes), "No mail.")


def openers(result: Opens) -> Summary:
    """The bounds, what the platform counts, and the estimate: of the last month, or of the largest group."""
    rates = result.rates[result.rates["raw"].notna()]
    if rates.empty:
        return Summary("openers", "How much mail people opened is not known: no openings are counted.")
    rows = rates.to_dict("records")
    row = rows[-1] if "month" in result.by else max(rows, key=lambda one: one["delivered"])
    names = [month(row[name]) if name == "month" else str(row[name]) for name in result.by]
    where = f"{', '.join(names)}: between" if names else "Between"
    ends = f"{share(row['bound_low'], 0).rstrip('%')} and {share(row['bound_high'], 0)}"
    text = f"{where} {ends} of delivered mail was opened by people; {share(row['raw'], 0)} is what the platform counts"
    if known(row["estimate"]):
        text += (
            ", machines among them. The estimate is "
            f"{with_interval(row['estimate'], *_ends(row, 'estimate'))}, from the {share(row['trackable'], 0)} of the "
            f"mail that went to trackable people, if {result.assumption}."
        )
    else:
        text += f". There is no estimate: {_WHY_NONE[row['basis']]}."
    numbers = {name: row[name] for name in ("raw", "bound_low", "bound_high", "estimate", "trackable")}
    return Summary("openers", text, numbers, headline=True, weight=60)


def clicks_table(result: Opens) -> Table:
    """Click rates at three strengths: how much depends on what is taken for a scanner."""
    clicks = result.clicks
    frame = clicks.loc[clicks["strength"] == "raw", [*result.by, "n"]].reset_index(drop=True)
    for strength in _STRENGTHS:
        own = clicks[clicks["strength"] == strength].reset_index(drop=True)
        frame = frame.assign(**{strength: own["value"], f"{strength}_low": own["low"], f"{strength}_high": own["high"]})
    columns = (
        *(_group(name) for name in result.by),
        Column("n", "Mails delivered", whole, unit="mails", number=True),
        *(
            Column(strength, title, _interval(strength), unit="share", number=True, whole_row=True)
            for strength, title in _STRENGTHS.items()
        ),
    )
    notes = (
        "A person whose mail a scanner clicked stays a clicker if a later, ordinary click is there.",
        "“–”: known only from an event log, which tells each click's time and program.",
    )
    return Table("clicks_of_people", "Clicks, and clicks of people", frame, columns, notes, "No mail.")


def verdicts_table(verdicts: pd.DataFrame) -> Table:
    """How many mails each rule named; `verdicts` is `counts.machine_rules(data)`."""
    columns = (
        Column("what", "Event"),
        Column("rule", "Rule"),
        Column("strength", "Verdict"),
        Column("meaning", "What it says"),
        Column("messages", "Mails", whole, unit="mails", number=True),
    )
    notes = (
        "No event is deleted: a verdict stands beside it. A mail that several rules name is counted in each.",
        "Suspect openings are no proof of a reader, and none of a machine: the lower bound leaves them out.",
    )
    return Table("verdicts", "What the rules for machines found", verdicts, columns, notes, "No event log was read.")


def _group(name: str) -> Column:
    return Column(name, _TITLES.get(name, name.replace("_", " ").capitalize()), month if name == "month" else str)


def _interval(name: str) -> Any:
    return lambda row: with_interval(row[name], *_ends(row, name))


def _ends(row: Mapping[Any, Any], name: str) -> tuple[Any, Any]:
    return row[f"{name}_low"], row[f"{name}_high"]


def _bounds(row: Mapping[Any, Any]) -> str:
    if not known(row["bound_high"]):
        return "–"
    low = share(row["bound_low"]).rstrip("%") if known(row["bound_low"]) else "0"
    return f"{low}–{share(row['bound_high'])}"


def _estimate(row: Mapping[Any, Any]) -> str:
    return (
        with_interval(row["estimate"], *_ends(row, "estimate")) if known(row["estimate"]) else _WHY_NONE[row["basis"]]
    )
