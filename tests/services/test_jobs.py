"""Jobs: a real worker process behind a queue."""

import dataclasses
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collab.errors import RunError, StorageError
from collab.models import DEFAULT_MODEL, MODELS, DotBiasSettings, preset_of
from collab.services import jobs as jobs_module
from collab.services import time_limit, worker
from collab.services.environment import Environment
from collab.services.jobs import MAX_QUEUED, MOST_WAITING, OVERDUE_LOOKS, START_SECONDS, Jobs
from collab.services.runs import RunStore
from collab.services.training_job import default_plan, plan

ENDLESS = DotBiasSettings(epochs=100, batch_size=8)
QUICK = DotBiasSettings(epochs=1, batch_size=512, n_factors=4)
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


def test_a_worker_says_about_once_a_second_that_it_gets_on_and_at_once_that_epochs_are_longer(tmp_path, monkeypatch):
    clock, heard = Clock(), io.StringIO()
    monkeypatch.setattr(worker.time, "monotonic", clock)
    at_work = worker.Worker(tmp_path, io.StringIO(), heard)
    for seconds, longest in ((0, 0), (0.5, 0), (0.1, 3), (0.1, 3), (0.8, 3), (0.3, 3)):
        clock.now += seconds
        at_work.get_on(longest)
    assert [json.loads(line)["longest"] for line in heard.getvalue().splitlines()] == [0, 3, 3]


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
def test_the_same_run_asked_for_by_many_at_once_is_trained_once(jobs, monkeypatch):
    """Also where the data set is read first, which takes its time."""
    everybody, met = threading.Barrier(4, timeout=30), threading.local()

    def meet(jobs, records):
        if not hasattr(met, "once"):
            met.once = everybody.wait()

    monkeypatch.setattr(Jobs, "_check_time", meet)
    with ThreadPoolExecutor(4) as people:
        ids = list(people.map(lambda person: jobs.submit_once(endless(person)), "abcd"))
    assert len(set(ids)) == 1 and jobs.queue() == ids[:1]


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
    for place in range(MAX_QUEUED):
        jobs.submit(endless(f"person {place}"))
    with pytest.raises(RunError, match="waiting already"):
        jobs.submit(default_plan("sample", starter="one more"))
    house = jobs.submit(default_plan("sample"))  # the server's own is always let in, and comes next
    assert jobs.queue()[:2] == [first, house]
    jobs.stop(first, "me")


@forked
def test_a_person_has_three_runs_waiting_and_the_fourth_is_refused(jobs):
    ids = [jobs.submit(endless()) for _ in range(1 + MOST_WAITING)]
    with pytest.raises(RunError, match=r"3 of your runs are waiting already; wait until one .* or stop one"):
        jobs.submit(endless())
    others = jobs.submit(endless("you"))  # nobody else is kept out
    jobs.stop(ids[-1], "me")
    assert jobs.queue() == [*ids[:-1], others]
    jobs.submit(endless())


def test_a_run_that_takes_too_long_is_refused_and_nothing_is_noted(jobs, monkeypatch):
    monkeypatch.setattr(time_limit, "MOST_SECONDS", 1e-3)
    with pytest.raises(RunError, match="is allowed here"):
        jobs.submit(endless())
    assert jobs.queue() == [] and jobs.store.records() == []


def test_what_does_not_fit_together_is_no_plan(jobs, monkeypatch):
    """Each of them is short enough, all five are not."""
    runs = different(5, DotBiasSettings(epochs=5))
    monkeypatch.setattr(time_limit, "MOST_SECONDS", 3 * time_limit.seconds_of(runs[0], jobs.environment))
    with pytest.raises(RunError, match=r"these 5 trainings would take .* together"):
        jobs.submit_all("me", runs)
    assert jobs.queue() == [] and jobs.planned("me") == []


# --- plans -----------------------------------------------------------------------------------------------------------------


def different(n, settings=ENDLESS):
    return [plan("dot-bias", dataclasses.replace(settings, seed=seed), "sample", "random:0.2", 0) for seed in range(n)]


def seeds(jobs, run_ids):
    return [jobs.store.record(run_id).settings["seed"] for run_id in run_ids]


@forked
def test_a_plan_is_trained_to_its_end_though_nobody_looks(jobs):
    """And none of it twice, though one of them waits already."""
    there = jobs.submit(dataclasses.replace(different(2, QUICK)[1], starter="you"))
    queued = jobs.submit_all("me", different(8, QUICK))
    assert len(queued) <= 1 + MOST_WAITING and there not in queued
    wait(lambda: len(finished(jobs)) == 8)
    assert sorted(record.settings["seed"] for record in finished(jobs)) == list(range(8))
    assert jobs.planned("me") == [] and {record.starter for record in finished(jobs)} == {"me", "you"}


def finished(jobs):
    return [record for record in jobs.store.records() if record.state == "finished"]


@forked
def test_a_plan_follows_as_there_is_room_and_its_owner_may_drop_it(jobs, monkeypatch):
    queued = jobs.submit_all("me", different(6))
    assert jobs.queue() == queued and seeds(jobs, queued) == [0, 1, 2, 3]
    assert [record.settings["seed"] for record in jobs.planned("me")] == [4, 5] and jobs.planned("you") == []
    with pytest.raises(RunError, match="2 trainings that you have asked for are still to come"):
        jobs.submit_all("me", different(6))
    jobs.submit_all("you", different(1, DotBiasSettings()))
    jobs.stop(queued[2], "me")
    assert seeds(jobs, jobs.queue()) == [0, 1, 3, 0, 4]
    monkeypatch.setattr(jobs_module, "MAX_PLANNED", 4)
    with pytest.raises(RunError, match="too many trainings of others are still to come"):
        jobs.submit_all("somebody", different(4))
    jobs.drop_plan("me")
    jobs.stop(queued[3], "me")
    assert jobs.planned("me") == [] and seeds(jobs, jobs.queue()) == [0, 1, 0, 4]


@forked
def test_a_plan_waits_for_room_in_the_whole_queue(jobs):
    first = jobs.submit(endless("other"))
    others = [jobs.submit(endless(f"person {place}")) for place in range(MAX_QUEUED)]
    assert jobs.submit_all("me", different(3)[1:]) == [] and len(jobs.planned("me")) == 2
    jobs.stop(others[0], "person 0")
    assert len(jobs.planned("me")) == 1 and jobs.store.record(jobs.queue()[-1]).starter == "me"
    jobs.drop_plan("me")
    jobs.stop(first, "other")


# --- a worker that hangs, cannot be started, or is not understood ----------------------------------------------------------


class Clock:
    """Seconds that go on when they are told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def make_jobs(tmp_path, monkeypatch):
    """A function that makes Jobs with an odd worker (see odd_worker.py), or the real one, and further arguments of Jobs."""
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path))
    monkeypatch.delenv("COLLAB_DATA", raising=False)
    monkeypatch.setattr(jobs_module, "LOOK_SECONDS", 0.05)
    all_made = []

    def make(odd=None, **how):
        made = Jobs(Environment((), tmp_path, "sqlite://"), **how)
        all_made.append(made)
        if odd is not None:
            monkeypatch.setenv("ODD_WORKER", odd)
            made.worker_module = "tests.services.odd_worker"
        return made

    yield make
    for made in all_made:
        made.close()


@forked
def test_a_worker_that_hangs_is_ended_and_the_queue_goes_on(make_jobs):
    jobs = make_jobs(silent_seconds=2.0)
    first, second = jobs.submit(endless()), jobs.submit(default_plan("sample"))
    wait(lambda: under_way(jobs, first))
    hanging = jobs._process
    hanging.send_signal(signal.SIGSTOP)
    wait(lambda: not jobs.store.record(second).busy)
    record = jobs.store.record(first)
    assert record.state == "interrupted" and "made no progress" in record.message and hanging.poll() is not None
    assert jobs.store.record(second).state == "finished"


def test_a_long_epoch_is_no_hang(make_jobs):
    """A worker that said of its longest epoch that it takes 50 seconds may say nothing for ten times as long."""
    clock = Clock()
    jobs = make_jobs("silent", clock=clock)
    run_id = jobs.submit(endless())
    wait(lambda: jobs._longest == 50.0)
    clock.now += 499
    time.sleep(jobs_module.LOOK_SECONDS * (OVERDUE_LOOKS + 10))
    assert jobs.queue() == [run_id]
    clock.now += 2
    wait(lambda: jobs.queue() == [])
    assert jobs.store.record(run_id).state == "interrupted"


def test_a_worker_that_is_never_ready_is_tried_again(make_jobs):
    clock = Clock()
    jobs = make_jobs("never", clock=clock)
    run_id = jobs.submit(endless())
    process = jobs._process
    clock.now += START_SECONDS + 1
    wait(lambda: jobs.trouble())
    assert "not ready after 121 s" in jobs.trouble() and jobs.queue() == [run_id] and process.poll() is not None


def test_a_worker_that_cannot_be_started_is_tried_again_ever_more_seldom(make_jobs, monkeypatch):
    """Meanwhile the queue stays as it is, says why, and what waits can be stopped."""
    clock, tries = Clock(), []

    def refuse(*_, **__):
        tries.append(clock.now)
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    jobs = make_jobs(clock=clock)
    monkeypatch.setattr("collab.services.jobs.subprocess.Popen", refuse)
    first, second = jobs.submit(endless()), jobs.submit(endless())
    assert jobs.queue() == [first, second]
    assert jobs.trouble() == ("The process that trains cannot be started (Cannot allocate memory); next try in 1 s")
    for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.now = tries[-1] + seconds - 0.5
        time.sleep(5 * jobs_module.LOOK_SECONDS)
        assert clock.now - tries[-1] == seconds - 0.5, "it was tried too early"
        clock.now += 0.5
        wait(lambda: tries[-1] == clock.now)
    jobs.stop(first, "me")
    assert jobs.queue() == [second]
    jobs.stop(second, "me")
    assert jobs.queue() == [] and jobs.trouble() == "" and jobs.store.records() == []


def test_a_run_whose_worker_ended_before_it_was_ready_is_first_again(make_jobs):
    jobs = make_jobs("broken")
    first, second = jobs.submit(endless()), jobs.submit(endless())
    wait(lambda: jobs.trouble())
    assert "it ended at once, with code 3" in jobs.trouble()
    assert jobs.queue() == [first, second] and jobs.store.record(first).state == "queued"


def test_a_worker_that_starts_at_last_trains_what_waits(make_jobs):
    jobs = make_jobs("broken 1")
    run_id = jobs.submit(default_plan("sample", starter="me"))
    wait(lambda: not jobs.store.record(run_id).busy)
    assert jobs.store.record(run_id).state == "finished" and jobs.trouble() == ""


def test_a_run_stopped_before_its_worker_was_ready_has_not_begun(make_jobs):
    jobs = make_jobs("never")
    run_id = jobs.submit(endless())
    jobs.stop(run_id, "me")
    assert jobs.queue() == [] and jobs.store.records() == []


def test_a_worker_that_is_not_understood_is_ended(make_jobs, caplog):
    jobs = make_jobs("nonsense")
    first, second = jobs.submit(endless()), jobs.submit(endless())
    wait(lambda: jobs.queue() == [])
    for run_id in (first, second):
        record = jobs.store.record(run_id)
        assert record.state == "interrupted" and "an error of the server" in record.message
    assert "could not be heeded" in caplog.text


@forked
@pytest.mark.parametrize("where", ["_hear", "_look"])
def test_an_error_of_the_server_ends_the_worker_and_no_thread(where, jobs, monkeypatch, caplog):
    first, second = jobs.submit(endless()), jobs.submit(default_plan("sample"))
    wait(lambda: under_way(jobs, first))
    right, failed = getattr(Jobs, where), []

    def fail_once(self, *words):
        if not failed:
            failed.append(True)
            raise ZeroDivisionError("nobody thought of this")
        right(self, *words)

    monkeypatch.setattr(Jobs, where, fail_once)
    wait(lambda: not jobs.store.record(second).busy)
    assert jobs.store.record(first).state == "interrupted" and jobs.store.record(second).state == "finished"
    assert "nobody thought of this" in caplog.text


# --- folders that vanish, a full disk, a stop from outside -----------------------------------------------------------------


@forked
def test_a_run_whose_folder_has_gone_leaves_the_queue(jobs):
    first, second, third = jobs.submit(endless()), jobs.submit(endless()), jobs.submit(default_plan("sample"))
    wait(lambda: under_way(jobs, first))
    shutil.rmtree(jobs.store.folder / f"{second}.partial")
    assert jobs.queue() == [first, third]
    jobs.stop(second, "me")
    remove(jobs.store.folder / f"{first}.partial")
    wait(lambda: jobs.queue() == [])
    assert jobs.store.record(third).state == "finished"
    jobs.stop(first, "me")


def remove(folder):
    """Also where somebody is writing into it."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


@forked
@pytest.mark.parametrize("what", ["runs", "."])
def test_a_folder_of_runs_that_has_gone_empties_the_queue(what, jobs):
    ids = [jobs.submit(endless()) for _ in range(3)]
    wait(lambda: under_way(jobs, ids[0]))
    remove(jobs.folder / what)
    wait(lambda: jobs.queue() == [])
    for run_id in ids:
        jobs.stop(run_id, "me")
    with pytest.raises(RunError, match="could not be noted down"):
        jobs.submit(endless())
    with pytest.raises(RunError, match="could not be noted down"):
        jobs.submit_once(endless())
    with pytest.raises(RunError, match="could not be noted down"):
        jobs.submit_all("me", different(6))
    assert jobs.planned("me") == []
    jobs.folder.joinpath("runs").mkdir(parents=True)
    run_id = jobs.submit(default_plan("sample"))
    wait(lambda: not jobs.store.record(run_id).busy)


def test_a_full_disk_interrupts_a_run_and_not_the_worker(make_jobs):
    jobs = make_jobs("crowded")
    first = jobs.submit(dataclasses.replace(endless(), name="large"))
    second = jobs.submit(default_plan("sample"))
    wait(lambda: not jobs.store.record(second).busy)
    record, worker = jobs.store.record(first), jobs._process
    assert record.state == "interrupted" and "disk is full" in record.message
    assert jobs.store.record(second).state == "finished" and worker.poll() is None
    jobs.stop(first, "me")
    jobs.store.delete(first)
    assert [record.id for record in jobs.store.records()] == [second]


def test_a_run_whose_ending_was_not_written_has_ended_all_the_same(make_jobs, monkeypatch):
    """Neither its worker nor the server can write it down."""
    jobs = make_jobs("full")

    def refuse(record):
        raise StorageError("no room")

    run_id = jobs.submit(endless())
    monkeypatch.setattr(jobs.store, "finish", refuse)
    wait(lambda: jobs.queue() == [])
    record = jobs.store.record(run_id)
    assert (record.state, record.message) == ("interrupted", "The disk is full. no room")
    assert [each.state for each in jobs.store.records()] == ["interrupted"]
    jobs.store.delete(run_id)
    assert jobs.store.records() == []


@forked
def test_a_run_is_stopped_from_outside(jobs):
    """By another process, which knows its folder alone."""
    first, second, third = jobs.submit(endless()), jobs.submit(endless()), jobs.submit(endless())
    wait(lambda: under_way(jobs, first))
    outside = RunStore(jobs.folder)
    outside.ask_to_stop(second)
    assert jobs.queue() == [first, third]
    outside.ask_to_stop(first)
    wait(lambda: not jobs.store.record(first).busy)
    record = jobs.store.record(first)
    assert record.state == "stopped" and not (jobs.store.folder / first / "stop").exists()
    wait(lambda: under_way(jobs, third))
    for gone in (first, second):
        with pytest.raises(RunError):
            outside.ask_to_stop(gone)


def test_plan_names_the_preset_whatever_the_seed():
    fast = preset_of("dot-bias", "fast")
    assert plan("dot-bias", fast, "sample", "random:0.2", 3).preset == "fast"
    assert plan("dot-bias", DotBiasSettings(seed=9), "sample", "random:0.2", 3).preset == "chapter"
    assert plan("dot-bias", DotBiasSettings(n_factors=7), "sample", "random:0.2", 3, preset="chapter").preset == ""
