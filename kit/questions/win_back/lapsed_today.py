"""What the past test says of those lapsed today: whom its mail would change most, as far as the test carries it.

A person's place follows from the regression of the test. What a place is worth is the lift that was counted in the
test among people of such places, whom others' regressions had scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.lapsed import groups, leaving, states
from kit.questions.sales_cycle.holdout import NEWCOMBE
from kit.questions.win_back import plans, targeting
from kit.questions.win_back.targeting import FIRST, PARTS
from kit.questions.win_back.tried import last_reason
from kit.show.formats import UNKNOWN, known, points, share, span, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.store import lists

if TYPE_CHECKING:
    from pathlib import Path

    from kit.messages import Message
    from kit.questions.win_back.targeting import Targeting
    from kit.questions.win_back.tried import Tried
    from kit.store import Data

OF_PARTS = PARTS | {"beyond": message("Like nobody in the test")}
"""Where a person stands; the last is known of nobody."""

PEOPLE = ["contact_key", "part", "place", "silent", "occasions", "reason"]
TABLE = ["part", "n", "difference", "low", "high"]


def measure(data: Data, tried: Tried, first: Targeting) -> LapsedToday:
    """Whom of those lapsed today to write to first.

    Args:
        data: what `kit.open` returned.
        tried: what `tried.measure` returned.
        first: what `targeting.measure` returned of it.

    Source: as `targeting.measure`.
    """
    bought = states.purchases(data, tried.what)
    none = pd.DataFrame(columns=PEOPLE)
    if bought.empty or pd.isna(tried.until):
        return LapsedToday(none, pd.DataFrame(columns=TABLE), message("nobody has lapsed"), data)
    now, _model, _draws = states.at(bought, tried.until, days=tried.days, limits=tried.limits, resampled=False)
    gone = now[now["state"] == "lapsed"]
    listed, _consent = plans.allowed(data, gone["contact_key"])
    gone = gone[gone["contact_key"].isin(listed)].reset_index(drop=True)
    gone = gone.merge(groups.attributes(data), on="contact_key", how="left")
    gone = gone.assign(first_day=tried.until + pd.Timedelta(days=1))
    return judge(gone.assign(reason=last_reason(gone, leaving.reasons_of(data))), tried, first, data)


def judge(gone: pd.DataFrame, tried: Tried, first: Targeting, data: Data) -> LapsedToday:
    """Whom of these people to write to first.

    Args:
        gone: those lapsed today who may be written to: contact_key, silent, occasions, worth, chance, reason and what
            contacts tell of them.
        tried: the test.
        first: what it says of rules.
        data: for the file.
    """
    reason = first.reason
    if not reason and not first.gain[1] > 0:
        reason = message("the test does not show that its mail works better for some")
    if not reason and gone.empty:
        reason = message("nobody who has lapsed may be written to")
    if reason:
        people = gone.assign(part="unknown", place=np.nan).reindex(columns=PEOPLE)
        return LapsedToday(people, pd.DataFrame(columns=TABLE), reason, data)
    test, came, held = targeting.followed(tried)
    facts = targeting.Facts.known(test, came)
    x = facts.of(test).to_numpy(float)
    model = targeting.fitted(x, came, held)
    if model is None:
        return LapsedToday(gone.assign(part="unknown", place=np.nan).reindex(columns=PEOPLE),
                           pd.DataFrame(columns=TABLE), message("the regression cannot be fitted"), data)  # fmt: skip
    least = np.quantile(model.lift(x), 1 - FIRST)
    lift = model.lift(facts.of(gone).to_numpy(float))
    part = np.where(~facts.covers(gone).to_numpy(), "beyond", np.where(lift >= least, "first", "others"))
    people = gone.assign(part=part, lift=np.where(part == "beyond", np.nan, lift))
    people = people.sort_values(["lift", "contact_key"], ascending=[False, True], ignore_index=True)
    people["place"] = np.where(people["part"] == "beyond", np.nan, np.arange(1, len(people) + 1))
    n = people["part"].value_counts()
    counted = first.parts.set_index("part").reindex(list(OF_PARTS))[["difference", "low", "high"]]
    table = counted.assign(n=n.reindex(list(OF_PARTS)).fillna(0).astype(int)).rename_axis("part").reset_index()
    return LapsedToday(people[PEOPLE], table[TABLE], "", data)


@result
class LapsedToday(Result):
    """Whom of those lapsed today to write to first.

    Attributes:
        people: those who may be written to: contact_key, part [of OF_PARTS; "unknown" for all where `reason` is given],
            place [1 is the highest expected lift; NaN: not known], silent [days], occasions, reason.
        parts: a row a part: part, n [people today], difference, low, high [lift that was counted in the test].
        reason: why the test says nothing of them; "" where it does.
        data: for the file.
    """

    people: pd.DataFrame
    parts: pd.DataFrame
    reason: str | Message
    data: Data

    def summary(self) -> Summary:
        """How many to write to first, and what such people brought in the test."""
        numbers: dict[str, Any] = {"people": len(self.people)}
        if self.reason:
            text = _("Whom of those lapsed today an e-mail would bring back is unknown: {why}.", why=self.reason)
            return Summary("lift_today", text, numbers)
        rows = {row["part"]: row for row in self.parts.to_dict("records")}
        first, others = rows["first"], rows["others"]
        numbers |= {"first": int(first["n"]), "beyond": int(rows["beyond"]["n"])}
        text = _n(
            "Of {all} lapsed customers whom you may e-mail, write to {n} first. In the test such people brought "
            "{lift} points ({interval}), the others {rest}.",
            "Of {all} lapsed customers whom you may e-mail, write to {n} first. In the test such people brought "
            "{lift} points ({interval}), the others {rest}.",
            numbers["first"], all=whole(len(self.people)), n=whole(numbers["first"]),
            lift=points(first["difference"]), rest=points(others["difference"]),
            interval=span(first["low"], first["high"]),
        )  # fmt: skip
        if numbers["beyond"]:
            more = _n(
                "{n} is like nobody in the test.", "{n} are like nobody in the test.", numbers["beyond"],
                n=whole(numbers["beyond"]),
            )  # fmt: skip
            text = f"{text} {more}"
        return Summary("lift_today", text, numbers, headline=True, weight=39)

    def write(self, folder: str, *, addresses: bool = False) -> Path | None:
        """Write them as lapsed_today.csv; see `kit.store.lists.write`."""
        lift = self.parts.set_index("part")["difference"] if len(self.parts) else pd.Series(dtype=float)
        frame = self.people.astype({"place": "Int64"}).assign(lift_in_test=self.people["part"].map(lift).astype(float))
        return lists.write(frame, self.data, folder, "lapsed_today.csv", addresses=addresses)

    def table(self) -> Table:
        """How many stand where, and what such people brought in the test."""
        columns = (
            Column("part", message("Customers lapsed today"), OF_PARTS.__getitem__),
            Column("n", message("People"), whole, unit="people", number=True),
            Column("difference", message("Lift in the test (points)"), _lift, unit="share", number=True,
                   whole_row=True),
        )  # fmt: skip
        notes = (
            message(
                "First are those as high as the first {part} of the test. The parameter “lists” writes everybody with "
                "their place. Keep some of each part without e-mail, since offers and seasons change.",
                part=share(FIRST, 0),
            ),
        )
        return Table("lift_today", message("Who of those lapsed today comes first?"), self.parts, columns,
                     notes if len(self.parts) else (), message("{why}.", why=self.reason))  # fmt: skip


def _lift(row: Any) -> str:
    return f"{points(row['difference'])} ({span(row['low'], row['high'])})" if known(row["difference"]) else UNKNOWN


FIGURES = (
    Figure(
        "lift_today", message("Lift of those lapsed today"),
        message("came back with mail - without, among people of the test with as high an expected lift"),
        message("a person lapsed today who may be written to"), f"Lo (2002), doi:10.1145/772862.772872; {NEWCOMBE}",
        ("lift_today.n", "lift_today.difference", "lift_today.people", "lift_today.first", "lift_today.beyond"),
        window=message("the window that decides"), interval=message("95 %: Newcombe"),
        edge=message("unknown where the test does not show that its mail works better for some, and for people like "
                     "nobody in it"),
    ),
)  # fmt: skip
