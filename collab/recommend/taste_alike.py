"""Similar users: the trained users whose predicted ratings are most like a person's, and the items that they liked.

For each of two people, take the predicted ratings of the most rated items minus the average person's. Their likeness is the
correlation of the two rows. It is 1 where the same items stand out for both and 0 where nothing is shared. Leniency does not
affect it, since a correlation is independent of level. Trained users are represented by the model's predictions, the person by
the posterior: the likeness is its mean over posterior draws, because the posterior mean alone, a single direction after one
rating, would look far too similar to some users. A model with a fold-in of its own provides a point estimate only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.ratings import Ratings
from collab.data.tables import item_rows, most_rated_items, trained_items
from collab.models.contract import Model
from collab.models.levels import COVERAGE
from collab.models.neighbours import dense
from collab.recommend.new_user import NewUser, OwnFoldIn

N_ITEMS = 200
"""Number of most rated items on which people are compared, so that similarity does not rest on rarely rated items."""

N_DRAWS = 200
"""Number of draws from the posterior of a person."""

LIKED = 4.0
"""Stars from which an item counts as liked."""


@dataclass(frozen=True, eq=False)
class TrainedTastes:
    """The tastes of the trained users `user_index` (n,) over `items` (m,), most rated first.

    `direction` (n, m) holds their predicted ratings minus the average person's, each row centred and of length 1, or 0 where a
    user differs from the average person by level alone.
    """

    user_index: np.ndarray
    items: np.ndarray
    direction: np.ndarray


def trained_tastes(
    model: Model, known: NewUser | OwnFoldIn, users: pd.DataFrame, items: pd.DataFrame, n_items: int = N_ITEMS
) -> TrainedTastes:
    """The tastes of all users with a training rating, over the `n_items` most rated items."""
    people, item_index = trained_items(users), most_rated_items(items, n_items)
    predicted = model.predict(np.repeat(people, len(item_index)), np.tile(item_index, len(people)))
    away = predicted.reshape(len(people), len(item_index)).astype(np.float64) - known.plain.before[0].score[item_index]
    return TrainedTastes(people, item_index, _direction(away))


def alike(known: NewUser | OwnFoldIn, rated: Mapping[int, float], tastes: TrainedTastes, n: int = 10) -> pd.DataFrame:
    """The `n` trained users most like the person with the ratings `rated`, stars by item_index; most alike first.

    Columns: user_index, likeness, low, high (the interval that holds 8 of 10 draws, `COVERAGE`; NaN for a model without a
    posterior). Ties: the lower number first. Users with a likeness of 0 or below are left out. The table is empty where nothing
    was rated or told, or where the person's predictions differ from the average person's by level alone.
    """
    mean, low, high = (
        _likeness(known, rated, tastes) if rated or known.stated else [np.zeros(len(tastes.user_index))] * 3
    )
    order = np.argsort(-mean, kind="stable")[:n]
    order = order[mean[order] > 1e-9]
    return pd.DataFrame(
        {"user_index": tastes.user_index[order], "likeness": mean[order], "low": low[order], "high": high[order]}
    )


def liked_items(
    train: Ratings,
    user_index: np.ndarray,
    items: pd.DataFrame,
    answered: Collection[int],
    predicted: np.ndarray,
    n: int = 10,
) -> pd.DataFrame:
    """The `n` items that most of the users `user_index` (u,) liked (LIKED stars or more), without those `answered`.

    Columns: item_index, title, year, genres, n_ratings, n_liked and n_rated of these users, everyone (the share of all training
    ratings of the item that are LIKED or more) and predicted, from `predicted` (n_items,). Ties: the higher prediction first. An
    item that a user rated twice counts with its mean.
    """
    stars = dense(np.asarray(user_index).tolist(), train).reshape(len(user_index), train.n_items)
    n_rated, n_liked = (~np.isnan(stars)).sum(axis=0), (stars >= LIKED).sum(axis=0)
    n_liked[list(answered)] = 0
    n_liked[0] = 0  # the unknown item
    order = np.lexsort((-predicted, -n_liked))[:n]
    order = order[n_liked[order] > 0]
    likes = np.bincount(train.item_index, train.rating >= LIKED, train.n_items)
    return item_rows(items, order, ["title", "year", "genres", "n_ratings"]).assign(
        n_liked=n_liked[order],
        n_rated=n_rated[order],
        everyone=likes[order] / np.bincount(train.item_index, minlength=train.n_items)[order],
        predicted=predicted[order],
    )


def n_in_common(train: Ratings, user_index: np.ndarray, rated: Collection[int]) -> np.ndarray:
    """The number of items in `rated` that each of the users `user_index` (u,) has rated too, (u,)."""
    mine = np.isin(train.item_index, list(rated))
    return np.array(
        [len(np.unique(train.item_index[mine & (train.user_index == user)])) for user in user_index], dtype=np.int64
    )


def _likeness(
    known: NewUser | OwnFoldIn, rated: Mapping[int, float], tastes: TrainedTastes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The likeness of every trained user: mean and the two ends of its interval, (n,) each."""
    before = known.plain.before[0].score[tastes.items]
    if isinstance(known, OwnFoldIn):
        likeness = tastes.direction @ _direction(known.predict(rated)[0].score[tastes.items] - before)
        unknown = np.full(len(likeness), np.nan)
        return likeness, unknown, unknown
    belief = known.after(rated)
    values, vectors = np.linalg.eigh(belief.covariance)
    noise = np.random.default_rng(0).standard_normal((N_DRAWS // 2, len(values)))
    noise = np.concatenate([noise, -noise])  # antithetic pairs; the fixed seed gives the same draws every time
    people = belief.mean + noise * np.sqrt(np.maximum(values, 0)) @ vectors.T  # (N_DRAWS, k + 1)
    inside = people @ known.items.described(tastes.items).T + known.items.biases[tastes.items]
    score = known.items.curve(inside)[0]  # (N_DRAWS, m)
    likeness = tastes.direction @ _direction(score - before).T  # (n, N_DRAWS)
    ends = np.quantile(likeness, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2], axis=1)
    return likeness.mean(axis=1), ends[0], ends[1]


def _direction(away: np.ndarray) -> np.ndarray:
    """The rows of `away` (…, m), centred and of length 1; 0 where only rounding error is left."""
    centred = away - away.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    some = length > 1e-4 * np.sqrt(away.shape[-1])
    return np.divide(centred, length, out=np.zeros_like(centred), where=some)
