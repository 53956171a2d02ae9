"""The learning-rate range test: raise the rate from step to step, watch the loss, and read off a good peak rate."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from collab.data.ratings import Ratings
from collab.models.contract import Step
from collab.models.schedule import MOMENTUM_LOW

LOWEST, HIGHEST = 1e-5, 1.0
MOST_STEPS, FEWEST_STEPS = 200, 40
NUMBERS = 1.4e8  # table entries that a test touches: about a second of one core
MEMORY = 0.9  # decay of the exponential mean that smooths the loss
STOP_RATIO = 1.5  # times the lowest smoothed loss: there the test ends
DIVISOR = 10.0  # the rate of the lowest loss over the suggested one


@runtime_checkable
class GradientModel(Protocol):
    """A model trained by gradient steps at a given learning rate."""

    def steps_at(self, train: Ratings, rates: Sequence[float], momentum: float) -> Iterator[Step]:
        """One step at each of the learning `rates`."""


@dataclass(frozen=True)
class RangeTest:
    """The `rates` of a test, and the `losses` of their batches (MSE), raw and `smoothed`, all (n_steps,); the suggested rate.

    `suggested` is None where the loss never fell.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggested: float | None


def n_steps_for(batch_size: int, n_factors: int, n_rows: int) -> int:
    """Steps of a test on a model whose tables have `n_rows` rows in all: as many as take about a second, from 40 to 200."""
    touched = (2 * batch_size + n_rows) * (n_factors + 1)
    return int(np.clip(NUMBERS / touched, FEWEST_STEPS, MOST_STEPS))


def range_test(model: GradientModel, train: Ratings, n_steps: int = MOST_STEPS) -> RangeTest:
    """Train a copy of `model` for `n_steps` batches of `train`, the rate growing geometrically from 1e-5 to 1.

    The loss is smoothed by a bias-corrected exponential mean with decay 0.9; the test ends where that is more than 1.5 times
    its lowest value, or not finite. The suggestion is a tenth of the rate at which the smoothed loss is lowest, to two
    significant digits: at the minimum itself the steps already undo each other (Smith 2017, arXiv 1506.01186; the rule is
    "minimum" of fastai's `lr_find`). `model` and the state of its random numbers are not changed.
    """
    trial = copy.deepcopy(model)
    rates = np.geomspace(LOWEST, HIGHEST, n_steps)
    losses, smoothed = [], []
    average, lowest = 0.0, math.inf
    for number, step in enumerate(trial.steps_at(train, rates.tolist(), MOMENTUM_LOW), 1):
        loss = step.squared_error / step.n_rows
        average = MEMORY * average + (1 - MEMORY) * loss
        smooth = average / (1 - MEMORY**number)
        if not math.isfinite(smooth):
            break
        losses.append(loss)
        smoothed.append(smooth)
        lowest = min(lowest, smooth)
        if smooth > STOP_RATIO * lowest:
            break
    curve = np.array(smoothed)
    return RangeTest(rates[: len(losses)], np.array(losses), curve, suggest(rates[: len(losses)], curve))


def suggest(rates: np.ndarray, smoothed: np.ndarray) -> float | None:
    """A tenth of the rate at which the smoothed loss is lowest, to two digits; None where it never fell."""
    if len(smoothed) < 2 or (place := int(smoothed.argmin())) == 0:
        return None
    return float(f"{max(rates[place] / DIVISOR, LOWEST):.2g}")
