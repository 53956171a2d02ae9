"""The item-item weights of a run: from its training rows alone, and an error that a page can show where the data are gone."""

import dataclasses

import numpy as np
import pytest

from collab.data.splitting import split_by
from collab.errors import RunError
from collab.models import preset_of
from collab.models.ease import train_item_weights
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_rows import item_weights_of, load_encoded
from collab.services.runs import RunStore
from tests.training_here import train_here

HOLDOUT = "random:0.2+sealed:0.1"


def test_weights_come_from_the_training_rows_alone_or_not_at_all(tmp_path):
    home = Environment((), tmp_path, "sqlite://")
    record = train_here(home, plan("mean", preset_of("mean"), "sample", HOLDOUT, 3))
    run = RunStore(home.home).load(record.id)
    found = item_weights_of(run, home)
    dataset, ratings = load_encoded("sample", home)
    expected = train_item_weights(ratings.take(split_by(HOLDOUT, dataset, 3).train))
    assert np.array_equal(found.weights, expected.weights) and np.array_equal(found.popularity, expected.popularity)
    assert len(found.popularity) == len(run.items)
    other = dataclasses.replace(run, record=dataclasses.replace(record, fingerprint="other"))
    with pytest.raises(RunError, match="its ratings have changed"):
        item_weights_of(other, home)
