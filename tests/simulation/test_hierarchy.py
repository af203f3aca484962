"""What a ranking is worth when campaigns truly differ: error, the winner's bias, coverage (S13, S14, S21, S22, C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from bars import runs
from scipy.special import expit, logit
from scipy.stats import spearmanr

from kit.questions.subject_lines import verdicts
from kit.stats import hierarchy, proportions

if TYPE_CHECKING:
    from bars import Bars
    from numpy.random import Generator

pytestmark = pytest.mark.slow

SEED = 880523
"""Drawn anew and fixed before the full run."""


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
    many, k = runs(500), 40
    size = mean * (1 - mean) / sd**2 - 1
    raw, drawn, bias, raw_bias, held, order = ([] for _ in range(6))
    for _ in range(many):
        n = np.maximum(rng.lognormal(np.log(3000), 1.2, k), 50).astype(int)
        true = rng.beta(mean * size, (1 - mean) * size, k)
        x = rng.binomial(n, true)
        shrunken = hierarchy.rates(x, n, lowest=False)
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
    noise = float(np.std(bias)) / np.sqrt(many) / mean
    bars.most("S13", f"bias of the first over the mean, {kind}", abs(float(np.mean(bias))) / mean, 0.05, error=noise)
    bars.told("S13", f"bias of the raw first over the mean, {kind}", float(np.mean(raw_bias)) / mean)
    bars.least("S13", f"coverage of the shrunken, {kind}", float(np.mean(held)), covered, n=many)
    bars.least("S13", f"rank correlation gained, {kind}", float(np.mean(order)), 0.0)


@pytest.mark.parametrize("mean", [0.0, 0.002, 0.2])
def test_equal_campaigns_never_break_the_fit(mean: float, rng: Generator, bars: Bars) -> None:
    many = runs(200)
    widest, held = [], []
    for _ in range(many):
        n = np.maximum(rng.lognormal(np.log(3000), 1.5, 30), 20).astype(int)
        n[0] = 5_000_000
        x = rng.binomial(n, mean)
        shrunken = hierarchy.rates(x, n, lowest=False)
        assert np.isfinite([shrunken.value, shrunken.low, shrunken.high, shrunken.best]).all()
        widest.append((shrunken.high - shrunken.low).max())
        held.append(np.mean((shrunken.low <= mean) & (mean <= shrunken.high)))
    bars.told("S14", f"widest interval of equal campaigns, rate {mean:g}", float(np.max(widest)))
    if mean:
        bars.least("S14", f"intervals of equal campaigns hold, rate {mean:g}", float(np.mean(held)), 0.95, n=many)


def test_sixty_campaigns_of_all_sizes(rng: Generator, bars: Bars) -> None:
    many, k = runs(500), 60
    raw, drawn, small_raw, small = [], [], [], []
    for _ in range(many):
        n = np.exp(rng.uniform(np.log(50), np.log(20_000), k)).astype(int)
        true = rng.beta(0.02 * 2200, 0.98 * 2200, k)
        x = rng.binomial(n, true)
        shrunken = hierarchy.rates(x, n, lowest=False)
        raw.append(np.mean((x / n - true) ** 2))
        drawn.append(np.mean((shrunken.value - true) ** 2))
        small_raw.append(n[(x / n).argmax()] < 500)
        small.append(np.median(n[np.argsort(-shrunken.value, kind="stable")[:5]]) <= 500)
    bars.most("C4", "error of shrunken over raw, 60 campaigns", float(np.sqrt(np.mean(drawn) / np.mean(raw))), 0.5)
    bars.told("C4", "raw best has fewer than 500", float(np.mean(small_raw)), n=many)
    bars.most("C4", "first five of a median size of 500 or less", float(np.mean(small)), 0.02, n=many)


WORLDS = ("tidy", "tails", "mixed")


def _true(world: str, sd: float, k: int, rng: Generator) -> np.ndarray:
    """True effects of one spread: normal, t with 3 degrees of freedom, or a tenth three times as variable."""
    if world == "tails":
        return rng.standard_t(3, k) * sd / np.sqrt(3)
    return rng.normal(0, np.where(rng.random(k) < 0.1, 3 * sd, sd) if world == "mixed" else sd, k)


FIRST_SEED = 278391
"""Drawn anew once more: by SEED the first of 46 is held in .915 (tails) and .922 (mixed), so 95 % is not promised."""

OF_THE_FIRST = {"tidy": 0.95, "tails": 0.9, "mixed": 0.9}
"""What notebook 03 says of the first place: where a few lie far from the others it promises 90 %."""


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("k", [12, 46])
def test_the_interval_of_the_first_place_holds(world: str, k: int, bars: Bars) -> None:
    rng = np.random.default_rng([FIRST_SEED, k, WORLDS.index(world)])
    many, held, every = runs(600), [], []
    for _ in range(many):
        n = np.maximum(rng.lognormal(np.log(3000), 0.8, k), 50).astype(int)
        true = expit(logit(0.02) + _true(world, 0.2, k, rng))
        found = hierarchy.rates(rng.binomial(n, true), n, lowest=False)
        inside = (found.low <= true) & (true <= found.high)
        held.append(inside[found.value.argmax()])
        every.append(inside.mean())
    bars.least(
        "S13", f"interval of the first of {k} holds, world {world}", float(np.mean(held)), OF_THE_FIRST[world], n=many
    )
    bars.least("S13", f"intervals of all {k} hold, world {world}", float(np.mean(every)), 0.95, n=many)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("k", [10, 40])
def test_what_a_winner_keeps_holds(world: str, k: int, rng: Generator, bars: Bars) -> None:
    many, held, sums = runs(400), [], []
    for _ in range(many):
        se = rng.uniform(0.7, 1.3, k)
        true = _true(world, 1.0, k, rng)
        d = rng.normal(true, se)
        won = np.abs(d) > 1.96 * se
        found = hierarchy.effects(d, se)
        held += list(((found.low <= true) & (true <= found.high))[won])
        _value, low, high = hierarchy.total(d, se, np.where(won, np.sign(d), 0))
        sums.append(low <= (true * np.sign(d))[won].sum() <= high)
    bars.least("S21", f"a winner of {k} keeps what is said, world {world}", float(np.mean(held)), 0.93, n=many)
    bars.least("S21", f"winners of {k} bring what is said, world {world}", float(np.mean(sums)), 0.93, n=many)


def test_seven_equal_tests_show_a_winner_on_one_page_in_twenty(rng: Generator, bars: Bars) -> None:
    many, pages, alone = runs(1_000), 0, 0
    for _ in range(many):
        opened = rng.binomial(750, 0.25, (7, 2))
        frame = pd.DataFrame({"opened": opened.ravel(), "variant": list("AB") * 7, "sent": 750, "delivered": 750})
        names = [f"t{n}" for n in np.repeat(range(7), 2)]
        frame = frame.assign(campaign_id=names, campaign_name=names, sent_local=pd.Timestamp("2026-03-01"))
        decided = verdicts.judge(frame, "open_rate").verdicts["decision"]
        pages += decided.isin(("a", "b")).any()
        alone += decided.isin(("a", "b", "ahead")).any()
    bars.most("S22", "pages of seven equal tests with a winner", pages / many, 0.05, n=many)
    bars.told("S22", "the same where each test stands alone", alone / many, n=many)


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
