"""The axes of the map: by hand, by what must always hold, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA, TruncatedSVD

from collab.errors import SettingError
from collab.explore.components import direction_between, item_axes, item_matrix, position_deviations, taken

MATRICES = arrays(np.float64, st.tuples(st.integers(6, 25), st.integers(3, 7)), elements=st.floats(-3, 3, width=16))


def some_matrix(n_items=40, width=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n_items, width)) * np.arange(1, width + 1) + 1.5


def test_two_films_and_a_third_by_hand():
    """Films at (0, 0), (2, 0) and (1, 1): from the first to the second leads (1, 0), and (0, 1) is what is left."""
    matrix = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]])
    axis = direction_between(matrix, [0], [1])
    assert axis.tolist() == [1.0, 0.0]
    space = item_axes(matrix, 1, axis=axis)
    assert space.coordinates == pytest.approx(np.array([[-1, -1 / 3], [1, -1 / 3], [0, 2 / 3]]))
    assert space.explained_variance_ratio == pytest.approx([2 / (2 + 2 / 3), (2 / 3) / (2 + 2 / 3)])


def test_two_groups_by_hand():
    matrix = np.array([[0.0, 0.0], [0.0, 2.0], [3.0, 1.0], [3.0, 9.0]])
    assert direction_between(matrix, [0, 1], [2]) == pytest.approx([1.0, 0.0])  # from the mean (0, 1) to (3, 1)
    assert direction_between(matrix, [0, 1], [2, 3]) == pytest.approx(np.array([3, 4]) / 5)


def test_an_axis_takes_two_places():
    matrix = some_matrix()
    with pytest.raises(SettingError, match="a film at each end"):
        direction_between(matrix, [], [1])
    with pytest.raises(SettingError, match="same place"):
        direction_between(matrix, [1, 2], [2, 1])


def test_the_bias_is_one_more_column():
    factors, biases = np.arange(6.0).reshape(3, 2), np.array([0.5, -0.5, 1.0])
    assert item_matrix(factors, [2, 0], biases).tolist() == [[4, 5, 1], [0, 1, 0.5]]
    assert item_matrix(factors, [1]).tolist() == [[2, 3]]


@pytest.mark.parametrize("centred", [True, False])
def test_shares_are_scikit_learns(centred):
    matrix = some_matrix()
    space = item_axes(matrix, 5, centred=centred)
    if centred:
        theirs = PCA(5).fit(matrix).explained_variance_ratio_
    else:
        lengths = TruncatedSVD(5, algorithm="arpack").fit(matrix).singular_values_
        theirs = lengths**2 / np.sum(matrix**2)
    assert space.explained_variance_ratio == pytest.approx(theirs)
    assert item_axes(matrix, 10, centred=centred).explained_variance_ratio.sum() == pytest.approx(1)


@given(MATRICES)
def test_whatever_the_films_a_custom_axis_is_at_right_angles_to_the_others(matrix):
    try:
        axis = direction_between(matrix, [0, 1], [2])
    except SettingError:
        return
    for centred in (True, False):
        space = item_axes(matrix, 4, centred=centred, axis=axis)
        found = space.components[np.linalg.norm(space.components, axis=1) > 0]
        assert found @ found.T == pytest.approx(np.eye(len(found)), abs=1e-6)
        assert found[0] == pytest.approx(axis)
        values = matrix - matrix.mean(axis=0) * centred
        assert space.coordinates[:, 0] == pytest.approx(values @ axis, abs=1e-9)
        assert space.explained_variance_ratio.sum() <= 1 + 1e-9


@given(MATRICES)
def test_whatever_the_films_the_second_end_lies_higher_than_the_first(matrix):
    try:
        axis = direction_between(matrix, [0, 1], [2, 3])
    except SettingError:
        return
    place = item_axes(matrix, 2, axis=axis).coordinates[:, 0]
    step = matrix[[2, 3]].mean(axis=0) - matrix[[0, 1]].mean(axis=0)
    assert place[[2, 3]].mean() - place[[0, 1]].mean() == pytest.approx(np.linalg.norm(step))


@given(MATRICES)
def test_whatever_the_films_all_axes_together_keep_every_distance(matrix):
    place = item_axes(matrix, matrix.shape[1]).coordinates
    for first, second in ((0, 1), (2, 5)):
        before = np.linalg.norm(matrix[first] - matrix[second])
        assert np.linalg.norm(place[first] - place[second]) == pytest.approx(before, abs=1e-6)


def test_axes_that_the_films_do_not_have_are_zero():
    space = item_axes(np.array([[0.0], [1.0], [5.0]]), 3)
    assert space.explained_variance_ratio == pytest.approx([1, 0, 0]) and not space.coordinates[:, 1:].any()
    assert not item_axes(np.full((4, 3), 0.1), 2).coordinates.any()
    assert item_axes(np.ones((5, 0)), 3).coordinates.shape == (5, 3)
    assert item_axes(np.zeros((0, 3)), 2).coordinates.shape == (0, 2)


def test_any_three_axes_in_any_order():
    space = item_axes(some_matrix(), 6)
    some = taken(space, [4, 0, 9])
    assert some.coordinates[:, 0] == pytest.approx(space.coordinates[:, 4])
    assert some.explained_variance_ratio[1] == space.explained_variance_ratio[0]
    assert some.components[0] == pytest.approx(space.components[4]) and not some.coordinates[:, 2].any()


def test_doubt_about_a_place_on_paper():
    """Four films on a cross with arms of 2. A variance of 1 an axis is off by √2, √½ of an arm; one of 4 by twice that."""
    factors = np.array([[9.0, 9], [2, 0], [-2, 0], [0, 2], [0, -2]])
    covariances = np.stack([np.eye(2) * variance for variance in (9.0, 0.0, 1.0, 4.0, 1.0)])
    item_index = np.array([1, 2, 3, 4])
    pca = item_axes(factors[1:], 3)
    assert position_deviations(pca, covariances, item_index) == pytest.approx(np.array([0, 1, 2, 1]) * 0.5**0.5)
    line = item_axes(factors[1:], 1)  # what lies across the drawn line is not seen
    across = np.stack([np.eye(2) - line.components.T @ line.components] * 5)
    assert position_deviations(line, across, item_index) == pytest.approx(0, abs=1e-6)
    nowhere = item_axes(np.zeros((4, 2)), 3)
    assert np.isnan(position_deviations(nowhere, covariances, item_index)).all()


def test_pca_does_not_depend_on_the_order_of_films():
    factors = some_matrix(60, seed=1).astype(np.float32)
    order = np.random.default_rng(2).permutation(len(factors))
    straight = item_axes(factors, 3)
    shuffled = item_axes(factors[order], 3)
    assert np.allclose(shuffled.coordinates, straight.coordinates[order])
    assert np.allclose(shuffled.components, straight.components)


@pytest.mark.parametrize("turn", ["negation", "rotation"])
def test_pca_picture_does_not_change_when_the_factors_are_turned(turn):
    factors = some_matrix(60, 8, seed=3)
    rotation = np.linalg.qr(np.random.default_rng(4).normal(size=(8, 8)))[0]
    turned = -factors if turn == "negation" else factors @ rotation
    before, after = item_axes(factors, 3), item_axes(turned, 3)
    assert np.allclose(after.coordinates, before.coordinates)
    assert np.allclose(after.explained_variance_ratio, before.explained_variance_ratio)
