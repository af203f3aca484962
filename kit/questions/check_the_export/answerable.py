"""Which questions can be answered?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.messages import _, _n, message
from kit.questions import requirements
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from kit.store import Data


def check(data: Data) -> Answerable:
    """Which questions can this data answer, and what do the others lack?"""
    return Answerable(requirements.answerable(data))


@result
class Answerable(Result):
    """The questions of the kit.

    Attributes:
        questions: a row a notebook: notebook, question, reason [why it cannot be answered; NULL: it can].
    """

    questions: pd.DataFrame

    def summary(self) -> Summary:
        """How many questions can be answered."""
        n, answered = len(self.questions), int(self.questions["reason"].isna().sum())
        text = _n(
            "This data can answer {answered} of {n} question.", "This data can answer {answered} of {n} questions.", n,
            answered=answered,
        )  # fmt: skip
        return Summary("answerable", text, {"questions": n, "answered": answered})

    def table(self) -> Table:
        """Each question: whether it can be answered, else why not."""
        columns = (
            Column("notebook", message("Notebook")),
            Column("question", message("Question")),
            Column("reason", message("Can the data answer it?"), _answered, whole_row=True),
        )
        return Table("questions", message("Which questions this data can answer"), self.questions, columns)


def _answered(row: Any) -> str:
    return _("yes") if pd.isna(row["reason"]) else _("no: {reason}", reason=row["reason"])
