"""Words of the sales cycle: where people are lost, and how long a step takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.counts.stages import FIRST_MAIL
from kit.judging import ALPHA
from kit.show.formats import known, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.funnel import Funnel

SOLD = "customer"
"""The stage that is a sale; every other one is a goal on the way to it."""

_TRAITS = {"opt_in_source": "where people joined", "mail": "the last mail before the step"}
"""What people are told apart by, where its name is no word."""

_CAUSAL = (
    "Who gets a sequence is decided by what they did before, so that its people differ from the others in more than "
    "the sequence: these rates describe and are no effect. An effect shows where chance decides who enters it."
)


def stages_table(sources: pd.DataFrame) -> Table:
    """What each stage is read from."""
    columns = (
        Column("stage", "Stage"),
        Column("what", "Read from"),
        Column("begins", "Recorded since", lambda value: pd.Timestamp(value).strftime("%Y-%m-%d")),
        Column("people", "People", whole, unit="people", number=True),
    )
    untold = sources.loc[sources["people"] == 0, "stage"].tolist()
    notes = ["A person enters a stage once, at the first moment that any of these tells."]
    if untold:
        notes.append(f"Nothing tells of {', '.join(untold)}: left out, and not shown as 0.")
    if (sources["what"] == FIRST_MAIL).any():
        notes.append("Who has no joining date and was on the list before the log began seems new with the first mail.")
    return Table("stages", "What the stages are read from", sources, columns, tuple(notes), "no stage is known.")


def funnel_table(result: Funnel) -> Table:
    """Each step and the whole, of all people together."""
    columns = (
        Column("step", "Step"),
        *_columns(result),
        Column("half", "Half of these by", days, unit="days", number=True),
        Column("skipped", "Skipped", whole, unit="people", number=True),
    )
    notes = [
        f"Followed: for {result.days} days. In time: those of them who were in the next stage by then.",
        *_notes(result),
        "Half of these: of those who passed in time. Skipped: first seen in the later stage, passed the first with it.",
        "Who comes back counts by the first time.",
    ]
    if result.early:
        notes.append(
            f"{whole(result.early)} people are left out: they were first seen before all stages were recorded, so "
            "that their beginning is not known."
        )
    notes += filter(None, [_goal(result)])
    return Table("funnel", "Conversion step by step", result.steps, columns, tuple(notes), "nobody is on the way.")


def passed_table(result: Funnel) -> Table:
    """The same people through all stages."""
    columns = (
        *((Column("group", "Group"),) if len(set(result.passed["group"])) > 1 else ()),
        Column("stage", "Stage"),
        Column("n", "People", whole, unit="people", number=True),
        Column("value", "Of those who began", _of_all, unit="share", number=True, whole_row=True),
    )
    notes = (f"Only people followed for {result.days} days for every step: on them the steps multiply to the whole.",)
    return Table(
        "passed", "The same people through all stages", result.passed, columns, notes,
        "nobody was followed for long enough.",
    )  # fmt: skip


def funnel_groups_table(result: Funnel, title: str = "Conversion by group", *, group: str = "Group") -> Table:
    """Each step of each group, whose column is called `group`; those with few people are marked."""
    columns = (
        Column("step", "Step"),
        Column("group", group),
        *_columns(result),
        Column("few", "Note", lambda few: "too few" if few else ""),
    )
    notes = (*_notes(result), *filter(None, [_goal(result)]))
    return Table("funnel_groups", title, result.steps, columns, notes, "no group is known.")


def funnel(result: Funnel) -> Summary:
    """How many pass each step, and where most of the same people are lost."""
    steps = result.steps.to_dict("records")
    numbers: dict[str, Any] = {str(row["step"]): row["value"] for row in steps} | {"early": result.early}
    if not any(row["n"] for row in steps):
        why = f"nobody was first seen since all stages are recorded and followed for {result.days} days"
        if not steps and result.early:
            why = f"all {whole(result.early)} people were first seen before all stages were recorded"
        elif not steps:
            why = "fewer than two stages are recorded, or nobody is on the way"
        return Summary("funnel", f"No conversion can be told yet: {why}.", numbers)
    told = [
        f"{with_interval(row['value'], row['low'], row['high'])} of {whole(row['n'])} people passed “{row['step']}”"
        for row in steps
        if row["n"]
    ]
    text = f"Within {result.days} days {', '.join(told)}."
    lost = _lost(result)
    if lost:
        before, count, of = lost
        text += f" Of {whole(of)} people followed all the way most, {whole(count)}, are lost before “{before}”."
        numbers |= {"lost_before": before, "lost": count}
    return Summary("funnel", f"{text} {_goal(result)}".rstrip(), numbers, headline=True, weight=45)


def funnel_groups(result: Funnel, what: str = "group") -> Summary:
    """In which steps the groups differ beyond chance; `what` is what tells them apart, as `counts.stages` calls it."""
    what = _TRAITS.get(what, what)
    judged = result.differ[result.differ["p"].notna()]
    found = judged[judged["p"] < ALPHA]
    numbers: dict[str, Any] = {"judged": len(judged), "found": len(found)}
    if judged.empty:
        return Summary("funnel_groups", f"No step has two groups by {what} that are large enough to compare.", numbers)
    if found.empty:
        text = f"By {what} no step is passed differently beyond chance; {whole(len(judged))} steps were compared."
        return Summary("funnel_groups", text, numbers, headline=True, weight=15)
    told = []
    for step in found["step"]:
        own = result.steps[(result.steps["step"] == step) & ~result.steps["few"].astype(bool)].sort_values("lagged")
        least, most = own.iloc[0], own.iloc[-1]
        told.append(
            f"“{step}” is passed by {share(most['lagged'])} of “{most['group']}” and {share(least['lagged'])} of "
            f"“{least['group']}”"
        )
    text = f"By {what}: {'; '.join(told)}. That is beyond chance; who is in which group was not drawn by chance."
    return Summary("funnel_groups", text, numbers, headline=True, weight=40)


def sequences(result: Funnel) -> Summary:
    """How fast the people of each automation go on, and that this is no effect of it."""
    large = result.steps[~result.steps["few"].astype(bool)]
    numbers: dict[str, Any] = {"sequences": int(large["group"].nunique())}
    if large.empty:
        return Summary("sequences", "No automation wrote to enough people on their way to tell anything.", numbers)
    told = [
        f"after “{row['group']}” {share(row['lagged'])} of {whole(row['entered'])} people passed “{row['step']}”"
        for row in large.sort_values("entered", ascending=False).head(3).to_dict("records")
    ]
    text = f"Within {result.days} days {', '.join(told)}. {_CAUSAL}"
    return Summary("sequences", text, numbers)


def days(value: Any) -> str:
    """A time in days, or that it was not reached."""
    return f"{value:.0f} days" if known(value) else "not reached"


def _columns(result: Funnel) -> tuple[Column, ...]:
    """The rates of a step, plain and lagged, each with its people."""
    return (
        Column("n", "Followed", whole, unit="people", number=True),
        Column("value", f"In time ({result.days} d)", _plain, unit="share", number=True, whole_row=True),
        Column("entered", "Entered", whole, unit="people", number=True),
        Column("lagged", f"By day {result.days}", _lagged, unit="share", number=True, whole_row=True),
        Column("median", "Median", _median, unit="days", number=True, whole_row=True),
    )


def _goal(result: Funnel) -> str:
    goals = " and ".join(f"“{end}”" for end in dict.fromkeys(result.steps["end"]) if end != SOLD)
    return f"Coming to {goals} is a goal and no sale: it is not profit." if goals else ""


def _notes(result: Funnel) -> tuple[str, ...]:
    return (
        f"By day {result.days}, and the median: of all who entered, each for as long as was followed (Kaplan-Meier).",
        "The brackets are 95 % intervals.",
    )


def _lost(result: Funnel) -> tuple[str, int, int] | None:
    """Before which stage most of the same people are lost, how many, of how many; None where nobody was followed."""
    own = result.passed[result.passed["group"] == "all"].reset_index(drop=True)
    if len(own) < 2 or not own["numerator"].iloc[0]:
        return None
    people = own["n"].tolist()
    lost, place = max((people[n - 1] - people[n], -n) for n in range(1, len(people)))
    return str(own["stage"][-place]), int(lost), int(people[0])


def _plain(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _of_all(row: Any) -> str:
    return _plain(row) if known(row["low"]) else share(row["value"])


def _lagged(row: Any) -> str:
    if not known(row["lagged"]):
        return "not followed so long"
    return with_interval(row["lagged"], row["lagged_low"], row["lagged_high"])


def _median(row: Any) -> str:
    if not known(row["median"]):
        return "not reached"
    least, most = (f"{row[end]:.0f}" if known(row[end]) else "…" for end in ("median_low", "median_high"))
    return f"{days(row['median'])} ({least}–{most})"
