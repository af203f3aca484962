"""What a ranking is worth when campaigns truly differ: error, the winner's bias, coverage (S13, S14, C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import runs
from scipy.stats import spearmanr

from kit.stats import empirical_bayes, proportions

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "mean", "sd", "error", "covered"),
    [
        ("opens", 0.22, 0.03, 0.95, 0.93),
        ("clicks", 0.02, 0.004, 0.75, 0.93),
        ("unsubscribes", 0.002, 0.0008, 0.65, 0.9),
    ],
)
def test_shrinking_pays(
    kind: str, mean: float, sd: float, error: float, covered: float, rng: Generator, bars: Bars
) -> None:
    many, k = runs(1_000), 40
    size = mean * (1 - mean) / sd**2 - 1
    raw, drawn, bias, raw_bias, held, order = ([] for _ in range(6))
    for _ in range(many):
        n = np.maximum(rng.lognormal(np.log(3000), 1.2, k), 50).astype(int)
        true = rng.beta(mean * size, (1 - mean) * size, k)
        x = rng.binomial(n, true)
        shrunken = empirical_bayes.shrink_rates(x, n, empirical_bayes.beta_binomial_prior(x, n), lowest=False)
        raw.append(np.mean((x / n - true) ** 2))
        drawn.append(np.mean((shrunken.value - true) ** 2))
        best, top = shrunken.value.argmax(), (x / n).argmax()
        bias.append(shrunken.value[best] - true[best])
        raw_bias.append(x[top] / n[top] - true[top])
        held.append(np.mean((shrunken.low <= true) & (true <= shrunken.high)))
        # Where all are taken to be alike there is no order left to be right.
        correlation = spearmanr(shrunken.value, true).statistic if np.ptp(shrunken.value) else 0.0
        order.append(correlation - spearmanr(x / n, true).statistic)
    bars.most("S13", f"error of shrunken over raw, {kind}", float(np.sqrt(np.mean(drawn) / np.mean(raw))), error)
    bars.most("S13", f"bias of the first over the mean, {kind}", abs(float(np.mean(bias))) / mean, 0.05)
    bars.told("S13", f"bias of the raw first over the mean, {kind}", float(np.mean(raw_bias)) / mean)
    bars.least("S13", f"coverage of the shrunken, {kind}", float(np.mean(held)), covered, n=many)
    bars.least("S13", f"rank correlation gained, {kind}", float(np.mean(order)), 0.0)


@pytest.mark.parametrize("mean", [0.0, 0.002, 0.2])
def test_equal_campaigns_never_break_the_fit(mean: float, rng: Generator, bars: Bars) -> None:
    many = runs(400)
    widest = []
    for _ in range(many):
        n = np.maximum(rng.lognormal(np.log(3000), 1.5, 30), 20).astype(int)
        n[0] = 5_000_000
        x = rng.binomial(n, mean)
        shrunken = empirical_bayes.shrink_rates(x, n, empirical_bayes.beta_binomial_prior(x, n), lowest=False)
        assert np.isfinite([shrunken.value, shrunken.low, shrunken.high, shrunken.best]).all()
        widest.append((shrunken.high - shrunken.low).max())
    bars.most("S14", f"widest interval of equal campaigns, rate {mean:g}", float(np.max(widest)), max(mean, 0.001))


def test_sixty_campaigns_of_all_sizes(rng: Generator, bars: Bars) -> None:
    many, k = runs(1_000), 60
    raw, drawn, small_raw, small = [], [], [], []
    for _ in range(many):
        n = np.exp(rng.uniform(np.log(50), np.log(20_000), k)).astype(int)
        true = rng.beta(0.02 * 2200, 0.98 * 2200, k)
        x = rng.binomial(n, true)
        shrunken = empirical_bayes.shrink_rates(x, n, empirical_bayes.beta_binomial_prior(x, n), lowest=False)
        raw.append(np.mean((x / n - true) ** 2))
        drawn.append(np.mean((shrunken.value - true) ** 2))
        small_raw.append(n[(x / n).argmax()] < 500)
        small.append(np.median(n[np.argsort(-shrunken.value, kind="stable")[:5]]) <= 500)
    bars.most("C4", "error of shrunken over raw, 60 campaigns", float(np.sqrt(np.mean(drawn) / np.mean(raw))), 0.5)
    bars.told("C4", "raw best has fewer than 500", float(np.mean(small_raw)), n=many)
    bars.most("C4", "first five of a median size of 500 or less", float(np.mean(small)), 0.02, n=many)


def test_tables_of_all_kinds_never_fail(rng: Generator, bars: Bars) -> None:
    many = runs(20_000)
    failed = 0
    for _ in range(many):
        n_a, n_b = (int(10 ** rng.uniform(0, 7)) - rng.integers(0, 2) for _ in range(2))
        x_a, x_b = (int(rng.choice([0, n, rng.integers(0, n + 1), min(n, rng.integers(0, 9))])) for n in (n_a, n_b))
        difference, back = (
            proportions.proportion_difference(x_a, n_a, x_b, n_b),
            proportions.proportion_difference(x_b, n_b, x_a, n_a),
        )
        finite = np.isfinite([difference.value, difference.low, difference.high, difference.p])
        mirrored = np.isclose(difference.low, -back.high, rtol=0, atol=1e-9, equal_nan=True)
        failed += not (mirrored and (finite.all() or difference.test == "not estimable"))
    bars.most("S9", "comparisons of random tables that fail or are no mirror", failed, 0)
