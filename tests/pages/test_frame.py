"""The frame: whatever link a page is opened with, it has data and a run, or says what to press."""

import dataclasses
import shutil
import time
from pathlib import Path

import pytest

from collab.errors import DownloadError, RunError
from collab.services.fetch import Fetcher
from collab.services.jobs import Jobs
from collab.ui import cached
from collab.ui.page import mark_frame

PAGES = [file.stem for file in sorted(Path(__file__).resolve().parents[2].joinpath("pages").glob("*.py"))]


def link(app, name):
    """What the page's link says; the test harness gives what the page has set as a list."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def texts(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.error, *app.warning, *app.info))


def test_there_are_pages():
    assert {"overview", "rate", "train", "film_map", "film_biases", "similar_films"} <= set(PAGES)


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_by_its_own_address(visit, page, data, monkeypatch):
    """Without app.py, as Streamlit starts the page for the first visitor of a fresh server: the page runs app.py itself."""
    framed = []
    monkeypatch.setattr("collab.ui.page.mark_frame", lambda: (framed.append(page), mark_frame()))
    app = visit(page, data=data)
    assert framed and not app.exception and not app.error
    assert app.title[0].value and len(app.sidebar.selectbox) == 2
    assert ("ynthetic" in texts(app)) == (data == "sample")
    assert link(app, "data") == data and len(link(app, "run")) == 8


def test_first_visit_trains_the_default_model_by_itself(app):
    """An empty home: the page waits with a progress bar, and then shows what it is for."""
    app.query_params["data"] = "sample"
    app.switch_page("pages/overview.py").run()
    assert not app.exception
    end = time.monotonic() + 60
    while cached.jobs().queue() and time.monotonic() < end:
        time.sleep(0.1)
    app.run()
    assert not app.exception and any(metric.label == "Held-out MSE" for metric in app.metric)
    (record,) = cached.jobs().store.records()
    assert (record.model, record.preset, record.state) == ("bayes", "fast", "finished")


@pytest.mark.parametrize("run", ["nonsense", "../../etc/passwd", "01234567", "0123456G"])
def test_unknown_run_in_the_link_is_said_and_the_newest_shown(visit, run):
    app = visit("overview", run=run)
    assert "newest run instead" in app.warning[0].value and app.metric
    app.run()
    assert not app.warning  # the link is right again


def test_unknown_data_set_in_the_link(visit, movielens_folders):
    app = visit("train", data="ml-100k", colour="x")
    app.query_params["data"] = "nonsense"
    app.run()
    assert not app.exception and "there are ml-100k" in app.warning[0].value


def test_other_data_set_takes_its_own_newest_run(visit):
    app = visit("overview", data="sample")
    run = link(app, "run")
    app.sidebar.selectbox[0].set_value("ml-latest-small").run()
    end = time.monotonic() + 60
    while cached.jobs().queue() and time.monotonic() < end:
        time.sleep(0.1)
    app.run()
    assert link(app, "data") == "ml-latest-small" and link(app, "run") != run
    assert "half stars" in texts(app)


def test_runs_with_the_same_name_can_be_told_apart(visit, movielens_folders):
    """The browser sends back the words of the chosen run: two runs with the same ones would be the same run."""
    app = visit("overview")
    jobs, first = cached.jobs(), link(app, "run")
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
    calls = []

    def unreachable(*arguments):
        calls.append(arguments)
        raise DownloadError("no connection")

    shared = Fetcher(cached.environment(), fetch=unreachable)
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
    app.button(key="_fetch_again").click().run()
    while shared.state("ml-100k").state != "failed" and time.monotonic() < end:
        time.sleep(0.05)
    assert len(calls) == 2


def test_bad_environment_is_refused_with_its_name(app, monkeypatch):
    monkeypatch.setenv("COLLAB_DATA", "/no/such/folder")
    app.switch_page("pages/overview.py").run()
    assert "COLLAB_DATA" in app.error[0].value and not app.exception


def full(self, record):
    raise RunError("20 runs are waiting already")


def test_run_without_weights_offers_a_way_out(visit, monkeypatch):
    from collab.models import DotBiasSettings
    from collab.services.training_job import plan

    app = visit("film_biases")
    jobs = cached.jobs()
    run_id = jobs.submit(plan("dot-bias", DotBiasSettings(y_range=None, learning_rate=1.0), "sample", "random:0.2", 0))
    end = time.monotonic() + 60
    while jobs.store.record(run_id).busy and time.monotonic() < end:
        time.sleep(0.1)
    app.query_params["run"] = run_id
    app.run()
    assert "diverged" in app.error[0].value
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Jobs, "submit", full)
        app.button(key="_train_default").click().run()
    assert not app.exception and "Nothing is queued: 20 runs are waiting already" in texts(app)
    app.button(key="_other_run").click().run()
    assert not app.error and not app.exception and link(app, "run") != run_id


def test_a_full_queue_is_said_on_the_first_visit_and_tried_again(app, monkeypatch):
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Jobs, "submit_once", full)
        app.query_params["data"] = "sample"
        app.switch_page("pages/film_map.py").run()
        assert not app.exception and "20 runs are waiting already" in texts(app)
    app.button(key="_first_run").click().run()
    assert not app.exception and not app.warning
