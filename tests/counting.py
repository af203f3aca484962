"""Every counting function of the kit, and what it is called with in tests."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kit
from kit import counts
from kit.counts.scope import COUNTS

if TYPE_CHECKING:
    from kit.store import Data

ROOT = Path(__file__).parents[1]
COUNTING = [ROOT / "kit" / "counts", ROOT / "kit" / "questions"]
SPAN = (datetime(2026, 1, 1), datetime(2026, 7, 1))


def registered() -> list[str]:
    """The names of all counting functions, once every module that can hold one was imported."""
    for folder in COUNTING:
        if folder.is_dir():
            name = f"kit.{folder.name}"
            for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
                importlib.import_module(module.name)
    return sorted(COUNTS)


NAMES = registered()

FINE = 0.00012345678901234567
MOVES = [(month, "example.com", (FINE, 1.0), (-FINE, 1.0)) for month in ("2026-01", "2026-03")]
"""What a message of these months moves (`counts.shift`): of more digits than squares of decimals have room for."""

ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "messages": ((["campaign_id", "month"],), {"kind": ""}),
    "groups": ((["list_name", "month"],), {}),
    "log_shares": ((["campaign_id", "month"],), {}),
    "at_age": ((["campaign_id"],), {}),
    "openers": ((["campaign_id"],), {}),
    "segments.levels.count": (("clicked", "delivered"), {"traits": ("segment", "engagement")}),
    "log.counts": (([],), {}),
    "same_people": ((["sendgrid:odd", "sendgrid:even"], "clicked"), {}),
    "sent_lines": (("click_rate",), {}),
    "people_behind": (("bounced_hard",), {}),
    "person_squares": (("domain", [("opened", "delivered", MOVES)]), {}),
    "silence.count": ((), {"days": 120}),
    **{
        name: (SPAN, {})
        for name in ("attribution.sold", "clicked_sales", "reached", "arms", "arm_sales", "returns.costs", "entered")
    },
}
"""What those functions are called with that need more than the data, by the end of their name."""


def arguments(name: str, data: Data) -> tuple[tuple[Any, ...], dict[str, Any]]:
    positional, keywords = next((own for end, own in ARGUMENTS.items() if name.endswith(f".{end}")), ((), {}))
    if name.endswith(".lines"):  # it looks up the lines of counts that it is given
        positional = (counts.messages(kit.open(data.target), ["campaign_id", "variant"]),)
    return positional, keywords


def public(name: str) -> Any:
    """A counting function as everybody calls it, by module and name."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)
