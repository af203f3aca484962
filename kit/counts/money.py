"""Counts of money: what was sold after a click, what to those who got mail and those who did not, what it cost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.store import machine_events
from kit.store.messages import leaves, local, message_key, ref
from kit.tables import ASSIGNMENTS, COSTS, EVENTS, MESSAGES

if TYPE_CHECKING:
    from datetime import datetime

    from kit.store import Data, Expression

SPAN = "it is asked for a span of its own"
"""Why a period does not narrow it: the page chooses the span in which all sources of money are known."""

WINDOWS = (1, 3, 5, 7, 14)
"""Days after a click within which a sale is credited to it."""


@count(
    "messages",
    "assignments",
    "costs",
    whole="it says from when to when each source tells, the question among them",
    unfiltered="what a source covers is a fact of its files",
)
def spans(data: Data, experiment: str = "") -> pd.DataFrame:
    """From when to when each source of the money's story tells, on the firm's clock.

    Args:
        data: what `kit.open` returned.
        experiment: the holdout test whose beginning counts; "" for the one with most people to get mail.

    Returns:
        A row a source that is there: what ("question", "mail", "holdout" or "costs"), begin, end [moments]; and one of
        "sales" without either where orders have times that no zone makes instants.
    """
    if data.as_of is None:
        return pd.DataFrame(columns=["what", "begin", "end"])
    # Nothing is told beyond as_of, and a test goes on until then; the sale that as_of is taken from is told.
    known = pd.Timestamp(data.as_of) + timedelta(microseconds=1)
    rows = []
    orders = scope.history(data, "orders")
    if orders is not None and data.settings.zone is None:
        apart = orders.filter(~_.ordered_at.notnull(), _.ordered_local.notnull())
        if apart.count().to_pyarrow().as_py():
            rows.append(("sales", pd.NaT, pd.NaT))
    if data.period is not None:
        rows.append(("question", pd.Timestamp(data.period.begin), min(pd.Timestamp(data.period.end), known)))
    mails = scope.history(data, MESSAGES.name)
    begins = None if mails is None else mails.sent_local.min().to_pyarrow().as_py()
    for what, begin in (("mail", begins), ("holdout", _test_begins(data, experiment))):
        if begin is not None:
            rows.append((what, pd.Timestamp(begin), known))
    dated = scope.frame(data, COSTS.name)[["period_start", "period_end"]].dropna()
    dated = dated[dated["period_start"] <= dated["period_end"]]
    if len(dated):
        end = pd.Timestamp(dated["period_end"].max()) + timedelta(days=1)
        rows.append(("costs", pd.Timestamp(dated["period_start"].min()), min(end, known)))
    return pd.DataFrame(rows, columns=["what", "begin", "end"])


@count("orders", whole=SPAN, unfiltered=scope.NO_CAMPAIGN)
def sold(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """Sales of a span by whether it is known to whom; cancelled orders are no sales.

    Returns:
        Two rows: known [bool: to whom], orders [number], revenue [net of refunds, of those with an amount],
        unpriced [orders without an amount].
    """
    sales = _sales(data, begin, end)
    orders = log.sold(data)
    if orders is not None:
        nameless = ~_.contact_key.notnull()
        orders = orders.filter(nameless, (_.ordered_local >= begin) & (_.ordered_local < end))
    rows = []
    for known, table in ((True, sales), (False, orders)):
        sums = (0, 0.0, 0)
        if table is not None:
            unpriced = _.count(where=~_.worth.notnull())
            totals = table.aggregate(n=_.count(), worth=_.worth.sum().fill_null(0.0), unpriced=unpriced)
            sums = totals.fill_null(0).to_pandas().to_numpy()[0]
        rows.append((known, int(sums[0]), float(sums[1]), int(sums[2])))
    return pd.DataFrame(rows, columns=["known", "orders", "revenue", "unpriced"])


@count("orders", "events", whole=SPAN)
def clicked_sales(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """Sales of a span that follow a click of the same person, credited to the last click before them.

    Only clicks that no strict rule names as a scanner's, of mail that the filters leave, and none on the
    link that leaves the list; openings credit nothing.

    Returns:
        A row a person, campaign and window: person [a number, in this frame only], campaign_id, days [the
        smallest of WINDOWS within which the click came], orders, revenue [net of refunds].

    Source: guide 2; last touch by click.
    """
    sales = _sales(data, begin, end)
    events = scope.history(data, EVENTS.name)
    columns = ["person", "campaign_id", "days", "orders", "revenue"]
    if sales is None or events is None:
        return pd.DataFrame(columns=columns)
    events = events.mutate(ref=ref(events), key=message_key(events))
    clicks = machine_events.clicks(events, data.settings)
    clicks = clicks.filter(
        ~leaves(clicks), ~machine_events.by_machine(_), _.occurred_at.notnull(), _.contact_key.notnull()
    )
    mails = scope.history(data, MESSAGES.name).filter(_.campaign_id.isin(data.campaigns["campaign_id"].tolist()))
    clicks = clicks.join(mails.select("message_key", campaign="campaign_id"), [("key", "message_key")])
    clicks = clicks.select("contact_key", "campaign", clicked_at="occurred_at")
    sales = sales.mutate(number=ibis.row_number())
    pairs = sales.join(
        clicks,
        [
            sales.contact_key == clicks.contact_key,
            clicks.clicked_at < sales.occurred_at,
            sales.occurred_at <= clicks.clicked_at + ibis.interval(days=max(WINDOWS)),
        ],
    )
    last = ibis.window(group_by="number", order_by=[ibis.desc("clicked_at"), "campaign"])
    credited = pairs.mutate(place=ibis.row_number().over(last)).filter(_.place == 0)
    within = [(_.occurred_at <= _.clicked_at + ibis.interval(days=days), days) for days in WINDOWS]
    credited = credited.mutate(days=ibis.cases(*within, else_=max(WINDOWS)))
    sums = credited.group_by("contact_key", "campaign", "days").agg(
        orders=_.count(), revenue=_.worth.sum().fill_null(0.0)
    )
    frame = sums.order_by("contact_key", "campaign", "days").to_pandas()
    person = frame["contact_key"].factorize()[0]
    return frame.rename(columns={"campaign": "campaign_id"}).assign(person=person)[columns]


@count("messages", whole=SPAN)
def reached(data: Data, begin: datetime, end: datetime) -> int:
    """People to whom mail that the filters leave was delivered in a span."""
    table = scope.history(data, MESSAGES.name)
    if table is None:
        return 0
    mails = table.filter(_.campaign_id.isin(data.campaigns["campaign_id"].tolist()), _.delivered)
    mails = mails.filter((_.sent_local >= begin) & (_.sent_local < end))
    return int(mails.contact_key.nunique().to_pyarrow().as_py())


@count("assignments", whole=SPAN)
def arms(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """The arms of each holdout test, by assignment: who got mail all the same, and who stands in two arms.

    Who was assigned only after the span is in no arm yet.

    Returns:
        A row an experiment and arm: experiment, arm, is_holdout [nullable], assigned [the earliest moment],
        persons [in this arm only], crossed [also in another arm of the test, and in no count], mailed [of
        `persons`: those who got bulk mail in the span after they were assigned].
    """
    people = _assigned(data, end)
    columns = ["experiment", "arm", "is_holdout", "assigned", "persons", "crossed", "mailed"]
    if people is None or not begin < end:
        return pd.DataFrame(columns=columns)
    mails = scope.history(data, MESSAGES.name)
    if mails is None:
        people = people.mutate(mailed=ibis.null("boolean"))
    else:
        mails = mails.filter(
            _.delivered, _.campaign_id.isin(scope.population(data)), (_.sent_local >= begin) & (_.sent_local < end)
        )
        mails = mails.select("sent_local", mail_key="contact_key")
        mailed = people.join(mails, [people.contact_key == mails.mail_key, mails.sent_local > people.since])
        mailed = mailed.select("experiment", "contact_key").distinct().mutate(mailed=True)
        people = people.left_join(mailed, ["experiment", "contact_key"]).mutate(
            mailed=_.mailed.fill_null(machine_events.NO)
        )
    counts = people.group_by("experiment", "arm").agg(
        is_holdout=_.is_holdout.all(where=~_.crossed),
        assigned=_.since.min(),
        persons=_.count(where=~_.crossed),
        crossed=_.count(where=_.crossed),
        mailed=(_.mailed & ~_.crossed).sum(),
    )
    return counts.order_by("experiment", "arm").to_pandas()[columns]


@count("assignments", "orders", whole=SPAN, unfiltered=scope.NO_CAMPAIGN)
def arm_sales(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """Sales to the people of each arm, before and after they were assigned; buyers only.

    Returns:
        A row a buyer, arm and side: experiment, arm, after [bool: in the span and since the assignment, else any
        time before the assignment], orders, revenue [net of refunds].
    """
    columns = ["experiment", "arm", "after", "orders", "revenue"]
    people = _assigned(data, end)
    sales = _sales(data, None, None)
    if people is None or sales is None:
        return pd.DataFrame(columns=columns)
    people = people.filter(~_.crossed).select("experiment", "arm", "since", person="contact_key")
    both = sales.join(people, [sales.contact_key == people.person])
    both = both.mutate(after=_.occurred_local > _.since)
    both = both.filter(~_.after | ((_.occurred_local >= begin) & (_.occurred_local < end)))
    sums = both.group_by("experiment", "arm", "after", "person").agg(
        orders=_.count(), revenue=_.worth.sum().fill_null(0.0)
    )
    return sums.order_by("experiment", "arm", "after", "person").to_pandas()[columns]


@count("costs", whole=SPAN, unfiltered=scope.NO_CAMPAIGN)
def costs(data: Data, begin: datetime, end: datetime) -> pd.DataFrame:
    """What the mail of a span cost, by kind; a cost whose period reaches beyond it counts by its days.

    Returns:
        A row a kind: kind, amount [money], hours [h, those without a rate and without the setting
        `money.hour_rate` too], unpriced [rows whose amount is not known], undated [rows without a period, or
        of one that ends before it begins, which are in no amount], currency [of these rows; NULL where they have
        several].
    """
    table = scope.frame(data, COSTS.name)
    columns = ["kind", "amount", "hours", "unpriced", "undated", "currency"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    rate = data.settings["money.hour_rate"]
    hours, amount = table["hours"].astype(float), table["amount"].astype(float)
    amount = amount.fillna(hours * rate) if rate is not None else amount
    first = pd.to_datetime(table["period_start"]).to_numpy(dtype="datetime64[s]")
    last = pd.to_datetime(table["period_end"]).to_numpy(dtype="datetime64[s]") + np.timedelta64(1, "D")
    since, until = np.maximum(first, np.datetime64(begin, "s")), np.minimum(last, np.datetime64(end, "s"))
    undated = ~(last > first)  # so is one without either day
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.where(undated, 0.0, np.clip((until - since) / (last - first), 0, None))
    written = table.loc[(inside > 0) | undated, "currency"]
    currencies = written.fillna(data.settings["currency"]).unique()
    priced = table.assign(
        amount=amount * inside,
        hours=hours * inside,
        unpriced=(amount.isna() & (inside > 0)).astype(int),
        undated=undated.astype(int),
    )
    sums = priced.groupby("kind")[["amount", "hours", "unpriced", "undated"]].sum().reset_index()
    currency = data.settings["currency"] if written.empty else currencies[0]
    return sums.assign(currency=currency if len(currencies) < 2 else None)[columns]


def _sales(data: Data, begin: datetime | None, end: datetime | None) -> Expression:
    """Sales to known people: contact_key, occurred_at, occurred_local, worth; None where none can be joined."""
    actions = log.actions(data)
    if actions is None:
        return None
    sales = actions.filter(_.is_order).mutate(occurred_local=local(_.occurred_at, data.settings))
    if begin is not None:
        sales = sales.filter(_.occurred_local >= begin)
    return sales if end is None else sales.filter(_.occurred_local < end)


def _test_begins(data: Data, experiment: str) -> datetime | None:
    """When the first person was put into an arm of this test, or of the largest."""
    people = _assigned(data)
    if people is None:
        return None
    sent_to = people.group_by("experiment").agg(begin=_.since.min(), n=(~_.crossed & ~_.is_holdout).sum().fill_null(0))
    if experiment:
        sent_to = sent_to.filter(_.experiment == experiment)
    begins = sent_to.order_by(ibis.desc("n"), "experiment").limit(1).to_pyarrow()["begin"].to_pylist()
    return begins[0] if begins else None


def _assigned(data: Data, until: datetime | None = None) -> Expression:
    """A row a person and experiment: experiment, arm, is_holdout, since, contact_key, crossed; None: no test.

    Who has no date of assignment counts from the first of the test.

    Args:
        data: what `kit.open` returned.
        until: who was assigned then or later is left out; None: nobody.
    """
    table = scope.history(data, ASSIGNMENTS.name)
    if table is None:
        return None
    table = table.mutate(experiment=_.experiment.fill_null(""), arm=_.arm.fill_null(""))
    people = table.group_by("experiment", "contact_key").agg(
        arm=_.arm.min(), is_holdout=_.is_holdout.min(), since=_.assigned_local.min(), crossed=_.arm.min() != _.arm.max()
    )
    first = _.since.min().over(ibis.window(group_by="experiment"))
    people = people.mutate(since=_.since.coalesce(first))
    return people if until is None else people.filter(~_.since.notnull() | (_.since < until))
