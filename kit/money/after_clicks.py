"""What was sold within days after a click; whoever would have bought anyway is in it too."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import pandas as pd

from kit.stats import bootstrap

if TYPE_CHECKING:
    from collections.abc import Sequence


HEADLINE = 7
"""Days after a click that the return is told for; the table shows the others beside it."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """What was sold after clicks.

    Attributes:
        windows: a row a window: days, orders, buyers, revenue [net of refunds], low, high [of the revenue, over
            the people reached], share [of the revenue of all sales].
        orders: all sales of the span, to known people and unknown ones.
        revenue: of all of them.
        unknown_orders: of them to nobody known, which no click can be found for.
        unpriced: of them without an amount, which is missing from every sum.
        reached: people to whom mail was delivered.
        problem: why it cannot be told, and the windows hold no numbers; "" where it can.
    """

    windows: pd.DataFrame
    orders: int
    revenue: float
    unknown_orders: int
    unpriced: int
    reached: int
    problem: str = ""


def attribution(
    sold: pd.DataFrame, clicked: pd.DataFrame, reached: int, *, windows: Sequence[int], problem: str = ""
) -> Attribution:
    """Sales by the days between the last click and the sale.

    Args:
        sold: what `counts.sold` returned.
        clicked: what `counts.clicked_sales` returned.
        reached: people to whom mail was delivered, from `counts.reached`.
        windows: the days.
        problem: of the span; "" where there is one.

    Source: guide 2. The interval is over people, by the bootstrap's t: how well the sum is known if the same list
    bought again. It says nothing of whether the mail was the cause.
    """
    total = float(sold["revenue"].sum())
    rows = []
    for days in windows:
        own = clicked[clicked["days"] <= days]
        of_person = own.groupby("person")["revenue"].sum()
        told = bootstrap.mean_interval(bootstrap.units(of_person, max(reached, len(of_person))))
        size = max(reached, len(of_person))
        rows.append(
            {"days": days, "orders": int(own["orders"].sum()), "buyers": own["person"].nunique()}
            | {"revenue": float(own["revenue"].sum()), "low": told.low * size, "high": told.high * size}
        )
    frame = pd.DataFrame(rows, columns=["days", "orders", "buyers", "revenue", "low", "high"])
    frame["share"] = frame["revenue"] / total if total > 0 else nan
    if not problem and not reached and clicked.empty:
        problem = "no export tells which people got and clicked mail in this time"
    if problem:
        frame = frame.assign(**dict.fromkeys(frame.columns.drop("days"), nan))
    nobody = sold[~sold["known"].astype(bool)]
    orders, unpriced = int(sold["orders"].sum()), int(sold["unpriced"].sum())
    return Attribution(frame, orders, total, int(nobody["orders"].sum()), unpriced, reached, problem)
