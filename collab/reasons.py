"""Reasons: why a film is picked, as sums over the films that the person rated.

The order `watch` ranks by log(item-item score) + half the predicted rating, which is no sum of films. So it has two reasons told
apart, each exact for its own number (`ItemItem.parts`, `collab.cold_start.star_parts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collab.item_item import ItemItem
from collab.newcomer import ByItself, Newcomer

N_NAMED = 4
"""So many rated films are named in a reason, those with the largest parts; the others are one part together."""


@dataclass(frozen=True)
class Reason:
    """A number and what it is made of: `start`, which the person has no part in, `parts` of rated films by item_index, largest
    first, `others`, the part of `n_others` more films, and what each thing that was `told` before any rating adds, by name. All
    of them add up to `total`."""

    total: float
    start: float
    parts: tuple[tuple[int, float], ...]
    others: float
    n_others: int
    told: tuple[tuple[str, float], ...] = ()


def watched_reasons(together: ItemItem, rated: Mapping[int, float], films: np.ndarray) -> list[Reason]:
    """The item-item score of each of `films` (n,); it starts from the film's popularity."""
    return _reasons(*together.parts(rated, films))


def rating_reasons(known: Newcomer | ByItself, rated: Mapping[int, float], films: np.ndarray) -> list[Reason] | None:
    """The predicted rating of each of `films` (n,), in stars before it is cut to the scale; it starts from what was predicted
    before the person said anything. None for a model that folds a person in by itself: it does not say what each rating did."""
    if isinstance(known, ByItself):
        return None
    return _reasons(*known.star_parts(rated, films), known.told_parts(films))


def _reasons(
    rated: np.ndarray, parts: np.ndarray, start: np.ndarray, told: Sequence[tuple[str, np.ndarray]] = ()
) -> list[Reason]:
    """One for every column of `parts` (n_rated, n); `start` (n,) has the parts `told` (n,) in it."""
    found = []
    for place, (column, begin) in enumerate(zip(parts.T, start, strict=True)):
        said = tuple((name, float(part[place])) for name, part in told)
        order = np.lexsort((rated, -np.abs(column)))
        order = order[column[order] != 0]
        named, rest = order[:N_NAMED], order[N_NAMED:]
        found.append(
            Reason(
                total=float(begin + column.sum()),
                start=float(begin) - sum(part for _, part in said),
                parts=tuple((int(rated[row]), float(column[row])) for row in named),
                others=float(column[rest].sum()),
                n_others=len(rest),
                told=said,
            )
        )
    return found
