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

from collab.errors import CollabError, RunError, StorageError
from collab.services.job_queue import DONE, RUNNING, STOPPED, WAITING, Job, key_of
from collab.services.trainings import Training
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.visitor import visitor

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
            left = f"{formats.duration(self.seconds_left)} left" if self.seconds_left is not None else ""
            done = formats.percent(self.share) if self.share else ""
            return " · ".join(filter(None, (what, left or done)))
        return f"{formats.plain(self.trouble) or turn_in_words(self.place)} · {what}"


def turn_in_words(place: int) -> str:
    """When the turn of a job comes that waits."""
    if not place:
        return "Getting ready"
    return f"{ORDINALS[place - 1]} in line" if place <= len(ORDINALS) else f"Number {place} in line"


def moment_of(job_id: str) -> Moment:
    """How far a job is now. What a training has done stands in the folder of its run."""
    job = None
    with contextlib.suppress(StorageError):  # the folder of a run tells all the same
        job = cached.jobs().queue.job(job_id)
    if job is not None and not isinstance(cached.jobs().kinds.get(job.kind), Training):
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
    ids, is_shown = job_ids if callable(job_ids) else lambda: job_ids, bool(what or line)

    def look() -> tuple[dict[str, Moment], dict[str, bool | str]]:
        moments = {job_id: moment_of(job_id) for job_id in ids()}
        return moments, {job_id: each.busy if is_shown else each.state for job_id, each in moments.items()}

    _, then = look()  # what the page is drawn by

    def draw() -> None:
        moments, now = look()
        if is_over() or now != then:
            st.rerun()
        if not is_shown:
            return
        share, text = line(list(moments.values())) if line else _first_in_words(list(moments.values()), what)
        own = [job_id for job_id, moment in moments.items() if moment.is_mine] if stop else []
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(share, text=text)
            if own and st.button("Stop", key=stop, icon=":material/stop:") and stop_all(own):
                st.rerun()
        if meanwhile is not None:
            meanwhile()
        if height:
            with st.container(height=height, border=False).skeleton():
                pass

    st.fragment(draw, run_every=POLL_SECONDS)()


def _first_in_words(moments: Sequence[Moment], what: str) -> tuple[float, str]:
    first = next((moment for moment in moments if moment.state == RUNNING), moments[0])
    others = f" · {len(moments) - 1} more" if len(moments) > 1 else ""
    return first.share, first.in_words(what) + others


def stop_all(job_ids: Sequence[str]) -> bool:
    """Stop these jobs, as far as this visitor wants them and nobody else does; where that cannot be, says why, and returns
    False."""
    for job_id in reversed(job_ids):  # those that wait first: else the next one would begin
        try:
            cached.jobs().stop(job_id, visitor(), wait_seconds=STOP_SECONDS)
        except StorageError as reason:
            st.error(formats.sentence(str(reason)), icon=":material/error:")
            return False
        except RunError:  # a browser may send what the page does not offer
            continue
    return True


# --- results ---------------------------------------------------------------------------------------------------------------


def result_of(
    kind: str,
    request: dict[str, Any],
    what: str,
    *,
    key: str,
    read: Callable[[Job], Any] = lambda job: job.result,
    submit: Callable[[bool], Job] | None = None,
    button: str = "Try again",
    instead: str = "",
) -> Any:
    """What came of a job of a kind that has done what is requested; None until one has, or where it failed.

    Begins it where nobody has, and draws how far it is; where it was stopped or failed, why, and a `button`. `key` is the place
    of the page: asked for something else there, the session leaves what it wanted before. `read` finds the result of a job that
    is done, and raises ValueError where it is damaged. `submit` begins it where the request is not all, also where it is done
    already if it is given True; it may raise CollabError. `instead` says what the page shows until then.
    """
    jobs, state = cached.jobs(), st.session_state
    wanted = f"{kind} {key_of(request)}"
    before = state.get(f"_job_{key}")  # what was wanted here at last, and the job that does it

    def begin(again: bool = False) -> None:
        try:
            who = {"owner": visitor(), "session": session()}
            job = submit(again) if submit else jobs.submit(kind, request, **who, again=again)
        except CollabError as reason:
            state[f"_job_{key}"] = wanted, "", str(reason)
        else:
            state[f"_job_{key}"] = wanted, job.id, ""

    try:
        if before is not None and before[0] != wanted and before[1]:
            jobs.leave(before[1], session())
        job = jobs.known(kind, request)
        if before is None or before[0] != wanted or (job is None and not before[2]):
            begin()
            job = jobs.known(kind, request)
    except StorageError as trouble:
        st.error(formats.sentence(str(trouble)), icon=":material/error:")
        return None
    reason = state[f"_job_{key}"][2]
    if job is not None and job.state == DONE and not reason:
        try:
            return read(job)
        except ValueError as damage:
            reason = str(damage)
    if job is not None and job.busy:
        watch([job.id], f"{what}{f'; until then {instead}' if instead else ''}", stop=f"{key}_stop")
        return None
    stopped = job is not None and job.state == STOPPED and not reason
    with st.container(horizontal=True, vertical_alignment="center"):
        said = f"{what} was stopped." if stopped else formats.sentence(reason or job.message)
        st.caption(f"{said}{f' You see {instead}.' if instead else ''}")
        st.button(button, key=f"{key}_again", on_click=begin, args=(True,))
    return None


def session() -> str:
    """A name for this session."""
    return st.session_state.setdefault("_session", secrets.token_hex(8))
