"""What is recommended to trained people, and whether it was liked: places and hits by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from collab.data.ratings import RatingScale
from collab.models.ease import train_item_weights
from collab.recommend.orders import LONG_SHOT, POPULAR, RATING, SAFE, WATCH, Dials
from collab.recommend.trained_user import hits, least_liked, orders_for, predictions_for, ranked_for, rated_in

SCALE = RatingScale(1.0, 5.0, 1.0)
SCORES = np.array([3.0, 5.4, 4.0, 3.5, 2.0, 0.5], np.float32)  # of film 0, "#na#", to 5


def predict(user_index, item_index):
    return SCORES[item_index]


PLAIN = SimpleNamespace(predict=predict)
BAYES = SimpleNamespace(
    predict=predict,
    predict_with_variance=lambda user, item: (SCORES[item], np.array([9, 4, 1, 0.01, 1, 1], np.float32)[item]),
)


@pytest.fixture
def items():
    return pd.DataFrame(
        {
            "title": ["#na#", "A", "B", "C", "D", "E"],
            "year": pd.array([pd.NA, 1990, 1991, 1992, 1993, 1994], dtype="Int64"),
            "genres": ["", "Drama", "Drama", "War", "War", "Comedy"],
            "n_ratings": [0, 5, 50, 30, 40, 0],
        }
    )


def held_out(*rows):
    return pd.DataFrame(rows, columns=["item_index", "rating"]).astype({"item_index": np.int64, "rating": np.float64})


NOTHING = held_out()


def ranked(items, order=RATING, model=PLAIN, rated=None, rows=NOTHING, **dials):
    predictions = predictions_for(model, 1, len(items), SCALE, 0.81)
    return ranked_for(predictions, items, rated or {}, rows, order, dials=Dials(**{"minimum_count": 1, **dials}))


def test_predictions_are_cut_to_the_scale_and_ranked_by_before():
    found = predictions_for(PLAIN, 1, 6, SCALE, 0.81)
    assert found.mean.tolist() == [3, 5, 4, 3.5, 2, 1] and found.score[1] == pytest.approx(5.4)
    np.testing.assert_allclose(found.standard_deviation, 0.9)
    np.testing.assert_allclose(found.low[3], 3.5 - 0.9 * 1.2815516, rtol=1e-6)
    assert found.high[1] == 5.0


def test_a_variance_of_its_own_is_taken():
    np.testing.assert_allclose(predictions_for(BAYES, 1, 6, SCALE, 0.81).standard_deviation, [3, 2, 1, 0.1, 1, 1])


def test_training_films_are_left_out_and_held_out_ones_are_marked(items):
    table = ranked(items, rated={2: 4.0}, rows=held_out((3, 4), (5, 5)))
    assert table["title"].tolist() == ["A", "C", "D"]  # B was rated, nobody knows E
    assert table["place"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(table["given"], [np.nan, 4, np.nan])


def test_of_two_held_out_ratings_the_higher_is_shown(items):
    assert ranked(items, rows=held_out((3, 2), (3, 5))).set_index("title")["given"]["C"] == 5


def test_orders(items):
    assert ranked(items, POPULAR)["title"].tolist() == ["B", "D", "C", "A"]
    assert ranked(items, SAFE, BAYES)["title"].tolist() == ["C", "A", "B", "D"]  # C is nearly certain
    assert ranked(items, RATING, minimum_count=30)["title"].tolist() == ["B", "C", "D"]


def test_which_orders_a_model_has(make_ratings):
    item_weights = train_item_weights(make_ratings([(1, 1, 5), (1, 2, 4), (2, 1, 3)]))
    assert orders_for(PLAIN, None) == [RATING, POPULAR]
    assert orders_for(BAYES, item_weights) == [WATCH, RATING, SAFE, LONG_SHOT, POPULAR]


def test_hits_by_hand(items):
    table = ranked(items, rows=held_out((1, 2), (3, 4), (4, 5)))  # A, B, C, D in this order; C and D are liked
    found = hits(table, 4.0, 3)
    assert (found.n_hits, found.n_shown, found.n_liked, found.n_candidates) == (1, 3, 2, 4)
    assert found.places.tolist() == [3, 4] and found.expected == pytest.approx(1.5)


def test_nothing_liked_and_nothing_left(items):
    assert hits(ranked(items, rows=held_out((1, 3))), 4.0, 10).n_liked == 0
    nobody = hits(ranked(items, minimum_count=100), 4.0, 10)
    assert (nobody.n_candidates, nobody.n_shown, nobody.expected) == (0, 0, 0.0)


def test_of_a_film_rated_twice_the_later_rating_counts(make_ratings):
    train = make_ratings([(1, 1, 5), (2, 1, 1), (1, 2, 3), (1, 1, 2)])
    assert rated_in(train, 1) == {1: 2.0, 2: 3.0}


def test_liked_is_a_level_of_the_scale():
    assert least_liked(4.0, SCALE) == 4.0 and least_liked(3.875, RatingScale(0.5, 5.0, 0.5)) == 4.0
