"""Machine events: every open and click with `is_machine` and the name of its rule; nothing is deleted.

Programs open mail that nobody reads and click links that nobody follows. The rules are data, fixed
before anybody looks at a result. They mark the event, and counts are given both ways.

What a person's program does is known from the person's *other* mails, never from the mail in question:
whoever leaves out the mails that a machine opened, but keeps all delivered mail below the line, is as
wrong as whoever leaves out nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
from ibis import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.settings import Settings
    from kit.store.engine import Expression

AT_DELIVERY = 5
"""Seconds after delivery in which nobody has yet read and clicked."""

ALL_LINKS = 3
"""Seconds in which nobody clicks every link of a mail."""

BURST, BURST_LINKS = 2, 3
"""Seconds in which nobody clicks so many different links."""

SOON = 600
"""Seconds after delivery in which some gateways click as a person would: one link or two, by a browser. No single such
click can be told from a person's."""

EVERY_MAIL, MAILS_OF_A_PERSON = 0.8, 4
"""Nobody clicks so large a share of so many mails within SOON: a gateway does."""

PROGRAM_SOON, PROGRAM_MAILS, PROGRAM_PEOPLE = 0.95, 20, 5
"""A program by which so many people clicked so many mails, such a share of them within SOON, is no reader's: of
people's clicks a tenth comes so soon."""

PREFETCH = 3600
"""Seconds after delivery in which an opening through Apple's proxy is its prefetching; a later one may be a
reader's own, which goes through the same proxy."""

BARE = "Mozilla/5.0"
"""All that Apple's privacy proxy says of itself (help.socketlabs.com: identifying Apple MPP opens)."""

PROXY = r"googleimageproxy|yahoomailproxy"
"""Proxies that fetch a picture when a person opens the mail (FORMATS: a human open, not a prefetch)."""

PROGRAM = r"applewebkit|gecko/|trident|msie |chrome|safari|firefox|opera|thunderbird|outlook|msoffice|webkit|mail/"
"""Signs of browsers and mail programs; a name without any of them is of an unknown program."""

SCANNER = (
    r"barracuda|proofpoint|mimecast|safelinks|messagelabs|trendmicro|fireeye|sophos|forcepoint|ironport|mailgateway"
    r"|link ?check|scanner|crawler|spider|bot\b|python|curl|wget|java/|go-http|okhttp|headless|phantomjs|libwww"
)
"""Signs of gateways, scanners and scripts in the name of a program that clicks."""

FEW_LINKS = 2
"""A mail with fewer links cannot show that every one of them was clicked at once."""

NO: Expression = ibis.literal(value=False)
"""What a condition on something unknown comes to."""

YES: Expression = ibis.literal(value=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: as it stands beside the event.
        strength: of an open: "machine", "suspect" (perhaps one) or "person". Of a click: "strict" or
            "strictest", the strength from which on it is no person's.
        what: in words.
        holds: the condition, on the columns of `openings` or `clicks`.
        since_delivery: whether it needs the time of delivery.
        of_many: whether it looks at many mails: at the clicks that no rule for a single mail names.
    """

    name: str
    strength: Literal["machine", "suspect", "person", "strict", "strictest"]
    what: str
    holds: Callable[[Expression], Expression]
    since_delivery: bool = False
    of_many: bool = False

    @property
    def is_machine(self) -> bool | None:
        """What it says of the event; None: perhaps."""
        return {"machine": True, "strict": True, "person": False}.get(self.strength)


OPENINGS = (
    Rule("platform", "machine", "the platform's own flag says machine", lambda e: e.is_machine),
    Rule("platform: person", "person", "the platform's own flag says person", lambda e: ~e.is_machine),
    Rule(
        "picture proxy",
        "person",
        "Google's or Yahoo's proxy: it loads the picture when a person opens the mail",
        lambda e: e.agent.re_search(PROXY),
    ),
    Rule(
        "prefetching",
        "machine",
        f"the program is exactly {BARE}, within an hour of delivery: Apple's privacy protection",
        lambda e: (e.agent == BARE.lower()) & (e.after <= PREFETCH),
        since_delivery=True,
    ),
    Rule(
        "late prefetching",
        "suspect",
        f"the program is exactly {BARE}, later: late prefetching, or a reader behind the same proxy",
        lambda e: e.agent == BARE.lower(),
    ),
    Rule(
        "loaded at delivery",
        "suspect",
        f"an unknown program, within {AT_DELIVERY} s of delivery",
        lambda e: ~e.agent.fill_null("").re_search(PROGRAM) & (e.after <= AT_DELIVERY),
        since_delivery=True,
    ),
)
"""The first that holds decides; an opening that none fits is a person's."""

CLICKS = (
    Rule("hidden link", "strict", "a link that no reader can see (machines.hidden_links)", lambda e: e.hidden),
    Rule("scanner", "strict", "the program names itself a scanner or script", lambda e: e.agent.re_search(SCANNER)),
    Rule(
        "every link",
        "strict",
        f"every link of the mail clicked within {ALL_LINKS} s",
        lambda e: (e.mail_links >= FEW_LINKS) & (e.links_near >= e.mail_links),
    ),
    Rule(
        "burst",
        "strict",
        f"{BURST_LINKS} different links or more clicked within {BURST} s",
        lambda e: e.links_burst >= BURST_LINKS,
    ),
    Rule(
        "at delivery",
        "strict",
        f"within {AT_DELIVERY} s of delivery, or before",
        lambda e: e.after <= AT_DELIVERY,
        since_delivery=True,
    ),
    Rule(
        "every mail",
        "strict",
        f"within {SOON // 60} min of delivery, in {EVERY_MAIL:.0%} or more of the mails of a person who got "
        f"{MAILS_OF_A_PERSON} or more",
        lambda e: e.soon & (e.mails_got >= MAILS_OF_A_PERSON) & (e.mails_soon >= EVERY_MAIL * e.mails_got),
        since_delivery=True,
        of_many=True,
    ),
    Rule(
        "gateway's browser",
        "strict",
        f"by a program with which {PROGRAM_PEOPLE} people or more clicked, nearly always within {SOON // 60} min of "
        "delivery",
        lambda e: (
            e.soon
            & (e.program_people >= PROGRAM_PEOPLE)
            & (e.program_mails >= PROGRAM_MAILS)
            & (e.program_soon >= PROGRAM_SOON * e.program_mails)
        ),
        since_delivery=True,
        of_many=True,
    ),
    Rule(
        "same program",
        "strictest",
        "the same program as a click of the mail that a strict rule names",
        lambda e: e.beside_scanner,
    ),
    Rule(
        "soon",
        "strictest",
        f"within {SOON // 60} min of delivery: a person, or a gateway that clicks like one",
        lambda e: e.soon,
        since_delivery=True,
    ),
)
"""All that hold are named. A click that a strict rule names is no person's; one that only a strictest
names is doubted."""

STRICT = tuple(rule for rule in CLICKS if rule.is_machine and not rule.of_many)
OF_MANY = tuple(rule for rule in CLICKS if rule.of_many)


def openings(events: Expression) -> Expression:
    """The opens of a log, marked; a row each as before.

    Args:
        events: rows as tables.EVENTS with `key`, the message.

    Returns:
        The same columns, and agent [lower case], after [s since delivery; NULL where it is not known],
        is_machine [by the platform's flag or a rule; NULL: perhaps] and machine_rule [its name; NULL where none held].
    """
    opened = since_delivery(events, "opened")
    held = [(rule, rule.holds(opened).fill_null(NO)) for rule in OPENINGS]
    return opened.mutate(
        is_machine=ibis.cases(*((holds, _certain(rule)) for rule, holds in held), else_=NO),
        machine_rule=ibis.cases(*((holds, rule.name) for rule, holds in held), else_=ibis.null("string")),
    )


def clicks(events: Expression, settings: Settings) -> Expression:
    """The clicks of a log, marked; a row each as before.

    Args:
        events: rows as tables.EVENTS with `key`, the message, and `ref`, the campaign.
        settings: for `machines.hidden_links`.

    Returns:
        The same columns, and agent [lower case], after [s since delivery], is_machine [by a strict rule; NULL:
        perhaps, by a strictest one] and machine_rule [the names of all that held, by comma; NULL where none held].
    """
    got = events.filter(_.event_type == "delivered", _.contact_key.notnull())
    got = got.group_by("contact_key").agg(mails_got=_.key.nunique())
    clicked = since_delivery(events, "clicked").left_join(got, "contact_key")
    hidden: tuple[str, ...] = settings["machines.hidden_links"]
    second = {"group_by": "key", "order_by": "second"}
    clicked = clicked.mutate(
        second=_.occurred_at.epoch_seconds(),
        hidden=ibis.or_(NO, *(clicked.link_url.lower().contains(part.lower()) for part in hidden)),
        mail_links=_.link_url.nunique().over(ibis.window(group_by=["source", "ref", "variant"])),
    )
    clicked = clicked.mutate(
        links_near=_.link_url.nunique().over(ibis.range_window(preceding=0, following=ALL_LINKS, **second)),
        links_burst=_.link_url.nunique().over(ibis.range_window(preceding=0, following=BURST, **second)),
    )
    clicked = clicked.mutate(
        links_near=_.links_near.max().over(ibis.range_window(preceding=ALL_LINKS, following=0, **second)),
        links_burst=_.links_burst.max().over(ibis.range_window(preceding=BURST, following=0, **second)),
    )
    clicked = clicked.mutate(strict=ibis.or_(*(rule.holds(clicked).fill_null(NO) for rule in STRICT)))
    clicked = clicked.mutate(
        beside_scanner=_.agent.notnull() & ~_.strict & _.strict.any().over(ibis.window(group_by=["key", "agent"])),
        soon=~_.strict & (_.after <= SOON).fill_null(NO),
        of_person=ibis.ifelse(_.strict, ibis.null("string"), _.key),
    )
    clicked = clicked.mutate(of_soon=ibis.ifelse(_.soon, _.key, ibis.null("string")))
    person, program = ibis.window(group_by="contact_key"), ibis.window(group_by="agent")
    clicked = clicked.mutate(
        mails_soon=_.of_soon.nunique().over(person),
        program_people=ibis.ifelse(_.agent.notnull(), _.contact_key.nunique().over(program), 0),
        program_mails=_.of_person.nunique().over(program),
        program_soon=_.of_soon.nunique().over(program),
    )
    many = [rule.holds(clicked).fill_null(NO) for rule in OF_MANY]
    clicked = clicked.mutate(strict=ibis.or_(clicked.strict, *many))
    held = [(rule, rule.holds(clicked).fill_null(NO)) for rule in CLICKS]
    doubted = ibis.or_(*(holds for rule, holds in held if rule.is_machine is None))
    return clicked.mutate(
        is_machine=ibis.cases((clicked.strict, YES), (doubted, ibis.null("boolean")), else_=NO),
        machine_rule=_joined(held),
    )


def by_machine(events: Expression) -> Expression:
    """Whether opens or clicks are certainly a machine's."""
    return events.is_machine.fill_null(NO)


def by_person(events: Expression) -> Expression:
    """Whether opens or clicks are certainly a person's."""
    return ~events.is_machine.fill_null(YES)


def _certain(rule: Rule) -> Expression:
    return ibis.null("boolean") if rule.is_machine is None else ibis.literal(rule.is_machine)


def _joined(held: list[tuple[Rule, Expression]]) -> Expression:
    """The names of the rules that hold, by comma; NULL where none does."""
    names: Expression = ibis.literal("")
    for rule, holds in held:
        names += ibis.ifelse(holds, f"{rule.name}, ", "")
    return names.re_replace(", $", "").nullif("")


def clients(messages: Expression, settings: Settings) -> Expression:
    """What each person's program does, and how much the person clicks, as the *other* mails tell.

    The other mails are those delivered to the person within `clients.window_days` before or after, from
    logs that tell who opens. A program that opened one of them by itself prefetches; one that did not in
    `clients.min_sends` mails or more does not, and the person is trackable; with fewer it is unknown.

    Args:
        messages: with contact_key, sent_at, delivered, opens_told, prefetched and clicked_human.
        settings: for `clients.window_days` and `clients.min_sends`.

    Returns:
        The same rows with client ("prefetching", "trackable" or "unknown") and clicked_besides [other mails of the
        window that the person clicked].
    """
    telling = messages.reached & messages.opens_told & messages.contact_key.notnull()
    messages = messages.mutate(
        second=_.sent_at.epoch_seconds(),
        tells=telling.cast("int64"),
        fetched=(telling & _.prefetched).cast("int64"),
        followed=(telling & _.clicked_human).cast("int64"),
    )
    reach = settings["clients.window_days"] * 86_400
    near = ibis.range_window(preceding=reach, following=reach, group_by="contact_key", order_by="second")
    besides = {name: messages[name].sum().over(near) - messages[name] for name in ("tells", "fetched", "followed")}
    messages = messages.mutate(**{f"{name}_besides": number.fill_null(0) for name, number in besides.items()})
    client = ibis.cases(
        (_.contact_key.isnull() | ~_.opens_told, "unknown"),
        (_.fetched_besides > 0, "prefetching"),
        (_.tells_besides >= settings["clients.min_sends"], "trackable"),
        else_="unknown",
    )
    return messages.mutate(client=client, clicked_besides=_.followed_besides)


def since_delivery(events: Expression, kind: str) -> Expression:
    """The events of a kind with the program in lower case and the seconds since the message was delivered."""
    delivered = events.filter(_.event_type == "delivered").group_by("key").agg(delivered_at=_.occurred_at.min())
    chosen = events.filter(_.event_type == kind).left_join(delivered, "key")
    return chosen.mutate(
        agent=_.user_agent.strip().lower(),
        after=_.occurred_at.epoch_seconds() - _.delivered_at.epoch_seconds(),
    )
