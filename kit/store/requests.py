"""Requests made of the messages of a help desk: when each came in, and when a person first answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages import message_n

if TYPE_CHECKING:
    import pandas as pd

    from kit.messages import Text


def requests(messages: pd.DataFrame) -> tuple[pd.DataFrame, list[Text]]:
    """A request for each conversation that a customer wrote in.

    It came in with the customer's first message, and was answered by the first one out after it that no machine wrote.

    Args:
        messages: the rows of `ticket_messages` that count.

    Returns:
        Rows of `tickets`; notes.
    """
    dated = messages[messages["ticket_id"].notna() & messages["sent_local"].notna()]
    people = dated[~dated["is_autoreply"].fillna(value=False).astype(bool)].sort_values("sent_local", kind="stable")
    keys = ["source", "ticket_id"]
    asked = people[people["direction"] == "in"].drop_duplicates(keys).rename(columns={"sent_local": "created_local"})
    out = people[people["direction"] == "out"].merge(asked[[*keys, "created_local"]], on=keys)
    out = out[out["sent_local"] >= out["created_local"]].drop_duplicates(keys)
    answers = out[[*keys, "sent_local", "agent"]].rename(columns={"sent_local": "first_response_local"})
    columns = ["source", "source_file", "ticket_id", "contact_key", "mailbox", "created_local"]
    tickets = asked[columns].merge(answers, on=keys, how="left")
    ours = len(dated.drop_duplicates(keys)) - len(tickets)
    note = message_n(
        "ticket_messages: {n} conversation without a message from a customer does not count as a request",
        "ticket_messages: {n} conversations without a message from a customer do not count as requests",
        ours,
    )
    return tickets, [note] if ours else []


def without(requests: pd.DataFrame, tickets: pd.DataFrame | None) -> pd.DataFrame:
    """The requests that no export of tickets has by the same id."""
    return requests if tickets is None else requests[~requests["ticket_id"].isin(tickets["ticket_id"].dropna())]
