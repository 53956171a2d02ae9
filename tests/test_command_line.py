"""The command line: the same code and run folders as the dashboard, for scripts."""

import dataclasses
import json
import os
import subprocess
import sys
import zipfile

import pytest

from collab.__main__ import main
from collab.data import download as download_module
from collab.data.archive import Archive
from collab.data.catalogue import SAMPLE, entry_of, find
from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, MODELS, family_of, preset_of
from collab.models.settings import to_dict
from collab.services.default_run import default_run
from collab.services.environment import read_environment
from collab.services.plans import default_plan
from collab.services.runs import RunStore

QUICK = ["--model", "dot-bias", "--set", "epochs=2", "--set", "n_factors=6", "--set", "batch_size=512"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def answer(capsys):
    """Run a command with --json; returns exit code, the object on the last line of standard output, and standard error."""

    def run(*words):
        code = main([*words, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out.splitlines()[-1]) if out else None, err

    return run


@pytest.fixture
def run_id(home, answer):
    return answer("train", "--data", "sample", "--preset", "fast")[1]["run"]


def test_train_answers_with_everything_that_a_figure_needs(home, answer):
    code, told, err = answer("train", "--data", "sample", "--holdout", "random:0.25", "--seed", "3", *QUICK)
    assert code == 0 and err == ""
    assert told["split"] == {"holdout": "random:0.25", "seed": 3, "n_train": 42615, "n_valid": 14205, "n_sealed": 0}
    assert told["settings"]["seed"] == 3 and told["settings"]["n_factors"] == 6 and told["model"] == "dot-bias"
    assert told["valid_rmse"] == pytest.approx(told["valid_mse"] ** 0.5)
    assert 0 < told["valid_mae"] < told["valid_rmse"]
    assert told["baselines"]["biases_only"]["mse"] < told["baselines"]["global_mean"]["mse"]
    assert told["seconds"] > 0 and told["cpu_seconds"] > 0
    assert RunStore(home).load(told["run"]).record.valid["mse"] == told["valid_mse"]


def test_split_seed_is_the_seed_unless_given(home, answer):
    splits = [
        answer("train", "--data", "sample", *QUICK, *words)[1]["split"]["seed"]
        for words in ((), ("--seed", "4"), ("--seed", "4", "--split-seed", "9"))
    ]
    assert splits == [0, 4, 9]


def test_sealed_rows_are_checked_once(home, answer):
    told = answer("train", "--data", "sample", "--holdout", "random:0.2+sealed:0.1", *QUICK)[1]
    assert told["split"]["n_sealed"] == 5682 and told["sealed"] == {}
    code, first, _ = answer("check", "--run", told["run"])
    assert code == 0 and first["n_sealed"] == 5682 and first["sealed"]["model"]["n_ratings"] == 5682
    assert first["sealed"]["model"]["mse"] < first["sealed"]["global_mean"]["mse"]
    assert answer("check", "--run", told["run"])[1] == first
    assert answer("runs")[1]["runs"][0]["sealed"] == first["sealed"]
    assert main(["check", "--run", told["run"]]) == 0
    plain = answer("train", "--data", "sample", *QUICK)[1]["run"]
    code, told, err = answer("check", "--run", plain)
    assert code == 2 and told is None and "+sealed:0.1" in err


def test_without_a_model_the_default_one_is_trained_at_its_default_preset(home, answer, capsys):
    told = answer("train", "--data", "sample")[1]
    assert (told["model"], told["preset"], told["split"]["holdout"]) == (DEFAULT_MODEL, DEFAULT_PRESET, "random:0.2")
    assert told["settings"] == to_dict(preset_of("bayes", "fast")) and told["split"]["seed"] == 0
    assert (DEFAULT_MODEL, DEFAULT_PRESET) == ("bayes", "fast")
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "(default bayes)" in said and "(default: the first, of bayes fast)" in said


def test_a_model_without_a_preset_begins_with_its_first(home, answer):
    told = answer("train", "--data", "sample", "--model", "dot-bias", "--set", "epochs=1")[1]
    assert told["settings"]["batch_size"] == 64 and told["settings"]["learning_rate"] == 5e-3


def test_every_model_trains_and_its_run_answers(home, answer, tmp_path):
    told = answer("train", "--data", "sample", "--model", "bayes", "--set", "epochs=3")[1]
    assert told["preset"] == "" and told["settings"]["n_factors"] == 8 and told["name"].startswith("bayes · 8 factors")
    assert told["valid_mse"] < told["baselines"]["biases_only"]["mse"] + 0.1
    code, near, _ = answer(
        "similar", "--run", told["run"], "--title", "Alien (1979)", "--measure", "cautious", "--top", "3"
    )
    assert code == 0 and len(near["similar"]) == 3 and near["similar"][0]["similarity"] <= 1
    mine = tmp_path / "mine.csv"
    mine.write_text("title,rating\nAlien (1979),5\n")
    assert len(answer("recommend", "--run", told["run"], "--ratings", str(mine), "--top", "4")[1]["recommended"]) == 4
    assert answer("train", "--data", "sample", "--model", "bayes", "--preset", "chapter")[0] == 2


def test_rows_of_a_file_are_held_out(home, answer, tmp_path):
    rows = tmp_path / "rows.txt"
    rows.write_text("".join(f"{row}\n" for row in range(0, 56820, 10)))
    told = answer("train", "--data", "sample", "--holdout", f"rows:{rows}", *QUICK)[1]
    assert told["split"]["n_valid"] == 5682


def test_official_fold(home, answer, movielens_folders):
    told = answer("train", "--holdout", "fold:u1", "--preset", "fast")[1]
    assert told["data"] == "ml-100k" and told["split"]["n_valid"] == 20000
    assert told["valid_mse"] < told["baselines"]["biases_only"]["mse"]


def test_models_and_runs(home, answer, capsys, run_id):
    assert main(["models"]) == 0
    named = capsys.readouterr().out.splitlines()
    assert named == list(MODELS) == answer("models")[1]["models"]
    assert [each["run"] for each in answer("runs")[1]["runs"]] == [run_id]


def test_similar_films(answer, run_id):
    code, told, _ = answer("similar", "--run", run_id, "--title", "alien (1979)", "--top", "5")
    assert code == 0 and told["title"] == "Alien (1979)" and len(told["similar"]) == 5
    closeness = [each["similarity"] for each in told["similar"]]
    assert closeness == sorted(closeness, reverse=True) and max(closeness) <= 1
    assert all(each["n_ratings"] >= 20 and each["title"] != "Alien (1979)" for each in told["similar"])


def test_recommend_to_somebody_new(answer, run_id, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("title,rating\nAlien (1979),5\nAliens (1986),5\nNo Such Film (1900),3\n")
    code, told, err = answer("recommend", "--run", run_id, "--ratings", str(file), "--top", "7")
    assert code == 0 and told["not_found"] == ["No Such Film (1900)"] and "No Such Film (1900)" in err
    assert told["order"] == "watch"
    by_rating = answer("recommend", "--run", run_id, "--ratings", str(file), "--order", "rating")[1]
    assert by_rating["order"] == "rating" and by_rating["recommended"][0] not in told["recommended"][:1]
    predicted = [each["score"] for each in by_rating["recommended"]]
    assert predicted == sorted(predicted, reverse=True)
    assert len(told["recommended"]) == 7
    first = told["recommended"][0]
    assert set(first) == {"title", "predicted", "uncertainty", "low", "high", "score", "chances"}
    assert first["low"] <= first["predicted"] <= first["high"]
    assert sum(first["chances"].values()) == pytest.approx(1, abs=1e-3) and min(first["chances"]) in ("0.5", "1")
    scores = [each["score"] for each in told["recommended"]]
    assert scores == sorted(scores, reverse=True)
    assert not {"Alien (1979)", "Aliens (1986)"} & {each["title"] for each in told["recommended"]}


def test_recommend_reads_what_the_pages_read(answer, run_id, tmp_path):
    own, other = tmp_path / "mine.csv", tmp_path / "ratings.csv"
    own.write_text("title,rating\nSeven (Se7en) (1995),5\nAlien (1979),0.5\nNo Such Film (1900),3\n")
    other.write_text(
        "Date,Name,Year,Letterboxd URI,Rating\n,Se7en,1995,u,5\n,Alien,1979,u,0.5\n,No Such Film,1900,u,3\n"
    )
    code, told, err = answer("recommend", "--run", run_id, "--ratings", str(other))
    assert code == 0 and told["n_ratings"] == 2 and told["not_found"] == ["No Such Film (1900)"], err
    assert told == answer("recommend", "--run", run_id, "--ratings", str(own))[1]
    other.write_text("userId,movieId,rating,timestamp\n1,1,4,9\n")
    code, told, err = answer("recommend", "--run", run_id, "--ratings", str(other))
    assert code == 2 and told is None and "ratings.csv, line 1" in err and "movielens.org" in err


def test_recommend_falls_back_to_the_rating_where_the_data_are_gone(answer, home, run_id, tmp_path):
    record = RunStore(home).record(run_id)
    RunStore(home).write_record(dataclasses.replace(record, fingerprint="0" * 16))
    file = tmp_path / "mine.csv"
    file.write_text("title,rating\nAlien (1979),5\n")
    code, told, err = answer("recommend", "--run", run_id, "--ratings", str(file))
    assert code == 0 and told["order"] == "rating" and len(told["recommended"]) == 10
    assert "ordered by rating: the data set Built-in sample is not the one" in err


@pytest.mark.parametrize("model", MODELS)
def test_every_model_trains_recommends_and_says_what_is_alike_or_why_not(answer, home, tmp_path, model):
    fields = {field.name for field in dataclasses.fields(family_of(model).settings_type)}
    quick = [word for word in QUICK if "=" in word and word.split("=")[0] in fields]
    changes = [part for word in quick for part in ("--set", word)]
    code, told, err = answer("train", "--data", "sample", "--model", model, "--preset", "fast", *changes)
    assert code == 0 and told["state"] == "finished" and told["model"] == model, err
    run = told["run"]
    file = tmp_path / "mine.csv"
    file.write_text("title,rating\nAlien (1979),5\nAliens (1986),5\n")
    code, told, err = answer("recommend", "--run", run, "--ratings", str(file), "--top", "7")
    assert code == 0 and len(told["recommended"]) == 7, err
    code, told, err = answer("similar", "--run", run, "--title", "Alien (1979)")
    if RunStore(home).load(run).model.has_factors:
        assert code == 0 and len(told["similar"]) == 10
    else:
        assert code == 2 and "without factors" in err and "train one that has" in err
        other = answer("train", "--data", "sample", *QUICK)[1]["run"]
        assert f"run {other}" in answer("similar", "--run", run, "--title", "Alien (1979)")[2]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("train", "--data", "nothing"), "there are ml-100k"),
        (("train", "--data", "sample", "--model", "nothing"), f"there are {', '.join(MODELS)}"),
        (("train", "--data", "sample", "--preset", "nothing"), "it has fast, accurate"),
        (("train", "--data", "sample", "--model", "dot-bias", "--preset", "nothing"), "it has chapter, fast"),
        (("train", "--data", "sample", "--model", "dot-bias", "--set", "n_factors=100000"), "from 1 to 512"),
        (("train", "--data", "sample", "--set", "nothing=1"), "the settings are"),
        (("train", "--data", "sample", "--set", "n_factors"), "name=value"),
        (("train", "--data", "sample", "--set", "learning_rate=0.1"), "the settings are"),
        (("train", "--data", "sample", *QUICK, "--set", "learning_rate=fast"), "a number from 1e-05 to 1"),
        (("train", "--data", "sample", "--holdout", "random:2"), "0.01 to 0.9"),
        (("train", "--data", "sample", "--holdout", "fold:u1"), "no fold"),
        (("train", "--data", "sample", "--holdout", "random:0.2+sealed:2"), "the sealed share is 2"),
        (("train", "--data", "sample", "--holdout", "random:0.9+sealed:0.1"), "seal a smaller share"),
        (("check", "--run", "01234567"), "there is no run"),
        (("train", "--data", "sample", "--holdout", "rows:no-such-file"), "no-such-file"),
        (("train", "--data", "sample", "--split-seed", "-1"), "the seed of the split is -1"),
        (
            ("train", "--data", "sample", "--model", "dot-bias", "--set", "y_range=none", "--set", "learning_rate=1"),
            "diverged",
        ),
        (("similar", "--run", "01234567", "--title", "x"), "there is no run"),
        (("recommend", "--run", "../..", "--ratings", "x"), "is not the id of a run"),
    ],
)
def test_errors_name_the_value_and_end_with_code_2(home, answer, words, expected):
    code, told, err = answer(*words)
    assert code == 2 and told is None and expected in err and "Traceback" not in err
    assert [
        record for record in RunStore(home).records() if record.state != "diverged"
    ] == []  # nothing half-done is left


def test_unknown_titles_are_an_error(answer, run_id, tmp_path):
    assert "did you mean" in answer("similar", "--run", run_id, "--title", "Alien")[2]
    assert answer("similar", "--run", run_id, "--title", "")[0] == 2
    file = tmp_path / "mine.csv"
    file.write_text("title,rating\nNo Such Film (1900),3\n")
    code, told, err = answer("recommend", "--run", run_id, "--ratings", str(file))
    assert code == 2 and told is None and "none of its 1 titles" in err
    file.write_text("title,rating\nAlien (1979),9\n")
    code, _, err = answer("recommend", "--run", run_id, "--ratings", str(file))
    assert code == 2 and "line 2" in err and "9" in err


def test_prepare_makes_everything_ready(home, answer, movielens_folders):
    code, told, err = answer("prepare")
    assert code == 0 and err == ""
    assert [each["data"] for each in told["prepared"]] == ["ml-100k", "ml-latest-small"]
    again = answer("prepare")[1]
    assert [each["run"] for each in again["prepared"]] == [
        each["run"] for each in told["prepared"]
    ]  # nothing is trained twice


def test_prepare_without_a_network_prepares_the_sample(home, answer, monkeypatch):
    monkeypatch.delenv("COLLAB_DATA", raising=False)

    def unreachable(*arguments, **options):
        raise download_module.DownloadError("no connection")

    monkeypatch.setattr("collab.services.downloads.download", unreachable)
    code, told, err = answer("prepare")
    assert code == 2 and "no connection" in err and "sample is ready" in err
    assert [each["data"] for each in told["prepared"]] == ["sample"]
    assert find_runs(read_environment()) == ["sample"]


def test_prepare_replaces_a_damaged_download_and_refuses_a_damaged_file(
    home, answer, monkeypatch, movielens_folders, tmp_path
):
    name = "ml-latest-small"
    good, entry, fetched = Archive(find(name, movielens_folders)), entry_of(name), []

    def put(folder, harm):
        folder.mkdir(exist_ok=True)
        with zipfile.ZipFile(folder / entry.file_name, "w") as archive:
            for file in entry.all_md5:
                archive.writestr(file, good.read(file)[harm:])
        return folder

    def fetch(file_name, md5, folder, progress, base_address):
        fetched.append((file_name, md5, folder))
        put(folder, 0)

    monkeypatch.setattr("collab.services.downloads.download", fetch)
    monkeypatch.delenv("COLLAB_DATA")
    downloads = put(read_environment().downloads, 1)
    code, told, err = answer("prepare", "--data", name)
    assert (code, err) == (0, "") and fetched == [(entry.file_name, entry.all_md5, downloads)]
    assert [each["data"] for each in told["prepared"]] == [name]
    monkeypatch.setenv("COLLAB_DATA", str(put(tmp_path / "given", 1)))
    code, told, err = answer("prepare", "--data", name)
    assert code == 2 and len(fetched) == 1 and [each["data"] for each in told["prepared"]] == [SAMPLE]
    assert f"{tmp_path / 'given' / entry.file_name}/movies.csv is not the published file" in err


def find_runs(environment):
    return [record.data for record in RunStore(environment.home).records()]


def test_as_a_process(home):
    """The real thing once: exit codes and streams, and no progress where nobody watches."""
    done = subprocess.run(
        [sys.executable, "-m", "collab", "train", "--data", "sample", *QUICK, "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"COLLAB_HOME": str(home)},
        check=False,
    )
    assert done.returncode == 0 and done.stderr == "" and len(done.stdout.splitlines()) == 1
    assert json.loads(done.stdout)["state"] == "finished"
    wrong = subprocess.run(
        [sys.executable, "-m", "collab", "similar", "--run", "x", "--title", "y"],
        capture_output=True,
        text=True,
        env=os.environ | {"COLLAB_HOME": str(home)},
        check=False,
    )
    assert wrong.returncode == 2 and wrong.stdout == "" and "is not the id of a run" in wrong.stderr


# --- keeping the house -----------------------------------------------------------------------------------------------------


def test_a_run_goes_out_and_comes_in(home, answer, run_id, tmp_path):
    file = tmp_path / "run.zip"
    assert answer("export-run", "--run", run_id, "--out", str(file)) == (0, {"run": run_id, "file": str(file)}, "")
    code, told, err = answer("import-run", str(file))
    assert code == 0 and err == "" and list(told) == ["run"] and told["run"] != run_id
    code, listed, _ = answer("runs")
    assert [each["run"] for each in listed["runs"]] == [told["run"], run_id] and listed["damaged"] == []
    file.write_bytes(file.read_bytes()[:1000])
    code, told, err = answer("import-run", str(file))
    assert code == 2 and told is None and "no zip of a run" in err
    code, told, err = answer("export-run", "--run", run_id, "--out", str(tmp_path / "no" / "run.zip"))
    assert code == 2 and told is None and "is gone" in err


def test_a_run_is_pinned_and_unpinned(home, answer, run_id):
    assert answer("pin", run_id) == (0, {"pinned": run_id}, "")
    assert default_run("sample", RunStore(home)).record.id == run_id
    assert answer("pin", "--none") == (0, {"pinned": None}, "")
    for words, expected in (
        (["pin"], "name the run to pin"),
        (["pin", run_id, "--none"], "name the run to pin"),
        (["pin", "01234567"], "there is no run 01234567"),
    ):
        code, told, err = answer(*words)
        assert code == 2 and told is None and expected in err


def test_a_run_is_renamed_and_deleted_by_the_command_line(home, answer, run_id):
    assert answer("rename-run", "--run", run_id, "--name", " our best ") == (0, {"run": run_id, "name": "our best"}, "")
    assert answer("delete-run", "--run", run_id)[0] == 0 and answer("runs")[1]["runs"] == []
    code, _, err = answer("delete-run", "--run", run_id)
    assert code == 2 and "was deleted" in err


def test_a_damaged_run_is_listed_and_deleted(home, answer, run_id):
    (home / "runs" / run_id / "run.json").write_text("[]")
    code, listed, _ = answer("runs")
    assert code == 0 and listed["runs"] == [] and [each["run"] for each in listed["damaged"]] == [run_id]
    assert answer("similar", "--run", run_id, "--title", "Alien (1979)")[0] == 2
    assert answer("delete-run", "--run", run_id)[0] == 0 and answer("runs")[1]["damaged"] == []


def test_a_busy_run_is_asked_to_stop(home, answer, run_id):
    store = RunStore(home)
    owner, lock = store.claim()
    busy = store.create(dataclasses.replace(default_plan("sample"), owner=owner))
    assert answer("stop-run", "--run", busy.id) == (0, {"run": busy.id}, "") and store.is_asked_to_stop(busy.id)
    lock.release()
    code, _, err = answer("stop-run", "--run", run_id)
    assert code == 2 and "has ended already" in err
