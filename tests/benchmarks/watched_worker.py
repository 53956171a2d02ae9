"""Collab's worker with stop watches around its functions, for the benchmark of the latency.

It notes when each stage began and ended, on the clock that all processes of a machine share, and how long it took without the
stages inside it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collab.data.dataset import Dataset
from collab.services import training_job, worker
from collab.services.environment import read_environment
from collab.services.runs import RunStore

NOTES = "latency.jsonl"  # in COLLAB_HOME: a line a stage that has ended
STAGES = {
    "load_encoded": "reading the data",
    "fingerprint": "fingerprint",
    "split_by": "split",
    "take": "taking rows",
    "build_model": "building the model",
    "baselines": "baselines",
    "describe_environment": "environment",
    "describe_items": "tables: items",
    "describe_users": "tables: users",
    "write_tables": "tables: writing",
    "begin": "curve files",
    "write_record": "writing the record",
    "settings_from": "settings",
    "fit": "first batch",
}


class Watch:
    """Stop watches around functions; a stage's own time is without the stages inside it."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes
        self.inside = [0.0]

    def note(self, stage: str, began: float, ended: float, own: float) -> None:
        with self.notes.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"stage": stage, "began": began, "ended": ended, "own": own}) + "\n")

    def around(self, holder: Any, name: str, stage: str = "") -> None:
        """Replace `holder.name` by itself with a watch around."""
        function = getattr(holder, name)

        def watched(*values: Any, **named: Any) -> Any:
            began = time.monotonic()
            self.inside.append(0.0)
            try:
                return function(*values, **named)
            finally:
                ended = time.monotonic()
                own = ended - began - self.inside.pop()
                self.inside[-1] += ended - began
                self.note(stage or name, began, ended, own)

        setattr(holder, name, watched)

    def around_first_batch(self, fit: Callable[..., Any]) -> Callable[..., Any]:
        """`fit` with a note at its first report of a batch."""

        def watched(*values: Any, on_batch: Callable[..., None], **named: Any) -> Any:
            began, first = time.monotonic(), [True]

            def report(batch: Any) -> None:
                if first:
                    first.clear()
                    ended = time.monotonic()
                    self.note("fit", began, ended, ended - began)
                on_batch(batch)

            return fit(*values, on_batch=report, **named)

        return watched


def main() -> None:
    """Be the worker, watched."""
    watch = Watch(read_environment().home / NOTES)
    for name in STAGES:
        for holder in (training_job, RunStore):
            if hasattr(holder, name) and name != "fit":
                watch.around(holder, name)
    watch.around(training_job.Ratings, "take")
    fingerprint = Dataset.fingerprint.func
    holder = type("Holder", (), {"fingerprint": staticmethod(fingerprint)})
    watch.around(holder, "fingerprint")
    Dataset.fingerprint.func = holder.fingerprint
    training_job.fit = watch.around_first_batch(training_job.fit)
    watch.around(training_job, "carry_out")
    watch.around(worker.Worker, "warm_up", "warm")
    worker.main()


if __name__ == "__main__":
    main()
