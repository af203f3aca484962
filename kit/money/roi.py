"""What came back for what was spent, and what a lead and a customer cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan, nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.money.after_clicks import HEADLINE
from kit.stats.bootstrap import BootstrapInterval

if TYPE_CHECKING:
    from kit.money.after_clicks import Attribution
    from kit.money.holdout import Effect


EXTRA = "buyer brought by mail alone"
"""What the holdout's own row is called among the costs of one person."""


@dataclass(frozen=True, slots=True)
class Returns:
    """What came back for what was spent.

    Attributes:
        costs: as `counts.costs`.
        cost: all of it [money]; NaN where it is not known.
        why: the reason for that; "" where it is known.
        table: a row a basis ("attributed" or "incremental") and figure ("revenue", "revenue a unit of cost",
            "profit", "ROI"): value, low, high, reason [why there is no value; "" where there is].
        reached: people to whom mail was delivered.
        outside: of them at least so many in no arm of the holdout: in the cost, in no incremental figure.
    """

    costs: pd.DataFrame
    cost: float
    why: str
    table: pd.DataFrame
    reached: int = 0
    outside: int = 0


def returns(
    costs: pd.DataFrame,
    sold: Attribution,
    effect: Effect | None,
    *,
    margin: float | None,
    currency: str = "",
    narrowed: bool = False,
    days: int = HEADLINE,
) -> Returns:
    """Return on what was spent: attributed and incremental, gross and net.

    Args:
        costs: what `counts.costs` returned for the span.
        sold: what `attribution` returned for the same span.
        effect: what `effects` returned for the same span; None where there is no holdout.
        margin: the share of net revenue that is left after what was sold is paid for; None: not known.
        currency: of the sales; costs in another one are not set against them.
        narrowed: the sales are those of some campaigns only, and costs are of all mail.
        days: the window of the attributed figures.

    Returns:
        The figures. A cost of 0 or not known gives no ratio, and the reason is told: it is never infinite.

    Source: guide 2. "ROI" is profit over cost (IAB), "revenue a unit of cost" is sales over cost (TRA); both are
    called return on investment (CIMM lexicon), so both are named.
    """
    row = sold.windows[sold.windows["days"] == days].to_dict("records")[0]
    bases = {"attributed": (BootstrapInterval(row["revenue"], row["low"], row["high"]), sold.problem)}
    bases["incremental"] = _incremental(effect)
    cost, why = _cost(costs)
    spent_in = "" if costs.empty else costs["currency"].iloc[0]
    if not why and currency and spent_in and spent_in != currency:
        cost, why = nan, f"costs are in {spent_in} and sales in {currency}"
    if not why and narrowed:
        cost, why = nan, "the question is narrowed to some campaigns, and the costs are those of all mail"
    lacking = "" if margin is not None else "the margin is not known; say money.margin in kit.toml"
    refused = f"{sold.unpriced} orders have no amount" if sold.unpriced else ""
    rows = []
    for basis, (revenue, problem) in bases.items():
        spent = refused or problem or why
        earned = refused or problem or lacking
        share = nan if margin is None else margin
        figures = (
            ("revenue", revenue, refused or problem),
            ("revenue a unit of cost", _scaled(revenue, 1 / cost if cost else nan), spent),
            ("profit", _scaled(revenue, share, -cost), earned or why),
            ("ROI", _scaled(revenue, share / cost if cost else nan, -1.0), earned or why),
        )
        for figure, told, reason in figures:
            shown = BootstrapInterval(nan, nan, nan) if reason else told
            named = {"basis": basis, "figure": figure}
            rows.append(named | {"value": shown.value, "low": shown.low, "high": shown.high, "reason": reason})
    drawn = sold.reached if effect is None else int(effect.arms[["persons", "crossed"]].to_numpy().sum())
    return Returns(costs, cost, why, pd.DataFrame(rows), sold.reached, max(sold.reached - drawn, 0))


def _incremental(effect: Effect | None) -> tuple[BootstrapInterval, str]:
    if effect is None:
        return BootstrapInterval(nan, nan, nan), "there was no holdout, so nobody can tell what mail alone brought"
    few = "too few bought in one of the arms for an interval" if isnan(effect.revenue.low) else ""
    return _scaled(effect.revenue, effect.treated), effect.problem or few


def _cost(costs: pd.DataFrame) -> tuple[float, str]:
    """All of it, or why it is not known."""
    if costs.empty:
        return nan, "no file says what mail cost"
    if costs["currency"].isna().any():
        return nan, "the costs are in several currencies"
    if costs["undated"].sum() > 0:
        return nan, f"{int(costs['undated'].sum())} costs have no period, or one that ends before it begins"
    if costs["unpriced"].sum() > 0:
        return (
            nan,
            f"{int(costs['unpriced'].sum())} costs have no amount; hours need a rate, or money.hour_rate in kit.toml",
        )
    total = float(costs["amount"].sum())
    return (total, "") if total > 0 else (nan, "the costs of this time are 0, and nothing can be told per 0")


def _scaled(told: BootstrapInterval, factor: float, added: float = 0.0) -> BootstrapInterval:
    """A mean and its interval on another scale; the factor is 0 or more."""
    return BootstrapInterval(told.value * factor + added, told.low * factor + added, told.high * factor + added)


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
    number, problem = BootstrapInterval(nan, nan, nan), "there was no holdout"
    if effect is not None:
        number, problem = _scaled(effect.buyers, effect.treated), effect.problem
    if not problem and not number.value > 0:
        problem = "the holdout bought as often or more: no buyer can be shown whom mail brought"
    reason = why or problem
    if reason:
        return {"what": EXTRA, "number": number.value, "value": nan, "low": nan, "high": nan, "reason": reason}
    value, low, high = (cost / end if end > 0 else inf for end in (number.value, number.high, number.low))
    return {"what": EXTRA, "number": number.value, "value": value, "low": low, "high": high, "reason": ""}
