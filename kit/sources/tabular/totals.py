"""What a file says only by several cells: a record by its rows, a month by its days, a base by its rate, a sum."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kit.messages import Text, message_n
from kit.sources.detect import records
from kit.sources.tabular.derived import UNSETTLED
from kit.sources.tabular.table_rules import RATES, TOLERANCE
from kit.tables import COUNTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from kit.sources.detect.presets import Preset
    from kit.sources.text.cells import CellError

Numbered = tuple[int, dict[str, Any]]
"""A row and the line that it stands on."""

ADD_UP = [column.name for column in COUNTS if column.unit != "people" or column.name in {"unsubscribed", "complained"}]
"""Counts whose sum over days means something: who opens on two days is one person, and leaves only once."""

DIGITS = 10
"""Decimals of a share beyond which lies only what a computer makes of it."""


def by_record(
    preset: Preset, lines: Sequence[records.Line], left_out: Collection[tuple[str, ...]], equal: Collection[int]
) -> tuple[list[Numbered], dict[int, CellError], list[Text]]:
    """The records of the rows of a file: each row, several rows together, or the days of a month.

    Args:
        preset: how the file is meant.
        lines: the rows that could be read.
        left_out: the keys of rows that could not.
        equal: the lines that say in every cell what an earlier one says.

    Returns:
        The first line and the values of each record; the lines that make none, with the reason; notes.
    """
    if preset.lines_of:
        return records.merged(preset, lines, left_out, equal)
    kept = [(line.line, line.record) for line in lines]
    if not preset.by_month:
        return kept, {}, []
    months, notes = by_month(kept)
    return months, {}, notes


def complete(preset: Preset, rows: Sequence[Numbered]) -> list[Text]:
    """Fill in place what `from_rate` and `sums` of the preset say; what to say about it."""
    notes: list[Text] = []
    for base, rate in preset.from_rate.items():
        notes += _from_rate(rows, base, rate)
    for name, parts in preset.sums.items():
        lacking = [row for _, row in rows if row.get(name) is None and all(row.get(part) is not None for part in parts)]
        for row in lacking:
            row[name] = sum(row[part] for part in parts)
        if lacking:
            text = message_n("{name} in {n} row is calculated as {parts}", "{name} in {n} rows is calculated as "
                                                                           "{parts}", len(lacking),
                             n=str(len(lacking)), name=name, parts=" + ".join(parts))  # fmt: skip
            notes.append(text)
    return notes


def _from_rate(rows: Sequence[Numbered], base: str, rate: str) -> list[Text]:
    """The base of a reported rate: its count over it, where the rate is written with digits enough.

    A rate without a % sign is taken as a fraction. Half of its last digit is how far it may be off.
    """
    count = RATES[rate][0]
    shares = [(row, row.get(rate) if row.get(rate) is not None else row.get(rate + UNSETTLED)) for _, row in rows]
    known = [(row, share) for row, share in shares if share]
    half = 10.0 ** -max((_decimals(share) for _, share in known), default=0) / 2
    near = [
        (row, share)
        for row, share in known
        if row.get(base) is None and row.get(count) and half / share <= TOLERANCE and share <= 1
    ]
    for row, share in near:
        row[base] = round(row[count] / share)
        if base == "delivered":
            row["delivered_is_derived"] = True
    if not near:
        return []
    return [
        message_n(
            "{base} in {n} row is not in the file; it is calculated as {count} divided by {rate}, to within {error}",
            "{base} in {n} rows is not in the file; it is calculated as {count} divided by {rate}, to within {error}",
            len(near), n=str(len(near)), base=base, count=count, rate=rate,
            error=f"{max(half / share for _, share in near):.3%}",
        )
    ]  # fmt: skip


def _decimals(share: float) -> int:
    exponent = Decimal(repr(round(share, DIGITS))).normalize().as_tuple().exponent
    return max(-int(exponent), 0)


def by_month(rows: Sequence[Numbered]) -> tuple[list[Numbered], list[Text]]:
    """Rows of days as a row a month, which is no campaign; people of a day are left unknown, for they do not add.

    Args:
        rows: of `campaign_stats`, each of one day.

    Returns:
        The first line and the sums of each month, a count that a day lacks left out; what to say.
    """
    months: defaultdict[datetime, list[Numbered]] = defaultdict(list)
    dated = [(line, row) for line, row in rows if row.get("sent_local")]
    for line, row in dated:
        months[row["sent_local"].replace(day=1, hour=0, minute=0, second=0)].append((line, row))
    latest = max((row["sent_local"] for _, row in dated), default=None)
    summed: list[Numbered] = []
    for month, days in months.items():
        amounts: dict[str, list[Any]] = {name: [row.get(name) for _, row in days] for name in ADD_UP}
        sums = {name: sum(counts) for name, counts in amounts.items() if None not in counts}
        named = {"campaign_name": f"{month:%Y-%m}", "sent_local": month, "as_of": latest}
        summed.append((days[0][0], sums | named))
    if not summed:
        return [], []
    note = message_n(
        "{days} days are added up to {months} month. People who opened or clicked are counted per day and are not "
        "added up",
        "{days} days are added up to {months} months. People who opened or clicked are counted per day and are not "
        "added up",
        len(summed), days=str(len(dated)), months=str(len(summed)),
    )  # fmt: skip
    return summed, [note]
