"""CDNOW's orders (Fader and Hardie's one in ten), as a shop would export them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import small

import kit

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ("Order ID", "Email", "Created at", "Total", "Currency")


def opened(shared: Path, folder: Path, as_of: str = "1998-06-30", period: str = "") -> kit.store.Data:
    """The orders up to a day, read by the kit."""
    lines = (shared / "datasets/CDNOW_sample.txt").read_text(encoding="utf-8").split("\n")
    cells = [line.split() for line in lines if line.strip()]
    rows = [
        (f"o{n}", f"c{person}@example.com", f"{day[:4]}-{day[4:6]}-{day[6:]} 12:00:00", spent, "USD")
        for n, (_, person, day, _, spent) in enumerate(cells)
    ]
    small.table(folder, "orders.csv", HEADER, rows)
    small.settings(folder, f"as_of = {as_of}T23:59:00", 'currency = "USD"')
    return kit.open(folder, period)
