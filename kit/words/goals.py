"""Words of choosing KPIs: what a goal asks for, and what the volume can measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import kpi as registry
from kit.words.form import known, minutes, money, month, points, share, whole, with_interval
from kit.words.shown import Column, Sentence, Table, listed

if TYPE_CHECKING:
    from kit.kpi import Goal
    from kit.volume import Volume


def goals() -> Table:
    """Every goal with its KPIs."""
    frame = pd.DataFrame(
        [
            {"goal": goal.key, "title": goal.title, "kpis": [key for key, _ in goal.kpis]}
            for goal in registry.GOALS.values()
        ]
    )
    columns = (
        Column("goal", "-p goal="),
        Column("title", "Goal"),
        Column("kpis", "KPIs", lambda keys: ", ".join(registry.find(key).title for key in keys)),
    )
    return Table("goals", "Goals and their KPIs", frame, columns)


def goal_kpis(goal: Goal, mail: pd.DataFrame, service: pd.DataFrame, *, currency: str = "") -> Table:
    """The goal's KPIs: why each, and where it stands now.

    Args:
        goal: of the registry.
        mail: what `kpi.values` returned for campaign mail.
        service: what `kpi.service` returned.
        currency: of amounts.
    """
    columns_of = ["kpi", "n", "value", "low", "high"]
    lacking = mail.loc[mail["kpi"].isin([key for key, _ in goal.kpis]) & (mail["missing"] > 0), ["kpi", "missing"]]
    known_ones = pd.concat([part[columns_of].astype({"kpi": "object"}) for part in (mail, service) if len(part)])
    frame = pd.DataFrame([{"kpi": key, "why": why} for key, why in goal.kpis]).merge(known_ones, on="kpi", how="left")
    columns = (
        Column("kpi", "KPI", lambda key: registry.find(key).title),
        Column("why", "Why"),
        Column("formula", "Formula", lambda row: registry.find(row["kpi"]).formula, whole_row=True),
        Column("value", "Now", _writer(currency), number=True, whole_row=True),
        Column("n", "Out of", whole, number=True),
    )
    notes = (
        "Now: over the whole period, with its 95 % interval. “–”: not known from these exports.",
        *(
            f"{registry.find(key).title}: {whole(missing)} campaigns do not tell it and are left out."
            for key, missing in lacking.itertuples(index=False)
        ),
    )
    return Table("goal_kpis", f"KPIs for the goal “{goal.title.lower()}”", frame, columns, notes)


def service(values: pd.DataFrame) -> Table:
    """What the service itself gives: waiting time, satisfaction, repeat visits."""
    columns = (
        Column("kpi", "KPI", lambda key: registry.find(key).title),
        Column("value", "Value", _writer(""), number=True, whole_row=True),
        Column("n", "Out of", whole, number=True),
    )
    return Table("service", "What the service gives", values, columns, empty="no tickets, surveys or visits came in.")


def _writer(currency: str) -> Any:
    def write(row: dict[str, Any]) -> str:
        unit = registry.find(row["kpi"]).unit
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
    return Table("waiting", "Time to the first answer", values, columns, empty="no tickets came in.")


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
        Column("kpi", "KPI", lambda key: registry.find(key).title),
        Column(
            "base",
            "Now",
            lambda row: with_interval(row["base"], row["low"], row["high"]),
            unit="share",
            number=True,
            whole_row=True,
        ),
        Column("needed", "Needed on each side", whole, unit="mails", number=True),
        Column("n_campaign", "In a campaign", whole, unit="mails", number=True),
        Column("n_month", "In a month", whole, unit="mails", number=True),
        Column(
            "sees_campaign",
            "Two campaigns show (points)",
            lambda value: points(value).lstrip("+"),
            unit="share",
            number=True,
        ),
        Column("verdict", "Can be compared", _REACH.__getitem__),
    )
    notes = (
        f"Needed: mails on each side to see a change of {share(result.worthwhile, 0)} of the present rate.",
        "Seen: four times in five, two-sided 5 %. Campaign and month are medians.",
    )
    return Table("volume", "What this volume can measure", result.rates, columns, notes)


def volume(result: Volume) -> Sentence:
    """Which KPIs can be compared campaign by campaign, and which only over longer."""
    rates = result.rates
    by_verdict = {
        verdict: [registry.find(key).title.lower() for key in rates.loc[rates["verdict"] == verdict, "kpi"]]
        for verdict in _REACH
    }
    change = f"a change of {share(result.worthwhile, 0)} of the present rate"
    quick, never = by_verdict["each campaign"], by_verdict["not at this volume"]
    slow = [*by_verdict["each month"], *by_verdict["a quarter"], *by_verdict["a year"]]
    parts = [
        f"Between two campaigns {change} can be seen in {listed(quick)}"
        if quick
        else f"Between two campaigns {change} can be seen in no KPI",
        f"only over months in {listed(slow)}" if slow else "",
        f"not at all in {listed(never)}" if never else "",
    ]
    text = "; ".join(part for part in parts if part) + "."
    return Sentence(
        "volume_reach",
        text,
        {row["kpi"]: row["verdict"] for row in rates.to_dict("records")},
        headline=True,
        weight=45,
    )
