"""Descriptive statistics of a data set: how its ratings are distributed over users, items, stars and time.

Everything is counted on the rows passed in; `#na#`, row 0 of both tables, is never counted. Times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd

from collab.data.dataset import Dataset
from collab.data.ratings import Ratings
from collab.explore.crosstab import blank_share

DAY, WEEK, MONTH = PERIODS = ("day", "week", "month")
_NUMPY_PERIODS = {DAY: "datetime64[D]", MONTH: "datetime64[M]"}
_MONDAY = np.datetime64("1970-01-05")  # weeks begin on Mondays

# --- sizes and counts --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """How large a data set is. `density` is the share of user–item pairs that are rated, 0 … 1, a pair rated twice counted
    once; `first` and `last` are the times of its earliest and latest rating, in seconds since 1970."""

    n_ratings: int
    n_users: int
    n_items: int
    density: float
    first: int
    last: int


def sizes(ratings: Ratings) -> Sizes:
    """The sizes of `ratings`, which must not be empty; users and items are counted in its vocabularies."""
    first, last = int(ratings.time.min()), int(ratings.time.max())
    return Sizes(len(ratings), ratings.n_users - 1, ratings.n_items - 1, 1.0 - blank_share(ratings), first, last)


def counts(index: np.ndarray, length: int) -> np.ndarray:
    """The number of ratings of each row of a table with `length` rows, without `#na#`: (length − 1,)."""
    return np.bincount(index, minlength=length)[1:]


def cumulative_share(n_ratings: np.ndarray) -> np.ndarray:
    """The share of all ratings that belong to the 0, 1, … n most rated of n users or items, (n + 1,), from 0 to 1."""
    held = np.concatenate([[0], np.cumsum(np.sort(n_ratings)[::-1])])
    return held / max(1, held[-1])


def n_top(n: int, share: float) -> int:
    """The size of the top `share` (0 … 1) of `n`, rounded up, so that a small share is still one."""
    return ceil(round(share * n, 9))  # 0.1 · 30 is a little above 3 in floating point


def gini(n_ratings: np.ndarray) -> float:
    """Gini coefficient of the counts: 0 where all are equal, near 1 where one has all.

    G = Σ (2k − n − 1) x_k / (n Σ x), x ascending, k from 1 to n: twice the area between the Lorenz curve and the diagonal.
    """
    n, total = len(n_ratings), n_ratings.sum()
    if not total:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ np.sort(n_ratings) / (n * total))


@dataclass(frozen=True)
class TooFew:
    """Users or items with fewer ratings than a minimum: their number out of all, and that of their ratings out of all."""

    n: int
    n_all: int
    n_ratings: int
    n_ratings_all: int

    @property
    def share(self) -> float:
        return self.n / max(1, self.n_all)

    @property
    def share_of_ratings(self) -> float:
        return self.n_ratings / max(1, self.n_ratings_all)


def too_few(n_ratings: np.ndarray, minimum: int) -> TooFew:
    """How many of the counts are below `minimum`, and how many ratings these hold."""
    few = n_ratings < minimum
    return TooFew(int(few.sum()), len(n_ratings), int(n_ratings[few].sum()), int(n_ratings.sum()))


def level_counts(ratings: Ratings) -> np.ndarray:
    """The number of `ratings` at each level of the scale, (n_levels,)."""
    scale = ratings.rating_scale
    place = np.rint((ratings.rating - scale.low) / scale.step).astype(np.int64)
    return np.bincount(place, minlength=len(scale.levels))


# --- titles that are not unique ------------------------------------------------------------------------------------------


def doubled_titles(dataset: Dataset) -> pd.DataFrame:
    """The items whose title has more than one id, by title: title, item_id, n_ratings, n_title (ratings of the title)."""
    items = dataset.items[dataset.items["title"].duplicated(keep=False)][["title", "item_id"]]
    n_ratings = dataset.ratings["item_id"].value_counts()
    table = items.assign(n_ratings=items["item_id"].map(n_ratings).fillna(0).astype(np.int64))
    table["n_title"] = table.groupby("title")["n_ratings"].transform("sum")
    return table.sort_values(["title", "n_ratings"], ascending=[True, False], kind="stable", ignore_index=True)


def rated_twice(dataset: Dataset) -> pd.DataFrame:
    """The pairs of a user and a title with more than one rating, in order of first appearance.

    Columns: user_id, title, n, n_ids (distinct item ids among these rows), least and most (stars).
    """
    titles = dataset.items.set_index("item_id")["title"]
    rows = pd.DataFrame(
        {
            "user_id": dataset.ratings["user_id"],
            "title": dataset.ratings["item_id"].map(titles),
            "item_id": dataset.ratings["item_id"],
            "rating": dataset.ratings["rating"].astype(np.float64),
        }
    )
    rows = rows[rows.duplicated(["user_id", "title"], keep=False)]
    pairs = rows.groupby(["user_id", "title"], sort=False)
    found = pairs.agg(
        n=("rating", "size"), n_ids=("item_id", "nunique"), least=("rating", "min"), most=("rating", "max")
    )
    return found.reset_index()


# --- time ----------------------------------------------------------------------------------------------------------------


def over_time(ratings: Ratings, period: str) -> pd.DataFrame:
    """One row for every `period` (DAY, WEEK from Monday, MONTH) with a rating, in order.

    Columns: start (datetime64), n_ratings, mean_rating (stars), n_users (users with a rating in it), n_new (users whose first
    rating lies in it).
    """
    start, place = np.unique(_starts(ratings.time, period), return_inverse=True)
    n_ratings = np.bincount(place)
    pairs = np.unique(place.astype(np.int64) * ratings.n_users + ratings.user_index)
    first = np.full(ratings.n_users, len(start))
    np.minimum.at(first, ratings.user_index, place)
    return pd.DataFrame(
        {
            "start": start.astype("datetime64[s]"),
            "n_ratings": n_ratings,
            "mean_rating": np.bincount(place, ratings.rating) / n_ratings,
            "n_users": np.bincount(pairs // ratings.n_users, minlength=len(start)),
            "n_new": np.bincount(first[first < len(start)], minlength=len(start)),
        }
    )


def _starts(time: np.ndarray, period: str) -> np.ndarray:
    moments = time.astype("datetime64[s]")
    if period == WEEK:
        days = moments.astype("datetime64[D]")
        return days - (days - _MONDAY) % np.timedelta64(7, "D")
    return moments.astype(_NUMPY_PERIODS[period])
