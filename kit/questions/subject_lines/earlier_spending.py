"""Is the difference in money sharper when what people spent before is taken into account? (guide 1, step 5)

Who spent much before spends much after, whichever line he gets. Where that is so, a part of the scatter can be taken
away and the same number of messages tells more (CUPED). Where it is not, nothing is gained: so the gain is shown, not
taken for granted. The plain difference decides all the same; this one stands beside it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import counts
from kit.judging import LEVEL
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.subject_lines.verdicts import ARMS
from kit.show import cells
from kit.show.formats import UNKNOWN, known, money, share
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import means

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from kit.store import Data

GAIN = 0.01
"""Share of the variance from which there is a gain worth a word."""

COLUMNS = [
    *("campaign_id", "campaign_name", "a", "b", "n_a", "n_b"),
    *("difference", "low", "high", "adjusted", "adjusted_low", "adjusted_high", "adjusted_p", "gained", "theta"),
]

_TEXTS = ("campaign_id", "variant")


def adjust(data: Data) -> EarlierSpending:
    """What does taking earlier spending into account gain in tests of money?

    Args:
        data: what `kit.open` returned; only an event log and orders know what the people of a test spent before.
    """
    return judge(
        counts.spent(data), counts.messages(data, ARMS, credit="assignment"), currency="".join(data.currencies)
    )


def judge(spent: pd.DataFrame, arms: pd.DataFrame, *, currency: str = "", level: float = LEVEL) -> EarlierSpending:
    """Each two variants of a campaign, plainly and adjusted by the people's earlier revenue.

    Args:
        spent: what `counts.spent(data)` returned.
        arms: a row a campaign and variant, for the names: campaign_id, campaign_name, sent_local.
        currency: of amounts.
        level: confidence of the intervals.

    Source: Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413.
    """
    campaigns = arms.drop_duplicates("campaign_id").sort_values("sent_local", kind="stable")
    names = dict(zip(campaigns["campaign_id"], campaigns["campaign_name"], strict=True))
    groups = {name: group.sort_values("variant") for name, group in spent.groupby("campaign_id", sort=False)}
    rows = [
        _pair(groups[campaign].iloc[[a, b]], campaign, name, level)
        for campaign, name in names.items()
        if campaign in groups
        for a, b in combinations(range(len(groups[campaign])), 2)
    ]
    return EarlierSpending(pd.DataFrame(rows, columns=COLUMNS), currency)


def _pair(arms: pd.DataFrame, campaign: Hashable, name: str, level: float) -> tuple[object, ...]:
    arm = {column: arms[column].to_numpy(dtype=float) for column in arms.columns if column not in _TEXTS}
    plain = means.welch(arm["revenue"], arm["revenue_squares"], arm["n"], level=level)
    cuped = means.cuped(
        (arm["revenue"], arm["revenue_squares"]),
        (arm["before"], arm["before_squares"]),
        arm["products"],
        arm["n"],
        level=level,
    )
    adjusted = (cuped.value, cuped.low, cuped.high, cuped.p, cuped.gained, cuped.theta)
    return (campaign, name, *arms["variant"], *arm["n"], plain.value, plain.low, plain.high, *adjusted)


@result
class EarlierSpending(Result):
    """Tests of money with earlier spending taken into account.

    Attributes:
        tests: a row a campaign and comparison: COLUMNS; differences are b - a, in money a message; gained is the
            share of the variance that is gone [share], theta what a unit of earlier revenue goes with. NaN where
            nobody bought.
        currency: of amounts.
    """

    tests: pd.DataFrame
    currency: str = ""

    def summary(self) -> Summary:
        """What taking earlier spending into account gained."""
        gained = self.tests["gained"].dropna()
        numbers: dict[str, Any] = {"tests": len(gained), "gained": float(gained.max()) if len(gained) else None}
        if gained.empty:
            text = _(
                "Earlier purchases cannot be taken into account: the data has no event log and orders that show "
                "them for the people of a test."
            )
            return Summary("adjusted", text, numbers)
        largest = float(gained.max())
        if largest < GAIN:
            text = _(
                "Earlier purchases hardly help to predict purchases after the e-mail. They remove at most {share} "
                "of the random variation, so the plain difference is as precise.",
                share=share(max(largest, 0), 2),
            )
            return Summary("adjusted", text, numbers)
        text = _(
            "Taking earlier purchases into account removes up to {share} of the random variation, as if a test had "
            "{more} more messages.",
            share=share(largest, 0), more=share(largest / (1 - largest), 0),
        )  # fmt: skip
        return Summary("adjusted", text, numbers)

    def table(self) -> Table:
        """Each test: the plain difference of revenue a message, the adjusted one, and the variance gained."""
        plain, adjusted = self._interval("difference", ""), self._interval("adjusted", "adjusted_")
        columns = (
            Column("campaign_name", _("Test")),
            Column("b", _("Versions"), lambda row: _("{b} minus {a}", a=row["a"], b=row["b"]), whole_row=True),
            Column("n_a", _("E-mails"), cells.arm_sizes, number=True, whole_row=True),
            Column("difference", _("Difference"), plain, unit="money", number=True, whole_row=True),
            Column("adjusted", _("Adjusted"), adjusted, unit="money", number=True, whole_row=True),
            Column("gained", _("Random variation removed"), lambda value: share(value, 2), unit="share", number=True),
        )
        notes = (
            _("Revenue per message, second minus first, with its 95 % interval (Welch)."),
            _("Adjusted: for the revenue from the same people in the year before (CUPED)."),
            _("The plain difference decides. Do not choose the adjusted one because it looks better."),
        )
        notes = notes if len(self.tests) else ()
        title = _("Revenue per message, with earlier purchases taken into account")
        empty = _("the data has no event log and orders that show the earlier purchases of the people of a test.")
        return Table("adjusted", title, self.tests, columns, notes, empty)

    def _interval(self, value: str, prefix: str) -> Callable[[Any], str]:
        amount = money(self.currency)

        def write(row: Any) -> str:
            if not known(row[value]):
                return UNKNOWN
            low, high = amount(row[f"{prefix}low"]), amount(row[f"{prefix}high"])
            return _("{value} ({low} to {high})", value=amount(row[value]), low=low, high=high)

        return write


_CUPED = "Deng, Xu, Kohavi & Walker (2013), doi:10.1145/2433396.2433413"

FIGURES = (
    Figure(
        "revenue_difference", message("Difference in revenue, plain and adjusted"),
        message(
            "revenue per message of the version - of the first version; adjusted: minus theta x the difference in "
            "earlier revenue"
        ),
        message("a message delivered to a known person"), _CUPED,
        ("adjusted.difference", "adjusted.adjusted", "adjusted.n_a"),
        window=message("earlier: 365 days before the message; after: conversions.window_days"),
        interval=message("95 %: Welch"),
        edge=message("the plain difference decides; the adjusted one is shown next to it"),
    ),
    Figure(
        "variance_gained", message("Random variation removed"),
        message("1 - variance of the adjusted difference / variance of the plain one"),
        message("a message delivered to a known person"), _CUPED, ("adjusted.gained",),
    ),
)  # fmt: skip
