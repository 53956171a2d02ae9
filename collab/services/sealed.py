"""The sealed rows of a run: measured once, after model selection; their error is the one to quote."""

from __future__ import annotations

import dataclasses

import numpy as np

from collab.errors import RunError
from collab.services.environment import Environment
from collab.services.run_record import RunRecord
from collab.services.run_rows import split_of
from collab.services.runs import RunStore
from collab.training.metrics import baselines, errors


def check_sealed(run_id: str, store: RunStore, environment: Environment) -> RunRecord:
    """The record of a run with the errors on its sealed rows, the model's and both baselines'.

    They are computed at the first call and stored; every later call returns what is stored. Raises RunError for a run
    without sealed rows or weights, and if the data set is missing or has changed.
    """
    record = store.record(run_id)
    if record.sealed:
        return record
    if not record.n_sealed and not record.busy:
        raise RunError(f"run {run_id} has no sealed rows; train with a holdout such as random:0.2+sealed:0.1")
    run = store.load(run_id)
    split, ratings = split_of(run, environment)
    train, test = ratings.take(split.train), ratings.take(split.test)
    found = {
        "model": errors(run.model.predict(test.user_index, test.item_index), test.rating),
        **baselines(train, test),
    }
    if not np.isfinite([each.mse for each in found.values()]).all():
        raise RunError(f"the predictions of run {run_id} are not finite numbers; train it again")
    record = dataclasses.replace(record, sealed={name: each.to_dict() for name, each in found.items()})
    store.write_record(record)
    return record
