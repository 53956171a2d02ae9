"""Biases read in numbers: shrunk by their count, and what films of a genre or a decade have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from collab.people import DECADES, GENRES, kinds_of


def shrunk(biases: np.ndarray, n_ratings: np.ndarray, damping: float) -> np.ndarray:
    """b · n / (n + β): every bias drawn towards zero as if β ratings had said nothing of it. (n,) each; β is `damping` ≥ 0.

    A mean of n ratings would have this posterior mean if biases were normal around zero and β were the variance of a rating
    divided by that of the biases. Zero where there are neither ratings nor damping.
    """
    biases, counts = np.asarray(biases, dtype=np.float64), np.asarray(n_ratings, dtype=np.float64)
    whole = counts + damping
    return biases * np.divide(counts, whole, out=np.zeros_like(whole), where=whole > 0)


def bias_by_kind(films: pd.DataFrame, by: str, *, by_ratings: bool = False) -> pd.DataFrame:
    """The mean bias of the films of every genre (`by` GENRES, the highest first) or decade (DECADES, in time).

    `films` has a row a film with bias, n_ratings, genres "Action|Comedy" and year. A film counts in each of its genres; one
    without a genre or a year in none. Columns: name and those of `_means`.
    """
    place, name = kinds_of(films, by)
    table = _means(films, place, {"name": name}, by_ratings)
    order = ["name"] if by == DECADES else ["mean", "name"]
    return table.sort_values(order, ascending=by == DECADES, kind="stable").reset_index(drop=True)


def bias_by_genre_and_decade(films: pd.DataFrame, *, by_ratings: bool = False) -> pd.DataFrame:
    """The same for every genre in every decade in which there are films: columns genre, decade and those of `_means`."""
    genres, decades = (
        pd.DataFrame(dict(zip(("film", by), kinds_of(films, by), strict=True))) for by in (GENRES, DECADES)
    )
    pairs = genres.merge(decades, on="film").rename(columns={GENRES: "genre", DECADES: "decade"})
    kinds = {"genre": pairs["genre"].to_numpy(), "decade": pairs["decade"].to_numpy()}
    return _means(films, pairs["film"].to_numpy(dtype=np.int64), kinds, by_ratings).sort_values(
        ["genre", "decade"], ignore_index=True
    )


def mean_bias(films: pd.DataFrame, *, by_ratings: bool = False) -> float:
    """The mean bias of all `films`, each counted once or by its number of ratings; NaN without a film."""
    return (
        float(np.average(films["bias"], weights=films["n_ratings"] if by_ratings else None)) if len(films) else np.nan
    )


def _means(films: pd.DataFrame, place: np.ndarray, kinds: dict[str, Sequence[str]], by_ratings: bool) -> pd.DataFrame:
    """One row a combination of `kinds`, whose entries say as what the film in row `place` of `films` counts.

    Columns: those of `kinds`; mean Σ w b / Σ w, with w = 1, or the film's n_ratings if `by_ratings`; error, its standard error

        √( n / (n − 1) · Σ w² (b − mean)² ) / Σ w

    (without weights the familiar s / √n; NaN for a single film): what other films of the same kind would have changed;
    n_films; n_ratings, the sum over the films.
    """
    names = list(kinds)
    rows = pd.DataFrame(
        {
            **kinds,
            "bias": films["bias"].to_numpy(dtype=np.float64)[place],
            "n_ratings": films["n_ratings"].to_numpy(dtype=np.int64)[place],
        }
    )
    rows["weight"] = rows["n_ratings"].astype(np.float64) if by_ratings else 1.0
    rows["sum"] = rows["weight"] * rows["bias"]
    groups = rows.groupby(names)
    found = groups.agg(
        n_films=("bias", "size"), n_ratings=("n_ratings", "sum"), weight=("weight", "sum"), sum=("sum", "sum")
    )
    found["mean"] = found["sum"] / found["weight"]
    away = rows["bias"] - rows.join(found["mean"], on=names)["mean"]
    squares = np.square(rows["weight"] * away).groupby([rows[name] for name in names]).sum()
    n_films = found["n_films"].astype(np.float64)
    found["error"] = np.sqrt(squares * (n_films / (n_films - 1).where(n_films > 1))) / found["weight"]
    return found.reset_index()[[*names, "mean", "error", "n_films", "n_ratings"]]
