"""Which questions the data can answer, and what the others would require."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import pandas as pd
from ibis import _ as row

from kit import counts, metrics
from kit.counts import scope
from kit.counts.told import of_sent
from kit.messages import _, _n
from kit.questions.notebooks import NOTEBOOKS, load
from kit.show.formats import commas
from kit.tables import CAMPAIGN_STATS, MESSAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kit.store import Data


def answerable(data: Data, *, notebooks: Path = NOTEBOOKS) -> pd.DataFrame:
    """Which notebooks the data can feed.

    Returns:
        A row a notebook: notebook, question, reason [None: it can be answered].
    """
    rows = [(book.name, book.question, unmet(book.requires, data)) for book in load(notebooks)]
    return pd.DataFrame(rows, columns=["notebook", "question", "reason"], dtype=object)


def unmet(requires: Mapping[str, Any], data: Data) -> str | None:
    """Why the data cannot answer, or None where it can.

    Args:
        requires: of a notebook's metadata. `any`: alternatives, each {"table": name, "columns": names that
            must not all be NULL}; one must be met. `campaigns`, `months`, `variants`: at least so many
            campaigns that are no tests, months with mail, and variants of one campaign. `rates`: keys of rates of
            mail, of one of which some campaign must tell both counts; [] for any. `reported`: whether rates that a file
            reports without their counts are enough, whatever else it requires.
        data: what `kit.open` returned.
    """
    reasons = [_lacking(data, need) for need in requires.get("any", [])]
    if reasons and all(reasons):
        return reduce(_or, map(str, reasons))
    if requires.get("reported") and len(counts.reported_rates(data)):
        return None
    campaigns = int((~data.campaigns["is_test"].astype(bool)).sum())
    if campaigns < (n := requires.get("campaigns", 0)):
        reason = _n(
            "it needs {n} campaign, there are {available}", "it needs {n} campaigns, there are {available}", n,
            available=campaigns,
        )  # fmt: skip
    elif "rates" in requires and (why := _no_rate(data, requires["rates"])):
        reason = why
    elif "months" in requires and not (available := len(_months(data))) and data.campaigns["sent_local"].isna().any():
        reason = _("no campaign has a date, so no month can be told")
    elif "months" in requires and (available := len(_months(data))) < (n := requires["months"]):
        reason = _n(
            "it needs {n} month with mail, there are {available}",
            "it needs {n} months with mail, there are {available}",
            n, available=available,
        )  # fmt: skip
    elif "variants" in requires and _variants(data) < (n := requires["variants"]):
        reason = _n("no campaign went out in {n} variant", "no campaign went out in {n} variants", n)
    else:
        return None
    return " ".join([reason, *_narrowing(data)])


def _or(first: str, second: str) -> str:
    return _("{first}; or {second}", first=first, second=second)


def _lacking(data: Data, need: Mapping[str, Any]) -> str | None:
    """What the data lacks of one table, as a clause; None where it has all of it."""
    name, columns = need["table"], need.get("columns", [])
    table = scope.history(data, name)
    if table is None:
        return _("no file holds {table}", table=name)
    filled = {column: table[column].notnull().sum() for column in columns}
    counts = table.aggregate(rows=table.count(), **filled).to_pandas().iloc[0]
    if counts["rows"] == 0:
        return _("{table} has no row", table=name)
    empty = [column for column in columns if not counts[column]]
    return _("{table} does not tell {columns}", table=name, columns=commas(empty)) if empty else None


def _months(data: Data) -> set[str]:
    """The months of the question with mail."""
    months = set(pd.to_datetime(scope.campaigns(data)["sent_local"]).dt.strftime("%Y-%m").dropna())
    messages = None if data.filters else scope.rows(data, MESSAGES.name)
    if messages is None:
        return months
    logged = messages.select(month=row.sent_local.strftime("%Y-%m")).distinct().to_pandas()["month"]
    return months | set(logged.dropna())


def _no_rate(data: Data, keys: Sequence[str]) -> str | None:
    """Why none of some rates of the question's mail can be told; None where one can."""
    mail = counts.messages(data, ["campaign_id"])
    kpis = keys or [metrics.as_told(data, key) for key in metrics.MAIL_RATES]
    if metrics.overall(mail, kpis)["value"].notna().any():
        return None
    if mail.empty:
        return _("no mail came in")
    if mail[["sent", "delivered"]].isna().all(axis=None):
        return _("no source tells how much mail was sent or delivered")
    reactions = {kpi.numerator for kpi in map(metrics.find, kpis)} & set(mail)
    if mail[sorted(reactions)].isna().all(axis=None):
        return _("no source tells what became of the mail: no bounce, opening, click or unsubscribing is counted")
    if of_sent(data):
        return _("its rates are of mails delivered, and no source tells what was delivered")
    return _("no source tells both counts of any of its rates")


def _variants(data: Data) -> int:
    """The most variants that any campaign of the question went out in."""
    most = [0]
    for name in (CAMPAIGN_STATS.name, MESSAGES.name):
        table = scope.rows(data, name)
        if table is not None:
            counts = table.filter(row.campaign_id.notnull()).group_by("campaign_id").agg(n=row.variant.nunique())
            most.append(counts.n.max().to_pandas() or 0)
    return int(max(most))


def _narrowing(data: Data) -> list[str]:
    """What the question is narrowed to, as phrases."""
    filters = [_("with {column} {value}", column=column, value=repr(value)) for column, value in data.filters]
    if data.period is None:
        return filters
    first, last = data.period.ends
    return [_("in {first} to {last}", first=first, last=last), *filters]
