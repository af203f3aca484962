"""The report as one PDF: what is printed, and what is said where nothing prints."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from kit.errors import UsageError
from kit.report import pdf, take_away

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

INDEX = """<html><head><style>p { color: red }</style></head><body><header><h1>Firm</h1></header>
<section aria-labelledby="matters"><h2 id="matters">What matters</h2>
<a href="05_segments.html#part-1">more</a></section>
<section aria-labelledby="questions"><h2 id="questions">The questions</h2></section>
<section aria-labelledby="quality"><details class="wide"><summary>Files</summary>a.csv</details></section></body>
</html>"""
PAGE = """<html><body><section class="part"><h2 id="part-1">For whom</h2>
<details class="code"><summary>code</summary>1/0</details><p>Answer</p>
<details class="kit-long"><summary>A long</summary>cell</details>
<details class="more"><summary>Details</summary>Deeper</details></section>
<section class="part"><h2 id="part-2">Only folded</h2><details class="more"><summary>Details</summary>Deeper</details>
</section><a href="#part-1">up</a></body></html>"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
    (tmp_path / "05_segments.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def test_the_summary_is_first_and_how_good_the_data_is_last(place: Path) -> None:
    whole = pdf.whole(place, ["05_segments.html"], 'A "firm"')
    order = [whole.index(text) for text in ("What matters", "For whom", "The questions", "a.csv")]
    assert order == sorted(order)
    assert "p { color: red }" in whole
    assert "content: \"A 'firm'\"" in whole
    assert "default-src 'none'" in whole


def test_with_details_folds_are_open_and_code_is_left_out(place: Path) -> None:
    whole = pdf.whole(place, ["05_segments.html"], "Firm", details=True)
    assert not re.search(r"<details(?! open)", whole)
    assert "1/0" not in whole


def test_links_stay_inside(place: Path) -> None:
    whole = pdf.whole(place, ["05_segments.html"], "Firm")
    ids = re.findall(r'id="([^"]+)"', whole)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', whole)
    assert targets == ["05_segments-part-1", "05_segments-part-1"]
    assert set(targets) <= set(ids)


@pytest.mark.parametrize("details", [False, True])
def test_what_is_folded_is_printed_only_where_details_are_asked_for(
    place: Path, browser: Browser, *, details: bool
) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    page.set_content(pdf.whole(place, ["05_segments.html"], "Firm", details=details))
    shown = page.evaluate("document.body.innerText")
    for text in ("What matters", "For whom", "Answer", "A long", "cell"):  # of tables every word
        assert text in shown
    for text in ("Only folded", "Deeper", "a.csv"):
        assert (text in shown) is details
    assert ("Details are left out" in shown) is not details
    page.close()


def test_where_nothing_prints_it_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pdf.NAMED, "no-such-program")
    with pytest.raises(UsageError, match="--pdf needs Chromium or Chrome, and none was found"):
        take_away.check(["pdf-details"])
    take_away.check(["xlsx"])


@pytest.mark.skipif(not any(map(shutil.which, pdf.BROWSERS)), reason="no Chromium is installed")
def test_it_is_printed(place: Path) -> None:
    pdf.write(place, ["05_segments.html"], "Firm")
    content = (place / pdf.FILE).read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 3  # summary, question, what the data is
