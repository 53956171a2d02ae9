"""What *Learn* works out once for all sessions."""

from __future__ import annotations

import streamlit as st

from collab.data.ratings import Ratings
from collab.lessons.chapter_summary import Curve, Untrained
from collab.lessons.similar_users import train_neighbours
from collab.models.neighbours import USERS, Neighbours
from collab.services import chapter_runs
from collab.ui.frame import cached


@st.cache_resource(show_spinner="Finding out who is alike", max_entries=4)
def similar_users(run_id: str) -> tuple[Neighbours, Ratings]:
    """A model of similar users and the ratings behind it: the run's own where it is one, else trained on the same rows here.
    Raises RunError where the data are not at hand as they were."""
    (train, _), model = cached.ratings_of(run_id), cached.trained_run(run_id).model
    return (model if isinstance(model, Neighbours) and model.settings.of == USERS else train_neighbours(train)), train


@st.cache_data(show_spinner=False, max_entries=64)
def chapter_curve(run_id: str) -> Curve:
    """What a finished run of one of the chapter's rows says after each epoch. Raises RunError."""
    return chapter_runs.curve_of(cached.runs().progress(run_id))


@st.cache_data(show_spinner=False, max_entries=64)
def chapter_untrained(run_id: str) -> Untrained | None:
    """Its error if films without a training rating stayed near zero; None where that cannot be said. Raises RunError."""
    store = cached.runs()
    return chapter_runs.left_untrained(store.load(run_id), store, cached.environment())
