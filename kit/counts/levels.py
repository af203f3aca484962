"""Counts by the traits of people, with the sums over people that an honest interval needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.counts.traits import TRAITS
from kit.store.machine_events import NO
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data, Expression

COLUMNS = ["trait", "level", "people", "mails", "numerator", "n", "numerator_squares", "n_squares", "products"]

REVENUE = "revenue"


@count("messages")
def levels(data: Data, of: str, per: str, *, traits: Sequence[str] = tuple(TRAITS)) -> pd.DataFrame:
    """Bulk mail by the traits of its people; from event logs only, since totals know no people.

    Args:
        data: what `kit.open` returned.
        of: the count above the line, like clicked; "revenue" for what was sold within the window after the mail and
            credited to it, of mail that is older than the window.
        per: the count below it, like delivered.
        traits: names of TRAITS.

    Returns:
        A row a trait and level [level NULL: not known of these people]: people and mails [numbers], of and n
        [the two counts], and sums over people: numerator_squares, n_squares, products.

    Source: guide 1, step 6: look at segments.
    """
    messages = scope.history(data, MESSAGES.name)
    if of == REVENUE:
        messages = _sold(data, messages)
    if messages is None:
        return pd.DataFrame(columns=COLUMNS)
    population, parts = scope.population(data), []
    for name in traits:
        # A trait looks at all mails before this one, so it is added before any mail is left out.
        mails = TRAITS[name].add(messages, data).mutate(level=_[name])
        mails = mails.filter(_.campaign_id.isin(population), _.contact_key.notnull(), scope.within(data, _.sent_local))
        reaction = _[of] if of == REVENUE else (_[of] & (_[per] if per == "sent" else _.delivered)).cast("int64")
        mails = mails.mutate(x=reaction, m=_[per].cast("int64"))
        if of == REVENUE:
            mails = mails.filter(_.old)
        people = mails.group_by("level", "contact_key").agg(x=_.x.sum(), m=_.m.sum(), mails=_.count())
        sums = people.group_by("level").agg(
            people=_.count(),
            mails=_.mails.sum(),
            numerator=_.x.sum(),
            n=_.m.sum(),
            numerator_squares=(_.x * _.x).sum(),
            n_squares=(_.m * _.m).sum(),
            products=(_.x * _.m).sum(),
        )
        parts.append(sums.mutate(trait=ibis.literal(name)).order_by("level").to_pandas())
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _sold(data: Data, messages: Expression) -> Expression:
    """With revenue [money credited to each, 0 where nothing was bought] and old; None where nothing tells of sales."""
    days = data.settings["conversions.window_days"]
    if messages is None or len(data.currencies) > 1:
        return None
    sold = log.after(data, messages, "", days)
    if sold is None:
        return None
    credited = messages.left_join(sold.select("message_key", REVENUE), "message_key").drop("message_key_right")
    until = log.followed_until(data) - ibis.interval(days=days)
    return credited.mutate(revenue=_[REVENUE].fill_null(0.0), old=(_.sent_at <= until).fill_null(NO))
