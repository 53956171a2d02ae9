"""The sealed rows of a run: looked at once, when the choosing is over; their figure is the one to quote."""

from __future__ import annotations

import dataclasses

import numpy as np

from collab.data.catalogue import Dataset
from collab.data.ratings import Ratings
from collab.data.splitting import Split, seal, sealed_share, split_by, split_rows
from collab.errors import CollabError, RunError
from collab.models.baselines import baselines
from collab.services.environment import Environment
from collab.services.runs import RunRecord, RunStore, TrainedRun
from collab.services.training_job import load_encoded
from collab.training.metrics import errors


def data_of(record: RunRecord, environment: Environment) -> tuple[Dataset, Ratings]:
    """The data set that a run was trained on, and its rows as indices. Raises RunError where it is not at hand as it was."""
    try:
        dataset, ratings = load_encoded(record.data, environment, record.items_by)
    except CollabError as reason:
        raise RunError(f"the data set {record.data_title} is not at hand: {reason}") from reason
    if dataset.fingerprint != record.fingerprint:
        raise RunError(
            f"the data set {record.data_title} is not the one that run {record.id} was trained on; its ratings have changed"
        )
    return dataset, ratings


def split_of(run: TrainedRun, store: RunStore, environment: Environment) -> tuple[Split, Ratings]:
    """The split that a run was trained on, and all ratings. Raises RunError where the data set is not at hand as it was."""
    record = run.record
    dataset, ratings = data_of(record, environment)
    damaged = RunError(f"run {record.id} does not fit the data set {record.data_title}; it may be damaged")
    if record.holdout.startswith("rows:"):  # the file that named them may be gone or changed; the run has its own
        rows = store.valid_rows(record.id)
        if len(rows) == 0 or rows.max() >= len(ratings):
            raise damaged
        share = sealed_share(record.holdout)[1]
        split = split_rows(len(ratings), rows)
        split = seal(split, share, record.split_seed, drawn=False) if share else split
    else:
        try:
            split = split_by(record.holdout, dataset, record.split_seed)
        except CollabError as reason:  # the file of a fold is read only now
            raise RunError(f"the split of run {record.id} cannot be made again: {reason}") from reason
    sizes = (record.n_valid, record.n_sealed, ratings.n_users, ratings.n_items)
    if (len(split.valid), len(split.test), len(run.users), len(run.items)) != sizes:
        raise damaged
    return split, ratings


def check_sealed(run_id: str, store: RunStore, environment: Environment) -> RunRecord:
    """The record of a run with the errors on its sealed rows, the model's and both baselines'.

    They are computed at the first call and written down; every later call returns what is written. Raises RunError for a run
    without sealed rows or weights, and where the data set is not at hand as it was.
    """
    record = store.record(run_id)
    if record.sealed:
        return record
    if not record.n_sealed and not record.busy:
        raise RunError(f"run {run_id} has no sealed rows; train with a holdout such as random:0.2+sealed:0.1")
    run = store.load(run_id)
    split, ratings = split_of(run, store, environment)
    train, test = ratings.take(split.train), ratings.take(split.test)
    found = {
        "model": errors(run.model.predict(test.user_index, test.item_index), test.rating),
        **baselines(train, test),
    }
    if not np.isfinite([each.mse for each in found.values()]).all():
        raise RunError(f"the predictions of run {run_id} are not finite numbers; train it again")
    record = dataclasses.replace(record, sealed={name: dataclasses.asdict(each) for name, each in found.items()})
    store.write_record(record)
    return record
