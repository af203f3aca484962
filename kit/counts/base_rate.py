"""What people do anyway: the same action before the mail, and after its window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import log, scope
from kit.counts.scope import count
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from kit.store import Data


@count("messages")
def base_rate(data: Data, *, action: str = "") -> pd.DataFrame:
    """How many of the delivered mails have an action of their person before them, or after the window for it.

    Only mails are counted that were followed for two windows, of a log: totals of campaigns name no people.

    Args:
        data: what `kit.open` returned; the window is the setting `conversions.window_days`.
        action: what counts; "" for any.

    Returns:
        One row: days [of a window], mails, before [mails with one in the window that ends with the mail], later [in
        the window that begins when the mail's own ends]. Empty where nothing can be joined, or no mail was followed
        for so long.
    """
    columns = ["days", "mails", "before", "later"]
    mails, taken = scope.of_population(data), log.actions(data)
    if mails is None or taken is None:
        return pd.DataFrame(columns=columns)
    days = int(data.settings["conversions.window_days"])
    window = ibis.interval(days=days)
    mails = mails.filter(_.reached & _.contact_key.notnull() & (_.sent_at <= log.followed_until(data) - 2 * window))
    mails = mails.select("message_key", "contact_key", "sent_at")
    taken = taken.filter(_.action == action if action else _.action.notnull()).select("contact_key", "occurred_at")
    near = taken.join(mails, "contact_key").mutate(
        before=(_.occurred_at <= _.sent_at) & (_.occurred_at > _.sent_at - window),
        later=(_.occurred_at > _.sent_at + window) & (_.occurred_at <= _.sent_at + 2 * window),
    )
    near = near.filter(_.before | _.later).group_by("message_key").agg(before=_.before.any(), later=_.later.any())
    counted = mails.left_join(near, "message_key").agg(
        mails=_.count(), before=_.before.fill_null(NO).sum(), later=_.later.fill_null(NO).sum()
    )
    frame = counted.to_pandas().assign(days=days)[columns]
    return frame[frame["mails"] > 0]
