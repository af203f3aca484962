"""Does it pay: what came back for what was spent. (guide 2)

Attributed and incremental stand side by side. Only the second is an effect of the mail, and only where there was a
holdout can it be told.
"""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.counts import scope
from kit.counts.scope import count
from kit.messages import _, message, message_n
from kit.metrics import Figure
from kit.questions.sales_cycle.attribution import BOOTSTRAP, HEADLINE, OF_A_SPAN, SPAN
from kit.show.formats import UNKNOWN, commas, decimal, known, points, signed_share, with_ends
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.bootstrap import BootstrapInterval
from kit.tables import COSTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kit.messages import Message
    from kit.questions.sales_cycle.attribution import Attribution
    from kit.questions.sales_cycle.holdout import Effect, Holdout
    from kit.questions.sales_cycle.span import Span
    from kit.store import Data

NOT_KNOWN = BootstrapInterval(nan, nan, nan)

_ORDER = message("an order; a cost of this time")
_MARGIN = message(
    "attributed and incremental are shown together; not given without money.margin or costs, with costs of 0, or "
    "with costs in several or other currencies"
)

FIGURES = (
    Figure(
        "revenue_per_cost", message("Revenue per unit of cost"), message("revenue / cost"), _ORDER,
        "guide 2; CIMM lexicon (TRA: incremental sales / cost)", ("returns.value",), window=SPAN, interval=BOOTSTRAP,
        edge=message(
            "attributed and incremental are shown together; also called return on investment, but it is not ROI; "
            "with a cost of 0 not defined, never infinite"
        ),
    ),
    Figure(
        "profit", message("Profit"), message("revenue x margin - cost"), _ORDER, "guide 2", ("returns.value",),
        window=SPAN, interval=BOOTSTRAP, edge=_MARGIN,
    ),
    Figure(
        "roi", message("Return on investment (ROI)"), message("(revenue x margin - cost) / cost"), _ORDER,
        "guide 2; CIMM lexicon (IAB: net profit / investment)",
        ("returns.value", "returns.attributed", "returns.incremental"), window=SPAN, interval=BOOTSTRAP, edge=_MARGIN,
    ),
    Figure(
        "cost", message("Cost"),
        message("staff hours x rate + software + sending + discounts given, as the cost file names them"),
        message("a row of the cost file; split by days if its period goes beyond this time"), "guide 2",
        ("returns.cost",), window=SPAN,
        edge=message("not known if a row has no amount, no period, or another currency"),
    ),
)  # fmt: skip

_BASES = {"attributed": message("attributed"), "incremental": message("incremental")}

_NAMES = {
    "revenue": message("revenue"),
    "revenue per unit of cost": message("revenue per unit of cost"),
    "profit": message("profit"),
    "ROI": message("ROI"),
}
"""The figures in words."""

_KINDS = {
    "people": message("people"),
    "software": message("software"),
    "sending": message("sending"),
    "discount": message("discount"),
    "other": message("other"),
}
"""The kinds of cost in words."""


def compare(data: Data, span: Span, holdout: Holdout) -> Returns:
    """What came back for what was spent, attributed and incremental, gross and net.

    Args:
        data: what `kit.open` returned; the margin is the setting `money.margin`.
        span: what `span.common` returned.
        holdout: what `holdout.measure` returned for the same span.

    Source: guide 2. "ROI" is profit over cost (IAB), "revenue per unit of cost" is sales over cost (TRA); both are
    called return on investment (CIMM lexicon), so both are named.
    """
    return judge(
        costs(data, span.begin, span.end),
        holdout.sold,
        holdout.effect,
        margin=data.settings["money.margin"],
        narrowed=bool(data.filters),
    )


@count("costs", whole=OF_A_SPAN, unfiltered=scope.NO_CAMPAIGN)
def costs(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """What the mail of a span cost, by kind; a cost whose period reaches beyond it counts by its days.

    A day of which the span holds a part counts in full.

    Returns:
        A row a kind: kind, amount [money], hours [h, those without a rate and without the setting
        `money.hour_rate` too], unpriced [rows whose amount is not known], undated [rows without a period, or
        of one that ends before it begins, which are in no amount], currency [of these rows; NULL where they have
        several].
    """
    table = scope.frame(data, COSTS.name)
    columns = ["kind", "amount", "hours", "unpriced", "undated", "currency"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    rate = data.settings["money.hour_rate"]
    hours, amount = table["hours"].astype(float), table["amount"].astype(float)
    amount = amount.fillna(hours * rate) if rate is not None else amount
    first = pd.to_datetime(table["period_start"]).to_numpy(dtype="datetime64[s]")
    last = pd.to_datetime(table["period_end"]).to_numpy(dtype="datetime64[s]") + np.timedelta64(1, "D")
    # A span that ends at the last sale of a day costs that day: cost is by the day, not by the second.
    days = np.datetime64(pd.Timestamp(begin).floor("D"), "s"), np.datetime64(pd.Timestamp(end).ceil("D"), "s")
    since, until = np.maximum(first, days[0]), np.minimum(last, days[1])
    undated = ~(last > first)  # so is one without either day
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.where(undated, 0.0, np.clip((until - since) / (last - first), 0, None))
    written = table.loc[(inside > 0) | undated, "currency"]
    currencies = written.fillna(data.settings["currency"]).unique()
    priced = table.assign(
        amount=amount * inside,
        hours=hours * inside,
        unpriced=(amount.isna() & (inside > 0)).astype(int),
        undated=undated.astype(int),
    )
    sums = priced.groupby("kind")[["amount", "hours", "unpriced", "undated"]].sum().reset_index()
    currency = data.settings["currency"] if written.empty else currencies[0]
    return sums.assign(currency=currency if len(currencies) < 2 else None)[columns]


def judge(
    spent: pd.DataFrame,
    sold: Attribution,
    effect: Effect | None,
    *,
    margin: float | None,
    narrowed: bool = False,
    days: int = HEADLINE,
) -> Returns:
    """Return on what was spent: attributed and incremental, gross and net.

    Args:
        spent: what `costs` returned for the span.
        sold: what `attribution.judge` returned for the same span; costs in another currency are not set against it.
        effect: that of the holdout for the same span; None where there is no holdout.
        margin: the share of net revenue that is left after what was sold is paid for; None: not known.
        narrowed: the sales are those of some campaigns only, and costs are of all mail.
        days: the window of the attributed figures.

    Returns:
        The figures. A cost of 0 or not known gives no ratio, and the reason is told: it is never infinite.
    """
    row = sold.windows[sold.windows["days"] == days].to_dict("records")[0]
    bases = {"attributed": (BootstrapInterval(row["revenue"], row["low"], row["high"]), sold.problem)}
    bases["incremental"] = _incremental(effect)
    cost, why = _cost(spent)
    currency = "" if spent.empty else spent["currency"].iloc[0]
    if not why and currency and sold.currency and currency != sold.currency:
        why = message("costs are in {currency} and sales in {of_sales}", currency=currency, of_sales=sold.currency)
        cost = nan
    if not why and narrowed:
        why = message("the question covers only some campaigns, but the costs cover all e-mails")
        cost = nan
    lacking = "" if margin is not None else message("the margin is not known; set money.margin in kit.toml")
    refused = _unpriced(sold.unpriced)
    part = nan if margin is None else margin
    rows = []
    for basis, (revenue, problem) in bases.items():
        no_ratio, no_profit = refused or problem or why, refused or problem or lacking or why
        figures = (
            ("revenue", revenue, refused or problem),
            ("revenue per unit of cost", revenue.scaled(1 / cost if cost else nan), no_ratio),
            ("profit", revenue.scaled(part, -cost), no_profit),
            ("ROI", revenue.scaled(part / cost if cost else nan, -1.0), no_profit),
        )
        for figure, interval, reason in figures:
            shown = NOT_KNOWN if reason else interval
            named = {"basis": basis, "figure": figure}
            rows.append(named | {"value": shown.value, "low": shown.low, "high": shown.high, "reason": reason})
    drawn = sold.reached if effect is None else int(effect.arms[["persons", "crossed"]].to_numpy().sum())
    return Returns(
        costs=spent,
        cost=cost,
        why=why,
        figures=pd.DataFrame(rows),
        reached=sold.reached,
        outside=max(sold.reached - drawn, 0),
        effect=effect,
        currency=sold.currency,
    )


@result
class Returns(Result):
    """What came back for what was spent.

    Attributes:
        costs: as `costs`.
        cost: all of it [money]; NaN where it is not known.
        why: the reason for that; "" where it is known.
        figures: a row a basis ("attributed" or "incremental") and figure ("revenue", "revenue per unit of cost",
            "profit", "ROI"): value, low, high, reason [why there is no value; "" where there is].
        reached: people to whom mail was delivered.
        outside: of them at least so many in no arm of the holdout: in the cost, in no incremental figure.
        effect: that of the holdout; None where there is none.
        currency: of the sales.
    """

    costs: pd.DataFrame
    cost: float
    why: str | Message
    figures: pd.DataFrame
    reached: int
    outside: int
    effect: Effect | None
    currency: str

    def summary(self) -> Summary:
        """Whether mail pays, in one sentence."""
        attributed, incremental = self._roi("attributed"), self._roi("incremental")
        numbers = {"attributed": attributed["value"], "incremental": incremental["value"], "cost": self.cost}
        if not known(incremental["value"]):
            text = _(
                "It is not decided yet whether e-mail pays: {why}. ROI attributed to clicks: {roi}.",
                why=incremental["reason"], roi=_percent_or_why(attributed),
            )  # fmt: skip
            return Summary("returns", text, numbers, headline=True, weight=60)
        verdict = message("It is not decided yet whether e-mail pays")
        if incremental["low"] > 0:
            verdict = message("E-mail pays")
        elif incremental["high"] < 0:
            verdict = message("E-mail does not pay")
        values = {"verdict": verdict, "roi": _percent(incremental), "by_clicks": _percent_or_why(attributed)}
        if known(attributed["value"]):
            text = _(
                "{verdict}: ROI measured against the group that got no e-mail is {roi}. Counting only sales after "
                "a click it would be {by_clicks}; the first figure decides.",
                **values,
            )
        else:
            text = _(
                "{verdict}: ROI measured against the group that got no e-mail is {roi}. Counting only sales after a "
                "click: {by_clicks}.",
                **values,
            )
        step = _("Keep a group without e-mails until the range for ROI lies fully above or fully below zero.")
        if incremental["low"] > 0:
            step = _("Continue, and keep a small group without e-mails so that you can check this later too.")
        elif incremental["high"] < 0:
            step = _("Stop or change the most expensive campaigns before the next one goes out.")
        decided = incremental["low"] > 0 or incremental["high"] < 0
        return Summary("returns", text, numbers, headline=True, weight=90 if decided else 55, next_step=step)

    def table(self) -> Table:
        """What came back for what was spent, attributed and incremental."""
        columns = (
            Column("basis", message("Counted as"), _BASES.__getitem__),
            Column("figure", message("Figure"), _NAMES.__getitem__),
            Column("value", message("Value"), _figure(self.currency), number=True, whole_row=True),
            Column("reason", message("Reason if unknown")),
        )
        notes = [
            self._cost_note(),
            message(
                "Attributed: sold after a click, including people who would have bought anyway. Incremental: sold "
                "beyond the control group."
            ),
            message(
                "ROI is profit divided by cost. Revenue per unit of cost is a different figure that is also called ROI."
            ),
        ]
        if self.outside:
            notes.append(
                message(
                    "At least {outside} of {reached} people who got e-mails are in no group of the test. What "
                    "e-mail brought from them is not in the incremental figures; its cost is.",
                    outside=self.outside, reached=self.reached,
                )
            )  # fmt: skip
        return Table("returns", message("Return on what was spent"), self.figures, columns, tuple(notes))

    def _roi(self, basis: str) -> dict[Any, Any]:
        """The ROI counted in one way."""
        figures = self.figures
        return figures[(figures["basis"] == basis) & (figures["figure"] == "ROI")].to_dict("records")[0]

    def _cost_note(self) -> Message:
        if not known(self.cost):
            return message("Cost in this time: not known.")
        kinds = [
            f"{_KINDS.get(kind, kind)} {decimal(amount, 0)}"
            for kind, amount in self.costs[["kind", "amount"]].to_numpy()
        ]
        return message(
            "Cost in this time: {amount} {currency} ({kinds}).",
            amount=decimal(self.cost, 0), currency=self.currency, kinds=commas(kinds),
        )  # fmt: skip


def _unpriced(orders: int) -> str | Message:
    if not orders:
        return ""
    return message_n("{n} order has no amount", "{n} orders have no amount", orders)


def _incremental(effect: Effect | None) -> tuple[BootstrapInterval, str | Message]:
    if effect is None:
        return NOT_KNOWN, message("there was no control group, so what e-mail alone brought is not known")
    revenue = effect.revenue.scaled(effect.treated)
    if not effect.problem and isnan(effect.revenue.low):
        return revenue, message("too few people bought in one of the groups for an interval")
    return revenue, effect.problem


def _cost(spent: pd.DataFrame) -> tuple[float, str | Message]:
    """All of it, or why it is not known."""
    if spent.empty:
        return nan, message("none of your files contains the cost of e-mail")
    if spent["currency"].isna().any():
        return nan, message("the costs are in several currencies")
    undated, unpriced = int(spent["undated"].sum()), int(spent["unpriced"].sum())
    if undated:
        return nan, message_n(
            "{n} cost has no period, or its period ends before it begins",
            "{n} costs have no period, or their periods end before they begin",
            undated,
        )
    if unpriced:
        return nan, message_n(
            "{n} cost has no amount; hours need a rate in the file, or money.hour_rate in kit.toml",
            "{n} costs have no amount; hours need a rate in the file, or money.hour_rate in kit.toml",
            unpriced,
        )
    total = float(spent["amount"].sum())
    if not total > 0:
        return nan, message("the costs of this time are 0, so nothing can be divided by them")
    return total, ""


def _figure(currency: str) -> Callable[[Any], str]:
    def write(row: Any) -> str:
        if not known(row["value"]):
            return UNKNOWN
        if row["figure"] == "ROI":
            return _percent(row)
        if row["figure"] == "revenue per unit of cost":
            return with_ends(decimal(row["value"], 2), row["low"], row["high"], lambda end: decimal(end, 2))
        amount = f"{decimal(row['value'], 0)} {currency}"
        return with_ends(amount, row["low"], row["high"], lambda end: decimal(end, 0))

    return write


def _percent(row: Any) -> str:
    return with_ends(signed_share(row["value"], 0), row["low"], row["high"], lambda end: points(end, 0))


def _percent_or_why(row: Any) -> str:
    return _percent(row) if known(row["value"]) else _("not known ({why})", why=row["reason"])
