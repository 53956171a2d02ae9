"""What tests share: the real data, a few ratings made on the spot, and an app on a home of its own with runs trained once."""

import dataclasses
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner

from collab.data.catalogue import CATALOGUE, DEFAULT, SAMPLE, entry_of, find, load_dataset
from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.models import CHAPTER_MODEL, DEFAULT_MODEL, DEFAULT_PRESET, preset_of
from collab.services.environment import Environment, read_environment
from collab.services.plans import default_plan, plan
from collab.services.runs import RunStore
from tests.forked_worker import Nursery
from tests.training_here import train_here

APP = Path(__file__).resolve().parents[1] / "app.py"
VARIABLES = ("COLLAB_DATA", "COLLAB_HOME", "COLLAB_DATABASE")
MOVIELENS = ("ml-100k", "ml-latest-small")
UNREACHABLE = "http://127.0.0.1:9/"  # nobody answers there

torch.set_num_threads(1)  # as in a training process: sums come out in the same order everywhere
# no test depends on how busy the machine is, and the machine that decides on a release draws the same examples every time
hypothesis.settings.register_profile("collab", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("collab")


@pytest.fixture(scope="session")
def data_folder():
    """The folder of COLLAB_DATA that holds both MovieLens data sets; without it tests of the real data cannot run, and say so."""
    folders = [Path(part) for part in os.environ.get("COLLAB_DATA", "").split(os.pathsep) if part.strip()]
    for folder in folders:
        if all(find(name, [folder]) is not None for name in MOVIELENS):
            return folder
    files = " and ".join(entry_of(name).file_name for name in MOVIELENS)
    state = f"is {os.environ['COLLAB_DATA']!r}, where they are not" if folders else "is not set"
    missing(f"this test needs the real data: put {files} into a folder and set COLLAB_DATA to it (COLLAB_DATA {state})")


@pytest.fixture(scope="session")
def movielens_100k(data_folder):
    return load_dataset("ml-100k", [data_folder])


@pytest.fixture(scope="session")
def movielens_latest_small(data_folder):
    return load_dataset("ml-latest-small", [data_folder])


@pytest.fixture
def published(monkeypatch):
    """A function that makes other files, contents by name, the published ones of a data set of the catalogue for this test."""

    def publish(name, files):
        md5 = {file: hashlib.md5(content, usedforsecurity=False).hexdigest() for file, content in files.items()}
        folds = {file: md5.pop(file) for file in sorted(md5) if file.endswith(".test")}
        monkeypatch.setitem(CATALOGUE, name, dataclasses.replace(CATALOGUE[name], member_md5=md5, fold_md5=folds))

    return publish


@pytest.fixture(scope="session")
def sample():
    return load_dataset("sample")


@pytest.fixture(scope="session")
def make_ratings():
    """A function from rows (user, film, stars) to Ratings with whole stars from 1 to 5; row i was given at second i."""

    def make(rows):
        users, films, stars = zip(*rows, strict=True)
        user_ids, item_ids = Vocabulary.of([str(user) for user in users]), Vocabulary.of([str(film) for film in films])
        return Ratings(
            user_ids,
            item_ids,
            user_ids.index_of([str(user) for user in users]),
            item_ids.index_of([str(film) for film in films]),
            np.array(stars),
            np.arange(len(rows)),
            RatingScale(1.0, 5.0, 1.0),
        )

    return make


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Whole folders are tested on all cores (pytest-xdist); single files begin sooner without. `-n` says otherwise."""
    chosen = config.option
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        if chosen.numprocesses is None and all(Path(argument).is_dir() for argument in config.args):
            chosen.numprocesses = "auto"
            os.environ.setdefault("OMP_NUM_THREADS", "1")
        if chosen.numprocesses and chosen.dist == "no":
            chosen.dist = "worksteal"  # neighbours stay together, with the server or the run that they share


def pytest_addoption(parser):
    parser.addoption("--screenshot", metavar="FILE", help="where the browser test puts the README's picture")


def missing(what):
    """A test cannot run: that is a failure where everything should be there, else a word in the report."""
    if os.environ.get("CI") == "true":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def movielens_folders():
    """The folders of COLLAB_DATA, which hold MovieLens 100K."""
    folders = tuple(Path(part) for part in os.environ.get("COLLAB_DATA", "").split(os.pathsep) if part.strip())
    if find(DEFAULT, folders) is None:
        missing(f"COLLAB_DATA does not name a folder with {entry_of(DEFAULT).file_name}")
    return folders


@pytest.fixture
def movielens_server(movielens_folders):
    """The address of a server that hands out the files of the folder with MovieLens 100K, as GroupLens does."""
    folder = find(DEFAULT, movielens_folders).parent
    answer = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answer) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/"
        listening.shutdown()


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory):
    """A function from a data set, its folders and a model to a home that holds one run: of the default model the run that Collab
    trains by itself, of another the same with its preset of that name. Each is trained once."""
    homes = {}

    def train(data, folders=(), model=DEFAULT_MODEL):
        if (data, model) not in homes:
            home = homes[data, model] = tmp_path_factory.mktemp(f"trained-{data}-{model}")
            torch.set_num_threads(1)
            planned = default_plan(data)
            if model != DEFAULT_MODEL:
                settings, split = preset_of(model, DEFAULT_PRESET), (planned.holdout, planned.split_seed)
                planned = plan(model, settings, data, *split, preset=DEFAULT_PRESET)
            train_here(Environment(folders, home, "sqlite://"), planned)
        return homes[data, model]

    return train


@pytest.fixture(scope="session")
def forking():
    """What `collab.services.jobs` takes for `subprocess` where its workers are forked, see tests/forked_worker.py."""
    nurseries = []

    def fork(command, **how):
        if not nurseries:
            nurseries.append(Nursery())
        return nurseries[0].start(command, **how)

    yield SimpleNamespace(Popen=fork, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)
    for each in nurseries:
        each.close()


@pytest.fixture(scope="session", autouse=True)
def apps_share_what_they_look_up():
    """`AppTest` reads the metadata of all installed packages for each app, and asks a thousand times a second whether the script
    has ended. Here they are read once, and the end is waited for: a fifth of the time of such a test."""
    look_up, ask = manifest_scanner.scan_component_manifests, local_script_runner.require_widgets_deltas

    def wait(runner, timeout=3):
        runner._script_thread.join(timeout)
        ask(runner, timeout if runner.script_stopped() else 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", functools.cache(look_up))
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture
def quick_worker(forking, monkeypatch):
    """The workers of this test need not load torch first."""
    monkeypatch.setattr("collab.services.jobs.subprocess", forking)


@pytest.fixture
def app(tmp_path, monkeypatch, quick_worker):
    """The app on a fresh, empty home; data folders are the surroundings' own. What sessions share is let go before and after."""
    folders = os.environ.get("COLLAB_DATA")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path / "home"))
    if folders:
        monkeypatch.setenv("COLLAB_DATA", folders)
    monkeypatch.chdir(APP.parent)
    _let_go()
    yield AppTest.from_file(str(APP), default_timeout=60)
    _let_go()


@pytest.fixture
def visit(app, trained_home):
    """A function that opens a page by its script's name, on a data set with its default run; whatever more goes into the link."""
    return _visitor(app, trained_home, DEFAULT_MODEL)


@pytest.fixture
def visit_dot_bias(app, trained_home):
    """`visit`, on a home whose only run is of the chapter's model, which the link names."""
    return _visitor(app, trained_home, CHAPTER_MODEL)


@pytest.fixture
def add_run(trained_home):
    """A function that puts the run of a model (as of `trained_home`) beside those in the app's home; returns its id."""

    def add(model, data=SAMPLE):
        environment = read_environment()
        trained = trained_home(data, environment.data_folders, model)
        shutil.copytree(trained, environment.home, dirs_exist_ok=True)
        return RunStore(trained).records()[0].id

    return add


@pytest.fixture(autouse=True)
def links_are_followed(monkeypatch):
    """A test that writes into the link arrives with it, as somebody does who opens that address; the session goes on. An app
    `is_late` if what it writes is only what a browser sends that has not heard of the last change."""
    turn, said = AppTest._run, {}

    def arrive(app, *arguments, **more):
        is_new = said.get(id(app)) != dict(app.query_params) and not getattr(app, "is_late", False)
        if is_new and "_link_page" in app.session_state:
            del app.session_state["_link_page"]
        done = turn(app, *arguments, **more)
        said[id(app)] = dict(app.query_params)
        return done

    monkeypatch.setattr(AppTest, "_run", arrive)


def _visitor(app, trained_home, model):
    def open_page(page, data=SAMPLE, **link):
        environment = read_environment()
        home = trained_home(data, environment.data_folders, model)
        shutil.copytree(home, environment.home, dirs_exist_ok=True)
        app.query_params["data"] = data
        if model != DEFAULT_MODEL:  # without a link everybody sees the default model
            app.query_params["run"] = RunStore(home).records()[0].id
        for name, value in link.items():
            app.query_params[name] = value
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        return app

    return open_page


def _let_go():
    """Close what is cached for all sessions: jobs, profiles, runs."""
    st.cache_resource.clear()
    st.cache_data.clear()
