"""Two runs side by side: one space of films laid onto another (orthogonal Procrustes), and how much of the two agrees.

A rotation or reflection of all factors changes no dot product, so which way a space is turned is left to the seed: places in two
runs can be compared once the second is turned onto the first, nearest films by cosine or distance at once.
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
"""The measures of closeness that no rotation changes."""

COUNT_BANDS = (1, 5, 20, 50, 100, 200)
"""The fewest ratings of each band of `kept_by_count`."""

N_SHUFFLES = 3


@dataclass(frozen=True)
class Alignment:
    """Films of two runs in one space: `first` (n, d), about its middle, and `second` (n, d), laid onto it as told by `align`.

    `disparity`, 0 … 1, is the share of one run's variance about its middle that the other, however scaled, leaves unexplained:
    1 − (Σ x·yR)² / (Σ |x|² Σ |y|²), the same from either side (the third value of `scipy.spatial.procrustes` where turned).
    `moved` (n,) is the distance between a film's two places in shares of `spread`, the root of the mean squared distance of the
    first's films from their middle; the mean of its squares is `disparity` where turned.
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
    """Both runs' films, each (n, 2), on the first run's principal axes, and each run's share of variance on them (2,)."""

    first: np.ndarray
    second: np.ndarray
    first_shares: np.ndarray
    second_shares: np.ndarray


@dataclass(frozen=True)
class Kept:
    """How many of a film's `k` nearest are the same in two runs: `share` (n,), 0 … 1; `chance` is its mean where one of the two
    names any k of the other films with equal chance, k / (n − 1)."""

    share: np.ndarray
    k: int
    chance: float


def common_items(first: pd.DataFrame, second: pd.DataFrame, by: str = "title", minimum_count: int = 1) -> pd.DataFrame:
    """The films with at least `minimum_count` training ratings in both runs, by their items tables, most rated first.

    `by` is the column that says which films are the same ("title" or "label"); of films that share it within a run, the most
    rated counts. Columns: first_index, second_index (rows of the two tables), title, genres, year, n_first, n_second, and
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
    films = first[["title", "genres", "year"]].iloc[pairs["index_first"]].reset_index(drop=True)
    films.insert(0, "first_index", pairs["index_first"].to_numpy())
    films.insert(1, "second_index", pairs["index_second"].to_numpy())
    films["n_first"], films["n_second"] = pairs["count_first"].to_numpy(), pairs["count_second"].to_numpy()
    films["n_ratings"] = films[["n_first", "n_second"]].min(axis=1)
    return films.sort_values(["n_ratings", "first_index"], ascending=[False, True], ignore_index=True)


def align(first: np.ndarray, second: np.ndarray, *, turn: bool = True) -> Alignment:
    """Lay the films `second` (n, d2) onto the same films `first` (n, d1): shifted, turned (or mirrored) and scaled as one body.

    Both are put about their means, and the narrower one gets columns of zeros. `turn`: the orthogonal R that minimises
    Σ |x − s y R|² (Schönemann 1966, by `scipy.linalg.orthogonal_procrustes`) with the s that does; else the axes as they are, and
    the s that gives both the same spread. Raises SettingError where the rows are not the same films, fewer than two, not finite,
    or all in one place.
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
    """Both runs of an alignment on the first two principal components of the first's films (`components.item_axes`)."""
    components = item_axes(alignment.first, 2).components  # (2, d)
    sides = [side @ components.T for side in (alignment.first, alignment.second)]  # (n, 2)
    totals = [side.var(axis=0).sum() for side in (alignment.first, alignment.second)]
    shares = [places.var(axis=0) / max(total, 1e-300) for places, total in zip(sides, totals, strict=True)]
    return Plane(*sides, *shares)


def chance_disparity(first: np.ndarray, second: np.ndarray, seed: int = 0) -> float:
    """The disparity after turning where the second's films are shuffled, mean of `N_SHUFFLES`: what a rotation explains of
    nothing. It is the lower below 1 the more factors there are for a film. Raises SettingError as `align`."""
    generator = np.random.default_rng(seed)
    second = np.asarray(second)
    shuffled = (second[generator.permutation(len(second))] for _ in range(N_SHUFFLES))
    return float(np.mean([align(first, each).disparity for each in shuffled]))


def nearest(factors: np.ndarray, k: int, measure: str = "cosine") -> np.ndarray:
    """The rows of the `k` nearest other films of every film, closest first: (n, k), k cut to n − 1.

    `factors` (n, d); cosine and Euclidean distance as of `collab.explore.similarity`. Raises SettingError for another measure.
    """
    _check_measure(measure)
    places = _places(np.asarray(factors, dtype=np.float64), measure)
    k = min(k, len(places) - 1)
    if k < 1:
        return np.empty((len(places), 0), dtype=np.int64)
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(places)
    return search.kneighbors(return_distance=False)  # without a query a film is no neighbour of itself


def neighbours_kept(first: np.ndarray, second: np.ndarray, k: int = 10, measure: str = "cosine") -> Kept:
    """Which share of every film's `k` nearest of the first run are among its k nearest of the second, too.

    `first` (n, d1) and `second` (n, d2) are the same films' factors as the models have them, not turned. k is cut to n − 1.
    Raises SettingError for fewer than two films, rows that are not the same, or another measure.
    """
    if len(first) != len(second) or len(first) < 2:
        raise SettingError(f"{len(first)} and {len(second)} films; give the same films of both runs, at least 2")
    own, other = (np.sort(nearest(factors, k, measure), axis=1) for factors in (first, second))  # (n, k)
    n, k = own.shape
    rows = np.arange(n)[:, None] * n  # so that one search serves all films
    same = np.isin((own + rows).ravel(), (other + rows).ravel(), assume_unique=True).reshape(n, k)
    return Kept(same.mean(axis=1), k, k / (n - 1))


def kept_by_count(kept: Kept, n_ratings: np.ndarray) -> pd.DataFrame:
    """The mean share of neighbours kept by the films' number of ratings: a row for each band of `COUNT_BANDS` that has films.

    Columns: low, high (the band's fewest and most ratings; high is missing in the last), n_items, kept.
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
    """Where the films lie so that the nearer two are, the closer they are by the measure: for the cosine at the ends of arrows of
    length 1, one without a direction at a right angle to all others."""
    if measure == "euclidean":
        return factors
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    unit = np.divide(factors, lengths, out=np.zeros_like(factors), where=lengths > 0)
    return np.column_stack([unit, lengths == 0])


def _centred(factors: np.ndarray, width: int) -> np.ndarray:
    """`factors` about their mean, with columns of zeros up to `width`."""
    return np.pad(factors - factors.mean(axis=0), ((0, 0), (0, width - factors.shape[1])))


def _least(factors: np.ndarray) -> float:
    """The spread below which a difference is rounding alone."""
    return 1e-12 * float(np.abs(factors).max(initial=0.0))
