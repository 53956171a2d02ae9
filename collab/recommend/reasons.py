"""Reasons: why a film is picked, as sums over the films that the person rated.

The order `watch` ranks by log(item-item score) + half the predicted rating, which is no sum of films. So it has two reasons told
apart, each exact for its own number (`ItemWeights.parts`, `collab.models.fold_in.star_parts`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collab.models.ease import ItemWeights
from collab.recommend.new_user import NewUser, OwnFoldIn

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


def watched_reasons(item_weights: ItemWeights, rated: Mapping[int, float], films: np.ndarray) -> list[Reason]:
    """The item-item score of each of `films` (n,); it starts from the film's popularity."""
    return _reasons(*item_weights.parts(rated, films))


def rating_reasons(known: NewUser | OwnFoldIn, rated: Mapping[int, float], films: np.ndarray) -> list[Reason] | None:
    """The predicted rating of each of `films` (n,), in stars before it is cut to the scale; it starts from what was predicted
    before the person said anything. None for a model that folds a person in by itself: it does not say what each rating did."""
    if isinstance(known, OwnFoldIn):
        return None
    return _reasons(*known.star_parts(rated, films), known.told_parts(films))


def weightiest(
    known: NewUser | OwnFoldIn, item_weights: ItemWeights | None, rated: Mapping[int, float], films: np.ndarray
) -> list[int]:
    """The films `rated` by how much they have part in the picks `films` (n,): the sum of what their parts weigh, most first.

    The parts are those of the item-item score with `together`, else those of the predicted rating. Films that weigh nothing come
    last, by item_index; where the model does not say what each rating did, that is all of them.
    """
    weight = dict.fromkeys(sorted(rated), 0.0)
    if rated and len(films) and (item_weights is not None or isinstance(known, NewUser)):
        index, parts, _ = (
            item_weights.parts(rated, films) if item_weights is not None else known.star_parts(rated, films)
        )
        weight.update(zip(index.tolist(), np.abs(parts).sum(axis=1).tolist(), strict=True))
    return sorted(weight, key=lambda film: -weight[film])


def rounded(parts: Sequence[float], digits: int) -> tuple[list[float], float]:
    """`parts` and their sum as they are printed with so many `digits`, such that what is printed adds up.

    The sum is rounded as usual. Every part is rounded down, and those that lose most by it are rounded up instead, as many as the
    sum takes (the largest remainders; of equal ones the first): none is off by a whole unit of the last digit.
    """
    units = [part * 10**digits for part in parts]
    down, total = [math.floor(unit) for unit in units], round(math.fsum(units))
    by_remainder = sorted(range(len(units)), key=lambda place: down[place] - units[place])
    for place in by_remainder[: total - sum(down)]:
        down[place] += 1
    return [unit / 10**digits for unit in down], total / 10**digits


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
