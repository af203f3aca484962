"""Counts are computed once: what comes back from a file is what was computed, and another question finds nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from counting import NAMES, arguments, public
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kit
from kit import counts
from kit.counts import saved
from kit.counts.scope import COUNTS
from kit.settings import Settings
from kit.store import frame_files
from kit.store.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path

    from kit.store import Data

GIVEN_A_FRAME = "kit.counts.variants.lines"
"""It adds a column to counts that it is given; there is nothing to save."""


def files(data: Data) -> set[str]:
    return {path.name for path in (data.path / saved.FOLDER).rglob("*.arrow")}


def kinds(frame: pd.DataFrame) -> list[list[str]]:
    """Of each cell whether it is None, NaN, NA or NaT."""
    gone = {type(None): "None", type(pd.NA): "NA", type(pd.NaT): "NaT", float: "NaN", np.float64: "NaN"}
    return [[gone[type(cell)] if pd.isna(cell) else "" for cell in frame[name]] for name in frame]


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if not isinstance(one, pd.DataFrame):
        assert one == other
        return
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert kinds(one) == kinds(other)
    assert one.attrs == other.attrs


QUESTIONS = {"all": {}, "narrowed": {"period": "2026-03", "where": "list_name=Клиенты сервиса"}}


BY_TURNS = [(name, list(QUESTIONS)[i % 2]) for i, name in enumerate(NAMES) if name != GIVEN_A_FRAME]
"""Each count once, under the one question or the other: what is kept does not depend on the question."""


@pytest.fixture(scope="session")
def opened(firm: Path) -> dict[str, Data]:
    return {asked: kit.open(firm, **question) for asked, question in QUESTIONS.items()}


@pytest.mark.parametrize(("name", "asked"), BY_TURNS)
def test_a_saved_count_is_the_computed_one(
    firm: Path, opened: dict[str, Data], name: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = opened[asked]
    positional, keywords = arguments(name, data)
    computed = COUNTS[name].function(data, *positional, **keywords)
    assert_same(public(name)(data, *positional, **keywords), computed)
    again = kit.open(firm, **QUESTIONS[asked])
    monkeypatch.setattr(Engine, "read_parquet", None)  # nobody counts now
    assert_same(public(name)(again, *positional, **keywords), computed)
    saved._RECENT.clear()  # nor has anybody a frame at hand
    assert_same(public(name)(again, *positional, **keywords), computed)


def test_a_frame_that_its_user_changes_is_nobody_elses(firm: Path) -> None:
    first = counts.left_out(kit.open(firm))
    first["sent"] = -1
    first.attrs["mark"] = 1
    again = counts.left_out(kit.open(firm))
    assert again["sent"].gt(0).all()
    assert again.attrs == {}
    data = kit.open(firm)
    mine = data.once("frame", lambda: pd.DataFrame({"a": [1]}))
    mine.loc[0, "a"] = 2
    assert data.once("frame", lambda: None)["a"].tolist() == [1]


def test_so_many_frames_are_at_hand_and_no_more(firm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "IN_MEMORY", 2)
    saved._RECENT.clear()
    for by in (["month"], ["domain"], ["list_name"], ["month"]):
        counts.messages(kit.open(firm), by)
        assert len(saved._RECENT) <= 2


def test_a_second_page_counts_nothing_again(firm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> list[pd.DataFrame]:
        data = kit.open(firm)
        return [counts.messages(data, ["month"]), counts.openers(data, ["month"]), counts.left_out(data)]

    first = page()
    monkeypatch.setattr(Engine, "__init__", None)
    for one, other in zip(first, page(), strict=True):
        assert_same(one, other)


def test_another_question_setting_argument_or_code_has_a_file_of_its_own(
    firm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = kit.open(firm)
    counts.left_out(data)
    assert len([name for name in files(data) if name.startswith("left_out")]) >= 1
    paths = {saved._path(data, "a.b", {"by": ["month"]})}
    paths.add(saved._path(data, "a.b", {"by": ["month", "kind"]}))
    paths.add(saved._path(data, "a.c", {"by": ["month"]}))
    for question in ({"period": "2026-03"}, {"period": "2026-03-01..2026-03-30"}, {"where": "campaign_type=regular"}):
        paths.add(saved._path(kit.open(firm, **question), "a.b", {"by": ["month"]}))
    other = Settings(values={"conversions.window_days": 3})
    paths.add(saved._path(replace(data, settings=other), "a.b", {"by": ["month"]}))
    monkeypatch.setattr(saved, "code", lambda: "other")
    paths.add(saved._path(data, "a.b", {"by": ["month"]}))
    assert len(paths) == 8


def test_a_default_and_the_same_value_given_are_one_count(firm: Path) -> None:
    data = kit.open(firm)
    counts.messages(data, ["month"])
    before = files(data)
    counts.messages(data, by=("month",), kind=None, action="")
    assert files(data) == before


def test_a_damaged_file_is_counted_again(firm: Path) -> None:
    data = kit.open(firm)
    computed = counts.left_out(data)
    for path in (data.path / saved.FOLDER).rglob("left_out-*.arrow"):
        path.write_bytes(path.read_bytes()[:40])
    assert_same(counts.left_out(data), computed)
    assert_same(counts.left_out(data), computed)


@pytest.mark.skipif(os.name == "nt", reason="modes of folders are of Unix")
def test_where_nothing_can_be_written_a_count_is_just_computed(firm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = kit.open(firm)
    computed = counts.left_out(data)

    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(saved, "code", lambda: "another")
    monkeypatch.setattr(frame_files, "save", refuse)
    assert_same(counts.left_out(data), computed)


def test_other_versions_of_the_kit_leave_nothing_behind(firm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = kit.open(firm)
    counts.left_out(data)
    monkeypatch.setattr(saved, "code", lambda: "newer")
    counts.left_out(data)
    assert [path.name for path in (data.path / saved.FOLDER).iterdir()] == ["newer"]


CELLS = st.one_of(st.none(), st.just(np.nan), st.just(pd.NA), st.text(max_size=4))
COLUMNS = st.one_of(
    st.lists(CELLS, min_size=3, max_size=3).map(lambda cells: pd.Series(cells, dtype=object)),
    st.lists(st.one_of(st.none(), st.text(max_size=4)), min_size=3, max_size=3).map(
        lambda c: pd.Series(c, dtype="str")
    ),
    st.lists(st.one_of(st.none(), st.text(max_size=4)), min_size=3, max_size=3).map(
        lambda cells: pd.Series(cells, dtype="string")
    ),
    st.lists(st.floats(), min_size=3, max_size=3).map(lambda cells: pd.Series(cells, dtype="float64")),
    st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=3, max_size=3).map(
        lambda cells: pd.Series(cells, dtype="Int64")
    ),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=3, max_size=3).map(
        lambda cells: pd.Series(cells, dtype="boolean")
    ),
    st.lists(st.sampled_from("ab"), min_size=3, max_size=3).map(lambda cells: pd.Series(cells, dtype="category")),
    st.lists(st.datetimes(), min_size=3, max_size=3).map(lambda cells: pd.Series(cells).astype("datetime64[us]")),
)


@given(st.lists(COLUMNS, max_size=4), st.sampled_from([None, "count"]), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_frame_comes_back_as_it_was(
    tmp_path: Path,
    columns: list[pd.Series],
    name: str | None,
    named: bool,  # noqa: FBT001
) -> None:
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index([f"c{place}" for place in range(frame.shape[1])], name=name)
    frame.attrs = {"n": 3}
    if named and len(frame):
        frame.index = pd.Index(["x", "y", "z"], name="who")
    frame_files.save(frame, tmp_path / "a.arrow")
    assert_same(frame_files.load(tmp_path / "a.arrow"), frame)


@pytest.mark.parametrize(
    "value", [3, None, ["a"], ("a", "b"), (), (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01"))]
)
def test_other_counts_come_back_as_they_were(tmp_path: Path, value: Any) -> None:
    frame_files.save(value, tmp_path / "a.arrow")
    assert_same(frame_files.load(tmp_path / "a.arrow"), value)


def test_what_would_not_come_back_is_not_saved(tmp_path: Path) -> None:
    for value in ({"a": 1}, pd.DataFrame({"a": [{1}, "b"]}), pd.DataFrame({"a": [1, "b"]}), 0.5):
        with pytest.raises(frame_files.UnsupportedError):
            frame_files.save(value, tmp_path / "a.arrow")
    assert not (tmp_path / "a.arrow").exists()
