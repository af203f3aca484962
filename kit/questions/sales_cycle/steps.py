"""Where on the way to a customer do people fall short, and how long does a step take? (guide 2)

A step's plain rate is of people who were followed for the whole of its days; the lagged one takes in everybody, each
for as long as was followed (1 - Kaplan-Meier). Steps multiply to the whole on one cohort only: those are `passed`.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.counts.scope import count
from kit.judging import PEOPLE
from kit.messages import _, _n, message, message_n
from kit.metrics import Figure
from kit.metrics.figures import KAPLAN_MEIER, WILSON
from kit.questions.sales_cycle import late
from kit.questions.sales_cycle.stages import CUSTOMER, PERSON, as_of
from kit.questions.sales_cycle.ways import DAY, durations, limit, ways
from kit.show import cells
from kit.show.fit import legend_above
from kit.show.formats import commas, decimal, joined, known, listing, share, whole, with_interval
from kit.show.picture import GOOD, INK, OCHRE, PLAIN, QUIET, VIOLET, Picture, drawing, label, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions, survival
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.stats.arrays import Floats
    from kit.stats.survival import Curve
    from kit.store import Data

PATHS = ["group", "passed", "late", "waited", "early", "n"]

RATES = [
    "step", "start", "end", "group", "entered", "open", "n", "passed", "value", "low", "high", "lagged", "lagged_low",
    "lagged_high", "at_risk", "median", "median_low", "median_high", "half", "skipped", "few",
]  # fmt: skip

COLORS = (PLAIN, GOOD, OCHRE, VIOLET, QUIET)
"""Of the steps, in their order."""

_DAYS = message("funnel.days (90) from entering the first of the two stages")

FIGURES = (
    Figure(
        "step_entered", message("Entered"), message("people who entered the first of the two stages"), PERSON,
        "guide 2", ("funnel.entered", "funnel_groups.entered"),
        window=message("the months asked for, by the time of entering"),
        edge=message("people first seen before all stages were recorded are left out and counted separately"),
    ),
    Figure(
        "step_followed", message("Followed"),
        message("of the people who entered, those whose whole time window ended before as_of"), PERSON, "guide 2",
        ("funnel.n", "funnel_groups.n"), window=_DAYS,
    ),
    Figure(
        "step_conversion", message("Conversion of a step, plain"), message("completed in time / followed"), PERSON,
        "guide 2; DEFINITIONS", ("funnel.value", "funnel_groups.value", "funnel.* → *"), window=_DAYS, interval=WILSON,
        edge=message(
            "only people followed for the whole window; a skipped stage is completed with the next one; groups "
            "under 30 people are shown but not judged"
        ),
    ),
    Figure(
        "step_conversion_lagged", message("Conversion of a step, time-lagged"),
        message("1 - S(days) of the time to the next stage"), PERSON, KAPLAN_MEIER,
        ("funnel.lagged", "funnel_groups.lagged"), window=_DAYS,
        interval=message("95 %: Greenwood's variance as an effective number of people (Rothman 1978)"),
        edge=message("of all who entered, each for the time observed; NaN where nobody was observed for so long"),
    ),
    Figure(
        "step_median", message("Median time between stages"),
        message("days until half of all who entered have completed the step"), PERSON, KAPLAN_MEIER,
        ("funnel.median", "funnel_groups.median"),
        window=message("from entering to the next stage, or to as_of"),
        interval=message("95 %: Brookmeyer & Crowley (1982), doi:10.2307/2530286"),
        edge=message("“not reached” if fewer than half have completed it"),
    ),
    Figure(
        "step_half", message("Half of these within"), message("median days of the people who completed it in time"),
        PERSON,
        "guide 2", ("funnel.half",), window=_DAYS,
        edge=message("only the fast ones: shorter than the median of all"),
    ),
    Figure(
        "step_skipped", message("Skipped"),
        message("people first seen in the later stage, who completed the first together with it"), PERSON,
        "guide 2; DEFINITIONS", ("funnel.skipped",),
    ),
    Figure(
        "stage_reached", message("Of those who began"),
        message("people who got this far, step by step / people who began"),
        message("a person observed for the days of every step"), "guide 2; DEFINITIONS",
        ("passed.n", "passed.value"), window=message("funnel.days for each step"), interval=WILSON,
        edge=message("for these people the rates of the steps multiply to the whole"),
    ),
    Figure(
        "steps_early", message("Left out: first seen too early"),
        message("people first seen before all stages were recorded"), PERSON, "guide 2", ("funnel.early",),
    ),
)  # fmt: skip


def follow(data: Data, *, days: int | None = None) -> Steps:
    """How many people pass each step of the way to a customer, and how long it takes them.

    Args:
        data: what `kit.open` returned; a period keeps those who began a step in it.
        days: a step counts within so many days; None: the setting `funnel.days`.

    Raises:
        UsageError: fewer than two stages, or one that is no stage and no action of the data; days below 1.

    Source: guide 2; Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452; Wilson (1927),
    doi:10.1080/01621459.1927.10502953.
    """
    return judge(durations(data, days=days), paths(data, days=days), days=limit(data, days))


@count("contacts", "conversions", unfiltered=scope.NO_CAMPAIGN)
def paths(data: Data, stages: Sequence[str] = (), *, days: int | None = None) -> pd.DataFrame:
    """The same people through all stages: how many steps each took, one after the other, each within `days`.

    Args:
        data: what `kit.open` returned; a period keeps those who entered the first stage in it.
        stages: their names in order; none: the setting `funnel.stages`.
        days: for a step; None: the setting `funnel.days`.

    Returns:
        A row a number of steps: group ["all"], passed [steps], late [bool: passed the next one, too late], waited
        [whole days in the stage so far; NULL: passed the next, or all], early [bool: first seen before all stages were
        recorded], n [people followed for as many days as all steps may take].
    """
    allowed = limit(data, days) * DAY
    names, people_on_way = ways(data, stages)
    if people_on_way is None:
        return pd.DataFrame(columns=PATHS)
    last = len(names) - 1
    begun = people_on_way.in_0
    followed = as_of(data).epoch_seconds() - begun.epoch_seconds()
    people = people_on_way.filter(begun.notnull() & (followed >= allowed * last) & scope.within(data, begun))
    people = people.mutate(on_0=ibis.literal(value=True))
    for place in range(1, last + 1):
        took = col[f"in_{place}"].epoch_seconds() - col[f"in_{place - 1}"].epoch_seconds()
        people = people.mutate(**{f"on_{place}": col[f"on_{place - 1}"] & (took <= allowed).fill_null(NO)})
    people = people.mutate(passed=sum(col[f"on_{place}"].cast("int64") for place in range(1, last + 1)))
    came, since = ibis.null("boolean"), ibis.null("timestamp")
    for place in range(last):
        came = ibis.ifelse(col.passed == place, col[f"in_{place + 1}"].notnull(), came)
        since = ibis.ifelse(col.passed == place, col[f"in_{place}"], since)
    people = people.mutate(late=came.fill_null(NO), since=since)
    waited = (as_of(data).epoch_seconds() - people.since.epoch_seconds()) // DAY
    people = people.mutate(waited=ibis.ifelse(people.late, ibis.null("int64"), waited).cast("int64"))
    keys = ["group", "passed", "late", "waited", "early"]
    return people.group_by(keys).agg(n=col.count()).order_by(keys).to_pandas()[PATHS]


def judge(counts: pd.DataFrame, passed: pd.DataFrame | None = None, *, days: int) -> Steps:
    """Conversion of each step and of the whole.

    Args:
        counts: what `ways.durations` returned for all people together.
        passed: what `paths` returned for the same days; None: not asked.
        days: as for both.
    """
    early = counts["early"].astype(bool)
    left_out = counts[early & (counts["start"] == _first(counts))].groupby("step")["n"].sum()
    curves = {str(step): _curve(people) for step, people in counts[~early].groupby("step", sort=False)}
    same = _passed(passed, counts)
    missed = pd.DataFrame(columns=PATHS) if passed is None else passed[~passed["early"].astype(bool)]
    ways_between = counts[["step", "start", "end"]].drop_duplicates()
    return Steps(
        days=days,
        rates=rates(counts, days=days),
        passed=same,
        late=pd.DataFrame(columns=late.COLUMNS) if same.empty else late.judge(missed, curves, ways_between),
        curves=curves,
        early=int(left_out.max()) if len(left_out) else 0,
    )


def rates(counts: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """Conversion of each step and group, without people who were first seen before all stages were recorded.

    Args:
        counts: what `ways.durations` returned.
        days: a step counts within so many days.

    Returns:
        A row a step and group: step, start, end, group, entered [people], open [of them neither there yet nor followed
        for the days], n [mature], passed [of n, within the days], value, low, high [passed / n], lagged, lagged_low,
        lagged_high [1 - Kaplan-Meier at the days; NaN: nobody was followed so long], at_risk [people at the days],
        median, median_low, median_high [days until half have passed, by Kaplan-Meier; NaN: not reached], half [days
        within which half of those who passed did], skipped [people], few [bool: too few to be judged].
    """
    groups = counts[~counts["early"].astype(bool)].groupby(["step", "group"], sort=False)
    rows = [_step(people, days) | {"group": group} for (_step_name, group), people in groups]
    frame = pd.DataFrame(rows, columns=RATES).sort_values("group", kind="stable")
    order = {step: place for place, step in enumerate(dict.fromkeys(counts["step"]))}
    return frame.sort_values("step", key=lambda names: names.map(order), kind="stable", ignore_index=True)


@result
class Steps(Result):
    """The way to a customer, step by step.

    Attributes:
        days: a step counts within so many days.
        rates: a row a step, as `rates` returns them, of all people together.
        passed: a row a stage: group ["all"], stage, n [people who came so far, one step after the other], began [who
            began], value, low, high [n / began; the first stage is certain and has no interval]: the same people.
        late: what became of those of them who were not in time, as `late.judge` returns it.
        curves: step -> the share still before its end, by days.
        early: people left out of all this, as they were first seen before all stages were recorded.
    """

    days: int
    rates: pd.DataFrame
    passed: pd.DataFrame
    late: pd.DataFrame
    curves: dict[str, Curve]
    early: int

    def summary(self) -> Summary:
        """How many pass each step, and what became of those whom the worst one kept."""
        rows = self.rates.to_dict("records")
        numbers: dict[str, Any] = {str(row["step"]): row["value"] for row in rows} | {"early": self.early}
        if not any(row["n"] for row in rows):
            return Summary("funnel", _("Conversion cannot be calculated yet: {why}.", why=self._why_none()), numbers)
        clauses = [
            _n(
                "{rate} of {n} person completed “{step}”", "{rate} of {n} people completed “{step}”", row["n"],
                rate=cells.rate(row), n=whole(row["n"]), step=row["step"],
            )
            for row in rows
            if row["n"]
        ]  # fmt: skip
        sentences = [within(self.days, clauses)]
        if len(self.late) and self.late["missed"].any():
            most = self.late.to_dict("records")[self.late["missed"].to_numpy().argmax()]
            sentences.append(str(late.sentence(most, int(self.passed["n"].iloc[0]), self.days)))
            numbers |= {
                "stage": most["stage"],
                "missed": most["missed"],
                "came": most["came"],
                "to_come": most["value"],
            }
        sentences += goal(self.rates)
        return Summary("funnel", " ".join(map(str, sentences)), numbers, headline=True, weight=45)

    def table(self) -> Table:
        """Each step and the whole, of all people together."""
        columns = (
            Column("step", message("Step")),
            *columns_of_rates(self.days),
            Column("half", message("Half of these within"), _days, unit="days", number=True),
            Column("skipped", message("Skipped"), whole, unit="people", number=True),
        )
        notes = [
            message_n(
                "Followed: people observed for {n} day. In time: those of them who were in the next stage by then.",
                "Followed: people observed for {n} days. In time: those of them who were in the next stage by then.",
                self.days,
            ),
            *notes_of_rates(self.days),
            message(
                "Half of these: of the people who completed the step in time. Skipped: first seen in the later "
                "stage, so the first counts as completed with it."
            ),
            message("People who come back count by their first time."),
        ]
        if self.early:
            notes.append(
                message_n(
                    "{n} person is left out: they were first seen before all stages were recorded, so their "
                    "beginning is not known.",
                    "{n} people are left out: they were first seen before all stages were recorded, so their "
                    "beginning is not known.",
                    self.early,
                )
            )
        notes += goal(self.rates)
        title, empty = message("Conversion step by step"), message("nobody has entered these stages.")
        return Table("funnel", title, self.rates, columns, tuple(notes), empty)

    def passed_table(self) -> Table:
        """The same people through all stages."""
        columns = (
            Column("stage", message("Stage")),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", message("Of those who began"), _of_all, unit="share", number=True, whole_row=True),
        )
        note = message_n(
            "Only people observed for {n} day at every step. For them the rates of the steps multiply to the whole.",
            "Only people observed for {n} days at every step. For them the rates of the steps multiply to the whole.",
            self.days,
        )
        title, empty = message("The same people through all stages"), message("nobody was observed for long enough.")
        return Table("passed", title, self.passed, columns, (note,), empty)

    def late_table(self) -> Table:
        """Those of them who were not in time."""
        return late.table(self.late)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The same people from stage to stage, with the interval of the share that came so far."""
        title = _("The same people through all stages")
        rows = self.passed.to_dict("records")
        if not rows:
            return nothing("funnel", title, message("nobody was observed for long enough"))
        with drawing(0.9 + 0.5 * len(rows), ax) as axes:
            for place, row in enumerate(rows):
                axes.barh(-place, row["value"], height=0.62, color=PLAIN if place else QUIET, alpha=0.85)
                if place:
                    axes.plot([row["low"], row["high"]], [-place, -place], color=INK, linewidth=1.6)
                people = _n("{n} person", "{n} people", row["n"], n=whole(row["n"]))
                axes.text(
                    max(row["value"], row["high"] if place else 0) + 0.015,
                    -place,
                    f"{share(row['value'])}, {whole(row['n'])}" if place else people,
                    va="center",
                )
            axes.set_yticks([-place for place in range(len(rows))], [label(row["stage"]) for row in rows])
            axes.set_xlim(0, 1.22)
            axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
            axes.xaxis.set_major_formatter(lambda value, _position: share(value, 0))
            axes.set_xlabel(
                _n(
                    "of those who began, each step within {n} day, 95 % interval",
                    "of those who began, each step within {n} days, 95 % interval",
                    self.days,
                )
            )
            axes.grid(visible=False, axis="y")
            stages = commas([f"{row['stage']} {whole(row['n'])} ({share(row['value'])})" for row in rows])
            return picture(axes, name="funnel", title=title, alt=_("People by stage: {stages}.", stages=stages))

    def lags_plot(self, ax: Axes | None = None) -> Picture:
        """By days, the share of all who entered a step that has passed it, with its band (1 - Kaplan-Meier)."""
        title = _("How long does a step take?")
        curves = [(step, curve) for step, curve in self.curves.items() if curve.n]
        if not curves:
            return nothing("lags", title, message("nobody has entered these stages"))
        with drawing(3.4, ax) as axes:
            clauses = []
            for (step, curve), color in zip(curves, COLORS, strict=False):
                within_days = curve.times <= self.days
                end = min(float(self.days), curve.end)
                times = np.concatenate([[0.0], curve.times[within_days], [end]])
                value, low, high = (_risen(values, within_days) for values in (curve.value, curve.low, curve.high))
                axes.fill_between(times, high, low, step="post", color=color, alpha=0.18, linewidth=0)
                axes.step(
                    times, value, where="post", color=color, linewidth=2, label=f"{label(step)} ({whole(curve.n)})"
                )
                reached = share(1 - curve.at(end)[0])
                clauses.append(_("{step} {share} by day {n}", step=step, share=reached, n=decimal(times[-1], 0)))
            axes.set_xlim(0, self.days)
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter(lambda value, _position: share(value, 0))
            axes.set_xlabel(_("days since entering the step's first stage"))
            axes.set_ylabel(_("completed, of all who entered"))
            axes.grid(visible=False, axis="x")
            legend_above(axes)
            alt = _("{title}: {values}.", title=title, values=joined(clauses))
            return picture(axes, name="lags", title=title, alt=alt)

    def _why_none(self) -> Message:
        if len(self.rates):
            return message_n(
                "nobody first seen after all stages were recorded has been observed for {n} day",
                "nobody first seen after all stages were recorded has been observed for {n} days",
                self.days,
            )
        if self.early:
            return message_n(
                "all {n} person was first seen before all stages were recorded",
                "all {n} people were first seen before all stages were recorded",
                self.early,
            )
        return message("fewer than two stages are recorded, or nobody has entered them")


def within(days: int, clauses: Sequence[str]) -> str:
    """What happened within so many days, as a sentence of these clauses."""
    return _n("Within {n} day, {clauses}.", "Within {n} days, {clauses}.", days, clauses=commas(clauses))


def columns_of_rates(days: int) -> tuple[Column, ...]:
    """The rates of a step, plain and lagged, each with its people."""
    return (
        Column("n", message("Followed"), whole, unit="people", number=True),
        Column("value", message("In time ({n} d)", n=days), cells.rate, unit="share", number=True, whole_row=True),
        Column("entered", message("Entered"), whole, unit="people", number=True),
        Column("lagged", message("By day {n}", n=days), _lagged, unit="share", number=True, whole_row=True),
        Column("median", message("Median"), _median, unit="days", number=True, whole_row=True),
    )


def notes_of_rates(days: int) -> tuple[Message, ...]:
    """What the columns of rates mean."""
    return (
        message("By day {n}, and the median: of all who entered, each for the time observed (Kaplan-Meier).", n=days),
        message("The brackets are 95 % intervals."),
    )


def goal(steps: pd.DataFrame) -> list[Message]:
    """That the stages before the sale are no profit, where the steps have any."""
    goals = [f"“{end}”" for end in dict.fromkeys(steps["end"]) if end != CUSTOMER]
    if not goals:
        return []
    return [message("Reaching {stages} is a goal, but not yet a sale or profit.", stages=listing(goals))]


def _first(counts: pd.DataFrame) -> str:
    return "" if counts.empty else str(counts["start"].iloc[0])


def _curve(people: pd.DataFrame) -> Curve:
    return survival.kaplan_meier(people["days"], people["reached"], people["n"])


def _step(people: pd.DataFrame, days: int) -> dict[str, object]:
    """One step of one group."""
    curve = _curve(people)
    reached, mature = people["reached"].astype(bool), people["mature"].astype(bool)
    in_time = people[reached & mature & (people["days"] <= days)]
    n, passed = int(people.loc[mature, "n"].sum()), int(in_time["n"].sum())
    low, high = proportions.proportion_interval(passed, n)
    remaining, least, most = curve.at(days)
    beyond = curve.times >= days
    return {
        "step": people["step"].iloc[0],
        "start": people["start"].iloc[0],
        "end": people["end"].iloc[0],
        "entered": int(people["n"].sum()),
        "open": int(people.loc[~mature & ~reached, "n"].sum()),
        "n": n,
        "passed": passed,
        "value": passed / n if n else nan,
        "low": float(low),
        "high": float(high),
        "lagged": 1 - remaining,
        "lagged_low": 1 - most,
        "lagged_high": 1 - least,
        "at_risk": int(curve.at_risk[beyond.argmax()]) if beyond.any() else 0,
        "median": _or_nan(curve.reaches(0.5)),
        "median_low": _when(curve, curve.low),
        "median_high": _when(curve, curve.high),
        "half": _half(in_time),
        "skipped": int(people.loc[people["skipped"].astype(bool), "n"].sum()),
        "few": n < PEOPLE,
    }


def _half(in_time: pd.DataFrame) -> float:
    """Days within which half of them passed: the first day that holds them."""
    if in_time.empty:
        return nan
    times = in_time.sort_values("days")
    sums = times["n"].cumsum()
    return float(times.loc[sums >= sums.iloc[-1] / 2, "days"].iloc[0])


def _when(curve: Curve, bound: Floats) -> float:
    """When one bound of the curve falls to a half (Brookmeyer & Crowley 1982, doi:10.2307/2530286)."""
    below = bound <= 0.5
    return float(curve.times[below.argmax()]) if below.any() else nan


def _or_nan(value: float | None) -> float:
    return nan if value is None else value


def _passed(counts: pd.DataFrame | None, steps: pd.DataFrame) -> pd.DataFrame:
    """How many of the same people came to each stage."""
    columns = ["group", "stage", "n", "began", "value", "low", "high"]
    people = pd.DataFrame(columns=PATHS) if counts is None else counts[~counts["early"].astype(bool)]
    if people.empty or steps.empty:
        return pd.DataFrame(columns=columns)
    began = int(people["n"].sum())
    rows = []
    for place, stage in enumerate([_first(steps), *dict.fromkeys(steps["end"])]):
        n = int(people.loc[people["passed"] >= place, "n"].sum())
        low, high = proportions.proportion_interval(n, began) if place else (nan, nan)
        rows.append((people["group"].iloc[0], stage, n, began, n / began, float(low), float(high)))
    return pd.DataFrame(rows, columns=columns)


def _risen(values: Floats, within_days: Any) -> Any:
    """A falling share of those before the step's end as the rising one of those who passed, from 0 to the last day."""
    passed = 1 - values[within_days]
    return np.concatenate([[0.0], passed, passed[-1:]]) if within_days.any() else [0.0] * 2


def _days(value: Any) -> str:
    """A time in days, or that it was not reached."""
    return _n("{n} day", "{n} days", value, n=decimal(value, 0)) if known(value) else _("not reached")


def _of_all(row: Any) -> str:
    return cells.rate(row) if known(row["low"]) else share(row["value"])


def _lagged(row: Any) -> str:
    if not known(row["lagged"]):
        return _("not observed for so long")
    return with_interval(row["lagged"], row["lagged_low"], row["lagged_high"])


def _median(row: Any) -> str:
    if not known(row["median"]):
        return _("not reached")
    least, most = (decimal(row[end], 0) if known(row[end]) else "…" for end in ("median_low", "median_high"))
    return f"{_days(row['median'])} ({least}–{most})"
