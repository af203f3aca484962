"""Addresses and their keys, the same by Python and by the engine."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

KEY_LENGTH = 32
"""Hexadecimal digits of the key: 128 bits, far beyond a chance collision among any firm's contacts."""

_DOT = r"(?:\.|\s*[(\[]\s*dot\s*[)\]]\s*|\s+dot\s+)"
_DOTS = re.compile(_DOT, re.IGNORECASE)
_WRITTEN_OUT = re.compile(
    rf"(?P<name>[\w.+-]{{1,64}})(?:\s+at\s+|\s*[(\[]\s*(?:at|a)\s*[)\]]\s*)"
    rf"(?P<domain>[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,8}})",
    re.IGNORECASE,
)

_BLANKS = " \t\r\n\f\v\u00a0"


SHARED = frozenset(
    {
        "gmail.com", "googlemail.com", "mail.ru", "bk.ru", "inbox.ru", "list.ru", "yandex.ru", "ya.ru", "rambler.ru",
        "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net",
        "web.de", "qq.com", "163.com", "126.com", "proton.me", "protonmail.com",
    }
)  # fmt: skip
"""Domains of mailboxes that belong to no firm."""


def normalised(address: str) -> str:
    """The address without blanks around it, in lower case.

    Letter by letter, as the engine does it: `str.lower` would look at the neighbours of a Greek
    sigma and make two letters of a Turkish İ.
    """
    plain = address.strip(_BLANKS)
    return plain.lower() if plain.isascii() else "".join(letter.lower()[0] for letter in plain)


def with_signs(text: str) -> str:
    """A text with an @ in its addresses: archives of lists write "name at example.com", others "name (at) example.com".

    A text that has an @ is as it is meant.
    """
    if "@" in text:
        return text
    return _WRITTEN_OUT.sub(lambda found: f"{found['name']}@{_DOTS.sub('.', found['domain'])}", text)


@lru_cache(1 << 16)
def contact_key(address: str) -> str:
    """The key under which a person stands in all tables: half of the SHA-256 of the address."""
    return hashlib.sha256(normalised(address).encode()).hexdigest()[:KEY_LENGTH]


def normalised_sql(expression: str) -> str:
    """`normalised` as an SQL expression of the engine."""
    blanks = " || ".join(f"chr({ord(blank)})" for blank in _BLANKS)
    # to see that an address holds no blank takes a third of the time of looking for each of them
    trimmed = (
        f"CASE WHEN regexp_full_match({expression}, '[!-~]+') THEN {expression} ELSE trim({expression}, {blanks}) END"
    )
    return f"lower({trimmed})"


def contact_key_sql(expression: str) -> str:
    """`contact_key` as an SQL expression of the engine."""
    return f"left(sha256({normalised_sql(expression)}), {KEY_LENGTH})"


def member_key(vendor: str, person: str) -> str:
    """The key of somebody whom a platform calls by an id of its own."""
    return contact_key(f"{vendor}:{person}")
