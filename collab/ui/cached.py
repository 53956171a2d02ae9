"""What all sessions of a server share: its jobs, its downloads, its profiles, and the runs looked at last."""

from __future__ import annotations

import streamlit as st

from collab.services.environment import Environment, read_environment
from collab.services.fetch import Fetcher
from collab.services.jobs import Jobs
from collab.services.runs import TrainedRun


@st.cache_resource(show_spinner=False)
def environment() -> Environment:
    """The checked environment. Raises SettingError, which the frame shows."""
    return read_environment()


@st.cache_resource(show_spinner=False, on_release=lambda jobs: jobs.close())
def jobs() -> Jobs:
    """The queue and the worker behind it."""
    return Jobs(environment())


@st.cache_resource(show_spinner=False)
def fetcher() -> Fetcher:
    """The downloads."""
    return Fetcher(environment())


@st.cache_resource(show_spinner=False, max_entries=8)
def trained_run(run_id: str) -> TrainedRun:
    """A run that has ended, with its model; it never changes, and nobody may change it. Raises RunError."""
    return jobs().store.load(run_id)
