"""What is taken out of a message before it leaves: the machine's folders, and places in its memory."""

from __future__ import annotations

import re

_FOLDERS = re.compile(r"(?<![\w:/.<])/(?:[^/\s'\"<>:]+/)+")
_CELL = re.compile(r"(?:ipykernel_\d+/)?\d{6,}\.py")
_MEMORY = re.compile(r" at 0x[0-9a-f]+")


def plain(text: str) -> str:
    """A message without what differs between machines and runs: folders, places in memory."""
    return _MEMORY.sub("", _FOLDERS.sub("", _CELL.sub("cell", text)))
