"""What the entry of a printed figure says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.messages import message

if TYPE_CHECKING:
    from kit.messages import Message

WILSON = message("95 %: Wilson; Clopper-Pearson where 0 to 5 are for or against")
KAPLAN_MEIER = "Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452"


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure that is no KPI.

    Attributes:
        key: its name on the command line.
        title: as the field calls it.
        formula: above the line / below the line, or what it is.
        once: what is counted, and once per what.
        source: the authority.
        shown: where it is printed: table and column of results.json, or sentence and number, joined by a dot;
            `*` stands for any letters.
        window: over which time, and from when on; "" where no time limits it.
        interval: of the figure; "" where it has none.
        edge: how the hard cases are decided.
    """

    key: str
    title: str | Message
    formula: str | Message
    once: str | Message
    source: str
    shown: tuple[str, ...]
    window: str | Message = ""
    interval: str | Message = ""
    edge: str | Message = ""
