"""How latent factors are learned: random at first, then moved step by step against the gradient of the mean squared error.

Everything here is small enough to read in a table: a few users and items with five factors each. The gradient is written out,
without automatic differentiation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_FACTORS = 5


@dataclass(frozen=True)
class State:
    """The state of training: factors (n_users, n_factors) and (n_items, n_factors), and what follows from them.

    `predictions` and `errors` (prediction − rating, NaN where there is no rating) are (n_users, n_items), in stars; `loss` is
    the mean of the squared errors, in stars²; the gradients have the shapes of their factors.
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    predictions: np.ndarray
    errors: np.ndarray
    loss: float
    user_gradients: np.ndarray
    item_gradients: np.ndarray


def at(user_factors: np.ndarray, item_factors: np.ndarray, ratings: np.ndarray) -> State:
    """The predictions of these factors for `ratings` (n_users, n_items; NaN is a blank), their errors, and the gradients.

    With n ratings, error e of user u and item i: loss = Σ e² / n; gradient of u's factors = Σ over u's items of 2/n · e · i's
    factors, and vice versa. A blank has no error and adds nothing to a gradient.
    """
    predictions = user_factors @ item_factors.T  # (n_users, n_items)
    errors = predictions - ratings
    known = ~np.isnan(ratings)
    n = max(1, int(known.sum()))
    pull = np.where(known, 2.0 / n * errors, 0.0)
    return State(
        user_factors,
        item_factors,
        predictions,
        errors,
        float(np.sum(errors[known] ** 2) / n),
        pull @ item_factors,
        pull.T @ user_factors,
    )


def start(ratings: np.ndarray, seed: int, n_factors: int = N_FACTORS) -> State:
    """Random factors, uniform between 0 and 1: the same `seed` gives the same ones."""
    generator = np.random.default_rng(seed)
    n_users, n_items = ratings.shape
    return at(generator.random((n_users, n_factors)), generator.random((n_items, n_factors)), ratings)


def step(state: State, ratings: np.ndarray, learning_rate: float) -> State:
    """One step of gradient descent: every factor moves by −learning_rate · its gradient, all at once."""
    return at(
        state.user_factors - learning_rate * state.user_gradients,
        state.item_factors - learning_rate * state.item_gradients,
        ratings,
    )


def trajectory(
    ratings: np.ndarray, seed: int, learning_rate: float, n_steps: int, too_much: float = 1e6
) -> list[State]:
    """The start and up to `n_steps` steps; it ends before a loss above `too_much`, where the steps are too long."""
    states = [start(ratings, seed)]
    for _ in range(n_steps):
        following = step(states[-1], ratings, learning_rate)
        if not following.loss <= too_much:
            break
        states.append(following)
    return states
