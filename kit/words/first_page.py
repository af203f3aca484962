"""Words for the first page: where the goal and the service stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import metrics
from kit.show.formats import counted, known, listing, minutes, money, whole, with_interval
from kit.show.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from kit.metrics import Goal


def goal(goal: Goal, mail: pd.DataFrame, service: pd.DataFrame, *, set_by: str, currency: str = "") -> Summary:
    """Where the goal's own KPI stands: the first of its KPIs.

    Args:
        goal: of the metrics.
        mail: what `kpi.overall` returned for campaign mail.
        service: what `kpi.service` returned.
        set_by: the goal as the reader or kit.toml names it; "" where nobody did.
        currency: of amounts.
    """
    key = goal.kpis[0][0]
    title = metrics.find(key).name
    rows = [one for part in (mail, service) for one in part.to_dict("records") if one["kpi"] == key]
    row = next((one for one in rows if known(one["value"])), None)
    start = f"The goal is {goal.name}" if set_by else f"No goal is set; taken is {goal.name}"
    if row is None:
        return Summary("goal", f"{start}. How far it is reached these exports do not tell: {title} is not known.", {})
    numbers = {name: row[name] for name in ("value", "low", "high", "n")}
    told = f"{start}: {title} is {_figure(row, currency)}"
    missing = row.get("missing", 0)
    if known(missing) and missing:
        told += f"; {counted(missing, 'campaign')} that {'does' if missing == 1 else 'do'} not tell it left out"
    return Summary("goal", f"{told}.", numbers)


def service_stands(values: pd.DataFrame) -> Summary:
    """Where the service stands: `kpi.service`."""
    rows = [row for row in values.to_dict("records") if known(row["value"])]
    if not rows:
        return Summary(
            "service_stands", "How the service does is not known: no tickets, surveys or visits came in.", {}
        )
    said = [
        f"half of the requests are answered within {_figure(row, '')}"
        if metrics.find(row["kpi"]).kind == "wait"
        else f"{metrics.find(row['kpi']).name} is {_figure(row, '')}"
        for row in rows
    ]
    text = listing(said)
    numbers = {row["kpi"]: row["value"] for row in rows}
    return Summary("service_stands", f"{text[0].upper()}{text[1:]}.", numbers)


def _lower(title: str) -> str:
    """A title within a sentence; what stands in capitals stays so: Satisfaction (CSAT)."""
    return f"{title[0].lower()}{title[1:]}"


def _figure(row: Mapping[Any, Any], currency: str) -> str:
    """A value with its interval and what it is out of: 8.1% (6.9–9.5) of 1,200 mails."""
    kpi = metrics.find(row["kpi"])
    of = f"of {whole(row['n'])} {_OF[kpi.counts]}"
    if kpi.unit == "share":
        return f"{with_interval(row['value'], row['low'], row['high'])} {of}"
    write = minutes if kpi.unit == "minutes" else money(currency)
    told = f" ({write(row['low'])} to {write(row['high'])})" if known(row["low"]) and known(row["high"]) else ""
    return f"{write(row['value'])}{told}, {of}"


_OF = {"messages": "mails", "answers": "answers", "visits": "visitors", "waits": "requests"}
