"""Who we are, where kit.toml does not say it: whoever wrote what lies in a folder of sent mail."""

from __future__ import annotations

import csv
from collections import Counter
from email.parser import BytesParser
from email.policy import Compat32
from typing import TYPE_CHECKING

from kit.messages import Text, message
from kit.sources.detect.headers import listed
from kit.sources.detect.presets import named
from kit.sources.mail import parse
from kit.sources.mail.archives import DAMAGES, PartOpener
from kit.sources.text.addresses import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kit.sources.detect.presets import Preset
    from kit.sources.file_log import MailBox

SENT = frozenset(
    {
        "sent", "sent mail", "sent items", "sent messages", "outbox", "отправленные", "отправленные письма",
        "исходящие", "gesendet", "gesendete objekte", "gesendete elemente", "éléments envoyés", "messages envoyés",
        "envoyés", "enviados", "elementos enviados", "inviata", "posta inviata", "verzonden", "verzonden items",
        "wysłane", "elementy wysłane", "skickat", "已发送", "已发送邮件", "已傳送郵件", "寄件備份", "寄件備份匣",
    }
)  # fmt: skip
"""How programs call the folder of sent mail."""

ENOUGH = 2_000
"""Sent messages that are looked at."""

FEW = 0.02
"""An address with a smaller share of the sent mail got there by chance."""


def guess(
    boxes: Iterable[MailBox], cut: Callable[..., Iterator[tuple[int | None, bytes, bytes]]]
) -> tuple[parse.Firm, Text]:
    """Who wrote the sent mail, and what to say of it; nobody where no folder of sent mail is there.

    Args:
        boxes: the mailboxes.
        cut: takes the messages of a part apart, as `mailbox.cut`.
    """
    senders: Counter[str] = Counter()
    with PartOpener() as opener:
        for box in boxes:
            preset = named(box.preset)
            headers = preset.columns.get("labels", ()) if preset else ()
            for part in box.parts:
                is_sent = part.labels.strip().lower() in SENT
                if preset is None or not (is_sent or headers) or senders.total() >= ENOUGH:
                    continue
                try:
                    with opener.opened(part) as read:
                        senders.update(_senders(cut(read, preset), preset, is_sent=is_sent))
                except DAMAGES:  # whoever reads it says so
                    continue
    ours = [address for address, n in senders.most_common() if n >= FEW * senders.total()]
    if not ours:
        return parse.Firm.of((), ()), ""
    domains = {address.rpartition("@")[2] for address in ours} - SHARED
    firm = parse.Firm.of(tuple(domains), tuple(ours))
    if not domains:
        return firm, message(
            "your own addresses were guessed from the sent e-mails; if they are wrong, set own_addresses in kit.toml"
        )
    return firm, message(
        "your own domains were guessed from the sent e-mails: {domains}; if they are wrong, set own_domains in "
        "kit.toml",
        domains=listed(sorted(domains)),
    )


def _senders(messages: Iterator[tuple[int | None, bytes, bytes]], preset: Preset, *, is_sent: bool) -> Iterator[str]:
    number = 0
    names = [name.lower() for name in preset.columns.get("labels", ())]
    for _offset, _separator, raw in messages:
        if number >= ENOUGH:
            return
        headers = _headers(raw)
        if is_sent or any(_is_sent(headers.get(name, "")) for name in names):
            number += 1
            yield from parse.addresses(headers.get("from", ""))[:1]


def _headers(raw: bytes) -> dict[str, str]:
    head = raw[: raw.find(b"\n\n") if b"\n\n" in raw else raw.find(b"\r\n\r\n")]
    try:
        return {
            name.lower(): str(value) for name, value in _PARSER.parsebytes(head + b"\n\n", headersonly=True).items()
        }
    except parse.FAULTS:
        return {}


def _is_sent(labels: str) -> bool:
    words = next(csv.reader([parse.labels(labels) or ""]), [])
    return any(word.strip().lower() in SENT for word in words)


_PARSER = BytesParser(policy=Compat32())
