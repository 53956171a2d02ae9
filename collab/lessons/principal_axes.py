"""PCA of a cloud: orthogonal axes, ordered by the variance of the cloud along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# the longest is the diagonal of the box: leaving out any axis of the box loses much variance
HIDDEN_AXES = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]) / np.sqrt([[3], [2], [6]])


@dataclass(frozen=True)
class PrincipalAxes:
    """`middle` (d,); `axes` (d, d), unit vectors as rows, longest first; `variances` (d,) of the points along them."""

    middle: np.ndarray
    axes: np.ndarray
    variances: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """The share of the total variance along each axis, (d,)."""
        return self.variances / self.variances.sum()


def hidden_cloud(stretch: float, n_points: int = 400, seed: int = 0) -> np.ndarray:
    """Gaussian points (n_points, 3) with standard deviations of `stretch`, its root, and 1 along `HIDDEN_AXES`."""
    places = np.random.default_rng(seed).normal(size=(n_points, 3)) * [stretch, np.sqrt(stretch), 1.0]
    return places @ HIDDEN_AXES


def principal_axes(points: np.ndarray) -> PrincipalAxes:
    """The eigenvectors of the covariance of `points` (n, d), the largest eigenvalue first (denominator n − 1)."""
    variances, columns = np.linalg.eigh(np.cov(points, rowvar=False))
    axes = columns.T[::-1]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]  # the sign of an axis is arbitrary
    return PrincipalAxes(points.mean(axis=0), axes, variances[::-1])


def flattened(points: np.ndarray, found: PrincipalAxes, share: float) -> np.ndarray:
    """`points` (n, d) moved along the last axis by `share` of their distance to the middle; 1: flat."""
    last = found.axes[-1]
    heights = (points - found.middle) @ last  # (n,)
    return points - share * heights[:, None] * last


def best_plain_share(points: np.ndarray) -> float:
    """The share of the variance that remains without one of the original axes, the one of least variance."""
    variances = points.var(axis=0)
    return float(1.0 - variances.min() / variances.sum())
