"""Other ways to predict somebody new from a few ratings: what `tests.benchmarks.cold_start` sets beside Collab's.

*item mean*: of the training ratings, damped by five; the same for everybody. *biases*: global mean, damped film bias, and the
person's bias Σ (rating − mean − film bias) / (k + 6), the posterior mean where biases have a sixth of the noise's variance.
*zero-mean ridge*: the film factors and biases of a model, as points; the person's factors and bias weighed as
‖w‖² · noise / variance, without the average person's tastes. *LensKit*: its BiasedMF, the person's ratings as the history of a
query, in an interpreter of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from collab.data.ratings import Ratings, RatingScale
from collab.data.splitting import split_random
from collab.models.fold_in import Belief, Predictions, predictions_around
from collab.recommend.new_user import NewUser
from tests.benchmarks.conditions import ask_peer
from tests.benchmarks.new_users import REVEALS, Person

DAMPING = 6.0
RIDGE = {"bayes": 0.15, "dot-bias": 0.2}
"""Variance of factors and bias in the ridge: of twelve from .003 to 1 the best after ten ratings, on the 143 people alone."""
LENSKIT = {"n_factors": 50, "regularization": 0.15, "epochs": 10, "seed": 0}
"""Its defaults but for the regularisation, of seven from .05 to .25 the best after ten ratings, on the 143 people alone; with
100 factors it is the same within .001 there."""

Method = Callable[[dict[int, float], int], Predictions]
"""From what a person rated, stars by item_index, and their row of the user table: what is predicted of all films."""


def foretold(score: np.ndarray, variance: float, scale: RatingScale) -> Predictions:
    """Predictions of every film, `score` (n_items,), with one variance for all, NaN where there is none."""
    return predictions_around(score, np.full(len(score), np.sqrt(variance)), scale)


def item_mean(train: Ratings, damped_mean: np.ndarray) -> Method:
    """Knows nobody; `damped_mean` (n_items,) of `describe_items`."""
    found = foretold(damped_mean, np.nan, train.rating_scale)
    return lambda rated, user: found


@dataclasses.dataclass(frozen=True)
class Biases:
    """Knows no tastes: global mean, biases of films (n_items,), and what a rating deviates by from mean and biases, squared."""

    mean: float
    item_biases: np.ndarray
    noise_variance: float
    rating_scale: RatingScale

    @classmethod
    def of(cls, train: Ratings) -> Biases:
        """Its noise is a run's: the MSE on 20 % of the rows (seed 0) of the same biases on the others."""
        split = split_random(len(train), 0.2, 0)
        fitted, held_out = cls._fitted(train.take(split.train)), train.take(split.valid)
        users = fitted.user_biases(train.take(split.train))
        score = fitted.mean + fitted.item_biases[held_out.item_index] + users[held_out.user_index]
        noise_variance = float(np.mean((held_out.rating - score) ** 2))
        return dataclasses.replace(cls._fitted(train), noise_variance=noise_variance)

    @classmethod
    def _fitted(cls, train: Ratings) -> Biases:
        mean, n = float(train.rating.mean(dtype=np.float64)), train.n_items
        counts = np.bincount(train.item_index, minlength=n)
        total = np.bincount(train.item_index, weights=train.rating - mean, minlength=n)
        return cls(mean, total / (counts + DAMPING), float("nan"), train.rating_scale)

    def user_biases(self, train: Ratings) -> np.ndarray:
        """Of every user, (n_users,), from their ratings."""
        away = train.rating - self.mean - self.item_biases[train.item_index]
        counts = np.bincount(train.user_index, minlength=train.n_users)
        return np.bincount(train.user_index, weights=away, minlength=train.n_users) / (counts + DAMPING)

    def __call__(self, rated: dict[int, float], user: int) -> Predictions:
        films, stars = np.array(list(rated), dtype=np.int64), np.array(list(rated.values()))
        bias = np.sum(stars - self.mean - self.item_biases[films]) / (len(films) + DAMPING)
        variance = self.noise_variance * (1 + 1 / (len(films) + DAMPING))  # noise, and what is unknown of the bias
        return foretold(self.mean + self.item_biases + bias, variance, self.rating_scale)


def ridge(known: NewUser, variance: float) -> NewUser:
    """The same films, as points, met by somebody of whom nothing is believed but that their factors and bias are near 0.

    Without a rating range and with s = q · p + b_u + b_i: `sklearn.linear_model.Ridge(noise / variance, fit_intercept=False)` on
    the rows [q; 1]. A Bayesian model's biases of people hold the global mean, which stays with the films.
    """
    width = len(known.prior.mean)
    level = known.prior.mean[-1] if known.items.y_range is None else 0.0
    nobody = Belief(np.zeros(width), variance * np.eye(width))
    films = dataclasses.replace(known.items, biases=known.items.biases + level, covariances=None)
    return dataclasses.replace(known, prior=nobody, items=films)


def lenskit(python: str, train: Ratings, people: list[Person], revealed: tuple[int, ...]) -> tuple[Method, np.ndarray]:
    """LensKit's fold-in of `people` after so many ratings each, in either order, and the CPU seconds of each of its calls."""
    queries = {
        (person.user, frozenset(rated.items())): rated
        for person in people
        for reveal in REVEALS
        for rated in (person.revealed(reveal, k) for k in revealed)
    }
    rows = {f"train_{name}": getattr(train, f"{name}_index") for name in ("user", "item")}
    arrays = rows | {
        "train_rating": train.rating,
        "n_items": np.array(train.n_items),
        "given_item": np.array([film for rated in queries.values() for film in rated], dtype=np.int64),
        "given_rating": np.array([stars for rated in queries.values() for stars in rated.values()]),
        "start": np.cumsum([0, *map(len, queries.values())]),
    }
    found = ask_peer(python, "lenskit_new_users.py", arrays, LENSKIT)
    predicted = dict(zip(queries, found["predicted"], strict=True))

    def method(rated: dict[int, float], user: int) -> Predictions:
        return foretold(predicted[user, frozenset(rated.items())], np.nan, train.rating_scale)

    return method, found["seconds"]
