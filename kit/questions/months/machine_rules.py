"""Which rules found machines among the opens and clicks? (guide 1, step 2)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _ as col

from kit.counts import log, scope
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.show.formats import share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
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


def bound(data: Data) -> ClickBound:
    """Between which ends people's click rate lies: some gateways click as people do."""
    return ClickBound(*(int(n) for n in clicked(data).iloc[0]))


@scope.count("messages")
def clicked(data: Data) -> pd.DataFrame:
    """Who may have clicked the bulk mail of logs that tell clicks.

    Returns:
        One row [messages]: delivered; surely, clicked by a click that no rule doubts; people, by one that no strict
        rule names; perhaps, by one that no rule for a single mail names. Zeros without such a log.
    """
    messages = scope.of_population(data)
    columns = ["delivered", "surely", "people", "perhaps"]
    if messages is None:
        return pd.DataFrame([[0] * 4], columns=columns)
    messages = log.of_delivered(messages).filter(col.delivered & col.clicked.notnull())
    alike = col.clicks_rule.re_search("|".join(rule.name for rule in machine_events.OF_MANY))
    messages = messages.mutate(perhaps=col.clicked_human | alike.fill_null(machine_events.NO))
    sums = messages.aggregate(
        delivered=col.count(),
        surely=col.clicked_strictest.sum(),
        people=col.clicked_human.sum(),
        perhaps=col.perhaps.sum(),
    )
    return sums.to_pandas().fillna(0).astype("int64")[columns]


@result
class ClickBound(Result):
    """People's click rate, and the ends between which it lies.

    Attributes:
        delivered: bulk mails of logs that tell clicks.
        surely: of them clicked by a click that no rule doubts.
        people: by one that no strict rule names.
        perhaps: by one that no rule for a single mail names: gateways that click like people among them.
    """

    delivered: int
    surely: int
    people: int
    perhaps: int

    def summary(self) -> Summary:
        """The rate, and how far it may be off by what cannot be told apart."""
        if not self.delivered:
            text = _(
                "It is unknown how many people clicked, because the export does not mark machine clicks. "
                "Clicks including machines are an upper limit."
            )
            return Summary("clicks_bound", text)
        ends = [self.surely, self.people, self.perhaps]
        low, high = proportions.proportion_interval(ends, [self.delivered] * 3)
        least, value, most = (count / self.delivered for count in ends)
        text = _(
            "People's click rate is {value}. It is {least} if every click within ten minutes of delivery comes from "
            "a security scanner. It is up to {most} if clicks that look like a scanner's come from people. With the "
            "margin of error, it lies between {low} and {high} ({n} e-mails).",
            value=share(value, 2), least=share(least, 2), most=share(most, 2), low=share(low[0], 2),
            high=share(high[2], 2), n=whole(self.delivered),
        )  # fmt: skip
        numbers = {"value": value, "least": least, "most": most, "delivered": self.delivered}
        return Summary("clicks_bound", text, numbers)


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
                "verdicts",
                _("Your event logs contain no opens or clicks, so the rules for machines were not applied."),
                numbers,
            )
        text = _n(
            "{n} of {rules} rules for machines matched e-mails.",
            "{n} of {rules} rules for machines matched e-mails.",
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
            Column("meaning", message("Meaning")),
            Column("messages", message("E-mails"), whole, unit="mails", number=True),
        )
        notes = (
            message("No event is deleted; each gets a mark. An e-mail that matches several rules is counted in each."),
            message(
                "The network of a click is not used. So a scanner with many browsers is recognised only by each "
                "person's e-mails. If it clicks only now and then, it counts as a person."
            ),
            message("Suspicious opens prove neither a person nor a machine, so the lower limit excludes them."),
        )
        title, empty = (
            message("What the rules for machines found"),
            message("your event logs contain no opens or clicks."),
        )
        return Table("verdicts", title, self.rules, columns, notes, empty)


_EVENTS = {"opening": message("open"), "click": message("click")}
_STRENGTHS = {
    "machine": message("machine"),
    "suspect": message("suspicious"),
    "strict": message("strict"),
    "strictest": message("strictest"),
}

FIGURES = (
    Figure(
        "clicks_bound",
        message("Limits of people's click rate"),
        message(
            "clicked, counting only clicks that no rule doubts; that no strict rule marks; that no single-message "
            "rule marks / delivered"
        ),
        message("a delivered message from a log that contains clicks"),
        "kit.store.machine_events",
        ("clicks_bound.value", "clicks_bound.least", "clicks_bound.most", "clicks_bound.delivered"),
        interval=WILSON,
        edge=message(
            "a click within ten minutes of delivery may come from a person or a security scanner. Single clicks are "
            "doubted; many from one person or program are marked"
        ),
    ),
    Figure(
        "mails_named",
        message("Messages that a rule marks"),
        message("delivered messages with an event that the rule marks"),
        message("a message: one person, one send"),
        "machine_events",
        ("verdicts.messages",),
        edge=message("a message that matches several rules is counted in each"),
    ),
)
