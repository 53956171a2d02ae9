"""Sets of films: facts and differences by hand, the distance by chance against a simulation."""

import numpy as np
import pandas as pd
import pytest

from collab.film_sets import distance_of_middles, genre_shares, set_facts

ITEMS = pd.DataFrame(
    {
        "title": ["#na#", "A", "B", "C", "D"],
        "genres": ["", "Drama|War", "Drama", "War", ""],
        "year": pd.array([pd.NA, 1980, 1990, pd.NA, 2000], dtype="Int64"),
        "n_ratings": [0, 10, 30, 20, 40],
        "mean_rating": [np.nan, 4.0, 3.0, 2.0, 5.0],
    }
)


def test_the_facts_of_a_set_by_hand():
    facts = set_facts(ITEMS, [1, 2, 3], np.array([9, 0.1, 0.3, -0.1, 5]))
    assert (facts.n_films, facts.n_ratings, facts.median_ratings, facts.median_year) == (3, 60, 20, 1985)
    assert facts.mean_rating == pytest.approx(3) and facts.mean_bias == pytest.approx(0.1)
    assert np.isnan(set_facts(ITEMS, [1], None).mean_bias) and np.isnan(set_facts(ITEMS, [3], None).median_year)
    assert set_facts(ITEMS, [], None).n_films == 0


def test_shares_of_genres_by_hand():
    table = genre_shares(ITEMS, [[1, 2], [3]], [1, 2, 3, 4]).set_index("genre")
    assert table.loc["Drama", ["share_1", "share_2", "all"]].tolist() == [1.0, 0.0, 0.5]
    assert (
        table.loc["War", ["n_1", "n_2"]].tolist() == [1, 1] and table.index[0] == "Drama"
    )  # the largest difference first
    alone = genre_shares(ITEMS, [[3]], [1, 2, 3, 4])
    assert alone["genre"].tolist() == ["Drama", "War"] and alone["share_1"].tolist() == [0, 1]


def test_the_distance_of_two_middles_by_hand():
    """Four films at the corners of a square of side 2: s² = 2, two films drawn are 2 apart in the root mean square."""
    vectors = np.array([[0, 0], [2, 0], [0, 2], [2, 2]])
    apart, chance = distance_of_middles(vectors, [0, 2], [1, 3], range(4))
    assert apart == pytest.approx(2 / 2) and chance == pytest.approx(np.sqrt(0.5))
    assert distance_of_middles(vectors, [0, 3], [1, 2], range(4))[0] == pytest.approx(0)
    assert np.isnan(distance_of_middles(vectors, [], [1], range(4))).all()
    assert np.isnan(distance_of_middles(np.ones((4, 2)), [0], [1], range(4))).all()


def test_sets_drawn_at_random_lie_apart_as_chance_says():
    numbers = np.random.default_rng(0)
    vectors = numbers.normal(size=(3000, 4)) * [3, 2, 1, 1]
    found = []
    for _ in range(400):
        first, second = numbers.choice(3000, 8, replace=False), numbers.choice(3000, 20, replace=False)
        apart, chance = distance_of_middles(vectors, first, second, range(3000))
        found.append(apart**2)
    assert np.sqrt(np.mean(found)) == pytest.approx(chance, rel=0.06)
