"""What is taken out of a message before it leaves: machine's folders, memory and people's addresses."""

from __future__ import annotations

import re
from typing import Any

_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+(@[\w-]+(?:\.[\w-]+)+)")
_FOLDERS = re.compile(r"(?<![\w:/.<])/(?:[^/\s'\"<>:]+/)+")
_CELL = re.compile(r"(?:ipykernel_\d+/)?\d{6,}\.py")
_MEMORY = re.compile(r" at 0x[0-9a-f]+")


def plain(said: str) -> str:
    """A message without what differs between machines and runs: folders, places in memory."""
    return _MEMORY.sub("", _FOLDERS.sub("", _CELL.sub("cell", said)))


def masked(said: Any) -> Any:
    """The same without anyone's address: what stands before the @ is taken out, at any depth."""
    if isinstance(said, str):
        return _ADDRESS.sub(r"•••\1", said)
    if isinstance(said, dict):
        return {name: masked(one) for name, one in said.items()}
    if isinstance(said, list | tuple):
        return [masked(one) for one in said]
    return said
