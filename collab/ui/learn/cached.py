"""What *Learn* computes once for all sessions."""

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
    """A model of similar users and its training ratings: the run's own model if it is one, else one trained on the same rows.
    Raises RunError where the data are missing or have changed."""
    (train, _), model = cached.ratings_of(run_id), cached.trained_run(run_id).model
    return (model if isinstance(model, Neighbours) and model.settings.of == USERS else train_neighbours(train)), train


@st.cache_data(show_spinner=False, max_entries=64)
def chapter_curve(run_id: str) -> Curve:
    """The losses after each epoch of a finished run of one of the chapter's rows. Raises RunError."""
    return chapter_runs.curve_of(cached.runs().progress(run_id))


@st.cache_data(show_spinner=False, max_entries=64)
def chapter_untrained(run_id: str) -> Untrained | None:
    """Its error if films without a training rating stay near zero; None if its model is no dot product. Raises RunError."""
    return chapter_runs.left_untrained(cached.runs().load(run_id), cached.environment())
