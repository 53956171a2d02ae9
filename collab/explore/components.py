"""Axes of the map: principal components of the items, and custom axes between two groups of items.

The map shows a matrix X with one row per item: its factors and, optionally, its bias. The axes are principal components, either
of the centred items (the directions in which items differ most) or of the uncentred ones (the directions in which their vectors
reach farthest; the first then points from zero to where most items lie).

A *custom axis* runs from one group of items to another: the unit vector a = (m₂ − m₁) / |m₂ − m₁| between the means of their
rows. It comes first; the components that follow are those of the residual X − (X a) aᵀ, so all axes are orthogonal and no share
of variance counts twice. (The custom projection of the Embedding Projector, arXiv 1611.05469, does not orthogonalise its two
axes.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collab.errors import SettingError

N_COMPONENTS = 10
"""Number of principal components computed."""


@dataclass(frozen=True)
class Pca:
    """Items on c components: coordinates (n, c), explained_variance_ratio (c,), components (c, n_factors)."""

    coordinates: np.ndarray
    explained_variance_ratio: np.ndarray
    components: np.ndarray


def item_matrix(item_factors: np.ndarray, item_index: np.ndarray, item_biases: np.ndarray | None = None) -> np.ndarray:
    """The rows of the items `item_index` in double precision: factors, then the bias where `item_biases` are given."""
    matrix = np.asarray(item_factors, dtype=np.float64)[item_index]
    if item_biases is None:
        return matrix
    return np.column_stack([matrix, np.asarray(item_biases, dtype=np.float64)[item_index]])


def direction_between(matrix: np.ndarray, from_rows: Sequence[int], to_rows: Sequence[int]) -> np.ndarray:
    """The unit vector (d,) from the mean of the rows `from_rows` of `matrix` (n, d) to that of `to_rows`.

    Raises SettingError where a group is empty, or where both have the same mean.
    """
    if not len(from_rows) or not len(to_rows):
        raise SettingError("an axis needs a film at each end; choose one for from and one for to")
    step = matrix[np.asarray(to_rows)].mean(axis=0) - matrix[np.asarray(from_rows)].mean(axis=0)
    length = np.linalg.norm(step)
    if length <= 1e-9 * max(1.0, float(np.abs(matrix).max())):
        raise SettingError("both ends of the axis lie in the same place; choose other films for one of them")
    return step / length


def item_axes(
    matrix: np.ndarray, n_components: int = N_COMPONENTS, *, centred: bool = True, axis: np.ndarray | None = None
) -> Pca:
    """The rows of `matrix` (n, d) on `axis` (d,), a unit vector, if given, then on `n_components` principal components.

    `coordinates` (n, c), `components` (c, d) orthonormal, and the shares of the sum of squares of `matrix` about the items' mean
    or, where not `centred`, about zero. The sign of a principal component is arbitrary: here the item farthest out along it has
    a positive coordinate (scikit-learn's `svd_flip` based on the items, not the loadings). So neither the order of the items nor
    a rotation or negation of the factors, which is arbitrary in every fit, changes the picture. Components beyond the rank of
    the matrix (fewer factors or items) are zero with share zero.
    """
    values = np.asarray(matrix, dtype=np.float64)
    n_items, width = values.shape
    least = 1e-12 * np.abs(values).max(initial=0.0)  # at or below it differences are rounding error
    if centred and n_items:
        values = values - values.mean(axis=0)
    n_axes = n_components + (axis is not None)
    coordinates, shares, components = np.zeros((n_items, n_axes)), np.zeros(n_axes), np.zeros((n_axes, width))
    total = float(np.sum(values**2))
    if not np.sqrt(total) > least:
        return Pca(coordinates, shares, components)
    first = 0
    if axis is not None:
        coordinates[:, 0], components[0], first = values @ axis, axis, 1
        values = values - np.outer(coordinates[:, 0], axis)
    left, lengths, right = np.linalg.svd(values, full_matrices=False)
    n_found = min(n_components, int(np.sum(lengths > 1e-9 * np.sqrt(total))))
    found = left[:, :n_found] * lengths[:n_found]
    farthest = np.abs(found).argmax(axis=0)
    signs = np.where(found[farthest, np.arange(n_found)] < 0, -1.0, 1.0)
    last = first + n_found
    coordinates[:, first:last], components[first:last] = found * signs, right[:n_found] * signs[:, None]
    shares[:] = np.sum(coordinates**2, axis=0) / total
    return Pca(coordinates, shares, components)


def taken(space: Pca, axes: Sequence[int]) -> Pca:
    """The same space restricted to the axes `axes`, in their order; an axis that it does not have is zero with share zero."""
    n_items, n_axes = space.coordinates.shape
    width = space.components.shape[1]
    coordinates, shares, components = np.zeros((n_items, len(axes))), np.zeros(len(axes)), np.zeros((len(axes), width))
    for place, axis in enumerate(axes):
        if axis < n_axes:
            coordinates[:, place], shares[place] = space.coordinates[:, axis], space.explained_variance_ratio[axis]
            components[place] = space.components[axis]
    return Pca(coordinates, shares, components)


def position_deviations(pca: Pca, item_covariances: np.ndarray, item_index: np.ndarray) -> np.ndarray:
    """The uncertainty of the plotted positions of the items `item_index`, relative to the spread of the plot: (n,).

    With W the components and C the covariance of an item's factors, √tr(W C Wᵀ) is the root of the expected squared distance
    between an item's true and plotted position. It is divided by the root mean squared distance of the items from the centre. 0
    is certain; at about 1 the item could lie anywhere among the others. `item_covariances` (n_items, n_factors, n_factors). NaN
    where all items lie at the centre.
    """
    weights = (pca.components.T @ pca.components).ravel()  # (n_factors²,)
    spread = item_covariances.reshape(len(item_covariances), -1) @ weights  # (n_items,)
    reach = np.mean(np.sum(pca.coordinates**2, axis=1))
    return np.sqrt(np.maximum(spread[item_index], 0) / reach) if reach > 0 else np.full(len(item_index), np.nan)
