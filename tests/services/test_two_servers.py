"""Two servers on one home, each a process of its own: either shows and stops what the other has begun, and goes on without it."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from collab.errors import RunError
from collab.services import tsne
from collab.services.job_queue import DONE, FAILED, RUNNING, STOPPED, WAITING, JobQueue, Waiter, key_of
from collab.services.jobs import MOST_BEGINNINGS
from collab.services.runs import RunStore
from collab.services.trainings import Trainings
from tests.services.other_server import QUICK, OtherServer, planned
from tests.services.waiting import wait

PATIENCE = 30  # seconds until another server goes on
LONG = {"to": 100_000, "seconds": 0.01}
SHORT = {"to": 200, "seconds": 0.01}
pytestmark = pytest.mark.usefixtures("quick_worker")


@pytest.fixture
def begin_other(forking, tmp_path, make_jobs):
    """A function that begins another server on the home, which holds the lease where none did before."""
    begun = []

    def begin():
        begun.append(OtherServer(forking, tmp_path))
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()


@pytest.fixture
def other(begin_other):
    """The server that holds the lease."""
    made = begin_other()
    wait(lambda: made.ask("jobs.leads"))
    return made


@pytest.fixture
def jobs(other, make_jobs):
    """Those of the server here, which came second."""
    return make_jobs()


@pytest.fixture
def runs(jobs):
    return Trainings(jobs)


def submit(jobs, request, owner="me", kind="count", **how):
    return jobs.submit(kind, request, owner=owner, session=f"session of {owner}", **how).id


def submit_there(other, request, owner="me"):
    return other.ask(f"jobs.submit('count', {request!r}, owner={owner!r}, session='there').id")


def state(jobs, job_id):
    return jobs.queue.job(job_id).state


def under_way(runs, run_id):
    wait(lambda: not runs.store.progress(run_id).batches.empty)


def is_gone(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


# --- both live -------------------------------------------------------------------------------------------------------------


def test_a_run_started_on_one_is_watched_and_stopped_on_the_other(other, runs):
    """Whoever holds the lease: it trains what is started here."""
    first, second = runs.submit(planned()), runs.submit(planned(split_seed=1))
    under_way(runs, first)
    assert other.ask("trainings.queue()") == runs.queue() == [first, second]
    assert other.ask(f"trainings.store.record({first!r}).state") == "running"
    assert not runs.jobs.leads and runs.jobs.workers["training"].process is None
    assert other.ask(f"jobs.queue.job({second!r}).place") == 1
    assert other.ask(f"trainings.jobs.stop({first!r}, 'me', 60.0)") is None
    wait(lambda: not runs.store.record(first).busy)
    assert runs.store.record(first).state == "stopped"
    under_way(runs, second)
    with pytest.raises(RunError, match="somebody else"):
        runs.jobs.stop(second, "you")
    runs.jobs.stop(second, "me", wait_seconds=60.0)
    assert runs.store.record(second).state == "stopped"


def test_a_job_started_on_one_is_shown_by_the_other(other, jobs):
    job_id = submit_there(other, SHORT, "you")
    wait(lambda: jobs.queue.job(job_id).share > 0.1)
    assert submit(jobs, SHORT) == job_id  # who asks for it here waits for the same
    wait(lambda: state(jobs, job_id) == DONE)
    assert jobs.known("count", SHORT).result == other.ask(f"jobs.known('count', {SHORT!r}).result") == SHORT["to"]
    assert jobs.queue.job(job_id).worker == other.name


def test_who_waits_at_another_server_keeps_a_job(other, jobs):
    job_id = submit(jobs, LONG)
    assert submit_there(other, LONG, "you") == job_id
    wait(lambda: state(jobs, job_id) == RUNNING)
    jobs.stop(job_id, "me")
    assert not jobs.queue.job(job_id).stopping
    other.ask(f"jobs.leave({job_id!r}, 'there')")
    wait(lambda: state(jobs, job_id) == STOPPED)


def test_two_hundred_jobs_are_submitted_at_once_at_two_servers(other, jobs):
    there = other.ask("[jobs.submit('count', {'to': 1, 'n': n}, owner='you').id for n in range(100)]")
    here = [submit(jobs, {"to": 1, "n": number}) for number in range(100, 200)]
    wait(lambda: not jobs.queue.in_lane("count"), 120)
    done = [jobs.queue.job(job_id) for job_id in there + here]
    assert {(job.state, job.n_begun, job.worker) for job in done} == {(DONE, 1, other.name)}


# --- one dies --------------------------------------------------------------------------------------------------------------


def test_another_goes_on_where_the_owner_of_the_lease_is_killed(other, runs):
    """What was in work keeps its weights, and what waited is trained, wherever it was asked for; nothing of it twice."""
    first = runs.submit(planned())
    under_way(runs, first)
    here = runs.submit(planned(QUICK))
    there = other.ask("trainings.submit(planned(QUICK, 'you', split_seed=1))")
    other.kill()
    wait(lambda: runs.jobs.leads, PATIENCE)
    wait(lambda: {runs.store.record(each).state for each in (here, there)} == {"finished"})
    record = runs.store.record(first)
    assert record.state == "interrupted" and record.has_weights
    assert runs.store.load(first).model.predict(1, 1) > 0
    wait(lambda: runs.queue() == [])
    assert [runs.jobs.queue.job(each).n_begun for each in (first, here, there)] == [1, 1, 1]
    assert state(runs.jobs, first) == FAILED
    assert [len(runs.store.progress(each).history) for each in (here, there)] == [1, 1]


def test_a_job_of_a_dead_server_is_begun_again_once_its_worker_has_left_it(other, jobs):
    """The worker hears nothing: as long as it is there, nobody else begins what it has in work."""
    request = {**SHORT, "deaf": True}
    job_id = submit(jobs, request)
    wait(lambda: jobs.queue.job(job_id).note)
    left = other.ask("jobs.workers['count'].process.pid")
    other.kill()
    wait(lambda: jobs.queue.job(job_id).n_begun == 2)
    assert is_gone(left) and jobs.leads
    wait(lambda: state(jobs, job_id) == DONE)
    job = jobs.queue.job(job_id)
    assert (job.result, job.n_begun, job.worker) == (request["to"], 2, jobs.server)


def test_a_t_sne_of_a_dead_server_is_begun_again(other, jobs):
    rows = np.random.default_rng(0).normal(size=(1500, 20))
    job_id = tsne.start(jobs, {"dimensions": 2, "perplexity": 30.0}, rows, owner="me", session="here").id
    wait(lambda: state(jobs, job_id) == RUNNING)
    left = other.ask("jobs.workers['t-SNE'].process.pid")
    other.kill()
    wait(lambda: is_gone(left))  # it cannot be interrupted, so it ends at once
    wait(lambda: jobs.queue.job(job_id).worker == jobs.server, PATIENCE)
    wait(lambda: state(jobs, job_id) == DONE, 120)
    assert tsne.places(jobs, jobs.queue.job(job_id)).shape == (1500, 2)


def test_what_only_sessions_of_a_dead_server_wanted_is_dropped(other, jobs):
    """What somebody here wants as well is done."""
    lost, waiting = submit_there(other, LONG), submit_there(other, {**LONG, "n": 1})
    both = submit_there(other, SHORT)
    wait(lambda: state(jobs, lost) == RUNNING)
    assert submit(jobs, SHORT, "you") == both and state(jobs, both) == WAITING
    other.kill()
    wait(lambda: state(jobs, both) == DONE)
    assert [state(jobs, each) for each in (lost, waiting)] == [STOPPED, STOPPED]
    assert [jobs.queue.job(each).n_begun for each in (lost, waiting, both)] == [1, 0, 1]


def test_what_only_sessions_of_a_dead_server_wanted_is_dropped_by_the_owner_of_the_lease(make_jobs, begin_other):
    """A run goes on: nobody needs to look at it."""
    jobs = make_jobs()
    wait(lambda: jobs.leads)
    other = begin_other()
    lost = submit_there(other, LONG)
    wait(lambda: state(jobs, lost) == RUNNING)
    run_id = Trainings(jobs).submit(planned(starter="you"))
    with jobs.queue.changing():  # asked for there
        jobs.queue._run("UPDATE waiters SET server = ? WHERE job = ?", other.name, run_id)
    wait(lambda: state(jobs, run_id) == RUNNING)
    other.kill()
    wait(lambda: state(jobs, lost) == STOPPED, PATIENCE)
    assert state(jobs, run_id) == RUNNING and not jobs.queue.job(run_id).stopping
    jobs.stop(run_id, "you")


def test_waiting_runs_outlive_all_servers(begin_other, make_jobs):
    """And who has stopped theirs meanwhile does not find it trained."""
    other = begin_other()
    first, second = (other.ask(f"trainings.submit(planned({settings}))") for settings in ("", "QUICK"))
    wait(lambda: other.ask(f"trainings.store.record({first!r}).state") == "running")
    other.kill()
    runs = Trainings(make_jobs())
    wait(lambda: not runs.store.record(second).busy)
    assert runs.store.record(second).state == "finished"
    wait(lambda: runs.store.record(first).state == "interrupted")


def test_what_ends_every_server_that_tries_it_is_not_tried_for_ever(make_jobs, tmp_path):
    """As a queue says that was left so."""
    queue = JobQueue(tmp_path)
    for n_begun, request in ((MOST_BEGINNINGS, LONG), (MOST_BEGINNINGS - 1, {"to": 3})):
        job_id = queue.add("count", "count", request, Waiter("me", "", "of before"), key=key_of(request)).id
        for _ in range(n_begun - 1):
            queue.begin(job_id, "of before")
            queue.wait_again(job_id)
        queue.begin(job_id, "of before")
        queue.join(job_id, Waiter("me", "", "of before"))
    queue.close()
    jobs = make_jobs()
    bad, good = submit(jobs, LONG), submit(jobs, {"to": 3})
    wait(lambda: state(jobs, good) == DONE)
    assert (state(jobs, bad), jobs.queue.job(bad).message) == (
        FAILED,
        "Its server was gone 3 times before it was done.",
    )


def test_a_server_that_is_closed_hands_over(make_jobs, begin_other):
    jobs = make_jobs()
    wait(lambda: jobs.leads)
    other = begin_other()
    run_id = submit_there(other, SHORT)
    wait(lambda: jobs.queue.job(run_id).note)
    queue = jobs.queue
    jobs.close()
    wait(lambda: other.ask("jobs.leads"), PATIENCE)
    wait(lambda: queue.job(run_id).state == DONE)
    assert (queue.job(run_id).worker, queue.job(run_id).n_begun) == (other.name, 1)
    queue.close()


def test_killed_server_leaves_an_interrupted_run_with_weights_and_no_worker(tmp_path):
    """A process that was started, with a worker that was; both as in life. The worker notices, saves and ends."""
    script = textwrap.dedent("""
        import time
        from collab.services.environment import read_environment
        from collab.services.jobs import Jobs
        from collab.services.job_kinds import all_kinds
        from collab.services.trainings import Trainings
        from tests.services.other_server import planned
        environment = read_environment()
        runs = Trainings(Jobs(environment, all_kinds(environment)))
        run_id = runs.submit(planned())
        while runs.store.progress(run_id).batches.empty:
            time.sleep(0.02)
        print(run_id, runs.jobs.workers["training"].process.pid, flush=True)
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
    wait(lambda: is_gone(worker))
    store = RunStore(tmp_path)
    store.rescue()
    record = store.record(run_id)
    assert record.state == "interrupted" and record.has_weights
    assert store.load(run_id).model.predict(1, 1) > 0
