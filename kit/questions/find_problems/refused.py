"""What was refused: mail that the platform never sent, and the answers of other servers. (guide 1, step 4)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.counts import scope
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.privacy import masked
from kit.show.formats import whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.store.messages import local
from kit.tables import CAMPAIGNS, EVENTS

if TYPE_CHECKING:
    from kit.store import Data

LONGEST = 160
"""Characters of an answer that are kept."""

NOT_SENT = ("rejected", "failed")
"""What the platform itself did not send: suppressed, dropped, broken."""


def never_sent(data: Data) -> NeverSent:
    """Mail that the platform did not send at all, by its reason.

    Args:
        data: what `kit.open` returned.
    """
    return NeverSent(not_sent(data))


@scope.count("events")
def not_sent(data: Data) -> pd.DataFrame:
    """Mail that the platform did not send at all: a row a reason [NULL: it gives none]: reason, mails, people."""
    events = scope.rows(data, EVENTS.name)
    if events is None:
        return pd.DataFrame(columns=["reason", "mails", "people"])
    events = events.filter(ibis._.event_type.isin(NOT_SENT))
    mail = ibis._.message_id.fill_null(ibis._.source_file + ":" + ibis._.line.cast("string"))
    by_reason = events.group_by(reason=ibis._.reject_reason)
    reasons = by_reason.agg(mails=mail.nunique(), people=ibis._.contact_key.nunique()).to_pandas()
    return reasons.sort_values(["mails", "reason"], ascending=[False, True], kind="stable", ignore_index=True)


@scope.count("events")
def server_answers(data: Data) -> pd.DataFrame:
    """The other servers' answers to mail that they gave back, without anybody's address and number in them.

    Returns:
        A row a list, domain, month of the answer and answer: list_name, domain, month, answer, mails.
    """
    columns = ["list_name", "domain", "month", "answer", "mails"]
    events = scope.rows(data, EVENTS.name)
    if events is None:
        return pd.DataFrame(columns=columns)
    events = events.filter((ibis._.event_type == "bounced") & ibis._.mta_response.notnull())
    events = events.mutate(month=local(ibis._.occurred_at, data.settings).strftime("%Y-%m"))
    keys = ["source_campaign_id", "domain", "month", "mta_response"]
    answers = events.group_by(keys).agg(mails=ibis._.count()).to_pandas()
    answers["answer"] = answers["mta_response"].map(answer)
    campaigns = scope.frame(data, CAMPAIGNS.name).dropna(subset="source_campaign_id")
    lists = campaigns.drop_duplicates("source_campaign_id").set_index("source_campaign_id")["list_name"]
    answers["list_name"] = answers["source_campaign_id"].map(lists)
    answers = answers.groupby(columns[:-1], dropna=False, as_index=False)["mails"].sum()
    return answers.sort_values(["mails", "answer"], ascending=[False, True], kind="stable", ignore_index=True)


def answer(response: str) -> str:
    """A server's answer as a report may show it."""
    return masked(response).strip()[:LONGEST]


@result
class NeverSent(Result):
    """Mail that the platform did not send at all.

    Attributes:
        reasons: a row a reason: reason [as the platform writes it; NULL: none], mails, people.
    """

    reasons: pd.DataFrame

    def summary(self) -> Summary:
        """How much mail was held back."""
        mails = int(self.reasons["mails"].sum())
        if not mails:
            return Summary("not_sent", _("The log contains no e-mails that the platform held back."), {"mails": 0})
        text = _n("The platform held back {n} message.", "The platform held back {n} messages.", mails)
        return Summary("not_sent", text, {"mails": mails})

    def table(self) -> Table:
        """The mail by the platform's reason."""
        columns = (
            Column("reason", message("Reason given by the platform")),
            Column("mails", message("E-mails"), whole, unit="mails", number=True),
            Column("people", message("People"), whole, unit="people", number=True),
        )
        notes = (message("These messages were neither sent nor bounced, so no rate includes them."),)
        empty = message("the log contains no e-mails that the platform held back.")
        return Table("not_sent", message("Never sent"), self.reasons, columns, notes, empty)


FIGURES = (
    Figure(
        "not_sent", message("Never sent"), message("messages that the platform held back, and their recipients"),
        message("one message; one person"), "the platform's event log", ("not_sent.mails", "not_sent.people"),
        edge=message("neither sent nor bounced, so no rate includes them in its denominator"),
    ),
)  # fmt: skip
