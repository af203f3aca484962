"""Honest answers from e-mail campaign exports.

``kit.open(folder)`` reads a folder of exports; ``kit.counts``, ``kit.kpi``, ``kit.words`` and
``kit.plots`` count, compute, say and draw. Importing this package loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.questions.check_the_export.files import arrived, versions
    from kit.store import open_data as open  # noqa: A004  the face of the kit: data = kit.open(folder)

__version__ = "0.1.0"
__all__ = ["__version__", "arrived", "open", "versions"]

_FACE = {
    "open": ("kit.store", "open_data"),
    "arrived": ("kit.questions.check_the_export.files", "arrived"),
    "versions": ("kit.questions.check_the_export.files", "versions"),
}
"""Where each name of the package is made; it is loaded when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name in _FACE:
        module, attribute = _FACE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(name)
