"""carry_out: trains one recorded run and fills its folder; called by the command line, and by `train` in the workers."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
import torch

from collab.data.features import features_of
from collab.data.ratings import Ratings
from collab.data.splitting import split_by
from collab.data.tables import describe_items, describe_users
from collab.errors import CollabError, RunError, StorageError
from collab.models import DEFAULT_MODEL, MODELS, build_model, family_of, preset_of
from collab.models.contract import Model, PredictsLevels
from collab.models.settings import settings_from
from collab.services.environment import Environment, read_environment
from collab.services.plans import ADVICE, plan
from collab.services.run_files import LARGEST_WEIGHT, describe_layers
from collab.services.run_record import LARGEST_ERROR, RunRecord
from collab.services.run_rows import load_encoded
from collab.services.runs import RunStore
from collab.services.worker import AtWork
from collab.training.calibration import calibration
from collab.training.fit import BatchReport, EpochReport, Outcome, fit
from collab.training.metrics import baselines
from collab.training.one_thread import one_thread

N_POINTS = 400  # least rows of batches.csv, which has fewer than twice as many; one per step of a shorter training
WRITE_SECONDS = 0.1  # how often the latest position is written, for pages that watch
# a variance copies the covariances of user and item: for all rows at once the copies would be large
PREDICTED_AT_ONCE = 20_000
WEIGHTS_SECONDS = 1.0  # how often the weights and the record are written after an epoch
CHECKPOINT_SECONDS = 5.0  # and within a long epoch
STOP_SECONDS = 0.2  # how often requests to stop from outside are checked


def warm_up(data: str, models: Iterable[str], environment: Environment) -> Iterator[str]:
    """Do what a process does slowly the first time, so that the next training begins at once.

    Reads the data set, then rehearses each of `models`: trains one step in a temporary folder. Yields the model's name after
    each, so that the caller may stop. The rehearsals use the sample: that warms up as well, and is short whatever the data set,
    even if one step is the whole training. Raises CollabError if the data set cannot be read.
    """
    dataset, _ = load_encoded(data, environment)
    _ = dataset.fingerprint  # cached with the data set
    for model in models:
        environment.scratch.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=environment.scratch) as home:
            store = RunStore(Path(home), durable=False)
            record = store.create(plan(model, preset_of(model), "sample", "random:0.2", 0))
            carry_out(record, store, environment, should_stop=lambda: True)
        yield model


def rehearsed_after(model: str) -> tuple[bool, bool]:
    """Sort key of the models for their rehearsals: the default one first, the slowest last.

    `torch.optim` loads torch's compiler when it is first used, which takes more than a second: no other model need wait for it.
    """
    return (model != DEFAULT_MODEL, model == "dot-bias-plain")


_unrehearsed = sorted(MODELS, key=rehearsed_after)


def get_ready(data: str) -> Iterator[str]:
    """`warm_up` a worker for a data set, with the models that it has not rehearsed yet."""
    for model in warm_up(data, tuple(_unrehearsed), read_environment()):
        _unrehearsed.remove(model)
        yield model


def train(request: dict[str, str], at_work: AtWork) -> None:
    """Train a recorded run in a worker: "run" is its id, "folder" the one of the home that holds its store. The worker owns it,
    and writes it even if its server has died. Raises CollabError if it is gone, was interrupted or failed."""
    environment = read_environment()
    store = _store(environment.home, request["folder"])
    owner, lock = store.claim()
    try:
        record = carry_out(
            dataclasses.replace(store.record(request["run"]), owner=owner),
            store,
            environment,
            should_stop=at_work.is_stopped,
            why_stopped=lambda: "stopped" if at_work.was_asked() else "interrupted",
            on_progress=at_work.alive,
        )
    finally:
        lock.release()
        with contextlib.suppress(OSError):
            os.unlink(lock.lock_file)
    if record.state in ("interrupted", "failed"):
        raise RunError(record.message)


@lru_cache(maxsize=8)
def _store(home: Path, folder: str) -> RunStore:
    return RunStore(home / folder, durable=not folder, create=False)  # trials need not last


class _Alive:
    """Reports at each call that a training goes on, and the seconds of its longest epoch so far.

    It is called from the training itself, between two of its steps, so a training that hangs falls silent.
    """

    def __init__(self, on_progress: Callable[[float], None]) -> None:
        self.on_progress, self.longest = on_progress, 0.0

    def __call__(self, seconds: float = 0.0) -> None:
        """`seconds`: how long an epoch took, or the first one is expected to take."""
        self.longest = max(self.longest, seconds)
        self.on_progress(self.longest)


class _Recorder:
    """Writes a training to its folder while it runs: points of the curve, epochs, weights.

    The record on the disk is as old as the weights beside it. `describe` returns the tables of items and users; so that the
    first batch need not wait for them, they are written just before the first weights.
    """

    def __init__(
        self,
        store: RunStore,
        record: RunRecord,
        model: Model,
        describe: Callable[[], tuple[pd.DataFrame, pd.DataFrame]],
        alive: _Alive,
    ) -> None:
        self.store, self.record, self.model, self.describe, self.alive = store, record, model, describe, alive
        self.described = False
        self.every = max(1, record.n_steps // N_POINTS)
        self.points: list[tuple] = []
        self.last: BatchReport | None = None
        self.squared_error, self.n_rows = 0.0, 0
        self.written = self.saved = time.monotonic()

    def on_batch(self, report: BatchReport) -> None:
        self.alive()
        self.squared_error += report.train_loss * report.n_rows
        self.n_rows += report.n_rows
        self.last = report
        now = time.monotonic()
        if report.step % self.every == 0:
            self.points.append(self._point())
            self.squared_error, self.n_rows = 0.0, 0
        if now - self.written >= WRITE_SECONDS:
            self.flush()
            self.store.write_latest(self.record.id, self._point())
            self.written = now
        if now - self.saved >= CHECKPOINT_SECONDS:
            self.model.finalize()
            self.save()

    def _point(self) -> tuple:
        """The position of the training, with the mean loss since the previous point."""
        last = self.last
        loss = self.squared_error / self.n_rows if self.n_rows else last.train_loss
        return (last.step, last.epoch, loss, last.learning_rate, last.momentum, last.seconds)

    def on_epoch(self, report: EpochReport) -> None:
        self.alive(report.seconds)
        self.flush()
        self.store.append(self.record.id, "history.csv", [dataclasses.astuple(report)])
        valid = {"mse": report.valid_loss, "rmse": report.valid_loss**0.5, "n_ratings": self.record.n_valid}
        self.record = dataclasses.replace(self.record, epochs_done=report.epoch, valid=valid)
        if time.monotonic() - self.saved >= WEIGHTS_SECONDS:  # not after every short epoch
            self.save()

    def save(self) -> None:
        """Write the current weights and record, and the tables if they are not written yet."""
        self.write_tables()
        self.store.write_weights(self.record.id, self.model.weights())
        self.store.write_record(self.record)
        self.saved = time.monotonic()

    def write_tables(self) -> None:
        if not self.described:
            self.store.write_tables(self.record.id, *self.describe())
            self.described = True

    def break_off(self) -> None:
        """Before the process ends, save what was learned, if an epoch is complete."""
        if self.record.epochs_done:
            with contextlib.suppress(OSError, CollabError):  # if it cannot be written, the last save counts
                self.model.finalize()
                self.save()

    def close(self) -> None:
        """Write what is left, up to the last step."""
        if self.n_rows:
            self.points.append(self._point())
        self.flush()
        self.write_tables()

    def flush(self) -> None:
        if self.points:
            self.store.append(self.record.id, "batches.csv", self.points)
            self.points = []


def carry_out(
    record: RunRecord,
    store: RunStore,
    environment: Environment,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    why_stopped: Callable[[], str] = lambda: "stopped",
    on_epoch: Callable[[EpochReport], None] = lambda report: None,
    on_progress: Callable[[float], None] = lambda longest: None,
) -> RunRecord:
    """Train the recorded run `record` to its end and give its folder its final name; returns the final record.

    Any error is stored in the record with its reason, as "failed", or as "interrupted" if the run could not be written; only
    KeyboardInterrupt and SystemExit are raised. If even the ending could not be written, only the returned record says so. A
    stopped training keeps its weights; `why_stopped` says whether it was "stopped" by a person or "interrupted" by its
    surroundings. `RunStore.ask_to_stop` stops it too.

    `on_progress` is called at every step and between the parts of the work, with the seconds of the longest epoch so far, or the
    estimate for the first one until that has ended.
    """
    asked = _StopRequest(store, record.id)
    try:
        record, outcome = _train(
            record, store, environment, lambda: should_stop() or asked(), on_epoch, _Alive(on_progress)
        )
    except Exception as reason:
        with contextlib.suppress(OSError, CollabError):
            record = store.record(record.id)  # with what was learned before
        state, message = _state_after_error(reason)
        record = dataclasses.replace(record, state=state, message=message)
    else:
        state = outcome.state
        if state == "stopped" and not asked.found:
            state = why_stopped()
        if state in ("finished", "stopped") and not record.valid:  # its error or weights are out of bounds
            state = "diverged"
        message = ADVICE.get(
            state, "It was interrupted; its weights so far were kept. Start it again to train to the end."
        )
        record = dataclasses.replace(record, state=state, message=message)
    try:
        record = store.finish(record)
    except (OSError, CollabError) as reason:
        record = dataclasses.replace(record, state="interrupted", message=_state_after_error(reason)[1])
    return record


def train_planned(
    planned: RunRecord,
    store: RunStore,
    environment: Environment,
    *,
    on_epoch: Callable[[EpochReport], None] = lambda report: None,
) -> RunRecord:
    """Record a planned run (`plans.plan`) in the store and train it in this process, on one thread; returns its final record.

    Raises SettingError or DataError, with nothing recorded, for a holdout that the data set does not have; RunError if the
    training did not end well.
    """
    split_by(planned.holdout, load_encoded(planned.data, environment, planned.items_by)[0], planned.split_seed)
    owner, lock = store.claim()
    try:
        with one_thread():
            record = store.create(dataclasses.replace(planned, owner=owner))
            record = carry_out(record, store, environment, on_epoch=on_epoch)
    finally:
        lock.release()
        store.rescue()
    if record.state not in ("finished", "stopped"):
        raise RunError(f"run {record.id} {record.state}: {record.message}")
    return record


class _StopRequest:
    """Whether the run was asked to stop (`RunStore.ask_to_stop`); checked every STOP_SECONDS."""

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.store, self.run_id, self.found, self.looked = store, run_id, False, 0.0

    def __call__(self) -> bool:
        if not self.found and time.monotonic() - self.looked >= STOP_SECONDS:
            self.found, self.looked = self.store.is_asked_to_stop(self.run_id), time.monotonic()
        return self.found


def _state_after_error(reason: Exception) -> tuple[str, str]:
    """The state of a run whose training or writing raised `reason`, and its message."""
    cause: BaseException | None = reason
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    if cause is not None and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return "interrupted", (
            "The disk is full, so the training could not be written down. What was written before is kept. Make room, for "
            "example by deleting runs, and start it again."
        )
    if isinstance(reason, StorageError):
        return "interrupted", str(reason)
    if isinstance(reason, OSError):
        return "interrupted", (
            f"Its files could not be read or written ({reason.strerror or reason}). What was written before is kept. Check the "
            "disk and the folder of the runs, and start it again."
        )
    if isinstance(reason, CollabError):
        return "failed", str(reason)
    if isinstance(reason, MemoryError):
        return "failed", "There was not enough memory. Take fewer factors or a smaller data set."
    return "failed", f"The training broke off: {type(reason).__name__}: {reason}"


def _train(
    record: RunRecord,
    store: RunStore,
    environment: Environment,
    should_stop: Callable[[], bool],
    on_epoch: Callable[[EpochReport], None],
    alive: _Alive,
) -> tuple[RunRecord, Outcome]:
    alive()
    settings = settings_from(family_of(record.model).settings_type, record.settings)
    dataset, ratings = load_encoded(record.data, environment, record.items_by)
    alive()
    split = split_by(record.holdout, dataset, record.split_seed)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    features = features_of(dataset, ratings, record.items_by) if getattr(settings, "side_information", False) else None
    model = build_model(record.model, settings, ratings.n_users, ratings.n_items, ratings.rating_scale, features)
    seconds = family_of(record.model).seconds(settings, len(train), ratings.n_users + ratings.n_items)
    alive(seconds / model.epochs)  # of the first epoch, which may be a single step
    record = dataclasses.replace(
        record,
        state="running",
        fingerprint=dataset.fingerprint,
        n_train=len(train),
        n_valid=len(valid),
        n_sealed=len(split.test),
        rating_scale=dataclasses.asdict(dataset.rating_scale),
        n_steps=model.n_steps(len(train)) * model.epochs,
        environment=describe_environment(),
        baselines={name: each.to_dict() for name, each in baselines(train, valid).items()},
        layers=describe_layers(model),
    )
    if record.holdout.startswith("rows:"):
        store.write_valid_rows(record.id, split.valid)
    store.begin(record)
    recorder = _Recorder(
        store, record, model, lambda: (describe_items(dataset, train, record.items_by), describe_users(train)), alive
    )

    def epoch_done(report: EpochReport) -> None:
        recorder.on_epoch(report)
        on_epoch(report)

    try:
        outcome = fit(model, train, valid, on_batch=recorder.on_batch, on_epoch=epoch_done, should_stop=should_stop)
    except (KeyboardInterrupt, SystemExit):
        recorder.break_off()
        raise
    alive()
    recorder.close()
    bounded = all((np.abs(table) <= LARGEST_WEIGHT).all() for table in model.weights().values())
    good = outcome.valid is not None and bounded and outcome.valid.mse <= LARGEST_ERROR
    if good:
        store.write_weights(record.id, model.weights())
    alive()  # certainty may take a while
    return dataclasses.replace(
        record,
        layers=describe_layers(model),  # a model may grow with its data
        epochs_done=len(outcome.epochs),
        seconds=outcome.seconds,
        cpu_seconds=outcome.cpu_seconds,
        valid=outcome.valid.to_dict() if good else {},
        certainty=measure_certainty(model, train, valid) if good else {},
        prediction_digest=digest(model.predict(valid.user_index, valid.item_index)) if good else "",
    ), outcome


def measure_certainty(model: Any, train: Ratings, valid: Ratings) -> dict[str, float]:
    """The `collab.training.calibration.Calibration` of the model on the held-out rows; empty for a model without variances."""
    if not hasattr(model, "predict_with_variance"):
        return {}
    parts = np.array_split(np.arange(len(valid)), -(-len(valid) // PREDICTED_AT_ONCE))
    predicted = [model.predict_with_variance(valid.user_index[rows], valid.item_index[rows]) for rows in parts]
    mean, variance = (np.concatenate(columns) for columns in zip(*predicted, strict=True))
    chances = (
        model.level_probabilities(valid.user_index, valid.item_index) if isinstance(model, PredictsLevels) else None
    )
    return dataclasses.asdict(calibration(mean, variance, valid.rating, train.rating, valid.rating_scale, chances))


def digest(predicted: np.ndarray) -> str:
    """First 16 hex digits of the SHA-256 of predictions as little-endian float32: the same bytes give the same digest."""
    return hashlib.sha256(np.ascontiguousarray(predicted, dtype="<f4").tobytes()).hexdigest()[:16]


def describe_environment() -> dict[str, Any]:
    """What else the figures of a run depend on, besides data, settings and seed.

    `processor` is the instruction set that torch uses, `linear_algebra` the library behind its matrix products.
    """
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "linear_algebra": "MKL" if torch.backends.mkl.is_available() else "LAPACK",
        "system": platform.system(),
        "cores": os.cpu_count(),
    }
