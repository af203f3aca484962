"""The answer in words, with the numbers in it as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from kit.show.result import MIME, plain


@dataclass(frozen=True, slots=True)
class Summary:
    """The answer in words, with its numbers.

    `headline` ones may stand on the report's first page, the heaviest first, with the `next_step`: what to do now.
    """

    name: str
    text: str
    numbers: dict[str, Any] = field(default_factory=dict)
    headline: bool = False
    weight: int = 0
    next_step: str = ""

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  IPython's signature
        step = f'<p class="kit-step">{escape(self.next_step)}</p>' if self.next_step else ""
        return {
            "text/html": f'<p class="kit-sentence">{escape(self.text)}</p>{step}',
            "text/plain": "\n".join(filter(None, [self.text, self.next_step])),
            MIME: self.data(),
        }

    def data(self) -> dict[str, Any]:
        """As data."""
        return {
            "kind": "sentence",
            "name": self.name,
            "text": str(self),
            "headline": self.headline,
            "weight": self.weight,
            "next_step": self.next_step,
            "numbers": {name: plain(value) for name, value in self.numbers.items()},
        }
