"""Campaign mail: what exports tell, what logs saw, and what both become."""

from __future__ import annotations

from kit.messages import message
from kit.tables.table import ORIGIN, Column, Table, count

COUNTS = (
    count("sent", "messages", message("handed to the recipient's server, or attempted")),
    count("delivered", "messages", message("accepted by the recipient's server")),
    count("bounced", "messages", message("bounced, permanently or temporarily")),
    count("bounced_hard", "messages", message("hard bounce: no such address")),
    count("bounced_soft", "messages", message("soft bounce: mailbox full, server busy, blocked")),
    count("opened", "people", message("opened at least once, by a person or a machine")),
    count(
        "opened_machine", "people", message("opened only by machines, by the source's flag or a rule of machine_events")
    ),
    count("opens_total", "opens", message("every open")),
    count("clicked", "people", message("clicked at least one link other than the unsubscribe link")),
    count(
        "clicked_human", "people", message("of these, those with a click that no strict rule of machine_events marks")
    ),
    count("clicked_strictest", "people", message("of these, those with a click that no rule questions")),
    count("clicks_total", "clicks", message("every click")),
    count("unsubscribed", "people", message("unsubscribed through this e-mail")),
    count("complained", "people", message("marked it as spam")),
    count("replied", "people", message("replied to it")),
    count("forwarded", "forwards", message("forwarded through the platform's own link")),
    count("converted", "people", message("did what the e-mail asked for, once per person")),
    count("appointments", "people", message("booked an appointment")),
    count("reviews", "people", message("left a review")),
    count("orders", "orders", message("orders placed")),
    Column("revenue", "float", "money", message("net of refunds, in `currency`")),
)
"""The counts that every campaign may have, the same for totals and for event logs."""

CAMPAIGN_STATS = Table(
    "campaign_stats",
    message("a report of campaigns"),
    message("one campaign, or one variant of it, as one file reports it"),
    (
        *ORIGIN,
        Column("vendor", "text", "", message("the platform: mailchimp, sendgrid …; empty for a mapped table")),
        Column("source_campaign_id", "text", "", message("the platform's own id")),
        Column("campaign_name", "text", "", message("the internal title")),
        Column("subject", "text", "", message("the subject line")),
        Column("list_name", "text", "", message("the list or audience it went to")),
        Column("campaign_type", "text", "", message("regular, ab_test, automation or transactional")),
        Column("variant", "text", "", message("A, B … within a test; empty for the whole campaign")),
        Column("sent_at", "time", "UTC", message("when it was sent; NULL if the time zone is unknown")),
        Column("sent_local", "local", "", message("when it was sent, in the firm's local time or as written")),
        Column("as_of", "local", "", message("the latest time that the row can cover")),
        Column("tags", "text", "", message("the campaign's tags, joined by commas")),
        Column("currency", "text", "ISO 4217", message("the currency of `revenue`")),
        *COUNTS,
        Column(
            "delivered_is_derived",
            "bool",
            "",
            message("delivered is not in the export: sent - bounced, or a count divided by its rate"),
        ),
        Column("reported_open_rate", "float", "share", message("as exported; never used in calculations")),
        Column("reported_click_rate", "float", "share", message("as exported; never used in calculations")),
        Column("reported_ctor", "float", "share", message("clicks to opens as exported; never used in calculations")),
        Column("campaign_id", "text", "", message("the campaign to which the row was matched")),
        Column("precedence", "int", "", message("which data comes first: 1 variants, 2 a single report, 3 an export")),
    ),
    message(
        "Do not sum the rows as they are: a test has one row per variant and may have one for the whole. Several "
        "files may have data on one campaign. For totals take, for each campaign_id, the rows with the lowest "
        "precedence, and among those with the same variant the latest as_of."
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    message("campaigns"),
    message("one campaign, put together from every file with data on it"),
    (
        Column("campaign_id", "text", "", message("the kit's own key"), nullable=False),
        Column("source_campaign_id", "text", "", message("the platform's own id")),
        Column("campaign_name", "text", "", message("the internal title")),
        Column("subject", "text", "", message("the subject line")),
        Column("list_name", "text", "", message("the list or audience it went to")),
        Column("campaign_type", "text", "", message("regular, ab_test, automation or transactional")),
        Column("sent_at", "time", "UTC", message("when it was sent; NULL if the time zone is unknown")),
        Column("sent_local", "local", "", message("when it was sent, in the firm's local time or as written")),
        Column("as_of", "local", "", message("the latest time that its numbers can cover")),
        Column("tags", "text", "", message("the campaign's tags, joined by commas")),
        Column("currency", "text", "ISO 4217", message("the currency of its revenue")),
        Column("is_test", "bool", "", message("a test send, by the rule of the settings"), nullable=False),
        Column("is_correction", "bool", "", message("a corrected second send"), nullable=False),
        Column("sources", "text", "", message("the files with data on it, the source of record first"), nullable=False),
    ),
)

LINK_STATS = Table(
    "link_stats",
    message("clicks by link"),
    message("one link of one campaign or variant"),
    (
        *ORIGIN,
        Column("source_campaign_id", "text", "", message("the platform's own id")),
        Column("campaign_name", "text", "", message("the internal title")),
        Column("variant", "text", "", message("A, B … within a test")),
        Column("url", "text", "", message("the link"), nullable=False),
        count("clicks_total", "clicks", message("every click")),
        count(
            "clicked", "people", message("people who clicked this link; the sum over links is not a number of people")
        ),
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
    message("a log of e-mail events"),
    message("one event of one message"),
    (
        *ORIGIN,
        Column("line", "int", "", message("the line of the file")),
        Column("event_id", "text", "", message("the vendor's id, by which a repeated delivery is recognised")),
        Column("event_type", "text", "", message("one of EVENT_TYPES"), nullable=False),
        Column("occurred_at", "time", "UTC", message("when it happened")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("source_campaign_id", "text", "", message("the platform's own id of the campaign")),
        Column("campaign_name", "text", "", message("the campaign's name as in the log")),
        Column("campaign_type", "text", "", message("regular, automation … if the log shows it")),
        Column("variant", "text", "", message("A, B … within a test")),
        Column("message_id", "text", "", message("the vendor's id of the message")),
        Column("link_url", "text", "", message("the link that was clicked")),
        Column("bounce_class", "text", "", message("hard, soft, block or unknown")),
        Column("reject_reason", "text", "", message("why it was never sent")),
        Column("is_machine", "bool", "", message("by the vendor's own flag; NULL if it has none")),
        Column("machine_rule", "text", "", message("the rule or flag behind this")),
        Column("user_agent", "text", "", message("the recipient's mail program")),
        Column("mta_response", "text", "", message("what the other server answered")),
    ),
)

MESSAGES = Table(
    "messages",
    message("a log of e-mails sent"),
    message("one message: one person, one send"),
    (
        Column("message_key", "text", "", message("the vendor's id, else campaign + person + time"), nullable=False),
        Column("campaign_id", "text", "", message("NULL: the log names no campaign")),
        Column("variant", "text", "", message("A, B … within a test")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("sent_at", "time", "UTC", message("the first record of it")),
        Column(
            "sent_local", "local", "", message("the same in the firm's local time; in UTC if the time zone is unknown")
        ),
        Column("sent", "bool", "", message("handed on or attempted; NULL: its source has only reactions")),
        Column(
            "delivered",
            "bool",
            "",
            message("accepted and not bounced later; NULL, here and below: its source has no data on it"),
        ),
        Column(
            "delivered_is_derived", "bool", "", message("sent and not bounced; its source has no data on deliveries")
        ),
        Column(
            "reached",
            "bool",
            "",
            message("delivered; if that is unknown, sent and not bounced"),
            nullable=False,
        ),
        Column("bounced", "bool", "", message("bounced")),
        Column("bounced_hard", "bool", "", message("hard bounce")),
        Column("bounced_soft", "bool", "", message("soft bounce")),
        Column("opened", "bool", "", message("opened, by a person or a machine")),
        Column("opened_machine", "bool", "", message("all opens are by machines")),
        Column("opened_suspect", "bool", "", message("no open is surely by a person, but not all are by machines")),
        Column("opens_rule", "text", "", message("the rule of machine_events that the first such open meets")),
        Column(
            "opens_told",
            "bool",
            "",
            message("the log shows who opened: by a flag or a program"),
            nullable=False,
        ),
        Column("opened_with", "text", "", message("the program of the first open that is surely by a person")),
        Column("opens_total", "int", "opens", message("every open")),
        Column("first_opened_at", "time", "UTC", message("the first open")),
        Column("clicked", "bool", "", message("clicked a link other than the unsubscribe link")),
        Column("clicked_human", "bool", "", message("… with a click that no strict rule of machine_events marks")),
        Column("clicked_strictest", "bool", "", message("… with a click that no rule questions")),
        Column("clicks_rule", "text", "", message("the rules met by the first click that meets any")),
        Column("clicked_with", "text", "", message("the program of the first click that no strict rule marks")),
        Column("clicks_total", "int", "clicks", message("all such clicks")),
        Column("first_clicked_at", "time", "UTC", message("the first such click")),
        Column("unsubscribed", "bool", "", message("unsubscribed from the list")),
        Column("complained", "bool", "", message("marked it as spam")),
        Column(
            "client",
            "text",
            "",
            message("the person's mail program, judged by other e-mails: prefetching, trackable or unknown"),
        ),
        Column(
            "clicked_besides",
            "int",
            "messages",
            message("other e-mails around that time in which the person clicked"),
            nullable=False,
        ),
    ),
)
