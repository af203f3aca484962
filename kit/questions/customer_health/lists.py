"""Whom to grow, whom to keep, whom to wake: three lists with their own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions.customer_health import signals
from kit.questions.customer_health.growth import DETRACTOR, FULL, HEALTHY, LICENCES, PROMOTER, RISING, rule
from kit.questions.customer_health.score import COLOURS
from kit.show.formats import commas, decimal, known, money, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from kit.questions.customer_health.backtest import Backtest
    from kit.questions.customer_health.score import Scores

SILENT = 60
"""Days without a sign of the customer from which an account is silent."""

MOST = 15


def make(scores: Scores, tested: Backtest) -> Lists:
    """The lists of this week.

    Args:
        scores: what `score.measure` returned.
        tested: what `backtest.check` returned: chances are taken only of a score that foretells.
    """
    return Lists(_expansion(scores), _risk(scores, tested), _silent(scores), scores.currency, tested.predicts,
                 tested.horizon)  # fmt: skip


def _expansion(scores: Scores) -> pd.DataFrame:
    """Accounts that meet every condition of growing that is known of them, the largest share of licences used first."""
    applied, frame = rule(scores, np.array([scores.weeks.n - 1])), scores.frame
    code = frame["code"].to_numpy(int)
    values = {key: value[code, 0].astype(float) for key, value in applied.measured.items()}
    unknown = [commas([str(_RULES[key]) for key in _RULES if np.isnan(values[key][row])]) for row in range(len(code))]
    out = frame.assign(**{key: values[key] for key in ("licence_use", "rising", "nps")}, unknown=unknown)
    out = out[applied.named[code, 0]]
    columns = ["account", "licence_use", "rising", "nps", "score", "unknown", "owner"]
    return out.sort_values(["licence_use", "rising"], ascending=False, ignore_index=True)[columns]


_RULES = {
    "licence_use": message("licences"),
    "rising": message("usage"),
    "nps": message("likelihood to recommend"),
    "unpaid_days": message("payments"),
}


def _risk(scores: Scores, tested: Backtest) -> pd.DataFrame:
    """Accounts by what their leaving would cost: chance [NaN: none is made] times a year's payments."""
    frame = scores.frame
    frame = frame[frame["score"].notna()]
    chance = np.full(len(frame), np.nan)
    if tested.predicts and tested.chances is not None and len(frame):
        chance = tested.chances.chance(frame[["score"]].to_numpy(float) / 10)
    out = frame.assign(chance=chance, loss=chance * frame["spend"] if scores.weeks.has("charge") else np.nan)
    by = "loss" if out["loss"].notna().any() else "score"
    out = out.sort_values([by, "score"], ascending=[by == "score", True], ignore_index=True)
    return out[["account", "score", "colour", "chance", "spend", "loss", "owner"]]


def _silent(scores: Scores) -> pd.DataFrame:
    """Accounts without a sign for SILENT days or longer, the longest first."""
    frame = scores.frame
    days = (
        signals.silent_days(scores.weeks)[frame["code"].to_numpy(int), -1].astype(float) if len(frame) else np.zeros(0)
    )
    out = frame.assign(days=days)
    out = out[out["days"] >= SILENT].sort_values(["days", "account"], ascending=[False, True], ignore_index=True)
    return out[["account", "days", "score", "colour", "spend", "owner"]]


@result
class Lists(Result):
    """Lists of accounts.

    Attributes:
        expansion: account, licence_use [share], rising [ratio], nps, score, unknown [rules that are not known],
            owner.
        risk: account, score, colour, chance [of leaving in the horizon; NaN: none is made], spend [of a year], loss
            [expected], owner.
        silent: account, days [without a sign], score, colour, spend, owner.
        currency: of the money.
        predicts: whether the score foretells, so that chances are made of it.
        horizon: days that a chance is of.
    """

    expansion: pd.DataFrame
    risk: pd.DataFrame
    silent: pd.DataFrame
    currency: str
    predicts: bool
    horizon: int

    def summary(self) -> Summary:
        """How many are on each list."""
        loss = float(self.risk["loss"].sum()) if self.risk["loss"].notna().any() else np.nan
        numbers = {"expansion": len(self.expansion), "silent": len(self.silent), "loss": loss}
        text = _n(
            "{n} account looks ready to buy more; {silent} showed no activity for {days} days.",
            "{n} accounts look ready to buy more; {silent} showed no activity for {days} days.",
            len(self.expansion), n=whole(len(self.expansion)), silent=whole(len(self.silent)), days=SILENT,
        )  # fmt: skip
        if known(loss):
            text = f"{text} " + _(
                "The expected loss from customers leaving within {days} days is {loss} of a year's payments, "
                "judging by the chances from the score.",
                days=self.horizon, loss=money(self.currency)(loss),
            )  # fmt: skip
        return Summary("health_lists", text, numbers)

    def expansion_table(self) -> Table:
        """Accounts to grow."""
        columns = (
            Column("account", message("Account")),
            Column("licence_use", message("Licences used"), lambda value: share(value, 0), "share", number=True),
            Column(
                "rising",
                message("Usage compared with before"),
                lambda value: decimal(value, 2),
                "ratio",
                number=True,
            ),
            Column("nps", message("Likelihood to recommend"), lambda value: decimal(value, 1), "points", number=True),
            Column("unknown", message("Not known"), lambda text: text or "–"),
            Column("owner", message("Owner"), lambda owner: owner or "–"),
        )
        notes = (
            _(
                "Rules: {licences} of the licences used or more; usage up by {rising} or more in 91 days, unless "
                "{full} of the licences are used; nothing unpaid.",
                licences=share(LICENCES, 0), full=share(FULL, 0), rising=share(RISING - 1, 0),
            ),
            _(
                "At least one person is a promoter ({nps} or more), and nobody gave {detractor} or less.",
                nps=decimal(PROMOTER, 0), detractor=decimal(DETRACTOR, 0),
            ),
            _(
                "No component of usage, billing, support or customer opinion is below {low}, by the anchors of "
                "kit.toml or the kit's own. A high score alone is not enough.",
                low=decimal(HEALTHY, 0),
            ),
        )  # fmt: skip
        return Table("health_expansion", message("Ready to buy more"), self.expansion, columns, notes,
                     message("no account meets every rule."), most=MOST)  # fmt: skip

    def risk_table(self) -> Table:
        """Accounts by what their leaving would cost."""
        amount = money(self.currency)
        columns = [
            Column("account", message("Account")),
            Column("score", message("Score"), lambda value: decimal(value, 0), "points", number=True),
            Column("colour", message("Colour"), COLOURS.__getitem__),
            Column("spend", message("Paid in a year"), amount, "money", number=True),
            Column("owner", message("Owner"), lambda owner: owner or "–"),
        ]
        if self.risk["chance"].notna().any():
            columns.insert(3, Column("chance", message("Chance of leaving in {days} days", days=self.horizon),
                                     lambda value: share(value, 0), "share", number=True))  # fmt: skip
            columns.insert(5, Column("loss", message("Expected loss"), amount, "money", number=True))
            notes = (
                _(
                    "Chances come from accounts with similar scores in the training weeks. The calibration shows "
                    "whether they are right."
                ),
            )
        else:
            notes = (
                _(
                    "No chance is shown, because the score is not known to predict leaving. The lowest scores come "
                    "first."
                ),
            )
        title = message("What leaving would cost, highest cost first")
        return Table("health_risk", title, self.risk, tuple(columns), notes, message("no account has a score."),
                     most=MOST)  # fmt: skip

    def silent_table(self) -> Table:
        """Accounts without a sign."""
        columns = (
            Column("account", message("Account")),
            Column("days", message("Days without activity"), whole, "days", number=True),
            Column("colour", message("Colour"), COLOURS.__getitem__),
            Column("spend", message("Paid in a year"), money(self.currency), "money", number=True),
            Column("owner", message("Owner"), lambda owner: owner or "–"),
        )
        notes = (
            _("Activity is use, a request, an answer, a message, a visit or a click. A payment does not count."),
            _("A silent account can still be green."),
        )  # fmt: skip
        return Table("health_silent", message("Silent accounts"), self.silent, columns, notes,
                     message("no account is silent."), most=MOST)  # fmt: skip


_ACCOUNT = message("an account that was a customer in the last week")

FIGURES = (
    Figure(
        "health_expansion", message("Ready to buy more"), message("accounts that meet every rule for which they have "
                                                              "data"),
        _ACCOUNT, "DEFINITIONS: expansion list",
        ("health_lists.expansion", "health_expansion.licence_use", "health_expansion.rising",
         "health_expansion.nps"),
        edge=message("the share of licences used must be known or, without it, the trend of usage"),
    ),
    Figure(
        "health_loss", message("Expected loss"), message("chance of leaving in the horizon x net payments of 52 weeks"),
        _ACCOUNT, "guide 3",
        ("health_lists.loss", "health_risk.score", "health_risk.chance", "health_risk.spend", "health_risk.loss",
         "health_silent.spend"),
        window=message("the chance: the parameter horizon; the payments: the last 52 weeks"),
        edge=message("no chance if the check against the past does not show that the score predicts leaving"),
    ),
    Figure(
        "health_silent", message("Days without activity"), message("last evening minus the last day with any activity"),
        _ACCOUNT, "guide 3", ("health_lists.silent", "health_silent.days"),
        edge=message("activity: use, requests, answers, messages, visits, and opens and clicks by people; payments "
                     "do not count"),
    ),
)  # fmt: skip
