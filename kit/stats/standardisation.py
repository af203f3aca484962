"""Rates as they would be on one common mix: units that went to different people made comparable."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import gamma

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Standardised:
    """Rates on one mix, a unit each; NaN where a unit has nobody in a stratum that the mix has.

    Attributes:
        value: the rate on the common mix [share].
        low: of its interval.
        high: its other end.
    """

    value: Floats
    low: Floats
    high: Floats


def direct_standardisation(count: ArrayLike, n: ArrayLike, mix: ArrayLike, *, level: float = 0.95) -> Standardised:
    """Each unit's rate by stratum, weighted by the mix, with the gamma interval.

    The interval takes events as rare; it is a little too wide where they are not, and is taken from
    those who did not where more than half did.

    Args:
        count: events, a row a unit, a column a stratum.
        n: trials, likewise.
        mix: the size of each stratum in the common mix; scaled to one.
        level: confidence, 0 to 1.

    Source: Fay & Feuer (1997), doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
    """
    events, trials, share = floats(count), floats(n), floats(mix) / floats(mix).sum()
    if events.size and np.nansum(events) > np.nansum(trials) / 2:
        complement = direct_standardisation(trials - events, trials, share, level=level)
        return Standardised(1 - complement.value, 1 - complement.high, 1 - complement.low)
    used = share > 0
    events, trials, share = events[:, used], trials[:, used], share[used]
    whole = ((trials > 0) & np.isfinite(events)).all(axis=1)
    value, low, high = (np.full(len(events), nan) for _ in range(3))
    weight = share / trials[whole]
    rate, variance = (weight * events[whole]).sum(axis=1), (weight**2 * events[whole]).sum(axis=1)
    most = weight.max(axis=1, initial=0)
    value[whole] = rate
    # Without an event the lower end is 0 and its gamma law has no width.
    positive, tail = rate > 0, (1 - level) / 2
    mean, spread, ends = rate[positive], variance[positive], np.zeros(rate.shape)
    ends[positive] = gamma.ppf(tail, mean**2 / spread, scale=spread / mean)
    low[whole] = ends
    rate, variance = rate + most, variance + most**2
    high[whole] = np.minimum(gamma.isf(tail, rate**2 / variance, scale=variance / rate), 1)
    return Standardised(value, low, high)
