"""What is a customer worth? (guide 2, customer value)

The models suppose that times stay as they were; `backtest` compares them with what happened. Customers are ranked by
what they are expected to buy, never by BG/NBD's chance of being alive, which is 1 for everybody who bought once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import PREDICTION, Figure
from kit.questions.retention import purchases
from kit.questions.retention.purchases import KINDS, NO_MODEL, SOURCE, amount, with_ends
from kit.show.formats import commas, decimal, known, money, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import bg_nbd, gamma_gamma

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.messages import Message
    from kit.questions.retention.backtest import Backtest
    from kit.questions.retention.purchases import Models
    from kit.stats.bg_nbd import Kind, Total
    from kit.stats.gamma_gamma import GammaGamma
    from kit.store import Data

CLOSE = 0.3
"""Correlation of number and mean of purchases beyond which the worth of a purchase may not be taken apart from them."""

TIMES = 4
"""Purchases after the first from which they are counted as "or more"."""

MODELS = ["kind", "customers", "r", "alpha", "a", "b", "loglik", "value", "low", "high", "new", "new_low", "new_high"]
EACH = ["frequency", "recency", "age", "n", "expected", "mean", "worth"]
FIT = ["times", "observed", "mbg", "bg"]


def estimate(data: Data, *, days: int = 180, kind: Kind = "mbg", check: Backtest | None = None) -> CustomerValue:
    """What the customers will buy and pay within so many days from now.

    Args:
        data: what `kit.open` returned; its period is that of the first order.
        days: ahead.
        kind: the model that customers are valued by: "mbg" or "bg".
        check: the back-test of the model; a forecast that failed it is no headline.

    Source: guide 2.
    """
    value = judge(purchases.count(data), days=days, currencies=counts.currencies(data), kind=kind)
    return replace(value, held=check.held) if check else value


def judge(
    histories: pd.DataFrame,
    *,
    days: int = 180,
    currencies: Sequence[str] = (),
    kind: Kind = "mbg",
    level: float = LEVEL,
) -> CustomerValue:
    """What the customers will buy and pay within so many days from now.

    Args:
        histories: what `purchases.count` returned.
        days: ahead.
        currencies: of the orders; of several no sum is made.
        kind: the model that customers are valued by: "mbg" or "bg".
        level: confidence.

    Source: guide 2; Batislam et al. (2007), Fader, Hardie & Lee (2005), Fader & Hardie (2013), see `kit.stats.bg_nbd`.
    """
    customers = int(histories["n"].sum())
    repeaters = int(histories.loc[histories["frequency"] > 0, "n"].sum())
    currency = commas(currencies)
    reason = purchases.why_not(histories, days)
    models = None if reason else purchases.fit(histories, currencies)
    if models is None or kind not in models.buying:
        reason = reason or NO_MODEL
        return CustomerValue(
            days,
            customers,
            repeaters,
            pd.DataFrame(columns=MODELS),
            pd.DataFrame(columns=FIT),
            pd.DataFrame(columns=EACH),
            None,
            None,
            kind,
            currency,
            reason,
            reason,
        )
    people, spending, mean = models.people, models.spending, models.mean
    rows = []
    for name, model in models.buying.items():
        total = bg_nbd.total_purchases(model, people, days, level=level)
        new = bg_nbd.new_customer_interval(model, days, level=level)
        parts = (model.r, model.alpha, model.a, model.b, model.loglik)
        parts += (total.value, total.low, total.high, new.value, new.low, new.high)
        rows.append((name, customers, *parts))
    buying = models.buying[kind]
    expected = bg_nbd.expected_purchases(buying, people, days)
    spend = np.full(expected.shape, np.nan)
    if spending:
        spend = gamma_gamma.expected_spend(spending, people.frequency, mean)
    each = histories[["frequency", "recency", "age", "n"]].assign(expected=expected, mean=spend, worth=expected * spend)
    total = gamma_gamma.total_spend(buying, spending, people, mean, days, level=level) if spending else None
    table = pd.DataFrame(rows, columns=MODELS)
    fit, moneyless = _times(models), models.moneyless
    return CustomerValue(days, customers, repeaters, table, fit, each, total, spending, kind, currency, "", moneyless)


def _times(models: Models) -> pd.DataFrame:
    """How many people bought so many times again, and how many the models expect to."""
    people = models.people
    ages, place = np.unique(people.age, return_inverse=True)
    weight = np.bincount(place, people.weights)
    rows = []
    for times in range(TIMES + 1):
        last = times == TIMES
        bought = people.frequency >= times if last else people.frequency == times
        row: dict[str, float] = {"times": times, "observed": float(people.weights[bought].sum())}
        for kind, model in models.buying.items():
            before = range(TIMES) if last else (times,)
            chance = sum(bg_nbd.probability_of_n_purchases(model, count, ages) for count in before)
            row[kind] = float(weight @ (1 - chance if last else chance))
        rows.append(row)
    return pd.DataFrame(rows, columns=FIT)


@result
class CustomerValue(Result):
    """What the customers will buy and pay.

    Attributes:
        days: from now.
        customers: people.
        repeaters: of them bought on another day.
        models: a row a model: kind, customers, r, alpha, a, b, loglik, value, low, high [purchases of all of them
            within `days`], new, new_low, new_high [those of a new customer after the first].
        fit: a row a number of purchases after the first: times [the last: so many or more], observed, mbg, bg [people].
        each: a row a history: frequency, recency, age [days], n, expected [purchases within `days`], mean [money a
            purchase], worth [money within `days`].
        total: their money within `days`; None where it is not known.
        spending: the model of the worth of a purchase; None where there is a reason.
        kind: the model by which `each` and `total` are.
        currency: of the money.
        reason: why nothing is known; "" where it is.
        moneyless: why no money is known; "" where it is.
        held: whether the model held in its back-test; None where it was not checked.
    """

    days: int
    customers: int
    repeaters: int
    models: pd.DataFrame
    fit: pd.DataFrame
    each: pd.DataFrame
    total: Total | None
    spending: GammaGamma | None
    kind: Kind
    currency: str
    reason: str | Message = ""
    moneyless: str | Message = ""
    held: bool | None = None

    def summary(self) -> Summary:
        """What all customers will buy and pay, and what a customer is worth."""
        numbers: dict[str, Any] = {"customers": self.customers, "repeaters": self.repeaters}
        if self.reason:
            text = _("What a customer is worth is not known: {reason}.", reason=self.reason)
            return Summary("value", text, numbers)
        row = self.models[self.models["kind"] == self.kind].iloc[0]
        text = _n(
            "{n} customer is expected to make {purchases} more purchases within {days} days; {repeaters} have "
            "already bought again.",
            "{n} customers are expected to make {purchases} more purchases within {days} days; {repeaters} have "
            "already bought again.",
            self.customers,
            repeaters=self.repeaters,
            purchases=_interval(row),
            days=self.days,
        )
        numbers |= {"purchases": row["value"], "days": self.days}
        if self.total is None or self.spending is None:
            unpaid = _("What they will pay is not known: {reason}.", reason=self.moneyless)
            return Summary("value", f"{text} {unpaid}", numbers)
        correlation = self.spending.correlation
        numbers |= {"money": self.total.value, "correlation": correlation}
        sentences = [
            text,
            _(
                "They are expected to pay {money}, which is {each} per customer.",
                money=amount(self.total.value, self.total.low, self.total.high, self.currency),
                each=money(self.currency)(self.total.value / self.customers),
            ),
        ]
        if known(correlation) and abs(correlation) > CLOSE:
            sentences.append(
                _(
                    "How often customers buy is related to how much they pay per purchase (correlation {value}). "
                    "The model does not allow this: use the money forecast with caution.",
                    value=decimal(correlation, 2),
                )
            )
        if self.held is False:
            sentences.insert(0, _("Do not rely on this forecast: the model failed its check on past data (below)."))
        return Summary("value", " ".join(sentences), numbers, headline=self.held is not False, weight=50)

    def table(self) -> Table:
        """The models of buying beside each other."""
        within = _n("Purchases within {n} day", "Purchases within {n} days", self.days)
        columns = (
            Column("kind", message("Model"), KINDS.__getitem__),
            Column("customers", message("Customers"), whole, unit="people", number=True),
            Column("value", within, _interval, unit="purchases", number=True, whole_row=True),
            Column("new", message("… by a new customer"), _of_new, unit="purchases", number=True, whole_row=True),
            Column("loglik", message("Log-likelihood"), lambda value: decimal(value, 1), number=True),
        )
        notes = (
            message(
                "A purchase is a day on which a person ordered, after the first such day. Brackets: 95 % prediction "
                "intervals, if conditions do not change."
            ),
            message(
                "BG/NBD counts everybody who bought once as active, so its chance of being active is never used to "
                "rank customers."
            ),
        )
        empty = message("{reason}.", reason=self.reason)
        return Table("value_models", message("How often will customers buy?"), self.models, columns, notes, empty)

    def fit_table(self) -> Table:
        """How many people bought so many times again, and how many the models expect to."""
        columns = (
            Column("times", message("Bought again"), _bought, unit="purchases"),
            Column("observed", message("People"), whole, unit="people", number=True),
            *(
                Column(kind, message("… by {model}", model=model), whole, unit="people", number=True)
                for kind, model in KINDS.items()
            ),
        )
        title, empty = message("Do the models fit the data?"), message("{reason}.", reason=self.reason)
        return Table("value_fit", title, self.fit, columns, empty=empty)


def _interval(row: Any) -> str:
    return with_ends(row["value"], row["low"], row["high"])


def _of_new(row: Any) -> str:
    return f"{decimal(row['new'], 2)} ({decimal(row['new_low'], 2)}–{decimal(row['new_high'], 2)})"


def _bought(times: Any) -> str:
    if times == TIMES:
        return _n("{n} time or more", "{n} times or more", TIMES)
    if times < 2:
        return _("once") if times else _("never")
    return _n("{n} time", "{n} times", times, n=whole(times))


_DAY = message("a day on which a person ordered")
_AHEAD = message("the given number of days from as_of")

FIGURES = (
    Figure(
        "customers", message("Customers"), message("people with an order; those of them who bought on another day "
                                                   "too"),
        message("one person"), "guide 2",
        ("value.customers", "value.repeaters", "value.days", "value_models.customers", "value_bands.n"),
        edge=message("the models are fitted from 500 people on; at most one purchase a day counts"),
    ),
    Figure(
        "expected_purchases", message("Expected purchases"),
        message("mean number of purchases in the days ahead, given the customer's frequency, recency and age"), _DAY,
        SOURCE,
        ("value_models.value", "value.purchases"), window=_AHEAD, interval=PREDICTION,
        edge=message("assumes that conditions stay the same; the check on the days held back shows whether they did"),
    ),
    Figure(
        "purchases_of_new", message("Purchases of a new customer"),
        message("mean number of purchases after the first, for a customer who has just bought for the first time"),
        _DAY, SOURCE,
        ("value_models.new",), window=message("the given number of days from the first purchase"),
        interval=message("95 %: the model's margin of error, not what one person will do"),
    ),
    Figure(
        "customer_value", message("Customer value"),
        message("expected purchases x expected money per purchase (Gamma-Gamma)"),
        message("a person; refunds are subtracted"), "Fader & Hardie (2013), brucehardie.com/notes/025",
        ("value.money", "value.correlation"), window=_AHEAD, interval=PREDICTION,
        edge=message(
            "one currency; the number and the mean of purchases should hardly correlate, and the correlation is "
            "shown"
        ),
    ),
    Figure(
        "log_likelihood", message("Log-likelihood"),
        message("log of the probability of the observed purchase histories under the model"), message("one person"),
        SOURCE,
        ("value_models.loglik",), edge=message("of two models of the same customers, the one with the higher value "
                                               "fits better"),
    ),
    Figure(
        "purchases_fit", message("Number of repeat purchases"),
        message("people with this number of purchases after the first, as observed and by the models"),
        message("one person"), SOURCE,
        ("value_fit.times", "value_fit.observed", "value_fit.mbg", "value_fit.bg"),
        edge=message("the last row: this number or more"),
    ),
)  # fmt: skip
