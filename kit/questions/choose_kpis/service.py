"""What does the service itself give?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import counts, metrics
from kit.messages import _, _n, message
from kit.questions.months import service_months
from kit.questions.months.response_time import impossible_waits
from kit.show.formats import UNKNOWN, known, month, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from kit.questions.months.service_months import ServiceMonths
    from kit.store import Data


def measure(data: Data) -> Service:
    """How fast does the service answer, are people satisfied, do they come again?"""
    return Service(count(data), service_months.by_month(data), data.settings["visits.return_days"])


def count(data: Data) -> pd.DataFrame:
    """The KPIs of the service that are known, over the whole period; as `metrics.service`."""
    return metrics.service(counts.waits(data), counts.answers(data), counts.visits(data))


@result
class Service(Result):
    """What the service gives.

    Attributes:
        values: a row a KPI that is known, over all months: kpi, n, value, low, high [min or share], left_out [of the
            same things].
        months: the same by month.
        return_days: days within which a visitor must come again.
    """

    values: pd.DataFrame
    months: ServiceMonths
    return_days: int

    def summary(self) -> Summary:
        """Where the service stands; for the first page."""
        rows = [row for row in self.values.to_dict("records") if known(row["value"])]
        if not rows:
            text = _("How the service performs is unknown: your files contain no tickets, surveys or visits.")
            return Summary("service_stands", text)
        clauses = [_clause(row, self.months) for row in rows]
        latest = {row["kpi"]: self.months.latest(row["kpi"]) or row for row in rows}
        numbers = {key: row["value"] for key, row in latest.items()}
        return Summary("service_stands", " ".join(clauses), numbers)

    def table(self) -> Table:
        """Waiting time, satisfaction, repeat visits."""
        columns = (
            Column("kpi", message("KPI"), lambda key: metrics.find(key).title),
            Column("value", message("All months"), metrics.value_with_interval, number=True, whole_row=True),
            Column("n", message("Out of"), whole, number=True),
            Column("latest", message("Latest complete month"), self._latest, number=True, whole_row=True),
        )
        title, empty = message("How the service performs"), message("your files contain no tickets, surveys or visits.")
        return Table("service", title, self.values, columns, tuple(self._notes()), empty)

    def _latest(self, row: Mapping[Any, Any]) -> str:
        latest = self.months.latest(row["kpi"])
        if latest is None:
            return UNKNOWN
        return _("{month}: {value}", month=month(latest["month"]), value=metrics.value_with_interval(latest))

    def _notes(self) -> list[str]:
        left_out = dict(zip(self.values["kpi"], self.values["left_out"], strict=True))
        notes = []
        if "response_time" in left_out:
            note = _(
                "Response time: half of the requests get an answer within this time, nights and days off included "
                "(notebook 10: working time)."
            )
            notes.append(" ".join(filter(None, [note, impossible_waits(left_out["response_time"])])))
        if "repeat_visit_rate" in left_out:
            notes.append(
                _n(
                    "Repeat visit rate: the share of people who came again on another day within {days} days "
                    "(visits.return_days). Only first known visits at least that long before the end of the data "
                    "are counted. For one person it is too early to judge.",
                    "Repeat visit rate: the share of people who came again on another day within {days} days "
                    "(visits.return_days). Only first known visits at least that long before the end of the data "
                    "are counted. For {n} people it is too early to judge.",
                    left_out["repeat_visit_rate"],
                    n=whole(left_out["repeat_visit_rate"]), days=self.return_days,
                )
            )  # fmt: skip
        return notes


def figure(row: Mapping[Any, Any], currency: str = "") -> str:
    """A value with its interval and what it is out of: 8.1% (6.9–9.5) of 1,200 mails."""
    kpi = metrics.find(row["kpi"])
    of = _OUT_OF[kpi.counts](row["n"])
    if kpi.unit == "share":
        return _("{value} of {of}", value=with_interval(row["value"], row["low"], row["high"]), of=of)
    if known(row["low"]) and known(row["high"]):
        return _("{value}, of {of}", value=metrics.value_with_interval(row, currency), of=of)
    return _("{value}, of {of}", value=metrics.amount(kpi, currency)(row["value"]), of=of)


def _clause(row: Mapping[Any, Any], months: ServiceMonths) -> str:
    """Where one KPI stands: its latest complete month, else all months, which is said."""
    kpi, latest = metrics.find(row["kpi"]), months.latest(row["kpi"])
    if latest is None:
        values = {"kpi": kpi.title, "figure": figure(row)}
        if kpi.kind == "wait":
            return _(
                "Over all months, half of the requests were answered within {figure}, nights and days off included.",
                **values,
            )
        return _("{kpi} over all months is {figure}.", **values)
    values = {"kpi": kpi.title, "figure": figure(latest), "month": month(latest["month"])}
    change = latest["change"]
    if change is None:
        if kpi.kind == "wait":
            return _(
                "In {month}, half of the requests were answered within {figure}, nights and days off included.",
                **values,
            )
        return _("{kpi} in {month} was {figure}.", **values)
    values |= {"before": months.written(kpi.key, change["before"]), "since": month(change["first"])}
    if kpi.kind == "wait":
        return _(
            "In {month}, half of the requests were answered within {figure}, nights and days off included. Before "
            "{since} it took {before}.",
            **values,
        )
    return _("{kpi} in {month} was {figure}. Before {since} it was {before}.", **values)


_OUT_OF = {
    "messages": lambda n: _n("{n} message", "{n} messages", n, n=whole(n)),
    "answers": lambda n: _n("{n} answer", "{n} answers", n, n=whole(n)),
    "visits": lambda n: _n("{n} visitor", "{n} visitors", n, n=whole(n)),
    "waits": lambda n: _n("{n} request", "{n} requests", n, n=whole(n)),
}
"""What a KPI is out of, by the frame that counts it."""
