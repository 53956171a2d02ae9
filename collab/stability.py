"""How stable a film's neighbours are: in how many trainings, alike but for their seed, each of them is among the nearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOP = 10
"""A neighbour counts as found by a seed where it is among so many nearest."""


def times_found(item_index: np.ndarray, lists: Sequence[np.ndarray]) -> np.ndarray:
    """In how many of the `lists` (item indices, n_lists × (k,)) each film of `item_index` (n,) stands: (n,) of int."""
    return sum((np.isin(item_index, each) for each in lists), np.zeros(len(item_index), dtype=np.int64))


def mean_overlap(lists: Sequence[np.ndarray]) -> float:
    """The mean share that two of the `lists` have in common, over all pairs of them: |A ∩ B| / the longer one's length. NaN for
    fewer than two lists, and where all are empty."""
    pairs = [(one, other) for place, one in enumerate(lists) for other in lists[place + 1 :]]
    shares = [len(np.intersect1d(*pair)) / max(map(len, pair)) for pair in pairs if max(map(len, pair))]
    return float(np.mean(shares)) if shares else float("nan")
