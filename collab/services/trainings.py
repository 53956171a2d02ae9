"""Trainings as jobs: what a run waits for, who may have how many, and how its folder ends when its job does.

A run is noted down in its folder before it is queued, and the folder alone says how it ended. If the queue is lost, it is filled
again from the folders of the runs that wait.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from collab.errors import CollabError, RunError, StorageError
from collab.services.job_queue import STOPPED, WAITING, Job, JobQueue, Waiter
from collab.services.jobs import Jobs, Kind, Lane
from collab.services.plans import what_is_trained
from collab.services.run_record import RunRecord
from collab.services.runs import RunStore
from collab.services.time_limit import check_times

MOST_WAITING = 3  # of one person, asked for one by one
MOST_AT_ONCE = 50  # of one person, asked for together
MAX_QUEUED = 200  # of all

_WORKER = {
    "modules": ("collab.services.training_job",),
    "warm": "collab.services.training_job:get_ready",
    "linger_seconds": float("inf"),
}
TRAINING = Lane("training", niceness=10, **_WORKER)
TRIALS = Lane("trials", niceness=0, **_WORKER)  # somebody waits for it, and it takes a moment only
# every page waits for a run of the server's own, which takes a moment: not behind somebody's hour; seldom, so nothing lingers
FIRST_RUNS = Lane("first runs", niceness=0, modules=_WORKER["modules"], linger_seconds=30.0)


@dataclass(frozen=True)
class Training(Kind):
    """A kind of job that trains a run: `request` has the id of the "run", and the "folder" of the home that holds its store."""

    home: Path = Path()
    is_kept: bool = True  # whether a run outlives whoever wanted it; a trial does not
    adopts: bool = False  # whether it takes in the runs that wait and whose jobs were lost
    stores: dict[str, RunStore] = field(default_factory=dict, compare=False)

    def store(self, folder: str = "") -> RunStore:
        """The runs under a folder of the home."""
        if folder not in self.stores:
            self.stores[folder] = RunStore(self.home / folder, durable=not folder)
        return self.stores[folder]

    def is_wanted(self, job: Job) -> bool:
        try:
            store, run_id = self._run(job)
        except RunError:
            return False
        return store.is_under_way(run_id) and not store.is_asked_to_stop(run_id)

    def put_down(self, job: Job, state: str, message: str) -> None:
        with contextlib.suppress(CollabError, OSError):  # its folder is gone
            store, run_id = self._run(job)
            record = store.record(run_id)
            if (record.state == "queued" and state == STOPPED) or (job.stopping and not self.is_kept):
                store.discard(run_id)  # it never began, or nobody will look at it, also where it ended all the same
            elif record.busy:
                try:
                    store.interrupt(record, message)
                except StorageError as reason:
                    store.give_up(run_id, f"{message} {reason}".strip())
            elif message and not record.files:  # its ending could not be written
                store.give_up(run_id, message)

    def has_begun(self, job: Job) -> bool:
        try:
            store, run_id = self._run(job)
            return store.record(run_id).state != "queued"
        except RunError:
            return True

    def adopt(self, queue: JobQueue, server: str) -> None:
        if not self.adopts:
            return
        self.store().rescue_sometimes()
        if all(queue.job(record.id) for record in self._waiting()):
            return
        with queue.changing():  # who notes a run down has it in the queue by the end of its own change
            for record in self._waiting():
                if queue.job(record.id) is None:
                    self.add(queue, record, server)

    def add(self, queue: JobQueue, record: RunRecord, server: str) -> None:
        """Put a run that is noted down into the queue."""
        waiter, request = Waiter(record.starter, "", server), {"folder": "", "run": record.id}
        queue.add(self.name, self.lane.name, request, waiter, key=key_of_training(record), job_id=record.id)

    def _waiting(self) -> list[RunRecord]:
        """The runs that wait in the queue, the first to arrive first."""
        return [each for each in reversed(self.store().records()) if each.state == "queued" and not each.owner]

    def _run(self, job: Job) -> tuple[RunStore, str]:
        """Where its run is, and the run's id. Raises RunError where the store is gone with its server, and makes none anew."""
        folder = job.request["folder"]
        if not (self.home / folder).is_dir():
            raise RunError(f"there is no {self.home / folder}")
        return self.store(folder), job.request["run"]


class Trainings:
    """The trainings of the home, for pages; what they show of a run comes from its folder.

    A person, the `starter` of runs, has at most MOST_WAITING runs waiting, or MOST_AT_ONCE that were asked for together, none
    of which takes longer than `time_limit.MOST_SECONDS`. A run without a starter is the server's own: it has no limits, and a
    lane for itself.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.kind: Training = jobs.kinds["training"]
        self.first: Training = jobs.kinds["first run"]
        self.store = self.kind.store()

    def warm_up(self, data: str) -> None:
        """Start the worker if there is none, and let it read a data set, so that the next start costs milliseconds."""
        self.jobs.warm_up(TRAINING.name, data)

    def submit(self, record: RunRecord) -> str:
        """Put a planned run (see `training_job.plan`) into the queue; returns its id.

        Raises RunError where the queue is full, too many runs of its starter wait, it would take too long, or cannot be noted.
        """
        self._check_time([record])
        return self._submit(record)

    def submit_once(self, record: RunRecord) -> str:
        """`submit`, unless the same training waits or runs already; returns that one's id then.

        Two people who open the first page of a new server at once want one and the same run.
        """
        if (run_id := self._same(record)) is None:
            self._check_time([record])  # before the queue is held: it may read a data set
            with self.jobs.queue.changing():
                run_id = self._same(record) or self._submit(record)
        return run_id

    def submit_all(self, starter: str, records: Iterable[RunRecord]) -> list[str]:
        """Train all of these runs of one person, none of which waits or runs already; returns their ids.

        Raises RunError, and queues nothing, where these are too many, or would take too long: one of them, or all together,
        longer than `time_limit.MOST_SECONDS`. Raises StorageError where one cannot be noted down.
        """
        records = [dataclasses.replace(record, starter=starter) for record in records]
        self._check_time(records)
        with self.jobs.queue.changing():
            records = [record for record in records if self._same(record) is None]
            n_waiting = len(self.waiting_of(starter))
            if n_waiting and n_waiting + len(records) > MOST_AT_ONCE:
                raise RunError(
                    f"{n_waiting} of your runs are waiting already, and these are {len(records)} more; wait until some have "
                    "begun, or stop some"
                )
            if len(records) > MOST_AT_ONCE:
                raise RunError(f"these are {len(records)} trainings; at most {MOST_AT_ONCE} are queued at once")
            return self._note(records)

    def waiting_of(self, starter: str) -> list[str]:
        """Ids of the runs of this person that are still to begin, in order."""
        return [job.id for job in self.jobs.queue.waiting(TRAINING.name) if job.owner == starter]

    def queue(self) -> list[str]:
        """Ids of the runs in work (first) and of those that wait, in order."""
        jobs = [job for kind in (self.first, self.kind) for job in self.jobs.queue.in_lane(kind.lane.name)]
        return [job.id for job in sorted(jobs, key=lambda job: job.state == WAITING)]

    def trouble(self) -> str:
        """Why nothing trains although runs wait, and when that changes; "" where all is well."""
        return self.jobs.trouble(TRAINING.name) or self.jobs.trouble(FIRST_RUNS.name)

    # --- within ------------------------------------------------------------------------------------------------------

    def _check_time(self, records: Iterable[RunRecord]) -> None:
        """Raise RunError where these runs of one person would take too long. Not while the queue is held: it may read a data
        set."""
        records = [record for record in records if record.starter]
        if records:
            self.jobs.warm_up(TRAINING.name)  # which takes longer than to read the data
        check_times(records, self.jobs.environment)

    def _submit(self, record: RunRecord) -> str:
        with self.jobs.queue.changing():
            if record.starter and len(self.waiting_of(record.starter)) >= MOST_WAITING:
                raise RunError(
                    f"{MOST_WAITING} of your runs are waiting already; wait until one of them has begun, or stop one"
                )
            return self._note([record])[0]

    def _same(self, record: RunRecord) -> str | None:
        """The id of a run in the queue that is the same training."""
        for kind in (self.kind, self.first):
            job = self.jobs.queue.same(kind.name, key_of_training(record))
            if job is not None and job.busy and not job.stopping and kind.is_wanted(job):
                return job.id
        return None

    def _note(self, records: Iterable[RunRecord]) -> list[str]:
        """Note runs down and queue them, all or none."""
        queue, noted = self.jobs.queue, []
        try:
            with queue.changing():
                for record in records:
                    if record.starter and len(queue.waiting(TRAINING.name)) >= MAX_QUEUED:
                        raise RunError(
                            f"{MAX_QUEUED} runs are waiting already; wait until one has ended, or stop one of yours"
                        )
                    noted.append(self.store.create(dataclasses.replace(record, owner="")))
                    (self.kind if record.starter else self.first).add(queue, noted[-1], self.jobs.server)
        except CollabError:
            for record in noted:
                self.store.discard(record.id)
            raise
        self.jobs.wake()
        return [record.id for record in noted]


def key_of_training(record: RunRecord) -> str:
    """The same for two trainings that give the same model."""
    return json.dumps(what_is_trained(record), sort_keys=True)
