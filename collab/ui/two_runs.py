"""What is worked out of two runs, for all sessions: their common films, one laid onto the other, neighbours kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.alignment import Alignment, Kept, align, chance_disparity, common_films, neighbours_kept
from collab.one_thread import one_thread
from collab.ui import cached


@st.cache_resource(show_spinner=False, max_entries=16)  # 0.2 MB each for MovieLens 100K
def films_of_both(first_id: str, second_id: str, minimum: int) -> pd.DataFrame:
    """The films with `minimum` training ratings in both runs, see `collab.alignment.common_films`. Raises RunError."""
    first, second = cached.trained_run(first_id), cached.trained_run(second_id)
    by = "label" if first.record.items_by == second.record.items_by else "title"
    return common_films(first.items, second.items, by, minimum)


@st.cache_resource(show_spinner=False, max_entries=8)  # 1.3 MB each for MovieLens 100K and 50 factors
def alignment_of(first_id: str, second_id: str, minimum: int, turn: bool, scale: bool, weighted: bool) -> Alignment:
    """The second run's films laid onto the first's. Raises CollabError where that cannot be."""
    films = films_of_both(first_id, second_id, minimum)
    first, second = factors_of(first_id, second_id, films)
    return align(first, second, turn=turn, scale=scale, weights=_weights(films, weighted))


@st.cache_data(show_spinner=False, max_entries=64)
def disparities_of(first_id: str, second_id: str, minimum: int, weighted: bool) -> tuple[float, float, float]:
    """The disparity of the two runs: turned, not turned, and turned with the films shuffled. Raises CollabError."""
    films = films_of_both(first_id, second_id, minimum)
    pair, weights = factors_of(first_id, second_id, films), _weights(films, weighted)
    turned, straight = (align(*pair, turn=turn, weights=weights).disparity for turn in (True, False))
    return turned, straight, chance_disparity(*pair, weights=weights)


@st.cache_resource(show_spinner="Looking for neighbours in both runs", max_entries=32)  # 13 kB each for MovieLens 100K
def kept_of(first_id: str, second_id: str, minimum: int, measure: str) -> Kept:
    """How many of every film's nearest are the same in both runs. Raises CollabError."""
    films = films_of_both(first_id, second_id, minimum)
    with one_thread():
        return neighbours_kept(*factors_of(first_id, second_id, films), measure=measure)


def factors_of(first_id: str, second_id: str, films: pd.DataFrame) -> list[np.ndarray]:
    """The factors of `films`, as of `films_of_both`, in the first run and in the second, as they are. Raises RunError."""
    sides = ((first_id, "first_index"), (second_id, "second_index"))
    return [cached.trained_run(run_id).model.item_factors[films[index].to_numpy()] for run_id, index in sides]


def _weights(films: pd.DataFrame, weighted: bool) -> np.ndarray | None:
    return films["n_ratings"].to_numpy(dtype="float64") if weighted else None
