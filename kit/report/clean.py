"""What is taken out of a message before it leaves: machine's folders, memory and people's addresses."""

from __future__ import annotations

import re
from typing import Any

_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+(@[\w-]+(?:\.[\w-]+)+)")
_FOLDERS = re.compile(r"(?<![\w:/.<])/(?:[^/\s'\"<>:]+/)+")
_CELL = re.compile(r"(?:ipykernel_\d+/)?\d{6,}\.py")
_MEMORY = re.compile(r" at 0x[0-9a-f]+")


def plain(text: str) -> str:
    """A message without what differs between machines and runs: folders, places in memory."""
    return _MEMORY.sub("", _FOLDERS.sub("", _CELL.sub("cell", text)))


def masked(value: Any) -> Any:
    """The same without anyone's address: what stands before the @ is taken out, at any depth."""
    if isinstance(value, str):
        return _ADDRESS.sub(r"•••\1", value)
    if isinstance(value, dict):
        return {name: masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value
