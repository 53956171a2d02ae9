"""Taste place: where a person stands on the film map's first two principal components, and how sure that is.

A person is no film: what a place means is a direction. With W (2, n_factors) the first two components of the item factors,
p the person's factors and p̄ the average person's, the place is W (p − p̄). A film at x is then predicted x · place more by
the person than by the average one (inside the sigmoid, where there is one), beside what the other components and the
bias add: predictions rise towards the place, and the average person stands in the middle. Its covariance is W V Wᵀ, and every
rating has its own exact part in it (`collab.models.fold_in.person_parts`).

A model that folds people in by itself has no p. There the place is the direction in which its predictions rise: the
least-squares slopes of the difference between the person's and the average person's predicted ratings on the two coordinates,
over the films of the map. For a plain dot product both are the same, for principal components are not correlated.
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
"""Trained users whose predictions are in memory together."""


@dataclass(frozen=True, eq=False)
class Place:
    """`mean` (2,) and `covariance` (2, 2) of the place, None where the model does not say how sure it is.

    `parts` (n_rated, 2): what each rating adds to the mean, in the order of the ratings; `beforehand` (2,): what was told before
    any rating. All of them add up to the mean. `parts` is None as above.
    `told`: the share of how the person's predictions differ from the average person's, film by film, that follows from the
    films' places on the map; NaN where they do not differ.
    """

    mean: np.ndarray
    covariance: np.ndarray | None
    parts: np.ndarray | None
    told: float
    beforehand: np.ndarray = field(default_factory=lambda: np.zeros(2))


def place_of(known: NewUser | OwnFoldIn, rated: Mapping[int, float], plane: Pca, item_index: np.ndarray) -> Place:
    """Where the ratings `rated`, stars by item_index, put a person in the `plane` of the films `item_index` (n,)."""
    away = (known.predict(rated)[0].score.astype(np.float64) - known.plain.before[0].score)[item_index]
    told = _told(away, plane.coordinates)
    if isinstance(known, OwnFoldIn):
        return Place(slopes(away, plane.coordinates), None, None, told)
    belief, turn = known.after(rated), plane.components.T  # (k, 2)
    parts = known.person_parts(rated)[:, :-1] @ turn if rated else np.zeros((0, 2))
    mean = (belief.mean - known.plain.prior.mean)[:-1] @ turn
    beforehand = (known.prior.mean - known.plain.prior.mean)[:-1] @ turn
    return Place(mean, turn.T @ belief.covariance[:-1, :-1] @ turn, parts, told, beforehand)


def trained_places(
    known: NewUser | OwnFoldIn, model: Model, user_index: np.ndarray, plane: Pca, item_index: np.ndarray
) -> np.ndarray:
    """The places of the trained users `user_index` (n,), as `place_of` counts them, (n, 2)."""
    if isinstance(known, NewUser):
        factors = np.asarray(model.user_factors, dtype=np.float64)[user_index]
        return (factors - known.plain.prior.mean[:-1]) @ plane.components.T
    before, places = known.plain.before[0].score[item_index], []
    for some in np.array_split(user_index, max(1, len(user_index) // PEOPLE_AT_ONCE)):
        predicted = model.predict(np.repeat(some, len(item_index)), np.tile(item_index, len(some)))
        places.append(slopes(predicted.reshape(len(some), -1).astype(np.float64) - before, plane.coordinates))
    return np.concatenate(places)


def slopes(away: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """Least-squares slopes of `away` (…, n) on `coordinates` (n, 2), an intercept beside them, (…, 2); 0 where there are none."""
    centred = coordinates - coordinates.mean(axis=0)
    found = np.linalg.lstsq(centred, (away - away.mean(axis=-1, keepdims=True)).T, rcond=None)[0]
    return found.T


def ellipse(covariance: np.ndarray, coverage: float = COVERAGE, n: int = 73) -> np.ndarray:
    """Points (n, 2) around the smallest area that holds `coverage` of a normal distribution around zero in two dimensions.

    The squared Mahalanobis distance is exponential with mean 2, so it reaches to the root of −2 ln(1 − coverage) standard
    deviations.
    """
    values, vectors = np.linalg.eigh(covariance)
    reach = np.sqrt(-2 * np.log(1 - coverage) * np.maximum(values, 0))
    angle = np.linspace(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angle), np.sin(angle)]) * reach @ vectors.T


def stretch(plane: Pca, people: np.ndarray) -> float:
    """What the places of `people` (n, 2) are multiplied by to be drawn among the films of the `plane`: then they lie as far from
    the middle as the films do, in the root of the mean square. 1 where all people stand in the middle."""
    far = np.sqrt(np.mean(np.sum(people**2, axis=1))) if len(people) else 0.0
    return float(np.sqrt(np.mean(np.sum(plane.coordinates**2, axis=1))) / far) if far > 0 else 1.0


def movers(place: Place, rated: Mapping[int, float]) -> pd.DataFrame:
    """What each rating did, the largest first: item_index, stars, x, y (its part in the place), share.

    `share` is its part along the way from the middle to the place, as a share of it: with `share_beforehand` they add up to 1,
    one below 0 pulled the other way. All NaN where the model does not say what each rating did, in the order of the ratings.
    """
    parts = np.full((len(rated), 2), np.nan) if place.parts is None else place.parts
    square = float(place.mean @ place.mean)
    table = pd.DataFrame({"item_index": list(rated), "stars": list(rated.values()), "x": parts[:, 0], "y": parts[:, 1]})
    table["share"] = parts @ place.mean / square if square > 0 else np.nan
    order = np.argsort(-np.nan_to_num(np.hypot(parts[:, 0], parts[:, 1])), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def share_beforehand(place: Place) -> float:
    """The part along the same way of what was told before any rating, as a share of it; NaN where the place is the middle."""
    square = float(place.mean @ place.mean)
    return float(place.beforehand @ place.mean) / square if square > 0 else float("nan")


def ahead(place: Place, plane: Pca, item_index: np.ndarray, answered: Collection[int], n: int = 10) -> pd.DataFrame:
    """The `n` films of the plane, those `answered` left out, that lie farthest along the way to the place: item_index, x, y.

    None where the place is the middle.
    """
    along = plane.coordinates @ place.mean  # (n_items,)
    free = (along > 1e-9) & ~np.isin(item_index, list(answered))
    order = [row for row in np.argsort(-along, kind="stable") if free[row]][:n]
    x, y = plane.coordinates[order].reshape(-1, 2).T
    return pd.DataFrame({"item_index": item_index[order], "x": x, "y": y})


def _told(away: np.ndarray, coordinates: np.ndarray) -> float:
    """The share of the variance of `away` (n,) that a plane over the coordinates explains (R²)."""
    total = away - away.mean()
    if not total @ total > 1e-12 * len(away):
        return float("nan")
    centred = coordinates - coordinates.mean(axis=0)
    rest = total - centred @ slopes(away, coordinates)
    return float(1 - rest @ rest / (total @ total))
