"""Watching jobs on a page: a kind made for tests, shown by one call."""

import os
import time

import pytest
from streamlit.testing.v1 import AppTest

from collab.services.environment import read_environment
from collab.services.job_kinds import all_kinds
from collab.services.job_queue import DONE, RUNNING, STOPPED, WAITING
from collab.services.jobs import Jobs
from collab.ui.frame import cached
from collab.ui.frame.watch import ORDINALS, JobProgress, turn_in_words
from tests.services.counting import COUNT, COUNT_ON

SLOW = {"to": 200, "seconds": 0.05}


@pytest.fixture
def jobs(tmp_path, monkeypatch, quick_worker):
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path))
    monkeypatch.delenv("COLLAB_DATA", raising=False)
    environment = read_environment()
    made = Jobs(environment, (*all_kinds(environment), COUNT, COUNT_ON))
    monkeypatch.setattr(cached, "jobs", lambda: made)
    monkeypatch.setattr(cached, "environment", lambda: environment)
    yield made
    made.close()


def counting(request, **how):
    """A session of a page that counts."""

    def page(request, how):
        import streamlit as st

        from collab.ui.frame.watch import result_of

        if (
            found := result_of("count", st.session_state.get("request", request), "Counting", key="n", **how)
        ) is not None:
            st.metric("Counted to", found)

    return AppTest.from_function(page, args=(request, how), default_timeout=60).run()


def until(app, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)
        app.run()
        assert not app.exception


def bars(app):
    return [bar.proto.text for bar in app.get("progress")]


def job_of(jobs, request):
    return jobs.known("count", request)


def test_one_call_shows_progress_and_then_the_result(jobs):
    app = counting({"to": 10, "seconds": 0.05}, instead="nothing yet")
    assert bars(app)[0].endswith("Counting; until then nothing yet") and not app.metric
    until(app, lambda: app.metric)
    assert app.metric[0].value == "10" and not bars(app)
    again = counting({"to": 10, "seconds": 0.05})  # somebody else: it is there
    assert again.metric[0].value == "10" and job_of(jobs, {"to": 10, "seconds": 0.05}).n_begun == 1


def test_how_far_it_is_and_whose_turn(jobs):
    first, second = counting(SLOW), counting(SLOW | {"to": 201})
    until(first, lambda: job_of(jobs, SLOW).share > 0)
    until(first, lambda: " %" in bars(first)[0])
    second.run()
    assert bars(second) == ["Next in line · Counting"]
    third = counting(SLOW | {"to": 202})
    assert bars(third) == ["Second in line · Counting"]


def test_a_failure_is_said_and_can_be_tried_again(jobs):
    request = {"to": 5, "fails": "known"}
    app = counting(request)
    until(app, lambda: app.caption)
    assert app.caption[0].value.startswith("Nobody can count so far")
    first = job_of(jobs, request).id
    app.button(key="n_again").click().run()
    until(app, lambda: not job_of(jobs, request).busy)
    assert job_of(jobs, request).id != first


def test_a_person_who_stops_it_stops_it_for_nobody_else(jobs):
    mine, theirs = counting(SLOW), counting(SLOW)  # without cookies each session is a person of its own
    until(mine, lambda: job_of(jobs, SLOW).state == RUNNING)
    mine.button(key="n_stop").click().run()
    theirs.run()
    assert job_of(jobs, SLOW).busy and not job_of(jobs, SLOW).stopping and bars(theirs)
    theirs.button(key="n_stop").click().run()
    until(theirs, lambda: not job_of(jobs, SLOW).busy)
    assert job_of(jobs, SLOW).state == STOPPED and theirs.caption[0].value == "Counting was stopped."
    theirs.button(key="n_again").click().run()
    assert job_of(jobs, SLOW).busy and bars(theirs)


def test_a_session_that_asks_for_something_else_leaves_the_first_to_others(jobs):
    mine, theirs, other = counting(SLOW), counting(SLOW), SLOW | {"to": 201}
    mine.session_state["request"] = other
    mine.run()
    assert job_of(jobs, SLOW).busy and job_of(jobs, other).state in (WAITING, RUNNING)
    theirs.session_state["request"] = other
    theirs.run()
    until(theirs, lambda: job_of(jobs, SLOW).state == STOPPED)


def test_a_new_session_finds_it_again(jobs):
    """A reload, or another tab: what goes on is joined."""
    first = counting(SLOW)
    job = job_of(jobs, SLOW)
    reloaded = counting(SLOW)
    assert bars(first) and bars(reloaded) and job_of(jobs, SLOW).id == job.id
    assert len(jobs.queue.waiters(job.id)) == 2


def test_a_result_that_is_damaged_is_said_and_made_anew(jobs):
    request = {"to": 3}
    jobs.submit("count", request, owner="me")
    end = time.monotonic() + 60
    while job_of(jobs, request).state != DONE:
        assert time.monotonic() < end
        time.sleep(0.05)
    first = job_of(jobs, request).id

    def read(job):
        if job.id == first:
            raise ValueError("the result is damaged")
        return job.result

    app = counting(request, read=read, button="Count again")
    assert app.caption[0].value.startswith("The result is damaged")
    app.button(key="n_again").click().run()
    until(app, lambda: app.metric)
    assert job_of(jobs, request).id != first


def test_a_queue_that_cannot_be_used_is_said(jobs, tmp_path):
    app = counting(SLOW)
    os.rename(tmp_path / "jobs", tmp_path / "elsewhere")
    (tmp_path / "jobs").write_text("")
    app.run()
    assert not app.exception and "The queue cannot be used" in app.error[0].value
    os.remove(tmp_path / "jobs")
    os.rename(tmp_path / "elsewhere", tmp_path / "jobs")
    app.run()
    assert not app.exception and not app.error


def test_turns_in_words():
    assert [turn_in_words(place) for place in (0, 1, 3)] == ["Getting ready", "Next in line", "Third in line"]
    assert turn_in_words(len(ORDINALS) + 1) == "Number 11 in line"
    assert JobProgress(RUNNING, 0.5, 3.2).in_words("Counting") == "Counting · 3.2 s left"
    assert JobProgress(RUNNING, 0.5).in_words("Counting") == "Counting · 50 %"
    assert JobProgress(WAITING, trouble="no memory").in_words("Counting") == "no memory · Counting"
