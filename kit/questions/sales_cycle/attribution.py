"""What was sold within days after a click; whoever would have bought anyway is in it too. (guide 2)"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.counts.scope import count
from kit.messages import _, _n, message, message_n
from kit.metrics import Figure
from kit.show.formats import decimal, known, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import bootstrap
from kit.store import machine_events
from kit.store.messages import leaves, local, message_key, ref
from kit.tables import EVENTS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kit.messages import Message
    from kit.questions.sales_cycle.span import Span
    from kit.store import Data, Expression

OF_A_SPAN = "it is asked for a span of its own"
"""Why a period does not narrow it: the page chooses the span in which all sources of money are known."""

WINDOWS = (1, 3, 5, 7, 14)
"""Days after a click within which a sale is credited to it."""

HEADLINE = 7
"""Days after a click that the return is told for; the table shows the others beside it."""

EFRON = "guide 2; Efron & Tibshirani (1993), doi:10.1201/9780429246593"
BOOTSTRAP = message("95 %: bootstrap t, over people")
SPAN = message("the time that question, e-mails, control group and costs all cover; the page names it")
"""The window of every figure of money."""

_AFTER_CLICK = message("the given number of days after the click; {span}", span=SPAN)

FIGURES = (
    Figure(
        "attributed_revenue", message("Attributed revenue"),
        message("net order value after refunds, of orders after a click"),
        message("an order, credited to the person's last click before it"), EFRON,
        ("attribution.revenue", "attribution.days", "returns.value"), window=_AFTER_CLICK, interval=BOOTSTRAP,
        edge=message(
            "one currency; people who would have bought anyway are included; opens, scanners' clicks and the "
            "unsubscribe link get no credit"
        ),
    ),
    Figure(
        "attributed_orders", message("Attributed orders and buyers"),
        message("orders after a click; people with such an order"), message("an order; a person"), "guide 2",
        ("attribution.orders", "attribution.buyers"), window=_AFTER_CLICK, edge=message("cancelled orders do not "
                                                                                        "count"),
    ),
    Figure(
        "sold_before_click", message("Sold before a click"),
        message("net order value of orders before a click; people with such an order"),
        message("an order, before the person's next click; a person"), "guide 2",
        ("attribution.revenue_before", "attribution.buyers_before"),
        window=message("the given number of days before the click; {span}", span=SPAN),
        edge=message("that click cannot have caused it: this is what the same people buy anyway"),
    ),
    Figure(
        "attributed_share", message("Of all sales"), message("attributed revenue / revenue of all sales"),
        message("an order"), "guide 2", ("attribution.share", "attribution.all"), window=SPAN,
        edge=message(
            "the denominator includes orders of unknown people; orders without an amount are in neither"
        ),
    ),
)  # fmt: skip


def credit(data: Data, span: Span) -> Attribution:
    """What was sold after clicks, by the days between the last click and the sale.

    Args:
        data: what `kit.open` returned; filters narrow the mail whose clicks count.
        span: what `span.common` returned.

    Source: guide 2; last touch by click.
    """
    return judge(
        sold(data, span.begin, span.end),
        clicked_sales(data, span.begin, span.end),
        reached(data, span.begin, span.end),
        currency=data.currencies[0] if len(data.currencies) == 1 else "",
        problem=span.problem,
    )


@count("orders", whole=OF_A_SPAN, unfiltered=scope.NO_CAMPAIGN)
def sold(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """Sales of a span by whether it is known to whom; cancelled orders are no sales.

    Returns:
        Two rows: known [bool: to whom], orders [number], revenue [net of refunds, of those with an amount],
        unpriced [orders without an amount].
    """
    sales = sales_to_people(data, begin, end)
    orders = log.sold(data)
    if orders is not None:
        nameless = ~col.contact_key.notnull()
        orders = orders.filter(nameless, (col.ordered_local >= begin) & (col.ordered_local < end))
    rows = []
    for named, table in ((True, sales), (False, orders)):
        sums = (0, 0.0, 0)
        if table is not None:
            unpriced = col.count(where=~col.worth.notnull())
            totals = table.aggregate(n=col.count(), worth=col.worth.sum().fill_null(0.0), unpriced=unpriced)
            sums = totals.fill_null(0).to_pandas().to_numpy()[0]
        rows.append((named, int(sums[0]), float(sums[1]), int(sums[2])))
    return pd.DataFrame(rows, columns=["known", "orders", "revenue", "unpriced"])


@count("orders", "events", whole=OF_A_SPAN)
def clicked_sales(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """Sales of a span near a click of the same person, credited to the last click before them, or the next after them.

    Only clicks that no strict rule names as a scanner's, of mail that the filters leave, and none on the
    link that leaves the list; openings credit nothing. What was sold before a click no click has brought: it is the
    base rate of the same people.

    Returns:
        A row a person, campaign, side and window: person [a number, in this frame only], campaign_id, before [the sale
        came before the click], days [the smallest of WINDOWS that lie between], orders, revenue [net of refunds].

    Source: guide 2; last touch by click.
    """
    sales = sales_to_people(data, begin, end)
    events = scope.history(data, EVENTS.name)
    columns = ["person", "campaign_id", "before", "days", "orders", "revenue"]
    if sales is None or events is None:
        return pd.DataFrame(columns=columns)
    events = events.mutate(ref=ref(events), key=message_key(events))
    clicks = machine_events.clicks(events, data.settings)
    clicks = clicks.filter(
        ~leaves(clicks), ~machine_events.by_machine(col), col.occurred_at.notnull(), col.contact_key.notnull()
    )
    mails = scope.history(data, MESSAGES.name).filter(col.campaign_id.isin(data.campaigns["campaign_id"].tolist()))
    clicks = clicks.join(mails.select("message_key", campaign="campaign_id"), [("key", "message_key")])
    clicks = clicks.select("contact_key", "campaign", clicked_at="occurred_at")
    sales = sales.mutate(number=ibis.row_number())
    reach = ibis.interval(days=max(WINDOWS))
    pairs = sales.join(
        clicks,
        [
            sales.contact_key == clicks.contact_key,
            clicks.clicked_at <= sales.occurred_at + reach,
            sales.occurred_at <= clicks.clicked_at + reach,
        ],
    )
    pairs = pairs.mutate(before=col.occurred_at <= col.clicked_at)
    pairs = pairs.mutate(
        first=ibis.least(col.occurred_at, col.clicked_at), then=ibis.greatest(col.occurred_at, col.clicked_at)
    )
    nearest = ibis.window(group_by=["number", "before"], order_by=[ibis.desc("first"), "then", "campaign"])
    credited = pairs.mutate(place=ibis.row_number().over(nearest)).filter(col.place == 0)
    within = [(col.then <= col.first + ibis.interval(days=days), days) for days in WINDOWS]
    credited = credited.mutate(days=ibis.cases(*within, else_=max(WINDOWS)))
    sums = credited.group_by("contact_key", "campaign", "before", "days").agg(
        orders=col.count(), revenue=col.worth.sum().fill_null(0.0)
    )
    frame = sums.order_by("contact_key", "campaign", "before", "days").to_pandas()
    person = frame["contact_key"].factorize()[0]
    return frame.rename(columns={"campaign": "campaign_id"}).assign(person=person)[columns]


@count("messages", whole=OF_A_SPAN)
def reached(data: Data, begin: datetime, end: datetime) -> int:
    """People to whom mail that the filters leave was delivered in a span."""
    table = scope.history(data, MESSAGES.name)
    if table is None:
        return 0
    mails = table.filter(col.campaign_id.isin(data.campaigns["campaign_id"].tolist()), col.reached)
    mails = mails.filter((col.sent_local >= begin) & (col.sent_local < end))
    return int(mails.contact_key.nunique().to_pyarrow().as_py())


def sales_to_people(data: Data, begin: datetime | None, end: datetime | None) -> Expression:
    """Sales to known people: contact_key, occurred_at, occurred_local, worth; None where none can be joined."""
    actions = log.actions(data)
    if actions is None:
        return None
    sales = actions.filter(col.is_order).mutate(occurred_local=local(col.occurred_at, data.settings))
    if begin is not None:
        sales = sales.filter(col.occurred_local >= begin)
    return sales if end is None else sales.filter(col.occurred_local < end)


def judge(
    sales: pd.DataFrame,
    clicked: pd.DataFrame,
    people: int,
    *,
    windows: Sequence[int] = WINDOWS,
    currency: str = "",
    problem: str | Message = "",
) -> Attribution:
    """Sales by the days between the last click and the sale.

    Args:
        sales: what `sold` returned.
        clicked: what `clicked_sales` returned.
        people: those to whom mail was delivered, from `reached`.
        windows: the days.
        currency: of the sales.
        problem: of the span; "" where there is one.

    Source: guide 2. The interval is over people, by the bootstrap's t: how well the sum is known if the same list
    bought again. It says nothing of whether the mail was the cause.
    """
    total = float(sales["revenue"].sum())
    rows = []
    for days in windows:
        within = clicked[(clicked["days"] <= days) & ~clicked["before"].astype(bool)]
        anyway = clicked[(clicked["days"] <= days) & clicked["before"].astype(bool)]
        of_person = within.groupby("person")["revenue"].sum()
        size = max(people, len(of_person))
        mean = bootstrap.mean_interval(bootstrap.units(of_person, size))
        rows.append(
            {"days": days, "orders": int(within["orders"].sum()), "buyers": within["person"].nunique()}
            | {"revenue": float(within["revenue"].sum()), "low": mean.low * size, "high": mean.high * size}
            | {"buyers_before": anyway["person"].nunique(), "revenue_before": float(anyway["revenue"].sum())}
        )
    frame = pd.DataFrame(rows)
    frame["share"] = frame["revenue"] / total if total > 0 else nan
    if not problem and not people and clicked.empty:
        problem = message("no export shows which people got and clicked e-mails in this time")
    if problem:
        frame = frame.assign(**dict.fromkeys(frame.columns.drop("days"), nan))
    return Attribution(
        windows=frame,
        orders=int(sales["orders"].sum()),
        revenue=total,
        unknown_orders=int(sales.loc[~sales["known"].astype(bool), "orders"].sum()),
        unpriced=int(sales["unpriced"].sum()),
        reached=people,
        currency=currency,
        problem=problem,
    )


@result
class Attribution(Result):
    """What was sold after clicks.

    Attributes:
        windows: a row a window: days, orders, buyers, revenue [net of refunds], low, high [of the revenue, over
            the people reached], buyers_before, revenue_before [likewise, of sales that came before a click: the base
            rate], share [of the revenue of all sales].
        orders: all sales of the span, to known people and unknown ones.
        revenue: of all of them.
        unknown_orders: of them to nobody known, which no click can be found for.
        unpriced: of them without an amount, which is missing from every sum.
        reached: people to whom mail was delivered.
        currency: of the sales; "" where they have none or several.
        problem: why it cannot be told, and the windows hold no numbers; "" where it can.
    """

    windows: pd.DataFrame
    orders: int
    revenue: float
    unknown_orders: int
    unpriced: int
    reached: int
    currency: str = ""
    problem: str | Message = ""

    def summary(self) -> Summary:
        """What was sold within the headline window, and what that does not say."""
        row = self.windows[self.windows["days"] == HEADLINE].to_dict("records")[0]
        numbers: dict[str, Any] = {
            "days": HEADLINE,
            "revenue": row["revenue"],
            "share": row["share"],
            "all": self.revenue,
        }
        if self.problem:
            text = _("What was sold after a click is not known: {why}.", why=self.problem)
            return Summary("attribution", text, numbers)
        if not self.orders:
            return Summary("attribution", _("The data has no sales for this time."), numbers)
        bought = _n(
            "{n} person bought within {days} days after a click, for {revenue} {currency}. This is {share} of all "
            "sales.",
            "{n} people bought within {days} days after a click, for {revenue} {currency}. This is {share} of all "
            "sales.",
            row["buyers"], n=whole(row["buyers"]), days=HEADLINE, revenue=decimal(row["revenue"], 0),
            currency=self.currency, share=share(row["share"]),
        )  # fmt: skip
        numbers |= {"buyers_before": row["buyers_before"], "revenue_before": row["revenue_before"]}
        caution = _n(
            "In the {days} days before a click, {n} person bought for {revenue} {currency}. Only a control group "
            "shows how many buy without e-mails.",
            "In the {days} days before a click, {n} people bought for {revenue} {currency}. Only a control group "
            "shows how many buy without e-mails.",
            row["buyers_before"], n=whole(row["buyers_before"]), days=HEADLINE,
            revenue=decimal(row["revenue_before"], 0), currency=self.currency,
        )  # fmt: skip
        return Summary("attribution", f"{bought} {caution}", numbers)

    def table(self) -> Table:
        """Sales within so many days after a click, window by window."""
        revenue = message("Revenue [{currency}]", currency=self.currency)
        columns = (
            Column("days", message("Days after the click"), whole, unit="days", number=True),
            Column("buyers", message("Buyers"), whole, unit="people", number=True),
            Column("orders", message("Orders"), whole, unit="orders", number=True),
            Column("revenue", revenue, _revenue, unit="money", number=True, whole_row=True),
            Column("share", message("Of all sales"), share, unit="share", number=True),
            Column("buyers_before", message("Buyers before a click"), whole, unit="people", number=True),
            Column("revenue_before", message("Revenue before a click"), _whole_amount, unit="money", number=True),
        )
        title, empty = message("Sold after a click"), message("{why}.", why=self.problem)
        notes = () if self.problem and not self.orders else self._notes()
        frame = self.windows.iloc[:0] if self.problem else self.windows
        return Table("attribution", title, frame, columns, notes, empty)

    def _notes(self) -> tuple[Message, ...]:
        notes = [
            message(
                "Sales are credited to the last click of the same person before the sale. Opens and scanners' "
                "clicks get no credit."
            ),
            message_n(
                "All sales of this time: {n} order, {revenue} {currency}. Orders of unknown buyers, for which no "
                "click can be found: {unknown}.",
                "All sales of this time: {n} orders, {revenue} {currency}. Orders of unknown buyers, for which no "
                "click can be found: {unknown}.",
                self.orders, revenue=decimal(self.revenue, 0), currency=self.currency, unknown=self.unknown_orders,
            ),
            message(
                "Before a click: sold in as many days before the person's next click. That click cannot have caused "
                "it: this is what the same people buy anyway. A sale between two clicks is in both figures."
            ),
            message(
                "Revenue is after refunds. The brackets are 95 % intervals over people; they do not show that the "
                "click was the cause."
            ),
        ]  # fmt: skip
        if self.unpriced:
            notes.append(
                message_n(
                    "{n} order has no amount and is not in the totals.",
                    "{n} orders have no amount and are not in the totals.",
                    self.unpriced,
                )
            )
        return tuple(notes)


def _whole_amount(amount: float) -> str:
    return decimal(amount, 0)


def _revenue(row: Any) -> str:
    amount = decimal(row["revenue"], 0)
    if not known(row["low"]):
        return _("{value} (no interval)", value=amount)
    return f"{amount} ({decimal(row['low'], 0)}–{decimal(row['high'], 0)})"
