"""Values of KPIs as readers meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.messages import _
from kit.metrics.kpis import find
from kit.show.formats import UNKNOWN, known, minutes, money, with_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.metrics.kpis import Kpi


def amount(kpi: Kpi, currency: str = "") -> Callable[[Any], str]:
    """How a KPI that is no share is written: a time, or an amount in this currency."""
    return minutes if kpi.unit == "minutes" else money(currency)


def value_with_interval(row: Mapping[Any, Any], currency: str = "") -> str:
    """The value of a KPI with its interval: 8.1% (6.9–9.5), 3.40 EUR (3.10 EUR to 3.70 EUR).

    Args:
        row: kpi [its key], value, low, high.
        currency: of amounts.
    """
    kpi = find(row["kpi"])
    if not known(row["value"]):
        return UNKNOWN
    if kpi.unit == "share":
        return with_interval(row["value"], row["low"], row["high"])
    write = amount(kpi, currency)
    if not (known(row["low"]) and known(row["high"])):
        return _("{value} (no interval)", value=write(row["value"]))
    return _("{value} ({low} to {high})", **{name: write(row[name]) for name in ("value", "low", "high")})
