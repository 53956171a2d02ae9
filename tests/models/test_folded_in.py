"""People who were in training, folded in as if they were new, come out where the training had put them."""

import numpy as np
import pytest

from collab.data.dataset import encode
from collab.data.tables import describe_items, describe_users
from collab.models import build_model, preset_of
from collab.models.bayes import Bayes, BayesSettings
from collab.models.fold_in import Belief, Items, fold_in
from collab.recommend.new_user import new_user
from collab.training.fit import fit


def test_bayes_agrees_where_the_belief_beforehand_is_the_same(make_ratings):
    """The half sweep of the users against `fold_in`, from each user's own prior and noise."""
    generator = np.random.default_rng(4)
    ratings = make_ratings(generator.integers([1, 1, 1], [40, 20, 6], size=(400, 3)).tolist())
    model = Bayes(BayesSettings(n_factors=4, epochs=5, kernel_rank=3), ratings.n_users, ratings.n_items)
    fit(model, ratings, ratings)
    found = model._posterior
    users = found.users
    means = (users.prior_mean + users.offset).double().numpy()
    covariance = users.prior_covariance.double().numpy()
    noise = 1 / (found.precision * found.relative_precision.double().numpy())
    items = model.item_factors.copy(), model.item_biases.copy(), model.item_covariances.copy()
    found.solve_users()  # the training's own last step would be that of the films
    rows = users.rows.numpy()
    for place, row in enumerate(rows):
        mine = ratings.user_index == row
        posterior = fold_in(
            Belief(means[place], covariance),
            Items(*items, None, noise[place]),
            ratings.item_index[mine],
            ratings.rating[mine] - found.global_mean,
        )
        assert posterior.mean == pytest.approx(users.means[place].numpy(), abs=1e-4)
        trained = model._pack.unpack(users.covariances[place : place + 1])[0].numpy()
        assert posterior.covariance == pytest.approx(trained, abs=1e-4)


def test_dot_bias_agrees_within_a_fifth_of_a_star(movielens_100k):
    ratings = encode(movielens_100k)
    model = build_model("dot-bias", preset_of("dot-bias", "fast"), ratings.n_users, ratings.n_items)
    valid_mse = fit(model, ratings, ratings.take(np.arange(1000))).valid.mse
    films = describe_items(movielens_100k, ratings, "title")
    known = new_user(model, describe_users(ratings), films, valid_mse, ratings.rating_scale)
    everything, apart = np.arange(1, ratings.n_items), []
    for user in np.random.default_rng(0).integers(1, ratings.n_users, 20):
        mine = ratings.user_index == user
        rated = dict(zip(ratings.item_index[mine].tolist(), ratings.rating[mine].tolist(), strict=True))
        found, _ = known.predict(rated)
        apart.append(np.abs(found.score[everything] - model.predict(np.array(user), everything)).mean())
    assert np.mean(apart) < 0.2
