"""Trainings as jobs: their lanes, the limits per person, and how a run's folder is closed when its job ends.

A run is recorded in its folder before it is queued, and only the folder says how it ended. If the queue is lost, it is refilled
from the folders of the waiting runs.
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
from collab.services.plans import training_key
from collab.services.run_record import RunRecord
from collab.services.runs import RunStore
from collab.services.time_limit import check_times

MOST_WAITING = 3  # of one person, submitted one by one
MOST_AT_ONCE = 50  # of one person, submitted together
MAX_QUEUED = 200  # of all

_WORKER = {
    "modules": ("collab.services.training_job",),
    "warm": "collab.services.training_job:get_ready",
    "linger_seconds": float("inf"),
}
TRAINING = Lane("training", niceness=10, **_WORKER)
TRIALS = Lane("trials", niceness=0, **_WORKER)  # somebody waits for it, and it takes only a moment
# every page waits for the server's own run, which takes a moment: not queued behind an hour; rare, so no worker lingers long
FIRST_RUNS = Lane("first runs", niceness=0, modules=_WORKER["modules"], linger_seconds=30.0)


@dataclass(frozen=True)
class Training(Kind):
    """A kind of job that trains a run: `request` has the id of the "run", and the "folder" of the home that holds its store."""

    home: Path = Path()
    is_kept: bool = True  # whether a run is kept after it was stopped; a trial is not
    adopts: bool = False  # whether it requeues waiting runs whose jobs were lost
    stores: dict[str, RunStore] = field(default_factory=dict, compare=False)

    def store(self, folder: str = "") -> RunStore:
        """The runs under a folder of the home; that of a server's trials is made by that server alone."""
        if folder not in self.stores:
            self.stores[folder] = RunStore(self.home / folder, durable=not folder, create=not folder)
        return self.stores[folder]

    def is_wanted(self, job: Job) -> bool:
        store, run_id = self._run(job)
        return store.is_under_way(run_id) and not store.is_asked_to_stop(run_id)

    def on_end(self, job: Job, state: str, message: str) -> None:
        with contextlib.suppress(CollabError, OSError):  # its folder is gone
            store, run_id = self._run(job)
            record = store.record(run_id)
            if (record.state == "queued" and state == STOPPED) or (job.stopping and not self.is_kept):
                store.discard(run_id)  # it never began, or nobody needs it, even if it ended meanwhile
            elif record.busy:
                try:
                    store.interrupt(record, message)
                except StorageError as reason:
                    store.give_up(run_id, f"{message} {reason}".strip())
            elif message and not record.files:  # its ending could not be written
                store.give_up(run_id, message)

    def has_begun(self, job: Job) -> bool:
        store, run_id = self._run(job)
        try:
            return store.record(run_id).state != "queued"
        except RunError:
            return True

    def adopt(self, queue: JobQueue, server: str) -> None:
        if not self.adopts:
            return
        self.store().rescue_sometimes()
        if all(queue.job(record.id) for record in self._waiting()):
            return
        with queue.changing():  # whoever records a run also queues it in the same transaction
            for record in self._waiting():
                if queue.job(record.id) is None:
                    self.add(queue, record, server)

    def add(self, queue: JobQueue, record: RunRecord, server: str) -> None:
        """Queue a recorded run."""
        waiter, request = Waiter(record.starter, "", server), {"folder": "", "run": record.id}
        queue.add(self.name, self.lane.name, request, waiter, key=key_of_training(record), job_id=record.id)

    def _waiting(self) -> list[RunRecord]:
        """The runs that wait in the queue, the first to arrive first."""
        return [each for each in reversed(self.store().records()) if each.state == "queued" and not each.owner]

    def _run(self, job: Job) -> tuple[RunStore, str]:
        """The store of the job's run, and the run's id; the run may be gone with its server."""
        return self.store(job.request["folder"]), job.request["run"]


class Trainings:
    """The trainings of the home, for pages; what they show of a run comes from its folder.

    A person, the `starter` of runs, has at most MOST_WAITING runs waiting, or MOST_AT_ONCE that were submitted together, none
    of which takes longer than `time_limit.MOST_SECONDS`. A run without a starter is the server's own: it has no limits, and its
    own lane.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.kind: Training = jobs.kinds["training"]
        self.first: Training = jobs.kinds["first run"]
        self.store = self.kind.store()

    def warm_up(self, data: str) -> None:
        """Start the worker if there is none, and let it read a data set, so that the next run starts in milliseconds."""
        self.jobs.warm_up(TRAINING.name, data)

    def submit(self, record: RunRecord) -> str:
        """Queue a planned run (see `plans.plan`); returns its id.

        Raises RunError if the queue is full, too many runs of its starter wait, it would take too long, or cannot be recorded.
        """
        self._check_time([record])
        return self._submit(record)

    def submit_once(self, record: RunRecord) -> str:
        """`submit`, unless the same training is already waiting or running, whose id is returned then.

        Two people who open the first page of a new server at once get the same run.
        """
        if (run_id := self._same(record)) is None:
            self._check_time([record])  # before the queue is locked: it may read a data set
            with self.jobs.queue.changing():
                run_id = self._same(record) or self._submit(record)
        return run_id

    def submit_all(self, starter: str, records: Iterable[RunRecord]) -> list[str]:
        """Queue those of a person's runs that are not already waiting or running; returns their ids.

        Raises RunError, and queues nothing, if there are too many, or they would take too long: one of them, or all together,
        longer than `time_limit.MOST_SECONDS`. Raises StorageError if one cannot be recorded.
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
        """Ids of this person's waiting runs, in order."""
        return [job.id for job in self.jobs.queue.waiting(TRAINING.name) if job.owner == starter]

    def queue(self) -> list[str]:
        """Ids of the running (first) and the waiting runs, in order."""
        jobs = [job for kind in (self.first, self.kind) for job in self.jobs.queue.in_lane(kind.lane.name)]
        return [job.id for job in sorted(jobs, key=lambda job: job.state == WAITING)]

    def trouble(self) -> str:
        """Why nothing trains although runs wait, and when the next attempt is; "" if all is well."""
        return self.jobs.trouble(TRAINING.name) or self.jobs.trouble(FIRST_RUNS.name)

    # --- internals ---------------------------------------------------------------------------------------------------

    def _check_time(self, records: Iterable[RunRecord]) -> None:
        """Raise RunError if a person's runs would take too long. Not while the queue is locked: it may read a data set."""
        records = [record for record in records if record.starter]
        if records:
            self.jobs.warm_up(TRAINING.name)  # which takes longer than reading the data
        check_times(records, self.jobs.environment)

    def _submit(self, record: RunRecord) -> str:
        with self.jobs.queue.changing():
            if record.starter and len(self.waiting_of(record.starter)) >= MOST_WAITING:
                raise RunError(
                    f"{MOST_WAITING} of your runs are waiting already; wait until one of them has begun, or stop one"
                )
            return self._note([record])[0]

    def _same(self, record: RunRecord) -> str | None:
        """The id of a run in the queue that is the same training, None if there is none."""
        for kind in (self.kind, self.first):
            job = self.jobs.queue.same(kind.name, key_of_training(record))
            if job is not None and job.busy and not job.stopping and kind.is_wanted(job):
                return job.id
        return None

    def _note(self, records: Iterable[RunRecord]) -> list[str]:
        """Record and queue runs, all or none."""
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
    """A key that is equal for two trainings that give the same model."""
    return json.dumps(training_key(record), sort_keys=True)
