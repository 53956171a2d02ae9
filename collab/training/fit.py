"""fit: the training loop for every model, in a test, a worker or a notebook."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from collab.data.ratings import Ratings
from collab.models.contract import Model
from collab.training.metrics import Errors, errors

DIVERGENCE_FACTOR = (
    100.0  # variances of the ratings: a loss this far above that of predicting only 0 counts as diverged
)


@dataclass(frozen=True)
class BatchReport:
    """After a step: its number in the whole training, the loss of its batch (MSE), the schedule (None where a model has none),
    seconds since the start."""

    step: int
    n_steps: int
    epoch: float  # 0 … epochs, fractional
    train_loss: float
    n_rows: int
    learning_rate: float | None
    momentum: float | None
    seconds: float


@dataclass(frozen=True)
class EpochReport:
    """After an epoch (1, 2, …): MSE over its training batches and over the held-out rows, seconds the epoch took."""

    epoch: int
    train_loss: float
    valid_loss: float
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How training ended: "finished", "stopped" or "diverged"; its epochs, errors on the held-out rows, time of `fit`."""

    state: str
    epochs: tuple[EpochReport, ...]
    valid: Errors | None
    seconds: float
    cpu_seconds: float


def fit(
    model: Model,
    train: Ratings,
    valid: Ratings,
    *,
    on_batch: Callable[[BatchReport], None] | None = None,
    on_epoch: Callable[[EpochReport], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train `model` on `train` and check it on `valid` after every epoch.

    Stops before the next step when `should_stop()` is true, keeping the weights so far. A loss that is not finite, or that
    exceeds the loss of predicting only 0 by a hundred times the variance of the ratings, ends training as "diverged".
    """
    wall, cpu = time.perf_counter(), time.process_time()
    n_steps = model.n_steps(len(train))
    limit = DIVERGENCE_FACTOR * max(float(train.rating.var()), 0.1) + float(np.square(train.rating).mean())
    reports: list[EpochReport] = []
    state, step_number, last = "finished", 0, None
    for epoch, steps in enumerate(model.train_epochs(train)):
        epoch_start, squared_error, n_rows = time.perf_counter(), 0.0, 0
        for step in steps:
            step_number += 1
            squared_error += step.squared_error
            n_rows += step.n_rows
            loss = step.squared_error / step.n_rows
            if on_batch is not None:
                on_batch(
                    BatchReport(
                        step_number,
                        n_steps * model.epochs,
                        step_number / n_steps,
                        loss,
                        step.n_rows,
                        step.learning_rate,
                        step.momentum,
                        time.perf_counter() - wall,
                    )
                )
            if not math.isfinite(loss) or loss > limit:
                state = "diverged"
                break
            if should_stop():
                state = "stopped"
                break
        if state == "diverged":
            break
        model.finalize()
        last = errors(model.predict(valid.user_index, valid.item_index), valid.rating)
        if state == "stopped" and step_number < n_steps * (epoch + 1):
            break  # an incomplete epoch gets no report, but its weights are kept
        reports.append(EpochReport(epoch + 1, squared_error / n_rows, last.mse, time.perf_counter() - epoch_start))
        if on_epoch is not None:
            on_epoch(reports[-1])
        if not math.isfinite(last.mse):
            state = "diverged"
        if step_number == n_steps * model.epochs and state == "stopped":
            state = "finished"  # asked to stop after the last step: nothing was left to do
        if state != "finished":
            break
    return Outcome(
        state,
        tuple(reports),
        last if state != "diverged" else None,
        time.perf_counter() - wall,
        time.process_time() - cpu,
    )
