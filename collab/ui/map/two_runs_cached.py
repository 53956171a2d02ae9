"""Cached comparisons of two runs, for all sessions: common films, one run aligned with the other, neighbours kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from collab.errors import CollabError
from collab.explore.alignment import (
    Alignment,
    Kept,
    Plane,
    align,
    chance_disparity,
    common_items,
    neighbour_overlap,
    plane_of,
)
from collab.services.run_files import TrainedRun
from collab.training.one_thread import one_thread
from collab.ui.charts import formats
from collab.ui.frame import cached

LEAST_ITEMS = 12
"""Films that both runs need: one, its ten nearest, and one more."""
NEAREST_BY = {"cosine": "cosine", "distance": "euclidean"}
"""The measures of nearness by name: in the link, and in `collab.explore.alignment`."""


@dataclass(frozen=True)
class TwoRuns:
    """Two runs, their common films `items` (most rated first), the second aligned with the first, and neighbours kept."""

    first: TrainedRun
    second: TrainedRun
    items: pd.DataFrame
    alignment: Alignment
    kept: Kept
    disparities: tuple[float, float, float]  # turned, not turned, turned with the films shuffled
    minimum: int
    nearest_by: str  # of NEAREST_BY

    @cached_property
    def plane(self) -> Plane:
        return plane_of(self.alignment)

    @property
    def n_kept(self) -> np.ndarray:
        """How many of every film's nearest films are kept."""
        return np.rint(self.kept.share * self.kept.k).astype(int)

    @cached_property
    def table(self) -> pd.DataFrame:
        """All films, most moved first: the facts of each, how far it moved, neighbours kept, its places in both runs."""
        plane = self.plane
        return self.items.assign(
            item_index=self.items["first_index"],
            moved=self.alignment.moved,
            moved_percent=100 * self.alignment.moved,
            out_percent=100 * np.linalg.norm(self.alignment.first, axis=1) / self.alignment.spread,
            kept=self.n_kept,
            a1=plane.first[:, 0],
            a2=plane.first[:, 1],
            b1=plane.second[:, 0],
            b2=plane.second[:, 1],
        ).sort_values("moved", ascending=False, kind="stable")


def compared(first: TrainedRun, other_id: str, minimum: int, nearest_by: str) -> TwoRuns | str:
    """Both runs, the second aligned with the first; or a sentence that says why that is not possible."""
    try:
        films = films_of_both(first.id, other_id, minimum)
        if len(films) < LEAST_ITEMS:
            return (
                f"Only {formats.count(len(films))} films have {minimum} training ratings in both runs; {LEAST_ITEMS} are needed. "
                "Lower the minimum."
            )
        return TwoRuns(
            first,
            cached.trained_run(other_id),
            films,
            alignment_of(first.id, other_id, minimum),
            kept_of(first.id, other_id, minimum, NEAREST_BY[nearest_by]),
            disparities_of(first.id, other_id, minimum),
            minimum,
            nearest_by,
        )
    except CollabError as reason:
        return f"These two runs cannot be compared: {formats.plain(str(reason))}."


@st.cache_resource(show_spinner=False, max_entries=16)  # 0.2 MB each for MovieLens 100K
def films_of_both(first_id: str, second_id: str, minimum: int) -> pd.DataFrame:
    """The films with `minimum` training ratings in both runs, see `collab.explore.alignment.common_items`. Raises RunError."""
    first, second = cached.trained_run(first_id), cached.trained_run(second_id)
    by = "label" if first.record.items_by == second.record.items_by else "title"
    return common_items(first.items, second.items, by, minimum)


@st.cache_resource(show_spinner=False, max_entries=8)  # 1.3 MB each for MovieLens 100K and 50 factors
def alignment_of(first_id: str, second_id: str, minimum: int) -> Alignment:
    """The second run's films aligned with the first's. Raises CollabError where that is not possible."""
    return align(*_factors_of(first_id, second_id, minimum))


@st.cache_data(show_spinner=False, max_entries=64)
def disparities_of(first_id: str, second_id: str, minimum: int) -> tuple[float, float, float]:
    """The disparity of the two runs: turned, not turned, and turned with the films shuffled. Raises CollabError."""
    pair = _factors_of(first_id, second_id, minimum)
    turned, straight = (align(*pair, turn=turn).disparity for turn in (True, False))
    return turned, straight, chance_disparity(*pair)


@st.cache_resource(show_spinner="Looking for neighbours in both runs", max_entries=32)  # 13 kB each for MovieLens 100K
def kept_of(first_id: str, second_id: str, minimum: int, measure: str) -> Kept:
    """How many of every film's nearest films are the same in both runs. Raises CollabError."""
    with one_thread():
        return neighbour_overlap(*_factors_of(first_id, second_id, minimum), measure=measure)


def _factors_of(first_id: str, second_id: str, minimum: int) -> list[np.ndarray]:
    """The factors of the common films in the first run and in the second, not aligned. Raises RunError."""
    films = films_of_both(first_id, second_id, minimum)
    sides = ((first_id, "first_index"), (second_id, "second_index"))
    return [cached.trained_run(run_id).model.item_factors[films[index].to_numpy()] for run_id, index in sides]
