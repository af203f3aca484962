"""The table of what the simulations saw.

With KIT_SIMULATE set, docs/simulations.md is written: whole where this folder is named on the command line, and where
only files of it are, their rows take the place of what they saw before.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import FULL, Bars

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = Path(__file__).parents[2] / "docs/simulations.md"
HEAD = """# Simulations

What the methods do where the truth is known, all runs. `make simulate` writes this table. A bar is three
Monte Carlo errors wider than it says.

| | what | runs | bar | seen |
|---|---|--:|--:|--:|
"""


@pytest.fixture
def bars(record_property: Callable[[str, object], None]) -> Bars:
    return Bars(record_property)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers by the test's name and, where the file has one, its SEED: drawn anew before a full run."""
    seed = [request.module.SEED] if hasattr(request.module, "SEED") else []
    return np.random.default_rng([*seed, zlib.crc32(request.node.name.encode())])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    rows = [value for one in reports for name, value in one.user_properties if name == "simulation"]
    if not FULL or not rows:
        return
    lines = {(key, what): f"| {key} | {what} | {n or ''} | {bar} | {seen:.4g} |" for key, what, n, bar, seen in rows}
    if not any(Path(one).is_dir() for one in terminalreporter.config.args):
        written = TABLE.read_text(encoding="utf-8").removeprefix(HEAD).splitlines()
        lines = {tuple(line[2:].split(" | ")[:2]): line for line in written} | lines
    order = sorted(lines, key=lambda row: (row[0][0] != "S", int(row[0][1:]), row[1]))
    TABLE.write_text(HEAD + "\n".join(lines[row] for row in order) + "\n", encoding="utf-8")
