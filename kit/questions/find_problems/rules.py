"""What is looked for: the registry of symptoms. (guide 1, step 4)

A rule is data: a new one is a new entry of RULES. What its groups are set against says its `reference`:

others     the same rate of the other groups of its kind, over the whole history
limit      a fixed limit of a mailbox provider, or of the method
trend      its own past: twelve months or more
strata     the others inside the same campaign or month
relation   what a part of the audience usually is to the rest of it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kit import metrics
from kit.errors import UsageError, nearest
from kit.messages import Message, Text, _, message
from kit.metrics import Kpi
from kit.show.entry import authority, described
from kit.show.formats import share
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

Reference = Literal["others", "limit", "trend", "strata", "relation"]

COMPLAINTS = (0.001, 0.003)
"""Gmail's: stay below the first, never reach the second (support.google.com/a/answer/81126)."""

MACHINES = (0.1,)
"""A finding is named from a tenth of the usual rate on: more machines than that could hide one."""

WHEN: Mapping[Reference, Mapping[str, Message]] = {
    "others": {
        "higher": message("clearly lower than the other groups of the whole history lead us to expect"),
        "lower": message("clearly higher than the other groups of the whole history lead us to expect"),
    },
    "trend": {
        "higher": message(
            "a falling trend over twelve months or more, stronger than the usual month-to-month variation"
        ),
        "lower": message("a rising trend over twelve months or more, stronger than the usual month-to-month variation"),
    },
    "strata": {
        "higher": message("clearly lower than the others in the same campaign or month"),
        "lower": message("clearly higher than the others in the same campaign or month"),
    },
    "relation": {
        "higher": message("clearly lower than usual for this part of the audience, compared with the rest"),
        "lower": message("clearly higher than usual for this part of the audience, compared with the rest"),
    },
}
"""When a group shows the symptom, by the better direction of the rate; the page's false findings are held down."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is set against its own kind.

    Attributes:
        name: as readers meet it.
        columns: the columns of its counts that tell it apart.
        missing: why there is none, where there is a special reason.
    """

    name: Message
    columns: tuple[str, ...]
    missing: Message | None = None

    @property
    def why_missing(self) -> Message:
        """Why there is none."""
        return self.missing or message("the e-mails cannot be grouped by {unit}", unit=self.name)


UNITS: Mapping[str, Unit] = {
    "campaign": Unit(message("campaign"), ("campaign_id", "campaign_name")),
    "list": Unit(message("list"), ("list_name",)),
    "domain": Unit(message("domain"), ("domain", "month"), message("no event log contains domains")),
    "month": Unit(message("month"), ("month",)),
    "question": Unit(message("the whole selection"), ()),
    "list by month": Unit(message("list by month"), ("list_name", "month")),
    "segment": Unit(
        message("segment"), ("campaign_id", "campaign_name", "segment"),
        message("your contacts contain no segment for the people in the event logs"),
    ),
    "tenure": Unit(
        message("time on the list"), ("campaign_id", "tenure"),
        message("your contacts do not show when the people in the event logs joined the list"),
    ),
    "pressure": Unit(
        message("e-mail frequency"), ("campaign_id", "pressure"), message("no event log shows how many e-mails each "
                                                                          "person "
                                                                  "received"),
    ),
    "hour": Unit(
        message("time of day"), ("campaign_id", "list_name", "month", "part"),
        message("the hour of sending is unknown; times of day and the time zone (time_zone in kit.toml) are needed"),
    ),
    "engagement": Unit(
        message("engagement"), ("month",), message("no event log longer than three months shows who is active"),
    ),
    "page": Unit(
        message("landing page"), ("campaign_id", "campaign_name"),
        message("no session in the web analytics can be linked to a campaign"),
    ),
}  # fmt: skip

MEASURES = {
    kpi.key: kpi
    for kpi in (
        Kpi(
            "engaged_share", message("Active recipients"), message("active recipients"),
            "active", "judged", "higher", "attention",
            message(
                "messages to people who clicked in the 90 days before, of messages to people with three e-mails or "
                "a click in that time"
            ),
            "kit.counts.traits: engagement",
        ),
        Kpi(
            "machine_open_share", message("Opens by machines only"), message("opens by machines only"),
            "opened_machine", "opened", "lower", "attention",
            message("by the source's flag or a rule of machine_events"),
            "guide 1, step 2",
        ),
        Kpi(
            "sessions_beside_clicks", message("Sessions compared with clickers"), message("sessions compared with "
                                                                                          "clickers"),
            "sessions", "arrivals", "higher", "action",
            message("sessions as a share of sessions plus clickers; 50 % means one session per clicker; not a share "
                    "of people"),
            "guide 1, step 6",
            counts="web",
        ),
        Kpi(
            "engaged_session_rate", message("Engaged sessions"), message("engaged sessions"),
            "engaged_sessions", "sessions", "higher", "action",
            message("at least ten seconds, two pages or a key event"),
            "support.google.com/analytics/answer/12195621",
            counts="web",
        ),
    )
}  # fmt: skip
"""Shares that only rules look at."""

LEVELS = {
    "3 or more": message("3 or more"),
    "over a year": message("over a year"),
    "22 to 6 h": message("between 22:00 and 6:00"),
    "6 to 9 h": message("between 6:00 and 9:00"),
    "9 to 12 h": message("between 9:00 and 12:00"),
    "12 to 15 h": message("between 12:00 and 15:00"),
    "15 to 18 h": message("between 15:00 and 18:00"),
    "18 to 22 h": message("between 18:00 and 22:00"),
}
"""Levels that the name of a group holds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the problem finder.

    Attributes:
        key: its name, printed beside each finding.
        rate: what is looked at: the key of a KPI or of MEASURES; of people's reactions the raw ones where groups tell
            no others.
        unit: the groups; a key of UNITS.
        reference: what they are set against.
        symptom: what is seen, as a clause.
        cause: what it usually means.
        remedy: what to try, so that the next mail can tell.
        limits: of reference "limit", the lowest first [shares].
        part: of "strata" and "relation", the column that tells the group.
        level: of "strata", the only level that is looked at; "" for each.
        group: how a group is named, with its {level}; None where its columns name it.
        strata: of "strata", what must be alike.
        warning: what a finding must be read with.
        caution: a finding says how to read the page, and is no problem of the mail: its sentence, with {rate}, {n}
            and {remedy}.
    """

    key: str
    rate: str
    unit: str
    reference: Reference
    symptom: Message
    cause: Message
    remedy: Message
    limits: tuple[float, ...] = ()
    part: str = ""
    level: str = ""
    group: Message | None = None
    strata: tuple[str, ...] = ("campaign_id",)
    warning: Message | str = ""
    caution: Message | None = None

    @property
    def kpi(self) -> Kpi:
        """The rate that is looked at."""
        return MEASURES.get(self.rate) or metrics.find(self.rate)

    @property
    def when(self) -> Message:
        """When a group shows the symptom."""
        if self.reference != "limit":
            return WHEN[self.reference][self.kpi.better]
        limits = [limit_text(limit) for limit in self.limits]
        if len(limits) == 1:
            return message("above the fixed limit, even after the margin of error: {limit}", limit=limits[0])
        return message(
            "above a fixed limit, even after the margin of error: {low} or {high}", low=limits[0], high=limits[1]
        )

    def group_name(self, level: str = "") -> str:
        """How the group of this level is named."""
        return _(self.group.text, level=LEVELS.get(level, level)) if self.group else level

    def caution_sentence(self, *, rate: str, n: str) -> str:
        """How to read the page, where this rule finds something."""
        return _(self.caution.text, rate=rate, n=n, remedy=self.remedy) if self.caution else ""


RULES = {
    rule.key: rule
    for rule in (
        Rule(
            "low_opens", "open_rate_human", "campaign", "others",
            symptom=message("low open rate"),
            cause=message("Perhaps the subject line, or a topic that does not interest these readers"),
            remedy=message("Send the next e-mail with two subject lines to two random halves of the list (notebook "
                           "06)"),
        ),
        Rule(
            "low_clicks", "click_to_open_rate_human", "campaign", "others",
            symptom=message("low click-to-open rate"),
            cause=message("Perhaps the offer, the call to action, or a design that hides it"),
            remedy=message("Keep the subject line and change one thing inside: one offer, one button, near the top"),
        ),
        Rule(
            "segment_clicks", "click_rate_human", "segment", "relation",
            symptom=message("one segment clicks far less than usual"),
            cause=message("Perhaps the content does not interest this segment"),
            remedy=message(
                "Do not send such e-mails to this segment, or test a separate version for it (notebook 06)"
            ),
            part="segment",
        ),
        Rule(
            "many_unsubscribes", "unsubscribe_rate", "campaign", "others",
            symptom=message("high unsubscribe rate"),
            cause=message("Perhaps too many e-mails, or not the e-mails people signed up for"),
            remedy=message(
                "Look at who got several e-mails that week. Offer a choice of topics and frequency beside the "
                "unsubscribe link"
            ),
        ),
        Rule(
            "frequency", "unsubscribe_rate", "pressure", "strata",
            symptom=message("people who get many e-mails unsubscribe more often"),
            cause=message("Perhaps more e-mails than these people want"),
            remedy=message(
                "Limit the e-mails per week for a random half of these people. Compare the unsubscribes after eight "
                "weeks"
            ),
            part="pressure", level="3 or more", group=message("people with {level} e-mails in a week"),
            warning=message("this does not prove a cause: people who get more e-mails were selected, so they may "
                            "simply be different people"),
        ),
        Rule(
            "complaints", "complaint_rate", "month", "limit",
            symptom=message("high spam complaint rate"),
            cause=message("Perhaps people did not ask for these e-mails or cannot find the unsubscribe link"),
            remedy=message(
                "Write only to confirmed addresses. Put the unsubscribe link at the top and add the one-click "
                "unsubscribe header. Check Postmaster Tools, where Gmail counts by its own rule"
            ),
            limits=COMPLAINTS, group=message("all months"),
        ),
        Rule(
            "bounces_list", "bounce_hard_rate", "list", "others",
            symptom=message("many addresses do not exist"),
            cause=message("Perhaps an old or bought list, or sign-ups without confirmation"),
            remedy=message("Remove addresses with hard bounces now. Confirm new addresses with a first e-mail"),
        ),
        Rule(
            "bounces_domain", "bounce_rate", "domain", "others",
            symptom=message("e-mails to this domain bounce"),
            cause=message("Perhaps the domain blocks you, or its addresses no longer exist"),
            remedy=message("Read the server's answer. Check SPF, DKIM and DMARC. Write to the domain's postmaster"),
        ),
        Rule(
            "old_addresses", "bounce_hard_rate", "tenure", "strata",
            symptom=message("addresses of long-time subscribers no longer exist"),
            cause=message("Perhaps the list is ageing: people change their address and nobody notices"),
            remedy=message("Ask people who have been silent for months to confirm. Stop writing to those who do not"),
            part="tenure", level="over a year", group=message("people on the list for {level}"),
        ),
        Rule(
            "rising_bounces", "bounce_hard_rate", "list by month", "trend",
            symptom=message("more and more addresses do not exist"),
            cause=message("Perhaps the list is ageing: dead addresses stay on it and few new ones come"),
            remedy=message("Stop writing to addresses with hard bounces at once. Win new addresses with confirmation"),
        ),
        Rule(
            "fading", "engaged_share", "engagement", "trend",
            symptom=message("fewer and fewer recipients are active"),
            cause=message("Perhaps the list is ageing: people stay on it but no longer read"),
            remedy=message("Ask silent people once whether they want to stay. Write to the others less often"),
        ),
        Rule(
            "hour", "click_rate_human", "hour", "strata",
            symptom=message("e-mails sent at this time of day get fewer clicks"),
            cause=message("Perhaps the hour of sending"),
            remedy=message("Send the same e-mail at two different hours to two random halves of the list. Compare "
                           "after 72 hours"),
            part="part", group=message("e-mails sent {level}"), strata=("list_name", "month"),
            warning=message("different campaigns went out at different hours; only a random test can prove it"),
        ),
        Rule(
            "broken_link", "sessions_beside_clicks", "page", "others",
            symptom=message("clicks that do not reach your website"),
            cause=message("Perhaps a broken link, a redirect that loses the tag, or a page without tracking"),
            remedy=message(
                "Check each link of the e-mail on a phone and see whether the visit is counted (notebook 07)"
            ),
        ),
        Rule(
            "landing_page", "engaged_session_rate", "page", "others",
            symptom=message("few visitors stay on the landing page"),
            cause=message("Perhaps the landing page does not load, or does not offer what the e-mail promised"),
            remedy=message("Open the page on a phone. Show on it what the e-mail promised (notebook 07)"),
        ),
        Rule(
            "machine_opens", "machine_open_share", "question", "limit",
            symptom=message("machines make many of the opens"),
            cause=message("Perhaps mail programs that load every picture, and security scanners that check e-mails"),
            remedy=message(
                "Do not read the raw open rate as the number of people who read; notebook 02 gives its limits. You "
                "may still use it to compare versions of one random test"
            ),
            limits=MACHINES, group=message("all opens"),
            caution=message(
                "Machines make many of the opens: machines alone made {rate} of {n}. {remedy}."
            ),
        ),
    )
}  # fmt: skip


def limit_text(limit: float) -> str:
    """A limit as it is published: 0.10%, 10%."""
    return share(limit, 2 if limit < 0.01 else 0)


def table() -> Table:
    """Every rule of the registry: what it looks at, when it speaks, and what that usually means."""
    rows = [
        {
            "rule": rule.key,
            "symptom": str(rule.symptom),
            "rate": str(rule.kpi.title),
            "unit": rule.unit,
            "when": str(rule.when),
            "cause": str(rule.cause),
        }
        for rule in RULES.values()
    ]
    columns = (
        Column("rule", message("Rule")),
        Column("symptom", message("Symptom")),
        Column("rate", message("Rate")),
        Column("unit", message("Compared by"), lambda key: UNITS[key].name),
        Column("when", message("When")),
        Column("cause", message("Likely cause")),
    )
    return Table("rules", message("What the problem finder checks"), pd.DataFrame(rows), columns)


def explain(key: str) -> str:
    """What a rule looks at, when it speaks, what that usually means and what to try, in words.

    Raises:
        UsageError: there is no such rule; names the nearest.
    """
    if key not in RULES:
        raise UsageError(_("There is no problem rule named {key}. {hint}", key=repr(key), hint=nearest(key, RULES)))
    rule = RULES[key]
    unit = UNITS[rule.unit].name
    groups = message("by {unit}", unit=unit)
    if rule.level:
        groups = message("by {unit}, {group}", unit=unit, group=rule.group_name(rule.level))
    lines: list[tuple[Text, Text]] = [
        (message("rate"), f"{rule.kpi.title}: {rule.kpi.formula}"),
        (message("groups"), groups),
        (message("when"), rule.when),
        (message("likely cause"), rule.cause),
        (message("what to try"), rule.remedy),
        *([(message("warning"), rule.warning)] if rule.warning else []),
        (message("authority"), authority("guide 1, step 4")),
    ]
    return described(f"{rule.key}: {rule.symptom}", lines)
