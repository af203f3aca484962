"""People on the list: who joined and left when and by what, and from when on each was watched.

The contacts say who is on the list; an event log dates what they do not: complaints and hard bounces, by the mail that
brought them. Who never confirmed has not joined and is not counted. Time is counted from joining; where leaving is
recorded from some day on only, people who joined before are watched from that day (late entry), and those who had left
by then are in no count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as col

from kit.counts import scope
from kit.judging import PEOPLE
from kit.messages import _, message
from kit.questions.retention.occasions import last_day
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from datetime import date

    from kit.messages import Message
    from kit.store import Data, Expression

OWN_WISH = ("unsubscribe", "complaint", "bounce")
"""Causes of transparent churn; what the firm takes off itself is none."""

CAUSES = (*OWN_WISH, "sunset", "not known")
"""By what people leave; sunset is the firm's own doing (setting `retention.sunset`)."""

TITLES = {
    "still there": message("Still subscribed"),
    "unsubscribe": message("Unsubscribed"),
    "complaint": message("Marked as spam"),
    "bounce": message("Bounced"),
    "sunset": message("Removed by us"),
    "not known": message("Unknown cause"),
}
"""Who is still there, and the causes of leaving, as readers meet them."""

MONTH = 30.4375
"""Days of a mean month."""

COMPLAINS = "abuse|complain|marked as spam|жалоб"
BOUNCES = "bounce|undeliverable|недоступ"
"""What a reason of leaving says that is no unsubscribing."""

OFF = ("unsubscribed", "cleaned", "blocklisted")
"""Statuses of who is no longer on the list."""

LIST = "the list is looked at as it stands at `as_of`; a page takes its months from the whole"
"""Why a period does not narrow a count of the list."""

SUBSCRIBERS = ["joined", "left", "cause", "undated", "opt_in_source", "since", "until", "n"]


@scope.count("contacts", whole=LIST, unfiltered=scope.NO_CAMPAIGN)
def count(data: Data) -> pd.DataFrame:
    """Everybody who was ever on the list, people alike taken together.

    Args:
        data: what `kit.open` returned; a period does not narrow it.

    Returns:
        A row a joining day, leaving day, cause and source: joined [day; NaT: no file has it], left [day; NaT: still
        there, or undated], cause [of CAUSES; "": still there], undated [bool: left, nobody knows when], opt_in_source,
        since [day from which leaving is recorded], until [day of `as_of`], n [people]. Who came back is there, whatever
        was before. No row without contacts.
    """
    contacts = scope.history(data, "contacts")
    if contacts is None or data.as_of is None:
        return pd.DataFrame(columns=SUBSCRIBERS)
    since = _since(data)
    groups = each(contacts, data).group_by(SUBSCRIBERS[:5]).agg(n=col.count())
    frame = groups.order_by(SUBSCRIBERS[:5]).to_pandas()
    days = {name: pd.to_datetime(frame[name]) for name in ("joined", "left")}
    return frame.assign(
        **days, since=pd.NaT if since is None else pd.Timestamp(since), until=pd.Timestamp(last_day(data))
    )[SUBSCRIBERS]


def each(contacts: Expression, data: Data) -> Expression:
    """A row a person: contact_key, joined, left, cause, undated, opt_in_source."""
    end = last_day(data)
    until = ibis.literal(end, type="date")
    people = contacts.group_by("contact_key").agg(
        joined=col.opted_in_at.min().date(),
        unsubscribed=col.unsubscribed_at.max().date(),
        cleaned=col.cleaned_at.max().date(),
        reason=col.unsubscribe_reason.max().lower().fill_null(""),
        opt_in_source=col.opt_in_source.max(),
        status=col.status.min(),
        on=(col.status == "subscribed").any(),
    )
    people = people.filter((col.status != "unconfirmed") | ~col.status.notnull())
    people = _by_log(people, data).mutate(
        bounce=col.cleaned.fill_null(col.bounced), unsubscribe=col.unsubscribed.fill_null(col.opted_out)
    )
    # Engines differ in what the least of a NULL is.
    far = ibis.literal(end + timedelta(days=36_500), type="date")
    people = people.mutate(
        left=ibis.least(*(col[name].fill_null(far) for name in ("unsubscribe", "complained", "bounce"))).nullif(far)
    )
    gone = col.status.isin(OFF) | (~col.status.notnull() & col.left.notnull())
    people = people.mutate(gone=gone.fill_null(NO) & ~col.on.fill_null(NO))
    # Left later than the data goes, so still there; left before joining, so nobody knows when.
    people = people.mutate(gone=col.gone & ((col.left <= until) | ~col.left.notnull()))
    people = people.mutate(undated=col.gone & (~col.left.notnull() | (col.left < col.joined).fill_null(NO)))
    sunset = "|".join(data.settings["retention.sunset"])
    cause = ibis.cases(
        (~col.gone, ""),
        (col.complained.notnull() | col.reason.re_search(COMPLAINS), "complaint"),
        (col.reason.re_search(sunset) if sunset else ibis.literal(value=False), "sunset"),
        (col.reason.re_search(BOUNCES) | (col.bounce == col.left) | (col.status == "cleaned"), "bounce"),
        (col.status == "blocklisted", "not known"),
        else_="unsubscribe",
    )
    people = people.mutate(cause=cause, left=ibis.ifelse(col.gone & ~col.undated, col.left, ibis.null("date")))
    return people.filter((col.joined <= until) | ~col.joined.notnull()).select("contact_key", *SUBSCRIBERS[:5])


def _by_log(people: Expression, data: Data) -> Expression:
    """With what the log dates: complained, bounced, opted_out [days]."""
    messages = scope.history(data, MESSAGES.name)
    if messages is None:
        return people.mutate(**dict.fromkeys(("complained", "bounced", "opted_out"), ibis.null("date")))
    last: dict[str, Any] = {
        "complained": col.sent_local.max(where=col.complained).date(),
        "bounced": col.sent_local.max(where=col.bounced_hard).date(),
        "opted_out": col.sent_local.max(where=col.unsubscribed).date(),
    }
    events = messages.filter(col.contact_key.notnull()).group_by("contact_key").agg(**last)
    return people.left_join(events, "contact_key").drop("contact_key_right")


def _since(data: Data) -> date | None:
    """The day from which leaving is recorded, unsubscribing and bouncing both.

    Each from the first that the contacts date, or from where the log begins if that is earlier.
    """
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    dated = contacts.aggregate(left=col.unsubscribed_at.min(), cleaned=col.cleaned_at.min()).to_pandas().iloc[0]
    begins = None if messages is None else messages.sent_local.min().to_pyarrow().as_py()
    first = [
        min(days)
        for recorded in (dated["left"], dated["cleaned"])
        if (days := [day for day in (recorded, begins) if pd.notna(day)])
    ]
    return max(first).date() if first else None


@dataclass(frozen=True, slots=True)
class Dated:
    """People of the list who can be placed in time.

    Attributes:
        people: their rows, as `count` returned them.
        undated: people who left, nobody knows when; in no row.
        dateless: people whose joining nobody dated; in no row.
        since: day from which leaving is recorded; NaT: never.
        reason: why nothing can be said of these people; "" where it can.
    """

    people: pd.DataFrame
    undated: int
    dateless: int
    since: pd.Timestamp
    reason: str | Message


def dated(people: pd.DataFrame) -> Dated:
    """The rows that can be placed in time, and how many people cannot.

    Args:
        people: what `count` returned.
    """
    days = {name: pd.to_datetime(people[name]) for name in ("joined", "left", "since", "until")}
    people = people.assign(**days, n=people["n"].astype("int64"))
    undated = people["undated"].astype(bool)
    dateless = people["joined"].isna() & ~undated
    placed = people[~undated & ~dateless]
    since: Any = people["since"].iloc[0] if len(people) else pd.NaT
    return Dated(
        placed,
        int(people.loc[undated, "n"].sum()),
        int(people.loc[dateless, "n"].sum()),
        since,
        _why_none(people, placed),
    )


def _why_none(people: pd.DataFrame, placed: pd.DataFrame) -> str | Message:
    if people.empty:
        return message("none of your files contains contacts")
    if placed.empty or placed["n"].sum() < people["n"].sum() / 2:
        return message("most contacts have no date of joining")
    if not (people["cause"] != "").any():
        return message("nobody is recorded as having left: the contacts may contain only current subscribers")
    return ""


def left_out(undated: int, dateless: int) -> list[str]:
    """Notes on the people who are in no count."""
    notes = []
    if undated:
        notes.append(_("Left on an unknown date, not counted: {n}.", n=undated))
    if dateless:
        notes.append(_("Joined on an unknown date, not counted: {n}.", n=dateless))
    return notes


def watched_days(placed: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Days from joining to leaving or now, and from when on they were watched; and how many never were.

    Args:
        placed: the people of `Dated`.
    """
    until, since = placed["until"], placed["since"]
    days = (placed["left"].fillna(until) - placed["joined"]).dt.days
    entry = (since - placed["joined"]).dt.days.clip(lower=0).fillna(0)
    watched = (entry == 0) | (days > entry)
    gone = (placed["left"] <= since) & ~watched
    return placed.assign(days=days, entry=entry)[watched], int(placed.loc[gone, "n"].sum())


def why_no_curve(watched: pd.DataFrame) -> str | Message:
    """Why these people, as `watched_days` has them, make no curve; "" where they do."""
    fresh, gone = watched.loc[watched["entry"] == 0, "n"].sum(), watched.loc[watched["cause"] != "", "n"].sum()
    if fresh < PEOPLE:
        return message(
            "at least {fewest} people who joined while departures were recorded are needed; the data has {n}",
            fewest=PEOPLE,
            n=int(fresh),
        )
    if gone < PEOPLE:
        return message("at least {fewest} people who left are needed; the data has {n}", fewest=PEOPLE, n=int(gone))
    return ""
