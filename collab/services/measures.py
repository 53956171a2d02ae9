"""Measures that take seconds, as jobs: the learning-rate range test, and the error on items left out entirely."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from collab.data.features import features_of, item_encoder_of
from collab.data.splitting import split_by
from collab.explore.left_out_items import Measurement, measure
from collab.models import build_model, family_of
from collab.models.settings import settings_from
from collab.services.environment import read_environment
from collab.services.job_queue import Job
from collab.services.jobs import Jobs
from collab.services.run_rows import data_of, load_encoded, split_of
from collab.services.runs import RunStore
from collab.services.worker import AtWork
from collab.training.one_thread import one_thread
from collab.training.range_test import RangeTest, n_steps_for, range_test

SQUARED = "squared · "
FILE = "measured.npz"


def try_rates(request: dict[str, Any], at_work: AtWork) -> dict[str, Any]:
    """The range test of a "model" with "settings" on the training rows of "data", split by "holdout" and "split_seed"."""
    environment = read_environment()
    dataset, ratings = load_encoded(request["data"], environment)
    train = ratings.take(split_by(request["holdout"], dataset, request["split_seed"]).train)
    settings = settings_from(family_of(request["model"]).settings_type, request["settings"])
    features = features_of(dataset, ratings) if getattr(settings, "side_information", False) else None
    untrained = build_model(
        request["model"], settings, ratings.n_users, ratings.n_items, ratings.rating_scale, features
    )
    n_rows = ratings.n_users + ratings.n_items
    n_steps = n_steps_for(getattr(settings, "batch_size", 1), getattr(settings, "n_factors", 1), n_rows)
    at_work.alive()
    with one_thread():
        found = range_test(untrained, train, n_steps)
    return {name: each.tolist() if isinstance(each, np.ndarray) else each for name, each in vars(found).items()}


def tested_rates(job: Job) -> RangeTest:
    """The result of `try_rates`."""
    curves = {name: np.array(job.result[name], dtype=float) for name in ("rates", "losses", "smoothed")}
    return RangeTest(**curves, suggested=job.result["suggested"])


def leave_items_out(request: dict[str, Any], at_work: AtWork) -> None:
    """Measure the settings of the "run", with side information, on items left out entirely; its sealed rows stay unseen."""
    environment = read_environment()
    run = RunStore(environment.home).load(request["run"])
    split, ratings = split_of(run, environment)
    dataset, _ = data_of(run.record, environment)
    features = features_of(dataset, ratings, run.record.items_by)
    seen = ratings.take(np.sort(np.concatenate([split.train, split.valid])))
    at_work.alive()
    with one_thread():
        found = measure(seen, features, len(item_encoder_of(run.items).genres), run.model.settings)
    arrays = {f"{SQUARED}{name}": errors for name, errors in found.squared.items()}
    others = {each.name: getattr(found, each.name) for each in dataclasses.fields(found) if each.name != "squared"}
    at_work.folder.mkdir(exist_ok=True)
    np.savez(at_work.folder / FILE, **arrays, **others)


def items_left_out(jobs: Jobs, job: Job) -> Measurement:
    """The result of `leave_items_out`. Raises ValueError if it cannot be read."""
    try:
        with open(jobs.queue.folder / job.id / FILE, "rb") as file:
            arrays = dict(np.load(file, allow_pickle=False))
        squared = {name.removeprefix(SQUARED): arrays.pop(name) for name in list(arrays) if name.startswith(SQUARED)}
        return Measurement(squared, **arrays | {"train_mean": float(arrays["train_mean"])})
    except Exception as reason:  # a damaged file can raise almost anything
        raise ValueError(f"{FILE} of measurement {job.id} cannot be read ({reason})") from reason
