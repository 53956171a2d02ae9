"""Jobs: the queue in front of the worker process; start, watch, stop."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

from collab.errors import RunError
from collab.services.environment import Environment
from collab.services.runs import RunRecord, RunStore
from collab.services.training_job import what_is_trained

PROJECT = Path(__file__).resolve().parents[2]
MAX_QUEUED = 20


class Jobs:
    """One a server, shared by all its sessions. One run trains at a time, the others wait in order.

    Everything a page shows of a run comes from its folder; here is only who is next, and the worker's process. If the worker
    dies, its run becomes an interrupted one, a new worker is started, and the queue goes on. `folder` is where the runs are, if
    not in the home; `niceness` says how readily the worker leaves the processor to others (0: like anybody).
    """

    worker_module = "collab.services.worker"

    def __init__(self, environment: Environment, folder: Path | None = None, niceness: int = 10) -> None:
        self.environment, self.niceness = environment, niceness
        self.folder = folder or environment.home
        self.store = RunStore(self.folder)
        self.owner, self._ownership = self.store.claim()
        self.store.rescue()
        self._lock = threading.RLock()
        self._waiting: deque[str] = deque()
        self._running: str | None = None
        self._closed = False
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def warm_up(self, data: str | None = None) -> None:
        """Start the worker if there is none, and let it read a data set, so that the next start costs milliseconds."""
        with self._lock:
            if not self._closed:
                self._start_worker()
                if data is not None:
                    self._say(warm=data)

    def submit(self, record: RunRecord) -> str:
        """Put a planned run (see `training_job.plan`) at the end of the queue; returns its id.

        Raises RunError where the queue is full.
        """
        with self._lock:
            if len(self._waiting) >= MAX_QUEUED:
                raise RunError(f"{MAX_QUEUED} runs are waiting already; wait until one has ended, or stop one of yours")
            record = self.store.create(dataclasses.replace(record, owner=self.owner))
            self._waiting.append(record.id)
            self._go_on()
            return record.id

    def submit_once(self, record: RunRecord) -> str:
        """`submit`, unless the same training waits or runs already; returns that one's id then.

        Two people who open the first page of a new server at once want one and the same run.
        """
        with self._lock:
            for run_id in self.queue():
                other = self.store.record(run_id)
                if what_is_trained(other) == what_is_trained(record):
                    return run_id
            return self.submit(record)

    def stop(self, run_id: str, starter: str, wait_seconds: float = 0.0) -> None:
        """Stop a run that `starter` has started; its weights so far are kept, and one that still waits is taken off the queue.

        Returns when it has ended, or after `wait_seconds`. Raises RunError where somebody else has started it. Nothing
        happens where it has ended already.
        """
        with self._lock:
            if run_id not in (*self._waiting, self._running):
                return
            if self.store.record(run_id).starter != starter:
                raise RunError("somebody else has started this run; only they can stop it")
            if run_id in self._waiting:
                self._waiting.remove(run_id)
                self.store.discard(run_id)
            else:
                self._say(stop=run_id)
        end = time.monotonic() + wait_seconds
        while run_id == self._running and time.monotonic() < end:
            time.sleep(0.01)

    def queue(self) -> list[str]:
        """Ids of the run in work (first) and of those that wait, in order."""
        with self._lock:
            return ([self._running] if self._running else []) + list(self._waiting)

    def close(self) -> None:
        """End the worker; what it has in work is saved as interrupted, what waits is found again as interrupted."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
            if process is not None and self._running is None:
                process.terminate()  # it has nothing to save, and may still be loading torch
        atexit.unregister(self.close)
        if process is not None:
            process.stdin.close()  # the worker saves what it has and ends
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        self._ownership.release()
        self.store.rescue()

    def _start_worker(self) -> None:
        if self._process is None:
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
            threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()

    def _go_on(self) -> None:
        """Give the worker the next run if it has none. The lock is held."""
        if self._running is None and self._waiting and not self._closed:
            self._start_worker()
            self._running = self._waiting.popleft()
            self._say(train=self._running)

    def _say(self, **words: str) -> None:
        if (process := self._process) is None:
            return  # closed meanwhile: all that is in work ends
        with contextlib.suppress(OSError, ValueError):  # it has died: `_watch` notices and cleans up
            print(json.dumps(words), file=process.stdin, flush=True)

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Hear what the worker says until it is gone; runs in a thread of its own."""
        try:
            for line in process.stdout:
                words = json.loads(line)
                if "ended" in words:
                    with self._lock:
                        self._running = None
                        self._go_on()
        except ValueError:
            pass  # the pipe was closed under our hands
        process.wait()
        with self._lock:
            if process is not self._process:
                return
            self._process = None
            if self._running is not None:
                record, self._running = self.store.record(self._running), None
                if record.busy:
                    self.store.interrupt(record)
            process.stdin.close()
            process.stdout.close()
            self._go_on()
