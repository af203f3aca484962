"""Texts for readers are plain: short sentences, the field's words, and readable in both languages."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from babel.messages import pofile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCALE = Path(__file__).parents[1] / "kit/locale"

LONGEST = 25
"""Words of a sentence."""

BANNED = (
    r"(?<![eE]-)\bmails\b|\bopenings?\b|\btells?\b|\btold\b|\bsaid again\b|\bcounting error\b|\bgives? mail back\b"
    r"|\bis other\b|\bforetells?\b|\bdearest\b|\bleave the list\b|\bno file holds\b|\bspeaks for\b|\bby the clock\b"
    r"|\bnobody knows\b|\bbeyond what months usually\b|\bdoes not say\b"
)
"""Words of an earlier dialect that readers stumbled over, and that have a plain word of the field instead."""

SET_ASIDE = r"`[^`]*`|\{[^}]*\}|\bengagement\.mails\b"
"""Code, places, and the setting that is named so in kit.toml."""

TERMS = r"\bHolm\b|\bKaplan|\bsd\b|\bp = |\bstandard deviations?\b|\bnull hypothesis\b"
"""Words of statistics, which are for notes and methods and not for headings."""


def _texts(language: str) -> Iterator[tuple[str, str]]:
    """English and shown text of every message, the second form of those with number."""
    file = LOCALE / f"{language}/LC_MESSAGES/kit.po" if language != "en" else LOCALE / "kit.pot"
    with file.open("rb") as stream:
        for one in pofile.read_po(stream):
            if one.id:
                english = one.id if isinstance(one.id, str) else one.id[-1]
                shown = english if language == "en" else one.string if isinstance(one.string, str) else one.string[-1]
                yield english, shown


def _sentences(text: str) -> list[list[str]]:
    """Words of each sentence; a list's items, headings and paragraphs are sentences, and so is what a colon parts."""
    plain = re.sub(r"`[^`]*`|\{[^}]*\}|\*\*|https?://\S+", lambda match: "" if match[0] == "**" else "X", text)
    parts = re.split(r"(?<=[.!?:;])\s+|\n|\s/\s|\s–\s", plain)
    return [words for part in parts if (words := [word for word in part.split() if re.search(r"\w", word)])]


def english_syllables(word: str) -> int:
    letters = re.sub(r"[^a-z]", "", word.lower())
    groups = len(re.findall(r"[aeiouy]+", letters))
    silent = letters.endswith("e") and not letters.endswith("le") and groups > 1
    return max(groups - silent, 1)


def russian_syllables(word: str) -> int:
    return max(len(re.findall(r"[аеёиоуыэюя]", word.lower())), 1)


# Flesch (1948), https://doi.org/10.1037/h0057532; for Russian with the weights of Oborneva (2006).
INDEX: dict[str, tuple[float, float, float, Callable[[str], int]]] = {
    "en": (206.835, 1.015, 84.6, english_syllables),
    "ru": (206.835, 1.3, 60.1, russian_syllables),
}


def readability(sentences: list[list[str]], language: str) -> float:
    start, length, weight, syllables = INDEX[language]
    words = [word for sentence in sentences for word in sentence]
    return start - length * len(words) / len(sentences) - weight * fmean(map(syllables, words))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_sentence_is_longer_than_a_reader_holds(language: str) -> None:
    long = {
        " ".join(words) for _english, text in _texts(language) for words in _sentences(text) if len(words) > LONGEST
    }
    assert long == set()


def test_no_word_of_the_earlier_dialect_is_left() -> None:
    assert {text for text, _ in _texts("en") if re.search(BANNED, re.sub(SET_ASIDE, "", text))} == set()


def test_headings_hold_no_terms_of_statistics() -> None:
    headings = [line for text, _ in _texts("en") for line in text.splitlines() if line.startswith("#")]
    assert len(headings) > 60
    assert [line for line in headings if re.search(TERMS, line)] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_texts_are_readable(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All messages together; the ten hardest of more than ten words are printed."""
    texts = [(text, _sentences(text)) for _english, text in _texts(language)]
    hardest = sorted((readability(parts, language), text) for text, parts in texts if sum(map(len, parts)) > 10)
    shown = "\n".join(f"{score:.0f} {text[:110]}" for score, text in hardest[:10])
    with capsys.disabled():
        sys.stdout.write(f"\n{language}: hardest to read\n{shown}\n")
    assert readability([words for _text, parts in texts for words in parts], language) >= 50


def test_the_index_is_the_published_one() -> None:
    """Flesch's own weights on a sentence of ten words and ten syllables, and on a harder one."""
    assert readability([["cat"] * 10], "en") == pytest.approx(206.835 - 10.15 - 84.6)
    assert readability([["international", "organisation"]], "en") < 0
    assert readability([["мама", "мыла", "раму"]], "ru") == pytest.approx(206.835 - 3.9 - 120.2)
