"""The analyst's own labels: how right the reading is, what a head trained on them gains; mistakes are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import small
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

import kit
from kit.errors import InputError
from kit.questions.customer_messages import own_labels, tone
from kit.stats import softmax

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> kit.Data:
    """Sixty comments of three kinds, of different words, that no word of tone decides."""
    small.settings(tmp_path, "[messages]", 'engine = "fast"')
    kinds = [
        "The crane fell on the red house number",
        "Send the blue papers to room",
        "Sunny holiday by the sea for family",
    ]
    lines = [
        [f"p{place}@example.org", "2026-05-04", 9, 0, 10, f"{kinds[place % 3]} {place} of the street"]
        for place in range(60)
    ]
    small.table(tmp_path, "nps.csv", ["Email", "Responded at", "NPS", "Scale min", "Scale max", "Comment"], lines)
    return kit.open(tmp_path)


def labelled(data: kit.Data, path: Path) -> Path:
    """The listed messages, labelled by their kind."""
    drawn = own_labels.check(data, n=60).drawn
    assert len(drawn) == 60
    moods = {"The": "negative", "Send": "neutral", "Sunny": "positive"}
    tones = [moods[text.split()[0]] for text in drawn["text"]]
    drawn.assign(tone=tones).to_csv(path, index=False)
    return path


def test_labels_say_how_right_the_reading_is_and_a_head_gains(data: kit.Data, tmp_path: Path) -> None:
    result = own_labels.check(data, str(labelled(data, tmp_path / "labels.txt")))
    assert len(result.labelled) == 60
    right = (result.labelled["truth"] == result.labelled["reading"]).mean()
    assert result.summary().numbers["right"] == pytest.approx(right)
    assert result.head is not None
    as_is, trained = result.head
    assert trained > 0.95 > as_is
    errors = tone.errors(result.confusion())
    assert (errors["en"].true, errors["en"].other) == (20, 40)
    assert result.table().frame["n"].sum() == 60


def test_nothing_is_listed_unless_asked_and_labels_of_others_are_counted(data: kit.Data, tmp_path: Path) -> None:
    assert own_labels.check(data).drawn.empty
    path = tmp_path / "labels.txt"
    path.write_text("key,tone\nffffffffffff,negative\n,\n", encoding="utf-8")
    result = own_labels.check(data, str(path))
    assert (len(result.labelled), result.unmatched, result.head) == (0, 1, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("key,tone\nab,angry\n", "line 2, column 'tone': 'angry' is not a tone"),
        ("key\nab\n", "column 'tone': is missing"),
        ("", "cannot be read"),
        ('key,tone\n"a', "cannot be read"),
    ],
)
def test_a_mistake_in_the_labels_is_named(data: kit.Data, tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"labels\.txt") as error:
        own_labels.check(data, str(path))
    assert reason in str(error.value)


def test_labels_that_are_not_there_are_named(data: kit.Data, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none"):
        own_labels.check(data, str(tmp_path / "none.csv"))


def test_macro_f1_by_hand() -> None:
    """a: 2 of 3 right, read 3 times: 2/3; b: 1 of 2, read twice: 1/2."""
    truth, reading = np.array(list("aaabb")), np.array(list("aabab"))
    assert own_labels.macro_f1(truth, reading) == pytest.approx((2 / 3 + 1 / 2) / 2)


@given(st.integers(0, 1000))
def test_labels_by_chance_gain_nothing(seed: int) -> None:
    """Cross-validation does not praise a head that learned noise: it is right about as often as a coin."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 20))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.repeat(np.array(["a", "b"]), 40)
    right = (softmax.cross_validated(x, y) == y).mean()
    assert 0.15 < right < 0.85


def test_a_fit_is_statsmodels_ridge_free_limit(rng: np.random.Generator) -> None:
    """With many rows the ridge vanishes: the slopes are those of plain logistic regression."""
    x = rng.normal(size=(20_000, 2)) / 10
    y = np.where(rng.random(20_000) < 1 / (1 + np.exp(-(10 * x @ [1.0, -0.5] + 0.3))), "b", "a")
    _, beta = softmax.fit(x, y)
    plain = sm.Logit((y == "b").astype(float), sm.add_constant(10 * x)).fit(disp=False).params
    assert (beta[:, 1] - beta[:, 0])[[2, 0, 1]] == pytest.approx(np.asarray(plain), abs=0.005)
