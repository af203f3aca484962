"""A share that was counted by a classifier that errs, corrected by what is known of its errors."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from kit.stats.intervals import critical_z

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 0.15
"""Of sensitivity + specificity - 1: below it, readings say next to nothing of the truth, and nothing is corrected."""


@dataclass(frozen=True, slots=True)
class Errors:
    """A classifier against labels.

    Attributes:
        true_read, true: texts that are it and were read as it, of those that are it.
        other_unread, other: texts that are not it and were not read as it, of those that are not it.
    """

    true_read: float
    true: float
    other_unread: float
    other: float

    @property
    def rates(self) -> tuple[float, float]:
        """Sensitivity and specificity, each with one success and one failure added (Agresti and Coull)."""
        return (self.true_read + 1) / (self.true + 2), (self.other_unread + 1) / (self.other + 2)

    @property
    def power(self) -> float:
        """Youden's index: sensitivity + specificity - 1."""
        return sum(self.rates) - 1


@dataclass(frozen=True, slots=True)
class Corrected:
    """A share, or a difference of two, with its interval; NaN where the errors are too large to correct."""

    value: float
    low: float
    high: float


UNKNOWN = Corrected(float("nan"), float("nan"), float("nan"))


def rogan_gladen(read: float, n: float, errors: Errors, *, level: float = 0.95) -> Corrected:
    """The share that is true, from the share that was read.

    Args:
        read: things read as it.
        n: all things; where they come in clusters, the number of independent ones that says as much.
        errors: of the classifier on a sample of its own.
        level: of the interval.

    Returns:
        Share and interval, within 0 and 1.

    Source: Rogan and Gladen (1978), doi:10.1093/oxfordjournals.aje.a112510; interval: Lang and Reiczigel (2014),
    doi:10.1016/j.prevetmed.2013.09.015.
    """
    if not n or errors.power < LEAST:
        return UNKNOWN
    z = critical_z(level)
    sensitivity, specificity = errors.rates
    plain = (read / n + specificity - 1) / errors.power
    share = (read + z**2 / 2) / (n + z**2)
    centre = (share + specificity - 1) / errors.power
    of_true = sensitivity * (1 - sensitivity) / (errors.true + 2)
    of_others = specificity * (1 - specificity) / (errors.other + 2)
    variance = share * (1 - share) / (n + z**2) + centre**2 * of_true + (1 - centre) ** 2 * of_others
    half = z * sqrt(variance) / errors.power
    shift = 2 * z**2 * (centre * of_true - (1 - centre) * of_others)
    low, high = centre + shift - half, centre + shift + half
    return Corrected(_share(plain), _share(low), _share(high))


def corrected_sum(parts: Sequence[tuple[float, float, float, Errors]], *, level: float = 0.95) -> Corrected:
    """A weighted sum of corrected shares, each with the errors of its own language; weights below 0 make a difference.

    Args:
        parts: weight, things read as it, all things (independent ones), errors. Equal errors are the same.
        level: of the interval.

    Returns:
        The sum with an interval by the delta method; errors that parts share count once.
    """
    if not parts or any(not n or errors.power < LEAST for _, _, n, errors in parts):
        return UNKNOWN
    z = critical_z(level)
    value, variance = 0.0, 0.0
    slopes: dict[Errors, tuple[float, float]] = {}
    for weight, read, n, errors in parts:
        share, power = (read + 1) / (n + 2), errors.power
        corrected = (read / n + errors.rates[1] - 1) / power
        value += weight * corrected
        variance += weight**2 * share * (1 - share) / (n + 2) / power**2
        true, other = slopes.get(errors, (0.0, 0.0))
        slopes[errors] = (true - weight * corrected / power, other + weight * (1 - corrected) / power)
    for errors, (true, other) in slopes.items():
        sensitivity, specificity = errors.rates
        variance += true**2 * sensitivity * (1 - sensitivity) / (errors.true + 2)
        variance += other**2 * specificity * (1 - specificity) / (errors.other + 2)
    half = z * sqrt(variance)
    return Corrected(value, value - half, value + half)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
