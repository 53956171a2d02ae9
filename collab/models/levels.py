"""Certainty: what a predicted rating with its variance promises in whole ratings, and whether held-out ratings keep it.

A prediction is taken for a normal distribution of the rating that will be given. A rating level stands for all that rounds
to it, the lowest and the highest also for what lies beyond, so the chances of the levels add up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.special import ndtr

from collab.data.ratings import RatingScale

COVERAGE = 0.8
"""The chance that a rating lies between the ends of its interval."""

REACH = NormalDist().inv_cdf((1 + COVERAGE) / 2)
"""So many standard deviations the interval reaches to either side of a prediction."""

LEAST_CHANCE = 1e-12
"""A level that was given although it had no chance counts as this unlikely: one of them does not outweigh all others."""


def level_probabilities(mean: np.ndarray, variance: np.ndarray, rating_scale: RatingScale) -> np.ndarray:
    """The chance of every rating level, (n, n_levels), rows adding up to 1, from predictions and their variances (n,)."""
    levels = rating_scale.levels.astype(np.float64)
    edges = (levels[1:] + levels[:-1]) / 2  # (n_levels − 1,)
    middle = np.asarray(mean, dtype=np.float64).reshape(-1, 1)
    deviation = np.sqrt(np.asarray(variance, dtype=np.float64).reshape(-1, 1))
    below = ndtr((edges - middle) / deviation)  # (n, n_levels − 1)
    ends = np.zeros((len(below), 1))
    return np.diff(np.hstack([ends, below, ends + 1]), axis=1)


def likely_range(chances: np.ndarray, rating_scale: RatingScale) -> tuple[np.ndarray, np.ndarray]:
    """The fewest neighbouring levels that hold a rating with at least the chance COVERAGE: lowest and highest, each (n,).

    `chances` (n, n_levels) as of `level_probabilities`; of equally many levels the likelier ones are taken. Whole levels hold
    more than asked for: 88 % where 80 % were asked, on the people of `collab.models.fold_in.predict`, as the model says.
    """
    levels = rating_scale.levels.astype(np.float64)
    below = np.hstack([np.zeros((len(chances), 1)), np.cumsum(chances, axis=1)])  # (n, n_levels + 1)
    low, high = np.full(len(chances), levels[0]), np.full(len(chances), levels[-1])
    for n_levels in range(len(levels) - 1, 0, -1):
        chance = below[:, n_levels:] - below[:, :-n_levels]  # (n, one for every lowest level)
        first = chance.argmax(axis=1)
        enough = chance[np.arange(len(chances)), first] >= COVERAGE
        low[enough] = levels[first[enough]]
        high[enough] = levels[first[enough] + n_levels - 1]
    return low, high


def in_words(predicted: float, low: float, high: float) -> str:
    """A predicted rating and its likely range as a person would say it: "4.2, probably 3 to 5"."""
    return f"{predicted:.1f}, probably {low:g}" + (f" to {high:g}" if high > low else "")


@dataclass(frozen=True)
class Calibration:
    """Whether predictions were as sure as they could be, and no surer.

    `within_50`, `within_80`, `within_95` are the shares of ratings inside the central intervals that should hold 50, 80 and
    95 % of them. `log_loss` is the mean surprise −log(chance) at the level that was given, in nats; `histogram_log_loss` the
    same for always naming the shares of the levels among the training ratings. Smaller is better.
    """

    within_50: float
    within_80: float
    within_95: float
    log_loss: float
    histogram_log_loss: float


def calibration(
    mean: np.ndarray,
    variance: np.ndarray,
    rating: np.ndarray,
    train_rating: np.ndarray,
    rating_scale: RatingScale,
    chances: np.ndarray | None = None,
) -> Calibration:
    """Measure predictions `mean` with their `variance` on the held-out `rating`, each (n,); `train_rating` (n_train,).

    `chances` (n, n_levels) are those of a model that predicts them itself; None: those of `level_probabilities`. A level
    without a training rating has the chance of half a rating in the histogram.
    """
    away = np.abs(np.asarray(rating, dtype=np.float64) - mean) / np.sqrt(variance)
    within = [float(np.mean(away <= NormalDist().inv_cdf((1 + share) / 2))) for share in (0.5, 0.8, 0.95)]
    levels = rating_scale.levels
    counts = np.maximum(np.bincount(rating_scale.places(train_rating), minlength=len(levels)), 0.5)
    histogram = np.broadcast_to(counts / counts.sum(), (len(rating), len(levels)))
    given = rating_scale.places(rating)
    own = level_probabilities(mean, variance, rating_scale) if chances is None else chances
    losses = [
        float(-np.log(np.maximum(chances[np.arange(len(given)), given], LEAST_CHANCE)).mean())
        for chances in (own, histogram)
    ]
    return Calibration(*within, *losses)
