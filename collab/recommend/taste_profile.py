"""Taste profile: how a person's predicted ratings differ from the average person's, over all items and by genre.

The average person is `NewUser.plain`, before any rating and with nothing told. In the notation of `collab.models.fold_in`, with
w ~ Normal(m, V) the person's posterior and m₀ the average person's mean, the prediction for item i is
δ_i = g(b_i + d_i · m) − g(b_i + d_i · m₀) stars higher for the person. All figures here are sums Σ_i a_i δ_i with fixed weights
a_i: 1/n for the mean over a genre, from which "beyond the level" subtracts the mean over all items. The variance of such a sum is

    variance = hᵀ V h,   h = Σ_i a_i g'(s_i) d_i,

exact without a sigmoid and to first order with one, where g' is its slope at the prediction. In a Bayesian model the items are
uncertain too. The bias of an item cancels in δ_i; its factors, with covariance C_i, add a_i² (Δᵀ C_i Δ + tr(V_p C_i)), where Δ is
the first n_factors entries of m − m₀ and V_p the corresponding block of V.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.genres import genre_flags, genres_of
from collab.data.ratings import RatingScale
from collab.data.tables import trained_items
from collab.models.fold_in import Predictions
from collab.models.levels import REACH
from collab.recommend.new_user import NewUser, OwnFoldIn

ROUNDING = 1e-5
"""Differences up to this, in stars, are single-precision rounding error."""

BIN = 0.25
"""Bin width of the distribution of predicted ratings, in stars."""


@dataclass(frozen=True)
class Difference:
    """A difference from the average person in stars, and its posterior standard deviation, NaN without a posterior."""

    value: float
    deviation: float

    @property
    def reach(self) -> float:
        """Half the width of the interval that holds the true value in 8 of 10 cases (`COVERAGE`)."""
        return REACH * self.deviation

    @property
    def clear(self) -> bool | None:
        """Whether zero is outside that interval; None without a standard deviation."""
        return abs(self.value) > self.reach + ROUNDING if np.isfinite(self.deviation) else None


def level(known: NewUser | OwnFoldIn, rated: Mapping[int, float], films: np.ndarray) -> Difference:
    """The mean difference between the predicted ratings of `films` (n,) and the average person's."""
    if not len(films):
        return Difference(0.0, float("nan"))
    values, deviations = _differences(known, rated, np.full((1, len(films)), 1 / len(films)), films)
    return Difference(float(values[0]), float(deviations[0]))


def bias_difference(known: NewUser, rated: Mapping[int, float], films: np.ndarray) -> Difference:
    """The person's bias minus the average person's: the part of the level that is leniency, not taste.

    In stars: with a sigmoid, where the bias is inside it, times the mean slope at the predictions of `films` (n,).
    """
    belief, steepness = known.after(rated), 1.0
    if known.items.y_range is not None and len(films):
        steepness = float(known.items.slope(known.predictions(belief)[0].score)[films].mean())
    value = steepness * float(belief.mean[-1] - known.plain.prior.mean[-1])
    return Difference(value, steepness * float(belief.covariance[-1, -1]) ** 0.5)


def genre_table(
    known: NewUser | OwnFoldIn,
    rated: Mapping[int, float],
    items: pd.DataFrame,
    minimum_count: int = 20,
    *,
    beyond_level: bool = False,
) -> pd.DataFrame:
    """One row per genre: how far the predictions for its items are above the average person's, highest first.

    Items with at least `minimum_count` training ratings count, in each of their genres. Columns: genre, difference, deviation
    (its standard deviation, NaN for a model without a posterior), low, high (the 80 % interval), clear (whether zero is outside
    it; NA where unknown), predicted and average (mean predicted ratings, before clipping to the scale), n_items, and n_rated
    (items of the genre that the person has rated, whatever their count). `beyond_level` subtracts the mean difference over all
    items, which leaves taste without leniency.
    """
    item_index = trained_items(items, minimum_count)
    flags = genre_flags(items["genres"].iloc[item_index])
    names, member = list(flags), flags.to_numpy(np.float64).T  # (n_genres, n_items)
    means = member / np.maximum(member.sum(axis=1, keepdims=True), 1)
    weights = means - 1 / max(len(item_index), 1) if beyond_level else means
    values, deviations = _differences(known, rated, weights, item_index)
    now, before = known.predict(rated)[0].score[item_index], known.plain.before[0].score[item_index]
    rated_genres = [genre for item in rated for genre in set(genres_of(items["genres"].iat[item]))]
    each = [Difference(float(value), float(sd)) for value, sd in zip(values, deviations, strict=True)]
    table = pd.DataFrame(
        {
            "genre": names,
            "difference": values,
            "deviation": deviations,
            "low": [one.value - one.reach for one in each],
            "high": [one.value + one.reach for one in each],
            "clear": pd.array([one.clear for one in each], dtype="boolean"),
            "predicted": means @ now,
            "average": means @ before,
            "n_items": member.sum(axis=1).astype(np.int64),
            "n_rated": [rated_genres.count(genre) for genre in names],
        }
    )
    order = np.argsort(-table["difference"].round(5), kind="stable")  # ties up to rounding stay in alphabetical order
    return table.iloc[order].reset_index(drop=True)


def predicted_distribution(
    now: Predictions, average: Predictions, films: np.ndarray, rating_scale: RatingScale
) -> pd.DataFrame:
    """A histogram of the predictions for `films` (n,) in quarters of a star, for the person (`now`) and the average one.

    Columns: low, high (stars; a bin includes its low end, the last one both), n, n_average. Predictions are clipped to the scale.
    """
    edges = np.linspace(rating_scale.low, rating_scale.high, round((rating_scale.high - rating_scale.low) / BIN) + 1)
    counts = [np.histogram(each.mean[films], edges)[0] for each in (now, average)]
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts[0], "n_average": counts[1]})


def given_and_everyone(rated: Mapping[int, float], items: pd.DataFrame) -> tuple[float, float]:
    """The mean of the stars in `rated`, and the mean of `mean_rating` over the same items; NaN without a rating."""
    if not rated:
        return float("nan"), float("nan")
    return float(np.mean(list(rated.values()))), float(items["mean_rating"].iloc[list(rated)].mean())


def _differences(
    known: NewUser | OwnFoldIn, rated: Mapping[int, float], weights: np.ndarray, item_index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Σ_i a_i δ_i for every row of `weights` (g, n) over `films` (n,), and its standard deviation (g,)."""
    now = known.predict(rated)[0]
    values = weights @ (now.score[item_index] - known.plain.before[0].score[item_index]).astype(np.float64)
    if isinstance(known, OwnFoldIn):
        return values, np.full(len(values), np.nan)
    belief = known.after(rated)
    described = known.items.described(item_index) * known.items.slope(now.score)[item_index, None]  # (n, k + 1)
    towards = weights @ described  # (g, k + 1) the h
    variance = np.einsum("gi,ij,gj->g", towards, belief.covariance, towards)
    if known.has_item_uncertainty:
        away = (belief.mean - known.plain.prior.mean)[:-1]
        square = np.outer(away, away) + belief.covariance[:-1, :-1]
        doubt = np.einsum("nij,ij->n", known.items.covariances[item_index, :-1, :-1], square)  # (n,)
        variance = variance + weights**2 @ doubt
    return values, np.sqrt(np.maximum(variance, 0))
