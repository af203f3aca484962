"""What messages say: tone, intent and theme with what decided; unknown stays unknown; accuracy is as measured."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import measure_text
import numpy as np
import pandas as pd
import pytest

from kit.errors import InputError
from kit.text import accuracy, engines, guide, reading

WORDS = engines.engine("words")
FAST = engines.engine("fast")


def read(text: str, engine: engines.Engine = WORDS) -> dict[str, Any]:
    return reading.read([text], guide.load(), engine).to_dict("records")[0]


@pytest.mark.parametrize(
    ("text", "tone", "word"),
    [
        ("Your answer was very rude.", "negative", "rude"), ("Мастер нагрубил, это ужасно.", "negative", "ужасно"),
        ("服务态度差。", "negative", "态度差"), ("Excellent, I am delighted.", "positive", "excellent"),
        ("Всё сделали отлично!", "positive", "отлично"), ("味道很好，送餐很快。", "positive", "很好"),
        ("This is not good, not great at all.", "negative", "great"), ("Не доволен ремонтом.", "negative", "доволен"),
        ("这个不好吃", "negative", "不好"), ("Nothing was broken, fine.", "positive", "broken"),
    ],
)  # fmt: skip
def test_words_decide_the_tone_and_are_quoted(text: str, tone: str, word: str) -> None:
    row = read(text)
    assert (row["tone"], row["tone_by"], row["tone_quote"]) == (tone, "words", text)
    assert word in row["tone_words"]


@pytest.mark.parametrize("engine", [WORDS, FAST], ids=str)
@pytest.mark.parametrize("text", ["", "ok", "12.05", "Vielen Dank, ich komme dann morgen", "Де моє замовлення?"])
def test_what_is_short_or_of_another_language_has_no_tone(text: str, engine: engines.Engine) -> None:
    row = read(text, engine)
    assert (row["language"], row["tone"], row["tone_quote"]) == ("", "", "")
    assert np.isnan(row["score"])


def test_without_an_engine_a_message_without_words_of_tone_is_not_known() -> None:
    assert read("The van stands in the yard since Tuesday.")["tone"] == ""


def test_courtesy_is_no_tone_no_theme_and_no_wish() -> None:
    row = read("Здравствуйте! Машина на стоянке. Жду ответа. Заранее спасибо!")
    assert (row["tone"], row["theme"], row["intent"]) == ("", "", "")


@pytest.mark.parametrize(
    ("text", "intent", "theme"),
    [
        ("Please cancel my order 4711.", "cancel", ""), ("Верните деньги за доставку.", "refund", "delivery"),
        ("请取消我的预约。", "cancel", "booking"), ("Сколько стоит ремонт?", "question", "price"),
        ("Пришлите счёт-фактуру для бухгалтерии.", "invoice", "documents"),
        ("She was very rude.", "complaint", "staff"),
        ("I would like to book an appointment.", "appointment", "booking"),
        ("Ваш сотрудник очень вежливый, мне понравилось.", "praise", "staff"),
    ],
)  # fmt: skip
def test_words_decide_intent_and_theme(text: str, intent: str, theme: str) -> None:
    row = read(text)
    assert (row["intent"], row["theme"]) == (intent, theme)
    assert row["intent_quote"] == text


def test_who_is_angry_and_wants_nothing_else_complains() -> None:
    row = read("The van is dirty again, I am upset.")
    assert (row["intent"], row["intent_by"]) == ("complaint", "tone")


@pytest.mark.skipif(FAST.encode is None, reason="the engine is not installed")
def test_a_sentence_decides_where_no_word_does() -> None:
    row = read("Ни одна моя просьба так и не была услышана, сервис оставляет желать другого.", FAST)
    assert (row["tone"], row["tone_by"]) == ("negative", "sentence")
    assert read("I need the time of the train to Leeds tomorrow.", FAST)["tone"] == "neutral"


@pytest.mark.skipif(FAST.encode is None, reason="the engine is not installed")
def test_vectors_are_unit_rows_in_order_and_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_keywords: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refused)
    texts = ["Где мой заказ?", "Where is my order?", "x" * 5000 + "\0", "Где мой заказ?"]
    matrix = FAST.vectors(texts)
    assert np.linalg.norm(matrix, axis=1) == pytest.approx(1, abs=1e-3)
    assert (matrix[0] == matrix[3]).all()
    assert matrix[0] @ matrix[1] > 0.7 > matrix[0] @ matrix[2]
    assert len(FAST.vectors([])) == 0


def test_an_engine_that_is_not_installed_is_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise engines.PackageNotFoundError(name)

    monkeypatch.setattr(engines, "version", missing)
    engines.engine.cache_clear()
    assert engines.engine("fast").name == "words"
    engines.engine.cache_clear()


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = guide.DEFAULT.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path = tmp_path / "reading.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_changed_guide_is_used_and_its_accuracy_is_not_known(tmp_path: Path) -> None:
    path = edited(tmp_path, "  delivery:\n", "  pallets:\n    words: {en: [pallet*]}\n  delivery:\n")
    changed = guide.load(path)
    assert reading.read(["Two pallets are missing"], changed, WORDS)["theme"].tolist() == ["pallets"]
    assert changed.themes["pallets"].title == "pallets"
    assert len(accuracy.confusion("theme", WORDS, guide.load())) > 0
    assert len(accuracy.confusion("theme", WORDS, changed)) == 0
    assert len(accuracy.confusion("tone", WORDS, changed)) > 0, "the themes decide no tone"


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ('"no", ', "no, ", "negations.en", "it is not a list of texts"),
        ("  positive:", "  postive:", "tones.postive", "this name is unknown here"),
        ("negations:", "negation:", "negation", "this name is unknown here"),
        (
            "    words:\n      en: [wait,",
            "    words:\n      de: [wait,",
            "themes.waiting.words.de",
            "this name is unknown here",
        ),
        ("courtesy:", "courtesy: 5\nother:", "other", "this name is unknown here"),
    ],
)
def test_a_mistake_in_the_guide_is_named(tmp_path: Path, old: str, new: str, place: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        guide.load(edited(tmp_path, old, new))
    assert f"reading.yaml, column '{place}': {reason}." in str(error.value)


@pytest.mark.parametrize("content", [b"tones: [", b"\xff\xfe\x00", b"", b"- a\n- b"])
def test_what_is_no_guide_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "guide.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"guide\.yaml"):
        guide.load(path)


def test_scores_of_a_small_table() -> None:
    counts = pd.DataFrame(
        [("en", "s", "a", "a", 6), ("en", "s", "a", "", 2), ("en", "s", "", "a", 3), ("en", "s", "b", "b", 1)],
        columns=["language", "sample", "truth", "reading", "n"],
    )
    row = accuracy.scores(counts).set_index("label").loc["a"]
    assert tuple(row[["texts", "true", "read", "right"]]) == (12, 8, 9, 6)


@pytest.mark.skipif("KIT_SHARED" not in os.environ, reason="needs ../shared")
@pytest.mark.parametrize("engine", [WORDS, FAST], ids=str)
def test_the_measured_accuracy_is_what_the_samples_give(engine: engines.Engine) -> None:
    """The whole sample with words; of the engine's, as many texts as a second reads, held in both directions."""
    if engine.encode is None and engine is FAST:
        pytest.skip("the engine is not installed")
    for kind, language, name, texts in measure_text.samples(Path(os.environ["KIT_SHARED"], "datasets/text")):
        written = accuracy.confusion(kind, engine, guide.load())
        written = written[written["sample"] == name]
        whole = measure_text.drawn(texts, measure_text.LARGEST[engine.name])
        assert written["n"].sum() == len(whole), "measure it again: python tests/measure_text.py"
        part = whole if engine is WORDS else whole[:60]
        again = measure_text.confusion(kind, part, engine)
        cells = {(row["truth"], row["reading"]): row["n"] for row in written.to_dict("records")}
        if engine is WORDS:
            assert again == cells
        else:
            assert all(n <= cells.get(pair, 0) for pair, n in again.items())
            right = sum(n for (truth, value), n in cells.items() if truth == value) / len(whole)
            right_again = sum(n for (truth, value), n in again.items() if truth == value) / len(part)
            assert right_again == pytest.approx(right, abs=0.2)
        assert set(written["language"]) == {language}
