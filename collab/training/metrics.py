"""Metrics: how far predicted ratings are from the given ones, and how good a ranked list is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from collab.data.ratings import Ratings
from collab.models.baselines import biases_only, global_mean


@dataclass(frozen=True)
class Metric:
    """One number for how far predicted ratings are from the given ones.

    `name` is its key in a run's record, `title` and `unit` are shown; `of` takes the differences predicted − given, (n,) in
    stars, float64. Pages, comparisons and the command line show every metric of METRICS.
    """

    name: str
    title: str
    unit: str
    help: str
    of: Callable[[np.ndarray], float]
    higher_is_better: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("mse", "MSE", "stars²", "Mean squared error.", lambda difference: np.mean(difference**2)),
        Metric("rmse", "RMSE", "stars", "Stars.", lambda difference: np.mean(difference**2) ** 0.5),
        Metric("mae", "MAE", "stars", "Stars.", lambda difference: np.abs(difference).mean()),
    )
}
LOSS = "mse"
"""The metric that models minimise and runs are compared by."""


@dataclass(frozen=True)
class Errors:
    """The `values` of METRICS, by name, over `n_ratings` ratings."""

    values: Mapping[str, float]
    n_ratings: int

    @property
    def mse(self) -> float:
        return self.values["mse"]

    @property
    def rmse(self) -> float:
        return self.values["rmse"]

    @property
    def mae(self) -> float:
        return self.values["mae"]

    def to_dict(self) -> dict[str, float]:
        """As in a run's record: the values, and n_ratings."""
        return {**self.values, "n_ratings": self.n_ratings}

    def __str__(self) -> str:
        return f"{metrics_in_words(self.values)} on {self.n_ratings:,} ratings"


def metrics_in_words(values: Mapping[str, float]) -> str:
    """The METRICS among `values`: "MSE 0.7972, RMSE 0.8928, MAE 0.7028"."""
    return ", ".join(f"{metric.title} {values[name]:.4f}" for name, metric in METRICS.items() if name in values)


def errors(predicted: np.ndarray, rating: np.ndarray) -> Errors:
    """All of METRICS; both arrays have shape (n,)."""
    difference = np.asarray(predicted, dtype=np.float64) - np.asarray(rating, dtype=np.float64)
    return Errors({name: float(metric.of(difference)) for name, metric in METRICS.items()}, len(difference))


def ndcg_at_k(ranked: np.ndarray, relevant: np.ndarray, k: int = 10) -> float:
    """Normalised discounted cumulative gain of a list: a relevant item at rank r, from 1 to k, adds 1 / log2(r + 1), and the sum
    is divided by the best possible one. 1 if all relevant items, or k of them, come first; NaN if no item is relevant.

    `ranked` are item indices, best first; `relevant` (n_relevant,) item indices, all of them candidates.
    """
    relevant = np.unique(relevant)
    if not len(relevant):
        return float("nan")
    discount = 1 / np.log2(np.arange(2, k + 2))
    found = np.isin(ranked[:k], relevant)
    return float(discount[: len(found)] @ found / discount[: len(relevant)].sum())


def coverage(lists: Iterable[np.ndarray], n_items: int) -> float:
    """The share of a catalogue of `n_items` items that is in any of the `lists` of item indices."""
    return len(np.unique(np.concatenate([*lists, np.zeros(0, np.int64)]))) / n_items


def baselines(train: Ratings, valid: Ratings) -> dict[str, Errors]:
    """Errors of "global_mean" and "biases_only" on `valid`, both learned from `train`."""
    mean = global_mean(train)
    user_biases, item_biases = biases_only(train)
    predicted = mean + user_biases[valid.user_index] + item_biases[valid.item_index]
    return {
        "global_mean": errors(np.full(len(valid), mean), valid.rating),
        "biases_only": errors(predicted, valid.rating),
    }
