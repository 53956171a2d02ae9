"""The one-cycle schedule of learning rate and momentum, and the training loop of models that follow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:  # the models import this module
    from collab.data.ratings import Ratings
    from collab.models.contract import Step

RISE = 0.25  # share of training during which the rate rises
START_DIVISOR = 25.0  # the rate starts at peak / 25
END_DIVISOR = 1e5  # and ends at peak / 100,000
MOMENTUM_HIGH, MOMENTUM_LOW = 0.95, 0.85


def cosine(start: float, end: float, position: np.ndarray) -> np.ndarray:
    """From `start` to `end` along half a cosine wave; `position` runs from 0 to 1."""
    return end + (start - end) * (1 + np.cos(np.pi * position)) / 2


def one_cycle(peak: float, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Learning rate and momentum (Adam's β₁) at each `position` of training (0 … 1), both of its shape.

    The rate rises by cosine from peak/25 to the peak in the first quarter and falls by cosine to peak/1e5; the momentum
    goes 0.95 → 0.85 → 0.95 against it (Smith & Topin 2018, arXiv 1708.07120, in the form that fastai uses).
    """
    position = np.asarray(position, dtype=np.float64)
    rising = position < RISE
    up, down = np.clip(position / RISE, 0, 1), np.clip((position - RISE) / (1 - RISE), 0, 1)
    rate = np.where(rising, cosine(peak / START_DIVISOR, peak, up), cosine(peak, peak / END_DIVISOR, down))
    momentum = np.where(rising, cosine(MOMENTUM_HIGH, MOMENTUM_LOW, up), cosine(MOMENTUM_LOW, MOMENTUM_HIGH, down))
    return rate, momentum


class InBatches:
    """The training loop of models that learn from shuffled batches, one step each, on the one-cycle schedule.

    Such a model has `settings` with epochs, batch_size and learning_rate, and a `generator`. `_begin(train)` starts training and
    returns tensors with a row for each rating; `_epoch(*tensors, schedule)` takes them shuffled, so that a batch is a plain
    slice, and makes a step for each pair of learning rate and momentum in `schedule`.
    """

    @property
    def epochs(self) -> int:
        return self.settings.epochs

    def n_steps(self, n_train: int) -> int:
        """Steps of one epoch; the last, smaller batch is left out as in the chapter."""
        return max(1, n_train // self.settings.batch_size)

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of steps per epoch; the caller may stop after any step."""
        n_all = self.n_steps(len(train)) * self.epochs
        rates, momenta = one_cycle(self.settings.learning_rate, np.arange(n_all) / n_all)
        return self._epochs_at(train, list(zip(rates.tolist(), momenta.tolist(), strict=True)))

    def steps_at(self, train: Ratings, rates: Sequence[float], momentum: float) -> Iterator[Step]:
        """One step at each of the learning `rates`, however many epochs that is; for the learning-rate range test."""
        for steps in self._epochs_at(train, list(zip(rates, repeat(momentum)))):
            yield from steps

    def _epochs_at(self, train: Ratings, schedule: list[tuple[float, float]]) -> Iterator[Iterator[Step]]:
        tensors, n_steps = self._begin(train), self.n_steps(len(train))
        for start in range(0, len(schedule), n_steps):
            order = torch.randperm(len(train), generator=self.generator)
            yield self._epoch(*(each[order] for each in tensors), schedule[start : start + n_steps])
