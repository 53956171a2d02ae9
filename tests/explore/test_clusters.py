"""Clusters: a structure that is known, and what is said of it by hand."""

import numpy as np
import pandas as pd
import pytest

from collab.explore.clusters import cluster_table, item_clusters


def three_heaps():
    numbers = np.random.default_rng(0)
    heaps = [(0, 0, 9), (9, 0, 0), (0, 9, 0)]
    sizes = [10, 30, 20]
    return np.concatenate(
        [numbers.normal(size=(n, 3)) * 0.1 + heap for heap, n in zip(heaps, sizes, strict=True)]
    ), sizes


def test_heaps_are_found_and_numbered_by_size():
    matrix, _ = three_heaps()
    assert item_clusters(matrix, 3).tolist() == [3] * 10 + [1] * 30 + [2] * 20
    order = np.random.default_rng(1).permutation(len(matrix))
    assert item_clusters(matrix[order], 3).tolist() == item_clusters(matrix, 3)[order].tolist()


def test_no_more_clusters_than_different_films():
    assert set(item_clusters(np.ones((5, 2)), 4)) == {1}
    assert item_clusters(np.zeros((0, 2)), 3).shape == (0,)


def test_the_same_seed_gives_the_same_clusters():
    matrix = np.random.default_rng(3).normal(size=(200, 5))
    assert (item_clusters(matrix, 6) == item_clusters(matrix, 6)).all()


def test_what_is_in_a_cluster_by_hand():
    films = pd.DataFrame(
        {
            "title": [f"Film {place}" for place in range(12)],
            "genres": ["War"] * 6 + ["Drama"] * 6,
            "year": pd.array([1990] * 6 + [2000] * 6, dtype="Int64"),
            "n_ratings": range(1200, 0, -100),
            "mean_rating": [4.0] * 6 + [2.0] * 6,
        }
    )
    table = cluster_table(films, np.array([1] * 6 + [2] * 6), n_named=2).set_index("cluster")
    first = table.loc[1]
    assert first["n_items"] == 6 and first["most_rated"] == "Film 0 · 1,200, Film 1 · 1,100"
    assert first["median_year"] == 1990 and first["mean_rating"] == pytest.approx(4)
    assert first["more_of"] == "War 100 % (all: 50 %)" and table.loc[2, "more_of"] == "Drama 100 % (all: 50 %)"
