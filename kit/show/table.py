"""A formatted table that also carries its content as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from kit.messages import _, message
from kit.privacy import masked
from kit.show.formats import UNKNOWN
from kit.show.result import MIME, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from kit.messages import Message

NOTHING = message("Nothing to show.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a shown table: how its values are written, and as what they stand in the data.

    Attributes:
        name: the column of the frame.
        title: as readers meet it.
        write: a value as text; called with the row where `whole_row` is set.
        unit: of the value in the data: share, mails, min …
        number: set right-aligned.
    """

    name: str
    title: str | Message
    write: Callable[[Any], str | Message] = str
    unit: str = ""
    number: bool = False
    whole_row: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A formatted table; `frame` is its data, `notes` what a reader must know of it.

    Of one that has a `most` only so many rows are shown, and its data holds all. One that is `read_back` is filled in
    as a CSV and given back, so its header there has the names of columns in every language.
    """

    name: str
    title: str | Message
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str | Message, ...] = ()
    empty: str | Message = NOTHING
    most: int = 0
    read_back: bool = False

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  IPython's signature
        return {"text/html": self.html(), "text/plain": self.text(), MIME: self.data()}

    def cells(self) -> list[list[str]]:
        """The written cells, row by row, addresses masked; "–" for what is not known."""
        rows = self.frame.head(self.most) if self.most else self.frame
        return [[_write(column, row) for column in self.columns] for row in rows.to_dict("records")]

    def html(self) -> str:
        """As HTML; every text is escaped, so a subject line is never markup."""
        title, cells, blocks = str(self.title), self.cells(), list(self._blocks())
        titles = [_("{title} ({n} of {all})", title=title, n=n, all=len(blocks)) for n, _block in enumerate(blocks, 1)]
        tables = (
            self._block_html(block, cells, name)
            for block, name in zip(blocks, titles if len(blocks) > 1 else [title], strict=True)
        )
        shown = "".join(tables) if cells else f'<p class="kit-empty">{escape(title)}: {escape(str(self.empty))}</p>'
        notes = "".join(f'<p class="kit-note">{escape(str(note))}</p>' for note in self.notes)
        return f'<div class="kit-result">{shown}{notes}</div>'

    def _blocks(self) -> Iterator[list[int]]:
        """The places of the columns, in as many tables as a page has room for; each begins with the first column."""
        first, *others = range(len(self.columns))
        tables = max(1, -(-len(others) // (WIDEST - 1)))
        for n in range(tables):
            yield [first, *others[n * len(others) // tables : (n + 1) * len(others) // tables]]

    def _block_html(self, block: list[int], cells: list[list[str]], title: str) -> str:
        kinds = {place: "number" if self.columns[place].number else "text" for place in block}
        head = "".join(
            f'<th scope="col" class="{kind}">{hyphenated(str(self.columns[place].title))}</th>'
            for place, kind in kinds.items()
        )
        body = "".join(
            "<tr>"
            + "".join(
                f'<td class="{kind}{" wrap" if len(row[place]) > SHORT / 2 else ""}">{_marked(row[place])}</td>'
                for place, kind in kinds.items()
            )
            + "</tr>"
            for row in cells
        )
        return (
            f'<div class="kit-scroll" role="group" aria-label="{escape(title)}" tabindex="0">'
            f'<table class="kit-table"><caption>{escape(title)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def text(self) -> str:
        """As plain text."""
        rows = [[str(column.title) for column in self.columns], *self.cells()]
        widths = [max(len(row[n]) for row in rows) for n in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(map(str, [self.title, *(lines if len(rows) > 1 else [self.empty]), *self.notes]))

    def data(self) -> dict[str, Any]:
        """As data: the frame's own values under their names and units."""
        names = list(self.frame.columns)
        titles = {column.name: column for column in self.columns}
        return {
            "kind": "table",
            "name": self.name,
            "title": str(self.title),
            "columns": [
                {"name": name, "title": str(titles[name].title), "unit": titles[name].unit}
                if name in titles
                else {"name": name, "title": name, "unit": ""}
                for name in names
            ],
            "rows": [[plain(value) for value in row] for row in self.frame.itertuples(index=False, name=None)],
            "notes": [str(note) for note in self.notes],
            **({"read_back": True} if self.read_back else {}),
        }


WIDEST = 11
"""Columns of one table on a page; those beyond are tables below it."""

LONGEST = 160
"""Letters of a cell that a page shows at once; the others are unfolded."""

WORD = 24
"""Letters after which a word may be broken, as addresses of pages and names of files must be."""

SHORT = 40
"""Letters up to which what stands in brackets behind a number is its interval, set smaller and on one line."""


def _write(column: Column, row: Mapping[Any, Any]) -> str:
    if column.whole_row:
        return masked(str(column.write(row)))
    value = plain(row[column.name])
    return UNKNOWN if value is None else masked(str(column.write(row[column.name])))


def cut(cell: str) -> str:
    """A cell as HTML: of a long one the first words, and its others unfolded."""
    if len(cell) <= LONGEST:
        return _breakable(cell)
    end = cell.rfind(" ", LONGEST // 2, LONGEST)
    end = LONGEST if end < 0 else end
    more = f'<details class="kit-long"><summary>{_breakable(cell[:end])}</summary>'
    return f"{more}{_breakable(cell[end:].lstrip())}</details>"


def _breakable(text: str) -> str:
    """Escaped, and long words with places to break them: behind their signs, else after so many letters."""
    return "".join(
        "<wbr>".join(map(escape, _PIECES.findall(word))) if len(word) > WORD else escape(word)
        for word in _SPACES.split(text)
    )


def hyphenated(title: str) -> str:
    """A heading whose long Russian words may be divided between syllables, which browsers do for few languages."""
    return re.sub(r"[А-Яа-яё]{9,}", lambda word: _SYLLABLES.sub(r"\1&shy;", word[0]), escape(title))


_CONSONANT, _VOWEL = "[бвгджзклмнпрстфхцчшщ]", "[аеёиоуыэюя]"
_SYLLABLES = re.compile(
    rf"(?<=\w\w)({_VOWEL}(?:й|{_CONSONANT}[ьъ]?(?={_CONSONANT}))?)(?={_CONSONANT}{_VOWEL}\w)", re.IGNORECASE
)
_SPACES = re.compile(r"(\s+)")
_PIECES = re.compile(rf".{{1,{WORD}}}?[/_.?&=-]+|.{{1,{WORD}}}")


def _marked(cell: str) -> str:
    """A cell whose bracketed interval is set smaller: "8.1% (6.9–9.5)"."""
    value, bracket, interval = cell.partition(" (")
    if bracket and interval.endswith(")") and value.lstrip("+−")[:1].isdigit() and len(interval) < SHORT:
        wrap = " wrap" if len(interval) > SHORT / 2 else ""
        return f'{escape(value)} <span class="kit-interval{wrap}">({escape(interval)}</span>'
    return cut(cell)
