"""Film clusters: films of the map in groups that lie close together, and what each group has more of than the others.

k-means (scikit-learn, seeded) on the rows that the map lays out, all of their dimensions, not only those in sight.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from collab.data.genres import genre_flags
from collab.explore.axes import LEAST_ITEMS

MOST = 8
"""So many clusters at most: as many as colours can be told apart."""

SEED = 0


def item_clusters(matrix: np.ndarray, n_clusters: int, seed: int = SEED) -> np.ndarray:
    """The cluster of every row of `matrix` (n, d): (n,) from 1, the largest cluster first.

    Where there are fewer different rows than clusters, there are as many clusters as different rows.
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
    """One row a cluster, of films in the rows of `films`, most rated first: what is in it.

    Columns: cluster, n_items, most_rated (titles with their numbers of ratings), median_year, median_ratings, mean_rating,
    more_of (the genres with the largest difference between their share in the cluster and among all these films, with both
    shares; only genres with `LEAST_ITEMS` films in the cluster and a larger share there).
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
                    f"{film.title} · {film.n_ratings:,}" for film in members.head(n_named).itertuples()
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
