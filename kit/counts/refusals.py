"""What was refused: the answers of other servers, and mail that the own platform never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.store.messages import local
from kit.tables import CAMPAIGNS, EVENTS

if TYPE_CHECKING:
    from kit.store import Data

ADDRESS = r"[^\s<>\"']+@[^\s<>\"',;:]+"
"""What an answer names a person by; it is left out."""

LONGEST = 160
"""Characters of an answer that are kept."""

NOT_SENT = ("rejected", "failed")
"""What the platform itself did not send: suppressed, dropped, broken."""


@count("events")
def server_answers(data: Data) -> pd.DataFrame:
    """The other servers' answers to mail that they gave back, without the addresses in them.

    Returns:
        A row a list, domain, month of the answer and answer: list_name, domain, month, answer, mails.
    """
    columns = ["list_name", "domain", "month", "answer", "mails"]
    events = scope.rows(data, EVENTS.name)
    if events is None:
        return pd.DataFrame(columns=columns)
    events = events.filter((_.event_type == "bounced") & _.mta_response.notnull())
    events = events.mutate(month=local(_.occurred_at, data.settings).strftime("%Y-%m"))
    events = events.mutate(answer=_.mta_response.re_replace(ADDRESS, "…").strip().substr(0, LONGEST))
    keys = ["source_campaign_id", "domain", "month", "answer"]
    frame = events.group_by(keys).agg(mails=_.count()).to_pandas()
    campaigns = scope.frame(data, CAMPAIGNS.name).dropna(subset="source_campaign_id")
    lists = campaigns.drop_duplicates("source_campaign_id").set_index("source_campaign_id")["list_name"]
    frame["list_name"] = frame["source_campaign_id"].map(lists)
    grouped = frame.groupby(columns[:-1], dropna=False, as_index=False)["mails"].sum()
    return grouped.sort_values(["mails", "answer"], ascending=[False, True], kind="stable", ignore_index=True)


@count("events")
def not_sent(data: Data) -> pd.DataFrame:
    """Mail that the platform did not send at all, by its own reason.

    Returns:
        A row a reason: reason [NULL: none told], mails, people.
    """
    events = scope.rows(data, EVENTS.name)
    if events is None:
        return pd.DataFrame(columns=["reason", "mails", "people"])
    events = events.filter(_.event_type.isin(NOT_SENT))
    message = _.message_id.fill_null(_.source_file + ":" + _.line.cast("string"))
    reasons = events.group_by(reason=_.reject_reason).agg(mails=message.nunique(), people=_.contact_key.nunique())
    frame = reasons.to_pandas()
    return frame.sort_values(["mails", "reason"], ascending=[False, True], kind="stable", ignore_index=True)
