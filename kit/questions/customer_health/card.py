"""One account: its score over time, its components, and what changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.errors import UsageError, nearest
from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.questions.customer_health.change import contributions, reasons
from kit.questions.customer_health.score import COLOURS, MONTH, component, signed
from kit.questions.customer_health.signals import GROUPS, SIGNALS, YEAR
from kit.show.axes import date_axis
from kit.show.formats import commas, decimal, known, share
from kit.show.picture import INK, PLAIN, QUIET, Picture, nothing, panels, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.questions.customer_health.score import Scores

PARTS = 6
"""Components that the figure draws, those that changed most."""


def of(scores: Scores, account: str = "") -> Card:
    """The card of an account.

    Args:
        scores: what `score.measure` returned.
        account: its name in the tables; "": the customer with the lowest score.

    Raises:
        UsageError: there is no such account.
    """
    names = list(scores.weeks.accounts)
    if account and account not in names:
        hint = nearest(account, names) if names else ""
        raise UsageError(_("account: there is no account {name}. {hint}", name=repr(account), hint=hint))
    frame = scores.frame
    if not account and frame.empty:
        return Card("", np.nan, np.nan, "unknown", pd.DataFrame(columns=_COLUMNS), pd.Series(dtype=float), scores)
    code = names.index(account) if account else int(frame["code"].iloc[0])
    n = scores.weeks.n
    first = max(n - 1 - MONTH, 0)
    parts = contributions(scores, np.array([code]), np.array([first]), np.array([n - 1])).iloc[0]
    rows = []
    for key in scores.counted:
        value, before = (float(scores.measured[key][code, week]) for week in (n - 1, first))
        anchors = scores.config.anchors[key]
        rows.append(
            {"group": SIGNALS[key].group, "signal": key, "value": value,
             "component": float(component(np.array(value), anchors)),
             "before": float(component(np.array(before), anchors)),
             "contribution": float(parts.get(key, np.nan))}
        )  # fmt: skip
    score = scores.score[code]
    return Card(
        str(names[code]), float(score[-1]), float(scores.coverage[code, -1]), scores.config.colour(float(score[-1])),
        pd.DataFrame(rows, columns=_COLUMNS), pd.Series(score.astype(float), index=scores.weeks.dates), scores,
    )  # fmt: skip


_COLUMNS = ["group", "signal", "value", "component", "before", "contribution"]


@result
class Card(Result):
    """One account.

    Attributes:
        account: its name; "": there is none.
        score: now [0 to 100; NaN: unknown].
        coverage: known share of the weight.
        colour: a key of COLOURS.
        components: a row a signal: group, signal, value [in its unit], component, before [0 to 100, 4 weeks ago],
            contribution [points of the change of the score; they add up to it].
        history: the score by week.
        scores: those of all accounts.
    """

    account: str
    score: float
    coverage: float
    colour: str
    components: pd.DataFrame
    history: pd.Series
    scores: Scores

    def summary(self) -> Summary:
        """The account's score, its change and what made it."""
        if not self.account:
            return Summary("health_card", _("There is no account to show."), {})
        numbers: dict[str, Any] = {"score": self.score, "coverage": self.coverage}
        if not known(self.score):
            text = _("{account} has no score: only {coverage} of the weight has data.", account=self.account,
                     coverage=share(self.coverage, 0))  # fmt: skip
            return Summary("health_card", text, numbers)
        text = _("{account} is {colour} with a score of {score}.", account=self.account, colour=COLOURS[self.colour],
                 score=decimal(self.score, 0))  # fmt: skip
        change = self.components["contribution"].sum(min_count=1)
        if known(change) and abs(change) >= 0.5:
            numbers["change"] = change
            by = reasons(dict(zip(self.components["signal"], self.components["contribution"], strict=True)),
                         1 if change > 0 else -1)  # fmt: skip
            text = f"{text} " + _(
                "In 4 weeks it changed by {change} points, mainly because of: {reasons}.", change=signed(change),
                reasons=commas([SIGNALS[key].title for key in by]),
            )  # fmt: skip
        return Summary("health_card", text, numbers)

    def table(self) -> Table:
        """The account's signals, components and contributions."""
        columns = (
            Column("group", message("Signal group"), GROUPS.__getitem__),
            Column("signal", message("Signal"), lambda key: SIGNALS[key].title),
            Column("value", message("Value"), lambda value: decimal(value, 2), "as the signal", number=True),
            Column("before", message("Points {n} weeks ago", n=MONTH), _points, "points", number=True),
            Column("component", message("Now"), _points, "points", number=True),
            Column("contribution", message("Contribution to the change"), signed, "points", number=True),
        )
        notes = (
            _("The signals' contributions add up to the change in the score. “–” means not known or out of date."),
        )
        return Table("health_card", message("Account {account}", account=self.account), self.components, columns,
                     notes, message("there is no account to show."))  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Picture:
        """The score over a year with its edges, and the components that changed most below it."""
        title = _("Score of {account}", account=self.account)
        history = self.history.tail(YEAR)
        if not history.notna().any():
            return nothing("health_card", title, message("its score is not known"))
        parts = self.scores.components(list(self.scores.weeks.accounts).index(self.account)).T.tail(YEAR)
        moved = (parts.max() - parts.min()).dropna().sort_values(ascending=False).index[:PARTS]
        with panels(2.4 + (1.0 * ((len(moved) + 1) // 2) if ax is None else 0)) as figure:
            rows = (len(moved) + 1) // 2
            spec = figure.add_gridspec(1 + rows, 2, height_ratios=[2.4, *[1.0] * rows])
            axes = ax or figure.add_subplot(spec[0, :])
            config = self.scores.config
            axes.plot(history.index, history, color=INK, linewidth=1.8)
            for edge in (config.red, config.green):
                axes.axhline(edge, color=QUIET, linewidth=1, linestyle="--")
            axes.set_ylim(0, 100)
            date_axis(axes)
            if ax is None:
                for place, key in enumerate(moved):
                    small = figure.add_subplot(spec[1 + place // 2, place % 2])
                    small.plot(parts.index, parts[key], color=PLAIN, linewidth=1.2)
                    small.set_ylim(0, 100)
                    small.set_yticks([0, 100])
                    small.set_xticks([])
                    small.set_title(str(SIGNALS[key].title), fontsize=9)
            alt = _(
                "{title} over {n} weeks: {first} at the start, {last} now; dashed lines at {red} and {green}.",
                title=title, n=len(history), first=_points(history.dropna().iloc[0]), last=_points(history.iloc[-1]),
                red=_points(config.red), green=_points(config.green),
            )  # fmt: skip
            return picture(axes if ax is not None else figure, name="health_card", title=title, alt=alt)


def _points(value: Any) -> str:
    return decimal(value, 0)


FIGURES = (
    Figure(
        "health_card", message("An account's signals and components"),
        message("the signal's value; from 0 to 100 between its anchors"), message("an account and signal"),
        "DEFINITIONS: component score",
        ("health_card.value", "health_card.component", "health_card.before", "health_card.score",
         "health_card.coverage"),
        window=message("each signal's own period, up to the last evening and up to the evening 4 weeks before"),
        edge=message("not known if a source was out of order, the account is too new, or the value is out of date"),
    ),
)  # fmt: skip
