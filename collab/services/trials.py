"""Trials: trainings that follow a slider. They belong to one session, the newest setting wins, and they vanish unless kept.

They are jobs of a lane of their own, so that a long run of somebody else does not block a slider. A trial is a run folder like
any other, but under `trials/SERVER/` of the home: no list of runs shows it. It goes when its session goes, or its server; what
one leaves behind that was killed is swept away by the others.
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
from collab.services import disk
from collab.services.job_queue import Waiter
from collab.services.jobs import Jobs
from collab.services.run_record import RunRecord
from collab.services.runs import Progress, RunStore
from collab.services.sealed import check_sealed
from collab.services.trainings import TRIALS

MOST_STORED = 16
"""Finished trials of a session whose weights are stored; an older one counts on, and is trained anew when asked for."""


class Rows(NamedTuple):
    """What decides which ratings train, check and stay sealed."""

    data: str
    items_by: str
    holdout: str
    split_seed: int


class Key(NamedTuple):
    """What decides a trial's outcome: its rows, its model, and its settings as JSON."""

    rows: Rows
    model: str
    settings: str


def key_of(record: RunRecord) -> Key:
    """The same for two records that give the same figures."""
    rows = Rows(record.data, record.items_by, record.holdout, record.split_seed)
    return Key(rows, record.model, json.dumps(record.settings, sort_keys=True))


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial that has ended by itself: its record and curve; `kept` is the id of the run that it became, or ""."""

    progress: Progress
    kept: str = ""

    @property
    def record(self) -> RunRecord:
        return self.progress.record

    @property
    def mse(self) -> float | None:
        """On the held-out rows; None where it diverged."""
        return self.record.valid.get("mse")

    def with_record(self, record: RunRecord) -> Trial:
        """The same trial, of which more is known."""
        return dataclasses.replace(self, progress=dataclasses.replace(self.progress, record=record))


@dataclass(frozen=True)
class View:
    """What a page shows of a session's trials on the current rows."""

    current: Progress | None  # of the newest setting, however far it is
    current_kept: str  # id of the run that it became, or ""
    others: tuple[Trial, ...]  # tried on the same rows and still stored, last shown first; without the current one
    best: Trial | None  # lowest error on the held-out rows, the current one included
    n_tried: int  # different settings whose figure was seen
    checked: Trial | None  # the one that was measured on the sealed rows
    n_since: int  # of n_tried, those after that look


def sweep(home: Path) -> None:
    """Remove the trials of servers that are gone."""
    store = RunStore(home)
    for folder in (home / "trials").glob("*"):
        if not store.is_alive(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


class TrialLane:
    """The trials of a server. A session has at most one in the queue, waiting or in work, and they go in the order in which they
    came: nobody waits for more than one trial of everybody else."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, self.environment = jobs, jobs.environment
        self.kept = jobs.kinds["training"].store()
        sweep(self.environment.home)
        self._folder = f"trials/{jobs.server}"
        self.store: RunStore = jobs.kinds["trial"].store(self._folder)
        with disk.writing("Slider mode cannot begin", self.environment.home):
            self.store.trash.mkdir(parents=True, exist_ok=True)  # a lane of this server may have been closed before
        atexit.register(self.close)

    def warm_up(self, data: str) -> None:
        """Start the worker if there is none, and let it read the data set."""
        self.jobs.warm_up(TRIALS.name, data)

    def trouble(self) -> str:
        """Why no trial is trained although some wait; "" where all is well."""
        return self.jobs.trouble(TRIALS.name)

    def open(self) -> Trials:
        """The trials of a new session; they go when nobody holds them any more."""
        trials = Trials(self)
        # the collector of garbage may come while a lock is held: let another thread do the work
        gone = weakref.finalize(
            trials,
            lambda token: threading.Thread(target=self._forget, args=(token,), daemon=True).start(),
            trials.token,
        )
        gone.atexit = False  # then the whole lane goes
        return trials

    def submit(self, record: RunRecord) -> str:
        """Train a planned trial after those that wait; returns its id. Raises RunError where it cannot be noted down."""
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
        """How far a trial is; None where it is no more, or the queue was lost in which it waited."""
        with contextlib.suppress(RunError):
            job = self.jobs.queue.job(run_id)  # asked first: it may end meanwhile
            progress = self.store.progress(run_id)
            if progress.record.state != "queued" or job is not None:
                return progress
        return None

    def drop(self, run_id: str, token: str) -> None:
        """Nobody will look at a trial any more: take it off the lane, or stop it. Its folder goes, at the latest when the worker
        has left it."""
        self.jobs.stop(run_id, token)
        if not self.store.is_under_way(run_id) or self.jobs.queue.job(run_id) is None:
            self.store.discard(run_id)

    def close(self) -> None:
        """Remove all trials of this server; one in work ends, because its folder is gone."""
        atexit.unregister(self.close)
        folder = self.environment.home / self._folder
        gone = folder.with_name(f"{folder.name}.gone")
        with contextlib.suppress(OSError):
            os.replace(folder, gone)  # in one move: the worker may be writing
        shutil.rmtree(gone, ignore_errors=True)

    def _forget(self, token: str) -> None:
        """A session is gone: so are its trials."""
        with contextlib.suppress(OSError, RunError):  # the lane may be closed meanwhile, and then all of them are gone
            for record in self.store.records():
                if record.starter == token:
                    self.drop(record.id, token)


class Trials:
    """The trials of one session. Not for several threads at once."""

    def __init__(self, lane: TrialLane) -> None:
        self.lane = lane
        self.token = secrets.token_hex(16)
        self._current: Key | None = None
        self._unfinished: str | None = None  # id of the current one while it waits or trains
        self._trouble: Progress | None = None  # the current one, where it failed or its worker died
        self._ended: dict[Key, Trial] = {}  # last shown last
        self._tried: dict[Rows, list[Key]] = {}  # every setting whose figure was seen, stored or not
        self._checked: dict[Rows, tuple[Trial, int]] = {}  # and how many had been tried then

    def train(self, record: RunRecord, *, again: bool = False) -> None:
        """Make the settings of `record` (see `training_job.plan`) the current ones; what is unfinished is dropped.

        A setting that was tried already is not trained again. Neither is the current one where it failed, unless `again` is
        said. Raises RunError where it cannot be noted down.
        """
        self._notice()
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
            self._current = None  # ask again at the next turn
            raise

    def drop_unfinished(self) -> None:
        """Drop what waits or trains: nobody waits for it any more."""
        self._notice()
        if self._unfinished is not None:
            self.lane.drop(self._unfinished, self.token)
            self._unfinished = self._current = None

    def look(self, rows: Rows) -> View:
        """What there is to see of the trials on these rows."""
        progress = self._notice()
        current = self._current if self._current is not None and self._current.rows == rows else None
        self._notice_look(rows)
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
        """Make a trial that has ended an ordinary run, with the number of settings tried in its record; returns its id.

        One that is kept already stays the one run that it is. Raises RunError for a trial that is no more.
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
        """Measure one trial on the sealed rows: the only one, of all that were tried on the same rows.

        Does nothing where that was done already. Raises RunError for a trial that is no more, or data that are not at hand.
        """
        key = self._key_of(trial_id)
        if key.rows in self._checked:
            return
        store, kept = self.lane.store, self._kept(self._ended[key])
        record = check_sealed(trial_id, store, self.lane.environment)
        if kept:
            check_sealed(kept, self.lane.kept, self.lane.environment)
        self._ended[key] = self._ended[key].with_record(record)
        self._note_look(key)

    # --- within --------------------------------------------------------------------------------------------------------

    def _key_of(self, trial_id: str) -> Key:
        self._notice()
        for key, trial in self._ended.items():
            if trial.record.id == trial_id:
                return key
        raise RunError("this trial is no more; move a slider to train it again")

    def _notice_look(self, rows: Rows) -> None:
        """A kept trial may have been measured on its sealed rows as a run."""
        for key, trial in self._ended.items():
            if rows not in self._checked and key.rows == rows and (kept := self._kept(trial)):
                sealed = self.lane.kept.record(kept).sealed
                if sealed:
                    self._ended[key] = trial.with_record(dataclasses.replace(trial.record, sealed=sealed))
                    self._note_look(key)

    def _note_look(self, key: Key) -> None:
        """Somebody has looked at the sealed rows for this setting; all others kept on these rows are told."""
        self._checked[key.rows] = self._ended[key], len(self._tried[key.rows])
        for other, trial in self._ended.items():
            if other.rows == key.rows and other != key and (kept := self._kept(trial)):
                store = self.lane.kept
                store.write_record(dataclasses.replace(store.record(kept), sealed_seen=True))

    def _notice(self) -> Progress | None:
        """See whether the unfinished trial has ended, and put it where it belongs; returns its progress if it has not."""
        if self._unfinished is None:
            return None
        progress = self.lane.progress(self._unfinished)
        if progress is None:  # the next turn trains it again
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
        """Keep the folders of the last trials, and of those that a figure on the page stands on."""
        best = [self.look(rows).best for rows in {key.rows for key in self._ended}]
        looked_at = [trial.record.id for trial, _ in self._checked.values()]
        needed = {*looked_at, *(trial.record.id for trial in best if trial is not None)}
        old = [key for key in list(self._ended)[:-1] if self._ended[key].record.id not in needed]
        for key in old[: max(0, len(self._ended) - MOST_STORED)]:
            self.lane.store.discard(self._ended.pop(key).record.id)

    def _kept(self, trial: Trial) -> str:
        """The id of the run that a trial became, "" where it did not, or that run was deleted."""
        if not trial.kept:
            return ""
        try:
            self.lane.kept.record(trial.kept)
        except RunError:
            return ""
        return trial.kept
