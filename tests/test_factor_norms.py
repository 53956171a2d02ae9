"""Norms of factors beside counts: on paper."""

import numpy as np
import pandas as pd
import pytest

from collab.factor_norms import norm_and_count, norm_table


def make_items(n_ratings):
    n_films = len(n_ratings)
    return pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {place}" for place in range(n_films))],
            "n_ratings": [0, *n_ratings],
            "mean_rating": 3.0,
            "genres": "Drama",
            "year": pd.array([1990] * (n_films + 1), dtype="Int64"),
        }
    )


FACTORS = np.array([[50, 50], [3, 4], [0, 1], [5, 12], [-3, 4]], dtype=np.float32)


def test_longest_first_without_the_unknown_and_the_untrained():
    table = norm_table(make_items([20, 0, 40, 30]), FACTORS, 1)
    assert list(table["item_index"]) == [3, 1, 4]  # 13, and twice 5: the lower index first
    assert list(table["norm"]) == pytest.approx([13, 5, 5])
    assert list(norm_table(make_items([20, 0, 40, 30]), FACTORS, 25)["item_index"]) == [3, 4]


def test_correlation_with_the_logarithm_of_the_count():
    table = pd.DataFrame({"norm": [1.0, 2.0, 3.0], "n_ratings": [10, 100, 1000]})
    assert norm_and_count(table) == pytest.approx(1)
    assert norm_and_count(table.assign(norm=[3.0, 2.0, 1.0])) == pytest.approx(-1)
    assert norm_and_count(table.assign(norm=[1.0, 3.0, 2.0])) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"norm": [1.0, 2.0], "n_ratings": [10, 100]}),
        pd.DataFrame({"norm": [1.0, 1.0, 1.0], "n_ratings": [10, 100, 1000]}),
        pd.DataFrame({"norm": [1.0, 2.0, 3.0], "n_ratings": [5, 5, 5]}),
    ],
)
def test_no_correlation_of_too_few_or_equal_ones(table):
    assert np.isnan(norm_and_count(table))
