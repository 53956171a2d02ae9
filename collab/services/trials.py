"""Trials: trainings that follow a slider. They belong to one session, the newest setting wins, and they vanish unless kept.

They have their own lane, so that somebody else's long run does not block a slider. A trial is a run folder like any other, but
under `trials/SERVER/` of the home: no list of runs shows it. It is removed with its session or its server; other servers remove
what a killed one has left.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from collab.errors import RunError, StorageError
from collab.services.job_queue import Waiter
from collab.services.jobs import Jobs
from collab.services.run_record import RunRecord
from collab.services.runs import Progress, RunStore
from collab.services.sealed import check_sealed
from collab.services.trainings import TRIALS

MOST_STORED = 16
"""Finished trials of a session whose weights are stored; an older one still counts, and is trained again on request."""


class Rows(NamedTuple):
    """What determines which ratings train, which are held out and which are sealed."""

    data: str
    items_by: str
    holdout: str
    split_seed: int


class Key(NamedTuple):
    """What determines a trial's outcome: its rows, its model, and its settings as JSON."""

    rows: Rows
    model: str
    settings: str


def key_of(record: RunRecord) -> Key:
    """A key that is equal for two records that give the same figures."""
    rows = Rows(record.data, record.items_by, record.holdout, record.split_seed)
    return Key(rows, record.model, json.dumps(record.settings, sort_keys=True))


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial that ended without being stopped: its record and curve; `kept` is the id of the run that it became, or ""."""

    progress: Progress
    kept: str = ""

    @property
    def record(self) -> RunRecord:
        return self.progress.record

    @property
    def mse(self) -> float | None:
        """On the held-out rows; None if it diverged."""
        return self.record.valid.get("mse")

    def with_record(self, record: RunRecord) -> Trial:
        """The same trial with a newer record."""
        return dataclasses.replace(self, progress=dataclasses.replace(self.progress, record=record))


@dataclass(frozen=True)
class View:
    """What a page shows of a session's trials on the current rows."""

    current: Progress | None  # of the newest setting, ended or not
    current_kept: str  # id of the run that it became, or ""
    others: tuple[Trial, ...]  # tried on the same rows and still stored, last shown first; without the current one
    best: Trial | None  # lowest error on the held-out rows, the current one included
    n_tried: int  # different settings whose error was seen
    checked: Trial | None  # the one that was measured on the sealed rows
    n_since: int  # of n_tried, those after that check


def sweep(home: Path) -> None:
    """Remove the trials of servers that are gone."""
    store = RunStore(home)
    for folder in (home / "trials").glob("*"):
        if not store.is_alive(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


class TrialLane:
    """The trials of a server. A session has at most one in the queue, waiting or running, and they run in order of arrival:
    nobody waits for more than one trial of each other session."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, self.environment = jobs, jobs.environment
        self.kept = jobs.kinds["training"].store()
        sweep(self.environment.home)
        self._folder = f"trials/{jobs.server}"
        self.store: RunStore = jobs.kinds["trial"].store(self._folder)
        self.store.create_folders()
        atexit.register(self.close)

    def warm_up(self, data: str) -> None:
        """Start the worker if there is none, and let it read the data set."""
        self.jobs.warm_up(TRIALS.name, data)

    def trouble(self) -> str:
        """Why no trial is trained although some wait; "" if all is well."""
        return self.jobs.trouble(TRIALS.name)

    def open(self) -> Trials:
        """The trials of a new session; removed when the object is garbage-collected."""
        trials = Trials(self)
        # garbage collection may happen while a lock is held: let another thread do the work
        gone = weakref.finalize(
            trials,
            lambda token: threading.Thread(target=self._forget, args=(token,), daemon=True).start(),
            trials.token,
        )
        gone.atexit = False  # at exit the whole lane is removed
        return trials

    def submit(self, record: RunRecord) -> str:
        """Queue a planned trial; returns its id. Raises RunError if it cannot be recorded."""
        record = self.store.create(record)
        request = {"folder": self._folder, "run": record.id}
        waiter = Waiter(record.starter, record.starter, self.jobs.server)
        try:
            self.jobs.queue.add("trial", TRIALS.name, request, waiter, job_id=record.id)
        except StorageError:
            self.store.discard(record.id)
            raise
        self.jobs.wake()
        return record.id

    def progress(self, run_id: str) -> Progress | None:
        """The progress of a trial; None if it no longer exists, or the queue in which it waited was lost."""
        with contextlib.suppress(RunError):
            job = self.jobs.queue.job(run_id)  # looked up first: it may end meanwhile
            progress = self.store.progress(run_id)
            if progress.record.state != "queued" or job is not None:
                return progress
        return None

    def drop(self, run_id: str, token: str) -> None:
        """Take a trial off the lane, or stop it. Its folder is removed, at the latest when the worker has left it."""
        self.jobs.stop(run_id, token)
        if not self.store.is_under_way(run_id) or self.jobs.queue.job(run_id) is None:
            self.store.discard(run_id)

    def close(self) -> None:
        """Remove all trials of this server; a running one ends, because its folder is gone."""
        atexit.unregister(self.close)
        folder = self.environment.home / self._folder
        gone = folder.with_name(f"{folder.name}.gone")
        with contextlib.suppress(OSError):
            os.replace(folder, gone)  # atomically: the worker may be writing
        shutil.rmtree(gone, ignore_errors=True)

    def _forget(self, token: str) -> None:
        """Drop the trials of a session that is gone."""
        with contextlib.suppress(OSError, RunError):  # the lane may be closed meanwhile, and then all of them are gone
            for record in self.store.records():
                if record.starter == token:
                    self.drop(record.id, token)


class Trials:
    """The trials of one session. Not thread-safe."""

    def __init__(self, lane: TrialLane) -> None:
        self.lane = lane
        self.token = secrets.token_hex(16)
        self._current: Key | None = None
        self._unfinished: str | None = None  # id of the current one while it waits or trains
        self._trouble: Progress | None = None  # the current one, if it failed or its worker died
        self._ended: dict[Key, Trial] = {}  # last shown last
        self._tried: dict[Rows, list[Key]] = {}  # every setting whose error was seen, stored or not
        self._checked: dict[Rows, tuple[Trial, int]] = {}  # and how many had been tried then

    def train(self, record: RunRecord, *, again: bool = False) -> None:
        """Make the settings of `record` (see `plans.plan`) the current ones; an unfinished trial is dropped.

        A setting whose trial is stored is not trained again. Neither is the current one if it failed, unless `again`. Raises
        RunError if it cannot be recorded.
        """
        self._refresh()
        key = key_of(record)
        if key == self._current and not (again and self._trouble):
            return
        self.drop_unfinished()
        self._current, self._trouble = key, None
        if key in self._ended:
            self._ended[key] = self._ended.pop(key)
            return
        try:
            self._unfinished = self.lane.submit(dataclasses.replace(record, id="", starter=self.token))
        except RunError:
            self._current = None  # try again at the next rerun
            raise

    def drop_unfinished(self) -> None:
        """Drop the trial that waits or trains."""
        self._refresh()
        if self._unfinished is not None:
            self.lane.drop(self._unfinished, self.token)
            self._unfinished = self._current = None

    def look(self, rows: Rows) -> View:
        """The view of the trials on these rows."""
        progress = self._refresh()
        current = self._current if self._current is not None and self._current.rows == rows else None
        self._adopt_check(rows)
        here = {key: trial for key, trial in self._ended.items() if key.rows == rows}
        if current is None:
            progress = None
        elif progress is None:
            progress = here[current].progress if current in here else self._trouble
        tried = self._tried.get(rows, [])
        checked, n_then = self._checked.get(rows, (None, len(tried)))
        return View(
            current=progress,
            current_kept=self._kept(here[current]) if current in here else "",
            others=tuple(trial for key, trial in reversed(here.items()) if key != current),
            best=min((trial for trial in here.values() if trial.mse is not None), key=lambda trial: trial.mse, default=None),
            n_tried=len(tried),
            checked=checked,
            n_since=len(tried) - n_then,
        )  # fmt: skip

    def keep(self, trial_id: str, starter: str) -> str:
        """Turn a trial that has ended into an ordinary run, with the number of settings tried in its record; returns its id.

        A trial that is already kept is not copied again. Raises RunError for a trial that no longer exists.
        """
        key = self._key_of(trial_id)
        trial = self._ended[key]
        if kept := self._kept(trial):
            return kept
        checked, n_then = self._checked.get(key.rows, (None, 0))
        is_checked = checked is not None and checked.record.id == trial_id
        record = dataclasses.replace(
            trial.record,
            starter=starter,
            owner="",
            n_tried=n_then if is_checked else len(self._tried[key.rows]),
            sealed_seen=checked is not None and not is_checked,
        )
        files = self.lane.store.files_of(trial_id)
        del files["run.json"]

        def fill(folder: Path) -> None:
            for name, file in files.items():
                shutil.copyfile(file, folder / name)

        kept = self.lane.kept.bring_in(record, fill).id
        self._ended[key] = dataclasses.replace(trial, kept=kept)
        return kept

    def check(self, trial_id: str) -> None:
        """Measure one trial on the sealed rows, the only one of those tried on the same rows.

        Does nothing if that was already done. Raises RunError for a trial that no longer exists, or if the data set is missing.
        """
        key = self._key_of(trial_id)
        if key.rows in self._checked:
            return
        store, kept = self.lane.store, self._kept(self._ended[key])
        record = check_sealed(trial_id, store, self.lane.environment)
        if kept:
            check_sealed(kept, self.lane.kept, self.lane.environment)
        self._ended[key] = self._ended[key].with_record(record)
        self._record_check(key)

    # --- internals -----------------------------------------------------------------------------------------------------

    def _key_of(self, trial_id: str) -> Key:
        self._refresh()
        for key, trial in self._ended.items():
            if trial.record.id == trial_id:
                return key
        raise RunError("this trial is no more; move a slider to train it again")

    def _adopt_check(self, rows: Rows) -> None:
        """Take over the sealed errors of a kept trial that was measured as a run."""
        for key, trial in self._ended.items():
            if rows not in self._checked and key.rows == rows and (kept := self._kept(trial)):
                sealed = self.lane.kept.record(kept).sealed
                if sealed:
                    self._ended[key] = trial.with_record(dataclasses.replace(trial.record, sealed=sealed))
                    self._record_check(key)

    def _record_check(self, key: Key) -> None:
        """Record that this setting was measured on the sealed rows, also in all other runs kept on these rows."""
        self._checked[key.rows] = self._ended[key], len(self._tried[key.rows])
        for other, trial in self._ended.items():
            if other.rows == key.rows and other != key and (kept := self._kept(trial)):
                store = self.lane.kept
                store.write_record(dataclasses.replace(store.record(kept), sealed_seen=True))

    def _refresh(self) -> Progress | None:
        """File the unfinished trial if it has ended; otherwise return its progress."""
        if self._unfinished is None:
            return None
        progress = self.lane.progress(self._unfinished)
        if progress is None:  # the next rerun trains it again
            self._unfinished = self._current = None
            return None
        record = progress.record
        if record.busy:
            return progress
        self._unfinished = None
        if record.state not in ("finished", "diverged"):
            self._trouble = progress
            return None
        tried = self._tried.setdefault(self._current.rows, [])
        if self._current not in tried:
            tried.append(self._current)
        self._ended[self._current] = Trial(progress)
        self._forget_old()
        return None

    def _forget_old(self) -> None:
        """Discard old trials, except the last MOST_STORED and those that a figure on the page needs."""
        best = [self.look(rows).best for rows in {key.rows for key in self._ended}]
        looked_at = [trial.record.id for trial, _ in self._checked.values()]
        needed = {*looked_at, *(trial.record.id for trial in best if trial is not None)}
        old = [key for key in list(self._ended)[:-1] if self._ended[key].record.id not in needed]
        for key in old[: max(0, len(self._ended) - MOST_STORED)]:
            self.lane.store.discard(self._ended.pop(key).record.id)

    def _kept(self, trial: Trial) -> str:
        """The id of the run that a trial became, "" if it did not, or that run was deleted."""
        if not trial.kept:
            return ""
        try:
            self.lane.kept.record(trial.kept)
        except RunError:
            return ""
        return trial.kept
