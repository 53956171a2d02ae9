"""Jobs: the queue in front of the worker process; start, watch, stop."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import logging
import math
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from collab.errors import CollabError, RunError, StorageError
from collab.services.environment import Environment
from collab.services.runs import RunRecord, RunStore
from collab.services.time_limit import check_times
from collab.services.training_job import what_is_trained

PROJECT = Path(__file__).resolve().parents[2]
MAX_QUEUED = 20
MOST_WAITING = 3  # of one person
MOST_PLANNED, MAX_PLANNED = 50, 200  # still to come, of one person and of all
LOOK_SECONDS = 0.25  # how often it is looked for a worker that hangs or can be started again, and for a wish to stop
PAUSE_SECONDS = 5.0  # how long not after an error
OVERDUE_LOOKS = 8  # so many looks long does a worker hang: after the machine slept it has time to say something
SILENT_SECONDS = 30.0  # without a word a worker hangs, …
SILENT_EPOCHS = 10.0  # … but where an epoch takes long, after so many of them
START_SECONDS = 120.0  # so long may a worker take until it is ready
MOST_DELAY = 60.0  # seconds between two tries to start a worker

_log = logging.getLogger(__name__)


class Jobs:
    """One a server, shared by all its sessions. One run trains at a time, the others wait in order.

    Everything a page shows of a run comes from its folder; here is only who is next, and the worker's process. If the worker
    dies or hangs, its run becomes an interrupted one, a new worker is started, and the queue goes on; if it cannot be started,
    that is tried again and again, and `trouble` says why. `folder` is where the runs are, if not in the home; `niceness` says how
    readily the worker leaves the processor to others (0: like anybody); `clock` counts seconds, of which `silent_seconds` without
    a word from the worker are a hang.

    A person, the `starter` of runs, has at most MOST_WAITING runs waiting, none of which takes longer than
    `time_limit.MOST_SECONDS`, and one plan of more runs that follow as there is room. A run without a starter is the
    server's own: it has no limits and comes next.
    """

    worker_module = "collab.services.worker"

    def __init__(
        self,
        environment: Environment,
        folder: Path | None = None,
        niceness: int = 10,
        *,
        clock: Callable[[], float] = time.monotonic,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self.environment, self.niceness = environment, niceness
        self.clock, self.silent_seconds = clock, silent_seconds
        self.folder = folder or environment.home
        self.store = RunStore(self.folder, durable=self.folder == environment.home)
        self.owner, self._ownership = self.store.claim()
        self.store.rescue()
        self._lock = threading.RLock()
        self._waiting: deque[str] = deque()
        self._starters: dict[str, str] = {}  # of the runs in the queue, by id
        self._plans: dict[str, deque[RunRecord]] = {}  # what is still to come, by starter
        self._dropped: dict[str, CollabError] = {}  # why the rest of a plan will not come
        self._running: str | None = None  # given to the worker, or waiting for it to be ready
        self._process: subprocess.Popen[str] | None = None
        self._ready = False
        self._heard = 0.0  # when the worker was last heard of
        self._longest = 0.0  # seconds of the longest epoch of the run in work
        self._overdue = 0  # for how many looks it has been silent for too long
        self._failures = 0  # starts of a worker that failed, one after the other
        self._next_try = 0.0
        self._trouble = ""
        self._closed = threading.Event()
        threading.Thread(target=self._keep, daemon=True).start()
        atexit.register(self.close)

    def warm_up(self, data: str | None = None) -> None:
        """Start the worker if there is none, and let it read a data set, so that the next start costs milliseconds."""
        with self._lock:
            if self._start_worker() and data is not None:
                self._say(warm=data)

    def submit(self, record: RunRecord) -> str:
        """Put a planned run (see `training_job.plan`) at the end of the queue; returns its id.

        Raises RunError where the queue is full, too many runs of its starter wait, it would take too long, or cannot be noted.
        """
        self._check_time([record])
        with self._lock:
            if record.starter and len(self._waiting) >= MAX_QUEUED:
                raise RunError(f"{MAX_QUEUED} runs are waiting already; wait until one has ended, or stop one of yours")
            if not self._has_room(record.starter):
                raise RunError(
                    f"{MOST_WAITING} of your runs are waiting already; wait until one of them has begun, or stop one"
                )
            run_id = self._note(record)
            self._go_on()
            return run_id

    def submit_once(self, record: RunRecord) -> str:
        """`submit`, unless the same training waits or runs already; returns that one's id then.

        Two people who open the first page of a new server at once want one and the same run.
        """
        if (run_id := self._same(record)) is None:
            self._check_time([record])  # before the lock is held: it may read a data set
            with self._lock:
                run_id = self._same(record) or self.submit(record)
        return run_id

    def submit_all(self, starter: str, records: Iterable[RunRecord]) -> list[str]:
        """Train all of these runs of one person, none of which waits or runs already; returns the ids of those queued now.

        The others are this person's plan, kept as long as this server runs: they follow as soon as there is room, whether or not
        anybody looks. Raises RunError, and queues nothing, where an earlier plan is unfinished, or the runs would take too long:
        one of them, or all together, longer than `time_limit.MOST_SECONDS`. Raises StorageError where one cannot be noted down.
        """
        records = [dataclasses.replace(record, starter=starter) for record in records]
        self._check_time(records)
        with self._lock:
            if n_left := len(self.planned(starter)):
                raise RunError(
                    f"{n_left} trainings that you have asked for are still to come; wait until they have begun, or stop them"
                )
            if len(records) > MOST_PLANNED:
                raise RunError(f"these are {len(records)} trainings; at most {MOST_PLANNED} are queued at once")
            if sum(map(len, self._plans.values())) + len(records) > MAX_PLANNED:
                raise RunError("too many trainings of others are still to come; try again when some have begun")
            before = set(self._starters)
            self._plans[starter] = deque(records)
            self._dropped.pop(starter, None)
            self._go_on()
            if (reason := self._dropped.pop(starter, None)) is not None:
                raise reason
            return [run_id for run_id, whose in self._starters.items() if run_id not in before and whose == starter]

    def planned(self, starter: str) -> list[RunRecord]:
        """The runs of this person's plan that are still to come, in order; they have no id yet."""
        with self._lock:
            return list(self._plans.get(starter, ()))

    def drop_plan(self, starter: str) -> None:
        """None of the runs that are still to come will; those in the queue stay there."""
        with self._lock:
            self._plans.pop(starter, None)

    def stop(self, run_id: str, starter: str, wait_seconds: float = 0.0) -> None:
        """Stop a run that `starter` has started; its weights so far are kept, and one that still waits is taken off the queue.

        Returns when it has ended, or after `wait_seconds`. Raises RunError where somebody else has started it. Nothing
        happens where it has ended already.
        """
        with self._lock:
            if run_id not in self._starters:
                return
            if self._starters[run_id] != starter:
                raise RunError("somebody else has started this run; only they can stop it")
            if run_id in self._waiting or not self._ready:
                self._take_off(run_id)
                self._go_on()
            else:
                self._say(stop=run_id)
        end = time.monotonic() + wait_seconds
        while run_id == self._running and time.monotonic() < end:
            time.sleep(0.01)

    def queue(self) -> list[str]:
        """Ids of the run in work (first) and of those that wait, in order."""
        with self._lock:
            self._tidy()
            return ([self._running] if self._running else []) + list(self._waiting)

    def trouble(self) -> str:
        """Why nothing trains although runs wait, and when that changes; "" where all is well."""
        with self._lock:
            if not self._trouble or not self._starters:
                return ""
            seconds = math.ceil(self._next_try - self.clock())
            again = f"next try in {seconds} s" if self._process is None and seconds > 0 else "it is being tried again"
            return f"The process that trains cannot be started ({self._trouble}); {again}"

    def close(self) -> None:
        """End the worker; what it has in work is saved as interrupted, what waits is found again as interrupted."""
        self._closed.set()
        with self._lock:
            process, self._process = self._process, None
            if process is not None and (self._running is None or not self._ready):
                process.terminate()  # it has nothing to save, and may still be loading torch
        atexit.unregister(self.close)
        if process is not None:
            with contextlib.suppress(OSError):  # what was left to say to a process that has died
                process.stdin.close()  # the worker saves what it has and ends
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        self._ownership.release()
        self.store.rescue()

    # --- the queue, under the lock ---------------------------------------------------------------------------------------

    def _check_time(self, records: Iterable[RunRecord]) -> None:
        """Raise RunError where these runs of one person would take too long. Not under the lock: it may read a data set."""
        records = [record for record in records if record.starter]
        if records:
            with self._lock:
                self._start_worker()  # which takes longer than to read the data
        check_times(records, self.environment)

    def _has_room(self, starter: str) -> bool:
        own = sum(self._starters[run_id] == starter for run_id in self._waiting)
        return not starter or (len(self._waiting) < MAX_QUEUED and own < MOST_WAITING)

    def _same(self, record: RunRecord) -> str | None:
        """The id of a run in the queue that is the same training."""
        for run_id in self.queue():
            with contextlib.suppress(CollabError, OSError):  # it has just gone
                if what_is_trained(self.store.record(run_id)) == what_is_trained(record):
                    return run_id
        return None

    def _note(self, record: RunRecord) -> str:
        record = self.store.create(dataclasses.replace(record, owner=self.owner))
        if record.starter:
            self._waiting.append(record.id)
        else:  # every page may be waiting for it
            self._waiting.appendleft(record.id)
        self._starters[record.id] = record.starter
        return record.id

    def _take_off(self, run_id: str) -> None:
        """A run that has not begun leaves the queue."""
        if run_id == self._running:
            self._running = None
        else:
            self._waiting.remove(run_id)
        del self._starters[run_id]
        self.store.discard(run_id)

    def _tidy(self) -> None:
        """What has not begun and is gone from the disk, or was asked from outside to stop, leaves the queue."""
        not_begun = [*self._waiting] if self._ready or self._running is None else [self._running, *self._waiting]
        for run_id in not_begun:
            if not self.store.is_under_way(run_id) or self.store.is_asked_to_stop(run_id):
                self._take_off(run_id)

    def _go_on(self) -> None:
        """Give the worker the next run if it has none, and put on the queue what is planned and has room."""
        if self._closed.is_set():
            return
        self._tidy()
        self._give_next()
        for starter, plan in list(self._plans.items()):
            while plan and self._has_room(starter):
                record = plan.popleft()
                try:
                    if self._same(record) is None:
                        self._note(record)
                except CollabError as reason:
                    _log.error("the rest of a plan is dropped: %s", reason)
                    self._dropped[starter] = reason
                    plan.clear()
                self._give_next()
            if not plan:
                del self._plans[starter]

    def _give_next(self) -> None:
        if self._running is None and self._waiting and self._start_worker():
            self._running = self._waiting.popleft()
            if self._ready:
                self._hand_over()

    def _hand_over(self) -> None:
        self._heard, self._longest, self._overdue = self.clock(), 0.0, 0
        self._say(train=self._running)

    def _end_run(self, message: str) -> None:
        """The run in work is over. If the disk does not say so it was interrupted, and `message` says why."""
        run_id, self._running = self._running, None
        if run_id is None:
            return
        self._starters.pop(run_id, None)
        with contextlib.suppress(CollabError, OSError):  # its folder is gone
            record = self.store.record(run_id)
            if not record.busy:
                if message and not record.files:  # its ending could not be written
                    self.store.give_up(run_id, message)
                return
            try:
                self.store.interrupt(record, message)
            except StorageError as reason:
                self.store.give_up(run_id, f"{message} {reason}".strip())

    # --- the worker, under the lock --------------------------------------------------------------------------------------

    def _start_worker(self) -> bool:
        """Whether there is a worker, perhaps one that was just started; False where that has to wait."""
        if self._process is not None:
            return True
        if self._closed.is_set() or self.clock() < self._next_try:
            return False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.worker_module, str(self.folder), str(self.niceness)],
                cwd=PROJECT,
                text=True,
                bufsize=1,
                env=os.environ
                | {"OMP_NUM_THREADS": "1"},  # one thread, also in libraries that torch does not speak for
                encoding="utf-8",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as reason:
            self._put_off(reason.strerror or str(reason))
            return False
        self._ready, self._heard, self._overdue = False, self.clock(), 0
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()
        return True

    def _put_off(self, why: str) -> None:
        """A worker could not be started: wait for 1, 2, 4, … seconds."""
        self._trouble = why
        self._next_try = self.clock() + min(MOST_DELAY, 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)

    def _say(self, **words: str) -> None:
        if (process := self._process) is None:
            return  # closed meanwhile: all that is in work ends
        with contextlib.suppress(OSError, ValueError):  # it has died: `_watch` notices and cleans up
            print(json.dumps(words), file=process.stdin, flush=True)

    def _hear(self, words: dict[str, Any]) -> None:
        """Take in what the worker says."""
        self._heard, self._overdue = self.clock(), 0
        if "ready" in words:
            self._ready, self._failures, self._trouble = True, 0, ""
            self._tidy()
            if self._running is not None:
                self._hand_over()
        elif "ended" in words and words["ended"] == self._running:
            self._end_run(words.get("message", ""))
            self._go_on()
        elif "longest" in words:
            self._longest = max(self._longest, float(words["longest"]))

    def _lose(self, process: subprocess.Popen[str], why: str) -> None:
        """This worker is of no use any more: what it had in work was interrupted, or waits again if it had not begun."""
        if process is not self._process:
            return  # lost already, or closed
        self._process = None
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # not even that helps at once where a disk does not answer
            process.wait(1.0)
        if self._ready:
            self._end_run(why)
        else:
            if self._running is not None:
                self._waiting.appendleft(self._running)
                self._running = None
            self._put_off(why or f"it ended at once, with code {process.poll()}")
        self._go_on()

    # --- threads ---------------------------------------------------------------------------------------------------------

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Hear what a worker says until it is gone; runs in a thread of its own."""
        why = ""
        try:
            for line in process.stdout:
                with self._lock:
                    if process is self._process:
                        self._hear(json.loads(line))
        except Exception as reason:
            if process is self._process:  # else the pipe was closed under our hands
                _log.exception("the worker is ended, because what it said could not be heeded")
                why = f"It was interrupted by an error of the server ({type(reason).__name__}: {reason})."
        with contextlib.suppress(Exception), self._lock:
            self._lose_safely(process, why)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()

    def _keep(self) -> None:
        """Do from time to time what nobody asks for; runs in a thread of its own as long as the server does."""
        pause = LOOK_SECONDS
        while not self._closed.wait(pause):
            pause = LOOK_SECONDS
            with self._lock:
                process = self._process
                try:
                    self._look()
                except Exception:
                    _log.exception("the queue could not be looked after; a new worker is started")
                    pause = PAUSE_SECONDS
                    if process is not None:
                        self._lose_safely(process, "It was interrupted by an error of the server.")

    def _lose_safely(self, process: subprocess.Popen[str], why: str) -> None:
        try:
            self._lose(process, why)
        except Exception:
            _log.exception("the queue goes on at the next look")

    def _look(self) -> None:
        process = self._process
        if process is not None and (self._running is not None or not self._ready):
            silent = self.clock() - self._heard
            patience = max(self.silent_seconds, SILENT_EPOCHS * self._longest) if self._ready else START_SECONDS
            self._overdue = self._overdue + 1 if silent > patience else 0
            if self._overdue >= OVERDUE_LOOKS:
                if self._ready:
                    why = f"It made no progress for {silent:.0f} s, so it was ended."
                else:
                    why = f"it was not ready after {silent:.0f} s"
                self._lose(process, why)
        self._go_on()
