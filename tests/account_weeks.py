"""Made-up accounts as weeks: by hand, or with a mood that moves what they do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kit.questions.customer_health import weeks


def grid(n: int, w: int, **kinds: tuple[Any, ...]) -> weeks.Weeks:
    """Weeks of n accounts over w weeks, with points (account, week, value) of each kind on the weeks' evenings."""
    end = 7 * (w + 100)
    days = end - 7 * np.arange(w - 1, -1, -1)
    touches = {}
    for kind, (account, week, value) in kinds.items():
        touches[kind] = {"account": np.asarray(account), "day": days[np.asarray(week)],
                         "until": np.zeros(len(account), int), "value": np.asarray(value, float)}  # fmt: skip
    return weeks.Weeks(pd.Index([f"a{number:05}" for number in range(n)]), end, w, touches, np.full(n, days[0]))


def without_later(world: weeks.Weeks, cut: int) -> weeks.Weeks:
    """The weeks without the last ones, and without all that came in them."""
    end = int(world.days[-1 - cut])
    earlier = {
        kind: {name: values[rows["day"] <= end] for name, values in rows.items()}
        for kind, rows in world.touches.items()
    }
    return weeks.Weeks(world.accounts, end, world.n - cut, earlier, world.started)


def points(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The values of a matrix that are there, as points."""
    account, week = np.nonzero(~np.isnan(matrix))
    return account, week, matrix[account, week]


def accounts_by_mood(seed: int, n: int = 300, w: int = 104, *, drive: float = 1.0) -> weeks.Weeks:
    """Accounts whose mood moves their use, their failed payments and their leaving; visits are noise."""
    rng = np.random.default_rng(seed)
    mood = np.zeros((n, w))
    mood[:, 0] = rng.normal(size=n)
    for week in range(1, w):
        mood[:, week] = 0.95 * mood[:, week - 1] + rng.normal(0, np.sqrt(1 - 0.95**2), n)
    hazard = np.minimum(0.006 * np.exp(-1.2 * drive * mood), 0.5)
    goes = rng.random((n, w)) < hazard
    gone = np.where(goes.any(axis=1), goes.argmax(axis=1), w)
    here = np.arange(w)[None, :] < gone[:, None]
    use = np.where(here, np.clip(0.55 + 0.13 * mood + rng.normal(0, 0.08, (n, w)), 0, 1) * 20, np.nan)
    failed = np.where(here & (rng.random((n, w)) < 0.05 * np.exp(-0.7 * mood)), 1.0, np.nan)
    paid = np.where(here & (np.arange(w) % 4 == 0), 100.0, np.nan)
    visits = np.where(here & (rng.random((n, w)) < 0.4), 1.0, np.nan)
    left = np.where(np.arange(w)[None, :] == gone[:, None], 1.0, np.nan)
    return grid(
        n, w, users=points(use), use=points(use), licences=points(np.where(here, 20.0, np.nan)), failed=points(failed),
        charge=points(paid), touch=points(visits), left=points(left),
    )  # fmt: skip
