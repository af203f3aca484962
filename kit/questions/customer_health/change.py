"""Why has a score changed: contributions of signals that add up to the change, and of the configuration apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions.customer_health.score import MONTH, POLICIES, component, signed, weight_matrix
from kit.questions.customer_health.signals import SIGNALS
from kit.show.formats import commas, decimal, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kit.questions.customer_health.score import Scores

LARGE = 10.0
"""Points from which a change is listed."""

NAMED = 2
"""Reasons that a list names."""


def contributions(scores: Scores, account: NDArray[Any], first: NDArray[Any], last: NDArray[Any]) -> pd.DataFrame:
    """What each signal adds to the change of a score between two weeks; the columns add up to the change.

    A component that moved adds the mean of its two weights times its move; one that came, went or was weighted anew
    adds the change of its weight times its distance from the mean score of the two weeks.

    Args:
        scores: what `score.measure` returned.
        account: codes of accounts.
        first: the week before, a column each.
        last: the week after, as many.

    Returns:
        A row an account of `account`, a column a signal [points]; NaN where a score is unknown.

    Source: Shapley's values of a product, averaged over both orders; DEFINITIONS: trend.
    """
    config, stands = scores.config, POLICIES[scores.config.missing]
    fixed = not np.isnan(stands)
    parts: dict[str, list[NDArray[Any]]] = {}
    weights = [np.zeros(len(account)), np.zeros(len(account))]
    for key in config.weights:
        if key not in scores.measured and not fixed:
            continue
        sides = []
        for week in (first, last):
            matrix = np.broadcast_to(weight_matrix(scores.weeks, config, key), scores.score.shape)
            weight = matrix[account, week].astype(float)
            value = scores.measured[key][account, week] if key in scores.measured else np.full(len(account), np.nan)
            part = component(value.astype(float), config.anchors[key])
            there = ~np.isnan(part)
            sides += [np.where(there, part, stands), weight * (there | fixed)]
        parts[key] = sides
        weights = [weights[0] + sides[1], weights[1] + sides[3]]
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (scores.score[account, first] + scores.score[account, last]).astype(float) / 2
        out = {}
        for key, (before, weight_before, after, weight_after) in parts.items():
            q0, q1 = weight_before / weights[0], weight_after / weights[1]
            a, b = np.where(np.isnan(before), after, before), np.where(np.isnan(after), before, after)
            out[key] = np.where(np.isnan(a), 0.0, (q0 + q1) / 2 * (b - a) + ((a + b) / 2 - middle) * (q1 - q0))
    frame = pd.DataFrame(out, index=range(len(account)))
    return frame.mask(pd.Series(np.isnan(middle)), np.nan)


def reasons(row: Mapping[str, float], sign: int = -1) -> list[str]:
    """The signals that moved a score most in one direction, at most NAMED."""
    moved = sorted((value * sign, key) for key, value in row.items() if value * sign >= 0.5)
    return [key for _value, key in moved[::-1][:NAMED]]


def explain(scores: Scores, *, weeks: int = MONTH) -> Changes:
    """Whose score moved in the last weeks, and by what?

    Args:
        scores: what `score.measure` returned.
        weeks: between the two scores, made with one configuration.
    """
    n = scores.weeks.n
    here = np.flatnonzero(scores.customers[:, -1]) if len(scores.weeks.accounts) else np.zeros(0, int)
    first, last = np.full(here.size, max(n - 1 - weeks, 0)), np.full(here.size, n - 1)
    parts = contributions(scores, here, first, last)
    before, after = (scores.score[here, week].astype(float) for week in (first, last))
    frame = pd.DataFrame(
        {"account": scores.weeks.accounts.to_numpy(object)[here], "before": before, "after": after,
         "change": after - before}
    )  # fmt: skip
    by_config = np.full(here.size, np.nan)
    if scores.older is not None and here.size:
        by_config = before - scores.older[here, first[0]].astype(float)
    frame["configuration"] = by_config
    signs = np.sign(frame["change"].fillna(0)).astype(int)
    rows = parts.to_dict("records")
    frame["reasons"] = [reasons(row, sign) if sign else [] for row, sign in zip(rows, signs, strict=True)]  # pyright: ignore[reportArgumentType]
    order = frame["change"].abs().sort_values(ascending=False, kind="stable").index
    return Changes(frame.loc[order].reset_index(drop=True), parts.loc[order].reset_index(drop=True), weeks)


@result
class Changes(Result):
    """Changes of scores.

    Attributes:
        accounts: a row an account, the largest change first: account, before, after, change [points; NaN: unknown],
            configuration [points that a newer configuration adds to the score before; NaN: none is named], reasons
            [keys of signals].
        contributions: a row each as in `accounts`, a column a signal [points]; they add up to change.
        weeks: between the two scores.
    """

    accounts: pd.DataFrame
    contributions: pd.DataFrame
    weeks: int

    def summary(self) -> Summary:
        """How many moved by much, and what moved them down."""
        known = self.accounts["change"].notna()
        fell = self.accounts["change"] <= -LARGE
        rose = self.accounts["change"] >= LARGE
        numbers: dict[str, Any] = {"known": int(known.sum()), "fell": int(fell.sum()), "rose": int(rose.sum())}
        if not known.any():
            text = _("No account has a score in both weeks, so no change is known.")
        else:
            text = _(
                "In {weeks} weeks, {fell} of {n} accounts fell by {points} points or more, and {rose} rose by as "
                "much.",
                weeks=self.weeks, fell=whole(fell.sum()), n=whole(known.sum()), points=decimal(LARGE, 0),
                rose=whole(rose.sum()),
            )  # fmt: skip
            down = self.contributions[fell].sum().sort_values()
            if len(down) and down.iloc[0] < 0:
                text = f"{text} " + _(
                    "The signal that pulled scores down most: {signal}.", signal=SIGNALS[down.index[0]].title
                )
        if self.accounts["configuration"].notna().any():
            moved = int((self.accounts["configuration"].abs() >= LARGE).sum())
            numbers["configuration"] = moved
            text = f"{text} " + _n(
                "The new settings alone move {n} score by that much. This is not part of these changes.",
                "The new settings alone move {n} scores by that much. This is not part of these changes.",
                moved, n=whole(moved),
            )  # fmt: skip
        return Summary("health_change", text, numbers)

    def table(self) -> Table:
        """The largest changes and what made them."""
        columns = [
            Column("account", message("Account")),
            Column("before", message("{n} weeks ago", n=self.weeks), _points, "points", number=True),
            Column("after", message("Now"), _points, "points", number=True),
            Column("change", message("Change"), signed, "points", number=True),
            Column("reasons", message("Main reasons"), lambda keys: commas([SIGNALS[key].title for key in keys])),
        ]
        if self.accounts["configuration"].notna().any():
            columns.append(Column("configuration", message("Due to settings"), signed, "points", number=True))
        notes = (_("Both scores use today's settings. The signals' contributions add up to the change."),)
        known = self.accounts[self.accounts["change"].abs() >= LARGE].reset_index(drop=True)
        return Table("health_change", message("Changes of {points} points or more", points=decimal(LARGE, 0)), known,
                     tuple(columns), notes, message("no score changed by that much."), most=10)  # fmt: skip


def _points(value: Any) -> str:
    return decimal(value, 0)


FIGURES = (
    Figure(
        "health_change", message("Change of a health score"), message("score now minus the score some weeks ago"),
        message("an account with both scores"), "DEFINITIONS: trend",
        ("health_change.before", "health_change.after", "health_change.change", "health_change.known",
         "health_change.fell", "health_change.rose", "health_card.contribution", "health_card.change"),
        window=message("4 weeks"),
        edge=message("both with the same settings; contributions add up to it, including components that appeared "
                     "or disappeared"),
    ),
    Figure(
        "health_configuration", message("Change due to settings"),
        message("the earlier score with today's settings minus the same score with the older ones"),
        message("an account with both scores"), "DEFINITIONS: trend", ("health_change.configuration",),
        edge=message("health.before names the older kit.toml"),
    ),
)  # fmt: skip
