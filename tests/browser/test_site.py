"""The site of the docs: every link of it leads somewhere, and nothing is fetched from a network."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
LINK = re.compile(r'<(\w+)[^>]*?\s(?:href|src)="([^"]*)"')


@pytest.fixture(scope="module")
def site(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "docs/build_site.py", str(sample), str(place)], cwd=ROOT, check=True)
    return place


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_it_has_the_readme_the_reference_and_the_executed_sample(site: Path) -> None:
    written = [page.relative_to(site).as_posix() for page in pages(site)]
    reference = [f"docs/{page.stem}.html" for page in (ROOT / "docs").glob("*.md")]
    assert {"index.html", "README.ru.html", "sample/index.html", "sample/03_compare_campaigns.html"} < set(written)
    assert set(reference) < set(written)
    text = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="sample/03_compare_campaigns.html"' in text
    assert "<table>" in text
    assert all(f'href="{page}"' in text for page in reference)


def test_the_picture_of_the_first_page_shows_its_figures(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    first_page = importlib.import_module("first_page")
    with Image.open(ROOT / "docs" / "first_page.png") as picture:
        pictured = picture.text[first_page.KEY]
    assert pictured == first_page.shown(sample) != "", "Run `make pictures`."


def test_every_link_leads_to_a_file_of_the_site_and_its_anchor(site: Path) -> None:
    ids = {page: set(re.findall(r'\sid="([^"]+)"', page.read_text(encoding="utf-8"))) for page in pages(site)}
    seen = 0
    for page in pages(site):
        for tag, link in LINK.findall(page.read_text(encoding="utf-8")):
            if link.startswith(("data:", "https://", "http://", "mailto:")):
                assert tag == "a" or link.startswith("data:"), (page.name, link)
                continue
            path, _, anchor = unquote(link).partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), (page.name, link)
            assert not anchor or anchor in ids[target], (page.name, link)
            seen += 1
    assert seen > 200


def test_nothing_of_it_names_a_script_or_a_place_to_load_from(site: Path) -> None:
    for path in [*site.rglob("*.css"), *pages(site)]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script|@import|url\((?!#|data:|\"#)", text), path.name


@pytest.mark.parametrize("name", ["index", "docs/settings"])
def test_everybody_can_read_it(site: Path, browser: Browser, name: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((site / f"{name}.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_its_pages_fit_and_ask_for_nothing(site: Path, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page, heard = context.new_page(), list[str]()
    page.on("request", lambda one: heard.append(one.url) if not one.url.startswith(("file:", "data:")) else None)
    page.on("console", lambda one: heard.append(one.text))
    for path in pages(site):
        if path.parent.name != "sample":  # which have a test of their own
            page.goto(path.as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert (heard, wide) == ([], 0), path.name
    context.close()
