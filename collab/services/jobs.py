"""Everything that is done in the background: whoever wants it done submits a job, and watches it; one server does them all.

     page ── submit, look, stop ──►  queue of the home  ◄── submit, look, stop ── page of another server
                                      (job_queue.py)
                                            ▲
                                            │ the server that holds the lease: begin, report, end
                                     ┌──────┴───────┐
                                     │ Jobs, a thread│──► worker of the lane "training"   warm
                                     └──────────────┘──► worker of the lane "trials"     warm, as quick as the pages
                                                     ──► worker of the lane "t-SNE"      one a job: to stop it is to end it
                                                     ──► …                               (worker.py)

A *kind* says what function does a job and in which *lane* it waits; `kinds.py` names all of them. A lane has one worker, so its
jobs go one after the other, in turns by owner. A worker that dies, hangs or cannot start is replaced; a job whose worker was lost
has failed. When the server that holds the lease is gone another takes it over at its next look, and begins anew what can be.
A job is stopped when the last who waits for it has stopped it, and goes on when they only leave.
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
LOOK_SECONDS = 0.25  # how often the queue is looked at, where nobody calls before
SLOW_LOOK_SECONDS = 5.0  # how often it is looked for what is seldom: servers and folders that have gone or come
OVERDUE_LOOKS = 8  # so many looks long does a worker hang: after the machine slept it has time to say something
SILENT_STEPS = 10.0  # a worker may be silent for so many of its longest steps, …
START_SECONDS = 120.0  # so long may a worker take until it is ready
MOST_DELAY = 60.0  # seconds between two tries to start a worker
MOST_BEGINNINGS = 3  # of one job: what ends every server that tries it is not tried for ever

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """Jobs that wait for one another, and what their worker is like.

    `niceness` says how readily it leaves the processor to others (0: like anybody), `modules` what it loads before it is ready,
    `warm` which function then gets it ready for what is to come. It ends after `linger_seconds` without a job. `is_killed`: its
    jobs cannot be interrupted, so to stop one is to end the worker. Without a word for `silent_seconds` it hangs.
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
    """What can be done in the background: `function`, "module:function", is called in the worker of `lane` with a job's request
    and a `worker.AtWork`, and what it returns, in terms of JSON, is the result; the last `n_kept` are kept.

    `is_lasting`: it goes on though every server at which somebody waits for it is gone.
    """

    name: str
    function: str
    lane: Lane
    n_kept: int = 12
    is_lasting: bool = False

    def is_wanted(self, job: Job) -> bool:
        """Whether what the job works on is still there, and nobody has stopped it from outside."""
        return True

    def put_down(self, job: Job, state: str, message: str) -> None:
        """The job is over: what it worked on is to say so too, with `message` where its function did not come to that."""

    def has_begun(self, job: Job) -> bool:
        """Whether a job whose server died had begun, and cannot wait again."""
        return False

    def adopt(self, queue: JobQueue, server: str) -> None:
        """Put into the queue what should be there and is not."""


class Jobs:
    """The jobs of a server, and of the whole home while it holds the lease. One a server, shared by all its sessions.

    `kinds` are those that there are; `clock` counts seconds, of which `silent_seconds` (the lane's own where None) without a word
    from a worker are a hang.
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
        self._left: list[Job] = []  # what the server that had the lease before had in work
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
        """The job that does this; one that waits, runs or is done already where there is one, unless it is to be done `again`.

        `files` are what its function finds beside its request. Raises StorageError where it cannot be noted down.
        """
        key = key_of(request)
        with self.queue.changing():
            known = self.queue.same(kind, key)
            if known is not None and known.busy and not known.stopping:  # else it will end without a result
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
        """The last job that did, does or will do this; None where there is none, or its result is no longer kept."""
        return self.queue.same(kind, key_of(request))

    def stop(self, job_id: str, owner: str, wait_seconds: float = 0.0) -> None:
        """This person does not want the job any more; it is stopped where nobody else does.

        Returns when it has ended, or after `wait_seconds`. Raises RunError for somebody who does not wait for it. Nothing happens
        where it has ended already.
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
        """This session shows something else now; the job is stopped where nobody else waits for it."""
        self._leave(job_id, session=session)
        self.wake()

    def _leave(self, job_id: str, **who: str) -> None:
        with self.queue.changing():
            before = self.queue.job(job_id)
            self.queue.leave(job_id, **who)
            if before is not None and before.state == WAITING and not self.queue.job(job_id).busy:
                self.kinds[before.kind].put_down(before, STOPPED, "")

    def trouble(self, lane: str) -> str:
        """Why nothing goes on in a lane although jobs wait, and when that changes; "" where all is well."""
        said, _, _ = self.queue.lane(lane)
        if not said or not self.queue.in_lane(lane):
            return ""
        why, at = json.loads(said)
        seconds = math.ceil(at - time.time())
        again = f"next try in {seconds} s" if seconds > 0 else "it is being tried again"
        return f"The process that does it cannot be started ({why}); {again}"

    def warm_up(self, lane: str, what: str = "") -> None:
        """Start the worker of a lane if there is none, and let it get ready for `what`, so that the next start costs
        milliseconds."""
        now = time.monotonic()
        if now - self._warmed.get((lane, what), -math.inf) >= SLOW_LOOK_SECONDS:
            self._warmed[lane, what] = now
            with contextlib.suppress(StorageError):  # whoever submits a job will be told
                self.queue.wish_warm(lane, what)
            self.wake()

    def wake(self) -> None:
        """Look at the queue now."""
        self._inbox.put(None)

    @property
    def leads(self) -> bool:
        """Whether this is the server that gives jobs to workers."""
        return self._lease.is_locked

    def close(self) -> None:
        """End the workers; what they have in work puts itself down, and another server goes on with the queue."""
        atexit.unregister(self.close)
        self._closed.set()
        self.wake()
        self._thread.join(30.0)

    # --- the thread that gives jobs to workers -----------------------------------------------------------------------

    def call(self, what: Callable[[], None]) -> None:
        """Have something done by that thread."""
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
        """Do something, and where it fails for a reason that nobody thought of, go on without these workers."""
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
            self._put_right()
        self._settle()
        changed, self._mark = slowly or mark != self._mark, mark
        for worker in self.workers.values():
            self._safely(lambda worker=worker: worker.look(changed=changed), [worker])

    def _take_over(self) -> bool:
        """Try to get the lease, and with it what was left by the server that had it."""
        if not self.queue.folder.is_dir():  # the lock would make it anew; what has vanished may come back
            return False
        try:
            self._lease.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            return False
        try:
            self._looked_slowly, self._left = -math.inf, self.queue.running()
            self.queue.sweep()
        except BaseException:
            self._lease.release()  # the next look tries it again: nobody else would see to them
            raise
        return True

    def _settle(self) -> None:
        """See to what a server that is gone had in work, as soon as its workers have put it down."""
        for job in [job for job in self._left if not self._is_in_work(job.lane)]:
            kind, now = self.kinds.get(job.kind), self.queue.job(job.id)
            if now is not None and now.stopping:
                self.end(job, STOPPED)
            elif kind is None or kind.has_begun(job):
                self.end(job, FAILED, "The server that did it is gone.")
            elif job.n_begun >= MOST_BEGINNINGS:
                self.end(job, FAILED, f"Its server was gone {job.n_begun} times before it was done.")
            else:
                self.queue.wait_again(job.id)
            self._left.remove(job)

    def _is_in_work(self, lane: str) -> bool:
        """Whether a worker of another server may still be at it."""
        if (worker := self.workers.get(lane)) is not None and worker.ready:
            return False
        try:
            with filelock.FileLock(lock_of(self.queue, lane)).acquire(timeout=0):
                return False
        except (filelock.Timeout, OSError):
            return True

    def _put_right(self) -> None:
        """See to what changes outside the queue: servers and folders that have gone or come."""
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
        """Note that a job is over. Raises StorageError where that cannot be written; it is tried again then."""
        with contextlib.suppress(StorageError):
            job = self.queue.job(job.id) or job  # somebody may have stopped it since
        if (kind := self.kinds.get(job.kind)) is not None:
            kind.put_down(job, state, message)
        self.queue.end(job.id, state, message, result)
        self.queue.forget(job.kind, kind.n_kept if kind else 0)

    def _end(self) -> None:
        """This server goes: its workers end, what can begin again waits for another server."""
        for worker in self.workers.values():
            worker.close()
        with contextlib.suppress(CollabError, OSError):
            for job in self.queue.running() if self.leads else ():
                kind = self.kinds.get(job.kind)
                if job.stopping or kind is None or kind.has_begun(job):
                    self.end(job, STOPPED)
                else:
                    self.queue.wait_again(job.id, counts=False)  # only what nobody wished is counted
        self.queue.close()
        self._lease.release()
        self._ownership.release()


def lock_of(queue: JobQueue, lane: str) -> Path:
    """What the worker of a lane holds as long as it lives."""
    return queue.folder / f"{lane}.lock"


class LaneWorker:
    """The worker of a lane and the job that it has; for the thread of `Jobs` alone."""

    def __init__(self, lane: Lane, jobs: Jobs) -> None:
        self.lane, self.jobs = lane, jobs
        self.process: subprocess.Popen[str] | None = None
        self.ready = False
        self.job: Job | None = None
        self._asked = False  # whether the job in work was asked to stop
        self._over: tuple[str, str, Any] | None = None  # how it ended, where that could not be written yet
        self._heard = 0.0  # when the worker was last heard of
        self._longest = 0.0  # seconds of the longest step of the job in work
        self._overdue, self._counted = 0, 0.0  # for how many looks it has been silent for too long, the last one when
        self._failures = 0  # starts of a worker that failed, one after the other
        self._next_try = -math.inf
        _, _, self._n_warm = jobs.queue.lane(lane.name)  # how often it was wished to be warm when that was last heeded
        self._waits = False

    def look(self, *, changed: bool) -> None:
        """Do what is to be done now; `changed`: the queue is not what it was at the last look."""
        if self._over is not None:
            self._end_job(*self._over)
        self._look_for_a_hang()
        if self.job is not None:
            self._look_for_a_stop(changed)
        if self.job is None and (changed or self._waits):
            self._look_for_work()
        idle = self.process is not None and self.ready and self.job is None
        if idle and self.jobs.clock() - self._heard > self.lane.linger_seconds:
            self._dismiss()

    def lose(self, why: str = "") -> None:
        """This worker is of no use any more: what it had in work has failed, or waits on if it had not begun."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # not even that helps at once where a disk does not answer
            process.wait(1.0)
        code = process.poll()
        if self.job is not None:
            stopped = self._asked and self.lane.is_killed
            self._end_job(STOPPED if stopped else FAILED, "" if stopped else why)
        elif not self.ready:
            self._put_off(why or f"it ended at once, with code {code}")
        self._waits = True

    def close(self) -> None:
        """End the worker; it puts down what it has in work."""
        process, self.process = self.process, None
        if process is None:
            return
        if self.job is None or not self.ready or self.lane.is_killed:
            process.terminate()  # it has nothing to save, and may still be loading torch
        with contextlib.suppress(OSError):  # what was left to say to a process that has died
            process.stdin.close()  # the worker saves what it has and ends
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # --- the job in work ---------------------------------------------------------------------------------------------

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
            self._heard, self._longest, self._overdue = self.jobs.clock(), 0.0, 0
            self._say(do=job.id, function=kind.function, request=job.request, folder=str(queue.folder / job.id))
        if wished:
            self._n_warm = n_warm
            if self.lane.warm and what:
                self._say(warm=self.lane.warm, what=what)

    def _look_for_a_stop(self, changed: bool) -> None:
        if self._asked:
            return
        now = self.jobs.queue.job(self.job.id) if changed else self.job
        if now is None:  # the queue was begun anew meanwhile
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
        """Whether there is a worker, perhaps one that was just started; False where that has to wait."""
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
                # one thread, also in libraries that torch does not speak for
                env=os.environ
                | {"OMP_NUM_THREADS": "1", "COLLAB_HOME": str(jobs.environment.home), "COLLAB_DATA": places},
                encoding="utf-8",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as reason:
            self._put_off(reason.strerror or str(reason))
            return False
        self.ready, self._heard, self._overdue = False, jobs.clock(), 0
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        return True

    def _put_off(self, why: str) -> None:
        """A worker could not be started: wait for 1, 2, 4, … seconds."""
        delay = min(MOST_DELAY, 2.0**self._failures)
        self._next_try, self._waits = self.jobs.clock() + delay, True
        self._failures = min(self._failures + 1, 10)
        self.jobs.queue.say(self.lane.name, json.dumps([why, time.time() + delay]))

    def _dismiss(self) -> None:
        """There is nothing to do: let the worker go."""
        process, self.process = self.process, None
        with contextlib.suppress(OSError):
            process.stdin.close()

    def _say(self, **words: Any) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has died: `_listen` notices
            print(json.dumps(words), file=self.process.stdin, flush=True)

    def _hear(self, process: subprocess.Popen[str], line: str) -> None:
        """Take in what a worker says."""
        if process is not self.process:
            return  # lost already, or let go
        try:
            words = json.loads(line)
            self._heard, self._overdue = self.jobs.clock(), 0
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
        """Hand on what a worker says until it is gone; runs in a thread of its own."""
        with contextlib.suppress(OSError, ValueError):  # the pipe was closed under our hands
            for line in process.stdout:
                self.jobs.call(lambda line=line: self._hear(process, line))
        code = process.wait()
        self.jobs.call(lambda: self._hear_the_end(process, code))
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()

    def _hear_the_end(self, process: subprocess.Popen[str], code: int) -> None:
        if process is self.process:
            self.lose(f"Its process ended with code {code}." if self.ready else "")

    def _look_for_a_hang(self) -> None:
        if self.process is None or (self.job is None and self.ready):
            return
        silent = self.jobs.clock() - self._heard
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
