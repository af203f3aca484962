"""How many runs a simulation has, and its bars, always three Monte Carlo errors wider than said.

By default a tenth of the runs; with KIT_SIMULATE set all of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = "KIT_SIMULATE" in os.environ


def runs(full: int) -> int:
    """So many in full, else a tenth."""
    return full if FULL else full // 10


@dataclass(frozen=True, slots=True)
class Bars:
    """Holds what was seen to its bar, and keeps it for the table."""

    record: Callable[[str, object], None]

    def most(self, key: str, what: str, seen: float, bar: float, *, n: int = 0, error: float = 0.0) -> None:
        """`seen`, a share of n runs (or an amount, with its Monte Carlo error), is at most the bar."""
        self._keep(key, what, seen, f"≤ {bar:g}", n)
        assert seen <= bar + self._error(bar, n) + 3 * error

    def least(self, key: str, what: str, seen: float, bar: float, *, n: int = 0) -> None:
        """`seen` is at least the bar."""
        self._keep(key, what, seen, f"≥ {bar:g}", n)
        assert seen >= bar - self._error(bar, n)

    def near(self, key: str, what: str, seen: float, target: float, *, within: float = 0.0, n: int = 0) -> None:
        """`seen` is the target, give or take."""
        self._keep(key, what, seen, f"{target:g} ± {within:g}" if within else f"{target:g}", n)
        assert abs(seen - target) <= within + self._error(target, n)

    def told(self, key: str, what: str, seen: float, *, n: int = 0) -> None:
        """`seen` has no bar."""
        self._keep(key, what, seen, "", n)

    def _keep(self, key: str, what: str, seen: float, bar: str, n: int) -> None:
        self.record("simulation", [key, what, n, bar, float(seen)])

    def _error(self, bar: float, n: int) -> float:
        return 3 * float(np.sqrt(bar * (1 - bar) / n)) if n else 0.0
