"""Counts of the sales cycle: people on their way from stage to stage, as histograms of days.

A person enters a stage once, at the first moment that any of its sources tells. Who is seen in a later stage has
passed the ones before it by then: a skipped stage is passed at the same moment. What has not happened by `as_of` is
open, and kept for as long as it was followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.errors import UsageError, nearest
from kit.store import AUTOMATED
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kit.store import Data, Expression

CONTACT, LEAD, CUSTOMER = "contact", "lead", "customer"
OF_CONTACT = ("segment", "opt_in_source", "language", "country")
BY = (*OF_CONTACT, "mail", "sequence")
"""What the ways can be told apart by: traits of the person, the mail that brought them, the automation on the way."""

SMALL = 0.05
"""A source that tells of a smaller share of a stage's people does not decide from when the stage is known."""

FIRST_MAIL = "first mail, joining not told"
"""Where no file says when somebody joined. Who is written to in the log's first month may have been there for long."""

ARROW = " → "
ALL, NO_MAIL, UNKNOWN, NOTHING = "all", "no mail before it", "not known", "nothing"
DAY = 86_400
"""Seconds."""

STAGES = ["step", "start", "end", "group", "cohort", "days", "reached", "mature", "skipped", "early", "n"]
PATHS = ["group", "cohort", "passed", "early", "n"]
SOURCES = ["stage", "what", "begins", "people"]


@count("contacts", "conversions", whole="it says from when each stage is recorded", unfiltered=scope.NO_CAMPAIGN)
def stage_sources(data: Data, stages: Sequence[str] = ()) -> pd.DataFrame:
    """What each stage is read from.

    Args:
        data: what `kit.open` returned.
        stages: their names in order; none: the setting `funnel.stages`.

    Returns:
        A row a stage and source: stage, what, begins [the first moment on the firm's clock], people. A stage that
        nothing tells of has "nothing", no beginning and 0 people; it is left out of `stages` and `paths`.

    Raises:
        UsageError: fewer than two stages, or one that is no stage and no action of the data.
    """
    names = _names(data, stages)
    seen = _seen(data, names)
    recorded = {}
    if seen is not None:
        sums = seen.group_by("stage", "what").agg(begins=_.at.min(), people=_.contact_key.nunique())
        recorded = dict(iter(sums.order_by("stage", "what").to_pandas().groupby("stage")))
    empty = pd.DataFrame({"what": [NOTHING], "begins": [pd.NaT], "people": [0]})
    rows = [recorded.get(place, empty).assign(stage=name) for place, name in enumerate(names)]
    return pd.concat([frame.astype({"begins": "datetime64[us]"}) for frame in rows], ignore_index=True)[SOURCES]


@count("contacts", "conversions", unfiltered=scope.NO_CAMPAIGN)
def stages(data: Data, stages: Sequence[str] = (), *, days: int | None = None, by: str = "") -> pd.DataFrame:
    """How long people took from stage to stage, or have been followed since.

    Args:
        data: what `kit.open` returned; a period keeps those who entered the step's first stage in it.
        stages: as for `stage_sources`.
        days: who was followed for so many is mature; None: the setting `funnel.days`.
        by: "" for all together; a trait of contacts; "mail" for the campaign or automation whose mail came last before
            the stage, within `conversions.window_days`; "sequence" for automations that sent within the stage: then
            the clock starts with their first mail, and a person is in each of them. Mail is not known without a log
            and the firm's time zone.

    Returns:
        A row a step (each stage to the next, and the first to the last), group, month of entering the step's first
        stage, day and state: step, start, end, group, cohort, days [reached: begun days until the next stage; open:
        whole days followed], reached [bool], mature [bool], skipped [bool: the first of the two was passed at the
        moment of the second], early [bool: first seen before all stages were recorded, so that their beginning is
        not known], n [people].

    Raises:
        UsageError: as for `stage_sources`; an unknown `by`.

    Source: guide 2 (conversion along the sales cycle); DEFINITIONS: distinct persons by cohort.
    """
    if by and by not in BY:
        raise UsageError(f"counts.stages: people have no {by!r} to be told apart by. {nearest(by, BY)}")
    limit = _limit(data, days)
    names, ways = _ways(data, stages, by)
    if ways is None:
        return pd.DataFrame(columns=STAGES)
    last = len(names) - 1
    steps = [(place, place + 1) for place in range(last)] + ([(0, last)] if last > 1 and by != "sequence" else [])
    parts = []
    for start, end in steps:
        people = ways.mutate(begun=_[f"in_{start}"], ended=_[f"in_{end}"]).filter(_.begun.notnull())
        passed_at_once = _.ended.notnull() & (_.ended == _.begun)
        people = people.mutate(skipped=passed_at_once & (_[f"own_{start}"].fill_null(FAR) > _.begun))
        people = _by_mail(people, data, by)
        took = people.ended.epoch_seconds() - people.begun.epoch_seconds()
        followed = _as_of(data).epoch_seconds() - people.begun.epoch_seconds()
        people = people.mutate(
            cohort=_.begun.strftime("%Y-%m"),
            reached=_.ended.notnull(),
            mature=followed >= limit,
            days=ibis.ifelse(people.ended.notnull(), (took + DAY - 1) // DAY, followed // DAY).cast("int64"),
        )
        keys = ["group", "cohort", "days", "reached", "mature", "skipped", "early"]
        people = people.filter(scope.within(data, _.begun))
        histogram = people.group_by(keys).agg(n=_.count()).order_by(keys).to_pandas()
        step = {"step": names[start] + ARROW + names[end], "start": names[start], "end": names[end]}
        parts.append(histogram.assign(**step))
    return pd.concat(parts, ignore_index=True)[STAGES]


@count("contacts", "conversions", unfiltered=scope.NO_CAMPAIGN)
def paths(data: Data, stages: Sequence[str] = (), *, days: int | None = None, by: str = "") -> pd.DataFrame:
    """The same people through all stages: how many steps each took, one after the other, each within `days`.

    Args:
        data: as for `stages`.
        stages: as for `stage_sources`.
        days: for a step; None: the setting `funnel.days`.
        by: "" or a trait of contacts.

    Returns:
        A row a group, month of entering the first stage and number of steps: group, cohort, passed [steps], early, n
        [people followed for as many days as all steps may take].

    Raises:
        UsageError: as for `stages`.
    """
    if by and by not in OF_CONTACT:
        raise UsageError(f"counts.paths: people have no {by!r} to be told apart by. {nearest(by, OF_CONTACT)}")
    limit = _limit(data, days)
    names, ways = _ways(data, stages, by)
    if ways is None:
        return pd.DataFrame(columns=PATHS)
    last = len(names) - 1
    followed = _as_of(data).epoch_seconds() - ways.in_0.epoch_seconds()
    people = ways.filter(ways.in_0.notnull() & (followed >= limit * last) & scope.within(data, ways.in_0))
    people = people.mutate(cohort=_.in_0.strftime("%Y-%m"), on_0=ibis.literal(value=True))
    for place in range(1, last + 1):
        took = _[f"in_{place}"].epoch_seconds() - _[f"in_{place - 1}"].epoch_seconds()
        on = _[f"on_{place - 1}"] & (took <= limit).fill_null(NO)
        people = people.mutate(**{f"on_{place}": on})
    people = people.mutate(passed=sum(_[f"on_{place}"].cast("int64") for place in range(1, last + 1)))
    keys = ["group", "cohort", "passed", "early"]
    return people.group_by(keys).agg(n=_.count()).order_by(keys).to_pandas()[PATHS]


@count("contacts", "conversions", whole="it is asked for a span of its own", unfiltered=scope.NO_CAMPAIGN)
def entered(data: Data, begin: datetime, end: datetime, stages: Sequence[str] = ()) -> pd.DataFrame:
    """People who entered each stage in a span, for what one of them cost.

    Args:
        data: what `kit.open` returned; its period does not narrow the span.
        begin: the first moment, on the firm's clock.
        end: the moment after the last.
        stages: as for `stage_sources`.

    Returns:
        A row a stage after the first: stage, people, late [of them those who entered the next stage only after the
        span; NULL of the last stage].
    """
    names, ways = _ways(data, stages, "")
    if ways is None:
        return pd.DataFrame(columns=["stage", "people", "late"])
    rows = []
    for place in range(1, len(names)):
        inside = ways.filter((_[f"in_{place}"] >= begin) & (_[f"in_{place}"] < end))
        after = inside.filter(_[f"in_{place + 1}"] >= end).count() if place + 1 < len(names) else ibis.null("int64")
        people = inside.count().to_pyarrow().as_py()
        rows.append({"stage": names[place], "people": people, "late": after.to_pyarrow().as_py()})
    return pd.DataFrame(rows).astype({"late": "Int64"})


FAR: Expression = ibis.literal("9000-01-01 00:00:00", "timestamp")
"""Later than anything: engines differ in what the least of a NULL is."""


def _names(data: Data, stages: Sequence[str]) -> list[str]:
    names = [name.strip().casefold() for name in (stages or data.settings["funnel.stages"])]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            f"funnel.stages: {', '.join(names) or 'nothing'} is no way: name two stages or more, each once."
        )
    conversions = scope.history(data, "conversions")
    actions = set() if conversions is None else set(conversions.select("action").distinct().to_pandas()["action"])
    accepted = {CONTACT, LEAD, CUSTOMER, *actions}
    for name in names:
        if name not in accepted:
            hint = nearest(name, accepted)
            raise UsageError(f"funnel.stages: {name!r} is no stage and no action of this data. {hint}")
    return names


def _as_of(data: Data) -> Expression:
    return ibis.literal(data.as_of, "timestamp")


def _seen(data: Data, names: Sequence[str]) -> Expression:
    """Who was seen in which stage by what, and when: contact_key, stage [its place], what, at; None without any."""
    if data.as_of is None:
        return None
    parts = []
    for place, name in enumerate(names):
        for what, table, moment in _of_stage(data, name):
            times = table.select("contact_key", at=moment).filter(_.contact_key.notnull() & (_.at <= _as_of(data)))
            parts.append(times.mutate(stage=ibis.literal(place, "int64"), what=ibis.literal(what)))
    if not parts:
        return None
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _of_stage(data: Data, name: str) -> list[tuple[str, Expression, Any]]:
    """The sources of a stage: what it is called, its rows, the moment."""
    conversions, deals = scope.history(data, "conversions"), scope.history(data, "deals")
    sources: list[tuple[str, Expression, Any]] = []
    if name == CONTACT:
        sources = _contacts(data)
    actions = {LEAD: (LEAD, "appointment"), CUSTOMER: ("order",)}.get(name, (name,))
    if conversions is not None and name != CONTACT:
        sources += [(action, conversions.filter(_.action == action), _.occurred_local) for action in actions]
    if name == LEAD and deals is not None:
        sources.append(("deal opened", deals, _.created_local))
    if name == CUSTOMER:
        orders, billing = log.sold(data), scope.history(data, "billing")
        if orders is not None:
            sources.append(("order", orders, _.ordered_local))
        if deals is not None:
            sources.append(("deal won", deals.filter(_.is_won), _.closed_local))
        if billing is not None:
            sources.append(("charge", billing.filter(_.kind == "charge"), _.occurred_local))
    return sources


def _contacts(data: Data) -> list[tuple[str, Expression, Any]]:
    """When people joined; of those of whom nobody says it, the first mail to them."""
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    sources: list[tuple[str, Expression, Any]] = []
    if contacts is not None:
        contacts = contacts.filter(_.opted_in_at.notnull())
        sources.append(("joined the list", contacts, _.opted_in_at))
    if messages is not None:
        mailed = messages.filter(_.delivered)
        mailed = mailed if contacts is None else mailed.anti_join(contacts, "contact_key")
        sources.append((FIRST_MAIL, mailed, _.sent_local))
    return sources


def _limit(data: Data, days: int | None) -> int:
    """The time that a step may take [s]."""
    limit = data.settings["funnel.days"] if days is None else days
    if limit < 1:
        raise UsageError(f"days: a step takes a day or more, not {limit}.")
    return limit * DAY


def _ways(data: Data, stages: Sequence[str], by: str) -> tuple[list[str], Expression]:
    """The stages that something tells of, and the people on their way; None where fewer than two stages are told of.

    A row a person: contact_key, group, early, and for each stage own_N [its own first moment] and in_N [passed].
    """
    sources = stage_sources(data, stages)
    sources = sources[sources["people"] > 0]
    names = list(dict.fromkeys(sources["stage"]))
    if len(names) < 2:
        return names, None
    seen, places = _seen(data, names), range(len(names))
    people = seen.group_by("contact_key").agg(**{f"own_{n}": _.at.min(where=_.stage == n) for n in places})
    passed = {
        f"in_{n}": ibis.least(*(_[f"own_{later}"].fill_null(FAR) for later in places[n:]), FAR).nullif(FAR)
        for n in places
    }
    people = people.mutate(**passed)
    return names, _grouped(people.mutate(early=people.in_0 < _known_from(sources, names)), data, by)


def _known_from(sources: pd.DataFrame, names: Sequence[str]) -> datetime:
    """The month from which all stages are recorded; joining always is, first mail from the log's second month on."""
    large = sources[sources["people"] >= SMALL * sources.groupby("stage")["people"].transform("sum")]
    begins = large["begins"].dt.to_period("M") + (large["what"] == FIRST_MAIL).astype(int)
    return begins[(large["stage"] != names[0]) | (large["what"] == FIRST_MAIL)].max().start_time.to_pydatetime()


def _grouped(people: Expression, data: Data, by: str) -> Expression:
    """With the trait of each person; those of mail depend on the step and come later."""
    contacts = scope.history(data, "contacts")
    if not by or by not in OF_CONTACT:
        return people.mutate(group=ibis.literal(ALL))
    if contacts is None:
        return people.mutate(group=ibis.literal(UNKNOWN))
    groups = contacts.group_by(person=_.contact_key).agg(group=_[by].max())
    joined = people.left_join(groups, [people.contact_key == groups.person]).drop("person")
    return joined.mutate(group=_.group.fill_null(UNKNOWN))


def _by_mail(people: Expression, data: Data, by: str) -> Expression:
    """With the mail that brought people to where they begin, or the automations that wrote to them from there on."""
    if by not in ("mail", "sequence"):
        return people
    mails = _mails(data, automated=by == "sequence")
    if mails is None or not data.zone_known:  # the clocks of a log and of the other files cannot be set together
        return (people if by == "mail" else people.limit(0)).mutate(group=ibis.literal(UNKNOWN))
    if by == "mail":
        days = ibis.interval(days=data.settings["conversions.window_days"])
        near = [people.contact_key == mails.person, mails.at <= people.begun, people.begun <= mails.at + days]
        last = ibis.window(group_by="person", order_by=[ibis.desc("at"), "mail"])
        brought = people.join(mails, near).mutate(place=ibis.row_number().over(last)).filter(_.place == 0)
        people = people.left_join(brought.select("person", "mail"), [people.contact_key == brought.person])
        return people.mutate(group=_.mail.fill_null(NO_MAIL))
    during = [people.contact_key == mails.person, mails.at >= people.begun, mails.at < people.ended.fill_null(FAR)]
    first = people.join(mails, during).group_by("person", "mail").agg(first=_.at.min())
    return people.join(first, [people.contact_key == first.person]).mutate(group=_.mail, begun=_.first)


def _mails(data: Data, *, automated: bool) -> Expression:
    """Delivered mail by the name of its campaign: person, mail, at; of automations only where asked. None without."""
    messages = scope.history(data, MESSAGES.name)
    if messages is None:
        return None
    sent = scope.frame(data, "campaigns")
    sent = sent[sent["campaign_type"].isin(AUTOMATED)] if automated else sent
    named = sent["campaign_name"].fillna(sent["campaign_id"])
    names = pd.DataFrame({"campaign": sent["campaign_id"], "mail": named}).astype("string")
    campaigns = ibis.memtable(names, schema={"campaign": "string", "mail": "string"})
    mails = messages.filter(_.delivered & _.contact_key.notnull())
    mails = mails.select("campaign_id", person="contact_key", at="sent_local")
    return mails.join(campaigns, [mails.campaign_id == campaigns.campaign]).select("person", "mail", "at")
