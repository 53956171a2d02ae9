"""Worker processes that are there at once: forked from a process that has loaded torch already, instead of started.

To start a worker takes seconds of loading, and a test that waits for a job on a page is about the page. What is forked runs
`collab.services.worker` as it is, for any lane; it has loaded what jobs are done with, has read the sample beforehand, and
rehearses no model. How a worker is started is for tests/services/test_jobs.py and for the browser tests.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
MOST_BYTES = 1 << 20  # of a request, which holds the environment of the worker


class Nursery:
    """The process that forks. It ends with the one that made it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.line, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked_worker", str(theirs.fileno())],
                cwd=PROJECT,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                pass_fds=[theirs.fileno()],
            )

    def start(self, command: list[str], *, env: dict[str, str], **_: Any) -> ForkedWorker:
        """Does what `subprocess.Popen` would do with a worker's command."""
        with self._lock:
            return ForkedWorker(self.line, command, env)

    def close(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.wait(30)


class ForkedWorker:
    """What `collab.services.jobs` asks of a process; its life is a pipe that nobody else holds open.

    It is as quick as its parent whatever niceness its command names: here somebody waits for it.
    """

    def __init__(self, line: socket.socket, command: list[str], env: dict[str, str]) -> None:
        _python, _m, module, lock, _niceness, how, *modules = command
        request = {"module": module, "words": [lock, "0", how, *modules], "env": env}
        stdin, commands = os.pipe()
        answers, stdout = os.pipe()
        self._life, life = os.pipe()
        socket.send_fds(line, [json.dumps(request).encode()], [stdin, stdout, life])
        self.pid = int(line.recv(32))
        for end in (stdin, stdout, life):
            os.close(end)
        self.stdin = os.fdopen(commands, "w", buffering=1, encoding="utf-8")
        self.stdout = os.fdopen(answers, encoding="utf-8")

    def poll(self) -> int | None:
        """0 when it is gone, whatever it died of; None as long as it lives."""
        return 0 if select.select([self._life], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        if not select.select([self._life], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("worker", timeout)
        return 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._life)


def forking_here() -> SimpleNamespace:
    """What `collab.services.jobs` takes for `subprocess`: workers are forked from a process that is forked from this one, now."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        with contextlib.suppress(OSError):  # the one that it forks for was killed
            serve(theirs)
        os._exit(0)
    theirs.close()
    return SimpleNamespace(
        Popen=lambda command, **how: ForkedWorker(ours, command, how["env"]),
        PIPE=subprocess.PIPE,
        TimeoutExpired=subprocess.TimeoutExpired,
    )


def serve(line: socket.socket) -> None:
    """Fork a worker at every request until the line closes."""
    import torch

    from collab.services import measures, training_job  # noqa: F401
    from collab.services.environment import Environment

    torch.set_num_threads(1)
    training_job._unrehearsed.clear()
    dataset, _ = training_job.load_encoded("sample", Environment((), PROJECT, ""))
    _ = dataset.fingerprint
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    while True:
        request, ends, *_ = socket.recv_fds(line, MOST_BYTES, 3)
        if not request:
            return
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            line.close()
            become_worker(ends, **json.loads(request))
        for end in ends:
            os.close(end)
        line.send(str(pid).encode())


def become_worker(ends: list[int], module: str, words: list[str], env: dict[str, str]) -> None:
    """Do as a process does that was started with these words; does not return."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(env)
        sys.argv[1:] = words
        sys.stdin = os.fdopen(ends[0], encoding="utf-8")
        sys.stdout = os.fdopen(ends[1], "w", buffering=1, encoding="utf-8")
        importlib.import_module(module).main()
        code = 0
    except SystemExit:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)  # what is still open belongs to the process that forked


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
