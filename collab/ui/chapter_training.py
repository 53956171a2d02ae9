"""The button that trains what is missing of the chapter's tables, and how far that is, live."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import streamlit as st

from collab.chapter import Row, n_runs
from collab.errors import CollabError, RunError
from collab.services.chapter import plan_missing, seconds_for, under_way
from collab.services.runs import RunRecord
from collab.ui import cached, words
from collab.ui.visitor import visitor

WATCH_SECONDS = 0.5
WANTED = "_chapter_wanted"
"""Of the session: all that is missing is to be trained, also what the queue has no room for yet."""


def show_training(rows: Sequence[Row]) -> None:
    """The button that trains what is missing, or how far that is."""
    refused = _fill(rows) if st.session_state.get(WANTED) else ""
    records = cached.jobs().store.records()
    busy, planned = under_way(rows, records), plan_missing(rows, records)
    if refused and not busy:  # nothing of ours would tell when there is room again
        del st.session_state[WANTED]
        st.warning(f"Nothing is queued: {words.plain(refused)}.", icon=":material/warning:")
    if busy:
        st.fragment(_watch, run_every=WATCH_SECONDS)(rows, _states(busy))
    if planned and not st.session_state.get(WANTED):
        st.button(
            "Train what is missing",
            key="train_missing",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=_want,
            disabled=bool(busy),
            help="Puts them into the queue, where others may train too. They go on when you leave the page.",
        )
        number = "1 run" if len(planned) == 1 else f"{len(planned)} runs"
        st.caption(f"{number}, about {words.duration(seconds_for(planned, rows, records))}.")


def _want() -> None:
    st.session_state[WANTED] = True


def _fill(rows: Sequence[Row]) -> str:
    """Queue what is missing, as far as there is room; the rest follows when this is called again. Returns why not all, or ""."""
    jobs = cached.jobs()
    try:
        for each in plan_missing(rows, jobs.store.records(), starter=visitor()):
            jobs.submit_once(each)
    except CollabError as reason:
        return str(reason)
    del st.session_state[WANTED]
    return ""


def _states(busy: Sequence[RunRecord]) -> tuple[tuple[str, str], ...]:
    return tuple((record.id, record.state) for record in busy)


def _watch(rows: Sequence[Row], states: tuple[tuple[str, str], ...]) -> None:
    """How far the training is; draws the page anew as soon as a run has begun or ended."""
    store = cached.jobs().store
    records = store.records()
    busy = under_way(rows, records)
    if not busy or _states(busy) != states:
        st.rerun()
    training, share = busy[0], 0.0
    if training.state == "running":
        with contextlib.suppress(RunError):
            share = store.progress(training.id).share
    whole = n_runs(rows)
    n_done = whole - len(busy) - len(plan_missing(rows, records))
    now = f"training {words.plain(training.name)}" if training.state == "running" else "waiting for their turn"
    st.progress(min(1.0, (n_done + share) / whole), text=f"{n_done} of {whole} are trained · {now}")
    own = [record.id for record in busy if record.starter == visitor()]
    if own:
        st.button("Stop", key="stop_missing", icon=":material/stop:", on_click=_stop, args=(own,))


def _stop(run_ids: list[str]) -> None:
    jobs = cached.jobs()
    st.session_state.pop(WANTED, None)
    for run_id in reversed(run_ids):  # those that wait first: else the next one would begin
        with contextlib.suppress(RunError):  # it has just ended
            jobs.stop(run_id, visitor(), wait_seconds=1.0)
