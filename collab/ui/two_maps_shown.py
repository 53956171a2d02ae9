"""What the Two maps page shows: the films of two runs, one laid onto the other as the controls say, and neighbours kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from collab.alignment import Alignment, Kept, Plane, plane_of
from collab.errors import CollabError
from collab.services.runs import TrainedRun
from collab.ui import cached, two_runs, words

LEAST_FILMS = 12
"""Films that both runs need: one, its ten nearest, and one more."""
TURNED, SCALED, WEIGHTED = "turned", "scaled", "by ratings"
FITS = (TURNED, SCALED, WEIGHTED)
NEAREST_BY = {"cosine": "cosine", "distance": "euclidean"}
"""How nearness is measured: in the link, and in `collab.alignment`."""


@dataclass(frozen=True)
class TwoMaps:
    """What the page shows of two runs: their common films (most rated first), one laid onto the other, and neighbours kept."""

    first: TrainedRun
    second: TrainedRun
    films: pd.DataFrame
    alignment: Alignment
    kept: Kept
    disparities: tuple[float, float, float]  # turned, not turned, turned with the films shuffled
    minimum: int
    nearest_by: str  # of NEAREST_BY
    chosen: int | None  # row of `films`
    synthetic: bool

    @cached_property
    def plane(self) -> Plane:
        return plane_of(self.alignment)

    @cached_property
    def table(self) -> pd.DataFrame:
        """All films, most moved first: what is known of each, how far it moved, neighbours kept, its places in both runs."""
        plane = self.plane
        return self.films.assign(
            moved=self.alignment.moved,
            moved_percent=100 * self.alignment.moved,
            out_percent=100 * np.linalg.norm(self.alignment.first, axis=1) / self.alignment.spread,
            kept=np.rint(self.kept.share * self.kept.k).astype(int),
            a1=plane.first[:, 0],
            a2=plane.first[:, 1],
            b1=plane.second[:, 0],
            b2=plane.second[:, 1],
        ).sort_values("moved", ascending=False, kind="stable")


def two_maps(
    first: TrainedRun,
    other_id: str,
    minimum: int,
    fit: Collection[str],
    nearest_by: str,
    item_index: int | None,
    *,
    synthetic: bool,
) -> TwoMaps | str:
    """Both runs, the second laid onto the first by the words of `FITS`; or, where that cannot be, why, in a sentence."""
    try:
        second = cached.trained_run(other_id)
        films = two_runs.films_of_both(first.id, other_id, minimum)
        if len(films) < LEAST_FILMS:
            return (
                f"Only {words.count(len(films))} films have {minimum} training ratings in both runs; {LEAST_FILMS} are needed. "
                "Lower the minimum."
            )
        weighted = WEIGHTED in fit
        return TwoMaps(
            first,
            second,
            films,
            two_runs.alignment_of(first.id, other_id, minimum, TURNED in fit, SCALED in fit, weighted),
            two_runs.kept_of(first.id, other_id, minimum, NEAREST_BY[nearest_by]),
            two_runs.disparities_of(first.id, other_id, minimum, weighted),
            minimum,
            nearest_by,
            _row_of(films, item_index),
            synthetic,
        )
    except CollabError as reason:
        return f"These two runs cannot be compared: {words.plain(str(reason))}."


def _row_of(films: pd.DataFrame, item_index: int | None) -> int | None:
    rows = np.flatnonzero(films["first_index"].to_numpy() == item_index)
    return int(rows[0]) if len(rows) else None
