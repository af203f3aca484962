"""What to look for in messages: tones, intents and themes by words and example sentences, as `reading.yaml` lists them.

An analyst's copy of that file takes its place whole. Everything in it is checked, since a word in the wrong place would
change numbers without a sign.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kit.errors import InputError, nearest
from kit.messages import SOURCE, message
from kit.messages import language as readers_language
from kit.text.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Path(__file__).with_name("reading.yaml")
TONES = ("negative", "positive", "neutral")

Phrases = dict[str, re.Pattern[str] | None]
"""Words or beginnings of words by language, as one pattern each; None where there are none."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A tone, an intent or a theme.

    Attributes:
        name: its key in the file.
        titles: what a report calls it, by language.
        words: which of them in a text decide.
        sentences: how people say it, in any language.
    """

    name: str
    titles: dict[str, str]
    words: Phrases
    sentences: tuple[str, ...]

    @property
    def title(self) -> str:
        """What a report calls it, in the reader's language."""
        return self.titles.get(readers_language()) or self.titles.get(SOURCE) or next(iter(self.titles.values()))


@dataclass(frozen=True, slots=True)
class Guide:
    """What to look for; of topics that fit equally well the first one counts.

    Attributes:
        tones, intents, themes: by name, in the file's order.
        negations: words before a word of tone that turn it round.
        courtesy: words that say nothing of tone.
        digests: of what decides the tone, the intent and the theme.
    """

    tones: dict[str, Topic]
    intents: dict[str, Topic]
    themes: dict[str, Topic]
    negations: Phrases
    courtesy: Phrases
    digests: dict[str, str]


def plain(text: str) -> str:
    """A text as words are looked for in it."""
    return text.lower().replace("ё", "е").replace("’", "'")


@cache
def load(path: Path = DEFAULT) -> Guide:
    """The guide of a file.

    Raises:
        InputError: the file cannot be read, or something in it is not as `reading.yaml` has it.
    """
    try:
        content = yaml.safe_load(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        hint = message("It is YAML in UTF-8, a changed copy of kit/text/reading.yaml.")
        raise InputError(message("cannot be read: {error}", error=reason), file=path.name, hint=hint) from error
    checked = _Checked(path.name)
    parts = checked.table(content, "", ("tones", "negations", "courtesy", "intents", "themes"), whole=True)
    tones = checked.table(parts["tones"], "tones", TONES, whole=True)
    return Guide(
        {name: checked.topic(tones[name], f"tones.{name}", name) for name in TONES},
        checked.topics(parts["intents"], "intents"),
        checked.topics(parts["themes"], "themes"),
        checked.words(parts["negations"], "negations"),
        checked.words(parts["courtesy"], "courtesy"),
        _digests(parts),
    )


def _digests(parts: Mapping[str, Any]) -> dict[str, str]:
    tone = {name: parts[name] for name in ("tones", "negations", "courtesy")}
    decisive = {
        "tone": tone,
        "intent": {**tone, "intents": parts["intents"]},
        "theme": {"courtesy": parts["courtesy"], "themes": parts["themes"]},
    }
    return {
        kind: hashlib.sha256(json.dumps(part, ensure_ascii=False).encode()).hexdigest()[:12]
        for kind, part in decisive.items()
    }


@dataclass(frozen=True, slots=True)
class _Checked:
    """Reads the parts of the file; an error names the place."""

    file: str

    def table(self, value: Any, place: str, names: tuple[str, ...] = (), *, whole: bool = False) -> Mapping[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self._error(message("it is not a table of names"), place)
        for name in names and value:
            if name not in names:
                raise self._error(
                    message("this name is unknown here"), f"{place}.{name}".lstrip("."), nearest(name, names)
                )
        for name in names if whole else ():
            if name not in value:
                raise self._error(message("is missing"), f"{place}.{name}".lstrip("."))
        return value

    def topics(self, value: Any, place: str) -> dict[str, Topic]:
        return {name: self.topic(topic, f"{place}.{name}", name) for name, topic in self.table(value, place).items()}

    def topic(self, value: Any, place: str, name: str) -> Topic:
        parts = self.table(value, place, ("title", "words", "sentences"))
        title = parts.get("title", name)
        titles = self.table(title, f"{place}.title") if isinstance(title, dict) else {SOURCE: str(title)}
        by_language = self.table(parts.get("sentences", {}), f"{place}.sentences", LANGUAGES)
        sentences = [
            sentence
            for code, examples in by_language.items()
            for sentence in self._texts(examples, f"{place}.sentences.{code}")
        ]
        words = self.words(parts.get("words", {}), f"{place}.words")
        if not sentences and not any(words.values()):
            raise self._error(message("it has neither words nor sentences"), place)
        return Topic(name, {code: str(text) for code, text in titles.items()}, words, tuple(sentences))

    def words(self, value: Any, place: str) -> Phrases:
        by_language = self.table(value, place, LANGUAGES)
        return {code: _pattern(self._texts(by_language.get(code, []), f"{place}.{code}"), code) for code in LANGUAGES}

    def _texts(self, value: Any, place: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip(" *") for text in value):
            raise self._error(
                message("it is not a list of texts"), place, message("Put yes, no, on and numbers in quotes.")
            )
        return value

    def _error(self, problem: Any, place: str, hint: Any = "") -> InputError:
        return InputError(problem, file=self.file, column=place or None, hint=hint)


def _pattern(phrases: list[str], code: str) -> re.Pattern[str] | None:
    if not phrases:
        return None
    longest = sorted({plain(phrase).strip() for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase))
    if code == "zh":
        return re.compile("|".join(re.escape(phrase.rstrip("*")) for phrase in longest))
    words = (" ".join(map(_word, phrase.split())) for phrase in longest)
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")


def _word(word: str) -> str:
    return re.escape(word.rstrip("*")) + r"\w*" if word.endswith("*") else re.escape(word)
