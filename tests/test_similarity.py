"""Similar films in a model's space: on paper, against `collab.interpret`, and by what must always hold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collab.errors import SettingError
from collab.interpret import similar_items, similarity, uncertainty
from collab.similarity import (
    FilmSpace,
    Options,
    at_film,
    between,
    closeness_to,
    directions,
    ends,
    film_space,
    nearest,
    parts,
    shrunk,
)

MEASURES = ("cosine", "dot", "euclidean", "cautious")


def make_items(n_ratings):
    n_films = len(n_ratings)
    return pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {letter} (1990)" for letter in "ABCDEFGHIJKLMNOP"[:n_films])],
            "year": pd.array([pd.NA] + [1990] * n_films, dtype="Int64"),
            "genres": ["", *["Drama"] * n_films],
            "n_ratings": [0, *n_ratings],
        }
    )


def make_model(n_films=8, n_factors=3, seed=0):
    """A model that knows how sure it is, with its tables."""
    generator = np.random.default_rng(seed)
    roots = generator.normal(size=(n_films + 1, n_factors + 1, n_factors + 1)) / 4
    return SimpleNamespace(
        item_factors=generator.normal(size=(n_films + 1, n_factors)).astype(np.float32),
        user_factors=generator.normal(size=(6, n_factors)),
        item_covariances=roots @ roots.transpose(0, 2, 1),
        user_covariances=np.zeros((6, n_factors + 1, n_factors + 1)),
    )


ITEMS = make_items([30, 40, 50, 60, 5, 25, 70, 80])
USERS = pd.DataFrame({"n_ratings": [0, 4, 5, 6, 7, 8]})
MODEL = make_model()
SPACE = film_space(MODEL, ITEMS, USERS)
films = st.integers(1, len(ITEMS) - 1)

# Four films on paper: A points along the first axis, B the same way but twice as long, C at a right angle, D opposite.
PAPER = FilmSpace(np.array([[9.0, 9.0], [1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), np.array([0.5, 0.25]))
PAPER_ITEMS = make_items([30, 40, 50, 60])


def test_the_mean_is_that_of_the_trained_films():
    model = SimpleNamespace(item_factors=np.array([[9.0], [1], [3], [100]]), item_covariances=None)
    space = film_space(model, make_items([3, 4, 0]), USERS)
    assert space.mean == pytest.approx([2]) and space.measures == ["cosine", "euclidean", "dot"]
    assert space.placed(True)[:3].ravel() == pytest.approx([7, -1, 1]) and space.placed(False)[1] == 1


def test_centred_cosine_on_paper():
    """A is (½, −¼) from the mean, B (1½, −¼): the cosine is (¾ + 1/16) / √(5/16 · 37/16) = 13 / √185."""
    options = Options(centred=True, minimum_count=1)
    found = closeness_to(PAPER, at_film(PAPER, 1, options), options, PAPER_ITEMS["n_ratings"].to_numpy())
    assert found[1] == pytest.approx(1) and found[2] == pytest.approx(13 / 185**0.5)


def test_shrinkage_on_paper():
    assert shrunk(np.array([0.8, -0.4]), np.array([20, 60]), 20) == pytest.approx([0.4, -0.3])
    assert shrunk(np.array([0.8, 1.0]), np.array([20, 0]), 20, "euclidean") == pytest.approx([1.6, np.inf])
    values = np.array([0.3, 0.2])
    assert shrunk(values, np.array([1, 0]), 0) is values


def test_shrinkage_lifts_the_well_known_film():
    factors = np.array([[0.0, 0], [1, 0], [1, 0.1], [1, 0.5]])
    space, items = FilmSpace(factors, np.zeros(2)), make_items([100, 2, 200])
    for beta, expected in ((0.0, [2, 3]), (50.0, [3, 2])):
        options = Options(beta=beta, minimum_count=1)
        assert nearest(space, items, at_film(space, 1, options), options, [1])["item_index"].tolist() == expected


@pytest.mark.parametrize("measure", MEASURES)
def test_the_plain_options_are_the_neighbours_of_interpret(measure):
    known = uncertainty(MODEL, USERS)
    for film in (1, 4, 8):
        options = Options(measure)
        found = nearest(SPACE, ITEMS, at_film(SPACE, film, options), options, [film], 5)
        expected = similar_items(ITEMS, MODEL.item_factors, film, measure, n=5, known=known)
        pd.testing.assert_frame_equal(found, expected)


@given(films, films, st.sampled_from(MEASURES), st.booleans())
def test_measures_are_the_same_both_ways(first, second, measure, centred):
    options = Options(measure, centred)
    one, other = (
        closeness_to(SPACE, at_film(SPACE, film, options), options, ITEMS["n_ratings"].to_numpy())
        for film in (first, second)
    )
    assert one[second] == pytest.approx(other[first])


@given(films, films, st.sampled_from(MEASURES), st.booleans(), st.booleans())
def test_parts_add_up_to_the_closeness(first, second, measure, centred, turned):
    options = Options(measure, centred, beta=30)
    found, total = parts(SPACE, first, second, options, directions(SPACE, ITEMS) if turned else None)
    bare = Options(measure, centred)
    closeness = closeness_to(SPACE, at_film(SPACE, first, bare), bare, ITEMS["n_ratings"].to_numpy())[second]
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
        expected = nearest(SPACE, ITEMS, at_film(SPACE, film, options), options, [first, second])
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
    space, items = FilmSpace(factors, np.zeros(2)), make_items([60, 10, 10, 60])
    assert ends(space, items, np.array([1.0, 0])) == (4, 1)
    assert ends(space, items, np.array([1.0, 0]), minimum_count=1) == (3, 2)
    assert ends(space, items, np.array([1.0, 0]), minimum_count=1000) == (3, 2)  # of all, where none has so many
    assert ends(space, make_items([0, 0, 0, 0]), np.array([1.0, 0])) == (None, None)


def test_a_film_without_a_direction_is_similar_to_nothing():
    space = FilmSpace(np.array([[0.0, 0], [0, 0], [1, 2]]), np.zeros(2))
    assert closeness_to(space, at_film(space, 1, Options()), Options(), np.array([0, 5, 5])).tolist() == [0, 0, 0]
    assert parts(space, 1, 2, Options()) == (pytest.approx([0, 0]), 0)
    assert between(space, 1, 2, 0.5, Options()).vector == pytest.approx([0.5 / 5**0.5, 1 / 5**0.5])


def test_bad_options_are_refused():
    with pytest.raises(SettingError, match=r"'manhattan'.*cosine, euclidean, dot"):
        Options("manhattan")
    for beta in (-1, 501):
        with pytest.raises(SettingError, match="allowed is 0 to 500"):
            Options(beta=beta)
    with pytest.raises(SettingError, match="'cautious'; choose one of cosine, euclidean, dot"):
        closeness_to(PAPER, at_film(PAPER, 1, Options()), Options("cautious"), PAPER_ITEMS["n_ratings"].to_numpy())


@given(arrays(np.float64, (5, 3), elements=st.floats(-4, 4).map(lambda value: round(value, 2))))
def test_a_turned_space_has_the_same_neighbours(factors):
    """Cosine, dot and distance do not see how the space is turned; nor do the parts along its principal axes, up to ties."""
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    for measure in ("cosine", "dot", "euclidean"):
        assert similarity(factors @ turn, 1, measure) == pytest.approx(similarity(factors, 1, measure), abs=1e-7)
