"""What readers meet: tables, sentences, numbers; data beside them; text is never markup."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import small
from hypothesis import given
from hypothesis import strategies as st

import kit
from kit import counts, words
from kit.words import form
from kit.words.shown import MIME, Column, Table, listed, plain

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "<script>alert('x')</script> & \"$5\" ☀"


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
        (form.minutes(252), "4.2 h"),
        (form.minutes(4320), "3.0 days"),
        (form.minutes(math.nan), "not reached"),
        (form.money("EUR")(3.4), "3.40 EUR"),
        (form.month("2026-03"), "Mar 2026"),
        (listed(["a"]), "a"),
        (listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_are_written_for_readers(said: str, text: str) -> None:
    assert said == text


@given(st.text(max_size=40))
def test_text_is_never_markup(text: str) -> None:
    table = Table("t", text, pd.DataFrame({"name": [text]}), (Column("name", text),), (text,))
    html = table.html()
    for tag in ("<script", "<b>", "<img"):
        assert tag not in html
    if "<" in text:
        assert text not in html


def test_a_subject_with_markup_is_shown_as_text(tmp_path: Path) -> None:
    small.mailchimp(tmp_path, [{"Subject": f"TEST {NASTY}", "Total Recipients": 2}, {"Unique Id": "00000000ab"}])
    html = words.tests_left_out(counts.left_out(kit.open(tmp_path))).html()
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;$5&quot; ☀" in html


def test_a_table_carries_its_data_with_units_and_nulls() -> None:
    frame = pd.DataFrame({"kpi": ["open_rate"], "value": [math.nan], "when": [pd.Timestamp("2026-01-05")]})
    shown = Table("t", "T", frame, (Column("value", "Value", unit="share", number=True),))._repr_mimebundle_()
    data = json.loads(json.dumps(shown[MIME]))
    assert data["columns"][1] == {"name": "value", "title": "Value", "unit": "share"}
    assert data["rows"] == [["open_rate", None, "2026-01-05T00:00:00"]]
    assert "–" in shown["text/html"]


@pytest.mark.parametrize("value", [None, pd.NA, pd.NaT, math.nan])
def test_what_is_not_known_is_null_in_the_data(value: object) -> None:
    assert plain(value) is None


def test_an_empty_table_says_so() -> None:
    table = Table("t", "Findings", pd.DataFrame({"a": []}), (Column("a", "A"),), empty="none.")
    assert "Findings: none." in table.html()
    assert "<table" not in table.html()


def test_what_came_in_is_said_with_what_was_lost(tmp_path: Path) -> None:
    header = ["Campaign", "Date", "Sent", "Opened"]
    small.table(tmp_path, "a.csv", header, [["one", "2026-01-05", 100, 20], ["two", "2026-01-06", "many", 2]])
    (tmp_path / "notes.txt").write_text("nothing that is known\n", encoding="utf-8")
    data = kit.open(tmp_path)
    assert words.arrived(data).text == (
        f"{tmp_path.name}: 1 of 2 files read, 1 of 2 rows kept, 1 rejected (50.0%), 1 campaigns; "
        "it knows up to 2026-01-05 00:00 (time zone not known: times as written)."
    )
    assert words.quality(data).headline
    assert words.unread(data).frame["file"].tolist() == ["notes.txt"]
    (rejected,) = words.rejections(data).frame.to_dict("records")
    assert (rejected["file"], rejected["line"], rejected["column"]) == ("a.csv", 3, "Sent")
