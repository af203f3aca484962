"""Values of KPIs as readers meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.messages import _, _n
from kit.metrics.kpis import find
from kit.show import cells
from kit.show.formats import UNKNOWN, known, minutes, money, whole, with_interval
from kit.show.table import Column
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from kit.metrics.kpis import Kpi


def amount(kpi: Kpi, currency: str = "") -> Callable[[Any], str]:
    """How a KPI that is no share is written: a time, or an amount in this currency."""
    return minutes if kpi.unit == "minutes" else money(currency)


def raw_columns(kpi: Kpi) -> tuple[Column, ...]:
    """The column of the raw version beside a KPI of people's reactions (`values.with_raw`); () beside another."""
    if not kpi.raw:
        return ()
    return (Column("raw", find(kpi.raw).title, cells.rate_of("raw"), unit="share", number=True, whole_row=True),)


def totals_note(kpi: Kpi, left_out: int) -> list[str]:
    """That totals do not tell people from machines, where campaigns are left out for it."""
    if not (kpi.raw and left_out):
        return []
    return [
        _n(
            "{n} campaign has only totals, which do not separate people from machines, so it is left out. The "
            "parameter kpi={raw} shows it with machines included.",
            "{n} campaigns have only totals, which do not separate people from machines, so they are left out. The "
            "parameter kpi={raw} shows them with machines included.",
            left_out,
            raw=kpi.raw,
        )
    ]


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


def base_rate_note(keys: Iterable[str], base: pd.DataFrame | None) -> list[str]:
    """How many do the same anyway, where the conversion rate is among these KPIs.

    Args:
        keys: of the KPIs shown.
        base: what `counts.base_rate` returned; None: not asked.
    """
    if base is None or base.empty or not {"conversion_rate", "conversion_rate_of_sent"} & set(keys):
        return []
    row = base.iloc[0]
    mails = int(row["mails"])
    before, later = (
        with_interval(row[name] / mails, *map(float, proportions.proportion_interval(row[name], mails)))
        for name in ("before", "later")
    )
    return [
        _(
            "Conversion rate: people act without e-mails, too. Of {mails} of these e-mails, {before} had the same "
            "action by the same person in the {days} days before. In the {days} days after the window, {later} had "
            "it.",
            mails=whole(mails), before=before, later=later, days=whole(row["days"]),
        )
    ]  # fmt: skip
