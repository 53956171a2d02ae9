"""Features: what is known of users and films besides ratings, as rows of numbers that a model can use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.datasets.dataset import Dataset, item_labels
from collab.ratings import Ratings

YEAR_BANDS = 15
"""Films are sorted by year into so many bands of about the same size."""

AGE_EDGES = (15, 20, 25, 30, 35, 40, 50, 60)
"""Ages at which the next band of users begins."""


@dataclass(frozen=True, eq=False)
class Features:
    """Features of all rows of the user table (n_users, f) and of the item table (n_items, g), float32.

    Row 0 (`#na#`) and any row of which nothing is known is zero; None for a side of which nothing is known at all.
    """

    users: np.ndarray | None
    items: np.ndarray | None


def features_of(dataset: Dataset, ratings: Ratings, items_by: str = "title") -> Features:
    """The features of the data set's users and films, in the order of the vocabularies of `ratings`.

    A film has its genres, divided by the square root of their number so that a film of many genres weighs as much as one
    of few, and the band of its year. A user has band of age, gender and occupation, 0/1 each. Nothing here comes from a rating.
    """
    films = dataset.items.assign(label=item_labels(dataset, items_by).to_numpy()).drop_duplicates("label")
    films = films.set_index("label").reindex(list(ratings.items.labels))
    named = films.genres.fillna("").str.get_dummies("|")
    genres = named.drop(columns="", errors="ignore").to_numpy(np.float32)
    genres = genres / np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1))
    year = films.year.to_numpy(dtype=np.float64, na_value=np.nan)
    known = year[~np.isnan(year)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, YEAR_BANDS + 1)[1:-1])) if len(known) else np.zeros(0)
    users = None
    if dataset.users is not None:
        people = dataset.users.drop_duplicates("user_id").set_index("user_id").reindex(list(ratings.users.labels))
        age = people.age.to_numpy(dtype=np.float64, na_value=np.nan)
        users = np.hstack([_bands(age, np.asarray(AGE_EDGES)), _one_hot(people.gender), _one_hot(people.occupation)])
    return Features(users, np.hstack([genres, _bands(year, edges)]))


def features_of_person(dataset: Dataset, age: float | None, gender: str | None, occupation: str | None) -> np.ndarray:
    """The features of somebody who is not in the data set, as `features_of` describes its users, (f,).

    None for what is not known, as is a gender or an occupation that nobody in the data set has: its features are NaN. Shape (0,)
    where the data set does not describe people.
    """
    if dataset.users is None:
        return np.zeros(0, dtype=np.float32)
    known = [_bands(np.array([np.nan if age is None else age], dtype=np.float64), np.asarray(AGE_EDGES))[0]]
    for column, value in (("gender", gender), ("occupation", occupation)):
        known.append((pd.get_dummies(dataset.users[column]).columns == value).astype(np.float32))
    return np.concatenate([part if part.any() else np.full_like(part, np.nan) for part in known])


def _bands(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """0/1 membership of every value in the bands between the edges, (n, len(edges) + 1); zeros where a value is missing."""
    member = np.zeros((len(values), len(edges) + 1), dtype=np.float32)
    known = np.flatnonzero(~np.isnan(values))
    member[known, np.searchsorted(edges, values[known], side="right")] = 1.0
    return member


def _one_hot(values: pd.Series) -> np.ndarray:
    """0/1 of every different value, in the order of the alphabet, (n, number of values); zeros where it is missing."""
    return pd.get_dummies(values, dtype=np.float32).to_numpy()
