"""Fixtures of every test."""

from __future__ import annotations

import json
import os
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import small_firm
from hypothesis import settings

import kit
from kit import messages, report
from kit.questions.customer_health import score

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


SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample."""
    return _report(SAMPLE, tmp_path_factory)


@pytest.fixture(scope="session")
def software(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the made-up software firm, of the page that the sample cannot feed."""
    return _report(SAMPLE.with_name("software"), tmp_path_factory, only=["12"])


@pytest.fixture(scope="session")
def scored() -> score.Scores:
    """The health scores of the made-up software firm."""
    return score.measure(kit.open(SAMPLE.with_name("software")))


@pytest.fixture(scope="session")
def software_truth() -> dict[str, Any]:
    """What was planted in it."""
    return json.loads(Path(__file__).with_name("truth_software.json").read_text(encoding="utf-8"))


def _report(exports: Path, tmp_path_factory: pytest.TempPathFactory, **asked: Any) -> Path:
    """A report that the first process to ask for it makes for all that run tests beside it."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"report of {exports.name}"
    try:
        place.mkdir()
    except FileExistsError:
        until = time.monotonic() + 600
        while not (place / "done").exists():
            assert time.monotonic() < until
            time.sleep(0.5)
    else:
        try:
            made = report.build(exports, place / "report", **asked)
            assert made.well, made.failed
        finally:
            (place / "done").touch()
    return place / "report"


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
