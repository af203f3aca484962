"""Openings and clicks that were not tracked: none of so many is no measured zero where the usual share reacts.

Platforms write 0 for mail that went out before tracking was switched on. A campaign, or a month of it in a log,
without a single reaction is such a case where chance could hardly bring it about: with the share p that reacts in the
other mail, none of n does with the probability (1 - p)^n. `tracking.opens_since` and `tracking.clicks_since` of
kit.toml say it instead: what was sent before is not tracked, and every zero since is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from ibis import _

from kit.tables import CAMPAIGN_STATS, MESSAGES

if TYPE_CHECKING:
    from pathlib import Path

    from kit.settings import Settings
    from kit.store.engine import Engine, Expression

CHANCE = 1e-6
"""Probability of none at all below which it is not taken for a measurement: about once in a million campaigns."""

FEWEST = 100
"""Mails without a reaction, and mails that tell the usual share: of fewer no share is known well enough."""

TRACKED = {
    "opened": ("opened", "opened_machine", "opened_suspect", "opens_total"),
    "clicked": ("clicked", "clicked_human", "clicked_strictest", "clicks_total"),
}
"""What is not known where openings, or clicks, were not tracked."""

TOTALS = {"opened": "opens_total", "clicked": "clicks_total"}
SINCE = {"opened": "tracking.opens_since", "clicked": "tracking.clicks_since"}
"""The setting that says since when each was tracked."""

_UNIT = ["table", "row", "campaign_id", "month", "sent_local", "n"]


def untracked(stats: pd.DataFrame, messages: Expression | None, settings: Settings) -> pd.DataFrame:
    """What was not tracked.

    Args:
        stats: campaign_stats, a row a statement.
        messages: the messages of the logs; None without.
        settings: for SINCE.

    Returns:
        A row a count and unit (a row of `stats`, or a campaign's messages of a month): count ["opened" or "clicked"],
        table, row [position in `stats`], campaign_id, month, sent_local, n [mails], usual [share of the other mail;
        NaN where the setting says it].
    """
    units = pd.concat([part for part in (_of_stats(stats), _of_messages(messages)) if len(part)] or [pd.DataFrame()])
    if units.empty:
        return pd.DataFrame(columns=["count", *_UNIT, "usual"])
    return pd.concat([_without(units, count, settings) for count in TRACKED], ignore_index=True)


def apply(found: pd.DataFrame, stats: pd.DataFrame, engine: Engine, place: Path) -> pd.DataFrame:
    """`stats` with NULL for what was not tracked; the messages of the store are written anew with the same."""
    stats = stats.copy()
    of_stats, of_messages = found["table"] == CAMPAIGN_STATS.name, found["table"] == MESSAGES.name
    for count, names in TRACKED.items():
        rows = found.loc[of_stats & (found["count"] == count), "row"].astype(int)
        stats.loc[stats.index[rows.tolist()], [name for name in names if name in stats]] = None
    if of_messages.any():
        path = place / MESSAGES.name / "0.parquet"
        whole = path.rename(path.with_suffix(".whole"))
        messages = engine.read_parquet([whole])
        for count, units in found[of_messages].groupby("count"):
            off = (_unit(messages)).isin(_key(units).tolist())
            messages = messages.mutate(**{name: off.ifelse(None, messages[name]) for name in TRACKED[str(count)]})
        engine.to_parquet(messages, path)
        whole.unlink()
    return stats


def _without(units: pd.DataFrame, count: str, settings: Settings) -> pd.DataFrame:
    """The units in which one count was not tracked."""
    n, reacted = (units[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for name in ("n", count))
    total = units[TOTALS[count]].astype("Float64").to_numpy(dtype=float, na_value=0.0)
    since = settings[SINCE[count]]
    if since is not None:
        usual = np.nan
        off = (pd.to_datetime(units["sent_local"]) < since.replace(tzinfo=None)).to_numpy() & ~np.isnan(reacted)
    else:
        some = (reacted > 0) & (reacted <= n)
        usual = reacted[some].sum() / n[some].sum() if n[some].sum() >= FEWEST else 0.0
        none = (reacted == 0) & (total == 0) & (n >= FEWEST)
        off = none & (np.power(1 - usual, np.nan_to_num(n)) < CHANCE)
    return units.loc[off, _UNIT].assign(count=count, usual=usual)[["count", *_UNIT, "usual"]]


def _of_stats(stats: pd.DataFrame) -> pd.DataFrame:
    sent = pd.to_datetime(stats["sent_local"])
    return stats[["campaign_id", "opened", "opens_total", "clicked", "clicks_total"]].assign(
        table=CAMPAIGN_STATS.name,
        row=range(len(stats)),
        month=sent.dt.strftime("%Y-%m"),
        sent_local=sent,
        n=stats["delivered"].astype("Float64").fillna(stats["sent"].astype("Float64")),
    )


def _of_messages(messages: Expression | None) -> pd.DataFrame:
    if messages is None:
        return pd.DataFrame()
    went = _.delivered.coalesce(_.sent)
    units = messages.group_by("campaign_id", month=_.sent_local.strftime("%Y-%m")).agg(
        sent_local=_.sent_local.min(),
        n=went.cast("int64").sum(),
        **{name: _[name].cast("int64").sum() for name in ("opened", "opens_total", "clicked", "clicks_total")},
    )
    return units.order_by("campaign_id", "month").to_pandas().assign(table=MESSAGES.name, row=-1)


def _unit(messages: Expression) -> Expression:
    return messages.campaign_id.fill_null("") + "|" + messages.sent_local.strftime("%Y-%m")


def _key(units: pd.DataFrame) -> pd.Series:
    return units["campaign_id"].astype("object").fillna("").astype(str) + "|" + units["month"].astype(str)
