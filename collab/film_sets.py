"""Film sets: what some films have in common, and what two sets of films have not.

A set is a list of item indices of a run. Everything is measured on the training ratings and on the rows that the map lays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.kinds import genre_flags


@dataclass(frozen=True)
class SetFacts:
    """One set of films: how many, their ratings together, the median count and year, and plain means over films of the mean
    rating and the bias (NaN where there are none)."""

    n_films: int
    n_ratings: int
    median_ratings: float
    median_year: float
    mean_rating: float
    mean_bias: float


def set_facts(items: pd.DataFrame, item_index: Sequence[int], item_biases: np.ndarray | None) -> SetFacts:
    """The facts of the films `item_index` of the table `items`; `item_biases` (n_items,) where the model has biases."""
    index = np.asarray(item_index, dtype=np.int64)
    films = items.iloc[index]
    years = films["year"].dropna()
    return SetFacts(
        n_films=len(films),
        n_ratings=int(films["n_ratings"].sum()),
        median_ratings=float(films["n_ratings"].median()) if len(films) else float("nan"),
        median_year=float(years.median()) if len(years) else float("nan"),
        mean_rating=float(films["mean_rating"].mean()) if len(films) else float("nan"),
        mean_bias=float(np.mean(item_biases[index])) if item_biases is not None and len(films) else float("nan"),
    )


def genre_shares(items: pd.DataFrame, sets: Sequence[Sequence[int]], against: Sequence[int]) -> pd.DataFrame:
    """How many films of each set have a genre, beside all films `against`.

    Columns: genre, share_1 … share_k, n_1 … n_k for the k `sets`, all (the share among `against`). A film with three genres
    counts for each of them, so shares add up to more than one. Sorted by the largest difference: between the first two sets, or
    between the only one and all films.
    """
    flags = genre_flags(items["genres"])
    overall = flags.iloc[np.asarray(against, dtype=np.int64)].mean()
    table = pd.DataFrame({"genre": flags.columns, "all": overall.to_numpy()})
    for number, each in enumerate(sets, start=1):
        inside = flags.iloc[np.asarray(each, dtype=np.int64)]
        table[f"share_{number}"] = inside.mean().to_numpy()
        table[f"n_{number}"] = inside.sum().to_numpy()
    other = "share_2" if len(sets) > 1 else "all"
    order = np.argsort(-(table["share_1"] - table[other]).abs().fillna(0).to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def distance_of_middles(
    vectors: np.ndarray, first: Sequence[int], second: Sequence[int], against: Sequence[int]
) -> tuple[float, float]:
    """How far apart two sets of films lie, and how far two sets of their sizes lie by chance.

    The distance between the mean `vectors` (n_items, d) of both, in units of the root mean square distance of two films drawn
    from all films `against`, √(2 s²) with s² their mean squared distance from their mean. Sets drawn from them at random are
    √((1/n₁ + 1/n₂) / 2) apart in the root mean square. NaN where a set is empty or all films lie in one place.
    """
    table = np.asarray(vectors, dtype=np.float64)
    a, b, everything = (table[np.asarray(each, dtype=np.int64)] for each in (first, second, against))
    if not len(a) or not len(b) or not len(everything):
        return float("nan"), float("nan")
    typical = np.sqrt(2 * np.mean(np.sum((everything - everything.mean(axis=0)) ** 2, axis=1)))
    if not typical > 0:
        return float("nan"), float("nan")
    apart = np.linalg.norm(a.mean(axis=0) - b.mean(axis=0)) / typical
    return float(apart), float(np.sqrt((1 / len(a) + 1 / len(b)) / 2))
