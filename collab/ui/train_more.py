"""Waiting, in the middle of a page, for trainings that it has asked for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.errors import RunError
from collab.ui import cached
from collab.ui.page import POLL_SECONDS, show_progress


def wait_for(run_ids: Sequence[str], what: str, *, height: int = 0) -> None:
    """Draw how far `what`, the trainings of these runs, has come, with as much room kept below as `height` says; the whole page
    anew as soon as one of them has ended."""
    st.fragment(_watch, run_every=POLL_SECONDS)(tuple(run_ids), what, height)


def _watch(run_ids: tuple[str, ...], what: str, height: int) -> None:
    try:
        records = [cached.runs().record(run_id) for run_id in run_ids]
    except RunError:
        st.rerun()  # one was taken off the queue
    if not all(record.busy for record in records):
        st.rerun()
    if len(records) > 1:
        st.caption(f":material/hourglass_top: {len(records)} trainings are under way.")
    shown = next((record for record in records if record.state == "running"), records[0])
    show_progress(shown.id, what, height)
