"""`ordinal`: its loss and gradient by hand and beside autograd, its chances, and what it makes of somebody new."""

import dataclasses

import numpy as np
import pytest
import torch

from collab.data.ratings import RatingScale
from collab.models import build_model
from collab.models.net_fold_in import row_prior
from collab.models.ordinal import Ordinal, OrdinalSettings, loss_and_gradient
from collab.models.ordinal_fold_in import Items
from collab.training.fit import fit

HALF_STARS = RatingScale(0.5, 5.0, 0.5)


@pytest.fixture
def board(make_ratings):
    """Even users love even films and hate odd ones, odd users the other way round; nobody is lukewarm."""
    return make_ratings(
        [(user, film, 5 if (user + film) % 2 == 0 else 1) for user in range(1, 31) for film in range(1, 21)]
    )


@pytest.fixture
def trained(board):
    model = Ordinal(OrdinalSettings(epochs=60, n_factors=8), board.n_users, board.n_items, board.rating_scale)
    fit(model, board, board)
    return model


def test_cross_entropy_by_hand():
    """One rating of 3 on a scale 1, 2, 3 with everything zero but the common logits (0, 0, log 2)."""
    pairs = torch.zeros(1, 2, 1 + 1 + 3)
    pairs[0, 0, 0], pairs[0, 1, 0] = 2.0, 0.5  # p, q: s = 1
    common, stars = torch.tensor([0.0, 0.0, float(np.log(2.0))]), torch.tensor([-1.0, 0.0, 1.0])
    chances, gradient, of_common = loss_and_gradient(pairs, common, torch.tensor([2]), stars, True)
    weights = np.array([np.exp(-1.0), 1.0, 2 * np.exp(1.0)])
    expected = weights / weights.sum()
    np.testing.assert_allclose(chances[0], expected, rtol=1e-6)
    by_logit = expected - [0, 0, 1]
    by_score = by_logit[2] - by_logit[0]
    np.testing.assert_allclose(of_common, by_logit, rtol=1e-5)
    np.testing.assert_allclose(gradient[0, 0], [0.5 * by_score, by_score, *by_logit], rtol=1e-5)
    np.testing.assert_allclose(gradient[0, 1], [2.0 * by_score, by_score, *by_logit], rtol=1e-5)


@pytest.mark.parametrize("own_levels", [True, False])
def test_gradient_equals_autograd(own_levels):
    torch.manual_seed(0)
    n_factors, n_levels, n = 4, 10, 6
    pairs = torch.randn(n, 2, n_factors + 1 + n_levels)
    if not own_levels:
        pairs[:, :, n_factors + 1 :] = 0
    common, given = torch.randn(n_levels), torch.randint(n_levels, (n,))
    stars = torch.linspace(-2.25, 2.25, n_levels)
    found = loss_and_gradient(pairs, common, given, stars, own_levels)
    pairs.requires_grad_(), common.requires_grad_()
    user, film = pairs.unbind(1)
    score = (user[:, :n_factors] * film[:, :n_factors]).sum(1) + user[:, n_factors] + film[:, n_factors]
    logits = common + score[:, None] * stars
    if own_levels:
        logits = logits + user[:, n_factors + 1 :] + film[:, n_factors + 1 :]
    loss = torch.nn.functional.cross_entropy(logits, given)
    for mine, theirs in zip(found[1:], torch.autograd.grad(loss, [pairs, common]), strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("scale", [RatingScale(1.0, 5.0, 1.0), HALF_STARS])
def test_chances_add_up_to_one_and_give_the_expected_rating(scale):
    model = build_model("ordinal", OrdinalSettings(), 20, 30, scale)
    model.table.normal_(generator=torch.Generator().manual_seed(0))
    chances = model.level_probabilities(np.arange(20)[:, None], np.arange(30))
    assert chances.shape == (20, 30, len(scale.levels)) and (chances >= 0).all()
    np.testing.assert_allclose(chances.sum(-1), 1, atol=1e-5)
    expected = chances @ scale.levels
    mean, variance = model.predict_with_variance(np.arange(20)[:, None], np.arange(30))
    np.testing.assert_allclose(mean, expected, atol=1e-4)
    np.testing.assert_allclose(variance, (chances * (scale.levels - expected[..., None]) ** 2).sum(-1), atol=1e-3)


def test_a_higher_score_moves_the_chances_up():
    model = build_model("ordinal", OrdinalSettings(own_levels=False), 2, 4, HALF_STARS)
    model.table[:] = 0.0
    model.item_biases[:] = [-1.0, 0.0, 0.5, 2.0]
    below = np.cumsum(model.level_probabilities(1, np.arange(4)), axis=1)[:, :-1]
    assert (np.diff(below, axis=0) < 0).all()


def test_starts_from_the_shares_of_the_levels(make_ratings):
    ratings = make_ratings([(1, 1, 1), (1, 2, 3), (2, 1, 3), (2, 2, 5)])
    model = Ordinal(OrdinalSettings(epochs=1), ratings.n_users, ratings.n_items, ratings.rating_scale)
    next(model.train_epochs(ratings))
    # a level that nobody gave counts as half a rating
    np.testing.assert_allclose(np.exp(model.level_logits), np.array([1, 0.5, 2, 0.5, 1]) / 5, rtol=1e-6)


def test_nobody_lukewarm_is_learned_as_such(board, trained):
    """Loved or hated: three stars are unlikely even where the expected rating lies in the middle, for the unknown user."""
    chances = trained.level_probabilities(0, 0)
    assert 2 < trained.predict(0, 0) < 4 and chances[2] < 0.1


def test_what_a_newcomer_rates_moves_chances_and_doubt(trained):
    before = trained.fold_in_user(np.array([], dtype=int), np.array([]), 0.5)
    after = trained.fold_in_user(np.array([2, 4, 5]), np.array([5.0, 5.0, 1.0]), 0.5)
    rest = np.arange(6, 21)
    assert (after.rating[rest[::2]] > after.rating[rest[1::2]].max() + 1).all()
    assert (after.chances[rest[::2], 4] > before.chances[rest[::2], 4]).all()
    assert after.variance.mean() < before.variance.mean()
    for found in (before, after):
        np.testing.assert_allclose(found.chances.sum(1), 1, atol=1e-9)
        np.testing.assert_allclose(found.chances @ [1, 2, 3, 4, 5], found.rating)


def test_the_fold_in_comes_to_rest_at_the_most_probable_person(trained, monkeypatch):
    """With one draw in each direction and no spread left, the predictions are those of the row that autograd finds as well."""
    films, stars = np.array([2, 3, 5, 8]), np.array([5.0, 2.0, 1.0, 4.0])
    mean, root = row_prior(trained.table[: trained.n_users])
    z = torch.zeros(len(mean), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([z], max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe")
    own, design = Items(trained.table[trained.n_users :], trained.common, trained.levels).logits_of(
        torch.from_numpy(films)
    )

    def loss():
        optimizer.zero_grad()
        logits = own + design @ (mean + root @ z)
        value = z @ z / 2 + torch.nn.functional.cross_entropy(
            logits, torch.from_numpy(stars).long() - 1, reduction="sum"
        )
        value.backward()
        return value

    optimizer.step(loss)
    monkeypatch.setattr(torch, "randn", lambda *shape, **_: torch.zeros(*shape, dtype=torch.float64))
    found = trained.fold_in_user(films, stars, 0.5)
    expected = trained._chances((mean + root @ z.detach()).float(), trained.table[trained.n_users :])
    np.testing.assert_allclose(found.chances, expected, atol=1e-4)


def test_without_own_levels_there_are_no_bends(board):
    model = Ordinal(OrdinalSettings(epochs=2, own_levels=False), board.n_users, board.n_items, board.rating_scale)
    fit(model, board, board)
    assert not model.user_bends.any() and not model.item_bends.any() and "user_bends" not in model.weights()
    assert dataclasses.replace(model.settings, own_levels=True) == OrdinalSettings(epochs=2)
