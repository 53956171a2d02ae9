"""Clusters of the items on the map, and the genres that are over-represented in each.

k-means (scikit-learn, seeded) on all dimensions of the matrix that the map shows, not only the visible ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from collab.data.genres import genre_flags
from collab.explore.axes import LEAST_ITEMS

MOST = 8
"""Maximum number of clusters: as many as there are distinguishable colours."""

SEED = 0


def item_clusters(matrix: np.ndarray, n_clusters: int, seed: int = SEED) -> np.ndarray:
    """The cluster of every row of `matrix` (n, d), numbered from 1, largest first: (n,).

    Where the matrix has fewer distinct rows than `n_clusters`, there are as many clusters as distinct rows.
    """
    if not len(matrix):
        return np.zeros(0, dtype=np.int64)
    different = min(len(np.unique(matrix, axis=0)), n_clusters)
    found = KMeans(n_clusters=different, n_init=4, random_state=seed).fit_predict(matrix)
    sizes = np.bincount(found, minlength=different)
    first_item = np.array([np.argmax(found == each) for each in range(different)])
    order = np.lexsort((first_item, -sizes))
    number = np.empty(different, dtype=np.int64)
    number[order] = np.arange(1, different + 1)
    return number[found]


def cluster_table(films: pd.DataFrame, clusters: np.ndarray, n_named: int = 3) -> pd.DataFrame:
    """A summary of each cluster, one row per cluster. `films` has one row per item, most rated first.

    Columns: cluster, n_items, most_rated (titles with their numbers of ratings), median_year, median_ratings, mean_rating,
    more_of (the genres with the largest difference between their share in the cluster and among all these items, with both
    shares; only genres with `LEAST_ITEMS` items in the cluster and a larger share there).
    """
    flags = genre_flags(films["genres"])
    overall = flags.mean()
    rows = []
    for number in np.unique(clusters):
        inside = clusters == number
        members = films[inside]
        shares, counts = flags[inside].mean(), flags[inside].sum()
        gain = (shares - overall)[(counts >= LEAST_ITEMS) & (shares > overall)].sort_values(
            ascending=False, kind="stable"
        )
        rows.append(
            {
                "cluster": int(number),
                "n_items": len(members),
                "most_rated": ", ".join(
                    f"{item.title} · {item.n_ratings:,}" for item in members.head(n_named).itertuples()
                ),
                "median_year": members["year"].astype("Float64").median(),
                "median_ratings": float(members["n_ratings"].median()),
                "mean_rating": float(members["mean_rating"].mean()),
                "more_of": ", ".join(
                    f"{genre} {100 * shares[genre]:.0f} % (all: {100 * overall[genre]:.0f} %)"
                    for genre in gain.index[:3]
                ),
            }
        )
    return pd.DataFrame(rows)
