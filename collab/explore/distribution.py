"""Distribution: the chance of every rating level for one user and one film, from any model, and what was really given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from collab.data.ratings import Ratings, RatingScale
from collab.data.splitting import Split
from collab.models.contract import Model, NamesChances
from collab.models.levels import level_probabilities, likely_range

OWN, OWN_VARIANCE, ONE_NOISE = "own chances", "own variance", "one noise level"
TRAINING, HELD_OUT, SEALED = "training", "held out", "sealed"


@dataclass(frozen=True, eq=False)
class Distribution:
    """How a user would rate a film: `chances` (n_levels,) of the levels of `rating_scale`, adding up to 1.

    `predicted` is the model's own number, `expected` = Σ level · chance and `deviation` its standard deviation, all in stars.
    `likely_low` to `likely_high` are the fewest neighbouring levels that hold the rating with a chance of 80 %. `source` says
    where the chances come from: OWN, OWN_VARIANCE or ONE_NOISE.
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
    """The distribution that `model` predicts for a row of its users and a row of its films.

    A model that names chances is asked for them (OWN). Else they are read off a normal distribution around its prediction,
    whose variance it names itself (OWN_VARIANCE), or which is `valid_mse`, its squared error on the held-out ratings and so
    the same for every user and film (ONE_NOISE).
    """
    user, item = np.array([user_index]), np.array([item_index])
    if isinstance(model, NamesChances):
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
    """A rating that a user gave to a film, in stars, and the `part` of the split in which it is; None where it is sealed: nobody
    may look at it yet."""

    rating: float | None
    part: str


def given_ratings(ratings: Ratings, split: Split, user_index: int, item_index: int) -> list[Given]:
    """What the user gave to the film, in the order of the file: mostly nothing, or one; some films were rated twice."""
    rows = np.flatnonzero((ratings.user_index == user_index) & (ratings.item_index == item_index))
    found = []
    for row in rows.tolist():
        sealed = bool(np.isin(row, split.test))
        part = SEALED if sealed else HELD_OUT if np.isin(row, split.valid) else TRAINING
        found.append(Given(None if sealed else float(ratings.rating[row]), part))
    return found


def held_out_items(ratings: Ratings, split: Split, user_index: int) -> np.ndarray:
    """The item_index of the films whose ratings by the user are held out (not sealed), in the order of the split."""
    rows = split.valid[ratings.user_index[split.valid] == user_index]
    return ratings.item_index[rows]
