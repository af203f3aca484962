"""One message: from its bytes to the values of `mails`, whatever is wrong with its form.

The standard library cuts the message into parts; headers are decoded here, because its own decoder
raises at broken ones and repairs others without a word. What is wrong is named in `defects`.
"""

from __future__ import annotations

import binascii
import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from kit.messages import message
from kit.sources.mail.decoding import decoded, plain_text, spoken, unfolded
from kit.sources.text.addresses import contact_key, normalised, with_signs
from kit.sources.text.times import YEARS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from email.message import Message
    from zoneinfo import ZoneInfo

LONGEST = 100_000
"""Letters of a text that are kept; what is longer was written by a program."""

ASK = message("it is unknown who wrote to whom; set own_domains or own_addresses in kit.toml")
"""What a log says where the settings name nobody."""

FAULTS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the standard library's parser raises at messages that it did not expect."""

PERSONAL = "personal"
"""The mailbox of addresses of ours that are a person's, all together."""

ROLES = frozenset(
    {
        "support", "help", "helpdesk", "service", "services", "customer", "customers", "care", "client", "clients",
        "info", "contact", "contacts", "hello", "mail", "office", "sales", "shop", "store", "order", "orders",
        "billing", "invoice", "invoices", "accounts", "accounting", "finance", "admin", "team", "desk", "garage",
        "booking", "bookings", "reservations", "reception", "appointments", "claims", "complaints", "returns",
        "feedback", "marketing", "news", "press", "jobs", "hr", "legal", "privacy", "security", "tech", "it",
        "webmaster", "fleet", "parts", "workshop", "delivery", "warehouse", "zakaz", "zakazy", "prodazhi", "pochta",
        "servis", "klient", "buhgalteria", "kontakt", "kundenservice", "verkauf", "rechnung", "bestellung", "termin",
        "anfrage",
    }
)  # fmt: skip
"""Parts of names before the @ that stand for a role."""

_ID = re.compile(r"<([^<>]+)>")
_ADDRESS = re.compile(r"<\s*([^<>\s@]{1,256}@[^<>\s@]{1,255})\s*>|([^\s<>()\[\]@]{1,256}@[^\s<>()\[\]@]{1,255})")
_IN_QUOTES = re.compile(r'"(?:\\.|[^"\\]){0,500}"')
_HELD = frozenset({"date", "in-reply-to", "message-id", "references", "subject"})
"""Headers whose whole content a column holds; of senders and recipients there are hashes and domains only."""

_BULK = ("list-unsubscribe", "list-id", "feedback-id")
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponse")
_FAILED = re.compile(rb"(?im)^action:[ \t]*failed")
_RETURNED = re.compile(rb"(?im)^(?:>[ \t]?)?message-id:\s*<([^<>\s]+)>")
_CONVERSATION = 22
"""Bytes of Outlook's Thread-Index that all messages of a conversation share."""

_AWAY = re.compile(
    r"(auto(matic)?[\s-]?repl(y|ied)|auto[\s-]?response|out of (the )?office|автоответ|автоматический ответ|"
    r"abwesenheits(notiz|meldung)|automatische antwort|réponse automatique|absence du bureau|respuesta automática|"
    r"risposta automatica|automatisch antwoord|autosvar|自动回复|自動回覆)",
    re.IGNORECASE,
)
"""How the subject of an out-of-office answer begins, in the words of the usual programs."""

_SHOWN = ("text/plain", "text/html")
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_NAMED = re.compile(rb"(?im)^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*){0,9}?\b(?:file)?name\*?=")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class NoHeaderError(ValueError):
    """Bytes that have no header of a message."""


@dataclass(frozen=True, slots=True)
class Firm:
    """Who we are: the firm's domains, with those below them, and its addresses elsewhere."""

    domains: frozenset[str]
    addresses: frozenset[str]

    @classmethod
    def of(cls, domains: tuple[str, ...], addresses: tuple[str, ...]) -> Firm:
        """From the settings, however they are written."""
        own_domains = {domain.strip().lower().lstrip("@.") for domain in domains}
        return cls(frozenset(own_domains - {""}), frozenset(normalised(address) for address in addresses))

    def __bool__(self) -> bool:
        return bool(self.domains or self.addresses)

    def has(self, address: str) -> bool:
        """Whether an address, normalised, is ours."""
        domain = _domain(address)
        return address in self.addresses or any(
            domain == own_domain or domain.endswith(f".{own_domain}") for own_domain in self.domains
        )


class _Raw(Compat32):
    """Headers as they stand: bytes that are no ASCII stay surrogates, for `decoded` to read."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:  # noqa: ARG002  the parser's own signature
        return value


_PARSER = BytesParser(policy=_Raw())

_HEADER = re.compile(rb"([!-9;-~]++):[ \t]*+([^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+)\r?\n")
_END = re.compile(rb"\r?\n")
_TEXT = re.compile(
    r'text/plain(?:\s*;\s*(?:(?:format|delsp)="?\w+"?|charset="?(?P<charset>[\w.-]+)"?))*\s*;?\s*', re.IGNORECASE
)
_LONG = 300
"""Letters of a Content-Type; what is longer is left to the standard library."""
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})


class _Plain:
    """A message of one text that stands as it is, as most are: as the standard library has it, in less time."""

    def __init__(self, headers: list[tuple[str, str]], charset: str | None, body: bytes) -> None:
        self._headers, self.charset, self.body = headers, charset, body

    @classmethod
    def of(cls, raw: bytes) -> _Plain | None:
        """None where it is any other message, or its form is not without fault."""
        headers: list[tuple[str, str]] = []
        at = 0
        while header := _HEADER.match(raw, at):
            headers.append((header[1].decode("ascii"), header[2].decode("ascii", "surrogateescape")))
            at = header.end()
        end = _END.match(raw, at)
        if not end:
            return None
        first: dict[str, str] = {}
        for name, value in headers:
            first.setdefault(name.lower(), value)
        kind = first.get("content-type", "text/plain")
        text = _TEXT.fullmatch(kind) if len(kind) <= _LONG else None
        encoding = first.get("content-transfer-encoding", "").strip().lower()
        if not text or encoding not in _AS_IT_IS or "content-disposition" in first:
            return None
        return cls(headers, text["charset"], raw[end.end() :])

    def items(self) -> list[tuple[str, str]]:
        """As of a message of the standard library, here and below."""
        return self._headers

    def get_all(self, wanted: str, otherwise: list[str]) -> list[str]:
        return [value for name, value in self._headers if name.lower() == wanted] or otherwise

    def get_content_type(self) -> str:
        return "text/plain"


def read(
    raw: bytes, firm: Firm, zone: ZoneInfo | None, separator: Callable[[], datetime | None] | None = None
) -> dict[str, Any]:
    """The values of one message for `tables.MAILS`, without its origin, thread and labels.

    Args:
        raw: the message as it stands in the file.
        firm: the firm's domains and addresses; without any the direction is not known.
        zone: the firm's, for a date that names none.
        separator: reads the time that the mailbox gives it, for a message that names none itself.

    Returns:
        Values by column; beside them `headers`: header, in small letters -> its first raw value, and
        `delivered_to`: the domain of the mailbox.

    Raises:
        NoHeaderError: it has no header of a message.
        ValueError: or another of FAULTS where the parser gives up.
    """
    message = _Plain.of(raw) or _PARSER.parsebytes(raw)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), value)
    if not headers.keys() & {"from", "date", "subject", "message-id", "received", "to", "return-path", "sender"}:
        raise NoHeaderError
    defects: list[str] = []
    sender = next(iter(addresses(headers.get("from", "") or headers.get("sender", ""))), None)
    others = [
        address for name in ("to", "cc", "bcc") for value in message.get_all(name, []) for address in addresses(value)
    ]
    received = _instant(headers.get("received", "").rpartition(";")[2], None)
    body, has_attachment = _body(message, raw, defects)
    return {
        "headers": headers,
        "delivered_to": _domain(next(iter(addresses(headers.get("delivered-to", ""))), "")) or None,
        "message_id": _first_id(headers.get("message-id", "")),
        "in_reply_to": _first_id(headers.get("in-reply-to", "")),
        "references": " ".join(_ids(headers.get("references", ""))) or None,
        **sides(sender, others, firm),
        "sent_at": _sent(headers, zone, received, separator, defects),
        "received_at": received,
        "subject": decoded(headers.get("subject", "")) or None,
        "body_text": body or None,
        "is_bulk": _is_bulk(headers) and not _is_own_list(headers, firm),
        "is_autoreply": _is_autoreply(headers, message),
        "bounced_id": _bounced_id(headers, message, raw),
        "has_attachment": has_attachment,
        "defects": ", ".join(dict.fromkeys(defects)) or None,
    }


def unused(raw: bytes, held: Collection[str]) -> dict[str, str | list[str]]:
    """The headers of a message that no column of `tables.MAILS` holds, decoded; a list where one stands several times.

    Args:
        raw: the message as it stands in the file.
        held: headers that are held all the same, in small letters.
    """
    headers: dict[str, list[str]] = {}
    for name, value in _PARSER.parsebytes(raw, headersonly=True).items():
        if name.lower() not in _HELD and name.lower() not in held:
            headers.setdefault(name, []).append(decoded(value))
    return {name: values[0] if len(values) == 1 else values for name, values in headers.items()}


def addresses(raw: str) -> list[str]:
    """The addresses of a header, normalised; a name that looks like one is none."""
    return list(_addresses(raw))


@lru_cache(1 << 14)
def _addresses(raw: str) -> tuple[str, ...]:
    for line in (unfolded(raw), decoded(raw)):  # some programs encode the address with the name
        pieces = re.split("[,;]", with_signs(_IN_QUOTES.sub("", line)))
        matches = [_ADDRESS.search(piece[max(piece.rfind("<"), 0) :]) for piece in pieces]
        if any(matches):
            return tuple(dict.fromkeys(_address(match) for match in matches if match))
    return ()


def _address(match: re.Match[str]) -> str:
    return normalised(match[1] or match[2].removeprefix("mailto:").strip("'"))


def labels(raw: str) -> str | None:
    """Labels as one line of CSV, each once: decoded first, because a label may hold a comma itself."""
    if not raw:
        return None
    names = list(
        dict.fromkeys(filter(None, map(str.strip, next(csv.reader([decoded(raw)], skipinitialspace=True), []))))
    )
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue() or None


def sides(sender: str | None, others: list[str], firm: Firm) -> dict[str, str | None]:
    """Who wrote to whom, as hashes and domains.

    Args:
        sender: the address it is from; None where it names none.
        others: the addresses it is to.
        firm: who we are; where that is not known, neither is the direction.
    """
    direction, other_side = _direction(sender, others, firm)
    ours = next(filter(firm.has, others if direction == "in" else [sender or ""]), "") if firm else ""
    return {
        "direction": direction,
        "mailbox": (_role(ours) or PERSONAL) if ours else None,
        "contact_key": contact_key(other_side) if other_side else None,
        "from_key": contact_key(sender) if sender else None,
        "from_domain": _domain(sender) if sender else None,
        "to_domains": " ".join(dict.fromkeys(map(_domain, others))) or None,
    }


def _role(address: str) -> str | None:
    """The name of an address that is a role's and not a person's."""
    name = address.partition("@")[0]
    return name if ROLES & set(re.split(r"[^\w]+|\d+", name)) else None


def _domain(address: str) -> str:
    return address.rpartition("@")[2].rstrip(".") if "@" in address else ""


def _ids(raw: str) -> list[str]:
    return ["".join(message_id.split()) for message_id in _ID.findall(unfolded(raw))]


def _first_id(raw: str) -> str | None:
    line = unfolded(raw).strip()
    return next(iter(_ids(raw)), line if line and not re.search(r"\s", line) else None)


def _direction(sender: str | None, others: list[str], firm: Firm) -> tuple[str | None, str | None]:
    """In, out or internal, and the other side's address."""
    if not firm or sender is None:
        return None, None
    if not firm.has(sender):
        return "in", sender
    outside = [address for address in others if not firm.has(address)]
    return ("internal", None) if others and not outside else ("out", next(iter(outside), None))


def _sent(
    headers: dict[str, str],
    zone: ZoneInfo | None,
    received: datetime | None,
    separator: Callable[[], datetime | None] | None,
    defects: list[str],
) -> datetime | None:
    """The sender's date; without one the time of its arrival, or the mailbox's."""
    written = headers.get("date")
    sent = _instant(written, zone) if written else None
    if sent is None:
        defects.append("its date cannot be read" if written else "it has no date")
    return sent or received or (separator() if separator else None)


def _instant(written: str, zone: ZoneInfo | None) -> datetime | None:
    if not written:
        return None
    try:
        moment = parsedate_to_datetime(unfolded(written))
        if moment.tzinfo is None:  # -0000: the time is UTC, and where it was sent from is not told
            zone_meant = UTC if written.rstrip().endswith("-0000") else zone
            moment = moment.replace(tzinfo=zone_meant) if zone_meant else None
        return moment.astimezone(UTC) if moment and moment.year in YEARS else None
    except (*FAULTS, OverflowError):  # the standard library's, for all that is no date
        return None


def _is_bulk(headers: dict[str, str]) -> bool:
    precedence = headers.get("precedence", "").strip().lower()
    return precedence in {"bulk", "list", "junk"} or any(name in headers for name in _BULK)


def _is_own_list(headers: dict[str, str], firm: Firm) -> bool:
    """Whether it came over a list of ours: a shared inbox that is a group of addresses marks every mail as a list's."""
    listed = _ID.findall(unfolded(headers.get("list-id", "")))
    return bool(firm and listed and firm.has(f"@{listed[-1].strip().lower()}"))


def _is_autoreply(headers: dict[str, str], message: Message | _Plain) -> bool:
    """RFC 3834, and what programs wrote before it; receipts and reports of delivery are answers of machines, too."""
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or any(name in headers for name in _AUTOMATIC)
        or headers.get("precedence", "").strip().lower() == "auto_reply"
        or message.get_content_type() == "multipart/report"
        or _AWAY.match(decoded(headers.get("subject", ""))) is not None
    )


def _bounced_id(headers: dict[str, str], message: Message | _Plain, raw: bytes) -> str | None:
    """The mail that a report of failed delivery (RFC 3464, or Exim's) gives back: as it quotes it, else answers it."""
    if message.get_content_type() == "multipart/report":
        failed = _FAILED.search(raw) is not None
    else:
        failed = "x-failed-recipients" in headers
    if not failed:
        return None
    returned = _RETURNED.findall(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1])
    if returned:
        return returned[-1].decode("ascii", "replace")
    return _first_id(headers.get("in-reply-to", "")) or next(reversed(_ids(headers.get("references", ""))), None)


def conversation(thread_index: str) -> str | None:
    """The conversation that a header Thread-Index names; None where it is none (MS-OXOMSG 2.2.1.3)."""
    try:
        index = binascii.a2b_base64("".join(thread_index.split()))
    except ValueError:
        return None
    return f"outlook:{index[:_CONVERSATION].hex()}" if len(index) >= _CONVERSATION else None


def _body(message: Message | _Plain, raw: bytes, defects: list[str]) -> tuple[str, bool]:
    """The text, and whether there is a file beside it."""
    files = 0
    if isinstance(message, _Plain):
        text = spoken(message.body, message.charset, defects).replace("\r\n", "\n").strip("\n")
    else:
        for part, parent in _parts(message):
            defects += [
                _CAMEL.sub(" ", type(defect).__name__.removesuffix("Defect")).lower() for defect in part.defects
            ]
            files += not _is_many(part) and _is_file(part, parent)
        text = _text(message, "", defects)
    if len(text) > LONGEST:
        defects.append(f"only the first {LONGEST} letters of its text are kept")
    # broken boundaries hide parts from the parser, and not from a reader
    return text[:LONGEST].strip(), bool(files) or (bool(defects) and _NAMED.search(raw) is not None)


def _text(part: Message, parent: str, defects: list[str]) -> str:
    """The text of a part: of alternatives the plain one, else the first that says something; of others all."""
    kind = part.get_content_type()
    if _is_many(part):
        inside = cast("list[Message]", part.get_payload())
        if kind == "multipart/alternative":
            inside = sorted(inside, key=lambda part_inside: part_inside.get_content_type() != "text/plain")
            return next(filter(str.strip, (_text(part_inside, kind, defects) for part_inside in inside)), "")
        texts = (_text(part_inside, kind, defects).strip() for part_inside in inside)
        return "\n".join(dict.fromkeys(filter(None, texts)))  # the same once: alternatives may have lost their frame
    if kind not in _SHOWN or _is_file(part, parent):
        return ""
    text = spoken(part.get_payload(decode=True), part.get_param("charset"), defects)
    return plain_text(text) if kind == "text/html" else text.replace("\r\n", "\n").strip("\n")


def _is_many(part: Message) -> bool:
    return part.get_content_maintype() == "multipart" and part.is_multipart()


def _parts(message: Message, parent: str = "") -> Iterator[tuple[Message, str]]:
    """The parts with the type of what they stand in; a message that is enclosed is one file."""
    yield message, parent
    if _is_many(message):
        for part in cast("list[Message]", message.get_payload()):
            yield from _parts(part, message.get_content_type())


def _is_file(part: Message, parent: str) -> bool:
    kind = part.get_content_type()
    if kind in _SIGNATURES or kind == "text/calendar":
        return False
    if part.get_content_disposition() == "attachment":
        return True
    if (kind in _SHOWN and not part.get_filename()) or parent == "multipart/report":
        return False
    return not (parent == "multipart/related" and part.get("content-id") is not None)  # a picture in the text
