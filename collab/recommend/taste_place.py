"""A person's place on the first two principal components of the item map, and its uncertainty.

A person is not an item: their place is a direction. With W (2, n_factors) the first two components of the item factors, p the
person's factors and p̄ the average person's, the place is W (p − p̄). The prediction for an item at x is then x · place higher
for the person than for the average one (inside the sigmoid, where there is one), plus what the other components and the bias
add. So predictions rise towards the place, and the average person is at the centre. The covariance of the place is W V Wᵀ, with
V that of p, and every rating has its own exact part in the place (`collab.models.fold_in.person_parts`).

A model with a fold-in of its own has no p. There the place is the direction in which its predictions rise: the least-squares
slopes, over the items of the map, of the difference between the person's and the average person's predicted ratings on the two
coordinates. For a plain dot product both are the same, because principal components are uncorrelated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from collab.explore.components import Pca
from collab.models.contract import Model
from collab.models.levels import COVERAGE
from collab.recommend.new_user import NewUser, OwnFoldIn

PEOPLE_AT_ONCE = 100
"""Number of trained users whose predictions are in memory at once."""


@dataclass(frozen=True, eq=False)
class Place:
    """`mean` (2,) and `covariance` (2, 2) of the place; the latter is None for a model without a posterior, as is `parts`.

    `parts` (n_rated, 2) is what each rating adds to the mean, in the order of the ratings, and `prior_part` (2,) what was told
    before any rating adds. Together they sum to the mean. `explained_share` is the share of the variance, over items, of the
    difference between the person's and the average person's predictions that the items' coordinates explain; NaN where it does
    not vary.
    """

    mean: np.ndarray
    covariance: np.ndarray | None
    parts: np.ndarray | None
    explained_share: float
    prior_part: np.ndarray = field(default_factory=lambda: np.zeros(2))


def place_of(known: NewUser | OwnFoldIn, rated: Mapping[int, float], plane: Pca, item_index: np.ndarray) -> Place:
    """The place of a person with the ratings `rated`, stars by item_index, in the `plane` of the items `item_index` (n,)."""
    away = (known.predict(rated)[0].score.astype(np.float64) - known.plain.before[0].score)[item_index]
    explained_share = _explained_share(away, plane.coordinates)
    if isinstance(known, OwnFoldIn):
        return Place(slopes(away, plane.coordinates), None, None, explained_share)
    belief, turn = known.after(rated), plane.components.T  # (k, 2)
    parts = known.person_parts(rated)[:, :-1] @ turn if rated else np.zeros((0, 2))
    mean = (belief.mean - known.plain.prior.mean)[:-1] @ turn
    prior_part = (known.prior.mean - known.plain.prior.mean)[:-1] @ turn
    return Place(mean, turn.T @ belief.covariance[:-1, :-1] @ turn, parts, explained_share, prior_part)


def trained_places(
    known: NewUser | OwnFoldIn, model: Model, user_index: np.ndarray, plane: Pca, item_index: np.ndarray
) -> np.ndarray:
    """The places of the trained users `user_index` (n,), defined as in `place_of`: (n, 2)."""
    if isinstance(known, NewUser):
        factors = np.asarray(model.user_factors, dtype=np.float64)[user_index]
        return (factors - known.plain.prior.mean[:-1]) @ plane.components.T
    before, places = known.plain.before[0].score[item_index], []
    for some in np.array_split(user_index, max(1, len(user_index) // PEOPLE_AT_ONCE)):
        predicted = model.predict(np.repeat(some, len(item_index)), np.tile(item_index, len(some)))
        places.append(slopes(predicted.reshape(len(some), -1).astype(np.float64) - before, plane.coordinates))
    return np.concatenate(places)


def slopes(away: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """Least-squares slopes of `away` (…, n) on `coordinates` (n, 2), with an intercept, (…, 2); 0 for constant coordinates."""
    centred = coordinates - coordinates.mean(axis=0)
    found = np.linalg.lstsq(centred, (away - away.mean(axis=-1, keepdims=True)).T, rcond=None)[0]
    return found.T


def ellipse(covariance: np.ndarray, coverage: float = COVERAGE, n: int = 73) -> np.ndarray:
    """Points (n, 2) on the boundary of the smallest region that holds `coverage` of a two-dimensional normal distribution with
    mean zero.

    The squared Mahalanobis distance is exponential with mean 2, so the boundary is at √(−2 ln(1 − coverage)) standard deviations.
    """
    values, vectors = np.linalg.eigh(covariance)
    reach = np.sqrt(-2 * np.log(1 - coverage) * np.maximum(values, 0))
    angle = np.linspace(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angle), np.sin(angle)]) * reach @ vectors.T


def stretch(plane: Pca, people: np.ndarray) -> float:
    """The factor that scales the places of `people` (n, 2) to the items of the `plane`: with it both have the same root mean
    squared distance from the centre. 1 where all people are at the centre."""
    far = np.sqrt(np.mean(np.sum(people**2, axis=1))) if len(people) else 0.0
    return float(np.sqrt(np.mean(np.sum(plane.coordinates**2, axis=1))) / far) if far > 0 else 1.0


def movers(place: Place, rated: Mapping[int, float]) -> pd.DataFrame:
    """The part of each rating in the place, largest first: item_index, stars, x, y (the part), share.

    `share` is the projection of the part on the direction from the centre to the place, as a share of that distance; below 0 it
    pulls the other way. With `prior_share` the shares add up to 1. For a model without parts x, y and share are NaN, and the
    rows are in the order of the ratings.
    """
    parts = np.full((len(rated), 2), np.nan) if place.parts is None else place.parts
    square = float(place.mean @ place.mean)
    table = pd.DataFrame({"item_index": list(rated), "stars": list(rated.values()), "x": parts[:, 0], "y": parts[:, 1]})
    table["share"] = parts @ place.mean / square if square > 0 else np.nan
    order = np.argsort(-np.nan_to_num(np.hypot(parts[:, 0], parts[:, 1])), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def prior_share(place: Place) -> float:
    """The same share for what was told before any rating; NaN where the place is the centre."""
    square = float(place.mean @ place.mean)
    return float(place.prior_part @ place.mean) / square if square > 0 else float("nan")


def ahead(place: Place, plane: Pca, item_index: np.ndarray, answered: Collection[int], n: int = 10) -> pd.DataFrame:
    """The `n` items of the plane farthest in the direction of the place, without those `answered`: item_index, x, y.

    The table is empty where the place is the centre.
    """
    along = plane.coordinates @ place.mean  # (n_items,)
    free = (along > 1e-9) & ~np.isin(item_index, list(answered))
    order = [row for row in np.argsort(-along, kind="stable") if free[row]][:n]
    x, y = plane.coordinates[order].reshape(-1, 2).T
    return pd.DataFrame({"item_index": item_index[order], "x": x, "y": y})


def _explained_share(away: np.ndarray, coordinates: np.ndarray) -> float:
    """The share of the variance of `away` (n,) that a linear regression on the coordinates explains (R²)."""
    total = away - away.mean()
    if not total @ total > 1e-12 * len(away):
        return float("nan")
    centred = coordinates - coordinates.mean(axis=0)
    rest = total - centred @ slopes(away, coordinates)
    return float(1 - rest @ rest / (total @ total))
