"""Trials: a real worker in a lane of its own; the newest setting wins, and nothing stays that was not kept."""

import dataclasses
import gc
import os
import subprocess
import sys
import textwrap

import pytest

from collab.errors import RunError, StorageError
from collab.models.dot import DotBiasSettings
from collab.services.environment import Environment
from collab.services.job_kinds import all_kinds
from collab.services.job_queue import DONE, STOPPED
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.runs import RunStore
from collab.services.sealed import check_sealed
from collab.services.training_job import train
from collab.services.trials import MOST_STORED, Rows, TrialLane, key_of, sweep
from tests.services.waiting import wait

HOLDOUT = "random:0.2+sealed:0.1"
ROWS = Rows("sample", "title", HOLDOUT, 0)
QUICK = DotBiasSettings(n_factors=4, epochs=1, batch_size=1024)
ENDLESS = DotBiasSettings(epochs=100, batch_size=8)


@pytest.fixture(scope="module")
def home(tmp_path_factory, forking):
    folder = tmp_path_factory.mktemp("trials")
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("COLLAB_HOME", str(folder))
        variables.delenv("COLLAB_DATA", raising=False)
        variables.setattr("collab.services.jobs.subprocess", forking)
        yield Environment((), folder, "sqlite://")


@pytest.fixture(scope="module")
def jobs(home):
    made = Jobs(home, all_kinds(home))
    yield made
    made.close()


@pytest.fixture(scope="module")
def lane(jobs):
    """One for all tests, as on a server; every test has sessions of its own."""
    made = TrialLane(jobs)
    yield made
    made.close()


def planned(settings=QUICK, split_seed=0, **changes):
    return plan("dot-bias", dataclasses.replace(settings, **changes), "sample", HOLDOUT, split_seed)


def finalize(trials, rows=ROWS):
    """Wait until the current trial has ended; returns what there is to see then."""
    wait(lambda: not trials.look(rows).current.record.busy)
    return trials.look(rows)


def try_out(trials, **changes):
    trials.train(planned(**changes))
    return finalize(trials, Rows("sample", "title", HOLDOUT, changes.get("split_seed", 0)))


def in_line(lane):
    """Ids of the trials of the home that are in work or wait."""
    return [job.id for job in lane.jobs.queue.in_lane("trials")]


def stored(trials):
    """Ids of a session's trials that are on the disk."""
    return {record.id for record in trials.lane.store.records() if record.starter == trials.token}


def test_a_trial_is_trained_and_is_no_run(lane, home):
    trials = lane.open()
    view = try_out(trials)
    assert view.current.record.state == "finished" and view.n_tried == 1
    assert len(view.current.history) == 1 and view.best.record == view.current.record
    assert view.current.record.environment["threads"] == 1 and view.current.record.n_sealed > 0
    with pytest.raises(RunError, match="there is no run"):
        RunStore(home.home).record(view.current.record.id)


def test_newest_setting_wins_and_leaves_nothing_of_the_others(lane):
    trials = lane.open()
    trials.train(planned(ENDLESS))
    wait(lambda: not trials.look(ROWS).current.batches.empty)
    trials.train(planned(n_factors=5))  # stops the first one
    trials.train(planned(n_factors=6))  # and this one takes the second off the lane
    view = finalize(trials)
    assert view.current.record.settings["n_factors"] == 6
    assert (view.n_tried, view.others) == (1, ())  # what was dropped gave no figure
    wait(lambda: stored(trials) == {view.current.record.id})


def test_the_current_setting_is_not_started_twice(lane):
    trials = lane.open()
    for _ in range(3):
        trials.train(planned(ENDLESS))
    assert len(in_line(lane)) == 1
    trials.drop_unfinished()
    assert trials.look(ROWS).current is None
    wait(lambda: not in_line(lane) and not stored(trials))


def test_going_back_shows_the_trial_again_and_does_not_count(lane):
    trials = lane.open()
    first = try_out(trials).current.record
    second = try_out(trials, n_factors=5)
    assert second.n_tried == 2 and [trial.record.id for trial in second.others] == [first.id]
    trials.train(planned())
    again = trials.look(ROWS)
    assert again.current.record == first and again.n_tried == 2
    assert [trial.record.id for trial in again.others] == [second.current.record.id]
    assert again.best.mse == min(first.valid["mse"], second.current.record.valid["mse"])


def test_other_rows_are_counted_by_themselves(lane):
    trials = lane.open()
    try_out(trials)
    view = try_out(trials, split_seed=1)
    assert view.n_tried == 1 and view.others == ()
    assert trials.look(ROWS).current is None and trials.look(ROWS).n_tried == 1


def test_sessions_share_the_lane_in_turn(lane):
    first, second = lane.open(), lane.open()
    first.train(planned(ENDLESS))
    wait(lambda: not first.look(ROWS).current.batches.empty)
    second.train(planned())
    assert second.look(ROWS).current.record.state == "queued"
    first.train(planned(n_factors=5))  # stopped, and behind the second session now
    assert finalize(second).n_tried == finalize(first).n_tried == 1
    assert second.look(ROWS).current.record.created <= first.look(ROWS).current.record.created
    assert first.look(ROWS).others == ()


def test_a_diverged_setting_counts_and_is_never_the_best(lane):
    trials = lane.open()
    view = try_out(trials, y_range=None, learning_rate=1.0, batch_size=64, n_factors=50, epochs=5)
    assert view.current.record.state == "diverged" and view.n_tried == 1 and view.best is None
    assert try_out(trials).best.record.state == "finished"


def test_keep_makes_an_ordinary_run(lane, home):
    trials = lane.open()
    for n_factors in (3, 4, 5):
        view = try_out(trials, n_factors=n_factors)
    trial = view.current.record
    run_id = trials.keep(trial.id, "me")
    assert trials.keep(trial.id, "me") == run_id == trials.look(ROWS).current_kept
    store = RunStore(home.home)
    record = store.record(run_id)
    assert (record.valid, record.settings, record.holdout) == (trial.valid, trial.settings, trial.holdout)
    assert (record.n_tried, record.starter, record.sealed_seen) == (3, "me", False)
    assert store.load(run_id).model.item_factors.shape[1] == 5
    assert store.progress(run_id).history.equals(view.current.history)
    store.delete(run_id)
    assert trials.look(ROWS).current_kept == ""
    assert trials.keep(trial.id, "me") != run_id  # and can be kept again


def test_one_check_on_sealed_rows(lane, home):
    trials = lane.open()
    first, second = try_out(trials).current.record, try_out(trials, n_factors=5).current.record
    kept = trials.keep(first.id, "me")
    trials.check(second.id)
    view = trials.look(ROWS)
    assert view.checked.record.id == second.id and view.n_since == 0
    assert view.checked.record.sealed["model"]["n_ratings"] == second.n_sealed
    trials.check(first.id)  # too late
    view = try_out(trials, n_factors=6)
    assert view.checked.record.id == second.id and (view.n_tried, view.n_since) == (3, 1)
    store = RunStore(home.home)
    assert store.record(kept).sealed_seen and store.record(kept).sealed == {}
    chosen = store.record(trials.keep(second.id, "me"))
    assert (chosen.n_tried, chosen.sealed_seen) == (2, False) and chosen.sealed == view.checked.record.sealed
    later = store.record(trials.keep(view.current.record.id, "me"))
    assert (later.n_tried, later.sealed_seen) == (3, True)
    assert try_out(trials, split_seed=1).checked is None  # other rows are sealed now


def test_a_kept_trial_is_checked_with_its_run_and_the_other_way_round(lane, home):
    trials = lane.open()
    trial = try_out(trials).current.record
    run_id = trials.keep(trial.id, "me")
    trials.check(trial.id)
    assert RunStore(home.home).record(run_id).sealed == trials.look(ROWS).checked.record.sealed
    other = try_out(trials, split_seed=1).current.record
    run_id = trials.keep(other.id, "me")
    check_sealed(run_id, RunStore(home.home), home)
    assert trials.look(key_of(other).rows).checked.record.id == other.id


def test_old_trials_go_but_count_on(lane):
    trials = lane.open()
    first = try_out(trials).current.record
    trials.check(first.id)
    for seed in range(1, MOST_STORED + 3):
        view = try_out(trials, seed=seed)
    assert view.n_tried == MOST_STORED + 3 and len(stored(trials)) == MOST_STORED
    assert view.checked.record.id == first.id and {first.id, view.best.record.id} <= stored(trials)
    with pytest.raises(RunError, match="no more"):
        trials.keep("01234567", "me")
    lost = next(
        seed for seed in range(1, 9) if str(seed) not in {str(trial.record.settings["seed"]) for trial in view.others}
    )
    assert try_out(trials, seed=lost).n_tried == MOST_STORED + 3  # trained anew, counted once


def test_trials_go_with_their_session(lane):
    trials, others = lane.open(), lane.open()
    try_out(trials)
    kept = try_out(others).current.record.id
    trials.train(planned(ENDLESS))
    token = trials.token
    del trials
    gc.collect()
    wait(lambda: not in_line(lane))
    wait(lambda: stored(others) == {kept})
    wait(lambda: all(record.starter != token for record in lane.store.records()))


def test_killed_worker_is_said_and_the_next_setting_starts_a_new_one(lane):
    trials = lane.open()
    trials.train(planned(ENDLESS))
    wait(lambda: not trials.look(ROWS).current.batches.empty)
    lane.jobs.workers["trials"].process.kill()
    view = finalize(trials)
    assert view.current.record.state == "interrupted" and view.n_tried == 0
    wait(lambda: not in_line(lane))
    trials.train(planned(ENDLESS))
    assert not in_line(lane)  # the same setting would only do it again, unless somebody asks for it
    trials.train(planned(ENDLESS), again=True)
    assert len(in_line(lane)) == 1
    assert try_out(trials).current.record.state == "finished"


def test_a_trial_that_ends_as_it_is_dropped_leaves_nothing(lane, monkeypatch):
    """Its worker has no step left at which to hear of it, or its job is over before that."""
    trials, kind = lane.open(), lane.jobs.kinds["trial"]
    on_end, seen = kind.on_end, []

    def drop_and_put_down(job, state, message):
        seen.append((lane.store.record(job.id).state, state))
        on_end(dataclasses.replace(job, stopping=True), state, message)

    with monkeypatch.context() as patched:
        patched.setattr(type(kind), "on_end", lambda _, *arguments: drop_and_put_down(*arguments))
        trials.train(planned())
        wait(lambda: not in_line(lane))
    assert seen == [("finished", DONE)] and stored(trials) == set()
    lane.drop(try_out(trials, n_factors=5).current.record.id, trials.token)
    assert stored(trials) == set()


def test_a_trial_whose_queue_was_lost_is_trained_at_the_next_turn(lane):
    busy, trials = lane.open(), lane.open()
    busy.train(planned(ENDLESS))
    wait(lambda: not busy.look(ROWS).current.batches.empty)
    trials.train(planned())
    (lost,) = stored(trials)
    lane.jobs.queue.end(lost, STOPPED)
    lane.jobs.queue.forget("trial", 0)
    assert trials.look(ROWS).current is None
    busy.drop_unfinished()
    assert try_out(trials).n_tried == 1
    lane.drop(lost, trials.token)
    assert lost not in stored(trials)


def test_a_trial_in_work_whose_queue_was_lost_is_still_stopped_by_its_session(lane):
    trials, queue = lane.open(), lane.jobs.queue
    trials.train(planned(ENDLESS))
    wait(lambda: not trials.look(ROWS).current.batches.empty)
    (lost,) = stored(trials)
    queue.end(lost, STOPPED)
    queue.forget("trial", 0)
    wait(lambda: in_line(lane) == [lost])  # it is put back
    assert trials.look(ROWS).current.record.state == "running"
    trials.drop_unfinished()
    wait(lambda: not in_line(lane) and not stored(trials))


def test_a_trial_that_cannot_be_queued_leaves_nothing_and_is_tried_again(lane, monkeypatch):
    trials = lane.open()

    def full(*arguments, **named):
        raise StorageError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(lane.jobs.queue, "add", full)
        with pytest.raises(RunError, match="the disk is full"):
            trials.train(planned())
    assert stored(trials) == set() and trials.look(ROWS).current is None
    assert try_out(trials).n_tried == 1


def test_a_closed_lane_leaves_nothing_and_another_can_be_opened(lane, home):
    """Also of a trial in work, which goes on writing until it finds that its folder is gone."""
    jobs = Jobs(home, all_kinds(home))
    own = TrialLane(jobs)
    trials, waiting = own.open(), own.open()
    trials.train(planned(ENDLESS))
    wait(lambda: not trials.look(ROWS).current.batches.empty)
    waiting.train(planned())
    own.close()
    wait(lambda: not in_line(lane))
    assert not own.store.home.exists() and trials.look(ROWS).current is None
    again = TrialLane(jobs)
    assert try_out(again.open()).n_tried == 1
    again.close()
    jobs.close()
    assert [folder.name for folder in (home.home / "trials").iterdir()] == [lane.jobs.server]


SERVER = """
    import sys, time
    from collab.models import DotBiasSettings
    from collab.services.environment import read_environment
    from collab.services.jobs import Jobs
    from collab.services.job_kinds import all_kinds
    from collab.services.plans import plan
    from collab.services.trials import TrialLane
    lane = TrialLane(Jobs(read_environment(), all_kinds(read_environment())))
    trials = lane.open()
    trials.train(plan("dot-bias", DotBiasSettings(epochs=100, batch_size=8), "sample", "random:0.2", 0))
    print(lane.store.home, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def another_server(home):
    """A server that has one trial to train, until a line comes; and the folder of its trials."""
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLLAB_HOME": str(home.home)},
    )
    with server:
        yield server, server.stdout.readline().strip()
        server.kill()


def test_what_a_killed_server_left_is_swept_and_a_living_ones_is_not(lane, home, another_server):
    server, left = another_server
    sweep(home.home)
    assert os.path.isdir(left)
    wait(lambda: in_line(lane))
    server.kill()
    server.wait()
    wait(lambda: not in_line(lane))  # nobody waits for it any more
    sweep(home.home)
    assert not os.path.exists(left) and lane.store.home.is_dir()


def test_trials_go_with_their_server(lane, another_server):
    server, folder = another_server
    wait(lambda: in_line(lane))
    server.communicate("\n", timeout=60)
    assert server.returncode == 0 and not os.path.exists(folder)
    wait(lambda: not in_line(lane))
    assert not os.path.exists(folder)


def test_a_worker_does_not_make_the_folder_of_a_server_that_has_closed(home):
    with pytest.raises(StorageError, match="is gone"):
        train({"folder": "trials/5eed5eed5eed5eed", "run": "5eed5eed"}, at_work=None)
    assert not (home.home / "trials" / "5eed5eed5eed5eed").exists()
