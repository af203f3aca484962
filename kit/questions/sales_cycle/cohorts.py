"""Which month's people went on? (guide 2)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages import _, _n, message
from kit.questions.sales_cycle.groups import by_group
from kit.questions.sales_cycle.steps import rates
from kit.questions.sales_cycle.ways import durations, limit
from kit.show.result import Result, result
from kit.show.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

    from kit.show.table import Table
    from kit.store import Data


def follow(data: Data, *, days: int | None = None) -> Cohorts:
    """The steps by the month in which people began them.

    Args:
        data: what `kit.open` returned; a period keeps those who began a step in it.
        days: a step counts within so many days; None: the setting `funnel.days`.

    Raises:
        UsageError: fewer than two stages, or one that is no stage and no action of the data; days below 1.
    """
    return judge(durations(data, days=days), days=limit(data, days))


def judge(counts: pd.DataFrame, *, days: int) -> Cohorts:
    """Conversion of each step and month.

    Args:
        counts: what `ways.durations` returned.
        days: as for it.
    """
    return Cohorts(days=days, rates=rates(counts.assign(group=counts["cohort"]), days=days))


@result
class Cohorts(Result):
    """The steps by the month of beginning.

    Attributes:
        days: a step counts within so many days.
        rates: a row a step and month [group], as `steps.rates`.
    """

    days: int
    rates: pd.DataFrame

    def summary(self) -> Summary:
        """How many months people began in."""
        months = int(self.rates["group"].nunique())
        if not months:
            return Summary("cohorts", _("The data has no month in which people began a step."))
        return Summary("cohorts", _n("People began a step in {n} month.", "People began a step in {n} months.", months))

    def table(self) -> Table:
        """Each step of each month."""
        return by_group(self.rates, self.days, message("Conversion by month"), message("Month"))
