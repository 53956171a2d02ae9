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
NUMBERS = 1.4e8  # table entries that a test touches at most: about a second of one core
MEMORY = 0.9  # of the smoothed loss for its past
RUNAWAY = 1.5  # times the lowest smoothed loss: the test has seen enough
DIVISOR = 10.0  # the suggestion lies so far below the rate of the lowest loss


@runtime_checkable
class GradientModel(Protocol):
    """A model that learns by steps of a given size."""

    def steps_at(self, train: Ratings, rates: Sequence[float], momentum: float) -> Iterator[Step]:
        """One step at each of the learning `rates`."""


@dataclass(frozen=True)
class RangeTest:
    """What the test saw: `rates` and the `losses` of their batches (MSE), raw and smoothed, all (n_steps,); the suggestion.

    `suggested` is None where the loss never fell: there is nothing to read off then.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggested: float | None


def n_steps_for(batch_size: int, n_factors: int, n_rows: int) -> int:
    """Steps of a test on a model with tables of `n_rows` rows in all, so that it lasts about a second at most."""
    touched = (2 * batch_size + n_rows) * (n_factors + 1)
    return int(np.clip(NUMBERS / touched, FEWEST_STEPS, MOST_STEPS))


def range_test(model: GradientModel, train: Ratings, n_steps: int = MOST_STEPS) -> RangeTest:
    """Train a copy of `model` for `n_steps` batches of `train`, the rate growing geometrically from 1e-5 to 1.

    The loss is smoothed by an exponential mean with memory 0.9, corrected for its start; the test ends where that is half as
    high again as its lowest value, or no number. The suggestion is a tenth of the rate at which the smoothed loss is lowest,
    to two digits: at the minimum itself the steps have begun to undo each other (Smith 2017, arXiv 1506.01186; the rule is
    the one of fastai's `lr_find`, "minimum"). `model` stays as it is, its random numbers too.
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
        if smooth > RUNAWAY * lowest:
            break
    curve = np.array(smoothed)
    return RangeTest(rates[: len(losses)], np.array(losses), curve, suggest(rates[: len(losses)], curve))


def suggest(rates: np.ndarray, smoothed: np.ndarray) -> float | None:
    """A tenth of the rate at which the smoothed loss is lowest, to two digits; None where it never fell."""
    if len(smoothed) < 2 or (place := int(smoothed.argmin())) == 0:
        return None
    return float(f"{max(rates[place] / DIVISOR, LOWEST):.2g}")
