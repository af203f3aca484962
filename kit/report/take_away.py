"""What can be taken from a report to elsewhere: a workbook of its tables, a mail of its first page, a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import __version__
from kit.messages import _, language
from kit.report import letter, pdf, render, workbook

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from kit.report.page import Page
    from kit.report.quality import Quality
    from kit.report.since import Since

FORMS = {"xlsx": workbook.FILE, "eml": letter.FILE, "pdf": pdf.FILE, "pdf-details": pdf.FILE}
"""What can be asked for, and the file that it becomes."""

PRINTED = {"pdf", "pdf-details"}
"""Those that need a program that prints; with details what is folded on the pages is printed, too."""


def check(forms: Collection[str]) -> None:
    """Refuse what cannot be written here, before anything runs.

    Raises:
        UsageError: a PDF was asked for, and nothing that prints is installed.
    """
    if PRINTED & set(forms):
        pdf.browser()


def write(
    place: Path,
    forms: Collection[str],
    pages: Sequence[Page],
    quality: Quality,
    parameters: Mapping[str, str],
    *,
    record: Mapping[str, Any],
    since: Since | None,
) -> None:
    """Write what was asked for beside the pages.

    Args:
        place: the folder of the report.
        forms: of FORMS.
        pages: of the report.
        quality: of the data.
        parameters: those that the user gave.
        record: of the report's KPIs.
        since: what changed since an earlier report; None: there is none.
    """
    asked = dict(render.asked(parameters))
    if "xlsx" in forms:
        workbook.write(place, pages, quality, asked)
    if "eml" in forms:
        _letter(place, pages, quality, asked, record["months"], since)
    if PRINTED & set(forms):
        ran = [page.run.notebook.page for page in pages if page.run.status != "unanswered"]
        heading = letter.heading(quality.name, quality.as_of)
        pdf.write(place, ran, heading, details="pdf-details" in forms)


def _letter(
    place: Path,
    pages: Sequence[Page],
    quality: Quality,
    asked: Mapping[str, str],
    months: Mapping[str, Any],
    since: Since | None,
) -> None:
    shown = next((result for page in pages for result in page.results if result["kind"] == "tiles"), {})
    rows = shown.get("rows", [])
    tiles = [tile | {"kpi": row["kpi"]} for tile, row in zip(shown.get("tiles", ()), rows, strict=True)]
    findings = [f"{finding['text']} {finding['next_step']}".strip() for finding in render.headlines(pages)]
    changes = [f"{line.title}: {line.sentence}" for line in since.lines()[: since.shown]] if since else []
    parts = {
        _("Main findings"): findings,
        _("What changed since the last report"): changes,
        _("Customer service now"): [summary["text"] for summary in render.standing(pages)],
    }
    subject = letter.heading(quality.name, quality.as_of)
    drawn = letter.pictures(rows, months)
    html = render.filled(
        "letter.html",
        {
            "subject": subject, "language": language(), "quality": quality, "asked": asked, "tiles": tiles,
            "drawn": drawn, "parts": parts, "version": __version__,
        },
    )  # fmt: skip
    stands = [f"{tile['title']}: {tile['value']} {tile['interval']}, {tile['month']}; {tile['word']}" for tile in tiles]
    text = letter.plain_text({subject: list(asked.values()), _("Key figures"): stands} | parts)
    letter.write(place, html, text, subject, drawn)
