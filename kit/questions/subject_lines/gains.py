"""What do all tests together bring, and how many can the list carry? (guide 1, step 5)

One test says which of two lines did better. All of them say whether testing pays: how often a line wins, what the
winners bring after luck is taken off, and how many tests a year have enough mails to see a lift worth having.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.show.formats import UNKNOWN, known, money, points, share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import hierarchy
from kit.stats.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from kit.questions.subject_lines.verdicts import Tests
    from kit.store import Data

MONTHS_OF_A_YEAR = 12

COLUMNS = ["read", "won", "rate", "rate_low", "rate_high", "total", "total_low", "total_high", "needed", "a_year"]


def compare(data: Data, tests: Tests) -> AllTests:
    """What the tests of a page bring together, and how many a year the list can carry.

    Args:
        data: what `kit.open` returned.
        tests: of `verdicts.compare`.
    """
    months = counts.messages(data, ["month"]).dropna(subset=["month", "delivered"])
    a_year = MONTHS_OF_A_YEAR * float(months["delivered"].mean()) if len(months) else np.nan
    return judge(tests, a_year)


def judge(tests: Tests, mails_a_year: float, *, level: float = LEVEL) -> AllTests:
    """The same from the verdicts.

    Args:
        tests: of `verdicts.judge`.
        mails_a_year: delivered; NaN where it is not known.
        level: confidence of the intervals.

    Source: share of wins: Wilson (1927); the sum of true effects: full Bayes, never the sum of what won.
    """
    rows = tests.verdicts
    rows = rows[~rows["campaign_id"].duplicated(keep=False)]  # of more than two arms the comparisons hang together
    read = rows["decision"].isin(("a", "b", "ahead", "not decided"))
    won = rows["decision"].isin(("a", "b"))
    n, wins = int(read.sum()), int(won.sum())
    low, high = (float(end) for end in proportion_interval(wins, n, level=level)) if n else (np.nan, np.nan)
    towards_winner = (rows["difference"] > 0).mul(2).sub(1).where(won, 0)
    total = hierarchy.total(rows["difference"].where(read), rows["se"], towards_winner, level=level)
    needed = float(rows.loc[read, "needed"].median()) if n else np.nan
    row = (n, wins, wins / n if n else np.nan, low, high, *total, needed, mails_a_year // (2 * needed))
    return AllTests(tests, pd.DataFrame([row], columns=COLUMNS))


@result
class AllTests(Result):
    """All tests of a page together.

    Attributes:
        tests: what they are.
        together: one row: read [tests of two arms that could be judged], won [of them], rate, rate_low, rate_high
            [their share]; total, total_low, total_high [the winners' true effects, summed, against the other line; NaN
            with fewer than ten tests]; needed [messages an arm for the worthwhile lift], a_year [tests of that size
            that a year's mail allows].
    """

    tests: Tests
    together: pd.DataFrame

    def summary(self) -> Summary:
        """How often a line wins, what the winners bring, and how many tests a year are possible."""
        row = self.together.iloc[0].to_dict()
        numbers = {name: row[name] if known(row[name]) else None for name in ("read", "won", "total", "a_year")}
        if not row["read"]:
            return Summary("all_tests", _("No test of two subject lines can be judged here."), numbers)
        rate = with_interval(row["rate"], row["rate_low"], row["rate_high"])
        won = _n("A subject line won in {won} of {n} test that can be judged: {rate}.",
                 "A subject line won in {won} of {n} tests that can be judged: {rate}.",
                 int(row["read"]), won=whole(row["won"]), rate=rate)  # fmt: skip
        return Summary("all_tests", f"{won} {self._brought(row)} {self._capacity(row)}", numbers)

    def table(self) -> Table:
        """The same in numbers."""
        columns = (
            Column("read", _("Tests"), whole, number=True),
            Column("won", _("Won"), whole, number=True),
            Column("rate", _("Share won"), _rate, unit="share", number=True, whole_row=True),
            Column("total", _("The winners together"), self._total, number=True, whole_row=True),
            Column("needed", _("Messages needed per version"), whole, unit="mails", number=True),
            Column("a_year", _("Tests possible per year"), whole, number=True),
        )
        notes = (
            _("Together: the sum of what the winners bring over the other subject line, corrected for luck."),
            _("Tests of more than two subject lines are left out, since their comparisons depend on each other."),
        )
        frame = self.together[self.together["read"] > 0]
        empty = _("no test of two subject lines can be judged.")
        return Table("all_tests", _("All tests together"), frame, columns, notes if len(frame) else (), empty)

    def _brought(self, row: Mapping[Any, Any]) -> str:
        if not known(row["total"]):
            return _(
                "With fewer than ten tests, the winners' total gain cannot be estimated. A winner is usually "
                "overstated."
            )
        if not row["won"]:
            return _("So there is no gain yet.")
        return _("The winners together bring {total} in “{kpi}”.", total=self._total(row), kpi=self.tests.rule.kpi.name)

    def _capacity(self, row: Mapping[Any, Any]) -> str:
        if not known(row["a_year"]):
            return ""
        lift = share(self.tests.rule.worthwhile, 0)
        n = int(row["a_year"])
        if not n:
            return _("A year's messages are not enough for one test that would see a lift of {lift}.", lift=lift)
        return _n(
            "A year's messages are enough for {n} test that would see a lift of {lift}.",
            "A year's messages are enough for {n} tests that would see a lift of {lift}.",
            n, lift=lift,
        )  # fmt: skip

    def _total(self, row: Mapping[Any, Any]) -> str:
        if not known(row["total"]):
            return UNKNOWN
        if self.tests.rule.kpi.unit == "share":
            ends = {name: points(row[name]) for name in ("total", "total_low", "total_high")}
            return _("{total} points ({total_low} to {total_high})", **ends)
        ends = {name: money(self.tests.currency)(row[name]) for name in ("total", "total_low", "total_high")}
        return _("{total} per message ({total_low} to {total_high})", **ends)


def _rate(row: Mapping[Any, Any]) -> str:
    return with_interval(row["rate"], row["rate_low"], row["rate_high"])


FIGURES = (
    Figure(
        "tests_won", message("Tests won"), message("tests of two versions with a winner / tests that could be judged"),
        message("a test"), "Wilson (1927), doi:10.1080/01621459.1927.10502953",
        ("all_tests.read", "all_tests.won", "all_tests.rate"), interval=message("95 %: Wilson, exact for small "
                                                                                "numbers"),
    ),
    Figure(
        "tests_together", message("What the winners bring together"),
        message("sum of the winners' true differences, each moved towards zero as far as all tests suggest"),
        message("a test"), "Gelman (2006), doi:10.1214/06-BA117A", ("all_tests.total",),
        interval=message("95 % of the posterior"), edge=message("unknown with fewer than ten tests"),
    ),
    Figure(
        "tests_a_year", message("Tests possible with a year's messages"),
        message("messages delivered a month x 12 / (2 x messages per version needed for the worthwhile lift)"),
        message("an "
                                                                                                             "e-mail"),
        "Fleiss, Levin & Paik (2003), eq. 4.14", ("all_tests.needed", "all_tests.a_year"),
        edge=message("rounded down"),
    ),
)  # fmt: skip
