"""Recommend: the short lists of most-rated films that a person sees before a model knows them. `orders.rank` makes their picks.

Both lists take the items table of a run (a row's position is its `item_index`) and leave out row 0, "#na#", and films
without a training rating.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from collab.interpret import most_rated_items


def popular(items: pd.DataFrame, n: int = 10, minimum_count: int = 20, dismissed: Collection[int] = ()) -> pd.DataFrame:
    """The `n` films with the most training ratings, for a person of whose taste nothing is known yet.

    Columns: item_index, title, mean_rating, damped_mean, n_ratings, year, genres. There is no prediction among them:
    the means are everybody's. Films `dismissed` are left out, with all the films of the same title.
    """
    columns = ["title", "mean_rating", "damped_mean", "n_ratings", "year", "genres"]
    most_rated = most_rated_items(items, len(items) if dismissed else n)
    if dismissed:
        titles = items["title"]
        most_rated = most_rated[~titles.iloc[most_rated].isin(titles.iloc[list(dismissed)]).to_numpy()][:n]
    listed = _list_films(items, most_rated, columns)
    return listed[listed["n_ratings"] >= minimum_count].reset_index(drop=True)


def films_to_ask(items: pd.DataFrame, answered: Collection[int], n: int = 10) -> pd.DataFrame:
    """The `n` films to be rated next: the most rated ones whose item indices are not in `answered`.

    Columns: item_index, title, n_ratings, year, genres. Rated and "haven't seen it" are both answers.
    """
    candidates = most_rated_items(items, len(items))
    candidates = candidates[~np.isin(candidates, list(answered))]
    return _list_films(items, candidates[:n], ["title", "n_ratings", "year", "genres"])


def _list_films(items: pd.DataFrame, item_index: np.ndarray, columns: list[str]) -> pd.DataFrame:
    """The rows `item_index` of the items table in that order, with their `columns` behind the index itself."""
    listed = items.iloc[item_index][columns].reset_index(drop=True)
    listed.insert(0, "item_index", item_index)
    return listed
