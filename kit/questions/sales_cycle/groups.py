"""Who passes a step more often? (guide 2)"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.judging import ALPHA
from kit.messages import _, _n, message
from kit.questions.sales_cycle.steps import columns_of_rates, goal, notes_of_rates, rates
from kit.questions.sales_cycle.ways import ALL, NO_MAIL, UNKNOWN, durations, limit
from kit.show.formats import joined, share, whole
from kit.show.picture import BAND, PLAIN, QUIET, Picture, drawing, label, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import multiplicity, survival

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.store import Data

MOST = 12
"""Groups of one figure, the largest."""

_TRAITS = {
    "segment": message("segment"),
    "opt_in_source": message("sign-up source"),
    "language": message("language"),
    "country": message("country"),
    "mail": message("the last e-mail before the step"),
    "sequence": message("sequence"),
}
"""What people are told apart by, within a sentence."""

_GROUPS = {ALL: message("all"), NO_MAIL: message("no e-mail before the step"), UNKNOWN: message("not known")}
"""Groups that no file names."""


def compare(data: Data, *, by: str, days: int | None = None) -> Groups:
    """The steps of each group of people, and in which of them the groups differ beyond chance.

    Args:
        data: what `kit.open` returned; a period keeps those who began a step in it.
        by: a trait of contacts (segment, opt_in_source, language, country); "mail" for the campaign or automation whose
            mail came last before the step; "sequence" for the automations that wrote to people within it.
        days: a step counts within so many days; None: the setting `funnel.days`.

    Raises:
        UsageError: an unknown `by`; fewer than two stages, or one that is no stage of the data; days below 1.

    Source: guide 2; log-rank test within the days, Benjamini and Hochberg over the steps.
    """
    return judge(durations(data, days=days, by=by), days=limit(data, days), by=by)


def judge(counts: pd.DataFrame, *, days: int, by: str) -> Groups:
    """Conversion of each step and group, and whether the groups pass it alike.

    Args:
        counts: what `ways.durations` returned for groups that do not overlap.
        days: as for it.
        by: as for it.
    """
    frame = rates(counts, days=days)
    return Groups(by=by, days=days, rates=frame, differences=_differences(counts, frame, days))


@result
class Groups(Result):
    """Groups of people beside each other.

    Attributes:
        by: what tells them apart.
        days: a step counts within so many days.
        rates: a row a step and group, as `steps.rates`.
        differences: a row a step: step, groups [those that are large enough], p [log-rank within the days, adjusted
            over the steps].
    """

    by: str
    days: int
    rates: pd.DataFrame
    differences: pd.DataFrame

    def summary(self) -> Summary:
        """In which steps the groups differ beyond chance."""
        what = _TRAITS.get(self.by, self.by)
        judged = self.differences[self.differences["p"].notna()]
        beyond = judged[judged["p"] < ALPHA]
        numbers: dict[str, Any] = {"judged": len(judged), "found": len(beyond)}
        if judged.empty:
            text = _("By {trait}, no step has two groups that are large enough to compare.", trait=what)
            return Summary("funnel_groups", text, numbers)
        if beyond.empty:
            text = _n(
                "By {trait}, no step differs beyond chance between groups; {n} step was compared.",
                "By {trait}, no step differs beyond chance between groups; {n} steps were compared.",
                len(judged), trait=what,
            )  # fmt: skip
            return Summary("funnel_groups", text, numbers, headline=True, weight=15)
        text = _(
            "By {trait}: {clauses}. This is more than chance, but the groups were not chosen at random.",
            trait=what, clauses=joined([self._extremes(step) for step in beyond["step"]]),
        )  # fmt: skip
        return Summary("funnel_groups", text, numbers, headline=True, weight=40)

    def table(self) -> Table:
        """Each step of each group; those with few people are marked."""
        return by_group(self.rates, self.days, message("Conversion by group"), message("Group"))

    def plot(self, ax: Axes | None = None) -> Picture:
        """Each step's groups with their intervals; a diamond has too few people to be judged."""
        title = _("Conversion by group")
        steps = self.rates[self.rates["lagged"].notna()]
        sizes = steps.groupby("group")["entered"].max().sort_values(ascending=False, kind="stable")
        steps = steps[steps["group"].isin(sizes.index[:MOST])]
        if steps.empty:
            return nothing("funnel_groups", title, message("no group was observed for long enough"))
        names = list(dict.fromkeys(steps["step"]))
        with drawing(1.0 + 0.27 * (len(steps) + len(names)), ax) as axes:
            ticks: list[tuple[float, str, bool]] = []
            place = 0.0
            for name in names:
                ticks.append((place, name, True))
                place -= 1
                for row in steps[steps["step"] == name].to_dict("records"):
                    color = QUIET if row["few"] else PLAIN
                    axes.plot([row["lagged_low"], row["lagged_high"]], [place, place], color=color, linewidth=1.6)
                    axes.plot(row["lagged"], place, "D" if row["few"] else "o", color=color, markersize=5.5)
                    ticks.append((place, f"{label(in_words(row['group']), 26)} ({whole(row['entered'])})", False))
                    place -= 1
                axes.axhspan(place + 0.5, place + 0.52, color=BAND)
            axes.set_yticks([at for at, _text, _bold in ticks], [text for _at, text, _bold in ticks], fontsize=9.5)
            for tick, (_at, _text, is_title) in zip(axes.get_yticklabels(), ticks, strict=True):
                tick.set_fontweight("bold" if is_title else "normal")
            axes.set_ylim(place + 0.2, 0.8)
            axes.set_xlim(left=0)
            axes.xaxis.set_major_formatter(lambda value, _position: share(value, 0))
            axes.set_xlabel(_("completed by day {n} (people who entered),\n95 % interval", n=self.days))
            axes.grid(visible=False, axis="y")
            values = joined(
                [f"{row['step']} {in_words(row['group'])} {share(row['lagged'])}" for row in steps.to_dict("records")]
            )
            more = len(sizes) - MOST
            alt = _("{title}: {values}.", title=title, values=values)
            if more > 0:
                alt = _n(
                    "{title}: {values}; {n} smaller group is not shown.",
                    "{title}: {values}; {n} smaller groups are not shown.",
                    more, title=title, values=values,
                )  # fmt: skip
            return picture(axes, name="funnel_groups", title=title, alt=alt)

    def _extremes(self, step: str) -> str:
        """Which group passes a step most often, and which least."""
        groups = self.rates[(self.rates["step"] == step) & ~self.rates["few"].astype(bool)].sort_values("lagged")
        least, most = groups.iloc[0], groups.iloc[-1]
        return _(
            "“{step}” is completed by {most} of “{most_group}” and {least} of “{least_group}”",
            step=step, most=share(most["lagged"]), most_group=in_words(most["group"]),
            least=share(least["lagged"]), least_group=in_words(least["group"]),
        )  # fmt: skip


def by_group(steps: pd.DataFrame, days: int, title: str | Message, group: str | Message) -> Table:
    """Each step of each group, whose column is called `group`; those with few people are marked."""
    columns = (
        Column("step", message("Step")),
        Column("group", group, in_words),
        *columns_of_rates(days),
        Column("few", message("Note"), lambda few: message("too little data") if few else ""),
    )
    notes = (*notes_of_rates(days), *goal(steps))
    return Table("funnel_groups", title, steps, columns, notes, message("the data has no groups."))


def in_words(group: str) -> str | Message:
    """A group as readers meet it."""
    return _GROUPS.get(group, group)


def _differences(counts: pd.DataFrame, steps: pd.DataFrame, days: int) -> pd.DataFrame:
    """Whether groups pass a step alike within the days: who passes later is open until then."""
    dated = counts[~counts["early"].astype(bool)]
    rows = []
    for step in dict.fromkeys(counts["step"]):
        judged = steps.loc[(steps["step"] == step) & ~steps["few"].astype(bool), "group"]
        people = dated[(dated["step"] == step) & dated["group"].isin(judged)]
        time = people["days"].clip(upper=days)
        in_time = people["reached"].astype(bool) & (people["days"] <= days)
        p = survival.logrank(time, in_time, people["group"], people["n"]).p if len(judged) > 1 else nan
        rows.append((step, len(judged), p))
    table = pd.DataFrame(rows, columns=["step", "groups", "p"])
    return table.assign(p=multiplicity.adjust(table["p"]))
