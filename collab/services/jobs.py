"""Background jobs: pages submit and watch them, and one server of the home runs them all.

     page ── submit, look, stop ──►  queue of the home  ◄── submit, look, stop ── page of another server
                                      (job_queue.py)
                                            ▲
                                            │ the server that holds the lease: begin, report, end
                                     ┌──────┴───────┐
                                     │ Jobs, a thread│──► worker of the lane "training"   warm
                                     └──────────────┘──► worker of the lane "trials"     warm, at the pages' priority
                                                     ──► worker of the lane "t-SNE"      one per job: to stop it is to end it
                                                     ──► …                               (worker.py)

A *kind* says what function does a job and in which *lane* it waits; `job_kinds.py` lists all of them. A lane has one worker, so
its jobs run one after the other, in turns by owner. A worker that dies, hangs or cannot start is replaced; a job whose worker
was lost has failed. When the server that holds the lease is gone, another takes it over at its next look and restarts the jobs
that can be. A job is stopped when its last waiter calls `stop` or `leave`; closing the browser does neither.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import math
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from collab.errors import CollabError, RunError, StorageError
from collab.services import disk
from collab.services.environment import Environment
from collab.services.job_queue import DONE, FAILED, STOPPED, WAITING, Job, JobQueue, Waiter, key_of, new_id
from collab.services.runs import RunStore

PROJECT = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.25  # how often the queue is looked at, unless woken before
SLOW_LOOK_SECONDS = 5.0  # how often rare changes are looked for: servers and folders that vanished or appeared
OVERDUE_LOOKS = 8  # a worker hangs if overdue at so many looks: after the machine slept it has time to report
SILENT_STEPS = 10.0  # a worker may be silent for so many times its longest step
START_SECONDS = 120.0  # a worker may take so long until it is ready
MOST_DELAY = 60.0  # seconds between two attempts to start a worker, at most
MOST_BEGINNINGS = 3  # of one job: one that ends every server that tries it is not tried for ever

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """Jobs that run one after the other, and the properties of their worker.

    `niceness` is that of its process (0: normal priority), `modules` are loaded before it is ready, and the function `warm` then
    prepares it for coming jobs. It ends after `linger_seconds` without a job. `is_killed`: its jobs cannot be interrupted, so
    one is stopped by ending the worker. A worker that is silent for `silent_seconds` counts as hung.
    """

    name: str
    niceness: int = 10
    modules: tuple[str, ...] = ()
    warm: str = ""
    linger_seconds: float = 0.0
    is_killed: bool = False
    silent_seconds: float = 30.0


@dataclass(frozen=True)
class Kind:
    """A kind of background job: `function`, "module:function", is called in the worker of `lane` with a job's request and a
    `worker.AtWork`, and returns the result in terms of JSON. The last `n_kept` ended jobs are kept.

    `is_lasting`: it goes on even if every server at which somebody waits for it is gone.
    """

    name: str
    function: str
    lane: Lane
    n_kept: int = 12
    is_lasting: bool = False

    def is_wanted(self, job: Job) -> bool:
        """Whether what the job works on still exists, and nobody has stopped it from outside the queue."""
        return True

    def on_end(self, job: Job, state: str, message: str) -> None:
        """Record the end of a job in what it worked on, with `message` if its function did not."""

    def has_begun(self, job: Job) -> bool:
        """Whether a job whose server died had begun, so that it cannot be queued again."""
        return False

    def adopt(self, queue: JobQueue, server: str) -> None:
        """Add the jobs that are missing from the queue."""


class Jobs:
    """The jobs of a server, and of the whole home while it holds the lease. One per server, shared by all its sessions.

    `kinds` are all kinds of jobs. A worker that is silent for `silent_seconds` of `clock` (None: the lane's own) counts as hung.
    """

    worker_module = "collab.services.worker"

    def __init__(
        self,
        environment: Environment,
        kinds: Iterable[Kind],
        *,
        clock: Callable[[], float] = time.monotonic,
        silent_seconds: float | None = None,
    ) -> None:
        self.environment, self.clock, self.silent_seconds = environment, clock, silent_seconds
        self.kinds = {kind.name: kind for kind in kinds}
        self.store = RunStore(environment.home)
        self.server, self._ownership = self.store.claim()
        with disk.writing("Collab cannot begin", environment.home, "Nothing was changed."):
            self.queue = JobQueue(environment.home)
            self._lease = filelock.FileLock(self.queue.folder / "lease.lock", thread_local=False)
        self.workers = {lane.name: LaneWorker(lane, self) for lane in {kind.lane for kind in self.kinds.values()}}
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._mark: tuple[int, ...] = ()
        self._warmed: dict[tuple[str, str], float] = {}
        self._looked_slowly = -math.inf
        self._left_jobs: list[Job] = []  # what the previous holder of the lease had running
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    # --- for pages ---------------------------------------------------------------------------------------------------

    def submit(
        self,
        kind: str,
        request: dict[str, Any],
        *,
        owner: str,
        session: str = "",
        files: Mapping[str, bytes] | None = None,
        again: bool = False,
    ) -> Job:
        """Submit a job, or return the equal one that waits, runs or is done; `again` repeats one that is done.

        `files` are passed to its function beside the request. Raises StorageError if the job cannot be recorded.
        """
        key = key_of(request)
        with self.queue.changing():
            known = self.queue.same(kind, key)
            if known is not None and known.busy and not known.stopping:  # a stopping job ends without a result
                self.queue.join(known.id, Waiter(owner, session, self.server))
                return known
            if known is not None and known.state == DONE and not again:
                return known
            job_id = new_id()
            folder = self.queue.folder / job_id
            lane, waiter = self.kinds[kind].lane.name, Waiter(owner, session, self.server)
            try:
                if files:
                    with disk.writing("Nothing was begun", folder):
                        folder.mkdir()
                        for name, content in files.items():
                            (folder / name).write_bytes(content)
                job = self.queue.add(kind, lane, request, waiter, key=key, job_id=job_id)
            except StorageError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        self.wake()
        return job

    def known(self, kind: str, request: dict[str, Any]) -> Job | None:
        """The last job with this request, in any state; None if there is none, or it is no longer kept."""
        return self.queue.same(kind, key_of(request))

    def stop(self, job_id: str, owner: str, wait_seconds: float = 0.0) -> None:
        """Remove this person from the waiters of a job; it is stopped if nobody else waits for it.

        Returns when it has ended, or after `wait_seconds`. Raises RunError for a person who does not wait for it. Does nothing
        if it has already ended.
        """
        with self.queue.changing():
            waiters = self.queue.waiters(job_id)
            if waiters and owner not in {waiter.owner for waiter in waiters}:
                raise RunError("somebody else has started this; only they can stop it")
            self._leave(job_id, owner=owner)
        self.wake()
        end = time.monotonic() + wait_seconds
        while time.monotonic() < end and (job := self.queue.job(job_id)) is not None and job.stopping:
            time.sleep(0.01)

    def leave(self, job_id: str, session: str) -> None:
        """Remove a session that now shows something else from the waiters; the job is stopped if nobody else waits for it."""
        self._leave(job_id, session=session)
        self.wake()

    def _leave(self, job_id: str, **who: str) -> None:
        with self.queue.changing():
            before = self.queue.job(job_id)
            self.queue.leave(job_id, **who)
            if before is not None and before.state == WAITING and not self.queue.job(job_id).busy:
                self.kinds[before.kind].on_end(before, STOPPED, "")

    def trouble(self, lane: str) -> str:
        """Why a lane is stuck although jobs wait, and when the next attempt is; "" if all is well."""
        said, _, _ = self.queue.lane(lane)
        if not said or not self.queue.in_lane(lane):
            return ""
        why, at = json.loads(said)
        seconds = math.ceil(at - time.time())
        again = f"next try in {seconds} s" if seconds > 0 else "it is being tried again"
        return f"The process that does it cannot be started ({why}); {again}"

    def warm_up(self, lane: str, what: str = "") -> None:
        """Start the worker of a lane if there is none, and let it prepare `what`, so that the next job starts in milliseconds."""
        now = time.monotonic()
        if now - self._warmed.get((lane, what), -math.inf) >= SLOW_LOOK_SECONDS:
            self._warmed[lane, what] = now
            with contextlib.suppress(StorageError):  # submitting a job will report it
                self.queue.request_warm_up(lane, what)
            self.wake()

    def wake(self) -> None:
        """Look at the queue now."""
        self._inbox.put(None)

    @property
    def leads(self) -> bool:
        """Whether this is the server that gives jobs to workers."""
        return self._lease.is_locked

    def close(self) -> None:
        """End the workers, which save their running jobs; another server goes on with the queue."""
        atexit.unregister(self.close)
        self._closed.set()
        self.wake()
        self._thread.join(30.0)

    # --- the thread that gives jobs to workers -----------------------------------------------------------------------

    def call(self, what: Callable[[], None]) -> None:
        """Run a function in that thread."""
        self._inbox.put(what)

    def is_alive(self, server: str) -> bool:
        return server == self.server or self.store.is_alive(server)

    def _run(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Empty):
                if (what := self._inbox.get(timeout=LOOK_SECONDS)) is not None:
                    self._safely(what, self.workers.values())
            self._safely(self._look)
        self._safely(self._end)

    def _safely(self, what: Callable[[], None], workers: Iterable[LaneWorker] = ()) -> None:
        """Call a function; if it fails unexpectedly, go on without these workers."""
        try:
            what()
        except StorageError as reason:
            _log.warning("%s", reason)
            self._closed.wait(LOOK_SECONDS)
        except Exception:
            _log.exception("the queue could not be looked after; it goes on with new workers")
            for worker in workers:
                with contextlib.suppress(Exception):
                    worker.lose("It was interrupted by an error of the server.")
            self._closed.wait(LOOK_SECONDS)

    def _look(self) -> None:
        if not self._lease.is_locked and not self._take_over():
            return
        now, mark = time.monotonic(), self.queue.mark()
        slowly = now - self._looked_slowly >= SLOW_LOOK_SECONDS
        if slowly:
            self._looked_slowly = now
            self._reconcile()
        self._settle_left_jobs()
        changed, self._mark = slowly or mark != self._mark, mark
        for worker in self.workers.values():
            self._safely(lambda worker=worker: worker.look(changed=changed), [worker])

    def _take_over(self) -> bool:
        """Try to get the lease, and with it the jobs that its previous holder left."""
        if not self.queue.folder.is_dir():  # the lock would recreate it; a vanished home may come back
            return False
        try:
            self._lease.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            return False
        try:
            self._looked_slowly, self._left_jobs = -math.inf, self.queue.running()
            self.queue.sweep()
        except BaseException:
            self._lease.release()  # the next look tries again: nobody else would handle the jobs left
            raise
        return True

    def _settle_left_jobs(self) -> None:
        """End or requeue the jobs that a dead server had running, as soon as its workers have let go of them."""
        for job in [job for job in self._left_jobs if not self._is_in_work(job.lane)]:
            kind, now = self.kinds.get(job.kind), self.queue.job(job.id)
            if now is not None and now.stopping:
                self.end(job, STOPPED)
            elif kind is None or kind.has_begun(job):
                self.end(job, FAILED, "The server that did it is gone.")
            elif job.n_begun >= MOST_BEGINNINGS:
                self.end(job, FAILED, f"Its server was gone {job.n_begun} times before it was done.")
            else:
                self.queue.wait_again(job.id)
            self._left_jobs.remove(job)

    def _is_in_work(self, lane: str) -> bool:
        """Whether a worker of another server may still be running a job of this lane."""
        if (worker := self.workers.get(lane)) is not None and worker.ready:
            return False
        try:
            with filelock.FileLock(lock_of(self.queue, lane)).acquire(timeout=0):
                return False
        except (filelock.Timeout, OSError):
            return True

    def _reconcile(self) -> None:
        """Handle changes outside the queue: servers and folders that vanished or appeared."""
        for kind in self.kinds.values():
            kind.adopt(self.queue, self.server)
        for job in [*self.queue.running(), *(job for lane in self.workers for job in self.queue.waiting(lane))]:
            kind = self.kinds.get(job.kind)
            servers = {waiter.server for waiter in self.queue.waiters(job.id)}
            if not (kind is not None and kind.is_lasting) and not any(map(self.is_alive, servers)):
                self.queue.stop(job.id)
                if job.state == WAITING:
                    self.end(job, STOPPED)

    def end(self, job: Job, state: str, message: str = "", result: Any = None) -> None:
        """Record that a job is over. Raises StorageError if that cannot be written; it is tried again later."""
        with contextlib.suppress(StorageError):
            job = self.queue.job(job.id) or job  # somebody may have stopped it since
        if (kind := self.kinds.get(job.kind)) is not None:
            kind.on_end(job, state, message)
        self.queue.end(job.id, state, message, result)
        self.queue.forget(job.kind, kind.n_kept if kind else 0)

    def _end(self) -> None:
        """Shut down: end the workers, and requeue the jobs that another server can restart."""
        for worker in self.workers.values():
            worker.close()
        with contextlib.suppress(CollabError, OSError):
            for job in self.queue.running() if self.leads else ():
                kind = self.kinds.get(job.kind)
                if job.stopping or kind is None or kind.has_begun(job):
                    self.end(job, STOPPED)
                else:
                    self.queue.wait_again(job.id, counts=False)  # an orderly shutdown does not count
        self.queue.close()
        self._lease.release()
        self._ownership.release()


def lock_of(queue: JobQueue, lane: str) -> Path:
    """The lock file that the worker of a lane holds as long as it lives."""
    return queue.folder / f"{lane}.lock"


class LaneWorker:
    """The worker of a lane and its current job; used only by the thread of `Jobs`."""

    def __init__(self, lane: Lane, jobs: Jobs) -> None:
        self.lane, self.jobs = lane, jobs
        self.process: subprocess.Popen[str] | None = None
        self.ready = False
        self.job: Job | None = None
        self._asked = False  # whether the current job was asked to stop
        self._over: tuple[str, str, Any] | None = None  # how it ended, if that could not be written yet
        self._last_message = 0.0  # when the worker last sent a message
        self._longest = 0.0  # seconds of the longest step of the current job
        self._overdue, self._counted = 0, 0.0  # at how many looks it was silent for too long, and when last
        self._failures = 0  # failed starts in a row
        self._next_try = -math.inf
        _, _, self._n_warm = jobs.queue.lane(lane.name)  # warm-up requests handled
        self._waits = False

    def look(self, *, changed: bool) -> None:
        """Do what is due; `changed`: the queue has changed since the last look."""
        if self._over is not None:
            self._end_job(*self._over)
        self._check_for_hang()
        if self.job is not None:
            self._check_for_stop(changed)
        if self.job is None and (changed or self._waits):
            self._look_for_work()
        idle = self.process is not None and self.ready and self.job is None
        if idle and self.jobs.clock() - self._last_message > self.lane.linger_seconds:
            self._dismiss()

    def lose(self, why: str = "") -> None:
        """Kill a worker that is lost: its current job has failed; one that had not begun keeps waiting."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # a process that waits for a disk does not end at once
            process.wait(1.0)
        code = process.poll()
        if self.job is not None:
            stopped = self._asked and self.lane.is_killed
            self._end_job(STOPPED if stopped else FAILED, "" if stopped else why)
        elif not self.ready:
            self._back_off(why or f"it ended at once, with code {code}")
        self._waits = True

    def close(self) -> None:
        """End the worker; it saves its current job."""
        process, self.process = self.process, None
        if process is None:
            return
        if self.job is None or not self.ready or self.lane.is_killed:
            process.terminate()  # it has nothing to save, and may still be loading torch
        with contextlib.suppress(OSError):  # unsent messages to a process that has died
            process.stdin.close()  # the worker saves what it has and ends
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # --- the current job ---------------------------------------------------------------------------------------------

    def _look_for_work(self) -> None:
        queue, kinds = self.jobs.queue, self.jobs.kinds
        _, what, n_warm = queue.lane(self.lane.name)
        wished = n_warm > self._n_warm
        self._waits = False
        for job in queue.waiting(self.lane.name):
            kind = kinds.get(job.kind)
            if kind is not None and kind.is_wanted(job):
                break
            self.jobs.end(job, STOPPED)
        else:
            job = None
        if job is None and not wished:
            return
        self._waits = not self._start() or not self.ready
        if self._waits:
            return
        if job is not None and queue.begin(job.id, self.jobs.server):
            self.job, self._asked = job, False
            self._last_message, self._longest, self._overdue = self.jobs.clock(), 0.0, 0
            self._say(do=job.id, function=kind.function, request=job.request, folder=str(queue.folder / job.id))
        if wished:
            self._n_warm = n_warm
            if self.lane.warm and what:
                self._say(warm=self.lane.warm, what=what)

    def _check_for_stop(self, changed: bool) -> None:
        if self._asked:
            return
        now = self.jobs.queue.job(self.job.id) if changed else self.job
        if now is None:  # the queue was recreated meanwhile
            now = self._put_back(self.job)
        if now.stopping or not self.jobs.kinds[self.job.kind].is_wanted(self.job):
            self._asked = True
            if self.lane.is_killed:
                self.lose()
            else:
                self._say(stop=self.job.id)

    def _put_back(self, job: Job) -> Job:
        queue, server = self.jobs.queue, self.jobs.server
        with queue.changing():
            waiter = Waiter(job.owner, "", server)
            queue.add(job.kind, job.lane, job.request, waiter, key=job.key, job_id=job.id)
            queue.begin(job.id, server)
        return job

    def _end_job(self, state: str, message: str = "", result: Any = None) -> None:
        if self.job is None:
            return
        try:
            self.jobs.end(self.job, state, message, result)
        except StorageError:
            self._over = state, message, result
            raise
        self.job, self._over, self._waits = None, None, True

    # --- the process -------------------------------------------------------------------------------------------------

    def _start(self) -> bool:
        """Start a worker if there is none; False if that has to wait."""
        if self.process is not None:
            return True
        jobs, lane = self.jobs, self.lane
        if jobs.clock() < self._next_try:
            return False
        lock, how = lock_of(jobs.queue, lane.name), "kill" if lane.is_killed else "ask"
        places = os.pathsep.join(map(str, jobs.environment.data_folders))
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", jobs.worker_module, str(lock), str(lane.niceness), how, *lane.modules],
                cwd=PROJECT,
                text=True,
                bufsize=1,
                # one thread, also in libraries that torch does not control
                env=os.environ
                | {"OMP_NUM_THREADS": "1", "COLLAB_HOME": str(jobs.environment.home), "COLLAB_DATA": places},
                encoding="utf-8",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as reason:
            self._back_off(reason.strerror or str(reason))
            return False
        self.ready, self._last_message, self._overdue = False, jobs.clock(), 0
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        return True

    def _back_off(self, why: str) -> None:
        """After a failed start, wait for 1, 2, 4, … seconds."""
        delay = min(MOST_DELAY, 2.0**self._failures)
        self._next_try, self._waits = self.jobs.clock() + delay, True
        self._failures = min(self._failures + 1, 10)
        self.jobs.queue.say(self.lane.name, json.dumps([why, time.time() + delay]))

    def _dismiss(self) -> None:
        """End an idle worker."""
        process, self.process = self.process, None
        with contextlib.suppress(OSError):
            process.stdin.close()

    def _say(self, **words: Any) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has died: `_listen` notices
            print(json.dumps(words), file=self.process.stdin, flush=True)

    def _hear(self, process: subprocess.Popen[str], line: str) -> None:
        """Handle a message from a worker."""
        if process is not self.process:
            return  # already lost or dismissed
        try:
            words = json.loads(line)
            self._last_message, self._overdue = self.jobs.clock(), 0
            if "ready" in words:
                self.ready, self._failures, self._waits = True, 0, True
                self.jobs.queue.say(self.lane.name, "")
            elif "ended" in words and self.job is not None and words["ended"] == self.job.id:
                self._end_job(words["state"], words["message"], words["result"])
            elif "alive" in words:
                self._longest = max(self._longest, float(words["alive"]))
            elif "share" in words and self.job is not None:
                self.jobs.queue.report(self.job.id, float(words["share"]), str(words["note"]))
        except StorageError:
            raise
        except Exception as reason:
            _log.exception("a worker is ended, because what it said could not be heeded")
            self.lose(f"It was interrupted by an error of the server ({type(reason).__name__}: {reason}).")

    def _listen(self, process: subprocess.Popen[str]) -> None:
        """Pass on a worker's messages until it is gone; runs in its own thread."""
        with contextlib.suppress(OSError, ValueError):  # the pipe was closed meanwhile
            for line in process.stdout:
                self.jobs.call(lambda line=line: self._hear(process, line))
        code = process.wait()
        self.jobs.call(lambda: self._hear_exit(process, code))
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()

    def _hear_exit(self, process: subprocess.Popen[str], code: int) -> None:
        if process is self.process:
            self.lose(f"Its process ended with code {code}." if self.ready else "")

    def _check_for_hang(self) -> None:
        if self.process is None or (self.job is None and self.ready):
            return
        silent = self.jobs.clock() - self._last_message
        usual = self.lane.silent_seconds if self.jobs.silent_seconds is None else self.jobs.silent_seconds
        patience = max(usual, SILENT_STEPS * self._longest) if self.ready else START_SECONDS
        now = time.monotonic()
        if silent <= patience:
            self._overdue = 0
        elif now - self._counted >= LOOK_SECONDS:
            self._overdue, self._counted = self._overdue + 1, now
        if self._overdue >= OVERDUE_LOOKS:
            self.lose(
                f"It made no progress for {silent:.0f} s, so it was ended."
                if self.ready
                else f"it was not ready after {silent:.0f} s"
            )
