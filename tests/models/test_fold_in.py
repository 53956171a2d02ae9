"""Cold start: the posterior on paper, against a trusted optimiser, and what must hold for any ratings."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from collab.data.ratings import RatingScale
from collab.errors import SettingError
from collab.models.fold_in import (
    FEATURE_DAMPING,
    PSEUDO_USERS,
    Belief,
    Items,
    background,
    centre_prior,
    fold_in,
    predict,
    user_prior,
)

STARS = RatingScale(1.0, 5.0, 1.0)
Y_RANGE = (0.0, 5.5)


@dataclasses.dataclass
class World:
    """A small trained model: 30 users, 12 films, 4 factors; row 0 of users is `#na#`, far away from everybody."""

    item_factors: np.ndarray
    item_biases: np.ndarray
    prior: Belief

    def items(self, y_range=Y_RANGE, noise_variance=0.8, covariances=None):
        return Items(self.item_factors, self.item_biases, covariances, y_range, noise_variance)

    def fold_in(self, item_index, ratings, *films, **more):
        return fold_in(self.prior, self.items(*films, **more), item_index, ratings)

    def predict(self, posterior, *films, rating_scale=STARS):
        return predict(posterior, self.items(*films), rating_scale)


def make_world(seed=0, scale=1.0):
    generator = np.random.default_rng(seed)
    user_factors, user_biases = generator.normal(0.1, 0.4, (30, 4)), generator.normal(0.3, 0.5, 30)
    user_factors[0], user_biases[0] = 100.0, 100.0
    prior = user_prior(user_factors, user_biases, np.ones(30, dtype=bool))
    return World(scale * generator.normal(0, 1, (12, 4)), scale * generator.normal(0.3, 0.5, 12), prior)


def loss_of(world, item_index, ratings, y_range=Y_RANGE, noise_variance=0.8):
    """The loss as it stands in `fold_in`'s docstring, in the person's own coordinates w."""
    described = np.column_stack([world.item_factors[item_index], np.ones(len(item_index))])
    precision = np.linalg.inv(world.prior.covariance)

    def loss(w):
        s = world.item_biases[item_index] + described @ w
        rating = s if y_range is None else y_range[0] + (y_range[1] - y_range[0]) / (1 + np.exp(-s))
        away = w - world.prior.mean
        return away @ precision @ away / 2 + np.sum((ratings - rating) ** 2) / (2 * noise_variance)

    return loss


def gradient_of(function, w, step=1e-6):
    ends = [(function(w + step * axis), function(w - step * axis)) for axis in np.eye(len(w))]
    return np.array([(above - below) / (2 * step) for above, below in ends])


random_answers = st.dictionaries(st.integers(0, 11), st.sampled_from(STARS.levels.tolist()), min_size=1)


def test_closed_form_on_paper():
    # k = 1, prior w ~ N((0, 3), 1), noise 1; films q = 1 and q = −1, biases 0 and 1; ratings 5 and 3.
    # Residuals of the mean: 5 − 3 = 2 and 3 − 4 = −1. Precision: 1 + [[1,1],[1,1]] + [[1,−1],[−1,1]] = [[3,0],[0,3]].
    # Pull: 2·(1,1) − 1·(−1,1) = (3, 1). So w = (0, 3) + (3, 1)/3 = (1, 10/3), covariance = 1/3.
    prior = Belief(np.array([0.0, 3.0]), np.eye(2))
    films = Items(np.array([[1.0], [-1.0]]), np.array([0.0, 1.0]), None, None, 1.0)
    posterior = fold_in(prior, films, [0, 1], [5, 3])
    assert posterior.mean == pytest.approx([1, 10 / 3])
    assert posterior.covariance == pytest.approx(np.eye(2) / 3)
    # Film 0: 1 + 10/3 = 13/3; its variance 1/3 + 1/3, and 1 of noise. Film 1: −1 + 10/3 + 1 = 10/3.
    predictions = predict(posterior, films, STARS)
    assert predictions.mean == pytest.approx([13 / 3, 10 / 3])
    assert predictions.standard_deviation == pytest.approx(np.sqrt([5 / 3, 5 / 3]))
    reach = 1.2815516 * np.sqrt(5 / 3)
    assert predictions.low == pytest.approx([13 / 3 - reach, 10 / 3 - reach])
    assert predictions.high == pytest.approx([5, 10 / 3 + reach])


def test_prior_is_mean_and_covariance_of_trained_users():
    user_factors, user_biases = np.array([[9.0], [1.0], [3.0], [7.0]]), np.array([9.0, 0.0, 1.0, 7.0])
    prior = user_prior(user_factors, user_biases, np.array([True, True, True, False]))  # 0 is #na#, 3 has no ratings
    assert prior.mean == pytest.approx([2, 0.5])
    # S = [[1, .5], [.5, .25]] of 2 users and 10 imagined ones: correlations shrink to 2/12, and 1e-6 · 0.625 is added.
    assert prior.covariance == pytest.approx(np.array([[1, 0.5 / 6], [0.5 / 6, 0.25]]) + 6.25e-7 * np.eye(2), abs=1e-12)
    by_number = user_prior(user_factors, user_biases, np.array([2, 1]))
    assert by_number.covariance == pytest.approx(prior.covariance)


def test_prior_is_invertible_with_fewer_users_than_factors_and_without_biases():
    generator = np.random.default_rng(0)
    few = user_prior(generator.normal(size=(6, 20)), np.zeros(6), np.arange(6))
    assert np.linalg.cond(few.covariance) < 1e9
    assert few.root @ few.root.T == pytest.approx(few.covariance)
    alike = user_prior(np.ones((4, 2)), np.ones(4), np.arange(4))
    assert np.linalg.eigvalsh(alike.covariance)[0] > 0


def test_model_without_biases_gives_a_new_person_none():
    generator = np.random.default_rng(0)
    prior = user_prior(generator.normal(size=(50, 3)), np.zeros(50), np.arange(50))
    films = Items(generator.normal(size=(9, 3)), np.zeros(9), None, None, 0.8)
    posterior = fold_in(prior, films, np.arange(9), np.full(9, 5.0))
    assert abs(posterior.mean[-1]) < 1e-4


def test_prior_refuses_too_few_users():
    with pytest.raises(SettingError, match="1 users have training ratings"):
        user_prior(np.ones((3, 2)), np.ones(3), np.array([0, 2]))


@pytest.mark.parametrize("noise_variance", [0.0, -1.0, float("nan")])
def test_noise_variance_has_to_be_positive(noise_variance):
    with pytest.raises(SettingError, match="noise_variance is"):
        make_world().fold_in([1], [5], noise_variance=noise_variance)


def test_no_ratings_give_the_prior():
    world = make_world()
    posterior = world.fold_in([], [])
    assert np.array_equal(posterior.mean, world.prior.mean)
    assert np.array_equal(posterior.covariance, world.prior.covariance)


@pytest.mark.parametrize("y_range", [None, Y_RANGE])
def test_agrees_with_a_trusted_optimiser(y_range):
    world = make_world()
    item_index, ratings = np.array([2, 3, 5, 7, 11]), np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    posterior = world.fold_in(item_index, ratings, y_range)
    loss = loss_of(world, item_index, ratings, y_range)
    found = minimize(loss, world.prior.mean, method="BFGS", options={"gtol": 1e-9})
    assert posterior.mean == pytest.approx(found.x, abs=1e-5)
    assert loss(posterior.mean) <= found.fun + 1e-10


@settings(deadline=None)
@given(random_answers, st.integers(0, 20), st.sampled_from([0.05, 0.8, 5.0]), st.sampled_from([0.3, 1.0, 10.0]))
def test_gradient_is_zero_at_the_mean(answers, seed, noise_variance, scale):
    world = make_world(seed, scale)  # a scale of 10 puts most films at the flat ends of the sigmoid
    item_index, ratings = np.array(list(answers)), np.array(list(answers.values()))
    posterior = world.fold_in(item_index, ratings, noise_variance=noise_variance)
    loss = loss_of(world, item_index, ratings, noise_variance=noise_variance)
    assert np.abs(gradient_of(loss, posterior.mean)).max() < 1e-4 * (1 + loss(posterior.mean))
    assert loss(posterior.mean) <= loss(world.prior.mean) + 1e-9


@pytest.mark.parametrize("y_range", [(0.0, 5.5), (0.0, 5.0), (1.0, 4.0)])  # the ends in reach, at the end, beyond it
@pytest.mark.parametrize("rating", [1.0, 5.0])
@pytest.mark.parametrize("scale", [1.0, 30.0, 1000.0])
def test_extreme_ratings_stay_finite(y_range, rating, scale):
    world = make_world(scale=scale)
    item_index, ratings = np.repeat(np.arange(12), 50), np.full(600, rating)
    posterior = world.fold_in(item_index, ratings, y_range)
    predictions = world.predict(posterior, y_range)
    away = [np.abs(ratings[:12] - world.predict(belief, y_range).score) for belief in (posterior, world.prior)]
    assert np.isfinite(posterior.mean).all() and np.isfinite(predictions.standard_deviation).all()
    assert np.sum(away[0] ** 2) <= np.sum(away[1] ** 2)
    assert np.linalg.eigvalsh(posterior.covariance)[0] > 0


def test_every_rating_has_an_exact_part_in_the_mean():
    world = make_world()
    item_index, ratings = np.array([1, 4, 6]), np.array([5.0, 2.0, 4.0])
    posterior = world.fold_in(item_index, ratings)
    described = np.column_stack([world.item_factors[item_index], np.ones(3)])
    share = 1 / (1 + np.exp(-(world.item_biases[item_index] + described @ posterior.mean)))
    parts = 5.5 * share * (1 - share) * (ratings - 5.5 * share) / 0.8
    assert posterior.mean == pytest.approx(world.prior.mean + world.prior.covariance @ described.T @ parts, abs=1e-9)


@settings(deadline=None)
@given(random_answers, st.randoms(use_true_random=False))
def test_order_does_not_matter(answers, random):
    world = make_world()
    shuffled = list(answers.items())
    random.shuffle(shuffled)
    posterior = world.fold_in(list(answers), list(answers.values()))
    again = world.fold_in([index for index, _ in shuffled], [rating for _, rating in shuffled])
    assert np.array_equal(posterior.mean, again.mean)
    assert np.array_equal(posterior.covariance, again.covariance)


@settings(deadline=None)
@given(random_answers)
def test_rating_taken_back_leaves_no_trace(answers):
    world = make_world()
    before = world.fold_in(list(answers), list(answers.values()))
    world.fold_in([*answers, 0], [*answers.values(), 5.0])
    after = world.fold_in(list(answers), list(answers.values()))
    assert np.array_equal(before.mean, after.mean)
    assert np.array_equal(before.covariance, after.covariance)


@settings(deadline=None)
@given(random_answers, st.sampled_from([None, Y_RANGE]))
def test_answers_never_make_less_certain(answers, y_range):
    world = make_world()
    posterior = world.fold_in(list(answers), list(answers.values()), y_range)
    gained = np.linalg.eigvalsh(world.prior.covariance - posterior.covariance)
    assert gained.min() > -1e-10
    assert gained.max() > 0


def test_better_ratings_raise_the_prediction_of_the_film():
    world = make_world()
    predicted = [world.predict(world.fold_in([3], [rating])).score[3] for rating in (1, 2, 3, 4, 5)]
    assert predicted == sorted(predicted)
    assert predicted[0] < world.predict(world.prior).score[3] < predicted[-1]


def test_single_precision_items_give_the_same():
    world = make_world()
    single = World(world.item_factors.astype(np.float32), world.item_biases.astype(np.float32), world.prior)
    exact, rounded = (place.predict(place.fold_in([1, 2], [5, 1])) for place in (world, single))
    assert rounded.score == pytest.approx(exact.score, abs=1e-5)
    assert rounded.standard_deviation == pytest.approx(exact.standard_deviation, abs=1e-5)


@settings(deadline=None)
@given(random_answers)
def test_predictions_stay_on_the_scale(answers):
    world = make_world(scale=3.0)
    predictions = world.predict(world.fold_in(list(answers), list(answers.values())))
    assert (predictions.low >= 1).all() and (predictions.high <= 5).all()
    assert (predictions.low <= predictions.mean).all() and (predictions.mean <= predictions.high).all()
    assert (predictions.standard_deviation >= np.sqrt(0.8)).all()
    assert predictions.mean == pytest.approx(np.clip(predictions.score, 1, 5))


def test_intervals_hold_the_ratings_of_people_that_the_model_describes():
    generator = np.random.default_rng(1)
    world = make_world()
    inside = []
    for _ in range(300):
        w = world.prior.mean + world.prior.root @ generator.normal(size=5)
        rating = 5.5 / (1 + np.exp(-(world.item_factors @ w[:-1] + w[-1] + world.item_biases)))
        rating = rating + generator.normal(0, np.sqrt(0.8), 12)
        posterior = world.fold_in([0, 1, 2, 3, 4, 5], rating[:6])
        wide = world.predict(posterior, rating_scale=RatingScale(-10.0, 15.0, 1.0))  # nothing is cut
        inside += list((wide.low[6:] <= rating[6:]) & (rating[6:] <= wide.high[6:]))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.04)


def test_prior_counts_what_is_unknown_of_the_trained_users():
    """S = [[1, .5], [.5, .25]] of the means of users 1 and 2, and the mean of their covariances; those of others do not count."""
    user_factors, user_biases = np.array([[9.0], [1.0], [3.0], [7.0]]), np.array([9.0, 0.0, 1.0, 7.0])
    covariances = np.array([np.full((2, 2), 50.0), [[2.0, 0.6], [0.6, 1.0]], [[4.0, -0.2], [-0.2, 1.0]], np.eye(2)])
    prior = user_prior(user_factors, user_biases, np.array([1, 2]), covariances)
    assert prior.mean == pytest.approx([2, 0.5])
    assert prior.covariance == pytest.approx(np.array([[4, 0.7 / 6], [0.7 / 6, 1.25]]), abs=1e-5)


@dataclasses.dataclass
class Doubt:
    """Covariances of the films of a world, and what follows from them without a sigmoid."""

    world: World
    covariances: np.ndarray

    def fold_in(self, item_index, ratings):
        return self.world.fold_in(item_index, ratings, None, 0.8, self.covariances)

    def predict(self, belief):
        return self.world.predict(belief, None, 0.8, self.covariances)


def make_doubt(size=0.3, seed=3):
    parts = np.random.default_rng(seed).normal(0, size, (12, 5, 7))
    return Doubt(make_world(), parts @ parts.transpose(0, 2, 1))


def test_films_without_doubt_give_what_points_give():
    certain = make_doubt(0.0)
    world = certain.world
    posterior, as_points = certain.fold_in([1, 4, 4, 6], [5, 2, 3, 4]), world.fold_in([1, 4, 4, 6], [5, 2, 3, 4], None)
    assert posterior.mean == pytest.approx(as_points.mean, abs=1e-9)
    assert posterior.covariance == pytest.approx(as_points.covariance)
    expected, found = world.predict(as_points, None), certain.predict(posterior)
    assert found.score == pytest.approx(expected.score)
    assert found.standard_deviation == pytest.approx(expected.standard_deviation)


def test_doubt_on_paper():
    """k = 1, prior w ~ N((0, 3), 1), noise 1; a film q = 1, b = 0, C = [[2, 1/2], [1/2, 1]]; rating 5.

    Precision: 1 + [[1, 1], [1, 1]] + [[2, 0], [0, 0]] = [[4, 1], [1, 2]]. Right side: (0, 3) + 5·(1, 1) − (1/2, 0) = (4.5, 8).
    Covariance: [[2, −1], [−1, 4]] / 7; mean: (1, 27.5) / 7 = (1/7, 27.5/7).
    Predicted: 1/7 + 27.5/7 = 28.5/7. Variance: d C_w d = (2 − 2 + 4)/7; (p, 1) C (p, 1) = 2/49 + 1/7 + 1; 2/7 · 2; noise 1.
    """
    prior = Belief(np.array([0.0, 3.0]), np.eye(2))
    film = Items(np.array([[1.0]]), np.array([0.0]), np.array([[[2.0, 0.5], [0.5, 1.0]]]), None, 1.0)
    posterior = fold_in(prior, film, [0], [5.0])
    assert posterior.covariance == pytest.approx(np.array([[2, -1], [-1, 4]]) / 7)
    assert posterior.mean == pytest.approx([1 / 7, 27.5 / 7])
    predictions = predict(posterior, film, STARS)
    assert predictions.score == pytest.approx([28.5 / 7])
    assert predictions.standard_deviation**2 == pytest.approx([4 / 7 + 2 / 49 + 1 / 7 + 1 + 4 / 7 + 1])


def test_doubtful_films_agree_with_the_expected_loss():
    """The posterior is the normal distribution of the loss averaged over films that are drawn from their covariances."""
    doubt, generator = make_doubt(), np.random.default_rng(0)
    world, item_index, ratings = doubt.world, np.array([2, 5, 5, 9]), np.array([5.0, 1.0, 2.0, 4.0])
    n = 200_000
    precision = np.linalg.inv(world.prior.covariance)
    target = precision @ world.prior.mean
    for index, rating in zip(item_index, ratings, strict=True):
        centre = np.append(world.item_factors[index], world.item_biases[index])
        drawn = generator.multivariate_normal(centre, doubt.covariances[index], n)  # (n, 5)
        described = np.column_stack([drawn[:, :-1], np.ones(n)])
        precision = precision + described.T @ described / n / 0.8
        target = target + described.T @ (rating - drawn[:, -1]) / n / 0.8
    posterior = doubt.fold_in(item_index, ratings)
    assert posterior.covariance == pytest.approx(np.linalg.inv(precision), abs=2e-3)
    assert posterior.mean == pytest.approx(np.linalg.solve(precision, target), abs=1e-2)


def test_predicted_variance_agrees_with_drawn_films_and_persons():
    doubt, generator = make_doubt(), np.random.default_rng(0)
    posterior, n = doubt.fold_in([2, 5], [5, 1]), 400_000
    found = doubt.predict(posterior)
    person = generator.multivariate_normal(posterior.mean, posterior.covariance, n)  # (n, 5)
    for index in (2, 7):
        centre = np.append(doubt.world.item_factors[index], doubt.world.item_biases[index])
        film = generator.multivariate_normal(centre, doubt.covariances[index], n)
        rating = (person[:, :-1] * film[:, :-1]).sum(1) + person[:, -1] + film[:, -1]
        assert found.score[index] == pytest.approx(rating.mean(), abs=0.02)
        assert found.standard_deviation[index] ** 2 == pytest.approx(rating.var() + 0.8, rel=0.02)


@given(random_answers)
def test_doubt_teaches_less_and_widens_what_is_promised(answers):
    """Tastes begin at zero, and no film's factors go with its bias: what moves a taste then moves it less."""
    sure, unsure = make_doubt(0.1), make_doubt(0.4)  # the same directions, sixteen times the variance
    item_index, ratings = list(answers), list(answers.values())
    for each in (sure, unsure):
        each.world.prior = Belief(np.array([0, 0, 0, 0, 0.5]), each.world.prior.covariance)
        each.covariances[:, -1, :-1] = each.covariances[:, :-1, -1] = 0.0
    belief, doubtful = sure.fold_in(item_index, ratings), unsure.fold_in(item_index, ratings)
    doubt = sure.covariances[item_index, :-1, :-1].sum(0)  # the directions in which these films are little known
    assert doubtful.mean[:-1] @ doubt @ doubtful.mean[:-1] <= belief.mean[:-1] @ doubt @ belief.mean[:-1] + 1e-12
    narrow, wide = sure.predict(belief), unsure.predict(belief)
    assert (wide.standard_deviation > narrow.standard_deviation).all()
    assert np.array_equal(wide.score, narrow.score)


def test_every_rating_of_a_doubtful_film_has_an_exact_part_in_the_mean():
    doubt = make_doubt()
    item_index, ratings = np.array([1, 4, 6]), np.array([5.0, 2.0, 4.0])
    posterior, world = doubt.fold_in(item_index, ratings), doubt.world
    parts = np.zeros((3, 5))
    for place, (index, rating) in enumerate(zip(item_index, ratings, strict=True)):
        described, covariance = np.append(world.item_factors[index], 1.0), doubt.covariances[index]
        residual = rating - world.item_biases[index] - described @ posterior.mean
        pull = residual * described
        pull[:-1] -= covariance[-1, :-1] + covariance[:-1, :-1] @ posterior.mean[:-1]
        parts[place] = world.prior.covariance @ pull / 0.8
    assert posterior.mean == pytest.approx(world.prior.mean + parts.sum(0), abs=1e-9)


def test_order_of_doubtful_films_does_not_matter():
    doubt = make_doubt()
    one, other = doubt.fold_in([1, 4, 6], [5, 2, 4]), doubt.fold_in([6, 1, 4], [4, 5, 2])
    assert np.array_equal(one.mean, other.mean) and np.array_equal(one.covariance, other.covariance)


@pytest.mark.parametrize("y_range", [None, Y_RANGE])
def test_prior_that_meets_the_ratings_moves_the_bias_alone(y_range):
    world = make_world()
    n_ratings, mean_rating = np.array([0, *range(1, 12)]), np.array([np.nan, *np.linspace(2, 4, 11)])
    met = centre_prior(world.prior, world.items(y_range), n_ratings, mean_rating)
    found = world.predict(met, y_range).score
    assert n_ratings[1:] @ found[1:] == pytest.approx(n_ratings[1:] @ mean_rating[1:])
    assert met.mean[:-1].tolist() == world.prior.mean[:-1].tolist() and met.covariance is world.prior.covariance


def test_prior_out_of_reach_of_the_ratings_stays_as_it_is():
    world = make_world()
    assert centre_prior(world.prior, world.items((1.0, 4.0)), np.ones(12), np.full(12, 5.0)) is world.prior


def test_what_features_tell_on_paper():
    """Sixty people, half of them with the feature, whose bias is 1 higher. Centred, x is ±1/2 and Xᵀ X = ±15 for the two columns,
    which are opposites: the effect of either is ±15 · 1 / (2 · 15 + damping), on the bias alone."""
    has = np.arange(61) % 2
    features = np.column_stack([has, 1 - has]).astype(np.float32)
    features[0] = 0
    user_factors, user_biases = np.zeros((61, 1)), has + 2.0
    told = background(user_factors, user_biases, np.ones(61, dtype=bool), features)
    effect = 15 / (30 + FEATURE_DAMPING)
    np.testing.assert_allclose(told.effect, [[0, effect], [0, -effect]], atol=1e-12)
    prior = user_prior(np.random.default_rng(0).normal(size=(61, 1)), user_biases, np.ones(61, dtype=bool))
    new_user_with_facts = told.inform(prior, np.array([1.0, 0.0]))
    assert new_user_with_facts.mean == pytest.approx(prior.mean + np.array([0, effect]))
    gone = 60 * effect**2 / (60 + PSEUDO_USERS)
    assert prior.covariance - new_user_with_facts.covariance == pytest.approx(np.array([[0, 0], [0, gone]]), abs=1e-12)
    assert told.inform(prior, np.zeros(2)) is prior and told.inform(prior, np.full(2, np.nan)) is prior
    half = told.inform(prior, np.array([1.0, np.nan]))  # one of the two opposites is said
    assert half.mean - prior.mean == pytest.approx((new_user_with_facts.mean - prior.mean) / 2)


@given(st.integers(0, 50), st.integers(3, 12))
def test_features_that_tell_everything_leave_a_covariance(seed, n_people):
    generator = np.random.default_rng(seed)
    user_factors, user_biases = 1e4 * generator.normal(size=(n_people, 2)), np.zeros(n_people)
    features, trained = np.eye(n_people, dtype=np.float32) * 1e3, np.ones(n_people, dtype=bool)
    prior = user_prior(user_factors, user_biases, trained)
    new_user_with_facts = background(user_factors, user_biases, trained, features).inform(prior, features[1])
    assert np.linalg.eigvalsh(new_user_with_facts.covariance)[0] > 0


def test_nobody_described_tells_nothing():
    world, users = make_world(), np.ones((30, 4))
    told = background(users, np.ones(30), np.ones(30, dtype=bool), np.zeros((30, 3), dtype=np.float32))
    assert told.inform(world.prior, np.ones(3)).mean.tolist() == world.prior.mean.tolist()
