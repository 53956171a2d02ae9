"""The users × items table: readable excerpts of it, and the share of it that is blank."""

from __future__ import annotations

import numpy as np

from collab.data.ratings import Ratings


def by_count(index: np.ndarray, length: int) -> np.ndarray:
    """The row numbers, of a table with `length` rows, that occur in `index`: most frequent first (ties: lower number first)."""
    counts = np.bincount(index, minlength=length)
    order = np.argsort(-counts, kind="stable")
    return order[counts[order] > 0]


def spread(ranked: np.ndarray, n: int) -> np.ndarray:
    """`n` of the `ranked`, evenly spaced from first to last, in their order; all of them where there are no more than n."""
    n = min(n, len(ranked))
    return ranked[np.round(np.linspace(0, len(ranked) - 1, n)).astype(int)]


def crosstab(ratings: Ratings, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
    """The ratings of these users for these items, float64, shape (n_users, n_items); NaN where there is none.

    Where a user rated an item more than once, the last line of the file counts.
    """
    user_place = np.full(ratings.n_users, -1)
    item_place = np.full(ratings.n_items, -1)
    user_place[user_index], item_place[item_index] = np.arange(len(user_index)), np.arange(len(item_index))
    rows, columns = user_place[ratings.user_index], item_place[ratings.item_index]
    within = (rows >= 0) & (columns >= 0)
    table = np.full((len(user_index), len(item_index)), np.nan)
    table[rows[within], columns[within]] = ratings.rating[within]
    return table


def blank_share(ratings: Ratings) -> float:
    """The share of blank cells in the whole table, 0 … 1: all users × all items, without `#na#`."""
    filled = len(np.unique(ratings.user_index.astype(np.int64) * ratings.n_items + ratings.item_index))
    return 1.0 - filled / ((ratings.n_users - 1) * (ratings.n_items - 1))
