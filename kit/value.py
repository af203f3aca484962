"""What is a customer worth? (guide 2, customer value)

How often people will buy again comes from how often and how lately they bought (MBG/NBD, beside it BG/NBD), what they
will pay from what they paid (Gamma-Gamma). Both suppose that times stay as they were: so the models are fitted a second
time without the last part of the log and compared with what happened in it. Customers are ranked by what they are
expected to buy, never by BG/NBD's chance of being alive, which is 1 for everybody who bought once.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.errors import UsageError, nearest
from kit.judging import CUSTOMERS, LEVEL
from kit.stats import bg_nbd, gamma_gamma, means, roc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.stats.bg_nbd import BgNbd, History, Kind, Total
    from kit.stats.gamma_gamma import GammaGamma

BANDS = 5
"""Groups of customers of like expectation, in which it is compared with what they did."""

HISTORY = 0.5
"""Days of history that a day ahead takes: further ahead the models are not asked."""

CLOSE = 0.3
"""Correlation of number and mean of purchases beyond which the worth of a purchase may not be taken apart from them."""

TIMES = 4
"""Purchases after the first from which they are counted as "or more"."""

KINDS: dict[Kind, str] = {"mbg": "MBG/NBD", "bg": "BG/NBD"}

RANKINGS = ("expected", "alive")
"""By what customers may be put in order."""


@dataclass(frozen=True, slots=True)
class Worth:
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
        reason: why nothing is told; "" where it is.
        moneyless: why no money is told; "" where it is.
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
    reason: str = ""
    moneyless: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The models of the first part of the log, against its last part.

    Attributes:
        days: held back.
        customers: people who bought before.
        totals: a row a figure and model: what ["purchases", "money"], kind, expected, low, high, observed, drift
            [observed / expected - 1].
        bands: a row a group of customers, the least expected first: band, n [people], expected, observed, low, high
            [purchases a customer, with the interval of the observed].
        rankings: a row a ranking: by, value, low, high [chance that one who bought stands above one who did not].
        reason: why nothing is told; "" where it is.
    """

    days: int
    customers: int
    totals: pd.DataFrame
    bands: pd.DataFrame
    rankings: pd.DataFrame
    reason: str = ""


_MODELS = ["kind", "customers", "r", "alpha", "a", "b", "loglik", "value", "low", "high", "new", "new_low", "new_high"]
_TOTALS = ["what", "kind", "expected", "low", "high", "observed", "drift"]
_BANDS = ["band", "n", "expected", "observed", "low", "high"]
_RANKED = ["by", "value", "low", "high"]
_EACH = ["frequency", "recency", "age", "n", "expected", "mean", "worth"]
_FIT = ["times", "observed", "mbg", "bg"]


def worth(
    counted: pd.DataFrame, *, days: int = 180, currencies: Sequence[str] = (), kind: Kind = "mbg", level: float = LEVEL
) -> Worth:
    """What the customers will buy and pay within so many days from now.

    Args:
        counted: what `counts.purchases` returned.
        days: ahead.
        currencies: of the orders; of several no sum is made.
        kind: the model by which customers are told: "mbg" or "bg".
        level: confidence.

    Source: guide 2; Batislam et al. (2007), Fader, Hardie & Lee (2005), Fader & Hardie (2013), see `kit.stats.buying`.
    """
    customers = int(counted["n"].sum())
    again = int(counted.loc[counted["frequency"] > 0, "n"].sum())
    reason = _too_few(customers) or _too_short(counted, days)
    people = _history(counted)
    models = {} if reason else _models(people)
    often = models.get(kind)
    if often is None:
        reason = reason or "no model of buying was found: too few people bought again"
        none, fit, each = (pd.DataFrame(columns=names) for names in (_MODELS, _FIT, _EACH))
        return Worth(days, customers, again, none, fit, each, None, None, kind, reason, reason)
    rows = []
    for name, model in models.items():
        if model is not None:
            total = bg_nbd.total_purchases(model, people, days, level=level)
            new = bg_nbd.new_customer_interval(model, days, level=level)
            parts = (model.r, model.alpha, model.a, model.b, model.loglik)
            parts += (total.value, total.low, total.high, new.value, new.low, new.high)
            rows.append((name, customers, *parts))
    moneyless, paid, mean = _money(counted, currencies)
    expected = bg_nbd.expected_purchases(often, people, days)
    per = gamma_gamma.expected_spend(paid, people.frequency, mean) if paid else np.full(expected.shape, np.nan)
    each = counted[["frequency", "recency", "age", "n"]].assign(expected=expected, mean=per, worth=expected * per)
    total = gamma_gamma.total_spend(often, paid, people, mean, days, level=level) if paid else None
    table = pd.DataFrame(rows, columns=_MODELS)
    fit = _times(people, models)
    return Worth(days, customers, again, table, fit, each, total, paid, kind, "", moneyless)


def backtest(
    counted: pd.DataFrame,
    *,
    days: int,
    currencies: Sequence[str] = (),
    kind: Kind = "mbg",
    by: str = "expected",
    level: float = LEVEL,
) -> Check:
    """Fit on what was known so many days ago, and compare with what happened since.

    Args:
        counted: what `counts.purchases(data, held_back=days)` returned.
        days: held back.
        currencies: of the orders.
        kind: the model of the bands.
        by: what puts customers into bands: "expected", or "alive" (of MBG/NBD only).
        level: confidence.

    Raises:
        UsageError: an unknown `by`, or "alive" of BG/NBD.
    """
    _check_ranking(by, kind)
    customers = int(counted["n"].sum())
    reason = (_too_few(customers) or _too_short(counted, days)) if customers else _NOBODY.format(days)
    people = _history(counted)
    models = {} if reason else _models(people)
    often = models.get(kind)
    if often is None:
        reason = reason or "no model of buying was found: too few people bought again"
        none, bands, ranked = (pd.DataFrame(columns=names) for names in (_TOTALS, _BANDS, _RANKED))
        return Check(days, customers, none, bands, ranked, reason)
    later, weight = counted["later"].to_numpy(float), people.weights
    rows = []
    _moneyless, paid, mean = _money(counted, currencies)
    for name, model in models.items():
        if model is None:
            continue
        rows.append(
            ("purchases", name, bg_nbd.total_purchases(model, people, days, level=level), float(weight @ later))
        )
        if paid and counted["later_worth"].notna().all():
            money = gamma_gamma.total_spend(model, paid, people, mean, days, level=level)
            rows.append(("money", name, money, float(weight @ counted["later_worth"].to_numpy(float))))
    totals = pd.DataFrame(
        [(what, name, told.value, told.low, told.high, seen, seen / told.value - 1) for what, name, told, seen in rows],
        columns=_TOTALS,
    )
    expected: dict[Kind, np.ndarray] = {
        name: bg_nbd.expected_purchases(model, people, days) for name, model in models.items() if model is not None
    }
    chosen = expected[kind] if by == "expected" else bg_nbd.probability_alive(often, people)
    scores: dict[str, np.ndarray] = {
        **{f"purchases expected by {KINDS[name]}": score for name, score in expected.items()},
        "days since the last purchase, fewest first": people.recency - people.age,
    }
    if (mbg := models["mbg"]) is not None:
        scores["chance of being alive by MBG/NBD"] = bg_nbd.probability_alive(mbg, people)
    ranked = [(name, roc.auc(score, later > 0, weight, level=level)) for name, score in scores.items()]
    rankings = pd.DataFrame([(name, told.value, told.low, told.high) for name, told in ranked], columns=_RANKED)
    return Check(days, customers, totals, _bands(chosen, expected[kind], later, weight, level), rankings)


_NOBODY = "nobody is known to have bought before the last {} days, which are held back; hold back fewer (held_back)"


def _check_ranking(by: str, kind: Kind) -> None:
    if by not in RANKINGS:
        raise UsageError(f"by: customers are put in order by no {by!r}. {nearest(by, RANKINGS)}")
    if by == "alive" and kind == "bg":
        raise UsageError(
            "by: BG/NBD's chance of being alive is 1 for everybody who bought once, so it ranks nobody. "
            "Rank by expected purchases."
        )


def _too_few(customers: int) -> str:
    if customers >= CUSTOMERS:
        return ""
    return f"at least {CUSTOMERS} customers are needed, there are {customers}" if customers else "nobody bought"


def _too_short(counted: pd.DataFrame, days: int) -> str:
    longest, needed = int(counted["age"].max()), ceil(days * HISTORY)
    return "" if longest >= needed else f"for {days} days ahead {needed} of history are needed, there are {longest}"


def _models(people: History) -> dict[Kind, BgNbd | None]:
    return {name: bg_nbd.fit(people, kind=name) for name in KINDS}


def _history(counted: pd.DataFrame) -> History:
    return bg_nbd.history(counted["frequency"], counted["recency"], counted["age"], counted["n"])


def _money(counted: pd.DataFrame, currencies: Sequence[str]) -> tuple[str, GammaGamma | None, np.ndarray]:
    """Why there is no money, the model of a purchase's worth, and the mean that each row paid."""
    times = counted["frequency"].to_numpy(float)
    worth = pd.to_numeric(counted["worth"], errors="raise").astype("Float64").to_numpy(float, na_value=np.nan)
    mean = np.divide(worth, times, out=np.full(times.shape, np.nan), where=times > 0)
    if not all(currencies):
        return "the currency of the orders is not known; say currency in kit.toml", None, mean
    if len(currencies) > 1:
        return f"orders are in {', '.join(currencies)}, and amounts of several currencies are not added", None, mean
    paid = gamma_gamma.fit(times, np.nan_to_num(mean), counted["n"])
    return ("" if paid else "what people paid tells no mean for them"), paid, mean


def _times(people: History, models: dict[Kind, BgNbd | None]) -> pd.DataFrame:
    """How many people bought so many times again, and how many the models expect to."""
    ages, own = np.unique(people.age, return_inverse=True)
    weight = np.bincount(own, people.weights)
    rows = []
    for times in range(TIMES + 1):
        last = times == TIMES
        met = people.frequency >= times if last else people.frequency == times
        told = []
        for model in models.values():
            before = range(TIMES) if last else (times,)
            chance = sum(bg_nbd.probability_of_n_purchases(model, count, ages) for count in before) if model else np.nan
            told.append(float(weight @ (1 - chance if last else chance)) if model else np.nan)
        rows.append((times, float(people.weights[met].sum()), *told))
    return pd.DataFrame(rows, columns=_FIT)


def _bands(
    score: np.ndarray, expected: np.ndarray, later: np.ndarray, weight: np.ndarray, level: float
) -> pd.DataFrame:
    """Customers in groups of about one size by `score`; people alike stay together."""
    order_of = np.argsort(score, kind="stable")
    before = np.empty_like(weight)
    before[order_of] = np.cumsum(weight[order_of]) - weight[order_of] / 2
    band = np.minimum((before / weight.sum() * BANDS).astype(int), BANDS - 1)
    frame = pd.DataFrame({"band": band + 1, "n": weight, "expected": weight * expected, "observed": weight * later})
    sums = frame.assign(squares=weight * later**2).groupby("band", as_index=False).sum()
    low, high = means.student_interval(sums["observed"], sums["squares"], sums["n"], level=level)
    for name in ("expected", "observed"):
        sums[name] = sums[name] / sums["n"]
    return sums.assign(low=low, high=high)[_BANDS]
