"""The process that does the jobs of one lane: `python -m collab.services.worker LOCK NICENESS HOW [MODULE …]`.

It loads the modules, waits until it holds the file LOCK, as the one worker of its lane, and then reads one JSON object per line
from standard input:

    {"do": ID, "function": "module:function", "request": {…}, "folder": …}
    {"stop": ID}
    {"warm": "module:function", "what": …}

and answers on standard output:

    {"ready": true}                                               it can begin
    {"alive": SECONDS}                                            it is alive; a step may take so long in silence
    {"share": …, "note": …}                                       progress of the current job
    {"ended": ID, "state": …, "message": …, "result": …}          how it ended

When standard input closes, the server is gone: with HOW "ask" the current job is asked to end, and the process ends after it;
with HOW "kill" it ends at once.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import filelock

from collab.errors import CollabError

ALIVE_SECONDS = 1.0  # how often it reports that it is alive
REPORT_SECONDS = 0.1  # and its progress


class AtWork:
    """What a job's function is given beside its request: its files, a way to report progress, and whether to stop."""

    def __init__(self, worker: Worker, job_id: str, folder: Path) -> None:
        self.job_id, self.folder = job_id, folder
        self._worker, self._reported = worker, 0.0

    def alive(self, longest: float = 0.0) -> None:
        """Report that the job is alive, and that a step of it may take `longest` seconds."""
        self._worker.alive(longest)

    def report(self, share: float, note: str = "") -> None:
        """Report the share that is done, 0 … 1."""
        self.alive()
        now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._worker.answer(share=share, note=note)

    def is_stopped(self) -> bool:
        """Whether the job was stopped, or its server is gone."""
        return self.was_asked() or self._worker.orphaned.is_set()

    def was_asked(self) -> bool:
        """Whether the job was stopped."""
        return self.job_id in self._worker.stopped


class Worker:
    """Reads commands in one thread and works in another."""

    def __init__(self, commands: TextIO, answers: TextIO, *, ends_at_once: bool = False) -> None:
        self.commands, self.answers, self.ends_at_once = commands, answers, ends_at_once
        self.waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.stopped: set[str] = set()
        self.orphaned = threading.Event()
        self._told, self._longest = 0.0, 0.0

    def listen(self) -> None:
        """Read commands until the input closes; a stop is noted at once, even during a job."""
        for line in self.commands:
            command = json.loads(line)
            if "stop" in command:
                self.stopped.add(command["stop"])
            else:
                self.waiting.put(command)
        if self.ends_at_once:
            os._exit(1)
        self.orphaned.set()
        self.waiting.put(None)

    def answer(self, **words: object) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is listening any more
            print(json.dumps(words), file=self.answers, flush=True)

    def alive(self, longest: float = 0.0) -> None:
        """Report that the work goes on, at most every ALIVE_SECONDS unless a longer step is announced."""
        now = time.monotonic()
        if now - self._told >= ALIVE_SECONDS or longest > self._longest:
            self._told, self._longest = now, longest
            self.answer(alive=longest)

    def work(self) -> None:
        """Do one job after the other until the input closes."""
        self.answer(ready=True)
        while (command := self.waiting.get()) is not None:
            if "warm" in command:
                self.warm_up(_found(command["warm"]), command["what"])
            else:
                self.do(command)

    def warm_up(self, get_ready: Callable, what: str) -> None:
        """Prepare for coming jobs; one that arrives meanwhile goes first."""
        with contextlib.suppress(CollabError, OSError):  # a job that needs it will report it
            for _ in get_ready(what):
                self.alive()
                if not self.waiting.empty():
                    break

    def do(self, command: dict[str, Any]) -> None:
        """Do one job; whatever happens, the next can follow."""
        job_id, self._longest = command["do"], 0.0
        at_work = AtWork(self, job_id, Path(command["folder"]))
        state, message, result = "done", "", None
        try:
            result = _found(command["function"])(command["request"], at_work)
        except (CollabError, OSError) as reason:
            state, message = "failed", str(reason)
        except MemoryError:
            state, message = "failed", "There was not enough memory for it."
        except Exception as reason:
            traceback.print_exc()
            state, message = "failed", f"It broke off: {type(reason).__name__}: {reason}"
        if state == "done" and result is None and at_work.was_asked():
            state = "stopped"
        self.answer(ended=job_id, state=state, message=message, result=result)
        self.stopped.discard(job_id)


def _found(name: str) -> Callable:
    """The function called "module:function"."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def main() -> None:
    """Lower the priority as requested, then work."""
    lock, niceness, how, *modules = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(int(niceness))
    # as an exception, so that the current job is saved properly
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    answers = sys.stdout
    sys.stdout = sys.stderr  # a stray print must not be taken for an answer
    worker = Worker(sys.stdin, answers, ends_at_once=how == "kill")
    threading.Thread(target=worker.listen, daemon=True).start()
    for module in modules:
        importlib.import_module(module)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    with filelock.FileLock(lock):  # the worker of a dead server may still be saving its job
        worker.work()


if __name__ == "__main__":
    main()
