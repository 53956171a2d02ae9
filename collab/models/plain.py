"""The dot product with biases on plain parameter tensors, trained by torch alone: the readable model `dot-bias-plain`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from collab.data.ratings import Ratings
from collab.models import shared_settings as shared
from collab.models.contract import Layer, Step
from collab.models.schedule import one_cycle
from collab.models.settings import check


@dataclass(frozen=True)
class DotBiasPlainSettings:
    """Settings of `dot-bias-plain`; the defaults are the chapter's."""

    n_factors: int = shared.n_factors()
    epochs: int = shared.epochs()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = shared.weight_decay(0.1)
    batch_size: int = shared.batch_size()
    y_range: tuple[float, float] = shared.y_range()
    seed: int = shared.seed()

    def __post_init__(self) -> None:
        check(self)


class DotProductBiasPlain:
    """ŷ_ui = sigmoid_range(p_u · q_i + b_u + b_i), like `dot-bias`, from four parameter tensors and nothing else.

    Minimises the mean of (ŷ − r)² over batches. `torch.nn.Parameter` tells torch to keep gradients, indexing looks rows up,
    `backward` differentiates, `torch.optim.AdamW` steps: an embedding is no more than that. Everything starts from
    normal(0, 0.01). Users and items without a training rating, and the unknown ones (row 0), get the average trained row.
    """

    name = "dot-bias-plain"
    has_factors = True
    has_biases = True
    item_covariances = None

    def __init__(self, settings: DotBiasPlainSettings, n_users: int, n_items: int) -> None:
        self.settings = settings
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.parameters = {
            "user_factors": self._parameter(n_users, settings.n_factors),
            "item_factors": self._parameter(n_items, settings.n_factors),
            "user_biases": self._parameter(n_users),
            "item_biases": self._parameter(n_items),
        }

    def _parameter(self, *shape: int) -> torch.nn.Parameter:
        return torch.nn.Parameter(torch.randn(*shape, generator=self.generator) * 0.01)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Predicted ratings (n,) of user rows (n,) and item rows (n,)."""
        p, q, user_bias, item_bias = self.parameters.values()
        score = (p[users] * q[items]).sum(1) + user_bias[users] + item_bias[items]  # (n,)
        low, high = self.settings.y_range
        return low + (high - low) * torch.sigmoid(score)

    @property
    def y_range(self) -> tuple[float, float]:
        return self.settings.y_range

    @property
    def epochs(self) -> int:
        return self.settings.epochs

    def n_steps(self, n_train: int) -> int:
        """Steps of one epoch; the last, smaller batch is left out as in the chapter."""
        return max(1, n_train // self.settings.batch_size)

    def train_epochs(self, train: Ratings) -> Iterator[Iterator[Step]]:
        """One iterator of steps per epoch; the caller may stop after any step."""
        users, items = (torch.from_numpy(index.astype(np.int64)) for index in (train.user_index, train.item_index))
        rating = torch.from_numpy(train.rating.copy())
        self._trained = users.unique(), items.unique()
        optimizer = torch.optim.AdamW(
            self.parameters.values(), betas=(0.95, 0.99), eps=1e-5, weight_decay=self.settings.weight_decay
        )
        n_steps = self.n_steps(len(train))
        position = np.arange(n_steps * self.epochs) / (n_steps * self.epochs)
        schedule = zip(*one_cycle(self.settings.learning_rate, position), strict=True)
        for _ in range(self.epochs):
            yield self._epoch(users, items, rating, optimizer, schedule)

    def _epoch(
        self,
        users: torch.Tensor,
        items: torch.Tensor,
        rating: torch.Tensor,
        optimizer: torch.optim.Optimizer,
        schedule: Iterator[tuple[float, float]],
    ) -> Iterator[Step]:
        shuffled = torch.randperm(len(rating), generator=self.generator)
        size = min(self.settings.batch_size, len(rating))
        for batch in shuffled.split(size)[: self.n_steps(len(rating))]:
            rate, momentum = map(float, next(schedule))
            optimizer.param_groups[0].update(lr=rate, betas=(momentum, 0.99))
            loss = ((self.forward(users[batch], items[batch]) - rating[batch]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield Step(loss.item() * len(batch), len(batch), rate, momentum)

    @torch.no_grad()
    def finalize(self) -> None:
        """Give users and items without a training rating the average trained row."""
        for name, table in self.parameters.items():
            trained = self._trained[0] if name.startswith("user") else self._trained[1]
            untrained = torch.ones(len(table), dtype=torch.bool)
            untrained[trained] = False
            table[untrained] = table[trained].mean(0)

    @torch.no_grad()
    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        users, items = np.broadcast_arrays(user_index, item_index)
        rows, columns = (torch.from_numpy(index.ravel().astype(np.int64)) for index in (users, items))
        return self.forward(rows, columns).numpy().reshape(users.shape)

    @property
    def user_factors(self) -> np.ndarray:
        return self.parameters["user_factors"].detach().numpy()

    @property
    def item_factors(self) -> np.ndarray:
        return self.parameters["item_factors"].detach().numpy()

    @property
    def user_biases(self) -> np.ndarray:
        return self.parameters["user_biases"].detach().numpy()

    @property
    def item_biases(self) -> np.ndarray:
        return self.parameters["item_biases"].detach().numpy()

    def weights(self) -> dict[str, np.ndarray]:
        """The learned tables by name, for saving."""
        return {name: table.detach().numpy().copy() for name, table in self.parameters.items()}

    @torch.no_grad()
    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned."""
        for name, table in weights.items():
            self.parameters[name][:] = torch.from_numpy(np.array(table, dtype=np.float32))

    def layers(self) -> list[Layer]:
        """The parts of the model, in the order of a forward pass."""
        low, high = self.y_range
        return [
            *(Layer.of(name, "parameter", tuple(each.shape)) for name, each in self.parameters.items()),
            Layer("dot product + biases", "sum", ()),
            Layer(f"sigmoid range {low:g} to {high:g}", "sigmoid", ()),
        ]
