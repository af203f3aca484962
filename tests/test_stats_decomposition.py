"""The change of a rate taken apart: by hand, by its properties, and its influences by small steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.stats.decomposition import independent_squares, kitagawa

SIZES = st.lists(st.integers(0, 500), min_size=3, max_size=3)


def test_by_hand() -> None:
    # Of 100, 50 at 10 % and 50 at 30 %: 20 %; then 25 at 10 % and 75 at 34 %: 28 %.
    parts = kitagawa([[5, 15], [2.5, 25.5]], [[50, 50], [25, 75]])
    assert parts.change == pytest.approx(0.08)
    assert parts.mix == pytest.approx(0.25 * (0.32 - 0.10))  # a quarter moved from 10 % to the middle of 30 and 34 %
    assert parts.rate == pytest.approx(0.625 * 0.04)  # the second group's middle weight times its step


@given(SIZES, SIZES, st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_the_parts_add_up_exactly(before: list[int], after: list[int], shares: list[float]) -> None:
    n = np.array([before, after], dtype=float)
    if not n.sum(axis=1).all():
        return
    count = n * np.array(shares).reshape(2, 3)
    parts = kitagawa(count, n)
    plain = count.sum(axis=1) / n.sum(axis=1)
    assert parts.mix + parts.rate == pytest.approx(plain[1] - plain[0], abs=1e-12)
    assert parts.change == pytest.approx(plain[1] - plain[0], abs=1e-12)
    assert parts.mix_of.sum() == pytest.approx(parts.mix, abs=1e-12)
    turned = kitagawa(count[::-1], n[::-1])  # the other way round it is the same, with the other sign
    assert (turned.mix, turned.rate) == pytest.approx((-parts.mix, -parts.rate), abs=1e-12)


def test_the_same_rates_in_each_group_leave_the_mix_alone() -> None:
    parts = kitagawa([[10, 60], [30, 20]], [[100, 200], [300, 200 / 3]])
    assert parts.rate == pytest.approx(0)
    assert kitagawa([[10, 60], [30, 120]], [[100, 200], [100, 200]]).mix == pytest.approx(0)


def test_a_group_of_one_time_is_mix() -> None:
    parts = kitagawa([[10, 0], [10, 50]], [[100, 0], [100, 100]])
    assert parts.rate == pytest.approx(0)
    assert parts.mix == pytest.approx(0.3 - 0.1)


@pytest.mark.parametrize("n", [[[100, 50, 200], [80, 120, 150]], [[100, 0, 200], [80, 120, 0]]])
def test_influences_are_derivatives(n: list[list[int]]) -> None:
    trials = np.array(n, dtype=float)
    events = trials * np.array([[0.1, 0.2, 0.3], [0.15, 0.18, 0.4]])
    parts, small = kitagawa(events, trials), 1e-6
    for time in (0, 1):
        for group in np.flatnonzero(trials[time]):
            for place, whose in enumerate((trials, events)):
                moved = whose.copy()
                moved[time, group] += small
                other = kitagawa(*((events, moved) if place == 0 else (moved, trials)))
                assert (other.mix - parts.mix) / small == pytest.approx(
                    parts.mix_influence[time, place, group], rel=1e-3, abs=1e-9
                )
                assert (other.rate - parts.rate) / small == pytest.approx(
                    parts.rate_influence[time, place, group], rel=1e-3, abs=1e-9
                )


def test_one_group_has_the_variance_of_a_difference() -> None:
    parts = kitagawa([[30], [80]], [[100], [200]])
    variance = 0.3 * 0.7 / 100 + 0.4 * 0.6 / 200
    assert independent_squares([[30], [80]], [[100], [200]], parts.rate_influence) == pytest.approx(variance)
    assert independent_squares([[30], [80]], [[100], [200]], parts.mix_influence) == pytest.approx(0)
