"""Published answers to statistical questions, read from the reference material."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Oracle:
    """One case: what goes in, what comes out, and how near."""

    inputs: dict[str, Any]
    expected: dict[str, Any]
    tolerance: dict[str, float]
    source: str

    def near(self, *names: str) -> Any:
        """The expected values of these names, to the case's tolerance."""
        values = [self.expected[name] for name in names]
        # With one of the two given, the other must not loosen it.
        bounds = {"rel": 0.0, "abs": 0.0} | self.tolerance
        return pytest.approx(values if len(values) > 1 else values[0], **bounds)


def oracle(shared: Path, key: str) -> Oracle:
    """The case of this id."""
    cases = {case["id"]: case for case in json.loads((shared / "oracles.json").read_text(encoding="utf-8"))}
    case = cases[key]
    return Oracle(case["inputs"], case["expected"], case["tolerance"], case["source"])
