"""Words of where a printed number comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import known, moment, money, named, whole, with_interval
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.explain import Explained


def explained(result: Explained, *, currency: str = "") -> Table:
    """The two counts of a KPI, who told them, and what they come to.

    Args:
        result: what `explain.campaign` returned.
        currency: of amounts.
    """
    kpi, amount = result.kpi, money(currency)

    def written(row: dict[Any, Any]) -> str:
        form = amount if row["count"] == "revenue" else whole
        return form(row["value"]) if known(row["value"]) else "not known"

    columns = (
        Column("count", "Count"),
        Column("value", "Value", written, number=True, whole_row=True),
        Column("source", "Told by"),
    )
    rate = kpi.kind == "rate"
    comes = with_interval(result.value, result.low, result.high) if rate else amount(result.value)
    parts = " / ".join(map(written, result.parts.to_dict("records")))
    notes = (f"{kpi.formula} = {parts} = {comes if known(result.value) else 'not known'}", kpi.edge)
    when = f", sent {moment(result.sent_local)}" if result.sent_local is not None else ""
    return Table("explained", f"{kpi.title} of {named(result.campaign)}{when}", result.parts, columns, notes)
