"""Folding a new user into a net: a few steps on a new row of the user table, everything else frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from collab.models.contract import FoldInPredictions
from collab.models.fold_in import user_prior

MOST_STEPS = 12
"""Gauss-Newton steps at most; a net with kinks (ReLU) need not converge, and little changes after a handful."""

LITTLE = 1e-4
"""Stop after a step that lowers the loss by a smaller share than this."""


class RowPrior(NamedTuple):
    """A new row is m + L z with a standard normal z: `mean` m (F,), `root` L (F, F) lower triangular, in double precision."""

    mean: torch.Tensor
    root: torch.Tensor


RatingOf = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From user rows (n, F) and item rows (n,) to the predicted ratings (n,), each of which depends on its own row alone."""


def fold_in(
    rating_of: RatingOf,
    prior: RowPrior,
    n_items: int,
    item_index: np.ndarray,
    ratings: np.ndarray,
    noise_variance: float,
) -> FoldInPredictions:
    """Predictions of all items for a new user who gave the items `item_index` (n,) these `ratings` (n,).

    In the coordinates of the prior, w = m + L z, the loss is

        ½ z·z + Σ_i (rating_i − f_i(w))² / (2 · noise_variance)

    and a Gauss-Newton step solves (1 + JᵀJ / v) d = Jᵀ(rating − f) / v − z, with J the Jacobian of f by z and v the noise
    variance; it is halved until the loss falls. The variance of a prediction is that of J_i z under the normal distribution
    with the covariance (1 + JᵀJ / v)⁻¹ (Laplace's approximation). Source: Bishop, Pattern Recognition and Machine Learning,
    sections 4.4 and 5.7.
    """
    start, root = prior
    order = np.lexsort((ratings, item_index))  # so that sums round the same in any order
    items = torch.from_numpy(np.asarray(item_index, dtype=np.int64)[order])
    given = torch.from_numpy(np.asarray(ratings, dtype=np.float64)[order])

    def look(z: torch.Tensor, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Ratings f (n,) at z, and their Jacobian (n, F), in double precision."""
        rows = (start + root @ z).float().repeat(len(items), 1).requires_grad_()
        rating = rating_of(rows, items)
        (slope,) = torch.autograd.grad(rating.sum(), rows)
        return rating.detach().double(), slope.double() @ root

    def loss(z: torch.Tensor, rating: torch.Tensor) -> float:
        return float(z @ z + (given - rating).square().sum() / noise_variance) / 2

    z = torch.zeros(len(start), dtype=torch.float64)
    precision = torch.eye(len(start), dtype=torch.float64)
    if len(items):
        rating, slope = look(z, items)
        for _ in range(MOST_STEPS):
            precision = torch.eye(len(z), dtype=torch.float64) + slope.T @ slope / noise_variance
            direction = torch.linalg.solve(precision, slope.T @ (given - rating) / noise_variance - z)
            here, step = loss(z, rating), 1.0
            while step > 1e-3 and loss(z + step * direction, look(z + step * direction, items)[0]) >= here:
                step /= 2
            if step <= 1e-3:
                break
            z = z + step * direction
            rating, slope = look(z, items)
            if here - loss(z, rating) < LITTLE * here:
                break
        precision = torch.eye(len(z), dtype=torch.float64) + slope.T @ slope / noise_variance
    rating, slope = look(z, torch.arange(n_items))
    half = torch.linalg.solve_triangular(torch.linalg.cholesky(precision), slope.T, upper=False)  # (F, n_items)
    return FoldInPredictions(rating.numpy(), half.square().sum(0).numpy())


def row_prior(users: torch.Tensor) -> RowPrior:
    """The prior of a new row of the table `users` (n_users, F): centred on row 0, the unknown user, spread like the trained rows.

    Rows equal to row 0 count as untrained. Raises SettingError with fewer than two trained ones.
    """
    table = users.numpy()
    trained = np.flatnonzero((table != table[0]).any(axis=1))
    prior = user_prior(table, np.zeros(len(table), dtype=table.dtype), trained)
    return RowPrior(users[0].double(), torch.from_numpy(np.linalg.cholesky(prior.covariance[:-1, :-1])))
