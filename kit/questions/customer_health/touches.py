"""What is known of customers, day by day: use, payments, requests, answers, mail, deals, each with its own date.

State columns of an export (a deal's stage, who opened last) say what was so on the day of the export; they are taken
only where a date of their own says since when. So nothing that a snapshot of a day sees was unknown on that day, as far
as the files tell; a row of which a file says when it was loaded is known from that day on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.scope import count
from kit.counts.service import SATISFIED
from kit.store.machine_events import NO
from kit.store.messages import local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.store import Data, Expression

TABLES = ("usage", "billing", "orders", "tickets", "surveys", "conversions", "messages", "correspondence", "deals")

WHOLE = "what is known of a customer is a history; the sections cut it at the period's end"

COLUMNS = ("who", "kind", "day", "until", "value")
PEOPLE = ("who", "id", "contact_key", "domain")

USERS, LICENCES = r"active.?users|\bdau\b|\bwau\b|\bmau\b|активн", r"licen[cs]|seats|лиценз|мест"
"""Names of measures of use, in lower case: people who use it, and people who may."""

DAILY, MONTHLY = r"\bdau\b|daily|дневн|за день", r"\bmau\b|monthly|месячн|за месяц"
"""Names of measures of people who use it in a day, and in a month."""

LOGINS = r"log.?in|sign.?in|session|вход|сесси"
"""Names of measures of use that count how often it is used."""

LEFT = r"churn|cancel|terminat|отток|расторж|ушел|ушёл|ушла"
"""Names of actions that say that a customer has left."""

WEEK, MONTH = 7, 28
MONTHS = 3
"""Firsts of a month from which a measure that has no other days is one of months."""

ANSWERED_DAYS = 7
"""A mail that begins a thread is answered where a person answers within so many days."""


@count(*TABLES, whole=WHOLE, unfiltered=scope.NO_CAMPAIGN)
def touches(data: Data) -> pd.DataFrame:
    """Everything that a customer did or had, added up by day.

    Returns:
        A row a person or id, kind [see `signals`] and day: who [as `people`], kind, day [days since 1970-01-01; the
        first on whose evening it is known], until [the day it ends; missing: it has no end, or is a point], value.
    """
    parts = [part for part in _parts(data) if part is not None]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in COLUMNS})
    table = _named(ibis.union(*parts) if len(parts) > 1 else parts[0])
    lasting = table.filter(_.until.notnull()).select(*COLUMNS)
    points = table.filter(~_.until.notnull()).group_by("who", "kind", "day").agg(value=_.value.sum())
    points = points.mutate(until=ibis.null("int32")).select(*COLUMNS)
    return points.union(lasting).order_by("kind", "day", "who").to_pandas()


@count(*TABLES, whole=WHOLE, unfiltered=scope.NO_CAMPAIGN)
def people(data: Data) -> pd.DataFrame:
    """Who the touches are of: who, id [of a table's own, behind its name], contact_key, domain; a row each."""
    parts = [part for part in _parts(data) if part is not None]
    if not parts:
        return pd.DataFrame(columns=list(PEOPLE))
    parts = [part.filter(_.day.notnull()).select("id", "contact_key", "domain").distinct() for part in parts]
    table = ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0]
    table = table.filter(_.id.notnull() | _.contact_key.notnull())
    return table.mutate(who=_who(table)).select(*PEOPLE).order_by("who").to_pandas()


@count("deals", whole=WHOLE, unfiltered=scope.NO_CAMPAIGN)
def owners(data: Data) -> pd.DataFrame:
    """Who looks after whom, by the latest deal of a person or company: who, owner."""
    deals = scope.history(data, "deals")
    if deals is None:
        return pd.DataFrame(columns=["who", "owner"])
    # the owner stands in the place of the kind
    rows = _row(deals, deals.owner, _.created_local, key=_.company, space="company").rename(owner="kind")
    rows = _named(rows.filter(_.owner.notnull()))
    return rows.group_by("who").agg(owner=_.owner.argmax(_.day)).order_by("who").to_pandas()


def _named(table: Expression) -> Expression:
    """The rows that have a day and are of somebody, with `who`."""
    table = table.filter(_.day.notnull(), _.id.notnull() | _.contact_key.notnull())
    return table.mutate(who=_who(table))


@ibis.udf.scalar.builtin(signature=(("string",), "uint64"))
def md5_number_lower(text):
    """The lower half of the MD5 of a text."""


def _who(table: Expression) -> Expression:
    """A number for who a row is of, the same in every table.

    Half of an MD5: the engine's own hash gives ids that differ in one digit the same number.
    """
    parts = [table[name].fill_null("") for name in ("id", "contact_key", "domain")]
    digest: ibis.expr.types.IntegerValue = md5_number_lower(parts[0] + "|" + parts[1] + "|" + parts[2])
    return (digest // 2).cast("int64")


def _parts(data: Data) -> Iterator[Expression]:
    for table in TABLES:
        rows = scope.history(data, table)
        if rows is not None:
            yield from _OF_TABLE[table](rows, data)


def _row(
    table: Expression,
    kind: str | Expression,
    day: Expression,
    *,
    value: Expression = 1.0,
    until: Expression = None,
    key: Expression = None,
    space: str = "",
    later: int = 0,
) -> Expression:
    """Rows of a table as touches, known so many days later."""
    own = ibis.null("string") if key is None else ibis.literal(f"{space}:") + table.bind(key)[0].cast("string")
    known_from = (_days(table.bind(day)[0]) + later).cast("int32")
    ends = ibis.null("int32") if until is None else _days(table.bind(until)[0])
    if "loaded_on" in table.columns:
        loaded = _days(table["loaded_on"])
        known_from = ibis.greatest(known_from, loaded.fill_null(known_from))
        if until is not None:  # what had ended by then was never seen open
            ends = ibis.greatest(ends, known_from)
    return table.select(
        id=own,
        contact_key=_.contact_key if "contact_key" in table.columns else ibis.null("string"),
        domain=_.domain.nullif("") if "domain" in table.columns else ibis.null("string"),
        kind=ibis.literal(kind) if isinstance(kind, str) else kind,
        day=known_from,
        until=ends,
        value=ibis.literal(value) if isinstance(value, float) else table.bind(value)[0].cast("float64"),
    )


def _days(moment: Expression) -> Expression:
    return (moment.cast("timestamp").epoch_seconds() / 86400).floor().cast("int32")


def measures(usage: pd.DataFrame) -> dict[str, list[str]]:
    """The measures of each kind of touch: kind -> names; kinds that no measure tells are missing.

    Args:
        usage: a row a measure: metric, n [rows], covered [days of one row].
    """
    names = usage.sort_values(["n", "metric"], ascending=[False, True])["metric"].astype(str)
    lower = names.str.lower()
    users, licences, logins = (names[lower.str.contains(form)] for form in (USERS, LICENCES, LOGINS))
    users = users[~users.isin(licences)]
    daily, monthly = (users[lower[users.index].str.contains(form)] for form in (DAILY, MONTHLY))
    # users of a day and of a month are no sum; of a month are those that use a licence
    others = users[~users.isin([*daily, *monthly])]
    every = names[~names.isin([*users, *licences])]
    often = list(logins[logins.isin(every)]) or list(every[:1]) or list(users[:1])
    span = dict(zip(usage["metric"].astype(str), usage["covered"], strict=True))
    often = [name for name in often if span[name] == min(span[other] for other in often)]
    both = len(daily) > 0 and len(monthly) > 0
    kinds = {
        "use": often, "users": [*monthly, *others, *daily][:1], "licences": [*licences][:1],
        "daily_users": [*daily][:1] if both else [], "monthly_users": [*monthly][:1] if both else [],
    }  # fmt: skip
    return {kind: found for kind, found in kinds.items() if found}


def covered(usage: Expression) -> pd.DataFrame:
    """How many days one row of each file and measure covers, by the least gap between two days of the file.

    A measure all of whose days are the first or the last of a month is one of months, in a file of days too.

    Returns:
        A row a file and measure, of each measure only the files with the shortest rows: source_file, metric, n [rows],
        covered [days: 1, WEEK or MONTH].
    """
    days = usage.group_by("source_file", "metric", "day").agg(n=_.count()).to_pandas()
    days["day"] = pd.to_datetime(days["day"])
    days["ends_month"] = days["day"].dt.is_month_start | days["day"].dt.is_month_end
    of_file = days.drop_duplicates(["source_file", "day"]).sort_values(["source_file", "day"])
    gap = of_file.groupby("source_file")["day"].diff().dt.days.groupby(of_file["source_file"]).min().fillna(1)
    keys = ["source_file", "metric"]
    rows = days.groupby(keys, as_index=False).agg(n=("n", "sum"), days=("day", "size"), ends=("ends_month", "all"))
    gap = rows["source_file"].map(gap)
    monthly = (gap >= MONTH) | (rows["ends"] & (rows["days"] >= MONTHS))
    rows["covered"] = np.select([monthly, gap >= WEEK], [MONTH, WEEK], 1)
    return rows[rows["covered"] == rows.groupby("metric")["covered"].transform("min")][[*keys, "n", "covered"]]


def _usage(usage: Expression, data: Data) -> Iterator[Expression]:  # noqa: ARG001  every table is asked alike
    files = covered(usage)
    if files.empty:
        return
    kinds = measures(files.groupby("metric", as_index=False).agg(n=("n", "sum"), covered=("covered", "first")))
    by_day = [name for name in kinds["use"] if (files.loc[files["metric"] == name, "covered"] == 1).any()]
    usage = usage.inner_join(ibis.memtable(files[["source_file", "metric", "covered"]]), ["source_file", "metric"])
    usage = usage.mutate(known=_known(usage))
    for kind, names in kinds.items():
        rows = usage.filter(_.metric.isin(names))
        yield _row(rows, kind, _.known, value=_.value, key=_.account_id, space="account")
    if by_day:
        rows = usage.filter(_.metric.isin(by_day), _.value > 0)
        yield _row(rows, "use_day", _.day, key=_.account_id, space="account")


def _known(usage: Expression) -> Expression:
    """The last day of what a row covers: no figure is known before it. Months are dated by their first or last day."""
    day = usage.day.cast("date")
    is_last = (day + ibis.interval(days=1)).day() == 1
    month_end = ibis.ifelse(is_last, day, day + ibis.interval(months=1) - ibis.interval(days=1))
    return ibis.cases(
        (usage.covered == MONTH, month_end), (usage.covered == WEEK, day + ibis.interval(days=WEEK - 1)), else_=day
    )


def _billing(billing: Expression, data: Data) -> Iterator[Expression]:
    main = main_currency(data)
    kind = ibis.cases((_.kind == "charge", "charge"), (_.kind == "refund", "refund"), else_="failed")
    rows = billing.mutate(kind=kind, customer_id=_.customer_id)
    rows = rows.filter((_.currency.fill_null(main) == main) | (_.kind == "failed"))
    worth = ibis.cases((_.kind == "refund", -_.amount), (_.kind == "failed", 1.0), else_=_.amount)
    yield _row(rows, _.kind, _.occurred_local, value=ibis.coalesce(worth, 0.0), key=_.customer_id, space="customer")


def main_currency(data: Data) -> str:
    """The currency of most payments; amounts of others are in no sum."""
    billing = scope.history(data, "billing")
    default = str(data.settings["currency"])
    if billing is None:
        return default
    known = billing.filter(_.currency.notnull()).group_by("currency").agg(n=_.count())
    names = known.order_by(ibis.desc("n"), "currency").to_pandas()["currency"]
    return str(names.iloc[0]) if len(names) else default


def _orders(orders: Expression, data: Data) -> Iterator[Expression]:
    if scope.history(data, "billing") is None:
        paid = orders.filter(~_.is_cancelled.fill_null(NO))
        yield _row(paid, "charge", _.ordered_local, value=_.total.fill_null(0.0))


def _tickets(tickets: Expression, data: Data) -> Iterator[Expression]:  # noqa: ARG001  every table is asked alike
    dated = tickets.filter(_.created_local.notnull())
    yield _row(dated, "ticket", _.created_local)
    yield _row(dated.filter(_.priority.lower().re_search(URGENT)), "urgent", _.created_local)
    # a file that never says when a request was closed does not say which are open
    of_file = ibis.window(group_by="source_file")
    closing = dated.mutate(closes=_.resolved_local.notnull().any().over(of_file)).filter(_.closes)
    end = _.resolved_local.fill_null(ibis.literal("9999-01-01").cast("timestamp"))
    yield _row(closing, "open_ticket", _.created_local, until=end)
    # a score has no time of its own: it is given after the request is closed
    yield _satisfied(tickets.filter(_.resolved_local.notnull()), _.resolved_local, "csat", "csat_min", "csat_max")


URGENT = r"urgent|high|critical|blocker|highest|срочн|высок|критич|^p?[01]$"
"""Priorities of a request that was escalated."""


def _satisfied(table: Expression, day: Expression, score: str, low: str, high: str) -> Expression:
    rated = table.filter(_[score].notnull(), _[high] > _[low])
    return _row(rated, "csat", day, value=(_[score] - _[low] >= SATISFIED * (_[high] - _[low])).cast("float64"))


def _surveys(surveys: Expression, data: Data) -> Iterator[Expression]:  # noqa: ARG001  every table is asked alike
    answered = surveys.filter(_.score.notnull(), _.responded_local.notnull())
    nps = answered.filter(_.survey_type == "nps", _.scale_max > _.scale_min)
    latest = ibis.window(group_by="contact_key", order_by="responded_local")
    nps = nps.mutate(after=_.responded_local.lead().over(latest))
    year = _.responded_local + ibis.interval(days=365)
    scaled = (_.score - _.scale_min) / (_.scale_max - _.scale_min) * 10
    yield _row(nps, "nps", _.responded_local, value=scaled, until=ibis.least(_.after.fill_null(year), year))
    yield _satisfied(answered.filter(_.survey_type == "csat"), _.responded_local, "score", "scale_min", "scale_max")


def _conversions(conversions: Expression, data: Data) -> Iterator[Expression]:  # noqa: ARG001
    left = _.action.lower().re_search(LEFT)
    yield _row(conversions, ibis.ifelse(left, "left", "touch"), _.occurred_local)


def _messages(messages: Expression, data: Data) -> Iterator[Expression]:
    reached = messages.filter(_.reached, _.contact_key.notnull())
    yield _row(reached, "mail", _.sent_local)
    own = reached.filter(_.client.fill_null("") != "prefetching")
    yield _row(own, "mail_trackable", _.sent_local)
    people = _.opened & ~_.opened_machine.fill_null(NO) & ~_.opened_suspect.fill_null(NO)
    yield _row(own.filter(people.fill_null(NO)), "mail_opened", local(_.first_opened_at, data.settings))
    yield _row(reached.filter(_.clicked_human.fill_null(NO)), "mail_clicked", local(_.first_clicked_at, data.settings))
    events = scope.history(data, "events")
    if events is not None:
        left = events.filter(_.event_type.isin(("unsubscribed", "complained")), _.contact_key.notnull())
        yield _row(left, "unsubscribed", local(_.occurred_at, data.settings))


def _correspondence(talk: Expression, data: Data) -> Iterator[Expression]:  # noqa: ARG001
    talk = talk.filter(_.kind == "person", _.direction.isin(("in", "out")), _.occurred_local.notnull())
    yield _row(talk, ibis.ifelse(_.direction == "in", "mail_in", "mail_out"), _.occurred_local)
    in_thread = ibis.window(group_by="thread_id", order_by=["occurred_local", "direction"])
    first = talk.mutate(
        nth=ibis.row_number().over(in_thread),
        answer=_.occurred_local.min(where=_.direction == "in").over(ibis.window(group_by="thread_id")),
    ).filter(_.nth == 0, _.direction == "out")
    wait = _.answer.epoch_seconds() - _.occurred_local.epoch_seconds()
    yield _row(first, "begun", _.occurred_local, later=ANSWERED_DAYS)
    soon = first.filter((wait <= ANSWERED_DAYS * 86400).fill_null(NO))
    yield _row(soon, "answered", _.occurred_local, later=ANSWERED_DAYS)


def _deals(deals: Expression, data: Data) -> Iterator[Expression]:  # noqa: ARG001  every table is asked alike
    over = _.is_won.fill_null(NO) | _.is_lost.fill_null(NO)
    end = ibis.ifelse(over, _.closed_local, ibis.literal("9999-01-01").cast("timestamp"))
    named: dict[str, Any] = {"key": _.company, "space": "company"}
    # a deal that is over without a date has no known end: it is left out
    dated = deals.filter(~over | _.closed_local.notnull())
    yield _row(dated, "open_deal", _.created_local, until=end, **named)
    yield _row(dated.filter(_.is_lost.fill_null(NO)), "lost_deal", _.closed_local, **named)


_OF_TABLE = {
    "usage": _usage,
    "billing": _billing,
    "orders": _orders,
    "tickets": _tickets,
    "surveys": _surveys,
    "conversions": _conversions,
    "messages": _messages,
    "correspondence": _correspondence,
    "deals": _deals,
}
