"""Closeness of two arrows: distance compares where they end, cosine only where they point."""

from __future__ import annotations

import math

Arrow = tuple[float, float]


def arrow(length: float, degrees: float) -> Arrow:
    """The end of an arrow from the origin."""
    return length * math.cos(math.radians(degrees)), length * math.sin(math.radians(degrees))


def dot(first: Arrow, second: Arrow) -> float:
    """The sum of both products."""
    return first[0] * second[0] + first[1] * second[1]


def distance(first: Arrow, second: Arrow) -> float:
    """Pythagoras: the root of the summed squared differences."""
    return math.sqrt((first[0] - second[0]) ** 2 + (first[1] - second[1]) ** 2)


def cosine(first: Arrow, second: Arrow) -> float:
    """The dot product divided by both lengths, −1 … 1. Raises ZeroDivisionError for an arrow of length 0."""
    return dot(first, second) / math.sqrt(dot(first, first) * dot(second, second))
