"""The run and the data set in use: what the link names, what the session used last, and how that changes."""

from __future__ import annotations

import streamlit as st

from collab.data.catalogue import CATALOGUE, DEFAULT
from collab.errors import RunError
from collab.services.run_record import RUN_ID, RunRecord
from collab.services.runs import RunStore
from collab.ui.charts import formats
from collab.ui.frame import cached, own_link


def from_link(store: RunStore) -> tuple[str, str | None, str]:
    """The data set and run that the link names, or else those that the session used last; and why the requested run cannot be
    shown, "" if it can."""
    state, link = st.session_state, st.query_params
    run_id, refused = link.get("run"), ""
    if run_id is None or own_link.is_stale("run", run_id):
        run_id = state.get("_run")
    if run_id is not None:
        try:
            if not RUN_ID.fullmatch(run_id):
                raise RunError(
                    f"the link names the run {run_id[:20]!r}, which cannot be: a run's id is 8 of the characters 0-9 and a-f"
                )
            record = store.record(run_id)
            if record.has_weights:
                cached.trained_run(run_id)
        except RunError as reason:
            run_id, refused = None, str(reason)
            state.pop("_run", None)
        else:
            if run_id != state.get("_run"):
                state["_run"], state["_data"] = run_id, record.data
    named = link.get("data")
    if named is not None and named not in CATALOGUE:
        st.warning(
            f"The link names the data set {named[:40]!r}; there are {', '.join(CATALOGUE)}. What you see is the default.",
            icon=":material/link_off:",
        )
        named = None
    if named is not None and run_id is None:
        state["_data"] = named
    wanted = state.get("_data", DEFAULT)
    return wanted if wanted in CATALOGUE else DEFAULT, run_id, refused


def say_refused(reason: str, instead: RunRecord | None) -> None:
    """Say why the requested run is not shown, and what is shown instead."""
    shown = (
        f"What you see is {formats.plain(instead.name)} instead." if instead else "The default model takes its place."
    )
    st.warning(f"{formats.sentence(reason)} {shown}", icon=":material/link_off:")


def keep_in_link(wanted: str, record: RunRecord) -> None:
    st.session_state["_run"] = record.id
    for name, value in (("data", wanted), ("run", record.id)):
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def use_run(run_id: str) -> None:
    """Make another run the one that every page shows (call in a callback, or before `st.rerun`)."""
    st.session_state["_run"] = run_id
    own_link.put("run", run_id)


def open_run(record: RunRecord) -> None:
    """Make a run of any data set the one that every page shows, and its data set the one in use."""
    st.session_state["_data"] = record.data
    st.query_params["data"] = record.data
    use_run(record.id)


def forget_run(run_id: str) -> None:
    """Make every page fall back to the default run if this one is shown (call when the run is gone)."""
    if st.session_state.get("_run") == run_id:
        del st.session_state["_run"]
        st.query_params.pop("run", None)


def use_data(name: str) -> None:
    """Make another data set the one that every page shows, with its default run."""
    st.session_state["_data"] = name
    st.session_state.pop("_run", None)
    st.query_params["data"] = name
    st.query_params.pop("run", None)
