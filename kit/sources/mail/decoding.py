"""What mail is written in: encoded words and charsets (RFC 2047 and what is sent instead), and HTML.

A page of HTML becomes lines where the reader saw lines, `> ` before what is quoted. The standard library's parser takes
minutes for a page of 100 kB that opens tags and closes none, and such pages are in every folder of spam. This one reads
each letter once and builds no tree.
"""

from __future__ import annotations

import binascii
import quopri
import re
from html import unescape
from typing import Any

from kit.sources.text.encodings import DAMAGED, decode

_FOLD = re.compile(r"\r?\n(?=[ \t])|\r?\n$")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")
_WORD = re.compile(r"=\?(?P<charset>[^?*\s]+)(?:\*[^?]*)?\?(?P<how>[bqBQ])\?(?P<encoded>[^?]*)\?=")
_MAILBOX_WORD = re.compile(r"&([A-Za-z0-9+,]*)-")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")

_MEANT = {"gb2312": "gb18030", "gbk": "gb18030", "us-ascii": "utf-8", "ascii": "utf-8", "iso-8859-1": "cp1252"}
"""Charsets that programs name and mean a larger one (WHATWG: Encoding)."""

_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("style", "script", "title", "template")}
"""What is never seen, up to its end."""

_LINES = frozenset(
    {"p", "div", "br", "tr", "li", "ul", "ol", "table", "hr", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_CELLS = frozenset({"td", "th"})
_QUOTE = "blockquote"
_DEEPEST = 9  # quotes inside quotes that are told apart
_ATTRIBUTE = 1000  # letters within which a quoted sign > is looked for


def unfolded(raw: str) -> str:
    """A header in one line; bytes that are no ASCII as the characters that they most likely are."""
    line = _FOLD.sub("", raw) if "\n" in raw else raw
    if line.isascii():
        return line
    return decode(line.encode("utf-8", "surrogateescape")).text


def decoded(raw: str) -> str:
    """A header with its encoded words read, in one line and without blanks at its ends.

    Neighbours of one charset are joined before they are decoded: programs cut words inside a letter.
    """
    if "=?" not in raw:
        return " ".join(unfolded(raw).split())
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


def plain_text(html: str) -> str:
    """The text of a page of HTML."""
    page = _Page()
    at, end = 0, len(html)
    while at < end:
        opened = html.find("<", at)
        if opened < 0:
            opened = end
        page.say(html[at:opened])
        at = _behind(html, opened, page) if opened < end else end
    page.end_line()
    return "\n".join(page.lines)


class _Page:
    """The lines so far; an end that was never begun, or a beginning without an end, costs nothing.

    Attributes:
        lines: those that are closed, without blank ones.
        endless: ends that do not come any more.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.endless: set[str] = set()
        self._line: list[str] = []
        self._quoted = 0

    def say(self, text: str) -> None:
        """What stands between two tags."""
        if text:
            self._line.append(unescape(text) if "&" in text else text)

    def tag(self, name: str, *, closes: bool) -> None:
        """Begin a line, or a depth of quoting, where the tag does."""
        if name in _LINES:
            self.end_line()
        elif name in _CELLS:
            self._line.append(" ")
        if name == _QUOTE:
            self._quoted = max(self._quoted + (-1 if closes else 1), 0)

    def end_line(self) -> None:
        """Close the line that is being gathered."""
        text = " ".join("".join(self._line).split())
        if text:
            self.lines.append("> " * min(self._quoted, _DEEPEST) + text)
        self._line.clear()


def _behind(html: str, opened: int, page: _Page) -> int:
    """The place behind what begins at a sign <, which the page is told of."""
    if html.startswith("<!--", opened):
        closed = _position(html, "-->", opened + 2, page)
        return opened + 4 if closed < 0 else closed + 3
    tag = _TAG.match(html, opened)
    if not tag and html[opened + 1 : opened + 2] not in {"!", "?", "/"}:
        page.say("<")  # 1 < 2
        return opened + 1
    closed = _position(html, ">", opened, page)
    if closed < 0:
        return len(html)
    if html.count('"', opened, closed) % 2:
        quote = html.find('"', closed, closed + _ATTRIBUTE)
        closed = max(html.find(">", quote, quote + _ATTRIBUTE), closed) if quote > 0 else closed
    if not tag:
        return closed + 1
    name, closes = tag[1].lower(), html[opened + 1] == "/"
    page.tag(name, closes=closes)
    if name in _ENDS and not closes and name not in page.endless:
        if end := _ENDS[name].search(html, closed):
            return end.start()
        page.endless.add(name)
    return closed + 1


def _position(html: str, sign: str, start: int, page: _Page) -> int:
    """Where the next of these signs stands, or -1; what was not found once is not looked for again."""
    at = -1 if sign in page.endless else html.find(sign, start)
    if at < 0:
        page.endless.add(sign)
    return at
