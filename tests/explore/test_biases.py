"""Biases: tables, shrinkage and means by kind on paper, against NumPy and pandas, and what must hold for any numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data.genres import DECADES, GENRES
from collab.explore.biases import (
    bias_by_genre_and_decade,
    bias_by_kind,
    bias_deviations,
    bias_table,
    mean_bias,
    shrunk,
    user_bias_table,
)


def make_films(*rows):
    """Films from (bias, n_ratings, genres, year)."""
    table = pd.DataFrame(rows, columns=["bias", "n_ratings", "genres", "year"])
    return table.astype({"bias": "float64", "n_ratings": "int64", "year": "Int64"})


# A is a comedy and a drama, B a drama, C a comedy, D has no genre and E no year.
PAPER = make_films(
    (0.4, 10, "Comedy|Drama", 1994),
    (0.1, 30, "Drama", 1999),
    (-0.2, 10, "Comedy", 1987),
    (0.9, 50, "", 1985),
    (0.7, 20, "Drama", pd.NA),
)


def test_shrunk_on_paper():
    assert shrunk(np.array([1.0, -0.5, 0.3]), np.array([10, 30, 0]), 10) == pytest.approx([0.5, -0.375, 0.0])
    assert shrunk(np.array([1.0, 0.3]), np.array([10, 0]), 0) == pytest.approx([1.0, 0.0])


@given(st.lists(st.tuples(st.floats(-3, 3), st.integers(0, 500)), min_size=1, max_size=20), st.floats(0, 100))
def test_shrinking_keeps_signs_and_lengthens_nothing(films, damping):
    biases, counts = np.array(films).T
    drawn_in = shrunk(biases, counts, damping)
    assert (np.abs(drawn_in) <= np.abs(biases)).all() and (drawn_in * biases >= 0).all()
    more = shrunk(biases, counts + 1, damping)
    assert (np.abs(more) >= np.abs(drawn_in) - 1e-12).all()


def test_a_film_counts_in_each_of_its_genres():
    table = bias_by_kind(PAPER, GENRES)
    assert list(table["name"]) == ["Drama", "Comedy"]  # (0.4 + 0.1 + 0.7) / 3 and (0.4 − 0.2) / 2
    assert list(table["mean"]) == pytest.approx([0.4, 0.1])
    assert list(table["error"]) == pytest.approx([0.3 / 3**0.5, 0.3 * 2**0.5 / 2**0.5])
    assert list(table["n_items"]) == [3, 2] and list(table["n_ratings"]) == [60, 20]


def test_a_film_may_count_by_its_ratings():
    table = bias_by_kind(PAPER, GENRES, by_ratings=True).set_index("name")
    assert table.loc["Drama", "mean"] == pytest.approx((10 * 0.4 + 30 * 0.1 + 20 * 0.7) / 60)  # 0.35
    away = np.array([10 * 0.05, 30 * -0.25, 20 * 0.35])
    assert table.loc["Drama", "error"] == pytest.approx((1.5 * (away**2).sum()) ** 0.5 / 60)
    assert table.loc["Comedy", "mean"] == pytest.approx(0.1)  # both have ten


def test_decades_in_time_and_a_single_film_without_error():
    table = bias_by_kind(PAPER, DECADES)
    assert list(table["name"]) == ["1980s", "1990s"]
    assert list(table["mean"]) == pytest.approx([0.35, 0.25]) and list(table["n_items"]) == [2, 2]
    lone = bias_by_kind(PAPER.iloc[:1], DECADES)
    assert lone["error"].isna().all() and lone["mean"].iat[0] == pytest.approx(0.4)


def test_genres_in_decades():
    table = bias_by_genre_and_decade(PAPER)
    assert list(zip(table["genre"], table["decade"], strict=True)) == [
        ("Comedy", "1980s"),
        ("Comedy", "1990s"),
        ("Drama", "1990s"),
    ]
    assert list(table["mean"]) == pytest.approx([-0.2, 0.4, 0.25]) and list(table["n_items"]) == [1, 1, 2]


def test_mean_of_all_films():
    assert mean_bias(PAPER) == pytest.approx(1.9 / 5)
    assert mean_bias(PAPER, by_ratings=True) == pytest.approx((4 + 3 - 2 + 45 + 14) / 120)
    assert np.isnan(mean_bias(PAPER.iloc[:0]))


@pytest.mark.parametrize("by", [GENRES, DECADES])
def test_no_films_and_nothing_known_of_them(by):
    assert bias_by_kind(PAPER.iloc[:0], by).empty
    assert bias_by_kind(make_films((0.1, 3, "", pd.NA)), by).empty
    assert bias_by_genre_and_decade(make_films((0.1, 3, "", 1990))).empty


@given(st.lists(st.tuples(st.floats(-2, 2), st.integers(1, 300), st.sampled_from("ABC")), min_size=2, max_size=30))
def test_means_by_kind_agree_with_pandas(rows):
    films = make_films(*((bias, n, genre, 1990) for bias, n, genre in rows))
    table = bias_by_kind(films, GENRES).set_index("name").sort_index()
    groups = films.groupby("genres")["bias"]
    np.testing.assert_allclose(table["mean"], groups.mean(), atol=1e-9)
    np.testing.assert_allclose(table["error"], groups.sem(), atol=1e-7)
    weighted = bias_by_kind(films, GENRES, by_ratings=True)
    assert np.average(weighted["mean"], weights=weighted["n_ratings"]) == pytest.approx(
        mean_bias(films, by_ratings=True), abs=1e-9
    )


@given(st.lists(st.tuples(st.floats(-2, 2), st.integers(1, 300), st.floats(1, 5)), min_size=2, max_size=30))
def test_residuals_weighted_by_count_sum_to_zero(rows):
    biases, counts, means = (list(column) for column in zip(*rows, strict=True))
    items = pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {place}" for place in range(len(rows)))],
            "year": pd.array([pd.NA] * (len(rows) + 1), dtype="Int64"),
            "genres": "",
            "n_ratings": [0, *counts],
            "mean_rating": [np.nan, *means],
            "damped_mean": [3.0, *((n * mean + 15) / (n + 5) for n, mean in zip(counts, means, strict=True))],
        }
    )
    films = bias_table(items, np.array([0.0, *biases]), 1)
    assert np.sum(films["residual"] * films["n_ratings"]) == pytest.approx(0, abs=1e-6)
    assert np.sum(films["residual"] * films["n_ratings"] * films["damped_mean"]) == pytest.approx(0, abs=1e-5)
    users = user_bias_table(items.rename(columns={"title": "user_id"}), np.array([0.3, *biases]))
    assert np.sum(users["residual"] * users["n_ratings"]) == pytest.approx(0, abs=1e-6)


# --- film by film ---


def make_items(n_ratings, mean_rating=None):
    """An items table of a run: row 0 is "#na#", then one film a count."""
    n_items = len(n_ratings)
    means = [3.0] * n_items if mean_rating is None else list(mean_rating)
    return pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {letter} (1990)" for letter in "ABCDEFGHIJKLMNOP"[:n_items])],
            "year": pd.array([pd.NA] + [1990] * n_items, dtype="Int64"),
            "genres": ["", *["Drama"] * n_items],
            "n_ratings": [0, *n_ratings],
            "mean_rating": [np.nan, *means],
            "damped_mean": [np.nan, *means],
        }
    )


def test_doubt_about_biases_goes_with_its_row():
    items = make_items([30, 40, 0, 60])
    covariances = np.stack([np.diag([1.0, variance]) for variance in (9.0, 0.01, 0.04, 1.0, 0.25)])
    model = SimpleNamespace(item_covariances=covariances, user_covariances=covariances[::-1])
    doubt = bias_deviations(model)
    assert doubt.items == pytest.approx([3, 0.1, 0.2, 1, 0.5]) and doubt.users == pytest.approx([0.5, 1, 0.2, 0.1, 3])
    table = bias_table(items, np.array([0, 0.1, 0.5, 0, 0.3]), 1, doubt.items)
    assert list(table["item_index"]) == [2, 4, 1] and table["deviation"].tolist() == pytest.approx([0.2, 0.5, 0.1])
    assert (
        "deviation" not in bias_table(items, np.zeros(5))
        and bias_deviations(SimpleNamespace(item_covariances=None)) is None
    )


def test_bias_table_on_paper():
    # A line through means 2, 3, 4 with biases -1, 0.3, 1 and equal weights: slope 1, at the middle 0.1.
    items = make_items([30, 30, 30, 0], [2.0, 3.0, 4.0, np.nan])
    table = bias_table(items, np.array([9.0, -1.0, 0.3, 1.0, 7.0], dtype=np.float32))
    assert list(table.columns) == [
        "item_index", "title", "bias", "mean_rating", "damped_mean", "n_ratings", "genres", "year", "residual",
    ]  # fmt: skip
    assert list(table["item_index"]) == [3, 2, 1]
    assert list(table["bias"]) == pytest.approx([1.0, 0.3, -1.0])
    assert list(table["residual"]) == pytest.approx([-0.1, 0.2, -0.1], abs=1e-6)


def test_bias_residual_weighs_by_count_and_is_a_film_s_own():
    generator = np.random.default_rng(4)
    counts = [1, 3, 25, 60, 200, 10, 35]
    items = make_items(counts, generator.uniform(1, 5, 7))
    biases = np.r_[0.0, generator.normal(size=7)]
    everything = bias_table(items, biases, minimum_count=1).set_index("item_index")
    slope, start = np.polyfit(items["mean_rating"][1:], biases[1:], 1, w=np.sqrt(counts))
    expected = biases[1:] - (start + slope * items["mean_rating"][1:])
    assert np.allclose(everything["residual"].loc[range(1, 8)], expected)
    frequent = bias_table(items, biases, minimum_count=30).set_index("item_index")
    assert set(frequent.index) == {4, 5, 7}
    assert np.allclose(frequent["residual"], everything["residual"].loc[frequent.index])


def test_bias_table_where_means_do_not_differ_or_nothing_is_trained():
    table = bias_table(make_items([30, 30]), np.array([0.0, 1.0, -1.0]))
    assert list(table["residual"]) == pytest.approx([1.0, -1.0])
    assert bias_table(make_items([0, 0]), np.zeros(3)).empty


def test_user_bias_table_leaves_out_the_unknown_user():
    users = pd.DataFrame(
        {"user_id": ["#na#", "7", "8", "9"], "n_ratings": [0, 40, 0, 10], "mean_rating": [np.nan, 2.0, np.nan, 4.0]}
    )
    table = user_bias_table(users, np.array([5.0, -0.5, 3.0, 0.5]))
    assert list(table.columns) == ["user_index", "user_id", "bias", "mean_rating", "n_ratings", "residual"]
    assert list(table["user_id"]) == ["9", "7"]
    assert list(table["bias"]) == pytest.approx([-4.5, -5.5])  # from the unknown user's 5 on
    assert list(user_bias_table(users, np.zeros(4), minimum_count=20)["user_id"]) == ["7"]
