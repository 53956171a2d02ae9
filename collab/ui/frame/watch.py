"""Background jobs on a page: their progress, their place in the queue, a Stop button, and a rerun when they end.

A page that needs a result calls `result_of`; one that waits for jobs it already has, mostly trainings, calls `watch`.
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
STOP_SECONDS = 1.0  # how long Stop waits for the job to end, so that the next rerun shows it as ended
ORDINALS = ("Next", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


@dataclass(frozen=True)
class JobProgress:
    """The progress of a job: its `state`, "" if it no longer exists; the `share` done; the `seconds_left`, None if unknown; its
    `place` among the waiting jobs, 0 if unknown. `trouble` says why its lane is stuck; `is_mine`: this visitor waits for it."""

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
        """One line on `what` is being done: its progress, or its place in the queue."""
        if self.state == RUNNING:
            left = f"{formats.duration(self.seconds_left)} left" if self.seconds_left is not None else ""
            done = formats.percent(self.share) if self.share else ""
            return " · ".join(filter(None, (what, left or done)))
        return f"{formats.plain(self.trouble) or turn_in_words(self.place)} · {what}"


def turn_in_words(place: int) -> str:
    """The place of a waiting job in the queue, in words."""
    if not place:
        return "Getting ready"
    return f"{ORDINALS[place - 1]} in line" if place <= len(ORDINALS) else f"Number {place} in line"


def job_progress(job_id: str) -> JobProgress:
    """The current progress of a job. That of a training is read from the folder of its run."""
    job = None
    with contextlib.suppress(StorageError):  # the folder of a run still has it
        job = cached.jobs().queue.job(job_id)
    if job is not None and not isinstance(cached.jobs().kinds.get(job.kind), Training):
        return _moment(job, job.state, job.share)
    try:
        progress = cached.runs().progress(job_id)
    except RunError:
        return JobProgress("")  # it was removed from the queue
    record = progress.record
    if not record.busy:
        return JobProgress(DONE, 1.0)
    if record.state == "running" or job is None:  # without a job: the command line trains it
        return JobProgress(RUNNING, progress.share, progress.seconds_left, is_mine=record.starter == visitor())
    return _moment(job, WAITING, 0.0)


def _moment(job: Job, state: str, share: float) -> JobProgress:
    jobs = cached.jobs()
    mine = any(waiter.owner == visitor() for waiter in jobs.queue.waiters(job.id)) if job.busy else False
    is_waiting = state == WAITING and jobs.queue.running(job.lane) and job.place
    trouble = jobs.trouble(job.lane) if state == WAITING else ""
    return JobProgress(state, share, place=job.place if is_waiting else 0, trouble=trouble, is_mine=mine)


def watch(
    job_ids: Sequence[str] | Callable[[], Sequence[str]],
    what: str = "",
    *,
    line: Callable[[Sequence[JobProgress]], tuple[float, str]] | None = None,
    stop: str = "",
    meanwhile: Callable[[], None] | None = None,
    is_over: Callable[[], bool] = lambda: False,
    height: int = 0,
) -> None:
    """Draw the progress of jobs, and rerun the whole page as soon as one of them has ended, or `is_over` returns True.

    `what` is being done; with "" and no `line` the jobs are not shown, and the page also reruns when one begins. `line` returns
    the share and the text of the bar, by default those of the first running job. `stop` is the key of the Stop button for this
    visitor's own jobs, "" for none. `meanwhile` draws more below the bar, and `height` keeps space for what comes.
    """
    ids, is_shown = job_ids if callable(job_ids) else lambda: job_ids, bool(what or line)

    def look() -> tuple[dict[str, JobProgress], dict[str, bool | str]]:
        moments = {job_id: job_progress(job_id) for job_id in ids()}
        return moments, {job_id: each.busy if is_shown else each.state for job_id, each in moments.items()}

    _, then = look()  # the states that the page was drawn with

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


def _first_in_words(moments: Sequence[JobProgress], what: str) -> tuple[float, str]:
    first = next((moment for moment in moments if moment.state == RUNNING), moments[0])
    others = f" · {len(moments) - 1} more" if len(moments) > 1 else ""
    return first.share, first.in_words(what) + others


def stop_all(job_ids: Sequence[str]) -> bool:
    """Stop those of these jobs that this visitor wants and nobody else does; if that fails, shows why and returns False."""
    for job_id in reversed(job_ids):  # waiting ones first, or the next one would begin
        try:
            cached.jobs().stop(job_id, visitor(), wait_seconds=STOP_SECONDS)
        except StorageError as reason:
            st.error(formats.sentence(str(reason)), icon=":material/error:")
            return False
        except RunError:  # a browser may send a job that the page does not offer
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
    """The result of the job of this `kind` for this `request`; None until it is done, or if it failed.

    Begins the job if nobody has, and draws its progress; if it was stopped or failed, shows why and a `button` to try again.
    `key` is the place on the page: when something else is requested there, the session leaves its previous job. `read` returns
    the result of a finished job, and raises ValueError if that is damaged. `submit` begins the job where the request alone is
    not enough, with True even if it is already done; it may raise CollabError. `instead` says what the page shows until then.
    """
    jobs, state = cached.jobs(), st.session_state
    wanted = f"{kind} {key_of(request)}"
    before = state.get(f"_watch_{key}")  # what was wanted here last, the job that does it, and why it was refused

    def begin(again: bool = False) -> None:
        try:
            who = {"owner": visitor(), "session": session()}
            job = submit(again) if submit else jobs.submit(kind, request, **who, again=again)
        except CollabError as reason:
            state[f"_watch_{key}"] = wanted, "", str(reason)
        else:
            state[f"_watch_{key}"] = wanted, job.id, ""

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
    reason = state[f"_watch_{key}"][2]
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
    """The id of this session."""
    return st.session_state.setdefault("_watch_session", secrets.token_hex(8))
