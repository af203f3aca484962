"""What the entry of a printed figure says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.messages import message

if TYPE_CHECKING:
    from kit.messages import Message

WILSON = message("95 %: Wilson; Clopper-Pearson with 0 to 5 cases for or against")
GREENWOOD = message("95 %: Greenwood's variance as an effective number of people (Rothman 1978)")
PREDICTION = message("95 %: prediction, if conditions stay the same")
KAPLAN_MEIER = "Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452"


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure that is no KPI.

    Attributes:
        key: its name on the command line.
        title: as the field calls it.
        formula: above the line / below the line, or what it is.
        once: what is counted, and once per what.
        source: the authority.
        shown: where it is printed: table and column of results.json, or sentence and number, joined by a dot;
            `*` stands for any letters.
        window: over which time, and from when on; "" where no time limits it.
        interval: of the figure; "" where it has none.
        edge: how the hard cases are decided.
    """

    key: str
    title: str | Message
    formula: str | Message
    once: str | Message
    source: str
    shown: tuple[str, ...]
    window: str | Message = ""
    interval: str | Message = ""
    edge: str | Message = ""


GENERAL = (
    Figure(
        "kpi_value",
        message("Value of a KPI"),
        message("numerator / denominator of the KPI that the row or title names (kit explain KPI)"),
        message("as for that KPI"),
        "guide 1, step 2",
        (
            "goal_kpis.value", "goal.value", "volume.base", "service.value", "waiting.value", "week.value",
            "campaigns.value", "equal_age.value", "ranking.value", "one_mix.value", "problems.value", "extremes.value",
            "limits.value", "segments.value", "benchmarks.value", "tests.value_a", "tests.value_b",
            "strata_parts.value_a", "strata_parts.value_b",
        ),
        window=message("as for that KPI"),
        interval=message("as for that KPI"),
        edge=message(
            "NaN if the denominator is 0 or a count is not known. For a group: sum divided by sum, never the mean "
            "of rates"
        ),
    ),
    Figure(
        "below_the_line",
        message("Denominator"),
        message("the denominator of the KPI that the row or title names"),
        message("as for that KPI: e-mails, people, requests or answers"),
        "guide 1, step 2",
        (
            "goal_kpis.n", "goal.n", "volume.n", "service.n", "week.n", "campaigns.n", "equal_age.n",
            "ranking.n", "one_mix.n", "problems.n", "limits.n", "segments.n", "benchmarks.n",
            "clicks_of_people.n", "links.n", "strata_parts.n_a", "*.n",
        ),
        edge=message("for links: the e-mails of the campaigns in which the link was clicked"),
    ),
    Figure(
        "interval_end",
        message("End of an interval"),
        message("lower and upper end of the interval of the figure beside it"),
        message("as for that figure"),
        "kit explain of the figure beside it",
        ("*.low", "*.high", "*_low", "*_high",),
        edge=message("NaN if it is not known; it shows how precise the figure is, not whether it changed"),
    ),
    Figure(
        "p_value",
        message("p"),
        message("chance of a difference at least this large if there is no real difference"),
        message("as for the figure beside it"),
        "kit explain multiplicity",
        ("*.p", "*_p",),
        edge=message(
            "with several comparisons, adjusted for all of them, as noted below the table; NaN: no verdict"
        ),
    ),
    Figure(
        "comparisons",
        message("Comparisons made"),
        message("groups, changes or rates that were large enough for a verdict"),
        message("a comparison"),
        "guide 1, step 4; kit explain multiplicity",
        (
            "months_changes.changes", "months_trend.judged", "comparison.judged", "problems_found.checked",
            "benchmarks_beside.judged", "segments_found.judged", "funnel_groups.judged", "responses_by.judged",
        ),
    ),
    Figure(
        "flagged",
        message("Comparisons that stand out"),
        message("comparisons whose verdict is not “as usual”"),
        message("a comparison"),
        "guide 1, step 4; kit explain multiplicity",
        (
            "months_changes.beyond", "months_changes.machines", "months_trend.moving",
            "comparison.better", "comparison.worse",
            "problems_found.found", "problems_cautions.cautions", "benchmarks_beside.outside",
            "segments_found.found", "funnel_groups.found", "after_click.worse", "same_people.decided",
            "responses_by.later",
        ),
        edge=message(
            "false ones are limited to 5 %: of the flagged ones (Benjamini-Hochberg), of pages (problems), of tests "
            "(Holm)"
        ),
    ),
    Figure(
        "campaigns_in",
        message("Campaigns"),
        message("campaigns counted in the figure beside it"),
        message("a campaign, by the platform's id"),
        "guide 1, step 3",
        (
            "arrived.campaigns", "week.campaigns", "links.campaigns", "one_mix.campaigns",
            "ranking_first.ranked", "same_people.campaigns",
        ),
        edge=message("test sends do not count; automated e-mails are counted separately"),
    ),
    Figure(
        "months_in",
        message("Months"),
        message("months of sending counted in the figure beside it"),
        message("a month, in the firm's local time"),
        "guide 1, step 2",
        ("mail_by_kind.months", "usual_variation.months",),
        edge=message("a month without e-mails is a gap and does not count; a month with few e-mails is not used for "
                     "comparison"),
    ),
    Figure(
        "place",
        message("Rank or position"),
        message("1 is the best place, or the group with the least expected"),
        message("a row of the table"),
        "the order that the table's title names",
        ("ranking.place", "value_bands.band", "week.weekday", "week.part",),
        edge=message("for the week: the weekday (0 is Monday) and the first hour of the time slot, in the firm's "
                     "local time"),
    ),
)  # fmt: skip
"""Figures that many tables share: what a KPI is out of, ends of intervals, how many comparisons were made."""
