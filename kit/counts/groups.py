"""Groups of the question beside the same groups of the whole history, which are their yardstick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import scope
from kit.counts.campaigns import SUMS, covered, messages, of_record, summed, timed
from kit.counts.log import of_delivered
from kit.counts.scope import count
from kit.tables import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

PARTS_OF_DAY = ((6, "22 to 6 h"), (9, "6 to 9 h"), (12, "9 to 12 h"), (15, "12 to 15 h"), (18, "15 to 18 h"))
"""Hours of the day by which mail goes out, each up to its first number; then evening, then night again."""

EVENING, NIGHT = "18 to 22 h", "22 to 6 h"


@count("messages", "campaign_stats", whole="the whole history is the yardstick; `asked` marks the period")
def groups(data: Data, by: Sequence[str]) -> pd.DataFrame:
    """Counts of bulk mail by group over the whole history, those of the question marked.

    Args:
        data: what `kit.open` returned.
        by: as for `messages`.

    Returns:
        As `messages`, without the numbers of campaigns, and `asked`: whether the mail was sent in the question's
        months. A group that has mail inside and outside of them has a row for each.
    """
    counts = summed(of_record(data, by).rename(columns={"in_period": "asked"}), [*by, "asked"])
    return counts[[*by, "asked", *SUMS]]


@count("messages", "campaign_stats")
def hours(data: Data) -> pd.DataFrame:
    """Delivered and clicked mails of bulk campaigns by the part of the day in which they went out.

    An event log knows the hour of each mail, an export that of the campaign. Without the firm's time zone no hour
    is known.

    Returns:
        A row a campaign, month and part of the day: campaign_id, list_name, month, part, sent, delivered, clicked
        [nullable].
    """
    columns = ["campaign_id", "list_name", "month", "part", "sent", "delivered", "clicked"]
    if not data.zone_known:
        return pd.DataFrame(columns=columns)
    mail = messages(data, ["campaign_id", "list_name", "month", "sent_local"])
    logged = mail["campaign_id"].isin(covered(data))
    exported = mail[~logged & timed(mail["sent_local"])]
    exported = exported.assign(part=pd.to_datetime(exported["sent_local"]).dt.hour.map(_part))
    return pd.concat([exported[columns], _hours_logged(data, mail[logged])[columns]], ignore_index=True)


def _hours_logged(data: Data, mail: pd.DataFrame) -> pd.DataFrame:
    columns = ["campaign_id", "month", "hour", "sent", "delivered", "clicked"]
    table = scope.of_population(data)
    if table is None or mail.empty:
        frame = pd.DataFrame(columns=columns)
    else:
        table = of_delivered(table).filter(_.campaign_id.isin(sorted(set(mail["campaign_id"]))))
        table = table.mutate(month=_.sent_local.strftime("%Y-%m"), hour=_.sent_local.hour())
        sums = {name: _[name].cast("int64").sum() for name in columns[3:]}
        frame = table.group_by(columns[:3]).agg(**sums).order_by(columns[:3]).to_pandas()
    frame = frame.assign(part=frame["hour"].map(_part)).groupby(["campaign_id", "month", "part"], as_index=False)
    lists = mail.drop_duplicates("campaign_id").set_index("campaign_id")["list_name"]
    sums = frame[columns[3:]].sum()
    return sums.assign(list_name=sums["campaign_id"].map(lists))


def _part(hour: int) -> str:
    return NIGHT if hour >= 22 else next((name for end, name in PARTS_OF_DAY if hour < end), EVENING)


@count("messages")
def pressure(data: Data) -> pd.DataFrame:
    """Bulk mail by how many mails its receiver had in the days up to it, this one included.

    What came before the mail is counted, never the calendar month: who leaves gets no more mail in the month, so
    its mails would seem few.

    Returns:
        A row a window and level: days [7 or 28], level, people, mails [delivered], unsubscribed, received [mails in
        the window, summed over mails].
    """
    columns = ["days", "level", "people", "mails", "unsubscribed", "received"]
    table = scope.history(data, MESSAGES.name)
    if table is None:
        return pd.DataFrame(columns=columns)
    population, parts = scope.population(data), []
    for days, levels in LEVELS.items():
        before = ibis.window(
            group_by=table.contact_key,
            order_by=table.sent_at,
            range=(-ibis.interval(days=days), -ibis.interval(microseconds=1)),
        )
        mails = table.filter(_.contact_key.notnull() & _.sent_at.notnull())
        mails = mails.mutate(mails=1 + _.delivered.cast("int64").sum().over(before).fill_null(0))
        mails = mails.filter(_.delivered & _.campaign_id.isin(population) & scope.within(data, _.sent_local))
        place = ibis.cases(*((_.mails <= most, number) for number, (most, _name) in enumerate(levels)), else_=-1)
        sums = mails.group_by(place=place).agg(
            people=_.contact_key.nunique(),
            mails=_.count(),
            unsubscribed=_.unsubscribed.cast("int64").sum(),
            received=_.mails.sum(),
        )
        frame = sums.order_by("place").to_pandas()
        parts.append(frame.assign(days=days, level=frame["place"].map(lambda place, levels=levels: levels[place][1])))
    return pd.concat(parts, ignore_index=True)[columns]


LEVELS = {
    7: ((1, "1"), (2, "2"), (10**9, "3 or more")),
    28: ((2, "1 to 2"), (4, "3 to 4"), (8, "5 to 8"), (10**9, "9 or more")),
}
"""Levels of mails in the days up to a mail, each with its most."""
