"""Who is ready to buy more: a rule of its own, and whether those that it named earlier did buy more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.judging import LEVEL
from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.questions.customer_health import churn, signals
from kit.questions.customer_health.score import component
from kit.questions.customer_health.signals import MONTH, QUARTER, SIGNALS
from kit.questions.customer_health.snapshots import EVERY, clustered_share
from kit.questions.customer_health.weeks import WEEK, trailing
from kit.show.formats import known, points, share, span, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.intervals import critical_z, newcombe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kit.messages import Message
    from kit.questions.customer_health.score import Config, Scores
    from kit.questions.customer_health.weeks import Matrix, Weeks

LICENCES, FULL, RISING, CLEARLY, HEALTHY = 0.8, 0.95, 1.05, 1.1, 40.0
"""What growing needs: the share of licences used; the share from which use cannot rise any more; use against before,
and the same where licences are not known; and the smallest component."""

PROMOTER, DETRACTOR = 9.0, 6.0
"""Likelihood to recommend from which somebody is a promoter, and up to which a detractor."""

NEEDED = ("usage", "billing", "tickets", "voice")
"""Parts none of whose components may be low where an account is to grow."""

MORE = 1.1
"""An account has grown that has so many times the licences, or pays so many times as much."""

FEWEST = 5
"""Accounts that the rule named in the past, from which it is judged."""

CARRIED = 5
"""Weeks for which a number of licences holds that no row repeats."""

WAYS: dict[str, Message] = {
    "licences": message("at least 10% more licences"),
    "billing": message("at least 10% higher payments"),
}


@dataclass(frozen=True)
class Rule:
    """The rule of growing on some evenings, an account a row and an evening a column.

    Attributes:
        named: whether an account is named.
        asked: whether enough is known of it to be named.
        measured: licence_use [share], rising [ratio], nps [mean of the answers], unpaid_days; NaN: not known.
    """

    named: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    measured: Mapping[str, NDArray[Any]]


def rule(scores: Scores, columns: NDArray[np.int64]) -> Rule:
    """Which customers meet every condition of growing that is known of them, licences or use among them.

    Args:
        scores: what `score.measure` returned.
        columns: weeks.
    """
    weeks, shape = scores.weeks, (len(scores.weeks.accounts), columns.size)

    def measured(key: str) -> NDArray[Any]:
        return scores.measured[key][:, columns] if key in scores.measured else np.full(shape, np.nan, np.float32)

    licences, rising, unpaid = measured("licence_use"), use_rising(weeks)[:, columns], measured("unpaid_days")
    nps, promoters, detractors = (weeks.standing("nps", of=kept)[:, columns] for kept in _answers(weeks))
    low = np.zeros(shape, bool)
    for key in (key for key in scores.counted if SIGNALS[key].group in NEEDED):
        low |= component(measured(key), _anchors(scores.config, key)) < HEALTHY
    full = licences >= FULL
    rises = np.where(np.isnan(licences), rising >= CLEARLY, (rising >= RISING) | full | np.isnan(rising))
    named = (np.isnan(licences) | (licences >= LICENCES)) & rises & ~low
    named &= ((nps == 0) | ((promoters > 0) & (detractors == 0))) & ~(unpaid > 0)
    asked = scores.customers[:, columns] & ~(np.isnan(licences) & np.isnan(rising))
    means = np.where(nps > 0, measured("nps"), np.nan)
    values = {"licence_use": licences, "rising": rising, "nps": means, "unpaid_days": unpaid}
    return Rule(named & asked, asked, values)


def _answers(weeks: Weeks) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """All answers of how likely a customer is to recommend, the promoters' and the detractors'."""
    score = weeks.touches["nps"]["value"] if weeks.has("nps") else np.zeros(0)
    return np.isfinite(score), score >= PROMOTER, score <= DETRACTOR


def _anchors(config: Config, key: str) -> tuple[float, float]:
    """The anchors of kit.toml, else the kit's own: suggested ones say who is worse than others, and not in trouble."""
    return SIGNALS[key].anchors if key in config.suggested else config.anchors[key]


def use_rising(weeks: Weeks) -> Matrix:
    """Active users (else use) in 13 weeks against the 13 weeks before; NaN: not known.

    A month against a quarter, as in the score, moves by a tenth by chance, as much as a growing team in a quarter.
    """
    kind = "users" if weeks.has("users") else "use"
    if weeks.has(kind):
        summed = kind == "use" and not weeks.by_month(kind)
        weekly, n = weeks.week_sums(kind), weeks.week_sums(kind, counted=True)
        sums, counts = trailing(weekly, QUARTER), trailing(n, QUARTER)
        sums_before, counts_before = trailing(weekly, 2 * QUARTER) - sums, trailing(n, 2 * QUARTER) - counts
        with np.errstate(invalid="ignore", divide="ignore"):
            now, before = (sums, sums_before) if summed else (sums / counts, sums_before / counts_before)
            value = np.where(before > 0, now / before, np.nan).astype(np.float32)
        value[:, weeks.window_is_dark("usage", 2 * QUARTER)] = np.nan
        value[weeks.days[None, :] < weeks.seen("usage")[:, None] + 2 * QUARTER * WEEK] = np.nan
        return signals.carried(value, MONTH)
    return np.full((len(weeks.accounts), weeks.n), np.nan, np.float32)


def bought(weeks: Weeks, ahead: int) -> tuple[str, Matrix]:
    """How growth is told ["": it is not], and what each account has `ahead` weeks later, against each evening.

    Of licences it is their number; else, where payments are a subscription's, the mean payment of `ahead` weeks. NaN:
    not known on the evening; 0: nothing later.
    """
    if weeks.has("licences"):
        way, level = "licences", signals.carried(weeks.mean("licences", 1), CARRIED)
    elif weeks.has("charge") and churn.rhythm(weeks, len(weeks.accounts))[2]:
        paid = trailing(weeks.week_sums("charge"), ahead)
        n = trailing(weeks.week_sums("charge", counted=True), ahead)
        way, level = "billing", np.where(n > 0, paid / np.maximum(n, 1), np.nan)
    else:
        return "", np.full((len(weeks.accounts), max(weeks.n - ahead, 0)), np.nan, np.float32)
    before = level[:, : max(weeks.n - ahead, 0)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return way, np.where(before > 0, np.nan_to_num(level[:, ahead:]) / before, np.nan)


def check(scores: Scores, *, horizon: int = 90) -> Growth:
    """Of the accounts that the rule named on earlier evenings, how many bought more, and how many of the others?

    The rule sees what was known on the evening; it has nothing fitted, so every evening tests it.

    Args:
        scores: what `score.measure` returned.
        horizon: days within which buying counts.

    Source: DEFINITIONS: expansion list; validation of a score.
    """
    ahead = max(horizon // WEEK, 1)
    way, ratio = bought(scores.weeks, ahead)
    none = pd.DataFrame(columns=_COLUMNS)
    if not way:
        return Growth(message("no file shows licences or regular payments"), "", horizon, none)
    columns = np.arange(ratio.shape[1] - 1, -1, -EVERY)[::-1]
    applied = rule(scores, columns)
    rows = applied.asked & ~np.isnan(ratio[:, columns])
    account, place = np.nonzero(rows)
    grew, named = ratio[account, columns[place]] >= MORE, applied.named[account, place]
    total = max(int(grew.sum()), 1)
    groups = {"named": named, "others": ~named}
    frame = pd.DataFrame(
        [
            {"group": name, "accounts": np.unique(account[of]).size, "recall": grew[of].sum() / total}
            | clustered_share(grew[of], account[of])
            for name, of in groups.items()
        ],
        columns=_COLUMNS,
    )
    n = int(frame["accounts"].iloc[0])
    reason: str | Message = ""
    if n < FEWEST or not grew.any():
        reason = message("the list would have named {n} accounts in the past, and {grew} accounts bought more",
                         n=whole(n), grew=whole(np.unique(account[grew]).size))  # fmt: skip
    return Growth(reason, way, horizon, frame)


_COLUMNS = ["group", "n", "accounts", "happened", "value", "low", "high", "recall", "effect"]


@result
class Growth(Result):
    """Whether the rule of growing named those that bought more.

    Attributes:
        reason: why it cannot be judged; "": it can.
        way: how growth is told, a key of WAYS; "": it is not.
        horizon: days within which buying counts.
        rates: a row "named" and a row "others": group, n [accounts on evenings], accounts, happened [of n], value, low,
            high [share], recall [of all that bought more], effect [of the design].
    """

    reason: str | Message
    way: str
    horizon: int
    rates: pd.DataFrame

    def _difference(self) -> tuple[float, float, float]:
        """How much more often the named bought more: difference, low, high; by the effective numbers of both."""
        named, others = self.rates.to_dict("records")
        counts = [row[key] / row["effect"] for row in (others, named) for key in ("happened", "n")]
        low, high = newcombe(*counts, z=critical_z(LEVEL))
        return named["value"] - others["value"], float(low), float(high)

    def summary(self) -> Summary:
        """How good the list was in the past."""
        if self.reason:
            return Summary(
                "health_growth", _("It is not known how good this list is: {reason}.", reason=self.reason), {}
            )
        named, others = self.rates.to_dict("records")
        value, low, high = self._difference()
        numbers: dict[str, Any] = {"value": named["value"], "base": others["value"], "n": named["n"],
                                   "difference": value, "low": low, "high": high}  # fmt: skip
        words = {
            "share": with_interval(named["value"], named["low"], named["high"]), "n": whole(named["accounts"]),
            "base": share(others["value"], 0), "days": whole(self.horizon), "more": WAYS[self.way],
        }  # fmt: skip
        if known(low) and low > 0:
            text = _(
                "In the past this list found growth: after {days} days, {share} of {n} named accounts had {more}, "
                "of the others {base}.",
                **words,
            )
        elif known(high) and high < 0:
            text = _(
                "In the past this list named the wrong accounts: after {days} days, {share} of {n} named accounts had "
                "{more}, of the others {base}.",
                **words,
            )
        else:
            text = _(
                "It is not known whether this list finds growth: after {days} days, {share} of {n} named accounts had "
                "{more}, of the others {base}.",
                **words,
            )
        if known(low):
            text = f"{text} " + _("The difference is {points} points ({ends}).", points=points(value),
                                  ends=span(low, high))  # fmt: skip
        return Summary("health_growth", text, numbers)

    def table(self) -> Table:
        """The accounts named in the past beside the others."""
        columns = (
            Column("group", message("Accounts on earlier dates"), _GROUPS.__getitem__),
            Column("n", message("Snapshots"), whole, "snapshots", number=True),
            Column("accounts", message("Different accounts"), whole, "accounts", number=True),
            Column("value", message("Share that bought more"), _interval, "share", number=True, whole_row=True),
            Column("recall", message("Share of all that bought more"), lambda value: share(value, 0), "share",
                   number=True),
        )  # fmt: skip
        notes = (
            _(
                "Every fourth week the same rules were applied to what was known then. An account bought more if it "
                "had {more} {days} days later.",
                more=WAYS[self.way], days=whole(self.horizon),
            ),
        ) if self.way else ()  # fmt: skip
        return Table("health_growth", message("How often the list was right in the past"), self.rates, columns, notes,
                     message("{reason}.", reason=self.reason))  # fmt: skip


def _interval(row: Any) -> str:
    return with_interval(row["value"], row["low"], row["high"]) if known(row["value"]) else "–"


_GROUPS = {"named": message("named by the list"), "others": message("all others")}

FIGURES = (
    Figure(
        "health_growth", message("How good the list of growing accounts was"),
        message("accounts with 10% more licences (or payments) at the end of the period / accounts"),
        message("a customer on one evening of every fourth week, named by the list or not, followed to the end"),
        "DEFINITIONS: expansion list",
        ("health_growth.value", "health_growth.base", "health_growth.n", "health_growth.accounts",
         "health_growth.recall", "health_growth.difference", "health_growth.low", "health_growth.high"),
        window=message("the parameter horizon, counted from the evening"),
        interval=message("95 %: accounts as clusters (Deng et al. 2018), Wilson by effective number; Newcombe for the "
                         "difference"),
        edge=message("an account that left has not grown; fewer than 5 named accounts: not judged"),
    ),
)  # fmt: skip
