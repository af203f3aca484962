"""Numbers, dates and lists as the reader's language writes them.

Shares are per cent with as many digits as they can bear. A number is rounded first, as Python rounds, and only then
written by Babel: so no language shows another number.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal

from kit.messages import _, language, locale, message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MINUS = "\N{MINUS SIGN}"

MARGIN_OF_ERROR = message(
    "The range in brackets is the margin of error (95 % interval). It shows how precisely the rate is known, not "
    "how much it usually varies."
)
"""The note under every table of rates."""

RAW = message("Raw: as counted by the platform, including opens and clicks by machines; an upper limit.")
"""The note under every table that has a raw rate."""

UNKNOWN = "–"
"""What stands for a value that is not known."""


def known(value: Any) -> bool:
    """Whether there is a number."""
    return value is not None and value is not pd.NA and not isnan(float(value))


def whole(value: Any) -> str:
    """A count: 1,742."""
    return _number(f"{round(float(value))}")


def decimal(value: Any, digits: int) -> str:
    """A number with so many digits after the point: 1,742.5."""
    return _number(_unsigned_zero(f"{float(value):.{digits}f}"))


def share(value: Any, digits: int | None = None) -> str:
    """A share as per cent: 8.1%; below one per cent with two digits: 0.20%."""
    if not known(value):
        return _("not known")
    digits = _digits(value) if digits is None else digits
    pattern = locale().percent_formats[None].pattern
    return pattern.replace("#,##0", _percent(value, digits))


def signed_share(value: Any, digits: int | None = None) -> str:
    """A share as per cent with its sign: +60%."""
    if not known(value):
        return _("not known")
    return locale().percent_formats[None].pattern.replace("#,##0", points(value, digits))


def points(value: Any, digits: int | None = None) -> str:
    """A difference of shares in percentage points, with its sign: +0.9, −2.1."""
    if not known(value):
        return _("not known")
    digits = _digits(value) if digits is None else digits
    return _number(_unsigned_zero(f"{float(value) * 100:+.{digits}f}"), grouped=False)


def size(value: Any, digits: int | None = None) -> str:
    """A difference of shares in percentage points, without its sign: 0.9."""
    return points(abs(value), digits).lstrip("+") if known(value) else points(value)


def with_interval(value: Any, low: Any, high: Any) -> str:
    """A share and its interval: 8.1% (6.9–9.5)."""
    if not known(value):
        return UNKNOWN
    digits = _digits(value)
    if not known(low):
        return _("{value} (no interval)", value=share(value, digits))
    return f"{share(value, digits)} ({_percent(low, digits)}–{_percent(high, digits)})"


def with_ends(value: str, low: Any, high: Any, write: Callable[[Any], str]) -> str:
    """A value that is written already, and the ends of its interval: 3.40 EUR (2.90 to 4.10)."""
    if not known(low):
        return _("{value} (no interval)", value=value)
    return _("{value} ({low} to {high})", value=value, low=write(low), high=write(high))


def span(low: Any, high: Any, digits: int | None = None) -> str:
    """An interval of a difference: −2.7 to +0.8 points."""
    widest = max(abs(float(low)), abs(float(high)))
    digits = _digits(widest) if digits is None else digits
    return _("{low} to {high}", low=points(low, digits), high=points(high, digits))


def minutes(value: Any) -> str:
    """A time: 40 s, 45 min, 4.2 h, 2.1 days."""
    if not known(value):
        return _("not reached")
    value = float(value)
    if value < 2:
        return _("{n} s", n=decimal(value * 60, 0))
    if value >= 2 * 1440:
        return _("{n} days", n=decimal(value / 1440, 1))
    if value >= 60:
        return _("{n} h", n=decimal(value / 60, 1))
    return _("{n} min", n=decimal(value, 0))


def hours(value: Any) -> str:
    """A time of work, which has no days: 40 s, 45 min, 57.3 h."""
    if known(value) and float(value) >= 2 * 1440:
        return _("{n} h", n=decimal(float(value) / 60, 0))
    return minutes(value)


def money(currency: str) -> Callable[[Any], str]:
    """An amount with its currency: 3.40 EUR."""
    return lambda value: f"{_number(_unsigned_zero(f'{float(value):.2f}'))} {currency}".rstrip()


def p_value(value: Any) -> str:
    """A p-value: p = 0.031, p below 0.001."""
    if float(value) < 0.001:
        return _("p below {limit}", limit=decimal(0.001, 3))
    return f"p = {decimal(value, 3)}"


def named(name: Any) -> str:
    """A campaign's name in typographic quotes."""
    return _("“{name}”", name=name) if isinstance(name, str) else _("a campaign without a name")


def month(value: str) -> str:
    """2026-03 as Mar 2026."""
    written = format_skeleton("yMMM", pd.Period(value, "M").to_timestamp().to_pydatetime(), locale=locale())
    return re.sub(r"\s+г\.$", "", written)  # Russian's "г.": a sentence would end with two dots


def quarter(value: str) -> str:
    """2026Q1 as 2026 Q1."""
    return _("{year} Q{quarter}", year=value[:4], quarter=value[-1])


def day(value: Any) -> str:
    """A day: 2026-03-04; in other languages as they write it."""
    moment = pd.Timestamp(value)
    return moment.strftime("%Y-%m-%d") if language() == "en" else format_date(moment, "short", locale=locale())


def moment(value: Any) -> str:
    """A time to the minute: 2026-03-04 09:30."""
    return f"{day(value)} {pd.Timestamp(value):%H:%M}"


def listing(words: Sequence[Any]) -> str:
    """Words as a reader lists them: a, b and c."""
    return format_list([str(word) for word in words], locale=_LISTS if language() == "en" else locale())


_COMMAS = {"zh": "、"}
"""What parts the words of a list, where it is no comma."""

_CLAUSES = {"zh": "；"}
"""What parts clauses, where it is no semicolon and blank."""

_LISTS = Locale("en", "GB")
"""English lists here have no comma before the last word."""


def alternatives(words: Sequence[Any]) -> str:
    """Words of which any may hold: a, b or c."""
    return format_list([str(word) for word in words], style="or", locale=_LISTS if language() == "en" else locale())


def commas(words: Sequence[Any]) -> str:
    """Words one after another: a, b, c."""
    return (_COMMAS.get(language()) or ", ").join(map(str, words))


def joined(parts: Sequence[Any]) -> str:
    """Whole clauses one after another: a; b; c."""
    return (_CLAUSES.get(language()) or "; ").join(map(str, parts))


def _percent(value: Any, digits: int) -> str:
    return _number(_unsigned_zero(f"{float(value) * 100:.{digits}f}"), grouped=False)


def _number(text: str, *, grouped: bool = True) -> str:
    """A rounded number as the language writes it, with its digits and its sign."""
    digits = len(text.partition(".")[2])
    pattern = f"{'#,##' if grouped else ''}0{'.' if digits else ''}{'0' * digits}"
    sign = {"+": "+", "-": MINUS}.get(text[0], "")
    return sign + format_decimal(Decimal(text.lstrip("+-")), pattern, locale=locale())


def _unsigned_zero(number: str) -> str:
    """What rounds to 0 is 0, neither +0.0 nor -0.0."""
    return number if number.strip("+-0.,") else number.lstrip("+-")


def _digits(value: Any) -> int:
    """Two digits below one per cent, one below 99.5 %."""
    return 2 if abs(float(value)) < 0.01 else 1
