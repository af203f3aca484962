"""The questions: a package a notebook, a module a section of it.

A section counts, judges, says and draws its part of the answer: `result = stand_out.compare(data, kpi="click_rate")`,
then `result.summary()`, `result.table()`, `result.plot()`. A question uses another one only through its public face.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from kit.metrics import Figure

QUESTIONS = tuple(info.name for info in pkgutil.iter_modules(__path__) if info.ispkg)
"""The packages, each of the name of its notebook; one is loaded when it is first asked for."""


def __getattr__(name: str) -> ModuleType:
    if name in QUESTIONS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*QUESTIONS, "figures", "sections"]


def sections() -> Iterator[ModuleType]:
    """Every section of every question, in the order of their names."""
    for info in pkgutil.walk_packages(__path__, f"{__name__}."):
        yield import_module(info.name)


def figures() -> Iterator[Figure]:
    """What the sections print beside KPIs: the entries of their FIGURES."""
    for section in sections():
        yield from getattr(section, "FIGURES", ())
