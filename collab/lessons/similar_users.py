"""Find similar users, recommend what they liked: the three steps for one user of a trained `neighbours` model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from collab.data.ratings import Ratings
from collab.models.neighbours import Neighbours, NeighboursSettings, dense


@dataclass(frozen=True, eq=False)
class Trace:
    """The three steps on paper: a table of ratings, one row per user and one column per item.

    `users` (1 + n_alike,) holds the user, then the most similar ones, with `similarity` and `n_common` (n_alike,). `items`
    (n_items,) begins with `n_shared` items that the user has rated, those rated by the most others; the rest are picks that the
    user has not rated, best first, `predicted` (n_picks,) in stars. `rating` (1 + n_alike, n_items) is NaN where there is none.
    """

    users: np.ndarray
    similarity: np.ndarray
    n_common: np.ndarray
    items: np.ndarray
    n_shared: int
    rating: np.ndarray
    predicted: np.ndarray

    @property
    def picks(self) -> np.ndarray:
        return self.items[self.n_shared :]


def train_neighbours(train: Ratings, settings: NeighboursSettings | None = None) -> Neighbours:
    """A `neighbours` model of similar users, trained on `train`."""
    model = Neighbours(settings or NeighboursSettings(), train.n_users, train.n_items)
    for epoch in model.train_epochs(train):
        for _ in epoch:
            pass
    return model


def trace(
    model: Neighbours,
    train: Ratings,
    user_index: int,
    candidates: np.ndarray,
    *,
    n_alike: int = 8,
    n_shared: int = 6,
    n_picks: int = 4,
) -> Trace:
    """The three steps for a user: own ratings, most similar users, what they liked among the items `candidates` (n,).

    An item is a pick only if a neighbour contributes to its prediction and the user has not rated it; highest prediction first,
    equal ones in the order of their rows.
    """
    similarity, n_common = model.similarity_to(user_index)
    alike = np.argsort(-similarity, kind="stable")[:n_alike]
    alike = alike[similarity[alike] > 0]
    own = np.unique(train.item_index[train.user_index == user_index])
    table = dense([user_index, *alike.tolist()], train)  # (1 + n_alike, n_items)
    n_rated = (~np.isnan(table[1:, own])).sum(axis=0)
    shared = own[np.argsort(-n_rated, kind="stable")[:n_shared]]
    left = np.setdiff1d(candidates, own)
    predicted = model.predict(np.full(len(left), user_index), left)
    best = left[np.argsort(-predicted, kind="stable")].tolist()
    explained = (item for item in best if len(model.terms_of(user_index, item).neighbour_index))
    picks = np.array(list(islice(explained, n_picks)), dtype=np.int64)
    items = np.concatenate([shared, picks]).astype(np.int64)
    return Trace(
        np.array([user_index, *alike.tolist()]),
        similarity[alike],
        n_common[alike],
        items,
        len(shared),
        table[:, items],
        model.predict(np.full(len(picks), user_index), picks),
    )
