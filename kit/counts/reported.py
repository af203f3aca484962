"""Rates that a file reports without the counts behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.tables import CAMPAIGN_STATS, COUNT_NAMES

if TYPE_CHECKING:
    from kit.store import Data

RATES = ("reported_open_rate", "reported_click_rate", "reported_ctor")


@count("campaign_stats")
def reported_rates(data: Data) -> pd.DataFrame:
    """The rates that stand alone.

    Returns:
        A row a month or campaign and file of which no count is told: month [NULL: no file has it], name, and RATES
        [shares, as reported: of what is not known].
    """
    stats = scope.rows(data, CAMPAIGN_STATS.name)
    if stats is None:
        return pd.DataFrame(columns=["month", "name", *RATES])
    alone = [~stats[name].notnull() for name in COUNT_NAMES]
    alone = stats.filter(ibis.or_(*(stats[name].notnull() for name in RATES)), *alone)
    alone = alone.mutate(month=_.sent_local.strftime("%Y-%m"), name=_.campaign_name).to_pandas()
    alone = alone.sort_values("sent_local", kind="stable", ignore_index=True)  # undated: as the file has them
    return alone[["month", "name", *RATES]]
