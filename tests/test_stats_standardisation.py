"""Standardised rates against a published table, and by their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from oracles import oracle

from kit.stats.standardisation import direct_standardisation

if TYPE_CHECKING:
    from pathlib import Path


def test_rates_and_intervals_are_the_published(shared: Path) -> None:
    case = oracle(shared, "direct_standard_downs")
    count, people = (np.array(case.inputs[name]).T[:5] for name in ("count", "population"))
    standardised = direct_standardisation(count, people, people.sum(axis=0))
    for name, got in (("adj", standardised.value), ("low", standardised.low), ("high", standardised.high)):
        assert list(got * 1e5) == case.near(name)


def test_units_of_one_rate_in_each_part_are_one_whatever_their_mix() -> None:
    standardised = direct_standardisation([[10, 300], [100, 30]], [[100, 1000], [1000, 100]], [1, 1])
    assert standardised.value == pytest.approx(0.2)  # (0.1 + 0.3) / 2, though the plain rates are 28 % and 12 %


def test_a_unit_with_nobody_in_a_part_is_not_comparable() -> None:
    standardised = direct_standardisation([[10, 0], [10, 5]], [[100, 0], [100, 50]], [3, 1])
    np.testing.assert_array_equal(np.isnan(standardised.value), [True, False])
    assert direct_standardisation([[10, 0]], [[100, 0]], [3, 0]).value == pytest.approx([0.1])


def test_a_high_rate_is_judged_by_those_who_did_not() -> None:
    standardised, rest = (
        direct_standardisation([[96, 190]], [[100, 200]], [1, 2]),
        direct_standardisation([[4, 10]], [[100, 200]], [1, 2]),
    )
    assert [standardised.value[0], standardised.low[0], standardised.high[0]] == pytest.approx(
        [1 - rest.value[0], 1 - rest.high[0], 1 - rest.low[0]]
    )


def test_no_event_has_a_lower_end_of_0_and_one_part_is_the_poisson_limit() -> None:
    standardised = direct_standardisation([[0]], [[1000]], [1])
    assert (standardised.value[0], standardised.low[0]) == (0, 0)
    assert standardised.high[0] == pytest.approx(-np.log(0.025) / 1000)  # exact Poisson, in closed form
