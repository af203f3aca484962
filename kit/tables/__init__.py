"""The canonical tables: what every source is turned into, and the only place of column names.

A table is data. Its columns say type, unit and meaning; readers fill them, the store writes them,
`kit tables` exports them. A column that a source does not have is NULL, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages import message
from kit.tables.business import (
    ACTIONS,
    ASSIGNMENTS,
    BILLING,
    CONTACTS,
    CONVERSIONS,
    CORRESPONDENCE,
    COSTS,
    DEALS,
    DMARC,
    LOADED,
    MAILS,
    ORDERS,
    POSTMASTER,
    SURVEYS,
    TICKET_MESSAGES,
    TICKETS,
    USAGE,
    WEB,
)
from kit.tables.mail import CAMPAIGN_STATS, CAMPAIGNS, COUNTS, EVENT_TYPES, EVENTS, LINK_STATS, MESSAGES
from kit.tables.table import ORIGIN, Column, Table, Type

if TYPE_CHECKING:
    from kit.messages import Text

TABLES = {
    table.name: table
    for table in (
        CAMPAIGN_STATS,
        CAMPAIGNS,
        LINK_STATS,
        EVENTS,
        MESSAGES,
        CONTACTS,
        CONVERSIONS,
        ORDERS,
        TICKETS,
        TICKET_MESSAGES,
        SURVEYS,
        DEALS,
        BILLING,
        COSTS,
        ACTIONS,
        ASSIGNMENTS,
        USAGE,
        WEB,
        DMARC,
        POSTMASTER,
        MAILS,
        CORRESPONDENCE,
    )
}

RECORDS = {
    CAMPAIGN_STATS.name: message("campaigns"),
    LINK_STATS.name: message("links"),
    EVENTS.name: message("events of e-mails"),
    CONTACTS.name: message("contacts"),
    CONVERSIONS.name: message("actions of customers"),
    ORDERS.name: message("orders"),
    TICKETS.name: message("requests"),
    TICKET_MESSAGES.name: message("messages of requests"),
    SURVEYS.name: message("survey answers"),
    DEALS.name: message("deals"),
    BILLING.name: message("payments"),
    COSTS.name: message("costs"),
    ACTIONS.name: message("changes"),
    ASSIGNMENTS.name: message("people in tests"),
    USAGE.name: message("usage"),
    WEB.name: message("visits to the website"),
    DMARC.name: message("DMARC reports"),
    POSTMASTER.name: message("days of Postmaster Tools"),
    MAILS.name: message("messages of mailboxes"),
}
"""What the rows of a table are called in a sentence for readers."""


def records(table: str) -> Text:
    """What the rows of the table of this name are called in a sentence for readers."""
    return RECORDS.get(table, table)


COUNT_NAMES = [column.name for column in COUNTS]

__all__ = [
    "ACTIONS",
    "ASSIGNMENTS",
    "BILLING",
    "CAMPAIGNS",
    "CAMPAIGN_STATS",
    "CONTACTS",
    "CONVERSIONS",
    "CORRESPONDENCE",
    "COSTS",
    "COUNTS",
    "COUNT_NAMES",
    "DEALS",
    "DMARC",
    "EVENTS",
    "EVENT_TYPES",
    "LINK_STATS",
    "LOADED",
    "MAILS",
    "MESSAGES",
    "ORDERS",
    "ORIGIN",
    "POSTMASTER",
    "RECORDS",
    "SURVEYS",
    "TABLES",
    "TICKETS",
    "TICKET_MESSAGES",
    "USAGE",
    "WEB",
    "Column",
    "Table",
    "Type",
    "records",
]
