"""Who is killed: functions that work in a process of their own until somebody ends it. Each says when it has begun."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

from tests.campaign.product import (
    ForkedWorker,
    Jobs,
    RunStore,
    command,
    environment_of,
    jobs_module,
    planned,
    serve,
    variables,
)  # fmt: skip

EPOCHS = 30  # of a training that somebody has the time to kill


def server(line: Connection, home: str, seed: int) -> None:
    """A server with its queue and worker: trains one run after the other; says the worker's process id."""
    with variables(COLLAB_HOME=home, COLLAB_DATA=None):
        jobs_module.subprocess = _forking_here()
        jobs = Jobs(environment_of(Path(home)))
        jobs.warm_up()
        line.send(jobs._process.pid)
        while True:
            jobs.submit(planned(seed=seed, epochs=EPOCHS))
            line.send(None)
            while jobs.queue():
                line.poll(0.01)
            seed += 1


def _forking_here() -> SimpleNamespace:
    """What `jobs` takes for `subprocess`: workers are forked from a process that is forked from this one, now."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        with contextlib.suppress(OSError):  # the one that it forks for was killed
            serve(theirs)
        os._exit(0)
    theirs.close()
    return SimpleNamespace(
        Popen=lambda words, **how: ForkedWorker(ours, list(words[-2:]), how["env"]),
        PIPE=subprocess.PIPE,
        TimeoutExpired=subprocess.TimeoutExpired,
    )


def importer(line: Connection, home: str, file: str) -> None:
    """Imports one file over and over."""
    with variables(COLLAB_HOME=home, COLLAB_DATA=None):
        line.send(None)
        while True:
            command("import-run", file, "--json")


def exporter(line: Connection, home: str, run_id: str, folder: str) -> None:
    """Exports one run over and over, each time to a new file."""
    with variables(COLLAB_HOME=home, COLLAB_DATA=None):
        line.send(None)
        for place in range(1 << 20):
            command("export-run", "--run", run_id, "--out", str(Path(folder, f"{place}.zip")))


def housekeeper(line: Connection, home: str, run_ids: list[str]) -> None:
    """Renames, deletes and brings back runs over and over."""
    store = RunStore(Path(home))
    line.send(None)
    for place in range(1 << 20):
        run_id = run_ids[place % len(run_ids)]
        store.rename(run_id, f"Name {place}")
        store.delete(run_id)
        store.restore(run_id)
