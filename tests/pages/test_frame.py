"""The frame: whatever link a page is opened with, it has data and a run, or says what to press."""

import contextlib
import dataclasses
import shutil
import sqlite3
import time
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from collab.data.archive import Archive
from collab.data.catalogue import entry_of, find
from collab.errors import RunError
from collab.models import preset_of
from collab.services.default_run import pin
from collab.services.downloads import Fetcher
from collab.services.environment import read_environment
from collab.services.plans import default_plan, plan
from collab.services.run_record import FileMark
from collab.services.trainings import Trainings
from collab.ui.frame import cached
from collab.ui.frame.page import mark_frame
from tests.conftest import UNREACHABLE
from tests.pages.on_the_page import link, texts
from tests.pages.seen import in_markdown

APP = Path(__file__).resolve().parents[2] / "app.py"
PAGES = [file.stem for file in sorted(Path(__file__).resolve().parents[2].joinpath("pages").glob("*.py"))]


def test_there_are_pages():
    assert {"overview", "rate", "train", "map", "biases", "similar"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_by_its_own_address(visit, page, monkeypatch):
    """Without app.py, as Streamlit starts the page for the first visitor of a fresh server: the page runs app.py itself. On
    MovieLens 100K every page is opened in tests/pages/test_default_run.py."""
    framed = []
    monkeypatch.setattr("collab.ui.frame.page.mark_frame", lambda: (framed.append(page), mark_frame()))
    app = visit(page)
    assert framed and not app.exception and not app.error
    assert app.title[0].value and len(app.sidebar.selectbox) == 2
    assert "ynthetic" in texts(app)
    assert link(app, "data") == "sample" and len(link(app, "run")) == 8


def test_first_visit_trains_the_default_model_by_itself(app):
    """An empty home: the page waits with a progress bar, and then shows what it is for."""
    app.query_params["data"] = "sample"
    app.switch_page("pages/overview.py").run()
    assert not app.exception
    end = time.monotonic() + 60
    while cached.trainings().queue() and time.monotonic() < end:
        time.sleep(0.1)
    app.run()
    assert not app.exception and any(metric.label == "Held-out MSE" for metric in app.metric)
    (record,) = cached.runs().records()
    assert (record.model, record.preset, record.state) == ("bayes", "fast", "finished")


@pytest.mark.parametrize("run", ["nonsense", "../../etc/passwd", "01234567", "0123456G"])
def test_unknown_run_in_the_link_is_said_and_the_houses_shown(visit, run):
    app = visit("overview", run=run)
    said = app.warning[0].value.replace("\\", "")
    assert said.startswith(
        (f"The link’s run is {run!r}; it takes a run’s id", f"There is no run {run}. What you see is")
    )
    assert app.metric
    app.run()
    assert not app.warning  # the link is right again


def test_unknown_data_set_in_the_link(visit, movielens_folders):
    app = visit("train", data="ml-100k", colour="x")
    app.query_params["data"] = "nonsense"
    app.run()
    assert not app.exception and "it takes ml-100k, ml-latest-small or sample" in app.warning[0].value.replace("\\", "")


def test_other_data_set_takes_its_own_run(visit):
    app = visit("overview", data="sample")
    run = link(app, "run")
    app.sidebar.selectbox[0].set_value("ml-latest-small").run()
    end = time.monotonic() + 60
    while cached.trainings().queue() and time.monotonic() < end:
        time.sleep(0.1)
    app.run()
    assert link(app, "data") == "ml-latest-small" and link(app, "run") != run
    assert "half stars" in texts(app)


def test_runs_with_the_same_name_can_be_told_apart(visit, movielens_folders):
    """The browser sends back the words of the chosen run: two runs with the same ones would be the same run."""
    app = visit("overview")
    jobs, first = cached.trainings(), link(app, "run")
    record = jobs.store.record(first)
    shutil.copytree(jobs.store.folder / first, jobs.store.folder / "0a1b2c3d")
    jobs.store.write_record(dataclasses.replace(record, id="0a1b2c3d"))
    app.run()
    options = app.sidebar.selectbox[1].options
    assert len(options) == len(set(options)) == 2
    app.sidebar.selectbox[1].set_value("0a1b2c3d").run()
    assert link(app, "run") == "0a1b2c3d" and not app.exception


def test_without_network_the_sample_stands_in_and_says_so(visit, monkeypatch):
    monkeypatch.delenv("COLLAB_DATA", raising=False)
    shared = Fetcher(cached.jobs(), UNREACHABLE)
    monkeypatch.setattr(cached, "fetcher", lambda: shared)
    app = visit("overview", data="sample")
    app.sidebar.selectbox[0].set_value("ml-100k").run()
    end = time.monotonic() + 20
    while shared.state("ml-100k").state != "failed" and time.monotonic() < end:
        time.sleep(0.05)
    app.run()
    assert (
        not app.exception and "Synthetic ratings" in app.info[0].value and "could not be fetched" in app.info[0].value
    )
    first = shared.job("ml-100k")
    app.button(key="_fetch_again").click().run()
    while shared.state("ml-100k").state != "failed" and time.monotonic() < end:
        time.sleep(0.05)
    assert shared.job("ml-100k").id != first.id


@pytest.fixture
def damage(tmp_path, monkeypatch):
    """A function that puts MovieLens 100K with one star changed into a folder of COLLAB_DATA, or into the downloads; its file."""

    def put(provided, name="ml-100k"):
        entry, environment = entry_of(name), read_environment()
        good = Archive(find(name, environment.places))
        folder = tmp_path / "data" if provided else environment.downloads
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / entry.file_name, "w") as archive:
            for file in entry.all_md5:
                content = good.read(file)
                archive.writestr(file, content.replace(b"5", b"4", 1) if file == entry.marker else content)
        if provided:
            monkeypatch.setenv("COLLAB_DATA", str(folder))
        else:
            monkeypatch.delenv("COLLAB_DATA")
        return folder / entry.file_name

    return put


@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_file_is_named_on_every_page_and_the_sample_offered(
    visit, damage, trained_home, movielens_folders, page
):
    trained_home("ml-100k", movielens_folders)
    file = damage(provided=True)
    app = visit(page, data="ml-100k")
    said = app.error[0].value.replace("\\", "")
    assert len(app.error) == 1 and said.startswith("**MovieLens 100K cannot be used.**") and "6e4704688" in said
    assert f"{file}/u.data is not the published file" in said and "Runs and ratings are not touched" in said
    assert [each.key for each in app.main.button] == ["_check_again", "_meanwhile"] and len(app.sidebar.selectbox) == 1
    app.button(key="_check_again").click().run()
    assert not app.exception and app.error[0].value.replace("\\", "") == said
    app.button(key="_meanwhile").click().run()
    assert not app.exception and not app.error
    assert "MovieLens 100K is damaged; the built-in sample stands in" in texts(app)


def test_a_damaged_file_that_is_put_right_is_used(visit, damage, trained_home, movielens_folders):
    trained_home("ml-100k", movielens_folders)
    file = damage(provided=True)
    app = visit("overview", data="ml-100k")
    run = [record.id for record in cached.runs().records()]
    shutil.copy(find("ml-100k", movielens_folders), file)
    app.button(key="_check_again").click().run()
    assert not app.exception and not app.error and app.metric and [link(app, "run")] == run


def test_a_damaged_download_is_fetched_again_when_asked(
    visit, damage, trained_home, movielens_folders, movielens_server, monkeypatch
):
    trained_home("ml-100k", movielens_folders)
    file, good = damage(provided=False), find("ml-100k", movielens_folders)
    shared = Fetcher(cached.jobs(), UNREACHABLE)
    monkeypatch.setattr(cached, "fetcher", lambda: shared)
    app = visit("overview", data="ml-100k")
    assert f"{file}/u.data is not the published file" in app.error[0].value.replace("\\", "")
    end = time.monotonic() + 20
    for expected in ("damaged", "here"):
        app.button(key="_fetch_again").click().run()
        assert not app.exception
        while shared.state("ml-100k").state != expected and time.monotonic() < end:
            time.sleep(0.05)
        app.run()
        assert not app.exception and bool(app.error) == (expected == "damaged")
        assert ("no connection" in texts(app)) == (expected == "damaged")
        shared.base_address = movielens_server
    assert app.metric and file.read_bytes() == good.read_bytes()


def test_bad_environment_is_refused_with_its_name(app, monkeypatch):
    monkeypatch.setenv("COLLAB_DATA", "/no/such/folder")
    app.switch_page("pages/overview.py").run()
    assert "COLLAB_DATA" in in_markdown(app.error[0].value).text and not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_traceback_on_a_database_of_another_version(visit, tmp_path, page):
    (tmp_path / "home").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "profiles.sqlite")) as database:
        database.execute("CREATE TABLE ratings (id INTEGER PRIMARY KEY, title TEXT)")
    app = visit(page, profile="x" * 43, people=f"{'x' * 43},{'y' * 43}")
    said = texts(app).replace("\\", "")
    if page in ("rate", "taste", "together"):
        assert "has tables of another version of Collab (format no number; this one reads 1)" in said
        assert (
            "nothing of it was read or changed. Name another database in COLLAB_DATABASE, or move the file away" in said
        )
    else:
        assert app.main.title[0].value and not app.error


def test_a_first_rating_is_told_of_a_database_of_another_version(visit, tmp_path):
    """Nothing is asked of the database before somebody rates."""
    (tmp_path / "home").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "profiles.sqlite")) as database:
        database.execute("CREATE TABLE ratings (id INTEGER PRIMARY KEY, title TEXT)")
    app = visit("rate")
    next(each for each in app.feedback if (each.key or "").startswith("stars-")).set_value(3).run()
    assert not app.exception and "has tables of another version of Collab" in app.error[0].value.replace("\\", "")
    assert "profile" not in app.query_params


def full(self, record):
    raise RunError("20 runs are waiting already")


def test_run_without_weights_offers_a_way_out(visit, monkeypatch):
    from collab.models.dot import DotBiasSettings

    app = visit("biases")
    jobs = cached.trainings()
    run_id = jobs.submit(plan("dot-bias", DotBiasSettings(y_range=None, learning_rate=1.0), "sample", "random:0.2", 0))
    end = time.monotonic() + 60
    while jobs.store.record(run_id).busy and time.monotonic() < end:
        time.sleep(0.1)
    app.query_params["run"] = run_id
    app.run()
    assert "diverged" in app.error[0].value
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Trainings, "submit_once", full)
        app.button(key="_train_default").click().run()
    assert not app.exception and "Nothing is queued: 20 runs are waiting already" in texts(app)
    app.button(key="_other_run").click().run()
    assert not app.error and not app.exception and link(app, "run") != run_id


def test_a_full_queue_is_said_on_the_first_visit_and_tried_again(app, monkeypatch):
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Trainings, "submit_once", full)
        app.query_params["data"] = "sample"
        app.switch_page("pages/map.py").run()
        assert not app.exception and "20 runs are waiting already" in texts(app)
    app.button(key="_first_run").click().run()
    assert not app.exception and not app.warning


# --- the house's run -------------------------------------------------------------------------------------------------------


def another_visitor(page="overview", **link):
    """Somebody else's first look at a page of the same server."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["data"] = "sample"
    for name, value in link.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def trained(planned):
    """A run of somebody else, trained by the server's worker."""
    jobs = cached.trainings()
    run_id = jobs.submit(dataclasses.replace(planned, starter="somebody"))
    end = time.monotonic() + 60
    while jobs.queue() and time.monotonic() < end:
        time.sleep(0.1)
    return jobs.store.record(run_id)


def small():
    settings = dataclasses.replace(preset_of("net", "fast"), n_hidden=2, epochs=1)
    return plan("net", settings, "sample", "random:0.2", 0, name="somebody's net")


def test_a_visitor_without_a_link_sees_the_houses_run_whatever_others_train(visit):
    house = link(visit("overview"), "run")
    other = trained(small())
    assert link(another_visitor(), "run") == house
    assert link(another_visitor(run=other.id), "run") == other.id
    jobs = cached.trainings()
    endless = jobs.submit(
        plan("net", dataclasses.replace(preset_of("net"), epochs=100), "sample", "random:0.2", 0, starter="somebody")
    )
    assert link(another_visitor(), "run") == house
    jobs.jobs.stop(endless, "somebody", wait_seconds=30)


def test_what_somebody_trains_is_in_use_for_them(visit):
    app = visit("train")
    house = link(app, "run")
    app.button(key="start").click().run()
    assert not app.exception and link(app, "run") != house
    end = time.monotonic() + 60
    while cached.trainings().queue() and time.monotonic() < end:
        time.sleep(0.1)
    own = link(app, "run")
    app.switch_page("pages/overview.py").run()
    assert not app.exception and link(app, "run") == own and link(another_visitor(), "run") == house


def test_a_pinned_run_is_shown_and_a_pin_that_cannot_be_is_said(visit):
    house, store = link(visit("overview"), "run"), cached.runs()
    other = trained(small())
    pin(other.id, store)
    assert link(another_visitor(), "run") == other.id
    (store.folder / other.id / "users.csv").write_text("")
    cached.trained_run.clear()
    store._checked.clear()
    for page in PAGES:
        app = another_visitor(page)
        said = " ".join(caption.value for caption in app.sidebar.caption).replace("\\", "")
        assert link(app, "run") == house
        assert f"The pinned run is not shown: run {other.id} is damaged: users.csv is not what was written" in said


def test_a_run_that_is_signed_and_no_model_is_never_chosen(visit):
    """The damage shows only when the model is loaded: the next suitable run takes its place, on the first turn."""
    app = visit("overview")
    house, store = link(app, "run"), cached.runs()
    second = trained(dataclasses.replace(default_plan("sample"), name="the second"))
    place = store.folder / house / "items.csv"
    place.write_text(place.read_text().replace(",5.0,", ",-5.0,"))
    record = store._read_record(house)
    store.write_record(dataclasses.replace(record, files=record.files | {place.name: FileMark.of(place.read_bytes())}))
    cached.trained_run.clear()
    for page in ("overview", "train", "learn"):
        assert link(another_visitor(page), "run") == second.id
    asked = another_visitor("train", run=house)
    assert f"Run {house} is damaged: items.csv" in texts(asked).replace("\\", "") and link(asked, "run") == second.id
