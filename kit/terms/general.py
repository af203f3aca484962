"""Figures that many tables share: what a KPI is out of, ends of intervals, how many comparisons were made."""

from __future__ import annotations

from kit.metrics.figures import Figure

GENERAL = (
    Figure(
        "kpi_value", "Value of a KPI", "above / below the line of the KPI that row or title names (kit explain KPI)",
        "as that KPI says", "guide 1, step 2",
        (
            "goal_kpis.value", "goal.value", "volume.base", "service.value", "waiting.value", "week.value",
            "campaigns.value", "equal_age.value", "ranking.value", "one_mix.value", "problems.value", "limits.value",
            "segments.value", "benchmarks.value", "tests.value_a", "tests.value_b",
            "strata_parts.value_a", "strata_parts.value_b",
        ),
        "as that KPI says", "as that KPI says",
        "NaN where nothing is below the line or a count is not known; of a group sum over sum, never a mean of rates",
    ),
    Figure(
        "below_the_line", "Below the line", "the lower count of the KPI that row or title names",
        "as that KPI says: mails, people, requests or answers", "guide 1, step 2",
        (
            "goal_kpis.n", "goal.n", "volume.n", "service.n", "week.n", "campaigns.n", "equal_age.n", "ranking.n",
            "one_mix.n", "problems.n", "limits.n", "segments.n", "benchmarks.n", "clicks_of_people.n", "links.n",
            "strata_parts.n_a",
        ),
        edge="of links: the mails of the campaigns that have a click on it",
    ),
    Figure(
        "interval_end", "End of an interval", "lower and upper end of the interval of the figure beside it",
        "as that figure", "kit explain of the figure beside it", ("*.low", "*.high", "*_low", "*_high"),
        edge="NaN where none can be told; it says how well the figure was counted, not whether it changed",
    ),
    Figure(
        "p_value", "p", "chance of a difference at least as large if there were none", "as the figure beside it",
        "kit explain multiplicity", ("*.p", "*_p"),
        edge="of several comparisons adjusted over all of them, as the note below the table says; NaN: not judged",
    ),
    Figure(
        "comparisons", "Comparisons made", "groups, changes or rates that were large enough to be judged",
        "a comparison", "guide 1, step 4; kit explain multiplicity",
        (
            "months_changes.changes", "months_trend.judged", "comparison.judged", "problems_found.checked",
            "benchmarks_beside.judged", "segments_found.judged", "funnel_groups.judged",
        ),
    ),
    Figure(
        "flagged", "Comparisons that stand out", "of the comparisons made those whose verdict is not “as usual”",
        "a comparison", "guide 1, step 4; kit explain multiplicity",
        (
            "months_changes.beyond", "months_trend.moving", "comparison.better", "comparison.worse",
            "problems_found.found", "problems_cautions.cautions", "benchmarks_beside.outside", "segments_found.found",
            "funnel_groups.found", "after_click.worse", "same_people.decided",
        ),
        edge="false ones are held to 5 %: of the flags (Benjamini-Hochberg), of pages (problems), of tests (Holm)",
    ),
    Figure(
        "campaigns_in", "Campaigns", "campaigns that are in the figure beside it", "a campaign, by the platform's id",
        "guide 1, step 3",
        (
            "arrived.campaigns", "week.campaigns", "links.campaigns", "one_mix.campaigns", "ranking_first.ranked",
            "same_people.campaigns",
        ),
        edge="test sends are none; automated mail stands apart",
    ),
    Figure(
        "months_in", "Months", "months of sending that are in the figure beside it", "a month, on the firm's clock",
        "guide 1, step 2", ("mail_by_kind.months", "usual_variation.months"),
        edge="a month without mail is a gap and not counted; one with few mails is no yardstick",
    ),
    Figure(
        "place", "Place in an order", "1 is the best, or the least expected of a group", "a row of the table",
        "the order that the table's title names", ("ranking.place", "value_bands.band", "week.weekday", "week.part"),
        edge="of the week: the weekday, 0 is Monday, and the first hour of the part, on the firm's clock",
    ),
)  # fmt: skip
