"""Watching what is done in the background: how far it is, whose turn, how to stop it, and the page anew at its end.

A page that needs a result calls `result_of`; one that waits for jobs that it has already, trainings above all, calls `watch`.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from collab.errors import CollabError, RunError
from collab.services.job_queue import DONE, RUNNING, STOPPED, WAITING, Job, key_of
from collab.ui import cached, words
from collab.ui.visitor import visitor

POLL_SECONDS = 0.25
STOP_SECONDS = 1.0  # how long a press on Stop waits for the end, so that the next picture shows it ended
ORDINALS = ("Next", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


@dataclass(frozen=True)
class Moment:
    """How far a job is: its `state`, "" where it is no more; the `share` done, the `seconds_left` where that can be told; its
    `place` among those that wait, 0 where that is not known; `trouble` says why nothing goes on in its lane."""

    state: str
    share: float = 0.0
    seconds_left: float | None = None
    place: int = 0
    trouble: str = ""
    is_mine: bool = False

    @property
    def busy(self) -> bool:
        return self.state in (WAITING, RUNNING)

    def in_words(self, what: str) -> str:
        """`what` is being done, as a line: how far it is, or when its turn comes."""
        if self.state == RUNNING:
            left = f"{words.duration(self.seconds_left)} left" if self.seconds_left is not None else ""
            done = words.percent(self.share) if self.share else ""
            return " · ".join(filter(None, (what, left or done)))
        return f"{words.plain(self.trouble) or turn_in_words(self.place)} · {what}"


def turn_in_words(place: int) -> str:
    """When the turn of a job comes that waits."""
    if not place:
        return "Getting ready"
    return f"{ORDINALS[place - 1]} in line" if place <= len(ORDINALS) else f"Number {place} in line"


def moment_of(job_id: str) -> Moment:
    """How far a job is now. What a training has done stands in the folder of its run."""
    jobs = cached.jobs()
    job = jobs.queue.job(job_id)
    if job is not None and job.kind != "training":
        return _moment(job, job.state, job.share)
    try:
        progress = cached.runs().progress(job_id)
    except RunError:
        return Moment("")  # it was taken off the queue
    record = progress.record
    if not record.busy:
        return Moment(DONE, 1.0)
    if record.state == "running" or job is None:  # without a job: the command line trains it
        return Moment(RUNNING, progress.share, progress.seconds_left, is_mine=record.starter == visitor())
    return _moment(job, WAITING, 0.0)


def _moment(job: Job, state: str, share: float) -> Moment:
    jobs = cached.jobs()
    mine = any(waiter.owner == visitor() for waiter in jobs.queue.waiters(job.id)) if job.busy else False
    is_waiting = state == WAITING and jobs.queue.running(job.lane) and job.place
    trouble = jobs.trouble(job.lane) if state == WAITING else ""
    return Moment(state, share, place=job.place if is_waiting else 0, trouble=trouble, is_mine=mine)


def watch(
    job_ids: Sequence[str] | Callable[[], Sequence[str]],
    what: str = "",
    *,
    line: Callable[[Sequence[Moment]], tuple[float, str]] | None = None,
    stop: str = "",
    meanwhile: Callable[[], None] | None = None,
    is_over: Callable[[], bool] = lambda: False,
    height: int = 0,
) -> None:
    """Draw how far jobs are, and the whole page anew as soon as one of them has ended, or `is_over` says so.

    `what` is being done, "" for jobs that are not shown: then the page is drawn anew also when one begins. `line` makes the
    share and the text of the bar, if not those of the first that runs. `stop` is the key of the button for those that are this
    visitor's own, "" for none. `meanwhile` draws more under the bar, and `height` keeps room for what is to come.
    """
    ids = job_ids if callable(job_ids) else lambda: job_ids
    then = _seen(ids(), shown=bool(what or line))

    def draw() -> None:
        if is_over() or _seen(ids(), shown=bool(what or line)) != then:
            st.rerun()
        if not (what or line):
            return
        moments = {job_id: moment_of(job_id) for job_id in ids()}
        share, text = line(list(moments.values())) if line else _first_in_words(list(moments.values()), what)
        own = [job_id for job_id, moment in moments.items() if moment.is_mine] if stop else []
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(share, text=text)
            if own and st.button("Stop", key=stop, icon=":material/stop:"):
                stop_all(own)
                st.rerun()
        if meanwhile is not None:
            meanwhile()
        if height:
            with st.container(height=height, border=False).skeleton():
                pass

    st.fragment(draw, run_every=POLL_SECONDS)()


def _seen(job_ids: Sequence[str], *, shown: bool) -> tuple:
    """What the page has been drawn by: which jobs are busy, and where they are not shown also whether they have begun."""
    seen = []
    for job_id in job_ids:
        moment = moment_of(job_id)
        seen.append((job_id, moment.busy if shown else moment.state))
    return tuple(seen)


def _first_in_words(moments: Sequence[Moment], what: str) -> tuple[float, str]:
    first = next((moment for moment in moments if moment.state == RUNNING), moments[0])
    others = f" · {len(moments) - 1} more" if len(moments) > 1 else ""
    return first.share, first.in_words(what) + others


def stop_all(job_ids: Sequence[str]) -> None:
    """Stop these jobs, as far as this visitor wants them and nobody else does."""
    for job_id in reversed(job_ids):  # those that wait first: else the next one would begin
        with contextlib.suppress(RunError):  # it has just ended
            cached.jobs().stop(job_id, visitor(), wait_seconds=STOP_SECONDS)


# --- results ---------------------------------------------------------------------------------------------------------------


def result_of(
    kind: str,
    request: dict[str, Any],
    what: str,
    *,
    key: str,
    submit: Callable[[], Job] | None = None,
    again: str = "Try again",
    instead: str = "",
) -> Job | None:
    """The job of a kind that has done what is requested; None until one has, or where it failed.

    Begins it where nobody has, and draws how far it is; where it was stopped or failed, why, and a button `again`. `key` is the
    place of the page: asked for something else there, the session leaves what it wanted before. `submit` begins it where the
    request is not all, and may raise CollabError. `instead` says what the page shows until then.
    """
    jobs, state = cached.jobs(), st.session_state
    wanted = f"{kind} {key_of(request)}"
    before = state.get(f"_job_{key}")  # what was wanted here at last, and the job that does it

    def begin() -> None:
        try:
            job = submit() if submit else jobs.submit(kind, request, owner=visitor(), session=session())
        except CollabError as reason:
            state[f"_job_{key}"] = wanted, "", str(reason)
        else:
            state[f"_job_{key}"] = wanted, job.id, ""

    if before is not None and before[0] != wanted and before[1]:
        jobs.leave(before[1], session())
    job = jobs.known(kind, request)
    if before is None or before[0] != wanted or (job is None and not before[2]):
        begin()
        job = jobs.known(kind, request)
    if job is not None and job.state == DONE:
        return job
    if job is not None and job.busy:
        watch([job.id], f"{what}{f'; until then {instead}' if instead else ''}", stop=f"{key}_stop")
        return None
    reason = state[f"_job_{key}"][2] or (job.message if job is not None else "")
    stopped = job is not None and job.state == STOPPED
    with st.container(horizontal=True, vertical_alignment="center"):
        said = f"{what} was stopped." if stopped else words.sentence(reason)
        st.caption(f"{said}{f' You see {instead}.' if instead else ''}")
        st.button(again, key=f"{key}_again", on_click=begin)
    return None


def session() -> str:
    """A name for this session."""
    return st.session_state.setdefault("_session", secrets.token_hex(8))
