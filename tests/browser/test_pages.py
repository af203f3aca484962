"""The report as a reader opens it: offline, at a desk and on a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from kit.messages import Message, using
from kit.show.table import hyphenated

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WIDTHS = (1280, 390)
"""Pixels: a desk and a phone."""

SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
WIDER = """[...document.querySelectorAll('body *')].filter(one => !one.closest('.kit-scroll, pre')
    && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))"""
SEEN = """(() => { const all = what => [...document.querySelectorAll(what)].filter(one => one.checkVisibility())
    const first = all('.kit-sentence, .kit-tiles, .result.table, .result.figure')[0]
    return {answer: first.getBoundingClientRect().top, figures: all('main figure').length,
        tables: all('main table').length, height: document.documentElement.scrollHeight} })()"""
FIRST = 400
"""Pixels from the top within which a page begins to answer."""

LONGEST = {1280: 4400, 390: 6000}
"""Pixels of a page with its details folded, by width."""

FINDING = 100
"""Pixels of a finding that are seen at least without scrolling."""

TEN = 10
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
CUT = """[...document.querySelectorAll('.kit-scroll')].filter(one => one.scrollWidth > one.clientWidth + 1
    || one.scrollHeight > one.clientHeight + 1).map(one => one.ariaLabel)"""
TEXTS = (
    "[...document.querySelectorAll('th, td, h1, h2, h3, caption, summary, .contents a')].map(one => one.textContent)"
)
TRANSLATE = """texts => document.querySelectorAll('th, td, h1, h2, h3, caption, summary, .contents a').forEach(one => {
    if (texts[one.textContent]) one.innerHTML = texts[one.textContent] })"""
SMALLEST = 11
"""Pixels of a label on a phone."""

READABLE, VISIBLE = 4.5, 3.0
"""Contrast of a text, and of what is drawn, with the page (WCAG 1.4.3, 1.4.11)."""

LABELS = """[...document.querySelectorAll('figure svg')].filter(one => one.checkVisibility()).flatMap(svg => {
    const place = svg.getBoundingClientRect(), scale = place.width / svg.viewBox.baseVal.width
    return [...svg.querySelectorAll('text')].map(one => {
        const box = one.getBoundingClientRect()
        return {text: one.textContent, pixels: parseFloat(getComputedStyle(one).fontSize) * scale,
            inside: box.left > place.left - 2 && box.right < place.right + 2} }) })"""
"""The labels of the figures that are seen: their size on the screen, and whether they are whole."""

COLORS = """(() => { const light = color => { const [r, g, b] = color.match(/[\\d.]+/g).map(one => one / 255)
        .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b }
    const paper = light(getComputedStyle(document.body).backgroundColor)
    const contrast = color => { const ink = light(color)
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) }
    return [...document.querySelectorAll('figure svg')].filter(one => one.checkVisibility()).flatMap(svg => [
        ...[...svg.querySelectorAll('text')].map(one => ({kind: 'text', contrast: contrast(getComputedStyle(one).fill),
            written: one.getAttribute('style')})),
        ...[...svg.querySelectorAll('path, use')].filter(one => /stroke: (?!none)/.test(one.getAttribute('style')))
            .map(one => ({kind: 'line', contrast: contrast(getComputedStyle(one).stroke),
                written: one.getAttribute('style')}))]) })()"""
"""The colours of texts and lines of the figures that are seen, as their contrast with the page."""

SHADE, GRID = "#1d2b36", ("--figure-band", "--figure-paper")
"""A text that stands on a coloured area, and lines that only divide."""

HEAVY = 1_000_000
"""Bytes that no page has."""

PAINTED = """new Promise(seen => new PerformanceObserver(all => seen(all.getEntries()[0].startTime))
    .observe({type: 'paint', buffered: true}))"""
"""Milliseconds until the first of a page is drawn."""

AT_ONCE = 2000
"""Milliseconds, on a machine that does much else."""

UNSEEN = "[...document.images].filter(one => !one.naturalWidth || !one.alt).length"


def width(page: Page) -> int:
    """Of the window, in pixels."""
    size = page.viewport_size
    assert size is not None
    return size["width"]


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, browser: Browser) -> Generator[tuple[Page, list[str]]]:
    """A page of the browser, offline, and what it complains of or asks for beyond the files."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, offline=True)
    page, heard = context.new_page(), []
    page.on("request", lambda one: heard.append(one.url) if not one.url.startswith(("file:", "data:")) else None)
    page.on("console", lambda one: heard.append(one.text))
    page.on("pageerror", lambda one: heard.append(str(one)))
    yield page, heard
    context.close()


def test_every_page_fits_loads_nothing_and_complains_of_nothing(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, heard = opened
    for path in sorted(sample.glob("*.html")):
        page.goto(path.as_uri())
        assert heard == [], path.name
        assert not page.evaluate(SIDEWAYS), (path.name, page.evaluate(WIDER))
        assert page.evaluate(WIDER) == [], path.name
        assert page.evaluate(UNSEEN) == 0, path.name
        assert page.locator("h1").count() == 1


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_table_is_wider_than_its_page_with_all_folds_open(
    sample: Path, opened: tuple[Page, list[str]], language: str
) -> None:
    page, _ = opened
    for path in sorted(sample.glob("*.html")):
        page.goto(path.as_uri())
        with using(language):  # the longer words of the other language, in the report that is there
            texts = {text: hyphenated(str(Message(text, {}))) for text in set(page.evaluate(TEXTS)) if text.strip()}
        if language != "en":
            page.evaluate(TRANSLATE, {text: other for text, other in texts.items() if text != other})
        page.evaluate(UNFOLD)
        assert page.evaluate(WIDER) == [], path.name
        if width(page) > min(WIDTHS):  # on a phone a table scrolls sideways in its own box
            assert page.evaluate(CUT) == [], path.name


def test_a_page_is_light_and_its_first_screen_is_there_at_once(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    for path in sorted(sample.glob("*.html")):
        assert path.stat().st_size < HEAVY, path.name
        page.goto(path.as_uri())
        assert page.evaluate(PAINTED) < AT_ONCE, path.name


def test_every_link_between_pages_leads_somewhere(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    for path in sorted(sample.glob("*.html")):
        page.goto(path.as_uri())
        for link in page.locator("a[href]:not([download])").evaluate_all(
            "all => all.map(one => one.getAttribute('href'))"
        ):
            file, _, anchor = link.partition("#")
            target = sample / file if file else path
            assert target.is_file(), (path.name, link)
            assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8"), (path.name, link)


def test_every_page_opens_with_its_answer_a_picture_and_a_table(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    for path in sorted(sample.glob("[0-9]*.html")):
        page.goto(path.as_uri())
        shown = page.evaluate(SEEN)
        assert 0 < shown["answer"] < FIRST, path.name
        assert max(shown["figures"], shown["tables"]) == 1, path.name
        assert shown["height"] < LONGEST[width(page)], path.name


def test_tiles_and_the_first_finding_are_on_the_first_screen(sample: Path, browser: Browser) -> None:
    for width, height in ((1280, 800), (390, 844)):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto((sample / "index.html").as_uri())
        finding, tile = page.locator(".headlines p").first.bounding_box(), page.locator(".kit-tile").last.bounding_box()
        assert finding is not None
        assert tile is not None
        assert tile["y"] + tile["height"] < finding["y"] < height - FINDING
        page.close()


def test_details_and_their_code_are_folded_away_and_open(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.goto((sample / "03_compare_campaigns.html").as_uri())
    code = page.locator("details.code pre").first
    page.locator("details.more > summary").first.click()
    assert not code.is_visible()
    page.locator("details.code summary").first.click()
    assert code.is_visible()
    assert not page.evaluate(SIDEWAYS)


def test_a_long_table_has_ten_rows_open_and_prints_all(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.goto((sample / "03_compare_campaigns.html").as_uri())
    rows = page.locator(".long").first.locator("tbody tr")
    assert (sum(row.is_visible() for row in rows.all()), rows.count() > TEN) == (TEN, True)
    page.emulate_media(media="print")
    assert all(row.is_visible() for row in page.locator("tbody tr").all())  # and no fold is shut
    page.emulate_media(media="screen")
    page.locator(".long details.rows summary").first.click()
    assert all(row.is_visible() for row in rows.all())


def test_a_table_is_downloaded_as_csv(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.goto((sample / "03_compare_campaigns.html").as_uri())
    with page.expect_download() as waited:
        page.locator("a[download]").first.click()
    assert re.fullmatch(r"03_compare_campaigns-\w+\.csv", waited.value.suggested_filename)
    rows = waited.value.path().read_text(encoding="utf-8-sig").splitlines()
    shown = page.locator("table").first.locator("tbody tr").count()
    assert len(rows) == shown + 1


def test_no_address_of_a_person_is_on_any_page(sample: Path) -> None:
    for path in sample.iterdir():
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", path.read_text(encoding="utf-8"))
        assert re.findall(r"[\w.+-]+@[\w-]+\.\w+", text) == [], path.name


def test_the_sample_makes_nothing_write_a_warning(sample: Path) -> None:
    assert [
        path.name for path in sample.glob("*.html") if 'class="result warning"' in path.read_text(encoding="utf-8")
    ] == []


def test_every_figure_is_shown_once_whole_and_large_enough_to_read(
    sample: Path, opened: tuple[Page, list[str]]
) -> None:
    page, _ = opened
    for path in sorted(sample.glob("[0-9]*.html")):
        page.goto(path.as_uri())
        page.evaluate(UNFOLD)
        shown = page.locator("figure svg").evaluate_all("all => all.filter(one => one.checkVisibility()).length")
        assert shown == page.locator("figure").count() == page.locator("figure svg").count() / 2, path.name
        labels = page.evaluate(LABELS)
        assert [label for label in labels if label["pixels"] < SMALLEST or not label["inside"]] == [], path.name
        page.emulate_media(media="print")
        assert page.locator("figure .kit-phone").evaluate_all("all => all.every(one => !one.checkVisibility())")
        page.emulate_media(media="screen")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_are_drawn_in_colours_that_the_page_lets_see(
    sample: Path, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    for path in sorted(sample.glob("[0-9]*.html")):
        page.goto(path.as_uri())
        page.evaluate(UNFOLD)
        colors = [one for one in page.evaluate(COLORS) if SHADE not in one["written"]]
        faint = [one for one in colors if one["kind"] == "text" and one["contrast"] < READABLE]
        faint += [
            one
            for one in colors
            if one["kind"] == "line" and one["contrast"] < VISIBLE and not any(name in one["written"] for name in GRID)
        ]
        assert faint == [], path.name
    page.close()


def test_a_label_of_a_figure_can_be_selected(sample: Path, opened: tuple[Page, list[str]]) -> None:
    page, _ = opened
    page.goto((sample / "02_months.html").as_uri())
    page.locator("figure svg text").filter(visible=True).first.dblclick()
    assert page.evaluate("getSelection().toString().trim()") != ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_pages(sample: Path, browser: Browser, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme, offline=True)
    page, axe = context.new_page(), Axe()
    kinds = ("index", "02*", "06*", "14*") if scheme == "light" else ("02*", "03*")  # one of each kind
    for path in (path for kind in kinds for path in sample.glob(f"{kind}.html")):
        page.goto(path.as_uri())
        page.evaluate(UNFOLD)
        found = axe.run(page)
        assert found.violations_count == 0, (path.name, found.generate_report())
    context.close()
