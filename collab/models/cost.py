"""About how long a training takes, from its settings alone: quick enough to follow a slider, or not?

Fitted to measurements on one core of a server, MovieLens 100K and latest small; good to a factor of two there.
"""

from __future__ import annotations

from typing import Any


def dot_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """Of `dot-bias` on `n_train` ratings and tables of `n_rows` rows together: steps, each with its call, table and batch."""
    n_steps = settings.epochs * -(-n_train // settings.batch_size)
    return n_steps * (130e-6 + settings.n_factors * (0.75e-9 * n_rows + 4e-9 * settings.batch_size))


def bayes_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """Of `bayes`: sweeps, each with a product over the ratings and a Cholesky factorisation a row."""
    return settings.epochs * (0.23e-6 * n_train + n_rows * (1.2e-6 + 1e-9 * settings.n_factors**3))


def sampled_seconds(settings: Any, n_train: int, n_rows: int) -> float:
    """Of `bayes-sampled`: sweeps, each with a product over the ratings, the average's errors, and two triangular solves a row."""
    a_rating, a_row = 70e-9 + 4e-9 * settings.n_factors, 1.2e-6 + 0.31e-9 * settings.n_factors**3
    return settings.epochs * (a_rating * n_train + a_row * n_rows)
