"""JupyterLab as an analyst uses it: open a notebook, run all, change a parameter, run again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import small
from playwright.sync_api import expect

from kit.questions.notebooks import NOTEBOOKS
from kit.report import own_folder

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

SECONDS = 60
"""That the server may take to start, and that a notebook may take to run."""

BOOK = "06_subject_lines.ipynb"
ARMS = {"A": (5000, 1000, 150), "B": (5000, 1200, 152)}
"""Delivered, opened, clicked: opens decide for B, clicks decide nothing."""

SETTINGS = {
    "notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False},
}
"""Cells are drawn wherever the window stands, and nothing is asked of a network."""


@pytest.fixture
def lab(tmp_path: Path) -> Generator[str]:
    """The address of a server on an analyst's own folder, which has one test of a subject line."""
    exports, books = own_folder.new(tmp_path / "mine")
    header = ["Campaign", "Subject", "Variant", "Date", "Sent", "Delivered", "Opened", "Clicked"]
    rows = [["May", f"Subject {arm}", arm, "2026-05-04", sent, *ARMS[arm]] for arm, (sent, *_) in ARMS.items()]
    small.table(exports, "tests.csv", header, rows)
    places = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port=0",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={books}",
    ]  # fmt: skip
    for name, value in SETTINGS.items():
        place = tmp_path / "JUPYTER_CONFIG_DIR" / "lab" / "user-settings" / "@jupyterlab" / name
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(value), encoding="utf-8")
    with (tmp_path / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | places, cwd=tmp_path)
    try:
        yield _address(tmp_path, server)
    finally:
        server.terminate()
        server.wait(SECONDS)


def _address(folder: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server listens, once it does."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        for path in (folder / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"):
            return json.loads(path.read_text(encoding="utf-8"))["url"]
        time.sleep(0.2)
    raise AssertionError((folder / "lab.log").read_text(encoding="utf-8"))


def run_all(page: Page, last: int) -> None:
    """Run every cell from the menu, until the last one, of this number, has run."""
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SECONDS * 1000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(page.locator(".jp-CodeCell .jp-InputPrompt").last).to_have_text(f"[{last}]:", timeout=SECONDS * 1000)
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_text_contents() == []


def verdict(page: Page) -> Locator:
    """What the cell shows that decides the tests."""
    cell = page.locator(".jp-CodeCell", has_text="tests = verdicts.compare(export, kpi=kpi")
    return cell.locator(".jp-OutputArea-output").first


def test_a_changed_parameter_changes_the_verdict(lab: str, browser: Browser) -> None:
    page, asked = browser.new_page(viewport={"width": 1280, "height": 1200}), set[str]()
    page.on("request", lambda one: asked.add(urlsplit(one.url).netloc))
    page.goto(f"{lab}doc/tree/{BOOK}")
    cells = sum(cell["cell_type"] == "code" for cell in json.loads((NOTEBOOKS / BOOK).read_text("utf-8"))["cells"])
    run_all(page, cells)
    expect(verdict(page)).to_contain_text(re.compile("B “Subject B” is better than A .* in “open rate"))
    assert page.locator(".jp-OutputArea svg, .jp-OutputArea img").count() > 0
    page.locator(".jp-CodeCell .cm-line", has_text="kpi: str").click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text('kpi: str = "click_rate"')
    run_all(page, 2 * cells)
    expect(verdict(page)).to_contain_text("not decided by “click rate")
    assert asked <= {urlsplit(lab).netloc, ""}
    page.close()
