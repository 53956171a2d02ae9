"""A new film of which genres and year alone are known: how people would rate it, who would like it, and which films it is like.

The model is a net with side information (`side`). For such a film it has the embedding of the unknown film, which stood for
films hidden in training, and what it learned of genres and years. A film is seen through the ratings that the model predicts:

    ŷ_uf                                     of user u for film f
    usual_u = mean over the films of ŷ_uf    how kindly u rates
    l_fu = (ŷ_uf − usual_u) − its mean over the users

The leaning l_fu, in stars, is taste alone: whose turn it is when kind raters and good films are taken out. Two films are alike
where the same people lean towards them: the correlation of their leanings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.features import item_words_of
from collab.data.tables import most_rated_items, trained_items
from collab.errors import RunError
from collab.explore.similarity import neighbour_rows
from collab.models.embedding_net import EmbeddingNet


@dataclass(frozen=True, eq=False)
class AudienceSpace:
    """N known films as the U trained users would rate them, by the model.

    `user_index` (U,), `item_index` (N,), `usual` (U,) in stars, `leanings` (N, U) in stars.
    """

    user_index: np.ndarray
    item_index: np.ndarray
    usual: np.ndarray
    leanings: np.ndarray


@dataclass(frozen=True, eq=False)
class NewItem:
    """What the model says of a new film: `average_person` the rating of somebody of whom nothing is known, `ratings` (U,) and
    `leanings` (U,) of the trained users, in stars; `closeness` (N,) to the films of the space, −1 … 1."""

    average_person: float
    ratings: np.ndarray
    leanings: np.ndarray
    closeness: np.ndarray


def audience_space(model: EmbeddingNet, users: pd.DataFrame, items: pd.DataFrame, n_items: int) -> AudienceSpace:
    """The `n_items` most rated films as the model sees them; `users` and `items` are the tables of its run."""
    user_index, item_index = trained_items(users), most_rated_items(items, n_items)
    ratings = model.predict(user_index, item_index[:, None]).astype(np.float64)  # (N, U)
    usual = ratings.mean(axis=0)
    return AudienceSpace(user_index, item_index, usual, _leanings(ratings, usual))


def predict_new_item(
    model: EmbeddingNet, space: AudienceSpace, items: pd.DataFrame, genres: Sequence[str], year: float | None
) -> NewItem:
    """What the model says of a film with these `genres` and this `year`; `items` is the table of its run.

    A genre that no film of the run has says nothing, as does a year that is None. A year beyond those of the films counts as the
    band of years at that end. Raises RunError where the table of films is not the one that the model was trained on.
    """
    words = item_words_of(items)
    if not np.array_equal(words.features(items["genres"], items["year"]), model.columns.items.numpy()):
        raise RunError(
            "genres and years in the run’s table of films are not those it was trained on, so a new film cannot be described; "
            "train it again"
        )
    film = model.for_new_items(words.features(["|".join(genres)], [year]))
    ratings = film.predict(space.user_index, 0).astype(np.float64)  # (U,)
    leanings = _leanings(ratings[None], space.usual)[0]
    lengths = np.linalg.norm(space.leanings, axis=1) * np.linalg.norm(leanings)
    closeness = np.divide(space.leanings @ leanings, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    return NewItem(float(film.predict(0, 0)), ratings, leanings, np.clip(closeness, -1.0, 1.0))


def closest_items(
    space: AudienceSpace, film: NewItem, items: pd.DataFrame, without: Sequence[int], n: int
) -> pd.DataFrame:
    """The `n` films of the space that are closest to the new film, the closest first, but for those of `without`.

    Columns: item_index, title, closeness, n_ratings, genres, year.
    """
    closeness = np.zeros(len(items))
    closeness[space.item_index] = film.closeness
    best = space.item_index[np.argsort(-film.closeness, kind="stable")]
    return neighbour_rows(items, best[~np.isin(best, without)][:n], closeness, "closeness")


def group_table(film: NewItem, groups: Sequence[str], least: int = 5) -> pd.DataFrame:
    """Who would like the film: a row a group of users with `least` members, the one that leans most towards it first.

    `groups` (U,) names the group of every user of the space. Columns: group, n_users, predicted and leaning, the means over them.
    """
    table = pd.DataFrame({"group": np.asarray(groups, dtype=str), "predicted": film.ratings, "leaning": film.leanings})
    found = table.groupby("group").agg(
        n_users=("leaning", "size"), predicted=("predicted", "mean"), leaning=("leaning", "mean")
    )
    found = found[found["n_users"] >= least].sort_values("leaning", ascending=False, kind="stable")
    return found.reset_index()


def _leanings(ratings: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Predicted ratings (n, U) without what users usually give (U,) and without the films' own level."""
    above = ratings - usual
    return above - above.mean(axis=1, keepdims=True)
