"""Does mail pay? (guide 2)

Two answers stand side by side. Attributed: what was sold within days after a click; whoever would have bought
anyway is in it too. Incremental: what the people who got mail bought beyond those who, drawn at random, got
none. Only the second is an effect of the mail, and only where there was a holdout can it be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.errors import UsageError, nearest
from kit.stats import rates, resample
from kit.stats.resample import Resampled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADLINE = 7
"""Days after a click that the return is told for; the table shows the others beside it."""

EXTRA = "buyer brought by mail alone"
"""What the holdout's own row is called among the costs of one person."""

OPENING = pd.Timedelta(days=1)
"""The shortest span that is looked at."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the money is counted, on the firm's clock.

    Attributes:
        begin: the first moment.
        end: the moment after the last.
        bounds: what set either end, as (what, begin, end).
        problem: why there is none; "" where there is.
    """

    begin: pd.Timestamp
    end: pd.Timestamp
    bounds: tuple[tuple[str, pd.Timestamp, pd.Timestamp], ...]
    problem: str = ""


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
    buyers: Resampled
    revenue: Resampled
    before: Resampled
    problem: str = ""


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


@dataclass(frozen=True, slots=True)
class Returns:
    """What came back for what was spent.

    Attributes:
        costs: as `counts.costs`.
        cost: all of it [money]; NaN where it is not known.
        why: the reason for that; "" where it is known.
        table: a row a basis ("attributed" or "incremental") and figure ("revenue", "revenue a unit of cost",
            "profit", "ROI"): value, low, high, reason [why there is no value; "" where there is].
    """

    costs: pd.DataFrame
    cost: float
    why: str
    table: pd.DataFrame


def span(spans: pd.DataFrame, currencies: Sequence[str] = ()) -> Span:
    """The time that everything tells of: the question's, the mail's, the holdout's and the costs'.

    Args:
        spans: what `counts.spans` returned.
        currencies: those of the sales, from `counts.currencies`; several are never added, so nothing is counted.
    """
    bounds = tuple((row["what"], row["begin"], row["end"]) for row in spans.to_dict("records"))
    if len(currencies) > 1:
        problem = f"sales are in several currencies ({', '.join(currencies)}), which are never added"
        return Span(pd.Timestamp(0), pd.Timestamp(0), bounds, problem)
    known = [bound for bound in bounds if not pd.isna(bound[1]) and not pd.isna(bound[2])]
    if not known:
        return Span(pd.Timestamp(0), pd.Timestamp(0), bounds, "nothing in the folder has a time")
    latest, earliest = max(known, key=lambda bound: bound[1]), min(known, key=lambda bound: bound[2])
    begin, end = latest[1], earliest[2]
    if end - begin < OPENING:
        problem = f"the {_NAMES[latest[0]]} begin only after the {_NAMES[earliest[0]]} end"
        return Span(begin, begin, bounds, problem)
    return Span(begin, end, bounds)


_NAMES: Mapping[str, str] = {
    "question": "months asked for",
    "mail": "mails of the event log",
    "holdout": "days of the holdout test",
    "costs": "costs",
}


def attribution(sold: pd.DataFrame, clicked: pd.DataFrame, reached: int, *, windows: Sequence[int]) -> Attribution:
    """Sales by the days between the last click and the sale.

    Args:
        sold: what `counts.sold` returned.
        clicked: what `counts.clicked_sales` returned.
        reached: people to whom mail was delivered, from `counts.reached`.
        windows: the days.

    Source: guide 2. The interval is over people, by the bootstrap's t: how well the sum is known if the same list
    bought again. It says nothing of whether the mail was the cause.
    """
    total = float(sold["revenue"].sum())
    rows = []
    for days in windows:
        own = clicked[clicked["days"] <= days]
        of_person = own.groupby("person")["revenue"].sum()
        told = resample.mean(resample.units(of_person, max(reached, len(of_person))))
        size = max(reached, len(of_person))
        rows.append(
            {"days": days, "orders": int(own["orders"].sum()), "buyers": own["person"].nunique()}
            | {"revenue": float(own["revenue"].sum()), "low": told.low * size, "high": told.high * size}
        )
    frame = pd.DataFrame(rows, columns=["days", "orders", "buyers", "revenue", "low", "high"])
    frame["share"] = frame["revenue"] / total if total > 0 else nan
    problem = "" if reached or len(clicked) else "no export tells which people got and clicked mail in this time"
    if problem:
        frame = frame.assign(**dict.fromkeys(frame.columns.drop("days"), nan))
    nobody = sold[~sold["known"].astype(bool)]
    orders, unpriced = int(sold["orders"].sum()), int(sold["unpriced"].sum())
    return Attribution(frame, orders, total, int(nobody["orders"].sum()), unpriced, reached, problem)


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
    low, high = rates.share(table["buyers"], table["persons"])
    people = table["persons"].astype(float).where(table["persons"] > 0)
    table = table.assign(value=table["buyers"] / people, low=low, high=high, per_person=table["revenue"] / people)
    held = table["is_holdout"]
    nothing = Resampled(nan, nan, nan)
    treated = int(table.loc[~held.fillna(value=True).astype(bool), "persons"].sum())
    problem = _why_no_effect(table)
    if problem:
        return Effect(name, table, treated, nothing, nothing, nothing, problem)
    sides = [(table[held.astype(bool)], sales), (table[~held.astype(bool)], sales)]
    (x_a, n_a), (x_b, n_b) = ((int(side["buyers"].sum()), int(side["persons"].sum())) for side, _ in sides)
    more = rates.difference(x_a, n_a, x_b, n_b)
    return Effect(
        name,
        table,
        treated,
        Resampled(more.value, more.low, more.high),
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


def _gap(table: pd.DataFrame, sales: pd.DataFrame) -> Resampled:
    """Money a person of those with mail less that of the holdout."""
    held = table["is_holdout"].astype(bool)
    groups = [
        resample.units(
            sales.loc[sales["arm"].isin(table.loc[side, "arm"]), "revenue"], int(table.loc[side, "persons"].sum())
        )
        for side in (held, ~held)
    ]
    return resample.difference(*groups)


def returns(
    costs: pd.DataFrame,
    sold: Attribution,
    effect: Effect | None,
    *,
    margin: float | None,
    currency: str = "",
    days: int = HEADLINE,
) -> Returns:
    """Return on what was spent: attributed and incremental, gross and net.

    Args:
        costs: what `counts.costs` returned for the span.
        sold: what `attribution` returned for the same span.
        effect: what `effects` returned for the same span; None where there is no holdout.
        margin: the share of net revenue that is left after what was sold is paid for; None: not known.
        currency: of the sales; costs in another one are not set against them.
        days: the window of the attributed figures.

    Returns:
        The figures. A cost of 0 or not known gives no ratio, and the reason is told: it is never infinite.

    Source: guide 2. "ROI" is profit over cost (IAB), "revenue a unit of cost" is sales over cost (TRA); both are
    called return on investment (CIMM lexicon), so both are named.
    """
    row = sold.windows[sold.windows["days"] == days].to_dict("records")[0]
    bases = {"attributed": (Resampled(row["revenue"], row["low"], row["high"]), sold.problem)}
    bases["incremental"] = _incremental(effect)
    cost, why = _cost(costs)
    spent_in = "" if costs.empty else costs["currency"].iloc[0]
    if not why and currency and spent_in and spent_in != currency:
        cost, why = nan, f"costs are in {spent_in} and sales in {currency}"
    refused = f"{sold.unpriced} orders have no amount" if sold.unpriced else ""
    rows = []
    for basis, (revenue, problem) in bases.items():
        spent = refused or problem or why
        earned = (
            refused
            or problem
            or ("" if margin is not None else "the margin is not known; say money.margin in kit.toml")
        )
        share = nan if margin is None else margin
        figures = (
            ("revenue", revenue, refused or problem),
            ("revenue a unit of cost", _scaled(revenue, 1 / cost if cost else nan), spent),
            ("profit", _scaled(revenue, share, -cost), earned or why),
            ("ROI", _scaled(revenue, share / cost if cost else nan, -1.0), earned or why),
        )
        for figure, told, reason in figures:
            shown = Resampled(nan, nan, nan) if reason else told
            rows.append(
                {
                    "basis": basis,
                    "figure": figure,
                    "value": shown.value,
                    "low": shown.low,
                    "high": shown.high,
                    "reason": reason,
                }
            )
    return Returns(costs, cost, why, pd.DataFrame(rows))


def _incremental(effect: Effect | None) -> tuple[Resampled, str]:
    if effect is None:
        return Resampled(nan, nan, nan), "there was no holdout, so nobody can tell what mail alone brought"
    return _scaled(effect.revenue, effect.treated), effect.problem


def _cost(costs: pd.DataFrame) -> tuple[float, str]:
    """All of it, or why it is not known."""
    if costs.empty:
        return nan, "no file says what mail cost"
    if costs["currency"].isna().any():
        return nan, "the costs are in several currencies"
    if costs["undated"].sum() > 0:
        return nan, f"{int(costs['undated'].sum())} costs have no period"
    if costs["unpriced"].sum() > 0:
        return (
            nan,
            f"{int(costs['unpriced'].sum())} costs have no amount; hours need a rate, or money.hour_rate in kit.toml",
        )
    total = float(costs["amount"].sum())
    return (total, "") if total > 0 else (nan, "the costs of this time are 0, and nothing can be told per 0")


def _scaled(told: Resampled, factor: float, added: float = 0.0) -> Resampled:
    """A mean and its interval on another scale; the factor is 0 or more."""
    return Resampled(told.value * factor + added, told.low * factor + added, told.high * factor + added)


def cost_each(returned: Returns, entered: pd.DataFrame, effect: Effect | None) -> pd.DataFrame:
    """What a person in each stage cost, and a buyer whom mail alone brought.

    Args:
        returned: what `returns` returned.
        entered: what `counts.entered` returned for the same span.
        effect: the holdout's; None where there is none.

    Returns:
        A row a kind of person: what, number, late [entered the next stage only after the span], value, low, high
        [money each], reason. The cost of a buyer whom mail alone brought has no upper end where the holdout does not
        exclude that there were none, and is not told where the holdout bought as often.

    Source: guide 2; fully loaded cost over people who entered the stage in the span.
    """
    why = returned.why
    rows = [_each(row["stage"], row["people"], returned.cost, why) | {"late": row["late"]} for row in _rows(entered)]
    rows.append(_each_extra(returned.cost, why, effect))
    return pd.DataFrame(rows, columns=["what", "number", "late", "value", "low", "high", "reason"])


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _each(what: str, number: int, cost: float, why: str) -> dict[str, Any]:
    reason = why or ("" if number else "nobody entered this stage")
    value = nan if reason else cost / number
    return {"what": what, "number": number, "value": value, "low": nan, "high": nan, "reason": reason}


def _each_extra(cost: float, why: str, effect: Effect | None) -> dict[str, Any]:
    """A buyer beyond the holdout: the ends of the cost are those of their number, turned round."""
    number, problem = Resampled(nan, nan, nan), "there was no holdout"
    if effect is not None:
        number, problem = _scaled(effect.buyers, effect.treated), effect.problem
    if not problem and not number.value > 0:
        problem = "the holdout bought as often or more: no buyer can be shown whom mail brought"
    reason = why or problem
    if reason:
        return {"what": EXTRA, "number": number.value, "value": nan, "low": nan, "high": nan, "reason": reason}
    value, low, high = (cost / end if end > 0 else inf for end in (number.value, number.high, number.low))
    return {"what": EXTRA, "number": number.value, "value": value, "low": low, "high": high, "reason": ""}
