"""The run store: a run is a folder of plain files, written under a temporary name and renamed into place.

    runs/ID/run.json             settings, data, result, and marks of its files (RunRecord)
    runs/ID/history.csv          one row per epoch: epoch, train_loss, valid_loss, seconds
    runs/ID/batches.csv          a few hundred rows: step, epoch, train_loss, learning_rate, momentum, seconds;
                                 an empty cell where a model has no such value
                                 (latest.csv: the current position, while it trains)
    runs/ID/items.csv users.csv  one row per table row: its label, attributes, counts and means of its training ratings
    runs/ID/weights.safetensors  the learned tables
    runs/ID/valid_rows.csv       the held-out row numbers, if a file named them
    runs/trash/ID                a deleted run, kept for 30 days

While a run waits or trains, its folder is called ID.partial and holds what there is so far. A run that waits in the queue has no
owner. The process that works on a run holds a file lock (`owners/NAME.lock`), which the operating system releases however that
process dies. A partial folder whose owner is gone is an interrupted run: it is shown as such, with its last weights. So is a run
that has its final name while its record says that it is training: its ending could not be written, for lack of room.

Everything read is checked: the record by its schema and its digest, the other files by their marks in it. A run that fails the
check is damaged: `damaged` lists it, `delete` removes it, and everything else refuses it with the reason.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock
import numpy as np
import pandas as pd
import safetensors.numpy

from collab.errors import RunError, StorageError
from collab.models import epoch_word_of
from collab.services import disk
from collab.services.run_files import BATCHES, HISTORY, VALID_ROWS, TrainedRun, read_lines, read_run
from collab.services.run_record import (
    FILES,
    LARGEST_RECORD,
    LONGEST_MESSAGE,
    RUN_ID,
    FileMark,
    RunRecord,
    checked_name,
)

LEFT_OVER_SECONDS = 3600.0
"""Age at which the files left by a killed process are removed; no living one writes a file for so long."""

KEPT_DAYS = 30
"""How long a deleted run can be brought back."""

CHECK_SECONDS = 5.0
"""How long a check of a run's files counts."""

STOP = "stop"  # an empty file in the folder of a run that was asked to stop
DELETE_IT = "Delete it on the page Runs, or restore its folder"
GIVEN_UP = (
    "Its ending could not be written; what you see are its last weights that were. Start it again to train to the end."
)


@dataclass(frozen=True)
class DamagedRun:
    """A run that cannot be read, and why; `starter` of its record, None if even that cannot be read."""

    id: str
    reason: str
    starter: str | None


@dataclass(frozen=True)
class Progress:
    """A snapshot of a run: its record and the rows of its two histories so far."""

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


@dataclass
class _Checked:
    """The last check of a run's files against their marks: their `_seen`, the problem found, and the time."""

    seen: tuple
    problem: str
    at: float


class RunStore:
    """The runs under one folder. Any number of processes may read; only its owner writes a run.

    Whatever cannot be written raises StorageError. `durable`: what is written survives a power failure; trials need not.
    `create`: make the folders; a worker must not, for a server that has closed meanwhile has removed those of its trials.
    """

    def __init__(self, home: Path, *, durable: bool = True, create: bool = True) -> None:
        self.home = home
        self.folder = home / "runs"
        self.trash = self.folder / "trash"
        self.owners = home / "owners"
        self.durable = durable
        if create:
            self.create_folders()
        self._rescued = time.monotonic()
        self._ended: dict[str, tuple[tuple, RunRecord]] = {}  # by id: `_seen` of run.json, and its record
        self._checked: dict[str, _Checked] = {}
        self._given_up: dict[str, str] = {}  # why the ending of a run could not be written

    def create_folders(self) -> None:
        """Make the folders that are missing."""
        with disk.writing("Collab cannot keep runs", self.home, "Nothing was changed."):
            self.trash.mkdir(parents=True, exist_ok=True)
            self.owners.mkdir(parents=True, exist_ok=True)

    # --- ownership -------------------------------------------------------------------------------------------------

    def claim(self) -> tuple[str, filelock.FileLock]:
        """A new owner's name and its lock, held until the process ends or releases it."""
        with disk.writing("Nothing can be kept now", self.home):
            return self._claim()

    def _claim(self) -> tuple[str, filelock.FileLock]:
        name = secrets.token_hex(8)
        lock = filelock.FileLock(self.owners / f"{name}.lock", thread_local=False)  # another thread may release it
        self.owners.mkdir(exist_ok=True)
        lock.acquire(timeout=0)
        return name, lock

    def is_alive(self, owner: str) -> bool:
        """Whether the process that claimed this name still holds it; True if that is unknown."""
        file = self.owners / f"{owner}.lock"
        if not RUN_ID.match(owner) or not file.exists():
            return False
        lock = filelock.FileLock(file)
        try:
            with lock.acquire(timeout=0):
                pass
            file.unlink(missing_ok=True)  # nobody will claim this name again
        except (filelock.Timeout, OSError):
            return True
        return False

    # --- writing ---------------------------------------------------------------------------------------------------

    def create(self, record: RunRecord) -> RunRecord:
        """Record a run to be trained, so that it survives a crash."""
        now = datetime.now(UTC)
        record = dataclasses.replace(
            record,
            id=record.id or secrets.token_hex(4),
            created=record.created or now.isoformat(timespec="seconds"),
            arrived=now.isoformat(timespec="microseconds"),
        )
        partial = self._partial(record.id)
        with self._writing("The run could not be noted down", "Nothing was begun."), self._new_folder() as folder:
            disk.replace(folder / "run.json", record.to_json().encode(), durable=self.durable)
            os.replace(folder, partial)
            self._sync(self.folder)
        return record

    def write_record(self, record: RunRecord) -> None:
        """Replace run.json atomically."""
        place = self._place(record.id)
        with self._writing(f"Run {record.id} could not be changed"):
            if not record.busy and not record.files:  # its ending could not be written; now there is room
                record = dataclasses.replace(record, files=self._seal(place))
            self._write(place / "run.json", record.to_json().encode())

    def begin(self, record: RunRecord) -> None:
        """Begin the training: write empty histories and the record so far."""
        folder = self._partial(record.id)
        with self._writing(f"Run {record.id} cannot begin"):
            disk.replace(folder / "history.csv", _line(HISTORY).encode(), durable=False)
            disk.replace(folder / "batches.csv", _line(BATCHES).encode(), durable=False)
        self.write_record(record)

    def write_tables(self, run_id: str, items: pd.DataFrame, users: pd.DataFrame) -> None:
        folder = self._partial(run_id)
        with self._writing(f"The tables of run {run_id} could not be written"):
            self._write(folder / "items.csv", items.to_csv(index=False).encode())
            self._write(folder / "users.csv", users.to_csv(index=False).encode())

    def write_valid_rows(self, run_id: str, rows: np.ndarray) -> None:
        with self._writing(f"The held-out rows of run {run_id} could not be written"):
            self._write(self._partial(run_id) / VALID_ROWS, "".join(f"{row}\n" for row in rows).encode())

    def append(self, run_id: str, file: str, rows: list[tuple]) -> None:
        """Add rows to history.csv or batches.csv, whole lines at once."""
        with (
            self._writing(f"The progress of run {run_id} could not be written"),
            open(self._partial(run_id) / file, "a", encoding="utf-8") as out,
        ):
            out.write("".join(map(_line, rows)))

    def write_latest(self, run_id: str, row: tuple) -> None:
        """Write the position between two rows of batches.csv; the file is removed when the run is over."""
        content = (_line(BATCHES) + _line(row)).encode()
        with self._writing(f"The progress of run {run_id} could not be written"):
            disk.replace(self._partial(run_id) / "latest.csv", content, durable=False)

    def write_weights(self, run_id: str, weights: Mapping[str, np.ndarray]) -> None:
        with self._writing(f"The weights of run {run_id} could not be written", "Its last weights are unchanged."):
            self._write(self._partial(run_id) / "weights.safetensors", safetensors.numpy.save(dict(weights)))

    def finish(self, record: RunRecord) -> RunRecord:
        """End a run: write its record with the marks of its files, and give its folder its final name.

        If there is no room for the record, only the name shows that the run is over, and it counts as interrupted. Raises
        StorageError then, or if the folder cannot be renamed.
        """
        partial, final = self._partial(record.id), self.folder / record.id
        try:
            with self._writing(f"The ending of run {record.id} could not be written", GIVEN_UP):
                for left in (partial / "latest.csv", partial / STOP, *partial.glob("*.tmp")):
                    left.unlink(missing_ok=True)
                record = dataclasses.replace(
                    record, message=record.message[:LONGEST_MESSAGE], files=self._seal(partial)
                )
                self._write(partial / "run.json", record.to_json().encode())
        finally:
            with self._writing(f"Run {record.id} could not be put away", GIVEN_UP):
                os.replace(partial, final)
                self._sync(self.folder)
        return record

    def discard(self, run_id: str) -> None:
        """Permanently remove a run that never began, or that nobody needs any more."""
        for place in (self._partial(run_id), self.folder / run_id):
            shutil.rmtree(place, ignore_errors=True)

    def give_up(self, run_id: str, message: str) -> None:
        """Treat a run whose ending cannot be written as interrupted; `rescue` tries again to write it."""
        self._given_up[run_id] = message

    def ask_to_stop(self, run_id: str) -> None:
        """Ask the process that works on a run to stop it. Raises RunError if it has already ended."""
        if not self.record(run_id).busy:
            raise RunError(f"run {run_id} has ended already")
        with self._writing(f"Run {run_id} could not be asked to stop"):
            (self._partial(run_id) / STOP).touch()

    def is_asked_to_stop(self, run_id: str) -> bool:
        """Whether a run that waits or trains was asked to stop from outside its server."""
        return os.path.exists(self._partial(run_id) / STOP)

    def is_under_way(self, run_id: str) -> bool:
        """Whether a run waits or trains."""
        return os.path.isdir(self._partial(run_id))  # also False if the disk does not answer

    def rescue(self) -> list[str]:
        """Turn every partial folder whose owner is gone into an interrupted run; returns their ids."""
        rescued = []
        for folder in self.folder.glob("????????.partial"):
            try:
                record = RunRecord.from_json((folder / "run.json").read_bytes())
            except (OSError, RunError):
                continue  # damaged: it is listed as such
            waits = record.state == "queued" and not record.owner  # in the queue, which outlives its servers
            if (waits or self.is_alive(record.owner)) and record.id not in self._given_up:
                continue
            with contextlib.suppress(StorageError, OSError):  # another process does the same, or there is still no room
                if not record.busy:  # only the final name is missing
                    os.replace(folder, self.folder / record.id)
                elif folder.name == f"{record.id}.partial":
                    self.interrupt(record, self._given_up.get(record.id, ""))
                    rescued.append(record.id)
        return rescued

    def rescue_sometimes(self, every_seconds: float = 5.0) -> None:
        """`rescue`, at most once in `every_seconds`: a page may call it at every rerun."""
        if time.monotonic() - self._rescued >= every_seconds:
            self._rescued = time.monotonic()
            self.rescue()

    def interrupt(self, record: RunRecord, why: str = "") -> None:
        """End a run whose worker is gone: it keeps its last weights, and its message says `why` and what to do."""
        began = bool(record.valid) and (self._partial(record.id) / "weights.safetensors").exists()
        said = (
            f"It was interrupted; what you see are its weights after {epoch_word_of(record.model)} "
            f"{record.epochs_done}. Start it again to train to the end."
            if began
            else f"It was interrupted before its first {epoch_word_of(record.model)} was complete. Start it again."
        )
        valid = record.valid if began else {}
        with self._writing(f"Run {record.id} could not be put away", GIVEN_UP):
            message = f"{why} {said}".strip()
            self.finish(dataclasses.replace(record, state="interrupted", valid=valid, message=message))
        self._given_up.pop(record.id, None)

    # --- managing runs ---------------------------------------------------------------------------------------------

    def rename(self, run_id: str, name: str, by: str | None = None) -> RunRecord:
        """Rename a run that has ended; returns its record.

        `by` is who asks; None is the command line, which may always do so. Raises RunError for a busy run, an invalid name, or
        a run that somebody else has started.
        """
        record = self._ended_record(run_id, "renamed", by)
        record = dataclasses.replace(record, name=checked_name(name))
        self.write_record(record)
        return record

    def delete(self, run_id: str, by: str | None = None) -> None:
        """Move a run that has ended, or is damaged, to the trash, atomically; `restore` brings it back.

        `by` as for `rename`; a run too damaged to tell who started it may be deleted by anybody. Raises RunError for a busy
        run, or one that somebody else has started.
        """
        trouble = self._trouble(run_id)
        if trouble is None:
            self._ended_record(run_id, "deleted", by)
        elif by is not None and trouble.starter not in (None, by):
            raise _not_yours("deleted")
        place = self._place(run_id)
        with self._writing(f"Run {run_id} could not be deleted", "It is still there."):
            self.trash.mkdir(exist_ok=True)
            os.utime(place)  # its days in the trash count from now
            os.replace(place, self.trash / run_id)
            self._sync(self.folder)
        self._given_up.pop(run_id, None)

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back. Raises RunError if it is not in the trash."""
        self._partial(run_id)  # refuses an invalid id
        if not (self.trash / run_id).is_dir():
            raise RunError(f"run {run_id} is not among the deleted runs; they are kept for {KEPT_DAYS} days")
        with self._writing(f"Run {run_id} could not be brought back", "It is still among the deleted runs."):
            os.replace(self.trash / run_id, self.folder / run_id)
            self._sync(self.folder)

    def deleted(self) -> list[RunRecord]:
        """The readable runs in the trash, last deleted first."""
        found = []
        for folder in self.trash.glob("????????"):
            with contextlib.suppress(OSError, RunError):
                record = RunRecord.from_json((folder / "run.json").read_bytes())
                found.append((folder.stat().st_mtime, dataclasses.replace(record, id=folder.name)))
        return [record for _, record in sorted(found, key=lambda each: each[0], reverse=True)]

    def tidy(self, now: float | None = None) -> None:
        """Clean up after killed processes, and remove runs deleted over KEPT_DAYS ago; `now` in seconds since 1970."""
        now = time.time() if now is None else now
        self.rescue()
        for record in self.records():
            if not record.busy and not record.files:  # its ending could not be written
                with contextlib.suppress(StorageError):
                    self.write_record(record)
        for folder in self.folder.glob("*.new"):
            if not self.is_alive(folder.stem):
                shutil.rmtree(folder, ignore_errors=True)
        for place, seconds in (
            *((file, LEFT_OVER_SECONDS) for file in self.folder.glob("*/*.tmp")),
            *((file, LEFT_OVER_SECONDS) for file in self.owners.glob("*.lock")),
            *((folder, KEPT_DAYS * 86_400) for folder in self.trash.glob("*")),
        ):
            with contextlib.suppress(OSError):  # another server does the same
                if now - place.stat().st_mtime < seconds:
                    continue
                if place.suffix == ".lock":
                    self.is_alive(place.stem)  # removes it if nobody holds it
                elif place.is_dir():
                    shutil.rmtree(place)
                else:
                    place.unlink()

    def bring_in(self, record: RunRecord, fill: Callable[[Path], None]) -> RunRecord:
        """Add a run that has ended; `fill` writes its files except run.json into a folder. Returns its record, with a new id
        if its own is taken. Nothing is left behind if `fill` raises."""
        with (
            self._writing("The run could not be brought in", "Nothing was changed."),
            self._new_folder() as folder,
        ):
            fill(folder)
            run_id = record.id
            while any(place.exists() for place in (self.trash / run_id, self.folder / run_id, self._partial(run_id))):
                run_id = secrets.token_hex(4)
            arrived = datetime.now(UTC).isoformat(timespec="microseconds")
            record = dataclasses.replace(record, id=run_id, arrived=arrived, files=self._seal(folder))
            self._write(folder / "run.json", record.to_json().encode())
            os.replace(folder, self.folder / run_id)
            self._sync(self.folder)
        return record

    def files_of(self, run_id: str) -> dict[str, Path]:
        """The files of a run that has ended, by name. Raises RunError for a busy or damaged run."""
        self._ended_record(run_id, "saved as a file")
        folder = self.folder / run_id
        return {name: folder / name for name in FILES if (folder / name).exists()}

    def _ended_record(self, run_id: str, what: str, by: str | None = None) -> RunRecord:
        record = self.record(run_id)
        if record.busy:
            raise RunError(f"run {run_id} is {record.state}; it can be {what} when it has ended, so stop it first")
        if by is not None and record.starter != by:
            raise _not_yours(what)
        return record

    # --- reading ---------------------------------------------------------------------------------------------------

    def records(self) -> list[RunRecord]:
        """All readable runs, including busy ones, the last to arrive first."""
        found = []
        for run_id in self._ids():
            with contextlib.suppress(RunError):  # `damaged` lists it
                found.append(self.record(run_id))
        return sorted(found, key=lambda record: (record.arrived, record.id), reverse=True)

    def damaged(self) -> list[DamagedRun]:
        """The runs that cannot be read, sorted by id."""
        return [trouble for run_id in sorted(self._ids()) if (trouble := self._trouble(run_id)) is not None]

    def record(self, run_id: str) -> RunRecord:
        """The record of a run. Raises RunError if there is none, or it is damaged."""
        record = self._read_record(run_id)
        if problem := self._problem(record):
            raise RunError(f"run {run_id} is damaged: {problem}. {DELETE_IT}")
        return record

    def progress(self, run_id: str) -> Progress:
        """The progress of a run. Raises RunError as `record` does."""
        record, folder = self.record(run_id), self._place(run_id)
        try:
            history, batches = (
                read_lines(folder / "history.csv", HISTORY),
                read_lines(folder / "batches.csv", BATCHES),
            )
            if record.busy:
                latest = read_lines(folder / "latest.csv", BATCHES)
                if len(latest) and (batches.empty or latest.step.iloc[-1] > batches.step.iloc[-1]):
                    batches = pd.concat([batches, latest], ignore_index=True) if len(batches) else latest
        except ValueError as reason:
            if not record.busy:
                raise self._is_damaged(run_id, f"its progress cannot be read: {reason}") from reason
            history, batches = (pd.DataFrame(columns=names, dtype="float64") for names in (HISTORY, BATCHES))
        return Progress(record, history, batches)

    def load(self, run_id: str) -> TrainedRun:
        """A run with its model. Raises RunError if it has no weights yet or its files cannot be read."""
        record = self.record(run_id)
        if not record.has_weights:
            raise RunError(f"run {run_id} has no weights to look at: it is {record.state}. {record.message}".strip())
        try:
            return read_run(self._place(run_id), record)
        except RunError as reason:
            raise self._is_damaged(run_id, str(reason)) from reason

    def _is_damaged(self, run_id: str, problem: str) -> RunError:
        """The error for a run found to be damaged; remembers the problem until the check of its files expires."""
        self._checked[run_id] = _Checked((), problem, time.monotonic())
        return RunError(f"run {run_id} is damaged: {problem}. {DELETE_IT}")

    # --- internals -------------------------------------------------------------------------------------------------

    def _ids(self) -> set[str]:
        try:
            with os.scandir(self.folder) as entries:
                names = {entry.name.removesuffix(".partial") for entry in entries if entry.is_dir()}
        except OSError:  # the folder is gone, or being moved
            return set()
        return {name for name in names if RUN_ID.fullmatch(name)}

    def _read_record(self, run_id: str) -> RunRecord:
        for _ in range(2):  # its folder may get its final name between two looks
            file = self._place(run_id) / "run.json"
            try:
                seen = _seen(file)
                if (kept := self._ended.get(run_id)) is not None and kept[0] == seen:
                    return kept[1]
                if seen[0] > LARGEST_RECORD:
                    raise RunError(f"run.json is damaged: it is longer than {LARGEST_RECORD:,} bytes")
                record = RunRecord.from_json(file.read_bytes())
                if record.id != run_id:
                    raise RunError(f"run.json is that of run {record.id}")
                is_final = file.parent.name == run_id
                if record.busy and (is_final or run_id in self._given_up):  # its ending could not be written
                    message = self._given_up.get(run_id, GIVEN_UP)
                    return dataclasses.replace(record, state="interrupted", message=message)
                if not record.busy and not is_final:  # its folder is about to get its final name
                    return dataclasses.replace(record, state="running")
                if not record.busy:
                    self._ended[run_id] = seen, record
                return record
            except FileNotFoundError:
                continue
            except (OSError, RunError) as reason:
                raise RunError(f"run {run_id} is damaged: {reason}. {DELETE_IT}") from reason
        if self._place(run_id).is_dir():
            raise RunError(f"run {run_id} is damaged: it has no run.json. {DELETE_IT}")
        if (self.trash / run_id).is_dir():
            raise RunError(f"run {run_id} was deleted; the page Runs can bring it back")
        raise RunError(f"there is no run {run_id}")

    def _problem(self, record: RunRecord) -> str:
        """What is wrong with the files of a run that has ended, "" if they are what was written."""
        if record.busy:
            return ""
        now, known = time.monotonic(), self._checked.get(record.id)
        if known is not None and now - known.at < CHECK_SECONDS:
            return known.problem
        folder = self.folder / record.id
        try:
            seen = tuple(_seen(folder / name) for name in record.files)
            if known is None or known.seen != seen:
                known = _Checked(seen, "", now)
                for name, mark in record.files.items():
                    known.problem = known.problem or _mark_problem(folder / name, mark)
        except OSError as reason:
            known = _Checked((), f"{Path(reason.filename or folder).name} cannot be read ({reason.strerror})", now)
        known.at = now
        self._checked[record.id] = known
        return known.problem

    def _trouble(self, run_id: str) -> DamagedRun | None:
        """Why a run cannot be read; None if it can, or does not exist."""
        record = None
        try:
            record = self._read_record(run_id)
            problem = self._problem(record)
        except RunError as reason:
            if not self._place(run_id).is_dir():
                return None
            problem = str(reason)
        return DamagedRun(run_id, problem, record and record.starter) if problem else None

    def _seal(self, folder: Path) -> dict[str, FileMark]:
        """The marks of all files in `folder`, flushed to the disk before if `durable`."""
        marks = {}
        for name in FILES[1:]:
            if (file := folder / name).is_file():
                if self.durable:
                    disk.sync(file)
                marks[name] = FileMark.of(file.read_bytes())
        return marks

    def _write(self, file: Path, content: bytes) -> None:
        disk.replace(file, content, durable=self.durable)

    def _sync(self, folder: Path) -> None:
        if self.durable:
            disk.sync(folder)

    def _writing(
        self, what: str, safe: str = "What was there before is unchanged."
    ) -> contextlib.AbstractContextManager:
        return disk.writing(what, self.folder, safe)

    @contextlib.contextmanager
    def _new_folder(self) -> Iterator[Path]:
        """A folder to be filled and renamed. Its owner's lock tells it from one that a killed process has left."""
        owner, lock = self._claim()
        folder = self.folder / f"{owner}.new"
        try:
            folder.mkdir()  # not its parents: what has vanished may come back
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)

    def _partial(self, run_id: str) -> Path:
        if not RUN_ID.fullmatch(run_id):
            raise RunError(f"{run_id!r} is not the id of a run; an id is 8 of the characters 0-9 and a-f")
        return self.folder / f"{run_id}.partial"

    def _place(self, run_id: str) -> Path:
        """The current folder of a run: under its final name if it already has it."""
        partial = self._partial(run_id)
        final = self.folder / run_id
        return final if final.is_dir() else partial


def _not_yours(what: str) -> RunError:
    return RunError(f"somebody else has started this run; only they, or the command line, can have it {what}")


def _seen(file: Path) -> tuple[int, int, int]:
    """The size, modification time and inode of a file, to detect changes. Raises OSError."""
    found = file.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _mark_problem(file: Path, mark: FileMark) -> str:
    with file.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() == mark.sha256:
            return ""
    size = file.stat().st_size
    what = f"it has {size:,} bytes, {mark.size:,} were written" if size != mark.size else "its digest says so"
    return f"{file.name} is not what was written ({what})"


def _line(values: tuple) -> str:
    """One line of a CSV file of numbers, or its header; None is an empty cell."""
    return ",".join(_cell(value) for value in values) + "\n"


def _cell(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.8g}"
