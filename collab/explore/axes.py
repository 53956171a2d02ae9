"""Interpretation of an axis of the map: the items at its two ends, and how genres, years and counts correlate with it.

Every correlation comes with its number of items and its confidence interval. None of them names the axis.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.stats

from collab.data.genres import genre_flags

LEAST_ITEMS = 5
"""A genre is left out where fewer items on the map have it, or fewer lack it."""


def ends(coordinates: np.ndarray, films: pd.DataFrame, n: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `n` items with the lowest coordinates, lowest first, and the `n` with the highest, highest first.

    `coordinates` (n_items,) belong to the rows of `films` and become the column place. No item is at both ends. Ties keep the
    order of `films`.
    """
    order = np.argsort(coordinates, kind="stable")
    n_low = min(n, len(order) // 2)
    n_high = min(n, len(order) - n_low)
    backwards = np.argsort(-coordinates, kind="stable")
    table = films.assign(place=coordinates)
    return table.iloc[order[:n_low]].reset_index(drop=True), table.iloc[backwards[:n_high]].reset_index(drop=True)


def axis_correlations(coordinates: np.ndarray, films: pd.DataFrame) -> pd.DataFrame:
    """Pearson's correlation of `coordinates` (n_items,) with the properties of the items, strongest first.

    Columns: what ("year", "number of ratings, logarithm", "mean rating", a genre's name), kind ("number" or "genre"),
    correlation, low and high (the 95 % interval by Fisher's z, as if items were independent draws), n_items, the items used,
    and n_with, those of the genre (missing for a number). A genre counts as 1 for every item that lists it, in any position.
    Properties that do not vary, and genres below `LEAST_ITEMS`, are left out.
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
        if LEAST_ITEMS <= n_with <= len(films) - LEAST_ITEMS:
            rows.append(_row(genre, "genre", coordinates, flags[genre].to_numpy(dtype=np.float64), n_with))
    table = pd.DataFrame(rows, columns=["what", "kind", "correlation", "low", "high", "n_items", "n_with"])
    table["n_with"] = table["n_with"].astype("Int64")
    table = table.dropna(subset="correlation")
    order = np.argsort(-table["correlation"].abs().to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def correlation(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Pearson's correlation of two arrays (n,), and its 95 % interval by Fisher's z, low and high.

    All three are NaN where an array does not vary or n < 3; the interval is NaN for n = 3 too.
    """
    if len(first) < 3 or any(np.ptp(each) <= 1e-12 * np.abs(each).max() for each in (first, second)):
        return float("nan"), float("nan"), float("nan")
    found = scipy.stats.pearsonr(first, second)
    low, high = found.confidence_interval() if len(first) > 3 else (np.nan, np.nan)
    return float(found.statistic), float(low), float(high)


def _row(what: str, kind: str, coordinates: np.ndarray, values: np.ndarray, n_with: int | None) -> tuple:
    known = np.isfinite(values)
    return what, kind, *correlation(coordinates[known], values[known]), int(known.sum()), n_with
