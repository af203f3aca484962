"""Numbers as readers meet them: shares as per cent with as many digits as they can bear, times, money."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import kpi as registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MINUS = "\N{MINUS SIGN}"

COUNTING = (
    "The brackets are 95 % intervals of counting error: how well the rate is known, not how much it usually moves."
)
"""The note under every table of rates."""


RAW = "(raw)"
"""What the titles of KPIs say that machines are counted in."""


def raw_note(keys: Iterable[str]) -> list[str]:
    """What “raw” means, where one of these KPIs is."""
    raw = any(RAW in registry.find(key).title for key in keys)
    return ["Raw: as the platform counts, openings and clicks of machines among them; an upper bound."] if raw else []


def known(value: Any) -> bool:
    """Whether there is a number."""
    return value is not None and value is not pd.NA and not isnan(float(value))


def whole(value: Any) -> str:
    """A count: 1,742."""
    return f"{round(float(value)):,}".replace("-", MINUS)


def counted(value: Any, one: str) -> str:
    """So many of a thing: 1 row, 2 rows."""
    return f"{whole(value)} {one}{'' if float(value) == 1 else 's'}"


def share(value: Any, digits: int | None = None) -> str:
    """A share as per cent: 8.1%; below one per cent with two digits: 0.20%."""
    if not known(value):
        return "not known"
    digits = _digits(value) if digits is None else digits
    return f"{_unsigned_zero(f'{float(value) * 100:.{digits}f}')}%".replace("-", MINUS)


def points(value: Any, digits: int | None = None) -> str:
    """A difference of shares in percentage points, with its sign: +0.9, −2.1."""
    if not known(value):
        return "not known"
    digits = _digits(value) if digits is None else digits
    return _unsigned_zero(f"{float(value) * 100:+.{digits}f}").replace("-", MINUS)


def with_interval(value: Any, low: Any, high: Any) -> str:
    """A share and its interval: 8.1% (6.9–9.5)."""
    if not known(value):
        return "–"
    digits = _digits(value)
    if not known(low):
        return f"{share(value, digits)} (no interval)"
    return f"{share(value, digits)} ({float(low) * 100:.{digits}f}–{float(high) * 100:.{digits}f})"


def span(low: Any, high: Any, digits: int | None = None) -> str:
    """An interval of a difference: −2.7 to +0.8 points."""
    widest = max(abs(float(low)), abs(float(high)))
    digits = _digits(widest) if digits is None else digits
    return f"{points(low, digits)} to {points(high, digits)}"


def minutes(value: Any) -> str:
    """A time: 40 s, 45 min, 4.2 h, 2.1 days."""
    if not known(value):
        return "not reached"
    value = float(value)
    if value < 2:
        return f"{value * 60:.0f} s"
    for unit, size, one in (("days", 2 * 1440, 1440), ("h", 60, 60)):
        if value >= size:
            return f"{value / one:.1f} {unit}"
    return f"{value:.0f} min"


def money(currency: str) -> Callable[[Any], str]:
    """An amount with its currency: 3.40 EUR."""
    return lambda value: f"{_unsigned_zero(f'{float(value):,.2f}')} {currency}".rstrip().replace("-", MINUS)


def p_value(value: Any) -> str:
    """A p-value: p = 0.031, p below 0.001."""
    return "p below 0.001" if float(value) < 0.001 else f"p = {float(value):.3f}"


def named(name: Any) -> str:
    """A campaign's name in typographic quotes."""
    return f"“{name}”" if isinstance(name, str) else "a campaign without a name"


def month(value: str) -> str:
    """2026-03 as Mar 2026."""
    return pd.Period(value, "M").strftime("%b %Y")


def moment(value: Any) -> str:
    """A time to the minute: 2026-03-04 09:30."""
    return pd.Timestamp(value).strftime("%Y-%m-%d %H:%M")


def _unsigned_zero(number: str) -> str:
    """What rounds to 0 is 0, neither +0.0 nor -0.0."""
    return number if number.strip("+-0.,") else number.lstrip("+-")


def _digits(value: Any) -> int:
    """Two digits below one per cent, one below 99.5 %."""
    return 2 if abs(float(value)) < 0.01 else 1
