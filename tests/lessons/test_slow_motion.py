"""Gradient descent in slow motion: by hand, against torch's gradient, and that the loss falls."""

import numpy as np
import pytest
import torch

from collab.lessons.slow_motion import at, start, step, trajectory

RATINGS = np.array([[5.0, np.nan, 3.0], [4.0, 1.0, np.nan], [np.nan, 2.0, 4.5], [1.0, 5.0, 2.0]])


def test_by_hand():
    ratings = np.array([[4.0, np.nan]])
    state = at(np.array([[1.0, 2.0]]), np.array([[1.0, 0.5], [3.0, 3.0]]), ratings)
    assert state.predictions.tolist() == [[2.0, 9.0]]
    assert state.errors[0, 0] == -2.0 and np.isnan(state.errors[0, 1]) and state.loss == 4.0
    assert state.user_gradients.tolist() == [[-4.0, -2.0]]  # 2 · −2 · (1, 0.5)
    assert state.item_gradients.tolist() == [[-4.0, -8.0], [0.0, 0.0]]  # the blank pulls nowhere
    after = step(state, ratings, 0.1)
    assert after.user_factors.tolist() == [[1.4, 2.2]] and after.item_factors.tolist() == [[1.4, 1.3], [3.0, 3.0]]


def test_gradients_equal_those_of_autograd():
    state = start(RATINGS, seed=3)
    users, films = (torch.tensor(each, requires_grad=True) for each in (state.user_factors, state.item_factors))
    ratings = torch.tensor(RATINGS)
    known = ~ratings.isnan()
    loss = torch.nn.functional.mse_loss((users @ films.T)[known], ratings[known])
    loss.backward()
    assert state.loss == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(state.user_gradients, users.grad, rtol=1e-12)
    np.testing.assert_allclose(state.item_gradients, films.grad, rtol=1e-12)


def test_loss_falls_and_a_seed_repeats_itself():
    states = trajectory(RATINGS, 0, 0.2, 40)
    losses = [state.loss for state in states]
    assert len(states) == 41 and losses == sorted(losses, reverse=True) and losses[-1] < 0.1 * losses[0]
    assert [state.loss for state in trajectory(RATINGS, 0, 0.2, 40)] == losses
    assert trajectory(RATINGS, 1, 0.2, 0)[0].loss != losses[0]


def test_steps_that_are_too_long_end_early():
    states = trajectory(RATINGS, 0, 5.0, 40)
    assert 1 <= len(states) < 41 and all(np.isfinite(state.loss) for state in states)
