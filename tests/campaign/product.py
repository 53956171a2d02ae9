"""What the campaign knows of Collab from within: where to import it from. All else it does through pages, commands and files."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import streamlit as st
import torch

from collab.__main__ import main
from collab.data.catalogue import SAMPLE
from collab.errors import CollabError, RunError
from collab.models import MODELS, preset_of
from collab.models.settings import about
from collab.services import jobs as jobs_module
from collab.services.environment import Environment
from collab.services.job_kinds import all_kinds
from collab.services.job_queue import JobQueue
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.run_files import TrainedRun
from collab.services.run_record import FILES, RunRecord
from collab.services.runs import RunStore
from collab.services.training_job import carry_out
from collab.services.trainings import TRAINING, Trainings
from collab.ui.frame import cached
from tests.forked_worker import Nursery, forking_here

__all__ = [
    "APP", "DEFAULT_MODEL", "DEFAULT_PRESET", "FILES", "MODELS", "PAGES", "SAMPLE", "CollabError", "JobQueue",
    "RunError", "RunRecord", "RunStore", "TrainedRun", "begin_jobs", "carry_out", "command", "environment_of", "forget",
    "forking_here", "jobs_module", "most_of", "new_id", "noted", "planned", "quick_workers", "server_of",
    "set_one_thread", "tidy", "train", "variables", "worker_of",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
PAGES = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
DEFAULT_MODEL, DEFAULT_PRESET = "bayes", "fast"
HOUR = 3600.0
QUICK = {"epochs": 2, "n_factors": 4, "batch_size": 512}  # settings of a training that is soon over


class Command(NamedTuple):
    """What a command has answered."""

    code: int
    out: str
    err: str


def command(*words: str) -> Command:
    """Run one command of the command line in this process. What is no error of Collab's own is raised, as a user would see it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(words))
        except SystemExit as reason:  # argparse refuses the words
            code = int(reason.code or 0)
    return Command(code, out.getvalue(), err.getvalue())


@contextmanager
def variables(**values: str | None) -> Iterator[None]:
    """Environment variables set, or unset by None, for as long as the context lasts."""
    before = {name: os.environ.get(name) for name in values}
    try:
        for name, value in values.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def environment_of(home: Path) -> Environment:
    """A home without any other data than the built-in sample."""
    return Environment((), home, "sqlite://")


def server_of(home: Path) -> Trainings:
    """The trainings of a server that has begun on `home`."""
    environment = environment_of(home)
    return Trainings(Jobs(environment, all_kinds(environment)))


def worker_of(trainings: Trainings) -> int | None:
    """The process id of the worker that trains; None where there is none (yet)."""
    process = trainings.jobs.workers[TRAINING.name].process
    return process and process.pid


def planned(model: str = DEFAULT_MODEL, preset: str = DEFAULT_PRESET, data: str = SAMPLE, **changes: Any) -> RunRecord:
    """The record of a training of the sample; `changes` are settings."""
    settings = preset_of(model, preset)
    known = {name: value for name, value in changes.items() if hasattr(settings, name)}
    return plan(model, type(settings)(**{**vars(settings), **known}), data, "random:0.2", 0)


def most_of(model: str, setting: str) -> float:
    """The most that a setting of a model may be."""
    return about(type(preset_of(model)), setting).high


def noted(store: RunStore, record: RunRecord, owner: str) -> RunRecord:
    """The record noted down in the store as work of `owner`."""
    return store.create(RunRecord(**{**vars(record), "owner": owner}))


def train(
    home: Path,
    model: str = DEFAULT_MODEL,
    preset: str = DEFAULT_PRESET,
    data: str = SAMPLE,
    folders: tuple[Path, ...] = (),
    **changes: Any,
) -> str:
    """The id of a run that was trained in this process; `folders` are where other data than the sample are."""
    store = RunStore(home)
    owner, lock = store.claim()
    try:
        environment = Environment(folders, home, "sqlite://")
        record = carry_out(noted(store, planned(model, preset, data, **changes), owner), store, environment)
    finally:
        lock.release()
    assert record.state == "finished", record.message
    return record.id


def tidy(home: Path, later: float = HOUR + 60) -> RunStore:
    """A store that has found out what was interrupted, and cleared away what kills have left, with a clock that is `later`."""
    store = RunStore(home)
    store.rescue()
    store.tidy(now=time.time() + later)
    return store


def begin_jobs() -> None:
    """Have the server look after what is done in the background, as it does from the first page on that shows some of it."""
    cached.jobs()


def forget() -> None:
    """Let go what a server keeps for all its sessions: its queue with the worker, profiles, runs."""
    st.cache_resource.clear()
    st.cache_data.clear()


@contextmanager
def quick_workers(popen: Callable[..., Any] | None = None) -> Iterator[None]:
    """Workers are forked from a process that has loaded torch (tests/forked_worker.py), by `popen` where the caller has one."""
    nursery = None
    if popen is None:
        nursery = Nursery()
        popen = nursery.start
    real = jobs_module.subprocess
    jobs_module.subprocess = SimpleNamespace(
        Popen=lambda words, **how: popen(words, **how),
        PIPE=subprocess.PIPE,
        TimeoutExpired=subprocess.TimeoutExpired,
    )
    try:
        yield
    finally:
        jobs_module.subprocess = real
        if nursery is not None:
            nursery.close()


def new_id() -> str:
    """An id that no run has yet."""
    return secrets.token_hex(4)


def set_one_thread() -> None:
    """As in a training process: the machine's other cores are left to others, and forks are safe."""
    torch.set_num_threads(1)
