"""Encoded words and charsets of mail, read as far as they can be read (RFC 2047 and what is sent instead)."""

from __future__ import annotations

import binascii
import quopri
import re
from typing import Any

from kit.sources.text.encodings import DAMAGED, decode

_FOLD = re.compile(r"\r?\n(?=[ \t])|\r?\n$")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")
_WORD = re.compile(r"=\?(?P<charset>[^?*\s]+)(?:\*[^?]*)?\?(?P<how>[bqBQ])\?(?P<encoded>[^?]*)\?=")
_MAILBOX_WORD = re.compile(r"&([A-Za-z0-9+,]*)-")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")

_MEANT = {"gb2312": "gb18030", "gbk": "gb18030", "us-ascii": "utf-8", "ascii": "utf-8", "iso-8859-1": "cp1252"}
"""Charsets that programs name and mean a larger one (WHATWG: Encoding)."""


def unfolded(raw: str) -> str:
    """A header in one line; bytes that are no ASCII as the characters that they most likely are."""
    line = _FOLD.sub("", raw)
    if line.isascii():
        return line
    return decode(line.encode("utf-8", "surrogateescape")).text


def decoded(raw: str) -> str:
    """A header with its encoded words read, in one line and without blanks at its ends.

    Neighbours of one charset are joined before they are decoded: programs cut words inside a letter.
    """
    line = _BETWEEN.sub(r"\1", unfolded(raw))
    texts: list[str] = []
    waiting, charset, end = b"", "", 0
    for word in _WORD.finditer(line):
        between, named = line[end : word.start()], word["charset"].lower()
        if between or named != charset:
            texts += [_read(waiting, charset), between]
            waiting = b""
        waiting += _bytes(word)
        charset, end = named, word.end()
    texts += [_read(waiting, charset), line[end:]]
    return " ".join("".join(texts).split())


def folder_name(name: str) -> str:
    """A folder's name as programs show it: servers write other letters in a base64 of their own (RFC 3501, 5.1.3).

    A name in which an `&` begins no such word is what it says.
    """
    try:
        return _MAILBOX_WORD.sub(lambda word: _mailbox_word(word[1]), name)
    except ValueError:
        return name


def _mailbox_word(word: str) -> str:
    if not word:
        return "&"
    raw = binascii.a2b_base64(word.replace(",", "/") + "=" * (-len(word) % 4), strict_mode=True)
    letters = raw.decode("utf-16-be")
    if any(letter.isascii() and letter.isprintable() for letter in letters):  # those are never written so
        raise ValueError(word)
    return letters


def spoken(raw: Any, charset: Any, defects: list[str]) -> str:
    """The text of a part's bytes; a charset that is unknown or wrong is named in `defects`."""
    if not isinstance(raw, bytes):
        return ""
    named = _whole(unfolded(str(charset[2] if isinstance(charset, tuple) else charset or ""))).strip("\"' ").lower()
    text = _strict(raw, named or "utf-8")
    if text is None:
        defects.append(f"its text is no {named or 'utf-8'}")
        text = decode(raw).text
    return _whole(text)


def _bytes(word: re.Match[str]) -> bytes:
    encoded = word["encoded"]
    if word["how"] in "qQ":
        return quopri.decodestring(encoded.replace("_", " ").encode("utf-8", "replace"))
    letters = _NOT_BASE64.sub("", encoded)
    try:
        return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + "=" * (-len(letters) % 4))
    except binascii.Error:
        return DAMAGED.encode()


def _read(raw: bytes, charset: str) -> str:
    text = _strict(raw, charset) if raw else ""
    return _whole(decode(raw).text if text is None else text)


def _strict(raw: bytes, charset: str) -> str | None:
    """The text, or None where the charset is unknown or is not that of the bytes."""
    for name in dict.fromkeys((_MEANT.get(charset, charset), charset)):
        try:
            return raw.decode(name)
        except (LookupError, ValueError):  # no such charset, or not these bytes
            continue
    return None


def _whole(text: str) -> str:
    """Without halves of letters, which no file can hold, and without NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
