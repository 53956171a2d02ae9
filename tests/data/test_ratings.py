"""Rating scale, vocabulary and ratings: the ends, the unknown, and columns that nobody can change."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data.ratings import UNKNOWN, Ratings, RatingScale, Vocabulary

STARS = RatingScale(1.0, 5.0, 1.0)
HALF_STARS = RatingScale(0.5, 5.0, 0.5)


@pytest.mark.parametrize(
    "scale, levels, words",
    [
        (STARS, [1, 2, 3, 4, 5], "1 to 5 in steps of 1"),
        (HALF_STARS, [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5], "0.5 to 5 in steps of 0.5"),
    ],
)
def test_a_scale_knows_its_levels(scale, levels, words):
    assert scale.levels.tolist() == levels
    assert scale.levels.dtype == np.float32
    assert scale.places(np.array(levels)).tolist() == list(range(len(levels)))
    assert str(scale) == words
    assert scale.allows(np.array(levels)).all()


@pytest.mark.parametrize("rating", [0.0, 0.99, 3.5, 5.5, 6.0, -1.0, np.nan, np.inf, -np.inf])
def test_a_scale_refuses_what_is_no_level(rating):
    assert STARS.allows(np.array([3.0, rating, 4.0])).tolist() == [True, False, True]


@given(st.integers(-5, 15))
def test_a_scale_allows_exactly_its_levels(halves):
    assert bool(HALF_STARS.allows(np.float32(halves / 2))) == (halves / 2 in HALF_STARS.levels)


def test_a_fine_scale_allows_its_levels():
    """Whose steps no floating-point number hits exactly."""
    scale = RatingScale(-10.0, 10.0, 0.01)
    assert scale.allows(scale.levels).all() and scale.allows(np.arange(-1000, 1001) / 100).all()
    assert not scale.allows(np.array([0.005, 0.0101, 10.01])).any()


def test_a_vocabulary_begins_with_the_unknown_and_sorts_numbers_as_numbers():
    assert Vocabulary.of(["10", "9", "10", "100"]).labels == (UNKNOWN, "9", "10", "100")
    assert Vocabulary.of(["b", "10", "9"]).labels == (UNKNOWN, "10", "9", "b")
    assert Vocabulary.of(["²", "3"]).labels == (UNKNOWN, "3", "²")  # a digit, yet no number


@given(st.lists(st.text().filter(lambda text: text != UNKNOWN)))
def test_every_value_has_a_place_and_its_place_has_the_value(values):
    vocabulary = Vocabulary.of(values)
    index = vocabulary.index_of(values)
    assert index.dtype == np.int32
    assert [vocabulary.labels[place] for place in index] == values
    assert len(vocabulary) == len(set(values)) + 1
    assert (index > 0).all()


def test_what_is_not_in_a_vocabulary_has_place_0():
    vocabulary = Vocabulary.of(pd.Series(["Alien (1979)", "Aliens (1986)"]))
    assert vocabulary.index_of(["Aliens (1986)", "Alien", "", UNKNOWN]).tolist() == [2, 0, 0, 0]


def test_ratings_are_columns_of_fixed_types(make_ratings):
    ratings = make_ratings([("7", "A", 5), ("7", "B", 1), ("12", "A", 3)])
    assert (len(ratings), ratings.n_users, ratings.n_items) == (3, 3, 3)  # #na# counts as a user and as a film
    assert ratings.user_index.tolist() == [1, 1, 2]
    assert ratings.item_index.tolist() == [1, 2, 1]
    types = [getattr(ratings, name).dtype for name in ("user_index", "item_index", "rating", "time")]
    assert types == [np.int32, np.int32, np.float32, np.int64]


@pytest.mark.parametrize("name", ["user_index", "item_index", "rating", "time"])
def test_nobody_can_change_ratings(make_ratings, name):
    ratings = make_ratings([("1", "A", 5), ("2", "B", 1)])
    with pytest.raises(ValueError, match="read-only"):
        getattr(ratings, name)[0] = 4
    with pytest.raises(AttributeError):
        setattr(ratings, name, np.zeros(2))


def test_ratings_keep_a_copy_of_their_own():
    stars = np.array([4.0, 2.0], dtype=np.float32)
    users = Vocabulary.of(["1"])
    ratings = Ratings(users, users, np.array([1, 1]), np.array([1, 1]), stars, np.array([0, 0]), STARS)
    stars[0] = 1.0
    assert ratings.rating.tolist() == [4.0, 2.0]


def test_taking_rows_keeps_the_vocabularies(make_ratings):
    ratings = make_ratings([("1", "A", 5), ("2", "B", 1), ("3", "C", 4)])
    some = ratings.take(np.array([2, 0]))
    assert some.rating.tolist() == [4.0, 5.0]
    assert some.time.tolist() == [2, 0]
    assert (some.n_users, some.n_items) == (4, 4)
    assert some.users is ratings.users
