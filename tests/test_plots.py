"""Figures: what is drawn is the result, the alternative text says it, and the same data gives the same bytes."""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from kit.privacy import masked
from kit.questions.months import rates
from kit.questions.subject_lines import verdicts
from kit.show import fit, picture
from kit.show.picture import drawing
from kit.show.result import MIME
from kit.show.svg import hover

if TYPE_CHECKING:
    from matplotlib.artist import Artist

    from kit.show.picture import Picture


def monthly(opened: list[float]) -> rates.Months:
    names = pd.period_range("2026-01", periods=len(opened), freq="M").strftime("%Y-%m")
    return rates.judge(pd.DataFrame({"month": names, "delivered": 1000, "opened": opened}), ["open_rate"])


@pytest.fixture
def drawn() -> Picture:
    return monthly([250, 300, 350]).plot()


def test_the_alternative_text_says_the_numbers(drawn: Picture) -> None:
    assert drawn.alt == "By month. Open rate (raw): Jan 2026 25.0%, Feb 2026 30.0%, Mar 2026 35.0%."
    assert drawn._repr_mimebundle_()[MIME] == {
        "kind": "figure", "name": "months", "title": "KPIs by month", "alt": drawn.alt,
    }  # fmt: skip
    assert all(f'<svg role="img" aria-label="{drawn.alt}"' in svg for svg in (drawn.svg, drawn.narrow))


@pytest.mark.parametrize("which", ["svg", "narrow"])
def test_text_stays_text_in_the_sizes_of_its_screen(drawn: Picture, which: str) -> None:
    svg = getattr(drawn, which)
    texts = {words: float(size) for size, words in re.findall(r"font-size: ([\d.]+)px[^>]*>([^<]+)</text>", svg)}
    assert {"Open rate (raw)", "Jan", "2026", "30%"} <= set(texts)
    assert ("<style" in svg, "<?xml" in svg, svg.count("<svg")) == (False, False, 1)
    if which == "narrow":
        assert min(texts.values()) >= fit.SMALLEST
        assert f'width="{fit.PHONE}"' in svg


def test_the_figures_of_a_page_share_no_id(drawn: Picture) -> None:
    wide, narrow = (set(re.findall(r' id="([^"]+)"', svg)) for svg in (drawn.svg, drawn.narrow))
    assert wide
    assert narrow
    assert not wide & narrow


def test_whatever_is_too_wide_is_divided_and_nothing_is_cut() -> None:
    title = "A title that is so long that no screen shows it in one line, whatever screen it may be"
    names = [f"A name of many words that is long, number {number}" for number in range(4)]
    with drawing(2) as axes:
        axes.barh(range(4), range(4), label="one")
        axes.plot(range(4), range(4), label="another series of a very long name")
        axes.plot(range(4), range(4), label="and a third of a name no shorter")
        axes.set_yticks(range(4), names)
        axes.set_xlabel(f"{title} (95 %)")
        axes.set_title(title)
        fit.legend_above(axes)
        made = picture.picture(axes, name="long", title=title, alt=title)
    legend = axes.get_legend()
    assert legend is not None
    for drawn in (legend, axes.xaxis.label, *axes.get_yticklabels(), *axes.findobj(is_title)):
        place = drawn.get_window_extent()
        assert -1 < place.x0 < place.x1 < fit.PHONE + 1, drawn
    assert [line for line in title.split() if line not in made.narrow] == []
    assert "95\u00a0%" in made.narrow
    rows = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert all(upper.y0 > lower.y1 - 1 for lower, upper in pairwise(rows))


def is_title(artist: Artist) -> bool:
    return isinstance(artist, Text) and artist.get_text().startswith("A title")


def test_labels_that_would_touch_are_left_out() -> None:
    with drawing(2) as axes:
        axes.plot(range(30), range(30))
        axes.set_xticks(range(30), [f"month {number}" for number in range(30)])
        picture.picture(axes, name="months", title="Months", alt="Months")
    places = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert 2 < len(places) < 30
    assert all(right.x0 > left.x1 for left, right in pairwise(places))


def test_every_colour_of_a_figure_is_one_that_a_dark_page_may_change(drawn: Picture) -> None:
    assert set(re.findall(r"#[0-9a-f]{6}\b", drawn.svg)) <= set(picture.COLORS)


def test_the_same_result_gives_the_same_bytes(drawn: Picture) -> None:
    again = monthly([250, 300, 350]).plot()
    assert (again.svg, again.narrow) == (drawn.svg, drawn.narrow)
    assert monthly([250, 300, 351]).plot().svg != drawn.svg


def test_a_figure_loads_nothing_and_names_no_time(drawn: Picture) -> None:
    links = re.findall(r'(?:href|src)="([^"#][^"]*)"', drawn.svg)
    assert links == []
    assert not re.search(r"20\d\d-\d\d-\d\dT\d\d:\d\d", drawn.svg)


def test_marks_say_their_values_where_there_is_a_mouse() -> None:
    with drawing(2) as axes:
        hover(axes.plot([0, 1, 2], [1.0, np.nan, 3.0], "o-"), ["first <b>", "nowhere", "anna@example.com: 3"])
        axes.plot([0, 1], [2, 2], "o")  # which says nothing
        drawn = picture.picture(axes, name="said", title="Said", alt="")
    assert re.findall(r"<use [^>]*>\n<title>(.*)</title>\n</use>", drawn.svg) == [
        "first &lt;b&gt;", f"{masked('anna@example.com')}: 3",
    ]  # fmt: skip
    assert "<title>" not in drawn.narrow


def test_a_month_says_what_the_table_says(drawn: Picture) -> None:
    said = re.findall(r"<title>(.*)</title>", drawn.svg)
    assert [text.split(" (")[0] for text in said] == ["Jan 2026: 25.0%", "Feb 2026: 30.0%", "Mar 2026: 35.0%"]


def test_drawing_leaves_the_readers_theme_alone() -> None:
    before = dict(mpl.rcParams)
    monthly([250, 300, 350]).plot()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Meet us ☀", "Meet us ☀"),
        ("🎉 Sale 🎉", "Sale"),
        ("Скидка $5_000", "Скидка $5_000"),
        ("x" * 40, "x" * 29 + "…"),
    ],
)
def test_a_label_has_only_signs_that_the_font_has(text: str, label: str) -> None:
    assert picture.label(text) == label


def test_any_subject_can_be_an_axis_label() -> None:
    arms = pd.DataFrame(
        {"campaign_id": "t", "campaign_name": "🎉 $x_1$ <b> «ё» 中文", "sent_local": pd.Timestamp("2026-03-01"),
         "variant": ["A", "B"], "sent": 5000, "delivered": 5000, "opened": [1000, 1050]}
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = verdicts.judge(arms, "open_rate").plot().svg
    assert "<b>" not in svg


def test_nothing_to_draw_is_an_empty_picture_not_an_error() -> None:
    result = rates.judge(pd.DataFrame({"month": ["2026-01"], "delivered": [np.nan], "opened": [np.nan]}), ["open_rate"])
    assert result.plot().svg.startswith("<svg")
