"""The interface of every model: the methods that `fit`, the run store and the pages rely on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from collab.data.ratings import Ratings

USER_TABLE, ITEM_TABLE = "users", "items"


class Step(NamedTuple):
    """One step of training: the summed squared error of its `n_rows` ratings, and the learning rate and momentum of the
    schedule, None for a model without one."""

    squared_error: float
    n_rows: int
    learning_rate: float | None = None
    momentum: float | None = None


@dataclass(frozen=True)
class Layer:
    """One part of a model, as the Train page lists it. `table` is USER_TABLE or ITEM_TABLE if it has a row per user or item."""

    name: str
    kind: str
    shape: tuple[int, ...]
    table: str = ""

    @classmethod
    def of(cls, weights: str, kind: str, shape: tuple[int, ...]) -> Layer:
        """The layer of the array that a model calls `weights`, user_… or item_… for one with a row per user or item."""
        return cls(
            weights.replace("_", " "),
            kind,
            shape,
            {"user": USER_TABLE, "item": ITEM_TABLE}.get(weights.split("_")[0], ""),
        )

    @property
    def n_parameters(self) -> int:
        return prod(self.shape) if self.shape else 0


class FoldInPredictions(NamedTuple):
    """A new user's predicted ratings of all items, row 0 included: shape (n_items,) each.

    `rating` in stars, not clipped to the rating scale; `variance` in squared stars, the uncertainty about this user without the
    noise of the ratings. `chances` (n_items, n_levels) are the probabilities of the rating levels, all uncertainty included, of
    a model that predicts them itself; None: they follow from rating, variance and noise.
    """

    rating: np.ndarray
    variance: np.ndarray
    chances: np.ndarray | None = None


class Model(Protocol):
    """A model predicts a rating for a user row and an item row.

    Row 0 of both is the unknown user or item; each model documents its prediction for them. The same data, settings and seed
    give the same model.

    A model with item_covariances also has user_covariances, of [factors; bias], noise_variances (n_users,) and
    predict_with_variance.

    Where p·q + b_u + b_i inside the range is the whole prediction, `collab.models.fold_in` folds in a new user from factors,
    biases and range. Any other model has the method of `FoldsIn`. It has factors only if `has_factors`: item_factors, in which
    similar items lie close together; and biases only if `has_biases`. One that sees genres and years, and so tells new items
    apart, also has `has_descriptions` (`EmbeddingNet`).
    """

    name: str
    settings: Any
    has_factors: bool
    has_biases: bool
    epochs: int
    y_range: tuple[float, float] | None  # of a sigmoid, or the scale (`ordinal`); None: a plain sum, perhaps clipped
    user_factors: np.ndarray  # (n_users, n_factors)
    item_factors: np.ndarray  # (n_items, n_factors)
    user_biases: np.ndarray  # (n_users,)
    item_biases: np.ndarray  # (n_items,)
    item_covariances: (
        np.ndarray | None
    )  # of [factors; bias], (n_items, n_factors + 1, n_factors + 1); None: point estimates

    def n_steps(self, n_train: int) -> int:
        """Steps of one epoch on `n_train` ratings."""

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of steps per epoch. The model changes as they are taken; stopping early keeps what was learned."""

    def finalize(self) -> None:
        """Make the model ready to predict, after any number of steps."""

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32."""

    def weights(self) -> dict[str, np.ndarray]:
        """Everything learned, as named arrays; given data that the model needs to predict, as arrays called known_…"""

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the model that `weights` were taken from."""

    def layers(self) -> list[Layer]:
        """The parts of the model with their shapes."""


@runtime_checkable
class FoldsIn(Protocol):
    """A model that folds in a new user itself."""

    def fold_in_user(self, item_index: np.ndarray, ratings: np.ndarray, noise_variance: float) -> FoldInPredictions:
        """Predictions of all items for a new user who gave the items `item_index` (n,) these `ratings` (n,), in stars.

        Without a rating (n = 0) they are the average user's. `noise_variance`, in squared stars, is by how much the ratings of a
        well-known user vary: the model's error on the held-out rows. The trained model does not change; the same ratings in any
        order give the same predictions.
        """


@runtime_checkable
class PredictsLevels(Protocol):
    """A model that itself predicts the probability of every rating level; its predict_with_variance follows from these."""

    def level_probabilities(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """The probabilities (..., n_levels) of the levels, adding up to 1, for index arrays broadcast against each other."""
