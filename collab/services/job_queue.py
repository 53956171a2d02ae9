"""The job queue of a home: waiting, running and recently ended jobs, in one SQLite file that all servers of the home share.

    jobs/queue.sqlite   the jobs, who waits for each, and the state of each lane
    jobs/ID/            files of a job, if it has any; deleted with it
    jobs/opening.lock   held while a server opens the file, creating it if needed
    jobs/lease.lock     held by the server that gives the jobs to workers (see `jobs.py`)
    jobs/LANE.lock      held by the one worker of a lane

The jobs of a lane take turns by owner, so that nobody waits for everything that somebody else has requested. Each job gets a
round number: one more than the owner's last, but not below the latest round begun (start-time fair queueing, Goyal, Vin and
Cheng 1997). Rounds are served in order. Jobs without an owner, which the server itself requests, come first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from collab.errors import StorageError
from collab.services import disk

VERSION = 1
WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"
LOCKED_SECONDS = 10.0  # how long one server waits for another to finish writing

_SCHEMA = f"""
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, lane TEXT NOT NULL, key TEXT NOT NULL,
    request TEXT NOT NULL, owner TEXT NOT NULL, round INTEGER NOT NULL, state TEXT NOT NULL DEFAULT '{WAITING}',
    worker TEXT NOT NULL DEFAULT '', share REAL NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '', stopping INTEGER NOT NULL DEFAULT 0,
    n_begun INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, since REAL NOT NULL);
CREATE INDEX in_order ON jobs (lane, state, round, number);
CREATE INDEX by_key ON jobs (kind, key);
CREATE TABLE waiters (job TEXT NOT NULL, owner TEXT NOT NULL, session TEXT NOT NULL, server TEXT NOT NULL,
    PRIMARY KEY (job, owner, session));
CREATE TABLE lanes (lane TEXT PRIMARY KEY, trouble TEXT NOT NULL DEFAULT '', warm TEXT NOT NULL DEFAULT '',
    n_warm INTEGER NOT NULL DEFAULT 0);
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Job:
    """One background job.

    `kind` says what is done, and `request` gives its arguments. Two jobs of a kind with the same `key` have the same result; ""
    equals no other. It waits or runs in a `lane`; `owner` requested it first, "" is the server. `share` of it is done, 0 … 1,
    and `note` says more; once it has ended, `message` says why, or `result` holds its result. `place` is its position among the
    waiting jobs of its lane, from 1; 0 once it has begun. `worker` is the server whose worker has it, `n_begun` how often it
    was begun; `created` and `since` are when it was requested and when its state began, in seconds since 1970.
    """

    id: str
    kind: str
    lane: str
    key: str
    request: dict[str, Any]
    owner: str
    state: str
    worker: str
    share: float
    note: str
    message: str
    result: Any
    stopping: bool
    n_begun: int
    created: float
    since: float
    place: int = 0

    @property
    def busy(self) -> bool:
        return self.state in (WAITING, RUNNING)


_COLUMNS = tuple(field.name for field in dataclasses.fields(Job) if field.name != "place")


@dataclass(frozen=True)
class Waiter:
    """Who waits for a job: a person, their session and its server."""

    owner: str
    session: str
    server: str


class JobQueue:
    """The jobs of the home `home`. Any number of threads and processes may use it. Every method is its own transaction, or part
    of the one that `changing` has begun. Whatever cannot be read or written raises StorageError."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "jobs"
        self.file = self.folder / "queue.sqlite"
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._depth = 0
        with self.changing():
            pass

    # --- writing -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction: nobody else changes the queue during the block, and all of its changes are kept, or none."""
        with self._using() as database:
            if self._depth == 0:
                database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                database.execute("COMMIT")

    def add(
        self,
        kind: str,
        lane: str,
        request: dict[str, Any],
        waiter: Waiter,
        *,
        key: str = "",
        job_id: str = "",
    ) -> Job:
        """Add a job to its lane, in the next round of its owner."""
        job_id, owner, now = job_id or new_id(), waiter.owner, time.time()
        with self.changing():
            (reached,) = self._one("SELECT COALESCE(MAX(round), 0) FROM jobs WHERE lane = ? AND n_begun > 0", lane)
            (own,) = self._one("SELECT COALESCE(MAX(round), 0) FROM jobs WHERE lane = ? AND owner = ?", lane, owner)
            turn = max(reached, own + 1) if owner else 0
            self._run(
                "INSERT INTO jobs (id, kind, lane, key, request, owner, round, created, since) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(job_id, kind, lane, key, json.dumps(request), owner, turn, now, now),
            )
            self.join(job_id, waiter)
            return self._found("id = ?", job_id)[0]

    def join(self, job_id: str, waiter: Waiter) -> None:
        """Add a waiter to a job."""
        with self.changing():
            self._run("INSERT OR REPLACE INTO waiters VALUES (?, ?, ?, ?)", job_id, *dataclasses.astuple(waiter))

    def leave(self, job_id: str, *, owner: str | None = None, session: str | None = None) -> None:
        """Remove the waiters of a person, or of a session, from a job. The job is stopped when the last one leaves."""
        with self.changing():
            column, who = ("owner", owner) if session is None else ("session", session)
            gone = self._run(f"DELETE FROM waiters WHERE job = ? AND {column} = ?", job_id, who).rowcount
            if gone and not self.waiters(job_id):
                self.stop(job_id)

    def stop(self, job_id: str) -> None:
        """Stop a job, whoever waits for it: a waiting one ends at once, a running one is asked to stop."""
        with self.changing():
            self.end(job_id, STOPPED, only=WAITING)
            self._run("UPDATE jobs SET stopping = 1 WHERE id = ? AND state = ?", job_id, RUNNING)

    def begin(self, job_id: str, worker: str) -> bool:
        """Give a job to a worker of the server `worker`; False if it is no longer waiting."""
        with self.changing():
            begun = self._run(
                "UPDATE jobs SET state = ?, worker = ?, since = ?, n_begun = n_begun + 1 WHERE id = ? AND state = ?",
                *(RUNNING, worker, time.time(), job_id, WAITING),
            )
            return begun.rowcount > 0

    def report(self, job_id: str, share: float, note: str) -> None:
        """Record the progress of a running job."""
        with self.changing():
            self._run("UPDATE jobs SET share = ?, note = ? WHERE id = ? AND state = ?", share, note, job_id, RUNNING)

    def wait_again(self, job_id: str, *, counts: bool = True) -> None:
        """Return a running job to its place in the lane; `counts`: whether this start stays in `n_begun`."""
        with self.changing():
            self._run(
                "UPDATE jobs SET state = ?, worker = '', share = 0, note = '', since = ?, n_begun = n_begun - ? "
                "WHERE id = ? AND state = ?",
                *(WAITING, time.time(), not counts, job_id, RUNNING),
            )

    def end(self, job_id: str, state: str, message: str = "", result: Any = None, *, only: str = "") -> None:
        """End a job and remove its waiters; with `only`, only if it is in that state."""
        with self.changing():
            ended = self._run(
                "UPDATE jobs SET state = ?, message = ?, result = ?, stopping = 0, since = ? "
                "WHERE id = ? AND state IN (?, ?)",
                *(state, message, "" if result is None else json.dumps(result), time.time()),
                *(job_id, only or WAITING, only or RUNNING),
            )
            if ended.rowcount:
                self._run("DELETE FROM waiters WHERE job = ?", job_id)

    def forget(self, kind: str, n_kept: int) -> None:
        """Remove the ended jobs of a kind, except the last `n_kept`, with their files."""
        with self.changing():
            old = self._found(
                "kind = ? AND state NOT IN (?, ?) ORDER BY since DESC LIMIT -1 OFFSET ?", kind, WAITING, RUNNING, n_kept
            )
            for job in old:
                self._run("DELETE FROM jobs WHERE id = ?", job.id)
        for job in old:
            shutil.rmtree(self.folder / job.id, ignore_errors=True)

    def sweep(self) -> None:
        """Remove the files of jobs that are not in the queue: a server died before it added one, or the queue was lost."""
        with self.changing():  # a job and its files are added in one transaction
            known = {job_id for (job_id,) in self._run("SELECT id FROM jobs")}
            for folder in self.folder.glob("*/"):
                if folder.name not in known:
                    shutil.rmtree(folder, ignore_errors=True)

    def say(self, lane: str, trouble: str) -> None:
        """Record why a lane is stuck, "" if it is not."""
        self._set_lane(lane, "trouble = ?", trouble)

    def request_warm_up(self, lane: str, what: str) -> None:
        """Ask that the worker of a lane be started and prepare `what`, because a job is expected soon."""
        self._set_lane(lane, "warm = ?, n_warm = n_warm + 1", what)

    def _set_lane(self, lane: str, change: str, text: str) -> None:
        with self.changing():
            self._run("INSERT OR IGNORE INTO lanes (lane) VALUES (?)", lane)
            self._run(f"UPDATE lanes SET {change} WHERE lane = ?", text, lane)

    # --- reading -----------------------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Job | None:
        """The job with this id, None if there is none (any more)."""
        with self._using():
            found = next(iter(self._found("id = ?", job_id)), None)
            if found is None or found.state != WAITING:
                return found
            (place,) = self._one(
                "SELECT COUNT(*) FROM jobs AS own, jobs AS other WHERE own.id = ? AND other.lane = own.lane "
                "AND other.state = own.state AND (other.round, other.number) <= (own.round, own.number)",
                job_id,
            )
            return dataclasses.replace(found, place=place)

    def same(self, kind: str, key: str) -> Job | None:
        """The last job of a kind with this key; one that waits or runs takes precedence over an ended one."""
        with self._using():
            found = self._found(
                "kind = ? AND key = ? ORDER BY state IN (?, ?) DESC, number DESC LIMIT 1", kind, key, WAITING, RUNNING
            )
            return self.job(found[0].id) if found else None

    def in_lane(self, lane: str) -> list[Job]:
        """The running job (first) and the waiting ones, in order, from one snapshot."""
        with self._using():
            found = self._found(
                "lane = ? AND state IN (?, ?) ORDER BY state = ?, round, number", lane, RUNNING, WAITING, WAITING
            )
        n_running = sum(job.state == RUNNING for job in found)
        return [dataclasses.replace(job, place=max(0, at - n_running)) for at, job in enumerate(found, 1)]

    def waiting(self, lane: str) -> list[Job]:
        """The waiting jobs of a lane, in order."""
        return [job for job in self.in_lane(lane) if job.state == WAITING]

    def running(self, lane: str = "") -> list[Job]:
        """The running jobs of one lane, or of all."""
        with self._using():
            return self._found("state = ? AND (lane = ? OR ? = '') ORDER BY number", RUNNING, lane, lane)

    def waiters(self, job_id: str) -> list[Waiter]:
        """Who waits for a job."""
        with self._using():
            rows = self._run("SELECT owner, session, server FROM waiters WHERE job = ?", job_id).fetchall()
        return [Waiter(*row) for row in rows]

    def lane(self, lane: str) -> tuple[str, str, int]:
        """The trouble of a lane, what its worker was last asked to prepare, and the number of such requests."""
        with self._using():
            return self._one("SELECT trouble, warm, n_warm FROM lanes WHERE lane = ?", lane) or ("", "", 0)

    def mark(self) -> tuple[int, ...]:
        """A value that changes whenever anybody changes the queue."""
        with self._using() as database:
            return (*self._opened, *self._one("PRAGMA data_version"), database.total_changes)

    # --- internals ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    @contextlib.contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._depth == 0:
                    self._open()
                yield self._database
            except sqlite3.Error as reason:
                raise StorageError(
                    f"The queue cannot be used: {self.file} ({reason}). What trains and what has ended is not touched. See that "
                    "its disk has room and may be written to, then try again"
                ) from reason

    def _open(self) -> None:
        """Open the file, or reopen it if it was replaced: its folder may have vanished and come back."""
        try:
            now = self.file.stat()
            seen = now.st_dev, now.st_ino
        except OSError:
            seen = None
        if self._database is not None and seen == self._opened:
            return
        self.close()
        with disk.writing("The queue cannot be used", self.folder, "What trains and what has ended is not touched."):
            self.folder.mkdir(exist_ok=True)  # not its parents: a vanished home may come back
            with filelock.FileLock(self.folder / "opening.lock", timeout=LOCKED_SECONDS):  # one server creates the file
                self._connect()
            found = self.file.stat()
        self._opened = found.st_dev, found.st_ino

    def _connect(self) -> None:
        for is_retry in (False, True):
            self._database = sqlite3.connect(
                self.file, timeout=LOCKED_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                return self._set_up(self._database)
            except sqlite3.DatabaseError as reason:
                self.close()
                # damaged, or of another version: the queue is refilled from the run folders
                if is_retry or isinstance(reason, sqlite3.OperationalError):
                    raise
                for file in self.folder.glob(f"{self.file.name}*"):
                    file.unlink(missing_ok=True)

    @staticmethod
    def _set_up(database: sqlite3.Connection) -> None:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
        database.execute("COMMIT")
        if version not in (0, VERSION) or database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it is damaged, or of another version")

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._database.execute(statement, values)

    def _one(self, statement: str, *values: Any) -> Any:
        return self._run(statement, *values).fetchone()

    def _found(self, condition: str, *values: Any) -> list[Job]:
        rows = self._run(f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE {condition}", *values).fetchall()
        return [_job_of(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def new_id() -> str:
    """A random job id: 8 of the characters 0-9 and a-f, like a run's."""
    return secrets.token_hex(4)


def key_of(request: dict[str, Any]) -> str:
    """The key of a job whose result depends on its request alone."""
    return json.dumps(request, sort_keys=True)


def _job_of(row: dict[str, Any]) -> Job:
    row["request"], row["stopping"] = json.loads(row["request"]), bool(row["stopping"])
    row["result"] = json.loads(row["result"]) if row["result"] else None
    return Job(**row)
