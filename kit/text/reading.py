"""Messages read: language, tone, intent and theme, each with the words or the sentence that decided.

Words of the guide decide where one stands in the text; where none does, the nearest example sentence, if it is near
enough. What is neither, is not known, and stays so.

Source: nearest of example sentences without training: Yin, Hay and Roth (2019), doi:10.18653/v1/D19-1404.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.text.guide import plain
from kit.text.language import language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.text.engines import Engine
    from kit.text.guide import Guide, Phrases, Topic

COLUMNS = (
    "language", "tone", "score", "tone_by", "tone_words", "tone_quote",
    "intent", "intent_by", "intent_words", "intent_quote", "theme", "theme_by", "theme_words", "theme_quote",
)  # fmt: skip
LETTERS = 1_000
"""Of a message that are read."""
SENTENCES = 12
"""Of a message that are read."""
NEAREST = 3
"""Example sentences of a tone whose likeness is averaged."""
INTENT_OF_TONE = {"negative": "complaint", "positive": "praise"}
"""What somebody writes for who names nothing else, where the guide has such an intent."""
DIGITS = 5
"""Of a likeness: single precision differs beyond them with the processor and with what is read beside a sentence."""
WEIGHT = 0.05
"""What a word of tone adds to the likeness, where both are at hand."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """From where an engine's likeness decides.

    Attributes:
        tone: the gap between positive and negative from which a tone is named.
        topic: the cosine from which a sentence is about what an example is.
    """

    tone: float
    topic: float


CUTS = {"fast": Cuts(0.06, 0.55), "accurate": Cuts(0.024, 0.9), "words": Cuts(WEIGHT / 2, 2)}
"""By engine; chosen once on half of the labelled samples, measured on the other half (`accuracy.csv`)."""

_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？；])\s*|\n+")
_LINK = re.compile(r"https?://\S+|(?<!\w)@\w+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, its first SENTENCES."""
    parts = (_LINK.sub("", part).strip() for part in _END.split(text[:LETTERS]))
    return [part for part in parts if re.search(r"\w", part)][:SENTENCES]


def read(texts: Sequence[str], guide: Guide, engine: Engine) -> pd.DataFrame:
    """What each text says.

    Args:
        texts: people's own words.
        guide: what to look for.
        engine: what makes vectors of sentences.

    Returns:
        A row a text in their order, with COLUMNS: `tone`, `intent`, `theme` are names of the guide, "" where that is
        not known; `score` is the likeness to the positive less that to the negative [NaN: nothing to go by]; `…_by` is
        "words", "sentence" or, of an intent, "tone"; `…_words` joins the words by commas; `…_quote` is the sentence.
    """
    parts = [sentences(text) for text in texts]
    flat = [part for of_text in parts for part in of_text]
    anchors = _Anchors(guide, engine) if engine.encode else None
    vectors = engine.vectors(flat) if engine.encode else np.zeros((len(flat), 0))
    rows, at = [], 0
    for text, of_text in zip(texts, parts, strict=True):
        matrix = vectors[at : at + len(of_text)]
        at += len(of_text)
        code = language(text)
        row = {"language": code} | _tone(of_text, matrix, code, guide, anchors, CUTS[engine.name])
        for kind, topics in (("intent", guide.intents), ("theme", guide.themes)):
            row |= _topic(kind, of_text, matrix, code, guide.courtesy, topics, anchors, CUTS[engine.name])
        rows.append(row if row["intent_by"] == "words" else row | _by_tone(row, guide))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"score": float})


class _Anchors:
    """The vectors of the guide's example sentences."""

    def __init__(self, guide: Guide, engine: Engine) -> None:
        self._vectors = {
            (kind, name): engine.vectors(topic.sentences)
            for kind, topics in (("tone", guide.tones), ("intent", guide.intents), ("theme", guide.themes))
            for name, topic in topics.items()
            if topic.sentences
        }

    def nearest(self, kind: str, name: str, matrix: np.ndarray, of: int) -> np.ndarray:
        """The mean cosine of the `of` nearest examples, a number a row; -1 where there are none."""
        anchors = self._vectors.get((kind, name))
        if anchors is None or not len(matrix):
            return np.full(len(matrix), -1.0)
        likeness = np.sort(matrix @ anchors.T, axis=1)
        return likeness[:, -of:].mean(axis=1).round(DIGITS)


def _tone(
    parts: list[str], matrix: np.ndarray, code: str, guide: Guide, anchors: _Anchors | None, cuts: Cuts
) -> dict[str, object]:
    """The tone of the sentence that says it most clearly; courtesy says none."""
    hits = [_tone_words(part, code, guide) for part in parts]
    counts = np.array([_net(hit) for hit in hits], dtype=float)
    scores = WEIGHT * np.clip(counts, -2, 2)
    if anchors is not None and code:
        positive, negative = (anchors.nearest("tone", tone, matrix, NEAREST) for tone in ("positive", "negative"))
        scores += positive - negative
    by_sentence = anchors is not None
    decisive = [
        bool(hit) or (by_sentence and not _is_courtesy(part, code, guide))
        for part, hit in zip(parts, hits, strict=True)
    ]
    row: dict[str, object] = {"tone": "", "score": np.nan, "tone_by": "", "tone_words": "", "tone_quote": ""}
    if not code or not any(decisive):
        return row
    place = int(np.argmax(np.where(decisive, np.abs(scores), -1)))
    score = float(scores[place])
    tone = "neutral" if abs(score) < cuts.tone else "positive" if score > 0 else "negative"
    if tone == "neutral":
        return row | {"tone": tone, "score": score}
    agree = [word for word, sign in hits[place] if (sign > 0) == (score > 0)]
    return {
        "tone": tone,
        "score": score,
        "tone_by": "words" if agree else "sentence",
        "tone_words": ", ".join(dict.fromkeys(agree)),
        "tone_quote": parts[place],
    }


def _net(hits: list[tuple[str, int]]) -> int:
    return sum(sign for _, sign in hits)


def _tone_words(part: str, code: str, guide: Guide) -> list[tuple[str, int]]:
    """The words of tone of a sentence with their signs, turned round behind a negation."""
    if not code:
        return []
    text = plain(part)
    hits = []
    taken: set[int] = set()
    for tone, sign in (("negative", -1), ("positive", 1)):
        pattern = guide.tones[tone].words[code]
        for match in pattern.finditer(text) if pattern else ():
            if taken.isdisjoint(range(*match.span())):
                taken.update(range(*match.span()))
                hits.append((match[0], -sign if _is_negated(text[: match.start()], code, guide.negations) else sign))
    return hits


def _is_negated(before: str, code: str, negations: Phrases) -> bool:
    pattern = negations[code]
    if pattern is None:
        return False
    near = before[-3:] if code == "zh" else " ".join(re.split(r"[,;:—–]", before)[-1].split()[-2:])
    return pattern.search(near) is not None


def _is_courtesy(part: str, code: str, guide: Guide) -> bool:
    """Whether nothing is left of a sentence without courtesy."""
    pattern = guide.courtesy.get(code)
    if pattern is None:
        return False
    left = pattern.sub("", plain(part))
    return len(re.findall(r"\w", left)) < len(re.findall(r"\w", part)) / 4


def _topic(
    kind: str,
    parts: list[str],
    matrix: np.ndarray,
    code: str,
    courtesy: Phrases,
    topics: dict[str, Topic],
    anchors: _Anchors | None,
    cuts: Cuts,
) -> dict[str, object]:
    """The topic with most of its words in the text; where there are none, that of the nearest example."""
    polite = courtesy.get(code)
    bare = [polite.sub(" ", plain(part)) if polite else plain(part) for part in parts]
    words = {name: [_words(part, topic.words.get(code)) for part in bare] for name, topic in topics.items()}
    counts = Counter({name: len({word for hit in hits for word in hit}) for name, hits in words.items()})
    best = max(topics, key=lambda name: counts[name], default="")
    if best and counts[best]:
        place = int(np.argmax([len(hit) for hit in words[best]]))
        return _row(kind, best, "words", list(dict.fromkeys(word for hit in words[best] for word in hit)), parts[place])
    if anchors is None or not code or not parts:
        return _row(kind, "", "", [], "")
    likeness = np.array([anchors.nearest(kind, name, matrix, 1) for name in topics])
    likeness[:, [not re.search(r"\w{2}", part) for part in bare]] = -1
    nearest, place = np.unravel_index(int(np.argmax(likeness)), likeness.shape)
    if likeness[nearest, place] < cuts.topic:
        return _row(kind, "", "", [], "")
    return _row(kind, list(topics)[nearest], "sentence", [], parts[place])


def _words(part: str, pattern: re.Pattern[str] | None) -> list[str]:
    return [] if pattern is None else [match[0] for match in pattern.finditer(part)]


def _by_tone(row: dict[str, Any], guide: Guide) -> dict[str, object]:
    """The intent of a message that wants nothing else: who is angry complains, who is happy praises."""
    name = INTENT_OF_TONE.get(row["tone"], "")
    return _row("intent", name, "tone", [], row["tone_quote"]) if name in guide.intents else {}


def _row(kind: str, name: str, by: str, words: list[str], quote: str) -> dict[str, object]:
    return {kind: name, f"{kind}_by": by, f"{kind}_words": ", ".join(words), f"{kind}_quote": quote}
