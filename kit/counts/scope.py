"""The scope of a question: its period and filters, applied to every count here and nowhere else.

A counting function takes the rows of the question by `rows`, and what lies outside of it (a yardstick, a first
purchase, whatever came before a mail) by `history`; it marks its own days by `within` or `inside`. `@count` registers
it with what a period and a filter do to it, which a test holds it to.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import ibis
import pandas as pd

from kit.counts.saved import saved
from kit.store import AUTOMATED, Data, Expression
from kit.store.messages import local
from kit.tables import EVENTS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCKS = {
    "campaigns": "sent_local",
    "campaign_stats": "sent_local",
    "messages": "sent_local",
    "orders": "ordered_local",
    "conversions": "occurred_local",
    "tickets": "created_local",
    "correspondence": "occurred_local",
    "surveys": "responded_local",
    "deals": "created_local",
    "billing": "occurred_local",
    "actions": "day",
}
"""The column by which a period takes a table's rows; events go by the instant on the firm's clock."""

OF_CAMPAIGN = ("campaigns", "campaign_stats", "messages")
"""Tables whose rows belong to a campaign, so that a filter narrows them; events name theirs as the platform does."""

NO_CAMPAIGN = "its rows belong to no campaign"
"""Why a filter does not narrow a count."""

_MONTH = r"\d{4}-\d{2}"
"""What a row that sums up a month is called."""

Function = TypeVar("Function", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Count:
    """A registered counting function.

    Attributes:
        name: module and function.
        function: what was decorated.
        tables: the canonical tables that it counts; it answers with nothing where none of them was read.
        whole: why a period does not narrow it; "": it does.
        unfiltered: why a filter does not narrow it; "": it does.
    """

    name: str
    function: Callable[..., Any]
    tables: tuple[str, ...]
    whole: str
    unfiltered: str


COUNTS: dict[str, Count] = {}
"""Every counting function of the kit, by module and name."""


def count(*tables: str, whole: str = "", unfiltered: str = "") -> Callable[[Function], Function]:
    """Register a counting function, whose first argument is the data; what it returns is computed once (`saved`).

    Args:
        tables: the canonical tables that it counts.
        whole: why a period does not narrow it; "": it does.
        unfiltered: why a filter does not narrow it; "": it does.
    """

    def register(function: Function) -> Function:
        name = f"{function.__module__}.{function.__qualname__}"
        COUNTS[name] = Count(name, function, tables, whole, unfiltered)
        signature = inspect.signature(function)

        @wraps(function)
        def counted(data: Data, *args: Any, **keywords: Any) -> Any:
            call = signature.bind(data, *args, **keywords)
            call.apply_defaults()
            _data, *arguments = call.arguments.items()
            return saved(data, name, dict(arguments), lambda: function(*call.args, **call.kwargs))

        return cast("Function", counted)

    return register


def rows(data: Data, table: str) -> Expression:
    """The rows of a table that the question is about; None where nothing was read for it.

    Args:
        data: what `kit.open` returned.
        table: one of CLOCKS, or "events".
    """
    whole = history(data, table)
    if whole is None:
        return None
    moment = local(whole.occurred_at, data.settings) if table == EVENTS.name else whole[CLOCKS[table]]
    return _filtered(whole.filter(within(data, moment)), data, table)


def history(data: Data, table: str) -> Expression:
    """All rows of a table, whatever the question is; None where nothing was read for it."""
    return data.expression(table)


def frame(data: Data, table: str) -> pd.DataFrame:
    """All rows of a table as a frame, whatever the question is; empty where nothing was read for it."""
    return data.table(table)


def within(data: Data, moment: Expression) -> Expression:
    """Whether a moment or day on the firm's clock lies in the question's period; without one all do."""
    if data.period is None:
        return ibis.literal(value=True)
    return moment.cast("date").between(data.period.first, data.period.last)


def inside(data: Data, moments: pd.Series, names: pd.Series | None = None) -> pd.Series:
    """Whether moments on the firm's clock lie in the question's period; without one all do.

    Args:
        data: what `kit.open` returned.
        moments: of sending, answering …; what has none is in no period.
        names: of the campaigns; a row that sums up a month (it is called like 2026-03) is in no period of days.
    """
    if data.period is None:
        return pd.Series(data=True, index=moments.index)
    times = pd.to_datetime(moments)
    asked = (times >= data.period.begin) & (times < data.period.end)
    if names is not None and not data.period.of_months:
        asked &= ~is_month(names)
    return asked.astype(bool)


def is_month(names: pd.Series) -> pd.Series:
    """Whether campaigns are sums of a month, by their names."""
    return names.astype("string").str.fullmatch(_MONTH).fillna(value=False).astype(bool)


def campaigns(data: Data) -> pd.DataFrame:
    """The campaigns of the question, tests included: those that the filters keep, sent in the period."""
    kept = data.campaigns
    return kept[inside(data, kept["sent_local"], kept["campaign_name"])].reset_index(drop=True)


def population(data: Data) -> list[str]:
    """The ids of the campaigns of the question's mail, bulk or automated, that the filters keep; tests are left out."""
    kept = data.campaigns[~data.campaigns["is_test"].astype(bool)]
    automated = kept["campaign_type"].isin(AUTOMATED)
    return kept.loc[automated == (data.population == "automated"), "campaign_id"].tolist()


def of_population(data: Data) -> Expression:
    """The messages of the question's mail (`Data.population`) in the period; None without an event log."""
    messages = history(data, MESSAGES.name)
    if messages is None:
        return None
    return messages.filter(in_population(messages, data), within(data, messages.sent_local))


def in_population(messages: Expression, data: Data) -> Expression:
    """Whether messages are of the question's mail: bulk or automated mail, or mail that names no campaign."""
    if data.population == "no campaign":
        return ~messages.campaign_id.notnull()
    return messages.campaign_id.isin(population(data))


def filtered(data: Data, messages: Expression) -> Expression:
    """Messages of the campaigns that the filters keep."""
    return _filtered(messages, data, MESSAGES.name)


def months_left_out(data: Data) -> int:
    """Rows of the exports that sum up a month of the question, which a period of days cannot take apart."""
    if data.period is None or data.period.of_months:
        return 0
    first, last = data.period.months
    names = data.campaigns["campaign_name"]
    return int(names[is_month(names)].between(first, last).sum())


def _filtered(table: Expression, data: Data, name: str) -> Expression:
    if not data.filters:
        return table
    if name in OF_CAMPAIGN:
        return table.filter(table.campaign_id.isin(data.campaigns["campaign_id"].tolist()))
    if name == EVENTS.name:
        names = [*data.campaigns["source_campaign_id"].dropna(), *data.campaigns["campaign_name"].dropna()]
        return table.filter(table.source_campaign_id.isin(names) | table.campaign_name.isin(names))
    return table
