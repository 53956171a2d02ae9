"""The trained users of a run: predictions for their held-out ratings, their training ratings, and their genres and decades.

Predictions for held-out rows are those of `model.predict`, not clipped to the scale, so the errors over all users are those in
the run's record. Sealed rows are never used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.genres import kinds_of
from collab.data.ratings import Ratings
from collab.data.tables import trained_items
from collab.models.baselines import biases_only, global_mean
from collab.models.contract import Model
from collab.models.levels import REACH
from collab.training.comparison import Comparison, compare
from collab.training.metrics import Errors, errors

LEAST_ROWS = 10
"""The fewest held-out ratings of a user on which two models are compared: a bootstrap over fewer rows is overconfident."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """All held-out ratings of a run and the predictions for them, (n,) each, in stars.

    `biases_only` is μ + b_u + b_i and `global_mean` the mean of the training ratings, both from the same training rows.
    `deviation` is the model's own standard deviation of the rating; None for a model without one.
    """

    user_index: np.ndarray
    item_index: np.ndarray
    rating: np.ndarray
    predicted: np.ndarray
    biases_only: np.ndarray
    global_mean: float
    deviation: np.ndarray | None


def predict_held_out(model: Model, train: Ratings, valid: Ratings) -> HeldOut:
    """Predict the held-out ratings `valid` with `model` and both baselines, all trained on `train`."""
    rows, deviation = (valid.user_index, valid.item_index), None
    if hasattr(model, "predict_with_variance"):
        deviation = np.sqrt(np.asarray(model.predict_with_variance(*rows)[1], dtype=np.float64))
    predicted = np.asarray(model.predict(*rows), dtype=np.float64)
    user_biases, item_biases = biases_only(train)
    mean = global_mean(train)
    expected = mean + user_biases[valid.user_index] + item_biases[valid.item_index]
    return HeldOut(*rows, valid.rating.astype(np.float64), predicted, expected, mean, deviation)


def held_out_of(found: HeldOut, user_index: int) -> pd.DataFrame:
    """One row per held-out rating of a user, highest prediction first (ties: lower item_index).

    Columns: item_index, rating, predicted, difference (rating − predicted), biases_only, global_mean; where the model predicts
    a variance also low and high, the ends of the central 80 % interval, and inside, whether it holds the rating.
    """
    rows = np.flatnonzero(found.user_index == user_index)
    rows = rows[np.lexsort((found.item_index[rows], -found.predicted[rows]))]
    table = pd.DataFrame(
        {
            "item_index": found.item_index[rows].astype(np.int64),
            "rating": found.rating[rows],
            "predicted": found.predicted[rows],
            "difference": found.rating[rows] - found.predicted[rows],
            "biases_only": found.biases_only[rows],
            "global_mean": np.full(len(rows), found.global_mean),
        }
    )
    if found.deviation is not None:
        reach = REACH * found.deviation[rows]
        table["low"], table["high"] = table["predicted"] - reach, table["predicted"] + reach
        table["inside"] = table["difference"].abs() <= reach
    return table


def errors_on(rows: pd.DataFrame) -> dict[str, Errors]:
    """Errors of "predicted" (the model), "biases_only" and "global_mean" on the `rows` of `held_out_of`; {} without a row."""
    names = ("predicted", "biases_only", "global_mean") if len(rows) else ()
    return {name: errors(rows[name].to_numpy(), rows["rating"].to_numpy()) for name in names}


def against_biases(rows: pd.DataFrame) -> Comparison | None:
    """Squared errors of the model and of the biases on the same `rows`, compared by a bootstrap over rows; None below LEAST_ROWS.

    The interval says how the two would compare on other ratings of this user.
    """
    if len(rows) < LEAST_ROWS:
        return None
    first, second = (np.square(rows[name] - rows["rating"]) for name in ("predicted", "biases_only"))
    return compare(first, second, np.arange(len(rows)))


def people_table(users: pd.DataFrame, model: Model, found: HeldOut | None = None) -> pd.DataFrame:
    """One row per user with a training rating, in the order of the users table.

    Columns: user_index, user_id, n_ratings and mean_rating of training ratings, bias where the model has biases (relative to
    that of row 0, the average user). With `found` also n_held_out, rmse of the model, rmse_biases of biases only, and gain, the
    second minus the first; NaN without a held-out rating.
    """
    user_index = trained_items(users)
    table = users.iloc[user_index][["user_id", "n_ratings", "mean_rating"]].reset_index(drop=True)
    table.insert(0, "user_index", user_index)
    if model.has_biases:
        biases = np.asarray(model.user_biases, dtype=np.float64)
        table["bias"] = (biases - biases[0])[user_index]
    if found is not None:
        counts = np.bincount(found.user_index, minlength=len(users))
        table["n_held_out"] = counts[user_index]
        for name, predicted in (("rmse", found.predicted), ("rmse_biases", found.biases_only)):
            squared = np.bincount(found.user_index, np.square(predicted - found.rating), minlength=len(users))
            mse = np.divide(squared, counts, out=np.full(len(users), np.nan), where=counts > 0)
            table[name] = np.sqrt(mse)[user_index]
        table["gain"] = table["rmse_biases"] - table["rmse"]
    return table


def training_rows_of(model: Model, train: Ratings, items: pd.DataFrame, user_index: int) -> pd.DataFrame:
    """One row per training rating of a user, in file order.

    Columns: item_index, title, rating, mean_rating of the item, fitted (the model's prediction for this rating, on which it was
    trained), difference (rating − fitted), n_ratings, year, genres.
    """
    rows = np.flatnonzero(train.user_index == user_index)
    item_index = train.item_index[rows].astype(np.int64)
    fitted = np.asarray(model.predict(np.full(len(rows), user_index), item_index), dtype=np.float64)
    table = items[["title", "mean_rating", "n_ratings", "year", "genres"]].iloc[item_index].reset_index(drop=True)
    rating = train.rating[rows].astype(np.float64)
    return table.assign(item_index=item_index, rating=rating, fitted=fitted, difference=rating - fitted)


def taste(train: Ratings, items: pd.DataFrame, user_index: int, by: str) -> pd.DataFrame:
    """A user's training ratings by genre (`by` GENRES) or decade (DECADES), beside those of all users: one row per genre or
    decade, the one that the user rated most first.

    Columns: name, n_ratings, share and share_all (of the user's and of all ratings; an item counts in each of its genres),
    mean_rating, mean_rating_all. Items without a genre or a year have no row, but count in the totals of the shares.
    """
    own = train.user_index == user_index
    item, name = kinds_of(items, by)
    kinds, place = np.unique(name, return_inverse=True)
    sums = []
    for rows in (own, slice(None)):
        weights = (None, train.rating[rows].astype(np.float64))
        per_item = (np.bincount(train.item_index[rows], each, minlength=len(items)) for each in weights)
        sums += [np.bincount(place, each[item], minlength=len(kinds)) for each in per_item]
    n_own, stars_own, n_all, stars_all = sums
    table = pd.DataFrame(
        {
            "name": kinds,
            "n_ratings": n_own.astype(np.int64),
            "share": n_own / max(1, int(own.sum())),
            "share_all": n_all / max(1, len(train)),
            "mean_rating": np.divide(stars_own, n_own, out=np.full(len(kinds), np.nan), where=n_own > 0),
            "mean_rating_all": np.divide(stars_all, n_all, out=np.full(len(kinds), np.nan), where=n_all > 0),
        }
    )
    table = table[n_all > 0]
    return table.sort_values(["n_ratings", "share_all"], ascending=False, kind="stable").reset_index(drop=True)
