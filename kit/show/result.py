"""What a question answers with: frames as attributes, and three ways to show them.

Everything that is shown carries its content as data beside the text: `MIME` in the output of a cell, from which the
report makes results.json.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

import pandas as pd

if TYPE_CHECKING:
    from kit.show.summary import Summary

_T = TypeVar("_T")

MIME = "application/vnd.kit.result+json"

NARROW = "application/vnd.kit.narrow+xml"
"""Beside a figure: the same as SVG for a narrow screen, which only a report shows."""


@dataclass_transform(frozen_default=True, eq_default=False)
def result(cls: type[_T]) -> type[_T]:
    """A frozen result: a dataclass whose fields cannot be set anew, and which is shown by its summary."""
    return dataclass(frozen=True, slots=True, eq=False, repr=False)(cls)


class Result(ABC):
    """The answer to a question; `@result class Comparison(Result): …` declares one.

    A result has its frames as attributes, `.summary()`, and where the question has them `.table()`, further tables by
    their names, and `.plot(ax=None)`.
    """

    __slots__ = ()

    @abstractmethod
    def summary(self) -> Summary:
        """The answer in words."""

    def __repr__(self) -> str:
        return str(self.summary())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return self.summary()._repr_mimebundle_(include, exclude)


def plain(value: Any) -> Any:
    """A value as JSON has it: a number, a text, a truth, or null for what is not known or has no end."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124  NaN is not itself
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and isinf(value):
        return None
    return value if isinstance(value, int | float | bool | str | list | tuple | dict) else str(value)
