"""Counts of people on the list: who joined and left when and by what, and who has gone silent.

The contacts say who is on the list; an event log dates what they do not: complaints and hard bounces, by the mail that
brought them. Who never confirmed has not joined and is not counted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.purchases import last_day
from kit.counts.scope import count
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from datetime import date

    from kit.store import Data, Expression

CAUSES = ("unsubscribe", "complaint", "bounce", "sunset", "not known")
"""By what people leave; sunset is the firm's own doing (setting `retention.sunset`)."""

COMPLAINS = "abuse|complain|marked as spam|жалоб"
BOUNCES = "bounce|undeliverable|недоступ"
"""What a reason of leaving says that is no unsubscribing."""

OFF = ("unsubscribed", "cleaned", "blocklisted")
"""Statuses of who is no longer on the list."""

LIST = "the list is looked at as it stands at `as_of`; a page takes its months from the whole"
"""Why a period does not narrow it."""

ALL_MAIL = "who is silent did nothing after any mail"
"""Why a filter does not narrow it."""

SUBSCRIBERS = ["joined", "left", "cause", "undated", "opt_in_source", "since", "until", "n"]
SILENCE = ["mails", "signal", "clicked", "n"]


@count("contacts", whole=LIST, unfiltered=scope.NO_CAMPAIGN)
def subscribers(data: Data) -> pd.DataFrame:
    """Everybody who was ever on the list, people alike taken together.

    Args:
        data: what `kit.open` returned; a period does not narrow it.

    Returns:
        A row a joining day, leaving day, cause and source: joined [day; NaT: not told], left [day; NaT: still there, or
        undated], cause [of CAUSES; "": still there], undated [bool: left, nobody knows when], opt_in_source, since
        [day from which leaving is recorded], until [day of `as_of`], n [people]. Who came back is there, whatever was
        before. No row without contacts.
    """
    contacts = scope.history(data, "contacts")
    if contacts is None or data.as_of is None:
        return pd.DataFrame(columns=SUBSCRIBERS)
    people = _people(contacts, data)
    since = _since(data)
    counts = people.group_by(SUBSCRIBERS[:5]).agg(n=_.count()).order_by(SUBSCRIBERS[:5]).to_pandas()
    days = {name: pd.to_datetime(counts[name]) for name in ("joined", "left")}
    return counts.assign(
        **days, since=pd.NaT if since is None else pd.Timestamp(since), until=pd.Timestamp(last_day(data))
    )[SUBSCRIBERS]


@count("contacts", whole=LIST, unfiltered=scope.NO_CAMPAIGN)
def still_listed(data: Data) -> int:
    """People who left by the log and whom the contacts have as subscribed; they count as there."""
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    if contacts is None or messages is None:
        return 0
    listed = contacts.filter(_.status == "subscribed").select("contact_key").distinct()
    departed = messages.filter(_.unsubscribed | _.complained | _.bounced_hard).select("contact_key").distinct()
    return int(listed.semi_join(departed, "contact_key").count().to_pyarrow().as_py())


@count("contacts", "messages", whole=LIST, unfiltered=ALL_MAIL)
def silence(data: Data, *, days: int) -> pd.DataFrame:
    """Who of the list did nothing that only a person does, by how many mails they got.

    Args:
        data: what `kit.open` returned.
        days: the window, up to `as_of`; of people on the list through all of it.

    Returns:
        A row a number of mails and signal: mails [delivered to each in the window], signal [bool: clicked as people
        do, ordered or booked], clicked [mails clicked by them together], n [people]. No row without an event log and
        contacts with joining days.
    """
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    if contacts is None or messages is None or data.as_of is None:
        return pd.DataFrame(columns=SILENCE)
    start = ibis.literal(data.as_of - timedelta(days=days), type="timestamp")
    end = ibis.literal(data.as_of, type="timestamp")
    first = ibis.literal((data.as_of - timedelta(days=days)).date(), type="date")
    there = _people(contacts, data).filter((_.joined <= first) & (_.cause == ""))
    mails = messages.filter(_.delivered & (_.sent_local > start) & (_.sent_local <= end)).group_by("contact_key")
    received = mails.agg(mails=_.count(), clicked=_.clicked_human.cast("int64").sum())
    people = there.left_join(received, "contact_key").drop("contact_key_right")
    acted = _acted(data, start, end)
    if acted is not None:
        people = people.left_join(acted, "contact_key").drop("contact_key_right")
    else:
        people = people.mutate(acted=ibis.literal(value=False))
    people = people.mutate(
        mails=_.mails.fill_null(0),
        clicked=_.clicked.fill_null(0),
        signal=_.acted.fill_null(NO) | (_.clicked.fill_null(0) > 0),
    )
    grouped = people.group_by("mails", "signal").agg(clicked=_.clicked.sum(), n=_.count())
    return grouped.order_by("mails", "signal").to_pandas()[SILENCE]


def _people(contacts: Expression, data: Data) -> Expression:
    """A row a person: contact_key, joined, left, cause, undated, opt_in_source."""
    end = last_day(data)
    until = ibis.literal(end, type="date")
    people = contacts.group_by("contact_key").agg(
        joined=_.opted_in_at.min().date(),
        unsubscribed=_.unsubscribed_at.max().date(),
        cleaned=_.cleaned_at.max().date(),
        reason=_.unsubscribe_reason.max().lower().fill_null(""),
        opt_in_source=_.opt_in_source.max(),
        status=_.status.min(),
        on=(_.status == "subscribed").any(),
    )
    people = people.filter((_.status != "unconfirmed") | ~_.status.notnull())
    people = _by_log(people, data).mutate(
        bounce=_.cleaned.fill_null(_.bounced), unsubscribe=_.unsubscribed.fill_null(_.opted_out)
    )
    # Engines differ in what the least of a NULL is.
    far = ibis.literal(end + timedelta(days=36_500), type="date")
    people = people.mutate(
        left=ibis.least(*(_[name].fill_null(far) for name in ("unsubscribe", "complained", "bounce"))).nullif(far)
    )
    gone = _.status.isin(OFF) | (~_.status.notnull() & _.left.notnull())
    people = people.mutate(gone=gone.fill_null(NO) & ~_.on.fill_null(NO))
    # Left later than what is known, so still there; left before joining, so nobody knows when.
    people = people.mutate(gone=_.gone & ((_.left <= until) | ~_.left.notnull()))
    people = people.mutate(undated=_.gone & (~_.left.notnull() | (_.left < _.joined).fill_null(NO)))
    sunset = "|".join(data.settings["retention.sunset"])
    cause = ibis.cases(
        (~_.gone, ""),
        (_.complained.notnull() | _.reason.re_search(COMPLAINS), "complaint"),
        (_.reason.re_search(sunset) if sunset else ibis.literal(value=False), "sunset"),
        (_.reason.re_search(BOUNCES) | (_.bounce == _.left) | (_.status == "cleaned"), "bounce"),
        (_.status == "blocklisted", "not known"),
        else_="unsubscribe",
    )
    people = people.mutate(cause=cause, left=ibis.ifelse(_.gone & ~_.undated, _.left, ibis.null("date")))
    return people.filter((_.joined <= until) | ~_.joined.notnull()).select("contact_key", *SUBSCRIBERS[:5])


def _by_log(people: Expression, data: Data) -> Expression:
    """With what the log dates: complained, bounced, opted_out [days]."""
    messages = scope.history(data, MESSAGES.name)
    if messages is None:
        return people.mutate(**dict.fromkeys(("complained", "bounced", "opted_out"), ibis.null("date")))
    last: dict[str, Any] = {
        "complained": _.sent_local.max(where=_.complained).date(),
        "bounced": _.sent_local.max(where=_.bounced_hard).date(),
        "opted_out": _.sent_local.max(where=_.unsubscribed).date(),
    }
    events = messages.filter(_.contact_key.notnull()).group_by("contact_key").agg(**last)
    return people.left_join(events, "contact_key").drop("contact_key_right")


def _since(data: Data) -> date | None:
    """The day from which leaving is recorded, unsubscribing and bouncing both.

    Each from the first that the contacts date, or from where the log begins if that is earlier.
    """
    contacts, messages = scope.history(data, "contacts"), scope.history(data, MESSAGES.name)
    dated = contacts.aggregate(left=_.unsubscribed_at.min(), cleaned=_.cleaned_at.min()).to_pandas().iloc[0]
    begins = None if messages is None else messages.sent_local.min().to_pyarrow().as_py()
    first = [
        min(days)
        for day in (dated["left"], dated["cleaned"])
        if (days := [moment for moment in (day, begins) if pd.notna(moment)])
    ]
    return max(first).date() if first else None


def _acted(data: Data, start: Expression, end: Expression) -> Expression:
    """People who ordered or booked in the window: contact_key, acted; None where no file tells."""
    parts = []
    for name, moment in (("orders", "ordered_local"), ("conversions", "occurred_local")):
        table = scope.history(data, name)
        if table is not None:
            inside = table.filter((table[moment] > start) & (table[moment] <= end) & table.contact_key.notnull())
            parts.append(inside.select("contact_key"))
    if not parts:
        return None
    joined = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return joined.distinct().mutate(acted=ibis.literal(value=True))
