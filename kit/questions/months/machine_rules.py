"""Which rules found machines among the opens and clicks? (guide 1, step 2)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.show.formats import whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.store import machine_events

if TYPE_CHECKING:
    from kit.store import Data


def find(data: Data) -> MachineRules:
    """How many delivered mails did each rule for machines name?

    Args:
        data: what `kit.open` returned.

    Source: machine_events.
    """
    return MachineRules(count(data))


@scope.count("messages")
def count(data: Data) -> pd.DataFrame:
    """How many delivered messages of the log each rule of `machine_events` named.

    Returns:
        A row a rule: what ("opening" or "click"), rule, strength, meaning, messages. A message that
        several rules name is in each of their rows; NULL where the rule needs the time of delivery and the log
        tells none. Openings, or clicks, that the log does not tell have no row.
    """
    messages = scope.rows(data, "messages")
    columns = ["what", "rule", "strength", "meaning", "messages"]
    if messages is None:
        return pd.DataFrame(columns=columns)
    messages = log.of_delivered(messages).filter(col.reached)
    told = messages.aggregate(
        opening=col.opened.notnull().any(), click=col.clicked.notnull().any(), dated=(~col.delivered_is_derived).any()
    )
    tells = told.to_pandas().fillna(value=False).iloc[0]
    by_rules = messages.group_by("opens_rule", "clicks_rule").agg(messages=col.count()).to_pandas()
    rows = []
    opens, clicks = machine_events.OPENINGS, machine_events.CLICKS
    for what, rules_of, rules in (("opening", "opens_rule", opens), ("click", "clicks_rule", clicks)):
        if not tells[what]:
            continue
        names = by_rules[rules_of].fillna("").str.split(", ")
        for rule in rules:
            if rule.is_machine is not False:
                holds = names.map(lambda listed, name=rule.name: name in listed)
                testable = tells["dated"] or not rule.since_delivery
                n = int(by_rules.loc[holds, "messages"].sum()) if testable else None
                rows.append((what, rule.name, rule.strength, rule.what, n))
    return pd.DataFrame(rows, columns=columns).astype({"messages": "Int64"})


@result
class MachineRules(Result):
    """What the rules for machines found.

    Attributes:
        rules: a row a rule: what ("opening" or "click"), rule, strength, meaning, messages [nullable].
    """

    rules: pd.DataFrame

    def summary(self) -> Summary:
        """How many rules found anything."""
        holding = int((self.rules["messages"].fillna(0) > 0).sum())
        numbers = {"rules": len(self.rules), "holding": holding}
        if self.rules.empty:
            return Summary(
                "verdicts", _("No event log tells openings or clicks, so no rule for machines was tried."), numbers
            )
        text = _n(
            "{n} of {rules} rules for machines found mail.",
            "{n} of {rules} rules for machines found mail.",
            holding,
            rules=len(self.rules),
        )
        return Summary("verdicts", text, numbers)

    def table(self) -> Table:
        """How many mails each rule named."""
        columns = (
            Column("what", message("Event"), _EVENTS.__getitem__),
            Column("rule", message("Rule")),
            Column("strength", message("Verdict"), _STRENGTHS.__getitem__),
            Column("meaning", message("What it says")),
            Column("messages", message("Mails"), whole, unit="mails", number=True),
        )
        notes = (
            message(
                "No event is deleted: a verdict stands beside it. A mail that several rules name is counted in each."
            ),
            message(
                "Suspect openings are no proof of a reader, and none of a machine: the lower bound leaves them out."
            ),
        )
        title, empty = message("What the rules for machines found"), message("no event log tells openings or clicks.")
        return Table("verdicts", title, self.rules, columns, notes, empty)


_EVENTS = {"opening": message("opening"), "click": message("click")}
_STRENGTHS = {
    "machine": message("machine"),
    "suspect": message("suspect"),
    "strict": message("strict"),
    "strictest": message("strictest"),
}

FIGURES = (
    Figure(
        "mails_named",
        message("Mails that a rule names"),
        message("delivered mails with an event that the rule names"),
        message("a message: one person, one send"),
        "machine_events",
        ("verdicts.messages",),
        edge=message("a mail that several rules name is counted in each"),
    ),
)
