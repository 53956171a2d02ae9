"""Certainty: from a predicted rating and its variance to the chances of the rating levels and a likely range.

A prediction is treated as a normal distribution of the rating. A rating level covers everything that rounds to it, the lowest
and the highest also everything beyond, so the chances of the levels add up to 1.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy.special import ndtr

from collab.data.ratings import RatingScale

COVERAGE = 0.8
"""The chance that a rating lies in its interval."""

REACH = NormalDist().inv_cdf((1 + COVERAGE) / 2)
"""How many standard deviations the interval extends to either side of a prediction."""


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
    """The fewest adjacent levels that hold a rating with at least the chance COVERAGE: lowest and highest, each (n,).

    `chances` (n, n_levels) as from `level_probabilities`; of equally many levels the likelier ones are taken. Whole levels hold
    more than asked for: 88 % instead of 80 % on the users of `collab.models.fold_in.predict`, by the model's own chances.
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
    """A predicted rating and its likely range in words: "4.2, probably 3 to 5"."""
    return f"{predicted:.1f}, probably {low:g}" + (f" to {high:g}" if high > low else "")
