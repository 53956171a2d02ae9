"""Recommend: the order of the lists, and what must never stand in them."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.cold_start import Predictions
from collab.recommend import films_to_ask, popular, recommend

COLUMNS = ["item_index", "title", "predicted", "uncertainty", "low", "high", "score", "n_ratings", "year", "genres"]


def make_items(n_ratings, titles=None):
    n = len(n_ratings)
    mean_rating = np.where(np.array(n_ratings) > 0, 3.5, np.nan)
    return pd.DataFrame(
        {
            "title": titles or ["#na#", *(f"Film {index} (1990)" for index in range(1, n))],
            "year": pd.array([pd.NA] + [1990] * (n - 1), dtype="Int64"),
            "genres": [""] + ["Drama"] * (n - 1),
            "n_ratings": n_ratings,
            "mean_rating": mean_rating,
            "damped_mean": 3.5,
        }
    )


def make_predictions(score):
    score = np.array(score, dtype=np.float64)
    low, mean, high = (np.clip(score + away, 1, 5) for away in (-1, 0, 1))
    return Predictions(mean, np.full(len(score), 0.9), low, high, score)


def test_best_first_without_rated_unknown_and_rare_films():
    items = make_items([500, 30, 40, 0, 19, 50])
    listed = recommend(make_predictions([5.4, 3, 4, 5, 5, 2]), items, rated=[5], n=10, minimum_count=20)
    assert listed.columns.tolist() == COLUMNS
    assert listed.item_index.tolist() == [2, 1]
    first = listed.iloc[0]
    assert (first.title, first.predicted, first.uncertainty, first.low, first.high) == ("Film 2 (1990)", 4, 0.9, 3, 5)
    assert (first.score, first.n_ratings, first.year, first.genres) == (4, 40, 1990, "Drama")


def test_untrained_films_are_left_out_whatever_the_minimum():
    items = make_items([0, 0, 1])
    assert recommend(make_predictions([5, 5, 2]), items, rated=[], minimum_count=0).item_index.tolist() == [2]
    assert popular(items, minimum_count=0).item_index.tolist() == [2]
    assert films_to_ask(items, answered=[]).item_index.tolist() == [2]


def test_ties_go_to_the_more_often_rated_then_to_the_title():
    items = make_items([0, 30, 40, 30, 30], ["#na#", "Zulu (1964)", "Babe (1995)", "Alien (1979)", "Zorro (1990)"])
    listed = recommend(make_predictions([4, 4, 4, 4, 4]), items, rated=[], n=4)
    assert listed.title.tolist() == ["Babe (1995)", "Alien (1979)", "Zorro (1990)", "Zulu (1964)"]


def test_films_above_the_scale_keep_their_order():
    listed = recommend(make_predictions([0, 5.1, 5.3]), make_items([0, 30, 30]), rated=[])
    assert listed.item_index.tolist() == [2, 1]
    assert listed.predicted.tolist() == [5, 5]


def test_empty_lists_keep_their_columns_and_types():
    items, predictions = make_items([0, 30]), make_predictions([3, 3])
    empty, full = recommend(predictions, items, rated=[1]), recommend(predictions, items, rated=[])
    assert len(empty) == 0 and len(full) == 1
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert len(popular(items, minimum_count=31)) == 0


def test_popular_lists_the_most_rated():
    listed = popular(make_items([900, 30, 40, 10, 35]), n=2)
    columns = ["item_index", "title", "mean_rating", "damped_mean", "n_ratings", "year", "genres"]
    assert listed.columns.tolist() == columns
    assert listed.item_index.tolist() == [2, 4]


def test_popular_leaves_out_what_was_set_aside_with_all_of_its_title():
    items = make_items([900, 30, 40, 10, 35])
    assert popular(items, 2, 1, dismissed={2}).item_index.tolist() == [4, 1]
    items.loc[4, "title"] = items.loc[2, "title"]
    assert popular(items, 3, 1, dismissed={4}).item_index.tolist() == [1, 3]


def test_films_to_ask_skips_what_was_answered():
    listed = films_to_ask(make_items([900, 30, 40, 10, 35]), answered={2, 1}, n=2)
    assert listed.columns.tolist() == ["item_index", "title", "n_ratings", "year", "genres"]
    assert listed.item_index.tolist() == [4, 3]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from([1.0, 3.0, 3.5, 5.2])), min_size=2, max_size=30),
    st.sets(st.integers(0, 29)),
    st.integers(0, 40),
    st.integers(0, 30),
)
def test_lists_hold_only_what_they_may(films, answered, n, minimum_count):
    items = make_items([count for count, _ in films])
    predictions = make_predictions([score for _, score in films])
    listed = recommend(predictions, items, answered, n, minimum_count)
    chosen = set(listed.item_index)
    assert not chosen & (answered | {0})
    assert (listed.n_ratings >= max(1, minimum_count)).all()
    assert listed.score.is_monotonic_decreasing
    allowed = {index for index in range(1, len(films)) if films[index][0] >= max(1, minimum_count)} - answered
    assert len(listed) == min(n, len(allowed))
    assert all(films[left_out][1] <= listed.score.min() for left_out in allowed - chosen if chosen)
    asked = films_to_ask(items, answered, n)
    assert not set(asked.item_index) & (answered | {0})
    assert asked.n_ratings.is_monotonic_decreasing and (asked.n_ratings > 0).all()
    assert (popular(items, n, minimum_count).n_ratings >= max(1, minimum_count)).all()
