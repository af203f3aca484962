"""The registry of symptoms: which rate, when it is one, what it usually means, what to try.

A rule is data; a new one is a new line in RULES. What it is set against says its `kind`:

others     the same rate of the other groups of its kind, over the whole history
limit      a fixed limit of a mailbox provider, or of the method
trend      its own past: twelve months or more
strata     the others inside the same campaign or month
relation   what a part of the audience usually is to the rest of it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kit import metrics
from kit.errors import UsageError, nearest
from kit.metrics import Kpi

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["others", "limit", "trend", "strata", "relation"]

COMPLAINTS = (0.001, 0.003)
"""Gmail's: stay below the first, never reach the second (support.google.com/a/answer/81126)."""

MACHINES = (0.1,)
"""A finding is told from a tenth of the usual rate on (SMALLEST): more machines than that could hide one."""

KINDS: Mapping[Kind, str] = {
    "others": "beyond what the other groups of the whole history let one expect",
    "limit": "the interval lies wholly above a fixed limit",
    "trend": "a trend over twelve months or more, beyond their usual variation",
    "strata": "beyond the others of the same campaign or month",
    "relation": "beyond what this part of the audience usually is to the rest of it",
}
"""When a group shows a symptom; for all of them the page's false findings are held down together."""

UNITS: Mapping[str, tuple[str, ...]] = {
    "campaign": ("campaign_id", "campaign_name"),
    "list": ("list_name",),
    "domain": ("domain", "month"),
    "month": ("month",),
    "question": (),
    "list by month": ("list_name", "month"),
    "segment": ("campaign_id", "campaign_name", "segment"),
    "tenure": ("campaign_id", "tenure"),
    "pressure": ("campaign_id", "pressure"),
    "hour": ("campaign_id", "list_name", "month", "part"),
    "engagement": ("month",),
    "page": ("campaign_id", "campaign_name"),
}
"""What is set against its own kind, and the columns of its counts that tell it apart."""

MEASURES = {
    kpi.key: kpi
    for kpi in (
        Kpi("engaged_share", "Active receivers", "active receivers", "active", "judged", "higher", "attention",
            "mails to people who clicked in the 90 days before, of mails to people who had three mails or a click in "
            "them", "kit.counts.traits: engagement"),
        Kpi("machine_open_share", "Openings by machines only", "openings by machines only",
            "opened_machine", "opened", "lower", "attention",
            "by the source's flag or a rule of machine_events", "guide 1, step 2"),
        Kpi("sessions_beside_clicks", "Sessions beside clickers", "sessions beside clickers",
            "sessions", "arrivals", "higher", "action",
            "sessions of sessions and clickers together, a half is one session a clicker; no rate of people",
            "guide 1, step 6",
            counts="web"),
        Kpi("engaged_session_rate", "Engaged sessions", "engaged sessions",
            "engaged_sessions", "sessions", "higher", "action",
            "ten seconds, two pages or a key event", "support.google.com/analytics/answer/12195621", counts="web"),
    )
}  # fmt: skip
"""Shares that only rules look at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the problem finder.

    Attributes:
        key: its name, printed beside each finding.
        kpi: the rate that is looked at: a KPI or one of MEASURES.
        unit: the groups; a key of UNITS.
        kind: what they are set against.
        sign: what is seen, as a phrase.
        cause: what it usually means.
        next_step: what to try, so that the next mail can tell.
        limits: of kind "limit", the lowest first [shares].
        part: of kinds "strata" and "relation", the column that tells the group.
        level: of kind "strata", the only level that is looked at; "" for each.
        name: how a group is named, where its own columns do not do it.
        strata: of kind "strata", what must be alike.
        warning: what must be said with a finding.
        caution: it says how to read the page, and is no problem of the mail.
    """

    key: str
    kpi: str
    unit: str
    kind: Kind
    sign: str
    cause: str
    next_step: str
    limits: tuple[float, ...] = ()
    part: str = ""
    level: str = ""
    name: str = "{}"
    strata: tuple[str, ...] = ("campaign_id",)
    warning: str = ""
    caution: bool = False

    @property
    def measure(self) -> Kpi:
        """The rate that is looked at."""
        return MEASURES.get(self.kpi) or metrics.find(self.kpi)

    @property
    def when(self) -> str:
        """When a group shows the symptom."""
        way = "low" if self.measure.better == "higher" else "high"
        if self.kind == "limit":
            return f"{KINDS['limit']}: {' or '.join(percent(one) for one in self.limits)}"
        return f"{way} {KINDS[self.kind]}"


RULES = {
    rule.key: rule
    for rule in (
        Rule(
            "low_opens", "open_rate", "campaign", "others", "few open it",
            "the subject line, or mail that does not concern its readers",
            "send the next one with two subject lines to halves drawn at random (notebook 06)",
        ),
        Rule(
            "low_clicks", "click_to_open_rate", "campaign", "others", "few clicks for its openings",
            "the offer, the call to action, or a design that hides it",
            "keep the subject, change one thing inside: one offer, one button, near the top",
        ),
        Rule(
            "segment_clicks", "click_rate_human", "segment", "relation",
            "one segment clicks far less than it usually does",
            "the content does not concern this segment",
            "leave the segment out of such mail, or write it a version of its own, as a test (notebook 06)",
            part="segment",
        ),
        Rule(
            "many_unsubscribes", "unsubscribe_rate", "campaign", "others", "many leave the list",
            "too much mail, or other mail than they signed up for",
            "look at who got several mails that week; offer a choice of topics and pace beside the link to leave",
        ),
        Rule(
            "frequency", "unsubscribe_rate", "pressure", "strata", "who gets much mail leaves more often",
            "more mail than these people want",
            "cap the mails of a week for half of them, drawn at random, and compare who left after eight weeks",
            part="pressure", level="3 or more", name="people with {} mails in a week",
            warning="targeted, not causal: who gets more mail was chosen, so it may be other people",
        ),
        Rule(
            "complaints", "complaint_rate", "month", "limit", "many mark it as spam",
            "people who did not ask for this mail, or cannot find the link to leave",
            "write only to confirmed addresses; put the link to leave on top and the one-click header in; look at "
            "Postmaster Tools, where Gmail counts by its own rule",
            limits=COMPLAINTS, name="all months",
        ),
        Rule(
            "bounces_list", "bounce_hard_rate", "list", "others", "many addresses do not exist",
            "an old or bought list, or sign-ups without confirmation",
            "remove hard bounces now; confirm new addresses by a first mail",
        ),
        Rule(
            "bounces_domain", "bounce_rate", "domain", "others", "one domain gives mail back",
            "the domain blocks the sender, or its addresses have died",
            "read the server's answer; check SPF, DKIM and DMARC; write to its postmaster",
        ),
        Rule(
            "old_addresses", "bounce_hard_rate", "tenure", "strata", "addresses of old subscribers have died",
            "list decay: people change their address and nobody notices",
            "ask people who were silent for months to confirm; suppress who does not",
            part="tenure", level="over a year", name="people on the list for {}",
        ),
        Rule(
            "rising_bounces", "bounce_hard_rate", "list by month", "trend", "more and more addresses do not exist",
            "list decay: dead addresses stay on the list, few new ones come",
            "suppress hard bounces at once; win new addresses with confirmation",
        ),
        Rule(
            "fading", "engaged_share", "engagement", "trend", "fewer and fewer receivers are active",
            "list decay: people stay on the list and no longer read",
            "ask silent people once whether they want to stay; write to the others more seldom",
        ),
        Rule(
            "hour", "click_rate", "hour", "strata", "mail of this part of the day is clicked less",
            "the hour of sending",
            "send the same mail at two hours to halves drawn at random, and compare after 72 hours",
            part="part", name="mail sent {}", strata=("list_name", "month"),
            warning="other campaigns went out at other hours: a test at random is the proof",
        ),
        Rule(
            "broken_link", "sessions_beside_clicks", "page", "others", "clicks that do not arrive",
            "a broken link, a redirect that drops the tag, or a page that is not measured",
            "follow each link of the mail on a phone and see whether the visit is counted (notebook 07)",
        ),
        Rule(
            "landing_page", "engaged_session_rate", "page", "others", "visitors leave the page at once",
            "the page behind the link: it does not load, or does not keep what the mail promised",
            "open the page on a phone; show there what the mail promised (notebook 07)",
        ),
        Rule(
            "machine_opens", "machine_open_share", "question", "limit", "machines make many of the openings",
            "mail programs that load every picture, and gateways that look into mail",
            "judge by clicks and conversions; the open rate must not be used (notebook 02 bounds it)",
            limits=MACHINES, name="all openings", caution=True,
        ),
    )
}  # fmt: skip


def percent(limit: float) -> str:
    """A limit as it is published: 0.10%, 10%."""
    return f"{limit:.2%}" if limit < 0.01 else f"{limit:.0%}"  # below one per cent, as in kit.words


def explain(key: str) -> str:
    """What a rule looks at, when it speaks, what that usually means and what to try, in words.

    Raises:
        UsageError: there is no such rule; names the nearest.
    """
    if key not in RULES:
        raise UsageError(f"There is no problem rule {key!r}. {nearest(key, RULES)}")
    rule = RULES[key]
    lines = {
        "rate": f"{rule.measure.title}: {rule.measure.formula}",
        "groups": f"by {rule.unit}" + (f", {rule.name.format(rule.level)}" if rule.level else ""),
        "when": rule.when,
        "likely cause": rule.cause,
        "what to try": rule.next_step,
        **({"warning": rule.warning} if rule.warning else {}),
        "authority": "guide 1, step 4",
    }
    return "\n".join([f"{rule.key}: {rule.sign}", *(f"  {name:12} {text}" for name, text in lines.items())])
