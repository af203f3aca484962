"""A browser without a network, and the report of the sample."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from kit import report

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SOFTWARE = SAMPLE.with_name("software")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox",)
"""Root, as which containers run, may not start Chromium's sandbox."""


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """Chromium, wherever it is; what needs it is skipped without it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium was found")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample."""
    made = report.build(SAMPLE, tmp_path_factory.mktemp("sample") / "report")
    assert made.well, made.failed
    return made.path


@pytest.fixture(scope="session")
def software(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the made-up software firm, of the page that the sample cannot feed."""
    made = report.build(SOFTWARE, tmp_path_factory.mktemp("software") / "report", only=["12"])
    assert made.well, made.failed
    return made.path
