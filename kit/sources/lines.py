"""The lines of a log, plain or packed, numbered and in blocks: Python cuts them and never looks at one."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pyarrow as pa

from kit.sources.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 22
"""Bytes that are cut into lines at a time."""

SCHEMA = pa.schema([("line", pa.int64()), ("text", pa.string()), ("damaged", pa.bool_())])
"""`damaged`: the line is no UTF-8."""


class Lines:
    """The numbered lines of a file, plain or packed, in blocks.

    A mark at the beginning of the file and commas at the ends of lines (an array written over lines)
    are taken away.

    Attributes:
        cut: whether the packed stream ended before its end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        number, rest = 0, b""
        with Packed(self.path) as stream:
            while block := stream.read(BLOCK):
                block = block if number or rest else block.removeprefix(codecs.BOM_UTF8)
                *lines, rest = (rest + block).replace(b"},\n", b"}\n").split(b"\n")
                yield _batch(number, lines)
                number += len(lines)
            self.cut = stream.cut
        if rest:
            yield _batch(number, [rest])


def _batch(before: int, lines: list[bytes]) -> pa.RecordBatch:
    raw = pa.array(lines, pa.binary())
    try:
        text, damaged = raw.cast(pa.string()), [False] * len(lines)
    except pa.ArrowInvalid:
        said = [line.decode("utf-8", errors="replace") for line in lines]
        text = pa.array(said, pa.string())
        damaged = [one.encode() != line for one, line in zip(said, lines, strict=True)]
    numbers = pa.array(range(before + 1, before + len(lines) + 1), pa.int64())
    return pa.record_batch([numbers, text, pa.array(damaged, pa.bool_())], schema=SCHEMA)
