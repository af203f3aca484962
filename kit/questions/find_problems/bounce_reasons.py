"""Why mail came back: the reasons of bounces by the receivers' domains. (guide 1, step 4)"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from kit.counts import scope
from kit.counts.log import of_this_log
from kit.messages import _, _n, message, message_n
from kit.metrics.figures import WILSON, Figure
from kit.questions.find_problems import refused
from kit.show import cells
from kit.show.formats import UNKNOWN, listing, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import proportions
from kit.store.messages import message_key
from kit.tables import EVENTS

if TYPE_CHECKING:
    from kit.store import Data

SHOWN = 30
"""Rows of the table; the mails of all others are counted below it."""

LARGEST = 3
"""Rows of the sentence."""

PATTERNS = {
    "full": r"\b[45]\.2\.2\b|quota|mailbox.{0,9} full|full mailbox|переполнен",
    "unknown address": r"\b5\.1\.[0-36]\b|(user|recipient|mailbox|address|account).{0,30}(unknown|not exist|not found)"
    r"|unknown (user|recipient)|no such (user|recipient)|invalid recipient|does not exist|не существует",
    "blocked": r"spam|block|blacklist|reputation|too many (messages|complaints)|спам",
    "policy": r"\b[45]\.7\.\d|policy|dmarc|\bspf\b|dkim|authenticat",
    "temporary": r"\b4\.\d\.\d|^4\d\d\b|try again|greylist|throttl|time[d ]?.?out|temporar",
}
"""Signs of each reason in a server's answer, lower case; the first that fits counts."""

REASONS = {
    "full": message("mailbox full"),
    "unknown address": message("unknown address"),
    "blocked": message("blocked or treated as spam"),
    "policy": message("against the server's policy"),
    "temporary": message("temporary problem"),
    "other": message("another reason"),
    "not told": message("no reason given"),
}

_COLUMNS = ["domain", "bounce_class", "answer", "mails", "sent"]


def count(data: Data) -> BounceReasons:
    """Why mail came back, by domain.

    Args:
        data: what `kit.open` returned.

    Source: enhanced status codes, RFC 3463; guide 1, step 4.
    """
    return judge(bounces(data))


@scope.count("messages", "events")
def bounces(data: Data) -> pd.DataFrame:
    """The question's mail that came back, by domain, class and answer of the other server.

    Returns:
        A row a domain, class and answer, of domains from which mail came back: domain, bounce_class, answer [without
        addresses; NULL: none], mails [that came back], sent [all of the domain].
    """
    mails, events = scope.of_population(data), scope.history(data, EVENTS.name)
    if mails is None or events is None:
        return pd.DataFrame(columns=_COLUMNS)
    back = events.filter(ibis._.event_type == "bounced").mutate(key=message_key(ibis._))
    last = back.group_by("key").agg(
        bounce_class=ibis._.bounce_class.argmax(ibis._.occurred_at),
        answer=ibis._.mta_response.argmax(ibis._.occurred_at),
    )
    mails = of_this_log(mails)
    sent = mails.group_by("domain").agg(sent=ibis._.sent.sum())
    returned = mails.filter(ibis._.bounced, ibis._.sent).inner_join(last, [("message_key", "key")])
    rows = returned.group_by("domain", "bounce_class", "answer").agg(mails=ibis._.count()).to_pandas()
    rows["answer"] = rows["answer"].map(refused.answer, na_action="ignore")
    rows = rows.groupby(_COLUMNS[:3], dropna=False, as_index=False)["mails"].sum()
    return rows.merge(sent.to_pandas(), on="domain", how="left")


def judge(rows: pd.DataFrame) -> BounceReasons:
    """The reasons of each domain, most mails first.

    Args:
        rows: what `bounces` returned.
    """
    rows = rows.assign(reason=[reason(*pair) for pair in zip(rows["answer"], rows["bounce_class"], strict=True)])
    for name, classes in (("hard", ("hard",)), ("soft", ("soft", "block"))):
        rows[name] = rows["mails"].where(rows["bounce_class"].isin(classes), 0)
    rows = rows.sort_values(["mails", "answer"], ascending=[False, True], kind="stable")
    by_reason = rows.groupby(["domain", "reason"], sort=False, dropna=False)
    reasons = by_reason.agg(
        {"mails": "sum", "sent": "first", "hard": "sum", "soft": "sum", "answer": "first"}
    ).reset_index()
    mails, sent = reasons["mails"].astype(float), reasons["sent"].astype(float)
    low, high = proportions.proportion_interval(mails, sent)
    reasons = reasons.assign(value=mails / sent, low=low, high=high)
    return BounceReasons(reasons.sort_values("mails", ascending=False, kind="stable", ignore_index=True))


def reason(answer: Any, bounce_class: Any) -> str:
    """The reason in a server's answer, else in the platform's class: a key of REASONS.

    >>> reason("552 5.2.2 Over quota", "hard"), reason(None, "block"), reason(None, "hard"), reason("554 No", None)
    ('full', 'blocked', 'not told', 'other')
    """
    if isinstance(answer, str) and answer:
        return next((key for key, signs in PATTERNS.items() if re.search(signs, answer.lower())), "other")
    return "blocked" if bounce_class == "block" else "not told"


@result
class BounceReasons(Result):
    """Why mail came back, by domain.

    Attributes:
        reasons: a row a domain and reason, most mails first: domain [NULL: not known], reason [a key of REASONS],
            mails, sent [all mail of the domain], hard, soft [of the mails, by the platform's class; the others are
            unknown], answer [the most frequent; NULL: none], value, low, high [mails of sent].
    """

    reasons: pd.DataFrame

    def summary(self) -> Summary:
        """How much came back, and most of it why."""
        mails = int(self.reasons["mails"].sum())
        if not mails:
            return Summary("bounce_reasons", _("We cannot see why e-mails bounced: no event log contains bounces."))
        largest = [
            _(
                "{domain}: {reason}, {mails} of {sent} messages ({rate})",
                domain=row["domain"], reason=REASONS[row["reason"]], mails=whole(row["mails"]),
                sent=whole(row["sent"]), rate=share(row["value"]),
            )
            for row in self.reasons.head(LARGEST).fillna({"domain": UNKNOWN}).to_dict("records")
        ]  # fmt: skip
        text = _n(
            "{n} message bounced. Most frequent: {reasons}.",
            "{n} messages bounced. Most frequent: {reasons}.",
            mails, n=whole(mails), reasons=listing(largest),
        )  # fmt: skip
        return Summary("bounce_reasons", text, {"mails": mails})

    def table(self) -> Table:
        """The reasons by domain, with what the servers answered most often."""
        columns = (
            Column("domain", message("Domain")),
            Column("reason", message("Reason"), REASONS.__getitem__),
            Column("mails", message("Bounced"), whole, unit="mails", number=True),
            Column("sent", message("Sent to the domain"), whole, unit="mails", number=True),
            Column("value", message("Share of e-mails sent"), cells.rate, unit="share", number=True, whole_row=True),
            Column("hard", message("Hard"), whole, unit="mails", number=True),
            Column("soft", message("Soft"), whole, unit="mails", number=True),
            Column("answer", message("Most frequent server answer")),
        )
        hidden = self.reasons.iloc[SHOWN:]
        more = message_n(
            "{n} more row with {mails} of the messages.", "{n} more rows with {mails} of the messages.",
            len(hidden), mails=whole(hidden["mails"].sum()),
        )  # fmt: skip
        notes = (
            message("The reason comes from the server's answer. Without an answer, only blocks are known."),
            message(
                "Hard and soft bounces are as the platform classifies them; blocks count as soft. The platform "
                "may leave some unclassified."
            ),
            *([more] if len(hidden) else []),
        )
        empty = message("no event log contains bounces.")
        return Table("bounce_reasons", message("Why e-mails bounced"), self.reasons.head(SHOWN), columns, notes, empty)


FIGURES = (
    Figure(
        "bounce_reasons", message("Bounces by reason"),
        message("messages to the domain that bounced for this reason / messages sent to the domain"),
        message("a message"), "the platform's event log; RFC 3463",
        ("bounce_reasons.mails", "bounce_reasons.sent", "bounce_reasons.value", "bounce_reasons.hard",
         "bounce_reasons.soft"),
        interval=WILSON, edge=message("no reason given where there is no answer; by the last answer to each message"),
    ),
)  # fmt: skip
