"""Honest answers from e-mail campaign exports.

``kit.open(folder)`` reads a folder of exports; ``kit.counts``, ``kit.kpi``, ``kit.words`` and
``kit.plots`` count, compute, say and draw. Importing this package loads none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.store import open_data as open  # noqa: A004  the face of the kit: data = kit.open(folder)

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def __getattr__(name: str) -> Any:
    if name == "open":
        from kit.store import open_data  # noqa: PLC0415  pandas and the engine load with the first question

        return open_data
    raise AttributeError(name)
