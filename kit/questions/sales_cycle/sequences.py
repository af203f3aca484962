"""What follows the automations? (guide 2)

People to whom an automation wrote while they stood in a stage; their clock starts with its first mail. The groups
overlap, so they are not tested against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.messages import _, _n, message
from kit.metrics import Figure
from kit.questions.sales_cycle.groups import by_group, in_words
from kit.questions.sales_cycle.steps import rates, within
from kit.questions.sales_cycle.ways import durations, limit
from kit.show.formats import share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

    from kit.show.table import Table
    from kit.store import Data

SHOWN = 3
"""Rates of the sentence, those of most people."""

FIGURES = (
    Figure(
        "sequences", message("Sequences"), message("automations that sent e-mails during a stage"),
        message("an automation"),
        "guide 2", ("sequences.sequences",),
        edge=message(
            "these people were chosen by what they did: the rates describe them and show no effect"
        ),
    ),
)  # fmt: skip


def follow(data: Data, *, days: int | None = None) -> Sequences:
    """How people go on after the first mail of an automation.

    Args:
        data: what `kit.open` returned; a period keeps those who got their first mail in it.
        days: a step counts within so many days; None: the setting `funnel.days`.

    Raises:
        UsageError: fewer than two stages, or one that is no stage and no action of the data; days below 1.
    """
    return judge(durations(data, days=days, by="sequence"), days=limit(data, days))


def judge(counts: pd.DataFrame, *, days: int) -> Sequences:
    """Conversion of each step by automation.

    Args:
        counts: what `ways.durations` returned by sequence.
        days: as for it.
    """
    return Sequences(days=days, rates=rates(counts, days=days))


@result
class Sequences(Result):
    """The steps after the first mail of each automation.

    Attributes:
        days: a step counts within so many days.
        rates: a row a step and automation [group], as `steps.rates`.
    """

    days: int
    rates: pd.DataFrame

    def summary(self) -> Summary:
        """How fast the people of each automation go on, and that this is no effect of it."""
        large = self.rates[~self.rates["few"].astype(bool)]
        numbers: dict[str, Any] = {"sequences": int(large["group"].nunique())}
        if large.empty:
            text = _("No automation wrote to enough people between these stages to judge it.")
            return Summary("sequences", text, numbers)
        clauses = [
            _n(
                "after “{name}” {rate} of {n} person completed “{step}”",
                "after “{name}” {rate} of {n} people completed “{step}”",
                row["entered"], name=in_words(row["group"]), rate=share(row["lagged"]), n=whole(row["entered"]),
                step=row["step"],
            )
            for row in large.sort_values("entered", ascending=False).head(SHOWN).to_dict("records")
        ]  # fmt: skip
        caution = _(
            "What people did before decides who gets a sequence, so they differ from others in more than the "
            "sequence. These rates describe them and show no effect. An effect shows only if people are chosen for "
            "the sequence at random."
        )
        return Summary("sequences", f"{within(self.days, clauses)} {caution}", numbers)

    def table(self) -> Table:
        """Each step after each automation."""
        title = message("After the first e-mail of an automation")
        return by_group(self.rates, self.days, title, message("Automation"))
