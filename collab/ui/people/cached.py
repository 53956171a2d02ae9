"""What *People* needs about the users of a run, computed once for all sessions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collab.errors import RunError
from collab.explore.people import HeldOut, predict_held_out
from collab.models.fold_in import Predictions
from collab.recommend.trained_user import predictions_for
from collab.services.run_rows import data_of
from collab.ui.frame import cached


@st.cache_resource(show_spinner="Predicting the held-out ratings", max_entries=4)  # 1 MB each for MovieLens 100K
def held_out(run_id: str) -> HeldOut:
    """What a run and the baselines predict for all its held-out rows. Raises RunError without the data set."""
    train, valid = cached.ratings_of(run_id)
    if not len(train):
        raise RunError(f"run {run_id} has no training ratings")
    return predict_held_out(cached.trained_run(run_id).model, train, valid)


@st.cache_resource(show_spinner=False, max_entries=4)
def people_known(run_id: str) -> pd.DataFrame | None:
    """Age, gender and occupation of each row of the run's users; None where the data set lacks them. Raises RunError."""
    run, (train, _) = cached.trained_run(run_id), cached.ratings_of(run_id)
    dataset, _ = data_of(run.record, cached.environment())
    if dataset.users is None:
        return None
    return dataset.users.drop_duplicates("user_id").set_index("user_id").reindex(list(train.users.labels))


@st.cache_data(show_spinner=False, max_entries=64)  # a neighbours model takes 0.3 s for all films of MovieLens 100K
def predictions_of(run_id: str, user_index: int) -> Predictions:
    """How a trained user would rate every film. Raises RunError."""
    run = cached.trained_run(run_id)
    return predictions_for(run.model, user_index, len(run.items), run.record.scale, run.valid_mse)
