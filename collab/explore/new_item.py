"""A new item known only by genres and year: predicted ratings, the users who would like it, and the items closest to it.

The model is a net with side information (`side`). For such an item it uses the embedding of the unknown item, which stands for
items hidden during training, and what it learned about genres and years. An item is represented by its predicted ratings:

    ŷ_uf                                     of user u for item f
    usual_u = mean over the items of ŷ_uf    how leniently u rates
    l_fu = (ŷ_uf − usual_u) − its mean over the users

The leaning l_fu, in stars, is taste alone, with the users' leniency and the item's quality removed. The closeness of two items
is the correlation of their leanings: high where the same users lean towards both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.features import item_encoder_of
from collab.data.tables import most_rated_items, trained_items
from collab.errors import RunError
from collab.explore.similarity import neighbour_rows
from collab.models.embedding_net import EmbeddingNet


@dataclass(frozen=True, eq=False)
class AudienceSpace:
    """N known items, represented by the ratings that the model predicts for the U trained users.

    `user_index` (U,), `item_index` (N,), `usual` (U,) in stars, `leanings` (N, U) in stars.
    """

    user_index: np.ndarray
    item_index: np.ndarray
    usual: np.ndarray
    leanings: np.ndarray


@dataclass(frozen=True, eq=False)
class NewItem:
    """Predictions for a new item: `average_person` is the rating of an unknown user, `ratings` (U,) and `leanings` (U,) are those
    of the trained users, all in stars; `closeness` (N,) to the items of the space, −1 … 1."""

    average_person: float
    ratings: np.ndarray
    leanings: np.ndarray
    closeness: np.ndarray


def audience_space(model: EmbeddingNet, users: pd.DataFrame, items: pd.DataFrame, n_items: int) -> AudienceSpace:
    """The `n_items` most rated items in the audience space of `model`; `users` and `items` are the tables of its run."""
    user_index, item_index = trained_items(users), most_rated_items(items, n_items)
    ratings = model.predict(user_index, item_index[:, None]).astype(np.float64)  # (N, U)
    usual = ratings.mean(axis=0)
    return AudienceSpace(user_index, item_index, usual, _leanings(ratings, usual))


def predict_new_item(
    model: EmbeddingNet, space: AudienceSpace, items: pd.DataFrame, genres: Sequence[str], year: float | None
) -> NewItem:
    """Predict a new item with these `genres` and this `year`; `items` is the table of the model's run.

    Genres that no item of the run has are ignored, as is a year of None. A year outside the range of the run's items counts as
    the nearest band of years. Raises RunError where the table of items is not the one that the model was trained on.
    """
    words = item_encoder_of(items)
    if not np.array_equal(words.features(items["genres"], items["year"]), model.columns.items.numpy()):
        raise RunError(
            "genres and years in the run’s table of films are not those it was trained on, so a new film cannot be described; "
            "train it again"
        )
    with_item = model.for_new_items(words.features(["|".join(genres)], [year]))
    ratings = with_item.predict(space.user_index, 0).astype(np.float64)  # (U,)
    leanings = _leanings(ratings[None], space.usual)[0]
    lengths = np.linalg.norm(space.leanings, axis=1) * np.linalg.norm(leanings)
    closeness = np.divide(space.leanings @ leanings, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    return NewItem(float(with_item.predict(0, 0)), ratings, leanings, np.clip(closeness, -1.0, 1.0))


def closest_items(
    space: AudienceSpace, film: NewItem, items: pd.DataFrame, without: Sequence[int], n: int
) -> pd.DataFrame:
    """The `n` items of the space closest to the new item, closest first, excluding those of `without`.

    Columns: item_index, title, closeness, n_ratings, genres, year.
    """
    closeness = np.zeros(len(items))
    closeness[space.item_index] = film.closeness
    best = space.item_index[np.argsort(-film.closeness, kind="stable")]
    return neighbour_rows(items, best[~np.isin(best, without)][:n], closeness, "closeness")


def group_table(film: NewItem, groups: Sequence[str], least: int = 5) -> pd.DataFrame:
    """Predictions by group of users: one row per group with at least `least` members, largest leaning first.

    `groups` (U,) names the group of every user of the space. Columns: group, n_users, and the means predicted and leaning.
    """
    table = pd.DataFrame({"group": np.asarray(groups, dtype=str), "predicted": film.ratings, "leaning": film.leanings})
    found = table.groupby("group").agg(
        n_users=("leaning", "size"), predicted=("predicted", "mean"), leaning=("leaning", "mean")
    )
    found = found[found["n_users"] >= least].sort_values("leaning", ascending=False, kind="stable")
    return found.reset_index()


def _leanings(ratings: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Predicted ratings (n, U) minus the users' usual ratings (U,), then minus each item's mean."""
    above = ratings - usual
    return above - above.mean(axis=1, keepdims=True)
