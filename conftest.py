"""What all tests share, the notebooks' cells among them: one place for stores, and which tests keep together."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

TOGETHER = Path(__file__).parent / "tests" / "browser"
"""Its tests read one report: one worker makes it, the others need not."""


def pytest_configure(config: pytest.Config) -> None:
    """Stores of this run lie in one place for all its workers and kernels; never in the user's own."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # workers and kernels fill the cores already
        os.environ.setdefault(name, "1")
    if not hasattr(config, "workerinput"):
        os.environ["KIT_CACHE"] = tempfile.mkdtemp(prefix="kit-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ["KIT_CACHE"], ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A notebook's cells run one after another, and so do the tests of the report."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.xdist_group(item.path.name))
        elif TOGETHER in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(TOGETHER.name))
