"""What a training writes down and tells, and data sets that are kept until their files change."""

import dataclasses
import errno
import os
import zipfile
from types import SimpleNamespace

import pytest

from collab.data.archive import Archive
from collab.errors import DataError
from collab.models import family_of, preset_of
from collab.models.dot import DotBiasSettings
from collab.services import training_job
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_rows import load_encoded
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, measure_certainty

SHORT = DotBiasSettings(epochs=2, batch_size=512, n_factors=4)


@pytest.fixture
def ratings(make_ratings):
    return make_ratings([(user, film, 1 + (user * film) % 5) for user in range(1, 9) for film in range(1, 9)])


def test_certainty_is_measured_on_all_held_out_rows_however_many_go_at_once(ratings, monkeypatch):
    sizes = []

    def predict_with_variance(user_index, item_index):
        sizes.append(len(user_index))
        return 2 + user_index / 8 + item_index / 9, 0.5 + item_index / 20

    model = SimpleNamespace(predict_with_variance=predict_with_variance)
    at_once = measure_certainty(model, ratings, ratings)
    assert sizes == [64]
    monkeypatch.setattr(training_job, "PREDICTED_AT_ONCE", 10)
    assert measure_certainty(model, ratings, ratings) == at_once
    assert sum(sizes) == 128 and max(sizes[1:]) <= 10
    assert set(at_once) == {"within_50", "within_80", "within_95", "log_loss", "histogram_log_loss"}


def test_a_model_without_variances_has_no_certainty(ratings):
    assert measure_certainty(SimpleNamespace(), ratings, ratings) == {}


FILES = {
    "movies.csv": b"movieId,title,genres\n1,Alien (1979),Horror\n2,Heat (1995),Crime\n",
    "ratings.csv": b"userId,movieId,rating,timestamp\n1,1,4.5,0\n1,2,3.0,0\n2,1,5.0,0\n",
}


@pytest.mark.parametrize("packed", [False, True])
def test_a_data_set_is_kept_until_one_of_its_files_changes(tmp_path, published, monkeypatch, packed):
    name, read = "ml-latest-small", []
    published(name, FILES)
    place = tmp_path / name

    def put(files):
        if packed:
            with zipfile.ZipFile(place.with_suffix(".zip"), "w") as archive:
                for file, content in files.items():
                    archive.writestr(file, content)
        else:
            place.mkdir(exist_ok=True)
            for file, content in files.items():
                if not (place / file).exists() or (place / file).read_bytes() != content:
                    (place / file).write_bytes(content)  # in place: the folder itself stays as it is

    content = Archive._content
    monkeypatch.setattr(Archive, "_content", lambda self, file: read.append(file) or content(self, file))
    environment = Environment((tmp_path,), tmp_path / "home", "sqlite://")
    put(FILES)
    first = load_encoded(name, environment)
    assert load_encoded(name, environment) is first and sorted(read) == sorted(FILES)
    put(FILES | {"movies.csv": FILES["movies.csv"].replace(b"Heat", b"Haet")})
    with pytest.raises(DataError, match=r"movies\.csv is not the published file"):
        load_encoded(name, environment)
    put(FILES)
    again = load_encoded(name, environment)
    assert again is not first and again[0].fingerprint == first[0].fingerprint


@pytest.fixture
def here(tmp_path):
    return Environment((), tmp_path, "sqlite://")


def noted(store, model="dot-bias", settings=SHORT):
    return store.create(plan(model, settings, "sample", "random:0.2", 0))


def test_a_training_tells_before_every_part_and_at_every_step_that_it_goes_on(here):
    """Before the first epoch, which a model may make in one step, with the seconds that it should take."""
    store, told = RunStore(here.home), []
    record = carry_out(noted(store), store, here, on_progress=told.append)
    assert record.state == "finished" and len(told) >= record.n_steps + 4
    assert told[0] == 0.0 and told == sorted(told)
    _, ratings = load_encoded("sample", here)
    expected = family_of("dot-bias").seconds(SHORT, record.n_train, ratings.n_users + ratings.n_items) / SHORT.epochs
    assert next(filter(None, told)) == pytest.approx(expected)
    slowest = max(store.progress(record.id).history.seconds)
    assert told[-1] == pytest.approx(max(expected, slowest), rel=1e-6)


def test_a_sweep_of_a_large_data_set_has_the_time_that_it_should_take(here, monkeypatch):
    store, told = RunStore(here.home), []
    slow = dataclasses.replace(family_of("bayes"), seconds=lambda *_: 20_000.0)
    monkeypatch.setattr(training_job, "family_of", lambda name: slow)
    settings = dataclasses.replace(preset_of("bayes"), epochs=2)
    carry_out(noted(store, "bayes", settings), store, here, on_progress=told.append)
    assert max(told[: len(told) // 2]) == 10_000.0


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("what", ["begin", "append", "write_tables", "write_weights"])
def test_a_full_disk_interrupts_a_run(here, monkeypatch, what):
    store = RunStore(here.home)
    run = noted(store)
    monkeypatch.setattr(store, what, full)
    assert carry_out(run, store, here).state == "interrupted"
    record = RunStore(here.home).record(run.id)
    assert record.state == "interrupted" and record.message.startswith("The disk is full")


def test_an_ending_that_cannot_be_written_is_returned(here, monkeypatch):
    store = RunStore(here.home)
    monkeypatch.setattr(store, "finish", full)
    record = carry_out(noted(store), store, here)
    assert record.state == "interrupted" and record.message.startswith("The disk is full")
    assert store.record(record.id).busy
    store.give_up(record.id, record.message)
    assert store.record(record.id).message == record.message and not store.record(record.id).busy


def test_a_run_whose_folder_has_gone_is_interrupted(here):
    store = RunStore(here.home)
    run = noted(store)
    store.discard(run.id)
    assert carry_out(run, store, here).state == "interrupted"


def test_a_process_that_is_told_to_end_does_so_on_a_full_disk_too(here, monkeypatch):
    store = RunStore(here.home)

    def end(epoch):
        monkeypatch.setattr(store, "write_weights", full)
        raise SystemExit

    with pytest.raises(SystemExit):
        carry_out(noted(store), store, here, on_epoch=end)


def test_a_run_can_be_asked_to_stop_without_a_worker(here):
    """As one of the command line is."""
    store = RunStore(here.home)
    run = noted(store, settings=dataclasses.replace(SHORT, epochs=100, batch_size=8))
    record = carry_out(run, store, here, on_epoch=lambda epoch: RunStore(here.home).ask_to_stop(run.id))
    assert record.state == "stopped" and 1 <= record.epochs_done < 100 and store.load(run.id)
