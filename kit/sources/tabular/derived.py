"""What follows from the other values of a row, once each cell is read: waits, flags, kinds and scales, currencies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kit.messages import message
from kit.sources.detect.headers import plain
from kit.sources.text import cells
from kit.sources.text.cells import CellError, NoDataError
from kit.tables import CAMPAIGN_STATS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime

    from kit.settings import Settings
    from kit.sources.detect.presets import Preset
    from kit.sources.text.cells import Cell
    from kit.sources.text.times import Clock

UNSETTLED = "~"
"""Follows the name of a share whose unit its cell does not tell, or a scale that nothing names; `FINISH` settles it."""

KINDS = {(0.0, 10.0): "nps", (1.0, 5.0): "csat"}
"""What a rating is about where only its scale is said: the two that nearly every survey means."""

SCALES = {"nps": (0, 10)}
"""Scales that are part of the question's definition; others are the survey's own choice."""

YES = frozenset({"true", "yes", "y", "1", "да", "истина"})
NO = frozenset({"false", "no", "n", "0", "нет", "ложь"})

REMEMBERED = 10_000
"""Texts of which is remembered what rules say."""

ROUNDING = MINUTE = timedelta(minutes=1)
"""How far a wait may lie from the times that it should be between."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Completes the rows of one file.

    Attributes:
        preset: how the file is meant.
        settings: the folder's, for the currency.
        clock: how its times are meant.
        notes: what has to be said, a key of `NOTES` and what it is about, with the number of rows; shared with the
            file's Conformer.
        words: what rules say of the texts that they look at, for rows that say the same.
    """

    preset: Preset
    settings: Settings
    clock: Clock
    notes: Counter[tuple[str, ...]]
    words: dict[tuple[str, ...], str | None] = field(default_factory=dict)

    def complete(self, row: dict[str, Any], raw: Mapping[str, Cell], beside: Mapping[str, Cell]) -> None:
        """Complete a row in place.

        Args:
            row: its values, each made of its own cell.
            raw: canonical column -> cell.
            beside: plain header -> cell, of what the preset looks at beside its columns.

        Raises:
            CellError: a cell that contradicts another.
        """
        for name, others in self.preset.fill.items():
            if row.get(name) is None:
                cells_of_others = (raw.get(other, beside.get(plain(other))) for other in others)
                row[name] = next(filter(None, map(cells.title, filter(None, cells_of_others))), None)
        self._tell(row, beside)
        self._wait(row, beside)
        self._complete(row)

    def _tell(self, row: dict[str, Any], beside: Mapping[str, Cell]) -> None:
        """Values that rules tell by others; of yes and no only where the file has no column for it."""
        inferred: dict[str, Any] = {}
        for name, rules in self.preset.inferred.items():
            is_flag = self.preset.into.column(name).type == "bool"
            if is_flag and row.get(name) is not None:
                continue
            texts = tuple(self._at(key, row, beside) for key in rules.looked_at)
            if (name, *texts) not in self.words:
                self.words[name, *texts] = self._word(name, dict(zip(rules.looked_at, texts, strict=True)))
            word = self.words[name, *texts]
            if len(self.words) > REMEMBERED:
                self.words.clear()
            if word is not None:
                inferred[name] = flag(word) if is_flag else word or None
        row.update(inferred)

    def _word(self, name: str, texts: Mapping[str, str]) -> str | None:
        """What the rules of a column say of these texts."""
        rules, must = self.preset.inferred[name], not self.preset.into.column(name).nullable
        for rule in rules.rules:
            if all(re.search(pattern, texts[key], re.IGNORECASE) for key, pattern in rule.items() if key != "then"):
                return rule["then"]
        return rules.otherwise if must or any(texts.values()) else None

    def _at(self, key: str, row: Mapping[str, Any], beside: Mapping[str, Cell]) -> str:
        """What stands in a canonical column or under a header, made plain; empty where nothing does."""
        cell = row.get(key) if key in self.preset.into.names else beside.get(plain(key))
        return "" if cells.is_null(cell) else plain(cell)

    def _wait(self, row: dict[str, Any], beside: Mapping[str, Cell]) -> None:
        """A time that the file says only as a wait since another; a wait beside its time is compared."""
        for name, duration in self.preset.durations.items():
            header = next((header for header in duration.names if not cells.is_null(beside.get(plain(header)))), None)
            start, end = row.get(duration.since), row.get(name)
            if isinstance(end, timedelta):
                row[name] = end = (
                    None if start is None else self._after(row, duration.since, cells.duration(end, MINUTE))
                )
                self.notes["time_of_wait", name, duration.since] += 1
            if header is None or start is None:
                continue
            try:
                took = cells.duration(beside[plain(header)], duration.unit(header))
            except CellError as error:
                if not duration.checked and end is None:
                    reason = message("{column}: {reason}", column=repr(header), reason=error.reason)
                    raise CellError(reason, error.hint, name) from error
                self.notes["no_wait", repr(header)] += 1
                continue
            if end is not None and abs(end - start - took) > ROUNDING:
                self.notes["wrong_wait", repr(header)] += 1
            if end is None and not duration.checked:
                row[name] = self._after(row, duration.since, took)
                self.notes["time_of_column", name, duration.since, repr(header)] += 1

    def _after(self, row: Mapping[str, Any], since: str, took: timedelta) -> datetime:
        """The wall clock so long after a time: through the instant where it is known, as clocks change."""
        at = row.get(since.replace("_local", "_at"))
        if at is None or self.clock.zone is None:
            return row[since] + took
        return (at + took).astimezone(self.clock.zone).replace(tzinfo=None)

    def _complete(self, row: dict[str, Any]) -> None:
        """What follows from the other values of the row."""
        money = [column.name for column in self.preset.into.columns if column.unit.startswith("money")]
        if any(row.get(name) is not None for name in money) and row.get("currency") is None:
            row["currency"] = self.settings["currency"] or None
            if row["currency"] is None and self.preset.into is not CAMPAIGN_STATS:
                self.notes["no_currency",] += 1
        if plain(row.get("arm")) in set(map(plain, self.settings["holdout.arms"])):
            row["is_holdout"] = True
        if "survey_type" in self.preset.into.names:
            self._complete_answer(row)

    def _complete_answer(self, row: dict[str, Any]) -> None:
        """The survey's kind by its scale, or the scale by the kind; an answer must lie on its scale."""
        if row.get("survey_type") is None:
            low, high = row.get("scale_min"), row.get("scale_max")
            row["survey_type"] = None if low is None or high is None else KINDS.get((low, high))
        if row.get("scale_max") is None:
            row["scale_min"], row["scale_max"] = SCALES.get(row.get("survey_type", ""), (row.get("scale_min"), None))
            row["scale_max" + UNSETTLED] = row["scale_max"]
        score, low, high = row.get("score"), row.get("scale_min"), row.get("scale_max")
        if high is not None and high <= (low or 0):  # as where the cells of a row are shifted
            raise CellError(
                message("{high} cannot be the largest answer of a scale", high=f"{high:g}"), column="scale_max"
            )
        if score is None and row.get("responded_local") is not None and row.get("comment") is None:
            raise NoDataError(message("it has no answer to any question and is set aside"))
        if score is not None and low is not None and high is not None and not low <= score <= high:
            reason = message(
                "{score} is outside its scale of {low} to {high}", score=f"{score:g}", low=f"{low:g}", high=f"{high:g}"
            )
            raise CellError(reason, column="score")


def flag(cell: Cell) -> bool | None:
    """A yes or no."""
    if isinstance(cell, bool) or cells.is_null(cell):
        return cell if isinstance(cell, bool) else None
    word = plain(cell)
    if word not in YES | NO:
        raise CellError(message("{cell} is neither yes nor no", cell=repr(cell)))
    return word in YES
