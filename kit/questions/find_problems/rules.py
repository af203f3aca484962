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
from kit.messages import Message, _, message
from kit.metrics import Kpi
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
        "higher": message("low beyond what the other groups of the whole history let one expect"),
        "lower": message("high beyond what the other groups of the whole history let one expect"),
    },
    "trend": {
        "higher": message("low a trend over twelve months or more, beyond their usual variation"),
        "lower": message("high a trend over twelve months or more, beyond their usual variation"),
    },
    "strata": {
        "higher": message("low beyond the others of the same campaign or month"),
        "lower": message("high beyond the others of the same campaign or month"),
    },
    "relation": {
        "higher": message("low beyond what this part of the audience usually is to the rest of it"),
        "lower": message("high beyond what this part of the audience usually is to the rest of it"),
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
        return self.missing or message("no mail is told apart by {unit}", unit=self.name)


UNITS: Mapping[str, Unit] = {
    "campaign": Unit(message("campaign"), ("campaign_id", "campaign_name")),
    "list": Unit(message("list"), ("list_name",)),
    "domain": Unit(message("domain"), ("domain", "month"), message("no event log tells the domains")),
    "month": Unit(message("month"), ("month",)),
    "question": Unit(message("question"), ()),
    "list by month": Unit(message("list by month"), ("list_name", "month")),
    "segment": Unit(
        message("segment"), ("campaign_id", "campaign_name", "segment"),
        message("no contacts tell a segment of people in an event log"),
    ),
    "tenure": Unit(
        message("tenure"), ("campaign_id", "tenure"),
        message("no contacts tell since when people of an event log are on the list"),
    ),
    "pressure": Unit(
        message("pressure"), ("campaign_id", "pressure"), message("no event log tells who got how many mails"),
    ),
    "hour": Unit(
        message("hour"), ("campaign_id", "list_name", "month", "part"),
        message("no hour of sending is known: it needs times of day and the time zone (time_zone in kit.toml)"),
    ),
    "engagement": Unit(
        message("engagement"), ("month",), message("no event log of more than three months tells who is active"),
    ),
    "page": Unit(
        message("page"), ("campaign_id", "campaign_name"),
        message("no sessions of the web analytics name a campaign"),
    ),
}  # fmt: skip

MEASURES = {
    kpi.key: kpi
    for kpi in (
        Kpi(
            "engaged_share", message("Active receivers"), message("active receivers"),
            "active", "judged", "higher", "attention",
            message(
                "mails to people who clicked in the 90 days before, of mails to people who had three mails or a click "
                "in them"
            ),
            "kit.counts.traits: engagement",
        ),
        Kpi(
            "machine_open_share", message("Openings by machines only"), message("openings by machines only"),
            "opened_machine", "opened", "lower", "attention",
            message("by the source's flag or a rule of machine_events"),
            "guide 1, step 2",
        ),
        Kpi(
            "sessions_beside_clicks", message("Sessions beside clickers"), message("sessions beside clickers"),
            "sessions", "arrivals", "higher", "action",
            message("sessions of sessions and clickers together, a half is one session a clicker; no rate of people"),
            "guide 1, step 6",
            counts="web",
        ),
        Kpi(
            "engaged_session_rate", message("Engaged sessions"), message("engaged sessions"),
            "engaged_sessions", "sessions", "higher", "action",
            message("ten seconds, two pages or a key event"),
            "support.google.com/analytics/answer/12195621",
            counts="web",
        ),
    )
}  # fmt: skip
"""Shares that only rules look at."""

LEVELS = {
    "3 or more": message("3 or more"),
    "over a year": message("over a year"),
    "22 to 6 h": message("22 to 6 h"),
    "6 to 9 h": message("6 to 9 h"),
    "9 to 12 h": message("9 to 12 h"),
    "12 to 15 h": message("12 to 15 h"),
    "15 to 18 h": message("15 to 18 h"),
    "18 to 22 h": message("18 to 22 h"),
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
            return message("the interval lies wholly above a fixed limit: {limit}", limit=limits[0])
        return message("the interval lies wholly above a fixed limit: {low} or {high}", low=limits[0], high=limits[1])

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
            cause=message("the subject line, or mail that does not concern its readers"),
            remedy=message("send the next one with two subject lines to halves drawn at random (notebook 06)"),
        ),
        Rule(
            "low_clicks", "click_to_open_rate_human", "campaign", "others",
            symptom=message("low click-to-open rate"),
            cause=message("the offer, the call to action, or a design that hides it"),
            remedy=message("keep the subject, change one thing inside: one offer, one button, near the top"),
        ),
        Rule(
            "segment_clicks", "click_rate_human", "segment", "relation",
            symptom=message("one segment clicks far less than it usually does"),
            cause=message("the content does not concern this segment"),
            remedy=message(
                "leave the segment out of such mail, or write it a version of its own, as a test (notebook 06)"
            ),
            part="segment",
        ),
        Rule(
            "many_unsubscribes", "unsubscribe_rate", "campaign", "others",
            symptom=message("high unsubscribe rate"),
            cause=message("too much mail, or other mail than they signed up for"),
            remedy=message(
                "look at who got several mails that week; offer a choice of topics and pace beside the link to leave"
            ),
        ),
        Rule(
            "frequency", "unsubscribe_rate", "pressure", "strata",
            symptom=message("who gets much mail unsubscribes more often"),
            cause=message("more mail than these people want"),
            remedy=message(
                "cap the mails of a week for half of them, drawn at random, and compare who left after eight weeks"
            ),
            part="pressure", level="3 or more", group=message("people with {level} mails in a week"),
            warning=message("targeted, not causal: who gets more mail was chosen, so it may be other people"),
        ),
        Rule(
            "complaints", "complaint_rate", "month", "limit",
            symptom=message("high spam complaint rate"),
            cause=message("people who did not ask for this mail, or cannot find the link to leave"),
            remedy=message(
                "write only to confirmed addresses; put the link to leave on top and the one-click header in; look at "
                "Postmaster Tools, where Gmail counts by its own rule"
            ),
            limits=COMPLAINTS, group=message("all months"),
        ),
        Rule(
            "bounces_list", "bounce_hard_rate", "list", "others",
            symptom=message("many addresses do not exist"),
            cause=message("an old or bought list, or sign-ups without confirmation"),
            remedy=message("remove hard bounces now; confirm new addresses by a first mail"),
        ),
        Rule(
            "bounces_domain", "bounce_rate", "domain", "others",
            symptom=message("mail to this domain bounces"),
            cause=message("the domain blocks the sender, or its addresses have died"),
            remedy=message("read the server's answer; check SPF, DKIM and DMARC; write to its postmaster"),
        ),
        Rule(
            "old_addresses", "bounce_hard_rate", "tenure", "strata",
            symptom=message("addresses of old subscribers have died"),
            cause=message("list decay: people change their address and nobody notices"),
            remedy=message("ask people who were silent for months to confirm; suppress who does not"),
            part="tenure", level="over a year", group=message("people on the list for {level}"),
        ),
        Rule(
            "rising_bounces", "bounce_hard_rate", "list by month", "trend",
            symptom=message("more and more addresses do not exist"),
            cause=message("list decay: dead addresses stay on the list, few new ones come"),
            remedy=message("suppress hard bounces at once; win new addresses with confirmation"),
        ),
        Rule(
            "fading", "engaged_share", "engagement", "trend",
            symptom=message("fewer and fewer receivers are active"),
            cause=message("list decay: people stay on the list and no longer read"),
            remedy=message("ask silent people once whether they want to stay; write to the others more seldom"),
        ),
        Rule(
            "hour", "click_rate_human", "hour", "strata",
            symptom=message("mail of this part of the day is clicked less"),
            cause=message("the hour of sending"),
            remedy=message("send the same mail at two hours to halves drawn at random, and compare after 72 hours"),
            part="part", group=message("mail sent {level}"), strata=("list_name", "month"),
            warning=message("other campaigns went out at other hours: a test at random is the proof"),
        ),
        Rule(
            "broken_link", "sessions_beside_clicks", "page", "others",
            symptom=message("clicks that do not arrive"),
            cause=message("a broken link, a redirect that drops the tag, or a page that is not measured"),
            remedy=message(
                "follow each link of the mail on a phone and see whether the visit is counted (notebook 07)"
            ),
        ),
        Rule(
            "landing_page", "engaged_session_rate", "page", "others",
            symptom=message("few visitors stay on the page"),
            cause=message("the page behind the link: it does not load, or does not keep what the mail promised"),
            remedy=message("open the page on a phone; show there what the mail promised (notebook 07)"),
        ),
        Rule(
            "machine_opens", "machine_open_share", "question", "limit",
            symptom=message("machines make many of the openings"),
            cause=message("mail programs that load every picture, and gateways that look into mail"),
            remedy=message(
                "the raw open rate is not how many people read (notebook 02 bounds that); versions of one random test "
                "may still be set against each other by it"
            ),
            limits=MACHINES, group=message("all openings"),
            caution=message(
                "Machines make many of the openings: {rate} of {n} were made by machines only; {remedy}."
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
        Column("unit", message("By"), lambda key: UNITS[key].name),
        Column("when", message("When")),
        Column("cause", message("Likely cause")),
    )
    return Table("rules", message("What is looked for"), pd.DataFrame(rows), columns)


def explain(key: str) -> str:
    """What a rule looks at, when it speaks, what that usually means and what to try, in words.

    Raises:
        UsageError: there is no such rule; names the nearest.
    """
    if key not in RULES:
        raise UsageError(_("There is no problem rule {key}. {hint}", key=repr(key), hint=nearest(key, RULES)))
    rule = RULES[key]
    unit = UNITS[rule.unit].name
    groups = message("by {unit}", unit=unit)
    if rule.level:
        groups = message("by {unit}, {group}", unit=unit, group=rule.group_name(rule.level))
    lines = {
        "rate": f"{rule.kpi.title}: {rule.kpi.formula}",
        "groups": groups,
        "when": rule.when,
        "likely cause": rule.cause,
        "what to try": rule.remedy,
        **({"warning": rule.warning} if rule.warning else {}),
        "authority": "guide 1, step 4",
    }
    return "\n".join([f"{rule.key}: {rule.symptom}", *(f"  {name:12} {text}" for name, text in lines.items())])
