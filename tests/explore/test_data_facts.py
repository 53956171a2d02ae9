"""Facts about a data set, worked out by hand on five ratings, and what holds for any."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from collab.data.dataset import Dataset, encode
from collab.data.ratings import RatingScale
from collab.explore.data_facts import (
    DAY,
    MONTH,
    PERIODS,
    WEEK,
    counts,
    cumulative_share,
    doubled_titles,
    gini,
    level_counts,
    n_top,
    over_time,
    rated_twice,
    sizes,
    too_few,
)

NOON = 874_756_800  # Saturday, 20 September 1997, 12:00 UTC
ROWS = (  # user 1 comes back on the next day; user 2 comes a month later
    ("1", "10", 4.0, NOON),
    ("1", "11", 2.0, NOON + 600),
    ("1", "30", 5.0, NOON + 86_400),
    ("2", "10", 3.0, NOON + 30 * 86_400),
    ("2", "20", 1.0, NOON + 30 * 86_400 + 3599),
)
ITEMS = (
    ("10", "Emma (1996)"),
    ("11", "Emma (1996)"),
    ("20", "Alien (1979)"),
    ("30", "Heat (1995)"),
    ("40", "Ran (1985)"),
)


@pytest.fixture(scope="module")
def dataset():
    ratings = pd.DataFrame(ROWS, columns=["user_id", "item_id", "rating", "time"]).astype({"rating": "float32"})
    items = pd.DataFrame(ITEMS, columns=["item_id", "title"]).assign(
        year=pd.array([1990] * 5, dtype="Int64"), genres=""
    )
    return Dataset("five", "Five ratings", ratings, items, None, RatingScale(1.0, 5.0, 1.0))


@pytest.fixture(scope="module")
def ratings(dataset):
    return encode(dataset)  # films: Alien 1, Emma 2, Heat 3


def test_sizes_by_hand(dataset, ratings):
    found = sizes(ratings)
    # user 1 rated Emma and Heat, Emma twice; user 2 Emma and Alien: 4 of 2 × 3 cells
    assert dataclasses.asdict(found) == {
        "n_ratings": 5,
        "n_users": 2,
        "n_items": 3,
        "density": pytest.approx(4 / 6),
        "first": NOON,
        "last": NOON + 30 * 86_400 + 3599,
    }
    assert sizes(encode(dataset, "id")).density == pytest.approx(5 / 8)


def test_counts_and_gini_by_hand(ratings):
    films = counts(ratings.item_index, ratings.n_items)
    assert films.tolist() == [1, 3, 1]
    # ascending 1, 1, 3: (2·1 − 4)·1 + (2·2 − 4)·1 + (2·3 − 4)·3 = −2 + 0 + 6 = 4, over 3 · 5
    assert gini(films) == pytest.approx(4 / 15)
    assert gini(np.array([7, 7, 7])) == 0 and gini(np.array([0, 0, 0, 9])) == pytest.approx(3 / 4)
    assert cumulative_share(films).tolist() == pytest.approx([0, 3 / 5, 4 / 5, 1])
    assert [n_top(30, share) for share in (0.01, 0.1, 0.2)] == [1, 3, 6] and n_top(1664, 0.1) == 167


def test_too_few_by_hand():
    few = too_few(np.array([1, 4, 30, 20]), 20)
    assert (few.n, few.n_all, few.n_ratings, few.n_ratings_all) == (2, 4, 5, 55)
    assert few.share == 0.5 and few.share_of_ratings == pytest.approx(5 / 55)


@given(some.lists(some.integers(1, 3000), min_size=1, max_size=60), some.integers(1, 300))
def test_shares_add_up(n_ratings, minimum):
    n_ratings = np.array(n_ratings)
    held, few = cumulative_share(n_ratings), too_few(n_ratings, minimum)
    assert held[0] == 0 and held[-1] == 1 and (np.diff(held) >= 0).all() and (np.diff(held, 2) <= 1e-12).all()
    # the most rated ones with enough ratings hold what the others do not
    assert held[few.n_all - few.n] + few.share_of_ratings == pytest.approx(1)
    # twice the area between the Lorenz curve, by trapezoids, and the diagonal
    area = (held[1:] + held[:-1]).sum() / (2 * len(n_ratings))
    assert gini(n_ratings) == pytest.approx(2 * area - 1, abs=1e-9) and 0 <= gini(n_ratings) + 1e-12 < 1


def test_titles_by_hand(dataset):
    table = doubled_titles(dataset)
    assert table.to_dict("list") == {
        "title": ["Emma (1996)"] * 2,
        "item_id": ["10", "11"],
        "n_ratings": [2, 1],
        "n_title": [3, 3],
    }
    assert rated_twice(dataset).to_dict("records") == [
        {"user_id": "1", "title": "Emma (1996)", "n": 2, "n_ids": 2, "least": 2.0, "most": 4.0}
    ]


def test_no_title_is_doubled(sample):
    assert doubled_titles(sample).empty and rated_twice(sample).empty


def test_titles_of_movielens_100k(movielens_100k):
    assert doubled_titles(movielens_100k)["title"].nunique() == 18
    twice = rated_twice(movielens_100k)
    assert len(twice) == 307 and (twice["least"] != twice["most"]).sum() == 46
    assert (twice["n_ids"] > 1).all()


def test_levels(ratings):
    assert level_counts(ratings).tolist() == [1, 1, 1, 1, 1]


def test_half_stars(movielens_latest_small):
    stars = encode(movielens_latest_small)
    expected = [(stars.rating == level).sum() for level in stars.rating_scale.levels]
    assert level_counts(stars).tolist() == expected and sum(expected) == len(stars)


def test_over_time_by_hand(ratings):
    days = over_time(ratings, DAY)
    assert days["start"].dt.strftime("%Y-%m-%d").tolist() == ["1997-09-20", "1997-09-21", "1997-10-20"]
    assert days["n_ratings"].tolist() == [2, 1, 2] and days["mean_rating"].tolist() == [3, 5, 2]
    assert days["n_users"].tolist() == [1, 1, 1] and days["n_new"].tolist() == [1, 0, 1]
    weeks = over_time(ratings, WEEK)  # a Saturday; a Monday
    assert weeks["start"].dt.strftime("%Y-%m-%d").tolist() == ["1997-09-15", "1997-10-20"]
    assert weeks["n_ratings"].tolist() == [3, 2]
    assert over_time(ratings, MONTH)["start"].dt.strftime("%Y-%m-%d").tolist() == ["1997-09-01", "1997-10-01"]


@pytest.mark.parametrize("period", PERIODS)
def test_every_rating_lies_in_one_period_and_every_user_is_new_once(movielens_100k, period):
    ratings = encode(movielens_100k)
    table = over_time(ratings, period)
    assert table["n_ratings"].sum() == len(ratings) and table["n_new"].sum() == 943
    assert (table["n_new"] <= table["n_users"]).all() and table["start"].is_monotonic_increasing
    mean = (table["mean_rating"] * table["n_ratings"]).sum() / len(ratings)
    assert mean == pytest.approx(ratings.rating.mean(dtype=np.float64))
    frequency = {DAY: "D", WEEK: "W-SUN", MONTH: "M"}[period]
    moments = pd.Series(pd.to_datetime(ratings.time, unit="s")).dt.to_period(frequency)
    assert table["n_ratings"].tolist() == moments.value_counts().sort_index().tolist()
