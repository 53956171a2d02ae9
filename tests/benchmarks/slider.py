"""How soon a trial answers after a slider was released: `python -m tests.benchmarks.slider [N]`.

From the call that a page makes to what a page can read: the first step on the disk, and the final figure. MovieLens 100K, presets
"fast", a warm worker, another model seed at each of N (default 12) releases; medians and the slowest, in milliseconds.
"""

import dataclasses
import statistics
import sys
import tempfile
import time
from pathlib import Path

from collab.models import preset_of
from collab.services.environment import read_environment
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.trials import TrialLane, key_of

POLL_SECONDS = 0.002


def measure(trials, model, seed):
    """Milliseconds to the first step that can be read, and to the final figure."""
    record = plan(
        model, dataclasses.replace(preset_of(model, "fast"), seed=seed), "ml-100k", "random:0.2+sealed:0.1", 0
    )
    start, first = time.perf_counter(), None
    trials.train(record)
    while True:
        progress = trials.look(key_of(record).rows).current
        if first is None and (len(progress.batches) or len(progress.history)):
            first = time.perf_counter() - start
        if not progress.record.busy:
            return 1000 * first, 1000 * (time.perf_counter() - start)
        time.sleep(POLL_SECONDS)


def main():
    n_releases = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    environment = read_environment()
    with tempfile.TemporaryDirectory() as home:
        environment = dataclasses.replace(environment, home=Path(home))
        jobs = Jobs(environment, all_kinds(environment))
        lane = TrialLane(jobs)
        trials = lane.open()
        for model in ("dot-bias", "bayes"):
            measure(trials, model, 1000)  # the worker starts and reads the data set
            found = [measure(trials, model, seed) for seed in range(n_releases)]
            for what, times in zip(("first step", "final figure"), zip(*found, strict=True), strict=True):
                print(f"{model:8}  {what:12}  median {statistics.median(times):4.0f} ms, slowest {max(times):4.0f} ms")
        jobs.close()
        lane.close()


if __name__ == "__main__":
    main()
