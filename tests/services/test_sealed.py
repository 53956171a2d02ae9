"""Sealed rows: measured once, with the model's own predictions, and never by the training."""

import dataclasses

import numpy as np
import pytest

from collab.data.splitting import split_by
from collab.errors import RunError
from collab.models.dot import DotBiasSettings
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.repeats import why_not_paired
from collab.services.run_rows import load_encoded
from collab.services.run_zip import export_zip, import_zip
from collab.services.runs import RunStore
from collab.services.sealed import check_sealed
from collab.services.training_job import carry_out

QUICK = DotBiasSettings(n_factors=6, epochs=2, batch_size=512)
HOLDOUT = "random:0.2+sealed:0.1"


@pytest.fixture
def home(tmp_path):
    return Environment((), tmp_path, "sqlite://")


@pytest.fixture
def train(home):
    """A function that trains a quick run on the sample with a holdout; returns its record."""
    store = RunStore(home.home)
    owner, lock = store.claim()

    def run(holdout=HOLDOUT, split_seed=0):
        return carry_out(store.create(plan("dot-bias", QUICK, "sample", holdout, split_seed, owner=owner)), store, home)

    yield run
    lock.release()


def test_training_sees_its_training_rows_alone(home, train):
    """Counts of films and users, the global mean: all of the rows that train, none of the sealed ones."""
    record = train()
    _, ratings = load_encoded("sample", home)
    assert (record.n_train, record.n_valid, record.n_sealed) == (39774, 11364, 5682)
    assert record.n_train + record.n_valid + record.n_sealed == len(ratings) and record.sealed == {}
    run = RunStore(home.home).load(record.id)
    assert run.items.n_ratings.sum() == run.users.n_ratings.sum() == record.n_train
    split = split_by(HOLDOUT, load_encoded("sample", home)[0], 0)
    mean = ratings.rating[split.train].mean(dtype=np.float64)
    expected = np.square(ratings.rating[split.valid] - mean).mean()
    assert record.baselines["global_mean"]["mse"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("form", ["random:0.2", "rows"])
def test_check_measures_the_sealed_rows_once(home, train, tmp_path, form):
    if form == "rows":
        (tmp_path / "mine.txt").write_text("".join(f"{row}\n" for row in range(0, 56820, 7)))
        form = f"rows:{tmp_path / 'mine.txt'}"
    store = RunStore(home.home)
    record = train(f"{form}+sealed:0.1", split_seed=4)
    dataset, ratings = load_encoded("sample", home)
    split = split_by(record.holdout, dataset, 4)
    if form != "random:0.2":
        (tmp_path / "mine.txt").unlink()  # the run has its own rows
    checked = check_sealed(record.id, store, home)
    test = ratings.take(split.test)
    predicted = store.load(record.id).model.predict(test.user_index, test.item_index).astype(np.float64)
    assert checked.sealed["model"]["mse"] == pytest.approx(np.square(predicted - test.rating).mean())
    assert checked.sealed["model"]["n_ratings"] == record.n_sealed == len(split.test)
    mean = ratings.rating[split.train].mean(dtype=np.float64)
    assert checked.sealed["global_mean"]["mse"] == pytest.approx(np.square(test.rating - mean).mean(), rel=1e-6)
    assert checked.sealed["biases_only"]["mse"] < checked.sealed["global_mean"]["mse"]
    assert store.record(record.id) == checked
    assert checked == dataclasses.replace(record, sealed=checked.sealed)  # nothing else has changed


def test_a_second_check_returns_what_is_written(home, train):
    store = RunStore(home.home)
    record = train()
    seven = {"mse": 49.0, "rmse": 7.0, "mae": 6.0, "n_ratings": record.n_sealed}
    written = dict.fromkeys(("model", "global_mean", "biases_only"), seven)
    store.write_record(dataclasses.replace(record, sealed=written))
    assert check_sealed(record.id, store, home).sealed == written


def test_what_cannot_be_checked_says_why(home, train):
    store = RunStore(home.home)
    with pytest.raises(RunError, match="has no sealed rows; train with a holdout such as"):
        check_sealed(train("random:0.2").id, store, home)
    record = train()
    store.write_record(dataclasses.replace(record, fingerprint="0" * 16))
    with pytest.raises(RunError, match="its ratings have changed"):
        check_sealed(record.id, store, home)
    store.write_record(dataclasses.replace(record, n_sealed=record.n_sealed + 1))
    with pytest.raises(RunError, match="may be damaged"):
        check_sealed(record.id, store, home)


def test_a_checked_run_goes_through_a_zip(home, train, tmp_path):
    store = RunStore(home.home)
    checked = check_sealed(train().id, store, home)
    other = RunStore(tmp_path / "other")
    file = tmp_path / "run.zip"
    file.write_bytes(export_zip(store, checked.id))
    assert import_zip(other, file).sealed == checked.sealed


def test_sealing_does_not_change_which_rows_are_compared(train):
    assert why_not_paired(train(), train("random:0.2")) == ""
    assert "different rows" in why_not_paired(train(), train("random:0.3+sealed:0.1"))
