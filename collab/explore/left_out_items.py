"""Item cold start, measured: the error of a model with side information, and of simpler ones, on items left out whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import RidgeCV

from collab.data.features import Features
from collab.data.ratings import Ratings
from collab.errors import DataError
from collab.models import build_model
from collab.models.baselines import biases_only, global_mean
from collab.models.nets import SideSettings
from collab.training.comparison import Measured
from collab.training.fit import fit

MEAN, USER_BIAS, GENRES, RIDGE, SIDE = "global mean", "user’s bias", "mean by genre", "ridge", "side"
N_ITEMS = 150
LEAST = 5
"""The fewest ratings of an item that may be left out."""

LEAST_FOR_MEAN = 20
"""The fewest ratings with which an item's mean counts as known."""

DAMPING = 5.0
RIDGES = tuple(10.0 ** np.arange(-1, 6))


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The items left out, `item_index` (n_items,), ascending; the ratings of all others, `train`; and theirs, `rated`, to be
    predicted."""

    item_index: np.ndarray
    train: Ratings
    rated: Ratings


@dataclass(frozen=True, eq=False)
class Measurement(Measured):
    """Squared errors of every method on the ratings of the items left out, with intervals by bootstrap over items.

    For the items with LEAST_FOR_MEAN ratings: `item_means` (n,) in stars, and their predictions `foretold` (n,), the mean of the
    model's predictions over all trained users. `train_mean` is the mean of the training ratings.
    """

    item_means: np.ndarray
    predicted_means: np.ndarray
    train_mean: float

    @property
    def off_by(self) -> float:
        """Root mean squared error, in stars, of `foretold` against the items' mean ratings."""
        return (
            float(np.sqrt(np.mean((self.predicted_means - self.item_means) ** 2))) if len(self.item_means) else np.nan
        )

    @property
    def mean_off_by(self) -> float:
        """The same for the mean of the training ratings as the prediction for every item."""
        return float(np.sqrt(np.mean((self.train_mean - self.item_means) ** 2))) if len(self.item_means) else np.nan


def leave_out(ratings: Ratings, n_items: int, seed: int) -> LeftOut:
    """Leave out, with all their ratings, `n_items` random items of those with LEAST ratings or more, but at most an eighth of
    these.

    Raises DataError where that is fewer than two items.
    """
    able = np.flatnonzero(np.bincount(ratings.item_index, minlength=ratings.n_items) >= LEAST)
    able = able[able > 0]
    n_items = min(n_items, len(able) // 8)
    if n_items < 2:
        raise DataError(f"{len(able)} films have {LEAST} ratings; take a data set with 16 or more such films")
    drawn = np.sort(np.random.default_rng(seed).permutation(able)[:n_items])
    out = np.isin(ratings.item_index, drawn)
    return LeftOut(drawn, ratings.take(np.flatnonzero(~out)), ratings.take(np.flatnonzero(out)))


def simple_answers(left: LeftOut, films: np.ndarray, n_genres: int) -> dict[str, np.ndarray]:
    """Predictions (n_rows,) for the ratings of the items left out, by every method without a net.

    `films` (n_items, g) are the features of all items, genres in the first `n_genres` columns. With μ the global mean and b_u
    the damped user bias, the methods are μ; μ + b_u; μ + b_u + the mean, over the item's genres, of the damped mean residual of
    their ratings; and μ + b_u + a ridge regression of the items' mean residuals on their features, each item weighted by its
    ratings, with the ridge chosen by leave-one-out cross-validation (scikit-learn's RidgeCV).
    """
    train, rated = left.train, left.rated
    mean, (user_biases, _) = global_mean(train), biases_only(train, DAMPING)
    base = mean + user_biases[rated.user_index]
    residual = train.rating - mean - user_biases[train.user_index]
    counts = np.bincount(train.item_index, minlength=train.n_items)
    sums = np.bincount(train.item_index, weights=residual, minlength=train.n_items)
    member = films[:, :n_genres] > 0
    of_genres = (sums @ member) / (counts @ member + DAMPING)
    by_genre = member @ of_genres / np.maximum(member.sum(axis=1), 1)  # (n_items,)
    known = np.flatnonzero(counts)
    ridge = RidgeCV(alphas=RIDGES).fit(films[known], sums[known] / counts[known], sample_weight=counts[known])
    return {
        MEAN: np.full(len(rated), mean),
        USER_BIAS: base,
        GENRES: base + by_genre[rated.item_index],
        RIDGE: base + ridge.predict(films[left.item_index])[np.searchsorted(left.item_index, rated.item_index)],
    }


def measure(
    ratings: Ratings,
    features: Features,
    n_genres: int,
    settings: SideSettings,
    *,
    n_items: int = N_ITEMS,
    seed: int = 0,
) -> Measurement:
    """Leave items out whole, train `side` with `settings` on the ratings of all others, and predict theirs.

    `features` are those of all users and items, genres in the first `n_genres` columns of the items. Raises DataError where
    there are too few items.
    """
    left = leave_out(ratings, n_items, seed)
    train, rated = left.train, left.rated
    model = build_model("side", settings, train.n_users, train.n_items, train.rating_scale, features)
    fit(model, train, rated)
    answers = simple_answers(left, features.items, n_genres)
    answers[SIDE] = model.predict(rated.user_index, rated.item_index).astype(np.float64)
    squared = {name: np.square(predicted - rated.rating) for name, predicted in answers.items()}
    counts = np.bincount(rated.item_index, minlength=rated.n_items)
    frequent = np.flatnonzero(counts >= LEAST_FOR_MEAN)
    means = np.bincount(rated.item_index, weights=rated.rating, minlength=rated.n_items)[frequent] / counts[frequent]
    predicted_means = np.zeros(0)
    if len(frequent):
        predicted_means = model.predict(np.unique(train.user_index), frequent[:, None]).mean(axis=1, dtype=np.float64)
    return Measurement(squared, rated.item_index, means, predicted_means, global_mean(train))
