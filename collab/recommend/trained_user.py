"""Recommendations for a user that the model was trained on, checked against the user's held-out ratings.

There is no fold-in (`collab.recommend.new_user`): predictions are the model's own for the user's trained row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.ratings import Ratings, RatingScale
from collab.models.contract import Model
from collab.models.ease import ItemWeights
from collab.models.fold_in import Predictions, predictions_around
from collab.recommend.orders import AS_IT_COMES, LONG_SHOT, POPULAR, RATING, SAFE, WATCH, Dials, rank


@dataclass(frozen=True)
class Hits:
    """Hits of a ranked list: `n_hits` of the first `n_shown` items are liked, and `n_liked` of all `n_candidates`.

    `expected` is the expected number of hits of a random list; `places` (n_liked,) are the ranks of the liked items in the whole
    order, from 1, ascending.
    """

    n_hits: int
    n_shown: int
    n_liked: int
    n_candidates: int
    places: np.ndarray

    @property
    def expected(self) -> float:
        return self.n_shown * self.n_liked / self.n_candidates if self.n_candidates else 0.0


def orders_for(model: Model, item_weights: ItemWeights | None) -> list[str]:
    """The orders available for this model: `safe` and `long-shot` need a variance that it predicts itself, `watch` the item-item
    weights."""
    named = hasattr(model, "predict_with_variance")
    return [*([WATCH] if item_weights is not None else []), RATING, *([SAFE, LONG_SHOT] if named else []), POPULAR]


def predictions_for(
    model: Model, user_index: int, n_items: int, rating_scale: RatingScale, valid_mse: float
) -> Predictions:
    """The predictions for every item for a trained user, (n_items,) each. The standard deviation is the model's own if it
    predicts one, else the root of `valid_mse`, its mean squared error on the held-out ratings, for every item."""
    item_index, users = np.arange(n_items), np.full(n_items, user_index)
    score = np.asarray(model.predict(users, item_index), dtype=np.float64)
    deviation = np.full(n_items, valid_mse**0.5)
    if hasattr(model, "predict_with_variance"):
        deviation = np.sqrt(np.asarray(model.predict_with_variance(users, item_index)[1], dtype=np.float64))
    return predictions_around(score, deviation, rating_scale)


def rated_in(train: Ratings, user_index: int) -> dict[int, float]:
    """A user's training ratings as stars by item_index; for an item rated twice the later line of the file counts."""
    rows = np.flatnonzero(train.user_index == user_index)
    return dict(zip(train.item_index[rows].tolist(), train.rating[rows].tolist(), strict=True))


def ranked_for(
    predictions: Predictions,
    items: pd.DataFrame,
    rated: Mapping[int, float],
    held_out: pd.DataFrame,
    order: str,
    *,
    item_weights: ItemWeights | None = None,
    dials: Dials = AS_IT_COMES,
) -> pd.DataFrame:
    """All candidates for a user in `order` (`collab.recommend.orders.rank`): the items with enough training ratings that are
    not in the user's training ratings `rated`, stars by item_index.

    Two more columns: place, the rank from 1, and given, the user's held-out rating of the item
    (`collab.explore.people.held_out_of`; of two the higher), NaN without one. Raises SettingError as `rank` does.
    """
    table = rank(order, predictions, items, rated, known=item_weights, dials=dials, n=len(items))
    given = held_out.groupby("item_index")["rating"].max()
    table.insert(0, "place", np.arange(1, len(table) + 1))
    return table.assign(given=table["item_index"].map(given).astype(np.float64))


def hits(ranked: pd.DataFrame, liked_from: float, n_shown: int) -> Hits:
    """The hits among the first `n_shown` rows of `ranked`, a table of `ranked_for`: held-out ratings of `liked_from` stars or
    more."""
    liked = (ranked["given"] >= liked_from).to_numpy()
    shown = min(n_shown, len(ranked))
    return Hits(int(liked[:shown].sum()), shown, int(liked.sum()), len(ranked), np.flatnonzero(liked) + 1)


def least_liked(liked_from: float, rating_scale: RatingScale) -> float:
    """The lowest level of the scale that counts as liked: 4 stars on both scales of MovieLens."""
    return float(min(level for level in rating_scale.levels.tolist() if level >= liked_from))
