"""Words of guide 2: sales after clicks, the effect that a holdout shows, return on what was spent."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.money import HEADLINE
from kit.show.formats import MINUS, known, money, points, share, span, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.money import Attribution, Effect, Returns, Span
    from kit.stats.bootstrap import BootstrapInterval

_ENDS = {
    "question": "the months asked for",
    "mail": "the event log's mail",
    "holdout": "the holdout test",
    "costs": "the costs",
}


def money_span(told: Span) -> Summary:
    """From when to when money is counted, and what set it."""
    numbers = {"begin": told.begin, "end": told.end}
    if told.problem:
        return Summary("money_span", f"Money cannot be set against mail: {told.problem}.", numbers)
    known_ends = [bound for bound in told.bounds if not pd.isna(bound[1])]
    starts = " and ".join(_ENDS[what] for what, begin, _ in known_ends if begin == told.begin)
    text = (
        f"All money below is of {told.begin:%Y-%m-%d} to {told.end:%Y-%m-%d}, the time that everything tells of: "
        f"it begins with {starts}."
    )
    return Summary("money_span", text, numbers)


def attribution_table(result: Attribution, currency: str) -> Table:
    """Sales within so many days after a click, window by window."""
    columns = (
        Column("days", "Days after the click", whole, unit="days", number=True),
        Column("buyers", "Buyers", whole, unit="people", number=True),
        Column("orders", "Orders", whole, unit="orders", number=True),
        Column("revenue", f"Revenue [{currency}]", _amount_of_row, unit="money", number=True, whole_row=True),
        Column("share", "Of all sales", share, unit="share", number=True),
    )
    everything = f"All sales of this time: {whole(result.orders)} orders, {_amount(result.revenue)} {currency}"
    notes = (
        "Credited to the last click of the same person before the sale; openings and scanners' clicks credit nothing.",
        f"{everything}; {whole(result.unknown_orders)} of them to nobody known, which no click can be found for.",
        "Net of refunds. The brackets are 95 % intervals over people; they do not say that the click was the cause.",
    )
    if result.unpriced:
        notes += (f"{whole(result.unpriced)} orders have no amount and are in no sum.",)
    if result.problem and not result.orders:
        notes = ()
    frame = result.windows.iloc[:0] if result.problem else result.windows
    return Table("attribution", "Sold after a click", frame, columns, notes, f"{result.problem}.")


def attribution(result: Attribution, currency: str) -> Summary:
    """What was sold within the headline window, and what that does not say."""
    row = result.windows[result.windows["days"] == HEADLINE].to_dict("records")[0]
    numbers: dict[str, Any] = {
        "days": HEADLINE,
        "revenue": row["revenue"],
        "share": row["share"],
        "all": result.revenue,
    }
    if result.problem:
        return Summary("attribution", f"What was sold after a click is not known: {result.problem}.", numbers)
    if not result.orders:
        return Summary("attribution", "No sales are known for this time.", numbers)
    text = (
        f"Within {HEADLINE} days after a click {whole(row['buyers'])} people bought for {_amount(row['revenue'])} "
        f"{currency}, {share(row['share'])} of all sales. Some of them would have bought without mail; how "
        "many, only a holdout tells."
    )
    return Summary("attribution", text, numbers)


def effects_table(results: list[Effect], currency: str) -> Table:
    """The arms of each holdout test."""
    frames = [one.arms.assign(experiment=one.experiment) for one in results]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[c.name for c in _ARMS("")])
    notes = (
        "Everybody counts in the arm they were drawn for, whether mail came or not. The brackets are 95 % intervals.",
        *(f"{one.experiment or 'The test'}: {one.problem}." for one in results if one.problem),
    )
    crossed = sum(int(one.arms["crossed"].sum()) for one in results)
    if crossed:
        notes += (f"{whole(crossed)} people stand in two arms of one test and are in neither.",)
    return Table("holdout", "With mail and without", frame, _ARMS(currency), notes, "no file says who got no mail.")


def _ARMS(currency: str) -> tuple[Column, ...]:  # noqa: N802  a constant but for the currency
    return (
        Column("experiment", "Test"),
        Column("arm", "Arm"),
        Column("persons", "People", whole, unit="people", number=True),
        Column("mailed", "Got mail", whole, unit="people", number=True),
        Column("value", "Bought", _interval, unit="share", number=True, whole_row=True),
        Column("revenue", f"Revenue [{currency}]", _amount, unit="money", number=True),
        Column("per_person", "A person", lambda value: f"{value:,.2f}", unit="money", number=True),
    )


def effect(result: Effect | None, currency: str) -> Summary:
    """What mail alone brought, by the holdout."""
    if result is None or result.problem:
        why = "no holdout test tells of this time" if result is None else result.problem
        text = f"What mail alone brings is not known: {why}. Keep a tenth of the list, drawn at random, without mail."
        return Summary("holdout", text, {}, headline=True, weight=70)
    more, money_more = result.buyers, result.revenue
    numbers: dict[str, Any] = {"buyers": more.value, "low": more.low, "high": more.high, "revenue": money_more.value}
    text = (
        f"With mail against without: {points(more.value)} percentage points of people who bought "
        f"({span(more.low, more.high)}) and {_about(money_more, currency)} a person"
    )
    if not known(money_more.low):
        verdict = ": too few bought in one of the arms to tell."
    elif money_more.low > 0:
        verdict = ": mail brings sales."
    elif money_more.high < 0:
        verdict = ": mail costs sales."
    else:
        verdict = ": not decided whether mail brings sales."
    before = result.before
    if known(before.low) and not before.low <= 0 <= before.high:
        verdict += (
            " But the arms bought differently already before the test. Chance does that in one test of twenty; "
            "else they were not drawn at random, and the difference is no effect of mail."
        )
    return Summary("holdout", text + verdict, numbers, headline=True, weight=85)


def returns_table(result: Returns, currency: str) -> Table:
    """What came back for what was spent, attributed and incremental."""
    columns = (
        Column("basis", "Counted as"),
        Column("figure", "Figure"),
        Column("value", "Value", _figure(currency), number=True, whole_row=True),
        Column("reason", "Why not"),
    )
    spent = ", ".join(f"{row['kind']} {_amount(row['amount'])}" for row in result.costs.to_dict("records"))
    cost = f"{_amount(result.cost)} {currency} ({spent})" if known(result.cost) else "not known"
    notes = (
        f"Cost of this time: {cost}.",
        "Attributed: sold after a click, whoever would have bought anyway included. Incremental: beyond the holdout.",
        "ROI is profit over cost; revenue a unit of cost is another number that is called ROI, too.",
    )
    if result.outside:
        few = f"At least {whole(result.outside)} of {whole(result.reached)} people whom mail reached"
        notes += (
            f"{few} stand in no arm of the test: what mail brought them is in no incremental figure, what it cost is.",
        )
    return Table("returns", "What came back for what was spent", result.table, columns, notes)


def returns(result: Returns) -> Summary:
    """Whether mail pays, in one sentence."""
    attributed, alone = _row(result, "attributed"), _row(result, "incremental")
    numbers = {"attributed": attributed["value"], "incremental": alone["value"], "cost": result.cost}
    told = _percent(attributed) if known(attributed["value"]) else f"not known ({attributed['reason']})"
    if not known(alone["value"]):
        text = f"Whether mail pays is not decided: {alone['reason']}. ROI of what was sold after clicks: {told}."
        return Summary("returns", text, numbers, headline=True, weight=60)
    verdict = "Whether mail pays is not decided"
    if alone["low"] > 0:
        verdict = "Mail pays"
    elif alone["high"] < 0:
        verdict = "Mail does not pay"
    clicks = "would be" if known(attributed["value"]) else "is"
    text = f"{verdict}: its own ROI is {_percent(alone)}; counted by clicks it {clicks} {told}."
    return Summary("returns", text, numbers, headline=True, weight=90)


def cost_each_table(frame: pd.DataFrame, currency: str) -> Table:
    """What a person in each stage and a buyer brought by mail alone cost."""
    columns = (
        Column("what", "Cost of a"),
        Column("number", "People", whole, unit="people", number=True),
        Column("value", f"Each [{currency}]", _each, unit="money", number=True, whole_row=True),
        Column("late", "Went on later", whole, unit="people", number=True),
        Column("reason", "Why not"),
    )
    late = "Went on later: they did so after this time, so that in the end a customer of its leads costs less."
    notes = (
        "The whole cost over everybody who entered the stage in this time, whether mail brought them or not.",
        f"A lead is no profit: what it is worth shows only in how many become customers. {late}",
    )
    return Table("cost_each", "Cost per lead and per customer", frame, columns, notes)


def cost_each(frame: pd.DataFrame, currency: str) -> Summary:
    """What the cost of a lead says about that of a customer."""
    rows = {row["what"]: row for row in frame.to_dict("records")}
    lead, customer = rows.get("lead"), rows.get("customer")
    numbers = {what: row["value"] for what, row in rows.items()}
    if lead is None or customer is None or not known(lead["value"]) or not known(customer["value"]):
        reason = next((row["reason"] for row in (lead, customer) if row and row["reason"]), "a stage is not told of")
        return Summary("cost_each", f"Cost per lead and per customer cannot be compared: {reason}.", numbers)
    write = money(currency)
    text = (
        f"A lead cost {write(lead['value'])} and a new customer {write(customer['value'])}, as there was one new "
        f"customer for {lead['number'] / customer['number']:.1f} leads. A cheaper lead that buys less often is no gain."
    )
    if lead["late"]:
        text += f" {whole(lead['late'])} leads of this time became customers after it."
    return Summary("cost_each", text, numbers)


def _row(result: Returns, basis: str) -> dict[Any, Any]:
    """The ROI counted in one way."""
    table = result.table
    return table[(table["basis"] == basis) & (table["figure"] == "ROI")].to_dict("records")[0]


def _amount(value: Any) -> str:
    return f"{float(value):,.0f}".replace("-", MINUS)


def _amount_of_row(row: Any) -> str:
    if not known(row["low"]):
        return f"{_amount(row['revenue'])} (no interval)"
    return f"{_amount(row['revenue'])} ({_amount(row['low'])}–{_amount(row['high'])})"


def _about(told: BootstrapInterval, currency: str) -> str:
    write = money(currency)
    if not known(told.low):
        return write(told.value)
    return f"{write(told.value)} ({told.low:,.2f} to {told.high:,.2f})".replace("-", MINUS)


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _figure(currency: str) -> Callable[[Any], str]:
    def write(row: Any) -> str:
        if not known(row["value"]):
            return "–"
        if row["figure"] == "ROI":
            return _percent(row)
        if row["figure"] == "revenue a unit of cost":
            ends = f" ({row['low']:.2f} to {row['high']:.2f})" if known(row["low"]) else " (no interval)"
            return f"{row['value']:.2f}{ends}".replace("-", MINUS)
        ends = f" ({_amount(row['low'])} to {_amount(row['high'])})" if known(row["low"]) else " (no interval)"
        return f"{_amount(row['value'])} {currency}{ends}"

    return write


def _percent(row: Any) -> str:
    ends = f" ({row['low'] * 100:+.0f} to {row['high'] * 100:+.0f})" if known(row["low"]) else " (no interval)"
    return f"{row['value'] * 100:+.0f}%{ends}".replace("-", MINUS)


def _each(row: Any) -> str:
    if not known(row["value"]):
        return "–"
    if not known(row["low"]):
        return f"{row['value']:,.2f}"
    upper = "no upper end" if isinf(row["high"]) else f"{row['high']:,.2f}"
    return f"{row['value']:,.2f} ({row['low']:,.2f} to {upper})"
