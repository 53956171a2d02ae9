"""Similar films in a model's own space: measures, centred factors, shrinkage by support, points between two films, and the parts
of which a closeness is the sum.

A film's support is its number n of training ratings. Shrinkage multiplies a similarity by n / (n + β), so that a film with β
ratings keeps half of it; a distance is divided by the same number. Source: Koren, Factorization Meets the Neighborhood, KDD 2008,
equation 2, where n counts the people who rated both films.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.errors import SettingError
from collab.interpret import MEASURE_COLUMNS, closeness, film_doubt, trained_items, uncertainty
from collab.models.contract import Model

LARGEST_BETA = 500.0


@dataclass(frozen=True)
class Options:
    """How films are compared: `measure` of `collab.interpret.similarity`; `centred`: the factors without their mean over the
    trained films, so that what all films have in common says nothing (a distance does not change); `beta` of the shrinkage, 0 for
    none; `minimum_count`, the training ratings that a neighbour needs."""

    measure: str = "cosine"
    centred: bool = False
    beta: float = 0.0
    minimum_count: int = 20

    def __post_init__(self) -> None:
        if self.measure not in MEASURE_COLUMNS:
            raise SettingError(f"measure is {self.measure!r}; choose one of {', '.join(MEASURE_COLUMNS)}")
        if not 0 <= self.beta <= LARGEST_BETA:
            raise SettingError(f"beta is {self.beta}; allowed is 0 to {LARGEST_BETA:g}")


@dataclass(frozen=True, eq=False)
class FilmSpace:
    """Where the films of a run lie: `factors` (n_items, n_factors), float64; their `mean` (n_factors,) over the trained films;
    and for a model that knows how sure it is, the users' `spread` (n_factors, n_factors) and the `doubt` (n_items,) of the films,
    else None."""

    factors: np.ndarray
    mean: np.ndarray
    spread: np.ndarray | None = None
    doubt: np.ndarray | None = None

    @property
    def measures(self) -> list[str]:
        """The measures that this space can give."""
        return [measure for measure in MEASURE_COLUMNS if measure != "cautious" or self.spread is not None]

    def placed(self, centred: bool) -> np.ndarray:
        """The factors (n_items, n_factors), centred or not."""
        return self.factors - self.mean if centred else self.factors


@dataclass(frozen=True, eq=False)
class Point:
    """A place among the films: `vector` (n_factors,), already centred where the options say so, and its `doubt`."""

    vector: np.ndarray
    doubt: float = 0.0


def film_space(model: Model, items: pd.DataFrame, users: pd.DataFrame) -> FilmSpace:
    """Where the films of a trained model lie. `items` and `users` are the tables of its run."""
    factors = np.asarray(model.item_factors, dtype=np.float64)
    trained, known = trained_items(items), uncertainty(model, users)
    mean = factors[trained].mean(axis=0) if len(trained) else np.zeros(factors.shape[1])
    if known is None:
        return FilmSpace(factors, mean)
    return FilmSpace(factors, mean, known.user_spread, film_doubt(known))


# --- points --------------------------------------------------------------------------------------------------------------


def at_film(space: FilmSpace, item_index: int, options: Options) -> Point:
    """The place of a film."""
    doubt = 0.0 if space.doubt is None else float(space.doubt[item_index])
    return Point(space.placed(options.centred)[item_index], doubt)


def between(space: FilmSpace, first: int, second: int, weight: float, options: Options) -> Point:
    """ "Like the first film, but more like the second": a + w (b − a), with w from 0, the first, to 1, the second.

    For cosine and cautious cosine a and b are given length 1 first, by the measure's own length, so that the longer one does not
    win: a straight line between the two arrows' ends, whose directions are those of the arc between them. For distance and dot
    product, where lengths count, they are mixed as they are. The doubt of two films is taken as independent.
    """
    if not 0 <= weight <= 1:
        raise SettingError(f"the weight of the second film is {weight}; allowed is 0 to 1")
    one, other = at_film(space, first, options), at_film(space, second, options)
    if options.measure in ("cosine", "cautious"):
        one, other = (_of_length_one(point, space, options.measure) for point in (one, other))
    vector = (1 - weight) * one.vector + weight * other.vector
    return Point(vector, (1 - weight) ** 2 * one.doubt + weight**2 * other.doubt)


def _of_length_one(point: Point, space: FilmSpace, measure: str) -> Point:
    squared = float(point.vector @ point.vector)
    if measure == "cautious":
        squared = float(point.vector @ space.spread @ point.vector) + point.doubt
    return Point(point.vector / squared**0.5, point.doubt / squared) if squared > 0 else point


# --- neighbours ------------------------------------------------------------------------------------------------------------


def closeness_to(space: FilmSpace, point: Point, options: Options, n_ratings: np.ndarray) -> np.ndarray:
    """How close every film is to `point` under the `options`, shrunk by its `n_ratings` (n_items,): (n_items,).

    Of a distance smaller is closer, of all else larger. A film without a rating is infinitely far, or not similar at all, once
    beta is above 0. Raises SettingError for cautious where the space does not know how sure it is.
    """
    if options.measure not in space.measures:
        raise SettingError(f"measure is {options.measure!r}; choose one of {', '.join(space.measures)}")
    found = closeness(
        space.placed(options.centred), point.vector, options.measure, space.spread, space.doubt, point.doubt
    )
    return shrunk(found, n_ratings, options.beta, options.measure)


def shrunk(found: np.ndarray, support: np.ndarray, beta: float, measure: str = "cosine") -> np.ndarray:
    """A closeness (n,) times n / (n + β), n being its `support` (n,); a Euclidean distance divided by that."""
    if beta == 0:
        return found
    share = np.asarray(support, dtype=np.float64) / (np.asarray(support, dtype=np.float64) + beta)
    if measure != "euclidean":
        return found * share
    return np.divide(found, share, out=np.full(len(found), np.inf), where=share > 0)


def ranked(found: np.ndarray, n_ratings: np.ndarray, candidates: np.ndarray, measure: str = "cosine") -> np.ndarray:
    """The item indices `candidates` (n,), closest first; of equally close films the more often rated, then the lower index."""
    best_first = found[candidates] if measure == "euclidean" else -found[candidates]
    return candidates[np.lexsort((candidates, -n_ratings[candidates], best_first))]


def candidates_for(items: pd.DataFrame, options: Options, without: Sequence[int]) -> np.ndarray:
    """The item indices that may be neighbours: trained, with the minimum count, and not the films `without`."""
    return np.setdiff1d(trained_items(items, options.minimum_count), np.asarray(without, dtype=np.int64))


def nearest(
    space: FilmSpace, items: pd.DataFrame, point: Point, options: Options, without: Sequence[int], n: int = 10
) -> pd.DataFrame:
    """The `n` films closest to `point`, closest first, as `collab.interpret.similar_items` gives them.

    Columns: item_index, title, the measure's own (`MEASURE_COLUMNS`), n_ratings, genres, year. The films `without` are left out.
    """
    n_ratings = items["n_ratings"].to_numpy()
    found = closeness_to(space, point, options, n_ratings)
    item_index = ranked(found, n_ratings, candidates_for(items, options, without), options.measure)[:n]
    return neighbour_rows(items, item_index, found, MEASURE_COLUMNS[options.measure])


def neighbour_rows(items: pd.DataFrame, item_index: np.ndarray, values: np.ndarray, column: str) -> pd.DataFrame:
    """A table of films in the order of `item_index` (n,), with their `values` (n_items,) in `column`."""
    table = items.iloc[item_index][["title", "n_ratings", "genres", "year"]].reset_index(drop=True)
    table.insert(0, "item_index", item_index)
    table.insert(2, column, values[item_index])
    return table


# --- parts ---------------------------------------------------------------------------------------------------------------


def directions(space: FilmSpace, items: pd.DataFrame) -> np.ndarray:
    """An orthonormal basis (n_factors, n_factors) in columns: the principal axes of the trained films, widest first.

    Training ends in one of many turned versions of the same space; its factors differ from one to the next, these do not (but
    for their signs, which products do not see).
    """
    centred = space.placed(True)[trained_items(items)]
    values, axes = np.linalg.eigh(centred.T @ centred)
    return axes[:, np.argsort(-values, kind="stable")]


def parts(
    space: FilmSpace, first: int, second: int, options: Options, basis: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """What each factor adds to the closeness of two films, before shrinkage: (n_factors,), and their sum.

    cosine: a_f b_f / (|a| |b|); dot: a_f b_f; euclidean: (a_f − b_f)², adding up to the squared distance; cautious: a_f (Σ b)_f
    over both lengths, averaged over the two orders of the films, so that it is the same both ways. With an orthonormal `basis`
    (n_factors, n_factors) the same along its columns. The sum is the unshrunk closeness (a distance squared), to rounding.
    """
    one, other = at_film(space, first, options), at_film(space, second, options)
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
    space: FilmSpace, items: pd.DataFrame, direction: np.ndarray, minimum_count: int = 50
) -> tuple[int | None, int | None]:
    """The films farthest out against and along `direction` (n_factors,): item indices, of films with `minimum_count` ratings
    (of all trained films where none has so many)."""
    films = trained_items(items, minimum_count)
    films = films if len(films) else trained_items(items)
    if not len(films):
        return None, None
    along = space.placed(True)[films] @ direction
    return int(films[along.argmin()]), int(films[along.argmax()])
