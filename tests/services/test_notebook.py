"""Load, split, fit and load a run: the same figures as the command line, in memory until a run is saved."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from collab.__main__ import main
from collab.data.catalogue import entry_of, find
from collab.data.dataset import Dataset
from collab.data.splitting import split_by
from collab.errors import DownloadError, RunError, SettingError
from collab.models import MODELS
from collab.services.environment import read_environment
from collab.services.notebook import fit, load, load_run, split
from collab.services.runs import RunStore

QUICK = {"epochs": 2, "n_factors": 6}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def command(home, capsys):
    """Run a command of the command line; returns what it answers as JSON."""

    def run(*words):
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


def test_a_data_set_and_what_holds_it(home, movielens_folders, monkeypatch):
    data = load("ml-100k")
    assert isinstance(data, Dataset) and len(data.ratings) == 100_000 and len(load("sample").ratings) == 56_820
    with pytest.raises(SettingError, match="there are ml-100k, ml-latest-small, sample"):
        load("ml-1b")
    monkeypatch.delenv("COLLAB_DATA")
    fetched = []

    def download(file_name, md5, folder, progress, base_address):
        folder.mkdir()
        (folder / file_name).write_bytes(find("ml-latest-small", movielens_folders).read_bytes())
        fetched.append((file_name, base_address))

    monkeypatch.setattr("collab.services.downloads.download", download)
    for _ in range(2):
        assert load("ml-latest-small").rating_scale.step == 0.5
    assert fetched == [("ml-latest-small.zip", entry_of("ml-latest-small").download_from)]

    def unreachable(*arguments, **options):
        raise DownloadError("no connection")

    monkeypatch.setattr("collab.services.downloads.download", unreachable)
    with pytest.raises(DownloadError, match="no connection"):
        load("ml-100k")


def test_which_rows_train(home, movielens_folders):
    data = load("ml-100k")
    rows = split(data, "random:0.2+sealed:0.1", seed=7)
    wanted = split_by("random:0.2+sealed:0.1", data, 7)
    for name in ("train", "valid", "test"):
        frame = getattr(rows, name)
        assert list(frame) == ["user_id", "item_id", "title", "rating", "time"]
        assert np.array_equal(frame.index, getattr(wanted, name))
        assert frame.drop(columns="title").equals(data.ratings.loc[frame.index])
    assert sorted([*rows.train.index, *rows.valid.index, *rows.test.index]) == list(range(100_000))
    titles = dict(zip(data.items.item_id, data.items.title, strict=True))
    assert rows.test.title.tolist() == [titles[each] for each in rows.test.item_id]
    assert repr(rows) == (
        "<MovieLens 100K, random:0.2+sealed:0.1, seed 7: 70,000 rows train, 20,000 held out, 10,000 sealed>"
    )
    assert np.array_equal(split(data, "fold:u1").valid.index, data.folds["u1"]()) and split(data, "fold:u1").test.empty
    assert np.array_equal(split(data).valid.index, split_by("random:0.2", data, 0).valid)
    for holdout, seed, expected in (
        ("random:2", 0, "0.01 to 0.9"),
        ("fold:u9", 0, "its folds"),
        ("random:0.2", -1, "seed"),
    ):
        with pytest.raises(SettingError, match=expected):
            split(data, holdout, seed)
    with pytest.raises(SettingError, match="the data set that load returns, not str"):
        split("ml-100k")


@pytest.mark.parametrize(
    ("words", "holdout", "seed", "arguments"),
    [
        ("", "random:0.2", 0, {}),
        (
            "--model bayes --preset accurate --set epochs=3 --seed 4",
            "random:0.2",
            4,
            {"preset": "accurate", "epochs": 3},
        ),
        (
            "--model dot-bias --set epochs=1 --set y_range=0,5.5",
            "random:0.3+sealed:0.1",
            0,
            {"epochs": 1, "y_range": [0.0, 5.5]},
        ),
        ("--model neighbours --preset films --items-by id", "random:0.2", 0, {"preset": "films", "items_by": "id"}),
        ("--model deep --set layers=20,10 --set epochs=1", "random:0.2", 0, {"layers": (20, 10), "epochs": 1}),
    ],
)
def test_the_figures_of_the_command_line_to_the_digit(command, words, holdout, seed, arguments):
    told = command("train", "--data", "sample", "--holdout", holdout, *words.split())
    rows = split(load("sample"), holdout, seed)
    record = fit(rows, told["model"], seed=seed, **arguments).record
    assert record.prediction_digest == told["prediction_digest"] != ""
    assert (record.valid["mse"], record.valid["mae"]) == (told["valid_mse"], told["valid_mae"])
    assert (record.settings, record.preset, record.name) == (told["settings"], told["preset"], told["name"])
    assert (record.baselines, record.certainty) == (told["baselines"], told["certainty"])
    assert (len(rows.train), len(rows.valid), len(rows.test)) == tuple(
        told["split"][f"n_{each}"] for each in ("train", "valid", "sealed")
    )


def test_the_figures_of_the_command_line_on_an_official_fold(command, movielens_folders):
    told = command("train", "--holdout", "fold:u1")
    run = fit(split(load("ml-100k"), "fold:u1"))
    assert run.record.prediction_digest == told["prediction_digest"] and run.evaluate().mse == told["valid_mse"]


def test_a_run_is_in_memory_until_it_is_saved(command, home, tmp_path):
    seen = []
    run = fit(split(load("sample")), "dot-bias", "fast", on_epoch=seen.append, **QUICK)
    assert command("runs")["runs"] == [] and [epoch.epoch for epoch in seen] == [1, 2]
    assert run.history.to_numpy() == pytest.approx(np.array([dataclasses.astuple(epoch) for epoch in seen]), rel=1e-6)
    assert run.save() == run.id == run.save()
    (told,) = command("runs")["runs"]
    assert (told["run"], told["prediction_digest"]) == (run.id, run.record.prediction_digest)
    kept = load_run(run.id)
    assert kept.save() == run.id and len(command("runs")["runs"]) == 1
    assert_equal_runs(kept, run)
    file = tmp_path / "run.zip"
    command("export-run", "--run", run.id, "--out", str(file))
    command("delete-run", "--run", run.id)
    for place in (file, str(file), shutil.copy(file, tmp_path / "run.bin")):
        opened = load_run(place)
        assert_equal_runs(opened, run)
    assert command("runs")["runs"] == []
    saved = opened.save()
    assert [each["run"] for each in command("runs")["runs"]] == [saved] and saved != run.id  # that id is in the trash
    assert_equal_runs(load_run(saved), run)


def assert_equal_runs(one, other):
    valid = split(load("sample")).valid
    assert np.array_equal(one.predict(valid.user_id, valid.title), other.predict(valid.user_id, valid.title))
    assert one.evaluate().values == other.evaluate().values == other.evaluate(valid).values
    assert one.history.equals(other.history) and one.items.equals(other.items)
    assert one.recommend({"Alien (1979)": 5}).equals(other.recommend({"Alien (1979)": 5}))
    assert one.similar("Alien (1979)").equals(other.similar("Alien (1979)"))


def test_the_rows_that_a_file_names_stay_with_the_run(home, tmp_path):
    file = tmp_path / "rows.txt"
    file.write_text("5\n3\n10\n")
    rows = split(load("sample"), f"rows:{file}")
    assert rows.valid.index.tolist() == [5, 3, 10]
    run = fit(rows, "bias")
    file.unlink()
    assert run.evaluate().n_ratings == 3 and run.evaluate().values == run.evaluate(rows.valid).values
    assert load_run(run.save()).evaluate().values == run.evaluate().values


def test_a_data_set_that_was_changed_is_not_trained_on_as_if_it_were_whole(home):
    data = load("sample")
    data.ratings.loc[0, "rating"] = 1.0 if data.ratings.rating[0] > 1 else 5.0
    data.ratings["mine"] = 1
    with pytest.raises(SettingError, match="not those of Built-in sample"):
        fit(split(data), "bias")
    assert "mine" not in load("sample").ratings and fit(split(load("sample")), "bias").record.state == "finished"
    few = dataclasses.replace(data, ratings=data.ratings.head(1000))
    with pytest.raises(SettingError, match="load it again"):
        fit(split(few), "bias")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"model": "nothing"}, f"there are {', '.join(MODELS)}"),
        ({"preset": "nothing"}, "it has fast, accurate"),
        ({"n_factor": 3}, "the settings are n_factors"),
        ({"n_factors": 100_000}, "from 1 to"),
        ({"seed": -1}, "seed is -1"),
        ({"items_by": "name"}, "title or id"),
    ],
)
def test_what_cannot_be_fitted_is_refused(home, arguments, expected):
    with pytest.raises(SettingError, match=expected):
        fit(split(load("sample")), **{"model": "bayes", **arguments})
    assert RunStore(home).records() == []


def test_what_is_no_run_is_refused(home, tmp_path):
    rows = split(load("sample"))
    with pytest.raises(RunError, match="diverged: The loss ran away"):
        fit(rows, "dot-bias", y_range=None, learning_rate=1.0, epochs=2)
    with pytest.raises(SettingError, match="the rows that split returns"):
        fit(rows.data)
    (tmp_path / "odd.zip").write_bytes(b"no zip")
    for run, expected in (
        ("01234567", "there is no run"),
        ("../..", "not the id of a run"),
        (tmp_path / "gone.zip", "there is no file"),
        (tmp_path / "odd.zip", "no zip of a run"),
    ):
        with pytest.raises(RunError, match=expected):
            load_run(run)
    assert RunStore(read_environment().home).records() == []
