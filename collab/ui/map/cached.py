"""Cached computations of the film map for a run and its settings; every cache is bounded."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st

from collab.data.genres import genre_flags
from collab.data.tables import most_rated_items
from collab.explore.clusters import item_clusters
from collab.explore.components import Pca, direction_between, item_axes, item_matrix
from collab.ui.frame import cached

MOST_FILMS = 10_000
"""At most this many films, the most rated, are drawn: more points cover each other and turn slowly."""


@st.cache_resource(show_spinner=False, max_entries=8)
def rated_films(run_id: str) -> np.ndarray:
    """The item indices of the run's films with a training rating, most rated first. Raises RunError."""
    items = cached.trained_run(run_id).items
    return most_rated_items(items, len(items))


@st.cache_resource(show_spinner=False, max_entries=8)
def film_labels(run_id: str) -> dict[str, int]:
    """The item_index of every rated film by its name in lists, most rated first: its title, with its id if several share it.
    Raises RunError."""
    items, rated = cached.trained_run(run_id).items, rated_films(run_id)
    titles, labels = items["title"].to_numpy()[rated], items["label"].to_numpy()[rated]
    occurrences = Counter(titles.tolist())
    return {
        title if occurrences[title] == 1 else f"{title} · {label}": index
        for title, label, index in zip(titles, labels, rated.tolist(), strict=True)
    }


@st.cache_resource(show_spinner=False, max_entries=8)
def genre_films(run_id: str) -> dict[str, list[int]]:
    """The rated films of every genre as item indices, genres in alphabetical order. Raises RunError."""
    rated = rated_films(run_id)
    flags = genre_flags(cached.trained_run(run_id).items["genres"].iloc[rated])
    return {genre: rated[flags[genre].to_numpy(dtype=bool)].tolist() for genre in sorted(flags)}


@st.cache_resource(show_spinner=False, max_entries=16)  # 4 MB for 10,000 films of 50 factors
def matrix_of(run_id: str, n_items: int, with_bias: bool) -> np.ndarray:
    """The rows of the `n_items` most rated films: factors, and the bias if `with_bias`. Raises RunError."""
    model = cached.trained_run(run_id).model
    return item_matrix(model.item_factors, rated_films(run_id)[:n_items], model.item_biases if with_bias else None)


@st.cache_resource(show_spinner=False, max_entries=32)  # 1 MB for 10,000 films
def axes_of(
    run_id: str, n_items: int, centred: bool, with_bias: bool, first: tuple[int, ...] = (), last: tuple[int, ...] = ()
) -> Pca:
    """The films on their principal components, after the axis from the films `first` to the films `last` if both are given.

    Raises RunError, and SettingError if the two groups have the same mean.
    """
    axis = None
    if first and last:
        model = cached.trained_run(run_id).model
        ends = item_matrix(model.item_factors, np.array([*first, *last]), model.item_biases if with_bias else None)
        axis = direction_between(ends, range(len(first)), range(len(first), len(ends)))
    return item_axes(matrix_of(run_id, n_items, with_bias), centred=centred, axis=axis)


@st.cache_data(show_spinner=False, max_entries=32)
def clusters_of(run_id: str, item_index: np.ndarray, with_bias: bool, n_clusters: int) -> np.ndarray:
    """The clusters of the items `item_index` (n,), those on the map: (n,), from 1. Raises RunError."""
    model = cached.trained_run(run_id).model
    return item_clusters(
        item_matrix(model.item_factors, item_index, model.item_biases if with_bias else None), n_clusters
    )
