"""The likeliest answers to what `kit check` asks for, each with what speaks for it; the reader has the last word."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.localtime import get_localzone

from kit.errors import InputError
from kit.messages import Message, message
from kit.sources import candidates
from kit.sources.text.addresses import SHARED
from kit.sources.text.encodings import unpacked
from kit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kit.store import Data

BEGINNING = 1 << 20
"""Bytes of each file that are looked at."""

ZONES = (
    "Europe/Berlin", "Europe/Moscow", "Europe/London", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "Europe/Kyiv", "Europe/Istanbul", "Asia/Yekaterinburg", "Asia/Almaty", "Asia/Novosibirsk",
    "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo",
)  # fmt: skip
"""Zones that an offset is first thought to be of, the commonest of each first."""

_ISO = re.compile(rb"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?[+-]\d\d:?\d\d\b")
_MAIL = re.compile(rb"\b\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}\b")
_PEOPLE = re.compile(rb"^(?:From|To|Cc|Delivered-To):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_DOMAIN = re.compile(rb"@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")


def guesses(data: Data, asked: Iterable[str]) -> dict[str, tuple[str, Message]]:
    """For each key of kit.toml that is asked for and can be guessed: its value as TOML, and why.

    Args:
        data: what was read without the setting.
        asked: the keys.
    """
    kinds = {"time_zone": _zone, "currency": _currency, "own_domains": _domains}
    found = {name: kinds[name](data) for name in asked if name in kinds}
    return {name: guess for name, guess in found.items() if guess is not None}


def _zone(data: Data) -> tuple[str, Message] | None:
    here = getattr(get_localzone(), "key", "")
    local = () if not here or here.startswith("Etc/") or here == "UTC" else (here,)
    moments = [moment for raw in _beginnings(data) for moment in _moments(raw) if moment.utcoffset() != timedelta(0)]
    fits = {zone: sum(_fits(moment, zone) for moment in moments) for zone in (*local, *ZONES)}
    likeliest = max(fits, key=fits.__getitem__)
    if fits[likeliest] * 2 > len(moments):
        why = message(
            "Guess: {n} times in the files have the UTC offset of this time zone. Correct it if it is wrong.",
            n=fits[likeliest],
        )
        return f'"{likeliest}"', why
    if local and not moments:
        return f'"{here}"', message("Guess: this is the computer's time zone. Correct it if the firm's is different.")
    return None


def _fits(moment: datetime, zone: str) -> bool:
    return moment.astimezone(ZoneInfo(zone)).utcoffset() == moment.utcoffset()


def _moments(raw: bytes) -> Iterator[datetime]:
    for written, read in ((_ISO, datetime.fromisoformat), (_MAIL, parsedate_to_datetime)):
        for match in written.findall(raw)[:1000]:
            try:
                yield read(match.decode())
            except ValueError:  # no day of any month
                continue


def _currency(data: Data) -> tuple[str, Message] | None:
    times: Counter[str] = Counter()
    for name, table in TABLES.items():
        rows = data.expression(name) if "currency" in table.names else None
        if rows is not None:
            named = rows.filter(rows.currency.notnull())
            counts = named.group_by("currency").agg(n=named.count()).to_pandas()
            times.update(dict(zip(counts["currency"], map(int, counts["n"]), strict=True)))
    if not times:
        return None
    currency, n = max(times.items(), key=lambda item: (item[1], item[0]))
    return f'"{currency}"', message("Guess: {n} other amounts are in this currency. Correct it if it is wrong.", n=n)


def _domains(data: Data) -> tuple[str, Message] | None:
    """The domain of most messages: each of a firm's mailbox is from the firm or to it."""
    times: Counter[str] = Counter()
    for raw in _beginnings(data):
        for line in _PEOPLE.findall(raw):
            times.update({domain.decode().lower() for domain in _DOMAIN.findall(line)} - SHARED)
    if not times:
        return None
    domain, n = max(times.items(), key=lambda item: (item[1], item[0]))
    why = message("Guess: {n} senders and recipients of the e-mails use this domain. Correct it if it is wrong.", n=n)
    return f'["{domain}"]', why


def _beginnings(data: Data) -> Iterator[bytes]:
    for path in candidates(data.target) if data.target else ():
        try:
            yield unpacked(path, BEGINNING)
        except InputError:  # it is named where it is read
            continue
