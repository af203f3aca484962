"""From an executed notebook to the parts of its page: prose, code and what the code showed.

Only what the kit itself shows is trusted to be HTML: it comes with the kit's own MIME type and has
escaped its texts. Everything else is shown as text or as a picture.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from kit.messages import _
from kit.privacy import masked
from kit.questions.notebooks import text
from kit.report.clean import plain
from kit.report.prose import translated
from kit.show.picture import COLORS
from kit.show.result import MIME, NARROW
from kit.store.export import FORMULA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.report.run import Run

_COLOR = re.compile(r"#[0-9a-f]{6}\b")


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that a cell showed.

    Attributes:
        kind: of the result (table, figure, sentence), else text, warning or error.
        html: the thing itself, escaped.
        name: of the result.
        download: a table as CSV in a `data:` address; "" where it is no table, or one without rows.
        rows: of a table, as many as the page has.
        headline: whether it may stand on the report's first page.
        empty: whether it only says that there is nothing to show.
        title: of a table or figure.
    """

    kind: str
    html: str
    name: str = ""
    download: str = ""
    rows: int = 0
    headline: bool = False
    empty: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that the table of contents links to."""

    level: int
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Part:
    """Prose, or what code showed with all code that led to it; HTML, escaped.

    Attributes:
        heading: of the section that begins here.
        prose: without that heading.
        code: what led to what is shown.
        shown: what the cell showed.
        tags: of the cell.
    """

    heading: Heading | None = None
    prose: str = ""
    code: str = ""
    shown: tuple[Shown, ...] = ()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """One notebook's page.

    Attributes:
        run: what became of the notebook.
        lead: what the page decides, as HTML.
        about: what else its first cell says of it, as HTML.
        parts: the cells after it.
        results: what the notebook found, as data, in order.
    """

    run: Run
    lead: str
    about: str
    parts: tuple[Part, ...]
    results: tuple[dict[str, Any], ...]


def page(run: Run) -> Page:
    """The parts of an executed notebook's page."""
    prose = _Markdown()
    lead, silent, parts, results = "", "", [], []
    for cell in run.cells:
        source, tags = text(cell["source"]), frozenset(cell["metadata"].get("tags", ()))
        if cell["cell_type"] == "markdown":
            source = translated(source)
            title = re.match(r"# .*\n*", source)
            if title:
                lead = prose.html(source[title.end() :].replace("\n", "\n\n"))  # a paragraph a line
            else:
                parts.append(prose.part(source, tags))
        elif cell["cell_type"] == "code" and source.strip():
            bundles = list(_until_error(cell["outputs"]))
            silent += f"{source.strip()}\n\n"
            if bundles:
                parts.append(Part(code=_code(silent), shown=tuple(map(_shown, bundles)), tags=tags))
                results += [_result(bundle) for bundle in bundles if MIME in bundle.get("data", {})]
                silent = ""
    if silent:
        parts.append(Part(code=_code(silent)))
    lead, end, about = lead.partition("</p>\n")
    return Page(run, lead + end, about, tuple(parts), tuple(results))


def as_csv(table: dict[str, Any]) -> str:
    """A table result as CSV, its header as the page shows it, in the reader's language; results.json has the names.

    One that is filled in and read back has the names, too. Texts that a spreadsheet would take for a formula begin with
    an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    header = "name" if table.get("read_back") else "title"
    for row in ([column[header] for column in table["columns"]], *table["rows"]):
        writer.writerow(f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell for cell in row)
    return out.getvalue()


class _Markdown:
    """Markdown to HTML without raw HTML, and the headings met on the way."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._markdown = mistune.create_markdown(renderer=_Renderer(self.headings), plugins=["table"])

    def html(self, source: str) -> str:
        return str(self._markdown(source))

    def part(self, source: str, tags: frozenset[str]) -> Part:
        """A cell; a section begins where it has a heading of the second level on top."""
        known, html = len(self.headings), self.html(source)
        begins = re.match(r"<h2 [^>]*>.*?</h2>\n*", html, re.DOTALL)
        heading = self.headings[known] if begins else None
        return Part(heading, html[begins.end() :] if begins else html, tags=tags)


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, headings: list[Heading]) -> None:
        super().__init__(escape=True)
        self._headings = headings

    def heading(self, text: str, level: int, **attributes: Any) -> str:  # noqa: ARG002  mistune's signature
        anchor = f"part-{len(self._headings) + 1}"
        self._headings.append(Heading(level, re.sub(r"<[^>]+>", "", text), anchor))
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'


def _until_error(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The outputs as far as an error: what IPython says after one is of no use to the reader."""
    for output in outputs:
        yield output
        if output["output_type"] == "error":
            return


def _shown(output: dict[str, Any]) -> Shown:
    data = output.get("data", {})
    result = _result(output) if MIME in data else {"kind": "text", "name": ""}
    if MIME in data and "text/html" in data:
        html = text(data["text/html"])
        rows = html.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>") if result["kind"] == "table" else 0
        download = _download(result) if result.get("rows") and result["kind"] == "table" else ""
        empty = result["kind"] == "table" and not rows
        return Shown(
            result["kind"], html, result["name"], download, rows, bool(result.get("headline")), empty,
            str(result.get("title", "")),
        )  # fmt: skip
    for mime in ("image/svg+xml", "image/png"):
        if mime in data:
            title = str(result.get("title", ""))
            caption = f"<figcaption>{escape(title)}</figcaption>" if title else ""
            picture = _drawn(data) if NARROW in data else _picture(mime, text(data[mime]), result)
            figure = f"<figure>{caption}{picture}</figure>"
            return Shown("figure", figure, result["name"], empty=bool(result.get("empty")), title=title)
    if output["output_type"] == "error":
        return Shown("error", _text(f"{output['ename']}: {output['evalue']}"))
    if output["output_type"] == "stream":
        return Shown("warning" if output["name"] == "stderr" else "text", _text(text(output["text"])))
    return Shown("text", _text(text(data.get("text/plain", ""))))


def _result(output: dict[str, Any]) -> dict[str, Any]:
    return masked(output["data"][MIME])


def _text(output: str) -> str:
    return f"<pre>{escape(masked(plain(output.rstrip())))}</pre>"


def _drawn(data: dict[str, Any]) -> str:
    """A figure of the kit's for either width, in the colours of the page; the style sheet shows one of the two."""
    wide, narrow = (_COLOR.sub(_themed, text(data[mime])) for mime in ("image/svg+xml", NARROW))
    return wide.replace("<svg ", '<svg class="kit-desk" ', 1) + narrow.replace("<svg ", '<svg class="kit-phone" ', 1)


def _themed(color: re.Match[str]) -> str:
    return f"var(--figure-{COLORS[color[0]]})" if color[0] in COLORS else color[0]


def _picture(mime: str, content: str, about: dict[str, Any]) -> str:
    if mime == "image/svg+xml":
        content = base64.b64encode(content.encode()).decode()
    alt = about.get("alt", _("A figure without a description."))
    return f'<img src="data:{mime};base64,{"".join(content.split())}" alt="{escape(alt)}">'


def _download(table: dict[str, Any]) -> str:
    content = base64.b64encode(as_csv(table).encode("utf-8-sig")).decode()  # the mark tells Excel the encoding
    return f"data:text/csv;charset=utf-8;base64,{content}"


def _code(source: str) -> str:
    return highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
