"""The button that trains what is missing of the chapter's tables, and how far that is, live."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import streamlit as st

from collab.chapter import Row, n_runs
from collab.errors import RunError
from collab.services.chapter import belongs, plan_missing, seconds_for, under_way
from collab.services.runs import RunRecord
from collab.ui import cached, words
from collab.ui.queueing import queue, say_refusal, still_to_come
from collab.ui.visitor import visitor

WATCH_SECONDS = 0.5


def show_training(rows: Sequence[Row]) -> None:
    """The button that trains what is missing, or how far that is."""
    records = cached.runs().records()
    busy, missing, to_come = under_way(rows, records), plan_missing(rows, records), _to_come(rows)
    if busy or to_come:
        st.fragment(_watch, run_every=WATCH_SECONDS)(rows, _states(busy))
    if missing and not to_come:
        st.button(
            "Train what is missing",
            key="train_missing",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=queue,
            args=(lambda: plan_missing(rows, cached.runs().records(), starter=visitor()),),
            disabled=bool(busy),
            help="Puts them into the queue, where others may train too. They go on when you leave the page.",
        )
        st.caption(
            f"{words.counted(len(missing), 'run')}, about {words.duration(seconds_for(missing, rows, records))}."
        )
    say_refusal()


def _to_come(rows: Sequence[Row]) -> list[RunRecord]:
    return still_to_come(lambda record: any(belongs(record, row) for row in rows))


def _states(busy: Sequence[RunRecord]) -> tuple[tuple[str, str], ...]:
    return tuple((record.id, record.state) for record in busy)


def _watch(rows: Sequence[Row], states: tuple[tuple[str, str], ...]) -> None:
    """How far the training is; draws the page anew as soon as a run has begun or ended."""
    jobs = cached.jobs()
    store, to_come = jobs.store, _to_come(rows)
    records = store.records()
    busy = under_way(rows, records)
    if _states(busy) != states or not (busy or to_come):
        st.rerun()
    now, share = words.plain(jobs.trouble()) or "waiting for their turn", 0.0
    if busy and busy[0].state == "running":
        now = f"training {words.plain(busy[0].name)}"
        with contextlib.suppress(RunError):
            share = store.progress(busy[0].id).share
    whole = n_runs(rows)
    n_done = whole - len(busy) - len(plan_missing(rows, records))
    st.progress(min(1.0, (n_done + share) / whole), text=f"{n_done} of {whole} are trained · {now}")
    own = [record.id for record in busy if record.starter == visitor()]
    if own or to_come:
        st.button("Stop", key="stop_missing", icon=":material/stop:", on_click=_stop, args=(own, bool(to_come)))


def _stop(run_ids: list[str], with_plan: bool) -> None:
    """Stop these runs, and what of the chapter is still to come."""
    jobs = cached.jobs()
    if with_plan:
        jobs.drop_plan(visitor())
    for run_id in reversed(run_ids):  # those that wait first: else the next one would begin
        with contextlib.suppress(RunError):  # it has just ended
            jobs.stop(run_id, visitor(), wait_seconds=1.0)
