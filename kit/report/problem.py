"""A problem report to ask for a preset with: headers, shapes and messages, and nothing that a cell says.

What leaves is what cannot be anybody's: names of columns, patterns like `9999-99-99 99:99`, shares and
lengths, and the kit's own words. A word of a message that is neither the kit's nor a column's name is
shown as its pattern.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kit import errors, sources
from kit.errors import InputError
from kit.privacy import LONG, shape
from kit.report.quality import why
from kit.sources.detect import folder
from kit.sources.detect.headers import ABOVE, plain
from kit.sources.detect.presets import named
from kit.sources.text import encodings, grid, workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kit.sources import FileLog
    from kit.sources.text.grid import Grid, Row
    from kit.store import Data

ROWS = 2_000
"""Rows, or events, of a file whose shapes are looked at."""

SHAPES = 3
"""Shapes of a column that are shown, the commonest."""

KEYS = 200
"""Fields of events that are shown; more of them are values in disguise."""

_DATA = re.compile(r"@|://|\d{4,}|\d[\d\W]*\d|^\W*\d+\W*$")
_QUOTED = re.compile(r"(?<!\w)(['\"])((?:(?!\1).)*)\1(?!\w)")
_PLACE = re.compile(r"\S*@\S+|\S*://\S+")
_HEADER = re.compile(r"its header .* fits")
_KNOWN = re.compile(r"\b(?:line|lines) [\d,]+|\w+")


def report(data: Data) -> str:
    """The report on everything that was read, as text that a person can read before sending it.

    Args:
        data: opened in English: only English words of the kit are known for its own.
    """
    lines = [
        f"Problem report of the e-mail analysis kit {version('email-analysis-kit')}, {_machine()}.",
        "It holds names of columns and patterns of cells: no value, no address, no subject, no name of a file.",
        "Read it before you send it.",
    ]
    names = [log.file for log in data.files]
    with _paths(data) as inside:
        for number, log in enumerate(data.files, start=1):
            name = re.sub(r" \[[^\]]*\]$", "", log.file) if log.file not in inside else log.file
            lines += ["", *_file(number, log, inside.get(name), names)]
    return "\n".join(lines) + "\n"


def _machine() -> str:
    return f"Python {platform.python_version()}, {platform.system()}"


@dataclass(frozen=True, slots=True)
class _Words:
    """What may be said as it stands: names of columns and, word by word, what the kit itself says."""

    names: frozenset[str]
    files: tuple[str, ...]

    def safe(self, text: str) -> str:
        numbers = {name: number for number, name in enumerate(self.files, start=1)}
        for name in sorted(numbers, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f"file {numbers[name]}", text)
        text = _PLACE.sub(lambda match: shape(match[0]), _HEADER.sub("its header … fits", text))
        text = _QUOTED.sub(lambda match: f"{match[1]}{self._named(match[2])}{match[1]}", text)
        return _KNOWN.sub(lambda match: self._word(match[0]), text)

    def _named(self, text: str) -> str:
        return text if text in self.names else shape(text)

    def _word(self, word: str) -> str:
        if word.startswith(("line ", "lines ")) or word.casefold() in _vocabulary() | _words(self.names):
            return word
        return shape(word)


@contextmanager
def _paths(data: Data) -> Iterator[dict[str, Path]]:
    """Where each file lies, by its name in the log."""
    if data.target is None or not data.target.exists():
        yield {}
        return
    with folder.unfolded(folder.names(folder.files(data.target)[0], data.target).items()) as (paths, _):
        yield {name: path for path, name in paths.items()}


def _file(number: int, log: FileLog, path: Path | None, files: Sequence[str]) -> list[str]:
    columns, names = _looked_at(log, path)
    words = _Words(frozenset(names), (*files,))
    preset = named(log.preset) if log.preset else None
    size = "" if path is None else f", {_size(path):,} bytes"
    ending = PurePosixPath(log.file.partition(" [")[0]).suffixes[-2:]
    extensions = {
        ".csv",
        ".txt",
        ".tsv",
        ".xlsx",
        ".xls",
        ".ods",
        ".json",
        ".ndjson",
        ".jsonl",
        ".gz",
        ".zip",
        ".mbox",
        ".eml",
    }
    kind = "".join(suffix if suffix.lower() in extensions else shape(suffix) for suffix in ending) or "no extension"
    written = ", ".join(filter(None, [log.encoding, log.separator and f"columns by {log.separator!r}"]))
    reasons = Counter(words.safe(re.sub(r"'[^']*'", "'…'", str(row.reason))) for row in log.rejections)
    lines = [
        f"status: {log.status}",
        f"taken for: {preset.name if preset else 'a mapping'} → {log.table}" if log.preset else "",
        f"why: {words.safe(why(log))}",
        *(f"not {words.safe(str(preset))}" for preset in log.passed_over),
        f"written as: {written}" if written else "",
        f"rows: {log.rows_read:,} = {log.rows_kept:,} kept + {log.rows_left_out:,} left out",
        *(f"note: {words.safe(str(note))}" for note in log.notes),
        *(f"rejected: {words.safe(reason)} ({times:,})" for reason, times in reasons.most_common(20)),
        *columns,
    ]
    return [f"File {number}: {kind}{size}", *(f"  {line}" for line in lines if line)]


def _looked_at(log: FileLog, path: Path | None) -> tuple[list[str], list[str]]:
    """The lines about a file's columns, and their names."""
    preset = named(log.preset) if log.preset else None
    if path is None or log.status == "ignored" or (preset and preset.shape == "mailbox"):
        return [], []
    try:
        raw = encodings.unpacked(path, 1 << 24)
        if raw.lstrip().startswith((b"{", b"[")):
            return _fields(raw)
        rows = _grid(raw, log.file)
    except InputError as error:  # the log has the same reason
        return [f"cannot be looked into: {type(error).__name__}"], []
    if rows and preset and preset.shape == "sections":
        return _keys(rows, {plain(key) for keys in preset.columns.values() for key in keys})
    return _columns(rows, log) if rows else ([], [])


def _grid(raw: bytes, file: str) -> Grid | None:
    if workbook.is_workbook(raw):
        sheets = workbook.read(raw, file.rpartition(" [")[0] if file.endswith("]") else file)
        return next((sheet for sheet in sheets if sheet.file == file), sheets[0] if sheets else None)
    if workbook.is_archive(raw) or (
        b"\0" in raw[:1000].replace(b"\0\0", b"") and not raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        return None
    return grid.of_text(encodings.decode(raw), file)


def _columns(cells: Grid, log: FileLog) -> tuple[list[str], list[str]]:
    rows = [row for row in cells.rows if not row.fault]
    at, sure = _header(rows, log)
    if at is None:
        return ["no row that could be a header"], []
    header = [" ".join(str(cell or "").split()) for cell in rows[at].cells]
    body = rows[at + 1 : at + 1 + ROWS]
    shown = [name if sure and not _data(name) else shape(name) for name in header]
    doubt = "" if sure else "; no row is surely a header, so that the names are shown as patterns"
    lines = [f"header on line {rows[at].line}, {len(header)} columns{doubt}"]
    for place, name in enumerate(shown):
        lines.append(
            f"  {place + 1}. {name}: {_described([row.cells[place] for row in body if place < len(row.cells)])}"
        )
    widths = Counter(len(row.cells) for row in body)
    lines.append(f"cells in a row: {', '.join(f'{width} ({times})' for width, times in widths.most_common(4))}")
    return lines, [name for name, raw in zip(shown, header, strict=True) if name == raw]


def _header(rows: list[Row], log: FileLog) -> tuple[int | None, bool]:
    """Which row is the header, and whether that is sure: the one that was read as such, or a proof in the cells."""
    for place, row in enumerate(rows[:ABOVE]):
        if log.status in ("read", "empty") and _names(row) == [_cut(name) for name in log.header]:
            return place, True
    widest = max((len(_filled(row)) for row in rows[:ABOVE]), default=0)
    for place, row in enumerate(rows[:ABOVE]):
        filled = _filled(row)
        if widest > 1 and len(filled) == widest:
            names = all(not _data(str(row.cells[place])) for place in filled)
            return place, names and _stands_out(row, rows[place + 1 : place + 50])
    return None, False


def _stands_out(header: Row, body: list[Row]) -> bool:
    """Whether a row of words stands above numbers, dates or addresses, or names a column that the kit knows."""
    for place in _filled(header):
        cells = [
            str(row.cells[place]) for row in body if place < len(row.cells) and str(row.cells[place] or "").strip()
        ]
        if cells and sum(_data(cell) for cell in cells) > len(cells) / 2:
            return True
    return False


def _keys(section: Grid, keys: set[str]) -> tuple[list[str], list[str]]:
    """Pairs and titles of a sectioned report: keys that the preset knows or that end with a colon."""
    names = []
    lines = []
    for row in section.rows[:ROWS]:
        key = str(row.cells[0]).strip()
        named_so = plain(key) in keys or (len(row.cells) == 2 and key.endswith(":") and not _data(key))
        if named_so:
            names.append(key.rstrip(":"))
        lines.append(
            f"{key if named_so else shape(key)} | {' | '.join(shape(cell) for cell in row.cells[1:6])}".rstrip(" |")
        )
    return ["lines:", *(f"  {line}" for line in dict.fromkeys(lines[:KEYS]))], names


def _fields(raw: bytes) -> tuple[list[str], list[str]]:
    """The fields of JSON, by their paths, with the shapes of their values."""
    text = raw.decode("utf-8-sig", errors="replace")
    values: dict[str, list[Any]] = {}
    try:
        _flatten(json.loads(text), "", values)
    except (ValueError, RecursionError):  # one document a line, and the last may be cut
        for line in text.splitlines()[:ROWS]:
            try:
                _flatten(json.loads(line), "", values)
            except (ValueError, RecursionError):
                continue
    lines = [f"  {path}: {_described(cells)}" for path, cells in list(values.items())[:KEYS]]
    return ["fields:", *lines], [part for path in values for part in (path, path.rpartition(".")[2])]


def _flatten(value: Any, path: str, into: dict[str, list[Any]]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            name = key if re.fullmatch(r"[\w $.:-]{1,40}", key) and not _data(key) else shape(key)
            _flatten(inner, f"{path}.{name}".lstrip("."), into)
    elif isinstance(value, list):
        for inner in value[:ROWS]:
            _flatten(inner, f"{path}[]", into)
    else:
        into.setdefault(path, []).append(value)


def _described(cells: Iterable[Any]) -> str:
    """Shapes, lengths and emptiness of cells."""
    every = list(cells)
    texts = [str(cell).strip() for cell in every if cell is not None and str(cell).strip()]
    if not texts:
        return "empty"
    shapes = Counter(map(shape, texts)).most_common(SHAPES)
    lengths = sorted(map(len, texts))
    kinds = Counter(type(cell).__name__ for cell in every if cell is not None)
    kind = "" if set(kinds) == {"str"} else f"; {', '.join(kinds)}"
    patterns = ", ".join(f"{pattern} ({times / len(texts):.0%})" for pattern, times in shapes)
    amount = f"{1 - len(texts) / len(every):.0%} empty; {len(set(texts)):,} different of {len(texts):,}{kind}"
    return f"{patterns}; {lengths[0]} to {lengths[-1]} characters; {amount}"


def _filled(row: Row) -> list[int]:
    return [place for place, cell in enumerate(row.cells) if str("" if cell is None else cell).strip()]


def _names(row: Row) -> list[str]:
    return [_cut(" ".join(str("" if cell is None else cell).split())) for cell in row.cells]


def _cut(name: str) -> str:
    return name[:60]


def _data(text: str) -> bool:
    """Whether a cell looks like data: an address, a link, a number, a date, or prose."""
    return bool(_DATA.search(text)) or len(text) > 2 * LONG


def _size(path: Path) -> int:
    return path.stat().st_size if isinstance(path, Path) else path.root.getinfo(path.at).file_size


@cache
def _vocabulary() -> frozenset[str]:
    """Every word of the kit's own messages and presets."""
    here = Path(sources.__file__).parent
    files = [*here.rglob("*.py"), *here.rglob("*.yaml"), Path(errors.__file__), *here.parent.glob("tables/*.py")]
    return _words(text for path in files for text in (path.stem, path.read_text(encoding="utf-8")))


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for text in texts for word in re.findall(r"[^\W\d]+", text))
