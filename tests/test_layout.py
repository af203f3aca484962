"""What of a page is open, and what is folded under it."""

from __future__ import annotations

from kit.report.layout import Section, anchors, lay_out
from kit.report.page import Heading, Part, Shown


def heading(title: str) -> Part:
    return Part(Heading(2, title, title.lower()), "<p>How to read it.</p>")


def cell(kind: str, name: str, *tags: str, empty: bool = False, headline: bool = False) -> Part:
    shown = Shown(kind, f"<p>{name}</p>", name, empty=empty, headline=headline, title=name.title())
    return Part(code=f"{name}()", shown=(shown,), tags=frozenset(tags))


def names(section: Section) -> list[str]:
    return [shown.name for shown in section.shown]


def test_the_first_picture_and_table_of_a_page_and_the_answer_of_each_section_are_open() -> None:
    layout = lay_out(
        [
            heading("First"), cell("table", "none", empty=True), cell("table", "rates"), cell("figure", "line"),
            cell("sentence", "answer"), cell("sentence", "aside"), cell("table", "more"),
            heading("Second"), cell("figure", "other"), cell("sentence", "second"),
            cell("sentence", "news", headline=True), heading("Third"), cell("table", "counts"),
        ]
    )  # fmt: skip
    first, second, third = layout.sections
    assert names(first) == ["answer", "line", "rates"]
    assert [shown.name for part in first.folded for shown in part.shown] == ["none", "aside", "more"]
    assert names(second) == ["second", "news"]
    assert (names(third), third.hint) == ([], "Counts")
    assert first.folded[0].prose == "<p>How to read it.</p>"
    assert [part.code for part in first.folded if part.code][:2] == ["none()", "rates()"]


def test_a_figure_with_nothing_to_draw_is_left_out_beside_a_table_that_says_so() -> None:
    empty, full = (
        lay_out([heading("First"), cell("figure", "line", empty=True), cell("table", "rates", empty=empty)]).sections[0]
        for empty in (True, False)
    )
    everything = [
        sorted(names(section) + [shown.name for part in section.folded for shown in part.shown])
        for section in (empty, full)
    ]
    assert everything == [["rates"], ["line", "rates"]]
    assert "line()" in [part.code for part in empty.folded]


def test_what_warns_is_open_and_a_tag_says_otherwise() -> None:
    (section,) = lay_out(
        [
            heading("First"), cell("sentence", "count", "folded"), cell("table", "counts", "folded"),
            cell("table", "rates"), cell("table", "also", "open"), cell("sentence", "answer"),
            cell("sentence", "caution", "open"), cell("warning", "w", "folded"), cell("error", "e"),
        ]
    ).sections  # fmt: skip
    assert names(section) == ["e", "w", "answer", "caution", "rates", "also"]


def test_prose_alone_is_open_and_what_was_read_ends_the_page() -> None:
    layout = lay_out(
        [
            cell("sentence", "arrived"), heading("First"), cell("sentence", "answer"), heading("What next"),
            Part(Heading(2, "Versions", "versions")), cell("table", "versions"),
        ]
    )  # fmt: skip
    assert [section.heading and section.heading.title for section in layout.sections] == ["First", "What next"]
    assert layout.sections[1].prose == ("<p>How to read it.</p>",)
    assert [part.shown[0].name for part in layout.closing] == ["arrived", "versions"]


def test_a_finding_is_found_under_the_heading_of_its_section() -> None:
    parts = [cell("sentence", "arrived"), heading("First"), cell("sentence", "answer"), cell("table", "rates")]
    assert anchors(parts) == {"arrived": "", "answer": "first", "rates": "first"}
