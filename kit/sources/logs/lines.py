"""The text of a log, plain or packed, in numbered blocks: Python cuts them, the engine takes them apart."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from kit.sources.detect.signatures import first_event
from kit.sources.text.encodings import DAMAGED
from kit.sources.text.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20
"""Bytes that are read at a time: a block is one value for the engine, and a thread's work."""

LARGEST = 1 << 28
"""Bytes of a document that lies over many lines; it is held in memory, and logs that are larger have lines."""

SCHEMA = pa.schema([("first", pa.int64()), ("block", pa.string())])
"""The number of the first line of a block, and its text, lines parted by line feeds."""

_BEGIN = re.compile(r"[^\[\], \t\r\n]")  # of an event: what is no bracket of an array, comma or blank


class Lines:
    """The numbered lines of a file in blocks; a line that is no UTF-8 begins with `DAMAGED`.

    An event that lies over several lines, as an editor writes JSON, is put on one; it keeps the number of
    its first line.

    Attributes:
        cut: whether the packed stream ended before its end.
        swollen: whether it unpacks to more than an export can; then it was not read to its end.
        error: why it could not be read to its end.
    """

    def __init__(self, path: Path, inside: str = "") -> None:
        self.path = path
        self.inside = inside
        self.cut = False
        self.swollen = False
        self.error: OSError | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches()
        except OSError as error:  # the engine would make it one of its own
            self.error = error

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with Packed(self.path, self.inside) as stream:
            head = stream.read(BLOCK).removeprefix(codecs.BOM_UTF8)
            if _lies_over_lines(head):
                yield from _documents((head + stream.read(LARGEST)).decode("utf-8", errors="replace"))
            else:
                yield from _blocks(head, stream)
            self.cut, self.swollen = stream.cut, stream.swollen


def _blocks(head: bytes, stream: Packed) -> Iterator[pa.RecordBatch]:
    number, begun = 1, [head]
    while read := stream.read(BLOCK):
        end = begun[-1].rfind(b"\n") + 1
        if end:
            block = b"".join([*begun[:-1], begun[-1][: end - 1]])
            yield _batch(number, block)
            number += block.count(b"\n") + 1
            begun = [begun[-1][end:]]
        begun.append(read)
    yield _batch(number, b"".join(begun))


def _batch(number: int, block: bytes) -> pa.RecordBatch:
    raw = pa.array([block], pa.binary())
    try:
        text = raw.cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array(["\n".join(map(_marked, block.split(b"\n")))], pa.string())
    return pa.record_batch([pa.array([number], pa.int64()), text], schema=SCHEMA)


def _marked(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return DAMAGED


def _lies_over_lines(head: bytes) -> bool:
    """Whether the first event of a file does not end on the line on which it begins."""
    event = first_event(head.decode("utf-8", errors="replace"))
    return event is not None and "\n" in event[1]


def _documents(text: str) -> Iterator[pa.RecordBatch]:
    """One event after the other, as far as they can be read; what stops it becomes a line of its own."""
    decoder = json.JSONDecoder()
    at, line = 0, 1
    while match := _BEGIN.search(text, at):
        begin = match.start()
        line += text.count("\n", at, begin)
        try:
            _, at = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            at = len(text)
        event = text[begin:at].replace("\r", " ").replace("\n", " ")
        yield pa.record_batch([pa.array([line], pa.int64()), pa.array([event], pa.string())], schema=SCHEMA)
        line += text.count("\n", begin, at)
