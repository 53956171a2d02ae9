"""Results of *As if it were new* that all sessions share."""

from __future__ import annotations

import numpy as np
import streamlit as st

from collab.data.tables import trained_items
from collab.explore.new_item import AudienceSpace, audience_space
from collab.explore.user_groups import demographic_groups, favourite_genres
from collab.services.run_rows import data_of
from collab.training.one_thread import one_thread
from collab.ui.frame import cached

N_ITEMS = 500  # known films, the most rated ones, that a new film is compared with


@st.cache_resource(show_spinner="Asking all users about all films", max_entries=6)  # 4 MB each for MovieLens 100K
def run_audience_space(run_id: str) -> AudienceSpace:
    """The audience space of the most rated films in a run with side information. Raises RunError."""
    run = cached.trained_run(run_id)
    with one_thread():
        return audience_space(run.model, run.users, run.items, N_ITEMS)


@st.cache_resource(show_spinner=False, max_entries=8)
def run_user_groups(run_id: str) -> dict[str, np.ndarray]:
    """The groups of the run's trained users, in the order of their rows. Raises RunError without the data set."""
    run = cached.trained_run(run_id)
    train, _ = cached.ratings_of(run_id)
    dataset, _ = data_of(run.record, cached.environment())
    user_index = trained_items(run.users)
    told = demographic_groups(dataset.users, run.users["user_id"].to_numpy()[user_index])
    return told | {"favourite genre": favourite_genres(train, run.items["genres"], user_index)}
