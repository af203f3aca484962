"""What could be somebody's own: addresses and telephone numbers in texts, and cells that may hold a name.

Texts are masked before they are cut, drawn or written, since half an address is none that could be found any more.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "•••"
"""Stands for what was before the @ of an address, and for a telephone number."""

LONG = 40
"""Characters from which a cell is prose, and its shape says so."""

_LOCAL = r"\w.!#$%'*+=^`{|}~-"
_ADDRESS = re.compile(rf"(?<![{_LOCAL}])[{_LOCAL}]+(@|%(?:25)*40)(?=[\w-]+(?:\.[\w-]+)+)")
_SPACE = r"[ \u00a0-]"
_GAP = r"(?:[ \t\u00a0\u202f()./-]|%20){0,3}"
_TELEPHONE = re.compile(
    rf"""(?:(?<!\w)\+|%2B)\d(?:{_GAP}\d){{8,14}}(?!\w)                              # international
    |(?<![\w.,])[78](?:9\d\d|{_SPACE}*\(\d{{3}}\)|{_SPACE}\d{{3}}){_SPACE}*\d{{3}}(?:{_SPACE}?\d\d){{2}}(?!\w)  # Russia
    |(?<![\w.,-])(?:\(\d{{3}}\)[ ]?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}(?![\w-])       # North America
    |(?<![\w.,-])0\d(?:[ .]\d\d){{4}}(?!\w)                                         # France
    |(?<![\w.,:-])0\d{{2,4}}[ ]?[ /-][ ]?\d{{3,4}}[ -]?\d{{2,5}}(?![\w-])           # Britain, Germany
    |(?<![\w.,-])\d{{3}}-\d\d-\d\d(?![\w-])                                         # within a Russian town""",
    re.VERBOSE,
)
_LONG_NUMBER = re.compile(r"\d[\d\s-]{3,}\d")
_NAME = re.compile(
    r"(?<![.!?…:] )(?<=\S )(?!I\b)[A-ZА-ЯЁ][\w’'-]*(?:[ -][A-ZА-ЯЁ][\w’'-]*)*|^[A-ZА-ЯЁ][a-zа-яё]+(?=, )"
)
_PLAIN = frozenset("-/.:,;@%$€£₽()+#_ '\"")
_WORD = re.compile(r"[^\W\d_]+")
_SPREADSHEET_ERROR = re.compile(r"'#[^\W\d_0]+[/!?]?\S*'")


def masked(value: Any) -> Any:
    """The same without anyone's address (what stands before the @) and telephone number, at any depth."""
    if isinstance(value, str):
        return _TELEPHONE.sub(MASK, _ADDRESS.sub(rf"{MASK}\1", value))
    if isinstance(value, dict):
        return dict(zip(_apart(map(masked, value)), map(masked, value.values()), strict=True))
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value


def quoted(sentence: str) -> str:
    """A sentence of somebody's as a report may quote it: without addresses, numbers and what could be a name.

    A capital letter within a sentence begins a name (or a brand, which goes with it); so does the first word where a
    comma follows it, and a word behind a greeting.

    >>> quoted("Dear Ann, my Kia from order 48099 leaks"), quoted("Анна, где мой заказ?")
    ('Dear •••, my ••• from order ••• leaks', '•••, где мой заказ?')
    """
    text = _LONG_NUMBER.sub(MASK, masked(sentence))
    return _NAME.sub(MASK, text)


def _apart(names: Iterable[Any]) -> Iterator[Any]:
    """Names of which masking may have made the same one, told apart by numbers."""
    times: Counter[Any] = Counter()
    for name in names:
        times[name] += 1
        yield name if times[name] == 1 else f"{name} ({times[name]})"


def quotable(cell: str) -> str:
    """A cell as a message may quote it: as it stands, or its shape where it could be somebody's name or number.

    >>> quotable("'soon'"), quotable("'1.5'"), quotable("'Anna Example'")
    ("'soon'", "'1.5'", "'aaa aaa'")
    """
    words = _WORD.findall(cell)
    named = any(not (word.islower() or (word.isupper() and len(word) <= 3)) for word in words)
    several = sum(len(word) > 3 for word in words) > 1
    harmless = not (named or several) or _SPREADSHEET_ERROR.fullmatch(cell)
    return cell if harmless and masked(cell) == cell else shape(cell)


def shape(cell: object) -> str:
    """The pattern of a cell: digits are 9, letters a (я: Cyrillic), signs as they are; prose is `text`.

    >>> shape("2026-11-03 09:15"), shape("anna@example.com"), shape("Весна 26")
    ('9999-99-99 99:99', 'aaa@aaa.aaa', 'яяя 99')
    """
    text = " ".join(str(cell).split())
    if len(text) > LONG:
        return "text"
    pattern = "".join(map(_sign, text))
    pattern = re.sub(r"([aя*])\1+", lambda run: run[1] * 3, pattern)
    return re.sub(r"9{13,}", "9" * 13, re.sub(r"(\S+)(?: \1){2,}", r"\1 …", pattern))


def _sign(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if letter.isalpha():
        return "a" if letter.isascii() else "я" if "\u0400" <= letter <= "\u04ff" else "*"
    return letter if letter in _PLAIN else "?"
