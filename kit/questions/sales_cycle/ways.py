"""People on their way from stage to stage, as histograms of days: what several sections of this question count.

Who is seen in a later stage has passed the ones before it by then: a skipped stage is passed at the same moment. What
has not happened by `as_of` is open, and kept for as long as it was followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.counts.scope import count
from kit.errors import UsageError, nearest
from kit.messages import _
from kit.questions.sales_cycle.stages import FIRST_MAIL, as_of, seen, sources
from kit.store import AUTOMATED
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kit.store import Data, Expression

OF_CONTACT = ("segment", "opt_in_source", "language", "country")
BY = (*OF_CONTACT, "mail", "sequence")
"""What the ways can be told apart by: traits of the person, the mail that brought them, the automation on the way."""

SMALL = 0.05
"""A source that tells of a smaller share of a stage's people does not decide from when the stage is known."""

ARROW = " → "
ALL, NO_MAIL, UNKNOWN = "all", "no e-mail before the step", "not known"
DAY = 86_400
"""Seconds."""

DURATIONS = ["step", "start", "end", "group", "cohort", "days", "reached", "mature", "skipped", "early", "n"]

FAR: Expression = ibis.literal("9000-01-01 00:00:00", "timestamp")
"""Later than anything: engines differ in what the least of a NULL is."""


@count("contacts", "conversions", unfiltered=scope.NO_CAMPAIGN)
def durations(data: Data, stages: Sequence[str] = (), *, days: int | None = None, by: str = "") -> pd.DataFrame:
    """How long people took from stage to stage, or have been followed since.

    Args:
        data: what `kit.open` returned; a period keeps those who entered the step's first stage in it.
        stages: their names in order; none: the setting `funnel.stages`.
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
        UsageError: fewer than two stages, or one that is no stage and no action of the data; an unknown `by`.

    Source: guide 2 (conversion along the sales cycle); DEFINITIONS: distinct persons by cohort.
    """
    check(by)
    allowed = limit(data, days) * DAY
    names, people_on_way = ways(data, stages, by)
    if people_on_way is None:
        return pd.DataFrame(columns=DURATIONS)
    last = len(names) - 1
    steps = [(place, place + 1) for place in range(last)] + ([(0, last)] if last > 1 and by != "sequence" else [])
    parts = []
    for start, end in steps:
        people = people_on_way.mutate(begun=col[f"in_{start}"], ended=col[f"in_{end}"]).filter(col.begun.notnull())
        passed_at_once = col.ended.notnull() & (col.ended == col.begun)
        people = people.mutate(skipped=passed_at_once & (col[f"own_{start}"].fill_null(FAR) > col.begun))
        people = _by_mail(people, data, by)
        took = people.ended.epoch_seconds() - people.begun.epoch_seconds()
        followed = as_of(data).epoch_seconds() - people.begun.epoch_seconds()
        people = people.mutate(
            cohort=col.begun.strftime("%Y-%m"),
            reached=col.ended.notnull(),
            mature=followed >= allowed,
            days=ibis.ifelse(people.ended.notnull(), (took + DAY - 1) // DAY, followed // DAY).cast("int64"),
        )
        keys = ["group", "cohort", "days", "reached", "mature", "skipped", "early"]
        people = people.filter(scope.within(data, col.begun))
        histogram = people.group_by(keys).agg(n=col.count()).order_by(keys).to_pandas()
        step = {"step": names[start] + ARROW + names[end], "start": names[start], "end": names[end]}
        parts.append(histogram.assign(**step))
    return pd.concat(parts, ignore_index=True)[DURATIONS]


def check(by: str) -> None:
    """Whether people can be told apart by this; "" for all together.

    Raises:
        UsageError: they cannot; names the nearest.
    """
    if by and by not in BY:
        hint = nearest(by, BY)
        raise UsageError(_("people cannot be grouped by {value}. {hint}", value=repr(by), hint=hint))


def limit(data: Data, days: int | None) -> int:
    """The days that a step may take; None for the setting `funnel.days`.

    Raises:
        UsageError: fewer than one.
    """
    allowed = data.settings["funnel.days"] if days is None else days
    if allowed < 1:
        raise UsageError(_("days: a step takes at least one day, not {n}.", n=allowed))
    return allowed


def ways(data: Data, stages: Sequence[str] = (), by: str = "") -> tuple[list[str], Expression]:
    """The stages that something tells of, and the people on their way; None where fewer than two stages are told of.

    A row a person: contact_key, group, early, and for each stage own_N [its own first moment] and in_N [passed].
    """
    recorded = sources(data, stages)
    recorded = recorded[recorded["people"] > 0]
    names = list(dict.fromkeys(recorded["stage"]))
    if len(names) < 2:
        return names, None
    moments, places = seen(data, names), range(len(names))
    people = moments.group_by("contact_key").agg(**{f"own_{n}": col.at.min(where=col.stage == n) for n in places})
    passed = {
        f"in_{n}": ibis.least(*(col[f"own_{later}"].fill_null(FAR) for later in places[n:]), FAR).nullif(FAR)
        for n in places
    }
    people = people.mutate(**passed)
    return names, _grouped(people.mutate(early=people.in_0 < _recorded_from(recorded, names)), data, by)


def _recorded_from(recorded: pd.DataFrame, names: Sequence[str]) -> datetime:
    """The month from which all stages are recorded; joining always is, first mail from the log's second month on."""
    large = recorded[recorded["people"] >= SMALL * recorded.groupby("stage")["people"].transform("sum")]
    begins = large["begins"].dt.to_period("M") + (large["what"] == FIRST_MAIL).astype(int)
    return begins[(large["stage"] != names[0]) | (large["what"] == FIRST_MAIL)].max().start_time.to_pydatetime()


def _grouped(people: Expression, data: Data, by: str) -> Expression:
    """With the trait of each person; those of mail depend on the step and come later."""
    contacts = scope.history(data, "contacts")
    if not by or by not in OF_CONTACT:
        return people.mutate(group=ibis.literal(ALL))
    if contacts is None:
        return people.mutate(group=ibis.literal(UNKNOWN))
    groups = contacts.group_by(person=col.contact_key).agg(group=col[by].max())
    joined = people.left_join(groups, [people.contact_key == groups.person]).drop("person")
    return joined.mutate(group=col.group.fill_null(UNKNOWN))


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
        brought = people.join(mails, near).mutate(place=ibis.row_number().over(last)).filter(col.place == 0)
        people = people.left_join(brought.select("person", "mail"), [people.contact_key == brought.person])
        return people.mutate(group=col.mail.fill_null(NO_MAIL))
    during = [people.contact_key == mails.person, mails.at >= people.begun, mails.at < people.ended.fill_null(FAR)]
    first = people.join(mails, during).group_by("person", "mail").agg(first=col.at.min())
    return people.join(first, [people.contact_key == first.person]).mutate(group=col.mail, begun=col.first)


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
    mails = messages.filter(col.reached & col.contact_key.notnull())
    mails = mails.select("campaign_id", person="contact_key", at="sent_local")
    return mails.join(campaigns, [mails.campaign_id == campaigns.campaign]).select("person", "mail", "at")
