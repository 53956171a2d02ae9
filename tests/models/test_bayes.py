"""The Bayesian model: every closed form against a direct solve, what never gets worse, and what it reaches on MovieLens."""

import dataclasses

import numpy as np
import pytest

from collab.data.dataset import encode
from collab.data.ratings import RatingScale
from collab.data.splitting import split_by
from collab.errors import SettingError
from collab.models import build_model, preset_of
from collab.models import sweeps as module
from collab.models.bayes import Bayes, BayesSettings
from collab.models.levels import level_probabilities
from collab.training.fit import fit

SCALE = RatingScale(1.0, 5.0, 1.0)
CHAPTER_MSE = 0.8178  # of `dot-bias`, preset chapter, mean over seeds 0, 1, 2: tests/benchmarks/README.md


@pytest.fixture(scope="module")
def ratings(make_ratings):
    """Thirty users, twenty films; some pairs stand there twice, and user 30 and film 20 have a single rating."""
    generator = np.random.default_rng(4)
    rows = generator.integers([1, 1, 1], [30, 20, 6], size=(300, 3)).tolist()
    return make_ratings([*rows, rows[0], (30, 20, 4)])


def factorisation(ratings, n_sweeps=2, **settings):
    """The posterior after some sweeps."""
    model = Bayes(BayesSettings(**{"n_factors": 3, "epochs": n_sweeps, **settings}), ratings.n_users, ratings.n_items)
    for sweep in model.train_epochs(ratings):
        list(sweep)
    return model._posterior


def state(side):
    """Means, covariances, prior mean of every row, prior precision of a side, in double precision."""
    pack = side.pack
    return (
        side.means.double().numpy(),
        pack.unpack(side.covariances).double().numpy(),
        (side.prior_mean + side.offset).double().numpy(),
        np.linalg.inv(side.prior_covariance.double().numpy()),
    )


def moments(means, covariances):
    """E[d], E[d dᵀ] and E[b d] of d = [factors; 1] and the bias b, of every row."""
    described = np.column_stack([means[:, :-1], np.ones(len(means))])
    square = described[:, :, None] * described[:, None, :]
    square[:, :-1, :-1] += covariances[:, :-1, :-1]
    with_bias = described * means[:, -1:]
    with_bias[:, :-1] += covariances[:, :-1, -1]
    return described, square, with_bias


@pytest.mark.parametrize("kernel_rank", [0, 5])
def test_a_half_sweep_is_the_direct_solve_for_every_user_and_film(ratings, kernel_rank):
    found = factorisation(ratings, kernel_rank=kernel_rank)
    user, item = found.user.numpy(), found.item.numpy()
    y = ratings.rating.astype(np.float64) - found.global_mean
    noise = found.precision * found.relative_precision.double().numpy()  # one precision a user
    for own, other, of_own, of_other, solve in (
        (found.users, found.items, user, item, found.solve_users),
        (found.items, found.users, item, user, found.solve_items),
    ):
        _, _, prior, precision = state(own)
        means, covariances, _, _ = state(other)
        described, square, with_bias = moments(means, covariances)
        own.learn_prior = lambda: None  # only the solve is looked at
        solve()
        del own.learn_prior
        new_means, new_covariances, _, _ = state(own)
        for row in range(len(new_means)):
            seen = np.flatnonzero(of_own == row)
            partner, weight = of_other[seen], noise[user[seen]]
            direct = precision + np.einsum("n,nij->ij", weight, square[partner])
            pull = (weight[:, None] * (y[seen, None] * described[partner] - with_bias[partner])).sum(0)
            np.testing.assert_allclose(new_covariances[row], np.linalg.inv(direct), rtol=2e-3, atol=1e-5)
            np.testing.assert_allclose(
                new_means[row], np.linalg.solve(direct, precision @ prior[row] + pull), rtol=2e-3, atol=1e-4
            )
        noise = found.precision * found.relative_precision.double().numpy()


def expected_squares(found):
    """E[(y − p·q − b_u − b_i)²] of every rating, by the rules for products of independent Gaussians."""
    user, item = found.user.numpy(), found.item.numpy()
    (w, c, *_), (v, k, *_) = state(found.users), state(found.items)
    d_user, d_item = moments(w, c)[0][user], moments(v, k)[0][item]
    mean = (w[user, :-1] * v[item, :-1]).sum(1) + w[user, -1] + v[item, -1]
    variance = (
        np.einsum("ni,nij,nj->n", d_item, c[user], d_item)
        + np.einsum("ni,nij,nj->n", d_user, k[item], d_user)
        + np.einsum("nij,nij->n", c[user, :-1, :-1], k[item, :-1, :-1])
    )
    y = found.rating.double().numpy() - found.global_mean
    return (y - mean) ** 2 + variance


def test_noise_levels_follow_from_the_expected_squared_errors(ratings):
    found = factorisation(ratings, noise_freedom=20)
    before = found.precision
    found.solve_users()
    error = np.bincount(found.user.numpy(), weights=expected_squares(found))
    relative_precision = (20 + found.n_by_user.numpy()) / (20 + before * error)
    np.testing.assert_allclose(found.relative_precision, relative_precision, rtol=1e-4)
    assert found.precision == pytest.approx((2 + len(ratings)) / (2 + relative_precision @ error), rel=1e-4)
    assert relative_precision.std() > 0.05


def bound(found):
    """The variational bound on the log likelihood without what half sweeps do not change (all priors are held)."""
    total = -found.precision / 2 * expected_squares(found).sum()
    for side in (found.users, found.items):
        means, covariances, prior, precision = state(side)
        error = means - prior
        total -= (np.einsum("ni,ij,nj->", error, precision, error) + np.einsum("nij,ij->", covariances, precision)) / 2
        total += np.linalg.slogdet(covariances).logabsdet.sum() / 2
    return total


def test_no_half_sweep_lowers_the_bound(ratings, monkeypatch):
    """With priors and noise held every half sweep finds the best of its kind."""
    found = factorisation(ratings)
    monkeypatch.setattr(module.Side, "learn_prior", lambda side: None)
    found.precision, found.relative_precision[:] = 1.0, 1.0
    found.users.covariances = found.users.pack.pack(found.users.prior_covariance).repeat(len(found.users.means), 1)
    bounds = []
    for _ in range(8):
        for half in (found.solve_users, found.solve_items):
            half()
            found.precision, found.relative_precision[:] = 1.0, 1.0
            bounds.append(bound(found))
    assert (np.diff(bounds) > -1e-3).all()
    assert bounds[-1] > bounds[0]


def test_the_training_error_falls_with_every_sweep(make_ratings):
    """On forty people of two opposite tastes, a third of whose stars are thrown."""
    generator = np.random.default_rng(2)
    rows = [
        (user, film, int(generator.integers(1, 6)) if generator.random() < 1 / 3 else 4 if (user + film) % 2 else 2)
        for user in range(1, 41)
        for film in range(1, 31)
    ]
    train = make_ratings(rows)
    outcome = fit(Bayes(BayesSettings(epochs=15), train.n_users, train.n_items, SCALE), train, train)
    losses = [report.train_loss for report in outcome.epochs]
    assert losses[-1] < 0.8 * losses[0]
    assert max(np.diff(losses)) < 0.005


def test_implicit_feedback_is_regression_on_who_rated_what(ratings):
    """The prior means are K (K + λ)⁻¹ (W − m), with K = X Xᵀ of the normalised 0/1 matrix: Gaussian process regression."""
    found = factorisation(ratings, kernel_rank=40)
    for side, rows, columns in ((found.users, found.user, found.item), (found.items, found.item, found.user)):
        rated = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1))
        rated[rows, columns] = 1.0
        rated /= rated.sum(1, keepdims=True) ** 0.25
        kernel = rated @ rated.T
        (kernel_of_side,) = side.kernels
        basis, square = kernel_of_side.basis, kernel_of_side.square
        np.testing.assert_allclose((basis * square) @ basis.T, kernel, atol=1e-3 * kernel.max())
        means, strength, mean = side.means.double().numpy(), kernel_of_side.strength, side.prior_mean.double().numpy()
        side.learn_prior()
        expected = kernel @ np.linalg.solve(kernel + strength * np.eye(len(kernel)), means - mean)
        np.testing.assert_allclose(side.offset, expected, atol=2e-3 * np.abs(expected).max())


def test_leading_directions_are_those_of_a_full_decomposition(ratings):
    user, item = ratings.user_index.astype(np.int64) - 1, ratings.item_index.astype(np.int64) - 1
    table = module.Table(user, item, np.ones(len(user)), 30, 20)
    basis, square = module.leading(table, 20, 4, module.torch.Generator().manual_seed(0))
    left, values, _ = np.linalg.svd(table.by_user.toarray(), full_matrices=False)
    np.testing.assert_allclose(square, values[:4] ** 2, rtol=0.02)  # random numbers have no gap after the fourth
    assert abs(basis.numpy()[:, 0] @ left[:, 0]) == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-4)


def test_variance_of_a_rating_is_that_of_draws_from_the_posterior(ratings):
    model = Bayes(BayesSettings(n_factors=3, epochs=5), ratings.n_users, ratings.n_items)
    fit(model, ratings, ratings)
    generator, n_draws = np.random.default_rng(0), 100_000
    for user, item in ((1, 1), (30, 20), (0, 5), (0, 0)):
        users, items = (
            generator.multivariate_normal(np.append(factors[row], biases[row]), covariances[row], n_draws)
            for factors, biases, covariances, row in (
                (model.user_factors, model.user_biases, model.user_covariances, user),
                (model.item_factors, model.item_biases, model.item_covariances, item),
            )
        )
        drawn = (users[:, :-1] * items[:, :-1]).sum(1) + users[:, -1] + items[:, -1]
        mean, variance = model.predict_with_variance(np.array(user), np.array(item))
        assert mean == pytest.approx(drawn.mean(), abs=0.03)
        assert variance == pytest.approx(drawn.var() + model.noise_variances[user], rel=0.03)


def test_whoever_has_no_rating_gets_the_prior(ratings):
    some = ratings.take(np.flatnonzero((ratings.user_index != 7) & (ratings.item_index != 9)))
    model = Bayes(BayesSettings(n_factors=3, epochs=5), ratings.n_users, ratings.n_items, SCALE)
    fit(model, some, ratings)
    found = model._posterior
    np.testing.assert_array_equal(model.user_factors[[0, 7]], found.users.prior_mean[:-1].expand(2, -1))
    np.testing.assert_allclose(
        model.item_covariances[[0, 9]], found.items.prior_covariance.expand(2, -1, -1), rtol=1e-5
    )
    assert model.noise_variances[0] == model.noise_variances[7] == pytest.approx(1 / found.precision)
    rated = np.unique(some.user_index)
    _, variance = model.predict_with_variance(np.arange(ratings.n_users), np.array(1))
    unknown = variance - model.noise_variances  # what is not known of the taste; the noise is the user's own
    assert unknown[0] == unknown[7] > unknown[rated].max() > 0


@pytest.mark.parametrize("stars", [1, 5])
def test_ratings_that_are_all_alike_are_learned_and_nothing_breaks(make_ratings, stars):
    ratings = make_ratings([(user, film, stars) for user in range(1, 40) for film in range(1, 60)])
    model = Bayes(BayesSettings(epochs=60), ratings.n_users, ratings.n_items, SCALE)
    assert fit(model, ratings, ratings).valid.mse < 1e-3
    assert np.isfinite(model.predict_with_variance(np.arange(40)[:, None], np.arange(60))[1]).all()


def test_settings_out_of_range_never_become_a_model():
    with pytest.raises(SettingError, match="kernel_rank is -1; allowed is a whole number from 0 to 200"):
        BayesSettings(kernel_rank=-1)


def train_on(dataset, ratings, preset, seed):
    """The model, its held-out rows and their MSE, for a random 20 % and a model of the same seed."""
    split = split_by("random:0.2", dataset, seed)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    settings = dataclasses.replace(preset_of("bayes", preset), seed=seed)
    model = build_model("bayes", settings, ratings.n_users, ratings.n_items, ratings.rating_scale)
    return model, valid, fit(model, train, valid).valid.mse


@pytest.fixture(scope="module")
def fits(movielens_100k):
    ratings = encode(movielens_100k)
    return [train_on(movielens_100k, ratings, "fast", seed) for seed in range(3)]


def test_far_better_than_the_chapters_model(fits):
    assert np.mean([mse for *_, mse in fits]) <= CHAPTER_MSE - 0.030


def test_the_accurate_preset_is_more_accurate(fits, movielens_100k):
    accurate = [train_on(movielens_100k, encode(movielens_100k), "accurate", seed)[2] for seed in range(3)]
    assert np.mean(accurate) < np.mean([mse for *_, mse in fits])


@pytest.mark.parametrize("coverage, reach", [(0.5, 0.6745), (0.8, 1.2816), (0.95, 1.96)])
def test_intervals_hold_the_share_of_held_out_ratings_that_they_promise(fits, coverage, reach):
    model, valid, _ = fits[0]
    mean, variance = model.predict_with_variance(valid.user_index, valid.item_index)
    within = np.abs(valid.rating - mean) <= reach * np.sqrt(variance)
    assert within.mean() == pytest.approx(coverage, abs=0.03)


def test_chances_of_the_levels_beat_the_histogram(fits):
    """Log loss over the held-out ratings of seed 0, against always saying how often each level occurs."""
    model, valid, _ = fits[0]
    chances = level_probabilities(*model.predict_with_variance(valid.user_index, valid.item_index), SCALE)
    level = valid.rating.astype(int) - 1
    histogram = np.bincount(level) / len(level)
    assert -np.log(chances[np.arange(len(level)), level]).mean() < -np.log(histogram[level]).mean() - 0.15
