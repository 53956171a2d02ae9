"""Two runs compared: the item space of one aligned with that of the other (orthogonal Procrustes), and how far they agree.

Rotating or reflecting all factors changes no dot product, so the orientation of a space depends on the seed alone. Positions in
two runs are comparable only after the second is rotated onto the first; nearest items by cosine or distance always are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes
from sklearn.neighbors import NearestNeighbors

from collab.data.tables import most_rated_items
from collab.errors import SettingError
from collab.explore.components import item_axes

MEASURES = ("cosine", "euclidean")
"""Measures of closeness that are invariant under rotation."""

COUNT_BANDS = (1, 5, 20, 50, 100, 200)
"""Lower bound, in ratings, of each band of `overlap_by_count`."""

N_SHUFFLES = 3


@dataclass(frozen=True)
class Alignment:
    """Items of two runs in one space: `first` (n, d), centred, and `second` (n, d), aligned with it by `align`.

    `disparity`, 0 … 1, is the share of one run's variance about its mean that the other leaves unexplained at any scale:
    1 − (Σ x·yR)² / (Σ |x|² Σ |y|²). It is symmetric in the two runs; with rotation it is the third value of
    `scipy.spatial.procrustes`. `moved` (n,) is the distance between an item's two positions in units of `spread`, the root mean
    squared distance of the first run's items from their mean. With rotation, the mean of its squares is `disparity`.
    """

    first: np.ndarray
    second: np.ndarray
    rotation: np.ndarray
    scale: float
    disparity: float
    spread: float
    moved: np.ndarray


@dataclass(frozen=True)
class Plane:
    """The items of both runs, each (n, 2), on the first run's principal axes, and each run's share of variance on them (2,)."""

    first: np.ndarray
    second: np.ndarray
    first_shares: np.ndarray
    second_shares: np.ndarray


@dataclass(frozen=True)
class Kept:
    """The `share` (n,), 0 … 1, of each item's `k` nearest neighbours that two runs have in common.

    `chance` is the expected share where one of the two runs picks k of the other items at random, k / (n − 1).
    """

    share: np.ndarray
    k: int
    chance: float


def common_items(first: pd.DataFrame, second: pd.DataFrame, by: str = "title", minimum_count: int = 1) -> pd.DataFrame:
    """The items with at least `minimum_count` training ratings in both runs, most rated first, from the runs' items tables.

    `by` is the column that identifies an item ("title" or "label"); of items that share a value within a run, the most rated
    one is taken. Columns: first_index, second_index (rows of the two tables), title, genres, year, n_first, n_second, and
    n_ratings, the smaller of the two counts.
    """
    minimum_count = max(1, minimum_count)
    sides = []
    for items in (first, second):
        index = most_rated_items(items, len(items))
        side = pd.DataFrame({"key": items[by].to_numpy()[index], "index": index})
        side["count"] = items["n_ratings"].to_numpy()[index]
        sides.append(side[side["count"] >= minimum_count].drop_duplicates("key"))
    pairs = sides[0].merge(sides[1], on="key", suffixes=("_first", "_second"))
    common = first[["title", "genres", "year"]].iloc[pairs["index_first"]].reset_index(drop=True)
    common.insert(0, "first_index", pairs["index_first"].to_numpy())
    common.insert(1, "second_index", pairs["index_second"].to_numpy())
    common["n_first"], common["n_second"] = pairs["count_first"].to_numpy(), pairs["count_second"].to_numpy()
    common["n_ratings"] = common[["n_first", "n_second"]].min(axis=1)
    return common.sort_values(["n_ratings", "first_index"], ascending=[False, True], ignore_index=True)


def align(first: np.ndarray, second: np.ndarray, *, turn: bool = True) -> Alignment:
    """Align the items `second` (n, d2) with the same items `first` (n, d1) by a shift, a rotation or reflection, and a scale.

    Both are centred on their means, and the narrower one is padded with columns of zeros. With `turn`, the orthogonal R and the
    scale s minimise Σ |x − s y R|² (Schönemann 1966, by `scipy.linalg.orthogonal_procrustes`). Without it the axes stay as they
    are, and s gives both the same spread. Raises SettingError where the rows are not the same items, fewer than two, not finite,
    or all at one point.
    """
    x, y = (np.asarray(factors, dtype=np.float64) for factors in (first, second))
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise SettingError(f"factors of shape {x.shape} and {y.shape} are not of the same films; give a row a film")
    if len(x) < 2:
        raise SettingError(
            f"the two runs have {len(x)} films in common; at least 2 are needed to lay one onto the other"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise SettingError("one of the two runs has factors that are not finite: its training ran away")
    width = max(x.shape[1], y.shape[1])
    x, y = (_centred(factors, width) for factors in (x, y))  # (n, d)
    size_x, size_y = (float(np.sqrt((factors**2).sum(axis=1).mean())) for factors in (x, y))
    if not (size_x > _least(first) and size_y > _least(second)):
        raise SettingError(
            "all films of one of the two runs lie in one place, so there is nothing to lay onto the other"
        )
    if turn:
        rotation, product = orthogonal_procrustes(y, x)
    else:
        rotation, product = np.eye(width), float(np.sum(x * y))
    likeness = float(np.clip(product / len(x) / (size_x * size_y), 0.0, 1.0))
    scale = (likeness if turn else 1.0) * size_x / size_y
    laid = scale * (y @ rotation)
    return Alignment(x, laid, rotation, scale, 1 - likeness**2, size_x, np.linalg.norm(laid - x, axis=1) / size_x)


def plane_of(alignment: Alignment) -> Plane:
    """Both runs of an alignment on the first two principal components of the first run's items (`components.item_axes`)."""
    components = item_axes(alignment.first, 2).components  # (2, d)
    sides = [side @ components.T for side in (alignment.first, alignment.second)]  # (n, 2)
    totals = [side.var(axis=0).sum() for side in (alignment.first, alignment.second)]
    shares = [places.var(axis=0) / max(total, 1e-300) for places, total in zip(sides, totals, strict=True)]
    return Plane(*sides, *shares)


def chance_disparity(first: np.ndarray, second: np.ndarray, seed: int = 0) -> float:
    """The chance level of the disparity: the mean after rotation over `N_SHUFFLES` shuffles of the second run's items.

    The more factors there are per item, the further it falls below 1. Raises SettingError as `align`.
    """
    generator = np.random.default_rng(seed)
    second = np.asarray(second)
    shuffled = (second[generator.permutation(len(second))] for _ in range(N_SHUFFLES))
    return float(np.mean([align(first, each).disparity for each in shuffled]))


def nearest(factors: np.ndarray, k: int, measure: str = "cosine") -> np.ndarray:
    """The rows of the `k` nearest other items of every item, closest first: (n, k), with k capped at n − 1.

    `factors` (n, d); cosine and Euclidean distance as in `collab.explore.similarity`. Raises SettingError for another measure.
    """
    _check_measure(measure)
    places = _places(np.asarray(factors, dtype=np.float64), measure)
    k = min(k, len(places) - 1)
    if k < 1:
        return np.empty((len(places), 0), dtype=np.int64)
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(places)
    return search.kneighbors(return_distance=False)  # without a query no item is its own neighbour


def neighbour_overlap(first: np.ndarray, second: np.ndarray, k: int = 10, measure: str = "cosine") -> Kept:
    """The share of every item's `k` nearest items in the first run that are also among its k nearest in the second.

    `first` (n, d1) and `second` (n, d2) are the models' own factors of the same items, not rotated. k is capped at n − 1.
    Raises SettingError for fewer than two items, different numbers of rows, or another measure.
    """
    if len(first) != len(second) or len(first) < 2:
        raise SettingError(f"{len(first)} and {len(second)} films; give the same films of both runs, at least 2")
    own, other = (np.sort(nearest(factors, k, measure), axis=1) for factors in (first, second))  # (n, k)
    n, k = own.shape
    rows = np.arange(n)[:, None] * n  # one search serves all items
    same = np.isin((own + rows).ravel(), (other + rows).ravel(), assume_unique=True).reshape(n, k)
    return Kept(same.mean(axis=1), k, k / (n - 1))


def overlap_by_count(kept: Kept, n_ratings: np.ndarray) -> pd.DataFrame:
    """The mean share of neighbours kept, by number of ratings: a row for each band of `COUNT_BANDS` that has items.

    Columns: low, high (the band's limits in ratings; high is missing in the last band), n_items, kept.
    """
    n_ratings = np.asarray(n_ratings)
    band = np.searchsorted(COUNT_BANDS, n_ratings, side="right") - 1
    highs = [*(low - 1 for low in COUNT_BANDS[1:]), pd.NA]
    rows = [
        (low, high, int(of.sum()), float(kept.share[of].mean()))
        for place, (low, high) in enumerate(zip(COUNT_BANDS, highs, strict=True))
        if (of := band == place).any()
    ]
    return pd.DataFrame(rows, columns=["low", "high", "n_items", "kept"]).astype({"high": "Int64"})


def _check_measure(measure: str) -> None:
    if measure not in MEASURES:
        raise SettingError(f"measure is {measure!r}; choose one of {', '.join(MEASURES)}")


def _places(factors: np.ndarray, measure: str) -> np.ndarray:
    """Coordinates in which Euclidean distance ranks neighbours as `measure` does: for cosine, unit vectors, with a column more
    that makes zero vectors orthogonal to all others."""
    if measure == "euclidean":
        return factors
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    unit = np.divide(factors, lengths, out=np.zeros_like(factors), where=lengths > 0)
    return np.column_stack([unit, lengths == 0])


def _centred(factors: np.ndarray, width: int) -> np.ndarray:
    """`factors` minus their mean, padded with columns of zeros to `width`."""
    return np.pad(factors - factors.mean(axis=0), ((0, 0), (0, width - factors.shape[1])))


def _least(factors: np.ndarray) -> float:
    """The spread at or below which differences are rounding error."""
    return 1e-12 * float(np.abs(factors).max(initial=0.0))
