"""Is the difference in money sharper when what people spent before is taken into account? (guide 1, step 5)

Who spent much before spends much after, whichever line he gets. Where that is so, a part of the scatter can be taken
away and the same number of mails tells more (CUPED). Where it is not, nothing is gained: so the gain is told, not
taken for granted. The plain difference decides all the same; this one stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.judging import LEVEL
from kit.stats import means

if TYPE_CHECKING:
    from collections.abc import Hashable

COLUMNS = [
    *("campaign_id", "campaign_name", "a", "b", "n_a", "n_b"),
    *("difference", "low", "high", "adjusted", "adjusted_low", "adjusted_high", "adjusted_p", "gained", "theta"),
]


def revenue(spent: pd.DataFrame, counts: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """Each variant against the first of its campaign, plainly and adjusted by the people's earlier revenue.

    Args:
        spent: what `counts.spent(data)` returned.
        counts: a row a campaign and variant, for the names: campaign_id, campaign_name, sent_local.
        level: confidence of the intervals.

    Returns:
        A row a campaign and comparison: COLUMNS; differences are b - a, in money a mail; gained is the share of the
        variance that is gone [share], theta what a unit of earlier revenue goes with. NaN where nobody bought.

    Source: Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413.
    """
    told = counts.drop_duplicates("campaign_id").sort_values("sent_local", kind="stable")
    names = dict(zip(told["campaign_id"], told["campaign_name"], strict=True))
    groups = {name: own.sort_values("variant") for name, own in spent.groupby("campaign_id", sort=False)}
    rows = [
        _pair(groups[campaign].iloc[[0, b]], campaign, name, level)
        for campaign, name in names.items()
        if campaign in groups
        for b in range(1, len(groups[campaign]))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pair(arms: pd.DataFrame, campaign: Hashable, name: str, level: float) -> tuple[object, ...]:
    arm = {column: arms[column].to_numpy(dtype=float) for column in arms.columns if column not in _TEXTS}
    plain = means.welch(arm["revenue"], arm["revenue_squares"], arm["n"], level=level)
    found = means.cuped(
        (arm["revenue"], arm["revenue_squares"]),
        (arm["before"], arm["before_squares"]),
        arm["products"],
        arm["n"],
        level=level,
    )
    own = (campaign, name, *arms["variant"], *arm["n"])
    return (
        *own,
        plain.value,
        plain.low,
        plain.high,
        found.value,
        found.low,
        found.high,
        found.p,
        found.gained,
        found.theta,
    )


_TEXTS = ("campaign_id", "variant")
