"""Whether the data can answer a notebook's question, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from ibis import _

from kit.tables import CAMPAIGN_STATS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.store import Data


def answers(needs: Mapping[str, Any], data: Data) -> str | None:
    """Why the data cannot answer, or None where it can.

    Args:
        needs: of a notebook's metadata. `any`: alternatives, each {"table": name, "columns": names that
            must not all be NULL}; one must be met. `campaigns`, `months`, `variants`: at least so many
            campaigns that are no tests, months with mail, and variants of one campaign.
        data: what `kit.open` returned.
    """
    alternatives = needs.get("any", [])
    reasons = [_lacks(data, one) for one in alternatives]
    if reasons and all(reasons):
        return "; or ".join(str(reason) for reason in reasons)
    if "campaigns" in needs:
        there = int((~data.campaigns["is_test"].astype(bool)).sum())
        if there < needs["campaigns"]:
            return f"it needs {needs['campaigns']} campaigns, there are {there}{_narrowed(data)}"
    if "months" in needs:
        months = _months(data)
        if len(months) < needs["months"]:
            return f"it needs {needs['months']} months with mail, there are {len(months)}{_narrowed(data)}"
    if "variants" in needs and _variants(data) < needs["variants"]:
        return f"no campaign went out in {needs['variants']} variants{_narrowed(data)}"
    return None


def _lacks(data: Data, need: Mapping[str, Any]) -> str | None:
    name = need["table"]
    table = data.expression(name)
    if table is None:
        return f"no file holds {name}"
    empty = table.aggregate(
        rows=table.count(), **{column: table[column].notnull().sum() for column in need.get("columns", [])}
    )
    counts = empty.to_pandas().iloc[0]
    if counts["rows"] == 0:
        return f"{name} has no row"
    missing = [column for column in need.get("columns", []) if not counts[column]]
    return f"{name} does not tell {', '.join(missing)}" if missing else None


def _months(data: Data) -> set[str]:
    found = set(pd.to_datetime(data.campaigns["sent_local"]).dt.strftime("%Y-%m").dropna())
    messages = data.expression(MESSAGES.name)
    if messages is not None and not data.filters:
        found |= set(messages.select(month=_.sent_local.strftime("%Y-%m")).distinct().to_pandas()["month"].dropna())
    if data.months is None:
        return found
    return {month for month in found if data.months[0] <= month <= data.months[1]}


def _variants(data: Data) -> int:
    """The most variants that any campaign of the filters and the period went out in."""
    parts = [table for name in (CAMPAIGN_STATS.name, MESSAGES.name) if (table := data.expression(name)) is not None]
    most = 0
    for table in parts:
        pairs = table.filter(_.variant.notnull()).select(
            "campaign_id", "variant", month=table.sent_local.strftime("%Y-%m")
        )
        found = pairs.distinct().to_pandas()
        found = found[found["campaign_id"].isin(data.campaigns["campaign_id"])]
        if data.months is not None:
            found = found[found["month"].between(*data.months)]
        if len(found):
            most = max(most, int(found.groupby("campaign_id")["variant"].nunique().max()))
    return most


def _narrowed(data: Data) -> str:
    said = [f"in {' to '.join(data.period.ends)}"] if data.period else []
    said += [f"with {column} {value!r}" for column, value in data.filters]
    return f" {' '.join(said)}" if said else ""
