"""What the firm changed, and when, as its own log of actions has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.counts import scope
from kit.counts.scope import count

if TYPE_CHECKING:
    from kit.store import Data

COLUMNS = ["number", "day", "what"]


@count("actions", unfiltered=scope.NO_CAMPAIGN)
def action_log(data: Data) -> pd.DataFrame:
    """The actions of the question's period: number [from 1, over all of the log], day, what; the earliest first."""
    log = scope.frame(data, "actions")
    log = log.assign(day=pd.to_datetime(log["day"])).sort_values("day", kind="stable", ignore_index=True)
    log["number"] = range(1, len(log) + 1)
    return log.loc[scope.inside(data, log["day"]), COLUMNS].reset_index(drop=True)
