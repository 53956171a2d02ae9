"""Principal axes against scikit-learn and by what must hold."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from collab.lessons.principal_axes import best_plain_share, flattened, hidden_cloud, principal_axes


@pytest.mark.parametrize("stretch", [1.0, 3.0, 6.0])
def test_as_scikit_learn_finds_them(stretch):
    points = hidden_cloud(stretch)
    found, theirs = principal_axes(points), PCA(svd_solver="full").fit(points)
    np.testing.assert_allclose(found.variances, theirs.explained_variance_)
    np.testing.assert_allclose(found.shares, theirs.explained_variance_ratio_)
    np.testing.assert_allclose(np.abs((found.axes * theirs.components_).sum(axis=1)), 1.0)  # up to their sign
    assert best_plain_share(points) <= found.shares[:2].sum()


def test_by_hand():
    points = np.array([[-3.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    found = principal_axes(points)
    np.testing.assert_allclose(found.axes, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(found.shares, [0.9, 0.1])
    assert best_plain_share(points) == pytest.approx(0.9)


def test_pressed_flat_only_the_last_axis_is_lost():
    points = hidden_cloud(3.0)
    found = principal_axes(points)
    flat = principal_axes(flattened(points, found, 1.0))
    np.testing.assert_allclose(flat.variances, [*found.variances[:2], 0.0], atol=1e-12)
    np.testing.assert_allclose(flattened(points, found, 0.0), points)
