"""Which customers write otherwise than they used to?"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions.customer_messages import messages
from kit.show.formats import decimal, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.multiplicity import adjust
from kit.stats.ranks import BrunnerMunzel, brunner_munzel

if TYPE_CHECKING:
    from datetime import datetime

    from kit.store import Data

DAYS = (90, 120, 150, 180)
"""The latest days, which are set against all before: the first of these in which a customer wrote often enough."""
LEAST = 6
"""Messages in each part: five allow no trend."""
ALPHA = 0.05


def compare(data: Data) -> Customers:
    """Whose tone has changed against his own past?

    Args:
        data: what `kit.open` returned.
    """
    return judge(messages.read(data), data.as_of)


def judge(read: messages.Messages, as_of: datetime | None) -> Customers:
    """The chance that a customer's later message is less friendly than an earlier one.

    Messages of one language only are compared, that in which the customer writes most, since the reading errs
    otherwise in each. Errors of the reading make a change look smaller, not larger; so none is shown that is not there.

    Args:
        read: the messages.
        as_of: the end of the data.

    Source: Brunner and Munzel (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U; Benjamini and
    Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    rows = read.rows[read.rows["person"].notna() & read.rows["score"].notna() & read.rows["day"].notna()]
    writers, n = rows["person"].nunique(), rows.groupby("person")["person"].transform("size")
    rows = rows.assign(day=pd.to_datetime(rows["day"]))
    lines = []
    for person, of_person in rows[n >= 2 * LEAST].groupby("person"):
        language = of_person["language"].mode().iloc[0]
        own = of_person[of_person["language"] == language]
        days = _window(own["day"], as_of) if as_of else None
        if as_of is None or days is None:
            continue
        later = _since(own["day"], as_of, days)
        before, after = own.loc[~later, "score"], own.loc[later, "score"]
        less = brunner_munzel((after, None), (before, None))
        quote = own[later].sort_values("score")["tone_quote"].iloc[0]
        lines.append(
            (
                person,
                language,
                days,
                len(before),
                len(after),
                less.value,
                less.low,
                less.high,
                _p(less, len(before), len(after)),
                quote,
            )
        )
    columns = ["person", "language", "days", "before", "after", "value", "low", "high", "p", "quote"]
    changes = pd.DataFrame(lines, columns=columns)
    changes["p"] = adjust(changes["p"].astype(float))
    direction = changes["value"].gt(0.5).map({True: "worse", False: "better"})
    changes["verdict"] = direction.where(changes["p"] <= ALPHA, "no change seen")
    changes = changes.sort_values("value", ascending=False, ignore_index=True)
    changes.insert(0, "customer", [f"{place + 1}" for place in range(len(changes))])
    return Customers(changes, writers)


def _p(less: BrunnerMunzel, before: int, after: int) -> float:
    """The p-value; where the parts do not overlap at all, that of so clear an order by chance (exact, two-sided)."""
    if not pd.isna(less.p):
        return less.p
    return 2 / comb(before + after, after) if less.value in {0.0, 1.0} else 1.0


def _since(day: pd.Series, as_of: datetime, days: int) -> pd.Series:
    return day >= pd.Timestamp(as_of) - pd.Timedelta(days=days)


def _window(day: pd.Series, as_of: datetime) -> int | None:
    """The latest days that are compared; None: too few messages in or before them. Scores have no part in it."""
    for days in DAYS:
        after = int(_since(day, as_of, days).sum())
        if min(after, len(day) - after) >= LEAST:
            return days
    return None


@result
class Customers(Result):
    """Customers against their own past.

    Attributes:
        changes: a row a customer with enough messages, the worse first: customer [number on this page], person
            [hash; stays here], language, days [the latest], before, after [messages], value [chance that a later
            message is less friendly than an earlier one], low, high [of its interval], p [adjusted], quote [of the
            latest, the least friendly], verdict.
        writers: customers who wrote.
    """

    changes: pd.DataFrame
    writers: int

    def summary(self) -> Summary:
        """Whose tone became worse."""
        judged, worse = len(self.changes), int((self.changes["verdict"] == "worse").sum())
        numbers = {"judged": judged, "worse": worse, "writers": self.writers}
        if not judged:
            text = _(
                "No trend can be shown: no customer wrote {n} messages in the last {days} days and as many before.",
                n=whole(LEAST), days=whole(DAYS[-1]),
            )  # fmt: skip
            return Summary("customers", text, numbers)
        if not worse:
            text = _n(
                "{n} customer wrote often enough to be compared with earlier messages; the tone did not get worse.",
                "{n} customers wrote often enough to be compared with their own earlier messages; nobody's tone got "
                "worse.",
                judged, n=whole(judged),
            )  # fmt: skip
            return Summary("customers", text, numbers)
        text = _n(
            "{worse} of {n} customers who wrote often enough now writes in a less friendly tone than before.",
            "{worse} of {n} customers who wrote often enough now write in a less friendly tone than before.",
            worse, worse=whole(worse), n=whole(judged),
        )  # fmt: skip
        return Summary("customers", text, numbers, headline=True, weight=3)

    def table(self) -> Table:
        """Each customer who wrote often enough."""
        columns = (
            Column("customer", message("Customer")),
            Column("before", message("Messages before"), whole, number=True),
            Column("after", message("Messages since"), whole, number=True),
            Column("days", message("Latest days compared"), whole, number=True),
            Column(
                "value", message("Chance that a later message is less friendly"), _chance, number=True, whole_row=True
            ),
            Column("verdict", message("Verdict"), lambda verdict: str(_VERDICTS[verdict])),
            Column("quote", message("Least friendly recent message"), lambda quote: f"“{quote}”" if quote else "–"),
        )
        frame = self.changes.drop(columns="person")
        left = self.writers - len(frame)
        notes = (
            _(
                "Customers not judged, with fewer than {least} messages before or since: {n}.",
                least=whole(LEAST),
                n=whole(left),
            ),
            _("The report does not name customers; only the notebook shows the key of their address."),
            _(
                "0.5 means no change. The customers in this table are tested together, so at most one in twenty of "
                "those flagged is expected to be flagged wrongly."
            ),
        )
        empty = message("no customer wrote often enough.")
        return Table("customers", message("Each customer compared with their own past"), frame, columns, notes, empty)


_VERDICTS = {
    "worse": message("less friendly than before"),
    "better": message("friendlier than before"),
    "no change seen": message("no change seen"),
}


def _chance(line: Any) -> str:
    if pd.isna(line["low"]):
        return decimal(line["value"], 2)
    ends = {name: decimal(min(max(line[name], 0), 1), 2) for name in ("value", "low", "high")}
    return _("{value} ({low} to {high})", **ends)


FIGURES = (
    Figure(
        "kinder",
        message("Chance that a later message is less friendly"),
        message(
            "pairs of a later and an earlier message whose later tone score is lower (equal scores count half) / "
            "all pairs"
        ),
        message("a pair of messages of one customer in one language"),
        "Brunner and Munzel (2000)",
        ("customers.value", "customers.before", "customers.after", "customers.judged", "customers.worse"),
        window=message("the last 90 days (up to 180 if needed) compared with all earlier ones"),
        interval=message("95 %: Brunner and Munzel"),
        edge=message(
            "no verdict with fewer than six messages in either part; p-values are adjusted (Benjamini-Hochberg)"
        ),
    ),
    Figure(
        "compared_days",
        message("Latest days compared"),
        message("the shortest window that contains six messages"),
        message("a customer"),
        "guide 3: tone and language",
        ("customers.days",),
    ),
    Figure(
        "writers",
        message("Customers who wrote"),
        message("people with at least one message that was read"),
        message("each person once"),
        "guide 3: mail volume",
        ("customers.writers",),
    ),
)
