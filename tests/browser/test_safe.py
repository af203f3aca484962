"""Names that mean harm, or are only odd, shown as text on a page that stays whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import tiny

from kit.questions.notebooks import load
from kit.report import page as pages
from kit.report import render
from kit.report.quality import Quality
from kit.report.run import Run
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

NAMES = {
    "markup": "<img src=x onerror=alert(1)><script>alert(2)</script></td></table>",
    "formula": '=HYPERLINK("http://example.com";"a")',
    "turned": "sale \u202egnp.exe\u2066 now",
    "emoji": "👩‍🔧🛠️ 50 % 🔥 ﷽",
    "right to left": "مرحبا שלום",
    "long": "w" * 10_000,
    "long words": "Zusammenfassung " * 600,
}
FILE = {
    "file": NAMES["long"], "status": "read", "preset": "orders", "table": "orders", "why": "", "rows_read": 1,
    "rows_kept": 1, "rows_rejected": 0, "rows_repeated": 0, "rows_set_aside": 0, "notes": [NAMES["markup"]],
}  # fmt: skip


def write(folder: Path) -> None:
    """A report whose tables, sentences and files have such names; nothing is run for it."""
    (notebook,) = load(tiny.notebook(folder / "notebooks" / "01_names.ipynb", "1").parent)
    frame = pd.DataFrame({"name": list(NAMES.values()), "n": range(len(NAMES))})
    columns = (Column("name", "Name"), Column("n", "Number", number=True))
    shown = [
        *(Summary(f"s{n}", f"“{name}” is a name.", headline=True, weight=n) for n, name in enumerate(NAMES.values())),
        Table("names", NAMES["markup"], frame, columns, (NAMES["long"],)),
    ]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Names?\n\nIt decides."},
        {"cell_type": "markdown", "metadata": {}, "source": f"## {NAMES['long'][:300]}"},
        *(
            {
                "cell_type": "code", "metadata": {}, "source": "1",
                "outputs": [{"output_type": "display_data", "data": one._repr_mimebundle_()}],
            }
            for one in shown
        ),
    ]  # fmt: skip
    (folder / "out").mkdir()
    render.write(
        folder / "out",
        [pages.page(Run(notebook, "ok", cells=tuple(cells)))],
        Quality(NAMES["turned"], "", "", (FILE,)),
        {},
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_odd_names_are_text_and_break_no_page(tmp_path: Path, browser: Browser, width: int) -> None:
    write(tmp_path)
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page, heard = context.new_page(), list[str]()
    page.on("dialog", lambda one: heard.append(one.message))
    page.on("console", lambda one: heard.append(one.text))
    for path in sorted((tmp_path / "out").glob("*.html")):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (heard, wide, page.locator("body img, body script").count()) == ([], 0, 0), path.name
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(page.content())
    page.goto((tmp_path / "out" / "01_names.html").as_uri())
    cells = page.locator("td.text").all_text_contents()
    for name in ("markup", "formula", "emoji", "right to left", "long"):
        assert NAMES[name] in cells, name
    context.close()
