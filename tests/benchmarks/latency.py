"""From the press on Start to the first batch: a warm worker beside a cold one, and where the time goes.

    python -m tests.benchmarks.latency

MovieLens 100K, random 20 % held out, items are titles. Measured is what the page's button does, `trainings.submit(plan(…))`, up
to the first report of a batch inside the worker process, end to end with a real `Jobs` and its real worker. Every press takes
another seed, so that split and model are new each time. Opponent, in the same run: the same press on a server whose worker was
not started before. Stages are medians over the presses; what a stage holds of another one is not counted twice.

The worker is `tests/benchmarks/watched_worker.py`: Collab's own with stop watches around its functions.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from collab.models import preset_of
from collab.services.environment import Environment, read_environment
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.time_limit import check_times
from collab.services.trainings import TRAINING, Trainings
from tests.benchmarks.watched_worker import NOTES, STAGES

PRESSES = (("dot-bias", "fast"), ("dot-bias", "chapter"), ("bayes", "fast"))
N_WARM, N_COLD = 7, 2
GOAL = 0.150


class WatchedJobs(Jobs):
    """Jobs whose workers are watched; `handed_over`: when the last word was said to the one that trains."""

    worker_module = "tests.benchmarks.watched_worker"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment, all_kinds(environment))
        self.handed_over, worker = 0.0, self.workers[TRAINING.name]
        say = worker._say

        def watched(**words: Any) -> None:
            self.handed_over = time.monotonic()
            say(**words)

        worker._say = watched


def press(trainings: Trainings, model: str, preset: str, seed: int) -> tuple[float, str]:
    """What the page does; returns when it was pressed, and the run's id."""
    settings = dataclasses.replace(preset_of(model, preset), seed=seed)
    pressed = time.monotonic()
    return pressed, trainings.submit(plan(model, settings, "ml-100k", "random:0.2", seed, starter="somebody"))


def measure(trainings: Trainings, model: str, preset: str, seed: int) -> tuple[float, dict[str, float]]:
    """Seconds from the press to the first batch, and seconds by stage."""
    jobs = trainings.jobs
    notes = jobs.environment.home / NOTES
    notes.unlink(missing_ok=True)
    pressed, run_id = press(trainings, model, preset, seed)
    while trainings.queue():
        time.sleep(0.02)
    assert trainings.store.record(run_id).state == "finished", trainings.store.record(run_id).message
    stages = {"plan and create": jobs.handed_over - pressed}
    rows = [json.loads(line) for line in notes.read_text().splitlines()]
    began = next(row["began"] for row in rows if row["stage"] == "carry_out")
    first = next(row["ended"] for row in rows if row["stage"] == "fit")
    stages["hand-over"] = began - jobs.handed_over
    inside = 0.0
    for row in rows:
        if row["stage"] in STAGES and row["began"] < first:
            stages[STAGES[row["stage"]]] = stages.get(STAGES[row["stage"]], 0.0) + row["own"]
            inside += row["own"]
    stages["the rest"] = first - began - inside
    return first - pressed, stages


@contextlib.contextmanager
def server(home: str) -> Iterator[Trainings]:
    """A server's trainings on an empty home."""
    os.environ["COLLAB_HOME"] = home
    jobs = WatchedJobs(read_environment())
    try:
        yield Trainings(jobs)
    finally:
        jobs.close()


def main() -> None:
    """Print the table."""
    cold = {}
    for model, preset in PRESSES:
        cold[model, preset] = []
        for seed in range(N_COLD):
            with tempfile.TemporaryDirectory() as home, server(home) as trainings:
                cold[model, preset].append(measure(trainings, model, preset, seed)[0])
    for model, preset in PRESSES:
        with tempfile.TemporaryDirectory() as home, server(home) as trainings:
            trainings.warm_up("ml-100k")
            wait_until_warm(trainings)
            check_times(
                [plan(model, preset_of(model, preset), "ml-100k", "random:0.2", 0)], read_environment()
            )  # as any page
            taken = [measure(trainings, model, preset, seed) for seed in range(N_WARM)]
            seconds = [total for total, _ in taken]
            middle, worst = statistics.median(seconds), max(seconds)
            print(
                f"{model} {preset}: press to first batch {1000 * middle:.0f} ms (worst {1000 * worst:.0f}, the very first "
                f"{1000 * seconds[0]:.0f}; goal {1000 * GOAL:.0f}: {'met' if worst <= GOAL else 'missed'}), "
                f"cold worker {1000 * statistics.median(cold[model, preset]):.0f} ms"
            )
            for name in dict.fromkeys(name for _, stages in taken for name in stages):
                values = [stages.get(name, 0.0) for _, stages in taken]
                print(f"    {name:20} {1000 * statistics.median(values):7.1f} ms   worst {1000 * max(values):7.1f}")


def wait_until_warm(trainings: Trainings) -> None:
    """Return when the worker has done what `warm_up` asked for."""
    notes = trainings.jobs.environment.home / NOTES
    while not (notes.exists() and '"warm"' in notes.read_text()):
        time.sleep(0.05)


if __name__ == "__main__":
    main()
