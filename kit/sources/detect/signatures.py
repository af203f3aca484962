"""What a file is by its first bytes: an event log, by the events of its first lines, or no export at all."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from kit.messages import Text, message
from kit.sources.detect.presets import Preset, presets

if TYPE_CHECKING:
    from kit.sources.detect.presets import Words

_KINDS = (
    (
        rb"%PDF-",
        message("it is a PDF document, not an export, and is left out; export the numbers in it as CSV or XLSX"),
    ),
    (
        rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II\*\x00|MM\x00\*|BM.{4}\x00{4}",
        message("it is an image, not an export, and is left out; export the numbers in it as CSV or XLSX"),
    ),
    (
        rb"\x1aE\xdf\xa3|.{4}ftyp|ID3[\x02-\x04]|OggS|RIFF....(WAVE|AVI )",
        message("it is an audio or video file, not an export, and is left out"),
    ),
    (
        rb"7z\xbc\xaf\x27\x1c|Rar!\x1a|\xfd7zXZ\x00|BZh[1-9]1AY|\x28\xb5\x2f\xfd|.{257}ustar",
        message(
            "it is an archive that cannot be unpacked here, not an export, and is left out; unpack it and read its "
            "contents"
        ),
    ),
    (
        rb"SQLite format 3\x00",
        message("it is a database (SQLite), not an export, and is left out; export its tables as CSV"),
    ),
    (
        rb"PAR1[^,;\t]|ARROW1\x00|Obj\x01",
        message(
            "it is a table for programs (Parquet, Arrow or Avro), not an export, and is left out; export it as CSV"
        ),
    ),
    (rb"MZ.\x00|\x7fELF|#!/", message("it is a program, not an export, and is left out")),
    (
        rb"\{\\rtf",
        message("it is a document (RTF), not an export, and is left out; save the tables in it as CSV or XLSX"),
    ),
    (
        rb"PK\x03\x04",
        message(
            "it is an archive inside an archive, or a document, not an export, and is left out; unpack it and read "
            "its contents"
        ),
    ),
)
"""How the files begin that lie beside exports the most often, and what to say of them."""

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

LINES = 50
"""Lines that are looked at: a few broken ones at the beginning hide no log."""


def may_be_workbook(head: bytes) -> bool:
    """Whether a file begins as a workbook does, and other documents."""
    return head.startswith(_WORKBOOKS)


def left_out(head: bytes) -> Text:
    """Why a file of another kind is left out, and what to do; "" where its beginning does not tell a kind.

    Args:
        head: its first bytes, 300 or more where it has so many.
    """
    return next((reason for pattern, reason in _KINDS if re.match(pattern, head, re.DOTALL)), "")


def event_log(head: bytes) -> tuple[Preset, Text] | None:
    """The preset of an event log and why it was taken for it, or None.

    Where several fit, the one that finds the most of its marks.

    Args:
        head: the first bytes of the file, unpacked; the last line may be cut.
    """
    logs = [preset for preset in presets() if preset.shape == "events"]
    text = head.decode("utf-8-sig", errors="replace")
    for line in (*text.split("\n")[:LINES], text):
        whole = first_event(line)
        candidates = [
            (preset, marks) for preset in logs if (marks := _marks(preset, whole[0] if whole else _form(line)))
        ]
        if candidates:
            preset, marks = max(candidates, key=lambda candidate: len(candidate[1]))
            return preset, message("its lines are JSON events with {fields}", fields=", ".join(marks))
    return None


def _form(line: str) -> dict[str, Any]:
    return dict(parse_qsl(line.strip().lstrip("?"))) if "=" in line and not line.lstrip().startswith(("{", "[")) else {}


def _marks(preset: Preset, top: dict[str, Any]) -> list[str]:
    """The fields by which an event is known as one of a preset; none where something is missing."""
    outer = event = top
    for step in preset.unwrap:
        outer, event = event, _inside(event, step)
    wanted = preset.recognise
    has = {
        name: _value(outer, name[1:]) if name.startswith("/") else _value(event, name)
        for name in (*wanted.fields, *wanted.any_field, *wanted.where)
    }
    has_any = not wanted.any_field or any(has[name] is not None for name in wanted.any_field)
    fits = all(re.search(pattern, str(has[name] or "")) for name, pattern in wanted.where.items())
    if not (has_any and fits and all(has[name] is not None for name in wanted.fields)):
        return []
    return list(dict.fromkeys(name.lstrip("/") for name, value in has.items() if value is not None))


def _inside(event: dict[str, Any], step: Words) -> dict[str, Any]:
    for name in step:
        value = _value(event, name.replace(".*", ""))
        if isinstance(value, str) and value[:1] in ("{", "["):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        while isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            return value
    return event


def _value(event: Any, name: str) -> Any:
    """What a dotted name leads to; of a list on the way the first entry."""
    for step in name.split("."):
        while isinstance(event, list) and event:
            event = event[0]
        if not isinstance(event, dict):
            return None
        event = event.get(step)
    return event


def first_event(text: str) -> tuple[Any, str] | None:
    """The first JSON object of a text or array, and how it is written; None where none is whole."""
    text = text.lstrip("[ \t\r\n")
    try:
        event, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return (event, text[:end]) if isinstance(event, dict) else None
