"""The run store: folders that survive whatever happens to the process that writes them."""

import dataclasses
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from collab.errors import CollabError, RunError, StorageError
from collab.models import MODELS
from collab.models.bayes import BayesSettings
from collab.models.dot import DotBiasSettings
from collab.services import training_job
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_record import FileMark, RunRecord, signed
from collab.services.runs import RunStore
from collab.services.training_job import carry_out


@pytest.fixture
def environment(tmp_path):
    return Environment((), tmp_path, "sqlite://")


@pytest.fixture
def store(environment):
    return RunStore(environment.home)


def planned(**changes):
    return plan(
        "dot-bias",
        DotBiasSettings(**{"batch_size": 512, "epochs": 2, "n_factors": 4, **changes}),
        "sample",
        "random:0.2",
        0,
    )


def test_run_is_a_folder_of_plain_files(store, environment):
    record = carry_out(store.create(planned()), store, environment)
    folder = store.folder / record.id
    assert sorted(file.name for file in folder.iterdir()) == [
        "batches.csv",
        "history.csv",
        "items.csv",
        "run.json",
        "users.csv",
        "weights.safetensors",
    ]
    assert json.loads((folder / "run.json").read_text())["state"] == "finished"
    weights = safetensors.numpy.load_file(folder / "weights.safetensors")
    assert weights["item_factors"].shape == (len(pd.read_csv(folder / "items.csv")), 4)
    history = pd.read_csv(folder / "history.csv")
    assert list(history.columns) == ["epoch", "train_loss", "valid_loss", "seconds"]
    assert history.valid_loss.iloc[-1] == pytest.approx(record.valid["mse"], rel=1e-6)


def test_loaded_run_predicts_as_it_did(store, environment):
    """The final error recomputed from the files alone: weights, vocabularies and the split that the record names."""
    from collab.data.catalogue import load_dataset
    from collab.data.splitting import split_by

    record = carry_out(store.create(planned()), store, environment)
    run, sample = store.load(record.id), load_dataset("sample")
    valid = sample.ratings.iloc[split_by(record.holdout, sample, record.split_seed).valid]
    titles = sample.items.set_index("item_id").title
    users = pd.Index(run.users.user_id).get_indexer(valid.user_id)
    items = pd.Index(run.items.label).get_indexer(titles[valid.item_id])
    predicted = run.model.predict(users, items)
    assert np.mean((predicted - valid.rating.to_numpy()) ** 2) == pytest.approx(record.valid["mse"], rel=1e-5)
    assert training_job.digest(predicted) == record.prediction_digest


def test_run_of_a_model_without_a_schedule(store, environment):
    """What a model does not have is an empty cell, and comes back as no number."""
    asked = plan("bayes", BayesSettings(n_factors=2, epochs=3), "sample", "random:0.2", 0)
    record = carry_out(store.create(asked), store, environment)
    assert record.state == "finished" and record.name == "bayes · 2 factors · 3 sweeps · implicit rank 48"
    lines = (store.folder / record.id / "batches.csv").read_text().splitlines()
    assert len(lines) == 4 and all(",,," in line for line in lines[1:])  # a sweep is a step
    batches = store.progress(record.id).batches
    assert (
        batches.learning_rate.isna().all() and batches.train_loss.notna().all() and store.progress(record.id).share == 1
    )
    model = store.load(record.id).model
    assert model.item_covariances.shape[1:] == (3, 3) and model.rating_scale == record.scale


def test_items_count_training_rows_only(store, environment):
    record = carry_out(store.create(planned()), store, environment)
    run = store.load(record.id)
    assert run.items.n_ratings.sum() == record.n_train == run.users.n_ratings.sum()
    assert run.items.title.iloc[0] == "#na#" and run.items.n_ratings.iloc[0] == 0
    assert run.items.year.dtype == "Int64"


def test_same_data_settings_and_seed_give_the_same_bytes(store, environment):
    first, second = (carry_out(store.create(planned()), store, environment) for _ in range(2))
    files = [(store.folder / record.id / "weights.safetensors").read_bytes() for record in (first, second)]
    assert files[0] == files[1]
    assert first.prediction_digest == second.prediction_digest and re.fullmatch("[0-9a-f]{16}", first.prediction_digest)
    other = carry_out(store.create(planned(seed=1)), store, environment)
    assert other.prediction_digest != first.prediction_digest
    needed = {"torch", "numpy", "scipy", "threads", "machine", "processor", "linear_algebra"}
    assert needed <= set(first.environment) and first.environment == second.environment


def test_stopped_run_keeps_its_weights(store, environment):
    asked = iter([False] * 10 + [True] * 1000)
    record = carry_out(store.create(planned(epochs=50)), store, environment, should_stop=lambda: next(asked))
    assert record.state == "stopped" and record.epochs_done == 0
    assert store.progress(record.id).batches.step.iloc[-1] == 11  # the curve reaches the last step taken
    assert store.load(record.id).model.item_factors.shape[1] == 4


def test_diverged_run_says_what_to_do(store, environment):
    record = carry_out(
        store.create(planned(y_range=None, learning_rate=1.0, n_factors=50, epochs=5)), store, environment
    )
    assert record.state == "diverged" and "Lower the peak learning rate" in record.message
    with pytest.raises(RunError, match="diverged"):
        store.load(record.id)


def test_missing_data_is_written_into_the_record(store, environment):
    asked = plan("dot-bias", DotBiasSettings(), "ml-100k", "random:0.2", 0)
    record = carry_out(store.create(asked), store, environment)
    assert record.state == "failed" and "COLLAB_DATA" in record.message
    assert store.record(record.id) == record


def test_run_of_a_dead_process_is_found_as_interrupted(store, tmp_path):
    """A process that notes a run, takes its lock and dies without a word."""
    script = textwrap.dedent(f"""
        import dataclasses, os
        from pathlib import Path
        from collab.services.runs import RunStore
        from collab.models import BayesSettings, DotBiasSettings
        from collab.services.training_job import plan
        store = RunStore(Path({str(tmp_path)!r}))
        owner, lock = store.claim()
        record = store.create(plan("dot-bias", DotBiasSettings(), "sample", "random:0.2", 0, owner=owner))
        print(record.id, flush=True)
        os._exit(9)
    """)
    run_id = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stdout.strip()
    assert store.record(run_id).state == "queued"
    assert store.rescue() == [run_id]
    record = store.record(run_id)
    assert record.state == "interrupted" and "Start it again" in record.message
    assert [each.id for each in store.records()] == [run_id]


def test_run_of_a_living_owner_is_left_alone(store):
    owner, lock = store.claim()
    record = store.create(dataclasses.replace(planned(), owner=owner))
    assert store.rescue() == [] and store.record(record.id).state == "queued"
    lock.release()
    assert store.rescue() == [record.id]


def test_run_that_waits_in_the_queue_has_no_owner_and_is_left_alone(store):
    """The queue outlives its servers; whoever trains a run is its owner."""
    waiting = store.create(planned())
    assert store.rescue() == [] and store.record(waiting.id) == waiting
    store.tidy(now=time.time() + 1e6)
    assert store.record(waiting.id).state == "queued"
    begun = store.create(dataclasses.replace(planned(), state="running"))
    assert store.rescue() == [begun.id]  # it says that it trains, and nobody does
    store.give_up(waiting.id, "Its process ended with code 1.")
    assert store.rescue() == [waiting.id]
    assert store.record(waiting.id).message.startswith("Its process ended with code 1. It was interrupted")


def test_a_run_is_busy_until_its_folder_has_its_final_name(store, environment):
    """Between the last write and the renaming a reader must not open files that are about to move."""
    owner, lock = store.claim()
    record = carry_out(store.create(dataclasses.replace(planned(epochs=1), owner=owner)), store, environment)
    folder = store.folder / record.id
    folder.rename(store.folder / f"{record.id}.partial")
    assert store.record(record.id).state == "running" and store.rescue() == []
    lock.release()
    assert store.rescue() == []  # its owner died at the last moment: nothing was lost, so nothing was interrupted
    assert store.record(record.id) == record and folder.is_dir()


def test_locks_of_dead_owners_are_cleared_away(store):
    (_, dead), (alive, lock) = store.claim(), store.claim()
    dead.release()
    store.tidy()
    assert len(list(store.owners.iterdir())) == 2  # a young one may be just about to be locked
    store.tidy(now=time.time() + 3601)
    assert [file.stem for file in store.owners.iterdir()] == [alive]
    lock.release()


def test_interrupted_run_has_its_last_weights(store, environment, monkeypatch):
    """Killed in mid-epoch: what was checkpointed can be looked at."""
    monkeypatch.setattr(training_job, "WEIGHTS_SECONDS", 0.0)

    class Killed(BaseException):
        pass

    def kill(report):
        if report.epoch == 2:
            raise Killed

    owner, lock = store.claim()
    record = store.create(dataclasses.replace(planned(epochs=5), owner=owner))
    with pytest.raises(Killed):
        carry_out(record, store, environment, on_epoch=kill)
    lock.release()
    assert store.rescue() == [record.id]
    found = store.record(record.id)
    assert (found.state, found.epochs_done) == ("interrupted", 2) and "after epoch 2" in found.message
    assert store.load(record.id).record.valid["mse"] > 0
    assert len(store.progress(record.id).history) == 2


def test_whoever_ends_the_process_early_keeps_what_was_learned(store, environment):
    """Ctrl+C soon after an epoch that was too short to be written down."""

    def end(report):
        if report.epoch == 2:
            raise KeyboardInterrupt

    owner, lock = store.claim()
    record = store.create(dataclasses.replace(planned(epochs=5), owner=owner))
    with pytest.raises(KeyboardInterrupt):
        carry_out(record, store, environment, on_epoch=end)
    lock.release()
    assert store.rescue() == [record.id]
    run, wanted = store.load(record.id), carry_out(store.create(planned(epochs=5)), store, environment)
    assert run.record.epochs_done == 2
    assert run.valid_mse == pytest.approx(store.progress(wanted.id).history.valid_loss[1], rel=1e-6)


def test_many_short_epochs_write_few_weights(environment, monkeypatch):
    """Twenty epochs of a quarter of a second each: weights once a second and at the end, a row of the curve every time."""

    class Counting(RunStore):
        written = ()

        def write_weights(self, run_id, weights):
            self.written += (("weights", self.progress(run_id).history.epoch.max()),)
            super().write_weights(run_id, weights)

        def write_record(self, record):
            self.written += (("record", record.epochs_done),)
            super().write_record(record)

    seconds = [0.0]

    def quarter_later(report):
        seconds[0] += 0.25

    monkeypatch.setattr(training_job, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    store = Counting(environment.home)
    record = carry_out(store.create(planned(epochs=20)), store, environment, on_epoch=quarter_later)
    assert [epoch for what, epoch in store.written if what == "weights"] == [5, 9, 13, 17, 20]
    assert [epoch for what, epoch in store.written if what == "record"] == [
        0,
        5,
        9,
        13,
        17,
    ]  # the last one with its end
    assert record.epochs_done == 20
    assert len(store.progress(record.id).history) == 20


def test_a_run_can_be_looked_at_while_it_trains(store, environment, monkeypatch):
    """From its first step on it has its baselines and an empty history; weights never stand there without their tables."""
    monkeypatch.setattr(training_job, "WEIGHTS_SECONDS", 0.0)
    seen, weights_seen = [], []

    def look():
        progress, files = (
            store.progress(record.id),
            {file.name for file in (store.folder / f"{record.id}.partial").iterdir()},
        )
        assert {"items.csv", "users.csv"} <= files or "weights.safetensors" not in files
        seen.append((progress.record.state, set(progress.record.baselines), len(progress.history)))
        weights_seen.append("weights.safetensors" in files)
        return False

    record = store.create(planned())
    carry_out(record, store, environment, should_stop=look)
    assert seen[0] == ("running", {"global_mean", "biases_only"}, 0)
    assert seen[-1] == ("running", {"global_mean", "biases_only"}, 1)
    assert not weights_seen[0] and weights_seen[-1]


def test_rehearsal_leaves_nothing_behind(environment):
    before = sorted(environment.home.rglob("*"))
    assert list(training_job.warm_up("sample", MODELS, environment)) == list(MODELS)
    environment.scratch.rmdir()  # it is empty
    assert sorted(environment.home.rglob("*")) == before
    with pytest.raises(CollabError, match="COLLAB_DATA"):
        list(training_job.warm_up("ml-100k", MODELS, environment))


@pytest.mark.parametrize("run_id", ["", "x", "../../etc", "0123456", "0123456789", "ABCDEF01", "0123456g", "0123456\n"])
def test_only_ids_are_ids(store, run_id):
    with pytest.raises(RunError):
        store.record(run_id)


def test_unknown_run(store):
    with pytest.raises(RunError, match="there is no run 01234567"):
        store.record("01234567")


def flipped(content):
    """One bit in the middle is another."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "a list": lambda content: b"[]",
    "null": lambda content: b"null",
    "deeply nested": lambda content: b"[" * 100_000,
    "of another version": lambda content: b'{"format": 1}',
    "too long": lambda content: content + b" " * 1_000_001,
    "flipped": flipped,
    "missing": None,
}
RUN_FILES = ("run.json", "history.csv", "batches.csv", "items.csv", "users.csv", "weights.safetensors")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A home with two runs, to be copied."""
    home = tmp_path_factory.mktemp("two")
    store = RunStore(home)
    for _ in range(2):
        carry_out(store.create(planned(epochs=1)), store, Environment((), home, "sqlite://"))
    return home


@pytest.mark.parametrize("file", RUN_FILES)
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_run_is_named_and_hides_no_other(tmp_path, two_runs, kind, file):
    shutil.copytree(two_runs, tmp_path / "home")
    store = RunStore(tmp_path / "home")
    ended, other = store.records()
    place = store.folder / ended.id / file
    if DAMAGE[kind] is None:
        place.unlink()
    else:
        place.write_bytes(DAMAGE[kind](place.read_bytes()))
    for each in (store, RunStore(store.home)):  # the one has read it before
        each._checked.clear()  # as after a few seconds
        assert [record.id for record in each.records()] == [other.id]
        (damaged,) = each.damaged()
        assert damaged.id == ended.id and file in damaged.reason
        assert damaged.starter == (None if file == "run.json" else ended.starter)
        for read in (each.record, each.load, each.progress, each.files_of, each.rename):
            with pytest.raises(RunError, match="damaged"):
                read(ended.id, *(["x"] if read == each.rename else []))
    store.delete(ended.id)
    assert store.damaged() == [] and (store.trash / ended.id).is_dir()
    store.restore(ended.id)
    assert [each.id for each in store.damaged()] == [ended.id]


def test_files_that_are_signed_and_no_model_all_the_same_are_damage(store, environment, ended):
    """Somebody with access to the disk knows how a record is signed."""
    place = store.folder / ended.id / "weights.safetensors"
    weights = safetensors.numpy.load_file(place)
    weights["item_biases"][3] = np.nan
    place.write_bytes(safetensors.numpy.save(weights))
    marks = ended.files | {place.name: FileMark.of(place.read_bytes())}
    store.write_record(dataclasses.replace(ended, files=marks))
    store = RunStore(environment.home)
    assert store.records() and store.damaged() == []  # until somebody wants to look at it
    with pytest.raises(RunError, match=r"is damaged: weights\.safetensors is damaged: .*not finite"):
        store.load(ended.id)
    assert store.records() == [] and [each.id for each in store.damaged()] == [ended.id]


def test_a_folder_in_a_files_place_is_damage_too(store, ended):
    for file in RUN_FILES:
        (store.folder / ended.id / file).unlink()
        (store.folder / ended.id / file).mkdir()
        store._checked.clear()
        assert store.records() == [] and [each.id for each in store.damaged()] == [ended.id]


def test_a_damaged_busy_run_can_be_deleted(store):
    owner, lock = store.claim()
    record = store.create(dataclasses.replace(planned(), owner=owner))
    (store.folder / f"{record.id}.partial" / "run.json").write_text("{")
    assert [each.id for each in store.damaged()] == [record.id] and store.rescue() == []
    store.delete(record.id)
    assert store.damaged() == [] and list(store.folder.glob("*.partial")) == []
    lock.release()


def test_half_written_line_is_not_read(store, environment):
    record = carry_out(store.create(planned(epochs=1)), store, environment)
    file = store.folder / record.id / "batches.csv"
    whole = len(store.progress(record.id).batches)
    file.write_text(file.read_text() + "99,1.0,0.")
    assert len(store.progress(record.id).batches) == whole


def test_record_round_trip_and_unknown_entries(store):
    record = store.create(planned())
    assert RunRecord.from_json(record.to_json()) == record
    values = dataclasses.asdict(record) | {"colour": "red"}
    with pytest.raises(RunError, match="colour"):
        RunRecord.from_json(signed(values))


@pytest.mark.parametrize("model", MODELS)
def test_whatever_can_be_asked_for_can_be_read(store, environment, model):
    """The largest settings and the longest words are inside the bounds of a record."""
    family = MODELS[model]
    largest = {}
    for field in dataclasses.fields(family.settings_type):
        limits = field.metadata["about"]
        if field.type in ("int", "float"):
            largest[field.name] = type(field.default)(limits.high)
        elif field.type == "tuple[int, ...]":
            largest[field.name] = (int(limits.high),) * limits.most
        elif field.type == "bool":
            largest[field.name] = True
    asked = plan(model, family.settings_type(**largest), "sample", "random:0.2", 2**63 - 1)
    record = store.create(dataclasses.replace(asked, starter="a" * 32))
    assert store.record(record.id) == record
    finished = store.finish(dataclasses.replace(record, state="failed", message="x" * 5000))
    assert store.record(record.id) == finished and finished.message == "x" * 1000


def test_held_out_rows_of_a_file_are_kept_with_the_run(store, environment, tmp_path):
    rows = tmp_path / "rows.txt"
    rows.write_text("5\n3\n10\n")
    record = carry_out(store.create(dataclasses.replace(planned(epochs=1), holdout=f"rows:{rows}")), store, environment)
    assert record.n_valid == 3
    assert (store.folder / record.id / "valid_rows.csv").read_text() == "5\n3\n10\n"


# --- keeping house: rename, delete, restore -------------------------------------------------------------------------------


def contents(store, run_id):
    return {name: file.read_bytes() for name, file in store.files_of(run_id).items()}


@pytest.fixture
def ended(store, environment):
    return carry_out(store.create(planned(epochs=1)), store, environment)


def test_rename(store, ended):
    assert store.rename(ended.id, "  my\tbest \n run ").name == "my best run"
    assert store.record(ended.id) == dataclasses.replace(ended, name="my best run", owner="")
    for bad in ("", " \n", "x" * 81):
        with pytest.raises(RunError, match="1 to 80 characters"):
            store.rename(ended.id, bad)


def test_delete_and_restore(store, ended):
    before = contents(store, ended.id)
    store.delete(ended.id)
    assert store.records() == [] and [record.id for record in store.deleted()] == [ended.id]
    with pytest.raises(RunError, match="was deleted"):
        store.load(ended.id)
    store.restore(ended.id)
    assert contents(store, ended.id) == before and store.deleted() == []
    with pytest.raises(RunError, match="not among the deleted"):
        store.restore(ended.id)
    with pytest.raises(RunError, match="not the id of a run"):
        store.restore("../trash")


def test_busy_run_is_left_alone(store):
    owner, lock = store.claim()
    record = store.create(dataclasses.replace(planned(), owner=owner))
    for act in (
        lambda: store.rename(record.id, "x"),
        lambda: store.delete(record.id),
        lambda: store.files_of(record.id),
    ):
        with pytest.raises(RunError, match="stop it first"):
            act()
    lock.release()


def test_trash_is_emptied_after_its_days(store, environment, ended):
    other = carry_out(store.create(planned(epochs=1)), store, environment)
    for record in (ended, other):
        store.delete(record.id)
    old = time.time() - 31 * 86_400
    os.utime(store.trash / ended.id, (old, old))
    store.tidy()
    assert [record.id for record in store.deleted()] == [other.id]


def test_damaged_run_in_the_trash_hides_no_other(store, ended):
    store.delete(ended.id)
    (store.trash / "01234567").mkdir()
    (store.trash / "01234567" / "run.json").write_text("[]")
    assert [record.id for record in store.deleted()] == [ended.id]


# --- disks that fail -------------------------------------------------------------------------------------------------------


@pytest.fixture
def full(monkeypatch):
    """The disk is full until the function that this gives is called."""

    def refuse(*_args, **_how):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("collab.services.disk.replace", refuse)
        yield patch.undo


def test_a_full_disk_is_said_with_what_is_safe(store, full, request):
    with pytest.raises(
        StorageError, match=r"could not be noted down: the disk .* is full\. Nothing was begun\. Make room"
    ):
        store.create(planned())
    assert [each.name for each in store.folder.iterdir()] == ["trash"] and not list(store.owners.iterdir())


def test_a_full_disk_changes_no_run(store, ended, full):
    with pytest.raises(StorageError, match="unchanged"):
        store.rename(ended.id, "other")
    assert store.record(ended.id) == ended
    store.delete(ended.id)  # takes no room
    store.restore(ended.id)


def test_a_run_whose_ending_cannot_be_written_is_interrupted(store, environment, request):
    """Its folder gets its name all the same, and with room its record follows."""

    def fill_the_disk(report):
        if report.epoch == 2:
            request.getfixturevalue("full")

    owner, lock = store.claim()
    record = store.create(dataclasses.replace(planned(epochs=2), owner=owner))
    ended = carry_out(record, store, environment, on_epoch=fill_the_disk)
    assert ended.state == "interrupted" and ended.message.startswith("The disk is full")
    found = RunStore(environment.home).record(record.id)
    assert found.state == "interrupted" and "could not be written" in found.message
    request.getfixturevalue("full")()
    lock.release()
    store.tidy()
    (found,) = RunStore(environment.home).records()
    assert found.state == "interrupted" and found.files and (store.folder / record.id).is_dir()
    store.delete(record.id)
    assert store.records() == []


def test_a_run_that_was_given_up_is_interrupted_until_it_can_be_written(store, full):
    owner, lock = store.claim()
    full()
    record = store.create(dataclasses.replace(planned(), owner=owner))
    store.give_up(record.id, "The disk is full.")
    assert (store.record(record.id).state, store.record(record.id).message) == ("interrupted", "The disk is full.")
    assert store.rescue() == [record.id]
    assert RunStore(store.home).record(record.id).message.startswith("The disk is full. It was interrupted")
    lock.release()


def test_a_vanished_folder_is_an_empty_one(store, ended):
    shutil.rmtree(store.home)
    assert store.records() == store.damaged() == store.deleted() == store.rescue() == []
    store.tidy()
    with pytest.raises(RunError, match="there is no run"):
        store.record(ended.id)
    with pytest.raises(StorageError, match=r"is gone\. Nothing was begun\. Bring the folder back"):
        store.create(planned())
    assert not store.home.exists()  # a disk that was unplugged is not written beside
    store = RunStore(store.home)
    assert store.records() == [] and store.record(store.create(planned()).id).state == "queued"


def test_a_home_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Collab cannot keep runs"):
        RunStore(tmp_path / "file")


def test_what_is_written_reaches_the_disk_before_it_gets_its_name(store, environment, monkeypatch):
    """Every file of a run, then its folder: synced first, renamed then, and the names synced after that."""
    done, sync, replace = [], os.fsync, os.replace

    def note_sync(descriptor):
        done.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        sync(descriptor)

    def note_replace(source, target):
        done.append(("rename", str(source), str(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    record = carry_out(store.create(planned(epochs=1)), store, environment)
    partial, final = (str(store.folder / f"{record.id}{end}") for end in (".partial", ""))
    end = done.index(("rename", partial, final))
    assert ("sync", str(store.folder)) in done[end:]
    for name in record.files:
        assert ("sync", f"{partial}/{name}") in done[:end]
    for name in ("run.json", "items.csv", "users.csv", "weights.safetensors"):
        moves = [place for place, each in enumerate(done) if each[0] == "rename" and each[2] == f"{partial}/{name}"]
        assert moves and all(done[place - 1] == ("sync", done[place][1]) for place in moves)
        assert all(done[place + 1] == ("sync", partial) for place in moves)
    done.clear()
    carry_out(store.create(planned(epochs=1)), RunStore(environment.home, durable=False), environment)
    assert (
        len([each for each in done if each[0] == "sync"]) == 3
    )  # noted down by the other store; a trial need not last


def test_what_killed_processes_have_left_goes(store, ended):
    dead, lock = store.claim()
    alive, held = store.claim()
    lock.release()
    left = [store.folder / f"{dead}.new", store.folder / ended.id / "run.json.0a.tmp", store.owners / f"{dead}.lock"]
    left[0].mkdir()
    left[1].write_text("{")
    (store.folder / f"{alive}.new").mkdir()
    store.tidy()
    assert not left[0].exists() and left[1].exists()  # it may be just about to be renamed
    store.tidy(now=time.time() + 3601)
    assert not any(each.exists() for each in left) and (store.folder / f"{alive}.new").is_dir()
    assert [record.id for record in store.records()] == [ended.id]
    held.release()


# --- whose run it is -------------------------------------------------------------------------------------------------------


def test_a_run_is_renamed_and_deleted_by_whoever_started_it_or_the_command_line(store, environment):
    record = carry_out(store.create(dataclasses.replace(planned(epochs=1), starter="me")), store, environment)
    for act in (lambda by: store.rename(record.id, "x", by=by), lambda by: store.delete(record.id, by=by)):
        for other in ("you", ""):
            with pytest.raises(RunError, match="somebody else has started this run"):
                act(other)
    assert store.rename(record.id, "mine", by="me").name == "mine"
    store.delete(record.id, by="me")
    store.restore(record.id)
    store.delete(record.id)


def test_a_damaged_run_is_deleted_by_whoever_started_it_as_far_as_that_is_known(store, environment):
    record = carry_out(store.create(dataclasses.replace(planned(epochs=1), starter="me")), store, environment)
    (store.folder / record.id / "users.csv").unlink()
    store._checked.clear()
    with pytest.raises(RunError, match="somebody else"):
        store.delete(record.id, by="you")
    (store.folder / record.id / "run.json").unlink()
    store.delete(record.id, by="you")
