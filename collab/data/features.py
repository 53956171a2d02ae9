"""Features: side information on users and items, as numeric rows that a model can use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.dataset import Dataset, items_in_order
from collab.data.genres import genre_flags
from collab.data.ratings import Ratings

YEAR_BANDS = 15
"""Number of bands of about equal size into which items are sorted by year."""

AGE_EDGES = (15, 20, 25, 30, 35, 40, 50, 60)
"""Ages at which a new band begins."""


@dataclass(frozen=True, eq=False)
class Features:
    """Features of all rows of the user table (n_users, f) and of the item table (n_items, g), float32.

    Row 0 (`#na#`) and any row without information is zero; None for a side that the data set does not describe.
    """

    users: np.ndarray | None
    items: np.ndarray | None


def features_of(dataset: Dataset, ratings: Ratings, items_by: str = "title") -> Features:
    """The features of the data set's users and items, in the order of the vocabularies of `ratings`.

    An item has its genres, divided by the square root of their number so that an item of many genres weighs as much as one
    of few, and the band of its year. A user has band of age, gender and occupation, 0/1 each. No feature comes from a rating.
    """
    items = items_in_order(dataset, ratings, items_by)
    words = item_encoder_of(items)
    users = None
    if dataset.users is not None:
        people = dataset.users.drop_duplicates("user_id").set_index("user_id").reindex(list(ratings.users.labels))
        age = people.age.to_numpy(dtype=np.float64, na_value=np.nan)
        users = np.hstack([_bands(age, np.asarray(AGE_EDGES)), _one_hot(people.gender), _one_hot(people.occupation)])
    return Features(users, words.features(items.genres, items.year))


@dataclass(frozen=True, eq=False)
class ItemEncoder:
    """The columns of the item features: `genres` in alphabetical order, then the bands between `year_edges`."""

    genres: tuple[str, ...]
    year_edges: np.ndarray

    def features(self, genres: Iterable[str], years: Iterable[float]) -> np.ndarray:
        """The features (n, g), float32, of items with `genres` such as "Action|Comedy" and `years`; either may be missing.

        A genre that no item of the data set has is ignored.
        """
        flags = genre_flags(pd.Series(list(genres), dtype="str"))
        of_genres = flags.reindex(columns=list(self.genres), fill_value=0).to_numpy(np.float32)
        of_genres = of_genres / np.sqrt(np.maximum(of_genres.sum(axis=1, keepdims=True), 1))
        year = pd.Series(years).to_numpy(dtype=np.float64, na_value=np.nan)
        return np.hstack([of_genres, _bands(year, self.year_edges)])

    def band_years(self, year: int) -> tuple[int | None, int | None]:
        """The first and last year of the band that `year` is in; None where the band is open-ended."""
        above = int(np.searchsorted(self.year_edges, year, side="right"))
        low, high = np.ceil(self.year_edges[above - 1 : above]), np.ceil(self.year_edges[above : above + 1]) - 1
        return int(low[0]) if len(low) else None, int(high[0]) if len(high) else None


def item_encoder_of(films: pd.DataFrame) -> ItemEncoder:
    """The genres and year bands of a table with the columns genres and year, one row per item, row 0 unknown.

    The items table of a run gives the same result as the data set that it was trained on.
    """
    year = films.year.to_numpy(dtype=np.float64, na_value=np.nan)
    known = year[~np.isnan(year)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, YEAR_BANDS + 1)[1:-1])) if len(known) else np.zeros(0)
    return ItemEncoder(tuple(genre_flags(films.genres)), edges)


def features_of_person(dataset: Dataset, age: float | None, gender: str | None, occupation: str | None) -> np.ndarray:
    """The features of a person who is not in the data set, in the columns that `features_of` gives its users, (f,).

    An argument is None where it is not known. Its features are then NaN, as for a gender or occupation that no user of the
    data set has. Shape (0,) where the data set does not describe its users.
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
    """0/1 indicators of the distinct values in alphabetical order, (n, n_values); zeros where a value is missing."""
    return pd.get_dummies(values, dtype=np.float32).to_numpy()
