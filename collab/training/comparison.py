"""Comparison of models on the same held-out rows: the paired difference of their squared errors, with its interval."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

N_DRAWS = 2000
BETTER, WORSE, NOT_TOLD_APART = "better", "worse", "not told apart"
CELLS = 4_000_000  # numbers in memory per block of draws


@dataclass(frozen=True)
class Comparison:
    """MSE of the first model minus that of the second (below 0: the first is better), with its 95 % interval `low` to `high`.

    With a single user there is nothing to resample: the interval is then unbounded.
    """

    difference: float
    low: float
    high: float
    n_rows: int
    n_users: int

    @property
    def verdict(self) -> str:
        """The first model against the second: "better", "worse", or "not told apart" where the interval contains 0."""
        return BETTER if self.high < 0 else WORSE if self.low > 0 else NOT_TOLD_APART


def compare(
    first: np.ndarray, second: np.ndarray, user_index: np.ndarray, *, seed: int = 0, n_draws: int = N_DRAWS
) -> Comparison:
    """Compare the squared errors `first` and `second` (n_rows,) of two models on the same rows, rated by `user_index` (n_rows,).

    The difference is the mean of d = first − second over the rows. Its interval is a percentile bootstrap that draws whole
    users, as many as there are, with replacement, and takes Σd / Σn over them. The errors on one user's ratings are
    correlated, so drawing single rows would give an interval that is too narrow (the cluster bootstrap: Davison & Hinkley
    1997, *Bootstrap Methods and their Application*, section 3.8). The interval tells how the two trained models would compare
    on other users; it does not cover another training seed. The same input and seed give the same interval.
    """
    _, place = np.unique(user_index, return_inverse=True)
    by_row = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    totals = np.bincount(place, weights=by_row)  # (n_users,)
    counts = np.bincount(place).astype(np.float64)  # (n_users,)
    n_users, difference = len(counts), float(by_row.mean())
    if n_users < 2:
        return Comparison(difference, -np.inf, np.inf, len(by_row), n_users)
    generator = np.random.default_rng(seed)
    drawn, block = np.empty(n_draws), max(1, CELLS // n_users)
    for start in range(0, n_draws, block):
        size = min(block, n_draws - start)
        times = generator.multinomial(n_users, np.full(n_users, 1 / n_users), size=size)  # (size, n_users)
        drawn[start : start + size] = (times @ totals) / (times @ counts)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Comparison(difference, float(low), float(high), len(by_row), n_users)


@dataclass(frozen=True, eq=False)
class Measured:
    """Squared errors (n_rows,) of several predictors, by name, on the same rows; `drawn` (n_rows,) is the user or item of each
    row, left out whole in the measurement and drawn whole for an interval."""

    squared: Mapping[Hashable, np.ndarray]
    drawn: np.ndarray

    @property
    def n_drawn(self) -> int:
        return len(np.unique(self.drawn))

    def mse(self, answer: Hashable) -> float:
        """Mean squared error in squared stars."""
        return float(self.squared[answer].mean())

    def gain(self, answer: Hashable, over: Hashable) -> Comparison:
        """MSE of `answer` minus that of `over`, paired, with its 95 % interval; below zero `answer` is better."""
        return compare(self.squared[answer], self.squared[over], self.drawn)
