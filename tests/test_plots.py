"""Figures: what is drawn is the result, the alternative text says it, and the same data gives the same bytes."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kit.questions.months import rates
from kit.questions.subject_lines import verdicts
from kit.show import picture
from kit.show.result import MIME

if TYPE_CHECKING:
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
    assert f'<svg role="img" aria-label="{drawn.alt}"' in drawn.svg


def test_the_same_result_gives_the_same_bytes(drawn: Picture) -> None:
    assert monthly([250, 300, 350]).plot().svg == drawn.svg
    assert monthly([250, 300, 351]).plot().svg != drawn.svg


def test_a_figure_loads_nothing_and_names_no_time(drawn: Picture) -> None:
    links = re.findall(r'(?:href|src)="([^"#][^"]*)"', drawn.svg)
    assert links == []
    assert not re.search(r"20\d\d-\d\d-\d\dT\d\d:\d\d", drawn.svg)


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
