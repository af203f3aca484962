"""What all verdicts share: confidence, the smallest numbers that are judged, maturity.

Families of comparisons are adjusted by `kit.stats.multiplicity`: Benjamini and Hochberg over the comparisons of a page
that look for what stands out, Holm where any false finding counts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.stats import student_effects

if TYPE_CHECKING:
    from datetime import datetime

    from kit.stats.student_effects import Prediction

LEVEL = 0.95
"""Confidence of every interval that is not said to have another."""

ALPHA = 0.05
"""Level of single tests, and the share of false flags among the flags of a page."""

EVENTS = 5
"""A group whose expected events, for or against, are fewer is too small to be judged."""

EVENTS_OF_A_GROUP = 1
"""Expected events from which a group is set against others: far more than expected is seen even where few are."""

MONTHS = 6
"""Months that are large enough, from which a change of one of them is judged."""

CAMPAIGNS = 4
"""Campaigns from which the usual variation between them is known."""

PEOPLE = 30
"""People of a cohort, or people who left, from which they have a row or a curve of their own."""

CUSTOMERS = 500
"""Customers from which models of buying are fitted."""

MAILS_OF_A_STRATUM = 30
"""Mails from which a stratum stands for itself; a smaller one is taken together with its neighbours."""

FIGURES_OF_A_SPREAD = 2
"""Published figures that make a spread."""

UNLIKE = 0.25
"""Months or campaigns whose shares of the event log are further apart are not compared: exports count differently."""

SMALLEST_PART = 0.05
"""A part of the audience with a smaller share of all mail is put with the others of its kind."""

OTHERS = "all others"
"""What stands for parts that are taken together."""


def large_enough(rates: pd.DataFrame, *, events: float = EVENTS) -> pd.Series:
    """Whether a group is large enough to be judged: at the common rate it expects `events` for and against.

    Args:
        rates: a row a group: numerator, n, value [NaN where it is not known].
        events: the fewest expected.

    Returns:
        A truth a row.
    """
    has_rate = rates["value"].notna()
    n = rates.loc[has_rate, "n"].sum()
    common = rates.loc[has_rate, "numerator"].sum() / n if n else np.nan
    return has_rate & (rates["n"] * min(common, 1 - common) >= events)


def usual(rates: pd.DataFrame) -> Prediction:
    """What the other groups let one expect of each; NaN of groups that are too small to be set against others.

    Args:
        rates: as for `large_enough`.
    """
    large = large_enough(rates, events=EVENTS_OF_A_GROUP)
    return student_effects.leave_one_out(rates["numerator"].where(large), rates["n"].where(large))


def mature(sent: pd.Series, as_of: datetime | None, maturity_days: int) -> pd.Series:
    """Whether campaigns are old enough to be judged.

    Args:
        sent: local times of sending; one that is not known is taken for old.
        as_of: the moment up to which the data knows; None: ages are not known, and none is too recent.
        maturity_days: a campaign younger than this at `as_of` is too recent.

    Returns:
        A truth a campaign.
    """
    if as_of is None:
        return pd.Series(data=True, index=sent.index)
    return ~(sent > as_of - timedelta(days=maturity_days))
