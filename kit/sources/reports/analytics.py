"""The reader of web analytics: tables under comment lines, several in one file, each with its own dates."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

from kit.errors import InputError
from kit.messages import Message, Text, message, message_n
from kit.sources import frames
from kit.sources.detect.headers import plain
from kit.sources.detect.presets import presets
from kit.sources.file_log import FileLog, Read, Rejection, kept_without
from kit.sources.tabular import repeats
from kit.sources.tabular.conform import Conformer
from kit.sources.tabular.no_data import TOTALS
from kit.sources.tabular.reader import origin
from kit.sources.text import cells
from kit.sources.text.cells import CellError, NoDataError
from kit.tables import WEB

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset
    from kit.sources.text.grid import Grid, Row

CAMPAIGN_ID = r"^([0-9a-f]{10})-."
"""How Mailchimp writes `utm_campaign`: the campaign's Unique Id, a hyphen, its name (seen in its A/B report)."""

DIMENSIONS = ("channel", "utm_source", "utm_medium", "utm_campaign", "utm_content")
"""Where a session came from; a table without any of them tells nothing of campaigns."""

_DATE = re.compile(r"#[^:#]+:\s*(?P<day>\d{8})\b")
_PROPERTY = re.compile(
    r"#\s*(Property|Propiedad|Propriété|Proprietà|Propriedade|Ресурс):\s*(?P<name>.*\S)", re.IGNORECASE
)
_BOTH = " / "  # between source and medium, in the header and in each cell


@dataclass(slots=True)
class Section:
    """A table of the file: the site and dates above it, its header and the rows up to the next blank line."""

    site: str | None
    start: datetime | None
    end: datetime | None
    header: Row
    rows: list[Row]

    @property
    def name(self) -> str:
        """Its columns, for a sentence."""
        return ", ".join(str(cell) for cell in self.header.cells if plain(cell))


def recognised(grid: Grid) -> tuple[Preset, Text] | None:
    """The preset of a report of web analytics, by a comment line that it must have.

    Its first and last day stand one below the other, whatever the language calls them.
    """
    comments = list(takewhile(lambda line: line.startswith("#"), (_first(row) for row in grid.rows)))
    for preset in presets():
        for line, below in pairwise(comments if preset.shape == "analytics" else ()):
            if re.match(preset.recognise.section, line) and re.match(preset.recognise.section, below):
                return preset, message("a line above its first table is {line}", line=repr(line))
    return None


def _first(row: Row) -> str:
    return str(row.cells[0] if row.cells else "").strip()


def campaign_id(utm_campaign: str | None) -> str | None:
    """The platform's own id that a tag begins with, or None."""
    match = re.match(CAMPAIGN_ID, utm_campaign or "")
    return match[1] if match else None


def read(grid: Grid, preset: Preset, why: Text, settings: Settings) -> Read:
    """Read the table that tells most about campaigns, of each period; the others are listed as not used."""
    sections, stray = _sections(grid.rows)
    places = [_places(preset, section.header) for section in sections]
    used, notes = _chosen(sections, places)
    conformer = Conformer(preset, settings)
    kept: list[tuple[int, dict[str, Any]]] = []
    under_end = NoDataError(message("it is below the end of a table"))
    rejections = [Rejection.of(grid.file, row.line, None, under_end) for row in stray]
    repeated: dict[int, int] = {}
    unread: list[Rejection] = []
    for at in used:
        copied = repeats.copies(sections[at].rows)
        repeated |= copied
        for row in sections[at].rows:
            if row.line in copied:
                continue
            try:
                kept.append((row.line, _row(row, sections[at], places[at], conformer)))
                for name, error in conformer.unread.items():
                    column = str(sections[at].header.cells[places[at][name]])
                    unread.append(kept_without(Rejection.of(grid.file, row.line, column, error)))
            except CellError as error:
                position = places[at].get(error.column)
                column = None if position is None else str(sections[at].header.cells[position])
                rejections.append(Rejection.of(grid.file, row.line, column, error))
    rejections += repeats.rejections(grid.file, repeated)
    log = FileLog(
        grid.file,
        "read" if kept else "empty",
        why,
        preset=preset.name,
        table=WEB.name,
        encoding=grid.encoding,
        separator=grid.separator,
        header=tuple(str(cell) for at in used[:1] for cell in sections[at].header.cells if plain(cell)),
        rows_read=len(kept) + len(rejections),
        rows_kept=len(kept),
        rows_repeated=len(repeated),
        rows_set_aside=sum(rejection.is_set_aside for rejection in rejections),
        unmapped=tuple(dict.fromkeys(_unmapped(preset, sections, places, used))),
        notes=(*grid.notes, *notes, *repeats.pasted(repeated), *conformer.notes()),
        rejections=tuple(sorted(rejections, key=lambda rejection: rejection.line or 0)),
        cells=tuple(unread),
    )
    if not kept:
        hint = message("Export Traffic acquisition, by Session campaign.")
        problem = message("none of its tables has sessions by campaign, source, medium or channel")
        log = replace(log, error=InputError(problem, file=grid.file, hint=hint))
    return Read(log, {WEB.name: frames.frame(WEB, origin(preset, grid.file, kept))} if kept else {})


def _sections(rows: Iterable[Row]) -> tuple[list[Section], list[Row]]:
    """The tables, and what stands under them and belongs to none.

    A table begins after a comment line and ends at a blank one; in between a # begins no comment.
    """
    sections: list[Section] = []
    stray: list[Row] = []
    start: datetime | None = None
    end: datetime | None = None
    site: str | None = None
    expected, is_open, is_above, is_below_date = 1, False, False, False
    for row in rows:
        first = _first(row)
        is_open = is_open and row.line == expected
        expected = row.line + 1 + sum(str(cell).count("\n") for cell in row.cells)
        if is_open:
            sections[-1].rows.append(row)
        elif first.startswith("#"):
            is_above = True
            date = _DATE.match(first)
            if date and is_below_date:
                end = _day(date["day"])
            elif date:
                start = _day(date["day"])
            elif property_line := _PROPERTY.match(first):
                site = property_line["name"]
            is_below_date = bool(date) and not is_below_date
        elif is_above:
            sections.append(Section(site, start, end, row, []))
            is_open, is_above, is_below_date = True, False, False
        else:
            stray.append(row)
    return sections, stray


def _places(preset: Preset, header: Row) -> dict[str, int]:
    """Canonical column -> position, of the names that come first in the preset."""
    names: dict[str, int] = {}
    for position, cell in enumerate(header.cells):
        names.setdefault(plain(cell), position)
    places: dict[str, int] = {}
    for column, spellings in preset.columns.items():
        position = next((names[plain(name)] for name in spellings if plain(name) in names), None)
        if position is not None:
            places[column] = position
    return places


def _chosen(sections: list[Section], places: list[dict[str, int]]) -> tuple[list[int], list[Text]]:
    """The tables to read, by their place: of each period the one that tells most; and why not the others."""
    best: dict[tuple[datetime | None, datetime | None], int] = {}
    able = [at for at, place in enumerate(places) if "sessions" in place and not place.keys().isdisjoint(DIMENSIONS)]
    for at in sorted(able, key=lambda at: (_tells(places[at]), bool(sections[at].rows)), reverse=True):
        best.setdefault((sections[at].start, sections[at].end), at)
    used = sorted(best.values())
    notes: list[Text] = []
    for at, section in enumerate(sections):
        if at not in able:
            notes.append(
                message(
                    "{table} has no sessions by campaign, source, medium or channel; not used",
                    table=_listed(section),
                )
            )
        elif at not in used:
            notes.append(
                message(
                    "{table} has the same sessions and less about where they came from; not used",
                    table=_listed(section),
                )
            )
    return used, notes


def _tells(place: dict[str, int]) -> tuple[bool, int]:
    return "utm_campaign" in place, len(place.keys() & set(DIMENSIONS))


def _listed(section: Section) -> Message:
    name, line, n = repr(section.name), str(section.header.line), len(section.rows)
    if not n:
        return message("table {name} (line {line}, no rows)", name=name, line=line)
    return message_n(
        "table {name} (line {line}, {n} row)", "table {name} (line {line}, {n} rows)", n, n=str(n), name=name, line=line
    )


def _row(row: Row, section: Section, places: dict[str, int], conformer: Conformer) -> dict[str, Any]:
    """The canonical values of a row; CellError where it is none of the table."""
    if row.fault:
        raise CellError(row.fault.reason, row.fault.hint)
    values = {name: row.cells[at] if at < len(row.cells) else None for name, at in places.items()}
    if "utm_source" in places and places["utm_source"] == places.get("utm_medium"):
        source, _, medium = str(values["utm_source"] or "").rpartition(_BOTH)
        values |= {"utm_source": source or medium, "utm_medium": medium if source else None}
    came_from = [plain(values[name]) for name in DIMENSIONS if name in values]
    if not any(came_from) or not TOTALS.isdisjoint(came_from):
        raise NoDataError(message("it adds up the other rows or does not belong to the table"))
    day = values.pop("period_start", None)
    try:
        number = cells.count(values["sessions"], conformer.preset.decimal)
    except CellError as error:
        error.column = "sessions"
        raise
    if number is None:
        reason = message("it has no number of sessions; it is a note or does not belong to the table")
        raise NoDataError(reason)
    row_values = conformer.row(values)
    average = row_values.get("engagement_seconds")
    return row_values | {
        "property": section.site,
        "period_start": section.start if day is None else _moved(section.start, day),
        "period_end": section.end if day is None else _moved(section.start, day),
        "source_campaign_id": campaign_id(row_values.get("utm_campaign")),
        "engagement_seconds": None if average is None else average * row_values["sessions"],
    }


def _moved(start: datetime | None, cell: Any) -> datetime:
    """The day that a cell names: 20230322, or 0013 for the thirteenth day after the first."""
    text = cells.text(cell) or ""
    day = _day(text) if len(text) == 8 else None
    if day is None and text.isdecimal() and len(text) <= 4 and start is not None:
        day = start + timedelta(days=int(text))
    if day is None:
        raise CellError(message("{cell} is not a date", cell=repr(text)), column="period_start")
    return day


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d")
    except ValueError:  # eight digits that are no day
        return None


def _unmapped(preset: Preset, sections: list[Section], places: list[dict[str, int]], used: list[int]) -> Iterable[str]:
    ignored = {plain(name) for name in preset.ignore}
    for at in used:
        for position, cell in enumerate(sections[at].header.cells):
            if plain(cell) and plain(cell) not in ignored and position not in places[at].values():
                yield str(cell)
