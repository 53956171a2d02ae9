"""Reading a trained model: what its biases say, where its films lie, and which films lie close together.

Everything here takes arrays and the items table of a run and gives arrays and tables back. A row's position in that
table is its `item_index`; row 0 is the unknown film "#na#". A film without a training rating has factors that nobody
ever moved: it is left out of every table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from collab.errors import SettingError
from collab.models.contract import Model

MEASURE_COLUMNS = {"cosine": "similarity", "euclidean": "distance", "dot": "product", "cautious": "similarity"}
"""How closeness can be measured, and the name of the column that then holds it."""


@dataclass(frozen=True)
class Uncertainty:
    """How well a model knows its films: covariances of their factors, item_covariances (n_items, n_factors, n_factors); and
    how much each direction matters: the covariance of the users' factors, user_spread (n_factors, n_factors)."""

    item_covariances: np.ndarray
    user_spread: np.ndarray


@dataclass(frozen=True)
class Pca:
    """Films on c components: coordinates (n, c), explained_variance_ratio (c,), components (c, n_factors)."""

    coordinates: np.ndarray
    explained_variance_ratio: np.ndarray
    components: np.ndarray


def trained_items(items: pd.DataFrame, minimum_count: int = 1) -> np.ndarray:
    """The item indices with at least `minimum_count` training ratings, ascending, without "#na#" and the untrained."""
    counts = items["n_ratings"].to_numpy()
    item_index = np.flatnonzero(counts >= max(1, minimum_count))
    return item_index[item_index > 0]


def most_rated_items(items: pd.DataFrame, n: int) -> np.ndarray:
    """The item indices of the `n` films with most training ratings, most first (equal counts: lower index first)."""
    item_index = trained_items(items)
    order = np.argsort(-items["n_ratings"].to_numpy()[item_index], kind="stable")
    return item_index[order[:n]]


@dataclass(frozen=True)
class BiasDoubt:
    """Posterior standard deviations of the biases: items (n_items,), users (n_users,), in the unit of the biases."""

    items: np.ndarray
    users: np.ndarray


def bias_doubt(model: Model) -> BiasDoubt | None:
    """How well `model` knows its biases, from its covariances; None where it has none."""
    if model.item_covariances is None:
        return None
    return BiasDoubt(*(np.sqrt(table[:, -1, -1]) for table in (model.item_covariances, model.user_covariances)))


def bias_table(
    items: pd.DataFrame, item_biases: np.ndarray, minimum_count: int = 20, deviations: np.ndarray | None = None
) -> pd.DataFrame:
    """One row a film with at least `minimum_count` training ratings, highest bias first.

    Columns: item_index, title, bias, mean_rating, damped_mean, n_ratings, genres, year, residual, and deviation where the
    standard deviations of the biases are given, `deviations` (n_items,).

    Sorting by bias is not sorting by mean rating. The mean says how a film was rated by those who rated it; the bias
    is what is left when the raters' own biases and their tastes (the product of factors) have been taken into account,
    and it is shrunk towards zero where ratings are few. `residual` shows the difference film by film: the bias minus
    what the straight line bias = a + b · damped_mean expects of a film with that damped mean. The line is the least-squares
    one, each film weighted by its count, through all trained films: a film's residual does not depend on
    `minimum_count`. Above zero, the model thinks more of the film than its stars do (strict raters, or raters to whose
    taste it does not belong); below zero, its stars come from kind or like-minded raters.
    """
    biases = np.asarray(item_biases, dtype=np.float64)
    columns = ["title", "mean_rating", "damped_mean", "n_ratings", "genres", "year"]
    item_index = trained_items(items)
    table = items.iloc[item_index][columns].reset_index(drop=True)
    table.insert(0, "item_index", item_index)
    table.insert(2, "bias", biases[item_index])
    table["residual"] = _line_residual(table["damped_mean"], table["bias"], table["n_ratings"])
    if deviations is not None:
        table["deviation"] = deviations[item_index]
    return _highest_first(table[table["n_ratings"] >= minimum_count], "bias", "item_index")


def user_bias_table(
    users: pd.DataFrame, user_biases: np.ndarray, minimum_count: int = 1, deviations: np.ndarray | None = None
) -> pd.DataFrame:
    """One row a user with at least `minimum_count` training ratings, highest bias (the kindest rater) first.

    Columns: user_index, user_id, bias, mean_rating, n_ratings, residual (as in `bias_table`, but against the plain mean: above
    zero, the user is kinder than the stars say, because the films that were seen are ones that others liked less). `bias` counts
    from that of row 0, the unknown user, who is the average one: what all users have in common may be a global mean. A column
    deviation follows where `deviations` (n_users,) are given.
    """
    biases = np.asarray(user_biases, dtype=np.float64)
    biases = biases - biases[0]
    user_index = trained_items(users)
    table = users.iloc[user_index][["user_id", "mean_rating", "n_ratings"]].reset_index(drop=True)
    table.insert(0, "user_index", user_index)
    table.insert(2, "bias", biases[user_index])
    table["residual"] = _line_residual(table["mean_rating"], table["bias"], table["n_ratings"])
    if deviations is not None:
        table["deviation"] = deviations[user_index]
    return _highest_first(table[table["n_ratings"] >= minimum_count], "bias", "user_index")


def factor_pca(item_factors: np.ndarray, item_index: np.ndarray, n_components: int = 3) -> Pca:
    """The films of `item_index` on the first principal components of their factors, by a full decomposition.

    `item_factors` (n_items, n_factors); `coordinates` (n, n_components) in the order of `item_index`, their mean zero.
    Shares are of the variance of these films' factors. A principal component has no sign of its own: here the film
    farthest out along a component has a positive coordinate (scikit-learn's `svd_flip` decided by the films, not by the
    loadings). So neither the order of films nor a rotation or negation of the factors, which is arbitrary in every fit,
    changes the picture. Components that the films do not have (fewer factors or films) are zero with share zero.
    """
    factors = np.asarray(item_factors, dtype=np.float64)[np.asarray(item_index)]  # (n, n_factors)
    n_films, n_factors = factors.shape
    coordinates = np.zeros((n_films, n_components))
    ratio = np.zeros(n_components)
    components = np.zeros((n_components, n_factors))
    n_found = min(n_components, n_films, n_factors)
    if n_found and np.ptp(factors, axis=0).any():
        pca = PCA(n_components=n_found, svd_solver="full")
        found = pca.fit_transform(factors)  # (n, n_found)
        farthest = np.abs(found).argmax(axis=0)
        signs = np.where(found[farthest, np.arange(n_found)] < 0, -1.0, 1.0)
        coordinates[:, :n_found] = found * signs
        components[:n_found] = pca.components_ * signs[:, None]
        ratio[:n_found] = pca.explained_variance_ratio_
    return Pca(coordinates, ratio, components)


def place_doubt(pca: Pca, item_covariances: np.ndarray, item_index: np.ndarray) -> np.ndarray:
    """How far the true place of a film may lie from its drawn one, relative to the picture: (n,), for the films `item_index`.

    With W the components and C the covariance of a film's factors, √tr(W C Wᵀ) is the root of the expected squared distance
    between the two; it is divided by the root of the mean squared distance of the films from the middle. 0 is certain; about
    1: the film could as well lie anywhere among the others. `item_covariances` (n_items, n_factors, n_factors). NaN where all
    films lie in the middle.
    """
    weights = (pca.components.T @ pca.components).ravel()  # (n_factors²,)
    spread = item_covariances.reshape(len(item_covariances), -1) @ weights  # (n_items,)
    reach = np.mean(np.sum(pca.coordinates**2, axis=1))
    return np.sqrt(np.maximum(spread[item_index], 0) / reach) if reach > 0 else np.full(len(item_index), np.nan)


def uncertainty(model: Model, users: pd.DataFrame) -> Uncertainty | None:
    """How well `model` knows its films, from its covariances and its trained `users`; None where it has no covariances."""
    if model.item_covariances is None:
        return None
    factors = np.asarray(model.user_factors, dtype=np.float64)[trained_items(users)]
    spread = np.atleast_2d(np.cov(factors, rowvar=False, bias=True)) if len(factors) else np.eye(factors.shape[1])
    return Uncertainty(np.asarray(model.item_covariances, dtype=np.float64)[:, :-1, :-1], spread)


def measures(known: Uncertainty | None) -> list[str]:
    """The measures of closeness that a model can give."""
    return [measure for measure in MEASURE_COLUMNS if measure != "cautious" or known is not None]


def similarity(
    item_factors: np.ndarray, item_index: int, measure: str = "cosine", known: Uncertainty | None = None
) -> np.ndarray:
    """How close every film is to film `item_index`: (n_items,) in double precision.

    With q the factors, i this film and j another: cosine q_i·q_j / (|q_i| |q_j|), between -1 and 1, blind to length,
    0 where a vector is zero; dot q_i·q_j, in which long vectors (often rated films) win; euclidean |q_i - q_j|, a
    distance, so smaller is closer. With the covariances C of the films' factors and the users' spread Σ, cautious is
    q_iᵀ Σ q_j / √((q_iᵀ Σ q_i + tr C_i Σ)(q_jᵀ Σ q_j + tr C_j Σ)): a cosine in which directions count by how much users
    differ in them, and in which a film that is little known cannot score high. Raises `SettingError` for any other measure,
    and for cautious where it is not `known` how certain the films are.
    """
    if measure not in measures(known):
        raise SettingError(f"measure is {measure!r}; choose one of {', '.join(measures(known))}")
    factors = np.asarray(item_factors, dtype=np.float64)
    if measure != "cautious":
        return closeness(factors, factors[item_index], measure)
    doubt = film_doubt(known)
    return closeness(factors, factors[item_index], measure, known.user_spread, doubt, float(doubt[item_index]))


def film_doubt(known: Uncertainty) -> np.ndarray:
    """What the covariance C of a film's factors adds to its expected squared length, tr C Σ: (n_items,)."""
    return np.einsum("nij,ij->n", known.item_covariances, known.user_spread)


def closeness(
    factors: np.ndarray,
    point: np.ndarray,
    measure: str,
    spread: np.ndarray | None = None,
    doubt: np.ndarray | None = None,
    own_doubt: float = 0.0,
) -> np.ndarray:
    """How close every row of `factors` (n_items, n_factors) is to `point` (n_factors,), as in `similarity`: (n_items,), float64.

    The cautious cosine takes the users' `spread` Σ and, as of `film_doubt`, the `doubt` (n_items,) of the films and that of the
    point.
    """
    if measure == "euclidean":
        return np.linalg.norm(factors - point, axis=1)
    if measure == "cautious":
        towards = factors @ spread  # (n_items, n_factors)
        squared, own = (towards * factors).sum(axis=1) + doubt, float(point @ spread @ point) + own_doubt
        products, lengths = towards @ point, np.sqrt(squared * own)
    else:
        products = factors @ point  # (n_items,)
        if measure == "dot":
            return products
        lengths = np.linalg.norm(factors, axis=1) * np.linalg.norm(point)
    cosine = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.clip(cosine, -1.0, 1.0)


def similar_items(
    items: pd.DataFrame,
    item_factors: np.ndarray,
    item_index: int,
    measure: str = "cosine",
    minimum_count: int = 20,
    n: int = 10,
    known: Uncertainty | None = None,
) -> pd.DataFrame:
    """The `n` films closest to film `item_index`, closest first, among those with `minimum_count` training ratings.

    Columns: item_index, title, the measure's own column (`MEASURE_COLUMNS`: similarity, distance or product),
    n_ratings, genres, year. The film itself is left out; of equally close films the more often rated comes first, then
    the lower index. Raises `SettingError` for an unknown measure and for a film that was never trained.
    """
    if not 0 < item_index < len(items) or items["n_ratings"].iat[item_index] < 1:
        raise SettingError(
            f"film {item_index} has no training rating, so the model does not know it; choose a film with ratings"
        )
    closeness = similarity(item_factors, item_index, measure, known)
    candidates = trained_items(items, minimum_count)
    candidates = candidates[candidates != item_index]
    table = items.iloc[candidates][["title", "n_ratings", "genres", "year"]].reset_index(drop=True)
    table.insert(0, "item_index", candidates)
    table.insert(2, MEASURE_COLUMNS[measure], closeness[candidates])
    best_first = closeness[candidates] if measure == "euclidean" else -closeness[candidates]
    order = np.lexsort((candidates, -table["n_ratings"].to_numpy(), best_first))[:n]
    return table.iloc[order].reset_index(drop=True)


def _line_residual(mean: pd.Series, bias: pd.Series, weight: pd.Series) -> np.ndarray:
    """`bias` minus its weighted least-squares line on `mean`; minus its mean where the means do not differ."""
    x, y, w = (column.to_numpy(dtype=np.float64) for column in (mean, bias, weight))
    if not len(x):
        return np.zeros(0)
    x_centred = x - np.average(x, weights=w)
    y_centred = y - np.average(y, weights=w)
    spread = np.sum(w * x_centred**2)
    slope = np.sum(w * x_centred * y_centred) / spread if spread > 0 else 0.0
    return y_centred - slope * x_centred


def _highest_first(table: pd.DataFrame, column: str, index_column: str) -> pd.DataFrame:
    """`table` sorted by `column`, highest first; equal values: more ratings first, then the lower index."""
    order = [column, "n_ratings", index_column]
    return table.sort_values(order, ascending=[False, False, True]).reset_index(drop=True)
