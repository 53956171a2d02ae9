"""The one-cycle schedule: how learning rate and momentum move over a training."""

from __future__ import annotations

import numpy as np

RISE = 0.25  # share of the training in which the rate rises
START_DIVISOR = 25.0  # the rate starts at peak / 25
END_DIVISOR = 1e5  # and ends at peak / 100,000
MOMENTUM_HIGH, MOMENTUM_LOW = 0.95, 0.85


def cosine(start: float, end: float, position: np.ndarray) -> np.ndarray:
    """From `start` to `end` along half a cosine wave; `position` runs from 0 to 1."""
    return end + (start - end) * (1 + np.cos(np.pi * position)) / 2


def one_cycle(peak: float, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Learning rate and momentum (Adam's β₁) at each `position` of a training (0 … 1), both of its shape.

    The rate rises by cosine from peak/25 to the peak in the first quarter and falls by cosine to peak/1e5; the momentum
    goes 0.95 → 0.85 → 0.95 against it (Smith & Topin 2018, arXiv 1708.07120, in the form that fastai uses).
    """
    position = np.asarray(position, dtype=np.float64)
    rising = position < RISE
    up, down = np.clip(position / RISE, 0, 1), np.clip((position - RISE) / (1 - RISE), 0, 1)
    rate = np.where(rising, cosine(peak / START_DIVISOR, peak, up), cosine(peak, peak / END_DIVISOR, down))
    momentum = np.where(rising, cosine(MOMENTUM_HIGH, MOMENTUM_LOW, up), cosine(MOMENTUM_LOW, MOMENTUM_HIGH, down))
    return rate, momentum
