"""A corrected share covers the truth; without error it is the plain one; a change of languages alone is no change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from kit.stats.misclassification import Errors, corrected_sum, rogan_gladen

if TYPE_CHECKING:
    import numpy as np

PERFECT = Errors(10**7, 10**7, 10**7, 10**7)


@pytest.mark.parametrize(("read", "n"), [(0, 30), (7, 30), (250, 1000)])
def test_without_errors_it_is_agresti_and_coulls_interval(read: int, n: int) -> None:
    corrected = rogan_gladen(read, n, PERFECT)
    assert corrected.value == pytest.approx(read / n, abs=1e-5)
    expected = proportion_confint(read, n, method="agresti_coull")
    assert (corrected.low, corrected.high) == pytest.approx(expected, abs=1e-4)


def test_rogan_and_gladens_formula() -> None:
    """(0.3 + 0.9 - 1) / (0.8 + 0.9 - 1) = 2/7, by hand."""
    assert rogan_gladen(300, 1000, Errors(799, 998, 899, 998)).value == pytest.approx(2 / 7, abs=1e-12)


@pytest.mark.parametrize("truth", [0.03, 0.15, 0.5])
@pytest.mark.parametrize(("sensitivity", "specificity", "labels"), [(0.5, 0.9, 120), (0.8, 0.95, 400)])
def test_the_interval_covers_the_truth(
    truth: float, sensitivity: float, specificity: float, labels: int, rng: np.random.Generator
) -> None:
    """2,000 samples each, with errors that are themselves known from labels; the margin is 3 standard errors."""
    runs, n = 2000, 200
    read = rng.binomial(n, truth * sensitivity + (1 - truth) * (1 - specificity), runs)
    right = rng.binomial(labels, sensitivity, runs), rng.binomial(2 * labels, specificity, runs)
    covered = 0
    for count, true, other in zip(read, *right, strict=True):
        interval = rogan_gladen(count, n, Errors(true, labels, other, 2 * labels))
        covered += interval.low <= truth <= interval.high
    assert covered / runs > 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_a_difference_covers_no_change_though_the_languages_changed(rng: np.random.Generator) -> None:
    """The same share of angry mail in both months; most is Russian in one, English in the other, and errors differ."""
    truth, runs, covered, raw = 0.2, 2000, 0, 0
    rates = {"ru": (0.5, 0.8), "en": (0.8, 0.97)}
    months = {1: {"ru": 240, "en": 60}, -1: {"ru": 60, "en": 240}}
    for _ in range(runs):
        known = {
            name: Errors(rng.binomial(150, se), 150, rng.binomial(300, sp), 300) for name, (se, sp) in rates.items()
        }
        parts, shares = [], {1: 0.0, -1: 0.0}
        for sign, mix in months.items():
            for name, n in mix.items():
                se, sp = rates[name]
                read = rng.binomial(n, truth * se + (1 - truth) * (1 - sp))
                parts.append((sign * n / 300, read, n, known[name]))
                shares[sign] += read / 300
        change = corrected_sum(parts)
        covered += change.low <= 0 <= change.high
        se = math.sqrt(sum(share * (1 - share) / 300 for share in shares.values()))
        raw += abs(shares[1] - shares[-1]) <= 1.96 * se
    assert covered / runs > 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
    assert raw / runs < 0.9, "without correction the languages read as a change"


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 40), st.integers(0, 40))
def test_nothing_is_corrected_where_readings_say_nothing(read: int, n: int, true: int, other: int) -> None:
    assume(read <= n)
    errors = Errors(true, 40, other, 40)
    corrected = rogan_gladen(read, n, errors)
    assert math.isnan(corrected.value) == (errors.power < 0.15)
    if not math.isnan(corrected.value):
        assert 0 <= corrected.low <= corrected.high <= 1
