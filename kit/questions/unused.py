"""Which canonical columns no question uses yet: what is read and not used is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibis import _

from kit.counts import scope
from kit.counts.service import rated_beside

if TYPE_CHECKING:
    from kit.store import Data

UNUSED = {
    "campaign_stats": ("forwarded",),
    "tickets": ("channel",),
    "ticket_messages": ("subject",),
    "deals": ("contact_ids", "pipeline", "tags", "last_activity_local"),
    "billing": ("fee", "invoice_id"),
    "web": ("channel", "utm_source", "utm_medium", "utm_content", "users"),
    "dmarc": ("report_id", "last_day", "disposition", "spf_domain"),
    "postmaster": ("spf_rate", "dkim_rate", "dmarc_rate", "error_rate"),
    "mails": ("subject", "labels", "has_attachment", "defects"),
}
"""For each table the columns that are read and kept, and that no question asks for yet."""

ASKED = {"surveys": ("survey_type", ("csat", "nps", "ces"))}
"""Tables of which the questions take some kinds of rows only: the column that tells them, and the kinds."""


def unused(data: Data) -> dict[str, list[str]]:
    """For each file what it tells and no question uses yet: names of columns, and kinds of rows like "nps"."""
    found: dict[str, list[str]] = {}
    for name in {**UNUSED, **ASKED}:
        table = scope.history(data, name)
        if table is None:
            continue
        filled = {column: _[column].notnull().any() for column in UNUSED.get(name, ())}
        rows = table.group_by("source_file").agg(**filled).to_pandas() if filled else None
        for row in [] if rows is None else rows.to_dict("records"):
            found.setdefault(row.pop("source_file"), []).extend(str(column) for column in row if row[column])
        if name in ASKED:
            kind, asked = ASKED[name]
            others = table.filter(~table[kind].isin(asked)).select("source_file", kind).distinct()
            for row in others.order_by("source_file", kind).to_pandas().to_dict("records"):
                found.setdefault(row["source_file"], []).append(str(row[kind]))
    for file in rated_beside(data):
        found.setdefault(file, []).append("csat")
    return {file: names for file, names in found.items() if names}
