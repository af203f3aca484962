"""Fixtures of every test."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_firm
from hypothesis import settings

from kit import messages

if TYPE_CHECKING:
    from collections.abc import Generator


# The examples of property tests are the same at every run; `make fuzz` looks for others. A slow machine is no fault.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("fuzz" if "KIT_FUZZ" in os.environ else "ci")


@pytest.fixture(autouse=True)
def language_of_the_next_test() -> Generator[None]:
    """A test that asks for a language, or reads a kit.toml that does, asks for itself alone."""
    yield
    os.environ.pop(messages.ASKED, None)
    messages.prefer("")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the project; what needs it is skipped without it."""
    if "KIT_SHARED" not in os.environ:
        pytest.skip("KIT_SHARED is not set")
    return Path(os.environ["KIT_SHARED"])


@pytest.fixture(scope="session")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of a small firm that every count has something to say of."""
    return small_firm.write(tmp_path_factory.mktemp("firm"))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that are the same each time the test of this name runs."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is at hand (KIT_SHARED is set) a skipped test is a failed one."""
    report = yield
    if report.skipped and "KIT_SHARED" in os.environ and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which it may not be with KIT_SHARED set: {report.longrepr}"
    return report
