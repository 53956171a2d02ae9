"""The two baselines as models of their own: `mean`, the global mean, and `bias`, user and item biases only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collab.data.ratings import Ratings
from collab.models import shared_settings as shared
from collab.models.baselines import biases_only, global_mean
from collab.models.contract import USER_TABLE, FoldInPredictions, Layer, Step
from collab.models.settings import check, setting


@dataclass(frozen=True)
class MeanSettings:
    """Settings of `mean`."""

    seed: int = shared.seed(shared.NO_CHANCE)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class BiasSettings:
    """Settings of `bias`; the default is that of the baseline beside every loss."""

    damping: float = setting(
        5.0,
        "Damping",
        "As many ratings at the average are imagined for every user and film; more makes those with few ratings more average.",
        low=0.5,
        high=50.0,
        step=0.5,
        in_name="damping {:g}",
    )
    seed: int = shared.seed(shared.NO_CHANCE)

    def __post_init__(self) -> None:
        check(self)


class InOneStep:
    """The common part of models that are fitted in a single step, without factors or range."""

    has_factors = False
    item_covariances = None
    y_range = None
    epochs = 1

    def n_steps(self, n_train: int) -> int:
        """One: everything is fitted at once."""
        return 1

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One epoch of one step."""
        yield self._solve(train)

    def finalize(self) -> None:
        """Nothing is left to do after the step."""


class Bias(InOneStep):
    """ŷ_ui = μ + b_u + b_i: how good the item is and how generous the user, whatever their taste; not clipped to the scale.

    Minimises Σ(r − ŷ)² + damping · (Σb_u² + Σb_i²) (`collab.models.baselines.biases_only`). Users and items without a training
    rating have the bias 0. `user_biases` include μ, so that b_u + b_i is the whole prediction: a dot product with no factors.
    """

    name = "bias"
    has_biases = True

    def __init__(self, settings: BiasSettings, n_users: int, n_items: int) -> None:
        self.settings = settings
        self.user_biases, self.item_biases = np.zeros(n_users, np.float32), np.zeros(n_items, np.float32)
        self.user_factors, self.item_factors = np.zeros((n_users, 0), np.float32), np.zeros((n_items, 0), np.float32)

    def _solve(self, train: Ratings) -> Iterator[Step]:
        user_biases, item_biases = biases_only(train, self.settings.damping)
        self.user_biases[:] = global_mean(train) + user_biases
        self.item_biases[:] = item_biases
        error = self.predict(train.user_index, train.item_index) - train.rating
        yield Step(float(error @ error), len(train))

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        return self.user_biases[user_index] + self.item_biases[item_index]

    def weights(self) -> dict[str, np.ndarray]:
        """Both tables of biases, for saving."""
        return {"user_biases": self.user_biases.copy(), "item_biases": self.item_biases.copy()}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned."""
        self.user_biases[:], self.item_biases[:] = weights["user_biases"], weights["item_biases"]

    def layers(self) -> list[Layer]:
        """The parts of the model."""
        return [
            Layer("user biases and mean", "damped mean", self.user_biases.shape, USER_TABLE),
            Layer.of("item_biases", "damped mean", self.item_biases.shape),
            Layer("biases", "sum", ()),
        ]


class Mean(InOneStep):
    """ŷ_ui = μ, the mean of all training ratings, for every user and item: the least that the chapter's models have to beat."""

    name = "mean"
    has_biases = False

    def __init__(self, settings: MeanSettings, n_users: int, n_items: int) -> None:
        self.settings, self.n_items = settings, n_items
        self.mean = np.zeros(1, np.float32)

    def _solve(self, train: Ratings) -> Iterator[Step]:
        self.mean[:] = global_mean(train)
        error = self.mean - train.rating
        yield Step(float(error @ error), len(train))

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """The mean, float32, in the shape of the two index arrays (broadcast against each other)."""
        return np.broadcast_to(self.mean[0], np.broadcast_shapes(np.shape(user_index), np.shape(item_index))).copy()

    def fold_in_user(self, item_index: np.ndarray, ratings: np.ndarray, noise_variance: float) -> FoldInPredictions:
        """The mean for every item, whatever the ratings: this model learns nothing about a user."""
        return FoldInPredictions(np.full(self.n_items, float(self.mean[0])), np.zeros(self.n_items))

    def weights(self) -> dict[str, np.ndarray]:
        """The mean, for saving."""
        return {"global_mean": self.mean.copy()}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the mean that `weights` returned."""
        self.mean[:] = weights["global_mean"]

    def layers(self) -> list[Layer]:
        """The parts of the model."""
        return [Layer("global mean", "mean", self.mean.shape)]
