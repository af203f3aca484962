"""Campaign mail: what exports tell, what logs saw, and what both become."""

from __future__ import annotations

from kit.tables.table import ORIGIN, Column, Table, count

COUNTS = (
    count("sent", "messages", "handed to the recipient's server, or tried"),
    count("delivered", "messages", "accepted by the recipient's server"),
    count("bounced", "messages", "given back, for good or for now"),
    count("bounced_hard", "messages", "given back for good: no such address"),
    count("bounced_soft", "messages", "given back for now: full, busy, blocked"),
    count("opened", "people", "opened at least once, by a person or a machine"),
    count("opened_machine", "people", "opened only by machines, by the source's flag or a rule of machine_events"),
    count("opens_total", "opens", "every opening"),
    count("clicked", "people", "clicked at least one link that does not unsubscribe"),
    count("clicked_human", "people", "of them those with a click that no strict rule of machine_events names"),
    count("clicked_strictest", "people", "of them those with a click that no rule doubts"),
    count("clicks_total", "clicks", "every click"),
    count("unsubscribed", "people", "left the list by this mail"),
    count("complained", "people", "marked it as spam"),
    count("replied", "people", "answered it"),
    count("forwarded", "forwards", "forwarded by the platform's own link"),
    count("converted", "people", "did what the mail asked for, once a person"),
    count("appointments", "people", "booked an appointment"),
    count("reviews", "people", "left a review"),
    count("orders", "orders", "orders placed"),
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
        Column("reported_ctor", "float", "share", "clicked over opened as exported; checked, never used"),
        Column("campaign_id", "text", "", "the campaign that it was found to be about"),
        Column("precedence", "int", "", "who speaks first: 1 variants, 2 a single report, 3 an export"),
    ),
    "Not to be summed as it stands: a test has a row a variant and may have one for the whole, and several files may "
    "tell of one campaign. For totals take, of each campaign_id, the rows of the lowest precedence, and of those with "
    "the same variant the latest as_of.",
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
        count("clicks_total", "clicks", "every click"),
        count("clicked", "people", "people who clicked this link; sums over links are no people"),
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
        Column("opened_machine", "bool", "", "every opening a machine's", nullable=False),
        Column("opened_suspect", "bool", "", "no opening surely a person's, but not all a machine's", nullable=False),
        Column("opens_rule", "text", "", "the rule of machine_events that the first such opening meets"),
        Column("opens_told", "bool", "", "the log tells of openings who they are: a flag or a program", nullable=False),
        Column("opens_total", "int", "opens", "every opening", nullable=False),
        Column("first_opened_at", "time", "UTC", "the first opening"),
        Column("clicked", "bool", "", "clicked a link that does not unsubscribe", nullable=False),
        Column("clicked_human", "bool", "", "… by a click that no strict rule of machine_events names", nullable=False),
        Column("clicked_strictest", "bool", "", "… by a click that no rule doubts", nullable=False),
        Column("clicks_rule", "text", "", "the rules that the first click with any meets"),
        Column("clicks_total", "int", "clicks", "every such click", nullable=False),
        Column("first_clicked_at", "time", "UTC", "the first such click"),
        Column("unsubscribed", "bool", "", "left the list", nullable=False),
        Column("complained", "bool", "", "marked it as spam", nullable=False),
        Column("client", "text", "", "the person's program by other mails: prefetching, trackable or unknown"),
        Column("clicked_besides", "int", "messages", "other mails near it that the person clicked", nullable=False),
    ),
)
