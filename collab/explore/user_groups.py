"""Groups of users: by age, gender and occupation where the data set has them, and by favourite genre."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import scipy.sparse

from collab.data.features import AGE_EDGES
from collab.data.ratings import Ratings

UNKNOWN_GROUP = "not known"
NO_FAVOURITE = "none above the others"

FAVOURITE_DAMPING = 5.0
"""Pseudo-ratings at the user's mean that are added to every genre, so that one item does not make a favourite."""


def age_words(age: float | None) -> str:
    """The band of an age, by the bands of `collab.data.features`: "under 15", "15 to 19", …, "60 and over"."""
    if age is None or pd.isna(age):
        return UNKNOWN_GROUP
    if age < AGE_EDGES[0]:
        return f"under {AGE_EDGES[0]}"
    for low, above in pairwise(AGE_EDGES):
        if age < above:
            return f"{low} to {above - 1}"
    return f"{AGE_EDGES[-1]} and over"


def demographic_groups(people: pd.DataFrame | None, user_ids: Sequence[str]) -> dict[str, np.ndarray]:
    """The groups (n,) of the users `user_ids` by "age", "gender" and "occupation".

    `people` is `collab.data.dataset.Dataset.users`; {} where it is None.
    """
    if people is None:
        return {}
    known = people.drop_duplicates("user_id").set_index("user_id").reindex(list(user_ids))
    words = {
        column: known[column].map(lambda value: UNKNOWN_GROUP if pd.isna(value) or value == "" else str(value))
        for column in ("gender", "occupation")
    }
    words["gender"] = words["gender"].replace({"F": "women", "M": "men"})
    return {"age": np.array([age_words(age) for age in known["age"]]), **{k: v.to_numpy() for k, v in words.items()}}


def favourite_genres(train: Ratings, genres: Sequence[str], user_index: np.ndarray) -> np.ndarray:
    """The genre whose damped mean rating is furthest above the user's own mean, for the users `user_index` (n,): (n,).

    `genres` (n_items,) holds "Action|Comedy" for every item. A user without a genre above their own mean gets NO_FAVOURITE.
    """
    member = pd.Series(list(genres), dtype="str").fillna("").str.get_dummies("|").drop(columns="", errors="ignore")
    if member.empty or not len(member.columns):
        return np.full(len(user_index), NO_FAVOURITE)
    counts = np.bincount(train.user_index, minlength=train.n_users)
    mean = np.bincount(train.user_index, weights=train.rating, minlength=train.n_users) / np.maximum(counts, 1)
    shape = (train.n_users, train.n_items)
    places = (train.user_index, train.item_index)
    above, seen = (
        scipy.sparse.csr_array((values, places), shape=shape)[user_index] @ member.to_numpy(np.float64)
        for values in (train.rating - mean[train.user_index], np.ones(len(train)))
    )
    damped = above / (seen + FAVOURITE_DAMPING)  # (n, n_genres)
    best = damped.argmax(axis=1)
    return np.where(damped.max(axis=1) > 0, member.columns.to_numpy(dtype=str)[best], NO_FAVOURITE)
