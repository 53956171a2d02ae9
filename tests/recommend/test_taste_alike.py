"""Taste alike: who is like whom on paper, what is unknown lowers it, and what the most similar users liked, counted by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from collab.data.ratings import RatingScale
from collab.models.contract import FoldInPredictions
from collab.models.fold_in import Belief, Items
from collab.recommend.new_user import NewUser, OwnFoldIn
from collab.recommend.taste_alike import alike, liked_items, n_in_common, trained_tastes

STARS = RatingScale(1.0, 5.0, 1.0)
FACTORS = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
USERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-2.0, 0.0], [0.7, 0.7], [0.0, 0.0]])
"""Nobody, then one for films 1, one for 3, one against 1, one for both, and one with no taste but a bias."""


@pytest.fixture
def items():
    return pd.DataFrame(
        {
            "title": ["#na#", "A", "B", "C", "D"],
            "year": pd.array([pd.NA, 1990, 1991, 1992, 1993], dtype="Int64"),
            "genres": "Drama",
            "n_ratings": [0, 9, 8, 7, 6],
        }
    )


@pytest.fixture
def model():
    biases = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    return SimpleNamespace(predict=lambda user, film: 3 + biases[user] + (USERS[user] * FACTORS[film]).sum(axis=1))


def new_user(spread=1.0, noise=0.1):
    prior = Belief(np.array([0.0, 0.0, 3.0]), np.diag([spread, spread, 0.5]))
    return NewUser(prior, Items(FACTORS, np.zeros(5), None, None, noise), STARS)


USERS_TABLE = pd.DataFrame({"n_ratings": [0, 5, 5, 5, 5, 5]})


def test_likeness_is_the_correlation_of_what_is_above_the_average_person(model, items):
    tastes = trained_tastes(model, new_user(), USERS_TABLE, items)
    assert tastes.items.tolist() == [1, 2, 3, 4] and tastes.user_index.tolist() == [1, 2, 3, 4, 5]
    away = np.array([1, 1, 2, 0]) - 1  # the bias of user 2, and the taste for film 3, without their mean
    np.testing.assert_allclose(tastes.direction[1], away / np.linalg.norm(away), atol=1e-12)
    np.testing.assert_allclose(tastes.direction[4], 0)  # kind, and nothing else
    table = alike(new_user(noise=1e-4), {1: 5.0, 2: 1.0, 3: 3.0, 4: 3.0}, tastes)
    assert table.user_index.tolist() == [1, 4]  # the one against it, and those with nothing in common, are left out
    np.testing.assert_allclose(table.likeness, [1, np.sqrt(0.5)], atol=0.01)
    assert ((table.low <= table.likeness) & (table.likeness <= table.high + 1e-9)).all()


def test_little_known_people_are_much_like_nobody(model, items):
    tastes = trained_tastes(model, new_user(), USERS_TABLE, items)
    one, both = (
        alike(new_user(noise=0.8), rated, tastes).set_index("user_index") for rated in ({1: 5.0}, {1: 5.0, 2: 1.0})
    )
    assert 0.1 < one.likeness[1] < both.likeness[1] < 0.95
    assert both.high[1] - both.low[1] < one.high[1] - one.low[1]
    assert alike(new_user(), {}, tastes).empty
    again = alike(new_user(noise=0.8), {2: 1.0, 1: 5.0}, tastes).set_index("user_index")
    pd.testing.assert_frame_equal(again, both)


def test_inside_a_sigmoid_draws_go_through_it(model, items):
    inside = NewUser(new_user().prior, Items(FACTORS, np.zeros(5), None, (0.0, 8.0), 1e-4), STARS)
    tastes = trained_tastes(model, inside, USERS_TABLE, items)
    table = alike(inside, {1: 5.0, 2: 1.0}, tastes, 1)
    assert table.user_index.tolist() == [1] and 0.3 < table.likeness[0] < 1


def test_a_model_that_folds_in_by_itself_has_its_best_guess(model, items):
    def answer(film, stars, noise):
        return FoldInPredictions(3.0 + len(film) * FACTORS[:, 0], np.zeros(5))

    known = OwnFoldIn(SimpleNamespace(fold_in_user=answer), 0.8, STARS)
    tastes = trained_tastes(model, known, USERS_TABLE, items)
    table = alike(known, {1: 5.0}, tastes, 1)
    assert table.user_index.tolist() == [1] and table.likeness[0] == pytest.approx(1) and np.isnan(table.low[0])


def test_where_all_films_move_alike_nobody_is_similar(items):
    films = Items(np.zeros((5, 0)), np.linspace(0, 1, 5), None, None, 0.8)
    flat = NewUser(Belief(np.array([3.0]), np.array([[0.5]])), films, STARS)
    biases = np.array([0.0, 1.0, -1.0, 0.5, 0.0, 0.0])
    model = SimpleNamespace(predict=lambda user, film: 3.0 + biases[user] + films.biases[film])
    assert alike(flat, {1: 5.0}, trained_tastes(model, flat, USERS_TABLE, items)).empty


def test_what_they_liked_is_counted(make_ratings):
    rows = [
        *[("1", "A", 5), ("1", "B", 4), ("1", "C", 2), ("2", "A", 4), ("2", "C", 5), ("2", "B", 3)],
        *[("3", "C", 1), ("3", "C", 5), ("4", "B", 4), ("4", "D", 5), ("4", "A", 1)],
    ]
    train = make_ratings(rows)  # items in order: #na#, A, B, C, D
    items = pd.DataFrame(
        {"title": ["#na#", *"ABCD"], "year": 1990, "genres": "", "n_ratings": [0, 3, 3, 4, 1], "mean_rating": 3.0}
    )
    predicted = np.array([9.0, 3.0, 3.5, 4.0, 5.0])
    table = liked_items(train, np.array([1, 2, 3]), items, (), predicted)
    assert table.title.tolist() == [
        "A",
        "C",
        "B",
    ]  # two liked A; of C and B, liked by one each, C has the higher prediction
    assert table.n_liked.tolist() == [2, 1, 1] and table.n_rated.tolist() == [
        2,
        3,
        2,
    ]  # user 3 rated C twice: 3 on average
    np.testing.assert_allclose(table.everyone, [2 / 3, 2 / 4, 2 / 3])
    assert liked_items(train, np.array([1, 2, 3]), items, (1,), predicted, 1).title.tolist() == ["C"]
    assert n_in_common(train, np.array([1, 2, 3]), [1, 3]).tolist() == [2, 2, 1]
    assert n_in_common(train, np.array([1, 2]), []).tolist() == [0, 0]
