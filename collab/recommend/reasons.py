"""Reasons: why an item is picked, as sums over the items that the person rated.

The order `watch` ranks by log(item-item score) + half the predicted rating, which is not a sum over items. So it has two separate
reasons, each exact for its own term (`ItemWeights.parts`, `collab.models.fold_in.star_parts`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collab.models.ease import ItemWeights
from collab.recommend.new_user import NewUser, OwnFoldIn

N_NAMED = 4
"""Number of rated items that a reason names, those with the largest parts; the others form one part."""


@dataclass(frozen=True)
class Reason:
    """A score, `total`, as the sum of `start`, `parts`, `others` and `stated`.

    `start` does not depend on the person. `parts` are those of rated items by item_index, largest first; `others` is the part of
    `n_others` more items; `stated` has the part of each thing told before any rating, by name.
    """

    total: float
    start: float
    parts: tuple[tuple[int, float], ...]
    others: float
    n_others: int
    stated: tuple[tuple[str, float], ...] = ()


def watched_reasons(item_weights: ItemWeights, rated: Mapping[int, float], films: np.ndarray) -> list[Reason]:
    """The item-item score of each of `films` (n,), starting from the item's popularity."""
    return _reasons(*item_weights.parts(rated, films))


def rating_reasons(known: NewUser | OwnFoldIn, rated: Mapping[int, float], films: np.ndarray) -> list[Reason] | None:
    """The predicted rating of each of `films` (n,), in stars before clipping to the scale, starting from the prediction for the
    average person. None for a model with a fold-in of its own, which has no parts for the ratings."""
    if isinstance(known, OwnFoldIn):
        return None
    return _reasons(*known.star_parts(rated, films), known.stated_parts(films))


def weightiest(
    known: NewUser | OwnFoldIn, item_weights: ItemWeights | None, rated: Mapping[int, float], films: np.ndarray
) -> list[int]:
    """The items `rated` by their influence on the picks `films` (n,): the sum of the absolute values of their parts, largest
    first.

    The parts are those of the item-item score with `item_weights`, else those of the predicted rating. Items without influence
    come last, by item_index; where the model has no parts for the ratings, that is all of them.
    """
    weight = dict.fromkeys(sorted(rated), 0.0)
    if rated and len(films) and (item_weights is not None or isinstance(known, NewUser)):
        index, parts, _ = (
            item_weights.parts(rated, films) if item_weights is not None else known.star_parts(rated, films)
        )
        weight.update(zip(index.tolist(), np.abs(parts).sum(axis=1).tolist(), strict=True))
    return sorted(weight, key=lambda item: -weight[item])


def rounded(parts: Sequence[float], digits: int) -> tuple[list[float], float]:
    """`parts` and their sum, rounded to `digits` decimals so that the rounded parts add up to the rounded sum.

    The sum is rounded as usual. Every part is rounded down, then as many as the sum needs are rounded up instead, those with the
    largest remainders (ties: the first). No part is off by a whole unit of the last digit.
    """
    units = [part * 10**digits for part in parts]
    down, total = [math.floor(unit) for unit in units], round(math.fsum(units))
    by_remainder = sorted(range(len(units)), key=lambda place: down[place] - units[place])
    for place in by_remainder[: total - sum(down)]:
        down[place] += 1
    return [unit / 10**digits for unit in down], total / 10**digits


def _reasons(
    rated: np.ndarray, parts: np.ndarray, start: np.ndarray, stated: Sequence[tuple[str, np.ndarray]] = ()
) -> list[Reason]:
    """One reason per column of `parts` (n_rated, n); `start` (n,) includes the parts `stated` (n,)."""
    found = []
    for place, (column, begin) in enumerate(zip(parts.T, start, strict=True)):
        said = tuple((name, float(part[place])) for name, part in stated)
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
                stated=said,
            )
        )
    return found
