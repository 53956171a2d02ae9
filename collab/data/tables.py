"""Item and user tables: what a run knows of every row of its vocabularies, and which items were trained.

A row's position in the items table is its `item_index`, in the users table its `user_index`; row 0 is the unknown one, "#na#".
The factors of an item without a training rating were never updated, so every list leaves it out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from collab.data.dataset import Dataset, items_in_order
from collab.data.ratings import UNKNOWN, Ratings


def describe_items(dataset: Dataset, ratings: Ratings, items_by: str, damping: float = 5.0) -> pd.DataFrame:
    """Every row of an item table, with counts and means over `ratings` (pass the training rows).

    Columns: label, title, year, genres, n_ratings, mean_rating (NaN without ratings), damped_mean; row 0 is `#na#`.
    damped_mean = (sum of ratings + damping · global mean) / (n_ratings + damping).
    """
    about = items_in_order(dataset, ratings, items_by)[["title", "year", "genres"]]
    about.loc[UNKNOWN, ["title", "genres"]] = UNKNOWN, ""
    counted = _counts_and_means(ratings.item_index, ratings.rating, ratings.n_items, damping)
    return pd.concat([about.reset_index(names="label"), counted], axis=1)


def describe_users(ratings: Ratings, damping: float = 5.0) -> pd.DataFrame:
    """Every row of a user table: user_id, n_ratings, mean_rating, damped_mean over `ratings`; row 0 is `#na#`."""
    counted = _counts_and_means(ratings.user_index, ratings.rating, ratings.n_users, damping)
    return pd.concat([pd.DataFrame({"user_id": list(ratings.users.labels)}), counted], axis=1)


def _counts_and_means(index: np.ndarray, rating: np.ndarray, length: int, damping: float) -> pd.DataFrame:
    n_ratings = np.bincount(index, minlength=length)
    total = np.bincount(index, weights=rating, minlength=length)
    global_mean = float(rating.mean(dtype=np.float64))
    mean = np.divide(total, n_ratings, out=np.full(length, np.nan), where=n_ratings > 0)
    damped = (total + damping * global_mean) / (n_ratings + damping)
    return pd.DataFrame({"n_ratings": n_ratings, "mean_rating": mean, "damped_mean": damped})


def trained_items(items: pd.DataFrame, minimum_count: int = 1) -> np.ndarray:
    """The item indices with at least `minimum_count` training ratings, ascending, without "#na#" and untrained items."""
    counts = items["n_ratings"].to_numpy()
    item_index = np.flatnonzero(counts >= max(1, minimum_count))
    return item_index[item_index > 0]


def most_rated_items(items: pd.DataFrame, n: int) -> np.ndarray:
    """The indices of the `n` items with most training ratings, in descending order (equal counts: lower index first)."""
    item_index = trained_items(items)
    order = np.argsort(-items["n_ratings"].to_numpy()[item_index], kind="stable")
    return item_index[order[:n]]


def item_rows(items: pd.DataFrame, item_index: np.ndarray, columns: list[str]) -> pd.DataFrame:
    """The rows `item_index` of the items table in that order: a column `item_index`, then `columns`."""
    rows = items.iloc[item_index][columns].reset_index(drop=True)
    rows.insert(0, "item_index", item_index)
    return rows
