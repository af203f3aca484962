"""Words of choosing KPIs: what a goal asks for, and what the volume can measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import metrics
from kit.show.formats import MARGIN_OF_ERROR, known, listing, minutes, money, month, points, share, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.metrics import Goal
    from kit.volume import Volume


def goals() -> Table:
    """Every goal with its KPIs."""
    frame = pd.DataFrame(
        [
            {"goal": goal.key, "title": goal.title, "kpis": [key for key, _ in goal.kpis]}
            for goal in metrics.GOALS.values()
        ]
    )
    columns = (
        Column("goal", "-p goal="),
        Column("title", "Goal"),
        Column("kpis", "KPIs", lambda keys: ", ".join(metrics.find(key).title for key in keys)),
    )
    return Table("goals", "Goals and their KPIs", frame, columns)


def goal_kpis(goal: Goal, mail: pd.DataFrame, service: pd.DataFrame, *, currency: str = "") -> Table:
    """The goal's KPIs: why each, and where it stands now.

    Args:
        goal: of the metrics.
        mail: what `kpi.values` returned for campaign mail.
        service: what `kpi.service` returned.
        currency: of amounts.
    """
    columns_of = ["kpi", "n", "value", "low", "high"]
    lacking = mail.loc[mail["kpi"].isin([key for key, _ in goal.kpis]) & (mail["missing"] > 0), ["kpi", "missing"]]
    known_ones = pd.concat([part[columns_of].astype({"kpi": "object"}) for part in (mail, service) if len(part)])
    frame = pd.DataFrame([{"kpi": key, "why": why} for key, why in goal.kpis]).merge(known_ones, on="kpi", how="left")
    columns = (
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column("why", "Why"),
        Column("formula", "Formula", lambda row: metrics.find(row["kpi"]).formula, whole_row=True),
        Column("value", "Now", _writer(currency), number=True, whole_row=True),
        Column("n", "Out of", whole, number=True),
    )
    notes = (
        "Now: over the whole period, with its 95 % interval. “–”: not known from these exports.",
        *metrics.raw_note(key for key, _ in goal.kpis),
        *(
            f"{metrics.find(key).title}: {whole(missing)} campaigns do not tell it and are left out."
            for key, missing in lacking.itertuples(index=False)
        ),
    )
    title = f"KPIs for the goal “{goal.name}”"
    return Table("goal_kpis", title, frame, columns, notes, first=("kpi", "value", "n"))


def service(values: pd.DataFrame, *, return_days: int) -> Table:
    """What the service itself gives: waiting time, satisfaction, repeat visits.

    Args:
        values: what `kpi.service` returned.
        return_days: the setting visits.return_days.
    """
    columns = (
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column("value", "Value", _writer(""), number=True, whole_row=True),
        Column("n", "Out of", whole, number=True),
    )
    left = dict(zip(values["kpi"], values["left_out"], strict=True))
    notes = []
    if "response_time" in left:
        notes.append(f"Response time: half of the requests are answered within it.{_impossible(left['response_time'])}")
    if "repeat_visit_rate" in left:
        young = left["repeat_visit_rate"]
        who = "One person first came" if young == 1 else f"{whole(young)} people first came"
        notes.append(
            f"Repeat visit rate: of the people whose first known visit was {whole(return_days)} days or more before "
            "the end of the data, who came again on another day within so many days (visits.return_days). "
            f"{who} later than that: not judged yet."
        )
    empty = "no tickets, surveys or visits came in."
    return Table("service", "What the service gives", values, columns, tuple(notes), empty)


def _impossible(tickets: float) -> str:
    """What is said of tickets whose wait cannot be."""
    if not known(tickets) or not tickets:
        return ""
    are = "request was" if tickets == 1 else "requests were"
    return f" {whole(tickets)} {are} answered before coming in, or came in after the end of the data: left out."


def _writer(currency: str) -> Any:
    def write(row: dict[str, Any]) -> str:
        unit = metrics.find(row["kpi"]).unit
        if not known(row["value"]):
            return "–"
        if unit == "share":
            return with_interval(row["value"], row["low"], row["high"])
        form = minutes if unit == "minutes" else money(currency)
        interval = (
            f"{form(row['low'])} to {form(row['high'])}" if known(row["low"]) and known(row["high"]) else "no interval"
        )
        return f"{form(row['value'])} ({interval})"

    return write


def waiting_table(values: pd.DataFrame) -> Table:
    """Time to the first answer by month: `kpi.waiting(…, by=["month"])`."""
    columns = (
        Column("month", "Month", month),
        Column("n", "Requests", whole, number=True),
        Column("open", "Still waiting", whole, number=True),
        Column("value", "Half are answered within", _writer(""), unit="min", number=True, whole_row=True),
        Column("p90", "Nine in ten within", minutes, unit="min", number=True),
    )
    note = _impossible(values["left_out"].sum()).strip()
    frame = values[values["month"].notna()]
    return Table(
        "waiting", "Time to the first answer", frame, columns, (note,) if note else (), empty="no tickets came in."
    )


_REACH = {
    "each campaign": "each campaign",
    "each month": "month by month",
    "a quarter": "quarter by quarter",
    "a year": "year by year",
    "not at this volume": "not at this volume",
    "unknown": "not known",
}


def volume_table(result: Volume) -> Table:
    """What the volume can measure, KPI by KPI."""
    columns = (
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column(
            "base",
            "Now",
            lambda row: with_interval(row["base"], row["low"], row["high"]),
            unit="share",
            number=True,
            whole_row=True,
        ),
        Column("n", "Out of", whole, unit="mails", number=True),
        Column("needed", "Needed on each side", whole, unit="mails", number=True),
        Column("verdict", "Can be compared", _REACH.__getitem__),
    )
    notes = (
        (
            f"Needed: mails on each side to see a change of {share(result.worthwhile, 0)} of the present rate, up or "
            "down, four times in five (two-sided, 5 %)."
        ),
        MARGIN_OF_ERROR,
        *metrics.raw_note(result.rates["kpi"]),
    )
    return Table("volume", "What this volume can measure", result.rates, columns, notes)


def reach_table(result: Volume) -> Table:
    """What each KPI has in a campaign and a month, and the smallest change that they show."""
    points_of = {"unit": "share", "number": True}
    columns = (
        Column("kpi", "KPI", lambda key: metrics.find(key).title),
        Column("n_campaign", "In a campaign", whole, unit="mails", number=True),
        Column("sees_campaign", "Two campaigns show (points)", _size, **points_of),
        Column("n_month", "In a month", whole, unit="mails", number=True),
        Column("sees_month", "Two months show (points)", _size, **points_of),
    )
    notes = (
        (
            "In a campaign, in a month: the median; of mails delivered, or of what the KPI is out of. Show: the "
            "smallest change by counting error alone; what months and campaigns differ by anyway comes on top (02, 03)."
        ),
    )
    frame = result.rates[result.rates["needed"].notna()].reset_index(drop=True)
    return Table("reach", "The smallest change that shows", frame, columns, notes, "no rate is known.")


def _size(value: Any) -> str:
    return points(value).lstrip("+")


def volume(result: Volume) -> Summary:
    """Which KPIs can be compared campaign by campaign, and which only over longer."""
    rates = result.rates
    by_verdict = {
        verdict: [metrics.find(key).name for key in rates.loc[rates["verdict"] == verdict, "kpi"]] for verdict in _REACH
    }
    change = f"a change of {share(result.worthwhile, 0)} of the present rate"
    quick, never = by_verdict["each campaign"], by_verdict["not at this volume"]
    slow = [*by_verdict["each month"], *by_verdict["a quarter"], *by_verdict["a year"]]
    parts = [
        f"Between two campaigns {change} can be seen in {listing(quick)}"
        if quick
        else f"Between two campaigns {change} can be seen in no KPI",
        f"only over months in {listing(slow)}" if slow else "",
        f"not at all in {listing(never)}" if never else "",
    ]
    text = "; ".join(part for part in parts if part) + "."
    return Summary(
        "volume_reach",
        text,
        {row["kpi"]: row["verdict"] for row in rates.to_dict("records")},
        headline=True,
        weight=45,
    )
