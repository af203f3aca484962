"""HTML of mails as text: lines where the reader saw lines, `> ` before what is quoted.

The standard library's parser takes minutes for a page of 100 kB that opens tags and closes none, and
such pages are in every folder of spam. This one reads each letter once and builds no tree.
"""

from __future__ import annotations

import re
from html import unescape

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
