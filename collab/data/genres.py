"""Kinds: the genres and decades that items belong to.

The genres of an item are one string, "Action|Comedy"; it is "" where there are none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

GENRES, DECADES = "genres", "decades"


def genres_of(text: str) -> list[str]:
    """The genres in a text such as "Action|Comedy", in the same order."""
    return [genre for genre in text.split("|") if genre]


def genre_words(text: str) -> str:
    """The genres of "Action|Comedy" as displayed: "Action, Comedy"."""
    return text.replace("|", ", ")


def genre_flags(genres: pd.Series) -> pd.DataFrame:
    """One 0/1 column per genre, in alphabetical order, for items with `genres` such as "Action|Comedy"."""
    codes, distinct = pd.factorize(genres.fillna(""))  # a large catalogue has few distinct combinations
    flags = pd.Series(distinct, dtype="str").str.get_dummies(sep="|").drop(columns="", errors="ignore")
    return flags.iloc[codes].reset_index(drop=True)


def kinds_of(items: pd.DataFrame, by: str) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of an item and each of its genres, or its decade: rows of `items` (m,), names (m,)."""
    if by == DECADES:
        item = np.flatnonzero(items["year"].notna())
        years = items["year"].iloc[item].to_numpy(dtype=np.int64)
        return item, np.array([f"{year // 10 * 10}s" for year in years], dtype=str)
    pairs = [(item, name) for item, genres in enumerate(items["genres"].fillna("")) for name in genres_of(genres)]
    item, name = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(item, dtype=np.int64), np.array(name, dtype=str)
