"""Cells that many tables write from a whole row: a rate, a difference of rates, the sizes of two arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.show.formats import UNKNOWN, known, points, span, whole, with_interval

if TYPE_CHECKING:
    from collections.abc import Callable


def rate(row: Any) -> str:
    """The rate of a row with its interval, of the columns value, low and high: 8.1% (6.9–9.5)."""
    return with_interval(row["value"], row["low"], row["high"])


def rate_of(name: str) -> Callable[[Any], str]:
    """The same of the columns `name`, `name`_low and `name`_high."""
    return lambda row: with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])


def difference(row: Any) -> str:
    """A difference of rates in points with its interval, of difference, low and high: −2.1 (−4.0 to −0.2)."""
    return _points(row["difference"], row)


def apart(row: Any) -> str:
    """The same where the difference is the column value."""
    return _points(row["value"], row)


def arm_sizes(row: Any) -> str:
    """The sizes of two arms, of the columns n_a and n_b: 1,500 – 1,498."""
    return f"{whole(row['n_a'])} – {whole(row['n_b'])}"


def _points(value: Any, row: Any) -> str:
    if not known(value):
        return UNKNOWN
    return f"{points(value)} ({span(row['low'], row['high'])})"
