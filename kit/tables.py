"""The canonical tables: what every source is turned into, and the only place of column names.

A table is data. Its columns say type, unit and meaning; readers fill them, the store writes them,
`kit tables` exports them. A column that a source does not have is NULL, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "int", "float", "bool", "time", "local", "date"]
"""`time` is an instant in UTC; `local` is the wall clock of the firm (or as written, where no zone
is known); `date` has no hour."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type, unit and meaning."""

    name: str
    type: Type
    unit: str
    meaning: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    Attributes:
        name: as in `data.table(name)` and in the file names of `kit tables`.
        grain: what one row is.
        columns: in the order in which they are written.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of this name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _count(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "int", unit, meaning)


ORIGIN = (
    Column("source", "text", "", "the preset that read the row", nullable=False),
    Column("source_file", "text", "", "the file that the row came from", nullable=False),
)

COUNTS = (
    _count("sent", "messages", "handed to the recipient's server, or tried"),
    _count("delivered", "messages", "accepted by the recipient's server"),
    _count("bounced", "messages", "given back, for good or for now"),
    _count("bounced_hard", "messages", "given back for good: no such address"),
    _count("bounced_soft", "messages", "given back for now: full, busy, blocked"),
    _count("opened", "people", "opened at least once, by a person or a machine"),
    _count("opened_machine", "people", "opened only by a machine that the source names"),
    _count("opens_total", "opens", "every opening"),
    _count("clicked", "people", "clicked at least one link that does not unsubscribe"),
    _count("clicks_total", "clicks", "every click"),
    _count("unsubscribed", "people", "left the list by this mail"),
    _count("complained", "people", "marked it as spam"),
    _count("replied", "people", "answered it"),
    _count("forwarded", "forwards", "forwarded by the platform's own link"),
    _count("converted", "people", "did what the mail asked for, once a person"),
    _count("appointments", "people", "booked an appointment"),
    _count("reviews", "people", "left a review"),
    _count("orders", "orders", "orders placed"),
    Column("revenue", "float", "money", "net of refunds, in `currency`"),
)
"""The counts that every campaign may have, the same for totals and for event logs."""

CAMPAIGN_STATS = Table(
    "campaign_stats",
    "one campaign, or one variant of it, as one file tells it",
    (
        *ORIGIN,
        Column("vendor", "text", "", "the platform: mailchimp, sendgrid …; empty for a mapped table"),
        Column("source_campaign_id", "text", "", "the platform's own id"),
        Column("campaign_name", "text", "", "the internal title"),
        Column("subject", "text", "", "the subject line"),
        Column("list_name", "text", "", "the list or audience it went to"),
        Column("campaign_type", "text", "", "regular, ab_test, automation or transactional"),
        Column("variant", "text", "", "A, B … within a test; empty for the whole campaign"),
        Column("sent_at", "time", "UTC", "when it was sent; NULL where no zone is known"),
        Column("sent_local", "local", "", "when it was sent, on the firm's clock or as written"),
        Column("as_of", "local", "", "the latest moment that the row can know of"),
        Column("tags", "text", "", "the campaign's tags, joined by commas"),
        Column("currency", "text", "ISO 4217", "the currency of `revenue`"),
        *COUNTS,
        Column("delivered_is_derived", "bool", "", "delivered = sent - bounced, not exported"),
        Column("reported_open_rate", "float", "share", "as exported; checked, never used"),
        Column("reported_click_rate", "float", "share", "as exported; checked, never used"),
        Column("campaign_id", "text", "", "the campaign that it was found to be about"),
        Column("precedence", "int", "", "who speaks first: 1 variants, 2 a single report, 3 an export"),
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    "one campaign, put together from every file that tells of it",
    (
        Column("campaign_id", "text", "", "the kit's own key", nullable=False),
        Column("source_campaign_id", "text", "", "the platform's own id"),
        Column("campaign_name", "text", "", "the internal title"),
        Column("subject", "text", "", "the subject line"),
        Column("list_name", "text", "", "the list or audience it went to"),
        Column("campaign_type", "text", "", "regular, ab_test, automation or transactional"),
        Column("sent_at", "time", "UTC", "when it was sent; NULL where no zone is known"),
        Column("sent_local", "local", "", "when it was sent, on the firm's clock or as written"),
        Column("as_of", "local", "", "the latest moment that its numbers can know of"),
        Column("tags", "text", "", "the campaign's tags, joined by commas"),
        Column("currency", "text", "ISO 4217", "the currency of its revenue"),
        Column("is_test", "bool", "", "a test send, by the rule of the settings", nullable=False),
        Column("is_correction", "bool", "", "a corrected second send", nullable=False),
        Column("sources", "text", "", "the files that tell of it, the speaker first", nullable=False),
    ),
)

LINK_STATS = Table(
    "link_stats",
    "one link of one campaign or variant",
    (
        *ORIGIN,
        Column("source_campaign_id", "text", "", "the platform's own id"),
        Column("campaign_name", "text", "", "the internal title"),
        Column("variant", "text", "", "A, B … within a test"),
        Column("url", "text", "", "the link", nullable=False),
        _count("clicks_total", "clicks", "every click"),
        _count("clicked", "people", "people who clicked this link; sums over links are no people"),
    ),
)

EVENT_TYPES = (
    "queued",
    "sent",
    "delivered",
    "deferred",
    "bounced",
    "rejected",
    "failed",
    "opened",
    "clicked",
    "complained",
    "unsubscribed",
    "subscribed",
    "autoresponded",
    "unknown",
)
"""django-anymail's vocabulary, which fits every provider (FORMATS: vocabularies)."""

EVENTS = Table(
    "events",
    "one thing that happened to one message",
    (
        *ORIGIN,
        Column("line", "int", "", "the line of the file"),
        Column("event_id", "text", "", "the vendor's id, by which a retried delivery is known"),
        Column("event_type", "text", "", "one of EVENT_TYPES", nullable=False),
        Column("occurred_at", "time", "UTC", "when it happened"),
        Column("contact_key", "text", "", "hash of the address"),
        Column("domain", "text", "", "the address's domain"),
        Column("source_campaign_id", "text", "", "the platform's own id of the campaign"),
        Column("campaign_name", "text", "", "the campaign's name as the log has it"),
        Column("campaign_type", "text", "", "regular, automation … where the log tells"),
        Column("variant", "text", "", "A, B … within a test"),
        Column("message_id", "text", "", "the vendor's id of the message"),
        Column("link_url", "text", "", "the link that was clicked"),
        Column("bounce_class", "text", "", "hard, soft, block or unknown"),
        Column("reject_reason", "text", "", "why it was never sent"),
        Column("is_machine", "bool", "", "by the vendor's own flag; NULL where it has none"),
        Column("machine_rule", "text", "", "the rule or flag that says so"),
        Column("user_agent", "text", "", "the reader's program"),
        Column("mta_response", "text", "", "what the other server answered"),
    ),
)

MESSAGES = Table(
    "messages",
    "one message: one person, one send",
    (
        Column("message_key", "text", "", "the vendor's id, else campaign + person + time", nullable=False),
        Column("campaign_id", "text", "", "NULL: the log names no campaign"),
        Column("variant", "text", "", "A, B … within a test"),
        Column("contact_key", "text", "", "hash of the address"),
        Column("domain", "text", "", "the address's domain"),
        Column("sent_at", "time", "UTC", "the first trace of it"),
        Column("sent_local", "local", "", "the same on the firm's clock; on UTC's where no zone is known"),
        Column("sent", "bool", "", "handed on or tried", nullable=False),
        Column("delivered", "bool", "", "accepted, and not bounced later", nullable=False),
        Column("bounced", "bool", "", "given back", nullable=False),
        Column("bounced_hard", "bool", "", "given back for good", nullable=False),
        Column("bounced_soft", "bool", "", "given back for now", nullable=False),
        Column("opened", "bool", "", "opened, by a person or a machine", nullable=False),
        Column("opened_machine", "bool", "", "every opening flagged as a machine's", nullable=False),
        Column("opens_total", "int", "opens", "every opening", nullable=False),
        Column("first_opened_at", "time", "UTC", "the first opening"),
        Column("clicked", "bool", "", "clicked a link that does not unsubscribe", nullable=False),
        Column("clicks_total", "int", "clicks", "every such click", nullable=False),
        Column("first_clicked_at", "time", "UTC", "the first such click"),
        Column("unsubscribed", "bool", "", "left the list", nullable=False),
        Column("complained", "bool", "", "marked it as spam", nullable=False),
    ),
)

CONTACTS = Table(
    "contacts",
    "one person on a list",
    (
        *ORIGIN,
        Column("contact_key", "text", "", "hash of the address", nullable=False),
        Column("email", "text", "", "the address; never leaves without being asked for"),
        Column("status", "text", "", "subscribed, unsubscribed, cleaned, unconfirmed or blocklisted"),
        Column("opted_in_at", "local", "", "when the person joined"),
        Column("opt_in_source", "text", "", "form, counter, import …"),
        Column("unsubscribed_at", "local", "", "when the person left"),
        Column("unsubscribe_reason", "text", "", "as given"),
        Column("country", "text", "", "country"),
        Column("language", "text", "", "language"),
        Column("segment", "text", "", "the firm's own group"),
    ),
)

CONVERSIONS = Table(
    "conversions",
    "one thing that a person did and the firm wanted",
    (
        *ORIGIN,
        Column("conversion_id", "text", "", "the system's own id"),
        Column("contact_key", "text", "", "hash of the address"),
        Column("source_campaign_id", "text", "", "where the system itself names the campaign"),
        Column("action", "text", "", "appointment, review, lead, order …", nullable=False),
        Column("occurred_at", "time", "UTC", "when; NULL where no zone is known"),
        Column("occurred_local", "local", "", "when, on the firm's clock or as written"),
        Column("value", "float", "money", "its worth, in `currency`"),
        Column("currency", "text", "ISO 4217", "the currency of `value`"),
    ),
)

ORDERS = Table(
    "orders",
    "one order",
    (
        *ORIGIN,
        Column("order_id", "text", "", "the shop's own id"),
        Column("contact_key", "text", "", "hash of the address; NULL for an anonymous sale"),
        Column("ordered_at", "time", "UTC", "when; NULL where no zone is known"),
        Column("ordered_local", "local", "", "when, on the firm's clock or as written"),
        Column("total", "float", "money", "what the customer paid"),
        Column("refunded", "float", "money", "given back, as a positive number"),
        Column("currency", "text", "ISO 4217", "the currency of both"),
        Column("status", "text", "", "as the shop writes it"),
    ),
)

TICKETS = Table(
    "tickets",
    "one request to the service",
    (
        *ORIGIN,
        Column("ticket_id", "text", "", "the help desk's own id"),
        Column("contact_key", "text", "", "hash of the address"),
        Column("created_local", "local", "", "when it came in"),
        Column("first_response_local", "local", "", "when a person first answered; NULL: not yet"),
        Column("resolved_local", "local", "", "when it was closed"),
        Column("channel", "text", "", "email, phone, chat …"),
        Column("csat", "float", "points", "the score given afterwards"),
    ),
)

SURVEYS = Table(
    "surveys",
    "one answer to a survey, or one invitation left unanswered",
    (
        *ORIGIN,
        Column("contact_key", "text", "", "hash of the address"),
        Column("responded_local", "local", "", "when; NULL: invited, not answered"),
        Column("survey_type", "text", "", "csat, nps or ces", nullable=False),
        Column("score", "float", "points", "the answer"),
        Column("scale_min", "float", "points", "the lowest answer possible"),
        Column("scale_max", "float", "points", "the highest answer possible"),
        Column("comment", "text", "", "the person's words"),
    ),
)

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
        SURVEYS,
    )
}

COUNT_NAMES = [column.name for column in COUNTS]
