"""A sigmoid bends any sum into a range; the range must end above the highest rating, or that can never be reached."""

from __future__ import annotations

import math


def in_range(score: float, low: float, high: float) -> float:
    """low + (high − low)·σ(score): the rating that a dot product with biases of `score` stands for."""
    return low + (high - low) / (1.0 + math.exp(-score))


def score_for(rating: float, low: float, high: float) -> float:
    """The score that `in_range` turns into `rating`; ±infinity at the ends and beyond them: no finite score gets there."""
    if rating >= high:
        return math.inf
    if rating <= low:
        return -math.inf
    return math.log((rating - low) / (high - rating))


def slope(score: float, low: float, high: float) -> float:
    """How many stars the rating rises by for a unit of score: (high − low)·σ·(1 − σ). A flat end means slow learning."""
    sigmoid = in_range(score, 0.0, 1.0)
    return (high - low) * sigmoid * (1.0 - sigmoid)
