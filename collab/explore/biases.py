"""Biases as tables: by item and by user, shrunk by count, and averaged by genre and decade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.genres import DECADES, GENRES, kinds_of
from collab.data.tables import item_rows, trained_items
from collab.models.contract import Model


@dataclass(frozen=True)
class BiasDeviations:
    """Posterior standard deviations of the biases: items (n_items,), users (n_users,), in the unit of the biases."""

    items: np.ndarray
    users: np.ndarray


def bias_deviations(model: Model) -> BiasDeviations | None:
    """The uncertainty of the biases of `model`, from its covariances; None where it has none."""
    if model.item_covariances is None:
        return None
    return BiasDeviations(*(np.sqrt(table[:, -1, -1]) for table in (model.item_covariances, model.user_covariances)))


def bias_table(
    items: pd.DataFrame, item_biases: np.ndarray, minimum_count: int = 20, deviations: np.ndarray | None = None
) -> pd.DataFrame:
    """One row per item with at least `minimum_count` training ratings, highest bias first.

    Columns: item_index, title, bias, mean_rating, damped_mean, n_ratings, genres, year, residual, and deviation where the
    standard deviations of the biases, `deviations` (n_items,), are given.

    Sorting by bias is not sorting by mean rating. The mean says how those who rated an item rated it. The bias is what is
    left after the raters' own biases and tastes (the product of factors) are accounted for, and it is shrunk towards zero
    where ratings are few. `residual` is the difference for each item: the bias minus its value on the line
    bias = a + b · damped_mean. The line is fitted by least squares, weighted by count, through all trained items, so an
    item's residual does not depend on `minimum_count`. Above zero, the model rates the item higher than its stars do (strict
    raters, or raters to whose taste it does not belong). Below zero, its stars come from lenient or like-minded raters.
    """
    biases = np.asarray(item_biases, dtype=np.float64)
    columns = ["title", "mean_rating", "damped_mean", "n_ratings", "genres", "year"]
    item_index = trained_items(items)
    table = item_rows(items, item_index, columns)
    table.insert(2, "bias", biases[item_index])
    table["residual"] = _line_residual(table["damped_mean"], table["bias"], table["n_ratings"])
    if deviations is not None:
        table["deviation"] = deviations[item_index]
    return _highest_first(table[table["n_ratings"] >= minimum_count], "bias", "item_index")


def user_bias_table(
    users: pd.DataFrame, user_biases: np.ndarray, minimum_count: int = 1, deviations: np.ndarray | None = None
) -> pd.DataFrame:
    """One row per user with at least `minimum_count` training ratings, highest bias (the most lenient rater) first.

    Columns: user_index, user_id, bias, mean_rating, n_ratings, residual (as in `bias_table`, but against the plain mean: above
    zero, the user is more lenient than the stars say, because others liked the items less). `bias` is relative to that of row 0,
    the unknown and so average user, since a part that all users share may be a global mean. The column deviation is added where
    `deviations` (n_users,) are given.
    """
    biases = np.asarray(user_biases, dtype=np.float64)
    biases = biases - biases[0]
    user_index = trained_items(users)
    table = users.iloc[user_index][["user_id", "mean_rating", "n_ratings"]].reset_index(drop=True)
    table.insert(0, "user_index", user_index)
    table.insert(2, "bias", biases[user_index])
    table["residual"] = _line_residual(table["mean_rating"], table["bias"], table["n_ratings"])
    if deviations is not None:
        table["deviation"] = deviations[user_index]
    return _highest_first(table[table["n_ratings"] >= minimum_count], "bias", "user_index")


def shrunk(biases: np.ndarray, n_ratings: np.ndarray, damping: float) -> np.ndarray:
    """b · n / (n + β): every bias shrunk towards zero as if by β ratings without a deviation. (n,) each; β is `damping` ≥ 0.

    This is the posterior mean of a bias estimated as the mean of n ratings, if biases are normal around zero and β is the
    variance of a rating divided by that of the biases. Zero where there are neither ratings nor damping.
    """
    biases, counts = np.asarray(biases, dtype=np.float64), np.asarray(n_ratings, dtype=np.float64)
    whole = counts + damping
    return biases * np.divide(counts, whole, out=np.zeros_like(whole), where=whole > 0)


def bias_by_kind(films: pd.DataFrame, by: str, *, by_ratings: bool = False) -> pd.DataFrame:
    """The mean bias of the items of every genre (`by` GENRES, highest first) or decade (DECADES, in chronological order).

    `films` has one row per item with bias, n_ratings, genres "Action|Comedy" and year. An item counts in each of its genres;
    one without a genre or a year counts in none. Columns: name and those of `_means`.
    """
    place, name = kinds_of(films, by)
    table = _means(films, place, {"name": name}, by_ratings)
    order = ["name"] if by == DECADES else ["mean", "name"]
    return table.sort_values(order, ascending=by == DECADES, kind="stable").reset_index(drop=True)


def bias_by_genre_and_decade(films: pd.DataFrame, *, by_ratings: bool = False) -> pd.DataFrame:
    """The same for every combination of genre and decade that has items: columns genre, decade and those of `_means`."""
    genres, decades = (
        pd.DataFrame(dict(zip(("film", by), kinds_of(films, by), strict=True))) for by in (GENRES, DECADES)
    )
    pairs = genres.merge(decades, on="film").rename(columns={GENRES: "genre", DECADES: "decade"})
    kinds = {"genre": pairs["genre"].to_numpy(), "decade": pairs["decade"].to_numpy()}
    return _means(films, pairs["film"].to_numpy(dtype=np.int64), kinds, by_ratings).sort_values(
        ["genre", "decade"], ignore_index=True
    )


def mean_bias(films: pd.DataFrame, *, by_ratings: bool = False) -> float:
    """The mean bias of all `films`, unweighted or weighted by number of ratings; NaN where there are none."""
    return (
        float(np.average(films["bias"], weights=films["n_ratings"] if by_ratings else None)) if len(films) else np.nan
    )


def _means(items: pd.DataFrame, place: np.ndarray, kinds: dict[str, Sequence[str]], by_ratings: bool) -> pd.DataFrame:
    """One row per combination of `kinds`, whose entries label the items in the rows `place` of `items`.

    Columns: those of `kinds`; mean Σ w b / Σ w, with w = 1, or the item's n_ratings if `by_ratings`; error, its standard error

        √( n / (n − 1) · Σ w² (b − mean)² ) / Σ w

    for the sampling of items within a kind (s / √n without weights; NaN for a single item); n_items; n_ratings, the sum over
    the items.
    """
    names = list(kinds)
    rows = pd.DataFrame(
        {
            **kinds,
            "bias": items["bias"].to_numpy(dtype=np.float64)[place],
            "n_ratings": items["n_ratings"].to_numpy(dtype=np.int64)[place],
        }
    )
    rows["weight"] = rows["n_ratings"].astype(np.float64) if by_ratings else 1.0
    rows["sum"] = rows["weight"] * rows["bias"]
    groups = rows.groupby(names)
    found = groups.agg(
        n_items=("bias", "size"), n_ratings=("n_ratings", "sum"), weight=("weight", "sum"), sum=("sum", "sum")
    )
    found["mean"] = found["sum"] / found["weight"]
    away = rows["bias"] - rows.join(found["mean"], on=names)["mean"]
    squares = np.square(rows["weight"] * away).groupby([rows[name] for name in names]).sum()
    n_items = found["n_items"].astype(np.float64)
    found["error"] = np.sqrt(squares * (n_items / (n_items - 1).where(n_items > 1))) / found["weight"]
    return found.reset_index()[[*names, "mean", "error", "n_items", "n_ratings"]]


def _line_residual(mean: pd.Series, bias: pd.Series, weight: pd.Series) -> np.ndarray:
    """Residuals of the weighted least-squares regression of `bias` on `mean`; `bias` minus its mean where `mean` is constant."""
    x, y, w = (column.to_numpy(dtype=np.float64) for column in (mean, bias, weight))
    if not len(x):
        return np.zeros(0)
    x_centred = x - np.average(x, weights=w)
    y_centred = y - np.average(y, weights=w)
    spread = np.sum(w * x_centred**2)
    slope = np.sum(w * x_centred * y_centred) / spread if spread > 0 else 0.0
    return y_centred - slope * x_centred


def _highest_first(table: pd.DataFrame, column: str, index_column: str) -> pd.DataFrame:
    """`table` sorted by `column`, highest first; ties: more ratings first, then the lower index."""
    order = [column, "n_ratings", index_column]
    return table.sort_values(order, ascending=[False, False, True]).reset_index(drop=True)
