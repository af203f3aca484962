"""Which reasons do people give for leaving? (guide 2, subscriber retention)

A reason is what the platform's form offers or what somebody wrote. What fewer than three people wrote is not shown: it
could name somebody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.questions.retention import subscribers
from kit.questions.retention.subscribers import LIST
from kit.show import cells
from kit.show.formats import whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions

if TYPE_CHECKING:
    from kit.store import Data

FEWEST = 3
"""People of whom a reason is shown: what fewer wrote in the same words may tell who they are."""


def measure(data: Data) -> Reasons:
    """The reasons that people who unsubscribed gave.

    Args:
        data: what `kit.open` returned; a period does not narrow it.

    Source: guide 2.
    """
    return judge(count(data))


@scope.count("contacts", whole=LIST, unfiltered=scope.NO_CAMPAIGN)
def count(data: Data) -> pd.DataFrame:
    """People who unsubscribed, by the reason that they gave.

    Returns:
        A row a reason: reason [small letters; NULL: none given], n [people]. Bounces, complaints and whom the firm took
        off are in no row. None without contacts.
    """
    contacts = scope.history(data, "contacts")
    if contacts is None or data.as_of is None:
        return pd.DataFrame(columns=["reason", "n"])
    reasons = contacts.group_by("contact_key").agg(reason=col.unsubscribe_reason.max().lower().strip())
    left = subscribers.each(contacts, data).filter(col.cause == "unsubscribe").select("contact_key")
    left = left.inner_join(reasons, "contact_key").mutate(reason=col.reason.nullif(""))
    return left.group_by("reason").agg(n=col.contact_key.nunique()).order_by("reason").to_pandas()


def judge(people: pd.DataFrame, *, level: float = LEVEL) -> Reasons:
    """The reasons of FEWEST people or more, the most frequent first, and all others together.

    Args:
        people: what `count` returned.
        level: confidence.
    """
    given = people[people["reason"].notna()].sort_values(["n", "reason"], ascending=[False, True], kind="stable")
    total, silent = int(given["n"].sum()), int(people.loc[people["reason"].isna(), "n"].sum())
    shown = given.loc[given["n"] >= FEWEST, ["reason", "n"]]
    if rare := total - int(shown["n"].sum()):
        shown = pd.concat([shown, pd.DataFrame({"reason": [None], "n": [rare]})], ignore_index=True)
    shown = shown.astype({"reason": "object", "n": "int64"}).reset_index(drop=True)
    low, high = proportions.proportion_interval(shown["n"], total, level=level) if len(shown) else ([], [])
    shares = shown["n"] / total if total else shown["n"].astype("float64")
    return Reasons(shown.assign(value=shares, low=low, high=high), total, silent)


@result
class Reasons(Result):
    """Reasons for unsubscribing.

    Attributes:
        reasons: a row a reason: reason [None: all that fewer than FEWEST people gave], n [people], value, low, high [of
            those who gave one].
        given: people who unsubscribed and gave a reason.
        silent: people who unsubscribed and gave none.
    """

    reasons: pd.DataFrame
    given: int
    silent: int

    def summary(self) -> Summary:
        """How many gave a reason, and which was given most."""
        numbers = {"given": self.given, "silent": self.silent}
        if not self.given:
            return Summary("unsubscribe_reasons", _("None of your files contains reasons for unsubscribing."), numbers)
        first = self.reasons.iloc[0]
        if first["reason"] is None:
            return Summary("unsubscribe_reasons", _said(self.given, self.silent), numbers)
        text = _(
            "{counted} The most frequent reason: {reason}, {value}.",
            counted=_said(self.given, self.silent),
            reason=first["reason"],
            value=cells.rate(first),
        )
        return Summary("unsubscribe_reasons", text, numbers)

    def table(self) -> Table:
        """The reasons, the most frequent first."""
        rare = _("other reasons, each given by fewer than {n} people", n=FEWEST)
        frame = self.reasons.assign(reason=self.reasons["reason"].fillna(rare))
        columns = (
            Column("reason", message("Reason")),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = (
            message(
                "The shares cover people who unsubscribed and gave a reason. These people are not a random sample: "
                "the shares show the answers, not why people unsubscribe."
            ),
            message(
                "Reasons given by fewer than {n} people are not shown, since they could identify somebody.", n=FEWEST
            ),
        )
        title, empty = (
            message("Reasons for unsubscribing"),
            message("none of your files contains reasons for unsubscribing."),
        )
        return Table("unsubscribe_reasons", title, frame, columns, notes if len(frame) else (), empty)


def _said(given: int, silent: int) -> str:
    return _n(
        "{n} of {all} person who unsubscribed gave a reason.",
        "{n} of {all} people who unsubscribed gave a reason.",
        given + silent, n=whole(given), all=whole(given + silent),
    )  # fmt: skip


_PERSON = message("a person who unsubscribed")

FIGURES = (
    Figure(
        "reason_people", message("People who gave a reason"),
        message("people who unsubscribed and gave this reason; gave any; gave none"), _PERSON, "guide 2",
        ("unsubscribe_reasons.n", "unsubscribe_reasons.given", "unsubscribe_reasons.silent"),
        edge=message("reasons given by fewer than three people are shown together"),
    ),
    Figure(
        "reason_share", message("Share of a reason"), message("people who gave this reason / people who gave any"),
        _PERSON, "guide 2", ("unsubscribe_reasons.value",), interval=WILSON,
        edge=message("people who gave none are in neither count"),
    ),
)  # fmt: skip
