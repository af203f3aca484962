"""What all tests share, the notebooks' cells among them: one place for stores, and threads enough."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Stores of a run lie in one place for all its workers and kernels; never in the user's own."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # workers and kernels fill the cores already
        os.environ.setdefault(name, "1")
    if "KIT_CACHE" not in os.environ:
        place = os.environ["KIT_CACHE"] = tempfile.mkdtemp(prefix="kit-tests-")
        config.add_cleanup(lambda: shutil.rmtree(place, ignore_errors=True))
