"""Trainings as jobs: who may have how many, how a run ends with its job, and runs whose queue or folder is lost."""

import dataclasses
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from collab.errors import RunError, StorageError
from collab.models import DEFAULT_MODEL, MODELS, preset_of
from collab.models.dot import DotBiasSettings
from collab.services import time_limit, training_job, trainings
from collab.services.job_queue import DONE, FAILED, STOPPED, WAITING
from collab.services.plans import default_plan, plan
from collab.services.runs import RunStore
from collab.services.trainings import MAX_QUEUED, MOST_AT_ONCE, MOST_WAITING, TRAINING, Trainings
from tests.services.waiting import wait

ENDLESS = DotBiasSettings(epochs=100, batch_size=8)
QUICK = DotBiasSettings(epochs=1, batch_size=512, n_factors=4)
forked = pytest.mark.usefixtures("quick_worker")  # the test is about the queue, not about how a worker starts


@pytest.fixture
def runs(jobs):
    return Trainings(jobs)


def endless(starter="me"):
    return plan("dot-bias", ENDLESS, "sample", "random:0.2", 0, starter=starter)


def different(n_runs, settings=ENDLESS):
    """Plans that differ by their seeds."""
    return [
        plan("dot-bias", dataclasses.replace(settings, seed=seed), "sample", "random:0.2", 0) for seed in range(n_runs)
    ]


def under_way(runs, run_id):
    wait(lambda: not runs.store.progress(run_id).batches.empty)


def ended(runs, run_id):
    """The record of a run as it has ended, in its folder and in the queue."""
    wait(lambda: not runs.store.record(run_id).busy and run_id not in runs.queue())
    return runs.store.record(run_id)


def worker(runs):
    return runs.jobs.workers[TRAINING.name]


def seeds(runs, run_ids):
    return [runs.store.record(run_id).settings["seed"] for run_id in run_ids]


# --- trained, in order -----------------------------------------------------------------------------------------------------


def test_a_run_is_trained_in_the_worker(runs):
    run_id = runs.submit(default_plan("sample", starter="you"))
    record = ended(runs, run_id)
    assert record.state == "finished" and record.environment["threads"] == 1
    assert record.valid["mse"] < record.baselines["biases_only"]["mse"] < record.baselines["global_mean"]["mse"]
    assert runs.queue() == [] and runs.jobs.queue.job(run_id).state == DONE


def test_a_warm_worker_trains_what_comes_first(runs):
    """Warmed up for a data set that is there and one that is not, once and again; the rehearsals are nobody's runs."""
    for data in ("ml-100k", "sample", "sample"):
        runs.warm_up(data)
    process = wait(lambda: worker(runs).ready and worker(runs).process)
    run_id = runs.submit(default_plan("sample", starter="you"))
    ended(runs, run_id)
    runs.warm_up("sample")
    assert [(record.id, record.state) for record in runs.store.records()] == [(run_id, "finished")]
    assert worker(runs).process is process and process.poll() is None


def test_every_model_is_rehearsed_once_the_one_asked_for_first_before_all(monkeypatch):
    """And the longest last, whatever comes between."""
    rehearsed = []

    def rehearse(data, models, environment):
        for model in models:
            rehearsed.append(model)
            yield model

    monkeypatch.setattr(training_job, "warm_up", rehearse)
    monkeypatch.setattr(training_job, "_unrehearsed", sorted(MODELS, key=training_job.rehearsed_after))
    ready = training_job.get_ready("sample")
    assert [next(ready), next(ready)] == rehearsed
    ready.close()  # a start in between leaves the rest for later
    assert [*training_job.get_ready("sample"), *training_job.get_ready("sample")]
    assert sorted(set(rehearsed)) == sorted(MODELS) and (rehearsed[0], rehearsed[-1]) == (
        DEFAULT_MODEL,
        "dot-bias-plain",
    )


@forked
def test_queue_goes_in_order_and_one_trains_at_a_time(runs):
    first = runs.submit(endless())
    second, third = (runs.submit(default_plan("sample", starter="you")) for _ in range(2))
    under_way(runs, first)
    assert runs.queue() == [first, second, third]
    assert [runs.store.record(each).state for each in (first, second, third)] == ["running", "queued", "queued"]
    assert [runs.jobs.queue.job(each).place for each in (first, second, third)] == [0, 1, 2]
    runs.jobs.stop(third, "you")  # one that waits is taken off
    with pytest.raises(RunError, match="there is no run"):
        runs.store.record(third)
    runs.jobs.stop(first, "me", wait_seconds=60.0)
    assert ended(runs, second).state == "finished" and runs.store.record(first).state == "stopped"
    assert runs.store.load(first).model.item_factors.shape[1] == ENDLESS.n_factors


@forked
def test_only_who_started_a_run_may_stop_it(runs):
    run_id = runs.submit(endless("me"))
    with pytest.raises(RunError, match="somebody else"):
        runs.jobs.stop(run_id, "you")
    runs.jobs.stop(run_id, "me")


def test_stopping_what_has_ended_does_nothing(runs):
    runs.jobs.stop("01234567", "me", wait_seconds=60.0)


@forked
def test_the_same_first_run_is_not_trained_twice(runs):
    first = runs.submit_once(default_plan("sample", starter="me"))
    assert runs.submit_once(default_plan("sample", starter="you")) == first
    ended(runs, first)
    assert runs.submit_once(default_plan("sample", starter="you")) != first  # somebody has deleted it, or wants another


@forked
def test_the_same_run_asked_for_by_many_at_once_is_trained_once(runs, monkeypatch):
    """Also where the data set is read first, which takes its time."""
    everybody, met = threading.Barrier(4, timeout=30), threading.local()

    def meet(runs, records):
        if not hasattr(met, "once"):
            met.once = everybody.wait()

    monkeypatch.setattr(Trainings, "_check_time", meet)
    with ThreadPoolExecutor(4) as people:
        ids = list(people.map(lambda person: runs.submit_once(endless(person)), "abcd"))
    assert len(set(ids)) == 1 and runs.queue() == ids[:1]


@forked
def test_a_run_that_is_being_stopped_is_not_the_same(runs):
    first = runs.submit_once(endless())
    under_way(runs, first)
    with runs.jobs.queue.changing():  # before the worker hears of it
        runs.jobs.stop(first, "me")
        second = runs.submit_once(endless("you"))
    assert second != first and ended(runs, first).state == "stopped"
    under_way(runs, second)


@forked
def test_ids_kept_apart_are_another_training(runs):
    by_title = runs.submit_once(endless())
    by_id = runs.submit_once(dataclasses.replace(endless(), items_by="id"))
    assert by_id != by_title and runs.store.record(by_id).items_by == "id"
    assert runs.submit_once(dataclasses.replace(endless("you"), items_by="id")) == by_id


# --- limits ----------------------------------------------------------------------------------------------------------------


@forked
def test_full_queue_is_refused(runs, monkeypatch):
    monkeypatch.setattr(trainings, "MAX_QUEUED", 8)
    first = runs.submit(endless())
    under_way(runs, first)
    for place in range(8):
        runs.submit(endless(f"person-{place}"))
    with pytest.raises(RunError, match="8 runs are waiting already"):
        runs.submit(default_plan("sample", starter="one-more"))
    with pytest.raises(RunError, match="8 runs are waiting already"):
        runs.submit_all("one-more", different(2))
    assert len(runs.queue()) == len(runs.store.records()) == 9
    house = runs.submit(default_plan("sample"))  # the server's own is always let in, and waits for nobody
    assert ended(runs, house).state == "finished" and runs.queue()[0] == first


@forked
def test_a_person_has_three_runs_waiting_and_the_fourth_is_refused(runs):
    first = runs.submit(endless())
    under_way(runs, first)
    ids = [runs.submit(endless()) for _ in range(MOST_WAITING)]
    with pytest.raises(RunError, match=r"3 of your runs are waiting already; wait until one .* or stop one"):
        runs.submit(endless())
    others = runs.submit(endless("you"))  # nobody else is kept out, nor waits for all of them
    assert runs.queue() == [first, others, *ids]
    runs.jobs.stop(ids[-1], "me")
    assert runs.queue() == [first, others, *ids[:-1]]
    runs.submit(endless())


def test_a_run_that_takes_too_long_is_refused_and_nothing_is_noted(runs, monkeypatch):
    monkeypatch.setattr(time_limit, "MOST_SECONDS", 1e-3)
    for ask in (runs.submit, runs.submit_once, lambda record: runs.submit_all("me", [record])):
        with pytest.raises(RunError, match="is allowed here"):
            ask(endless())
    assert runs.queue() == [] and runs.store.records() == []


def test_what_does_not_fit_together_is_refused(runs, monkeypatch):
    """Each of them is short enough, all five are not."""
    records = different(5, DotBiasSettings(epochs=5))
    monkeypatch.setattr(time_limit, "MOST_SECONDS", 3 * time_limit.seconds_of(records[0], runs.jobs.environment))
    with pytest.raises(RunError, match=r"these 5 trainings would take .* together"):
        runs.submit_all("me", records)
    assert runs.queue() == [] and runs.store.records() == []


@forked
def test_many_are_trained_to_their_end_though_nobody_looks(runs):
    """And none of them twice, though one of them waits already."""
    there = runs.submit(dataclasses.replace(different(2, QUICK)[1], starter="you"))
    queued = runs.submit_all("me", different(8, QUICK))
    assert len(queued) == 7 and there not in queued
    wait(lambda: runs.queue() == [])
    records = runs.store.records()
    assert sorted(record.settings["seed"] for record in records) == list(range(8))
    assert {record.state for record in records} == {"finished"}
    assert {record.starter for record in records} == {"me", "you"}


@forked
def test_many_wait_in_turns_with_others_and_are_taken_off_together(runs):
    first = runs.submit(endless("other"))
    under_way(runs, first)
    mine = runs.submit_all("me", different(6))
    yours = runs.submit_all("you", different(2, QUICK))
    assert runs.queue() == [first, mine[0], yours[0], mine[1], yours[1], *mine[2:]]
    assert seeds(runs, mine) == [1, 2, 3, 4, 5]  # the one with seed 0 is in work already
    assert runs.submit_all("me", different(6)) == []  # all of them wait already
    for run_id in reversed(runs.waiting_of("me")):
        runs.jobs.stop(run_id, "me")
    assert runs.queue() == [first, *yours]
    assert {record.id for record in runs.store.records()} == {first, *yours}


@forked
def test_a_person_has_fifty_waiting_at_most(runs):
    with pytest.raises(RunError, match=r"these are 51 trainings; at most 50"):
        runs.submit_all("me", different(MOST_AT_ONCE + 1, QUICK))
    first = runs.submit(endless("other"))
    under_way(runs, first)
    ids = runs.submit_all("me", different(MOST_AT_ONCE, QUICK))
    assert len(ids) == MOST_AT_ONCE < MAX_QUEUED
    more = [dataclasses.replace(each, split_seed=1) for each in different(2, QUICK)]
    with pytest.raises(RunError, match="50 of your runs are waiting already, and these are 2 more"):
        runs.submit_all("me", more)
    assert len(runs.submit_all("you", more)) == 2
    assert len(runs.queue()) == 53


# --- a worker that dies, hangs or is asked to end --------------------------------------------------------------------------


@forked
def test_killed_worker_loses_nothing_and_the_queue_goes_on(runs):
    first, second = runs.submit(endless()), runs.submit(default_plan("sample", starter="you"))
    under_way(runs, first)
    worker(runs).process.kill()
    assert ended(runs, second).state == "finished"
    assert runs.store.record(first).state == "interrupted" and runs.jobs.queue.job(first).state == FAILED


def test_worker_asked_to_end_keeps_what_was_learned(runs):
    """The whole machine shuts down: every process is sent a SIGTERM, whatever was written last."""
    settings = DotBiasSettings(epochs=100, batch_size=64)
    run_id = runs.submit(plan("dot-bias", settings, "sample", "random:0.2", 0, starter="me"))
    wait(lambda: not runs.store.progress(run_id).history.empty)
    worker(runs).process.send_signal(signal.SIGTERM)
    record = ended(runs, run_id)
    assert record.state == "interrupted" and 0 < record.epochs_done == len(runs.store.progress(run_id).history) < 100
    assert runs.store.load(run_id).model.predict(1, 1) > 0


@forked
def test_a_worker_that_hangs_is_ended_and_the_queue_goes_on(make_jobs):
    runs = Trainings(make_jobs(silent_seconds=2.0))
    first, second = runs.submit(endless()), runs.submit(default_plan("sample", starter="you"))
    under_way(runs, first)
    hanging = worker(runs).process
    hanging.send_signal(signal.SIGSTOP)
    assert ended(runs, second).state == "finished"
    record = runs.store.record(first)
    assert record.state == "interrupted" and "made no progress" in record.message and hanging.poll() is not None


@forked
def test_a_run_stopped_before_its_worker_was_ready_has_not_begun(make_jobs):
    runs = Trainings(make_jobs("never"))
    run_id = runs.submit(endless())
    runs.jobs.stop(run_id, "me")
    assert runs.queue() == [] and runs.store.records() == []


@forked
def test_a_worker_that_is_not_understood_is_ended(make_jobs):
    runs = Trainings(make_jobs("nonsense"))
    for run_id in (runs.submit(endless()), runs.submit(endless())):
        record = ended(runs, run_id)
        assert record.state == "interrupted" and "an error of the server" in record.message


def test_why_nothing_trains_is_said(make_jobs):
    runs = Trainings(make_jobs("broken"))
    run_id = runs.submit(endless())
    wait(runs.trouble)
    assert "cannot be started (it ended at once, with code 3)" in runs.trouble()
    assert runs.queue() == [run_id] and runs.store.record(run_id).state == "queued"
    runs.jobs.stop(run_id, "me")
    assert runs.trouble() == "" and runs.store.records() == []


@forked
def test_closing_saves_what_is_in_work_and_the_rest_waits_on(make_jobs):
    """Until a server begins again; what was in work has ended, and is not begun again by itself."""
    jobs = make_jobs()
    runs = Trainings(jobs)
    first, second = runs.submit(endless()), runs.submit(default_plan("sample", starter="me"))
    under_way(runs, first)
    jobs.close()
    assert [runs.store.record(each).state for each in (first, second)] == ["interrupted", "queued"]
    assert runs.store.record(first).has_weights  # saved on the way out, in the middle of its first epoch
    again = Trainings(make_jobs())
    assert ended(again, second).state == "finished" and again.store.record(first).state == "interrupted"


# --- folders that vanish, a full disk, a stop from outside, a queue that was lost --------------------------------------------


@forked
def test_a_run_whose_folder_has_gone_leaves_the_queue(runs):
    first, second, third = (
        runs.submit(endless()),
        runs.submit(endless()),
        runs.submit(default_plan("sample", starter="me")),
    )
    under_way(runs, first)
    shutil.rmtree(runs.store.folder / f"{second}.partial")
    runs.jobs.stop(second, "me")
    assert runs.queue() == [first, third]
    remove(runs.store.folder / f"{first}.partial")
    assert ended(runs, third).state == "finished" and runs.queue() == []
    runs.jobs.stop(first, "me")


def remove(folder):
    """Also where somebody is writing into it."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


@forked
def test_a_run_whose_folder_went_while_it_waited_is_not_begun(runs):
    first, second, third = (runs.submit(each) for each in (endless(), endless(), default_plan("sample", starter="me")))
    under_way(runs, first)
    shutil.rmtree(runs.store.folder / f"{second}.partial")
    runs.jobs.stop(first, "me")
    assert ended(runs, third).state == "finished"
    assert (runs.jobs.queue.job(second).state, runs.jobs.queue.job(second).n_begun) == (STOPPED, 0)


@forked
@pytest.mark.parametrize("what", ["runs", "."])
def test_a_folder_of_runs_that_has_gone_empties_the_queue(what, runs, tmp_path):
    ids = [runs.submit(endless()) for _ in range(3)]
    under_way(runs, ids[0])
    remove(tmp_path / what)
    for ask in (runs.submit, runs.submit_once, lambda record: runs.submit_all("me", [record, *different(6)])):
        with pytest.raises(StorageError):
            ask(endless("you"))
    assert not (tmp_path / what).exists()
    (tmp_path / "runs").mkdir(parents=True)
    wait(lambda: runs.queue() == [])
    for run_id in ids:
        runs.jobs.stop(run_id, "me")
    assert ended(runs, runs.submit(default_plan("sample", starter="you"))).state == "finished"


@forked
def test_a_full_disk_interrupts_a_run_and_not_the_worker(make_jobs):
    runs = Trainings(make_jobs("crowded"))
    first = runs.submit(dataclasses.replace(endless(), name="large"))
    second = runs.submit(default_plan("sample", starter="you"))
    assert ended(runs, second).state == "finished"
    record = ended(runs, first)
    assert record.state == "interrupted" and "disk is full" in record.message
    assert worker(runs).process.poll() is None
    runs.jobs.stop(first, "me")
    runs.store.delete(first)
    assert [record.id for record in runs.store.records()] == [second]


@forked
def test_a_run_whose_ending_was_not_written_has_ended_all_the_same(make_jobs, monkeypatch):
    """Neither its worker nor the server can write it down."""
    runs = Trainings(make_jobs("full"))

    def refuse(record):
        raise StorageError("no room")

    monkeypatch.setattr(runs.store, "finish", refuse)
    run_id = runs.submit(endless())
    record = ended(runs, run_id)
    assert (record.state, record.message) == ("interrupted", "The disk is full. no room")
    assert [each.state for each in runs.store.records()] == ["interrupted"]
    runs.store.delete(run_id)
    assert runs.store.records() == []


@forked
def test_nothing_is_queued_or_noted_where_there_is_room_for_some_alone(runs, monkeypatch):
    """The third of four cannot be noted down."""
    create, noted = runs.store.create, []

    def refuse(record):
        if len(noted) == 2:
            raise StorageError("The run could not be noted down: no room")
        noted.append(create(record))
        return noted[-1]

    monkeypatch.setattr(runs.store, "create", refuse)
    with pytest.raises(StorageError, match="no room"):
        runs.submit_all("me", different(4))
    assert len(noted) == 2 and runs.queue() == [] and runs.store.records() == []


@forked
def test_a_run_is_stopped_from_outside(runs, tmp_path):
    """By another process, which knows its folder alone."""
    first, second, third = runs.submit(endless()), runs.submit(endless()), runs.submit(endless())
    under_way(runs, first)
    outside = RunStore(tmp_path)
    outside.ask_to_stop(second)
    outside.ask_to_stop(first)
    record = ended(runs, first)
    assert record.state == "stopped" and not (runs.store.folder / first / "stop").exists()
    under_way(runs, third)
    assert runs.queue() == [third]
    for gone in (first, second):
        with pytest.raises(RunError):
            outside.ask_to_stop(gone)


@forked
def test_runs_whose_queue_was_lost_are_queued_again(make_jobs, tmp_path):
    """While no server ran: what waited does so again in the order in which it came, and is trained."""
    jobs = make_jobs()
    runs = Trainings(jobs)
    first = runs.submit(endless())
    under_way(runs, first)
    waiting = [runs.submit(each) for each in different(3, QUICK)]
    jobs.close()
    shutil.rmtree(tmp_path / "jobs")
    again = Trainings(make_jobs())
    wait(lambda: all(again.jobs.queue.job(run_id) for run_id in waiting))
    assert {ended(again, run_id).state for run_id in waiting} == {"finished"}
    begun = [again.jobs.queue.job(run_id) for run_id in waiting]
    assert sorted(begun, key=lambda job: job.since) == begun and {job.n_begun for job in begun} == {1}


@forked
def test_a_queue_lost_while_a_run_trains_is_filled_again(runs, monkeypatch):
    """Both what is in work and what waits can be seen and stopped then."""
    monkeypatch.setattr("collab.services.jobs.SLOW_LOOK_SECONDS", 0.1)
    first, second = runs.submit(endless()), runs.submit(dataclasses.replace(endless(), split_seed=1))
    under_way(runs, first)
    for file in runs.jobs.queue.folder.glob("queue.sqlite*"):
        file.unlink()
    wait(lambda: runs.queue() == [first, second])
    assert runs.submit_once(endless("you")) == first
    assert runs.jobs.queue.job(second).state == WAITING
    with pytest.raises(RunError, match="somebody else"):
        runs.jobs.stop(second, "you")
    runs.jobs.stop(second, "me")
    runs.jobs.stop(first, "me")
    assert ended(runs, first).state == "stopped" and runs.queue() == []


def test_plan_names_the_preset_whatever_the_seed():
    fast = preset_of("dot-bias", "fast")
    assert plan("dot-bias", fast, "sample", "random:0.2", 3).preset == "fast"
    assert plan("dot-bias", DotBiasSettings(seed=9), "sample", "random:0.2", 3).preset == "chapter"
    assert plan("dot-bias", DotBiasSettings(n_factors=7), "sample", "random:0.2", 3, preset="chapter").preset == ""
