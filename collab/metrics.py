"""How far predicted ratings are from the given ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Errors:
    """`mse` in squared stars, `rmse` and `mae` in stars, over `n_ratings` ratings."""

    mse: float
    rmse: float
    mae: float
    n_ratings: int


def errors(predicted: np.ndarray, rating: np.ndarray) -> Errors:
    """Mean squared, root mean squared and mean absolute error; both arrays have shape (n,)."""
    difference = np.asarray(predicted, dtype=np.float64) - np.asarray(rating, dtype=np.float64)
    mse = float(np.mean(difference**2))
    return Errors(mse, mse**0.5, float(np.abs(difference).mean()), len(difference))
