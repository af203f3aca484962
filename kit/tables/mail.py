"""Campaign mail: what exports tell, what logs saw, and what both become."""

from __future__ import annotations

from kit.messages import message
from kit.tables.table import ORIGIN, Column, Table, count

COUNTS = (
    count("sent", "messages", message("handed to the recipient's server, or tried")),
    count("delivered", "messages", message("accepted by the recipient's server")),
    count("bounced", "messages", message("given back, for good or for now")),
    count("bounced_hard", "messages", message("given back for good: no such address")),
    count("bounced_soft", "messages", message("given back for now: full, busy, blocked")),
    count("opened", "people", message("opened at least once, by a person or a machine")),
    count(
        "opened_machine", "people", message("opened only by machines, by the source's flag or a rule of machine_events")
    ),
    count("opens_total", "opens", message("every opening")),
    count("clicked", "people", message("clicked at least one link that does not unsubscribe")),
    count("clicked_human", "people", message("of them those with a click that no strict rule of machine_events names")),
    count("clicked_strictest", "people", message("of them those with a click that no rule doubts")),
    count("clicks_total", "clicks", message("every click")),
    count("unsubscribed", "people", message("left the list by this mail")),
    count("complained", "people", message("marked it as spam")),
    count("replied", "people", message("answered it")),
    count("forwarded", "forwards", message("forwarded by the platform's own link")),
    count("converted", "people", message("did what the mail asked for, once a person")),
    count("appointments", "people", message("booked an appointment")),
    count("reviews", "people", message("left a review")),
    count("orders", "orders", message("orders placed")),
    Column("revenue", "float", "money", message("net of refunds, in `currency`")),
)
"""The counts that every campaign may have, the same for totals and for event logs."""

CAMPAIGN_STATS = Table(
    "campaign_stats",
    message("a report of campaigns"),
    message("one campaign, or one variant of it, as one file tells it"),
    (
        *ORIGIN,
        Column("vendor", "text", "", message("the platform: mailchimp, sendgrid …; empty for a mapped table")),
        Column("source_campaign_id", "text", "", message("the platform's own id")),
        Column("campaign_name", "text", "", message("the internal title")),
        Column("subject", "text", "", message("the subject line")),
        Column("list_name", "text", "", message("the list or audience it went to")),
        Column("campaign_type", "text", "", message("regular, ab_test, automation or transactional")),
        Column("variant", "text", "", message("A, B … within a test; empty for the whole campaign")),
        Column("sent_at", "time", "UTC", message("when it was sent; NULL where no zone is known")),
        Column("sent_local", "local", "", message("when it was sent, on the firm's clock or as written")),
        Column("as_of", "local", "", message("the latest moment that the row can know of")),
        Column("tags", "text", "", message("the campaign's tags, joined by commas")),
        Column("currency", "text", "ISO 4217", message("the currency of `revenue`")),
        *COUNTS,
        Column(
            "delivered_is_derived",
            "bool",
            "",
            message("delivered is not exported: sent - bounced, or a count over its rate"),
        ),
        Column("reported_open_rate", "float", "share", message("as exported; never computed with")),
        Column("reported_click_rate", "float", "share", message("as exported; never computed with")),
        Column("reported_ctor", "float", "share", message("clicked over opened as exported; never computed with")),
        Column("campaign_id", "text", "", message("the campaign that it was found to be about")),
        Column("precedence", "int", "", message("who speaks first: 1 variants, 2 a single report, 3 an export")),
    ),
    message(
        "Not to be summed as it stands: a test has a row a variant and may have one for the whole, and several files "
        "may tell of one campaign. For totals take, of each campaign_id, the rows of the lowest precedence, and of "
        "those with the same variant the latest as_of."
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    message("campaigns"),
    message("one campaign, put together from every file that tells of it"),
    (
        Column("campaign_id", "text", "", message("the kit's own key"), nullable=False),
        Column("source_campaign_id", "text", "", message("the platform's own id")),
        Column("campaign_name", "text", "", message("the internal title")),
        Column("subject", "text", "", message("the subject line")),
        Column("list_name", "text", "", message("the list or audience it went to")),
        Column("campaign_type", "text", "", message("regular, ab_test, automation or transactional")),
        Column("sent_at", "time", "UTC", message("when it was sent; NULL where no zone is known")),
        Column("sent_local", "local", "", message("when it was sent, on the firm's clock or as written")),
        Column("as_of", "local", "", message("the latest moment that its numbers can know of")),
        Column("tags", "text", "", message("the campaign's tags, joined by commas")),
        Column("currency", "text", "ISO 4217", message("the currency of its revenue")),
        Column("is_test", "bool", "", message("a test send, by the rule of the settings"), nullable=False),
        Column("is_correction", "bool", "", message("a corrected second send"), nullable=False),
        Column("sources", "text", "", message("the files that tell of it, the speaker first"), nullable=False),
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
        count("clicked", "people", message("people who clicked this link; sums over links are no people")),
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
    message("one thing that happened to one message"),
    (
        *ORIGIN,
        Column("line", "int", "", message("the line of the file")),
        Column("event_id", "text", "", message("the vendor's id, by which a retried delivery is known")),
        Column("event_type", "text", "", message("one of EVENT_TYPES"), nullable=False),
        Column("occurred_at", "time", "UTC", message("when it happened")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("source_campaign_id", "text", "", message("the platform's own id of the campaign")),
        Column("campaign_name", "text", "", message("the campaign's name as the log has it")),
        Column("campaign_type", "text", "", message("regular, automation … where the log tells")),
        Column("variant", "text", "", message("A, B … within a test")),
        Column("message_id", "text", "", message("the vendor's id of the message")),
        Column("link_url", "text", "", message("the link that was clicked")),
        Column("bounce_class", "text", "", message("hard, soft, block or unknown")),
        Column("reject_reason", "text", "", message("why it was never sent")),
        Column("is_machine", "bool", "", message("by the vendor's own flag; NULL where it has none")),
        Column("machine_rule", "text", "", message("the rule or flag that says so")),
        Column("user_agent", "text", "", message("the reader's program")),
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
        Column("sent_at", "time", "UTC", message("the first trace of it")),
        Column("sent_local", "local", "", message("the same on the firm's clock; on UTC's where no zone is known")),
        Column("sent", "bool", "", message("handed on or tried; NULL: its source tells reactions only")),
        Column(
            "delivered",
            "bool",
            "",
            message("accepted, and not bounced later; NULL, here and below: its source does not tell"),
        ),
        Column("delivered_is_derived", "bool", "", message("sent and not bounced; its source tells no deliveries")),
        Column(
            "reached",
            "bool",
            "",
            message("delivered; where that is not known, sent and not bounced"),
            nullable=False,
        ),
        Column("bounced", "bool", "", message("given back")),
        Column("bounced_hard", "bool", "", message("given back for good")),
        Column("bounced_soft", "bool", "", message("given back for now")),
        Column("opened", "bool", "", message("opened, by a person or a machine")),
        Column("opened_machine", "bool", "", message("every opening a machine's")),
        Column("opened_suspect", "bool", "", message("no opening surely a person's, but not all a machine's")),
        Column("opens_rule", "text", "", message("the rule of machine_events that the first such opening meets")),
        Column(
            "opens_told",
            "bool",
            "",
            message("the log tells of openings who they are: a flag or a program"),
            nullable=False,
        ),
        Column("opened_with", "text", "", message("the program of the first opening that is surely a person's")),
        Column("opens_total", "int", "opens", message("every opening")),
        Column("first_opened_at", "time", "UTC", message("the first opening")),
        Column("clicked", "bool", "", message("clicked a link that does not unsubscribe")),
        Column("clicked_human", "bool", "", message("… by a click that no strict rule of machine_events names")),
        Column("clicked_strictest", "bool", "", message("… by a click that no rule doubts")),
        Column("clicks_rule", "text", "", message("the rules that the first click with any meets")),
        Column("clicked_with", "text", "", message("the program of the first click that no strict rule names")),
        Column("clicks_total", "int", "clicks", message("every such click")),
        Column("first_clicked_at", "time", "UTC", message("the first such click")),
        Column("unsubscribed", "bool", "", message("left the list")),
        Column("complained", "bool", "", message("marked it as spam")),
        Column("client", "text", "", message("the person's program by other mails: prefetching, trackable or unknown")),
        Column(
            "clicked_besides", "int", "messages", message("other mails near it that the person clicked"), nullable=False
        ),
    ),
)
