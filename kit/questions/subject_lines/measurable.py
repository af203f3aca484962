"""How much of a test on opens can be measured? (guide 1, step 5)

Programs that open all mail do so in both arms alike. They turn no difference round, but they hide a part of it. So the
arms are compared among the people whose program tells, and it is said how many messages it takes with the others in.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import LEVEL, MAILS_OF_A_STRATUM
from kit.messages import _, message
from kit.metrics import Figure
from kit.questions.subject_lines import sample_size
from kit.questions.subject_lines.verdicts import ARMS
from kit.show import cells
from kit.show.formats import known, named, points, share, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

SHARES = (0.0, 0.2, 0.4, 0.5, 0.6)
"""Shares of the mail that machines open, for which the messages needed are shown."""

COLUMNS = [
    *("campaign_id", "campaign_name", "a", "b", "raw_a", "raw_b", "trackable", "machines"),
    *("n_a", "value_a", "n_b", "value_b", "difference", "low", "high", "p", "needed_all", "needed_measurable"),
]

_SUMS = ["delivered", "opened", "delivered_told", "delivered_trackable", "delivered_prefetching", "opened_trackable"]


def compare(data: Data, *, worthwhile: float) -> Measurable:
    """What do tests on opens say among the people whose program tells?

    Args:
        data: what `kit.open` returned; only an event log tells machines from people.
        worthwhile: the relative lift for which the messages needed are shown.
    """
    return judge(counts.openers(data, ARMS), worthwhile=worthwhile)


def judge(openers: pd.DataFrame, *, worthwhile: float, level: float = LEVEL) -> Measurable:
    """Each two variants of a campaign, among the people whose program tells.

    Args:
        openers: what `counts.openers(data, ["campaign_id", "campaign_name", "sent_local", "variant"])` returned.
        worthwhile: the relative lift for which the messages needed are shown.
        level: confidence of the intervals.

    Source: guide 1, step 5; the arms are drawn at random, so machines are in both alike; Newcombe (1998),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    tests = openers[openers["variant"].notna() & (openers["variant"] != "")]
    keys = ["sent_local", "campaign_id", "campaign_name", "variant"]
    sums = tests.groupby(keys, sort=True)[_SUMS].sum(min_count=1).astype(float).reset_index()
    rows = [
        _pair(arms.iloc[a], arms.iloc[b], worthwhile, level)
        for _campaign, arms in sums.groupby("campaign_id", sort=False)
        for a, b in combinations(range(len(arms)), 2)
    ]
    return Measurable(pd.DataFrame(rows, columns=COLUMNS), worthwhile)


def _pair(a: pd.Series, b: pd.Series, lift: float, level: float) -> tuple[object, ...]:
    names = (a["campaign_id"], a["campaign_name"], a["variant"], b["variant"])
    delivered = a["delivered"] + b["delivered"]
    raw = tuple(arm["opened"] / arm["delivered"] if arm["delivered"] > 0 else np.nan for arm in (a, b))
    told_apart = a["delivered_told"] + b["delivered_told"] > 0
    trackable, machines = (
        (a[name] + b[name]) / delivered if told_apart and delivered else np.nan
        for name in ("delivered_trackable", "delivered_prefetching")
    )
    n_a, n_b = a["delivered_trackable"], b["delivered_trackable"]
    if not told_apart or min(n_a, n_b) < MAILS_OF_A_STRATUM:
        return (*names, *raw, trackable, machines, n_a, np.nan, n_b, np.nan, *[np.nan] * 6)
    x_a, x_b = a["opened_trackable"], b["opened_trackable"]
    difference = proportions.proportion_difference(x_a, n_a, x_b, n_b, level=level)
    rate = (x_a + x_b) / (n_a + n_b)
    everybody, trackable_only = _needed(rate, lift, machines), _needed(rate, lift, 0) / trackable
    values = (n_a, x_a / n_a, n_b, x_b / n_b)
    judged = (difference.value, difference.low, difference.high, difference.p, everybody, trackable_only)
    return (*names, *raw, trackable, machines, *values, *judged)


def _needed(rate: float, lift: float, machines: float) -> float:
    better = rate * (1 + lift)
    if not (rate > 0 and better < 1 and 0 <= machines < 1):
        return np.nan
    n = proportions.sample_size(machines + (1 - machines) * rate, machines + (1 - machines) * better)
    return float(n) if n is not None else np.nan


@result
class Measurable(Result):
    """Tests on opens among the people whose program tells.

    Attributes:
        tests: a row a test and comparison: COLUMNS; raw: opened over delivered; trackable and machines: shares of
            delivered mail whose program tells, and which a program opens by itself; n, value: of the trackable;
            difference: b - a among them [share], with interval and p; needed: delivered messages an arm for the lift
            worth having, with everybody counted and among the trackable alone [of all messages of the arm]. NaN
            where machines are not told apart or fewer than MAILS_OF_A_STRATUM messages of an arm are trackable.
        lift: the lift worth having [relative].
    """

    tests: pd.DataFrame
    lift: float

    def summary(self) -> Summary:
        """How much of the tests is measurable, and how many messages the machines cost."""
        judged = self.tests[self.tests["value_a"].notna()]
        numbers: dict[str, Any] = {"tests": len(judged)}
        if judged.empty:
            text = _(
                "How much of a test on opens can be measured is not known: the exports do not separate machines "
                "from people. A difference that shows is a difference; machines may hide one."
            )
            return Summary("measurable", text, numbers)
        row = judged.iloc[-1]
        numbers |= {name: row[name] for name in ("trackable", "machines", "needed_all", "needed_measurable")}
        text = _(
            "In {name}, the latest test, {measurable} of the messages can be measured; programs opened {machines}. "
            "Among those measured, {b} compared with {a}: {points} points ({span}).",
            name=named(row["campaign_name"]), measurable=share(row["trackable"], 0), a=row["a"], b=row["b"],
            machines=share(row["machines"], 0), points=points(row["difference"]), span=span(row["low"], row["high"]),
        )  # fmt: skip
        if known(row["needed_all"]) and known(row["needed_measurable"]):
            needed = _(
                "To see a lift of {lift} in people's opens, each version needs {all} messages if all opens count. "
                "With measurable opens only, it needs {measurable}.",
                lift=share(self.lift, 0), all=whole(row["needed_all"]), measurable=whole(row["needed_measurable"]),
            )  # fmt: skip
            text = f"{text} {needed}"
        return Summary("measurable", text, numbers)

    def table(self) -> Table:
        """Each test: the raw rates, and the arms among the people whose program tells."""
        columns = (
            Column("campaign_name", _("Test")),
            Column("trackable", _("Measurable"), lambda value: share(value, 0), unit="share", number=True),
            Column("machines", _("Opened by programs"), lambda value: share(value, 0), unit="share", number=True),
            Column("value_a", _("Measurable: first"), share, unit="share", number=True),
            Column("value_b", _("Second"), share, unit="share", number=True),
            Column("difference", _("Difference (points)"), cells.difference, unit="share", number=True, whole_row=True),
            Column("raw_a", _("Raw"), _raw, number=True, whole_row=True),
            Column("needed_all", _("Messages per version, all opens"), whole, unit="mails", number=True),
            Column("needed_measurable", _("… measurable opens only"), whole, unit="mails", number=True),
        )
        notes = (
            _("Measurable: sent to people whose e-mail program, judging by other messages, loads pictures only when "
              "they read."),
            _("Messages per version: delivered messages needed to see a lift of {lift} in people's opens four times "
              "out of five.",
              lift=share(self.lift, 0)),
        )  # fmt: skip
        title = _("Tests on opens among people who can be measured")
        return Table("measurable", title, self.tests, columns, notes, _("no event log shows the versions of a test."))


def dilution(rate: float, lift: float, *, shares: Sequence[float] = SHARES) -> Dilution:
    """How many messages does a test on opens cost, by how much mail machines open?

    Args:
        rate: people's open rate [share].
        lift: relative.
        shares: of the mail that machines open.
    """
    raw = [machines + (1 - machines) * rate for machines in shares]
    needed = [_needed(rate, lift, machines) for machines in shares]
    return Dilution(pd.DataFrame({"share": list(shares), "raw": raw, "needed": needed}))


@result
class Dilution(Result):
    """What machines cost a test on opens.

    Attributes:
        rows: a row a share of machines: share, raw [the open rate then counted], needed [messages an arm; NaN where
            it cannot be known].
    """

    rows: pd.DataFrame

    def summary(self) -> Summary:
        """What machines cost a test on opens."""
        rows = self.rows[self.rows["needed"].notna()].to_dict("records")
        numbers = {f"share_{round(100 * row['share'])}": row["needed"] for row in rows}
        if len(rows) < 2:
            text = _("How much machine opens cost a test on opens cannot be estimated from this rate.")
            return Summary("dilution", text, numbers)
        costs = [_("{n} with {share}", n=whole(row["needed"]), share=share(row["share"], 0)) for row in rows[1:]]
        text = _(
            "If people open {rate} and no machine does, a test needs {n} messages per version. Otherwise it needs "
            "{costs} of messages opened by machines.",
            rate=share(rows[0]["raw"], 0), n=whole(rows[0]["needed"]), costs=", ".join(costs),
        )  # fmt: skip
        return Summary("dilution", text, numbers)


def _raw(row: Any) -> str:
    return f"{share(row['raw_a'])} – {share(row['raw_b'])}"


FIGURES = (
    Figure(
        "measurable_rate", message("Open rate among measurable recipients"),
        message("opened by people whose opens can be measured, not by a machine / delivered to such people"),
        message("a message"),
        "guide 1, step 5", ("measurable.value_a", "measurable.value_b", "measurable.difference"),
        window=message("a person's program is identified by other messages within clients.window_days before and "
                       "after"),
        interval=message("95 %: Newcombe, of the difference"),
        edge=message(
            "chance decides who gets which version, so machines are in both alike; not given below 30 measurable "
            "messages per version"
        ),
    ),
    Figure(
        "measurable_needed", message("Messages per version, with machines and without"),
        message("sample size for the worthwhile lift, if machines open all of their share"),
        message("a delivered message"), sample_size.SOURCE,
        ("measurable.needed_all", "measurable.needed_measurable", "dilution.share_*"),
        edge=message("5 % two-sided, found four times out of five; for measurable opens only: of all messages of "
                     "the version"),
    ),
)  # fmt: skip
