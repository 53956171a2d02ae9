"""Cold start: predictions for a new user, from the trained users and a few ratings.

The item side of a trained model stays frozen. With p the factors and b the bias of the new user, w = [p; b]
(n_factors + 1,), and item i described by d_i = [q_i; 1] and its own bias b_i, the model is

    s_i = b_i + d_i · w                     (what is inside the sigmoid; the rating itself without one)
    g(s) = low + (high − low) / (1 + e^−s)  with a rating range (low, high), g(s) = s without one
    rating of item i = g(s_i) + noise,      noise ~ Normal(0, noise_variance)

and w ~ Normal(m, C), the distribution of the trained users. Ratings turn that prior into a posterior: `user_prior`,
`centre_prior`, `fold_in`, `predict`, in this order. Source: Bishop, Pattern Recognition and Machine Learning, equations
3.49 to 3.51 (the linear case) and section 4.4 (Laplace's approximation).

A Bayesian model (without a sigmoid) is uncertain about its items too: [q_i; b_i] has a covariance C_i. Below, c_i is its
last column without the last entry, the covariance of q_i and b_i, and C̃_i is C_i with last row and column zero. `fold_in`
and `predict` include it where the `Items` have covariances: an item with few ratings says less about a user, and its
prediction is less certain.

The prediction is g at the posterior mean, not the mean of g: its error is slightly lower (MSE .954 against .956 on the
users of `predict`'s measurement after ten ratings), and in s it is a plain sum over the given ratings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from collab.data.ratings import RatingScale
from collab.errors import SettingError
from collab.models.levels import REACH

PSEUDO_USERS = 10.0
"""How many pseudo-users without correlation between factors are added to the trained users in a prior's covariance."""

FEATURE_DAMPING = 50.0
"""Ridge penalty of `background`: as if this many more users had a feature and were average."""

MAXIMUM_STEPS = 100
"""Newton steps at most; a handful is typical."""


@dataclass(frozen=True, eq=False)
class Belief:
    """The distribution of a user's w, before the first rating (the prior) or after some (the posterior): mean (n_factors + 1,)
    and covariance (n_factors + 1, same). The last entry is the bias.
    """

    mean: np.ndarray
    covariance: np.ndarray

    @cached_property
    def root(self) -> np.ndarray:
        """The lower triangle L with L Lᵀ = covariance: turns a standard normal vector z into a user m + L z."""
        return np.linalg.cholesky(self.covariance)


@dataclass(frozen=True, eq=False)
class Items:
    """The item side of a trained model: `factors` (n_items, n_factors), `biases` (n_items,), `covariances` (n_items,
    n_factors + 1, same) where a Bayesian model has them, and its rating range.

    `noise_variance`, in squared stars, is the variance of even a known user's rating, about 0.8 on MovieLens 100K
    (`collab.recommend.new_user` says where it comes from).
    """

    factors: np.ndarray
    biases: np.ndarray
    covariances: np.ndarray | None
    y_range: tuple[float, float] | None
    noise_variance: float

    def __post_init__(self) -> None:
        assert self.covariances is None or self.y_range is None, "films of a model with a sigmoid have no covariances"

    def described(self, item_index: np.ndarray) -> np.ndarray:
        """The d_i = [q_i; 1] of the items `item_index` (n,), (n, n_factors + 1) in double precision."""
        return np.column_stack([self.factors[item_index], np.ones(len(item_index))]).astype(np.float64)

    def curve(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """g(s), g'(s) and g''(s), each of the shape of `s`."""
        if self.y_range is None:
            return s, np.ones_like(s), np.zeros_like(s)
        low, high = self.y_range
        share = (1 + np.tanh(s / 2)) / 2  # the sigmoid, without overflow for any s
        slope = (high - low) * share * (1 - share)
        return low + (high - low) * share, slope, slope * (1 - 2 * share)

    def slope(self, rating: np.ndarray) -> np.ndarray:
        """g' where g equals `rating`, of its shape."""
        if self.y_range is None:
            return np.ones(len(rating))
        low, high = self.y_range
        return (rating - low) * (high - rating) / (high - low)


@dataclass(frozen=True, eq=False)
class Predictions:
    """One value per item in each array, shape (n_items,), in stars.

    `mean` is the predicted rating, `standard_deviation` how far the user's own rating will typically lie from it, `low` to
    `high` the interval that holds that rating with the chance COVERAGE; its ends and the mean are clipped to the scale. `score`
    is the number to rank by: the predicted rating before clipping, so that two items that would both be shown as 5.0 keep
    their order. `chances` (n_items, n_levels) are those of the rating levels, where a model predicts them itself.
    """

    mean: np.ndarray
    standard_deviation: np.ndarray
    low: np.ndarray
    high: np.ndarray
    score: np.ndarray
    chances: np.ndarray | None = None


def user_prior(
    user_factors: np.ndarray,
    user_biases: np.ndarray,
    trained_users: np.ndarray,
    user_covariances: np.ndarray | None = None,
) -> Belief:
    """Mean and covariance of [p_u; b_u] over the trained users.

    `user_factors` (n_users, n_factors), `user_biases` (n_users,), `trained_users` a mask (n_users,) or row numbers:
    those with training ratings. Row 0, the unknown user `#na#`, is never included.

    The sample covariance S of n users is invertible only when n is well above n_factors, and its small eigenvalues are
    then still too small. So PSEUDO_USERS (ν) users are added that have the same variances but no correlations,

        C = (n · S + ν · diag(S)) / (n + ν) + ε · mean(diag(S)) · 1,   ε = 1e-6

    (an inverse-Wishart prior centred on diag(S)). Variances stay the same, correlations shrink by the factor n / (n + ν),
    1 % on MovieLens 100K. ε keeps a column without any spread, such as the biases of a model that has none, invertible and
    practically fixed. Raises SettingError with fewer than two trained users.

    The posterior means of a Bayesian model vary less than the users themselves, and its `user_covariances` (n_users,
    n_factors + 1, n_factors + 1) say by how much: if given, their average is added to S, which is then the
    E[(w − m)(w − m)ᵀ] that such a model itself learns as its prior.
    """
    chosen = np.asarray(trained_users)
    chosen = np.flatnonzero(chosen) if chosen.dtype == bool else np.unique(chosen.astype(np.int64))
    chosen = chosen[chosen > 0]
    if len(chosen) < 2:
        raise SettingError(f"{len(chosen)} users have training ratings; a prior takes at least two: train on more data")
    users = np.column_stack([user_factors[chosen], user_biases[chosen]]).astype(np.float64)  # (n, k + 1)
    mean = users.mean(axis=0)
    spread = (users - mean).T @ (users - mean) / len(users)  # (k + 1, k + 1)
    if user_covariances is not None:
        weights = np.bincount(chosen, minlength=len(user_covariances)) / len(chosen)
        spread += np.tensordot(weights.astype(user_covariances.dtype), user_covariances, axes=1)
    variance = np.diag(spread).copy()
    shrunk = (len(users) * spread + PSEUDO_USERS * np.diag(variance)) / (len(users) + PSEUDO_USERS)
    floor = max(1e-6 * variance.mean(), 1e-12)  # the second where all users are the same
    return Belief(mean, shrunk + floor * np.eye(len(mean)))


def centre_prior(prior: Belief, films: Items, n_ratings: np.ndarray, mean_rating: np.ndarray) -> Belief:
    """`prior` with the bias of its mean shifted so that such a user's predictions match the training ratings on average:

        Σ_i n_i (mean_rating_i − g(b_i + d_i · m)) = 0

    `n_ratings` (n_items,) counts the training ratings of every item, `mean_rating` (n_items,) is their mean, any value where
    there are none. Users choose what they rate, and it is more to their taste than to the average user's: Σ p_u·q_i over the
    training pairs is above Σ p̄·q_i. So the mean of the trained users predicts too low for the items that a user will rate,
    on the 143 users of `tests.benchmarks.cold_start` by .11 stars (`bayes` *fast*) before the first rating and .04 after
    ten, and biases alone did better until the fifth.
    """
    n = np.asarray(n_ratings, dtype=np.float64)
    rated = np.flatnonzero(n)
    described = films.described(rated)  # (n, k + 1)
    n, given, mean = n[rated], np.asarray(mean_rating, dtype=np.float64)[rated], prior.mean.copy()
    for _ in range(MAXIMUM_STEPS):
        rating, slope, _ = films.curve(films.biases[rated] + described @ mean)
        away, steepness = float(n @ (given - rating)), float(n @ slope)
        if not steepness > 1e-6 * n.sum():  # all predictions at an end of the range: a bias moves nothing
            return prior
        mean[-1] += np.clip(away / steepness, -1.0, 1.0)
        if abs(away) <= 1e-9 * n.sum():
            break
    return Belief(mean, prior.covariance)


@dataclass(frozen=True, eq=False)
class Background:
    """How user features shift the prior: a user with the features x (f,) has the prior mean m + (x − centre) · effect.

    `centre` (f,) is the mean of the trained users whose features are known, `effect` (f, n_factors + 1), `explained`
    (n_factors + 1, same) the covariance among them that the features explain.
    """

    centre: np.ndarray
    effect: np.ndarray
    explained: np.ndarray

    def inform(self, prior: Belief, person: np.ndarray) -> Belief:
        """`prior` for a user with the features `person` (f,), NaN where one is unknown.

        The prior itself if none is known, or if all known ones are zero.
        """
        known = np.isfinite(person)
        if not known.any() or not np.any(person[known]):
            return prior
        away = np.where(known, person - self.centre, 0.0)
        return Belief(prior.mean + away @ self.effect, prior.covariance - self.explained * known.mean())


def background(
    user_factors: np.ndarray, user_biases: np.ndarray, trained_users: np.ndarray, features: np.ndarray
) -> Background:
    """Ridge regression of [p_u; b_u] on the `features` (n_users, f) of the trained users, a mask (n_users,).

    A row of zeros is a user without known features. With W the users' [p_u; b_u] and X their features, both centred:
    effect = (Xᵀ X + ν 1)⁻¹ Xᵀ W, ν = FEATURE_DAMPING. Explained is effectᵀ Xᵀ X effect / (n + PSEUDO_USERS), which leaves the
    covariance of `user_prior` positive whatever the features, if all trained users have some.
    """
    known = np.flatnonzero(trained_users & features.any(axis=1))
    known = known[known > 0]
    users = np.column_stack([user_factors[known], user_biases[known]]).astype(np.float64)  # (n, k + 1)
    described = features[known].astype(np.float64)
    if not len(known):
        width = user_factors.shape[1] + 1
        return Background(np.zeros(features.shape[1]), np.zeros((features.shape[1], width)), np.zeros((width, width)))
    centre = described.mean(axis=0)
    described = described - centre
    gram = described.T @ described
    away = users - users.mean(axis=0)
    effect = np.linalg.solve(gram + FEATURE_DAMPING * np.eye(len(gram)), described.T @ away)
    return Background(centre, effect, effect.T @ gram @ effect / (len(known) + PSEUDO_USERS))


def fold_in(prior: Belief, films: Items, item_index: np.ndarray, ratings: np.ndarray) -> Belief:
    """The posterior of a new user given `ratings` (n,) of the items `item_index` (n,); the prior itself when n is 0.

    Minimises

        ½ (w − m)ᵀ C⁻¹ (w − m) + Σ_i (rating_i − g(s_i))² / (2 · noise_variance)

    in the coordinates w = m + L z, C = L Lᵀ, where the prior is a standard normal and a_i = Lᵀ d_i, by Newton's method
    from z = 0, with r_i = rating_i − g(s_i):

        gradient  z − Σ_i g'(s_i) r_i a_i / noise_variance
        Hessian   1 + Σ_i (g'(s_i)² − r_i g''(s_i)) a_i a_iᵀ / noise_variance

    Without a sigmoid g' = 1, g'' = 0 and the first step is the closed form; with one, `_most_probable` says why a
    minimum is always reached. The covariance is

        L (1 + Σ g'(s_i)² a_i a_iᵀ / noise_variance)⁻¹ Lᵀ

    exact without a sigmoid; with one, Laplace's approximation with the expected Hessian (residuals average out), which
    never exceeds the prior's covariance: no rating increases the uncertainty, and one at the flat end of the sigmoid says
    little.

    At the minimum the gradient is zero, so mean = m + Σ_i (g'(s_i) r_i / noise_variance) C d_i: every rating has its
    own exact part in every s_j. The order of the ratings does not matter. Raises SettingError for a noise variance
    that is not above zero.

    With item covariances, the expectation of the loss over the items is minimised, the update of a user in variational
    factorisation (Lim & Teh 2007):

        covariance⁻¹ = C⁻¹ + Σ_i (d_i d_iᵀ + C̃_i) / noise_variance
        mean = covariance · (C⁻¹ m + Σ_i ((rating_i − b_i) d_i − [c_i; 0]) / noise_variance)

    in closed form. There too every rating has its own exact part, with r_i at the mean as above:
    mean = m + Σ_i C (r_i d_i − [c_i; 0] − C̃_i mean) / noise_variance.
    """
    noise_variance = films.noise_variance
    if not noise_variance > 0:
        raise SettingError(
            f"noise_variance is {noise_variance:g}; it has to be above 0: no model predicts people perfectly"
        )
    item_index, ratings = np.asarray(item_index, dtype=np.int64), np.asarray(ratings, dtype=np.float64)
    if not len(item_index):
        return prior
    order = np.lexsort((ratings, item_index))  # so that sums round the same in any order
    item_index, ratings = item_index[order], ratings[order]
    described = films.described(item_index)  # (n, k + 1)
    start = films.biases[item_index].astype(np.float64) + described @ prior.mean  # (n,) s_i of the average user
    design = described @ prior.root  # (n, k + 1), its rows the a_i
    if films.covariances is None:
        z = _most_probable(start, design, ratings, films)
        _, slope, _ = films.curve(start + design @ z)
        expected = _hessian(design, slope**2 / noise_variance)
    else:
        spread = films.covariances[item_index].sum(axis=0, dtype=np.float64)  # (k + 1, k + 1) Σ C_i
        with_bias = np.append(spread[-1, :-1], 0.0)  # (k + 1,) Σ c_i
        spread[-1], spread[:, -1] = 0.0, 0.0  # now Σ C̃_i
        expected = _hessian(design, np.full(len(ratings), 1 / noise_variance))
        expected += prior.root.T @ spread @ prior.root / noise_variance
        pull = design.T @ (ratings - start) - prior.root.T @ (with_bias + spread @ prior.mean)
        z = np.linalg.solve(expected, pull / noise_variance)
    covariance = prior.root @ np.linalg.solve(expected, prior.root.T)
    return Belief(prior.mean + prior.root @ z, (covariance + covariance.T) / 2)


def predict(belief: Belief, films: Items, rating_scale: RatingScale) -> Predictions:
    """The user's predicted rating of every item, and its uncertainty.

    With v_i = d_iᵀ · covariance · d_i the variance of s_i: rating g(s_i), variance g'(s_i)² v_i + noise_variance, of
    which the first part falls with every rating of this user and the second never does. With item covariances the
    variance is v_i + d_wᵀ C_i d_w + tr(cov(p) cov(q_i)) + noise_variance, d_w = [p; 1]. About COVERAGE of the ratings
    that new users then give lie inside the interval.

    Measured on MovieLens 100K with all ratings of 143 users held out (`dot-bias`, range (0, 5.5), noise variance .82): the
    80 % interval held 81 to 82 % of their ratings after 1, 5, 10 and 15 random ones, 80 to 81 % after as many of popular
    items, 80 to 81 % without any. The share is an average: it is 94 % where more than 4 is predicted (users agree on good
    items), 67 % between 2 and 2.5, and 72 % for items with 5 to 20 training ratings, 60 % below that, because an item's
    own factors are taken as known.
    """
    factors = np.asarray(films.factors)
    mean, covariance = belief.mean.astype(factors.dtype), belief.covariance.astype(factors.dtype)
    s = factors @ mean[:-1] + mean[-1] + films.biases  # (n_items,)
    half = factors @ covariance[:-1, :-1] + 2 * covariance[-1, :-1]  # (n_items, n_factors)
    variance = np.einsum("ij,ij->i", half, factors) + covariance[-1, -1]  # (n_items,) the v_i
    if films.covariances is not None:
        user = np.append(mean[:-1], np.ones(1, mean.dtype))
        square = np.outer(user, user)  # (k + 1, k + 1)
        square[:-1, :-1] += covariance[:-1, :-1]
        variance += films.covariances.reshape(len(factors), -1) @ square.ravel()
    score, slope, _ = films.curve(s.astype(np.float64))
    deviation = np.sqrt(slope**2 * np.maximum(variance, 0) + films.noise_variance)
    return predictions_around(score, deviation, rating_scale)


def predictions_around(
    score: np.ndarray, deviation: np.ndarray, rating_scale: RatingScale, chances: np.ndarray | None = None
) -> Predictions:
    """`Predictions` from normal distributions around `score` (n_items,): `low` to `high` holds COVERAGE of each."""
    reach = REACH * deviation
    low, mean, high = np.clip([score - reach, score, score + reach], rating_scale.low, rating_scale.high)
    return Predictions(mean, deviation, low, high, score, chances)


def person_parts(
    prior: Belief, posterior: Belief, films: Items, item_index: np.ndarray, ratings: np.ndarray
) -> np.ndarray:
    """What every rating adds to the posterior mean, (n, n_factors + 1): the rows add up to posterior mean − prior mean.

    `posterior` is `fold_in`'s result for `ratings` (n,) of `item_index` (n,); its docstring has the sum.
    """
    described = films.described(item_index)  # (n, k + 1)
    rating, slope, _ = films.curve(films.biases[item_index] + described @ posterior.mean)
    pull = (slope * (ratings - rating))[:, None] * described
    if films.covariances is not None:
        spread = films.covariances[item_index, :-1].astype(np.float64)  # (n, k, k + 1): the rows of the factors
        pull[:, :-1] -= spread[:, :, -1] + spread[:, :, :-1] @ posterior.mean[:-1]
    return pull @ prior.covariance / films.noise_variance


def star_parts(prior: Belief, parts: np.ndarray, films: Items, picked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The parts of the predicted ratings of the items `picked` (m,), in stars: that of every rating (n, m), and the prediction
    before the first one (m,). Their sum is the score of `predict`.

    `parts` (n, n_factors + 1) are those of `person_parts`. With a rating range a part is what it adds to s_j times
    (g(s_j) − g(s_j before)) / (s_j − s_j before), one factor for all parts of an item, so that they add up in stars too; without
    a range the factor is 1.
    """
    target = films.described(picked)  # (m, k + 1)
    inside = parts @ target.T  # (n, m) parts of s_j
    before, away = films.biases[picked] + target @ prior.mean, inside.sum(axis=0)
    start, slope, _ = films.curve(before)
    moved = films.curve(before + away)[0] - start
    factor = np.divide(moved, away, out=slope, where=np.abs(away) > 1e-9)
    return inside * factor, start


def _hessian(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """1 + Σ weight_i a_i a_iᵀ, (k + 1, k + 1), from `design` (n, k + 1) and `weights` (n,)."""
    return np.eye(design.shape[1]) + (design.T * weights) @ design


def _is_safely_positive(hessian: np.ndarray) -> bool:
    """Whether every eigenvalue of a symmetric matrix is above 0.1; Cholesky is faster than computing them."""
    try:
        np.linalg.cholesky(hessian - 0.1 * np.eye(len(hessian)))
    except np.linalg.LinAlgError:
        return False
    return True


def _most_probable(start: np.ndarray, design: np.ndarray, ratings: np.ndarray, films: Items) -> np.ndarray:
    """The z (k + 1,) that minimises `fold_in`'s loss, with s = start + design · z.

    Newton's Hessian is used where it is safely positive, else the Gauss–Newton one, which always is (1 or more in
    every direction). So each step goes downhill, and halving it until the loss falls enough (Armijo's rule) guarantees
    convergence to a minimum, whatever the ratings and however flat the sigmoid. Near the minimum full Newton steps are
    taken.
    """

    def loss(z: np.ndarray) -> float:
        rating = films.curve(start + design @ z)[0]
        return float(z @ z + np.sum((ratings - rating) ** 2) / films.noise_variance) / 2

    z = np.zeros(design.shape[1])
    for _ in range(MAXIMUM_STEPS):
        rating, slope, curvature = films.curve(start + design @ z)
        residual = ratings - rating
        # (k + 1,) towards which the ratings pull z; the prior pulls towards 0
        pull = design.T @ (slope * residual) / films.noise_variance
        gradient = z - pull
        if np.abs(gradient).max() <= 1e-10 * (1 + np.abs(pull).max()):
            break
        hessian = _hessian(design, (slope**2 - residual * curvature) / films.noise_variance)
        if not _is_safely_positive(hessian):
            hessian = _hessian(design, slope**2 / films.noise_variance)
        direction = -np.linalg.solve(hessian, gradient)
        step, here, fall = 1.0, loss(z), float(gradient @ direction)
        while loss(z + step * direction) > here + 1e-4 * step * fall + 1e-12 * here:  # the last term: rounding
            step /= 2
        z = z + step * direction
    return z
