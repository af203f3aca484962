"""Made-up messages and mailboxes, for tests of the reading of mail."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import sources
from kit.settings import Settings
from kit.sources.mail import mailbox
from kit.sources.text.addresses import contact_key
from kit.tables import MAILS
from tests import exports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.sources import FileLog

OURS = Settings(values={"own_domains": ("example.com",)})
ANNA = contact_key("anna@example.org")

BODY = "Good day,\n\nis my car ready?\n"


def letter(body: str | bytes = BODY, **headers: str | None) -> bytes:
    """A message; underscores in the names of headers are hyphens, and None takes one of the usual ones away."""
    said = {
        "Date": "Tue, 03 Mar 2026 10:00:00 +0300",
        "From": "Anna <anna@example.org>",
        "To": "garage@example.com",
        "Subject": "My car",
        "Message_ID": "<m1@example.org>",
    } | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in said.items() if value is not None)
    return head.encode("utf-8", "surrogateescape") + b"\n" + (body if isinstance(body, bytes) else body.encode())


def mbox(messages: Iterable[bytes], separator: str = "From anna@example.org Tue Mar  3 07:00:05 2026") -> bytes:
    """A mailbox of any program: a separator before each message, a blank line behind."""
    return b"".join(f"{separator}\n".encode() + one.rstrip(b"\n") + b"\n\n" for one in messages)


def takeout(messages: Iterable[bytes]) -> bytes:
    """A mailbox as Gmail gives it, CRLF and all; a line that begins with From is not escaped."""
    made = b""
    for number, one in enumerate(messages, start=1801307885802627215):
        head = f"From {number}@xxx Tue Mar 03 10:00:07 +0300 2026\nX-GM-THRID: {number // 2}\n"
        made += head.encode() + one.rstrip(b"\n") + b"\n\n"
    return made.replace(b"\n", b"\r\n")


def read(path: Path, settings: Settings = OURS) -> tuple[list[FileLog], pd.DataFrame]:
    """The complete logs of all mail, and its rows as the reader writes them."""
    loaded = sources.read(path, settings)
    with tempfile.TemporaryDirectory() as out:
        done = mailbox.project(loaded.mail, Path(out), settings)
        parts = sorted(Path(out).iterdir(), key=lambda one: int(one.stem.removeprefix("box-")))
        table = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
    assert list(table.columns) == MAILS.names
    assert sum(log.rows_kept for log in done) == len(table)
    assert all(log.rows_read - log.rows_kept >= log.rows_repeated for log in done)
    return done, table.astype(object).where(table.notna(), None)


def one(tmp_path: Path, raw: bytes, settings: Settings = OURS) -> dict[str, Any]:
    """The row of one message, saved as a file of its own."""
    (tmp_path / "in").mkdir(exist_ok=True)
    (row,) = read(exports.write(tmp_path / "in", "a.eml", raw), settings)[1].to_dict("records")
    return row
