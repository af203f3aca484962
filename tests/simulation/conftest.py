"""How many runs a simulation has, its bars, and the table of what was seen.

By default a tenth of the runs. With KIT_SIMULATE set, and with this folder named on the command line, all
of them, and docs/simulations.md is written. A bar is always three Monte Carlo errors wider than said.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = "KIT_SIMULATE" in os.environ
TABLE = Path(__file__).parents[2] / "docs/simulations.md"
HEAD = """# Simulations

What the methods do where the truth is known, all runs. `make simulate` writes this table. A bar is three
Monte Carlo errors wider than it says.

| | what | runs | bar | seen |
|---|---|--:|--:|--:|
"""


def runs(full: int) -> int:
    """So many in full, else a tenth."""
    return full if FULL else full // 10


@dataclass(frozen=True, slots=True)
class Bars:
    """Holds what was seen to its bar, and keeps it for the table."""

    record: Callable[[str, object], None]

    def most(self, key: str, what: str, seen: float, bar: float, *, n: int = 0) -> None:
        """`seen`, a share of n runs (or an amount, where n is 0), is at most the bar."""
        self._keep(key, what, seen, f"≤ {bar:g}", n)
        assert seen <= bar + self._error(bar, n)

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


@pytest.fixture
def bars(record_property: Callable[[str, object], None]) -> Bars:
    return Bars(record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    rows = [value for one in reports for name, value in one.user_properties if name == "simulation"]
    if not FULL or not rows:
        return
    order = sorted(rows, key=lambda row: (int(row[0].strip("SC")), row[1]))
    lines = [f"| {key} | {what} | {n or ''} | {bar} | {seen:.4g} |" for key, what, n, bar, seen in order]
    TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
