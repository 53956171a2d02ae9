"""Trials: a real worker in a lane of its own; the newest setting wins, and nothing stays that was not kept."""

import dataclasses
import gc
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from collab.errors import RunError
from collab.models import DotBiasSettings
from collab.services.environment import Environment
from collab.services.runs import RunStore
from collab.services.sealed import check_sealed
from collab.services.training_job import plan
from collab.services.trials import MOST_STORED, Rows, TrialLane, key_of, sweep

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
def lane(home):
    """One for all tests, as on a server; every test has sessions of its own."""
    made = TrialLane(home)
    yield made
    made.close()


def planned(settings=QUICK, split_seed=0, **changes):
    return plan("dot-bias", dataclasses.replace(settings, **changes), "sample", HOLDOUT, split_seed)


def wait(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def settle(trials, rows=ROWS):
    """Wait until the current trial has ended; returns what there is to see then."""
    wait(lambda: not trials.look(rows).current.record.busy)
    return trials.look(rows)


def try_out(trials, **changes):
    trials.train(planned(**changes))
    return settle(trials, Rows("sample", "title", HOLDOUT, changes.get("split_seed", 0)))


def stored(trials):
    """Ids of a session's trials that are on the disk."""
    trials.lane.drop("01234567", "")  # tidies up
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
    view = settle(trials)
    assert view.current.record.settings["n_factors"] == 6
    assert (view.n_tried, view.others) == (1, ())  # what was dropped gave no figure
    wait(lambda: stored(trials) == {view.current.record.id})


def test_the_current_setting_is_not_started_twice(lane):
    trials = lane.open()
    for _ in range(3):
        trials.train(planned(ENDLESS))
    assert len(lane.jobs.queue()) == 1
    trials.drop_unfinished()
    assert trials.look(ROWS).current is None


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
    assert settle(second).n_tried == settle(first).n_tried == 1
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
    wait(lambda: not lane.jobs.queue())
    wait(lambda: stored(others) == {kept})
    wait(lambda: all(record.starter != token for record in lane.store.records()))


def test_killed_worker_is_said_and_the_next_setting_starts_a_new_one(lane):
    trials = lane.open()
    trials.train(planned(ENDLESS))
    wait(lambda: not trials.look(ROWS).current.batches.empty)
    lane.jobs._process.kill()
    view = settle(trials)
    assert view.current.record.state == "interrupted" and view.n_tried == 0
    trials.train(planned(ENDLESS))
    assert not lane.jobs.queue()  # the same setting would only do it again, unless somebody asks for it
    trials.train(planned(ENDLESS), again=True)
    assert len(lane.jobs.queue()) == 1
    assert try_out(trials).current.record.state == "finished"


def test_closing_the_lane_removes_all_trials(home):
    lane = TrialLane(home)
    trials = lane.open()
    trials.train(planned(ENDLESS))
    wait(lambda: not trials.look(ROWS).current.batches.empty)
    lane.close()
    assert not lane.store.folder.exists()


def test_what_a_killed_server_left_is_swept_and_a_living_ones_is_not(lane, home):
    script = textwrap.dedent("""
        import time
        from collab.services.environment import read_environment
        from collab.services.trials import TrialLane
        lane = TrialLane(read_environment())
        print(lane.store.folder, flush=True)
        time.sleep(600)
    """)
    server = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLLAB_HOME": str(home.home)},
    )
    left = server.stdout.readline().strip()
    sweep(home.home)
    assert os.path.isdir(left)
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    sweep(home.home)
    assert not os.path.exists(left) and lane.store.folder.is_dir()
