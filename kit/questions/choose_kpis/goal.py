"""What does the goal ask for?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from kit import counts, metrics
from kit.messages import _, _n, message
from kit.questions.choose_kpis import service
from kit.show.formats import commas, joined, known, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.messages import Message
    from kit.metrics import Goal
    from kit.store import Data

DEFAULT = "appointments"
"""The goal where nobody set one."""


def choose(data: Data, *, goal: str = "") -> GoalKpis:
    """Which KPIs tell of the goal, and where do they stand?

    Args:
        data: what `kit.open` returned.
        goal: key of a goal; "" as kit.toml says.

    Raises:
        UsageError: there is no such goal.
    """
    asked = find(data, goal)
    chosen = replace(asked, kpis=tuple(pair for key, why in asked.kpis for pair in _versions(data, key, why)))
    kpis = [metrics.as_told(data, key) for key in metrics.CAMPAIGN_KPIS]
    mail = metrics.overall(counts.messages(data, ["campaign_id"], action=chosen.action), kpis)
    is_set = bool(goal or data.settings["goal"])
    return GoalKpis(chosen, mail, service.count(data), is_set=is_set, currency=data.settings["currency"])


def _versions(data: Data, key: str, why: str | Message) -> Iterator[tuple[str, str | Message]]:
    """A KPI as it is told; of people's reactions the raw one beside it."""
    told = metrics.as_told(data, metrics.as_spoken(data, key))
    yield told, why
    if raw := metrics.find(told).raw:
        yield raw, message("the same rate with machines included, over all messages, also those known only from totals")


def find(data: Data, goal: str = "") -> Goal:
    """The goal of this key; "" as kit.toml says.

    Raises:
        UsageError: there is no such goal.
    """
    return metrics.goal(goal or data.settings["goal"] or DEFAULT)


@result
class GoalKpis(Result):
    """The KPIs of a goal.

    Attributes:
        goal: of the registry.
        mail: a row a KPI of campaign mail, over the whole period, as `metrics.overall`.
        service: a row a KPI of the service that is known, as `metrics.service`.
        is_set: whether the reader or kit.toml named the goal.
        currency: of amounts.
    """

    goal: Goal
    mail: pd.DataFrame
    service: pd.DataFrame
    is_set: bool = True
    currency: str = ""

    def summary(self) -> Summary:
        """Where the goal's first KPI stands, which is the goal itself."""
        key = self.goal.kpis[0][0]
        kpi, goal = metrics.find(key).name, self.goal.name
        rows = [row for part in (self.mail, self.service) for row in part.to_dict("records") if row["kpi"] == key]
        row = next((row for row in rows if known(row["value"])), None)
        if row is None:
            text = (
                _("Your goal is {goal}. We cannot see how close you are: these exports contain no data on {kpi}.",
                  goal=goal, kpi=kpi)
                if self.is_set
                else _("No goal is set, so this page assumes {goal}. These exports contain no data on {kpi}, so "
                       "progress is unknown.", goal=goal, kpi=kpi)
            )  # fmt: skip
            return Summary("goal", text)
        clauses = [_("{kpi} over all months is {figure}", kpi=kpi, figure=service.figure(row, self.currency))]
        if known(missing := row.get("missing", 0)) and missing:
            clauses.append(
                _n("{n} campaign has no data on it and is left out", "{n} campaigns have no data on it and are left "
                                                                     "out", missing,
                   n=whole(missing))
            )  # fmt: skip
        text = (
            _("Your goal is {goal}: {clauses}.", goal=goal, clauses=joined(clauses))
            if self.is_set
            else _("No goal is set, so this page assumes {goal}: {clauses}.", goal=goal, clauses=joined(clauses))
        )
        return Summary("goal", text, {name: row[name] for name in ("value", "low", "high", "n")})

    def table(self) -> Table:
        """The goal's KPIs: why each, and where it stands now."""
        keys = [key for key, _why in self.goal.kpis]
        names = ["kpi", "n", "value", "low", "high"]
        parts = [part[names].astype({"kpi": "object"}) for part in (self.mail, self.service) if len(part)]
        frame = pd.DataFrame([{"kpi": key, "why": str(why)} for key, why in self.goal.kpis])
        frame = frame.merge(pd.concat(parts), on="kpi", how="left")
        columns = (
            Column("kpi", message("KPI"), lambda key: metrics.find(key).title),
            Column("why", message("Why")),
            Column("formula", message("Formula"), lambda row: metrics.find(row["kpi"]).formula, whole_row=True),
            Column("value", message("All months"), lambda row: metrics.value_with_interval(row, self.currency),
                   number=True, whole_row=True),
            Column("n", message("Out of"), whole, number=True),
        )  # fmt: skip
        incomplete = self.mail[self.mail["kpi"].isin(keys) & (self.mail["missing"] > 0)]
        notes = (
            _("All months: the whole period, with the 95 % interval in brackets. “–”: no data in these exports."),
            *metrics.raw_note(keys),
            *(
                _n("{kpi}: {n} campaign has no data on it and is left out.",
                   "{kpi}: {n} campaigns have no data on it and are left out.", missing,
                   kpi=metrics.find(key).title, n=whole(missing))
                for key, missing in incomplete[["kpi", "missing"]].itertuples(index=False)
            ),
        )  # fmt: skip
        title = _("KPIs for the goal “{goal}”", goal=self.goal.name)
        return Table("goal_kpis", title, frame, columns, notes)

    def goals_table(self) -> Table:
        """Every goal with its KPIs."""
        frame = pd.DataFrame(
            [
                {"goal": goal.key, "title": str(goal.title), "kpis": [key for key, _why in goal.kpis]}
                for goal in metrics.GOALS.values()
            ]
        )
        columns = (
            Column("goal", "-p goal="),
            Column("title", message("Goal")),
            Column("kpis", message("KPIs"), lambda keys: commas([metrics.find(key).title for key in keys])),
        )
        return Table("goals", message("Goals and their KPIs"), frame, columns)
