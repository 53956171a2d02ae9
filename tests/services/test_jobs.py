"""Jobs: a kind for tests that counts, real processes that do it, and what becomes of both where something goes wrong."""

import errno
import io
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from collab.errors import RunError, StorageError
from collab.services import jobs as jobs_module
from collab.services import worker
from collab.services.job_queue import DONE, FAILED, RUNNING, STOPPED, WAITING, Waiter
from collab.services.jobs import OVERDUE_LOOKS, START_SECONDS
from tests.services.counting import COUNT, COUNT_ON
from tests.services.waiting import Clock, wait

LONG = {"to": 100_000, "seconds": 0.01}  # nobody waits for its end
forked = pytest.mark.usefixtures("quick_worker")  # the test is about the queue, not about how a worker starts


def submit(jobs, request=LONG, owner="me", *, kind="count", session="", **how):
    return jobs.submit(kind, request, owner=owner, session=session or f"session of {owner}", **how).id


def numbered(number, **request):
    """A request like no other."""
    return {**LONG, **request, "number": number}


def running(jobs, job_id):
    """Return as soon as the worker has said something of the job."""
    wait(lambda: jobs.queue.job(job_id).note)


def ended(jobs, job_id):
    """The job as it has ended."""
    wait(lambda: not jobs.queue.job(job_id).busy)
    return jobs.queue.job(job_id)


# --- a kind that there was not before --------------------------------------------------------------------------------------


def test_a_new_kind_is_done_in_a_worker_of_its_own(jobs):
    """From a process that is started, to its result."""
    job_id = submit(jobs, {"to": 10})
    job = ended(jobs, job_id)
    assert (job.state, job.result, job.message, job.n_begun, job.owner) == (DONE, 10, "", 1, "me")
    assert jobs.workers["count"].process.pid != os.getpid() and jobs.workers["training"].process is None


@forked
def test_progress_is_seen_while_it_goes_on(jobs):
    job_id = submit(jobs, {"to": 100, "seconds": 0.02})
    running(jobs, job_id)
    job = jobs.queue.job(job_id)
    assert job.state == RUNNING and job.share == pytest.approx(int(job.note) / 100) and 0 < job.share < 1
    wait(lambda: jobs.queue.job(job_id).share > job.share)
    assert ended(jobs, job_id).result == 100


@forked
def test_a_result_is_kept_and_found_again(jobs):
    request = {"to": 10, "of": "me"}
    assert jobs.known("count", request) is None
    first = submit(jobs, request)
    ended(jobs, first)
    assert jobs.known("count", dict(reversed(request.items()))).result == 10
    assert submit(jobs, request, "you") == first and jobs.queue.job(first).n_begun == 1
    second = submit(jobs, request, "you", again=True)
    assert second != first and ended(jobs, second).result == 10
    assert submit(jobs, {"to": 11}) not in (first, second)


@forked
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("known", "nobody can count so far"),
        ("unknown", "It broke off: ZeroDivisionError: oh"),
        ("memory", "There was not enough memory for it."),
    ],
)
def test_what_fails_says_why_and_its_worker_goes_on(how, said, jobs):
    failing, next_one = submit(jobs, {"to": 10, "fails": how}), submit(jobs, {"to": 10})
    job = ended(jobs, failing)
    process = jobs.workers["count"].process
    assert (job.state, job.message, job.result) == (FAILED, said, None)
    assert ended(jobs, next_one).state == DONE and jobs.workers["count"].process is process
    assert submit(jobs, {"to": 10, "fails": how}) != failing  # what has failed is tried again when it is asked for


@forked
def test_files_lie_beside_the_request_and_go_with_it(jobs):
    ids = [
        submit(jobs, {"to": 2, "number": number}, kind=COUNT_ON.name, files={"rows.npy": b"123"}) for number in range(4)
    ]
    assert jobs.queue.folder.joinpath(ids[3], "rows.npy").read_bytes() == b"123"
    wait(lambda: [job_id for job_id in ids if jobs.queue.job(job_id) is not None] == ids[2:])
    wait(lambda: [job_id for job_id in ids if jobs.queue.folder.joinpath(job_id).exists()] == ids[2:])


@forked
def test_two_hundred_jobs_are_submitted_at_once(jobs):
    """By ten people, each of whom asks for twenty: all are done, each once, and nobody waits for all that another asked for."""
    with ThreadPoolExecutor(10) as people:
        ids = list(people.map(lambda number: submit(jobs, {"to": 3, "n": number}, str(number % 10)), range(200)))
    assert len(set(ids)) == 200
    wait(lambda: not jobs.queue.in_lane("count"), 120)
    done = [jobs.queue.job(job_id) for job_id in ids]
    assert {(job.state, job.result, job.n_begun) for job in done} == {(DONE, 3, 1)}
    assert len({job.worker for job in done}) == 1


@forked
def test_lanes_do_not_wait_for_each_other(jobs):
    long, short = submit(jobs), submit(jobs, {"to": 3}, kind=COUNT_ON.name)
    running(jobs, long)
    assert ended(jobs, short).result == 3 and jobs.queue.job(long).state == RUNNING
    jobs.stop(long, "me")


# --- who waits -------------------------------------------------------------------------------------------------------------


@forked
@pytest.mark.parametrize("kind", ["count", "count on"])
def test_a_job_is_stopped_and_the_next_one_begins(kind, jobs):
    first, second = submit(jobs, kind=kind), submit(jobs, {"to": 5}, kind=kind)
    running(jobs, first)
    process = jobs.workers[kind].process
    jobs.stop(first, "me")
    job = ended(jobs, first)
    assert (job.state, job.message, job.result) == (STOPPED, "", None)
    assert ended(jobs, second).state == DONE
    assert (process.poll() is not None) == (kind == "count on")  # what cannot be interrupted is killed
    jobs.stop(first, "me")  # once more: nothing happens


@forked
def test_what_cannot_hear_is_killed(jobs):
    job_id = submit(jobs, {**LONG, "deaf": True}, kind=COUNT_ON.name)
    running(jobs, job_id)
    jobs.stop(job_id, "me")
    assert ended(jobs, job_id).state == STOPPED


@forked
def test_what_ends_although_it_was_stopped_has_its_result(jobs):
    job_id = submit(jobs, {"to": 50, "seconds": 0.02, "deaf": True})
    running(jobs, job_id)
    jobs.stop(job_id, "me")
    job = ended(jobs, job_id)
    assert (job.state, job.result) == (DONE, 50)


@forked
def test_only_who_waits_for_a_job_may_stop_it(jobs):
    job_id = submit(jobs)
    with pytest.raises(RunError, match="somebody else"):
        jobs.stop(job_id, "you")
    jobs.stop(job_id, "me")
    assert ended(jobs, job_id).state == STOPPED


def test_stopping_what_there_is_not_does_nothing(jobs):
    jobs.stop("01234567", "me")
    jobs.leave("01234567", "session of me")


@forked
def test_a_reload_a_second_tab_and_a_closed_browser(jobs):
    """One who asks again waits for the same job, in every session; the last session to go stops it."""
    job_id = submit(jobs, session="first tab")
    running(jobs, job_id)
    assert submit(jobs, session="second tab") == submit(jobs, session="after a reload") == job_id
    for session in ("first tab", "after a reload"):
        jobs.leave(job_id, session)
        assert not jobs.queue.job(job_id).stopping
    jobs.leave(job_id, "second tab")
    assert ended(jobs, job_id).state == STOPPED


@forked
def test_what_two_people_wait_for_goes_on_until_both_have_stopped_it(jobs):
    job_id, other = submit(jobs), submit(jobs, numbered(1))
    assert submit(jobs, owner="you") == job_id
    running(jobs, job_id)
    jobs.stop(job_id, "me")
    assert not jobs.queue.job(job_id).stopping
    with pytest.raises(RunError, match="somebody else"):
        jobs.stop(job_id, "me")
    jobs.stop(job_id, "you")
    assert ended(jobs, job_id).state == STOPPED
    jobs.stop(other, "me")


@forked
def test_a_job_that_is_being_stopped_is_joined_by_nobody(jobs):
    job_id = submit(jobs, {**LONG, "deaf": True, "to": 200})
    running(jobs, job_id)
    jobs.stop(job_id, "me")
    again = submit(jobs, {**LONG, "deaf": True, "to": 200}, "you")
    assert again != job_id and jobs.queue.job(again).state == WAITING


@forked
def test_what_waits_is_taken_off_its_lane(jobs):
    first, second, third = submit(jobs), submit(jobs, numbered(2)), submit(jobs, numbered(3))
    running(jobs, first)
    assert [job.id for job in jobs.queue.in_lane("count")] == [first, second, third]
    assert jobs.queue.job(third).place == 2
    jobs.stop(second, "me")
    assert jobs.queue.job(second).state == STOPPED and jobs.queue.job(second).n_begun == 0
    assert [job.id for job in jobs.queue.in_lane("count")] == [first, third] and jobs.queue.job(third).place == 1


@forked
def test_what_no_kind_is_known_of_is_taken_off(jobs):
    """It was asked for by a server of another version."""
    unknown = jobs.queue.add("of tomorrow", "count", {}, Waiter("me", "", jobs.server)).id
    job_id = submit(jobs, {"to": 3})
    assert ended(jobs, job_id).state == DONE and jobs.queue.job(unknown) is None


# --- a worker that is not needed, dies, hangs, cannot be started, or is not understood ---------------------------------------


@forked
def test_a_worker_lingers_and_goes(make_jobs):
    """That of "count" for a minute, that of "count on" not at all, as its lane says."""
    clock = Clock()
    jobs = make_jobs(clock=clock)
    for kind in ("count", "count on"):
        ended(jobs, submit(jobs, {"to": 3}, kind=kind))
    worker = jobs.workers["count"].process
    clock.now += 59
    wait(lambda: jobs.workers["count on"].process is None)
    job_id = submit(jobs, {"to": 4})
    assert ended(jobs, job_id).state == DONE and jobs.workers["count"].process is worker
    clock.now += 61
    wait(lambda: jobs.workers["count"].process is None and worker.poll() is not None)
    assert ended(jobs, submit(jobs, {"to": 5})).state == DONE


@forked
def test_a_worker_is_warm_before_anything_is_asked_for_and_only_while_this_server_lives(make_jobs):
    jobs = make_jobs()
    jobs.warm_up("count")
    process = wait(lambda: jobs.workers["count"].ready and jobs.workers["count"].process)
    assert ended(jobs, submit(jobs, {"to": 3})).state == DONE and jobs.workers["count"].process is process
    jobs.close()
    again = make_jobs()
    ended(again, submit(again, {"to": 3}, kind=COUNT_ON.name))
    assert again.workers["count"].process is None  # nobody of now has wished for it


@forked
def test_a_killed_worker_fails_its_job_and_the_lane_goes_on(jobs):
    first, second = submit(jobs), submit(jobs, {"to": 5})
    running(jobs, first)
    jobs.workers["count"].process.kill()
    job = ended(jobs, first)
    assert job.state == FAILED and "Its process ended with code" in job.message
    assert ended(jobs, second).state == DONE


@forked
def test_a_worker_killed_while_it_is_idle_is_replaced(jobs):
    ended(jobs, submit(jobs, {"to": 3}))
    process = jobs.workers["count"].process
    process.kill()
    wait(lambda: process.poll() is not None)
    assert ended(jobs, submit(jobs, {"to": 4})).state == DONE


@forked
def test_a_worker_that_hangs_is_ended_and_the_lane_goes_on(make_jobs):
    jobs = make_jobs(silent_seconds=2.0)
    first, second = submit(jobs), submit(jobs, {"to": 5})
    running(jobs, first)
    hanging = jobs.workers["count"].process
    hanging.send_signal(signal.SIGSTOP)
    job = ended(jobs, first)
    assert job.state == FAILED and "made no progress" in job.message
    wait(lambda: hanging.poll() is not None)
    assert ended(jobs, second).state == DONE


@forked
def test_a_long_step_is_no_hang(make_jobs):
    """A worker that said of its longest step that it takes 50 seconds may say nothing for ten times as long."""
    clock = Clock()
    jobs = make_jobs("silent", clock=clock)
    job_id = submit(jobs)
    wait(lambda: jobs.workers["count"]._longest == 50.0)
    clock.now += 499
    time.sleep(jobs_module.LOOK_SECONDS * (OVERDUE_LOOKS + 10))
    assert jobs.queue.job(job_id).state == RUNNING
    clock.now += 2
    assert ended(jobs, job_id).state == FAILED


@forked
def test_a_worker_that_is_never_ready_is_tried_again(make_jobs):
    clock = Clock()
    jobs = make_jobs("never", clock=clock)
    job_id = submit(jobs)
    process = wait(lambda: jobs.workers["count"].process)
    clock.now += START_SECONDS + 1
    wait(lambda: jobs.trouble("count"))
    assert "not ready after 121 s" in jobs.trouble("count") and process.poll() is not None
    assert [job.id for job in jobs.queue.in_lane("count")] == [job_id] and jobs.queue.job(job_id).n_begun == 0


def test_a_worker_that_cannot_be_started_is_tried_again_ever_more_seldom(make_jobs, monkeypatch):
    """Meanwhile the lane stays as it is, says why, and what waits can be stopped."""
    clock, tries = Clock(), []

    def refuse(*_, **__):
        tries.append(clock.now)
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    jobs = make_jobs(clock=clock)
    monkeypatch.setattr("collab.services.jobs.subprocess.Popen", refuse)
    first, second = submit(jobs), submit(jobs, numbered(2))
    wait(lambda: jobs.trouble("count"))
    assert jobs.trouble("count").startswith("The process that does it cannot be started (Cannot allocate memory); ")
    assert [job.id for job in jobs.queue.in_lane("count")] == [first, second] and jobs.trouble("count on") == ""
    for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.now = tries[-1] + seconds - 0.5
        time.sleep(5 * jobs_module.LOOK_SECONDS)
        assert clock.now - tries[-1] == seconds - 0.5, "it was tried too early"
        clock.now += 0.5
        wait(lambda: tries[-1] == clock.now)
    for job_id in (first, second):
        jobs.stop(job_id, "me")
        assert jobs.queue.job(job_id).state == STOPPED
    assert jobs.trouble("count") == ""


def test_a_job_whose_worker_ended_before_it_was_ready_is_first_again(make_jobs):
    jobs = make_jobs("broken")
    first, second = submit(jobs), submit(jobs, numbered(2))
    wait(lambda: jobs.trouble("count"))
    assert "it ended at once, with code 3" in jobs.trouble("count")
    assert [job.id for job in jobs.queue.in_lane("count")] == [first, second]
    assert {jobs.queue.job(each).n_begun for each in (first, second)} == {0}


def test_a_worker_that_starts_at_last_does_what_waits(make_jobs):
    jobs = make_jobs("broken 1")
    job_id = submit(jobs, {"to": 3})
    assert ended(jobs, job_id).state == DONE and jobs.trouble("count") == ""


@forked
def test_a_job_stopped_before_its_worker_was_ready_has_not_begun(make_jobs):
    jobs = make_jobs("never")
    job_id = submit(jobs)
    wait(lambda: jobs.workers["count"].process)
    jobs.stop(job_id, "me")
    assert jobs.queue.job(job_id).state == STOPPED and jobs.queue.job(job_id).n_begun == 0


@forked
def test_a_worker_that_is_not_understood_is_ended(make_jobs, caplog):
    jobs = make_jobs("nonsense")
    for job_id in (submit(jobs), submit(jobs, numbered(2))):
        job = ended(jobs, job_id)
        assert job.state == FAILED and "an error of the server" in job.message
    assert "could not be heeded" in caplog.text


@forked
@pytest.mark.parametrize("where", ["_hear", "look"])
def test_an_error_of_the_server_ends_the_worker_and_no_thread(where, jobs, monkeypatch, caplog):
    first, second = submit(jobs), submit(jobs, {"to": 5})
    running(jobs, first)
    right, failed = getattr(jobs_module.LaneWorker, where), []

    def fail_once(self, *words, **named):
        if not failed and self.lane is COUNT.lane:
            failed.append(True)
            raise ZeroDivisionError("nobody thought of this")
        right(self, *words, **named)

    monkeypatch.setattr(jobs_module.LaneWorker, where, fail_once)
    assert ended(jobs, first).state == FAILED and ended(jobs, second).state == DONE
    assert "nobody thought of this" in caplog.text


@forked
def test_an_error_in_one_lane_is_none_in_another(jobs, monkeypatch, caplog):
    look = jobs_module.LaneWorker.look

    def fail(self, **named):
        if self.lane is COUNT.lane:
            raise ZeroDivisionError("always")
        look(self, **named)

    monkeypatch.setattr(jobs_module.LaneWorker, "look", fail)
    waiting = submit(jobs)
    assert ended(jobs, submit(jobs, {"to": 3}, kind=COUNT_ON.name)).state == DONE
    assert jobs.queue.job(waiting).state == WAITING and "always" in caplog.text


@forked
def test_an_ending_that_cannot_be_noted_is_noted_when_there_is_room(jobs, monkeypatch):
    """The worker has nothing more to do with it, and does not take the next one meanwhile."""
    job_id, next_one = submit(jobs, {"to": 100, "seconds": 0.02}), submit(jobs, {"to": 5})
    running(jobs, job_id)
    end, refused = jobs.queue.end, []

    def refuse(*words, **named):
        refused.append(words)
        if len(refused) < 5:
            raise StorageError("no room")
        end(*words, **named)

    monkeypatch.setattr(jobs.queue, "end", refuse)
    wait(lambda: refused)
    assert jobs.queue.job(next_one).state == WAITING
    assert ended(jobs, job_id).result == 100 and ended(jobs, next_one).result == 5


@forked
def test_a_queue_that_was_lost_is_begun_anew_while_the_server_runs(jobs):
    """What is in work is put back, runs that wait stand in their folders (test_trainings.py), all else is asked for again."""
    long, waiting = submit(jobs), submit(jobs, numbered(2))
    running(jobs, long)
    for file in jobs.queue.folder.glob("queue.sqlite*"):
        file.unlink()
    wait(lambda: jobs.queue.job(long) is not None)
    assert jobs.queue.job(waiting) is None and submit(jobs) == long
    jobs.stop(long, "me")
    assert ended(jobs, long).state == STOPPED
    assert ended(jobs, submit(jobs, {"to": 5})).state == DONE


# --- a server that goes ----------------------------------------------------------------------------------------------------


@forked
def test_closing_ends_all_workers_and_lets_go_of_everything(make_jobs):
    jobs = make_jobs()
    first, second = submit(jobs), submit(jobs, {"to": 3}, kind=COUNT_ON.name)
    running(jobs, first), ended(jobs, second)
    processes = [each.process for each in jobs.workers.values() if each.process is not None]
    assert jobs.leads
    jobs.close()
    assert processes and all(process.poll() is not None for process in processes)
    assert not jobs.leads and not jobs.store.is_alive(jobs.server)
    other = make_jobs()
    wait(lambda: other.leads)
    jobs.close()  # once more: nothing happens
    assert other.leads


def test_a_server_without_its_home_does_not_make_one(make_jobs, tmp_path):
    """What has vanished may come back."""
    jobs = make_jobs()
    wait(lambda: jobs.leads)
    other, kept = make_jobs(), tmp_path.with_name("kept")
    tmp_path.rename(kept)
    for each in (jobs, other):
        with pytest.raises(StorageError):
            submit(each)
        each.warm_up("count")  # a wish alone: whoever has a job will be told
    time.sleep(5 * jobs_module.LOOK_SECONDS)
    assert not tmp_path.exists()
    kept.rename(tmp_path)
    assert jobs.queue.waiting("count") == []


# --- a worker alone --------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(worker.time, "monotonic", made)
    return made


def said(heard):
    return [json.loads(line) for line in heard.getvalue().splitlines()]


def test_a_worker_says_about_once_a_second_that_it_gets_on_and_at_once_that_steps_are_longer(clock):
    heard = io.StringIO()
    at_work = worker.Worker(io.StringIO(), heard)
    for seconds, longest in ((0, 0), (0.5, 0), (0.1, 3), (0.1, 3), (0.8, 3), (0.3, 3)):
        clock.now += seconds
        at_work.alive(longest)
    assert [words["alive"] for words in said(heard)] == [0, 3, 3]


def test_a_worker_says_ten_times_a_second_how_far_it_is(clock, tmp_path):
    heard = io.StringIO()
    at_work = worker.AtWork(worker.Worker(io.StringIO(), heard), "01234567", tmp_path)
    for step in range(1, 17):
        clock.now += 0.0625
        at_work.report(step / 16, f"step {step}")
    reports = [words for words in said(heard) if "share" in words]
    assert len(reports) == 8 and reports[0] == {"share": 1 / 16, "note": "step 1"}


def test_a_worker_hears_a_stop_while_it_works_and_tells_it_from_an_orphaned_one(tmp_path):
    at_work = worker.Worker(io.StringIO('{"stop": "01234567"}\n'), io.StringIO())
    one, other = (worker.AtWork(at_work, job_id, tmp_path) for job_id in ("01234567", "76543210"))
    assert not one.is_stopped()
    at_work.listen()  # until the input closes: its server is gone
    assert (one.was_asked(), one.is_stopped(), other.was_asked(), other.is_stopped()) == (True, True, False, True)


def test_a_start_waits_for_one_step_of_getting_ready_at_most(monkeypatch):
    """A job that comes in between leaves the rest for later."""
    pressed, got_ready = {"do": "01234567"}, []
    at_work = worker.Worker(io.StringIO(), io.StringIO())

    def get_ready(what):
        for step in range(5):
            got_ready.append((what, step))
            if step == 1:
                at_work.waiting.put(pressed)
            yield step

    at_work.warm_up(get_ready, "sample")
    assert got_ready == [("sample", 0), ("sample", 1)] and at_work.waiting.get() is pressed


def test_a_worker_that_cannot_get_ready_goes_on(caplog):
    def get_ready(what):
        raise RunError(f"{what} is nowhere")
        yield

    worker.Worker(io.StringIO(), io.StringIO()).warm_up(get_ready, "ml-100k")
