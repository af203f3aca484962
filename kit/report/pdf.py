"""The report as one PDF: the first page, then the pages of the questions, printed by a Chromium that is installed.

Nothing is loaded from the network. What is open on the pages is printed, of tables every row and word; what is folded
only where details are asked for; code never.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import UsageError
from kit.messages import _, language

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "report.pdf"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Programs that can print a page, by the names under which they are installed."""

NAMED = "KIT_CHROMIUM"
"""The variable that names one that lies elsewhere."""

SECONDS = 180
"""That printing may take."""

CSS = """
@page { size: A4; margin: 18mm 14mm 16mm; @top-left { content: "%s"; font: 8pt sans-serif; color: #54616d; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #54616d; } }
html, body { background: #fff; }
.question { break-before: page; }
.summary .kit-tiles { display: grid !important; grid-template-columns: repeat(3, 1fr) !important; }
.summary { font-size: 9pt; }
.summary h1 { font-size: 16pt; margin: 0; }
.summary h2 { font-size: 11pt; margin: 3mm 0 1mm; padding: 0; border: 0; }
.summary p, .summary li { font-size: 9pt !important; }
.summary .kit-tile p { font-size: 7.5pt !important; line-height: 1.3; }
.summary .headlines li { padding: 1mm 0 1mm 8mm; }
.summary .headlines li::before { top: 0; font-size: 13pt; }
.summary .stands a { display: inline; }
nav, footer, .turn, .contents, details.code { display: none !important; }
.kit-scroll { overflow: visible !important; max-height: none !important; }
table { width: 100%% !important; min-width: 0 !important; font-size: 7.5pt; }
th, td { white-space: normal !important; overflow-wrap: break-word; word-break: normal; }
th, td { hyphens: auto; padding: 1mm 1.2mm !important; }
table:has(th:nth-child(8)) { font-size: 6.5pt; }
table:has(th:nth-child(11)) { font-size: 5.5pt; }
table:has(th:nth-child(11)) td, table:has(th:nth-child(11)) th { padding: .5mm !important; }
thead { display: table-header-group; }
tr, figure, img, svg, .parameters div { break-inside: avoid; max-width: 100%%; }
tbody tr:first-child { break-before: avoid; }
h1, h2, h3 { break-after: avoid; }
"""
"""What print needs beside the pages' own style: running heads, whole tables, a question a page."""

CLOSED = """
details.more, details.wide, section.part:not(:has(> :not(h2, details.more))) { display: none !important; }
"""
"""What is folded on the pages is left out, with the headings over it alone."""

_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_FOLD = re.compile(r"<details(?![^>]*\bopen\b)")
_IN_CELL = re.compile(r'<details(?= class="(?:kit-long|rows)")')
"""A fold that is part of a table: the other words of a long cell, the other rows of a long table."""

_CODE = re.compile(r'<details class="code".*?</details>', re.DOTALL)
_SECOND = re.compile(r'<section[^>]*aria-labelledby="(?:questions|quality)".*?</section>', re.DOTALL)
"""What of the first page is no summary, and stands at the end on paper."""

_ID = re.compile(r'\b(id|href|aria-labelledby)="([^"]+)"')


def browser() -> str:
    """The program that prints.

    Raises:
        UsageError: none is installed.
    """
    named = os.environ.get(NAMED)
    program = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if program is None:
        raise UsageError(
            _(
                "--pdf needs Chromium or Chrome, and none was found. Install one, or set {name} to its program.",
                name=NAMED,
            )
        )
    return program


def write(place: Path, pages: Sequence[str], title: str, *, details: bool = False) -> None:
    """Write report.pdf into the folder of a report.

    Args:
        place: the folder, with index.html and the pages.
        pages: the files of the questions, in order.
        title: that stands at the head of every sheet.
        details: print what is folded on the pages, too.

    Raises:
        UsageError: no program that prints was found, or it failed.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="kit-print-") as folder:
        source = Path(folder) / "report.html"
        source.write_text(whole(place, pages, title, details=details), encoding="utf-8")
        command = [
            program, "--headless", "--disable-gpu", "--no-sandbox", "--no-pdf-header-footer", "--disable-extensions",
            f"--user-data-dir={folder}/profile", "--proxy-server=127.0.0.1:9", f"--print-to-pdf={folder}/{FILE}",
            source.as_uri(),
        ]  # fmt: skip
        try:
            # The program is the one that `browser` found, its arguments are paths of our own: no shell, no input.
            ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise UsageError(_("--pdf: {program} did not end within {n} s.", program=program, n=SECONDS)) from error
        printed = Path(folder) / FILE
        if ended.returncode or not printed.is_file():
            reason = (ended.stderr.strip().splitlines() or [""])[-1]
            raise UsageError(_("--pdf: {program} failed: {reason}", program=program, reason=reason))
        shutil.copyfile(printed, place / FILE)


def whole(place: Path, pages: Sequence[str], title: str, *, details: bool = False) -> str:
    """All pages of a report as one page, each question on a new sheet; what is folded only with `details`."""
    opened = partial(_part, fold=_FOLD if details else _IN_CELL)
    first = (place / "index.html").read_text(encoding="utf-8")
    own_style = _STYLE.search(first)
    heads = title.replace("\\", " ").replace('"', "'")
    style = (own_style[1] if own_style else "") + CSS % heads + ("" if details else CLOSED)
    summary = opened(_SECOND.sub("", first), "index")
    questions = [opened((place / name).read_text(encoding="utf-8"), Path(name).stem) for name in pages]
    second = "".join(match[0] for match in _SECOND.finditer(first))
    left_out = _(
        "Details are left out here. They stand on the report's pages, and in the PDF that --pdf-details makes."
    )
    second += "" if details else f"<p>{left_out}</p>"
    parts = [summary, *questions, opened(f"<body>{second}</body>", "about")]
    return (
        f'<!DOCTYPE html><html lang="{language()}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        f'img-src data:"><style>{style}</style></head><body>{"".join(parts)}'
        "</body></html>"
    )


def _part(page: str, name: str, *, fold: re.Pattern[str]) -> str:
    """The body of one page with these folds open and names of its own, so that no two parts have the same."""
    body = _BODY.search(page)
    content = fold.sub("<details open", _CODE.sub("", body[1] if body else ""))
    content = _ID.sub(lambda found: _own(found, name), content)
    return f'<div class="{"summary" if name == "index" else "question"}" id="{name}">{content}</div>'


def _own(found: re.Match[str], name: str) -> str:
    """An id or a link of a page as it is within the whole."""
    attribute, value = found[1], found[2]
    if attribute == "href":
        page, mark, anchor = value.partition("#")
        if page and not page.endswith(".html"):
            return found[0]  # a download
        whose = page.removesuffix(".html") or name
        return f'href="#{whose}{"-" if mark else ""}{anchor}"'
    return f'{attribute}="{name}-{value}"'
