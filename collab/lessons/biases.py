"""A prediction as a sum: the average, the user's bias, the item's bias, and the dot product of their factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collab.data.ratings import Ratings
from collab.lessons.sigmoid_range import in_range
from collab.models.baselines import biases_only, global_mean
from collab.models.contract import FoldsIn, Model


@dataclass(frozen=True)
class Parts:
    """The terms of a score: `base` for the average user and item, `user` and `film` for the deviations of these two from it,
    `taste` for the dot product of their factors. In stars, or in units of the score that a sigmoid maps to stars."""

    base: float
    user: float
    film: float
    taste: float

    @property
    def score(self) -> float:
        return self.base + self.user + self.film + self.taste


@dataclass(frozen=True)
class Sums:
    """Tables with the score p·q + b_u + b_i: factors (n_users, F) and (n_items, F), biases (n_users,) and (n_items,); row 0 of
    each is the average one. `y_range` holds the ends of the sigmoid, None where the score is the rating itself."""

    user_factors: np.ndarray
    item_factors: np.ndarray
    user_biases: np.ndarray
    item_biases: np.ndarray
    y_range: tuple[float, float] | None

    def parts(self, user_index: int, item_index: int) -> Parts:
        """The terms of the score of this user for this item."""
        of_users, of_items = (table.astype(np.float64) for table in (self.user_biases, self.item_biases))
        taste = self.user_factors[user_index].astype(np.float64) @ self.item_factors[item_index].astype(np.float64)
        return Parts(
            float(of_users[0] + of_items[0]),
            float(of_users[user_index] - of_users[0]),
            float(of_items[item_index] - of_items[0]),
            float(taste),
        )

    def stars(self, score: float) -> float:
        """The rating for a score."""
        return score if self.y_range is None else in_range(score, *self.y_range)


def sums_of(model: Model) -> Sums | None:
    """The tables of a trained model whose score is a plain sum with biases; None for any other."""
    if not model.has_biases or isinstance(model, FoldsIn):
        return None
    return Sums(model.user_factors, model.item_factors, model.user_biases, model.item_biases, model.y_range)


def damped_sums(train: Ratings) -> Sums:
    """The damped-bias baseline as `Sums` without factors; its base is the mean of all ratings, in stars."""
    user_biases, item_biases = biases_only(train)
    return Sums(
        np.zeros((train.n_users, 0)),
        np.zeros((train.n_items, 0)),
        global_mean(train) + user_biases,
        item_biases,
        None,
    )
