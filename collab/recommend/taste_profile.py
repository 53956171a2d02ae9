"""Taste profile: how a person's predicted ratings differ from the average person's, over all films and genre by genre.

The average person is who `Newcomer.before` speaks of: somebody who has not rated anything. In the notation of
`collab.models.fold_in`, with the person believed to be w ~ Normal(m, V) after some ratings and the average person m₀, film i is
predicted δ_i = g(b_i + d_i · m) − g(b_i + d_i · m₀) stars higher for the person. All figures here are sums Σ_i a_i δ_i with fixed
weights a_i: a mean over a genre has 1/n, "beyond the level" takes the mean over all films from it. What is unknown of such a
sum is exact linear algebra,

    variance = hᵀ V h,   h = Σ_i a_i g'(s_i) d_i

(with a sigmoid, g' its slope at the prediction, the first order of it). A Bayesian model does not know its films either. The bias
of a film cancels in δ_i; its factors, with covariance C_i, add a_i² (Δᵀ C_i Δ + tr(V_p C_i)), Δ the first n_factors of m − m₀ and
V_p that block of V.
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
"""Differences up to this, in stars, are the rounding of single precision."""

BIN = 0.25
"""Width of a column of the distribution of predicted ratings, in stars."""


@dataclass(frozen=True)
class Difference:
    """Stars above the average person, and the standard deviation of what is believed of it; NaN where a model does not say."""

    value: float
    deviation: float

    @property
    def reach(self) -> float:
        """What the interval that holds the truth in 8 of 10 cases (`COVERAGE`) reaches to either side."""
        return REACH * self.deviation

    @property
    def clear(self) -> bool | None:
        """Whether zero is outside that interval; None where it is not known."""
        return abs(self.value) > self.reach + ROUNDING if np.isfinite(self.deviation) else None


def level(known: NewUser | OwnFoldIn, rated: Mapping[int, float], films: np.ndarray) -> Difference:
    """By how much the predicted ratings of `films` (n,) are above the average person's, on average."""
    if not len(films):
        return Difference(0.0, float("nan"))
    values, deviations = _differences(known, rated, np.full((1, len(films)), 1 / len(films)), films)
    return Difference(float(values[0]), float(deviations[0]))


def bias_difference(known: NewUser, rated: Mapping[int, float], films: np.ndarray) -> Difference:
    """The person's bias against the average person's: what of the level is kindness, not taste.

    In stars: with a sigmoid, where a bias counts inside of it, times the mean slope at the predictions of `films` (n,).
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
    """One row a genre: how far its films are predicted above the average person's ratings, highest first.

    A genre's films are those with at least `minimum_count` training ratings; a film of several genres counts in each. Columns:
    genre, difference, deviation (its standard deviation, NaN where the model does not say), low, high (the 80 % interval), clear
    (zero is outside of it; NA where not known), predicted and average (mean predicted ratings, before they are cut to the scale),
    n_items, and n_rated, the films of the genre that the person has rated, whatever their count. With `beyond_level` differences
    are less the mean one of all films: what is left is taste, kindness is out.
    """
    films = trained_items(items, minimum_count)
    flags = genre_flags(items["genres"].iloc[films])
    names, member = list(flags), flags.to_numpy(np.float64).T  # (n_genres, n_items)
    means = member / np.maximum(member.sum(axis=1, keepdims=True), 1)
    weights = means - 1 / max(len(films), 1) if beyond_level else means
    values, deviations = _differences(known, rated, weights, films)
    now, before = known.predict(rated)[0].score[films], known.plain.before[0].score[films]
    rated_genres = [genre for film in rated for genre in set(genres_of(items["genres"].iat[film]))]
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
    order = np.argsort(
        -table["difference"].round(5), kind="stable"
    )  # what differs by rounding alone stays in alphabetical order
    return table.iloc[order].reset_index(drop=True)


def predicted_distribution(
    now: Predictions, average: Predictions, films: np.ndarray, rating_scale: RatingScale
) -> pd.DataFrame:
    """How many of `films` (n,) are predicted in every quarter of a star, for the person (`now`) and the average one.

    Columns: low, high (stars; a column holds its low end, the last one both), n, n_average. Predictions are cut to the scale.
    """
    edges = np.linspace(rating_scale.low, rating_scale.high, round((rating_scale.high - rating_scale.low) / BIN) + 1)
    counts = [np.histogram(each.mean[films], edges)[0] for each in (now, average)]
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts[0], "n_average": counts[1]})


def given_and_everyone(rated: Mapping[int, float], items: pd.DataFrame) -> tuple[float, float]:
    """The mean of the stars in `rated`, and the mean over the same films of everybody's mean rating; NaN without a rating."""
    if not rated:
        return float("nan"), float("nan")
    return float(np.mean(list(rated.values()))), float(items["mean_rating"].iloc[list(rated)].mean())


def _differences(
    known: NewUser | OwnFoldIn, rated: Mapping[int, float], weights: np.ndarray, films: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Σ_i a_i δ_i for every row of `weights` (g, n) over `films` (n,), and its standard deviation (g,)."""
    now = known.predict(rated)[0]
    values = weights @ (now.score[films] - known.plain.before[0].score[films]).astype(np.float64)
    if isinstance(known, OwnFoldIn):
        return values, np.full(len(values), np.nan)
    belief = known.after(rated)
    described = known.items.described(films) * known.items.slope(now.score)[films, None]  # (n, k + 1)
    towards = weights @ described  # (g, k + 1) the h
    variance = np.einsum("gi,ij,gj->g", towards, belief.covariance, towards)
    if known.has_item_uncertainty:
        away = (belief.mean - known.plain.prior.mean)[:-1]
        square = np.outer(away, away) + belief.covariance[:-1, :-1]
        doubt = np.einsum("nij,ij->n", known.items.covariances[films, :-1, :-1], square)  # (n,)
        variance = variance + weights**2 @ doubt
    return values, np.sqrt(np.maximum(variance, 0))
