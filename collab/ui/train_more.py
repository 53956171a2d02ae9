"""Training more runs from the middle of a page: queueing them, saying why nothing could be queued, waiting for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from collab.errors import CollabError, RunError
from collab.services.runs import RunRecord
from collab.ui import cached, words
from collab.ui.page import POLL_SECONDS, show_progress

_REFUSED = "_training_refused"


def queue(planned: Callable[[], Iterable[RunRecord]]) -> list[str]:
    """Queue the runs that `planned` makes, none twice, until one is refused; the ids of those queued. For a callback:
    `say_refusal` then says how many that were, and why no more."""
    jobs, records, run_ids = cached.jobs(), [], []
    try:
        records.extend(planned())
        for record in records:
            run_ids.append(jobs.submit_once(record))
    except CollabError as reason:
        st.session_state[_REFUSED] = len(run_ids), len(records), str(reason)
    return run_ids


def say_refusal() -> None:
    """Why the last press did not queue all of its runs, once. Call it below the button."""
    if refused := st.session_state.pop(_REFUSED, None):
        n_queued, n_wanted, reason = refused
        said = f"Only {n_queued} of {n_wanted} trainings are queued" if n_queued else "Nothing is queued"
        st.warning(f"{said}: {words.plain(reason)}.", icon=":material/warning:")


def wait_for(run_ids: Sequence[str], what: str, *, height: int = 0) -> None:
    """Draw how far `what`, the trainings of these runs, has come, with as much room kept below as `height` says; the whole page
    anew as soon as one of them has ended."""
    st.fragment(_watch, run_every=POLL_SECONDS)(tuple(run_ids), what, height)


def _watch(run_ids: tuple[str, ...], what: str, height: int) -> None:
    try:
        records = [cached.jobs().store.record(run_id) for run_id in run_ids]
    except RunError:
        st.rerun()  # one was taken off the queue
    if not all(record.busy for record in records):
        st.rerun()
    if len(records) > 1:
        st.caption(f":material/hourglass_top: {len(records)} trainings are under way.")
    shown = next((record for record in records if record.state == "running"), records[0])
    show_progress(shown.id, what, height)
