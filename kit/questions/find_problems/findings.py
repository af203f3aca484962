"""What lies beyond the usual, can openings be relied on, do people complain? (guide 1, step 4)

The rules are data (`rules`), each kind of reference is one function (`references`); here they meet the counts. The
comparisons of all rules are one family: whatever is wrong in the mail, the chance that the page names anything
that is not wrong is held to 5 % (Holm). The false share among the named, as Benjamini and Hochberg hold it, would
let one page in six with real faults name a false one too. Mail that lies far out without a fault may be
ordinary: the groups of a rule vary by a normal law or with tails as heavy as Student's with three degrees of freedom,
whichever they show. What is furthest out and may be ordinary stands apart, as an extreme.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from kit.judging import ALPHA
from kit.messages import _, _n, message, message_n
from kit.metrics.figures import WILSON, Figure
from kit.questions.find_problems import groups, references
from kit.questions.find_problems.references import RAW
from kit.questions.find_problems.rules import RULES, UNITS
from kit.show import cells
from kit.show.axes import MOST, percent
from kit.show.formats import decimal, joined, month, named, points, share, span, whole, with_interval
from kit.show.picture import BAD, GOOD, INK, QUIET, Picture, drawing, label, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.svg import hover
from kit.show.table import Column, Table
from kit.stats import multiplicity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.metrics import Kpi
    from kit.store import Data

SMALLEST = 0.1
"""A finding is named from a tenth of the usual rate on; smaller ones are real perhaps, but no problem."""

ANSWERS = 2
"""Answers of servers that stand beside a finding."""

LARGEST = 2
"""Findings that the sentence names; the table has all."""

LEAST_TIMES = 0.02
"""What is drawn for a rate of zero, which a logarithmic axis does not have."""

_NOTHING = pd.DataFrame(columns=references.COLUMNS)
_COLUMNS = ["rule", "unit", "name", "mails", "kpi", *references.COLUMNS[2:-1], "excess", "p", "answers", *RAW]
_EXTREMES = [*_COLUMNS[:10], "expected", "usual_low", "usual_high", "p", *RAW]
_LIMITS = ["rule", "name", "numerator", "n", "value", "rate_low", "rate_high", "verdict"]


def find(data: Data) -> Findings:
    """Apply every rule to the mail of the question, with the whole history as the yardstick.

    Args:
        data: what `kit.open` returned.

    Source: guide 1, step 4; Holm (1979), jstor.org/stable/4615733, over all comparisons of all rules.
    """
    return judge(groups.by_unit(data))


def judge(counts: Mapping[str, pd.DataFrame]) -> Findings:
    """The judgement of `find`.

    Args:
        counts: what `groups.by_unit` returned: for each key of UNITS the counts of its groups, with `asked` where only
            some of them are the question's; a missing key is a rule that cannot be applied.

    Returns:
        The findings, how many comparisons were made, and which rules could not be applied.
    """
    judged, skipped = [], []
    for rule in RULES.values():
        of_unit = counts.get(rule.unit, _NOTHING)
        parts = [] if of_unit.empty else list(references.parts(rule, of_unit))
        rows = [references.JUDGES[part.reference](part, mail).assign(kpi=part.rate) for part, mail in parts]
        rows = [part for part in rows if part["p"].notna().any()]
        judged += [part.assign(rule=rule.key, unit=rule.unit) for part in rows]
        if not rows:
            skipped.append({"rule": rule.key, "reason": references.why_not(parts[0][0] if parts else rule, of_unit)})
    not_applied = pd.DataFrame(skipped, columns=["rule", "reason"])
    if not judged:
        empty = pd.DataFrame(columns=_COLUMNS)
        extremes = pd.DataFrame(columns=_EXTREMES)
        return Findings(empty, extremes, empty, pd.DataFrame(columns=_LIMITS), 0, not_applied, 0)
    page = pd.concat(judged, ignore_index=True).assign(excess=lambda rows: rows["size"] * rows["n"])
    page = page.reindex(columns=page.columns.union(_EXTREMES, sort=False))
    page["answers"] = _answers(page, counts.get("answers"))
    bad = (page["size"] < 0) == (page["rule"].map(lambda key: RULES[key].kpi.better) == "higher")
    # Only the bad side is ever named, so each test has one side; against a limit it has from the beginning.
    one_sided = page["rule"].map(lambda key: RULES[key].reference == "limit")
    p = page["p"].where(one_sided, page["p"].where(bad, 2 - page["p"]) / 2)
    page["alone"], page["p"] = p, multiplicity.adjust(p, "holm")
    beyond = (page["low"] * page["high"] > 0) & (page["size"].abs() >= SMALLEST * page["expected"])
    rows = page[(page["p"] < ALPHA) & bad & beyond].sort_values("excess", key=np.abs, ascending=False, kind="stable")
    caution = rows["rule"].map(lambda key: RULES[key].caution is not None).astype(bool)
    return Findings(
        areas=rows.loc[~caution, _COLUMNS].reset_index(drop=True),
        extremes=_extremes(page[bad & ~page["rule"].isin(rows["rule"])]),
        cautions=rows.loc[caution, _COLUMNS].reset_index(drop=True),
        limits=page.reindex(columns=_LIMITS).dropna(subset="verdict").reset_index(drop=True),
        checked=int(page["p"].notna().sum()),
        skipped=not_applied,
        immature=int(counts["immature"]["asked"].sum()) if "immature" in counts else 0,
    )


def _extremes(page: pd.DataFrame) -> pd.DataFrame:
    """Of each rule that compares groups with each other the group furthest out, if chance alone did not bring it."""
    counted = (page["rate_low"] > page["expected"]) | (page["rate_high"] < page["expected"])
    large = page["size"].abs() >= SMALLEST * page["expected"]
    outside = (page["value"] < page["usual_low"]) | (page["value"] > page["usual_high"])
    furthest = page[counted & large & outside].sort_values("alone", kind="stable").drop_duplicates("rule")
    return furthest.assign(p=furthest["alone"])[_EXTREMES].reset_index(drop=True)


def _answers(page: pd.DataFrame, answers: pd.DataFrame | None) -> list[str]:
    """What the other servers answered to the mail of each group of bounces, the most frequent answers first."""
    if answers is None or answers.empty:
        return [""] * len(page)
    names = {"list": answers["list_name"], "domain": answers["domain"] + " · " + answers["month"]}
    frequent = {
        unit: answers.assign(name=name).groupby(["name", "answer"])["mails"].sum() for unit, name in names.items()
    }
    return [
        _most_frequent(frequent[unit], name) if unit in frequent else ""
        for unit, name in zip(page["unit"], page["name"], strict=True)
    ]


def _most_frequent(mails: pd.Series, name: str) -> str:
    of_group = mails[mails.index.get_level_values("name") == name]
    of_group = of_group.sort_values(ascending=False, kind="stable").head(ANSWERS)
    texts = of_group.index.get_level_values("answer")
    return joined([f"{text} ({whole(n)})" for text, n in zip(texts, of_group, strict=True)])


@result
class Findings(Result):
    """What the rules find.

    Attributes:
        areas: a row a finding, the largest excess first: rule, unit, name, mails [sent: what it concerns], kpi,
            numerator, n, value, rate_low, rate_high [share], expected [what is usual, or the limit], size, low, high
            [shares: how far beyond it], excess [people more or fewer than expected], p [Holm], answers [of the
            other servers; "" where none is known], raw, raw_low, raw_high [share: beside people's reactions all].
        extremes: a row a rule that names no problem, its group furthest out, which may be ordinary for this sender:
            the same up to rate_high, expected, usual_low, usual_high [shares: where 95 % of such groups lie], p
            [one-sided, of this comparison alone].
        cautions: as areas, what says how to read the page and is no problem of the mail.
        limits: a row a group that was held against a fixed limit: rule, name, numerator, n, value, rate_low,
            rate_high, verdict.
        checked: comparisons that were made.
        skipped: a row a rule that could not be applied: rule, reason.
        immature: campaigns of the question that are too recent to be judged: they were left out.
    """

    areas: pd.DataFrame
    extremes: pd.DataFrame
    cautions: pd.DataFrame
    limits: pd.DataFrame
    checked: int
    skipped: pd.DataFrame
    immature: int

    def summary(self) -> Summary:
        """The worst problems, in one sentence."""
        numbers: dict[str, Any] = {"checked": self.checked, "found": len(self.areas)}
        if self.checked == 0:
            return Summary("problems_found", _("There are too few e-mails to look for problems."), numbers)
        if self.areas.empty:
            text = _n(
                "No problem area: the only comparison is not clearly outside the usual variation.",
                "No problem area: none of {n} comparisons is clearly outside the usual variation.",
                self.checked,
            )
            return Summary("problems_found", text, numbers, headline=True, weight=50)
        largest = [_clause(row) for row in self.areas.head(LARGEST).to_dict("records")]
        values = {"checked": self.checked, "areas": joined(largest)}
        if len(self.areas) > len(largest):
            text = _(
                "{n} problem areas in {checked} comparisons; the {shown} that concern most people: {areas}.",
                n=len(self.areas),
                shown=len(largest),
                **values,
            )
        else:
            text = _n(
                "One problem area in {checked} comparisons: {areas}.",
                "{n} problem areas in {checked} comparisons: {areas}.",
                len(self.areas),
                **values,
            )
        return Summary("problems_found", text, numbers, headline=True, weight=90, next_step=self._remedies())

    def _remedies(self) -> str:
        """What to try for the areas that the summary names."""
        areas = self.areas.head(LARGEST).to_dict("records")
        if len(areas) == 1:
            return f"{RULES[areas[0]['rule']].remedy}."
        steps = [_("{group}: {step}.", group=named(row["name"]), step=RULES[row["rule"]].remedy) for row in areas]
        return " ".join(steps)

    def table(self) -> Table:
        """The findings: where, how large, beyond what, how many mails."""
        columns = (
            Column("name", message("Where")),
            Column("symptom", message("What we see")),
            Column("kpi", message("KPI"), lambda row: str(_kpi(row).title), whole_row=True),
            Column("value", message("Rate"), _rate, unit="share", number=True, whole_row=True),
            *_raw_column(self.areas),
            Column("n", message("Out of"), _of, number=True, whole_row=True),
            Column("expected", message("Expected"), share, unit="share", number=True),
            Column(
                "size", message("Difference from expected (points)"), _size, unit="share", number=True, whole_row=True
            ),
            Column("p", message("p"), _p, number=True),
            Column("mails", message("E-mails"), whole, unit="mails", number=True),
        )
        immature = message_n(
            "{n} campaign is too recent to judge and is left out.",
            "{n} campaigns are too recent to judge and are left out.",
            self.immature,
        )
        notes = (
            message_n(
                "{n} comparison was made. The chance of naming any false problem is at most 5 % (Holm).",
                "{n} comparisons were made. The chance of naming any false problem is at most 5 % (Holm).",
                self.checked,
            ),
            message("Expected: what the other groups of the whole history lead us to expect; for a trend, its start."),
            message("The brackets of the difference combine the margin of error and the usual variation."),
            message("Every sender has a few unusual e-mails although nothing is wrong. This is taken into account."),
            *([immature] if self.immature else []),
        )
        empty = message("no group is clearly outside the usual variation.")
        return Table("problems", message("Problem areas"), _with_rules(self.areas), columns, notes, empty)

    def extremes_summary(self) -> Summary:
        """What lies furthest out and may be ordinary, in one sentence."""
        numbers = {"extremes": len(self.extremes)}
        if self.extremes.empty:
            text = _("Apart from the problem areas, nothing is outside the usual range.")
            return Summary("problems_extremes", text, numbers)
        furthest = joined([_clause(row) for row in self.extremes.head(LARGEST).to_dict("records")])
        text = _("Most unusual, but perhaps normal for this sender: {extremes}.", extremes=furthest)
        step = _("Look at each of them once. If the next such e-mail is also unusual, look for a cause.")
        return Summary("problems_extremes", text, numbers, headline=True, weight=60, next_step=step)

    def extremes_table(self) -> Table:
        """The groups furthest out that are no problem by themselves."""
        columns = (
            Column("name", message("Where")),
            Column("symptom", message("What we see")),
            Column("kpi", message("KPI"), lambda row: str(_kpi(row).title), whole_row=True),
            Column("value", message("Rate"), _rate, unit="share", number=True, whole_row=True),
            *_raw_column(self.extremes),
            Column("n", message("Out of"), _of, number=True, whole_row=True),
            Column("expected", message("Expected"), share, unit="share", number=True),
            Column("usual_low", message("Usual range"), _usual, unit="share", number=True, whole_row=True),
            Column("mails", message("E-mails"), whole, unit="mails", number=True),
        )
        notes = (
            message("For each rule without a problem: the group that is furthest on the bad side."),
            message(
                "The usual range contains 95 % of such groups. Among many groups, some are outside although "
                "nothing is wrong."
            ),
            message("Look at each of them once. If the next such e-mail is also unusual, look for a cause."),
        )
        title, empty = message("Most unusual groups"), message("nothing else is outside the usual range.")
        return Table("extremes", title, _with_rules(self.extremes), columns, notes, empty)

    def remedies_table(self) -> Table:
        """For each finding the likely cause, what to try, and its rule."""
        frame = _with_rules(self.areas)
        columns = [
            Column("name", message("Where")),
            Column("symptom", message("What we see")),
            Column("cause", message("Likely cause")),
            Column("remedy", message("What to try")),
            Column("answers", message("What the other servers answered"), lambda text: text or "–"),
            Column("rule", message("Rule")),
        ]
        if not frame["answers"].astype(bool).any():
            columns = [column for column in columns if column.name != "answers"]
        notes = (
            message("A likely cause is not proven. Change one thing and see whether the next e-mail does better."),
            *(
                message("{group}: {warning}.", group=row["name"], warning=row["warning"])
                for row in frame.to_dict("records")
                if row["warning"]
            ),
        )
        frame = frame[[column.name for column in columns]]
        title, empty = message("What to try"), message("there is nothing to fix.")
        return Table("remedies", title, frame, tuple(columns), notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Each finding as a multiple of what was expected, with its interval; 1 is as usual. Extremes are hollow."""
        title = message("Problem areas")
        areas, extremes = self.areas.head(MOST), self.extremes.head(LARGEST)
        if areas.empty and extremes.empty:
            return nothing("problems", title, message("no group is outside the usual variation"))
        extremes = extremes.assign(
            low=extremes["rate_low"] - extremes["expected"], high=extremes["rate_high"] - extremes["expected"]
        )
        rows = [(row, QUIET, "none") for row in extremes.iloc[::-1].to_dict("records")]
        rows += [(row, BAD, BAD) for row in areas.iloc[::-1].to_dict("records")]
        with drawing(1.1 + 0.5 * len(rows), ax) as axes:
            axes.axvline(1, color=INK, linewidth=1)
            for place, (row, color, inside) in enumerate(rows):
                ends = [max((row["expected"] + row[name]) / row["expected"], LEAST_TIMES) for name in ("low", "high")]
                times = max(row["value"] / row["expected"], LEAST_TIMES)
                axes.plot(ends, [place, place], color=color, linewidth=2)
                mark = axes.plot(times, place, "o", color=color, markerfacecolor=inside, markersize=8)
                value, expected = share(row["value"]), share(row["expected"])
                hover_text = _(
                    "{name}: {value}; expected: {expected}", name=row["name"], value=value, expected=expected
                )
                hover(mark, [hover_text])
            names = [f"{label(row['name'])}\n{_kpi(row).name}, n = {whole(row['n'])}" for row, *_ in rows]
            axes.set_yticks(range(len(rows)), names, fontsize=9.5)
            axes.set_ylim(-0.6, len(rows) - 0.4)
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter(FuncFormatter(_times))
            axes.set_xlabel(
                _("multiple of the expected rate; line: likely range (95 %)\nhollow: perhaps normal for this sender")
            )
            axes.grid(visible=False, axis="y")
            alt = _("Problem areas: {areas}.", areas=_alternative(areas))
            if not extremes.empty:
                alt += " " + _("Perhaps normal: {extremes}.", extremes=_alternative(extremes))
            return picture(axes, name="problems", title=title, alt=alt)

    def cautions_summary(self) -> Summary:
        """What says how to read the page: rates that must not be used."""
        numbers: dict[str, Any] = {"cautions": len(self.cautions)}
        if self.cautions.empty:
            text = _("You can use the open rate: machines make few of the opens.")
            if "machine_opens" in set(self.skipped["rule"]):
                text = _(
                    "We cannot see whether people or machines opened: the real open rate may be lower, but not higher."
                )
            return Summary("problems_cautions", text, numbers)
        sentences = [
            RULES[row["rule"]].caution_sentence(rate=_rate(row), n=whole(row["n"]))
            for row in self.cautions.to_dict("records")
        ]
        return Summary("problems_cautions", " ".join(sentences), numbers, headline=True, weight=45)

    def limits_table(self) -> Table:
        """Groups against fixed limits: complaints by month against Gmail's."""
        frame = self.limits.assign(title=[str(RULES[key].kpi.title) for key in self.limits["rule"]])
        columns = (
            Column("title", message("KPI")),
            Column("name", message("Where")),
            Column("value", message("Rate"), _rate, unit="share", number=True, whole_row=True),
            Column("n", message("Out of"), _of, number=True, whole_row=True),
            Column("verdict", message("Verdict"), references.verdict_text),
        )
        notes = (
            message(
                "Gmail asks you to keep spam complaints below 0.10 % and never to reach 0.30 %. It counts e-mails "
                "in the inbox; see Postmaster Tools."
            ),
            message(
                "The verdict compares the whole interval with the limit. If the limit is inside the interval, "
                "there is no verdict."
            ),
        )
        title, empty = message("Compared with fixed limits"), message("there is no data on spam complaints.")
        return Table("limits", title, frame, columns, notes, empty)

    def complaints_plot(self, ax: Axes | None = None) -> Picture:
        """Complaint rates with their intervals against Gmail's two limits."""
        title = message("Spam complaints and Gmail's limits")
        rows = self.limits[self.limits["rule"] == "complaints"].tail(MOST).to_dict("records")
        if not rows:
            return nothing("complaints", title, message("there is no data on spam complaints"))
        limits = RULES["complaints"].limits
        with drawing(1.1 + 0.27 * len(rows), ax) as axes:
            for limit in limits:
                axes.axvline(limit, color=BAD, linewidth=1, linestyle="--")
            for place, row in enumerate(reversed(rows)):
                color = GOOD if row["rate_high"] < limits[0] else BAD if row["rate_low"] > limits[0] else QUIET
                axes.plot([row["rate_low"], row["rate_high"]], [place, place], color=color, linewidth=2)
                axes.plot(row["value"], place, "o", color=color, markersize=6)
            names = [f"{_month(row['name'])} ({whole(row['n'])})" for row in reversed(rows)]
            axes.set_yticks(range(len(rows)), names, fontsize=9.5)
            axes.set_ylim(-0.7, len(rows) - 0.3)
            axes.set_xlim(0, max(*(row["rate_high"] for row in rows), limits[-1]) * 1.08)
            axes.xaxis.set_major_formatter(percent(0.001))
            axes.set_xlabel(
                _(
                    "spam complaints, of e-mails delivered (number); line: margin of error (95 %)\ngreen: below 0.10 "
                    "%; grey: cannot be judged"
                )
            )
            axes.grid(visible=False, axis="y")
            rates = [
                f"{_month(row['name'])} {share(row['value'])}, {references.verdict_text(row['verdict'])}"
                for row in rows
            ]
            alt = _("Spam complaints and Gmail's limits: {rates}.", rates=joined(rates))
            return picture(axes, name="complaints", title=title, alt=alt)

    def skipped_table(self) -> Table:
        """The rules that could not be applied, and why."""
        columns = (
            Column("rule", message("Rule"), _rule),
            Column("reason", message("Reason")),
        )
        title, empty = message("Rules that could not be applied"), message("every rule was applied.")
        return Table("rules_skipped", title, self.skipped, columns, empty=empty)


def _clause(row: Mapping[Any, Any]) -> str:
    """A finding with its rate and what that is out of."""
    rule = RULES[row["rule"]]
    values = {
        "group": named(row["name"]), "symptom": rule.symptom, "value": share(row["value"]),
        "counted": _of(row), "expected": share(row["expected"]),
    }  # fmt: skip
    if rule.reference == "limit":
        return _("{group}: {symptom} ({value}, {counted}; limit: {expected})", **values)
    if rule.reference == "trend":
        return _("{group}: {symptom} ({value}, {counted}; before: {expected})", **values)
    return _("{group}: {symptom} ({value}, {counted}; expected: {expected})", **values)


def _alternative(rows: pd.DataFrame) -> str:
    texts = [
        _(
            "{group}: {rate} {value}, expected {expected}",
            group=row["name"],
            rate=_kpi(row).name,
            value=share(row["value"]),
            expected=share(row["expected"]),
        )
        for row in rows.to_dict("records")
    ]
    return joined(texts) if texts else _("none")


def _with_rules(rows: pd.DataFrame) -> pd.DataFrame:
    names = ("symptom", "cause", "remedy", "warning")
    return rows.assign(**{name: [str(getattr(RULES[key], name)) for key in rows["rule"]] for name in names})


def _kpi(row: Mapping[Any, Any]) -> Kpi:
    """The rate by which a group was judged: of people's reactions where they are told."""
    return references.measure(row["kpi"])


def _rule(key: str) -> str:
    return _("{symptom}, by {unit}", symptom=RULES[key].symptom, unit=UNITS[RULES[key].unit].name)


def _rate(row: Mapping[Any, Any]) -> str:
    return with_interval(row["value"], row["rate_low"], row["rate_high"])


def _raw_column(rows: pd.DataFrame) -> tuple[Column, ...]:
    """The column of the same with machines, where any group was judged by people's reactions."""
    if rows["raw"].isna().all():
        return ()
    return (Column("raw", message("Raw"), cells.rate_of("raw"), unit="share", number=True, whole_row=True),)


def _of(row: Mapping[Any, Any]) -> str:
    return _("{numerator} of {denominator}", numerator=whole(row["numerator"]), denominator=whole(row["n"]))


def _usual(row: Mapping[Any, Any]) -> str:
    return _("{low} to {high}", low=share(row["usual_low"]), high=share(row["usual_high"]))


def _size(row: Mapping[Any, Any]) -> str:
    return f"{points(row['size'])} ({span(row['low'], row['high'])})"


def _p(value: float) -> str:
    return f"<{decimal(0.001, 3)}" if value < 0.001 else decimal(value, 3)


def _month(name: str) -> str:
    return month(name) if name[:4].isdigit() else name


def _times(value: float, _place: object) -> str:
    return f"{value:g}×" if value >= 1 else f"1/{1 / value:g}×"


FIGURES = (
    Figure(
        "beyond", message("Difference from expected"), message("rate - expected"), message("as for the rate"),
        "guide 1, step 4; kit explain student_effects", ("problems.size",),
        interval=message("95 %: margin of error and usual variation combined"),
        edge=message("named if it is at least a tenth of the expected rate"),
    ),
    Figure(
        "raw_beside", message("Raw"), message("the rate with machines included"), message("as for the rate"),
        "guide 1, step 2", ("problems.raw", "extremes.raw"), interval=WILSON,
        edge=message("beside rates that count only people's reactions; the highest possible value"),
    ),
    Figure(
        "usual_range", message("Usual range"), message("the range of 95 % of the rates of such groups"),
        message("as for the rate"), "guide 1, step 4; kit explain student_effects", ("extremes.usual_low",),
        edge=message("without the margin of error of the group itself; a group outside may be normal"),
    ),
    Figure(
        "furthest_out", message("Most unusual groups"),
        message("groups outside the usual range that are not problem areas; for each rule the most unusual one"),
        message("one group"), "guide 1, step 4", ("problems_extremes.extremes",),
        edge=message("it may be normal for this sender"),
    ),
    Figure(
        "mails_concerned", message("Messages that a finding concerns"), message("messages sent in the group"),
        message("a message"), "guide 1, step 4", ("problems.mails", "extremes.mails"),
    ),
)  # fmt: skip
