"""Bytes to text, and text to numbered records: encodings, separators, quotes."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.errors import InputError
from kit.sources.packed import Packed

if TYPE_CHECKING:
    from pathlib import Path

SEPARATORS = (",", ";", "\t", "|")
LARGEST = 512 << 20
"""Bytes of a table or workbook, unpacked: more of it does not fit into the memory of an ordinary machine."""

LONGEST = 131_072
"""Characters of a cell, the limit of the standard library's reader; a spreadsheet's own is 32,767."""

DAMAGED = "\ufffd"
"""Stands for bytes that are no character; a row that holds it is rejected."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_RUN_OF_HIGH = re.compile(rb"[\x80-\xff]{2}")
_RUSSIAN = ("cp1251", "cp866", "koi8-r")
_SNIFFED = 50  # records that choose the separator
_HEAD = 4096  # bytes that tell the encoding
_FAULTS = {"\0": "it holds a NUL byte", DAMAGED: "it holds bytes that are no character of the file's encoding"}
_EXCEL_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text.

    Attributes:
        text: with its own line ends.
        encoding: what was chosen.
        note: what to say about the choice; empty where there was none.
    """

    text: str
    encoding: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line on which it begins, its cells, and why it cannot be read, if so.

    Attributes:
        place: the position of the cell at fault; None where the whole record is.
    """

    line: int
    cells: list[str]
    fault: str = ""
    place: int | None = None


def unpacked(path: Path, limit: int = LARGEST) -> bytes:
    """The first bytes of a file; a gzip file is unpacked as far as it is whole.

    Raises:
        InputError: the file cannot be opened, or unpacks to more than an export does.
    """
    return _read(path, limit)[0]


def whole(path: Path) -> tuple[bytes, bool]:
    """All bytes of a file, and whether it is a packed one that is cut off.

    Raises:
        InputError: the file cannot be opened, is too large, or unpacks to more than an export does.
    """
    raw, cut = _read(path, LARGEST + 1)
    if len(raw) > LARGEST:
        problem = f"it is larger than {LARGEST >> 20} MB, which is too much for a table"
        raise InputError(problem, file=path.name, mend="Export it in parts, a file a month or a year.")
    return raw, cut


def _read(path: Path, limit: int) -> tuple[bytes, bool]:
    try:
        with Packed(path) as stream:
            raw = stream.read(limit)
            if stream.swollen:
                raise swelling(path.name)
            return raw, stream.cut
    except OSError as error:
        said = (error.strerror or "cannot be opened").lower()
        raise InputError(said, file=path.name, mend="Check the file and who may read it.") from error


def swelling(file: str) -> InputError:
    """Why a packed file is not read to its end."""
    problem = "it unpacks to far more than any export does, and is not read"
    return InputError(problem, file=file, mend="Export it again; if it is right, put it here unpacked.")


def decode(raw: bytes) -> Text:
    """Text of bytes: by its mark, else UTF-8, else the likeliest one-byte encoding.

    A few broken bytes in a UTF-8 file do not make it another encoding: they become DAMAGED.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return Text(raw.decode(encoding, errors="replace"), encoding.removesuffix("-sig"))
    head = raw[:_HEAD]
    if head[1::2].count(0) > len(head) / 4:  # every other byte of Latin text in UTF-16 is 0
        return Text(raw.decode("utf-16-le", errors="replace"), "utf-16")
    try:
        return Text(raw.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    text = raw.decode("utf-8", errors="replace")
    broken = text.count(DAMAGED)
    if broken <= sum(letter > "\x7f" for letter in text) - broken:
        return Text(text, "utf-8", "some bytes are no UTF-8; the rows that hold them are rejected")
    encoding = _russian(raw) if _RUN_OF_HIGH.search(raw) else "cp1252"
    note = f"the encoding is not marked; {encoding} is the likeliest"
    return Text(raw.decode(encoding, errors="replace"), encoding, note)


def _russian(raw: bytes) -> str:
    """The encoding that makes the most small Russian letters: a wrong one makes capitals or frames."""
    return max(_RUSSIAN, key=lambda name: sum("а" <= one <= "я" for one in raw.decode(name, "replace")))


def separator(text: str) -> tuple[str, int]:
    """The separator, and the number of lines that only name it (`sep=;` of spreadsheets).

    The one by which the most of the first records have as many cells as the widest common row.
    """
    said = _EXCEL_SEPARATOR.match(text)
    if said:
        return said.group(1), 1
    head = text[: 1 << 16].splitlines()[:_SNIFFED]

    def order(mark: str) -> int:
        widths = [len(row) for row in csv.reader(head, delimiter=mark) if row]
        common = max(set(widths), key=lambda width: (widths.count(width) * (width - 1), width), default=1)
        return widths.count(common) * (common - 1)

    return max(SEPARATORS, key=order), 0


def records(text: str, mark: str) -> list[Record]:
    """The records of a text with the lines of the file on which they begin; blank lines are none.

    A record that breaks the rules of quoting becomes one Record with a `fault`, and reading goes on
    at the next line: one lost quote costs one row and not the rest of the file.
    """
    lines = list(io.StringIO(text, newline=""))  # cut at CR and LF only, which stay as they are
    found: list[Record] = []
    start = 0
    while start < len(lines):
        reader = csv.reader(itertools.islice(lines, start, None), delimiter=mark, strict=True)
        line = start
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    found.append(_record(line + 1, cells))
                line = start + reader.line_num
            break
        except csv.Error as error:
            found.append(_faulty(line + 1, lines[line].rstrip("\r\n"), mark, str(error)))
            start = line + 1
    return found


def _faulty(line: int, said: str, mark: str, error: str) -> Record:
    """The record that a line which breaks the rules becomes."""
    if "end of data" in error:
        return Record(line, [said], "a quote is opened and never closed")
    if "field limit" not in error:
        return Record(line, [said], "a quote is misplaced")
    cells = [] if '"' in said else said.split(mark)
    place = next((at for at, cell in enumerate(cells) if len(cell) > LONGEST), None)
    if place is None:
        return Record(line, [said[:LONGEST]], f"a quote is opened and not closed within {LONGEST:,} characters")
    fault = f"the cell has {len(cells[place]):,} characters, and at most {LONGEST:,} can be read"
    return Record(line, [cell[:LONGEST] for cell in cells], fault, place)


def _record(line: int, cells: list[str]) -> Record:
    joined = "".join(cells)
    for sign, fault in _FAULTS.items():
        if sign in joined:
            return Record(line, cells, fault, next(at for at, cell in enumerate(cells) if sign in cell))
    return Record(line, cells)
