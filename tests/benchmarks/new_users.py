"""The people whom the benchmarks of cold start measure, in folds that are left out of the training whole.

MovieLens 100K, items are titles. Users sorted by id, `default_rng(999).permutation(943)`: on its first 143 settings are chosen,
the other 800, in order, make four folds of 200. All ratings of a fold's people are left out of its training.

A person's ratings (a doubled title averaged) come in the order of `default_rng(user_id).permutation` (random) or by the films'
training counts (popular).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from collab.data.dataset import Dataset
from collab.data.features import Features, features_of
from collab.data.ratings import Ratings
from collab.services.environment import read_environment
from collab.services.run_rows import load_encoded

N_CHOOSING = 143
N_FOLDS = 4
N_DRAWS = 2000
REVEALS = ("random", "popular")
K = 10  # the goals are about people who have rated so many films


class Fold(NamedTuple):
    """The user rows left out, all ratings, those of everybody else, features in which nothing is known of the people left out,
    and the features of all users, `described` (n_users, f)."""

    users: np.ndarray
    dataset: Dataset
    ratings: Ratings
    train: Ratings
    features: Features
    described: np.ndarray


def folds(final: bool) -> Iterator[Fold]:
    """The 143 people, or with `final` the four folds of the others."""
    dataset, ratings = load_encoded("ml-100k", read_environment())
    features = features_of(dataset, ratings)
    users = np.arange(1, ratings.n_users)  # the vocabulary is sorted by id
    order = users[np.random.default_rng(999).permutation(len(users))]
    for group in np.split(order[N_CHOOSING:], N_FOLDS) if final else [order[:N_CHOOSING]]:
        train = ratings.take(np.flatnonzero(~np.isin(ratings.user_index, group)))
        strangers = features.users.copy()
        strangers[group] = 0.0
        yield Fold(group, dataset, ratings, train, Features(strangers, features.items), features.users)


def stars_of(ratings: Ratings, user: int) -> tuple[np.ndarray, np.ndarray]:
    """The films that a person rated, ascending, and the stars; those of a film rated twice are averaged."""
    rows = ratings.user_index == user
    item_index, place = np.unique(ratings.item_index[rows], return_inverse=True)
    return item_index, np.bincount(place, weights=ratings.rating[rows]) / np.bincount(place)


class Person(NamedTuple):
    """Somebody's row of the user table, the films that they rated, the stars, and the order in which they are revealed."""

    user: int
    item_index: np.ndarray
    rating: np.ndarray
    order: dict[str, np.ndarray]

    def revealed(self, reveal: str, k: int) -> dict[int, float]:
        """The first `k` ratings, stars by item_index."""
        first = self.order[reveal][:k]
        return dict(zip(self.item_index[first].tolist(), self.rating[first].tolist(), strict=True))


def people_of(fold: Fold) -> list[Person]:
    """The people of a fold."""
    counts, people = np.bincount(fold.train.item_index, minlength=fold.train.n_items), []
    for user in fold.users:
        item_index, stars = stars_of(fold.ratings, user)
        shuffled = np.random.default_rng(int(fold.ratings.users.labels[user])).permutation(len(item_index))
        order = {"random": shuffled, "popular": np.argsort(-counts[item_index], kind="stable")}
        people.append(Person(int(user), item_index, stars, order))
    return people


class Interval(NamedTuple):
    """The mean of a paired difference over people, and its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval does not hold 0."""
        return self.low > 0 or self.high < 0

    def text(self, decimals: int = 3) -> str:
        """Mean, interval, and whether that is nothing."""
        mean, low, high = (f"{each:+.{decimals}f}" for each in self)
        return f"{mean} [{low}, {high}]{'' if self.significant else ' n.s.'}"

    __str__ = text


NOT_SIGNIFICANT = "n.s.: not significant, the 95 % interval holds 0"


def interval(difference: np.ndarray) -> Interval:
    """The mean over people (n_people,) and its 95 % interval by percentile bootstrap over them; NaN is nobody."""
    difference = difference[np.isfinite(difference)]
    n = len(difference)
    return between(difference.mean(), resampled(n) @ difference / n)


def between(mean: float, drawn: np.ndarray) -> Interval:
    """`mean` with the middle 95 % of what the draws `drawn` (n_draws,) gave."""
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(float(mean), float(low), float(high))


def resampled(n: int) -> np.ndarray:
    """How often each of `n` people is drawn, (N_DRAWS, n), n of them a draw with replacement."""
    draws = np.random.default_rng(0).integers(n, size=(N_DRAWS, n))
    return np.array([np.bincount(draw, minlength=n) for draw in draws])


def printed(differences: np.ndarray) -> str:
    """The intervals of `differences` (n_people, n), side by side."""
    return "   ".join(str(interval(each)) for each in differences.T)
