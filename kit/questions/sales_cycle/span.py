"""The time over which money is counted: that of which all exports tell. (guide 2)"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.counts import currencies, scope
from kit.counts.scope import count
from kit.messages import _, message
from kit.questions.sales_cycle.holdout import begins
from kit.show.formats import commas, day, listing
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.tables import COSTS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.messages import Message
    from kit.store import Data

SHORTEST = pd.Timedelta(days=1)
"""The shortest span that is looked at."""

_SOURCES = {
    "question": message("the months asked for"),
    "mail": message("the event log's e-mails"),
    "holdout": message("the control group test"),
    "costs": message("the costs"),
}

_PERIODS = {
    "question": message("the months asked for"),
    "mail": message("the e-mails of the event log"),
    "holdout": message("the days of the control group test"),
    "costs": message("the costs"),
}
"""The same, as what begins and ends."""


def common(data: Data, *, experiment: str = "") -> Span:
    """The time that all exports tell of: the question's, the mail's, the holdout's and the costs'.

    Args:
        data: what `kit.open` returned.
        experiment: the holdout test whose beginning counts; "" for the one with most people to get mail.
    """
    return judge(spans(data, experiment), currencies(data))


@count(
    "messages",
    "assignments",
    "costs",
    whole="it says from when to when each source tells, the question among them",
    unfiltered="what a source covers is a fact of its files",
)
def spans(data: Data, experiment: str = "") -> pd.DataFrame:
    """From when to when each source of the money's story tells, on the firm's clock.

    Args:
        data: what `kit.open` returned.
        experiment: the holdout test whose beginning counts; "" for the one with most people to get mail.

    Returns:
        A row a source that is there: what ("question", "mail", "holdout" or "costs"), begin, end [moments]; and one of
        "sales" without either where orders have times that no zone makes instants.
    """
    if data.as_of is None:
        return pd.DataFrame(columns=["what", "begin", "end"])
    # Nothing is told beyond as_of, and a test goes on until then; the sale that as_of is taken from is told.
    last = pd.Timestamp(data.as_of) + timedelta(microseconds=1)
    rows = []
    orders = scope.history(data, "orders")
    if orders is not None and data.settings.zone is None:
        apart = orders.filter(~orders.ordered_at.notnull(), orders.ordered_local.notnull())
        if apart.count().to_pyarrow().as_py():
            rows.append(("sales", pd.NaT, pd.NaT))
    if data.period is not None:
        rows.append(("question", pd.Timestamp(data.period.begin), min(pd.Timestamp(data.period.end), last)))
    mails = scope.history(data, MESSAGES.name)
    first_mail = None if mails is None else mails.sent_local.min().to_pyarrow().as_py()
    for what, begin in (("mail", first_mail), ("holdout", begins(data, experiment))):
        if begin is not None:
            rows.append((what, pd.Timestamp(begin), last))
    dated = scope.frame(data, COSTS.name)[["period_start", "period_end"]].dropna()
    dated = dated[dated["period_start"] <= dated["period_end"]]
    if len(dated):
        end = pd.Timestamp(dated["period_end"].max()) + timedelta(days=1)
        rows.append(("costs", pd.Timestamp(dated["period_start"].min()), min(end, last)))
    return pd.DataFrame(rows, columns=["what", "begin", "end"])


def judge(sources: pd.DataFrame, units: Sequence[str] = ()) -> Span:
    """The time that all sources tell of.

    Args:
        sources: what `spans` returned.
        units: the currencies of the sales, from `counts.currencies`; several are never added, and an unknown
            one ("") is no unit, so nothing is counted then.
    """
    bounds = tuple((row["what"], row["begin"], row["end"]) for row in sources.to_dict("records"))
    dated = [bound for bound in bounds if not pd.isna(bound[1]) and not pd.isna(bound[2])]
    never = pd.Timestamp(0)
    if any(what == "sales" for what, *_times in bounds):
        problem = message("order times have no time zone; set time_zone in kit.toml")
        return Span(never, never, bounds, problem)
    if not all(units):
        problem = message("the currency of the sales is not known; set currency in kit.toml")
        return Span(never, never, bounds, problem)
    if len(units) > 1:
        problem = message(
            "sales are in several currencies ({currencies}), which are never added up", currencies=commas(units)
        )
        return Span(never, never, bounds, problem)
    if not dated:
        return Span(never, never, bounds, message("nothing in the folder has a date"))
    latest, earliest = max(dated, key=lambda bound: bound[1]), min(dated, key=lambda bound: bound[2])
    begin, end = latest[1], earliest[2]
    if end - begin < SHORTEST:
        later, earlier = _PERIODS[latest[0]], _PERIODS[earliest[0]]
        problem = message("{later} begin only after {earlier} end", later=later, earlier=earlier)
        return Span(begin, begin, bounds, problem)
    return Span(begin, end, bounds)


@result
class Span(Result):
    """From when to when the money is counted, on the firm's clock.

    Attributes:
        begin: the first moment.
        end: the moment after the last.
        bounds: what set either end, as (what, begin, end).
        problem: why there is none; "" where there is.
    """

    begin: pd.Timestamp
    end: pd.Timestamp
    bounds: tuple[tuple[str, pd.Timestamp, pd.Timestamp], ...]
    problem: str | Message = ""

    def summary(self) -> Summary:
        """From when to when money is counted, and what set it."""
        numbers = {"begin": self.begin, "end": self.end}
        if self.problem:
            text = _("Money cannot be compared with e-mails: {why}.", why=self.problem)
            return Summary("money_span", text, numbers)
        text = _(
            "All money below is from {begin} to {end}, the time that all the data covers. Its start is set by "
            "{sources}.",
            begin=day(self.begin), end=day(self.end),
            sources=listing([_SOURCES[what] for what, begin, _end in self.bounds if begin == self.begin]),
        )  # fmt: skip
        return Summary("money_span", text, numbers)
