"""CUPED against R, tea-tasting and the values themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles import oracle

from kit.stats import means

if TYPE_CHECKING:
    from pathlib import Path


def sums(y: np.ndarray, x: np.ndarray) -> dict[str, Any]:
    return {"n": y.size, "y": y.sum(), "yy": y @ y, "x": x.sum(), "xx": x @ x, "xy": x @ y}


def between(a: dict[str, Any], b: dict[str, Any]) -> means.Cuped:
    both = {name: [a[name], b[name]] for name in a}
    return means.cuped((both["y"], both["yy"]), (both["x"], both["xx"]), both["xy"], both["n"])


def test_it_is_that_of_tea_tasting(shared: Path) -> None:
    case = oracle(shared, "tt_cuped_orders")
    y, x = case.inputs["y"], case.inputs["x"]

    def group(sums: dict[str, Any]) -> dict[str, Any]:
        n, mean, var = sums["n"], sums["mean"], sums["var"]
        cov = next(value for name, value in sums["cov"].items() if set(name.split("|")) == {x, y})
        squares = {f"{one}{one}": (n - 1) * var[key] + n * mean[key] ** 2 for one, key in (("y", y), ("x", x))}
        return squares | {"n": n, "y": n * mean[y], "x": n * mean[x], "xy": (n - 1) * cov + n * mean[x] * mean[y]}

    adjusted = between(group(case.inputs["control"]), group(case.inputs["treatment"]))
    assert [adjusted.value, adjusted.low, adjusted.high, adjusted.p] == case.near("diff", "low", "high", "p")
    assert list(adjusted.means) == case.near("control", "treatment")


def test_a_covariate_that_tells_half_saves_half(rng: np.random.Generator) -> None:
    x = rng.normal(10, 1, 40_000)
    y = x + rng.normal(0, 1, x.size) + np.repeat([0, 0.05], x.size // 2)
    a, b = sums(y[:20_000], x[:20_000]), sums(y[20_000:], x[20_000:])
    adjusted = between(a, b)
    plain = means.welch([a["y"], b["y"]], [a["yy"], b["yy"]], [a["n"], b["n"]])
    assert adjusted.gained == pytest.approx(0.5, abs=0.02)  # var(x) / var(y) = 1 / 2
    assert adjusted.theta == pytest.approx(1, abs=0.02)
    assert (adjusted.high - adjusted.low) / (plain.high - plain.low) == pytest.approx(0.5**0.5, abs=0.01)
    assert adjusted.low < 0.05 < adjusted.high


def test_a_covariate_that_says_nothing_changes_nothing(rng: np.random.Generator) -> None:
    y, x = rng.exponential(1, 2000), rng.exponential(1, 2000)
    a, b = sums(y[:1000], x[:1000]), sums(y[1000:], x[1000:])
    assert between(a, b).gained == pytest.approx(0, abs=0.01)


def test_without_anybody_who_bought_it_is_not_estimable() -> None:
    nobody = {"n": 100, "y": 0, "yy": 0, "x": 50, "xx": 500, "xy": 0}
    sums = {"n": 100, "y": 20, "yy": 100, "x": 50, "xx": 500, "xy": 30}
    for pair in ((nobody, sums), (sums, nobody), (sums, sums | {"x": 0, "xx": 0, "xy": 0})):
        adjusted = between(*pair)
        assert np.isnan(adjusted.value) or adjusted.gained <= 1
    assert np.isnan(between(nobody, sums).value)
    assert np.isnan(between(sums, sums | {"xy": np.nan}).p)
