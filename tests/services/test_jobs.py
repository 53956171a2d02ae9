"""Jobs: a real worker process behind a queue."""

import dataclasses
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from collab.errors import RunError
from collab.models import DEFAULT_MODEL, MODELS, DotBiasSettings, preset_of
from collab.services import worker
from collab.services.environment import Environment
from collab.services.jobs import MAX_QUEUED, Jobs
from collab.services.runs import RunStore
from collab.services.training_job import default_plan, plan

ENDLESS = DotBiasSettings(epochs=100, batch_size=8)
forked = pytest.mark.usefixtures("quick_worker")  # the test is about the queue, not about how a worker starts


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path))
    monkeypatch.delenv("COLLAB_DATA", raising=False)
    made = Jobs(Environment((), tmp_path, "sqlite://"))
    yield made
    made.close()


def endless(starter="me"):
    return plan("dot-bias", ENDLESS, "sample", "random:0.2", 0, starter=starter)


def wait(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def under_way(jobs, run_id):
    return not jobs.store.progress(run_id).batches.empty


def test_a_run_is_trained_in_the_worker(jobs):
    run_id = jobs.submit(default_plan("sample"))
    wait(lambda: not jobs.store.record(run_id).busy)
    record = jobs.store.record(run_id)
    assert record.state == "finished" and record.environment["threads"] == 1
    assert record.valid["mse"] < record.baselines["biases_only"]["mse"] < record.baselines["global_mean"]["mse"]
    wait(lambda: jobs.queue() == [])


def test_a_warm_worker_trains_what_comes_first(jobs):
    """Warmed up for a data set that is there and one that is not, once and again; the rehearsals are nobody's runs."""
    for data in ("ml-100k", "sample", "sample"):
        jobs.warm_up(data)
    worker, run_id = jobs._process, jobs.submit(default_plan("sample"))
    wait(lambda: jobs.queue() == [])
    jobs.warm_up("sample")
    assert [(record.id, record.state) for record in jobs.store.records()] == [(run_id, "finished")]
    assert jobs._process is worker and worker.poll() is None


def test_a_start_waits_for_one_rehearsal_at_most(tmp_path, monkeypatch):
    """The model that is asked for first is rehearsed first, the longest last; a start in between leaves the rest for later."""
    pressed, rehearsed = {"train": "01234567"}, []

    def rehearse(data, models, environment):
        for model in models:
            rehearsed.append(model)
            if len(rehearsed) == 2:
                at_work.waiting.put(pressed)
            yield model

    monkeypatch.setattr(worker, "warm_up", rehearse)
    at_work = worker.Worker(tmp_path, io.StringIO(), io.StringIO())
    at_work.warm_up("sample", None)
    assert len(rehearsed) == 2 and at_work.waiting.get() is pressed
    at_work.warm_up("sample", None)
    at_work.warm_up("sample", None)
    assert sorted(rehearsed) == sorted(MODELS) and (rehearsed[0], rehearsed[-1]) == (DEFAULT_MODEL, "dot-bias-plain")


@forked
def test_queue_goes_in_order_and_one_trains_at_a_time(jobs):
    first = jobs.submit(endless())
    second, third = (jobs.submit(default_plan("sample", starter="you")) for _ in range(2))
    wait(lambda: under_way(jobs, first))
    assert jobs.queue() == [first, second, third]
    assert [jobs.store.record(each).state for each in (first, second, third)] == ["running", "queued", "queued"]
    jobs.stop(third, "you")  # one that waits is taken off
    with pytest.raises(RunError, match="there is no run"):
        jobs.store.record(third)
    jobs.stop(first, "me")
    wait(lambda: not jobs.store.record(second).busy)
    assert jobs.store.record(first).state == "stopped" and jobs.store.record(second).state == "finished"
    assert jobs.store.load(first).model.item_factors.shape[1] == ENDLESS.n_factors


@forked
def test_only_who_started_a_run_may_stop_it(jobs):
    run_id = jobs.submit(endless("me"))
    with pytest.raises(RunError, match="somebody else"):
        jobs.stop(run_id, "you")
    jobs.stop(run_id, "me")


def test_stopping_what_has_ended_does_nothing(jobs):
    jobs.stop("01234567", "me")


@forked
def test_the_same_first_run_is_not_trained_twice(jobs):
    first = jobs.submit_once(default_plan("sample", starter="me"))
    assert jobs.submit_once(default_plan("sample", starter="you")) == first


@forked
def test_ids_kept_apart_are_another_training(jobs):
    by_title = jobs.submit_once(endless())
    by_id = jobs.submit_once(dataclasses.replace(endless(), items_by="id"))
    assert by_id != by_title and jobs.store.record(by_id).items_by == "id"
    assert jobs.submit_once(dataclasses.replace(endless("you"), items_by="id")) == by_id
    jobs.stop(by_id, "me")
    jobs.stop(by_title, "me")


@forked
def test_killed_worker_loses_nothing_and_the_queue_goes_on(jobs):
    first = jobs.submit(endless())
    second = jobs.submit(default_plan("sample"))
    wait(lambda: under_way(jobs, first))
    jobs._process.kill()
    wait(lambda: not jobs.store.record(second).busy)
    assert jobs.store.record(first).state == "interrupted"
    assert jobs.store.record(second).state == "finished"


def test_worker_asked_to_end_keeps_what_was_learned(jobs):
    """The whole machine shuts down: every process is sent a SIGTERM, whatever was written last."""
    run_id = jobs.submit(plan("dot-bias", DotBiasSettings(epochs=100, batch_size=64), "sample", "random:0.2", 0))
    wait(lambda: not jobs.store.progress(run_id).history.empty)
    jobs._process.send_signal(signal.SIGTERM)
    wait(lambda: not jobs.store.record(run_id).busy)
    record = jobs.store.record(run_id)
    assert record.state == "interrupted" and 0 < record.epochs_done == len(jobs.store.progress(run_id).history) < 100
    assert jobs.store.load(run_id).model.predict(1, 1) > 0


@forked
def test_closing_saves_what_is_in_work(jobs):
    first, second = jobs.submit(endless()), jobs.submit(default_plan("sample"))
    wait(lambda: under_way(jobs, first))
    jobs.close()
    assert [jobs.store.record(each).state for each in (first, second)] == ["interrupted", "interrupted"]
    assert jobs.store.record(first).has_weights  # saved on the way out, in the middle of its first epoch


def test_killed_server_leaves_an_interrupted_run_with_weights_and_no_worker(tmp_path):
    """The process that owns queue and worker is killed outright; the worker notices, saves and ends."""
    script = textwrap.dedent("""
        import time
        from collab.models import DotBiasSettings
        from collab.services.environment import read_environment
        from collab.services.jobs import Jobs
        from collab.services.training_job import plan
        jobs = Jobs(read_environment())
        run_id = jobs.submit(plan("dot-bias", DotBiasSettings(epochs=100, batch_size=8), "sample", "random:0.2", 0))
        while jobs.store.progress(run_id).batches.empty:
            time.sleep(0.02)
        print(run_id, jobs._process.pid, flush=True)
        time.sleep(600)
    """)
    server = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLLAB_HOME": str(tmp_path)},
    )
    run_id, worker = server.stdout.readline().split()
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()

    def worker_is_gone():
        try:
            return Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    wait(worker_is_gone)
    store = RunStore(tmp_path)
    store.rescue()
    record = store.record(run_id)
    assert record.state == "interrupted" and record.has_weights
    assert store.load(run_id).model.predict(1, 1) > 0


@forked
def test_full_queue_is_refused(jobs):
    first = jobs.submit(endless())
    for _ in range(MAX_QUEUED):
        jobs.submit(endless())
    with pytest.raises(RunError, match="waiting already"):
        jobs.submit(default_plan("sample"))
    jobs.stop(first, "me")


def test_plan_names_the_preset_whatever_the_seed():
    fast = preset_of("dot-bias", "fast")
    assert plan("dot-bias", fast, "sample", "random:0.2", 3).preset == "fast"
    assert plan("dot-bias", DotBiasSettings(seed=9), "sample", "random:0.2", 3).preset == "chapter"
    assert plan("dot-bias", DotBiasSettings(n_factors=7), "sample", "random:0.2", 3, preset="chapter").preset == ""
