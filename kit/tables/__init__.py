"""The canonical tables: what every source is turned into, and the only place of column names.

A table is data. Its columns say type, unit and meaning; readers fill them, the store writes them,
`kit tables` exports them. A column that a source does not have is NULL, never 0.
"""

from __future__ import annotations

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
    "MAILS",
    "MESSAGES",
    "ORDERS",
    "ORIGIN",
    "POSTMASTER",
    "SURVEYS",
    "TABLES",
    "TICKETS",
    "TICKET_MESSAGES",
    "USAGE",
    "WEB",
    "Column",
    "Table",
    "Type",
]
