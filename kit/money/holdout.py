"""What people with mail bought beyond those who, drawn at random, got none."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from kit.errors import UsageError, nearest
from kit.stats import bootstrap, proportions
from kit.stats.bootstrap import BootstrapInterval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Effect:
    """What a holdout tells.

    Attributes:
        experiment: the test; "" where its file names none.
        arms: a row an arm: arm, is_holdout, persons, crossed, mailed, buyers, value, low, high [share of
            persons who bought], orders, revenue, per_person.
        treated: persons who were to get mail.
        buyers: the share of buyers among them beyond the holdout's, with Newcombe's interval.
        revenue: money a person beyond the holdout's [net of refunds].
        before: the same from before the assignment, where there should be no difference.
        problem: why it cannot be told; "" where it can.
    """

    experiment: str
    arms: pd.DataFrame
    treated: int
    buyers: BootstrapInterval
    revenue: BootstrapInterval
    before: BootstrapInterval
    problem: str = ""


def effects(arms: pd.DataFrame, sales: pd.DataFrame) -> list[Effect]:
    """The effect of each holdout test, by assignment: whoever was to get mail counts, whether it came or not.

    Args:
        arms: what `counts.arms` returned.
        sales: what `counts.arm_sales` returned.

    Source: guide 2; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, for shares;
    the bootstrap's t over persons for money, Efron and Tibshirani (1993), doi:10.1201/9780429246593.
    """
    groups = arms.groupby("experiment", sort=True)
    return [_effect(str(name), own, sales[sales["experiment"] == name]) for name, own in groups]


def chosen(results: Sequence[Effect], experiment: str = "") -> Effect | None:
    """The test of this name; "" for the only one, or the largest; None where there is none.

    Raises:
        UsageError: there is no such test; names the nearest.
    """
    if not experiment:
        return max(results, key=lambda one: one.treated, default=None)
    for one in results:
        if one.experiment == experiment:
            return one
    raise UsageError(
        f"There is no holdout test {experiment!r}. {nearest(experiment, [one.experiment for one in results])}"
    )


def _effect(name: str, arms: pd.DataFrame, sales: pd.DataFrame) -> Effect:
    table = arms.merge(_bought(sales[sales["after"].astype(bool)]), on="arm", how="left")
    table = table.fillna({"buyers": 0, "orders": 0, "revenue": 0.0}).drop(columns="experiment")
    low, high = proportions.proportion_interval(table["buyers"], table["persons"])
    people = table["persons"].astype(float).where(table["persons"] > 0)
    table = table.assign(value=table["buyers"] / people, low=low, high=high, per_person=table["revenue"] / people)
    held = table["is_holdout"]
    nothing = BootstrapInterval(nan, nan, nan)
    treated = int(table.loc[~held.fillna(value=True).astype(bool), "persons"].sum())
    problem = _why_no_effect(table)
    if problem:
        return Effect(name, table, treated, nothing, nothing, nothing, problem)
    sides = [(table[held.astype(bool)], sales), (table[~held.astype(bool)], sales)]
    (x_a, n_a), (x_b, n_b) = ((int(side["buyers"].sum()), int(side["persons"].sum())) for side, _ in sides)
    more = proportions.proportion_difference(x_a, n_a, x_b, n_b)
    return Effect(
        name,
        table,
        treated,
        BootstrapInterval(more.value, more.low, more.high),
        _gap(table, sales[sales["after"].astype(bool)]),
        _gap(table, sales[~sales["after"].astype(bool)]),
    )


def _why_no_effect(table: pd.DataFrame) -> str:
    held = table["is_holdout"]
    if held.isna().any():
        return f"nothing says which arm got no mail: {', '.join(table['arm'])}; name it under holdout.arms in kit.toml"
    if held.astype(bool).all() or not held.astype(bool).any():
        return "all people stand in one arm; a test needs one with mail and one without"
    if table["assigned"].isna().all():
        return "the file does not say when people were assigned"
    return ""


def _bought(sales: pd.DataFrame) -> pd.DataFrame:
    return (
        sales.groupby("arm")
        .agg(buyers=("orders", "size"), orders=("orders", "sum"), revenue=("revenue", "sum"))
        .reset_index()
    )


def _gap(table: pd.DataFrame, sales: pd.DataFrame) -> BootstrapInterval:
    """Money a person of those with mail less that of the holdout."""
    held = table["is_holdout"].astype(bool)
    groups = [
        bootstrap.units(
            sales.loc[sales["arm"].isin(table.loc[side, "arm"]), "revenue"], int(table.loc[side, "persons"].sum())
        )
        for side in (held, ~held)
    ]
    return bootstrap.mean_difference(*groups)
