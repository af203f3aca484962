"""How often a campaign that is like the others is called one apart, and a month like others a change (S10, S11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs

from kit.stats.multiplicity import adjust
from kit.stats.random_effects import change, heterogeneity, leave_one_out

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

CAMPAIGNS = 40
RUNS = runs(2_000)


def campaigns(
    rng: Generator, mean: float, rho: float, apart: int = 0, by: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of 40 campaigns, the first `apart` of them better or worse by the share `by`."""
    n = np.maximum(rng.lognormal(np.log(3000), 1.2, CAMPAIGNS), 200).astype(int)
    prior = 1 / rho - 1 if rho else None
    rate = rng.beta(mean * prior, (1 - mean) * prior, CAMPAIGNS) if prior else np.full(CAMPAIGNS, mean)
    rate[:apart] *= 1 + by * rng.choice([-1, 1], apart)
    return rng.binomial(n, np.clip(rate, 0, 1)), n


def false_share(rng: Generator, mean: float, rho: float, apart: int = 0, by: float = 0.0) -> tuple[float, float]:
    """The mean share of false ones among the flagged (BH at 5 %), and the share of the real ones found."""
    false, hits = [], []
    for _ in range(RUNS):
        flagged = adjust(leave_one_out(*campaigns(rng, mean, rho, apart, by)).p) <= 0.05
        false.append(flagged[apart:].sum() / max(flagged.sum(), 1))
        hits.append(flagged[:apart].mean() if apart else np.nan)
    return float(np.mean(false)), float(np.mean(hits))


@pytest.mark.parametrize("mean", [0.005, 0.02, 0.22])
def test_campaigns_that_vary_as_usual_are_not_flagged(mean: float, rng: Generator, bars: Bars) -> None:
    false, _ = false_share(rng, mean, rho=0.001)
    bars.most("S11", f"false flags among 40 that vary as usual, rate {mean:g}", false, 0.07, n=RUNS)


@pytest.mark.parametrize("mean", [0.0002, 0.002, 0.02, 0.22])
def test_campaigns_that_are_equal_are_not_flagged(mean: float, rng: Generator, bars: Bars) -> None:
    false, _ = false_share(rng, mean, rho=0)
    bars.most("S10", f"false flags among 40 equal campaigns, rate {mean:g}", false, 0.05, n=RUNS)


def test_two_of_forty_far_apart_are_found(rng: Generator, bars: Bars) -> None:
    false, found = false_share(rng, 0.22, rho=0.001, apart=2, by=0.4)
    bars.most("S11", "false flags, two of 40 far apart", false, 0.07, n=RUNS)
    bars.least("S11", "of those two found", found, 0.68, n=2 * RUNS)  # the pilot's power


@pytest.mark.parametrize(("k", "n"), [(6, 5_000), (12, 200_000)])
def test_a_month_like_the_others_is_no_change(k: int, n: int, rng: Generator, bars: Bars) -> None:
    many = runs(20_000)
    prior = 1 / 0.001 - 1
    called = 0
    for _ in range(many):
        x = rng.binomial(n, rng.beta(0.2 * prior, 0.8 * prior, k))
        difference = change((x[-2], n), (x[-1], n), tau=heterogeneity(x, np.full(k, n)).tau, k=k)
        called += not difference.low <= 0 <= difference.high
    bars.most("S11", f"false changes of the last of {k} months of {n}", called / many, 0.05, n=many)
