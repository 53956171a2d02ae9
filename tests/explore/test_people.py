"""People: held-out rows, errors and tastes worked out by hand on a few ratings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from collab.data.genres import DECADES, GENRES
from collab.explore.people import (
    LEAST_ROWS,
    HeldOut,
    against_biases,
    errors_on,
    held_out_of,
    people_table,
    predict_held_out,
    taste,
    training_rows_of,
)
from collab.models import build_model
from collab.models.bias import BiasSettings
from collab.training.metrics import baselines

ROWS = [(1, "a", 5), (1, "b", 3), (2, "a", 4), (2, "c", 1), (1, "c", 2), (3, "a", 2), (3, "b", 4), (1, "d", 4)]
TRAIN, VALID = [0, 1, 2, 3, 7], [4, 5, 6]  # user 3 has no training rating


class Sure:
    """A model that says 3 stars of everything, with a standard deviation of half a star."""

    has_biases = False

    def predict(self, user_index, item_index):
        return np.full(np.shape(user_index), 3.0, np.float32)

    def predict_with_variance(self, user_index, item_index):
        return self.predict(user_index, item_index), np.full(np.shape(user_index), 0.25, np.float32)


@pytest.fixture(scope="module")
def parts(make_ratings):
    ratings = make_ratings(ROWS)
    return ratings.take(np.array(TRAIN)), ratings.take(np.array(VALID))


@pytest.fixture(scope="module")
def tables():
    """Users and items as a run keeps them."""
    users = pd.DataFrame(
        {"user_id": ["#na#", "1", "2", "3"], "n_ratings": [0, 3, 2, 0], "mean_rating": [np.nan, 4.0, 2.5, np.nan]}
    )
    items = pd.DataFrame(
        {
            "title": ["#na#", "A (1994)", "B (1996)", "C (1983)", "D"],
            "year": pd.array([pd.NA, 1994, 1996, 1983, pd.NA], dtype="Int64"),
            "genres": ["", "Drama|War", "Drama", "Comedy", ""],
            "n_ratings": [0, 2, 1, 1, 1],
            "mean_rating": [np.nan, 4.5, 3.0, 1.0, 4.0],
        }
    )
    return users, items


def bias(train):
    model = build_model("bias", BiasSettings(), train.n_users, train.n_items, train.rating_scale)
    for epoch in model.train_epochs(train):
        list(epoch)
    return model


def test_rows_of_a_user_with_what_was_predicted(parts):
    rows = held_out_of(predict_held_out(Sure(), *parts), 3)
    assert rows["item_index"].tolist() == [1, 2] and rows["rating"].tolist() == [2.0, 4.0]
    assert rows["predicted"].tolist() == [3.0, 3.0] and rows["difference"].tolist() == [-1.0, 1.0]
    np.testing.assert_allclose(rows["global_mean"], 17 / 5)
    np.testing.assert_allclose(rows["high"] - 3, 0.5 * 1.2815516, rtol=1e-6)  # the 90th percentile of a normal
    assert not rows["inside"].any()


def test_highest_prediction_first_and_without_a_variance_no_interval(parts):
    train, valid = parts
    model = bias(train)
    rows = held_out_of(predict_held_out(model, train, valid), 3)
    assert rows["predicted"].is_monotonic_decreasing and not {"low", "high", "inside"} & set(rows)
    np.testing.assert_allclose(rows["predicted"], rows["biases_only"], atol=1e-5)  # the model is that baseline


def test_errors_of_all_rows_are_the_baselines_of_the_run(parts):
    found = predict_held_out(bias(parts[0]), *parts)
    everyone = pd.concat([held_out_of(found, user) for user in (1, 2, 3)])
    for name, expected in baselines(*parts).items():
        assert errors_on(everyone)[name].mse == pytest.approx(expected.mse)
        assert errors_on(everyone)[name].n_ratings == len(VALID)


def test_errors_by_hand(parts):
    found = errors_on(held_out_of(predict_held_out(Sure(), *parts), 3))
    assert (found["predicted"].rmse, found["predicted"].mae) == (1.0, 1.0)
    assert found["global_mean"].mse == pytest.approx((1.4**2 + 0.6**2) / 2)
    assert errors_on(held_out_of(predict_held_out(Sure(), *parts), 2)) == {}


def rows_of(rating, predicted, expected):
    return pd.DataFrame({"rating": rating, "predicted": predicted, "biases_only": expected}, dtype=np.float64)


def test_few_rows_are_not_compared():
    few = LEAST_ROWS - 1
    assert against_biases(rows_of([3] * few, [3] * few, [1] * few)) is None


def test_a_model_that_is_always_closer_is_better():
    rating = np.arange(LEAST_ROWS) % 5 + 1.0
    found = against_biases(rows_of(rating, rating, rating + 1))
    assert (found.difference, found.low, found.high, found.verdict) == (-1.0, -1.0, -1.0, "better")


def test_one_lucky_row_does_not_tell_two_models_apart():
    rating, expected = np.full(12, 3.0), np.full(12, 3.0)
    expected[0] = 5.0  # the only row in which they differ: many a draw has it not
    found = against_biases(rows_of(rating, rating, expected))
    assert found.difference == pytest.approx(-4 / 12) and found.high == 0 and found.verdict == "not told apart"


def test_people_by_hand(parts, tables):
    train, valid = parts
    found = predict_held_out(Sure(), train, valid)
    table = people_table(tables[0], Sure(), found)
    assert table["user_id"].tolist() == ["1", "2"] and "bias" not in table  # user 3 has nothing to train on
    assert table["n_held_out"].tolist() == [1, 0]
    assert table["rmse"].iat[0] == 1.0 and np.isnan(table["rmse"].iat[1])
    own = held_out_of(found, 1)
    assert table["gain"].iat[0] == pytest.approx(abs(own["biases_only"].iat[0] - 2) - 1)


def test_biases_of_people_count_from_the_average_user(parts, tables):
    model = bias(parts[0])
    table = people_table(tables[0], model)
    np.testing.assert_allclose(table["bias"], model.user_biases[[1, 2]] - model.user_biases[0], rtol=1e-6)
    assert table["bias"].iat[0] > 0 > table["bias"].iat[1] and "rmse" not in table


def test_training_rows(parts, tables):
    table = training_rows_of(Sure(), parts[0], tables[1], 1)
    assert table["title"].tolist() == ["A (1994)", "B (1996)", "D"] and table["rating"].tolist() == [5, 3, 4]
    assert table["difference"].tolist() == [2, 0, 1] and table["mean_rating"].tolist() == [4.5, 3, 4]


def test_taste_by_hand(parts, tables):
    table = taste(parts[0], tables[1], 1, GENRES).set_index("name")
    assert table.index.tolist() == ["Drama", "War", "Comedy"]
    assert table["n_ratings"].tolist() == [2, 1, 0]
    np.testing.assert_allclose(table["share"], [2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(table["share_all"], [3 / 5, 2 / 5, 1 / 5])
    np.testing.assert_allclose(table["mean_rating"], [4, 5, np.nan])
    np.testing.assert_allclose(table["mean_rating_all"], [4, 4.5, 1])
    decades = taste(parts[0], tables[1], 1, DECADES).set_index("name")
    assert decades["n_ratings"].to_dict() == {"1990s": 2, "1980s": 0}  # D has no year


def test_taste_where_no_film_has_a_genre(parts, tables):
    assert taste(parts[0], tables[1].assign(genres=""), 1, GENRES).empty


@given(some.lists(some.tuples(some.integers(1, 4), some.floats(1, 5), some.floats(1, 5)), min_size=1, max_size=40))
def test_the_rmse_of_everybody_is_made_of_those_in_the_table(rows):
    user, rating, predicted = (np.array(column) for column in zip(*rows, strict=True))
    found = HeldOut(user, np.arange(len(user)), rating, predicted, predicted, 3.0, None)
    users = pd.DataFrame({"user_id": list("#1234"), "n_ratings": [0, 1, 1, 1, 1], "mean_rating": 3.0})
    table = people_table(users, Sure(), found)
    total = np.nansum(table["n_held_out"] * table["rmse"] ** 2)
    assert total == pytest.approx(np.square(rating - predicted).sum()) and table["n_held_out"].sum() == len(user)
