"""Words of customer value: what customers will buy and pay, and how that went the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import MINUS, known, money, points, share, whole
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.value import CLOSE, KINDS, TIMES

if TYPE_CHECKING:
    from kit.value import Check, Worth


def value_models_table(result: Worth) -> Table:
    """The models of buying beside each other."""
    columns = (
        Column("kind", "Model", KINDS.__getitem__),
        Column("customers", "Customers", whole, unit="people", number=True),
        Column("value", f"Purchases within {result.days} days", _total, unit="purchases", number=True, whole_row=True),
        Column("new", "… by a new customer", _new, unit="purchases", number=True, whole_row=True),
        Column("loglik", "Log-likelihood", lambda value: f"{value:,.1f}".replace("-", MINUS), number=True),
    )
    notes = (
        "A purchase is a person and day, after the first. Brackets: 95 % prediction intervals, if nothing changes.",
        "BG/NBD holds everybody who bought once to be alive; its chance of being alive is never used to rank.",
    )
    return Table("value_models", "How often customers will buy", result.models, columns, notes, f"{result.reason}.")


def value_fit_table(result: Worth) -> Table:
    """How many people bought so many times again, and how many the models expect to."""
    columns = (
        Column("times", "Bought again", _times, unit="purchases"),
        Column("observed", "People", whole, unit="people", number=True),
        *(Column(kind, f"… by {title}", whole, unit="people", number=True) for kind, title in KINDS.items()),
    )
    return Table("value_fit", "Do the models fit the log?", result.fit, columns, empty=f"{result.reason}.")


def value(result: Worth, currency: str = "") -> Summary:
    """What all customers will pay, and what a purchase is worth."""
    numbers: dict[str, Any] = {"customers": result.customers, "repeaters": result.repeaters}
    if result.reason:
        return Summary("value", f"What a customer is worth is not told: {result.reason}.", numbers)
    row = result.models[result.models["kind"] == result.kind].iloc[0]
    text = (
        f"{whole(result.customers)} customers, of whom {whole(result.repeaters)} bought again, are expected to buy "
        f"{_total(row)} times more within {result.days} days. "
    )
    numbers |= {"purchases": row["value"], "days": result.days}
    if result.total is None or result.spending is None:
        return Summary("value", text + f"What they pay is not told: {result.moneyless}.", numbers)
    write = money(currency)
    text += (
        f"They are expected to pay {_money(result.total.value, result.total.low, result.total.high, currency)}, "
        f"{write(result.total.value / result.customers)} a customer. "
    )
    correlation = result.spending.correlation
    numbers |= {"money": result.total.value, "correlation": correlation}
    if known(correlation):
        text += f"Number and mean of purchases correlate by {_two(correlation)}: "
        text += (
            "little enough for the model."
            if abs(correlation) <= CLOSE
            else "more than the model allows, so take the money with care."
        )
    return Summary("value", text.rstrip(), numbers, headline=True, weight=50)


def value_check_table(result: Check, currency: str = "") -> Table:
    """What was expected of the days held back, and what happened."""
    columns = (
        Column("what", "What", lambda what: what.capitalize()),
        Column("kind", "Model", KINDS.__getitem__),
        Column("expected", "Expected", _checked(currency), number=True, whole_row=True),
        Column("observed", "Observed", _observed(currency), number=True, whole_row=True),
        Column("drift", "More than expected (%)", points, unit="share", number=True),
    )
    notes = (
        f"Fitted without the last {result.days} days to the {whole(result.customers)} customers of the time before.",
        "The brackets are 95 % prediction intervals; beyond them times have changed or the model does not fit.",
    )
    return Table(
        "value_check", "The last part of the log, held back", result.totals, columns, notes, f"{result.reason}."
    )


def value_bands_table(result: Check) -> Table:
    """Groups of customers of like expectation: what was expected of them, and what they did."""
    columns = (
        Column("band", "Group", lambda band: f"{band} (the least)" if band == 1 else str(band)),
        Column("n", "Customers", whole, unit="people", number=True),
        Column("expected", "Purchases expected of each", _two, unit="purchases", number=True),
        Column("observed", "Purchases made by each", _made, unit="purchases", number=True, whole_row=True),
    )
    return Table("value_bands", "By what was expected of them", result.bands, columns, (), f"{result.reason}.")


def value_rankings_table(result: Check) -> Table:
    """How well each order of customers puts those who bought above the others."""
    columns = (
        Column("by", "Customers in order of", lambda text: text[0].upper() + text[1:]),
        Column("value", "Pairs in the right order", _auc, unit="share", number=True, whole_row=True),
    )
    notes = ("Of pairs of one who bought in the days held back and one who did not; half is a coin.",)
    return Table("value_rankings", "Which order finds the buyers", result.rankings, columns, notes, f"{result.reason}.")


def value_check(result: Check, kind: str = "mbg") -> Summary:
    """Whether the model held on the days held back."""
    if result.reason:
        return Summary("value_check", f"The models are not checked: {result.reason}.", {"reason": result.reason})
    row = result.totals[(result.totals["kind"] == kind) & (result.totals["what"] == "purchases")].iloc[0]
    inside = row["low"] <= row["observed"] <= row["high"]
    text = (
        f"Fitted without the last {result.days} days, the model expected {whole(row['expected'])} purchases "
        f"({whole(row['low'])}–{whole(row['high'])}) in them; there were {whole(row['observed'])}, "
        + (
            "as expected."
            if inside
            else f"{_far(row['drift'])} than expected: times have changed or the model does not fit, so take what lies "
            "ahead with care."
        )
    )
    numbers = {"expected": row["expected"], "observed": row["observed"], "inside": bool(inside)}
    return Summary("value_check", text, numbers, headline=True, weight=20 if inside else 45)


def _times(value: Any) -> str:
    return f"{TIMES} times or more" if value == TIMES else {0: "never", 1: "once"}.get(value, f"{value} times")


def _new(row: Any) -> str:
    return f"{row['new']:.2f} ({row['new_low']:.2f}–{row['new_high']:.2f})"


def _total(row: Any) -> str:
    return f"{whole(row['value'])} ({whole(row['low'])}–{whole(row['high'])})"


def _money(value: float, low: float, high: float, currency: str) -> str:
    ends = f" ({whole(low)}–{whole(high)})" if known(low) else " (no interval)"
    return f"{whole(value)} {currency}".rstrip() + ends


def _checked(currency: str) -> Any:
    def write(row: Any) -> str:
        named = currency if row["what"] == "money" else ""
        return _money(row["expected"], row["low"], row["high"], named)

    return write


def _observed(currency: str) -> Any:
    return lambda row: f"{whole(row['observed'])} {currency if row['what'] == 'money' else ''}".rstrip()


def _two(value: Any) -> str:
    return f"{float(value):.2f}".replace("-", MINUS)


def _far(drift: float) -> str:
    return f"{share(abs(drift))} {'more' if drift > 0 else 'fewer'}"


def _made(row: Any) -> str:
    return (
        f"{_two(row['observed'])} ({_two(row['low'])}–{_two(row['high'])})"
        if known(row["low"])
        else _two(row["observed"])
    )


def _auc(row: Any) -> str:
    return f"{row['value'] * 100:.0f}% ({row['low'] * 100:.0f}–{row['high'] * 100:.0f})"
