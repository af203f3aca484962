"""The currencies of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibis import _

from kit.counts import scope
from kit.counts.scope import count

if TYPE_CHECKING:
    from kit.store import Data


@count("orders", whole="money of several currencies is never added, whatever the period", unfiltered=scope.NO_CAMPAIGN)
def currencies(data: Data) -> tuple[str, ...]:
    """The currencies of the orders; amounts of several are never added."""
    orders = scope.history(data, "orders")
    if orders is None:
        return ()
    written = orders.filter(_.total.fill_null(0.0) != 0).select("currency").distinct().to_pandas()["currency"]
    return tuple(sorted(set(written.fillna(data.settings["currency"]))))
