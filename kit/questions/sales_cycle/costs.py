"""What does a lead cost, and a customer? (guide 2)"""

from __future__ import annotations

from math import inf, isinf, nan
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.counts.scope import count
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.sales_cycle.attribution import OF_A_SPAN, SPAN
from kit.questions.sales_cycle.holdout import ASSIGNED, NEWCOMBE
from kit.questions.sales_cycle.stages import CUSTOMER, LEAD, PERSON
from kit.questions.sales_cycle.ways import ways
from kit.show.formats import UNKNOWN, decimal, known, money, whole, with_ends
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kit.messages import Message
    from kit.questions.sales_cycle.holdout import Effect
    from kit.questions.sales_cycle.returns import Returns
    from kit.questions.sales_cycle.span import Span
    from kit.store import Data

EXTRA = "buyer brought by e-mail alone"
"""What the holdout's own row is called among the costs of one person."""

FIGURES = (
    Figure(
        "cost_per_lead", message("Cost per lead"), message("cost / people who became leads"),
        message("a person, by the first entry into the stage"), "guide 2",
        ("cost_each.value", "cost_each.number", "cost_each.lead"), window=SPAN,
        edge=message("fully loaded cost; not defined if nobody became a lead; the same for any other stage"),
    ),
    Figure(
        "cost_per_customer", message("Cost per customer"), message("cost / people who became customers"),
        message("a person, by the first order"), "guide 2",
        ("cost_each.value", "cost_each.number", "cost_each.customer"), window=SPAN,
        edge=message(
            "fully loaded cost; people who became customers only after this time are shown separately, as “went on "
            "later”"
        ),
    ),
    Figure(
        "cost_per_extra_buyer", message("Cost per buyer brought by e-mail alone"),
        message("cost / (incremental buyers x people with e-mails)"), ASSIGNED, f"guide 2; {NEWCOMBE}",
        ("cost_each.value", "cost_each.number", "cost_each.buyer brought by e-mail alone"), window=SPAN,
        interval=message("95 %: of the incremental buyers, inverted"),
        edge=message(
            "no upper limit if there may have been no extra buyers; not given where the control group bought as "
            "often"
        ),
    ),
    Figure(
        "went_on_later", message("Went on later"),
        message("of the people who entered the stage, those who entered the next one only after this time"), PERSON,
        "guide 2; DEFINITIONS", ("cost_each.late",), window=SPAN,
    ),
)  # fmt: skip


def each(data: Data, span: Span, returned: Returns) -> CostEach:
    """What a person in each stage cost, and a buyer whom mail alone brought.

    Args:
        data: what `kit.open` returned.
        span: what `span.common` returned.
        returned: what `returns.compare` returned for the same span.

    Source: guide 2; fully loaded cost over people who entered the stage in the span.
    """
    return judge(returned, entered(data, span.begin, span.end))


@count("contacts", "conversions", whole=OF_A_SPAN, unfiltered=scope.NO_CAMPAIGN)
def entered(data: Data, begin: datetime, end: datetime, stages: Sequence[str] = ()) -> pd.DataFrame:
    """People who entered each stage in a span, for what one of them cost.

    Args:
        data: what `kit.open` returned; its period does not narrow the span.
        begin: the first moment, on the firm's clock.
        end: the moment after the last.
        stages: their names in order; none: the setting `funnel.stages`.

    Returns:
        A row a stage after the first: stage, people, late [of them those who entered the next stage only after the
        span; NULL of the last stage].
    """
    names, people_on_way = ways(data, stages)
    if people_on_way is None:
        return pd.DataFrame(columns=["stage", "people", "late"])
    rows = []
    for place in range(1, len(names)):
        inside = people_on_way.filter((col[f"in_{place}"] >= begin) & (col[f"in_{place}"] < end))
        after = inside.filter(col[f"in_{place + 1}"] >= end).count() if place + 1 < len(names) else ibis.null("int64")
        people = inside.count().to_pyarrow().as_py()
        rows.append({"stage": names[place], "people": people, "late": after.to_pyarrow().as_py()})
    return pd.DataFrame(rows).astype({"late": "Int64"})


def judge(returned: Returns, people: pd.DataFrame) -> CostEach:
    """What a person in each stage cost, and a buyer whom mail alone brought.

    Args:
        returned: what `returns.judge` returned.
        people: what `entered` returned for the same span.
    """
    cost, why = returned.cost, returned.why
    rows = [
        _of_stage(row["stage"], row["people"], cost, why) | {"late": row["late"]} for row in people.to_dict("records")
    ]
    extra = _of_extra_buyer(cost, why, returned.effect)
    # What mail alone brought stands first, where it is known.
    rows.insert(0 if known(extra["value"]) else len(rows), extra)
    frame = pd.DataFrame(rows, columns=["what", "number", "late", "value", "low", "high", "reason"])
    return CostEach(frame, returned.currency)


@result
class CostEach(Result):
    """What one person cost.

    Attributes:
        people: a row a kind of person: what, number, late [entered the next stage only after the span], value, low,
            high [money each], reason. The cost of a buyer whom mail alone brought has no upper end where the holdout
            does not exclude that there were none, and is not told where the holdout bought as often.
        currency: of the cost.
    """

    people: pd.DataFrame
    currency: str

    def summary(self) -> Summary:
        """What the cost of a lead says about that of a customer."""
        rows = {row["what"]: row for row in self.people.to_dict("records")}
        lead, customer = rows.get(LEAD), rows.get(CUSTOMER)
        numbers = {what: row["value"] for what, row in rows.items()}
        if lead is None or customer is None or not known(lead["value"]) or not known(customer["value"]):
            reasons = [row["reason"] for row in (lead, customer) if row and row["reason"]]
            why = reasons[0] if reasons else message("there is no data on one of the stages")
            text = _("Cost per lead and per customer cannot be compared: {why}.", why=why)
            return Summary("cost_each", text, numbers)
        write = money(self.currency)
        text = _(
            "E-mail costs {lead} per lead and {customer} per customer. All new leads and customers are counted, "
            "with and without e-mails. So this is a share of the cost, not what it took to win one person. There "
            "was one new customer for {n} leads; a cheaper lead that buys less often is no gain.",
            lead=write(lead["value"]), customer=write(customer["value"]),
            n=decimal(lead["number"] / customer["number"], 1),
        )  # fmt: skip
        extra = rows[EXTRA]
        if known(extra["value"]):
            own = with_ends(write(extra["value"]), extra["low"], extra["high"], _end)
            text = " ".join([_("A buyer won by e-mail alone cost {cost}.", cost=own), text])
        if lead["late"]:
            later = _n(
                "{n} lead of this time became a customer later.",
                "{n} leads of this time became customers later.",
                lead["late"], n=whole(lead["late"]),
            )  # fmt: skip
            text = f"{text} {later}"
        return Summary("cost_each", text, numbers)

    def table(self) -> Table:
        """What a person in each stage and a buyer brought by e-mail alone cost."""
        columns = (
            Column("what", message("Cost per"), _in_words),
            Column("number", message("People"), whole, unit="people", number=True),
            Column(
                "value",
                message("Cost [{currency}]", currency=self.currency),
                _each,
                "money",
                number=True,
                whole_row=True,
            ),
            Column("late", message("Went on later"), whole, unit="people", number=True),
            Column("reason", message("Reason if unknown")),
        )
        notes = (
            message(
                "Per stage: the whole cost of e-mail divided by everybody who entered it in this time, with and "
                "without e-mails. Per buyer brought by e-mail alone: the same cost divided by the buyers beyond the "
                "control group."
            ),
            message(
                "A lead is not profit: its worth shows only in how many leads become customers. Went on later: they "
                "became customers after this time, so in the end each customer costs less."
            ),
        )
        return Table("cost_each", message("Cost per lead and per customer"), self.people, columns, notes)


def _of_stage(what: str, number: int, cost: float, why: str | Message) -> dict[str, Any]:
    reason = why or ("" if number else message("nobody entered this stage"))
    value = nan if reason else cost / number
    return {"what": what, "number": number, "value": value, "low": nan, "high": nan, "reason": reason}


def _of_extra_buyer(cost: float, why: str | Message, effect: Effect | None) -> dict[str, Any]:
    """A buyer beyond the holdout: the ends of the cost are those of their number, turned round."""
    if effect is None:
        reason = why or message("there was no control group")
        return {"what": EXTRA, "number": nan, "value": nan, "low": nan, "high": nan, "reason": reason}
    number = effect.buyers.scaled(effect.treated)
    problem = effect.problem
    if not problem and not number.value > 0:
        problem = message("the control group bought as often or more, so no buyer can be credited to e-mail alone")
    reason = why or problem
    if reason:
        return {"what": EXTRA, "number": number.value, "value": nan, "low": nan, "high": nan, "reason": reason}
    value, low, high = (cost / end if end > 0 else inf for end in (number.value, number.high, number.low))
    return {"what": EXTRA, "number": number.value, "value": value, "low": low, "high": high, "reason": ""}


def _in_words(what: str) -> str | Message:
    return message("buyer brought by e-mail alone") if what == EXTRA else what


def _each(row: Any) -> str:
    if not known(row["value"]):
        return UNKNOWN
    value = decimal(row["value"], 2)
    if not known(row["low"]):
        return value
    return with_ends(value, row["low"], row["high"], _end)


def _end(amount: float) -> str:
    return _("no upper limit") if isinf(amount) else decimal(amount, 2)
