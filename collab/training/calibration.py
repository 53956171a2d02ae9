"""Calibration: whether held-out ratings agree with the predictions and their variances."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from collab.data.ratings import RatingScale
from collab.models.levels import level_probabilities

MINIMUM_PROBABILITY = 1e-12
"""Lowest probability that the log loss uses, so that one rating at an impossible level does not outweigh all others."""


@dataclass(frozen=True)
class Calibration:
    """Interval coverage and log loss of predictions on held-out ratings.

    `within_50`, `within_80`, `within_95` are the shares of ratings inside the central intervals that should hold 50, 80 and
    95 % of them. `log_loss` is the mean of −log(probability) of the level that was given, in nats; `histogram_log_loss` the
    same when the shares of the levels among the training ratings are always predicted. Smaller is better.
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
    """Evaluate predictions `mean` with their `variance` on the held-out `rating`, each (n,); `train_rating` (n_train,).

    `chances` (n, n_levels) are those of a model that predicts them itself; None: those of `level_probabilities`. A level
    without a training rating counts as half a rating in the histogram.
    """
    deviation = np.abs(np.asarray(rating, dtype=np.float64) - mean) / np.sqrt(variance)
    within = [float(np.mean(deviation <= NormalDist().inv_cdf((1 + share) / 2))) for share in (0.5, 0.8, 0.95)]
    levels = rating_scale.levels
    counts = np.maximum(np.bincount(rating_scale.places(train_rating), minlength=len(levels)), 0.5)
    histogram = np.broadcast_to(counts / counts.sum(), (len(rating), len(levels)))
    given = rating_scale.places(rating)
    own = level_probabilities(mean, variance, rating_scale) if chances is None else chances
    losses = [
        float(-np.log(np.maximum(chances[np.arange(len(given)), given], MINIMUM_PROBABILITY)).mean())
        for chances in (own, histogram)
    ]
    return Calibration(*within, *losses)
