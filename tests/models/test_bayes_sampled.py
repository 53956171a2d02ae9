"""The sampled Bayesian model: its draws against the distributions they should have, its mean and covariances, what it reaches."""

import dataclasses
from statistics import NormalDist

import numpy as np
import pytest
import torch

from collab.data.dataset import encode
from collab.data.features import Features, features_of
from collab.data.ratings import RatingScale
from collab.data.splitting import split_by
from collab.models import bayes_sampled as module
from collab.models import build_model, preset_of
from collab.models.bayes import Bayes, BayesSettings
from collab.models.bayes_sampled import BayesSampled, BayesSampledSettings
from collab.models.levels import level_probabilities
from collab.models.sweeps import feature_kernel
from collab.training.fit import fit

SCALE = RatingScale(1.0, 5.0, 1.0)
CHAPTER_MSE = 0.8178  # of `dot-bias`, preset chapter, mean over seeds 0, 1, 2: tests/benchmarks/README.md


@pytest.fixture(scope="module")
def ratings(make_ratings):
    """Thirty users, twenty films."""
    generator = np.random.default_rng(4)
    return make_ratings(generator.integers([1, 1, 1], [31, 21, 6], size=(300, 3)).tolist())


@pytest.fixture
def chain(ratings):
    """The state of the sampler after three sweeps."""
    settings = BayesSampledSettings(n_factors=2, epochs=3, kernel_rank=4)
    model = BayesSampled(settings, ratings.n_users, ratings.n_items, SCALE)
    for sweep in model.train_epochs(ratings):
        list(sweep)
    return model._posterior


def test_users_are_drawn_from_their_posterior(chain):
    """Expectation and covariance of many draws, against the precision and target that the closed form has."""
    users = chain.users
    gram, pull, _ = chain._sums(chain.items, None, of_users=True)
    weight = (chain.precision * chain.relative_precision)[:, None]
    root, target = users._system(gram, pull, weight)
    precision = (root @ root.mT).double().numpy()
    draws = []
    for _ in range(4000):
        users.solve(gram, pull, weight)
        draws.append(users.means.double().numpy())
    draws = np.array(draws)
    mean = np.linalg.solve(precision, target.double().numpy()[:, :, None])[:, :, 0]
    np.testing.assert_allclose(users.expected, mean, atol=1e-4)
    deviation = np.sqrt(np.linalg.inv(precision).diagonal(axis1=1, axis2=2))
    assert np.abs((draws.mean(0) - mean) / deviation).max() < 5 / np.sqrt(4000)
    away = draws[:, 5] - mean[5]
    np.testing.assert_allclose(away.T @ away / 4000, np.linalg.inv(precision[5]), atol=0.1 * deviation[5].max() ** 2)


def test_noise_levels_are_drawn_from_their_gammas(chain):
    """With the errors held, a user's steadiness is Gamma((ν + n)/2, (ν + αe²)/2): its mean and spread over many draws."""
    error = torch.rand(30, generator=torch.Generator().manual_seed(0)) * 20
    drawn = []
    for _ in range(4000):
        chain.precision = 1.5
        chain.learn_noise(error)
        drawn.append(chain.relative_precision.double().numpy())
    shape = (chain.freedom + chain.n_by_user.numpy()) / 2
    rate = (chain.freedom + 1.5 * error.numpy()) / 2
    np.testing.assert_allclose(np.mean(drawn, axis=0), shape / rate, rtol=0.02)
    np.testing.assert_allclose(np.std(drawn, axis=0), np.sqrt(shape) / rate, rtol=0.08)


def test_the_common_covariance_is_drawn_around_what_the_rows_show(chain):
    """Without kernels the expectation of an inverse Wishart is its scale divided by the degrees of freedom − width − 1."""
    side = chain.users
    side.kernels, side.offset = [], torch.zeros_like(side.means)
    n, width = side.means.shape
    side.means = torch.from_numpy(np.random.default_rng(1).normal(size=(n, width)).astype(np.float32))
    drawn, scales = [], []
    for _ in range(4000):
        side.learn_prior()
        drawn.append(side.prior_covariance.double().numpy())
        error = (side.means - side.prior_mean).double().numpy()
        mean = side.prior_mean.double().numpy()
        scales.append(np.eye(width) + error.T @ error + module.MEAN_STRENGTH * np.outer(mean, mean))
    expected = np.mean(scales, axis=0) / (n + width - width - 1)
    np.testing.assert_allclose(np.mean(drawn, axis=0), expected, atol=0.03 * expected.max())


def test_the_leading_product_is_the_closest_of_its_rank():
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(n, 7, generator=generator) for n in (30, 20))
    found = module._leading_product(left, right, 3)
    over, values, under = np.linalg.svd((left @ right.T).numpy(), full_matrices=False)
    np.testing.assert_allclose(found[0] @ found[1].T, (over[:, :3] * values[:3]) @ under[:3], atol=1e-4)
    np.testing.assert_allclose(
        (found[0] ** 2).sum(0), values[:3], rtol=1e-4
    )  # each side has the root of a singular value
    np.testing.assert_allclose((found[1] ** 2).sum(0), values[:3], rtol=1e-4)


def test_the_leading_product_of_fewer_directions_is_exact_and_padded():
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(n, 2, generator=generator) for n in (30, 20))
    found = module._leading_product(torch.cat([left, left], 1), torch.cat([right, right], 1), 5)
    np.testing.assert_allclose(found[0] @ found[1].T, 2 * left @ right.T, atol=1e-4)
    assert not found[0][:, 2:].any() and not found[1][:, 2:].any()


def test_draw_number_t_counts_t_times():
    generator = torch.Generator().manual_seed(0)
    draws = [tuple(torch.randn(n, 2, generator=generator) for n in (9, 8)) for _ in range(4)]  # rank 1 each, and a bias
    mean = module._Mean(9, 8, 4)
    for number, (users, items) in enumerate(draws, start=1):
        mean.add(users, items, 2 / (number + 1))
    weights = np.arange(1, 5) / 10
    for found, expected in (
        (mean.left @ mean.right.T, [users[:, :1] @ items[:, :1].T for users, items in draws]),
        (mean.left_bias, [users[:, 1] for users, _ in draws]),
        (mean.right_bias, [items[:, 1] for _, items in draws]),
    ):
        np.testing.assert_allclose(
            found, sum(weight * each.numpy() for weight, each in zip(weights, expected, strict=True)), atol=1e-4
        )


def test_features_are_regression_too():
    """The prior means of all rows are K (K + λ)⁻¹ of centred features, and reach rows that have no rating."""
    generator = np.random.default_rng(0)
    features = generator.integers(0, 2, size=(12, 4)).astype(np.float32)
    features[0] = 0
    features[1:, 0] = 1  # everybody has something
    rows = np.arange(1, 9)
    (kernel,) = feature_kernel(features, rows)
    centred = features - features[rows].mean(0)
    centred[0] = 0
    means = generator.normal(size=(8, 3))
    square, strength = kernel.square.numpy(), 1.7
    along = (square / (square + strength))[:, None] * (kernel.basis.numpy().T @ means)
    inner = centred[rows] @ centred[rows].T
    expected = centred @ centred[rows].T @ np.linalg.solve(inner + strength * np.eye(8), means)
    np.testing.assert_allclose(kernel.everyone.numpy() @ along, expected, atol=1e-4)
    assert not kernel.everyone[0].any()


@pytest.mark.parametrize("features", [None, np.zeros((5, 0), np.float32), np.zeros((5, 3), np.float32)])
def test_features_that_say_nothing_are_left_out(features):
    assert feature_kernel(features, np.arange(1, 5)) == []


@pytest.mark.parametrize("name, epochs", [("bayes", 30), ("bayes-sampled", 100)])
def test_a_film_without_ratings_is_known_by_its_genre(make_ratings, name, epochs):
    """Odd films are of the genre that everybody loves; films 39 and 40 have no rating at all."""
    rows = [(user, film, 5 if film % 2 else 2) for user in range(1, 41) for film in range(1, 39) if (user + film) % 3]
    train = make_ratings([*rows, (41, 40, 3), (41, 39, 3)]).take(np.arange(len(rows)))
    genre = np.zeros((train.n_items, 2), np.float32)
    genre[np.arange(1, 41), np.arange(1, 41) % 2] = 1
    for features, told in ((Features(None, genre), True), (None, False)):
        settings = dataclasses.replace(preset_of(name, "fast"), epochs=epochs, n_factors=2, side_information=True)
        model = build_model(name, settings, train.n_users, train.n_items, SCALE, features)
        fit(model, train, train)
        odd, even = model.predict(np.array([1, 1]), np.array([39, 40]))
        assert odd - even > 2 if told else odd == even


def test_side_information_is_left_out_where_it_is_not_wanted(make_ratings, ratings):
    features = Features(np.eye(ratings.n_users, dtype=np.float32), None)
    models = [
        Bayes(BayesSettings(epochs=2, side_information=wanted), ratings.n_users, ratings.n_items, SCALE, features)
        for wanted in (False, True)
    ]
    for model in models:
        fit(model, ratings, ratings)
    assert not np.array_equal(models[0].user_factors, models[1].user_factors)
    plain = Bayes(BayesSettings(epochs=2), ratings.n_users, ratings.n_items, SCALE)
    fit(plain, ratings, ratings)
    assert np.array_equal(models[0].user_factors, plain.user_factors)


@pytest.fixture(scope="module")
def trained(movielens_100k):
    """A model with few draws, its training and held-out rows, its MSE there, and all draws of the later half."""
    ratings = encode(movielens_100k)
    split = split_by("random:0.2", movielens_100k, 0)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    features = features_of(movielens_100k, ratings)
    settings = preset_of("bayes-sampled", "fast")
    model = build_model("bayes-sampled", settings, ratings.n_users, ratings.n_items, SCALE, features)
    draws = []

    def remember(report):
        chain = model._posterior
        if report.epoch > settings.epochs / 2:
            draws.append(
                (
                    chain.users.everyone(chain.users.means, model.n_users),
                    chain.items.everyone(chain.items.means, model.n_items),
                )
            )

    outcome = fit(model, train, valid, on_epoch=remember)
    return model, valid, outcome.valid.mse, draws


def test_it_is_more_accurate_than_the_chapters_model_and_the_closed_form(trained, movielens_100k):
    _, _, mse, _ = trained
    ratings = encode(movielens_100k)
    split = split_by("random:0.2", movielens_100k, 0)
    closed = build_model("bayes", preset_of("bayes", "accurate"), ratings.n_users, ratings.n_items, SCALE)
    assert mse < CHAPTER_MSE - 0.05
    assert mse < fit(closed, ratings.take(split.train), ratings.take(split.valid)).valid.mse


def test_the_variance_of_a_prediction_is_the_one_among_the_draws(trained):
    """What RIDGE was chosen for, on other rows."""
    model, valid, _, draws = trained
    rows, columns = valid.user_index.astype(np.int64), valid.item_index.astype(np.int64)
    drawn = np.array(
        [((u[rows, :-1] * v[columns, :-1]).sum(1) + u[rows, -1] + v[columns, -1]).numpy() for u, v in draws]
    )
    variance = model.predict_with_variance(rows, columns)[1] - model.noise_variances[rows]
    assert variance.mean() == pytest.approx(drawn.var(axis=0).mean(), rel=0.15)
    assert np.corrcoef(variance, drawn.var(axis=0))[0, 1] > 0.75


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_intervals_hold_what_they_promise(trained, coverage):
    model, valid, _, _ = trained
    mean, variance = model.predict_with_variance(valid.user_index, valid.item_index)
    within = np.abs(valid.rating - mean) <= NormalDist().inv_cdf((1 + coverage) / 2) * np.sqrt(variance)
    assert within.mean() == pytest.approx(coverage, abs=0.03)


def test_the_factors_are_sorted_by_how_much_they_matter(trained):
    size = np.square(trained[0].item_factors[1:]).sum(0)
    assert (np.diff(size) < 0.02 * size[:-1]).all() and size[0] > 3 * size[-1]


def test_chances_of_the_levels_add_up(trained):
    model, valid, _, _ = trained
    chances = level_probabilities(*model.predict_with_variance(valid.user_index[:99], valid.item_index[:99]), SCALE)
    np.testing.assert_allclose(chances.sum(1), 1.0)
