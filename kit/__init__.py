"""Honest answers from e-mail campaign exports.

``data = kit.open(folder)`` reads a folder of exports; ``kit.counts`` counts, ``kit.metrics`` computes,
``kit.questions`` answers, ``kit.explain`` says what a key means. Importing this package loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit import counts, explain, metrics, questions
    from kit.questions.check_the_export.files import arrived, versions
    from kit.store import open_for_answers as open  # noqa: A004  the face of the kit: data = kit.open(folder)

__version__ = "0.2.0"
__all__ = ["__version__", "arrived", "counts", "explain", "metrics", "open", "questions", "versions"]

_FACE = {
    "open": ("kit.store", "open_for_answers"),
    "arrived": ("kit.questions.check_the_export.files", "arrived"),
    "versions": ("kit.questions.check_the_export.files", "versions"),
}
"""Where each function of the package is made; it is loaded when it is first asked for."""

_MODULES = ("counts", "explain", "metrics", "questions")
"""What else an analyst types after `kit.`; loaded likewise."""


def __getattr__(name: str) -> Any:
    if name in _FACE:
        module, attribute = _FACE[name]
        return getattr(import_module(module), attribute)
    if name in _MODULES:
        return import_module(f"kit.{name}")
    raise AttributeError(f"module 'kit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
