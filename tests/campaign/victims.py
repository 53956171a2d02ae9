"""Who is killed: functions that work in a process of their own until somebody ends it. Each says when it has begun."""

from __future__ import annotations

import dataclasses
from multiprocessing.connection import Connection
from pathlib import Path

from tests.campaign.product import (
    SAMPLE,
    RunStore,
    command,
    forking_here,
    jobs_module,
    planned,
    server_of,
    variables,
    worker_of,
)  # fmt: skip

EPOCHS = 30  # of a training that somebody has the time to kill


def server(line: Connection, home: str, seed: int) -> None:
    """A server with its queue and worker: trains one run after the other; says the worker's process id."""
    with variables(COLLAB_HOME=home, COLLAB_DATA=None):
        jobs_module.subprocess = forking_here()
        trainings = server_of(Path(home))
        trainings.warm_up(SAMPLE)
        while (worker := worker_of(trainings)) is None:
            line.poll(0.01)
        line.send(worker)
        while True:
            trainings.submit(dataclasses.replace(planned(seed=seed, epochs=EPOCHS), starter="somebody"))
            line.send(None)
            while trainings.queue():
                line.poll(0.01)
            seed += 1


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
