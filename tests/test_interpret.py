"""Biases, components and neighbours: on paper, against numpy's SVD, and by properties that must always hold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collab.errors import SettingError
from collab.interpret import (
    Uncertainty,
    bias_doubt,
    bias_table,
    factor_pca,
    measures,
    most_rated_items,
    place_doubt,
    similar_items,
    similarity,
    trained_items,
    uncertainty,
    user_bias_table,
)

FACTORS = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 5)),
    elements=st.floats(-4, 4, allow_subnormal=False).map(lambda value: round(value, 3)),
)


def make_items(n_ratings, mean_rating=None):
    """An items table of a run: row 0 is "#na#", then one film a count."""
    n_films = len(n_ratings)
    means = [3.0] * n_films if mean_rating is None else list(mean_rating)
    return pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {letter} (1990)" for letter in "ABCDEFGHIJKLMNOP"[:n_films])],
            "year": pd.array([pd.NA] + [1990] * n_films, dtype="Int64"),
            "genres": ["", *["Drama"] * n_films],
            "n_ratings": [0, *n_ratings],
            "mean_rating": [np.nan, *means],
            "damped_mean": [np.nan, *means],
        }
    )


# Four films on paper: A points along the first axis, B the same way but twice as long, C at a right angle, D opposite.
PAPER_FACTORS = np.array([[9.0, 9.0], [1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], dtype=np.float32)


def test_similarity_on_paper():
    assert similarity(PAPER_FACTORS, 1, "cosine")[1:] == pytest.approx([1, 1, 0, -1])
    assert similarity(PAPER_FACTORS, 1, "dot")[1:] == pytest.approx([1, 2, 0, -1])
    assert similarity(PAPER_FACTORS, 1, "euclidean")[1:] == pytest.approx([0, 1, 2**0.5, 2])


def test_cautious_cosine_on_paper():
    """Users differ twice as much along the second axis; B is known for certain, A and C by a variance of 1 an axis.

    A·B: 1·2/√((1 + 3)(4 + 0)) = ½, with tr CΣ = 1 + 2; A with itself 1/(1 + 3); A·C and A·D as their angles say.
    """
    covariances = np.stack([np.eye(2), np.eye(2), np.zeros((2, 2)), np.eye(2), np.zeros((2, 2))])
    known = Uncertainty(covariances, np.diag([1.0, 2.0]))
    assert similarity(PAPER_FACTORS, 1, "cautious", known)[1:] == pytest.approx([1 / 4, 1 / 2, 0, -1 / 2])
    certain = Uncertainty(np.zeros((5, 2, 2)), np.eye(2))
    assert similarity(PAPER_FACTORS, 1, "cautious", certain) == pytest.approx(similarity(PAPER_FACTORS, 1))
    nearest = similar_items(make_items([30, 40, 50, 60]), PAPER_FACTORS, 1, "cautious", n=1, known=known)
    assert list(nearest["item_index"]) == [2] and nearest["similarity"].iat[0] == pytest.approx(0.5)


def test_only_a_model_with_covariances_can_be_cautious():
    users = pd.DataFrame({"n_ratings": [0, 4, 5, 0]})
    tastes = np.array([[9.0, 9], [1, 0], [-1, 0], [9, 9]])
    covariances = np.arange(18.0).reshape(2, 3, 3)
    known = uncertainty(SimpleNamespace(item_covariances=covariances, user_factors=tastes), users)
    assert np.array_equal(known.user_spread, [[1, 0], [0, 0]])  # of the two with ratings
    assert np.array_equal(known.item_covariances, covariances[:, :2, :2])  # without the bias
    assert uncertainty(SimpleNamespace(item_covariances=None, user_factors=tastes), users) is None
    assert "cautious" in measures(known) and measures(None) == ["cosine", "euclidean", "dot"]
    with pytest.raises(SettingError, match="measure is 'cautious'; choose one of cosine, euclidean, dot"):
        similarity(PAPER_FACTORS, 1, "cautious")


def test_doubt_about_a_place_on_paper():
    """Four films on a cross with arms of 2. A variance of 1 an axis is off by √2, √½ of an arm; one of 4 by twice that."""
    factors = np.array([[9.0, 9], [2, 0], [-2, 0], [0, 2], [0, -2]])
    covariances = np.stack([np.eye(2) * variance for variance in (9.0, 0.0, 1.0, 4.0, 1.0)])
    item_index = np.array([1, 2, 3, 4])
    pca = factor_pca(factors, item_index)
    assert place_doubt(pca, covariances, item_index) == pytest.approx(np.array([0, 1, 2, 1]) * 0.5**0.5)
    line = factor_pca(factors, item_index, n_components=1)  # what lies across the drawn line is not seen
    across = np.stack([np.eye(2) - line.components.T @ line.components] * 5)
    assert place_doubt(line, across, item_index) == pytest.approx(0, abs=1e-6)
    nowhere = factor_pca(np.zeros((5, 2)), item_index)
    assert np.isnan(place_doubt(nowhere, covariances, item_index)).all()


def test_doubt_about_biases_goes_with_its_row():
    items = make_items([30, 40, 0, 60])
    covariances = np.stack([np.diag([1.0, variance]) for variance in (9.0, 0.01, 0.04, 1.0, 0.25)])
    model = SimpleNamespace(item_covariances=covariances, user_covariances=covariances[::-1])
    doubt = bias_doubt(model)
    assert doubt.items == pytest.approx([3, 0.1, 0.2, 1, 0.5]) and doubt.users == pytest.approx([0.5, 1, 0.2, 0.1, 3])
    table = bias_table(items, np.array([0, 0.1, 0.5, 0, 0.3]), 1, doubt.items)
    assert list(table["item_index"]) == [2, 4, 1] and table["deviation"].tolist() == pytest.approx([0.2, 0.5, 0.1])
    assert (
        "deviation" not in bias_table(items, np.zeros(5)) and bias_doubt(SimpleNamespace(item_covariances=None)) is None
    )


def test_similar_items_on_paper():
    items = make_items([30, 40, 50, 60])
    nearest = similar_items(items, PAPER_FACTORS, 1, n=3)
    assert list(nearest.columns) == ["item_index", "title", "similarity", "n_ratings", "genres", "year"]
    assert list(nearest["item_index"]) == [2, 3, 4]
    assert list(nearest["title"]) == ["Film B (1990)", "Film C (1990)", "Film D (1990)"]
    assert list(similar_items(items, PAPER_FACTORS, 2, "dot", n=3)["item_index"]) == [1, 3, 4]
    by_distance = similar_items(items, PAPER_FACTORS, 4, "euclidean", n=3)
    assert list(by_distance["item_index"]) == [3, 1, 2]
    assert list(by_distance["distance"]) == pytest.approx([2**0.5, 2, 3])


def test_similar_items_leaves_out_itself_the_untrained_and_the_rare():
    factors = np.ones((6, 2))
    items = make_items([100, 0, 5, 20, 20])
    assert list(similar_items(items, factors, 1)["item_index"]) == [4, 5]
    assert list(similar_items(items, factors, 1, minimum_count=1)["item_index"]) == [4, 5, 3]
    assert list(similar_items(items, factors, 1, minimum_count=0, n=99)["item_index"]) == [4, 5, 3]
    assert similar_items(items, factors, 1, minimum_count=1000).empty


def test_equally_close_films_come_by_count_then_by_index():
    items = make_items([30, 20, 40, 20, 40])
    for measure in ("cosine", "euclidean", "dot"):
        assert list(similar_items(items, np.ones((6, 3)), 1, measure)["item_index"]) == [3, 5, 2, 4]


def test_cosine_of_a_zero_vector_is_zero():
    factors = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]])
    assert list(similarity(factors, 1)) == [0, 0, 0]
    assert list(similarity(factors, 2)) == [0, 0, 1]


def test_unknown_measure_names_the_choices():
    with pytest.raises(SettingError, match=r"'manhattan'.*cosine, euclidean, dot"):
        similarity(PAPER_FACTORS, 1, "manhattan")


@pytest.mark.parametrize("item_index", [0, 2, -1, 5])
def test_a_film_that_was_never_trained_has_no_neighbours(item_index):
    with pytest.raises(SettingError, match=f"film {item_index} has no training rating"):
        similar_items(make_items([30, 0, 40, 50]), PAPER_FACTORS, item_index)


@given(FACTORS, st.floats(0.01, 100))
@settings(deadline=None)
def test_cosine_is_symmetric_bounded_and_blind_to_length(factors, scale):
    table = np.stack([similarity(factors, row) for row in range(len(factors))])
    assert np.allclose(table, table.T)
    assert (np.abs(table) <= 1).all()
    nonzero = np.linalg.norm(factors, axis=1) > 0
    assert np.allclose(np.diag(table), nonzero)
    assert (table <= np.diag(table)[:, None] + 1e-12)[nonzero].all()
    assert np.allclose(similarity(factors * scale, 0), table[0])


@given(FACTORS)
@settings(deadline=None)
def test_distance_obeys_pythagoras_and_the_triangle(factors):
    squares = np.array([similarity(factors, row, "dot")[row] for row in range(len(factors))])
    distance = np.stack([similarity(factors, row, "euclidean") for row in range(len(factors))])
    products = np.stack([similarity(factors, row, "dot") for row in range(len(factors))])
    assert np.allclose(distance**2, squares[:, None] + squares[None, :] - 2 * products, atol=1e-9)
    assert np.allclose(np.diag(distance), 0)
    assert (distance[0] <= distance[0, 1] + distance[1] + 1e-9).all()


def test_trained_and_most_rated_items():
    items = make_items([5, 0, 9, 5, 1])
    assert list(trained_items(items)) == [1, 3, 4, 5]
    assert list(trained_items(items, 5)) == [1, 3, 4]
    assert list(most_rated_items(items, 3)) == [3, 1, 4]
    assert list(most_rated_items(items, 99)) == [3, 1, 4, 5]


def test_bias_table_on_paper():
    # A line through means 2, 3, 4 with biases -1, 0.3, 1 and equal weights: slope 1, at the middle 0.1.
    items = make_items([30, 30, 30, 0], [2.0, 3.0, 4.0, np.nan])
    table = bias_table(items, np.array([9.0, -1.0, 0.3, 1.0, 7.0], dtype=np.float32))
    assert list(table.columns) == [
        "item_index", "title", "bias", "mean_rating", "damped_mean", "n_ratings", "genres", "year", "residual",
    ]  # fmt: skip
    assert list(table["item_index"]) == [3, 2, 1]
    assert list(table["bias"]) == pytest.approx([1.0, 0.3, -1.0])
    assert list(table["residual"]) == pytest.approx([-0.1, 0.2, -0.1], abs=1e-6)


def test_bias_residual_weighs_by_count_and_is_a_film_s_own():
    generator = np.random.default_rng(4)
    counts = [1, 3, 25, 60, 200, 10, 35]
    items = make_items(counts, generator.uniform(1, 5, 7))
    biases = np.r_[0.0, generator.normal(size=7)]
    everything = bias_table(items, biases, minimum_count=1).set_index("item_index")
    slope, start = np.polyfit(items["mean_rating"][1:], biases[1:], 1, w=np.sqrt(counts))
    expected = biases[1:] - (start + slope * items["mean_rating"][1:])
    assert np.allclose(everything["residual"].loc[range(1, 8)], expected)
    frequent = bias_table(items, biases, minimum_count=30).set_index("item_index")
    assert set(frequent.index) == {4, 5, 7}
    assert np.allclose(frequent["residual"], everything["residual"].loc[frequent.index])


def test_bias_table_where_means_do_not_differ_or_nothing_is_trained():
    table = bias_table(make_items([30, 30]), np.array([0.0, 1.0, -1.0]))
    assert list(table["residual"]) == pytest.approx([1.0, -1.0])
    assert bias_table(make_items([0, 0]), np.zeros(3)).empty


def test_user_bias_table_leaves_out_the_unknown_user():
    users = pd.DataFrame(
        {"user_id": ["#na#", "7", "8", "9"], "n_ratings": [0, 40, 0, 10], "mean_rating": [np.nan, 2.0, np.nan, 4.0]}
    )
    table = user_bias_table(users, np.array([5.0, -0.5, 3.0, 0.5]))
    assert list(table.columns) == ["user_index", "user_id", "bias", "mean_rating", "n_ratings", "residual"]
    assert list(table["user_id"]) == ["9", "7"]
    assert list(table["bias"]) == pytest.approx([-4.5, -5.5])  # from the unknown user's 5 on
    assert list(user_bias_table(users, np.zeros(4), minimum_count=20)["user_id"]) == ["7"]


def random_factors(seed=0, n_items=60, n_factors=8):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n_items, n_factors)) * np.linspace(3, 0.5, n_factors) + 1.5


def test_pca_against_the_singular_value_decomposition():
    factors = random_factors()
    item_index = np.arange(5, 55)
    pca = factor_pca(factors, item_index)
    centred = factors[item_index] - factors[item_index].mean(axis=0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    assert np.allclose(np.abs(pca.coordinates), np.abs(left[:, :3] * singular[:3]))
    assert np.allclose(np.abs(pca.components), np.abs(right[:3]))
    assert np.allclose(pca.explained_variance_ratio, (singular**2 / np.sum(singular**2))[:3])
    assert np.allclose(pca.coordinates, centred @ pca.components.T)
    assert (pca.coordinates.max(axis=0) >= -pca.coordinates.min(axis=0)).all()


def test_pca_does_not_depend_on_the_order_of_films():
    factors = random_factors(1).astype(np.float32)
    order = np.random.default_rng(2).permutation(len(factors))
    straight = factor_pca(factors, np.arange(len(factors)))
    shuffled = factor_pca(factors, order)
    assert np.allclose(shuffled.coordinates, straight.coordinates[order])
    assert np.allclose(shuffled.components, straight.components)


@pytest.mark.parametrize("turn", ["negation", "rotation"])
def test_pca_picture_does_not_change_when_the_factors_are_turned(turn):
    factors = random_factors(3)
    rotation = np.linalg.qr(np.random.default_rng(4).normal(size=(8, 8)))[0]
    turned = -factors if turn == "negation" else factors @ rotation
    item_index = np.arange(len(factors))
    before, after = factor_pca(factors, item_index), factor_pca(turned, item_index)
    assert np.allclose(after.coordinates, before.coordinates)
    assert np.allclose(after.explained_variance_ratio, before.explained_variance_ratio)


def test_pca_of_fewer_factors_or_films_than_components():
    line = factor_pca(np.array([[0.0], [1.0], [3.0]]), np.array([0, 1, 2]))
    assert line.coordinates == pytest.approx(np.array([[-4 / 3, 0, 0], [-1 / 3, 0, 0], [5 / 3, 0, 0]]))
    assert list(line.explained_variance_ratio) == [1, 0, 0]
    assert line.components.shape == (3, 1)
    assert factor_pca(np.ones((5, 4)), np.array([1, 2])).coordinates.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert factor_pca(np.ones((5, 0)), np.array([1, 2])).coordinates.shape == (2, 3)
    assert factor_pca(np.ones((5, 4)), np.array([], dtype=int)).coordinates.shape == (0, 3)
