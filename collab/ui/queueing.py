"""Queueing trainings from a button, and saying why one could not be queued."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from collab.errors import CollabError
from collab.services.runs import RunRecord
from collab.ui import cached, words

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
