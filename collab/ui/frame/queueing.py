"""Queueing trainings from a button, and saying why one could not be queued."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import streamlit as st

from collab.errors import CollabError
from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.in_use import use_run
from collab.ui.frame.visitor import visitor

_REFUSED = "_queueing_refused"


@contextlib.contextmanager
def refusal_noted() -> Iterator[None]:
    """Context for queueing runs in a callback: if one is refused, the rest is skipped, and `say_refusal` says why."""
    try:
        yield
    except CollabError as reason:
        st.session_state[_REFUSED] = str(reason)


def queue(planned: Callable[[], Iterable[RunRecord]]) -> list[str]:
    """Queue the runs that `planned` makes, none twice; returns the ids of the new ones, for a single run also its id if it was
    there already. For a callback: if nothing could be queued, `say_refusal` says why."""
    trainings = cached.trainings()
    with refusal_noted():
        records = list(planned())
        return [trainings.submit_once(records[0])] if len(records) == 1 else trainings.submit_all(visitor(), records)
    return []


def say_refusal() -> None:
    """Say once why the last press queued nothing. Call it below the button."""
    if reason := st.session_state.pop(_REFUSED, None):
        st.warning(f"Nothing is queued: {formats.plain(reason)}.", icon=":material/warning:")


def train_and_show(planned: Callable[[], RunRecord]) -> None:
    """Queue the run that `planned` makes and show it on every page. For a callback; `say_refusal` says why it was refused."""
    for run_id in queue(lambda: [planned()]):
        use_run(run_id)
