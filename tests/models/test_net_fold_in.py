"""Fold-in of a net: where the net is a dot product it has to be what `cold_start` works out in closed form."""

import numpy as np
import pytest
import torch

from collab.models.fold_in import Items, user_prior
from collab.models.fold_in import fold_in as closed_form
from collab.models.net_fold_in import fold_in, row_prior

N_USERS, N_ITEMS, N_FACTORS = 200, 12, 3


@pytest.fixture
def tables():
    generator = np.random.default_rng(0)
    users = generator.normal(size=(N_USERS, N_FACTORS)).astype(np.float32)
    users[0] = users[1:-1].mean(0)
    users[-1] = users[0]  # rated nothing
    return users, generator.normal(size=(N_ITEMS, N_FACTORS)).astype(np.float32)


def rating_of(items):
    return lambda users, index: 3.5 + (users * torch.from_numpy(items)[index]).sum(1)


def test_a_linear_net_gives_the_closed_form(tables):
    users, items = tables
    index, stars = np.array([3, 7, 8]), np.array([5.0, 2.0, 4.0])
    found = fold_in(rating_of(items), row_prior(torch.from_numpy(users)), N_ITEMS, index, stars, 0.8)
    prior = user_prior(users, np.full(N_USERS, 3.5), np.arange(1, N_USERS - 1))
    expected = closed_form(prior, Items(items, np.zeros(N_ITEMS), None, None, 0.8), index, stars)
    np.testing.assert_allclose(found.rating, items @ expected.mean[:-1] + 3.5, atol=2e-4)
    variance = np.einsum("if,fg,ig->i", items, expected.covariance[:-1, :-1], items)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-4)


def test_nothing_rated_is_the_unknown_user_with_the_spread_of_the_trained(tables):
    users, items = tables
    found = fold_in(
        rating_of(items), row_prior(torch.from_numpy(users)), N_ITEMS, np.array([], dtype=int), np.array([]), 0.8
    )
    np.testing.assert_allclose(found.rating, items @ users[0] + 3.5, atol=1e-5)
    prior = user_prior(users, np.zeros(N_USERS), np.arange(1, N_USERS - 1))
    variance = np.einsum("if,fg,ig->i", items, prior.covariance[:-1, :-1], items)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-4)


def test_a_bent_net_comes_to_rest_where_the_loss_is_flat(tables):
    users, items = tables
    films, spread = torch.from_numpy(items), 0.5

    def bent(rows, index):
        return 5.5 * torch.sigmoid(torch.relu(rows + films[index]).sum(1) - 1)

    index, stars = np.array([1, 4, 6, 9]), np.array([5.0, 1.0, 4.0, 2.0])
    found = fold_in(bent, row_prior(torch.from_numpy(users)), N_ITEMS, index, stars, spread)
    start = fold_in(bent, row_prior(torch.from_numpy(users)), N_ITEMS, index[:0], stars[:0], spread)
    assert np.square(found.rating[index] - stars).sum() < 0.8 * np.square(start.rating[index] - stars).sum()
    assert np.isfinite(found.variance).all() and found.variance.mean() < start.variance.mean()
