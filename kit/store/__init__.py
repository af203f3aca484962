"""The store: canonical tables as Parquet in the user's cache, keyed by what was read.

`open_data` is the one way in. The first call on a folder reads its files and writes the tables;
every later call on the same content only opens them. Nothing is written into the user's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kit.errors import UsageError, nearest
from kit.messages import SOURCE, WHOLE, _, language, use
from kit.places import from_notebook
from kit.sources.text.encodings import readable
from kit.store import build, raw
from kit.store.engine import Engine, Expression
from kit.store.period import Period, parse_period
from kit.tables import CAMPAIGNS, MESSAGES, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from kit.settings import Settings
    from kit.sources import FileLog

__all__ = [
    "AUTOMATED",
    "FILTERS",
    "Data",
    "Expression",
    "Period",
    "open_data",
    "open_for_answers",
    "parse_period",
    "parse_where",
]

FILTERS = ("list_name", "campaign_type", "campaign_name", "subject", "tags")
"""The columns of campaigns by which `where` may narrow the question."""

AUTOMATED = ("automation", "transactional")
"""The types of campaigns that a person's own doing sets off; all others are bulk mail."""


@dataclass(frozen=True, repr=False)
class Data:
    """What was read, and the question's filters.

    Attributes:
        name: the folder's or file's name.
        path: where the tables lie (the cache, never the user's folder).
        files: what became of each file, in order.
        settings: the folder's kit.toml.
        period: the question's days; None: all.
        filters: column of campaigns -> value.
        target: the folder or file that was read; None where it is not known.
    """

    name: str
    path: Path
    files: tuple[FileLog, ...]
    settings: Settings
    period: Period | None = None
    filters: tuple[tuple[str, str], ...] = ()
    target: Path | None = None

    def __repr__(self) -> str:
        read = sum(log.status == "read" for log in self.files)
        kept, rows = (sum(getattr(log, name) for log in self.files) for name in ("rows_kept", "rows_read"))
        filters = ", ".join(f"{column}={value}" for column, value in self.filters)
        as_of = "not known" if self.as_of is None else f"{self.as_of:%Y-%m-%d %H:%M}"
        return "\n".join(
            [
                f"Data of {self.name}",
                f"files   {read:,} of {len(self.files):,} read",
                f"rows    {kept:,} of {rows:,} kept",
                f"asked   {self.period or 'all months'}, {filters or 'all campaigns'}",
                f"as of   {as_of} ({self.settings['time_zone'] or 'time zone not known'})",
            ]
        )

    @cached_property
    def engine(self) -> Engine:
        """A session of the engine for this data; it only reads."""
        return Engine()

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returns, made once for this data; of a frame a copy that its user may change.

        Args:
            key: what is made, with all that it depends on beside the data.
            make: makes it.
        """
        if key not in self._made:
            self._made[key] = make()
        value = self._made[key]
        return value.copy(deep=False) if isinstance(value, pd.DataFrame) else value

    def expression(self, name: str) -> Expression:
        """The canonical table as an expression of the engine; None where nothing was read for it."""
        return self.once(("expression", name), lambda: self._expression(name))

    def _expression(self, name: str) -> Expression:
        parts = sorted(self.path.glob(f"{name}/*.parquet"))
        return self.engine.read_parquet(parts, name=f"{name}_parts") if parts else None

    def table(self, name: str) -> pd.DataFrame:
        """The canonical table as a frame, with all its columns; empty where nothing was read for it.

        Raises:
            UsageError: no such table; names the nearest.
        """
        if name not in TABLES:
            raise UsageError(_("There is no table {name}. {hint}", name=repr(name), hint=nearest(name, TABLES)))
        table = TABLES[name]
        expression = self.expression(name)
        if expression is None:
            return pd.DataFrame({column: pd.Series(dtype="object") for column in table.names})
        return expression.to_pandas()

    def raw(self, file: str) -> pd.DataFrame:
        """What no table took of one file, as it stands, with its lines; empty where everything was mapped.

        Of tables: line, rejected [all cells of a row that was left out, as a JSON list], and the columns
        that nothing was made of. Of sectioned reports: line, section, cells [a JSON list]. Of event logs:
        line, and fields [the fields that the preset does not know, as JSON]; they are read from the log
        itself, which the store does not copy. Of mail in the same way: message [its file], byte [where it
        begins in a mailbox], and fields [the headers that no column holds, as JSON]. Files, pictures and
        the HTML of messages are in neither; nor are whole answers of an API.

        Args:
            file: as `data.files` names it.

        Raises:
            UsageError: no such file, or a log that is no longer where it was read.
        """
        return raw.of(self, file)

    @cached_property
    def campaigns(self) -> pd.DataFrame:
        """The campaigns that the filters leave, tests included [one row a campaign]."""
        frame = self.table(CAMPAIGNS.name)
        for column, value in self.filters:
            frame = frame[frame[column].astype("string").str.casefold() == value.casefold()]
        return frame.reset_index(drop=True)

    @cached_property
    def as_of(self) -> datetime | None:
        """The moment up to which the data knows, on the firm's clock.

        From kit.toml, else the latest time in the data; never the file's date. None without any time.
        """
        as_of = self.settings["as_of"]
        if as_of is not None:
            zone = self.settings.zone
            return as_of.astimezone(zone).replace(tzinfo=None) if as_of.tzinfo and zone else as_of
        return build.latest(self.path)

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the money in the data; amounts of several are never added."""
        tables = [self.expression(name) for name in ("campaign_stats", "orders", "conversions")]
        worth = ("revenue", "total", "value")
        written = [
            table.filter(table[money].fill_null(0) != 0).select("currency").distinct().to_pandas()["currency"]
            for table, money in zip(tables, worth, strict=True)
            if table is not None
        ]
        if not written:
            return ()
        return tuple(sorted(set(pd.concat(written).fillna(self.settings["currency"]))))

    @cached_property
    def history(self) -> Data:
        """The same files and filters over all months.

        A yardstick (the usual level, the variation between months) is taken from here; only what is
        told of the question's months is taken from the data itself.
        """
        return self if self.period is None else replace(self, period=None)

    @property
    def months(self) -> tuple[str, str] | None:
        """The months of the period's first and last day, "YYYY-MM"; None: all."""
        return None if self.period is None else self.period.months

    @cached_property
    def population(self) -> Literal["bulk", "automated", "no campaign"]:
        """The mail that the question is about: bulk mail, or what else there is where there is none of it.

        That is automated mail where the filters keep nothing else, and mail that names no campaign where none does.
        """
        if not self.filters and self.campaigns.empty and self.expression(MESSAGES.name) is not None:
            return "no campaign"
        types = self.campaigns.loc[~self.campaigns["is_test"].astype(bool), "campaign_type"]
        only_automated = bool(self.filters) and len(types) > 0 and bool(types.isin(AUTOMATED).all())
        return "automated" if only_automated else "bulk"

    @property
    def notes(self) -> tuple[str, ...]:
        """What putting the campaigns together could not decide, and an `as_of` that the data contradicts."""
        latest = build.latest(self.path)
        if self.settings["as_of"] is None or latest is None or self.as_of is None or self.as_of >= latest:
            return tuple(map(str, build.notes(self.path)))
        early = _(
            "as_of in kit.toml is {moment}, but the data goes up to {latest}. Later data is still counted, and "
            "recent or unanswered items are judged too early. Enter the time of the last export",
            moment=f"{self.as_of:%Y-%m-%d %H:%M}", latest=f"{latest:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        return (*map(str, build.notes(self.path)), early)

    @cached_property
    def untracked(self) -> pd.DataFrame:
        """What was not tracked and is NULL: a row a campaign and month: count, campaign_id, month, n [mails], usual."""
        gaps = build.untracked(self.path)
        gaps = gaps.sort_values("n", ascending=False).drop_duplicates(["count", "campaign_id", "month"])
        if self.filters:
            gaps = gaps[gaps["campaign_id"].isin(self.campaigns["campaign_id"])]
        months = self.months
        if months is not None:
            gaps = gaps[gaps["month"].between(*months)]
        return gaps.sort_values(["count", "month"], kind="stable", ignore_index=True)

    @property
    def zone_known(self) -> bool:
        """Whether the firm's time zone is known; without it hours and joins over sources are not judged."""
        return self.settings.zone is not None


def open_data(target: str | Path, period: str = "", where: str = "") -> Data:
    """Read a folder of exports, or one export.

    Args:
        target: the folder, or a single file.
        period: the months, quarters or days of sending, like "2026-03", "2026-Q2", "2026-01..2026-06" or
            "2026-03-01..2026-03-15"; "" for all.
        where: campaigns to keep, like "list_name=Customers, campaign_type=regular"; "" for all.

    Raises:
        UsageError: no such folder or file, an impossible month, an unknown filter.
        SettingsError: a kit.toml that cannot be used.
    """
    path = from_notebook(Path(target).expanduser())
    if not path.exists():
        raise UsageError(_("{target}: there is no such folder or file.", target=target))
    days, filters = parse_period(period), parse_where(where)
    store, files, settings = build.store(path)
    data = Data(readable(path.resolve().name), store, files, settings, days, target=path.resolve())
    for column, value in filters:
        _check_filter(data, column, value)
        data = replace(data, filters=(*data.filters, (column, value)))
    return data


def open_for_answers(target: str | Path, period: str = "", where: str = "") -> Data:
    """The same for whoever shows answers: where the reader's language has no word for them, all of it is English."""
    data = open_data(target, period, where)
    if language() not in WHOLE:
        use(SOURCE)
    return data


def parse_where(where: str) -> list[tuple[str, str]]:
    """Filters like "list_name=Customers, tags=spring" as pairs.

    Raises:
        UsageError: no pair, or a column by which campaigns cannot be filtered.
    """
    pairs = []
    for part in filter(str.strip, where.split(",")):
        column, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise UsageError(
                _("where: {text} is not a filter. Write it like list_name=Customers.", text=repr(part.strip()))
            )
        if column not in FILTERS:
            raise UsageError(
                _(
                    "where: campaigns have no {column} to filter by. {hint}",
                    column=repr(column),
                    hint=nearest(column, FILTERS),
                )
            )
        pairs.append((column, value))
    return pairs


def _check_filter(data: Data, column: str, value: str) -> None:
    values = data.campaigns[column].dropna().astype(str)
    if value.casefold() not in set(values.str.casefold()):
        hint = nearest(value, set(values)) if len(values) else "No campaign has one."
        raise UsageError(
            _("where: no campaign has {column} {value}. {hint}", column=column, value=repr(value), hint=hint)
        )
