"""Why a rate changed: the part of who was asked (mix) and the part of how they answer (rate), which add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from kit.stats.arrays import Floats, floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The change of a rate between two times, taken apart by groups; the parts add up to the change.

    Attributes:
        change: the rate afterwards less the rate before [share].
        mix: the part of groups that became larger or smaller [share].
        rate: the part of rates that changed within groups [share].
        mix_of: the mix of each group: positive where a group of more than the usual rate grew [share].
        rate_of: the rate of each group [share].
        mix_influence: by how much one more trial, and one more event, moves the mix: a row each time (before,
            after), in it a row each of trials and events, a column a group.
        rate_influence: the same of the rate.
    """

    change: float
    mix: float
    rate: float
    mix_of: Floats
    rate_of: Floats
    mix_influence: Floats
    rate_influence: Floats


def kitagawa(count: ArrayLike, n: ArrayLike) -> Decomposition:
    """The symmetric decomposition of a difference of two rates: no time is the standard, and nothing is left over.

    A group that only one of the times has belongs to the mix: how it would have answered at the other is not known.

    Args:
        count: events: a row before, a row after; a column a group.
        n: trials, likewise; each of the times has some.

    Source: Kitagawa (1955), doi:10.1080/01621459.1955.10501299.
    """
    events, trials = floats(count), floats(n)
    total = trials.sum(axis=1, keepdims=True)
    weight = trials / total
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = events / trials
        one_more = np.where(trials > 0, 1 / trials, 0.0)
    both = (trials > 0).all(axis=0)
    rates = np.where(trials > 0, rates, rates[::-1])
    rates = np.where(np.isnan(rates), 0.0, rates)  # a group without any trial has no weight either
    middle, step = rates.mean(axis=0), rates[1] - rates[0]
    grown, common = weight[1] - weight[0], np.where(both, weight.mean(axis=0), 0.0)
    whole = (weight * rates).sum(axis=1)
    mix_of, rate_of = grown * (middle - whole.mean()), common * step
    sign = np.array([[-1.0], [1.0]])
    # What one more trial or event does to the rate of its group and time, and to the weights of that time.
    by_event, by_trial = one_more, -rates * one_more
    share = np.where(both, 0.5, 1.0)  # of the middle, which alone is the group's one rate
    mix_weight = sign * (middle - (weight * middle).sum(axis=1, keepdims=True)) / total
    rate_weight = (step - (weight * step).sum(axis=1, keepdims=True)) / (2 * total)
    mix_influence = np.stack([mix_weight + grown * share * by_trial, grown * share * by_event], axis=1)
    rate_influence = np.stack([rate_weight + sign * common * by_trial, sign * common * by_event], axis=1)
    return Decomposition(
        float(whole[1] - whole[0]), float(mix_of.sum()), float(rate_of.sum()), mix_of, rate_of, mix_influence,
        rate_influence,
    )  # fmt: skip


def independent_squares(count: ArrayLike, n: ArrayLike, influence: ArrayLike) -> float:
    """The sum of squared influences where every trial is a unit of its own: the variance of a part.

    Args:
        count: events, as of `kitagawa`.
        n: trials.
        influence: one of its influences.
    """
    events, trials, moves = floats(count), floats(n), floats(influence)
    trial, event = moves[:, 0], moves[:, 1]
    return float((events * (trial + event) ** 2 + (trials - events) * trial**2).sum())


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a change with its interval.

    Attributes:
        low: of the interval [share].
        high: its other end.
        p: two-sided, of no such part beyond chance.
    """

    low: float
    high: float
    p: float


def part(value: float, variance: float, *, usual: float = 0.0, df: float = inf, level: float = 0.95) -> Part:
    """The interval of a part of a change, from sampling and from what times usually differ by.

    Args:
        value: the part.
        variance: of its sampling.
        usual: the standard deviation between times, of which two are set against each other; NaN: not known.
        df: degrees of freedom by which `usual` is known.
        level: confidence, 0 to 1.
    """
    error = sqrt(variance + 2 * usual**2)
    if not error > 0:
        return Part(value if error == 0 else nan, value if error == 0 else nan, nan)
    law = t(df)
    margin = float(law.isf((1 - level) / 2)) * error
    return Part(value - margin, value + margin, 2 * float(law.sf(abs(value) / error)))
