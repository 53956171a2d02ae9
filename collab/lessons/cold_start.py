"""Cold start: how much each of the chapter's remedies helps new users, measured on the same held-out users.

All ratings of these users are held out. Some are tested; the others supply what a new user could tell: a few ratings, the genres
that they like, or nothing; and age, gender and occupation where the data have them. The same model makes all predictions but
those from biases alone, so what differs is only what is known of the user.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.dataset import Dataset, item_labels
from collab.data.features import features_of
from collab.data.ratings import Ratings
from collab.data.tables import describe_items, describe_users
from collab.errors import DataError
from collab.models import build_model
from collab.models.baselines import biases_only, global_mean
from collab.models.bayes import Bayes, BayesSettings
from collab.models.fold_in import Belief, background
from collab.recommend.new_user import NewUser, new_user
from collab.training.comparison import Measured
from collab.training.fit import fit

AVERAGE, GENRES, ABOUT, BIASES, TASTE = "average", "genres", "about", "biases", "ratings"
AVERAGE_USER = (AVERAGE, 0)
REVEALED = (0, 1, 3, 5, 10)
N_PEOPLE, N_TESTED, N_LIKED = 100, 10, 3
GENRE_DAMPING = 5.0
"""Pseudo-ratings at the user's own mean in every genre, so that a single item does not make a favourite genre."""

RIDGE = 10.0
"""Ridge penalty of the regression of tastes on stated genres: pseudo-users for whom a stated genre has no effect."""

BIAS_DAMPING = 5.0


@dataclass(frozen=True, eq=False)
class Person:
    """A held-out user: items and ratings that are tested, and those that can be revealed, in the order of revealing."""

    user_index: int
    tested_items: np.ndarray
    tested_stars: np.ndarray
    known_items: np.ndarray
    known_stars: np.ndarray


def hold_out(ratings: Ratings, n_people: int, seed: int) -> list[Person]:
    """Up to `n_people` users, at most a quarter of all, drawn from those with enough items; repeated ratings are averaged.

    Raises DataError where that leaves fewer than two.
    """
    needed = N_TESTED + max(REVEALED)
    pairs = np.unique(np.stack([ratings.user_index, ratings.item_index]), axis=1)
    eligible = np.flatnonzero(np.bincount(pairs[0], minlength=ratings.n_users) >= needed)
    n_people = min(n_people, len(eligible), ratings.n_users // 4)
    if n_people < 2:
        raise DataError(f"fewer than two people have rated {needed} films; take a larger data set")
    people = []
    for user in np.sort(np.random.default_rng(seed).permutation(eligible)[:n_people]).tolist():
        rows = ratings.user_index == user
        items, place = np.unique(ratings.item_index[rows], return_inverse=True)
        stars = np.bincount(place, weights=ratings.rating[rows]) / np.bincount(place)
        order = np.random.default_rng((seed, user)).permutation(len(items))
        tested, known = order[:N_TESTED], order[N_TESTED:]
        people.append(Person(user, items[tested], stars[tested], items[known], stars[known]))
    return people


def liked_genres(item_index: np.ndarray, stars: np.ndarray, genres: np.ndarray, n_liked: int = N_LIKED) -> np.ndarray:
    """The genres that a user would name, 0/1 (n_genres,): up to `n_liked` with the highest damped mean above the user's own.

    `genres` (n_items, n_genres) is 0/1.
    """
    of_items = genres[item_index]  # (n, n_genres)
    above = (stars - stars.mean()) @ of_items / (of_items.sum(axis=0) + GENRE_DAMPING)
    best = np.argsort(-above, kind="stable")[:n_liked]
    liked = np.zeros(genres.shape[1])
    liked[best[above[best] > 0]] = 1.0
    return liked


def genre_table(dataset: Dataset, ratings: Ratings) -> np.ndarray:
    """The genres of every item, 0/1 (n_items, n_genres), in the order of the vocabulary of `ratings`."""
    items = dataset.items.assign(label=item_labels(dataset, "title").to_numpy()).drop_duplicates("label")
    genres = items.set_index("label").genres.reindex(list(ratings.items.labels)).fillna("")
    return genres.str.get_dummies("|").drop(columns="", errors="ignore").to_numpy(np.float64)


@dataclass(frozen=True, eq=False)
class GenreRegression:
    """Factors and bias from stated genres: mean + (liked − usual) · slopes, a ridge regression over the trained users."""

    usual: np.ndarray  # (n_genres,)
    mean: np.ndarray  # (n_factors + 1,)
    slopes: np.ndarray  # (n_genres, n_factors + 1)

    def person(self, liked: np.ndarray) -> np.ndarray:
        """Factors and bias of a user who named the genres `liked`, (n_factors + 1,)."""
        return self.mean + (liked - self.usual) @ self.slopes


def fit_genre_regression(liked: np.ndarray, users: np.ndarray) -> GenreRegression:
    """Fit to the genres `liked` (n, n_genres) by the trained users and their factors and bias `users` (n, n_factors + 1)."""
    usual, mean = liked.mean(axis=0), users.mean(axis=0)
    centred = liked - usual
    slopes = np.linalg.solve(centred.T @ centred + RIDGE * np.eye(liked.shape[1]), centred.T @ (users - mean))
    return GenreRegression(usual, mean, slopes)


def measure(
    dataset: Dataset,
    ratings: Ratings,
    *,
    n_people: int = N_PEOPLE,
    seed: int = 0,
    settings: BayesSettings | None = None,
) -> Measured:
    """Hold out all ratings of some users, train on the others, and predict the tested ratings with every remedy.

    The answers are pairs of a remedy and the number of revealed ratings, 0 except for "biases" and "ratings"; remedies that the
    data do not allow are left out. `ratings` belong to `dataset`, items by title. The model is `bayes`. Raises DataError where
    too few users have rated enough.
    """
    settings = settings or BayesSettings()
    people = hold_out(ratings, n_people, seed)
    train = ratings.take(np.flatnonzero(~np.isin(ratings.user_index, [each.user_index for each in people])))
    model = _trained(train, settings)
    items = describe_items(dataset, train, "title")
    known = new_user(model, describe_users(train), items, 0.0, ratings.rating_scale)
    assert isinstance(known, NewUser)
    predictors: dict[tuple[str, int], Callable[[Person], np.ndarray]] = {}
    predictors[AVERAGE_USER] = lambda person: _predict(known, known.prior, person.tested_items)
    genres = genre_table(dataset, ratings)
    if genres.shape[1]:
        question = dataclasses.replace(_fit_genre_question(train, model, genres), mean=known.prior.mean)
        predictors[GENRES, 0] = lambda person: _predict(
            known,
            Belief(
                question.person(liked_genres(person.known_items, person.known_stars, genres)), known.prior.covariance
            ),
            person.tested_items,
        )
    if dataset.users is not None:
        described = features_of(dataset, ratings).users
        trained = np.bincount(train.user_index, minlength=train.n_users) > 0
        from_features = background(model.user_factors, model.user_biases, trained, described)
        predictors[ABOUT, 0] = lambda person: _predict(
            known, from_features.inform(known.prior, described[person.user_index]), person.tested_items
        )
    mean, (_, item_biases) = global_mean(train), biases_only(train, BIAS_DAMPING)

    def user_bias(person: Person, k: int) -> float:
        left = person.known_stars[:k] - mean - item_biases[person.known_items[:k]]
        return float(left.sum() / (k + BIAS_DAMPING))

    for k in REVEALED:
        predictors[BIASES, k] = lambda person, k=k: mean + item_biases[person.tested_items] + user_bias(person, k)
        predictors[TASTE, k] = lambda person, k=k: _predict(
            known, known.after(_revealed(person, k)), person.tested_items
        )
    low, high = ratings.rating_scale.low, ratings.rating_scale.high
    squared = {
        key: np.concatenate([np.square(np.clip(predict(each), low, high) - each.tested_stars) for each in people])
        for key, predict in predictors.items()
    }

    return Measured(squared, np.repeat([each.user_index for each in people], N_TESTED))


def _trained(train: Ratings, settings: BayesSettings) -> Bayes:
    model = build_model("bayes", settings, train.n_users, train.n_items, train.rating_scale)
    fit(model, train, train.take(np.arange(1)))  # it is evaluated on the held-out users
    return model


def _predict(known: NewUser, belief: Belief, item_index: np.ndarray) -> np.ndarray:
    taste, bias = belief.mean[:-1], belief.mean[-1]
    return known.items.factors[item_index] @ taste + bias + known.items.biases[item_index]


def _revealed(person: Person, k: int) -> dict[int, float]:
    return dict(zip(person.known_items[:k].tolist(), person.known_stars[:k].tolist(), strict=True))


def _fit_genre_question(train: Ratings, model: Bayes, genres: np.ndarray) -> GenreRegression:
    """The regression fitted to the trained users, whose stated genres are derived from all their ratings."""
    by_user = pd.DataFrame({"user": train.user_index, "row": np.arange(len(train))}).groupby("user").row
    users, liked = [], []
    for user, rows in by_user:
        users.append(user)
        liked.append(liked_genres(train.item_index[rows], train.rating[rows].astype(np.float64), genres))
    tables = np.column_stack([model.user_factors[users], model.user_biases[users]]).astype(np.float64)
    return fit_genre_regression(np.array(liked), tables)
