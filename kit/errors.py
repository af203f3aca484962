"""What can go wrong, said so that the reader can set it right.

KitError
├── InputError      a file, a row or a cell that cannot be read
├── SettingsError   a key or value of kit.toml
├── UsageError      a command, a parameter or a call with the wrong words
└── EmptyError      the data holds nothing that could answer
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from kit.messages import WHOLE, _, language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.messages import Text


class KitError(Exception):
    """The root: whoever catches this catches everything that the kit says on purpose."""


class InputError(KitError):
    """A place in a file that cannot be read, with a hint.

    Args:
        problem: what is wrong, in a few words and without a full stop.
        file: the file's name.
        line: the line in the file, counted from 1 with the header.
        column: the column's name as the file writes it.
        hint: what to do, as a full sentence; empty where the problem says it.
        setting: the key of kit.toml that would settle it; empty where none would.

    Reads as ``log.csv, line 3, column 'Date': '03.11.26' is no time. Write it as 2026-11-03.``
    """

    FIELDS = ("problem", "file", "line", "column", "hint", "setting")

    def __init__(
        self,
        problem: Text,
        *,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        hint: Text = "",
        setting: str = "",
    ) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint
        self.setting = setting
        super().__init__(problem)

    def __str__(self) -> str:
        place = [
            *([self.file] if self.file is not None else []),
            *([_("line {n}", n=str(self.line))] if self.line is not None else []),
            *([_("column {name}", name=repr(self.column))] if self.column is not None else []),
        ]
        if place:
            text = _("{place}: {problem}.", place=", ".join(place), problem=self.problem)
        else:
            text = _("{problem}.", problem=self.problem)
        return _("{problem} {hint}", problem=text, hint=self.hint) if self.hint else text


class SettingsError(InputError):
    """A key or value of kit.toml that the kit does not know or cannot use."""


class UsageError(KitError):
    """A command, parameter or call with the wrong words; the command line exits with 2."""


class EmptyError(KitError):
    """The data holds nothing that could answer the question; says what is missing."""


def need_whole_language() -> None:
    """Refuse to write what would be of two languages.

    Raises:
        UsageError: of the reader's language there is no more than what `kit check` and errors say.
    """
    if language() not in WHOLE:
        raise UsageError(
            _("Reports, lists of people and explanations exist in English and in Russian. Add --lang en or --lang ru.")
        )


def nearest(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A hint for a misspelt word: ``Did you mean 'period'?``, else the known words, or `otherwise` in their place."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return _("Did you mean {name}?", name=repr(close[0]))
    return otherwise or _("Known: {names}.", names=", ".join(names))
