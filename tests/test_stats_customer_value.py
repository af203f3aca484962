"""Models of buying, spending and renewal: the published numbers, and what must hold of any."""

from __future__ import annotations

import csv
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import hyp2f1

from kit.errors import UsageError
from kit.stats import bg_nbd, gamma_gamma, roc, sbg

if TYPE_CHECKING:
    from pathlib import Path

    from kit.stats.bg_nbd import BgNbd, History, Kind


def published(shared: Path, key: str) -> dict[str, Any]:
    return json.loads((shared / "known_answers.json").read_text(encoding="utf-8"))[key]


def read(shared: Path, name: str) -> dict[str, np.ndarray]:
    with (shared / "datasets" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}


@pytest.fixture(scope="module")
def cdnow(shared: Path) -> History:
    data = read(shared, "cdnow_customers_summary.csv")
    return bg_nbd.history(data["frequency"], data["recency"], data["T"])


@pytest.fixture(scope="module")
def bg(cdnow: History) -> BgNbd:
    return bg_nbd.fit(cdnow, kind="bg")


def known(kind: Kind, r: float, alpha: float, a: float, b: float) -> BgNbd:
    """A model of these parameters, certain of them."""
    parameters = np.array([r / alpha, 1 / r, a / b, 1 / (a + b)])
    fit = SimpleNamespace(parameters=parameters, covariance=np.zeros((4, 4)), loglik=0.0, inside=())
    return bg_nbd.BgNbd(kind, r, alpha, a, b, 0.0, 0, fit)


def test_bg_nbd_of_cdnow(bg: BgNbd, shared: Path) -> None:  # E1
    case = published(shared, "bgnbd_cdnow")
    for name in ("r", "alpha", "a", "b"):
        assert getattr(bg, name) == pytest.approx(case[name], abs=case["tol"])
    assert bg.loglik == pytest.approx(case["loglik_here"], abs=1e-3)


def test_expected_purchases_of_cdnow(bg: BgNbd, shared: Path) -> None:  # E2
    case = published(shared, "bgnbd_cdnow")["E[X(t)]"]
    assert bg_nbd.expected_purchases_new_customer(bg, [float(time) for time in case]) == pytest.approx(
        list(case.values()), abs=5e-4
    )


def test_one_customer_of_cdnow(bg: BgNbd, shared: Path) -> None:  # E3
    case = published(shared, "bgnbd_cdnow")
    customer = bg_nbd.history([2], [30.43], [38.86])
    assert bg_nbd.expected_purchases(bg, customer, 39)[0] == pytest.approx(
        case["cond_exp_x2_tx30.43_T38.86_t39"], abs=1e-3
    )
    printed = known("bg", 0.243, 4.414, 0.793, 2.426)
    assert float(bg_nbd.probability_of_n_purchases(printed, 0, 39)) == pytest.approx(case["P(X(39)=0)"], abs=1e-6)
    # R BTYD's P(X(2) = 10), from CHECKS E3.
    assert float(bg_nbd.probability_of_n_purchases(printed, 10, 2)) == pytest.approx(1.07869e-07, rel=1e-4)


def test_mbg_nbd_of_cdnow(cdnow: History, shared: Path) -> None:  # E4
    case, model = published(shared, "mbgnbd_cdnow"), bg_nbd.fit(cdnow, kind="mbg")
    for name in ("r", "alpha", "a", "b"):
        assert getattr(model, name) == pytest.approx(case[name], abs=case["tol"])


def test_gamma_gamma_of_cdnow(shared: Path) -> None:  # E6
    case = published(shared, "gammagamma_cdnow")
    data = read(shared, "cdnow_customers_summary_with_transactions.csv")
    model = gamma_gamma.fit(data["x"], data["zbar"])
    for name in ("p", "q", "v"):
        assert getattr(model, name) == pytest.approx(case[name], abs=case["tol"])
    assert gamma_gamma.expected_spend(model, data["x"][:10], data["zbar"][:10]) == pytest.approx(
        case["cond_mean_first10"], abs=0.1
    )
    # 0.114: DEFINITIONS, traps.
    assert (model.n, model.correlation) == (946, pytest.approx(0.114, abs=5e-4))


def test_shifted_beta_geometric_of_the_high_end(shared: Path) -> None:  # E11
    case, data = published(shared, "sbg_highend_7y"), read(shared, "sbg_retention.csv")
    model = sbg.fit(*_lost(data["highend"][:8]))
    assert (model.alpha, model.beta) == pytest.approx((case["alpha"], case["beta"]), abs=1e-3)
    assert sbg.survival(model, range(8, 13))[0] == pytest.approx(case["next5"], abs=1e-3)
    assert sbg.discounted_expected_residual_lifetime(model, 8, discount=0.1) == pytest.approx(
        case["DERL_10pct_n8"], abs=1e-3
    )
    regular = sbg.fit(*_lost(data["regular"][:8]))
    assert (regular.alpha, regular.beta) == pytest.approx((0.704, 1.182), abs=1e-3)  # CHECKS E11


def _lost(there: np.ndarray) -> tuple[list[int], list[int], list[float]]:
    last = len(there) - 1
    return [*range(1, last + 1), last], [1] * last + [0], [*-np.diff(there), there[-1]]


@pytest.mark.parametrize("kind", ["mbg", "bg"])
def test_chances_add_to_one_and_their_mean_is_expected(kind: Kind) -> None:
    model = known(kind, 0.5, 6.0, 0.9, 1.6)
    chances = bg_nbd.probability_of_n_purchases(model, np.arange(400), 39)
    assert chances.sum() == pytest.approx(1)
    assert chances @ np.arange(400) == pytest.approx(
        float(bg_nbd.expected_purchases_new_customer(model, 39)[0]), abs=1e-5
    )


def test_mean_is_the_published_formula() -> None:
    # Fader, Hardie and Lee (2005), eq. 10, with 2F1 as printed.
    r, alpha, a, b, x, last, age, time = 0.243, 4.414, 0.793, 2.426, 5, 20.0, 38.0, 26.0
    z = time / (alpha + age + time)
    grown = hyp2f1(r + x, b + x, a + b + x - 1, z) * ((alpha + age) / (alpha + age + time)) ** (r + x)
    gone = a / (b + x - 1) * ((alpha + age) / (alpha + last)) ** (r + x)
    hand = (a + b + x - 1) / (a - 1) * (1 - grown) / (1 + gone)
    expected = bg_nbd.expected_purchases(known("bg", r, alpha, a, b), bg_nbd.history([x], [last], [age]), time)
    assert expected[0] == pytest.approx(hand, abs=1e-6)


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (1e4, 1e5), (0.05, 3.0)])
def test_no_parameters_break_the_mean(a: float, b: float) -> None:
    people = bg_nbd.history([0, 3, 60], [0, 100, 300], [10, 200, 305])
    total = bg_nbd.total_purchases(known("mbg", 0.9, 90.0, a, b), people, 180)
    assert np.isfinite([total.low, total.value, total.high]).all()


def test_bg_nbd_holds_every_one_time_buyer_to_be_alive(bg: BgNbd) -> None:
    assert bg_nbd.probability_alive(bg, bg_nbd.history([0, 0], [0, 0], [1, 500])).tolist() == [1, 1]


def test_weights_are_people(cdnow: History) -> None:
    twice = bg_nbd.history(cdnow.frequency, cdnow.recency, cdnow.age, 2 * cdnow.weights)
    one, two = bg_nbd.fit(cdnow), bg_nbd.fit(twice)
    assert two.loglik == pytest.approx(2 * one.loglik, abs=1e-3)
    assert (two.r, two.alpha) == pytest.approx((one.r, one.alpha), abs=1e-3)


def test_the_unit_of_time_changes_nothing(cdnow: History) -> None:
    days = bg_nbd.history(cdnow.frequency, cdnow.recency * 7, cdnow.age * 7)
    one, other = (
        bg_nbd.total_purchases(bg_nbd.fit(cdnow), cdnow, 26),
        bg_nbd.total_purchases(bg_nbd.fit(days), days, 182),
    )
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), rel=1e-3)


def test_nobody_bought_again_is_no_model() -> None:
    assert bg_nbd.fit(bg_nbd.history([0, 0], [0, 0], [10, 20])) is None
    assert bg_nbd.fit(bg_nbd.history([], [], [])) is None
    assert gamma_gamma.fit([1, 2], [30.0, 30.0]) is None
    assert gamma_gamma.fit([0, 0], [np.nan, np.nan]) is None
    assert sbg.fit([3, 4], [0, 0]) is None


@pytest.mark.parametrize(("x", "last", "age"), [(1, 0, 10), (0, 5, 10), (1, 11, 10), (-1, 0, 10)])
def test_a_history_that_cannot_be_is_refused(x: int, last: int, age: int) -> None:
    with pytest.raises(UsageError, match="are not a purchase history"):
        bg_nbd.history([x], [last], [age])


def test_order_is_judged_by_pairs() -> None:
    # By hand: of 2 x 3 pairs 4 are right, one is a tie.
    assert roc.auc([1, 3, 3, 5, 0], [0, 1, 0, 1, 0]).value == pytest.approx((3 + 2.5) / 6)
    assert roc.auc([2, 1], [1, 0], [5, 7]).value == 1
    assert np.isnan(roc.auc([1, 2], [1, 1]).value)


def test_what_a_new_customer_buys_is_known_as_well_as_the_model(bg: BgNbd, rng: np.random.Generator) -> None:
    # the spread of the figure over parameters drawn from the fit's own covariance
    newcomer = bg_nbd.new_customer_interval(bg, 39)
    drawn = rng.multivariate_normal(np.log(bg.fit.parameters), bg.fit.covariance, 4000)
    figures = [bg_nbd.expected_purchases_new_customer(bg, 39, parameters=np.exp(one)).item() for one in drawn]
    low, high = np.quantile(figures, [0.025, 0.975])
    assert newcomer.value == pytest.approx(bg_nbd.expected_purchases_new_customer(bg, 39).item())
    assert (newcomer.low, newcomer.high) == (pytest.approx(low, rel=0.02), pytest.approx(high, rel=0.02))
