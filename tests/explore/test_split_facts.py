"""What a split hides: newcomers, future and errors by hand, and against the baselines of a run."""

import dataclasses

import numpy as np
import pytest

from collab.data.dataset import encode
from collab.data.splitting import Split, split_by_time, split_last, split_random
from collab.explore.split_facts import held_out_over_time, split_facts
from collab.models import build_model
from collab.models.bias import BiasSettings
from collab.training.metrics import baselines

ROWS = [(1, "a", 5), (1, "b", 3), (2, "a", 4), (2, "c", 1), (1, "c", 2), (3, "a", 2), (3, "b", 4), (1, "d", 4)]


@pytest.fixture
def ratings(make_ratings):
    return make_ratings(ROWS)  # row i at second i


def test_newcomers_and_future_by_hand(ratings):
    split = Split(train=np.array([0, 1, 2, 3, 7]), valid=np.array([4, 5, 6]))  # user 3 has no training rating
    found = split_facts(ratings, split)
    assert (found.n_train, found.n_valid, found.n_users, found.n_new_users) == (5, 3, 2, 1)
    assert (found.n_items, found.n_new_items, found.n_met) == (3, 0, 1)
    assert found.share_own_future == pytest.approx(1 / 3)  # row 7 is user 1's, later than row 4
    assert found.share_future == pytest.approx(1 / 5)  # row 7 alone, for each of the three
    mean = 17 / 5
    assert found.mse_mean == pytest.approx(((mean - 2) ** 2 + (mean - 2) ** 2 + (mean - 4) ** 2) / 3)
    assert found.mse_mean_met == pytest.approx((mean - 2) ** 2)
    expected = baselines(ratings.take(split.train), ratings.take(split.valid))
    assert found.mse_biases == pytest.approx(expected["biases_only"].mse)


def test_nobody_was_met_before(ratings):
    found = split_facts(ratings, Split(train=np.array([5, 6]), valid=np.array([3, 7])))
    assert found.n_met == 0 and np.isnan(found.mse_biases_met) and found.n_new_users == 2


def test_by_time_nothing_of_the_future_trains(movielens_100k):
    ratings = encode(movielens_100k)
    random, newest = (
        split_facts(ratings, split) for split in (split_random(100_000, 0.2, 0), split_by_time(ratings.time, 0.2))
    )
    assert newest.share_future == newest.share_own_future == 0
    assert random.share_future == pytest.approx(0.5, abs=0.01) and random.share_own_future > 0.9
    assert random.n_new_users == 0 and newest.n_new_users > 100 and newest.n_met < random.n_met
    assert newest.mse_biases > random.mse_biases  # the figure of a random split promises too much
    last = split_facts(ratings, split_last(ratings.user_index, ratings.time, 10))
    assert last.share_own_future == 0 < last.share_future and last.n_new_users == 0 and last.n_valid == 9430


def test_the_error_is_that_of_the_model_bias(ratings):
    split = split_random(len(ratings), 0.4, 1)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    model = build_model("bias", BiasSettings(), ratings.n_users, ratings.n_items, ratings.rating_scale)
    for epoch in model.train_epochs(train):
        list(epoch)
    error = model.predict(valid.user_index, valid.item_index) - valid.rating
    assert split_facts(ratings, split).mse_biases == pytest.approx(float(np.square(error).mean()), rel=1e-5)


def test_when_each_split_holds_out(ratings):
    ratings = dataclasses.replace(ratings, time=np.array([0, 1, 2, 3, 10, 11, 12, 19]))
    splits = {
        "newest": split_by_time(ratings.time, 0.25),
        "half": Split(np.array([0, 1, 4, 5]), np.array([2, 3, 6, 7])),
    }
    table = held_out_over_time(ratings, splits, 4)
    assert table["n_ratings"].tolist() == [4, 0, 3, 1]
    np.testing.assert_array_equal(table["newest"], [0, np.nan, 1 / 3, 1])
    np.testing.assert_array_equal(table["half"], [0.5, np.nan, 1 / 3, 1])
    assert table["start"].astype("int64").tolist() == [0, 5, 10, 15]
