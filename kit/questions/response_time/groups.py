"""Where are customers answered later: by hour, weekday, inbox, person, segment, theme?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit import counts
from kit.judging import ALPHA
from kit.messages import _, _n, message
from kit.questions import customer_messages
from kit.questions.response_time.curves import CLOCKS, FEWEST, clock, curve, judged, promised
from kit.questions.response_time.waits import ends
from kit.show.formats import commas, hours, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import clustered_survival, multiplicity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.messages import Message
    from kit.store import Data

PART = 3
"""Hours of a part of the day."""

WEEKDAYS = (
    message("Monday"), message("Tuesday"), message("Wednesday"), message("Thursday"), message("Friday"),
    message("Saturday"), message("Sunday"),
)  # fmt: skip


def compare(data: Data, *, promised_hours: float = 0.0) -> Groups:
    """First responses by hour and weekday of asking, inbox, who answered, segment and theme of the first message.

    Args:
        data: what `kit.open` returned.
        promised_hours: within which an answer is in time; 0: as kit.toml says.

    Source: as `judge`.
    """
    turns = counts.responses(data)
    turns = turns.assign(theme=turns["request"].map(customer_messages.messages.themes(data)).astype("str"))
    return judge(turns, promised(data, promised_hours), hours_known=data.zone_known)


def judge(turns: pd.DataFrame, promise: float | None = None, *, hours_known: bool = True) -> Groups:
    """Each group's figures, and whether it is answered sooner or later than the others.

    Groups are compared by the share that is answered within the median of all; p-values are adjusted over all groups.

    Args:
        turns: what `counts.responses` returned, with a column theme where themes are known.
        promise: the promised time [min]; None: none is known.
        hours_known: whether the firm's zone is known; else hours and weekdays are not judged.

    Source: Kaplan & Meier (1958); Klein et al. (2007), doi:10.1002/sim.2864; Benjamini & Hochberg (1995).
    """
    by = clock(turns)
    first = judged(turns[turns["first"].astype(bool)], by)
    middle = curve(first, by).quantile(0.5).value if len(first) else np.nan
    rows = []
    for trait in TRAITS if len(first) else ():
        if trait in ("hour", "weekday") and not hours_known:
            continue
        values = _values(first, trait)
        named = first[values.notna()]
        for value, group in named.groupby(values[values.notna()], sort=True):
            rows.append({"trait": trait, "group": str(value)} | _row(group, named, by, middle, promise))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    frame["p"] = multiplicity.adjust(frame["p"].astype(float), method="bh")
    frame["verdict"] = [_verdict(row) for row in frame.to_dict("records")]
    return Groups(frame, by, promise)


TRAITS: dict[str, Message] = {
    "hour": message("Hour of the request"),
    "weekday": message("Weekday of the request"),
    "mailbox": message("Inbox"),
    "channel": message("Channel"),
    "agent": message("Answered by, or assigned to"),
    "segment": message("Segment"),
    "theme": message("Theme"),
}

_COLUMNS = [
    "trait",
    "group",
    "n",
    "open",
    "value",
    "low",
    "high",
    "p90",
    "within",
    "within_low",
    "within_high",
    "difference",
    "p",
]


def _values(turns: pd.DataFrame, trait: str) -> pd.Series:
    asked = turns["asked_local"]
    if trait == "hour":
        return (asked.dt.hour // PART * PART).map(lambda hour: f"{hour:02d}-{hour + PART:02d}")
    if trait == "weekday":
        return asked.dt.day_of_week.astype(str)
    return turns[trait] if trait in turns else pd.Series(pd.NA, index=turns.index)


def _row(group: pd.DataFrame, named: pd.DataFrame, by: str, middle: float, promise: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"n": len(group), "open": int((group["state"] == "open").sum())}
    if len(group) < FEWEST:
        return row
    others = named.drop(index=group.index)
    of_group = curve(group, by)
    median = of_group.quantile(0.5)
    row |= {"value": median.value, "low": median.low, "high": median.high, "p90": of_group.quantile(0.9).value}
    if promise is not None:
        within = of_group.within(promise)
        row |= {"within": within.value, "within_low": within.low, "within_high": within.high}
    if len(others) >= FEWEST:
        comparison = clustered_survival.compare_within(curve(others, by), of_group, middle)
        row |= {"difference": comparison.difference, "p": comparison.p}
    return row


def _verdict(row: Mapping[Any, Any]) -> str:
    if row["n"] < FEWEST:
        return "too few"
    if not row["p"] < ALPHA:
        return "as usual"
    return "sooner" if row["difference"] > 0 else "later"


@result
class Groups(Result):
    """First responses by group.

    Attributes:
        rates: a row a trait and group: trait [TRAITS], group, n, open; value, low, high, p90 [min; NaN: too few];
            within,
            within_low, within_high [share in time]; difference [share answered within the median of all, less that of
            the others], p [Benjamini-Hochberg over all groups], verdict ["sooner", "later", "as usual", "too few"].
        clock: "working" or "minutes".
        promise: the promised time [min]; None: none is known.
    """

    rates: pd.DataFrame
    clock: str
    promise: float | None

    def summary(self) -> Summary:
        """Who is answered later than the others."""
        judged_groups = self.rates[self.rates["p"].notna()]
        later = self.rates[self.rates["verdict"] == "later"]
        numbers = {"judged": len(judged_groups), "later": len(later)}
        if judged_groups.empty:
            text = _("No group is large enough to be compared with the others.")
        elif later.empty:
            text = _n(
                "We compared {n} group: its customers are not answered later than the others, beyond chance.",
                "We compared {n} groups: in none of them are customers answered later than in the others, beyond "
                "chance.",
                len(judged_groups),
            )
        else:
            names = commas(
                [
                    _("{trait} “{group}”", trait=TRAITS[row["trait"]], group=name(row))
                    for row in later.to_dict("records")
                ]
            )
            text = _("Customers are answered later than in the other groups of the same kind: {groups}.", groups=names)
        return Summary("responses_by", text, numbers, headline=len(later) > 0, weight=25)

    def table(self) -> Table:
        """Each group's first responses."""
        columns = [
            Column("trait", message("Grouped by"), TRAITS.__getitem__),
            Column("group", message("Group"), name, whole_row=True),
            Column("n", message("Requests"), whole, number=True),
            Column("open", message("Waiting"), whole, number=True),
            Column(
                "value",
                message("Half answered within"),
                ends("value", "low", "high", self.clock),
                "min",
                number=True,
                whole_row=True,
            ),
            Column(
                "p90",
                message("Nine in ten within"),
                ends("p90", "", "", self.clock),
                "min",
                number=True,
                whole_row=True,
            ),
            Column("verdict", message("Compared with the others"), _VERDICTS.__getitem__),
        ]
        if self.promise is not None:
            title = message("Within {time}", time=hours(self.promise))
            columns.insert(6, Column("within", title, _within, "share", number=True, whole_row=True))
        notes = (
            _(
                "First responses, in {clock}. Groups with fewer than {n} requests have no figures.",
                clock=CLOCKS[self.clock], n=FEWEST,
            ),
            _(
                "Later or sooner: the share answered within the median of all differs from that of the other groups "
                "of the same kind by more than chance. This allows for all groups in the table (Benjamini-Hochberg)."
            ),
            _(
                "The agent is known only for answered requests, unless the help desk assigns open ones. Without "
                "such assignments, requests that still wait are missing by agent. Agents are numbered in the order "
                "of their first answers."
            ),
            _(
                "Themes come from the first message of a request only, because customers who wait long write about "
                "waiting. Requests without a recognised theme have no row. Notebook 11 shows how well themes are "
                "recognised."
            ),
        )  # fmt: skip
        title = message("First response by group")
        return Table(
            "responses_by", title, self.rates, tuple(columns), notes, message("your files contain no requests.")
        )


def name(row: Mapping[Any, Any]) -> str:
    """A group as readers meet it."""
    return str(WEEKDAYS[int(row["group"])]) if row["trait"] == "weekday" else str(row["group"])


def _within(row: Mapping[Any, Any]) -> str:
    return with_interval(row["within"], row["within_low"], row["within_high"])


_VERDICTS = {
    "later": message("later"),
    "sooner": message("sooner"),
    "as usual": message("as usual"),
    "too few": message("too little data"),
}
