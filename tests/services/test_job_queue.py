"""The queue of a home alone: whose turn it is, who waits for what, and what is left of it where its file is broken."""

import itertools
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as some

from collab.errors import RunError, StorageError
from collab.services.job_queue import DONE, FAILED, RUNNING, STOPPED, VERSION, WAITING, JobQueue, Waiter, key_of


@pytest.fixture
def queue(tmp_path):
    made = JobQueue(tmp_path)
    yield made
    made.close()


def ask(queue, owner, n_jobs=1, *, kind="count", lane="lane", **request):
    """That many jobs of one person, as their ids."""
    return [queue.add(kind, lane, request, Waiter(owner, f"session of {owner}", "server")).id for _ in range(n_jobs)]


def order(queue, lane="lane"):
    """Whose turns the waiting ones are."""
    return "".join(job.owner or "-" for job in queue.waiting(lane))


def begin_next(queue, lane="lane"):
    """The next job of a lane, begun and ended."""
    job = queue.waiting(lane)[0]
    assert queue.begin(job.id, "server")
    queue.end(job.id, DONE)
    return job


# --- turns -----------------------------------------------------------------------------------------------------------------


def test_a_job_is_what_was_asked_for(queue):
    asked = queue.add("count", "lane", {"to": 10}, Waiter("me", "tab", "server"), key="ten")
    job = queue.job(asked.id)
    assert (job.kind, job.lane, job.request, job.key, job.owner) == ("count", "lane", {"to": 10}, "ten", "me")
    assert (job.state, job.place, job.n_begun, job.share, job.result, job.busy) == (WAITING, 1, 0, 0, None, True)
    assert queue.waiters(job.id) == [Waiter("me", "tab", "server")] and queue.job("01234567") is None


def test_owners_take_turns(queue):
    """By hand: a has rounds 1 2 3 4, b 1 2, c 1, in each round who came first."""
    ask(queue, "a", 4), ask(queue, "b", 2), ask(queue, "c")
    assert order(queue) == "abcabaa"
    assert [job.place for job in queue.waiting("lane")] == [1, 2, 3, 4, 5, 6, 7]
    assert [queue.job(job.id).place for job in queue.waiting("lane")] == [1, 2, 3, 4, 5, 6, 7]


def test_who_comes_later_does_not_catch_up_on_rounds_that_are_over(queue):
    """Two of a's five have begun: the round is 2. b's two have rounds 2 3, what is left of a's 3 4 5, asked for earlier."""
    ask(queue, "a", 5)
    begin_next(queue), begin_next(queue)
    ask(queue, "b", 2)
    assert order(queue) == "babaa"
    assert "".join(begin_next(queue).owner for _ in range(5)) == "babaa"


def test_what_the_server_asks_for_comes_first(queue):
    ask(queue, "a", 2), ask(queue, "", 2), ask(queue, "b")
    assert order(queue) == "--aba"


def test_lanes_do_not_wait_for_each_other(queue):
    ask(queue, "a", 3), ask(queue, "b", 1, lane="other")
    assert order(queue) == "aaa" and order(queue, "other") == "b" and queue.waiting("other")[0].place == 1


@given(asked=some.lists(some.tuples(some.sampled_from("abc"), some.integers(1, 4)) | some.none(), max_size=12))
def test_nobody_waits_for_more_than_one_job_of_each_other_person(asked, tmp_path_factory):
    """Whatever was asked for and begun before, by somebody who asks for the first time."""
    queue = JobQueue(tmp_path_factory.mktemp("home"))
    for each in asked:  # None: the next one is begun
        if each is not None:
            ask(queue, *each)
        elif queue.waiting("lane"):
            begin_next(queue)
    (mine,) = ask(queue, "me")
    before = [job.owner for job in queue.waiting("lane")[: queue.job(mine).place - 1]]
    assert len(set(before)) == len(before)
    queue.close()


def test_a_job_that_waits_again_has_its_place_back(queue):
    first, _, last = ask(queue, "a", 3)
    queue.begin(first, "server")
    queue.report(first, 0.5, "half")
    assert (queue.job(first).share, queue.job(first).note, queue.job(first).worker) == (0.5, "half", "server")
    queue.wait_again(first)
    job = queue.job(first)
    assert (job.state, job.place, job.share, job.note, job.worker, job.n_begun) == (WAITING, 1, 0, "", "", 1)
    queue.begin(first, "server")
    queue.wait_again(first, counts=False)
    assert queue.job(first).n_begun == 1
    queue.stop(last)
    queue.wait_again(last)  # nothing that does not run
    assert queue.job(last).state == STOPPED


def test_two_hundred_jobs_are_asked_for_at_once(queue, tmp_path):
    """By two servers, eight people at each: none is lost, none is there twice, everybody has the same number of turns."""
    other = JobQueue(tmp_path)
    with ThreadPoolExecutor(8) as people:
        asked = people.map(lambda number: ask((queue, other)[number % 2], "abcdefgh"[number % 8])[0], range(200))
        ids = list(asked)
    waiting = queue.waiting("lane")
    assert sorted(job.id for job in waiting) == sorted(ids) and len(set(ids)) == 200
    turns = [order(queue)[start : start + 8] for start in range(0, 200, 8)]
    assert {"".join(sorted(turn)) for turn in turns} == {"abcdefgh"}
    assert [job.place for job in other.waiting("lane")] == list(range(1, 201))
    other.close()


def test_only_one_begins_a_job(queue, tmp_path):
    ids, other = ask(queue, "a", 20), JobQueue(tmp_path)
    with ThreadPoolExecutor(4) as servers:
        begun = list(servers.map(lambda at: at[0].begin(at[1], "server"), itertools.product((queue, other), ids)))
    assert sum(begun) == 20 and {queue.job(job_id).n_begun for job_id in ids} == {1}
    other.close()


# --- who waits -------------------------------------------------------------------------------------------------------------


def test_the_last_who_waits_stops_a_job_and_another_does_not(queue):
    waiting, running = ask(queue, "a", 2)
    queue.begin(running, "server")
    for job_id in (waiting, running):
        queue.join(job_id, Waiter("b", "b1", "server"))
        queue.join(job_id, Waiter("b", "b2", "server"))
        queue.leave(job_id, owner="a")
        queue.leave(job_id, session="b1")
        queue.leave(job_id, session="nobody's")
        queue.leave(job_id, owner="c")
        assert queue.job(job_id).busy and not queue.job(job_id).stopping
        assert queue.waiters(job_id) == [Waiter("b", "b2", "server")]
        queue.leave(job_id, session="b2")
    assert queue.job(waiting).state == STOPPED  # it never began
    assert queue.job(running).state == RUNNING and queue.job(running).stopping
    queue.end(running, STOPPED)
    assert not queue.job(running).stopping


def test_a_person_leaves_with_all_their_sessions(queue):
    (job_id,) = ask(queue, "a")
    queue.join(job_id, Waiter("a", "second tab", "server"))
    queue.leave(job_id, owner="a")
    assert queue.job(job_id).state == STOPPED


def test_who_joins_twice_waits_once(queue):
    (job_id,) = ask(queue, "a")
    queue.join(job_id, Waiter("a", "session of a", "another server"))
    assert queue.waiters(job_id) == [Waiter("a", "session of a", "another server")]


def test_nobody_waits_for_what_has_ended_and_it_stays_ended(queue):
    (job_id,) = ask(queue, "a")
    queue.begin(job_id, "server")
    queue.end(job_id, DONE, result={"counted": 10})
    queue.end(job_id, FAILED, "too late")
    queue.stop(job_id)
    queue.leave(job_id, owner="a")
    job = queue.job(job_id)
    assert (job.state, job.message, job.result, job.place) == (DONE, "", {"counted": 10}, 0)
    assert queue.waiters(job_id) == [] and not queue.begin(job_id, "server")


def test_the_same_job_is_found_the_busy_one_first(queue):
    def add(key, kind="count"):
        return queue.add(kind, "lane", {}, Waiter("a", "", ""), key=key).id

    first, _, _ = add("ten"), add("nine"), add("ten", "race")
    assert queue.same("count", "ten").id == first and queue.same("count", "eight") is None
    queue.end(first, DONE, result=10)
    assert queue.same("count", "ten").result == 10
    second = add("ten")
    third = add("ten")
    queue.end(third, FAILED)
    assert queue.same("count", "ten").id == second and queue.same("count", "ten").place == 3
    queue.end(second, DONE)
    assert queue.same("count", "ten").id == third


def test_a_key_is_the_request_whatever_its_order():
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1}) != key_of({"a": 1, "b": [3]})


# --- what is kept ----------------------------------------------------------------------------------------------------------


def test_the_last_of_a_kind_are_kept_and_files_go_with_their_job(queue):
    ended, others = ask(queue, "a", 5), ask(queue, "a", 1, kind="race")
    for job_id in [*ended, *others]:
        queue.folder.joinpath(job_id).mkdir()
        queue.folder.joinpath(job_id, "rows.npy").write_bytes(b"1")
        queue.end(job_id, DONE)
    waiting, running = ask(queue, "a", 2)
    queue.begin(running, "server")
    queue.forget("count", 2)
    there = [job_id for job_id in [*ended, *others, waiting, running] if queue.job(job_id)]
    assert there == [*ended[3:], *others, waiting, running]
    assert {folder.name for folder in queue.folder.iterdir() if folder.is_dir()} == {*ended[3:], *others}


def test_lanes_have_their_word(queue):
    assert queue.lane("lane") == ("", "", 0)
    queue.say("lane", "it cannot start")
    queue.request_warm_up("lane", "sample")
    queue.request_warm_up("lane", "ml-100k")
    assert queue.lane("lane") == ("it cannot start", "ml-100k", 2) and queue.lane("other") == ("", "", 0)


def test_the_mark_is_another_after_every_change_of_anybody(queue, tmp_path):
    other = JobQueue(tmp_path)
    marks = [queue.mark()]
    assert queue.mark() == marks[0]
    for each in (queue, other):
        ask(each, "a")
        marks.append(queue.mark())
        assert queue.mark() == marks[-1]
    assert len(set(marks)) == 3
    other.close()


def test_changes_stand_together_or_not_at_all(queue):
    (job_id,) = ask(queue, "a")
    with pytest.raises(RunError), queue.changing():
        queue.begin(job_id, "server")
        ask(queue, "a", 3)
        raise RunError("thought better of it")
    assert queue.job(job_id).state == WAITING and len(queue.waiting("lane")) == 1
    ask(queue, "a")
    assert len(queue.waiting("lane")) == 2


# --- broken files ----------------------------------------------------------------------------------------------------------


def break_into(file, content=b"This is no database." * 1000):
    for left in file.parent.glob("queue.sqlite?*"):
        left.unlink()
    file.write_bytes(content)


def another_version(file):
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()


def damage(file):
    """What is not its first page is overwritten."""
    pages = bytearray(file.read_bytes())
    pages[4096:] = b"\xff" * (len(pages) - 4096)
    break_into(file, bytes(pages))


@pytest.mark.parametrize("happen", [break_into, another_version, damage])
def test_a_damaged_or_foreign_queue_is_begun_anew(happen, tmp_path):
    before = JobQueue(tmp_path)
    ask(before, "a", 3)
    before.close()
    happen(before.file)
    queue = JobQueue(tmp_path)
    assert queue.waiting("lane") == []
    ask(queue, "a")
    assert order(JobQueue(tmp_path)) == "a"


def test_a_queue_in_use_is_begun_anew_where_another_server_did_so(queue, tmp_path):
    ask(queue, "a", 3)
    for file in queue.folder.glob("queue.sqlite*"):
        file.unlink()
    other, mark = JobQueue(tmp_path), queue.mark()
    ask(other, "b")
    assert order(queue) == "b" and queue.mark() != mark
    other.close()


@pytest.mark.parametrize("away", ["jobs", "."])
def test_a_folder_that_vanishes_is_a_storage_error_until_it_comes_back(away, queue, tmp_path):
    ask(queue, "a")
    place, kept = tmp_path / away, tmp_path.with_name("kept")
    place.resolve().rename(kept)
    if away == "jobs":  # its home is there: the queue is begun anew
        assert queue.waiting("lane") == []
        shutil.rmtree(place)
    else:
        for use in (lambda: ask(queue, "b"), lambda: queue.waiting("lane"), queue.mark, lambda: JobQueue(tmp_path)):
            with pytest.raises(StorageError, match="gone"):
                use()
        assert not tmp_path.exists()
    kept.rename(place.resolve())
    assert order(queue) == "a"


def test_a_full_disk_is_a_storage_error_and_nothing_is_half_done(queue):
    ids = ask(queue, "a", 3)
    queue._database.execute("PRAGMA max_page_count = 1")  # SQLite's own "database or disk is full"
    with pytest.raises(StorageError, match="full"):
        ask(queue, "b", 100, text="y" * 1000)
    n_noted = len(queue.waiting("lane"))
    with pytest.raises(StorageError, match="full"), queue.changing():
        queue.begin(ids[0], "server")
        ask(queue, "b", 100, text="y" * 1000)
    assert queue.job(ids[0]).state == WAITING and len(queue.waiting("lane")) == n_noted
    queue._database.execute("PRAGMA max_page_count = 10000")
    ask(queue, "b", 100)
    assert len(queue.waiting("lane")) == n_noted + 100


def test_a_disk_that_may_not_be_written_to_is_a_storage_error_and_can_be_read(queue):
    ask(queue, "a")
    queue._database.execute("PRAGMA query_only = 1")
    with pytest.raises(StorageError, match="readonly"):
        ask(queue, "b")
    assert order(queue) == "a"
    queue._database.execute("PRAGMA query_only = 0")
    ask(queue, "b")
    assert order(queue) == "ab"


def test_a_queue_that_another_holds_for_too_long_is_a_storage_error(queue, tmp_path, monkeypatch):
    monkeypatch.setattr("collab.services.job_queue.LOCKED_SECONDS", 0.1)
    other = JobQueue(tmp_path)
    with queue.changing():
        ask(queue, "a")
        with pytest.raises(StorageError, match="locked"):
            ask(other, "b")
        assert order(other) == ""  # it can be read meanwhile
    ask(other, "b")
    assert order(other) == "ab"
    other.close()


# --- several processes -----------------------------------------------------------------------------------------------------


ASK = """
import sys
from pathlib import Path
from collab.services.job_queue import JobQueue, Waiter

home, owner = Path(sys.argv[1]), sys.argv[2]
print("here", flush=True)
sys.stdin.readline()
queue = JobQueue(home)
for _ in range(30):
    queue.add("count", "lane", {}, Waiter(owner, "", ""))
"""


@pytest.mark.parametrize("is_damaged", [False, True])
def test_processes_that_begin_and_write_at_once_lose_nothing(is_damaged, tmp_path):
    """Also where each of them finds that the file is to be made anew."""
    if is_damaged:
        (tmp_path / "jobs").mkdir()
        break_into(tmp_path / "jobs" / "queue.sqlite")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    servers = [subprocess.Popen([sys.executable, "-c", ASK, str(tmp_path), owner], **pipes) for owner in "abcdef"]
    for server in servers:
        assert server.stdout.readline() == "here\n"
    for server in servers:
        server.stdin.write("go\n")
        server.stdin.flush()
    for server in servers:
        server.communicate(timeout=60)
    assert [server.returncode for server in servers] == [0] * 6
    queue = JobQueue(tmp_path)
    assert len(queue.waiting("lane")) == 180
    assert {"".join(sorted(order(queue)[start : start + 6])) for start in range(0, 180, 6)} == {"abcdef"}
    queue.close()
