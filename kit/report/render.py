"""The files of a report: a page a notebook, the index and results.json."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jinja2

from kit import __version__
from kit.messages import _, _n, language, message
from kit.privacy import masked
from kit.report.folder import RESULTS
from kit.report.layout import LONG, anchors, lay_out
from kit.show import formats, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kit.report.page import Page
    from kit.report.quality import Quality
    from kit.report.run import Run
    from kit.report.since import Since

HEADLINES = 3
"""The most findings that the first page has."""

STANDING = ("responses_now",)
"""The sentences by name that always stand on the first page: how the service stands."""

REASONS = ("why_changed",)
"""The sentences by name that say why a rate changed; they stand beside what changed since the last report."""

STATUSES = ("ok", "failed", "unanswered")

FILTERS = {"period": message("all months"), "where": message("all campaigns")}
"""The parameters that every notebook has, and what they mean unset."""


def write(
    place: Path,
    pages: Sequence[Page],
    quality: Quality,
    parameters: Mapping[str, str],
    *,
    record: Mapping[str, Any] = MappingProxyType({}),
    since: Since | None = None,
) -> None:
    """Write the pages of the notebooks, the index and results.json into a folder.

    Args:
        place: the folder.
        pages: one a chosen notebook, in order; only those that ran get a file.
        quality: of the data.
        parameters: those that the user gave.
        record: what the next report compares with, as `record.record` returns it.
        since: what changed since an earlier report; None: there is none.
    """
    ran = [page for page in pages if page.run.status != "unanswered"]
    linked = partial(_linked, {page.run.notebook.number: page.run.notebook.page for page in ran})
    shared = {"version": __version__, "quality": quality, "language": language()}
    for number, page in enumerate(ran):
        before = ran[number - 1].run if number else None
        after = ran[number + 1].run if number + 1 < len(ran) else None
        html = page_html(page, quality, before, after, linked)
        (place / page.run.notebook.page).write_text(html, encoding="utf-8")
    _write(
        place / "index.html",
        "index.html",
        shared
        | {
            "runs": [page.run for page in pages],
            "headlines": headlines(pages),
            "standing": standing(pages),
            "tiles": tiles(pages),
            "since": since,
            "reasons": [summary for name in REASONS for summary in _summaries(pages) if summary["name"] == name],
            "parameters": asked(parameters),
            "filters": list(FILTERS),
            "counts": {status: sum(page.run.status == status for page in pages) for status in STATUSES},
        },
    )
    content = results_of(pages, quality, parameters) | {"record": dict(record)}
    if since is not None:
        content["since"] = since.as_data()
    results = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    (place / RESULTS).write_text(results + "\n", encoding="utf-8")


def page_html(
    page: Page, quality: Quality, before: Run | None, after: Run | None, linked: Callable[[str], str] = str
) -> str:
    """The page of one notebook.

    Args:
        page: its parts.
        quality: of the data.
        before: the run whose page stands before it; None: there is none.
        after: likewise after it.
        linked: prose in which numbers of notebooks lead to their pages.
    """
    values = page.run.values
    return filled(
        "page.html",
        {
            "version": __version__, "quality": quality, "language": language(), "long": LONG, "linked": linked,
            "page": page, "layout": lay_out(page.parts),
            "asked": [(name, _written(name, values.get(name, ""))) for name in FILTERS],
            "parameters": _parameters(page), "before": before, "after": after,
        },
    )  # fmt: skip


def results_of(pages: Sequence[Page], quality: Quality, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What results.json holds: the data's quality, the parameters and what each notebook found."""
    return {
        "kit": __version__,
        "data": quality.as_data(),
        "parameters": masked(dict.fromkeys(FILTERS, "") | dict(parameters)),
        "notebooks": {
            page.run.notebook.name: {
                "question": page.run.notebook.question,
                "status": page.run.status,
                "reason": masked(page.run.reason),
                "parameters": masked({k: v for k, v in page.run.values.items() if k != "data"}),
                "results": list(page.results),
            }
            for page in pages
        },
    }


def headlines(pages: Sequence[Page]) -> list[dict[str, Any]]:
    """The sentences that matter, the weightiest first, one of a page."""
    summaries = [summary for summary in _summaries(pages) if summary["headline"] and summary["name"] not in STANDING]
    weighty = sorted(summaries, key=lambda summary: -summary["weight"])
    of_page = {_file(summary): summary for summary in reversed(weighty)}
    return [summary for summary in weighty if of_page[_file(summary)] is summary][:HEADLINES]


def standing(pages: Sequence[Page]) -> list[dict[str, Any]]:
    """The sentences of STANDING, as far as the pages have them."""
    return [summary for name in STANDING for summary in _summaries(pages) if summary["name"] == name]


def tiles(pages: Sequence[Page]) -> dict[str, Any] | None:
    """The tiles of the goal's KPIs as HTML, and the page that they are from; None: no page has any."""
    found = [(page, shown) for page in pages for part in page.parts for shown in part.shown if shown.kind == "tiles"]
    return {"html": found[0][1].html} | _origin(found[0][0]) if found else None


def _summaries(pages: Sequence[Page]) -> list[dict[str, Any]]:
    return [
        result | _origin(page, anchors(page.parts).get(result["name"], ""))
        for page in pages
        for result in page.results
        if result["kind"] == "sentence"
    ]


def _file(summary: Mapping[str, Any]) -> str:
    return str(summary["page"]).partition("#")[0]


def _origin(page: Page, anchor: str = "") -> dict[str, str]:
    place = f"{page.run.notebook.page}#{anchor}" if anchor else page.run.notebook.page
    return {"page": place, "question": page.run.notebook.question}


def asked(parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    """Period, filters and the parameters that the user gave, as readers meet them."""
    return [(name, _written(name, value)) for name, value in (dict.fromkeys(FILTERS, "") | dict(parameters)).items()]


def filled(template: str, values: dict[str, Any]) -> str:
    """A template with its values, every text escaped, addresses masked, and no mark that turns the text after it."""
    return _TURNING.sub("", masked(_TEMPLATES.get_template(template).render(values)))


def _write(path: Path, template: str, values: dict[str, Any]) -> None:
    path.write_text(filled(template, values), encoding="utf-8")


_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of whatever text follows them: in a name they would turn the sentence around it."""


def _parameters(page: Page) -> list[tuple[str, str, str]]:
    """The parameters of a page as it shows them, with what they mean; the data is in its foot."""
    parameters = page.run.notebook.parameters
    meanings = {
        name: _(parameters[name].help) if name in parameters else "" for name in page.run.values if name != "data"
    }
    return [
        (name, _written(name, page.run.values[name], meaning), re.sub(r'[;,]?\s*"".*', "", meaning))
        for name, meaning in meanings.items()
    ]


def _written(name: str, value: Any, meaning: str = "") -> str:
    """A value; of an empty one what its parameter's help says of "": that of kit.toml, none."""
    if value == "":
        unset = re.search(r'""\s+(?:for |– )?(.+)$', meaning)
        return str(FILTERS.get(name) or (unset[1] if unset else _("not set")))
    return (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)


def _linked(pages: Mapping[str, str], prose: str) -> str:
    """Prose whose numbers of notebooks lead to their pages, where the report has them."""

    def link(found: re.Match[str]) -> str:
        return f'<a href="{pages[found[1]]}">{found[0]}</a>' if found[1] in pages else found[0]

    return re.sub(r"<strong>(\d\d)</strong>", link, prose)


def _share(part: int, whole: int) -> str:
    return formats.share(part / whole) if whole else ""


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_TEMPLATES.globals |= {"_": _, "_n": _n}
_TEMPLATES.filters |= {"cut": table.cut, "whole": formats.whole, "share": _share}
