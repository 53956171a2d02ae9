"""From a point to a posterior: how ratings narrow the distribution of one bias, and why PMF finds only its mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Belief:
    """A normal distribution of one number: its `mean` and its standard `deviation`, in stars."""

    mean: float
    deviation: float

    def density(self, at: np.ndarray) -> np.ndarray:
        """The density at `at`, per star, of its shape."""
        away = (np.asarray(at, dtype=np.float64) - self.mean) / self.deviation
        return np.exp(-(away**2) / 2) / (self.deviation * np.sqrt(2 * np.pi))


def update(prior: Belief, ratings: np.ndarray, noise: float) -> Belief:
    """The posterior after `ratings` (n,), each the number plus normal noise with standard deviation `noise`.

    Precisions (1 / variance) add up and means are weighted by them: 1/s² = 1/s₀² + n/σ², m = s² (m₀/s₀² + Σr/σ²), the normal
    distribution's conjugate update (Bishop, Pattern Recognition and Machine Learning, section 2.3.6).
    """
    ratings = np.asarray(ratings, dtype=np.float64)
    precision = prior.deviation**-2 + len(ratings) / noise**2
    mean = (prior.mean * prior.deviation**-2 + ratings.sum() / noise**2) / precision
    return Belief(float(mean), float(precision**-0.5))


def likelihood(ratings: np.ndarray, noise: float) -> Belief | None:
    """The likelihood of the ratings alone: their mean, with deviation noise / √n; None without a rating."""
    if not len(ratings):
        return None
    return Belief(float(np.mean(ratings)), noise / len(ratings) ** 0.5)


def penalty_of(prior: Belief, noise: float) -> float:
    """λ of Σ (r − b)² + λ (b − m₀)², whose minimum is at the mode of the posterior: σ² / s₀²."""
    return (noise / prior.deviation) ** 2


def drawn_ratings(n: int, middle: float, noise: float, seed: int = 4) -> np.ndarray:
    """`n` ratings around `middle`; a larger `n` keeps the first ones, and a larger `noise` only scales their deviations."""
    return middle + noise * np.random.default_rng(seed).standard_normal(n)
