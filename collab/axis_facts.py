"""What goes with an axis of the map: the films at both its ends, and how genres, years and counts correlate with it.

A correlation is shown with the number of films behind it and the interval that leaves it open; none of it is a name for the axis.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAST_FILMS = 5
"""A genre with fewer films on the map, or with fewer that lack it, is left out."""

NORMAL_95 = 1.959964


def ends(coordinates: np.ndarray, films: pd.DataFrame, n: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `n` films with the lowest coordinates, lowest first, and the `n` with the highest, highest first.

    `coordinates` (n_films,) go with the rows of `films`; a column place holds them. No film is at both ends. Of films in the same
    place the one that stands first in `films` comes first.
    """
    order = np.argsort(coordinates, kind="stable")
    n_low = min(n, len(order) // 2)
    n_high = min(n, len(order) - n_low)
    backwards = np.argsort(-coordinates, kind="stable")
    table = films.assign(place=coordinates)
    return table.iloc[order[:n_low]].reset_index(drop=True), table.iloc[backwards[:n_high]].reset_index(drop=True)


def what_goes_with(coordinates: np.ndarray, films: pd.DataFrame) -> pd.DataFrame:
    """Pearson's correlation of `coordinates` (n_films,) with what is known of the films, the strongest first.

    Columns: what ("year", "number of ratings, logarithm", "mean rating", a genre's name), kind ("number" or "genre"),
    correlation, low and high (the 95 % interval by Fisher's z, as if films were independent draws), n_films, the films behind it,
    and n_with, those of the genre (missing for a number). A genre counts 1 for every film that has it, wherever it stands. What
    does not vary, and genres below `LEAST_FILMS`, are left out.
    """
    rows = []
    numbers = {
        "year": films["year"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan),
        "number of ratings, logarithm": np.log(films["n_ratings"].to_numpy(dtype=np.float64)),
        "mean rating": films["mean_rating"].to_numpy(dtype=np.float64),
    }
    for what, values in numbers.items():
        rows.append(_row(what, "number", coordinates, values, None))
    flags = genre_flags(films["genres"])
    for genre in flags:
        n_with = int(flags[genre].sum())
        if LEAST_FILMS <= n_with <= len(films) - LEAST_FILMS:
            rows.append(_row(genre, "genre", coordinates, flags[genre].to_numpy(dtype=np.float64), n_with))
    table = pd.DataFrame(rows, columns=["what", "kind", "correlation", "low", "high", "n_films", "n_with"])
    table["n_with"] = table["n_with"].astype("Int64")
    table = table.dropna(subset="correlation")
    order = np.argsort(-table["correlation"].abs().to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def genre_flags(genres: pd.Series) -> pd.DataFrame:
    """A column of 0 and 1 for every genre of films with genres "Action|Comedy", in the order of the alphabet."""
    codes, different = pd.factorize(genres.fillna(""))  # a large catalogue has few different combinations
    flags = pd.Series(different, dtype="str").str.get_dummies(sep="|").drop(columns="", errors="ignore")
    return flags.iloc[codes].reset_index(drop=True)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two rows of numbers; NaN where one of them does not vary or there are fewer than three."""
    if len(first) < 3:
        return float("nan")
    a, b = first - first.mean(), second - second.mean()
    scale = np.sqrt(np.sum(a**2) * np.sum(b**2))
    reach = max(float(np.abs(first).max()), 1e-300) * max(float(np.abs(second).max()), 1e-300)
    return float(np.clip(np.sum(a * b) / scale, -1.0, 1.0)) if scale > 1e-12 * reach else float("nan")


def interval(r: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a correlation of `n` pairs by Fisher's z; NaN with fewer than four."""
    if n < 4 or not np.isfinite(r):
        return float("nan"), float("nan")
    middle, reach = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), NORMAL_95 / np.sqrt(n - 3)
    return float(np.tanh(middle - reach)), float(np.tanh(middle + reach))


def _row(what: str, kind: str, coordinates: np.ndarray, values: np.ndarray, n_with: int | None) -> tuple:
    known = np.isfinite(values)
    r = correlation(coordinates[known], values[known])
    n = int(known.sum())
    return what, kind, r, *interval(r, n), n, n_with
