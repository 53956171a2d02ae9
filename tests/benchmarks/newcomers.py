"""The people whom the benchmarks of cold start measure, in folds that are left out of the training whole.

MovieLens 100K, items are titles. Users sorted by id, `default_rng(999).permutation(943)`: on its first 143 settings are chosen,
the other 800, in order, make four folds of 200. All ratings of a fold's people are left out of its training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from collab.datasets.dataset import Dataset
from collab.features import Features, features_of
from collab.ratings import Ratings
from collab.services.environment import read_environment
from collab.services.training_job import load_encoded

N_CHOOSING = 143
N_FOLDS = 4
N_DRAWS = 2000


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


def interval(difference: np.ndarray) -> str:
    """The mean over people (n_people,) and its 95 % interval by percentile bootstrap over them."""
    draws = np.random.default_rng(0).integers(len(difference), size=(N_DRAWS, len(difference)))
    low, high = np.quantile(difference[draws].mean(axis=1), (0.025, 0.975))
    return f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
