"""The latest moment that the data knows of, but for times that a slip of the pen has moved far ahead of all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.messages import message
from kit.tables import CAMPAIGN_STATS, CAMPAIGNS, CORRESPONDENCE, MESSAGES, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kit.messages import Text
    from kit.settings import Settings
    from kit.store.engine import Engine, Expression
    from kit.tables import Column

EXPECTED = {("deals", "closed_local"), ("costs", "period_end"), ("web", "period_end")}
"""Times that may lie ahead: when something is expected or ends, not when it happened."""

FAR = timedelta(days=5 * 365)
"""So long after all other times of its column a time is a slip: nobody exports nothing for five years."""

FEW = 0.01
"""Share of the times of a column, or one of them, that may be slips."""

ENOUGH = 5
"""Times of a column, at least, before one of them is far from the others."""

AHEAD = timedelta(days=1)
"""How far a time may be ahead of the clock: zones, and clocks that go wrong."""

Span = tuple[Any, Any, int, int]
"""Of a column of times: the earliest, the latest, how many there are, and how many are ahead of now."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest moment, on the firm's clock; None without any time; and what to say of times beyond it."""

    moment: pd.Timestamp | None
    notes: tuple[Text, ...]


def clock() -> pd.Timestamp:
    """The latest time, in UTC, that can have happened by now."""
    return pd.Timestamp(datetime.now(UTC)) + AHEAD


def latest(engine: Engine, place: Path, settings: Settings) -> Latest:
    """The latest time of all tables that is no slip."""
    now = clock()
    plausible: list[pd.Timestamp] = []
    slips: dict[pd.Timestamp, Text] = {}
    for source, column, span in sorted(_times(engine, place, now), key=lambda time: time[1].name == "as_of"):
        of_files = column.name == "as_of" and bool(slips)  # made of the file's own times, slips among them
        rows = source.filter(source.as_of.notin([*slips])) if of_files else source
        span_of_rows = _spans(rows, [column], now)[column.name] if of_files else span
        moment, beyond = _of_column(rows, column, span_of_rows, now)
        if moment is not None:
            plausible.append(_local(moment, settings))
        if beyond is not None:
            slips.setdefault(_local(beyond, settings), _named(source, column.name, beyond))
    if not plausible:
        return Latest(_month_end(engine, place, max(slips)) if slips else None, ())
    return Latest(_month_end(engine, place, max(plausible)), tuple(slips.values()))


def slips(times: pd.Series) -> pd.Series:
    """Which of a file's times, on the firm's clock, are far later than its others, or than now: by the same measure."""
    few = max(1, int(FEW * times.count()))
    ahead = times > clock().tz_localize(None)
    if 0 < ahead.sum() <= few:
        return ahead
    far = times > times.max() - FAR
    return far & (times.count() >= ENOUGH and times.max() - times.min() > FAR and far.sum() <= few)


def _times(engine: Engine, place: Path, now: pd.Timestamp) -> Iterator[tuple[Expression, Column, Span]]:
    """The columns of times of all tables that files fill, each with its table and what it spans."""
    for table in TABLES.values():
        parts = sorted(place.glob(f"{table.name}/*.parquet"))
        columns = [
            column
            for column in table.columns
            if column.type in ("time", "local") and (table.name, column.name) not in EXPECTED
        ]
        if not parts or not columns or table in (MESSAGES, CAMPAIGNS, CORRESPONDENCE):
            continue
        source = engine.read_parquet(parts)
        spans = _spans(source, columns, now)
        yield from ((source, column, spans[column.name]) for column in columns)


def _spans(source: Expression, columns: Sequence[Column], now: pd.Timestamp) -> dict[str, Span]:
    """What each of the columns spans, by its name."""
    measures = {}
    for column in columns:
        times = source[column.name]
        measures |= {
            f"{column.name} first": times.min(),
            f"{column.name} last": times.max(),
            f"{column.name} n": times.count(),
            f"{column.name} ahead": (times > _on_clock(now, column).to_pydatetime()).sum(),
        }
    values = iter(source.agg(**measures).to_pyarrow().to_pylist()[0].values())
    return dict(zip((column.name for column in columns), zip(*[values] * 4, strict=True), strict=True))


def _on_clock(now: pd.Timestamp, column: Column) -> pd.Timestamp:
    return now if column.type == "time" else now.tz_localize(None)


def _of_column(
    source: Expression, column: Column, span: Span, now: pd.Timestamp
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The latest time of a column that is no slip, and the latest of all where that is one."""
    first, last, n, ahead = span
    times = source[column.name]
    if last is None:
        return None, None
    few = max(1, int(FEW * n))
    bound = None
    if 0 < ahead <= few:
        bound = _on_clock(now, column)
    elif n >= ENOUGH and last - first > FAR:
        bound = pd.Timestamp(last) - FAR
        if source.filter(times > bound.to_pydatetime()).count().to_pyarrow().as_py() > few:
            bound = None
    if bound is None:
        return pd.Timestamp(last), None
    before = source.filter(times <= bound.to_pydatetime())[column.name].max().to_pyarrow().as_py()
    return (None if before is None else pd.Timestamp(before)), pd.Timestamp(last)


def _local(moment: pd.Timestamp, settings: Settings) -> pd.Timestamp:
    return moment if moment.tzinfo is None else moment.tz_convert(settings.zone or "UTC").tz_localize(None)


def _named(source: Expression, column: str, moment: pd.Timestamp) -> Text:
    file = source.filter(source[column] == moment.to_pydatetime()).source_file.min().to_pyarrow().as_py()
    return message(
        "{file}: {column} {moment} is far later than the other times or than now. It is not used as the end date of "
        "the data.",
        file=file,
        column=column,
        moment=f"{moment:%Y-%m-%d}",
    )


def _month_end(engine: Engine, place: Path, latest: pd.Timestamp) -> pd.Timestamp:
    """The end of the month, where the latest moment of all is the first of a month that a row sums up."""
    parts = sorted(place.glob(f"{CAMPAIGN_STATS.name}/*.parquet"))
    if not parts or latest != latest.to_period("M").start_time:
        return latest
    stats = engine.read_parquet(parts)
    sums = (stats.sent_local == latest.to_pydatetime()) & (stats.campaign_name == f"{latest:%Y-%m}")
    if not stats.filter(sums).count().to_pyarrow().as_py():
        return latest
    return latest.to_period("M").end_time.floor("min")
