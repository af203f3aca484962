"""What is at hand to make the mail personal: which facts the files hold of the lapsed who may be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import LEVEL
from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.metrics.figures import WILSON
from kit.questions.lapsed import groups, states
from kit.questions.retention.occasions import occasions, of_people
from kit.show import cells
from kit.show.formats import commas, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from kit.questions.win_back.plans import Plan
    from kit.store import Data

FACTS = {
    "order": message("Last purchase: its day and amount"),
    "visit": message("Last visit or booking: its day"),
    "times": message("How often they bought"),
    "click": message("Last click in a mail: its day"),
    "language": message("Language"),
    "segment": message("Segment"),
    "opt_in_source": message("Where they joined"),
    "name": message("Name"),
}
"""What a mail to a person may speak of."""

KNOWN = ["contact_key", "order", "visit", "times", "click"]


def measure(data: Data, plan: Plan) -> AtHand:
    """What is known of the people of a plan that their mail may speak of.

    Args:
        data: what `kit.open` returned.
        plan: what `plans.win_back` returned.
    """
    people = plan.people[["contact_key"]]
    frame = people.merge(facts(data), on="contact_key", how="left")
    return judge(frame.merge(groups.attributes(data), on="contact_key", how="left"))


@scope.count("orders", "conversions", "messages", whole=states.WHOLE, unfiltered=scope.NO_CAMPAIGN)
def facts(data: Data) -> pd.DataFrame:
    """When people last bought, came and clicked: contact_key, order, visit, times, click, a row a person with any."""
    parts = []
    for name, what in (("order", "order"), ("visit", "visit")):
        rows = occasions(data, what) if data.as_of is not None else None
        if rows is not None:
            also = {"times": col.day.nunique()} if name == "order" else {}
            parts.append(of_people(rows).group_by("contact_key").agg(**{name: col.day.max()}, **also).to_pandas())
    messages = scope.history(data, MESSAGES.name)
    if messages is not None:
        clicked = messages.filter(col.clicked_human, col.contact_key.notnull())
        parts.append(clicked.group_by("contact_key").agg(click=col.sent_local.max().date()).to_pandas())
    frame = pd.DataFrame({"contact_key": pd.Series(dtype=object)})
    for part in parts:
        frame = frame.merge(part, on="contact_key", how="outer")
    frame = frame.reindex(columns=KNOWN).sort_values("contact_key", ignore_index=True)
    return frame.astype(dict.fromkeys(("order", "visit", "click"), "datetime64[us]"))


def judge(people: pd.DataFrame) -> AtHand:
    """How many people each fact is known of.

    Args:
        people: a row a person, the facts its columns; one that no file holds is no column.
    """
    n = len(people)
    counted = [int(people[name].notna().sum()) if name in people else 0 for name in FACTS]
    low, high = proportions.proportion_interval(counted, n, level=LEVEL)
    value = [x / n if n else float("nan") for x in counted]
    frame = pd.DataFrame({"fact": list(FACTS), "n": counted, "value": value, "low": low, "high": high})
    return AtHand(frame if n else frame.head(0), n)


@result
class AtHand(Result):
    """What is at hand of the people of a plan.

    Attributes:
        facts: a row a fact: fact [of FACTS], n [people of whom it is known], value, low, high [of all].
        n: people.
    """

    facts: pd.DataFrame
    n: int

    def summary(self) -> Summary:
        """Which facts are known of nearly everybody, and which of nobody."""
        if not self.n:
            return Summary("at_hand", _("Nobody is known whose mail could be made personal."), {"n": 0})
        most = self.facts[self.facts["value"] >= NEARLY]
        lacking = self.facts[self.facts["n"] == 0]
        names = commas([str(FACTS[name]) for name in most["fact"]])
        text = _n(
            "Known of at least {least} of {n} person: {facts}.", "Known of at least {least} of {n} people: {facts}.",
            self.n, least=share(NEARLY, 0), n=whole(self.n), facts=names,
        )  # fmt: skip
        if len(lacking):
            absent = commas([str(FACTS[name]) for name in lacking["fact"]])
            text = " ".join([text, _("In none of the files: {facts}.", facts=absent)])
        return Summary("at_hand", text, {"n": self.n})

    def table(self) -> Table:
        """Which facts are known of how many."""
        columns = (
            Column("fact", message("The mail may speak of"), FACTS.__getitem__),
            Column("n", message("People of whom it is known"), whole, unit="people", number=True),
            Column("value", message("Share"), cells.rate, unit="share", number=True, whole_row=True),
        )
        notes = (
            message("A mail that speaks of what is known of half of its people needs a second text for the others."),
            message("Names are not read from any file: the platform that sends puts them in."),
        )
        return Table("at_hand", message("What is known of them"), self.facts, columns, notes,
                     message("nobody is planned to get a mail."))  # fmt: skip


NEARLY = 0.9
"""Share of people from which a fact is called known."""

FIGURES = (
    Figure(
        "fact_known", message("Facts for a personal mail"), message("people of whom it is known / people of the plan"),
        message("a lapsed person who may be written to"), "guide 4", ("at_hand.n", "at_hand.value"), interval=WILSON,
    ),
)  # fmt: skip
