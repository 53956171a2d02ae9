"""The dot product of latent factors, with or without biases and sigmoid range: `dot`, `dot-range` and `dot-bias`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from collab.data.ratings import Ratings
from collab.models import shared_settings as shared
from collab.models.contract import Layer, Step
from collab.models.packed_table import PackedTable
from collab.models.settings import check, setting


@dataclass(frozen=True)
class DotBiasSettings:
    """Settings of `dot-bias`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.1)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] | None = shared.y_range()
    use_biases: bool = setting(
        True,
        "Biases",
        "One number for how kind a user and how liked a film is, besides their factors.",
        always_shown=False,
    )
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class DotSettings:
    """Settings of `dot`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.01, "all factors")
    batch_size: int = shared.batch_size()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class DotRangeSettings:
    """Settings of `dot-range`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.01, "all factors")
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


def loss_and_gradient(
    pairs: torch.Tensor, rating: torch.Tensor, y_range: tuple[float, float] | None, use_biases: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Summed squared error of a batch, and the gradient of its *mean* squared error with respect to `pairs`.

    `pairs` (B, 2, F + 1) holds each rating's user row and item row: F factors, then the bias. Derived by hand:
    with s = p·q + b_u + b_i, ŷ = low + (high − low)·σ(s) and e = ŷ − r, the mean of e² has ∂/∂s = 2·e·ŷ′/B where
    ŷ′ = (ŷ − low)(high − ŷ)/(high − low); then ∂/∂p = ∂/∂s · q, ∂/∂q = ∂/∂s · p and ∂/∂b = ∂/∂s. Without a range ŷ = s, ŷ′ = 1.
    """
    n_factors = pairs.shape[2] - 1
    user, item = pairs.unbind(1)  # (B, F + 1) each
    score = (user[:, :n_factors] * item[:, :n_factors]).sum(1)  # (B,)
    if use_biases:
        score += user[:, n_factors]
        score += item[:, n_factors]
    scale = 2.0 / len(rating)
    if y_range is None:
        error = score.sub_(rating)  # (B,)
        slope = error * scale  # (B,)
    else:
        low, high = y_range
        share = score.sigmoid_()  # (B,) where in the range the prediction lies
        error = torch.add(low - rating, share, alpha=high - low)
        slope = error * share
        slope *= 1 - share  # σ′ = σ·(1 − σ)
        slope *= scale * (high - low)
    gradient = pairs.flip(1)  # (B, 2, F + 1) the partner's row
    gradient[:, :, n_factors] = 1.0 if use_biases else 0.0
    gradient *= slope[:, None, None]
    return error.dot(error), gradient


class DotProductBias(PackedTable):
    """ŷ_ui = sigmoid_range(p_u · q_i + b_u + b_i), the classic latent-factor model of the chapter.

    Minimises the mean of (ŷ − r)² over batches, by Adam with decoupled weight decay on all factors and biases and a one-cycle
    schedule. Users and items without a training rating, and the unknown ones (index 0), get the average trained row: an unknown
    user is the average user, an unknown item the average item. All factors and biases start from normal(0, 0.01), truncated at
    two standard deviations.
    """

    name = "dot-bias"

    def __init__(self, settings: DotBiasSettings | DotSettings | DotRangeSettings, n_users: int, n_items: int) -> None:
        super().__init__(settings, n_users, n_items)
        if not self.has_biases:
            self.table[:, -1] = 0.0

    @property
    def has_biases(self) -> bool:
        return self.settings.use_biases

    @property
    def y_range(self) -> tuple[float, float] | None:
        return self.settings.y_range

    def _begin(self, train: Ratings) -> tuple[torch.Tensor, torch.Tensor]:
        """Start training on `train`: its rows of the packed table, user and item, (n, 2), and its ratings (n,)."""
        return self._begin_table(train), torch.from_numpy(train.rating.copy())

    def _epoch(self, rows: torch.Tensor, rating: torch.Tensor, schedule: list[tuple[float, float]]) -> Iterator[Step]:
        rows = rows.reshape(-1)  # (2n,) user, item, user, item, …
        size, width = min(self.settings.batch_size, len(rating)), self.table.shape[1]
        y_range, use_biases = self.y_range, self.has_biases
        for number, (rate, momentum) in enumerate(schedule):
            start = number * size
            batch = rows[2 * start : 2 * (start + size)]  # (2B,)
            pairs = self._adam.look_up(batch).view(-1, 2, width)  # (B, 2, F + 1)
            loss, gradient = loss_and_gradient(pairs, rating[start : start + size], y_range, use_biases)
            self._adam.step(batch, gradient.view(-1, width), rate, momentum)
            yield Step(loss.item(), size, rate, momentum)

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        users, items = np.broadcast_arrays(user_index, item_index)
        rows = torch.from_numpy(np.stack([users.ravel(), self.n_users + items.ravel()]).astype(np.int64))
        left, right = self.table[rows[0]], self.table[rows[1]]  # (n, F + 1)
        score = (left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1]
        if self.y_range is not None:
            low, high = self.y_range
            score = low + (high - low) * torch.sigmoid(score)
        return score.numpy().reshape(users.shape)

    def weights(self) -> dict[str, np.ndarray]:
        """The learned tables by name, for saving."""
        names = ["user_factors", "item_factors"] + (["user_biases", "item_biases"] if self.has_biases else [])
        return {name: np.ascontiguousarray(getattr(self, name)) for name in names}

    def layers(self) -> list[Layer]:
        """The parts of the model, in the order of a forward pass."""
        layers = [Layer.of(name, "embedding", table.shape) for name, table in self.weights().items()]
        layers.append(Layer("dot product" + (" + biases" if self.has_biases else ""), "sum", ()))
        if self.y_range is not None:
            layers.append(Layer(f"sigmoid range {self.y_range[0]:g} to {self.y_range[1]:g}", "sigmoid", ()))
        return layers


class DotProduct(DotProductBias):
    """ŷ_ui = p_u · q_i, the chapter's first model: factors alone, nothing that keeps a prediction between 0 and 5.

    Trained like `dot-bias`, whose packed table it uses with a column of biases that stay zero.
    """

    name = "dot"
    has_biases = False
    y_range = None


class DotProductRange(DotProductBias):
    """ŷ_ui = sigmoid_range(p_u · q_i), the chapter's second model: otherwise as `dot`."""

    name = "dot-range"
    has_biases = False
