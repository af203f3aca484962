"""The reader of sectioned reports: pairs of key and value, titles, and a table of links in one file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from kit.messages import Text, message
from kit.sources import frames
from kit.sources.detect.headers import plain
from kit.sources.detect.presets import presets
from kit.sources.file_log import FileLog, Read, Rejection, kept_without
from kit.sources.tabular import table_rules
from kit.sources.tabular.conform import Conformer
from kit.sources.tabular.reader import origin, undecided, wrong_width
from kit.sources.text.cells import CellError, is_null
from kit.sources.text.times import AmbiguousDayError
from kit.tables import LINK_STATS

if TYPE_CHECKING:
    from kit.settings import Settings
    from kit.sources.detect.presets import Links, Preset
    from kit.sources.text.grid import Grid, Row

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Numbered = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """A title and the rows under it, up to the next title."""

    title: str
    rows: list[Row]


def recognised(grid: Grid) -> tuple[Preset, Text] | None:
    """The preset of a sectioned report and why it was taken for it: its first line and a section."""
    for preset in presets():
        wanted = preset.recognise
        if preset.shape == "sections" and grid.rows and _title(grid.rows[0]) in wanted.first_line:
            for section in _sections(grid):
                if re.fullmatch(wanted.section, section.title):
                    return preset, message(
                        "it begins with {title} and has a section {section}",
                        title=repr(_title(grid.rows[0])),
                        section=repr(section.title),
                    )
    return None


def read(grid: Grid, preset: Preset, why: Text, settings: Settings) -> Read:
    """Read one report into `campaign_stats`, a row a variant, and `link_stats`."""
    reader = _Reader(grid.file, preset, settings)
    log = FileLog(
        grid.file,
        "read",
        why,
        preset=preset.name,
        table=preset.tables,
        encoding=grid.encoding,
        separator=grid.separator,
    )
    sections = _sections(grid)
    try:
        campaigns, links = reader.read(sections)
    except _UndecidedError as error:
        return Read(replace(log, status="unreadable", error=undecided(error, grid.file, error.line, error.column)), {})
    kept = len(campaigns) + len(links)
    log = replace(
        log,
        header=tuple(reader.keys.values()),
        rows_read=kept + len(reader.rejections),
        rows_kept=kept,
        unmapped=tuple(reader.keys[key] for key in reader.keys if key not in reader.named_keys),
        notes=(*grid.notes, *reader.conformer.notes(), *table_rules.campaigns(campaigns)),
        rejections=tuple(reader.rejections),
        cells=tuple(reader.cells),
    )
    tables = {preset.table: frames.frame(preset.into, origin(preset, grid.file, campaigns))}
    if preset.links:
        tables[LINK_STATS.name] = frames.frame(LINK_STATS, origin(preset, grid.file, links))
    unmapped = frames.of_sections(((section.title, row) for section in sections for row in section.rows), reader.mapped)
    return Read(log, tables, unmapped)


class _UndecidedError(AmbiguousDayError):
    """The same, with the line."""

    def __init__(self, error: AmbiguousDayError, line: int, column: str) -> None:
        super().__init__(error.reason, error.hint, column)
        self.line = line


class _Reader:
    """Reads the sections of one report; what is left out is gathered in `rejections`.

    Attributes:
        keys: every key of the file, plain -> as written.
        named_keys: the plain keys that the preset names.
        mapped: the lines that something was made of.
        cells: the counts that cannot be read, of rows that are kept without them.
    """

    def __init__(self, file: str, preset: Preset, settings: Settings) -> None:
        self.file = file
        self.preset = preset
        self.settings = settings
        self.conformer = Conformer(preset, settings)
        self.rejections: list[Rejection] = []
        self.cells: list[Rejection] = []
        self.keys: dict[str, str] = {}
        self.mapped: set[int] = set()
        named = (*chain.from_iterable(preset.columns.values()), *preset.latest, *preset.ignore)
        self.named_keys = {plain(name) for name in named}

    def read(self, sections: list[Section]) -> tuple[list[Numbered], list[Numbered]]:
        """The campaign's rows and the links' rows, each with its line."""
        shared: list[Row] = []
        variants: dict[str | None, list[Row]] = {}
        links: list[Numbered] = []
        for section in sections:
            if self.preset.links and (match := re.fullmatch(self.preset.links.section, section.title)):
                links += self._links(section, self.preset.links, _letter(match))
            elif self.preset.left_out and re.fullmatch(self.preset.left_out, section.title):
                continue
            elif match := re.fullmatch(self.preset.variants, section.title) if self.preset.variants else None:
                variants[_letter(match)] = section.rows
            else:
                shared += section.rows
        campaigns = [
            (rows[0].line, values)
            for variant, own_rows in (variants or {None: []}).items()
            if (rows := [*shared, *own_rows]) and (values := self._campaign(rows, variant)) is not None
        ]
        self._identify(campaigns, links)
        return campaigns, links

    def _campaign(self, rows: list[Row], variant: str | None) -> dict[str, Any] | None:
        pairs: dict[str, Row] = {}
        for row in rows:
            if row.fault or len(row.cells) < 2:
                cut = CellError(message("a key has no value; perhaps the file is cut off here. Export it again"))
                return self._reject(row.line, None, row.fault or cut)
            key = plain(row.cells[0])
            pairs[key] = row
            self.keys.setdefault(key, str(row.cells[0]).strip().rstrip(":"))
        places = {
            name: pairs[key] for name, keys in self.preset.columns.items() for key in map(plain, keys) if key in pairs
        }
        try:
            values = self.conformer.row({name: row.cells[1] for name, row in places.items()})
            values |= {"variant": variant, "as_of": self._as_of(pairs, values.get("sent_local"))}
        except CellError as error:
            row = places.get(error.column) or pairs.get(plain(error.column)) or rows[0]
            key = str(row.cells[0]).strip()
            if isinstance(error, AmbiguousDayError):
                raise _UndecidedError(error, row.line, key) from error
            return self._reject(row.line, key, error)
        unread = self.conformer.unread
        self.mapped |= {row.line for name, row in places.items() if name not in unread}
        self._keep_without([(places[name].line, str(places[name].cells[0]), why) for name, why in unread.items()])
        return values

    def _as_of(self, pairs: dict[str, Row], sent: Any) -> Any:
        """The latest moment that the report can know of: a lower bound of when it was made."""
        moments = [sent] if sent is not None else []
        for key in self.preset.latest:
            row = pairs.get(plain(key))
            if row is None or is_null(row.cells[1]):
                continue
            try:
                moments.append(self.conformer.moment("as_of", row.cells[1]).local)
            except CellError as error:
                error.column = key
                raise
        return max(moments, default=None)

    def _links(self, section: Section, links: Links, variant: str | None) -> list[Numbered]:
        if not section.rows:
            return []
        header = [plain(cell) for cell in section.rows[0].cells]
        places = {
            name: header.index(plain(words[0])) for name, words in links.columns.items() if plain(words[0]) in header
        }
        conformer = Conformer(
            replace(self.preset, table=LINK_STATS.name, columns=links.columns, constants={}, fill={}), self.settings
        )
        kept: list[Numbered] = []
        for row in section.rows[1:]:
            if row.fault or len(row.cells) < len(header):
                self._reject(row.line, None, row.fault or wrong_width(row, len(header)))
                continue
            try:
                values = conformer.row({name: row.cells[place] for name, place in places.items()})
            except CellError as error:
                column = links.columns.get(error.column, (error.column,))[0]
                self._reject(row.line, column, error)
                continue
            kept.append((row.line, values | {"variant": variant}))
            self.mapped |= {section.rows[0].line, *(() if conformer.unread else (row.line,))}
            self._keep_without([(row.line, links.columns[name][0], why) for name, why in conformer.unread.items()])
        return kept

    def _identify(self, campaigns: list[Numbered], links: list[Numbered]) -> None:
        """The campaign's id and name for every row; the id only where all links carry the same."""
        patterns = self.preset.links.campaign_id if self.preset.links else ()
        ids = {
            next((match[1] for pattern in patterns if (match := re.search(pattern, link["url"]))), None)
            for _, link in links
        } - {None}
        names = {row.get("campaign_name") for _, row in campaigns}
        for _, row in campaigns:
            row["source_campaign_id"] = ids.copy().pop() if len(ids) == 1 else None
        for _, link in links:
            link["source_campaign_id"] = ids.copy().pop() if len(ids) == 1 else None
            link["campaign_name"] = names.copy().pop() if len(names) == 1 else None

    def _keep_without(self, cells: list[tuple[int, str, CellError]]) -> None:
        self.cells += [kept_without(Rejection.of(self.file, *cell)) for cell in cells]

    def _reject(self, line: int, column: str | None, error: CellError) -> None:
        self.rejections.append(Rejection.of(self.file, line, column, error))


def _sections(grid: Grid) -> list[Section]:
    sections: list[Section] = []
    for row in grid.rows:
        title = _title(row)
        if title or not sections:
            sections.append(Section(title, []))
        else:
            sections[-1].rows.append(row)
    return sections


def _title(row: Row) -> str:
    """What a title row says; a key that has lost its value is none."""
    text = str(row.cells[0]).strip() if len(row.cells) == 1 and not row.fault else ""
    return "" if text.endswith(":") else text


def _letter(match: re.Match[str]) -> str | None:
    """A, B … for the number that a title carries."""
    if not match.re.groups:
        return None
    number = int(match[1])
    return LETTERS[number - 1] if 0 < number <= len(LETTERS) else str(number)
