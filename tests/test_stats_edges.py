"""Fits at their edges: where people hardly differ the likelihood is flat, and nothing may hang on the search.

Each fit is made from other starts and from data moved by a billionth, as another processor's rounding would.
"""

from __future__ import annotations

from math import inf, isinf
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import betaln

from kit.stats import bg_nbd, gamma_gamma, hierarchy, likelihood, random_effects, sbg

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from kit.stats.bg_nbd import History, Kind

MOVES = (1.0, 1 + 1e-9, 1 - 1e-9)
FACTORS = (1.0, 5.0, 0.2)


@pytest.fixture
def refitted(monkeypatch: pytest.MonkeyPatch, rng: Generator) -> Callable[[Callable[..., Any], int], list[Any]]:
    """What a fit answers from other starts and with each weight moved by a billionth."""
    search = likelihood.maximise

    def refit(fit: Callable[[np.ndarray], Any], size: int) -> list[Any]:
        answers = []
        for move, factor in zip(MOVES, FACTORS, strict=True):

            def moved(loglik: Any, starts: Any, *, edges: Any = (), factor: float = factor) -> Any:
                return search(loglik, np.array(starts) * factor ** rng.choice([-1, 1], np.shape(starts)), edges=edges)

            monkeypatch.setattr(likelihood, "maximise", moved)
            answers.append(fit(move ** rng.random(size)))
        monkeypatch.undo()
        return answers

    return refit


def agree(figures: list[list[float]], digits: int) -> None:
    """Equal to a millionth, and as printed."""
    for answer in figures[1:]:
        assert answer == pytest.approx(figures[0], rel=1e-6, abs=1e-9)
        assert [f"{figure:.{digits}f}" for figure in answer] == [f"{figure:.{digits}f}" for figure in figures[0]]


# Staying


def leavers(rng: Generator, size: int, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    month, watched = rng.geometric(np.maximum(chance, 1e-12), size), rng.integers(1, 25, size)
    return np.minimum(month, watched), month <= watched


STAYING: dict[str, Callable[[Generator, int], np.ndarray]] = {
    "at one rate": lambda _rng, size: np.full(size, 0.058),
    "nearly at one rate": lambda rng, size: rng.beta(5.8, 94.2, size),
    "at rates of their own": lambda rng, size: rng.beta(0.8, 8, size),
    "at once or never": lambda rng, size: (rng.random(size) < 0.3).astype(float),
    "all at once": lambda _rng, size: np.ones(size),
}


@pytest.mark.parametrize("how", STAYING)
def test_a_projection_does_not_hang_on_the_search(how: str, rng: Generator, refitted: Callable[..., Any]) -> None:
    period, ended = leavers(rng, 3000, STAYING[how](rng, 3000))
    there = period[~ended].astype(float)

    def figures(weights: np.ndarray) -> list[float]:
        model = sbg.fit(period, ended, weights)
        assert model is not None
        ends = [float(end[0]) for end in sbg.survival(model, [24])]
        return [*(100 * end for end in ends), *sbg.total_retained(model, there + 6.5, there, np.ones(there.size))]

    agree(refitted(figures, period.size), 1)


def test_who_leaves_at_one_rate_is_geometric(rng: Generator) -> None:
    rates = []
    for _ in range(8):
        period, ended = leavers(rng, 3000, STAYING["at one rate"](rng, 3000))
        model = sbg.fit(period, ended)
        assert model is not None
        if isinf(model.alpha):
            m, d = ended.sum() / period.sum(), -np.log1p(-ended.sum() / period.sum())
            # By hand: the delta method on log(-log) of (1 - m) ** 24.
            deep = np.log(24 * d) + 1.959964 * np.sqrt(m / (1 - m) / period.sum()) / d
            value, low, high = sbg.survival(model, 24)
            assert (model.first, value, low) == pytest.approx((m, (1 - m) ** 24, np.exp(-np.exp(deep))), rel=1e-5)
            # That people may differ a little puts more of them there, so the upper end is farther away.
            assert high - value > 1.05 * (value - low)
        rates.append(isinf(model.alpha))
    assert 0 < sum(rates) < 8  # in half of all samples chance alone makes them look alike


def test_an_edge_is_the_limit_of_what_lies_near_it() -> None:
    until, since = np.array([1.0, 6.0, 30.5]), np.array([0.0, 2.5, 12.0])
    for odds, phi, near in ((9.0, 0.0, 1e-7), (9.0, inf, 1e8)):
        edge, inside = (sbg._survival(np.array([odds, value]), until, since) for value in (phi, near))
        assert edge == pytest.approx(inside, abs=2e-6)
    assert sbg._survival(np.array([0.0, 0.0]), until, since * 0).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("alpha", "beta"), [(0.7, 3.8), (60.0, 980.0), (1e5, 1.6e6)])
def test_the_remaining_lifetime_is_the_sum_of_what_stays(alpha: float, beta: float) -> None:
    first = alpha / (alpha + beta)
    parameters = np.array([beta / alpha, 1 / (alpha + beta)])
    fit = likelihood.Fit(parameters, np.zeros((2, 2)), 0.0)
    months = np.arange(1, 20_000)
    share = np.exp(betaln(alpha, beta + months) - betaln(alpha, beta + 0))
    by_sum = float(share @ (1.008 ** -(months - 1.0)))
    model = sbg.Sbg(alpha, beta, first, 0, 0, fit)
    assert sbg.discounted_expected_residual_lifetime(model, 1, discount=0.008) == pytest.approx(by_sum, rel=1e-6)


def test_the_remaining_lifetime_at_the_edges() -> None:
    # By hand: a geometric series of 0.9 / 1.01, and three quarters who pay for ever.
    alike = sbg.fit([1, 2, 2], [1, 1, 0], [10, 9, 81])
    assert alike is not None
    assert (alike.alpha, alike.first) == (inf, pytest.approx(0.1))
    lifetime = sbg.discounted_expected_residual_lifetime
    assert lifetime(alike, 5, discount=0.01) == pytest.approx(0.9 / (1 - 0.9 / 1.01))
    at_once = sbg.fit([1, 9], [1, 0], [100, 300])
    assert at_once is not None
    assert (at_once.alpha, at_once.first) == (0, pytest.approx(0.25))
    assert lifetime(at_once, 1, discount=0.01) == pytest.approx(0.75 * 101)
    assert lifetime(at_once, 2, discount=0.01) == pytest.approx(101)


# Buying


def buyers(rng: Generator, size: int, rate: np.ndarray, stop: np.ndarray) -> History:
    """MBG/NBD by its story, 700 days."""
    age, rows = rng.integers(230, 700, size), np.zeros((size, 2))
    for person in range(size):
        now, times = 0.0, 0
        while rng.random() >= stop[person]:
            now += rng.exponential(1 / rate[person])
            if now > age[person]:
                break
            times += 1
            rows[person] = times, now
    return bg_nbd.history(rows[:, 0], rows[:, 1], age)


RATES: dict[str, Callable[[Generator, int], np.ndarray]] = {
    "one rate": lambda _rng, size: np.full(size, 1 / 80),
    "rates of their own": lambda rng, size: rng.gamma(0.8, 1 / 60, size),
}
STOPS: dict[str, Callable[[Generator, int], np.ndarray]] = {
    "nobody stops": lambda _rng, size: np.zeros(size),
    "one chance to stop": lambda _rng, size: np.full(size, 0.2),
    "chances of their own": lambda rng, size: rng.beta(0.7, 2.5, size),
    "at once or never": lambda rng, size: (rng.random(size) < 0.3).astype(float),
}


@pytest.mark.parametrize("stops", STOPS)
@pytest.mark.parametrize("rates", RATES)
def test_purchases_to_come_do_not_hang_on_the_search(
    rates: str, stops: str, rng: Generator, refitted: Callable[..., Any]
) -> None:
    people = buyers(rng, 600, RATES[rates](rng, 600), STOPS[stops](rng, 600))
    kind: Kind = "mbg" if stops != "one chance to stop" else "bg"

    def figures(weights: np.ndarray) -> list[float]:
        moved = bg_nbd.history(people.frequency, people.recency, people.age, weights)
        model = bg_nbd.fit(moved, kind=kind)
        assert model is not None
        total, new = bg_nbd.total_purchases(model, moved, 180), bg_nbd.new_customer_interval(model, 180)
        return [total.value, total.low, total.high, *(100 * end for end in (new.value, new.low, new.high))]

    agree(refitted(figures, 600), 0)


def test_the_higher_of_two_tops_is_found(rng: Generator) -> None:
    people = buyers(rng, 1000, RATES["rates of their own"](rng, 1000), STOPS["at once or never"](rng, 1000))
    model = bg_nbd.fit(people)
    assert model is not None
    # The other top says that nobody stops and people differ more; the planted is 0.3 who stop at once.
    assert model.a / (model.a + model.b) == pytest.approx(0.3, abs=0.06) if model.b else model.fit.parameters[2] > 0.2
    assert model.r == pytest.approx(0.8, abs=0.15)


def test_an_interval_at_an_edge_is_no_wider_than_the_data_allow(rng: Generator) -> None:
    # On a flat likelihood the curvature made it 0 to 9,452 around 2,278.
    people = buyers(rng, 1000, RATES["one rate"](rng, 1000), STOPS["nobody stops"](rng, 1000))
    model = bg_nbd.fit(people)
    assert model is not None
    total = bg_nbd.total_purchases(model, people, 180)
    counting = 1.96 * np.sqrt(total.value)  # people alike who never stop: Poisson
    assert counting < total.high - total.value < 1.5 * counting
    assert counting < total.value - total.low < 2 * counting


@pytest.mark.parametrize(
    ("edge", "near"),
    [
        ((0.02, 0.0, 0.3, 0.6), (0.02, 1e-8, 0.3, 0.6)),
        ((0.02, 0.8, 0.0, 0.0), (0.02, 0.8, 1e-9, 0.5)),
        ((0.02, 0.8, 0.3, 0.0), (0.02, 0.8, 0.3, 1e-9)),
        ((0.02, 0.8, 0.3, inf), (0.02, 0.8, 0.3, 1e12)),
        ((0.02, 0.8, inf, 0.0), (0.02, 0.8, 1e12, 1e-12)),
    ],
)
@pytest.mark.parametrize("kind", ["mbg", "bg"])
def test_an_edge_of_buying_is_the_limit_of_what_lies_near_it(kind: Kind, edge: Any, near: Any) -> None:
    people = bg_nbd.history([0, 1, 4, 0], [0, 30, 200, 0], [10, 200, 210, 0])
    answers = []
    for parameters in (np.array(edge), np.array(near)):
        model = bg_nbd.BgNbd(kind, 1, 1, 1, 1, 0.0, 0, likelihood.Fit(parameters, np.zeros((4, 4)), 0.0))
        alive, counts = bg_nbd.probability_alive(model, people), bg_nbd.purchase_moments(model, people, 180)
        chances = bg_nbd.probability_of_n_purchases(model, [0, 1, 2, 7], 180)
        answers.append(np.concatenate([alive, *counts, chances, bg_nbd.expected_purchases_new_customer(model, [90])]))
    assert answers[0] == pytest.approx(answers[1], rel=1e-5, abs=1e-6)


# Spending


SPENDING: dict[str, Callable[[Generator, np.ndarray], np.ndarray]] = {
    "people do not differ": lambda rng, times: rng.gamma(3 * times, 20 / times),
    "each always pays the same": lambda rng, times: 240 / rng.gamma(4.0, 1.0, times.size),
    "both vary": lambda rng, times: rng.gamma(6.0 * times, 1 / times) * 60 / rng.gamma(4.0, 1.0, times.size),
}


@pytest.mark.parametrize("how", SPENDING)
def test_money_to_come_does_not_hang_on_the_search(how: str, rng: Generator, refitted: Callable[..., Any]) -> None:
    people = buyers(rng, 600, RATES["rates of their own"](rng, 600), STOPS["one chance to stop"](rng, 600))
    often = bg_nbd.fit(people)
    assert often is not None
    mean = SPENDING[how](rng, np.maximum(people.frequency, 1))

    def figures(weights: np.ndarray) -> list[float]:
        model = gamma_gamma.fit(people.frequency, mean, weights)
        assert model is not None
        total = gamma_gamma.total_spend(often, model, people, mean, 180)
        return [total.value, total.low, total.high, *gamma_gamma.expected_spend(model, [0, 1, 5], [0, 30, 90])]

    agree(refitted(figures, 600), 0)


def test_where_people_do_not_differ_each_is_worth_the_common_mean() -> None:
    model = gamma_gamma.GammaGamma(3, inf, inf, 0.0, 9, likelihood.Fit(np.array([60, 1 / 3, 0]), np.zeros((3, 3)), 0.0))
    assert gamma_gamma.expected_spend(model, [0, 1, 9], [0, 10, 400]).tolist() == pytest.approx([60, 60, 60])
    separate = gamma_gamma.GammaGamma(
        inf, 4, 0, 0.0, 9, likelihood.Fit(np.array([60, 0, 1 / 4]), np.zeros((3, 3)), 0.0)
    )
    # Who always pays the same is worth that; of whom nothing is known, the mean 60 q / (q - 1).
    assert gamma_gamma.expected_spend(separate, [0, 1, 9], [0, 10, 400]).tolist() == pytest.approx([80, 10, 400])


# Rates of many units


@pytest.mark.parametrize("sd", [0.0, 0.001, 0.01])
def test_shrunken_rates_do_not_hang_on_the_search(sd: float, rng: Generator, refitted: Callable[..., Any]) -> None:
    n = rng.integers(500, 20_000, 12).astype(float)
    x = rng.binomial(n.astype(int), rng.normal(0.05, sd, 12)).astype(float)

    def figures(weights: np.ndarray) -> list[float]:
        shrunken = hierarchy.rates(x * weights, n * weights, lowest=False)
        return [*(100 * shrunken.value), *(100 * shrunken.low), *(100 * shrunken.high)]

    agree(refitted(figures, 12), 2)


def test_units_that_differ_by_chance_alone_have_no_spread_of_their_own(rng: Generator) -> None:
    n = np.full(12, 4000.0)
    x = np.array([200, 195, 205, 198, 202, 199, 201, 203, 197, 200, 204, 196.0])  # closer than chance makes them
    moved = x * (1 + 1e-9 * rng.random(12))
    assert random_effects.heterogeneity(x, n).tau == random_effects.heterogeneity(moved, n).tau == 0


# The search itself


def test_a_likelihood_without_a_top_has_no_fit() -> None:
    assert likelihood.maximise(lambda parameters: -1 / parameters[0], [[1.0]]) is None
    assert likelihood.maximise(lambda _parameters: -inf, [[1.0]]) is None


def test_the_top_and_its_curvature_are_those_by_hand() -> None:
    # Gamma's likelihood of a rate: 7 events in 2 days, so the logarithm's variance is 1 / 7.
    fit = likelihood.maximise(lambda rate: float(7 * np.log(rate[0]) - 2 * rate[0]), [[0.1]])
    assert fit is not None
    assert (fit.parameters[0], fit.covariance[0, 0]) == (pytest.approx(3.5, rel=1e-6), pytest.approx(1 / 7, rel=1e-4))
    assert likelihood.delta_variance(lambda rate: float(rate[0]), fit) == pytest.approx((1.75, 1.75), rel=1e-4)


def test_what_an_edge_leaves_open_counts_for_one_end() -> None:
    # Minus a squared distance from -1: the top is at 0, and 5 % reject from sqrt(1 + 2 * 1.92) - 1 on.
    fit = likelihood.maximise(
        lambda at: -((at[1] + 1) ** 2) / 2 - np.log(at[0]) ** 2 / 2, [[1.0, 1.0]], edges=({1: 0.0},)
    )
    assert fit is not None
    assert fit.parameters.tolist() == [pytest.approx(1), 0]
    below, above = likelihood.delta_variance(lambda at: 5 * at[1], fit)
    assert below == 0
    assert 1.959964 * np.sqrt(above) == pytest.approx(5 * (np.sqrt(1 + 1.959964**2) - 1), rel=1e-4)
