"""The chapter's tables, Learn's last part: before anything is trained, their button, and on another data set."""

import dataclasses
import time

import pytest

from collab.lessons import chapter
from collab.models import preset_of
from collab.services import chapter_runs, trainings
from collab.services import jobs as jobs_module
from collab.services.chapter_runs import plan_missing, runs_of
from collab.services.downloads import Fetcher
from collab.services.plans import plan
from collab.ui.frame import cached
from collab.ui.learn import tables
from tests.conftest import UNREACHABLE
from tests.pages.on_the_page import table_with, texts

ROWS = tuple(
    dataclasses.replace(row, model="dot" if row.key == "dot" else "dot-bias", preset="fast") for row in chapter.ROWS
)
"""The chapter's rows, made quick: two kinds of runs in all."""


@pytest.fixture
def on_the_sample(monkeypatch):
    for module in (chapter_runs, tables):
        monkeypatch.setattr(module, "DATA", "sample")
    monkeypatch.setattr(tables, "ROWS", ROWS)


def test_another_data_set_shows_the_print_and_the_way_to_its_own(visit, monkeypatch):
    """And where that one cannot be had, the sample stands in, and the page says why nothing is compared."""
    monkeypatch.delenv("COLLAB_DATA", raising=False)

    shared = Fetcher(cached.jobs(), UNREACHABLE)
    monkeypatch.setattr(cached, "fetcher", lambda: shared)
    app = visit("learn", step="tables")
    assert "which is not the data set in use" in texts(app) and "train_missing" not in {each.key for each in app.button}
    assert table_with(app, "printed").printed.tolist() == [row.printed_valid[-1] for row in chapter.ROWS]
    assert table_with(app, "printed").ours.isna().all() and "[holds]" not in texts(app)
    app.button(key="use_chapter_data").click().run()
    end = time.monotonic() + 20
    while shared.state("ml-100k").state != "failed":
        assert time.monotonic() < end
        time.sleep(0.05)
    app.run()
    assert not app.exception and "which is not at hand" in texts(app)
    assert not {"use_chapter_data", "train_missing"} & {each.key for each in app.button}


def test_they_wait_for_no_run_and_can_be_reached_while_the_first_one_trains(app, monkeypatch):
    monkeypatch.setattr(jobs_module.LaneWorker, "_start", lambda worker: False)
    app.query_params["data"] = "sample"
    app.switch_page("pages/learn.py").run()
    assert not app.exception and app.get("progress") and not app.get("plotly_chart")
    app.selectbox(key="_learn_pick_step").set_value("tables").run()
    assert not app.exception and not app.get("progress") and len(app.get("plotly_chart")) == 1


def test_the_button_trains_exactly_what_is_missing(visit_dot_bias, on_the_sample, monkeypatch):
    """`dot-bias` with seed 0, which is there already, is one of the six."""
    app = visit_dot_bias("learn", step="tables")
    jobs = cached.trainings()
    records = jobs.store.records()
    assert len(plan_missing(ROWS, records)) == 5 and "5 runs, about" in texts(app)
    assert set(table_with(app, "verdict").verdict) == {"to be trained"} and "not trained yet" in texts(app)
    app.button(key="train_missing").click().run()
    assert not app.exception and app.button(key="stop_missing")
    assert len(jobs.queue()) == 5 and "train_missing" not in {each.key for each in app.button}
    end = time.monotonic() + 60
    while jobs.queue():
        assert time.monotonic() < end
        time.sleep(0.2)  # whether or not the page is open
    app.run()
    assert not app.exception and "train_missing" not in {each.key for each in app.button}
    names = {record.name for record in jobs.store.records() if record.name.startswith("chapter")}
    assert names == {f"chapter · dot · seed {seed}" for seed in (0, 1, 2)} | {
        f"chapter · dot-range · seed {seed}" for seed in (1, 2)
    }
    final = table_with(app, "verdict")
    assert final.ours.notna().all() and not (final.verdict == "to be trained").any()
    assert final.ours.iloc[2] == final.ours.iloc[7]  # rows of one model show the same runs
    epochs = table_with(app, "train_over_epoch")
    assert epochs.valid_printed.tolist() == list(ROWS[0].printed_valid) and epochs.train_ours.notna().all()
    app.selectbox(key="row").set_value("fastai’s learner").run()
    assert "fastai’s learner is the same model" in texts(app)
    seeds = [run.split_seed for run in runs_of(ROWS[5], jobs.store.records())]
    assert seeds == [0, 1, 2] and "not trained yet" not in texts(app)


def test_stop_ends_what_trains_and_what_is_still_to_come(visit, on_the_sample, monkeypatch):
    monkeypatch.setattr(jobs_module.LaneWorker, "_start", lambda worker: False)
    app = visit("learn", step="tables")
    jobs = cached.trainings()
    app.button(key="train_missing").click().run()
    assert len(jobs.queue()) == 6
    (bar,) = app.get("progress")
    assert bar.proto.text.startswith("0 of 6 are trained · Getting ready · training chapter")
    app.button(key="stop_missing").click().run()
    assert not app.exception and jobs.queue() == []
    assert not app.button(key="train_missing").disabled and "6 runs, about" in texts(app)


def test_too_many_other_trainings_are_said_to_be_in_the_way(visit, on_the_sample, monkeypatch):
    monkeypatch.setattr(jobs_module.LaneWorker, "_start", lambda worker: False)
    monkeypatch.setattr(trainings, "MOST_AT_ONCE", 8)
    app = visit("learn", step="tables")
    app.session_state["_visitor"] = "me"
    others = [
        plan("bayes", dataclasses.replace(preset_of("bayes"), seed=seed), "sample", "random:0.2", 7)
        for seed in range(6)
    ]
    cached.trainings().submit_all("me", others)
    app.run()
    assert "stop_missing" not in {each.key for each in app.button}
    app.button(key="train_missing").click().run()
    assert not app.exception and "Nothing is queued: 6 of your runs are waiting already" in texts(app)
