"""Item similarity in a model's factor space.

Measures, centring, shrinkage by support, points between two items, the terms of which a closeness is the sum, and the stability
of neighbours over seeds.

For items i and j with factors q: cosine is q_i·q_j / (|q_i| |q_j|), between −1 and 1, independent of length, and 0 where a vector
is zero; dot is q_i·q_j, which favours long vectors (items with many ratings); euclidean is |q_i − q_j|, a distance, so smaller is
closer. With the covariances C of the items' factors, and Σ that of the users' factors, cautious is

    q_iᵀ Σ q_j / √((q_iᵀ Σ q_i + tr C_i Σ)(q_jᵀ Σ q_j + tr C_j Σ)),

a cosine that weights directions by how much users differ along them, and in which an item with uncertain factors cannot score
high.

An item's support is its number n of training ratings. Shrinkage multiplies a similarity by n / (n + β), so that an item with β
ratings keeps half of it; a distance is divided by the same factor. Source: Koren, Factorization Meets the Neighborhood, KDD 2008,
equation 2, where n counts the users who rated both items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.tables import item_rows, trained_items
from collab.errors import SettingError
from collab.models.contract import Model

MEASURE_COLUMNS = {"cosine": "similarity", "euclidean": "distance", "dot": "product", "cautious": "similarity"}
"""The measures of closeness, and the name of the column that holds each."""

LARGEST_BETA = 500.0

TOP = 10
"""A seed finds a neighbour where it is among this many nearest items."""


@dataclass(frozen=True)
class Options:
    """How items are compared.

    `measure` is one of `MEASURE_COLUMNS`. `centred` subtracts the mean over the trained items from the factors, which removes
    what all items have in common (distances do not change). `beta` is that of the shrinkage, 0 for none. `minimum_count` is the
    fewest training ratings of a neighbour.
    """

    measure: str = "cosine"
    centred: bool = False
    beta: float = 0.0
    minimum_count: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.beta <= LARGEST_BETA:
            raise SettingError(f"beta is {self.beta}; allowed is 0 to {LARGEST_BETA:g}")


@dataclass(frozen=True, eq=False)
class ItemSpace:
    """The items of a run in factor space: `factors` (n_items, n_factors), float64, and their `mean` (n_factors,) over the trained
    items.

    For a model with covariances, else None: `spread` (n_factors, n_factors), the covariance Σ of the users' factors, and `doubt`
    (n_items,), what the covariance C of an item's factors adds to its expected squared length, tr C Σ.
    """

    factors: np.ndarray
    mean: np.ndarray
    spread: np.ndarray | None = None
    doubt: np.ndarray | None = None

    @property
    def measures(self) -> list[str]:
        """The measures that this space supports."""
        return [measure for measure in MEASURE_COLUMNS if measure != "cautious" or self.spread is not None]

    def placed(self, centred: bool) -> np.ndarray:
        """The factors (n_items, n_factors), centred or not."""
        return self.factors - self.mean if centred else self.factors


@dataclass(frozen=True, eq=False)
class Point:
    """A point in item space: `vector` (n_factors,), already centred where the options say so, and its `doubt`."""

    vector: np.ndarray
    doubt: float = 0.0


def item_space(model: Model, items: pd.DataFrame, users: pd.DataFrame) -> ItemSpace:
    """The item space of a trained model. `items` and `users` are the tables of its run."""
    factors = np.asarray(model.item_factors, dtype=np.float64)
    trained = trained_items(items)
    mean = factors[trained].mean(axis=0) if len(trained) else np.zeros(factors.shape[1])
    if model.item_covariances is None:
        return ItemSpace(factors, mean)
    tastes = np.asarray(model.user_factors, dtype=np.float64)[trained_items(users)]
    spread = np.atleast_2d(np.cov(tastes, rowvar=False, bias=True)) if len(tastes) else np.eye(factors.shape[1])
    covariances = np.asarray(model.item_covariances, dtype=np.float64)[:, :-1, :-1]
    return ItemSpace(factors, mean, spread, np.einsum("nij,ij->n", covariances, spread))


# --- points --------------------------------------------------------------------------------------------------------------


def at_item(space: ItemSpace, item_index: int, options: Options) -> Point:
    """The point of an item."""
    doubt = 0.0 if space.doubt is None else float(space.doubt[item_index])
    return Point(space.placed(options.centred)[item_index], doubt)


def between(space: ItemSpace, first: int, second: int, weight: float, options: Options) -> Point:
    """ "Like the first item, but more like the second": a + w (b − a), with w from 0, the first, to 1, the second.

    For cosine and cautious cosine, a and b are first scaled to length 1 in the measure's own norm, so that the longer one does
    not dominate; the directions are then those of the arc between the two. For distance and dot product, where lengths count,
    they are mixed unscaled. The uncertainties of the two items are taken as independent.
    """
    if not 0 <= weight <= 1:
        raise SettingError(f"the weight of the second film is {weight}; allowed is 0 to 1")
    one, other = at_item(space, first, options), at_item(space, second, options)
    if options.measure in ("cosine", "cautious"):
        one, other = (_of_length_one(point, space, options.measure) for point in (one, other))
    vector = (1 - weight) * one.vector + weight * other.vector
    return Point(vector, (1 - weight) ** 2 * one.doubt + weight**2 * other.doubt)


def _of_length_one(point: Point, space: ItemSpace, measure: str) -> Point:
    squared = float(point.vector @ point.vector)
    if measure == "cautious":
        squared = float(point.vector @ space.spread @ point.vector) + point.doubt
    return Point(point.vector / squared**0.5, point.doubt / squared) if squared > 0 else point


# --- neighbours ------------------------------------------------------------------------------------------------------------


def closeness_to(space: ItemSpace, point: Point, options: Options, n_ratings: np.ndarray) -> np.ndarray:
    """The closeness of every item to `point` under the `options`, shrunk by its `n_ratings` (n_items,): (n_items,).

    For a distance smaller is closer, otherwise larger. With beta above 0 an item without ratings has an infinite distance or a
    similarity of 0. Raises SettingError for another measure, and for cautious where the space has no covariances.
    """
    if options.measure not in space.measures:
        raise SettingError(f"measure is {options.measure!r}; choose one of {', '.join(space.measures)}")
    found = _closeness(space, point, options)
    return shrunk(found, n_ratings, options.beta, options.measure)


def _closeness(space: ItemSpace, point: Point, options: Options) -> np.ndarray:
    factors, vector = space.placed(options.centred), point.vector
    if options.measure == "euclidean":
        return np.linalg.norm(factors - vector, axis=1)
    if options.measure == "dot":
        return factors @ vector
    if options.measure == "cautious":
        towards = factors @ space.spread  # (n_items, n_factors)
        squared = (towards * factors).sum(axis=1) + space.doubt
        products, lengths = towards @ vector, np.sqrt(squared * (float(vector @ space.spread @ vector) + point.doubt))
    else:
        products, lengths = factors @ vector, np.linalg.norm(factors, axis=1) * np.linalg.norm(vector)
    cosine = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.clip(cosine, -1.0, 1.0)


def shrunk(found: np.ndarray, support: np.ndarray, beta: float, measure: str = "cosine") -> np.ndarray:
    """A closeness (n,) times n / (n + β), with n the `support` (n,); a Euclidean distance is divided by that factor."""
    if beta == 0:
        return found
    share = np.asarray(support, dtype=np.float64) / (np.asarray(support, dtype=np.float64) + beta)
    if measure != "euclidean":
        return found * share
    return np.divide(found, share, out=np.full(len(found), np.inf), where=share > 0)


def ranked(found: np.ndarray, n_ratings: np.ndarray, candidates: np.ndarray, measure: str = "cosine") -> np.ndarray:
    """The item indices `candidates` (n,), closest first; ties: more ratings first, then the lower index."""
    best_first = found[candidates] if measure == "euclidean" else -found[candidates]
    return candidates[np.lexsort((candidates, -n_ratings[candidates], best_first))]


def candidates_for(items: pd.DataFrame, options: Options, without: Sequence[int]) -> np.ndarray:
    """The item indices of possible neighbours: trained, with the minimum count, and not among `without`."""
    return np.setdiff1d(trained_items(items, options.minimum_count), np.asarray(without, dtype=np.int64))


def nearest(
    space: ItemSpace, items: pd.DataFrame, point: Point, options: Options, without: Sequence[int], n: int = 10
) -> pd.DataFrame:
    """The `n` items closest to `point`, closest first; ties: more ratings first, then the lower index.

    Columns: item_index, title, the measure's own (`MEASURE_COLUMNS`), n_ratings, genres, year. The items `without` are excluded.
    """
    n_ratings = items["n_ratings"].to_numpy()
    found = closeness_to(space, point, options, n_ratings)
    item_index = ranked(found, n_ratings, candidates_for(items, options, without), options.measure)[:n]
    return neighbour_rows(items, item_index, found, MEASURE_COLUMNS[options.measure])


def similar_items(
    space: ItemSpace, items: pd.DataFrame, item_index: int, options: Options, n: int = 10
) -> pd.DataFrame:
    """The `n` items closest to item `item_index`, which is excluded, as a table of `nearest`."""
    return nearest(space, items, at_item(space, item_index, options), options, [item_index], n)


def neighbour_rows(items: pd.DataFrame, item_index: np.ndarray, values: np.ndarray, column: str) -> pd.DataFrame:
    """A table of items in the order of `item_index` (n,), with their `values` (n_items,) in `column`."""
    table = item_rows(items, item_index, ["title", "n_ratings", "genres", "year"])
    table.insert(2, column, values[item_index])
    return table


# --- parts ---------------------------------------------------------------------------------------------------------------


def directions(space: ItemSpace, items: pd.DataFrame) -> np.ndarray:
    """An orthonormal basis (n_factors, n_factors) in columns: the principal axes of the trained items, widest first.

    Training yields one of many rotations of the same space. The factors depend on the rotation; these axes do not, but for
    their signs, which do not affect products.
    """
    centred = space.placed(True)[trained_items(items)]
    values, axes = np.linalg.eigh(centred.T @ centred)
    return axes[:, np.argsort(-values, kind="stable")]


def parts(
    space: ItemSpace, first: int, second: int, options: Options, basis: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """The contribution of each factor to the closeness of two items, before shrinkage: (n_factors,), and their sum.

    cosine: a_f b_f / (|a| |b|); dot: a_f b_f; euclidean: (a_f − b_f)², which sum to the squared distance; cautious: a_f (Σ b)_f
    over both lengths, averaged over the two orders of the items to make it symmetric. With an orthonormal `basis`
    (n_factors, n_factors) the contributions are those of its columns. Up to rounding, the sum is the unshrunk closeness (for a
    distance, its square).
    """
    one, other = at_item(space, first, options), at_item(space, second, options)
    turn = np.eye(len(one.vector)) if basis is None else basis
    a, b = one.vector @ turn, other.vector @ turn
    if options.measure == "euclidean":
        found = (a - b) ** 2
    elif options.measure == "cautious":
        spread = turn.T @ space.spread @ turn
        own = [float(end @ spread @ end) + point.doubt for end, point in ((a, one), (b, other))]
        length = (own[0] * own[1]) ** 0.5
        found = (a * (spread @ b) + b * (spread @ a)) / (2 * length) if length > 0 else np.zeros(len(a))
    else:
        length = 1.0 if options.measure == "dot" else float(np.linalg.norm(a) * np.linalg.norm(b))
        found = a * b / length if length > 0 else np.zeros(len(a))
    return found, float(found.sum())


def ends(
    space: ItemSpace, items: pd.DataFrame, direction: np.ndarray, minimum_count: int = 50
) -> tuple[int | None, int | None]:
    """The item indices farthest out against and along `direction` (n_factors,), among items with `minimum_count` ratings (all
    trained items where none has that many); None where there are no trained items."""
    candidates = trained_items(items, minimum_count)
    candidates = candidates if len(candidates) else trained_items(items)
    if not len(candidates):
        return None, None
    along = space.placed(True)[candidates] @ direction
    return int(candidates[along.argmin()]), int(candidates[along.argmax()])


# --- stability ----------------------------------------------------------------------------------------------------------


def times_found(item_index: np.ndarray, lists: Sequence[np.ndarray]) -> np.ndarray:
    """The number of `lists` (item indices, n_lists × (k,)) that contain each item of `item_index` (n,): (n,) of int."""
    return sum((np.isin(item_index, each) for each in lists), np.zeros(len(item_index), dtype=np.int64))


def mean_overlap(lists: Sequence[np.ndarray]) -> float:
    """The mean overlap of the `lists` over all pairs: |A ∩ B| divided by the length of the longer one. NaN for fewer than two
    lists, and where all are empty."""
    pairs = [(one, other) for place, one in enumerate(lists) for other in lists[place + 1 :]]
    shares = [len(np.intersect1d(*pair)) / max(map(len, pair)) for pair in pairs if max(map(len, pair))]
    return float(np.mean(shares)) if shares else float("nan")
