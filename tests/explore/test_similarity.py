"""Similar films in a model's space: on paper and by what must always hold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collab.errors import SettingError
from collab.explore.similarity import (
    ItemSpace,
    Options,
    at_item,
    between,
    closeness_to,
    directions,
    ends,
    item_space,
    nearest,
    parts,
    shrunk,
    similar_items,
)

FACTORS = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 5)),
    elements=st.floats(-4, 4, allow_subnormal=False).map(lambda value: round(value, 3)),
)

MEASURES = ("cosine", "dot", "euclidean", "cautious")


def make_items(n_ratings):
    n_items = len(n_ratings)
    return pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {letter} (1990)" for letter in "ABCDEFGHIJKLMNOP"[:n_items])],
            "year": pd.array([pd.NA] + [1990] * n_items, dtype="Int64"),
            "genres": ["", *["Drama"] * n_items],
            "n_ratings": [0, *n_ratings],
        }
    )


def make_model(n_items=8, n_factors=3, seed=0):
    """A model that knows how sure it is, with its tables."""
    generator = np.random.default_rng(seed)
    roots = generator.normal(size=(n_items + 1, n_factors + 1, n_factors + 1)) / 4
    return SimpleNamespace(
        item_factors=generator.normal(size=(n_items + 1, n_factors)).astype(np.float32),
        user_factors=generator.normal(size=(6, n_factors)),
        item_covariances=roots @ roots.transpose(0, 2, 1),
        user_covariances=np.zeros((6, n_factors + 1, n_factors + 1)),
    )


ITEMS = make_items([30, 40, 50, 60, 5, 25, 70, 80])
USERS = pd.DataFrame({"n_ratings": [0, 4, 5, 6, 7, 8]})
MODEL = make_model()
SPACE = item_space(MODEL, ITEMS, USERS)
films = st.integers(1, len(ITEMS) - 1)

# Four films on paper: A points along the first axis, B the same way but twice as long, C at a right angle, D opposite.
PAPER = ItemSpace(np.array([[9.0, 9.0], [1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), np.array([0.5, 0.25]))
PAPER_ITEMS = make_items([30, 40, 50, 60])


def at(factors):
    """A space of these factors."""
    return ItemSpace(factors, np.zeros(factors.shape[1]))


def closeness(space, film, measure="cosine"):
    """How close every film is to one, as it is: nothing centred or shrunk."""
    options = Options(measure)
    return closeness_to(space, at_item(space, film, options), options, np.ones(len(space.factors)))


def test_the_mean_is_that_of_the_trained_films():
    model = SimpleNamespace(item_factors=np.array([[9.0], [1], [3], [100]]), item_covariances=None)
    space = item_space(model, make_items([3, 4, 0]), USERS)
    assert space.mean == pytest.approx([2]) and space.measures == ["cosine", "euclidean", "dot"]
    assert space.placed(True)[:3].ravel() == pytest.approx([7, -1, 1]) and space.placed(False)[1] == 1


def test_centred_cosine_on_paper():
    """A is (½, −¼) from the mean, B (1½, −¼): the cosine is (¾ + 1/16) / √(5/16 · 37/16) = 13 / √185."""
    options = Options(centred=True, minimum_count=1)
    found = closeness_to(PAPER, at_item(PAPER, 1, options), options, PAPER_ITEMS["n_ratings"].to_numpy())
    assert found[1] == pytest.approx(1) and found[2] == pytest.approx(13 / 185**0.5)


def test_shrinkage_on_paper():
    assert shrunk(np.array([0.8, -0.4]), np.array([20, 60]), 20) == pytest.approx([0.4, -0.3])
    assert shrunk(np.array([0.8, 1.0]), np.array([20, 0]), 20, "euclidean") == pytest.approx([1.6, np.inf])
    values = np.array([0.3, 0.2])
    assert shrunk(values, np.array([1, 0]), 0) is values


def test_shrinkage_lifts_the_well_known_film():
    factors = np.array([[0.0, 0], [1, 0], [1, 0.1], [1, 0.5]])
    space, items = ItemSpace(factors, np.zeros(2)), make_items([100, 2, 200])
    for beta, expected in ((0.0, [2, 3]), (50.0, [3, 2])):
        options = Options(beta=beta, minimum_count=1)
        assert nearest(space, items, at_item(space, 1, options), options, [1])["item_index"].tolist() == expected


@given(films, films, st.sampled_from(MEASURES), st.booleans())
def test_measures_are_the_same_both_ways(first, second, measure, centred):
    options = Options(measure, centred)
    one, other = (
        closeness_to(SPACE, at_item(SPACE, film, options), options, ITEMS["n_ratings"].to_numpy())
        for film in (first, second)
    )
    assert one[second] == pytest.approx(other[first])


@given(films, films, st.sampled_from(MEASURES), st.booleans(), st.booleans())
def test_parts_add_up_to_the_closeness(first, second, measure, centred, turned):
    options = Options(measure, centred, beta=30)
    found, total = parts(SPACE, first, second, options, directions(SPACE, ITEMS) if turned else None)
    bare = Options(measure, centred)
    closeness = closeness_to(SPACE, at_item(SPACE, first, bare), bare, ITEMS["n_ratings"].to_numpy())[second]
    assert found.sum() == pytest.approx(total)
    if first != second or measure != "cautious":
        assert total == pytest.approx(closeness**2 if measure == "euclidean" else closeness, abs=1e-9)
    swapped, _ = parts(SPACE, second, first, options, directions(SPACE, ITEMS) if turned else None)
    assert swapped == pytest.approx(found)


@given(films, films, st.sampled_from(MEASURES), st.booleans())
def test_at_either_end_a_point_between_two_films_has_that_ones_neighbours(first, second, measure, centred):
    options = Options(measure, centred, minimum_count=1)
    for weight, film in ((0.0, first), (1.0, second)):
        point = between(SPACE, first, second, weight, options)
        found = nearest(SPACE, ITEMS, point, options, [first, second])
        expected = nearest(SPACE, ITEMS, at_item(SPACE, film, options), options, [first, second])
        assert found["item_index"].tolist() == expected["item_index"].tolist()


def test_between_two_films_on_paper():
    """The arrows of B and C are of length 2 and 1: for the cosine they are mixed at length 1, for the distance as they are."""
    halfway = between(PAPER, 2, 3, 0.5, Options())
    assert halfway.vector == pytest.approx([0.5, 0.5])
    assert between(PAPER, 2, 3, 0.5, Options("euclidean")).vector == pytest.approx([1.0, 0.5])
    assert between(PAPER, 2, 3, 0.25, Options("dot", centred=True)).vector == pytest.approx([1.5 - 0.5, 0.25 - 0.25])
    for weight in (-0.1, 1.1):
        with pytest.raises(SettingError, match="allowed is 0 to 1"):
            between(PAPER, 2, 3, weight, Options())


def test_the_way_between_two_films_leads_from_one_to_the_other():
    """The nearer the point is to the second film, the closer is the second, and the less close the first."""
    for measure in ("cosine", "cautious"):
        options = Options(measure)
        along = [
            closeness_to(SPACE, between(SPACE, 1, 2, weight, options), options, ITEMS["n_ratings"].to_numpy())
            for weight in np.linspace(0, 1, 9)
        ]
        assert (np.diff([each[2] for each in along]) > 0).all() and (np.diff([each[1] for each in along]) < 0).all()


def test_principal_axes_are_orthonormal_and_the_first_spreads_the_films_most():
    axes = directions(SPACE, ITEMS)
    assert axes.T @ axes == pytest.approx(np.eye(3))
    spread = (SPACE.placed(True)[1:] @ axes).var(axis=0)
    assert (np.diff(spread) <= 0).all()


def test_ends_are_the_films_farthest_out_with_enough_ratings():
    factors = np.array([[9.0, 0], [1, 0], [2, 0], [-3, 0], [-1, 0]])
    space, items = ItemSpace(factors, np.zeros(2)), make_items([60, 10, 10, 60])
    assert ends(space, items, np.array([1.0, 0])) == (4, 1)
    assert ends(space, items, np.array([1.0, 0]), minimum_count=1) == (3, 2)
    assert ends(space, items, np.array([1.0, 0]), minimum_count=1000) == (3, 2)  # of all, where none has so many
    assert ends(space, make_items([0, 0, 0, 0]), np.array([1.0, 0])) == (None, None)


def test_a_film_without_a_direction_is_similar_to_nothing():
    space = ItemSpace(np.array([[0.0, 0], [0, 0], [1, 2]]), np.zeros(2))
    assert closeness_to(space, at_item(space, 1, Options()), Options(), np.array([0, 5, 5])).tolist() == [0, 0, 0]
    assert parts(space, 1, 2, Options()) == (pytest.approx([0, 0]), 0)
    assert between(space, 1, 2, 0.5, Options()).vector == pytest.approx([0.5 / 5**0.5, 1 / 5**0.5])


def test_bad_options_are_refused():
    for beta in (-1, 501):
        with pytest.raises(SettingError, match="allowed is 0 to 500"):
            Options(beta=beta)
    for measure in ("manhattan", "cautious"):
        with pytest.raises(SettingError, match=f"'{measure}'; choose one of cosine, euclidean, dot$"):
            closeness(PAPER, 1, measure)


@given(arrays(np.float64, (5, 3), elements=st.floats(-4, 4).map(lambda value: round(value, 2))))
def test_a_turned_space_has_the_same_neighbours(factors):
    """Cosine, dot and distance do not see how the space is turned; nor do the parts along its principal axes, up to ties."""
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    for measure in ("cosine", "dot", "euclidean"):
        assert closeness(at(factors @ turn), 1, measure) == pytest.approx(closeness(at(factors), 1, measure), abs=1e-7)


def test_similarity_on_paper():
    assert closeness(PAPER, 1, "cosine")[1:] == pytest.approx([1, 1, 0, -1])
    assert closeness(PAPER, 1, "dot")[1:] == pytest.approx([1, 2, 0, -1])
    assert closeness(PAPER, 1, "euclidean")[1:] == pytest.approx([0, 1, 2**0.5, 2])


def test_cautious_cosine_on_paper():
    """Users differ twice as much along the second axis; B is known for certain, A and C by a variance of 1 an axis.

    A·B: 1·2/√((1 + 3)(4 + 0)) = ½, with tr CΣ = 1 + 2; A with itself 1/(1 + 3); A·C and A·D as their angles say.
    """
    covariances = np.array([[1.0, 1], [1, 1], [0, 0], [1, 1], [0, 0]])  # their diagonals
    doubt = covariances @ np.array([1.0, 2.0])
    known = ItemSpace(PAPER.factors, PAPER.mean, np.diag([1.0, 2.0]), doubt)
    assert closeness(known, 1, "cautious")[1:] == pytest.approx([1 / 4, 1 / 2, 0, -1 / 2])
    certain = ItemSpace(PAPER.factors, PAPER.mean, np.eye(2), np.zeros(5))
    assert closeness(certain, 1, "cautious") == pytest.approx(closeness(PAPER, 1))
    found = similar_items(known, PAPER_ITEMS, 1, Options("cautious"), 1)
    assert list(found["item_index"]) == [2] and found["similarity"].iat[0] == pytest.approx(0.5)


def test_only_a_model_with_covariances_can_be_cautious():
    users = pd.DataFrame({"n_ratings": [0, 4, 5, 0]})
    tastes = np.array([[9.0, 9], [1, 0], [-1, 0], [9, 9]])
    covariances = np.arange(18.0).reshape(2, 3, 3)
    model = SimpleNamespace(item_factors=np.zeros((2, 2)), item_covariances=covariances, user_factors=tastes)
    space = item_space(model, make_items([3]), users)
    assert np.array_equal(space.spread, [[1, 0], [0, 0]])  # of the two with ratings
    assert space.doubt.tolist() == [0, 9] and "cautious" in space.measures  # the variances along the first axis


def test_similar_items_on_paper():
    items = PAPER_ITEMS
    nearest = similar_items(PAPER, items, 1, Options(), 3)
    assert list(nearest.columns) == ["item_index", "title", "similarity", "n_ratings", "genres", "year"]
    assert list(nearest["item_index"]) == [2, 3, 4]
    assert list(nearest["title"]) == ["Film B (1990)", "Film C (1990)", "Film D (1990)"]
    assert list(similar_items(PAPER, items, 2, Options("dot"), 3)["item_index"]) == [1, 3, 4]
    by_distance = similar_items(PAPER, items, 4, Options("euclidean"), 3)
    assert list(by_distance["item_index"]) == [3, 1, 2]
    assert list(by_distance["distance"]) == pytest.approx([2**0.5, 2, 3])


def test_similar_items_leaves_out_itself_the_untrained_and_the_rare():
    space, items = ItemSpace(np.ones((6, 2)), np.zeros(2)), make_items([100, 0, 5, 20, 20])
    for minimum, expected in ((20, [4, 5]), (1, [4, 5, 3]), (0, [4, 5, 3]), (1000, [])):
        found = similar_items(space, items, 1, Options(minimum_count=minimum), 99)
        assert found["item_index"].tolist() == expected


def test_equally_close_films_come_by_count_then_by_index():
    items = make_items([30, 20, 40, 20, 40])
    for measure in ("cosine", "euclidean", "dot"):
        assert list(
            similar_items(ItemSpace(np.ones((6, 3)), np.zeros(3)), items, 1, Options(measure))["item_index"]
        ) == [3, 5, 2, 4]


@given(FACTORS, st.floats(0.01, 100))
@settings(deadline=None)
def test_cosine_is_symmetric_bounded_and_blind_to_length(factors, scale):
    table = np.stack([closeness(at(factors), row) for row in range(len(factors))])
    assert np.allclose(table, table.T)
    assert (np.abs(table) <= 1).all()
    nonzero = np.linalg.norm(factors, axis=1) > 0
    assert np.allclose(np.diag(table), nonzero)
    assert (table <= np.diag(table)[:, None] + 1e-12)[nonzero].all()
    assert np.allclose(closeness(at(factors * scale), 0), table[0])


@given(FACTORS)
@settings(deadline=None)
def test_distance_obeys_pythagoras_and_the_triangle(factors):
    squares = np.array([closeness(at(factors), row, "dot")[row] for row in range(len(factors))])
    distance = np.stack([closeness(at(factors), row, "euclidean") for row in range(len(factors))])
    products = np.stack([closeness(at(factors), row, "dot") for row in range(len(factors))])
    assert np.allclose(distance**2, squares[:, None] + squares[None, :] - 2 * products, atol=1e-9)
    assert np.allclose(np.diag(distance), 0)
    assert (distance[0] <= distance[0, 1] + distance[1] + 1e-9).all()
