"""The reader of mail: one message after the other, written in blocks; a large mailbox costs time, not memory."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kit.errors import InputError
from kit.messages import Text, message
from kit.places import WRITE_CACHE, reaching
from kit.sources import frames
from kit.sources.detect.presets import named
from kit.sources.file_log import FileLog, MailBox, MailPart, Rejection, Stamp, changed
from kit.sources.mail import mail_files, ours, parse
from kit.sources.mail.archives import DAMAGES, PartOpener
from kit.sources.mail.decoding import unfolded
from kit.tables import MAILS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset

BLOCK = 1 << 22
"""Bytes that are cut into lines at a time."""

ROWS, LETTERS = 500, 1 << 22
"""A block of messages is written when it has so many rows, or so many letters of text."""

LARGEST = 1 << 26
"""Bytes of one message that are read; what is larger holds files, or is no mailbox at all."""

SHOWN_REJECTIONS = 100
"""Rejected messages that are listed of one mailbox; all are counted."""

_WHEN = re.compile(
    rb" (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>[\d:]{5,8})"
    rb"(?: (?P<zone>[+-]\d{4}|[A-Z]{2,5}))? (?P<year>\d{4})"
)


def project(boxes: Iterable[MailBox], out: Path, settings: Settings) -> list[FileLog]:
    """Write the messages of all mailboxes as Parquet and tell what became of each.

    A message that was read before, in whatever file, counts once: the same Message-ID and text, or where it has
    no id the same sender, date, subject and text. Where the settings do not say who we are, whoever wrote what lies
    in a folder of sent mail is ours. What is no message, or cannot be taken apart, is left
    out and named with the byte on which it begins. Of a mailbox that changes while it is read nothing
    is used; of a folder of messages all but those that change.

    Args:
        boxes: the mailboxes.
        out: the folder in which a Parquet file a mailbox is written, columns as `tables.MAILS`.
        settings: the folder's, for `own_domains`, `own_addresses` and the zone of dates without one.

    Returns:
        A log a mailbox, with the first rejections listed.
    """
    keys: set[int] = set()
    every = tuple(boxes)
    firm = parse.Firm.of(settings["own_domains"], settings["own_addresses"])
    guessed: Text = ""
    if not firm:
        firm, guessed = ours.guess(every, cut)
    return [
        _Reader(box, out / f"box-{number}.parquet", settings, firm, guessed, keys).read()
        for number, box in enumerate(every)
    ]


def cut(read: Callable[[int], bytes], preset: Preset) -> Iterator[tuple[int | None, bytes, bytes]]:
    """The messages of one part, as they were before they were put there.

    Yields:
        The byte where it begins and its separator, or None and nothing where the part is one message; and itself.
    """
    if not preset.recognise.separator:
        yield None, b"", mail_files.plain_message(read(LARGEST))
        return
    pattern = mail_files.separator(preset)
    escaped = pattern.pattern.startswith(rb"\n")  # programs that need the blank line escape the rest
    for offset, head, raw in messages(read, pattern):
        yield offset, head, _unescaped(raw) if escaped else raw


def messages(read: Callable[[int], bytes], separator: re.Pattern[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """The messages of a mailbox in one file: the byte where each begins, its separator, and itself.

    A message larger than LARGEST ends there.
    """
    begin = at = size = 0
    head = b""
    lines: list[bytes] = []
    blank = True
    for line in _lines(read):
        if line.startswith(b"From ") and separator.match(b"\n" + line if blank else line):
            if head or lines:
                yield begin, head, b"".join(lines)
            begin, head, lines, size = at, line, [], 0
        elif size < LARGEST:
            lines.append(line)
            size += len(line)
        at += len(line)
        blank = not line.strip()
    if head or lines:
        yield begin, head, b"".join(lines)


def _lines(read: Callable[[int], bytes]) -> Iterator[bytes]:
    remaining, begun = b"", False
    while block := read(BLOCK):
        block = remaining + block if begun else block.removeprefix(mail_files.BOM)
        begun = True
        end = block.rfind(b"\n") + 1
        yield from block[:end].splitlines(keepends=True)
        remaining = block[end:]
        if len(remaining) > LARGEST:  # no mail has such a line
            yield remaining
            remaining = b""
    if remaining:
        yield remaining


class _Reader:
    """Reads one mailbox.

    Args:
        box: the mailbox.
        out: where the rows are written.
        settings: the folder's.
        firm: who we are.
        guessed: what to say of it where it was guessed.
        keys: of the messages that were read before; the messages of this one are added if it is used.
    """

    def __init__(
        self, box: MailBox, out: Path, settings: Settings, firm: parse.Firm, guessed: Text, keys: set[int]
    ) -> None:
        preset = named(box.preset)
        if preset is None:
            raise KeyError(box.preset)
        self.box = box
        self.preset: Preset = preset
        self.firm = firm
        self.guessed = guessed
        self.zone = settings.zone
        self.keys = keys
        self.new: set[int] = set()
        self.out = out
        self.writer: pq.ParquetWriter | None = None
        self.rows: list[dict[str, Any]] = []
        self.letters = 0
        self.count: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.rejections: list[Rejection] = []
        self.broken: InputError | None = None

    def read(self) -> FileLog:
        """Write the rows; the complete log."""
        with pq.ParquetWriter(self.out, frames.schema(MAILS)) as self.writer, PartOpener() as opener:
            held = [self._part(part, opener) for part in self.box.parts]
            self._flush()
        if not all(held) and self.preset.recognise.separator:
            self.out.unlink()
            lost = changed(self.box.file)
            return FileLog(self.box.file, "unreadable", lost.problem, self.preset.name, MAILS.name, error=lost)
        self.keys |= self.new
        kept = self.count["kept"]
        log = FileLog(
            self.box.file,
            "read",
            self.box.why,
            preset=self.preset.name,
            table=MAILS.name,
            rows_read=self.count["read"],
            rows_kept=kept,
            rows_repeated=self.count["repeated"],
            notes=(*self.box.notes, *self._notes()),
            rejections=tuple(self.rejections),
        )
        if kept or self.count["repeated"]:
            return log
        error = InputError(
            message("none of its messages can be read"), file=self.box.file, hint=message("Export it again.")
        )
        return replace(log, status="unreadable", error=error)

    def _part(self, part: MailPart, opener: PartOpener) -> bool:
        """Read a part; whether it stayed as it was meanwhile."""
        stamp = Stamp.of(part.path)
        try:
            with opener.opened(part) as read:
                for offset, head, raw in cut(read, self.preset):
                    if offset is None and stamp and not stamp.holds:
                        self.count["read"] += 1
                        self._reject(part, changed(part.file).problem)
                    else:
                        self._message(part, offset, raw, head)
        except DAMAGES as error:
            self.count["read"] += 1
            self._reject(
                part, message("the rest of it cannot be read: {error}", error=str(error) or type(error).__name__)
            )
        return not stamp or stamp.holds

    def _message(self, part: MailPart, offset: int | None, raw: bytes, head: bytes) -> None:
        self.count["read"] += 1
        try:
            row = parse.read(raw, self.firm, self.zone, lambda: _time(head))
        except parse.FAULTS as error:  # the standard library's parser at what it did not expect
            if isinstance(error, parse.NoHeaderError):
                reason = message("it has no message header")
            else:
                reason = message("its parts cannot be read ({error})", error=type(error).__name__)
            self._reject(part, reason, offset)
            return
        key = _key(row)
        if key in self.keys or key in self.new:
            self.count["repeated"] += 1
            self._reject(part, message("the same message was already read; it counts once"), offset)
            return
        if key is not None:
            self.new.add(key)
        self._keep(part, row, raw)

    def _keep(self, part: MailPart, row: dict[str, Any], raw: bytes) -> None:
        headers = row.pop("headers")
        if domain := row.pop("delivered_to"):
            self.delivered[domain] += 1
        if len(raw) >= LARGEST:
            row["defects"] = f"only its first {LARGEST >> 20} MB are read"
        values = {
            name: next((headers[header.lower()] for header in names if header.lower() in headers), "")
            for name, names in self.preset.columns.items()
        }
        row |= {
            "source": self.preset.name,
            "source_file": part.file,
            "thread_id": unfolded(values.get("thread_id", "")).strip()
            or parse.conversation(headers.get("thread-index", "")),
            "labels": parse.labels(values.get("labels", "")) or part.labels or None,
        }
        self.rows.append(row)
        self.count.update(
            name
            for name, holds in {
                "kept": True,
                "faulty": row["defects"],
                "dateless": row["sent_at"] is None,
                "nameless": row["message_id"] is None,
                "sideless": row["direction"] is None,
            }.items()
            if holds
        )
        self.letters += len(row["body_text"] or "")
        if len(self.rows) >= ROWS or self.letters >= LETTERS:
            self._flush()

    def _flush(self) -> None:
        if self.rows and self.writer:
            with reaching(self.out, WRITE_CACHE):
                self.writer.write_table(pa.Table.from_pylist(self.rows, schema=frames.schema(MAILS)))
        self.rows.clear()
        self.letters = 0

    def _reject(self, part: MailPart, reason: Text, offset: int | None = None) -> None:
        if offset is not None:
            reason = message("at byte {n}: {reason}", n=str(offset), reason=reason)
        if len(self.rejections) < SHOWN_REJECTIONS:
            self.rejections.append(Rejection(part.file, None, None, reason))

    def _notes(self) -> list[Text]:
        repeated, faulty, nameless = (self.count[name] for name in ("repeated", "faulty", "nameless"))
        ask = parse.ASK
        if self.delivered:
            ask = message(
                "{ask}; most messages were delivered to {domain}", ask=ask, domain=self.delivered.most_common(1)[0][0]
            )
        notes = {
            ask: self.count["sideless"] and not self.firm,
            self.guessed: bool(self.guessed),
            message("messages already read and counted once: {n}", n=str(repeated)): repeated,
            message("messages with format errors, listed in their rows and kept: {n}", n=str(faulty)): faulty,
            message("messages without any time: {n}", n=str(self.count["dateless"])): self.count["dateless"],
            message(
                "messages without a Message-ID, so that replies to them cannot be found: {n}", n=str(nameless)
            ): nameless,
        }
        return [note for note, number in notes.items() if number]


def _key(row: dict[str, Any]) -> int | None:
    """By what a message is known again; None where nothing tells it from another."""
    if row["message_id"]:  # a copy may be wrapped, never worded otherwise
        identity = f"{row['message_id']} {''.join((row['body_text'] or '').split())}"
    elif row["headers"].get("date"):
        identity = repr((row["headers"]["date"], row["from_key"], row["subject"], row["body_text"]))
    else:
        return None
    return int.from_bytes(hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=8).digest())


def _time(head: bytes) -> datetime | None:
    """The time of a separator; without a zone it is UTC (RFC 4155)."""
    match = _WHEN.search(head)
    if not match:
        return None
    part = {name: moment.decode() for name, moment in match.groupdict(b"+0000").items()}
    try:
        moment = parsedate_to_datetime(f"{part['day']} {part['month']} {part['year']} {part['clock']} {part['zone']}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError:  # a month or an hour that is none
        return None


def _unescaped(raw: bytes) -> bytes:
    """Without the mark that mailboxes put before a line that begins with "From "."""
    return re.sub(rb"(?m)^>(>*From )", rb"\1", raw) if b"\n>" in raw else raw
