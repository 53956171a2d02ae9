"""The lists of most rated films: their order, and what must never stand in them."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.recommend.elicitation import items_to_ask
from collab.recommend.orders import popular


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


def test_untrained_films_are_left_out_whatever_the_minimum():
    items = make_items([0, 0, 1])
    assert popular(items, minimum_count=0).item_index.tolist() == [2]
    assert items_to_ask(items, answered=[]).item_index.tolist() == [2]


def test_empty_lists_keep_their_columns_and_types():
    items = make_items([0, 30])
    empty, full = items_to_ask(items, answered=[1]), items_to_ask(items, answered=[])
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
    listed = items_to_ask(make_items([900, 30, 40, 10, 35]), answered={2, 1}, n=2)
    assert listed.columns.tolist() == ["item_index", "title", "n_ratings", "year", "genres"]
    assert listed.item_index.tolist() == [4, 3]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=30),
    st.sets(st.integers(0, 29)),
    st.integers(0, 40),
    st.integers(0, 30),
)
def test_lists_hold_only_what_they_may(counts, answered, n, minimum_count):
    items = make_items(counts)
    asked = items_to_ask(items, answered, n)
    chosen, trained = set(asked.item_index), {index for index in range(1, len(counts)) if counts[index]}
    assert chosen <= trained - answered and len(asked) == min(n, len(trained - answered))
    assert asked.n_ratings.is_monotonic_decreasing
    assert all(counts[left_out] <= asked.n_ratings.min() for left_out in trained - answered - chosen if chosen)
    assert (popular(items, n, minimum_count).n_ratings >= max(1, minimum_count)).all()
