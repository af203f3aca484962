"""An entry of `kit explain`: a key, its title, and what is said of it, a line each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit.messages import _, message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.messages import Text

FORMULA = message("formula")
ONCE = message("counted once")
WINDOW = message("window")
ZONE = message("time zone")
EDGE = message("edge cases")
INTERVAL = message("interval")
AUTHORITY = message("authority")
"""What is said of a KPI and of a figure."""


def described(head: str, lines: Iterable[tuple[Text, Text]]) -> str:
    """The lines below the head, their texts below each other."""
    shown = [(str(label), str(text)) for label, text in lines]
    width = max(len(label) for label, _text in shown)
    return "\n".join([head, *(f"  {label:{width}}  {text}" for label, text in shown)])


def authority(source: str) -> str:
    """An authority with the guides named in the reader's language; authors and places stay as they are."""

    def named(found: re.Match[str]) -> str:
        if found[2]:
            return _("guide {n}, step {step}", n=found[1], step=found[2])
        return _("guide {n}", n=found[1])

    return re.sub(r"\bguide (\d)(?:, step (\d))?", named, source)
