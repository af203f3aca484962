"""What the counts of a campaign must agree on: derived columns, reported rates, impossible numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kit.sources import times
from kit.sources.conform import UNSETTLED

TOLERANCE = 0.001
"""How far a reported rate may lie from the counts, as a share: 0.1 points is rounding."""

Rows = Sequence[tuple[int, dict[str, Any]]]
"""The line and the values of each row."""

_AT_MOST = (
    ("delivered", "sent"),
    ("bounced", "sent"),
    ("unsubscribed", "sent"),
    ("complained", "sent"),
    ("opened", "delivered"),
    ("clicked", "delivered"),
    ("opened", "opens_total"),
    ("clicked", "clicks_total"),
    ("opened_machine", "opened"),
    ("bounced_hard", "bounced"),
    ("bounced_soft", "bounced"),
)
_OF_MAIL = ("delivered", "sent")
_RATES = {
    "reported_open_rate": ("opened", _OF_MAIL),
    "reported_click_rate": ("clicked", _OF_MAIL),
    "reported_ctor": ("clicked", ("opened",)),
}
"""What a reported rate counts, and over what: the usual base first."""


def campaigns(rows: Rows) -> list[str]:
    """Complete the rows of `campaign_stats` in place; what is odd about them, in words."""
    for _, row in rows:
        _name_month(row)
        _derive(row)
    notes: list[str] = []
    for rate, (count, bases) in _RATES.items():
        notes += _settle(rows, rate, count, bases)
        notes += _compare(rows, rate, count, bases)
    for small, large in _AT_MOST:
        odd = [
            (line, row)
            for line, row in rows
            if row.get(small) is not None and row.get(large) is not None and row[small] > row[large]
        ]
        if odd:
            line, row = odd[0]
            notes.append(
                f"{small} is larger than {large} in {_rows(odd)}, first on line {line}: {row[small]} and {row[large]}"
            )
    return notes


def _name_month(row: dict[str, Any]) -> None:
    """A row that sums up a month is called like 2026-07, however the file writes it, so that it is known as one."""
    told = times.month(row.get("campaign_name") or "")
    sent = row.get("sent_local")
    if told and sent is not None and sent == datetime(*told, 1) and not row.get("subject"):
        row["campaign_name"] = f"{told[0]}-{told[1]:02d}"


def _derive(row: dict[str, Any]) -> None:
    """Bounced from its parts, delivered from sent and bounced, where the file does not say them."""
    hard, soft = row.get("bounced_hard"), row.get("bounced_soft")
    if row.get("bounced") is None and hard is not None and soft is not None:
        row["bounced"] = hard + soft
    exported = row.get("delivered") is not None
    if not exported and row.get("sent") is not None and row.get("bounced") is not None:
        row["delivered"] = max(row["sent"] - row["bounced"], 0)
    row["delivered_is_derived"] = None if row.get("delivered") is None else not exported


def _settle(rows: Rows, rate: str, count: str, bases: tuple[str, ...]) -> list[str]:
    """Decide for a whole column whether 0.5 is a half or half a per cent, by the counts."""
    unsettled = [row for _, row in rows if row.get(rate + UNSETTLED) is not None]
    if not unsettled:
        return []

    def off(divisor: int) -> list[float]:
        return [
            abs(row[rate + UNSETTLED] / divisor - row[count] / row[base])
            for row in unsettled
            for base in bases
            if row.get(count) is not None and row.get(base)
        ]

    if not off(1):
        return [f"{rate} has no % sign and no counts to tell its unit by; it is left empty"]
    divisor = min((1, 100), key=lambda one: sum(off(one)))
    for row in unsettled:
        row[rate] = row[rate + UNSETTLED] / divisor
    return []


def _compare(rows: Rows, rate: str, count: str, bases: tuple[str, ...]) -> list[str]:
    """Where a reported rate is not what the counts make; or over which other base it is."""
    told = [(line, row) for line, row in rows if row.get(rate) is not None and row.get(count) is not None]
    wrong: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for base in bases:
        known = [(line, row) for line, row in told if row.get(base)]
        if not known:
            continue
        wrong[base] = [(line, row) for line, row in known if abs(row[rate] - row[count] / row[base]) > TOLERANCE]
        if not wrong[base]:
            same = base == bases[0] or not wrong.get(bases[0])
            return [] if same else [f"{rate} is {count} over {base} in this file, not over {bases[0]}"]
    if not wrong:
        return []
    base, odd = min(wrong.items(), key=lambda item: len(item[1]))
    line, row = odd[0]
    said = (
        f"{rate} is not {count} over {base} in {_rows(odd)}, first on line {line}: "
        f"{row[rate]:.2%} reported, {row[count] / row[base]:.2%} by the counts; the counts are used"
    )
    return [said]


def _rows(odd: Rows) -> str:
    return "1 row" if len(odd) == 1 else f"{len(odd)} rows"
