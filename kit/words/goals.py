"""Words of the time to the first answer by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit import metrics
from kit.show.formats import known, minutes, month, whole
from kit.show.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd


def waiting_table(values: pd.DataFrame) -> Table:
    """Time to the first answer by month: `kpi.waiting(…, by=["month"])`."""
    columns = (
        Column("month", "Month", month),
        Column("n", "Requests", whole, number=True),
        Column("open", "Still waiting", whole, number=True),
        Column(
            "value", "Half are answered within", metrics.value_with_interval, unit="min", number=True, whole_row=True
        ),
        Column("p90", "Nine in ten within", minutes, unit="min", number=True),
    )
    note = _impossible(values["left_out"].sum()).strip()
    frame = values[values["month"].notna()]
    return Table(
        "waiting", "Time to the first answer", frame, columns, (note,) if note else (), empty="no tickets came in."
    )


def _impossible(tickets: float) -> str:
    """What is said of tickets whose wait cannot be."""
    if not known(tickets) or not tickets:
        return ""
    are = "request was" if tickets == 1 else "requests were"
    return f" {whole(tickets)} {are} answered before coming in, or came in after the end of the data: left out."
