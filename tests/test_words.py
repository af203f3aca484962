"""What readers meet: tables, sentences, numbers; data beside them; text is never markup."""

from __future__ import annotations

import json
import math
import re
from html import unescape

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import metrics
from kit.questions.choose_kpis import goal
from kit.show import formats as form
from kit.show.formats import listing
from kit.show.result import MIME, plain
from kit.show.table import Column, Table


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (form.share(0.081), "8.1%"),
        (form.share(0.002), "0.20%"),
        (form.share(0.2, 0), "20%"),
        (form.share(math.nan), "not known"),
        (form.points(-0.021), "−2.1"),
        (form.points(0.009), "+0.90"),
        (form.with_interval(0.25, 0.2242, 0.2778), "25.0% (22.4–27.8)"),
        (form.with_interval(0.25, math.nan, math.nan), "25.0% (no interval)"),
        (form.with_interval(math.nan, 0, 1), "–"),
        (form.span(-0.027, 0.008), "−2.7 to +0.8"),
        (form.whole(1742.0), "1,742"),
        (form.minutes(45), "45 min"),
        (form.minutes(59), "59 min"),
        (form.minutes(101), "1.7 h"),
        (form.minutes(252), "4.2 h"),
        (form.decimal(-0.001, 2), "0.00"),
        (form.minutes(4320), "3.0 days"),
        (form.minutes(math.nan), "not reached"),
        (form.money("EUR")(3.4), "3.40 EUR"),
        (form.month("2026-03"), "Mar 2026"),
        (listing(["a"]), "a"),
        (listing(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_are_written_for_readers(said: str, text: str) -> None:
    assert said == text


@given(st.text(max_size=40))
def test_text_is_never_markup(text: str) -> None:
    text = f"<i>{text}</i>"
    html = Table("t", text, pd.DataFrame({"name": [text]}), (Column("name", text),), (text,)).html()
    assert "<i>" not in html
    assert "</i>" not in html


@pytest.mark.parametrize("text", ["wörter & mehr " * 30, "w" * 10_000, "https://shop.example.com/" + "a?b=1&" * 200])
def test_a_long_cell_unfolds_hides_no_word_and_may_be_broken(text: str) -> None:
    table = Table("t", "T", pd.DataFrame({"name": [text]}), (Column("name", "Name"),))
    ((first, others),) = re.findall(r'<details class="kit-long"><summary>(.+?)</summary>(.+)</details>', table.html())
    assert 80 <= len(unescape(first.replace("<wbr>", ""))) <= 160
    assert re.sub(r"\s", "", unescape((first + others).replace("<wbr>", ""))) == re.sub(r"\s", "", text)
    assert max(map(len, re.split(r"<wbr>|\s", unescape(f"{first} {others}")))) <= 24
    assert table.data()["rows"] == [[text]]


def test_a_wide_table_is_several_that_begin_with_the_same_column() -> None:
    frame = pd.DataFrame({f"c{n}": [n] for n in range(26)})
    html = Table("t", "T", frame, tuple(Column(name, name) for name in frame)).html()
    heads = [re.findall(r"<th[^>]*>(\w+)</th>", head) for head in re.findall(r"<thead>.*?</thead>", html)]
    assert [head[0] for head in heads] == ["c0"] * 3
    assert [name for head in heads for name in head[1:]] == list(frame)[1:]
    assert max(map(len, heads)) <= 11
    assert "<caption>T (2 of 3)</caption>" in html


def test_long_russian_headings_may_be_divided_between_syllables() -> None:
    html = Table("t", "T", pd.DataFrame({"a": [1]}), (Column("a", "Открываемость и доля"),)).html()
    assert ">Откры&shy;вае&shy;мость и доля<" in html


def test_a_table_carries_its_data_with_units_and_nulls() -> None:
    frame = pd.DataFrame({"kpi": ["open_rate"], "value": [math.nan], "when": [pd.Timestamp("2026-01-05")]})
    shown = Table("t", "T", frame, (Column("value", "Value", unit="share", number=True),))._repr_mimebundle_()
    data = json.loads(json.dumps(shown[MIME]))
    assert data["columns"][1] == {"name": "value", "title": "Value", "unit": "share"}
    assert data["rows"] == [["open_rate", None, "2026-01-05T00:00:00"]]
    assert "–" in shown["text/html"]


@pytest.mark.parametrize("value", [None, pd.NA, pd.NaT, math.nan, math.inf])
def test_what_is_not_known_or_has_no_end_is_null_in_the_data(value: object) -> None:
    assert plain(value) is None


def test_an_empty_table_says_so() -> None:
    table = Table("t", "Findings", pd.DataFrame({"a": []}), (Column("a", "A"),), empty="none.")
    assert "Findings: none." in table.html()
    assert "<table" not in table.html()


def test_a_remark_in_brackets_is_no_interval_and_may_wrap() -> None:
    cells = ["8.1% (6.9–9.5)", "554 refused: too many messages (58); 550 the account does not exist (10)"]
    table = Table("t", "T", pd.DataFrame({"cell": cells}), (Column("cell", "Cell"),))
    assert table.html().count("kit-interval") == 1


def test_the_goal_says_how_many_campaigns_do_not_tell_it() -> None:
    row = {"kpi": "revenue_per_mail", "n": 3215, "value": 0.56, "low": math.nan, "high": math.nan}
    none = pd.DataFrame(columns=["kpi", "n", "value", "low", "high", "left_out"])
    for missing, said in (
        (0, "."),
        (1, "; 1 campaign has no data on it and is left out."),
        (43, "; 43 campaigns have no data on it"),
    ):
        mail = pd.DataFrame([row | {"missing": missing}])
        text = goal.GoalKpis(metrics.goal("revenue"), mail, none, currency="EUR").summary().text
        value = "revenue per mail over all months is 0.56 EUR, of 3,215 messages"
        assert text.startswith(f"Your goal is revenue: {value}{said}")
