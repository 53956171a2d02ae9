"""t-SNE as a job: the real process, its progress, its end, who may end it, and what is kept."""

import subprocess
import sys

import numpy as np
import pytest

from collab.errors import RunError, SettingError, StorageError
from collab.services import tsne
from collab.services.job_kinds import TSNE as LANE
from collab.services.job_queue import DONE, FAILED, RUNNING, STOPPED, WAITING, JobQueue, Waiter
from collab.services.jobs import PROJECT
from collab.services.tsne import KIND, PLACES, places, start
from tests.services.waiting import wait

forked = pytest.mark.usefixtures("quick_worker")  # the test is about the job, not about how a worker starts


def some_rows(n=60):
    return np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)


def of(name, dimensions=2, perplexity=10):
    return {"rows": name, "dimensions": dimensions, "perplexity": perplexity}


def begin(jobs, request, rows, person="ann", tab="", **more):
    return start(jobs, request, rows, owner=person, session=f"{person}{tab}", **more)


def ended(jobs, job):
    """The job as soon as it has ended."""
    wait(lambda: not jobs.queue.job(job.id).busy, 120)
    return jobs.queue.job(job.id)


def under_way(jobs, job):
    """The job as soon as it has begun."""
    wait(lambda: jobs.queue.job(job.id).state != WAITING, 120)
    return jobs.queue.job(job.id)


@pytest.mark.parametrize(("dimensions", "perplexity", "taken"), [(2, 10, 10), (3, 30, 59 / 3)])
def test_it_is_scikit_learns(jobs, dimensions, perplexity, taken):
    """To the last bit, where scikit-learn computes on one thread too; a perplexity too high for so few rows is lowered."""
    rows = some_rows()
    job = ended(jobs, begin(jobs, of("a", dimensions, perplexity), rows))
    assert job.state == DONE, job.message
    theirs = subprocess.run(
        [sys.executable, "-c", SCIKIT_LEARN, str(dimensions), str(taken)],
        input=rows.tobytes(), capture_output=True, check=True, cwd=PROJECT,
    )  # fmt: skip
    found = places(jobs, job)
    assert found.dtype == np.float32 and found.shape == (60, dimensions)
    assert found.tobytes() == theirs.stdout


SCIKIT_LEARN = """
import os, sys
os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
from sklearn.manifold import TSNE
rows = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float32).reshape(-1, 5)
dimensions, perplexity = int(sys.argv[1]), float(sys.argv[2])
made = TSNE(dimensions, perplexity=perplexity, init="pca", max_iter=1000, random_state=0, n_jobs=1)
sys.stdout.buffer.write(made.fit_transform(rows).astype(np.float32).tobytes())
"""


@forked
def test_two_sessions_share_it(jobs):
    job = begin(jobs, of("a"), some_rows())
    assert begin(jobs, of("a"), some_rows(), "bob").id == job.id  # under way: not begun again
    done = ended(jobs, job)
    assert begin(jobs, of("a"), some_rows(), "cid") == done == jobs.known(KIND, of("a"))
    assert jobs.known(KIND, of("b")) is None and len(list(jobs.queue.folder.glob("*/"))) == 1
    assert jobs.workers[LANE.name].job is None


@forked
def test_it_says_how_far_it_is_and_waits_for_its_turn(jobs):
    long, next_one = begin(jobs, of("long", 3, 30), some_rows(2500)), begin(jobs, of("next"), some_rows())
    wait(lambda: jobs.queue.job(long.id).share, 120)
    now = jobs.queue.job(long.id)
    assert (now.state, jobs.queue.job(next_one.id).state) == (RUNNING, WAITING) and 0 < now.share < 1
    wait(lambda: jobs.queue.job(long.id).share > now.share)
    jobs.stop(long.id, "ann")
    assert ended(jobs, long).state == STOPPED  # which makes room
    assert ended(jobs, next_one).state == DONE
    with pytest.raises(ValueError, match=f"{PLACES} of t-SNE {long.id} cannot be read"):
        places(jobs, long)


@forked
def test_the_last_who_waits_stops_it_and_not_the_first(jobs):
    """Another perplexity in one session is no reason to end what another session waits for, nor is a second tab."""
    job = begin(jobs, of("long", 3, 30), some_rows(2500))
    for person, tab in (("ann", "-2"), ("bob", "")):
        assert begin(jobs, of("long", 3, 30), some_rows(2500), person, tab).id == job.id
    under_way(jobs, job)
    with pytest.raises(RunError, match="only they can stop it"):
        jobs.stop(job.id, "cid")
    jobs.leave(job.id, "ann")
    jobs.leave(job.id, "nobody")
    jobs.stop(job.id, "bob")
    now = jobs.queue.job(job.id)
    assert now.state == RUNNING and not now.stopping
    worker = jobs.workers[LANE.name].process
    jobs.leave(job.id, "ann-2")
    stopped = ended(jobs, job)
    assert (stopped.state, stopped.message) == (STOPPED, "") and worker.poll() is not None


@forked
def test_who_wants_it_again_while_it_is_being_stopped_has_it(jobs):
    first = begin(jobs, of("a", 3, 30), some_rows(2500))
    under_way(jobs, first)
    with jobs.queue.changing():  # so that nobody ends it meanwhile
        jobs.leave(first.id, "ann")
        second = begin(jobs, of("a", 3, 30), some_rows(2500))
    assert second.id != first.id and jobs.known(KIND, of("a", 3, 30)).id == second.id
    assert ended(jobs, first).state == STOPPED
    assert under_way(jobs, second).state == RUNNING
    jobs.stop(second.id, "ann")


def test_too_few_and_too_many_films_are_refused(jobs, monkeypatch):
    monkeypatch.setattr(tsne, "MOST_ROWS", 50)
    for n in (3, 60):
        with pytest.raises(SettingError, match=f"10 to 50 films, here are {n}"):
            begin(jobs, of("x"), some_rows(n))
    assert jobs.known(KIND, of("x")) is None


@forked
def test_one_that_fails_says_why_and_can_be_tried_again(jobs):
    rows = some_rows()
    rows[3, 2] = np.nan
    failed = ended(jobs, begin(jobs, of("x"), rows))
    assert failed.state == FAILED and "NaN" in failed.message
    assert ended(jobs, begin(jobs, of("x"), some_rows())).state == DONE


def test_a_killed_process_is_said_and_the_next_one_begins(jobs):
    job, next_one = begin(jobs, of("long", 3, 30), some_rows(2500)), begin(jobs, of("next"), some_rows())
    under_way(jobs, job)
    jobs.workers[LANE.name].process.kill()
    failed = ended(jobs, job)
    assert (failed.state, failed.message) == (FAILED, "Its process ended with code -9.")
    assert ended(jobs, next_one).state == DONE


@forked
def test_a_damaged_result_is_said_and_computed_again(jobs):
    rows = some_rows()
    job = ended(jobs, begin(jobs, of("a"), rows))
    file = jobs.queue.folder / job.id / PLACES
    whole = file.read_bytes()
    for content in (b"", whole[:100], whole[:-1], b"PK\3\4" + whole, b"\x93NUMPY", b"[1, 2]"):
        file.write_bytes(content)
        with pytest.raises(ValueError, match="cannot be read"):
            places(jobs, job)
    file.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        places(jobs, job)
    again = ended(jobs, begin(jobs, of("a"), rows, again=True))
    assert (jobs.queue.folder / again.id / PLACES).read_bytes() == whole


@forked
def test_one_that_cannot_be_noted_leaves_no_files(jobs, monkeypatch):
    def full(*arguments, **named):
        raise StorageError("the disk is full")

    monkeypatch.setattr(jobs.queue, "add", full)
    with pytest.raises(StorageError, match="the disk is full"):
        begin(jobs, of("a"), some_rows())
    assert list(jobs.queue.folder.glob("*/")) == []


@forked
def test_what_dead_servers_left_is_taken_over_and_put_away(make_jobs, tmp_path, monkeypatch):
    """A job in work begins again, one that was being stopped does not, and files of none go; in spite of an error at first."""
    tmp_path.joinpath("owners").mkdir()
    queue, waiter = JobQueue(tmp_path), Waiter("ann", "ann", "0a0a0a0a")
    again, stopped = (queue.add(KIND, LANE.name, of(name), waiter) for name in "ab")
    for job in (again, stopped):
        queue.begin(job.id, "0a0a0a0a")
        (queue.folder / job.id).mkdir()
    queue.stop(stopped.id)
    (queue.folder / "0123abcd").mkdir()
    tries, sweep = [], JobQueue.sweep

    def fail_once(found):
        tries.append(len(tries))
        if len(tries) == 1:
            raise StorageError("the disk is full")
        sweep(found)

    monkeypatch.setattr(JobQueue, "sweep", fail_once)
    jobs = make_jobs()
    wait(lambda: jobs.leads and len(tries) == 2 and not queue.job(again.id).busy)
    assert (queue.job(again.id).state, queue.job(stopped.id).state) == (STOPPED, STOPPED)  # nobody waits for either
    assert {folder.name for folder in queue.folder.glob("*/")} == {again.id, stopped.id}
    queue.close()


@forked
def test_only_the_last_few_are_kept_with_their_files(jobs):
    kind, rows = jobs.kinds[KIND], some_rows(10)
    rows[0, 0] = np.nan  # ended at once
    asked = [begin(jobs, of(number), rows) for number in range(kind.n_kept + 2)]
    assert ended(jobs, asked[-1]).state == FAILED
    wait(lambda: jobs.queue.job(asked[1].id) is None)
    kept = {job.id for job in asked[2:]}
    assert {job.id for job in asked if jobs.queue.job(job.id)} == kept
    assert {folder.name for folder in jobs.queue.folder.glob("*/")} == kept


def test_its_process_loads_neither_torch_nor_pandas():
    """But for what scikit-learn itself looks at: pandas, where there is one."""
    said = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout
    before, after = (set(line.split()) for line in said.splitlines())
    assert not {"torch", "pandas", "sklearn", "streamlit"} & before
    assert "sklearn" in after and not {"torch", "streamlit"} & after


LOADED = """
import sys, tempfile
from pathlib import Path
import numpy as np
from collab.services import tsne, worker
print(*sys.modules)
class Silent:
    def __init__(self, folder):
        self.folder = Path(folder)
    def report(self, share):
        pass
with tempfile.TemporaryDirectory() as folder:
    np.save(Path(folder) / tsne.ROWS, np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32))
    tsne.compute({"dimensions": 2, "perplexity": 3}, Silent(folder))
print(*sys.modules)
"""
