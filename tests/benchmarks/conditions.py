"""What every benchmark holds still: one core and one thread, the splits, how a model is built and timed, how an opponent is run.

Opponents live in an interpreter of their own (never in `requirements.txt`), whose path a benchmark takes as `--peers`:

    python3 -m venv PEERS
    PEERS/bin/pip install torch==2.13.0 torchvision==0.28.0 fastai==2.8.12 cornac==3.0.1 scikit-surprise==1.1.5 lenskit==2025.8.1

Both torch pins matter: without them pip may change torch for a CUDA build of several gigabytes.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from collab.data.dataset import Dataset
from collab.data.features import features_of
from collab.data.ratings import Ratings
from collab.data.splitting import split_by, split_random
from collab.models import build_model
from collab.models.contract import Model
from collab.services.environment import read_environment
from collab.services.run_rows import load_encoded
from collab.training.fit import EpochReport, Outcome, fit

N_TIMES = 5  # a time is the median of so many fits
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True)
class Part:
    """MovieLens 100K split once: the `holdout` that names it, what its items are, its seed, and the rows of either part."""

    dataset: Dataset
    holdout: str
    items_by: str
    seed: int
    train: Ratings
    valid: Ratings


def pin() -> int:
    """Keep this process and all that it starts on one core, torch on one thread. Returns the core's number."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    torch.set_num_threads(1)
    return core


def parts(seeds: Iterable[int], holdout: str = "random:0.2", items_by: str = "title") -> list[Part]:
    """MovieLens 100K split once for each seed."""
    dataset, ratings = load_encoded("ml-100k", read_environment(), items_by)
    found = []
    for seed in seeds:
        split = split_by(holdout, dataset, seed)
        found.append(Part(dataset, holdout, items_by, seed, ratings.take(split.train), ratings.take(split.valid)))
    return found


def inner_parts(seeds: Iterable[int], items_by: str = "title") -> list[Part]:
    """The training part of split seed 0 alone, split again with each seed: settings are chosen here, on no held-out row of a
    quoted figure."""
    outer = parts((0,), items_by=items_by)[0]
    found = []
    for seed in seeds:
        split = split_random(len(outer.train), 0.2, seed)
        train, valid = outer.train.take(split.train), outer.train.take(split.valid)
        found.append(Part(outer.dataset, "inner", items_by, seed, train, valid))
    return found


def fitted(
    name: str, settings: Any, part: Part, on_epoch: Callable[[EpochReport], None] | None = None
) -> tuple[Model, Outcome]:
    """The trained model and how its training went: the one place where the benchmarks build a model."""
    train, features = part.train, None
    if getattr(settings, "side_information", False):
        features = features_of(part.dataset, train, part.items_by)
    model = build_model(name, settings, train.n_users, train.n_items, train.rating_scale, features)
    return model, fit(model, train, part.valid, on_epoch=on_epoch)


def curve_of(name: str, settings: Any, splits: list[Part]) -> tuple[np.ndarray, np.ndarray]:
    """After every epoch (or sweep): the mean held-out MSE over the splits, and the median CPU seconds of the fit so far, the
    checks on the held-out rows included. The seed of the model is that of the split."""
    losses, seconds = {}, []
    for part in enough(splits):
        marks: list[tuple[float, float]] = []
        start = time.process_time()

        def mark(report: EpochReport, marks: list = marks, start: float = start) -> None:
            marks.append((report.valid_loss, time.process_time() - start))

        fitted(name, dataclasses.replace(settings, seed=part.seed), part, mark)
        losses[part.seed], so_far = zip(*marks, strict=True)
        seconds.append(so_far)
    return np.mean(list(losses.values()), axis=0), np.median(seconds, axis=0)


def seconds_of(outcomes: Iterable[Outcome]) -> float:
    """Median CPU seconds of the fits."""
    return float(np.median([outcome.cpu_seconds for outcome in outcomes]))


def enough(splits: list[Any]) -> list[Any]:
    """The splits over again until there are at least `N_TIMES`: a time needs more fits than a mean loss needs splits."""
    return splits + [splits[number % len(splits)] for number in range(N_TIMES - len(splits))]


def run_peer(python: str, script: str, part: Part, **settings: Any) -> dict[str, np.ndarray]:
    """What a script of `tests/benchmarks/peers` answers about the rows of `part`; see `ask_peer`."""
    rows = {
        f"{kind}_{column}": getattr(ratings, name)
        for kind, ratings in (("train", part.train), ("valid", part.valid))
        for column, name in (("user", "user_index"), ("item", "item_index"), ("rating", "rating"))
    }
    return ask_peer(python, script, rows, settings)


def ask_peer(
    python: str, script: str, arrays: dict[str, np.ndarray], settings: dict[str, Any]
) -> dict[str, np.ndarray]:
    """What a script of `tests/benchmarks/peers` answers to `arrays` and `settings`, run by the opponents' interpreter.

    The arrays travel in a temporary file outside the project. The child inherits the core, and is told to keep to one thread.
    Raises RuntimeError with the script's own words if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder) / "question.npz", Path(folder) / "answer.npz"
        np.savez(question, settings=json.dumps(settings), **arrays)
        done = subprocess.run(
            [python, Path(__file__).parent / "peers" / script, question, answer],
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1")},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stderr[-2000:]}")
        with np.load(answer) as found:
            return dict(found)
