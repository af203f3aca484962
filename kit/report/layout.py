"""What of a page is open, and what is folded under it.

A manager reads an answer, a picture and a table; an analyst unfolds the rest. So of every section its first sentence
is open; of the page the first picture and the first table; and whatever warns, or may stand on the report's first
page. A figure with nothing to draw is left out beside a table that says the same. How to read it, further tables and
the code are the section's details. A cell of a notebook that is tagged `open` or `folded` says otherwise. What was read
and which versions read it end the page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kit.report.page import Heading, Part, Shown

ALWAYS = {"error", "warning", "text", "tiles"}
"""Kinds that are never folded unless their cell says so."""

ONCE = {"figure", "table"}
"""Kinds of which the page has one open."""

ORDER = ("error", "warning", "sentence", "tiles", "figure", "table", "text")
"""An answer, its picture, its table: in this order they are read, whatever order they were computed in."""

LONG = 12
"""Rows up to which a table is open whole; of a longer one ten are, and the rest is unfolded below it."""

CLOSING = {"arrived", "versions"}
"""Results by name that say how the page was made."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page.

    Attributes:
        heading: None of what stands before the first heading.
        prose: what is said without any result, as what to do next.
        shown: what is open, in the order of reading.
        folded: its details, in the notebook's order.
    """

    heading: Heading | None
    prose: tuple[str, ...]
    shown: tuple[Shown, ...]
    folded: tuple[Part, ...]

    @property
    def hint(self) -> str:
        """What its details hold, where nothing of the section is open."""
        titles = (shown.title for part in self.folded for shown in part.shown if not shown.empty)
        return "" if self.shown else " · ".join(filter(None, titles))


@dataclass(frozen=True, slots=True)
class Layout:
    """A page in its two levels; `closing` says how it was computed."""

    sections: tuple[Section, ...]
    closing: tuple[Part, ...]


def lay_out(parts: Sequence[Part]) -> Layout:
    """Divide the parts of a page into its sections, and each into what is open and what is folded."""
    closing = tuple(part for part in parts if _closes(part))
    sections, seen = [], set[str]()
    for own in _sections(part for part in parts if not _closes(part)):
        if any(part.code or part.shown for part in own) or len(own) > 1:
            sections.append(_section(own, seen))
        elif own[0].prose:
            sections.append(Section(own[0].heading, (own[0].prose,), (), ()))
    return Layout(tuple(sections), closing)


def anchors(parts: Sequence[Part]) -> dict[str, str]:
    """Under which heading each result of a page stands: its name -> the anchor of the first such place."""
    places: dict[str, str] = {}
    anchor = ""
    for part in parts:
        anchor = part.heading.anchor if part.heading else anchor
        for shown in part.shown:
            places.setdefault(shown.name, anchor)
    return places


def _section(parts: Sequence[Part], seen: set[str]) -> Section:
    """One section; `seen` are the kinds that the page shows open already."""
    open_: list[Shown] = []
    folded: list[Part] = []
    kinds = set[str]()
    says_so = any(shown.empty and shown.kind == "table" for part in parts for shown in part.shown)
    for part in parts:
        given = [shown for shown in part.shown if not (says_so and shown.empty and shown.kind == "figure")]
        chosen = [shown for shown in given if _is_open(shown, part.tags, seen, kinds)]
        open_ += chosen
        remaining = tuple(shown for shown in given if shown not in chosen)
        if part.prose or part.code or remaining:
            folded.append(replace(part, heading=None, shown=remaining))
    return Section(parts[0].heading, (), tuple(sorted(open_, key=lambda shown: ORDER.index(shown.kind))), tuple(folded))


def _is_open(shown: Shown, tags: frozenset[str], seen: set[str], kinds: set[str]) -> bool:
    """Whether something is open: `seen` are the kinds that the page has open so far, `kinds` those of the section."""
    if shown.kind in ("error", "warning"):
        return True
    if tags & {"open", "folded"}:
        chosen = "open" in tags
    elif shown.kind in ONCE:
        chosen = not shown.empty and shown.kind not in seen
    else:
        chosen = shown.kind in ALWAYS or shown.headline or shown.kind not in kinds
    if chosen:
        seen.add(shown.kind)
        kinds.add(shown.kind)
    return chosen


def _sections(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """The parts in runs that begin with a heading."""
    section: list[Part] = []
    for part in parts:
        if part.heading and section:
            yield section
            section = []
        section.append(part)
    if section:
        yield section


def _closes(part: Part) -> bool:
    return bool(part.shown) and all(shown.name in CLOSING for shown in part.shown)
