"""The two baselines shown beside every loss: the global mean, and biases only."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from collab.data.ratings import Ratings


def global_mean(train: Ratings) -> float:
    """The mean of all training ratings, in stars."""
    return float(train.rating.mean(dtype=np.float64))


def biases_only(train: Ratings, damping: float = 5.0, sweeps: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """User biases (n_users,) and item biases (n_items,) of μ + b_u + b_i, by alternating damped means.

    Minimises Σ(r − μ − b_u − b_i)² + damping · (Σb_u² + Σb_i²); a user or item without ratings gets 0
    (Koren, Bell & Volinsky 2009, equation 1; the damping as in LensKit's Bias model, fitted jointly).
    """
    residual = train.rating - global_mean(train)
    sum_by_user = np.bincount(train.user_index, weights=residual, minlength=train.n_users)
    sum_by_item = np.bincount(train.item_index, weights=residual, minlength=train.n_items)
    # counts by pair, so that a sweep need not go through the ratings again: a third of the time on MovieLens 100K
    n_by_pair = scipy.sparse.csr_array(
        (np.ones(len(train)), (train.user_index, train.item_index)), shape=(train.n_users, train.n_items)
    )
    n_by_pair_transposed = n_by_pair.T.tocsr()
    damped_n_by_user = n_by_pair.sum(axis=1) + damping
    damped_n_by_item = n_by_pair.sum(axis=0) + damping
    user_biases = np.zeros(train.n_users)
    item_biases = np.zeros(train.n_items)
    for _ in range(sweeps):
        item_biases = (sum_by_item - n_by_pair_transposed @ user_biases) / damped_n_by_item
        user_biases = (sum_by_user - n_by_pair @ item_biases) / damped_n_by_user
    return user_biases, item_biases
