"""What *Your taste* needs about the trained users of a run, computed once for all sessions."""

from __future__ import annotations

import numpy as np
import streamlit as st

from collab.data.tables import most_rated_items, trained_items
from collab.explore.components import Pca, item_axes, item_matrix
from collab.recommend.taste_alike import TrainedTastes, trained_tastes
from collab.recommend.taste_place import trained_places
from collab.ui.frame import cached
from collab.ui.person.cached import new_user_of


@st.cache_resource(show_spinner="Finding out who is alike", max_entries=4)  # 3 MB each for MovieLens 100K
def run_tastes(run_id: str) -> TrainedTastes:
    """How the trained users of a run differ from the average person. Raises RunError."""
    run = cached.trained_run(run_id)
    return trained_tastes(run.model, new_user_of(run_id), run.users, run.items)


@st.cache_resource(show_spinner="Finding everybody’s place", max_entries=8)
def run_places(run_id: str, n_items: int) -> tuple[np.ndarray, Pca, np.ndarray]:
    """The item indices of the `n_items` most rated films (n,), the plane of their first two principal components, and the place
    of every trained user in it, (n_people, 2), in the order of `tables.trained_items`. Raises RunError."""
    run = cached.trained_run(run_id)
    item_index = most_rated_items(run.items, n_items)
    plane = item_axes(item_matrix(run.model.item_factors, item_index), 2)
    people = trained_places(new_user_of(run_id), run.model, trained_items(run.users), plane, item_index)
    return item_index, plane, people
