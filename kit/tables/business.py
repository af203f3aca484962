"""People, what they did and paid, and what was written to and about them."""

from __future__ import annotations

from kit.messages import message
from kit.tables.table import ORIGIN, Column, Table

CONTACTS = Table(
    "contacts",
    message("a list of contacts"),
    message("one person on a list"),
    (
        *ORIGIN,
        Column("contact_key", "text", "", message("hash of the address"), nullable=False),
        Column("email", "text", "", message("the address; never exported without being asked for")),
        Column("status", "text", "", message("subscribed, unsubscribed, cleaned, unconfirmed or blocklisted")),
        Column("opted_in_at", "local", "", message("when the person joined")),
        Column("confirmed_at", "local", "", message("when the person confirmed the address")),
        Column("opt_in_source", "text", "", message("form, counter, import …")),
        Column("consent_purpose", "text", "", message("what the person agreed to: advertising, service …")),
        Column("consent_proof", "text", "", message("what proves it: the network address, the form's record …")),
        Column("unsubscribed_at", "local", "", message("when the person unsubscribed")),
        Column("unsubscribe_reason", "text", "", message("as given")),
        Column(
            "unsubscribe_campaign_id",
            "text",
            "",
            message("the platform's id of the e-mail through which the person unsubscribed"),
        ),
        Column("cleaned_at", "local", "", message("when the platform stopped sending to the address")),
        Column("country", "text", "", message("country")),
        Column("language", "text", "", message("language")),
        Column("segment", "text", "", message("the firm's own group")),
    ),
)

LOADED = Column(
    "loaded_on", "date", "", message("the day on which the row reached the system; NULL if the file has no such date")
)
"""A row is known from this day on, whatever day it is about."""

CONVERSIONS = Table(
    "conversions",
    message("conversions such as appointments"),
    message("one action that a person took and the firm wanted"),
    (
        *ORIGIN,
        Column("conversion_id", "text", "", message("the system's own id")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("source_campaign_id", "text", "", message("the campaign, where the system itself names it")),
        Column("action", "text", "", message("appointment, review, lead, order …"), nullable=False),
        Column("occurred_at", "time", "UTC", message("when; NULL if the time zone is unknown")),
        Column("occurred_local", "local", "", message("when, in the firm's local time or as written")),
        Column("value", "float", "money", message("its value, in `currency`")),
        Column("currency", "text", "ISO 4217", message("the currency of `value`")),
        LOADED,
    ),
)

ORDERS = Table(
    "orders",
    message("orders"),
    message("one order"),
    (
        *ORIGIN,
        Column("order_id", "text", "", message("the shop's own id")),
        Column("contact_key", "text", "", message("hash of the address; NULL for an anonymous sale")),
        Column("domain", "text", "", message("the address's domain")),
        Column("ordered_at", "time", "UTC", message("when; NULL if the time zone is unknown")),
        Column("ordered_local", "local", "", message("when, in the firm's local time or as written")),
        Column("total", "float", "money", message("what the customer paid")),
        Column("refunded", "float", "money", message("refunded, as a positive number")),
        Column("currency", "text", "ISO 4217", message("the currency of both")),
        Column("status", "text", "", message("as the shop writes it")),
        Column(
            "is_cancelled",
            "bool",
            "",
            message("cancelled, failed, unpaid or refunded in full: not a sale; NULL if the file does not show it"),
        ),
    ),
)

TICKETS = Table(
    "tickets",
    message("support tickets"),
    message("one request to the service"),
    (
        *ORIGIN,
        Column("ticket_id", "text", "", message("the help desk's own id")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("created_local", "local", "", message("when it came in")),
        Column("first_response_local", "local", "", message("when a person first answered; NULL: not yet")),
        Column("resolved_local", "local", "", message("when it was closed")),
        Column("channel", "text", "", message("email, phone, chat …")),
        Column("mailbox", "text", "", message("the inbox, group or queue that it came to")),
        Column("priority", "text", "", message("its priority in the help desk")),
        Column("agent", "text", "", message("who it is assigned to")),
        Column("csat", "float", "points", message("the score given afterwards")),
        Column("csat_min", "float", "points", message("the lowest score possible")),
        Column("csat_max", "float", "points", message("the highest score possible")),
        LOADED,
    ),
)

TICKET_MESSAGES = Table(
    "ticket_messages",
    message("messages of support tickets"),
    message("one message of one request, as a help desk exports it"),
    (
        *ORIGIN,
        Column("ticket_id", "text", "", message("the help desk's own id of the request or conversation")),
        Column("message_id", "text", "", message("the help desk's own id of the message")),
        Column("direction", "text", "", message("in or out"), nullable=False),
        Column("sent_local", "local", "", message("when it was sent")),
        Column("contact_key", "text", "", message("hash of the customer's address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("mailbox", "text", "", message("the inbox or channel that it went through")),
        Column("agent", "text", "", message("who wrote it; NULL: a customer, or not in the export")),
        Column("is_autoreply", "bool", "", message("written by a machine")),
        Column("subject", "text", "", message("its subject")),
        Column("body_text", "text", "", message("its text, or the beginning of it")),
    ),
)

SURVEYS = Table(
    "surveys",
    message("survey answers"),
    message("one answer to a survey, or one invitation left unanswered"),
    (
        *ORIGIN,
        Column("response_id", "text", "", message("the platform's own id of the answers that a person gave at once")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("responded_local", "local", "", message("when; NULL: invited, not answered")),
        Column("survey_type", "text", "", message("csat, nps or ces; yes_no; rating: another scale"), nullable=False),
        Column("score", "float", "points", message("the answer")),
        Column("scale_min", "float", "points", message("the lowest answer possible")),
        Column("scale_max", "float", "points", message("the highest answer possible")),
        Column("comment", "text", "", message("the person's words")),
        Column("campaign_name", "text", "", message("the campaign that invited to it, or that it is about")),
        Column("agent", "text", "", message("who served the person")),
        LOADED,
    ),
)

DEALS = Table(
    "deals",
    message("deals"),
    message("one deal of the CRM"),
    (
        *ORIGIN,
        Column("deal_id", "text", "", message("the CRM's own id")),
        Column("deal_name", "text", "", message("its title")),
        Column("contact_key", "text", "", message("hash of the first contact's address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("contact_ids", "text", "", message("the CRM's ids of its contacts, joined by commas")),
        Column("company", "text", "", message("the company as the CRM has it")),
        Column("pipeline", "text", "", message("the pipeline")),
        Column("stage", "text", "", message("the stage it is in")),
        Column("is_won", "bool", "", message("closed and won")),
        Column("is_lost", "bool", "", message("closed and lost")),
        Column("lost_reason", "text", "", message("why it was lost, according to the CRM")),
        Column("amount", "float", "money", message("its value, in `currency`")),
        Column("currency", "text", "ISO 4217", message("the currency of `amount`")),
        Column("owner", "text", "", message("who is responsible for it")),
        Column("tags", "text", "", message("its tags, joined by commas")),
        Column("created_local", "local", "", message("when it was opened")),
        Column("closed_local", "local", "", message("when it was closed, or is expected to be")),
        Column("last_activity_local", "local", "", message("when anybody last worked on it or changed it")),
        LOADED,
    ),
)

BILLING = Table(
    "billing",
    message("payments"),
    message("one payment, refund or failure"),
    (
        *ORIGIN,
        Column("billing_id", "text", "", message("the payment system's own id")),
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("customer_id", "text", "", message("the payment system's id of the customer")),
        Column("kind", "text", "", message("charge, refund, dispute or failed"), nullable=False),
        Column("occurred_at", "time", "UTC", message("when; NULL if the time zone is unknown")),
        Column("occurred_local", "local", "", message("when, in the firm's local time or as written")),
        Column("amount", "float", "money", message("in major units of `currency`")),
        Column("refunded", "float", "money", message("refunded, as a positive number")),
        Column("fee", "float", "money", message("kept by the payment system")),
        Column("currency", "text", "ISO 4217", message("the currency of all three")),
        Column("status", "text", "", message("as the payment system writes it")),
        Column("invoice_id", "text", "", message("the invoice it is for")),
        LOADED,
    ),
)

COSTS = Table(
    "costs",
    message("costs"),
    message("one cost of a period or campaign"),
    (
        *ORIGIN,
        Column("period_start", "date", "", message("its first day")),
        Column("period_end", "date", "", message("its last day")),
        Column("source_campaign_id", "text", "", message("the campaign it is for; NULL: all")),
        Column("campaign_name", "text", "", message("the same, by name")),
        Column("kind", "text", "", message("people, software, sending, discount or other"), nullable=False),
        Column("hours", "float", "h", message("hours of work")),
        Column("rate", "float", "money/h", message("what an hour costs")),
        Column("amount", "float", "money", message("the cost, in `currency`; hours × rate if not given")),
        Column("currency", "text", "ISO 4217", message("the currency of `amount`")),
    ),
)

ACTIONS = Table(
    "actions",
    message("a log of what was changed"),
    message("one thing that the firm changed on one day"),
    (
        *ORIGIN,
        Column("day", "date", "", message("the day from which it held"), nullable=False),
        Column("what", "text", "", message("what was changed, in the firm's words"), nullable=False),
    ),
)

ASSIGNMENTS = Table(
    "assignments",
    message("groups of a test"),
    message("one person's group in a holdout test"),
    (
        *ORIGIN,
        Column("contact_key", "text", "", message("hash of the address"), nullable=False),
        Column("experiment", "text", "", message("the test; NULL where the file has only one and does not name it")),
        Column("arm", "text", "", message("the group as the file writes it")),
        Column(
            "is_holdout",
            "bool",
            "",
            message("the group that gets no e-mail; NULL if the file does not show which one it is"),
        ),
        Column("assigned_local", "local", "", message("when the person was put into the group")),
        Column("offer", "text", "", message("the offer that the arm gets")),
        Column("subject", "text", "", message("the subject line that the arm gets")),
        Column("call_to_action", "text", "", message("what the arm is asked to do")),
        Column("send_slot", "text", "", message("the hour or part of the day at which the arm gets its mail")),
        Column("mails_per_week", "float", "mails/week", message("how many e-mails per week the group is to get")),
        Column("reason", "text", "", message("why the person stays away, as the firm wrote it down before the test")),
    ),
)

USAGE = Table(
    "usage",
    message("product usage"),
    message("one measure of one customer's use on one day"),
    (
        *ORIGIN,
        Column("contact_key", "text", "", message("hash of the address")),
        Column("domain", "text", "", message("the address's domain")),
        Column("account_id", "text", "", message("the firm's own id of the customer")),
        Column("day", "date", "", message("the day"), nullable=False),
        Column("metric", "text", "", message("what was counted"), nullable=False),
        Column("value", "float", "", message("how much"), nullable=False),
        LOADED,
    ),
)

WEB = Table(
    "web",
    message("visits to the website"),
    message("sessions of one campaign, source and medium in one period"),
    (
        *ORIGIN,
        Column("property", "text", "", message("the site or app that was measured, as named in the report")),
        Column("period_start", "date", "", message("the report's first day")),
        Column("period_end", "date", "", message("the report's last day")),
        Column("channel", "text", "", message("the channel group")),
        Column("utm_source", "text", "", message("where the visit came from")),
        Column("utm_medium", "text", "", message("through which medium")),
        Column("utm_campaign", "text", "", message("the campaign's tag in the link")),
        Column("utm_content", "text", "", message("the link's own tag")),
        Column("source_campaign_id", "text", "", message("the platform's id that the tag begins with")),
        Column("sessions", "int", "sessions", message("visits")),
        Column("engaged_sessions", "int", "sessions", message("visits of 10 s, two pages or a key event")),
        Column("users", "int", "people", message("visitors; the sum over rows is not a number of people")),
        Column(
            "key_events", "float", "events", message("desired actions in these visits; GA4 splits them into fractions")
        ),
        Column("revenue", "float", "money", message("in `currency`")),
        Column("currency", "text", "ISO 4217", message("the currency of `revenue`")),
        Column("engagement_seconds", "float", "s", message("time in the foreground")),
    ),
)

DMARC = Table(
    "dmarc",
    message("DMARC reports"),
    message("one record of a DMARC aggregate report: e-mails from one network address that one receiving server got"),
    (
        *ORIGIN,
        Column("reporter", "text", "", message("the receiving server that sent the report")),
        Column("report_id", "text", "", message("the report's own id")),
        Column("day", "date", "", message("the first day of the report, by UTC"), nullable=False),
        Column("last_day", "date", "", message("its last day")),
        Column("policy_domain", "text", "", message("the domain whose policy was looked up")),
        Column("policy", "text", "", message("the policy that the domain publishes: none, quarantine or reject")),
        Column("source_ip", "text", "", message("the network address that sent the e-mails")),
        Column("messages", "int", "messages", message("e-mails of this record"), nullable=False),
        Column("disposition", "text", "", message("what happened to them: none, quarantine or reject")),
        Column("dkim_aligned", "bool", "", message("signed by the domain in From")),
        Column("spf_aligned", "bool", "", message("sent from where the domain in From allows it")),
        Column("header_from", "text", "", message("the domain in From")),
        Column("dkim_domain", "text", "", message("the domain that signed")),
        Column("spf_domain", "text", "", message("the domain of the return path")),
    ),
)

POSTMASTER = Table(
    "postmaster",
    message("Google Postmaster figures"),
    message("one day of one domain, as seen by Gmail"),
    (
        *ORIGIN,
        Column("day", "date", "", message("the day"), nullable=False),
        Column("sender_domain", "text", "", message("the sending domain; NULL if the file does not show it")),
        Column("spam_rate", "float", "share", message("marked as spam by users / delivered to the inbox")),
        Column("domain_reputation", "text", "", message("high, medium, low or bad")),
        Column("spf_rate", "float", "share", message("share of e-mails that passed SPF")),
        Column("dkim_rate", "float", "share", message("share of e-mails that passed DKIM")),
        Column("dmarc_rate", "float", "share", message("share of e-mails that passed DMARC")),
        Column("error_rate", "float", "share", message("share of e-mails refused or deferred")),
    ),
)

MAILS = Table(
    "mails",
    message("a mailbox"),
    message("one message of a mailbox"),
    (
        *ORIGIN,
        Column("message_id", "text", "", message("its Message-ID")),
        Column("thread_id", "text", "", message("the provider's own thread id, or the conversation of Outlook")),
        Column("in_reply_to", "text", "", message("the Message-ID of the e-mail that it answers")),
        Column("references", "text", "", message("the Message-IDs before it, joined by blanks")),
        Column("direction", "text", "", message("in, out or internal, by the firm's own domains and addresses")),
        Column("contact_key", "text", "", message("hash of the other side's address")),
        Column("mailbox", "text", "", message("our address that received it; a role address is shown by name")),
        Column("from_key", "text", "", message("hash of the sender's address")),
        Column("from_domain", "text", "", message("the sender's domain")),
        Column("to_domains", "text", "", message("the recipients' domains, joined by blanks")),
        Column("sent_at", "time", "UTC", message("when it was sent, by its own clock")),
        Column("received_at", "time", "UTC", message("when our server received it, by the topmost Received")),
        Column("subject", "text", "", message("decoded")),
        Column("body_text", "text", "", message("the text part, or the HTML part as text; quotes are kept")),
        Column("labels", "text", "", message("labels or folder, joined by commas")),
        Column("is_bulk", "bool", "", message("an e-mail of a mailing list or a platform")),
        Column("is_autoreply", "bool", "", message("an automatic reply (RFC 3834)")),
        Column(
            "bounced_id", "text", "", message("the Message-ID of the e-mail that, by this report, was not delivered")
        ),
        Column("has_attachment", "bool", "", message("has an attachment")),
        Column("defects", "text", "", message("what is wrong with its format")),
    ),
)

CORRESPONDENCE = Table(
    "correspondence",
    message("messages between customers and the firm"),
    message("one message between a customer and the firm, in its thread"),
    (
        Column(
            "thread_id", "text", "", message("the kit's own key of the thread, or the help desk's id"), nullable=False
        ),
        Column("message_id", "text", "", message("its Message-ID, or the help desk's id of it")),
        Column("channel", "text", "", message("mail or help desk"), nullable=False),
        Column("occurred_at", "time", "UTC", message("when our server had it; NULL if the time zone is unknown")),
        Column(
            "occurred_local",
            "local",
            "",
            message("the same in the firm's local time; in UTC if the time zone is unknown"),
        ),
        Column("direction", "text", "", message("in, out or internal; NULL if unknown")),
        Column(
            "kind",
            "text",
            "",
            message("person, automatic, campaign, or bounced (our own message that came back)"),
            nullable=False,
        ),
        Column("contact_key", "text", "", message("hash of the customer's address")),
        Column("domain", "text", "", message("the domain of the customer's address")),
        Column("mailbox", "text", "", message("our inbox that it went through")),
        Column("agent", "text", "", message("for messages from us: who wrote it, by name or by hash of the address")),
        Column("joined_by", "text", "", message("how it was put into its thread: ids, provider or subject")),
        Column("begins", "bool", "", message("the first message by a person in its thread")),
        Column("body_text", "text", "", message("for messages to us: the text, quotes are kept")),
    ),
    message("A message in several mailboxes, or in several inboxes of a help desk, is listed once."),
)
