"""What a model recommends to one of the people it was trained on, and whether they liked it: their held-out ratings tell.

Not a fold-in (`collab.recommend.new_user`): the prediction is the model's own for that user's trained row.
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
    """Of the first `n_shown` of `n_candidates` films in an order `n_hits` are liked ones; `n_liked` of all candidates are.

    `expected` is the mean number of hits of a list drawn blindly; `places` (n_liked,) are the places of the liked films in the
    whole order, 1 the first, ascending.
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
    """The orders that can differ for this model: `safe` and `long-shot` take a variance that it names itself, `watch` the
    item-item weights."""
    named = hasattr(model, "predict_with_variance")
    return [*([WATCH] if item_weights is not None else []), RATING, *([SAFE, LONG_SHOT] if named else []), POPULAR]


def predictions_for(
    model: Model, user_index: int, n_items: int, rating_scale: RatingScale, valid_mse: float
) -> Predictions:
    """How a trained user would rate every film, (n_items,) each; the deviation is the model's own where it names one, else the
    root of `valid_mse`, its squared error on the held-out ratings, for every film."""
    films, users = np.arange(n_items), np.full(n_items, user_index)
    score = np.asarray(model.predict(users, films), dtype=np.float64)
    deviation = np.full(n_items, valid_mse**0.5)
    if hasattr(model, "predict_with_variance"):
        deviation = np.sqrt(np.asarray(model.predict_with_variance(users, films)[1], dtype=np.float64))
    return predictions_around(score, deviation, rating_scale)


def rated_in(train: Ratings, user_index: int) -> dict[int, float]:
    """Stars by item_index of a user's training ratings; of a film rated twice the later line of the file counts."""
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
    """All candidates for a user in `order` (`collab.recommend.orders.rank`): the films with enough training ratings that are
    not among the training ratings `rated`, stars by item_index.

    Two columns more: place, 1 the first, and given, the user's held-out rating of the film
    (`collab.explore.people.held_out_of`; of two the higher), NaN without one. Raises SettingError as `rank` does.
    """
    table = rank(order, predictions, items, rated, known=item_weights, dials=dials, n=len(items))
    given = held_out.groupby("item_index")["rating"].max()
    table.insert(0, "place", np.arange(1, len(table) + 1))
    return table.assign(given=table["item_index"].map(given).astype(np.float64))


def hits(ranked: pd.DataFrame, liked_from: float, n_shown: int) -> Hits:
    """How many of the first `n_shown` films of `ranked_for` the user gave `liked_from` stars or more, held out."""
    liked = (ranked["given"] >= liked_from).to_numpy()
    shown = min(n_shown, len(ranked))
    return Hits(int(liked[:shown].sum()), shown, int(liked.sum()), len(ranked), np.flatnonzero(liked) + 1)


def least_liked(liked_from: float, rating_scale: RatingScale) -> float:
    """The lowest level of the scale that counts as liked: 4 stars on both scales of MovieLens."""
    return float(min(level for level in rating_scale.levels.tolist() if level >= liked_from))
