"""What people and the service write: sentences of `words/`, put together by what they want, about what, and how.

The sentences were written for this generator. A text is an opening, the sentence of its purpose with things, days and
numbers filled in, perhaps one that carries the tone, and a closing; a few hundred of each are different ones.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.people import pick

if TYPE_CHECKING:
    from random import Random

WORDS = Path(__file__).parent / "words"
ALWAYS = {"complaint": "negative", "praise": "positive"}
"""Purposes that carry their tone themselves."""
TONES = {"neutral": 0.74, "negative": 0.14, "positive": 0.12}
"""Of the others."""
PURPOSES = {
    "appointment.booking": 14, "cancel.booking": 6, "invoice.documents": 12, "refund.price": 4, "refund.quality": 4,
    "complaint.waiting": 12, "complaint.quality": 6, "complaint.price": 5, "complaint.staff": 3, "question.parts": 12,
    "question.price": 9, "upgrade.contract": 5, "praise.staff": 4, "praise.quality": 6,
}  # fmt: skip
"""How often people write what about which theme, before the service got faster."""
SINCE = PURPOSES | {"complaint.waiting": 4, "praise.staff": 8}
"""The same since."""


@dataclass(frozen=True, slots=True)
class Text:
    """What one message says.

    Attributes:
        about: the words of its subject line.
        body: without signature.
        meaning: language, intent, theme and tone, with blanks between.
    """

    about: str
    body: str
    meaning: str = ""


@cache
def words(language: str) -> dict[str, Any]:
    """The sentences of a language."""
    return tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))


def wanted(rng: Random, *, faster: bool) -> str:
    """What somebody writes for: an intent and its theme, with a dot between."""
    return pick(rng, SINCE if faster else PURPOSES)


def request(rng: Random, language: str, purpose: str, tone: str = "") -> Text:
    """A customer's message.

    Args:
        rng: the source of chance.
        language: ru, en or zh.
        purpose: what `wanted` returned.
        tone: negative, neutral or positive; by chance where it is not said.
    """
    said = words(language)
    intent, _, theme = purpose.partition(".")
    tone = tone or ALWAYS.get(intent) or pick(rng, TONES)
    sentences = [rng.choice(said["greetings"]), rng.choice(said["cores"][purpose])]
    carried = ALWAYS.get(intent) == tone
    if not carried or rng.random() < 0.4:
        # The purpose itself is neutral: of several words of the tone one is missed less easily.
        sentences += rng.sample(said["tones"][tone], 1 if carried or tone == "neutral" else 2)
    sentences.append(rng.choice(said["closings"]))
    body = filled(rng, language, join(language, sentences))
    return Text(
        filled(rng, language, rng.choice(said["subjects"][purpose])), body, f"{language} {intent} {theme} {tone}"
    )


def reply(rng: Random, language: str, kind: str) -> str:
    """A short message of a kind that `words` has under replies: answer, thanks, again, away."""
    return filled(rng, language, rng.choice(words(language)["replies"][kind]))


def comment(rng: Random, language: str, theme: str, tone: str) -> str:
    """What somebody adds to an answer to a survey."""
    return rng.choice(words(language)["comments"][f"{theme}.{tone}"])


def join(language: str, sentences: list[str]) -> str:
    """The opening on a line of its own, the others in one paragraph."""
    gap = "" if language == "zh" else " "
    return f"{sentences[0]}\n\n{gap.join(filter(None, sentences[1:]))}"


def filled(rng: Random, language: str, template: str) -> str:
    """A sentence with its things, days and numbers; a form that no sentence names is left out."""
    said = words(language)
    accusative, genitive = rng.choice(said["things"])
    return template.format(
        acc=accusative,
        gen=genitive,
        car=rng.choice(said["cars"]),
        day=rng.choice(said["days"]),
        number=rng.randint(41_000, 49_999),
        sum=f"{rng.randint(5, 190) * 100}",
    )
