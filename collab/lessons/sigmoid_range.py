"""A sigmoid maps any score into a range, which must end above the highest rating or that rating is never reached."""

from __future__ import annotations

import math


def in_range(score: float, low: float, high: float) -> float:
    """low + (high − low)·σ(score): the rating for a `score`, a dot product with biases."""
    return low + (high - low) / (1.0 + math.exp(-score))


def score_for(rating: float, low: float, high: float) -> float:
    """The score that `in_range` maps to `rating`; ±infinity at the ends and beyond, which no finite score reaches."""
    if rating >= high:
        return math.inf
    if rating <= low:
        return -math.inf
    return math.log((rating - low) / (high - rating))


def slope(score: float, low: float, high: float) -> float:
    """Stars gained per unit of score: (high − low)·σ·(1 − σ). Where the curve is flat, learning is slow."""
    sigmoid = in_range(score, 0.0, 1.0)
    return (high - low) * sigmoid * (1.0 - sigmoid)
