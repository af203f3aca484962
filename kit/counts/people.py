"""Counts of who opened: people whose program tells it, people whose program opens everything, unknown ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from kit.counts import campaigns, log, scope
from kit.counts.scope import count
from kit.errors import UsageError, nearest
from kit.messages import message
from kit.store.machine_events import NO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data

DOMAIN_SHARE = 0.01
"""Domains with less of the mail than this are taken together: too small to stand for themselves."""

OTHER = "other domains"

LEVELS = ("0", "1", "2+")
"""Other mails near it that the person clicked."""

MAIL = ("delivered", "opened", "clicked", "clicked_human", "clicked_strictest")
STRATUM = ("domain", "clicks_besides")
SUMS = (
    *MAIL,
    "proven",
    "delivered_told",
    "delivered_prefetching",
    "delivered_unknown",
    "delivered_trackable",
    "opened_trackable",
)
SQUARES = ("opened_squares", "delivered_squares", "opened_by_delivered")


@count("messages", "campaign_stats")
def openers(data: Data, by: Sequence[str], *, kind: str | None = None) -> pd.DataFrame:
    """Who can have opened, by group and stratum, for `opens.estimate`.

    A person's program is known from the person's other mails (`kit.store.machine_events.clients`). Campaigns of which
    no event log shows the sending have one row a group, without a stratum.

    Args:
        data: what `kit.open` returned.
        by: "month", "variant" or columns of campaigns: campaign_id, list_name …
        kind: "bulk", "automated" or "" for all; None: the question's (`Data.population`).

    Returns:
        A row a group and stratum: `by`; domain, clicks_besides ["0", "1", "2+"; other mails that the
        person clicked], both NULL without a log; [messages, nullable] delivered, opened (by anybody or
        anything), clicked, clicked_human, clicked_strictest; proven (opened or clicked by what is surely
        a person; without a log clicked, or opened less the machines that the export names);
        delivered_told (the source tells who opens), of it delivered_trackable, delivered_prefetching,
        delivered_unknown; opened_trackable (by trackable people, not by a machine); and over the
        trackable people the sums of opened² (opened_squares), delivered² and opened x delivered, from
        which the error of a rate over people with several mails comes.

    Raises:
        UsageError: a column that cannot group them.
    """
    columns = (*campaigns.OF_CAMPAIGN, "month", "variant")
    for column in by:
        if column not in columns:
            raise UsageError(
                message(
                    "counts.openers: messages have no column {column} to group by. {hint}",
                    column=repr(column),
                    hint=nearest(column, columns),
                )
            )
    keys = list(dict.fromkeys((*by, "campaign_id", "month")))
    mail = campaigns.messages(data, keys, kind=kind)
    logged = mail["campaign_id"].isin(campaigns.covered(data))
    parts = [_exported(mail[~logged], list(by)), _logged(data, mail[logged], list(by))]
    columns = [*by, *STRATUM, *SUMS, *SQUARES]
    counts = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=columns)], ignore_index=True)
    counts[[*SUMS, *SQUARES]] = counts[[*SUMS, *SQUARES]].astype("Float64")
    return counts.sort_values([*by, *STRATUM], kind="stable", ignore_index=True)[columns]


def _exported(mail: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Campaigns without a log, a row a group: totals, and who is proven by them."""
    opened = (mail["opened"] - mail["opened_machine"]).astype("Float64")
    clicked = mail["clicked_human"].fillna(mail["clicked"])
    proven = pd.concat([opened, clicked], axis=1).max(axis=1, skipna=True)
    frame = mail.assign(proven=proven, everybody="")
    grouped = frame.groupby(by or ["everybody"], dropna=False)
    sums = grouped[[*MAIL, "proven"]].agg(lambda values: values.sum(skipna=False)).reset_index()
    unmeasured = dict.fromkeys([*SUMS[len(MAIL) + 1 :], *SQUARES], 0)
    return sums.assign(**dict.fromkeys(STRATUM), **unmeasured).drop(columns=[] if by else "everybody")


def _logged(data: Data, mail: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Campaigns of the log, a row a group and stratum."""
    if mail.empty:
        return pd.DataFrame()
    groups = mail[by].drop_duplicates().reset_index(drop=True) if by else pd.DataFrame(index=[0])
    places = mail.merge(groups.reset_index(names="group"), on=by) if by else mail.assign(group=0)
    # A mail of no test has no variant; NULL would join nothing.
    names = ["campaign_id", "month", *(["variant"] if "variant" in by else [])]
    places = places[["group", *names]].fillna({"variant": ""}).astype(dict.fromkeys(names, "string"))
    place = ibis.memtable(places, schema={"group": "int64"} | dict.fromkeys(names, "string"))
    table = log.of_delivered(scope.history(data, "messages")).filter(_.delivered, scope.within(data, _.sent_local))
    table = table.mutate(month=_.sent_local.strftime("%Y-%m"), variant=_.variant.fill_null("")).join(place, names)
    # A share of all mail: the same domains stand for themselves whatever the groups are.
    sizes = table.group_by("domain").agg(n=_.count()).to_pandas().set_index("domain")["n"]
    large = [name for name in sizes.index[sizes >= DOMAIN_SHARE * sizes.sum()] if isinstance(name, str)]
    trackable = _.opens_told & (_.client == "trackable")
    person = _.opens_told & _.opened & ~_.opened_machine & ~_.opened_suspect
    table = table.mutate(
        domain=ibis.ifelse(_.domain.isin(large), _.domain, OTHER),
        clicks_besides=ibis.cases((_.clicked_besides == 0, "0"), (_.clicked_besides == 1, "1"), else_="2+"),
        proven=person.fill_null(NO) | _.clicked_strictest.fill_null(NO),
        delivered_told=_.opens_told,
        delivered_prefetching=_.opens_told & (_.client == "prefetching"),
        delivered_unknown=_.opens_told & (_.client == "unknown"),
        delivered_trackable=trackable,
        opened_trackable=trackable & _.opened & ~_.opened_machine,
    )
    place_of = ["group", *STRATUM]
    people = table.group_by(*place_of, "contact_key").agg(**{name: log.whole_sum(name) for name in SUMS})
    sums = people.group_by(place_of).agg(
        **{name: log.whole_sum(name) for name in SUMS},
        opened_squares=(_.opened_trackable * _.opened_trackable).sum(),
        delivered_squares=(_.delivered_trackable * _.delivered_trackable).sum(),
        opened_by_delivered=(_.opened_trackable * _.delivered_trackable).sum(),
    )
    return groups.join(sums.to_pandas().set_index("group"), how="inner").reset_index(drop=True)
