"""Which questions the data can answer, and what the others would require."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from ibis import _ as row

from kit import counts, metrics
from kit.counts import scope
from kit.counts.told import of_sent
from kit.messages import _, _n, message
from kit.questions.notebooks import NOTEBOOKS, load
from kit.show.formats import alternatives, joined, listing
from kit.tables import CAMPAIGN_STATS, MESSAGES, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kit.store import Data

FACTS = {
    "contact_key": message("the customer's address or number"),
    "ordered_local": message("the date of the order"),
    "created_local": message("the creation date"),
    "occurred_local": message("the date"),
    "opted_in_at": message("the date of joining"),
    "first_response_local": message("the time of the first answer"),
    "utm_campaign": message("the campaign"),
    "sessions": message("the number of sessions"),
    "link_url": message("the link that was clicked"),
    "direction": message("the sender"),
    "body_text": message("the text"),
    "score": message("the score"),
    "comment": message("the comment"),
    "csat": message("the rating"),
    "day": message("the date"),
    "value": message("the amount"),
    "company": message("the company"),
}
"""What the columns tell that questions require, in a reader's words."""


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
    needs = requires.get("any", [])
    missing = [_missing(data, need) for need in needs]
    if needs and all(columns != [] for columns in missing):
        return _nothing_to_answer_from(needs, missing)
    if requires.get("reported") and len(counts.reported_rates(data)):
        return None
    campaigns = int((~data.campaigns["is_test"].astype(bool)).sum())
    if campaigns < (n := requires.get("campaigns", 0)):
        reason = _n(
            "{n} campaign is needed; available: {available}",
            "{n} campaigns are needed; available: {available}", n,
            available=campaigns,
        )  # fmt: skip
    elif "rates" in requires and (why := _no_rate(data, requires["rates"])):
        reason = why
    elif "months" in requires and not (available := len(_months(data))) and data.campaigns["sent_local"].isna().any():
        reason = _("no campaign has a date, so the months are not known")
    elif "months" in requires and (available := len(_months(data))) < (n := requires["months"]):
        reason = _n(
            "{n} month with e-mails is needed; available: {available}",
            "{n} months with e-mails are needed; available: {available}",
            n, available=available,
        )  # fmt: skip
    elif "variants" in requires and _variants(data) < (n := requires["variants"]):
        reason = _n("no campaign went out in {n} version", "no campaign went out in {n} versions", n)
    else:
        return None
    return " ".join([reason, *_narrowing(data)])


def _missing(data: Data, need: Mapping[str, Any]) -> list[str] | None:
    """The columns that a table lacks, [] where it has all of them; None where no file has a row of the table."""
    table = scope.history(data, need["table"])
    if table is None:
        return None
    columns = need.get("columns", [])
    filled = {column: table[column].notnull().sum() for column in columns}
    counts = table.aggregate(rows=table.count(), **filled).to_pandas().iloc[0]
    return [column for column in columns if not counts[column]] if counts["rows"] else None


def _nothing_to_answer_from(needs: Sequence[Mapping[str, Any]], missing: Sequence[list[str] | None]) -> str:
    """Why no alternative is met: the contents that no file has, and what those lack that files have."""
    reasons = [
        _("{contents} came without {facts}", contents=TABLES[need["table"]].contents,
          facts=listing([FACTS[column] for column in columns]))
        for need, columns in zip(needs, missing, strict=True)
        if columns
    ]  # fmt: skip
    names = dict.fromkeys(need["table"] for need, columns in zip(needs, missing, strict=True) if columns is None)
    if names:
        absent = alternatives([TABLES[name].contents for name in names])
        reasons.append(_("none of your files contains {contents}", contents=absent))
    return joined(reasons)


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
        return _("your files contain no e-mails")
    if mail[["sent", "delivered"]].isna().all(axis=None):
        return _("no source shows how many e-mails were sent or delivered")
    reactions = {kpi.numerator for kpi in map(metrics.find, kpis)} & set(mail)
    if mail[sorted(reactions)].isna().all(axis=None):
        return _("no source shows what happened to the e-mails: no bounces, opens, clicks or unsubscribes are counted")
    if of_sent(data):
        return _("this question's rates are shares of delivered e-mails, and no source shows how many were delivered")
    return _("no source has both counts for any of this question's rates")


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
    filters = [_("with {column} = {value}", column=column, value=repr(value)) for column, value in data.filters]
    if data.period is None:
        return filters
    first, last = data.period.ends
    return [_("from {first} to {last}", first=first, last=last), *filters]
