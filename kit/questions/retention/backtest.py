"""Did the models of buying hold? Fitted without the last part of the log, and compared with what happened in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.errors import UsageError, nearest
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import PREDICTION, Figure
from kit.questions.retention import purchases
from kit.questions.retention.purchases import KINDS, NO_MODEL, SOURCE, amount
from kit.show.formats import commas, decimal, known, points, share, whole
from kit.show.picture import INK, PLAIN, Picture, drawing, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import bg_nbd, gamma_gamma, means, roc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from kit.messages import Message
    from kit.stats.bg_nbd import Kind
    from kit.store import Data

BANDS = 5
"""Groups of customers of like expectation, in which it is compared with what they did."""

RANKINGS = ("expected", "alive")
"""By what customers may be put in order."""

TOTALS = ["what", "kind", "expected", "low", "high", "observed", "drift"]
BAND_COLUMNS = ["band", "n", "expected", "observed", "low", "high"]
RANKED = ["by", "value", "low", "high"]


def check(data: Data, *, days: int = 180, kind: Kind = "mbg", by: str = "expected") -> Backtest:
    """Fit on what was known so many days ago, and compare with what happened since.

    Args:
        data: what `kit.open` returned; its period is that of the first order.
        days: held back.
        kind: the model of the summary and of the groups of customers: "mbg" or "bg".
        by: what puts customers into groups: "expected", or "alive" (of MBG/NBD only).

    Raises:
        UsageError: an unknown `by`, or "alive" of BG/NBD.

    Source: guide 2.
    """
    histories = purchases.count(data, held_back=days)
    return judge(histories, days=days, currencies=counts.currencies(data), kind=kind, by=by)


def judge(
    histories: pd.DataFrame,
    *,
    days: int,
    currencies: Sequence[str] = (),
    kind: Kind = "mbg",
    by: str = "expected",
    level: float = LEVEL,
) -> Backtest:
    """Fit on what was known so many days ago, and compare with what happened since.

    Args:
        histories: what `purchases.count(data, held_back=days)` returned.
        days: held back.
        currencies: of the orders.
        kind: the model of the summary and of the groups of customers.
        by: what puts customers into groups: "expected", or "alive" (of MBG/NBD only).
        level: confidence.

    Raises:
        UsageError: an unknown `by`, or "alive" of BG/NBD.
    """
    _check_ranking(by, kind)
    customers, currency = int(histories["n"].sum()), commas(currencies)
    reason = purchases.why_not(histories, days) if customers else _nobody(days)
    models = None if reason else purchases.fit(histories, currencies)
    if models is None or kind not in models.buying:
        return Backtest(
            days,
            customers,
            pd.DataFrame(columns=TOTALS),
            pd.DataFrame(columns=BAND_COLUMNS),
            pd.DataFrame(columns=RANKED),
            kind,
            currency,
            reason or NO_MODEL,
        )
    people, spending = models.people, models.spending
    later, weight = histories["later"].to_numpy(float), people.weights
    rows = []
    for name, model in models.buying.items():
        total = bg_nbd.total_purchases(model, people, days, level=level)
        rows.append(("purchases", name, total, float(weight @ later)))
        if spending and histories["later_worth"].notna().all():
            total = gamma_gamma.total_spend(model, spending, people, models.mean, days, level=level)
            rows.append(("money", name, total, float(weight @ histories["later_worth"].to_numpy(float))))
    totals = pd.DataFrame(
        [
            (what, name, total.value, total.low, total.high, observed, observed / total.value - 1)
            for what, name, total, observed in rows
        ],
        columns=TOTALS,
    )
    expected = {name: bg_nbd.expected_purchases(model, people, days) for name, model in models.buying.items()}
    chosen = expected[kind] if by == "expected" else bg_nbd.probability_alive(models.buying[kind], people)
    scores = {f"{name}_expected": expected[name] for name in expected} | {"recency": people.recency - people.age}
    if "mbg" in models.buying:
        scores["mbg_alive"] = bg_nbd.probability_alive(models.buying["mbg"], people)
    aucs = [(ORDERS[name], roc.auc(score, later > 0, weight, level=level)) for name, score in scores.items()]
    rankings = pd.DataFrame([(name, auc.value, auc.low, auc.high) for name, auc in aucs], columns=RANKED)
    bands = _bands(chosen, expected[kind], later, weight, level)
    return Backtest(days, customers, totals, bands, rankings, kind, currency)


def _nobody(days: int) -> Message:
    return message(
        "the data has no purchases before the last {days} days, which are held back; hold back fewer days (held_back)",
        days=days,
    )


def _check_ranking(by: str, kind: Kind) -> None:
    if by not in RANKINGS:
        raise UsageError(
            _("by: customers cannot be ranked by {word}. {hint}", word=repr(by), hint=nearest(by, RANKINGS))
        )
    if by == "alive" and kind == "bg":
        raise UsageError(
            _(
                "by: under BG/NBD everybody who bought once has a chance of 1 of being active, so it ranks nobody. "
                "Rank by expected purchases."
            )
        )


def _bands(
    score: np.ndarray, expected: np.ndarray, later: np.ndarray, weight: np.ndarray, level: float
) -> pd.DataFrame:
    """Customers in groups of about one size by `score`; people alike stay together."""
    ascending = np.argsort(score, kind="stable")
    before = np.empty_like(weight)
    before[ascending] = np.cumsum(weight[ascending]) - weight[ascending] / 2
    band = np.minimum((before / weight.sum() * BANDS).astype(int), BANDS - 1)
    frame = pd.DataFrame({"band": band + 1, "n": weight, "expected": weight * expected, "observed": weight * later})
    sums = frame.assign(squares=weight * later**2).groupby("band", as_index=False).sum()
    low, high = means.student_interval(sums["observed"], sums["squares"], sums["n"], level=level)
    for name in ("expected", "observed"):
        sums[name] = sums[name] / sums["n"]
    return sums.assign(low=low, high=high)[BAND_COLUMNS]


@result
class Backtest(Result):
    """The models of the first part of the log, against its last part.

    Attributes:
        days: held back.
        customers: people who bought before.
        totals: a row a figure and model: what ["purchases", "money"], kind, expected, low, high, observed, drift
            [observed / expected - 1].
        bands: a row a group of customers, the least expected first: band, n [people], expected, observed, low, high
            [purchases a customer, with the interval of the observed].
        rankings: a row a ranking: by, value, low, high [chance that one who bought stands above one who did not].
        kind: the model of the summary and of `bands`.
        currency: of the money.
        reason: why nothing is known; "" where it is.
    """

    days: int
    customers: int
    totals: pd.DataFrame
    bands: pd.DataFrame
    rankings: pd.DataFrame
    kind: Kind
    currency: str
    reason: str | Message = ""

    @property
    def held(self) -> bool | None:
        """Whether what was bought lies within what the model expected; None where it was not checked."""
        if self.reason:
            return None
        row = self.totals[(self.totals["what"] == "purchases") & (self.totals["kind"] == self.kind)].iloc[0]
        return bool(row["low"] <= row["observed"] <= row["high"])

    def summary(self) -> Summary:
        """Whether the model held on the days held back."""
        if self.reason:
            text = _("The models could not be checked: {reason}.", reason=self.reason)
            return Summary("value_check", text, {"reason": self.reason})
        totals = self.totals[self.totals["what"] == "purchases"]
        row = totals[totals["kind"] == self.kind].iloc[0]
        inside = self.held
        values = {
            "days": self.days,
            "expected": whole(row["expected"]),
            "low": whole(row["low"]),
            "high": whole(row["high"]),
            "observed": whole(row["observed"]),
        }
        if inside:
            text = _(
                "The model passed its check. Fitted without the last {days} days, it expected {expected} purchases "
                "in them ({low}–{high}); there were {observed}.",
                **values,
            )
        elif row["drift"] > 0:
            text = _(
                "The model failed its check. Fitted without the last {days} days, it expected {expected} purchases "
                "in them ({low}–{high}); there were {observed}, {share} more than expected. Either conditions "
                "changed or the model does not fit: do not rely on the forecast.",
                **values,
                share=share(row["drift"]),
            )
        else:
            text = _(
                "The model failed its check. Fitted without the last {days} days, it expected {expected} purchases "
                "in them ({low}–{high}); there were {observed}, {share} fewer than expected. Either conditions "
                "changed or the model does not fit: do not rely on the forecast.",
                **values,
                share=share(-row["drift"]),
            )
        numbers = {"expected": row["expected"], "observed": row["observed"], "inside": bool(inside)}
        return Summary("value_check", text, numbers, headline=True, weight=20 if inside else 45)

    def table(self) -> Table:
        """What was expected of the days held back, and what happened."""
        columns = (
            Column("what", message("Forecast of"), WHAT.__getitem__),
            Column("kind", message("Model"), KINDS.__getitem__),
            Column("expected", message("Expected"), _expected(self.currency), number=True, whole_row=True),
            Column("observed", message("Observed"), _observed(self.currency), number=True, whole_row=True),
            Column("drift", message("More than expected (%)"), points, unit="share", number=True),
        )
        notes = (
            _(
                "The model was fitted without the last {days} days, to the {n} customers of the time before.",
                days=self.days,
                n=self.customers,
            ),
            _(
                "The brackets are 95 % prediction intervals. Outside them, conditions have changed or the model does "
                "not fit."
            ),
        )
        title, empty = (
            message("Forecast checked against the latest purchases"),
            message("{reason}.", reason=self.reason),
        )
        return Table("value_check", title, self.totals, columns, notes, empty)

    def bands_table(self) -> Table:
        """Groups of customers of like expectation: what was expected of them, and what they did."""
        columns = (
            Column(
                "band", message("Group"), lambda band: _("{n} (lowest expectation)", n=band) if band == 1 else str(band)
            ),
            Column("n", message("Customers"), whole, unit="people", number=True),
            Column("expected", message("Expected purchases per customer"), _two, unit="purchases", number=True),
            Column(
                "observed",
                message("Actual purchases per customer"),
                _bought,
                unit="purchases",
                number=True,
                whole_row=True,
            ),
        )
        title, empty = (
            message("Expected and actual purchases by customer group"),
            message("{reason}.", reason=self.reason),
        )
        return Table("value_bands", title, self.bands, columns, (), empty)

    def rankings_table(self) -> Table:
        """How well each order of customers puts those who bought above the others."""
        columns = (
            Column("by", message("Customers ranked by"), ORDER_TITLES.__getitem__),
            Column("value", message("Pairs ranked correctly"), _auc, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "Share of pairs in which the customer who bought in the days held back ranks above the one "
                "who did not. Half is pure chance."
            ),
        )
        title, empty = message("Which ranking finds the buyers?"), message("{reason}.", reason=self.reason)
        return Table("value_rankings", title, self.rankings, columns, notes, empty)

    def plot(self, ax: Axes | None = None) -> Picture:
        """Purchases expected of each group of customers beside those they made in the days held back."""
        title = _n(
            "Purchases in the {n} day held back, by customer group",
            "Purchases in the {n} days held back, by customer group",
            self.days,
        )
        table = self.bands
        if table.empty:
            return nothing("value_bands", title, self.reason)
        band, rows = table["band"], list(table.itertuples())
        with drawing(3.2, ax) as axes:
            axes.vlines(band, table["low"], table["high"], color=PLAIN, linewidth=1.8)
            axes.plot(band, table["observed"], "o", color=PLAIN, markersize=5.5, label=_("actual"))
            axes.plot(band, table["expected"], "D", color=INK, markersize=5, label=_("expected"), fillstyle="none")
            axes.legend(loc="upper left", frameon=False, fontsize=9.5)
            axes.set_ylim(bottom=0)
            axes.set_xticks(list(band), [f"{whole(row.band)}\n({whole(row.n)})" for row in rows])
            axes.set_xlabel(_("customer group, lowest expectation first (number)"))
            axes.set_ylabel(_("purchases per customer"))
            axes.grid(visible=False, axis="x")
            groups = [
                _(
                    "group {group}: {expected} and {made}",
                    group=whole(row.band),
                    expected=_two(row.expected),
                    made=_two(row.observed),
                )
                for row in rows
            ]
            alt = _("{title}, expected and actual per customer: {groups}.", title=title, groups=commas(groups))
            return picture(axes, name="value_bands", title=title, alt=alt)


WHAT = {"purchases": message("Purchases"), "money": message("Money")}

ORDERS = {
    "mbg_expected": "purchases expected by MBG/NBD",
    "bg_expected": "purchases expected by BG/NBD",
    "recency": "days since the last purchase, fewest first",
    "mbg_alive": "chance of being alive by MBG/NBD",
}
"""The rankings that are compared, as results name them."""

ORDER_TITLES = {
    ORDERS["mbg_expected"]: message("Purchases expected by MBG/NBD"),
    ORDERS["bg_expected"]: message("Purchases expected by BG/NBD"),
    ORDERS["recency"]: message("Days since the last purchase, fewest first"),
    ORDERS["mbg_alive"]: message("Chance of still being active, by MBG/NBD"),
}


def _expected(currency: str) -> Callable[[Any], str]:
    return lambda row: amount(row["expected"], row["low"], row["high"], currency if row["what"] == "money" else "")


def _observed(currency: str) -> Callable[[Any], str]:
    return lambda row: f"{whole(row['observed'])} {currency if row['what'] == 'money' else ''}".rstrip()


def _bought(row: Any) -> str:
    return (
        f"{_two(row['observed'])} ({_two(row['low'])}–{_two(row['high'])})"
        if known(row["low"])
        else _two(row["observed"])
    )


def _two(value: Any) -> str:
    return decimal(value, 2)


def _auc(row: Any) -> str:
    return f"{share(row['value'], 0)} ({decimal(row['low'] * 100, 0)}–{decimal(row['high'] * 100, 0)})"


_HELD_BACK = message("the last days of the data, which were not used to fit the models")
_DAY = message("a day on which a person ordered")

FIGURES = (
    Figure(
        "back_test", message("Back-test"),
        message("what the model of the earlier days expected, next to what happened"),
        message("a day on which a person ordered; revenue after refunds"), SOURCE,
        ("value_check.expected", "value_check.observed"), window=_HELD_BACK, interval=PREDICTION,
    ),
    Figure(
        "drift", message("Difference from the forecast in the back-test"), "observed / expected - 1", _DAY, SOURCE,
        ("value_check.drift",),
        window=_HELD_BACK,
        edge=message("outside the prediction interval, conditions have changed or the model does not fit"),
    ),
    Figure(
        "purchases_each", message("Purchases per customer, by expectation"),
        message("purchases / customers, in each fifth of customers with similar expectations"), _DAY, SOURCE,
        ("value_bands.expected", "value_bands.observed"), window=_HELD_BACK,
        interval=message("95 %: Student's t, of the observed purchases"),
    ),
    Figure(
        "order_of_customers", message("Pairs in the right order (AUC)"),
        message("chance that a customer who bought ranks above one who did not"), message("a pair of customers"),
        "Hanley & McNeil (1982), doi:10.1148/radiology.143.1.7063747", ("value_rankings.value",), window=_HELD_BACK,
        interval=message("95 %: Hanley and McNeil"),
        edge=message("half is pure chance; BG/NBD's chance of being active is never used to rank"),
    ),
)  # fmt: skip
