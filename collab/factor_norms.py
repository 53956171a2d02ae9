"""How long the films' factors are: a long vector moves predictions much, and mostly those of films with many ratings are long."""

from __future__ import annotations

import numpy as np
import pandas as pd

from collab.tables import trained_items


def norm_table(items: pd.DataFrame, item_factors: np.ndarray, minimum_count: int = 20) -> pd.DataFrame:
    """One row a film with at least `minimum_count` training ratings, longest factors first (equal: the lower index).

    `item_factors` (n_items, n_factors). Columns: item_index, title, norm (Euclidean), n_ratings, mean_rating, genres, year.
    """
    item_index = trained_items(items, minimum_count)
    table = items.iloc[item_index][["title", "n_ratings", "mean_rating", "genres", "year"]].reset_index(drop=True)
    table.insert(0, "item_index", item_index)
    table.insert(2, "norm", np.linalg.norm(np.asarray(item_factors, dtype=np.float64)[item_index], axis=1))
    return table.sort_values(["norm", "item_index"], ascending=[False, True], ignore_index=True)


def norm_and_count(table: pd.DataFrame) -> float:
    """Pearson's correlation of the norms with the logarithms of the counts of a `norm_table`; NaN where either is the same for
    all films, or there are fewer than three."""
    norm, count = table["norm"].to_numpy(), np.log(table["n_ratings"].to_numpy(dtype=np.float64))
    if len(table) < 3 or np.ptp(norm) == 0 or np.ptp(count) == 0:
        return float("nan")
    return float(np.corrcoef(norm, count)[0, 1])
