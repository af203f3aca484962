"""May we look before the end? (guide 1, step 5)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.judging import ALPHA
from kit.messages import _, message
from kit.metrics import Figure
from kit.show.formats import share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.stats import sequential

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKS = (1, 2, 5, 10, 20)
"""Numbers of looks for which the false winners are shown."""


def false_winners(looks: Sequence[int] = LOOKS) -> Peeking:
    """How often do two equal lines show a winner when each look is judged as if it were the only one?

    Args:
        looks: numbers of looks, equally spaced.

    Source: Armitage, McPherson & Rowe (1969), doi:10.2307/2343787.
    """
    rates = [sequential.peeking_error(number, alpha=ALPHA) for number in looks]
    return Peeking(pd.DataFrame({"looks": list(looks), "false": rates}))


@result
class Peeking(Result):
    """What looking again does to a test of two equal lines.

    Attributes:
        rates: a row a number of looks: looks, false [share of tests].
    """

    rates: pd.DataFrame

    def summary(self) -> Summary:
        """What looking again does to a test of two equal lines."""
        rates = dict(zip(self.rates["looks"], self.rates["false"], strict=True))
        several = [
            _("{share} with {looks}", share=share(false, 0), looks=whole(looks))
            for looks, false in rates.items()
            if looks > 1
        ]
        text = _(
            "Two equal subject lines show a false “winner” in {share} of tests with one look, {several} looks.",
            share=share(rates[1], 0), several=", ".join(several),
        )  # fmt: skip
        return Summary("peeking", text, {f"looks_{looks}": false for looks, false in rates.items()})


FIGURES = (
    Figure(
        "false_winners", message("False winners from repeated looks"),
        message("share of tests of two equal subject lines with p < 5 % at any of the given number of looks"),
        message("a test"),
        "Armitage, McPherson & Rowe (1969), doi:10.2307/2343787", ("peeking.looks_*",),
    ),
)  # fmt: skip
