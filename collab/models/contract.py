"""What every model keeps: the methods that `fit`, the run store and the pages rely on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from collab.data.ratings import Ratings


class Step(NamedTuple):
    """One step of training: the summed squared error of its `n_rows` ratings, and the schedule at this moment, None for a
    model that has no such thing."""

    squared_error: float
    n_rows: int
    learning_rate: float | None = None
    momentum: float | None = None


@dataclass(frozen=True)
class Layer:
    """One part of a model, as the Train page lists it."""

    name: str
    kind: str
    shape: tuple[int, ...]

    @property
    def n_parameters(self) -> int:
        return prod(self.shape) if self.shape else 0


class FoldInPredictions(NamedTuple):
    """How somebody new would rate every film, row 0 too: shape (n_items,) each.

    `rating` in stars, not cut to the rating scale; `variance` in squared stars: what is unknown of this person, without the
    noise that is left where all is known. A model that gives every rating level a chance of its own has these as `chances`
    (n_items, n_levels), all that is unknown counted in; None: they follow from rating, variance and noise.
    """

    rating: np.ndarray
    variance: np.ndarray
    chances: np.ndarray | None = None


class Model(Protocol):
    """A model predicts a rating for a user row and an item row. Row 0 of both is whoever is not in the data, and its answer
    is documented by the model. Same data, settings and seed give the same model.

    A model with item_covariances also has user_covariances, of [factors; bias], noise_variances (n_users,) and
    predict_with_variance.

    What a model says of somebody new is worked out from its factors, biases and range where p·q + b_u + b_i inside that range
    is all of its prediction (`collab.models.fold_in`). Any other model has the method of `FoldsIn`. It then has factors only
    where `has_factors` says so: item_factors, in which alike films lie close together; and biases where `has_biases` does.
    One that sees genres and years, and so tells new films from each other, has `has_descriptions` too (`EmbeddingNet`)."""

    name: str
    settings: Any
    has_factors: bool
    has_biases: bool
    epochs: int
    y_range: tuple[float, float] | None  # of a sigmoid; None: the plain sum, cut to the rating scale if at all
    user_factors: np.ndarray  # (n_users, n_factors)
    item_factors: np.ndarray  # (n_items, n_factors)
    user_biases: np.ndarray  # (n_users,)
    item_biases: np.ndarray  # (n_items,)
    item_covariances: (
        np.ndarray | None
    )  # of [factors; bias], (n_items, n_factors + 1, n_factors + 1); None: known as points

    def n_steps(self, n_train: int) -> int:
        """Steps of one epoch on `n_train` ratings."""

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of steps an epoch. The model changes as they are taken; leaving off early keeps what was learned."""

    def finalize(self) -> None:
        """Make the model fit for predictions, after any number of steps."""

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32."""

    def weights(self) -> dict[str, np.ndarray]:
        """All that was learned, as named arrays; and what it needs of what was known beforehand, as arrays called known_…"""

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Become the model that `weights` were taken from."""

    def layers(self) -> list[Layer]:
        """The parts of the model with their shapes."""


@runtime_checkable
class FoldsIn(Protocol):
    """A model that says itself what it foresees for somebody whom it was not trained on."""

    def fold_in_user(self, item_index: np.ndarray, ratings: np.ndarray, noise_variance: float) -> FoldInPredictions:
        """What a person who gave the films `item_index` (n,) these `ratings` (n,), in stars, would give to every film.

        Without a rating (n = 0) it is the average person's. `noise_variance`, in squared stars, is what the ratings of somebody
        well known deviate by: the model's error on the held-out rows. The trained model does not change; the same ratings, in
        whatever order, give the same answer.
        """


@runtime_checkable
class NamesChances(Protocol):
    """A model that predicts a chance for every rating level itself; it also has predict_with_variance, of these chances."""

    def level_probabilities(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """The chances (..., n_levels) of the levels, adding up to 1, for index arrays broadcast against each other."""
