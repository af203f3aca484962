"""People, what they did and paid, and what was written to and about them."""

from __future__ import annotations

from kit.tables.table import ORIGIN, Column, Table

CONTACTS = Table(
    "contacts",
    "one person on a list",
    (
        *ORIGIN,
        Column("contact_key", "text", "", "hash of the address", nullable=False),
        Column("email", "text", "", "the address; never leaves without being asked for"),
        Column("status", "text", "", "subscribed, unsubscribed, cleaned, unconfirmed or blocklisted"),
        Column("opted_in_at", "local", "", "when the person joined"),
        Column("confirmed_at", "local", "", "when the person confirmed the address"),
        Column("opt_in_source", "text", "", "form, counter, import …"),
        Column("unsubscribed_at", "local", "", "when the person left"),
        Column("unsubscribe_reason", "text", "", "as given"),
        Column("unsubscribe_campaign_id", "text", "", "the platform's id of the mail by which the person left"),
        Column("cleaned_at", "local", "", "when the platform gave the address up"),
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
        Column("is_cancelled", "bool", "", "cancelled, failed or void: no sale; NULL: the file does not say"),
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
        Column("csat_min", "float", "points", "the lowest score possible"),
        Column("csat_max", "float", "points", "the highest score possible"),
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

DEALS = Table(
    "deals",
    "one deal of the CRM",
    (
        *ORIGIN,
        Column("deal_id", "text", "", "the CRM's own id"),
        Column("deal_name", "text", "", "its title"),
        Column("contact_key", "text", "", "hash of the first contact's address"),
        Column("contact_ids", "text", "", "the CRM's ids of its contacts, joined by commas"),
        Column("company", "text", "", "the company as the CRM has it"),
        Column("pipeline", "text", "", "the pipeline"),
        Column("stage", "text", "", "the stage it is in"),
        Column("is_won", "bool", "", "closed and won"),
        Column("is_lost", "bool", "", "closed and lost"),
        Column("amount", "float", "money", "its worth, in `currency`"),
        Column("currency", "text", "ISO 4217", "the currency of `amount`"),
        Column("owner", "text", "", "who looks after it"),
        Column("tags", "text", "", "its tags, joined by commas"),
        Column("created_local", "local", "", "when it was opened"),
        Column("closed_local", "local", "", "when it was closed, or is expected to be"),
        Column("last_activity_local", "local", "", "when anybody last touched it"),
    ),
)

BILLING = Table(
    "billing",
    "one payment, refund or failure",
    (
        *ORIGIN,
        Column("billing_id", "text", "", "the payment system's own id"),
        Column("contact_key", "text", "", "hash of the address"),
        Column("customer_id", "text", "", "the payment system's id of the customer"),
        Column("kind", "text", "", "charge, refund, dispute or failed", nullable=False),
        Column("occurred_at", "time", "UTC", "when; NULL where no zone is known"),
        Column("occurred_local", "local", "", "when, on the firm's clock or as written"),
        Column("amount", "float", "money", "in major units of `currency`"),
        Column("refunded", "float", "money", "given back, as a positive number"),
        Column("fee", "float", "money", "kept by the payment system"),
        Column("currency", "text", "ISO 4217", "the currency of all three"),
        Column("status", "text", "", "as the payment system writes it"),
        Column("invoice_id", "text", "", "the invoice it is for"),
    ),
)

COSTS = Table(
    "costs",
    "one cost of a period or campaign",
    (
        *ORIGIN,
        Column("period_start", "date", "", "its first day"),
        Column("period_end", "date", "", "its last day"),
        Column("source_campaign_id", "text", "", "the campaign it is for; NULL: all"),
        Column("campaign_name", "text", "", "the same by name"),
        Column("kind", "text", "", "people, software, sending, discount or other", nullable=False),
        Column("hours", "float", "h", "hours of work"),
        Column("rate", "float", "money/h", "what an hour costs"),
        Column("amount", "float", "money", "what it cost, in `currency`; hours x rate where not said"),
        Column("currency", "text", "ISO 4217", "the currency of `amount`"),
    ),
)

ASSIGNMENTS = Table(
    "assignments",
    "one person's arm in a holdout test",
    (
        *ORIGIN,
        Column("contact_key", "text", "", "hash of the address", nullable=False),
        Column("experiment", "text", "", "the test; NULL where the file has only one and does not name it"),
        Column("arm", "text", "", "the arm as the file writes it"),
        Column("is_holdout", "bool", "", "the arm that gets no mail; NULL: the file does not say which one it is"),
        Column("assigned_local", "local", "", "when the person was put into the arm"),
    ),
)

USAGE = Table(
    "usage",
    "one measure of one customer's use on one day",
    (
        *ORIGIN,
        Column("contact_key", "text", "", "hash of the address"),
        Column("account_id", "text", "", "the firm's own id of the customer"),
        Column("day", "date", "", "the day", nullable=False),
        Column("metric", "text", "", "what was counted", nullable=False),
        Column("value", "float", "", "how much", nullable=False),
    ),
)

WEB = Table(
    "web",
    "sessions of one campaign, source and medium in one period",
    (
        *ORIGIN,
        Column("property", "text", "", "the site or app that was measured, as the report names it"),
        Column("period_start", "date", "", "the report's first day"),
        Column("period_end", "date", "", "the report's last day"),
        Column("channel", "text", "", "the channel group"),
        Column("utm_source", "text", "", "where the visit came from"),
        Column("utm_medium", "text", "", "by which medium"),
        Column("utm_campaign", "text", "", "the campaign's tag in the link"),
        Column("utm_content", "text", "", "the link's own tag"),
        Column("source_campaign_id", "text", "", "the platform's id that the tag begins with"),
        Column("sessions", "int", "sessions", "visits"),
        Column("engaged_sessions", "int", "sessions", "visits of 10 s, two pages or a key event"),
        Column("users", "int", "people", "visitors; sums over rows are no people"),
        Column("key_events", "float", "events", "what the firm wanted of them; GA4 shares them out"),
        Column("revenue", "float", "money", "in `currency`"),
        Column("currency", "text", "ISO 4217", "the currency of `revenue`"),
        Column("engagement_seconds", "float", "s", "time in the foreground"),
    ),
)

MAILS = Table(
    "mails",
    "one message of a mailbox",
    (
        *ORIGIN,
        Column("message_id", "text", "", "its Message-ID"),
        Column("thread_id", "text", "", "the provider's own thread id, where it has one"),
        Column("in_reply_to", "text", "", "the Message-ID that it answers"),
        Column("references", "text", "", "the Message-IDs before it, joined by blanks"),
        Column("direction", "text", "", "in, out or internal, by the firm's own domains and addresses"),
        Column("contact_key", "text", "", "hash of the other side's address"),
        Column("from_key", "text", "", "hash of the sender's address"),
        Column("from_domain", "text", "", "the sender's domain"),
        Column("to_domains", "text", "", "the recipients' domains, joined by blanks"),
        Column("sent_at", "time", "UTC", "when it was sent, by its own clock"),
        Column("received_at", "time", "UTC", "when our server took it, by the topmost Received"),
        Column("subject", "text", "", "decoded"),
        Column("body_text", "text", "", "the text part, or the HTML part as text; quotes left in"),
        Column("labels", "text", "", "labels or folder, joined by commas"),
        Column("is_bulk", "bool", "", "a list's or a platform's mail"),
        Column("is_autoreply", "bool", "", "answered by a machine (RFC 3834)"),
        Column("has_attachment", "bool", "", "carries a file"),
        Column("defects", "text", "", "what is wrong with its form"),
    ),
)
