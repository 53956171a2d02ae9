"""Kinds: the genres and decades that films count as.

A film names its genres in one text, "Action|Comedy"; it is "" where there are none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

GENRES, DECADES = "genres", "decades"


def genres_of(text: str) -> list[str]:
    """The genres that a text such as "Action|Comedy" names, in its order."""
    return [genre for genre in text.split("|") if genre]


def genre_words(text: str) -> str:
    """The same as people read it: "Action, Comedy"."""
    return text.replace("|", ", ")


def genre_flags(genres: pd.Series) -> pd.DataFrame:
    """A column of 0 and 1 for every genre of films with genres "Action|Comedy", in the order of the alphabet."""
    codes, different = pd.factorize(genres.fillna(""))  # a large catalogue has few different combinations
    flags = pd.Series(different, dtype="str").str.get_dummies(sep="|").drop(columns="", errors="ignore")
    return flags.iloc[codes].reset_index(drop=True)


def kinds_of(items: pd.DataFrame, by: str) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of a film and what it counts as, its genres or its decade: rows of `items` (m,), names (m,)."""
    if by == DECADES:
        film = np.flatnonzero(items["year"].notna())
        years = items["year"].iloc[film].to_numpy(dtype=np.int64)
        return film, np.array([f"{year // 10 * 10}s" for year in years], dtype=str)
    pairs = [(film, name) for film, genres in enumerate(items["genres"].fillna("")) for name in genres_of(genres)]
    film, name = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(film, dtype=np.int64), np.array(name, dtype=str)
