"""The process that trains: `python -m collab.services.worker FOLDER NICENESS`, warm before it is needed; FOLDER holds the runs.

It reads one JSON object a line from standard input, {"train": ID}, {"stop": ID} or {"warm": DATA SET}, and answers on
standard output with {"ready": true} once torch is there, {"ended": ID, "state": …, "message": …} after each run, and
{"longest": SECONDS} about once a second while it gets on with something: the longest epoch so far of the run in work. Everything
else about a run stands in its folder.
When standard input closes (the server is gone), the run in work is saved as interrupted and the process ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

import torch

from collab.errors import CollabError
from collab.models import DEFAULT_MODEL, MODELS
from collab.services.environment import Environment, read_environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, warm_up

PROGRESS_SECONDS = 1.0  # how often it says that it gets on


class Worker:
    """Takes commands in one thread and trains in the other."""

    def __init__(self, folder: Path, commands: TextIO, answers: TextIO) -> None:
        self.folder, self.commands, self.answers = folder, commands, answers
        self.waiting: queue.Queue[dict[str, str] | None] = queue.Queue()
        self.stopped: set[str] = set()
        self.orphaned = threading.Event()
        self.unrehearsed = sorted(MODELS, key=rehearsed_after)
        self.told, self.told_longest = 0.0, 0.0

    def listen(self) -> None:
        """Read commands until the input closes; a stop is heard at once, whatever is in work."""
        for line in self.commands:
            command = json.loads(line)
            if "stop" in command:
                self.stopped.add(command["stop"])
            else:
                self.waiting.put(command)
        self.orphaned.set()
        self.waiting.put(None)

    def answer(self, **words: object) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is listening any more
            print(json.dumps(words), file=self.answers, flush=True)

    def get_on(self, longest: float = 0.0) -> None:
        """Say that the work goes on, if the last time was a while ago, or an epoch takes longer than was said then."""
        now = time.monotonic()
        if now - self.told >= PROGRESS_SECONDS or longest > self.told_longest:
            self.told, self.told_longest = now, longest
            self.answer(longest=longest)

    def warm_up(self, data: str, environment: Environment) -> None:
        """Read a data set, and rehearse what was not rehearsed before; a run that comes meanwhile goes first."""
        with contextlib.suppress(CollabError, OSError):  # whoever trains on it will be told
            for model in warm_up(data, tuple(self.unrehearsed), environment):
                self.unrehearsed.remove(model)
                self.get_on()
                if not self.waiting.empty():
                    break

    def work(self) -> None:
        """Train one run after the other until the input closes."""
        environment = read_environment()
        store = RunStore(self.folder, durable=self.folder == environment.home)  # trials need not last
        self.answer(ready=True)
        while (command := self.waiting.get()) is not None:
            if "warm" in command:
                self.warm_up(command["warm"], environment)
                continue
            self.train(command["train"], store, environment)

    def train(self, run_id: str, store: RunStore, environment: Environment) -> None:
        """Train one run; whatever becomes of it, the next can follow."""
        self.told_longest = 0.0
        try:
            record = carry_out(
                store.record(run_id),
                store,
                environment,
                should_stop=lambda: run_id in self.stopped or self.orphaned.is_set(),
                why_stopped=lambda: "stopped" if run_id in self.stopped else "interrupted",
                on_progress=self.get_on,
            )
        except (CollabError, OSError) as reason:  # its folder is gone, or cannot be read
            self.answer(ended=run_id, state="interrupted", message=str(reason))
        else:
            self.answer(ended=run_id, state=record.state, message=record.message)
        self.stopped.discard(run_id)


def rehearsed_after(model: str) -> tuple[bool, bool]:
    """What the models are sorted by for their rehearsals: the one that is asked for first, and last the longest.

    `torch.optim` loads torch's compiler when it is first used, for more than a second: a start of any other model need not wait
    for that.
    """
    return (model != DEFAULT_MODEL, model == "dot-bias-plain")


def main() -> None:
    """Be as quiet a neighbour of the pages as was asked, then work."""
    if hasattr(os, "nice"):
        os.nice(int(sys.argv[2]))
    torch.set_num_threads(1)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(0)
    )  # as an exception, so that what it has in hand is put down properly
    answers = sys.stdout
    sys.stdout = sys.stderr  # a stray print must not be taken for an answer
    worker = Worker(Path(sys.argv[1]), sys.stdin, answers)
    threading.Thread(target=worker.listen, daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main()
