"""The run store: a run is a folder of plain files, written to a temporary name and renamed into place.

    runs/ID/run.json             what was asked for, on which data, with what result (RunRecord)
    runs/ID/history.csv          a row an epoch: epoch, train_loss, valid_loss, seconds
    runs/ID/batches.csv          a few hundred rows: step, epoch, train_loss, learning_rate, momentum, seconds;
                                 an empty cell where a model has no such thing
                                 (latest.csv: where it is right now, while it trains)
    runs/ID/items.csv users.csv  a row a table row: its label, what is known of it, counts and means of its training ratings
    runs/ID/weights.safetensors  the learned tables
    runs/ID/valid_rows.csv       the row numbers held out, where a file named them
    runs/trash/ID                a deleted run, kept for 30 days

While a run waits or trains its folder is called ID.partial and holds as much as there is so far. Who works on it holds a file
lock (`owners/NAME.lock`), which the operating system lets go when that process dies, however it dies. A partial folder
whose owner is gone is an interrupted run: it is shown as such, with its last weights.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from collab.errors import RunError
from collab.models import build_model, epoch_word_of, family_of
from collab.models.contract import Model
from collab.ratings import RatingScale
from collab.settings import settings_from

FORMAT = 1
RUN_ID = re.compile(r"[0-9a-f]{8}")
OLD_LOCK_SECONDS = 3600.0
FILES = (
    "run.json", "history.csv", "batches.csv", "items.csv", "users.csv", "weights.safetensors", "valid_rows.csv",
)  # fmt: skip
LONGEST_NAME = 80
KEPT_DAYS = 30  # how long a deleted run can be brought back
BUSY = ("queued", "running")
STATES = (*BUSY, "finished", "stopped", "diverged", "interrupted", "failed")
HISTORY = ("epoch", "train_loss", "valid_loss", "seconds")
BATCHES = ("step", "epoch", "train_loss", "learning_rate", "momentum", "seconds")
ITEM_TYPES = {
    "label": "str",
    "title": "str",
    "year": "Int64",
    "genres": "str",
    "n_ratings": "int64",
    "mean_rating": "float64",
    "damped_mean": "float64",
}
USER_TYPES = {"user_id": "str", "n_ratings": "int64", "mean_rating": "float64", "damped_mean": "float64"}


@dataclass(frozen=True)
class RunRecord:
    """All of a run but its tables; `run.json` holds exactly this."""

    id: str
    name: str
    state: str
    model: str
    settings: dict[str, Any]
    data: str  # name of the data set asked for
    holdout: str  # "random:0.2", "fold:u1" or "rows:FILE"; "+sealed:0.1" after it seals rows
    split_seed: int
    items_by: str = "title"
    preset: str = ""
    starter: str = ""  # who may stop it
    owner: str = ""  # whose lock says that it is still being worked on
    created: str = ""  # ISO time, UTC
    format: int = FORMAT
    data_title: str = ""
    synthetic: bool = False
    rating_scale: dict[str, float] = field(default_factory=dict)
    fingerprint: str = ""  # of the data set
    n_train: int = 0
    n_valid: int = 0
    n_sealed: int = 0  # rows that neither trained nor checked it
    environment: dict[str, Any] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    valid: dict[str, float] = field(default_factory=dict)  # mse, rmse, mae, n_ratings at the end
    certainty: dict[str, float] = field(default_factory=dict)  # a collab.certainty.Calibration, where there is one
    prediction_digest: str = ""  # of the final predictions for the held-out rows, see training_job.digest
    # "model", "global_mean", "biases_only": their errors on the sealed rows; empty until somebody has looked
    sealed: dict[str, dict[str, float]] = field(default_factory=dict)
    n_tried: int = 0  # settings tried on the same held-out rows when this one was chosen; 0: not counted
    sealed_seen: bool = (
        False  # the sealed rows were looked at for another one of these settings: they are unseen no more
    )
    n_steps: int = 0  # of the whole training
    epochs_done: int = 0
    seconds: float = 0.0  # of the fit alone
    cpu_seconds: float = 0.0
    message: str = ""  # why it ended otherwise than finished, and what to do
    group: str = ""  # id of the run that this one repeats with another seed

    @property
    def busy(self) -> bool:
        return self.state in BUSY

    @property
    def has_weights(self) -> bool:
        """Whether there is a model to look at."""
        return not self.busy and bool(self.valid)

    @property
    def scale(self) -> RatingScale:
        return RatingScale(**self.rating_scale)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> RunRecord:
        values = json.loads(text)
        known = {each.name for each in dataclasses.fields(cls)}
        unknown = set(values) - known
        if values.get("format") != FORMAT or unknown or values.get("state") not in STATES:
            what = f"has the unknown entries {', '.join(sorted(unknown))}" if unknown else "is of another format"
            raise RunError(f"run.json {what}; it was written by another version of Collab")
        return cls(**values)


@dataclass(frozen=True)
class TrainedRun:
    """A run with its model, ready to be looked at; `items` and `users` have a row for every row of the model's tables."""

    record: RunRecord
    model: Model
    items: pd.DataFrame
    users: pd.DataFrame

    @property
    def id(self) -> str:
        return self.record.id

    @cached_property
    def valid_mse(self) -> float:
        return self.record.valid["mse"]


@dataclass(frozen=True)
class Progress:
    """A moment of a run: its record and the rows that its two histories hold so far."""

    record: RunRecord
    history: pd.DataFrame
    batches: pd.DataFrame

    @property
    def share(self) -> float:
        """How much of the training is done, 0 … 1."""
        if not self.record.n_steps or self.batches.empty:
            return 0.0
        return min(1.0, float(self.batches.step.iloc[-1]) / self.record.n_steps)

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the steps so far; None before there are any."""
        if self.batches.empty or not self.share > 0:
            return None
        return float(self.batches.seconds.iloc[-1]) * (1 - self.share) / self.share


class RunStore:
    """The runs under one folder. Any number of processes may read; a run is written by its owner alone."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "runs"
        self.trash = self.folder / "trash"
        self.owners = home / "owners"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.owners.mkdir(parents=True, exist_ok=True)
        self._rescued = time.monotonic()
        self._ended: dict[str, tuple[int, RunRecord]] = {}  # by id: when run.json was written, and what it says

    # --- ownership -------------------------------------------------------------------------------------------------

    def claim(self) -> tuple[str, filelock.FileLock]:
        """A new owner's name and the lock that it holds until its process ends or lets go."""
        name = secrets.token_hex(8)
        lock = filelock.FileLock(self.owners / f"{name}.lock")
        lock.acquire(timeout=0)
        return name, lock

    def is_alive(self, owner: str) -> bool:
        """Whether the process that claimed this name still holds it."""
        file = self.owners / f"{owner}.lock"
        if not RUN_ID.match(owner) or not file.exists():
            return False
        lock = filelock.FileLock(file)
        try:
            with lock.acquire(timeout=0):
                pass
        except filelock.Timeout:
            return True
        file.unlink(missing_ok=True)  # nobody will claim this name again
        return False

    # --- writing ---------------------------------------------------------------------------------------------------

    def create(self, record: RunRecord) -> RunRecord:
        """Note down a run that is to be trained: from now on it is not lost, whatever happens."""
        record = dataclasses.replace(
            record,
            id=record.id or secrets.token_hex(4),
            created=record.created or datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._partial(record.id).mkdir()
        self.write_record(record)
        return record

    def write_record(self, record: RunRecord) -> None:
        """Replace run.json in one move."""
        _replace(self._place(record.id) / "run.json", record.to_json().encode())

    def begin(self, record: RunRecord) -> None:
        """The training begins: empty histories, and what is known of it by now."""
        folder = self._partial(record.id)
        _replace(folder / "history.csv", _line(HISTORY).encode())
        _replace(folder / "batches.csv", _line(BATCHES).encode())
        self.write_record(record)

    def write_tables(self, run_id: str, items: pd.DataFrame, users: pd.DataFrame) -> None:
        folder = self._partial(run_id)
        _replace(folder / "items.csv", items.to_csv(index=False).encode())
        _replace(folder / "users.csv", users.to_csv(index=False).encode())

    def write_valid_rows(self, run_id: str, rows: np.ndarray) -> None:
        _replace(self._partial(run_id) / "valid_rows.csv", "".join(f"{row}\n" for row in rows).encode())

    def append(self, run_id: str, file: str, rows: list[tuple]) -> None:
        """Add rows to history.csv or batches.csv, whole lines at once."""
        with open(self._partial(run_id) / file, "a", encoding="utf-8") as out:
            out.write("".join(map(_line, rows)))

    def write_latest(self, run_id: str, row: tuple) -> None:
        """Say where the training is between two rows of batches.csv; gone when the run is over."""
        _replace(self._partial(run_id) / "latest.csv", (_line(BATCHES) + _line(row)).encode())

    def write_weights(self, run_id: str, weights: Mapping[str, np.ndarray]) -> None:
        _replace(self._partial(run_id) / "weights.safetensors", safetensors.numpy.save(dict(weights)))

    def finish(self, record: RunRecord) -> None:
        """The run is over: write its record and give its folder its final name."""
        self.write_record(record)
        (self._partial(record.id) / "latest.csv").unlink(missing_ok=True)
        os.replace(self._partial(record.id), self.folder / record.id)

    def discard(self, run_id: str) -> None:
        """Remove for good a run that never began, or that nobody will look at again."""
        for place in (self._partial(run_id), self.folder / run_id):
            shutil.rmtree(place, ignore_errors=True)

    def rescue(self) -> list[str]:
        """Turn every partial folder whose owner is gone into an interrupted run; returns their ids."""
        rescued = []
        for folder in self.folder.glob("*.partial"):
            try:
                record = RunRecord.from_json((folder / "run.json").read_text(encoding="utf-8"))
            except (OSError, ValueError, RunError):
                continue  # just being created, or not ours
            if self.is_alive(record.owner):
                continue
            if not record.busy:  # all was written but the name
                with contextlib.suppress(OSError):
                    os.replace(folder, self.folder / record.id)
                continue
            rescued.append(self.interrupt(record))
        for file in self.owners.glob("*.lock"):  # the young ones may be just about to be locked
            with contextlib.suppress(FileNotFoundError):  # somebody else has just cleared it away
                if time.time() - file.stat().st_mtime > OLD_LOCK_SECONDS:
                    self.is_alive(file.stem)
        return rescued

    def rescue_sometimes(self, every_seconds: float = 5.0) -> None:
        """`rescue`, but only if the last time was a while ago: a page may call it at every turn."""
        if time.monotonic() - self._rescued >= every_seconds:
            self._rescued = time.monotonic()
            self.rescue()

    def interrupt(self, record: RunRecord) -> str:
        """End a run whose worker is gone: it keeps its last weights, and says what happened."""
        folder = self._partial(record.id)
        began = bool(record.valid) and (folder / "weights.safetensors").exists()
        message = (
            f"It was interrupted; what you see are its weights after {epoch_word_of(record.model)} "
            f"{record.epochs_done}. Start it again to train to the end."
            if began
            else f"It was interrupted before its first {epoch_word_of(record.model)} was complete. Start it again."
        )
        with contextlib.suppress(OSError):  # another process has just done the same
            self.finish(dataclasses.replace(record, state="interrupted", message=message))
        return record.id

    # --- keeping house ---------------------------------------------------------------------------------------------

    def rename(self, run_id: str, name: str) -> RunRecord:
        """Give a run that has ended another name; returns its record. Raises RunError for a busy run, or no name at all."""
        record = self._ended_record(run_id, "renamed")
        record = dataclasses.replace(record, name=checked_name(name))
        self.write_record(record)
        return record

    def delete(self, run_id: str) -> None:
        """Put a run that has ended into the trash, in one move; `restore` brings it back. Raises RunError for a busy run."""
        self._ended_record(run_id, "deleted")
        self.trash.mkdir(exist_ok=True)
        try:
            os.utime(self.folder / run_id)  # from now its days in the trash count
            os.replace(self.folder / run_id, self.trash / run_id)
        except OSError as reason:
            raise RunError(f"run {run_id} could not be deleted ({reason.strerror}); it may be gone already") from reason

    def restore(self, run_id: str) -> RunRecord:
        """Bring a deleted run back; returns its record. Raises RunError where it is not in the trash."""
        self._partial(run_id)  # refuses what is no id
        try:
            os.replace(self.trash / run_id, self.folder / run_id)
        except OSError as reason:
            raise RunError(
                f"run {run_id} is not among the deleted runs; they are kept for {KEPT_DAYS} days"
            ) from reason
        return self.record(run_id)

    def deleted(self) -> list[RunRecord]:
        """The runs in the trash, deleted last first."""
        found = []
        for folder in self.trash.glob("????????"):
            with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RunError):
                record = RunRecord.from_json((folder / "run.json").read_text(encoding="utf-8"))
                found.append((folder.stat().st_mtime, dataclasses.replace(record, id=folder.name)))
        return [record for _, record in sorted(found, key=lambda each: each[0], reverse=True)]

    def empty_trash(self, days: float = KEPT_DAYS) -> None:
        """Remove for good what was deleted more than `days` ago, and what an import that broke off has left."""
        for folder in (*self.trash.glob("*"), *self.folder.glob("*.incoming")):
            with contextlib.suppress(OSError):  # another server does the same
                if time.time() - folder.stat().st_mtime > days * 86_400:
                    shutil.rmtree(folder)

    def bring_in(self, record: RunRecord, files: Mapping[str, bytes]) -> RunRecord:
        """Add a run that has ended, its `files` by name but for run.json; returns its record, with a new id if its own is taken.

        Nothing is left behind where the files do not make a run: RunError says what is wrong with them.
        """
        run_id = record.id
        while any(place.exists() for place in (self.trash / run_id, self.folder / run_id, self._partial(run_id))):
            run_id = secrets.token_hex(4)
        record = dataclasses.replace(record, id=run_id)
        folder = self.folder / f"{run_id}.{secrets.token_hex(4)}.incoming"
        folder.mkdir()
        try:
            for name, content in (*files.items(), ("run.json", record.to_json().encode())):
                (folder / name).write_bytes(content)
            _check_whole(folder, record)
            os.replace(folder, self.folder / run_id)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return record

    def files_of(self, run_id: str) -> dict[str, bytes]:
        """The files of a run that has ended, by name. Raises RunError for a busy run."""
        self._ended_record(run_id, "saved as a file")
        folder = self.folder / run_id
        try:
            return {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
        except OSError as reason:
            raise RunError(f"the files of run {run_id} cannot be read ({reason.strerror})") from reason

    def _ended_record(self, run_id: str, what: str) -> RunRecord:
        record = self.record(run_id)
        if record.busy:
            raise RunError(f"run {run_id} is {record.state}; it can be {what} when it has ended, so stop it first")
        return record

    # --- reading ---------------------------------------------------------------------------------------------------

    def records(self) -> list[RunRecord]:
        """All runs, newest first; the busy ones too."""
        found: dict[str, RunRecord] = {}
        for folder in self.folder.iterdir():
            run_id = folder.name.removesuffix(".partial")
            if not RUN_ID.fullmatch(run_id) or run_id in found:
                continue
            try:
                found[run_id] = self.record(run_id)
            except RunError:
                continue  # damaged or of another version: its own page says so
        return sorted(found.values(), key=lambda record: (record.created, record.id), reverse=True)

    def record(self, run_id: str) -> RunRecord:
        """What is known of a run. Raises RunError where there is none, or its record cannot be read."""
        for _ in range(2):  # its folder may get its final name between two looks
            file = self._place(run_id) / "run.json"
            try:
                changed = file.stat().st_mtime_ns
                if (kept := self._ended.get(run_id)) is not None and kept[0] == changed:
                    return kept[1]
                record = RunRecord.from_json(file.read_text(encoding="utf-8"))
                if not record.busy and file.parent.name != run_id:
                    return dataclasses.replace(record, state="running")  # its folder is about to get its final name
                if not record.busy:
                    self._ended[run_id] = changed, record
                return record
            except FileNotFoundError:
                continue
            except (OSError, ValueError, TypeError, RunError) as reason:
                raise RunError(f"{file} cannot be read ({reason}); delete the folder, or restore it") from reason
        if (self.trash / run_id).is_dir():
            raise RunError(f"run {run_id} was deleted; the page Past runs can bring it back")
        raise RunError(f"there is no run {run_id} under {self.folder}")

    def progress(self, run_id: str) -> Progress:
        """How far a run is. Raises RunError as `record` does."""
        record = self.record(run_id)
        history, batches = (
            self._read_lines(run_id, "history.csv", HISTORY),
            self._read_lines(run_id, "batches.csv", BATCHES),
        )
        if record.busy:
            latest = self._read_lines(run_id, "latest.csv", BATCHES)
            if len(latest) and (batches.empty or latest.step.iloc[-1] > batches.step.iloc[-1]):
                batches = pd.concat([batches, latest], ignore_index=True) if len(batches) else latest
        return Progress(record, history, batches)

    def valid_rows(self, run_id: str) -> np.ndarray:
        """The row numbers held out that a file named, int64. Raises RunError where the run has none, or they are damaged."""
        try:
            text = (self._place(run_id) / "valid_rows.csv").read_text(encoding="utf-8")
            return np.array([int(line) for line in text.split()], dtype=np.int64)
        except (OSError, ValueError, OverflowError) as reason:
            raise RunError(f"valid_rows.csv of run {run_id} cannot be read ({reason})") from reason

    def load(self, run_id: str) -> TrainedRun:
        """A run with its model. Raises RunError where it has no weights yet or its files cannot be read."""
        record = self.record(run_id)
        if not record.has_weights:
            raise RunError(f"run {run_id} has no weights to look at: it is {record.state}. {record.message}".strip())
        return _read_run(self._place(run_id), record)

    def _read_lines(self, run_id: str, file: str, columns: tuple[str, ...]) -> pd.DataFrame:
        return _read_lines(self._place(run_id) / file, columns)

    def _partial(self, run_id: str) -> Path:
        if not RUN_ID.fullmatch(run_id):
            raise RunError(f"{run_id!r} is not the id of a run; an id is 8 of the characters 0-9 and a-f")
        return self.folder / f"{run_id}.partial"

    def _place(self, run_id: str) -> Path:
        """Where a run is now: under its final name if it has it already."""
        partial = self._partial(run_id)
        final = self.folder / run_id
        return final if final.is_dir() else partial


def checked_name(name: str) -> str:
    """A run's name without what cannot be seen. Raises RunError for one that is empty or too long."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise RunError(f"a run's name has 1 to {LONGEST_NAME} characters; this one has {len(name)}")
    return name


def _read_run(folder: Path, record: RunRecord) -> TrainedRun:
    try:
        items = pd.read_csv(
            folder / "items.csv",
            dtype=ITEM_TYPES,
            keep_default_na=False,
            na_values={name: [""] for name in ("year", "mean_rating")},
        )
        users = pd.read_csv(
            folder / "users.csv", dtype=USER_TYPES, keep_default_na=False, na_values={"mean_rating": [""]}
        )
        weights = safetensors.numpy.load_file(folder / "weights.safetensors")
        settings = settings_from(family_of(record.model).settings_type, record.settings)
        model = build_model(record.model, settings, len(users), len(items), record.scale)
        model.load(weights)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
        AttributeError,
        safetensors.SafetensorError,
    ) as reason:
        raise RunError(
            f"the files of run {record.id} in {folder} cannot be read ({reason}); train it again, or restore them"
        ) from reason
    return TrainedRun(record, model, items, users)


def _read_lines(file: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return pd.DataFrame(columns=list(columns), dtype="float64")
    whole = text[: text.rfind("\n") + 1].splitlines()[1:]  # the last line may be half written
    rows = [[float(value) if value else math.nan for value in line.split(",")] for line in whole]
    return pd.DataFrame(rows, columns=list(columns), dtype="float64")


def _check_whole(folder: Path, record: RunRecord) -> None:
    """Raise RunError where the files in `folder` are not those of the run that `record` describes; name the first bad one."""
    for file, columns in (("history.csv", HISTORY), ("batches.csv", BATCHES)):
        try:
            _read_lines(folder / file, columns)
        except ValueError as reason:
            raise RunError(f"{file} is damaged: {reason}") from reason
    if (file := folder / "valid_rows.csv").exists() and not re.fullmatch(rb"([0-9]{1,12}\n)+", file.read_bytes()):
        raise RunError("valid_rows.csv is damaged: it is not one row number a line")
    if not record.has_weights:
        return
    sizes = {}
    for file, types in (("items.csv", ITEM_TYPES), ("users.csv", USER_TYPES)):
        try:
            table = pd.read_csv(folder / file, dtype="str", keep_default_na=False)
        except (OSError, ValueError) as reason:
            raise RunError(f"{file} is damaged: {reason}") from reason
        if list(table.columns) != list(types) or table.empty:
            raise RunError(f"{file} is damaged: its columns are not {', '.join(types)}, or it has no row")
        sizes[file] = len(table)
    try:
        weights = safetensors.numpy.load_file(folder / "weights.safetensors")
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as reason:
        raise RunError(f"weights.safetensors is damaged: {reason}") from reason
    n_factors = int(record.settings.get("n_factors", 0))
    if sum(sizes.values()) * n_factors > 2 * sum(table.size for table in weights.values()) + 1000:
        raise RunError("weights.safetensors is damaged: it holds fewer numbers than the run's settings ask for")
    try:
        run = _read_run(folder, record)
    except RunError as reason:
        raise RunError(f"items.csv, users.csv or weights.safetensors is damaged: {reason.__cause__}") from reason
    shapes = {name: table.shape for name, table in run.model.weights().items()}
    if shapes != {name: table.shape for name, table in weights.items()}:
        raise RunError(
            "weights.safetensors is damaged: its tables are not of the shapes that the run's settings ask for"
        )
    if not all(np.isfinite(table).all() for table in weights.values()):
        raise RunError("weights.safetensors is damaged: it holds numbers that are not finite")


def _line(values: tuple) -> str:
    """One line of a CSV file of numbers, or of its head; None is an empty cell."""
    return ",".join(_cell(value) for value in values) + "\n"


def _cell(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.8g}"


def _replace(file: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    scratch = file.with_name(f"{file.name}.{secrets.token_hex(4)}.tmp")
    scratch.write_bytes(content)
    os.replace(scratch, file)
