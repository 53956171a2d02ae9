"""A neural net on the concatenated embeddings of a user and an item: the models `net`, `deep` and `side`."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from collab.data.features import Features
from collab.data.ratings import Ratings, RatingScale
from collab.models.adam import LayersAdam, table_adam
from collab.models.contract import FoldInPredictions, Layer, Step
from collab.models.net_fold_in import RowPrior, fold_in, row_prior
from collab.models.schedule import InBatches
from collab.models.side_columns import NO_TIME, SideColumns

BLOCK = 1024
"""Rows that `predict` sends through the net at once, the last block padded: every matrix product then has the same shape, and a
prediction the same bytes whatever else is predicted with it."""

BATCH_NORM_SHIFT = 1e-3
"""Initial shift of batch norm, as in the chapter's library."""


def size_by_rule(n_rows: int) -> int:
    """The chapter's rule of thumb for the size of an embedding of `n_rows` rows: min(600, round(1.6 · n^0.56))."""
    return min(600, round(1.6 * n_rows**0.56))


@dataclass(frozen=True)
class Design:
    """The architecture of a net: sizes of the embeddings (0: by the rule), sizes of the hidden layers, what happens between them,
    and whether it sees `SideColumns`.

    `unknown_share` is the probability that a training row hides its user, and likewise its item, the features of either, and
    the time, so that the net learns to predict for unknown ones.
    """

    user_size: int = 0
    item_size: int = 0
    layers: tuple[int, ...] = (100,)
    embedding_dropout: float = 0.0
    dropout: float = 0.0
    batch_norm: bool = False
    unknown_share: float = 0.0
    side_information: bool = False


class Dropout(nn.Module):
    """Dropout of a `share` of the first `n` inputs only, with random numbers from `generator`."""

    def __init__(self, share: float, n: int, generator: torch.Generator) -> None:
        super().__init__()
        self.share, self.n, self.generator = share, n, generator

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.share:
            return inputs
        factor = torch.ones_like(inputs)
        kept = torch.rand(len(inputs), self.n, generator=self.generator) >= self.share
        factor[:, : self.n] = kept / (1 - self.share)
        return inputs * factor


class BatchNorm(nn.BatchNorm1d):
    """torch's batch norm; a batch of a single row is normalised by the running statistics."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if len(inputs) > 1:
            return super().forward(inputs)
        return functional.batch_norm(inputs, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


def build_layers(n_inputs: int, n_embedded: int, design: Design, generator: torch.Generator) -> nn.Sequential:
    """A net from inputs (B, n_inputs), of which the first `n_embedded` are embeddings, to scores (B, 1).

    Every hidden layer is linear, ReLU, batch norm, dropout, in this order, as in the chapter's library; one linear layer follows.
    A linear layer before a batch norm has no bias. Weights start uniform within ± 1/√(inputs), torch's default.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["embedding_dropout"] = Dropout(design.embedding_dropout, n_embedded, generator)
    for number, (n_in, n_out) in enumerate(pairwise((n_inputs, *design.layers)), 1):
        parts[f"linear_{number}"] = _linear(n_in, n_out, not design.batch_norm, generator)
        parts[f"relu_{number}"] = nn.ReLU()
        if design.batch_norm:
            norm = parts[f"batch_norm_{number}"] = BatchNorm(n_out)
            nn.init.constant_(norm.bias, BATCH_NORM_SHIFT)
        parts[f"dropout_{number}"] = Dropout(design.dropout, n_out, generator)
    parts["output"] = _linear(design.layers[-1] if design.layers else n_inputs, 1, True, generator)
    return nn.Sequential(parts)


def _linear(n_in: int, n_out: int, bias: bool, generator: torch.Generator) -> nn.Linear:
    layer = torch.nn.utils.skip_init(nn.Linear, n_in, n_out, bias=bias)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(n_in**-0.5), n_in**-0.5, generator=generator)
    return layer


class EmbeddingNet(InBatches):
    """ŷ_ui = sigmoid_range(net([p_u; q_i; c_ui])): the embeddings of user and item, which may differ in size, then the
    side information of the rating (`columns`), through linear layers and ReLU.

    Minimises the mean of (ŷ − r)² over batches, by Adam with decoupled weight decay on embeddings and weights, but not on the
    biases of linear layers nor on batch norm, and a one-cycle schedule. Embeddings start from normal(0, 0.01), truncated at two
    standard deviations. Users and items without a training rating, and the unknown ones (index 0), get the average trained row;
    with an `unknown_share` the row trained for hidden ones.
    """

    has_factors = True
    has_biases = False
    item_covariances = None

    def __init__(
        self,
        name: str,
        settings: Any,
        n_users: int,
        n_items: int,
        rating_scale: RatingScale | None = None,
        features: Features | None = None,
    ) -> None:
        self.name, self.settings = name, settings
        self.design = design = settings.design
        self.n_users, self.n_items = n_users, n_items
        self.columns = SideColumns(n_users, n_items, features) if design.side_information else None
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.users, self.items = (
            nn.init.trunc_normal_(
                torch.empty(n, size or size_by_rule(n)), 0, 0.01, -0.02, 0.02, generator=self.generator
            )
            for n, size in ((n_users, design.user_size), (n_items, design.item_size))
        )
        self._new_users: RowPrior | None = None  # computed for the first fold-in
        self._build()

    def _build(self) -> None:
        n_embedded = self.users.shape[1] + self.items.shape[1]
        n_columns = self.columns.n_columns if self.columns else 0
        self.net = build_layers(n_embedded + n_columns, n_embedded, self.design, self.generator)
        self.net.eval()

    @property
    def y_range(self) -> tuple[float, float]:
        return self.settings.y_range

    def _begin(self, train: Ratings) -> tuple[torch.Tensor, ...]:
        """Start training on `train`: its users, items, time bands and ratings, (n,) each."""
        user_index, item_index = (
            torch.from_numpy(each.astype(np.int64)) for each in (train.user_index, train.item_index)
        )
        self._trained = torch.unique(user_index), torch.unique(item_index)
        decay, size = self.settings.weight_decay, self.settings.batch_size
        self._user_adam, self._item_adam = (table_adam(table, decay, size) for table in (self.users, self.items))
        self.users, self.items = self._user_adam.table, self._item_adam.table
        weights = [layer.weight for layer in self.net if isinstance(layer, nn.Linear)]
        others = [each for each in self.net.parameters() if not any(each is weight for weight in weights)]
        self._layers_adam = LayersAdam(weights, others, decay)
        bands = self.columns.begin(train) if self.columns else torch.zeros_like(user_index)
        return user_index, item_index, bands, torch.from_numpy(train.rating.copy())

    def _epoch(
        self,
        users: torch.Tensor,
        items: torch.Tensor,
        bands: torch.Tensor,
        rating: torch.Tensor,
        schedule: list[tuple[float, float]],
    ) -> Iterator[Step]:
        known = users, items
        if self.design.unknown_share:
            users, items, *known = (self._hidden(each, 0) for each in (users, items, users, items))
            if self.columns:
                bands = self._hidden(bands, NO_TIME)
        size, n_user, n_item = min(self.settings.batch_size, len(rating)), self.users.shape[1], self.items.shape[1]
        for number, (rate, momentum) in enumerate(schedule):
            batch = slice(number * size, (number + 1) * size)
            parts = [self._user_adam.look_up(users[batch]), self._item_adam.look_up(items[batch])]
            if self.columns:
                parts.append(self.columns.of(known[0][batch], known[1][batch], bands[batch]))
            inputs = torch.cat(parts, dim=1).requires_grad_()  # (B, n_inputs)
            if not self.net.training:  # `finalize` ran since the last step
                self.net.train()
            error = self._in_range(self.net(inputs)[:, 0]) - rating[batch]  # (B,)
            squared_error = error.dot(error)
            gradient, *of_layers = torch.autograd.grad(squared_error / size, [inputs, *self._layers_adam.tensors])
            of_users, of_items, _ = gradient.tensor_split((n_user, n_user + n_item), dim=1)
            self._user_adam.step(users[batch], of_users, rate, momentum)
            self._item_adam.step(items[batch], of_items, rate, momentum)
            self._layers_adam.step(of_layers, rate, momentum)
            yield Step(squared_error.item(), size, rate, momentum)

    def _hidden(self, index: torch.Tensor, unknown: int) -> torch.Tensor:
        """`index` (n,) with a random `unknown_share` of it replaced by `unknown`."""
        return index.where(torch.rand(len(index), generator=self.generator) >= self.design.unknown_share, unknown)

    def _in_range(self, score: torch.Tensor) -> torch.Tensor:
        low, high = self.y_range
        return low + (high - low) * torch.sigmoid(score)

    def finalize(self) -> None:
        """Give users and items without a training rating their row; called before every check and at the end."""
        self.net.eval()
        self._new_users = None
        for adam, trained in zip((self._user_adam, self._item_adam), self._trained, strict=True):
            adam.catch_up()
            untrained = torch.ones(len(adam.table), dtype=torch.bool).index_fill_(0, trained, False)
            row = adam.table[0].clone() if self.design.unknown_share else adam.table[trained].mean(0)
            adam.table[untrained] = row

    @torch.no_grad()
    def predict(self, user_index: np.ndarray, item_index: np.ndarray, time: np.ndarray | None = None) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other).

        `time`, in seconds, matters only to a net with columns; `SideColumns` says what it defaults to.
        """
        users, items = np.broadcast_arrays(user_index, item_index)
        n = users.size
        rows = torch.zeros(3, -(-n // BLOCK) * BLOCK, dtype=torch.int64)  # user, item, time band
        rows[0, :n], rows[1, :n] = (torch.from_numpy(each.ravel().astype(np.int64)) for each in (users, items))
        if self.columns:
            rows[2] = self.columns.user_bands[rows[0]]
            if time is not None:
                rows[2, :n] = self.columns.bands(np.broadcast_to(time, users.shape).ravel())
        predicted = torch.cat([self._forward(self.users[block[0]], *block) for block in rows.split(BLOCK, dim=1)])
        return predicted[:n].numpy().reshape(users.shape)

    def _forward(
        self, users: torch.Tensor, user_rows: torch.Tensor, item_rows: torch.Tensor, bands: torch.Tensor
    ) -> torch.Tensor:
        """Predicted ratings (n,) of users with the embeddings `users` (n, user size)."""
        parts = [users, self.items[item_rows]]
        if self.columns:
            parts.append(self.columns.of(user_rows, item_rows, bands))
        return self._in_range(self.net(torch.cat(parts, dim=1))[:, 0])

    @property
    def has_descriptions(self) -> bool:
        """Whether it sees item features, and so tells new items apart."""
        return self.columns is not None

    def for_new_items(self, features: np.ndarray) -> EmbeddingNet:
        """The same trained net for new items, of which only their `features` (n, g) are known: its item rows are those.

        Each of them has the embedding of the unknown item, row 0. The net itself does not change.
        """
        assert self.columns is not None
        other = copy.copy(self)
        other.items = self.items[:1].expand(len(features), -1)
        other.n_items, other.columns = len(features), copy.copy(self.columns)
        other.columns.items = torch.from_numpy(np.array(features, dtype=np.float32))
        return other

    def fold_in_user(self, item_index: np.ndarray, ratings: np.ndarray, noise_variance: float) -> FoldInPredictions:
        """Predictions of all items for a new user who gave the items `item_index` (n,) these `ratings` (n,).

        `collab.models.net_fold_in` fits a new row of the user table; nothing but the ratings is known of the user.
        """

        def rating_of(users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
            unknown = torch.zeros_like(items)
            bands = self.columns.user_bands[unknown] if self.columns else unknown
            return self._forward(users, unknown, items, bands)

        self._new_users = self._new_users or row_prior(self.users)
        return fold_in(rating_of, self._new_users, self.n_items, item_index, ratings, noise_variance)

    @property
    def user_factors(self) -> np.ndarray:
        return self.users.numpy()

    @property
    def item_factors(self) -> np.ndarray:
        return self.items.numpy()

    @property
    def user_biases(self) -> np.ndarray:
        return np.zeros(self.n_users, dtype=np.float32)

    @property
    def item_biases(self) -> np.ndarray:
        return np.zeros(self.n_items, dtype=np.float32)

    def weights(self) -> dict[str, np.ndarray]:
        """The embeddings, the layers' tensors, the running statistics of batch norm, and the tables of the columns."""
        tables = {"user_embeddings": self.users, "item_embeddings": self.items}
        tables |= {name: tensor for name, tensor in self.net.state_dict().items() if tensor.dtype == torch.float32}
        copies = {
            name: table.detach().clone(memory_format=torch.contiguous_format).numpy() for name, table in tables.items()
        }
        return copies | (self.columns.weights() if self.columns else {})

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned."""
        self._new_users = None
        if self.columns:
            self.columns.load(weights)
            self._build()  # the number of inputs depends on the columns
        self.users, self.items = (
            torch.from_numpy(np.array(weights[f"{side}_embeddings"])) for side in ("user", "item")
        )
        state = self.net.state_dict()
        self.net.load_state_dict(
            state | {name: torch.from_numpy(np.array(weights[name])) for name in state if name in weights}
        )

    def layers(self) -> list[Layer]:
        """The parts of the model, in the order of a forward pass."""
        layers = [
            Layer.of("user_embeddings", "embedding", tuple(self.users.shape)),
            Layer.of("item_embeddings", "embedding", tuple(self.items.shape)),
        ]
        if self.columns:
            layers.append(Layer(f"{self.columns.n_columns} columns of what is known", "given", ()))
        for name, part in self.net.named_children():
            words = name.replace("_", " ")
            if isinstance(part, nn.Linear):
                layers.append(Layer(words, "linear", tuple(part.weight.shape)))
                if part.bias is not None:
                    layers.append(Layer(f"{words}, bias", "bias", tuple(part.bias.shape)))
            elif isinstance(part, BatchNorm):
                layers.append(Layer(f"{words}: scale, shift, mean, variance", "batch norm", (4, part.num_features)))
            elif isinstance(part, nn.ReLU):
                layers.append(Layer(words, "max(0, x)", ()))
            elif part.share:
                layers.append(Layer(f"{words}, {part.share:.0%}", "dropout", ()))
        layers.append(Layer(f"sigmoid range {self.y_range[0]:g} to {self.y_range[1]:g}", "sigmoid", ()))
        return layers
