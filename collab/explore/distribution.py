"""The probability of every rating level for one user and one item, from any model, and the actual ratings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collab.data.ratings import Ratings, RatingScale
from collab.data.splitting import Split
from collab.models.contract import Model, PredictsLevels
from collab.models.levels import level_probabilities, likely_range

OWN, OWN_VARIANCE, ONE_NOISE = "own chances", "own variance", "one noise level"
TRAINING, HELD_OUT, SEALED = "training", "held out", "sealed"


@dataclass(frozen=True, eq=False)
class Distribution:
    """How a user would rate an item: `chances` (n_levels,) are the probabilities of the levels of `rating_scale`, summing to 1.

    `predicted` is the model's own prediction, `expected` = Σ level · chance the mean of the distribution and `deviation` its
    standard deviation, all in stars. `likely_low` to `likely_high` is the shortest run of levels that holds the rating with a
    probability of at least 80 %. `source` says where the probabilities come from: OWN, OWN_VARIANCE or ONE_NOISE.
    """

    rating_scale: RatingScale
    chances: np.ndarray
    predicted: float
    likely_low: float
    likely_high: float
    source: str

    @property
    def expected(self) -> float:
        return float(self.rating_scale.levels @ self.chances)

    @property
    def deviation(self) -> float:
        return float(np.sqrt(np.square(self.rating_scale.levels - self.expected) @ self.chances))


def distribution(
    model: Model, user_index: int, item_index: int, rating_scale: RatingScale, valid_mse: float
) -> Distribution:
    """The distribution that `model` predicts for a row of its users and a row of its items.

    A model that predicts level probabilities supplies them (OWN). Otherwise they come from a normal distribution around its
    prediction. Its variance is the model's own (OWN_VARIANCE), or else `valid_mse`, the mean squared error on the held-out
    ratings, the same for every user and item (ONE_NOISE).
    """
    user, item = np.array([user_index]), np.array([item_index])
    if isinstance(model, PredictsLevels):
        mean, chances, source = model.predict(user, item), model.level_probabilities(user, item), OWN
    elif hasattr(model, "predict_with_variance"):
        mean, variance = model.predict_with_variance(user, item)
        chances, source = level_probabilities(mean, variance, rating_scale), OWN_VARIANCE
    else:
        mean = model.predict(user, item)
        chances, source = level_probabilities(mean, np.array([valid_mse]), rating_scale), ONE_NOISE
    low, high = likely_range(chances, rating_scale)
    return Distribution(
        rating_scale, chances[0].astype(np.float64), float(mean[0]), float(low[0]), float(high[0]), source
    )


@dataclass(frozen=True)
class Given:
    """A rating that a user gave to an item, in stars, and the `part` of the split that holds it. The rating is None where it is
    sealed and so must not be shown yet."""

    rating: float | None
    part: str


def actual_ratings(ratings: Ratings, split: Split, user_index: int, item_index: int) -> list[Given]:
    """The user's ratings of the item, in file order: usually none or one, but some items were rated twice."""
    rows = np.flatnonzero((ratings.user_index == user_index) & (ratings.item_index == item_index))
    found = []
    for row in rows.tolist():
        sealed = bool(np.isin(row, split.test))
        part = SEALED if sealed else HELD_OUT if np.isin(row, split.valid) else TRAINING
        found.append(Given(None if sealed else float(ratings.rating[row]), part))
    return found


def held_out_items(ratings: Ratings, split: Split, user_index: int) -> np.ndarray:
    """The item indices of the user's held-out (not sealed) ratings, in the order of the split."""
    rows = split.valid[ratings.user_index[split.valid] == user_index]
    return ratings.item_index[rows]
