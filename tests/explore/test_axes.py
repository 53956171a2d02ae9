"""What goes with an axis: ends by hand, correlations against NumPy and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from collab.explore.axes import LEAST_ITEMS, axis_correlations, correlation, ends


def some_films(n_items=60, seed=0):
    numbers = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "title": [f"Film {place}" for place in range(n_items)],
            "genres": numbers.choice(
                ["Drama", "Comedy", "Drama|War", "", "Horror"], n_items, p=[0.4, 0.3, 0.2, 0.08, 0.02]
            ),
            "year": pd.array([pd.NA if place % 7 == 0 else 1950 + place for place in range(n_items)], dtype="Int64"),
            "n_ratings": numbers.integers(1, 400, n_items),
            "mean_rating": numbers.uniform(1, 5, n_items),
        }
    )


def test_the_ends_of_five_films_by_hand():
    films = pd.DataFrame({"title": list("abcde")})
    low, high = ends(np.array([0.0, 3.0, -1.0, 3.0, 2.0]), films, 2)
    assert low["title"].tolist() == ["c", "a"] and low["place"].tolist() == [-1, 0]
    assert high["title"].tolist() == ["b", "d"]  # as far out as each other: the first in the table comes first
    low, high = ends(np.array([1.0, 2.0, 3.0]), films[:3], 8)
    assert low["title"].tolist() == ["a"] and high["title"].tolist() == ["c", "b"]  # no film at both ends


def test_correlations_are_numpys():
    films = some_films()
    place = np.random.default_rng(1).normal(size=len(films)) + 0.002 * films["n_ratings"].to_numpy()
    table = axis_correlations(place, films).set_index("what")
    assert table.loc["number of ratings, logarithm", "correlation"] == pytest.approx(
        np.corrcoef(place, np.log(films["n_ratings"]))[0, 1]
    )
    known = films["year"].notna().to_numpy()
    year = table.loc["year"]
    assert year["correlation"] == pytest.approx(np.corrcoef(place[known], films["year"][known].astype(float))[0, 1])
    assert year["n_items"] == known.sum() and pd.isna(year["n_with"])
    drama = films["genres"].str.contains("Drama").to_numpy()
    assert table.loc["Drama", "correlation"] == pytest.approx(stats.pointbiserialr(drama, place).statistic)
    assert table.loc["Drama", "n_with"] == drama.sum()
    assert table["correlation"].abs().is_monotonic_decreasing
    assert films["genres"].eq("Horror").sum() < LEAST_ITEMS and "Horror" not in table.index


def test_the_interval_is_fishers():
    first, second = np.random.default_rng(2).normal(size=(2, 50))
    found, low, high = correlation(first, second)
    reach = 1.959964 / np.sqrt(50 - 3)
    assert (low, high) == pytest.approx((np.tanh(np.arctanh(found) - reach), np.tanh(np.arctanh(found) + reach)))
    assert correlation(np.arange(4.0), np.arange(4.0)) == pytest.approx((1, 1, 1))
    assert np.isnan(correlation(first[:3], second[:3])).tolist() == [False, True, True]


def test_what_does_not_vary_goes_with_nothing():
    assert np.isnan([correlation(np.ones(9), np.arange(9.0)), correlation(np.arange(2.0), np.arange(2.0))]).all()
    films = some_films().assign(mean_rating=3.0, genres="Drama", year=pd.NA)
    table = axis_correlations(np.arange(60.0), films)
    assert table["what"].tolist() == ["number of ratings, logarithm"]
